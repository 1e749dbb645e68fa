"""The series of every stakeholder: one row of ``paths`` for each in every round."""

import math

from sim.rules.draws import size
from sim.rules.measures import ratio
from sim.rules.planning import contribution, gain, ownership
from sim.rules.state import (
    ACTION,
    DEBATE,
    NOBODY,
    PLANNING,
    R,
    at_table,
    in_touch,
    inner_rule,
    mean_trust,
    rule,
)
from sim.scenario import SECTORS


@inner_rule
def follow(people: R, ties: R, start: R, par: R, run: R, paths: R) -> None:
    """Write this round's row of every stakeholder, if there is room for all."""
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
    follow_trust(people, ties, start, run, paths)
    follow_debate(people, par, run, paths)
    follow_plan(people, par, run, paths)


@rule
def follow_trust(people: R, ties: R, start: R, run: R, paths: R) -> None:
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
def follow_debate(people: R, par: R, run: R, paths: R) -> None:
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
def follow_plan(people: R, par: R, run: R, paths: R) -> None:
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
