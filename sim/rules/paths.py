"""What is seen of every stakeholder in every round: one row of ``paths`` each."""

import math

import numba
import numpy as np

from sim.language import N_
from sim.rules.compiling import inner_rule, rule
from sim.rules.draws import size
from sim.rules.measures import ratio
from sim.rules.planning import contribution, gain, ownership
from sim.rules.state import ACTION, ALL, DEBATE, NOBODY, PLANNING, R, at_table, in_touch, mean_trust
from sim.scenario import KINDS, SECTORS

YES_OR_NO = N_("yes or no")
# name, unit, what it says; missing where it does not apply to the phase or to who is no member
COLUMNS = (
    ("member", YES_OR_NO, N_("whether it is a member")),
    ("at_table", YES_OR_NO, N_("whether it is a member with a seat")),
    ("expectation", N_("0 to 1"), N_("what it expects of the collaboration")),
    ("trust", N_("0 to 1"), N_("its mean trust in the members it is in touch with")),
    *(
        (f"trust_in_{name}", N_("0 to 1"), N_("the same, in those of one sector"))
        for name in SECTORS
    ),
    ("facts", N_("number"), N_("facts that it knows")),
    ("interest_x", N_("plane"), N_("what it wants for this problem, first axis")),
    ("interest_y", N_("plane"), N_("what it wants for this problem, second axis")),
    ("position_x", N_("plane"), N_("what it argues for, first axis")),
    ("position_y", N_("plane"), N_("what it argues for, second axis")),
    ("worth", N_("worth"), N_("worth of the draft to it")),
    ("aspiration", N_("worth"), N_("what would be enough for it")),
    ("accepts", YES_OR_NO, N_("whether it accepts the draft")),
    ("utility", N_("worth"), N_("worth of the agreement, by its interest and what it knows")),
    ("ownership", N_("0 to 1"), N_("how far it makes the agreement its own")),
    ("gain", N_("0 to 1"), N_("what the agreement gives it above going alone")),
    ("commitment", N_("0 to 1"), N_("its readiness to contribute")),
    ("fair", N_("share"), N_("what its norm asks of it, of its endowment")),
    ("pledge", N_("share"), N_("what it promises from now on, of its endowment")),
    *((name, N_("units"), N_("what its pledge puts into the pool")) for name in KINDS),
    ("delivers", YES_OR_NO, N_("whether it delivers its pledge")),
)
PATHS = np.dtype(
    [
        *((name, "f8") for name, _unit, _meaning in COLUMNS if not name.startswith("trust_in_")),
        ("trust_in", "f8", (len(SECTORS),)),
    ]
)
PATH_ROWS = numba.from_dtype(PATHS)[::1]
FOLLOWED = (*ALL, PATH_ROWS)


@inner_rule
def follow(people: R, ties: R, start: R, options: R, par: R, run: R, log: R, paths: R) -> None:
    """Write this round's row of every stakeholder, if there is room for all of them."""
    first = (run[0].month - 1) * len(people)
    if first + len(people) > len(paths):
        return
    for i in range(len(people)):
        row = paths[first + i]
        row.member = float(people[i].active)
        row.at_table = 1.0 if at_table(people, i) else 0.0
        row.expectation = people[i].expectation
        row.facts = float(size(people[i].knowledge))
        row.interest_x = people[i].interest_x
        row.interest_y = people[i].interest_y
        row.position_x = people[i].position_x
        row.position_y = people[i].position_y
    follow_trust(people, ties, start, options, par, run, log, paths)
    follow_debate(people, ties, start, options, par, run, log, paths)
    follow_plan(people, ties, start, options, par, run, log, paths)


@rule
def follow_trust(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R, paths: R
) -> None:
    """Whom each member trusts, sector by sector."""
    first = (run[0].month - 1) * len(people)
    for i in range(len(people)):
        row = paths[first + i]
        known = people[i].active == 1
        row.trust = mean_trust(people, ties, start, run, i) if known else math.nan
        for s in range(len(SECTORS)):
            total, count = 0.0, 0.0
            for t in range(start[i], start[i + 1]):
                j = ties[t].neighbour
                if people[j].sector == s and in_touch(people, run, i, j):
                    total += ties[t].trust
                    count += 1.0
            row.trust_in[s] = ratio(total, count)


@rule
def follow_debate(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R, paths: R
) -> None:
    """What the draft is worth to each at the table, and what would be enough."""
    first = (run[0].month - 1) * len(people)
    asked = run[0].phase == DEBATE and par[0].decide == 1.0 and run[0].leading != NOBODY
    for i in range(len(people)):
        row = paths[first + i]
        known = asked and at_table(people, i)
        row.worth = people[i].worth if known else math.nan
        row.aspiration = people[i].aspiration if known else math.nan
        row.accepts = float(people[i].accepts) if known else math.nan


@rule
def follow_plan(people: R, ties: R, start: R, options: R, par: R, run: R, log: R, paths: R) -> None:
    """What the agreement is worth to each member, what it promises, and whether it delivers."""
    first = (run[0].month - 1) * len(people)
    planned = run[0].phase in (PLANNING, ACTION)
    for i in range(len(people)):
        row = paths[first + i]
        known = planned and people[i].active == 1
        row.utility = people[i].utility if known else math.nan
        row.ownership = ownership(people, par, i) if known else math.nan
        row.gain = gain(people, i) if known else math.nan
        row.commitment = people[i].commitment if known else math.nan
        row.fair = people[i].fair if known else math.nan
        row.pledge = people[i].pledge if known else math.nan
        row.funds = contribution(people, par, i, 0) if known else math.nan
        row.capacity = contribution(people, par, i, 1) if known else math.nan
        row.network = contribution(people, par, i, 2) if known else math.nan
        acts = known and run[0].phase == ACTION
        row.delivers = float(people[i].delivers) if acts else math.nan
