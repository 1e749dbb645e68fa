"""When outcomes are measured during a run: each at its moment, into the run's record (7)."""

import math

from sim.rules.arithmetic import most
from sim.rules.draws import EVERYTHING
from sim.rules.measures import (
    BEFORE,
    NOW,
    agreement_of_rankings,
    belief,
    ratio,
    spread_of_beliefs,
    spread_of_positions,
    trust_among_members,
)
from sim.rules.membership import members
from sim.rules.problem import effectiveness, fit
from sim.rules.sorting import sort_rows
from sim.rules.state import DEBATE, R, at_table, rule
from sim.scenario import SECTORS

EVERYONE = -1


@rule
def remember_opinions(people: R, options: R, par: R, run: R) -> None:
    """Store what the table thinks before the first cycle's listening, to compare with later."""
    if run[0].cycle > 1 or run[0].running == 0:
        return
    for i in range(len(people)):
        people[i].knowledge_before = people[i].knowledge
    run[0].first_ranking = agreement_of_rankings(people, options, par)
    run[0].first_spread = spread_of_beliefs(people, options, par, BEFORE)
    run[0].first_places = spread_of_positions(people)


@rule
def measure_debate(people: R, options: R, par: R, run: R) -> None:
    """Measure the outcomes that are known after the first debate, with or without agreement."""
    if run[0].running == 0 or run[0].cycle > 1 or par[0].phases[DEBATE - 1] == 0.0:
        return
    run[0].ranking_before = run[0].first_ranking
    run[0].ranking_agreement = agreement_of_rankings(people, options, par)
    run[0].opinion_spread = ratio(spread_of_beliefs(people, options, par, NOW), run[0].first_spread)
    run[0].position_spread = ratio(spread_of_positions(people), run[0].first_places)
    total, count = 0.0, 0.0
    for i in range(len(people)):
        if at_table(people, i):
            for m in range(len(options)):
                now = belief(people, options, par, i, m, NOW)
                total += math.fabs(now - belief(people, options, par, i, m, BEFORE))
                count += 1.0
    run[0].opinion_change = ratio(total, count)


@rule
def mean_fit(people: R, sector: int) -> float:
    """Mean fit of the first agreement to the interests of a sector, or of everyone (-1)."""
    total, count = 0.0, 0.0
    for i in range(len(people)):
        if sector in (EVERYONE, people[i].sector):
            total += people[i].agreed_fit
            count += 1.0
    return ratio(total, count)


@rule
def measure_agreement(people: R, options: R, par: R, run: R) -> None:
    """Measure the outcomes of the first agreement over everyone: it binds former members, too."""
    if run[0].agreed == 0 or run[0].agreements > 1:
        return
    n, m = len(people), run[0].leading
    x, y = options[m].x, options[m].y
    pleased, moved, seated, weighted = 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        people[i].agreed_utility = people[i].utility
        people[i].agreed_fit = fit(people[i].interest_x, people[i].interest_y, x, y)
        people[i].lot = people[i].agreed_fit
        weighted += people[i].power * people[i].agreed_fit
        if people[i].utility >= people[i].outside_option:
            pleased += 1.0
        if at_table(people, i):
            moved += fit(people[i].position_x, people[i].position_y, x, y) - people[i].agreed_fit
            seated += 1.0
    mean = mean_fit(people, EVERYONE)
    run[0].acceptance = run[0].accepting
    run[0].support = pleased / n
    run[0].satisfaction = mean
    for s in range(len(SECTORS)):
        run[0].sector_satisfaction[s] = mean_fit(people, s)
    run[0].co_optation = ratio(moved, seated)
    run[0].capture = weighted - mean
    squares, best = 0.0, 0.0
    for i in range(n):
        squares += (people[i].agreed_fit - mean) * (people[i].agreed_fit - mean)
    run[0].inequity = math.sqrt(squares / n)
    sort_rows(people, 0, n)
    lowest, total = (n + 9) // 10, 0.0
    for k in range(lowest):
        total += people[people[k].order].agreed_fit
    run[0].worst_off = total / lowest
    for option in range(len(options)):
        best = most(best, effectiveness(options, par, option, EVERYTHING, 0.0))
    true_effect = effectiveness(options, par, m, EVERYTHING, options[m].dilution)
    run[0].decision_quality = true_effect / best


@rule
def measure_end(people: R, ties: R, start: R, run: R) -> None:
    """Measure the outcomes that are known when the run is over."""
    run[0].trust = trust_among_members(people, ties, start, run)
    run[0].retention = float(members(people)) / len(people)
