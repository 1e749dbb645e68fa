"""What is seen of every round: one row of ``series`` a round, for tables and plots."""

import math

import numba
import numpy as np

from sim.language import N_
from sim.rules.compiling import inner_rule, rule
from sim.rules.listening import understanding
from sim.rules.measures import ratio, spread_of_positions, trust_among_members
from sim.rules.membership import members
from sim.rules.state import ACTION, ALL, DEBATE, NOBODY, PLANNING, R, at_table

# name, unit, what it says; missing where it does not apply to the phase
COLUMNS = (
    ("round", N_("months"), N_("months since the start")),
    ("cycle", N_("number"), N_("the cycle")),
    ("phase", N_("name"), N_("the phase")),
    ("phase_round", N_("months"), N_("the round within the phase")),
    ("problem", N_("number"), N_("the problem's number")),
    ("members", N_("stakeholders"), N_("members")),
    ("table", N_("stakeholders"), N_("members with a seat at the table")),
    ("trust", N_("0 to 1"), N_("mean trust between members")),
    ("understanding", N_("share"), N_("of what anyone at the table knows, what each knows")),
    ("position_spread", N_("plane"), N_("SD of the table's positions")),
    ("expectation", N_("0 to 1"), N_("mean expectation of members")),
    ("institution", N_("0 to 1"), N_("how far cooperation is routine")),
    ("option", N_("number"), N_("the leading option, from 1")),
    ("option_x", N_("plane"), N_("its place, first axis")),
    ("option_y", N_("plane"), N_("its place, second axis")),
    ("dilution", N_("effectiveness"), N_("what compromise has cost it")),
    ("accepting", N_("share"), N_("people at the table who accept the draft")),
    ("accepting_power", N_("share"), N_("power at the table that accepts the draft")),
    ("worth", N_("worth"), N_("mean worth of the draft to the table")),
    ("aspiration", N_("worth"), N_("mean worth that would be enough for the table")),
    ("commitment", N_("0 to 1"), N_("mean commitment of members")),
    ("pledge", N_("share"), N_("mean pledge of members")),
    ("coverage", N_("ratio"), N_("pool / need of the scarcest kind")),
    ("pool_funds", N_("units"), N_("funds in the pool, as the round found it")),
    ("pool_capacity", N_("units"), N_("capacity in the pool, as the round found it")),
    ("pool_network", N_("units"), N_("network in the pool, as the round found it")),
    ("need_funds", N_("units"), N_("funds needed; in action with what surfaced")),
    ("need_capacity", N_("units"), N_("capacity needed; in action with what surfaced")),
    ("need_network", N_("units"), N_("network needed; in action with what surfaced")),
    ("delivering", N_("share"), N_("members who deliver their pledge")),
    ("step", N_("share"), N_("what the round delivered of what was needed")),
)
SERIES = np.dtype([(name, "f8") for name, _unit, _meaning in COLUMNS])
SERIES_ROWS = numba.from_dtype(SERIES)[::1]
OBSERVED = (*ALL, SERIES_ROWS)


@inner_rule
def observe(people: R, ties: R, start: R, options: R, par: R, run: R, log: R, series: R) -> None:
    """Write this round's row, if there is room for it."""
    k = run[0].month - 1
    if k >= len(series):
        return
    row = series[k]
    row.round = float(run[0].month)
    row.cycle = float(run[0].cycle)
    row.phase = float(run[0].phase)
    row.phase_round = float(run[0].phase_round)
    row.problem = float(run[0].problem)
    row.table = float(run[0].table)
    row.trust = trust_among_members(people, ties, start, run)
    row.understanding = understanding(people, run)
    row.position_spread = spread_of_positions(people)
    row.institution = run[0].institution
    observe_members(people, ties, start, options, par, run, log, series)
    observe_draft(people, ties, start, options, par, run, log, series)
    observe_pool(people, ties, start, options, par, run, log, series)


@rule
def observe_members(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R, series: R
) -> None:
    """What the members expect, commit to, pledge and deliver."""
    row = series[run[0].month - 1]
    planned = run[0].phase in (PLANNING, ACTION)
    expected, committed, pledged, delivering = 0.0, 0.0, 0.0, 0.0
    for i in range(len(people)):
        if people[i].active == 1:
            expected += people[i].expectation
            committed += people[i].commitment
            pledged += people[i].pledge
            delivering += float(people[i].delivers)
    count = float(members(people))
    row.members = count
    row.expectation = ratio(expected, count)
    row.commitment = ratio(committed, count) if planned else math.nan
    row.pledge = ratio(pledged, count) if planned else math.nan
    row.delivering = ratio(delivering, count) if run[0].phase == ACTION else math.nan


@rule
def observe_draft(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R, series: R
) -> None:
    """The leading option and what the table makes of it."""
    row = series[run[0].month - 1]
    m = run[0].leading
    known = m != NOBODY
    row.option = float(m + 1) if known else math.nan
    row.option_x = options[m].x if known else math.nan
    row.option_y = options[m].y if known else math.nan
    row.dilution = options[m].dilution if known else math.nan
    asked = run[0].phase == DEBATE and par[0].decide == 1.0
    worth, aspiration = 0.0, 0.0
    for i in range(len(people)):
        if at_table(people, i):
            worth += people[i].worth
            aspiration += people[i].aspiration
    count = float(run[0].table)
    row.accepting = run[0].accepting if asked else math.nan
    row.accepting_power = run[0].accepting_power if asked else math.nan
    row.worth = ratio(worth, count) if asked else math.nan
    row.aspiration = ratio(aspiration, count) if asked else math.nan


@rule
def observe_pool(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R, series: R
) -> None:
    """The pool against the needs, and what a round of action delivered."""
    row = series[run[0].month - 1]
    planned = run[0].phase in (PLANNING, ACTION)
    action = run[0].phase == ACTION
    row.coverage = run[0].coverage if planned else math.nan
    row.pool_funds = run[0].pool[0] if planned else math.nan
    row.pool_capacity = run[0].pool[1] if planned else math.nan
    row.pool_network = run[0].pool[2] if planned else math.nan
    row.need_funds = run[0].real_need[0] if action else run[0].need[0]
    row.need_capacity = run[0].real_need[1] if action else run[0].need[1]
    row.need_network = run[0].real_need[2] if action else run[0].need[2]
    row.step = run[0].step if action else math.nan
