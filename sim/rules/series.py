"""What is recorded of every round: one row of ``series``, and one of ``paths`` a stakeholder."""

import math

from sim.rules.draws import size
from sim.rules.listening import understanding
from sim.rules.measures import ratio, spread_of_positions, trust_among_members
from sim.rules.membership import members
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
def observe(people: R, ties: R, start: R, options: R, par: R, run: R, series: R) -> None:
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
    observe_members(people, run, series)
    observe_draft(people, options, par, run, series)
    observe_pool(run, series)


@rule
def observe_members(people: R, run: R, series: R) -> None:
    """Write what the members expect, commit to, pledge and deliver."""
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
def observe_draft(people: R, options: R, par: R, run: R, series: R) -> None:
    """Write the leading option, who accepts it, and its worth to the table."""
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
def observe_pool(run: R, series: R) -> None:
    """Write the pool, the needs, and what a round of action delivered."""
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
