"""When and how outcomes are measured during a run, into the run's record (7)."""

import math

from sim.rules.arithmetic import ROUNDING, most, sort_rows
from sim.rules.compile import helper
from sim.rules.debate import worth_to
from sim.rules.draws import EVERYTHING
from sim.rules.membership import members
from sim.rules.problem import distance, effectiveness, fit
from sim.rules.state import (
    DEBATE,
    R,
    at_table,
    in_touch,
    inner_rule,
    rule,
)
from sim.scenario import SECTORS

BEFORE, NOW = 0, 1


@helper
def ratio(part: float, whole: float) -> float:
    """Return a ratio, or missing if the whole (never negative) is 0 but for rounding."""
    if whole < ROUNDING:
        return math.nan
    return part / whole


@rule
def agreement_of_rankings(people: R, options: R, par: R) -> float:
    """Kendall's W of the table's rankings of the options by worth, corrected for ties.

    W = 12 S / (m^2 (n^3 - n) - m sum (t^3 - t)), S the squared deviations of the rank sums, m
    judges, n options (Kendall & Smith 1939). Missing if nobody prefers anything. Writes
    ``support``: the rank sums.
    """
    n = len(options)
    judges, tied_ranks = 0, 0.0
    for m in range(n):
        options[m].support = 0.0
    for i in range(len(people)):
        if not at_table(people, i):
            continue
        judges += 1
        for m in range(n):
            mine = worth_to(people, options, par, i, m)
            better, equal = 0, 0
            for other in range(n):
                theirs = worth_to(people, options, par, i, other)
                if theirs > mine:
                    better += 1
                elif theirs == mine:
                    equal += 1
            options[m].support += 1.0 + better + 0.5 * (equal - 1)
            tied_ranks += float(equal * equal - 1)  # summed over options: t (t^2 - 1) a group
    mean = judges * (n + 1) / 2.0
    squares = 0.0
    for m in range(n):
        squares += (options[m].support - mean) * (options[m].support - mean)
    most_there = float(judges) * judges * (float(n) * n * n - n) - judges * tied_ranks
    return ratio(12.0 * squares, most_there)


@inner_rule
def belief(people: R, options: R, par: R, i: int, m: int, when: int) -> float:
    """Return how effective i believes option m to be, before listening (undiluted) or now."""
    if when == BEFORE:
        return effectiveness(options, par, m, people[i].knowledge_before, 0.0)
    return effectiveness(options, par, m, people[i].knowledge, options[m].dilution)


@rule
def spread_of_beliefs(people: R, options: R, par: R, when: int) -> float:
    """Mean over options of the table's SD of believed effectiveness, before or now."""
    total = 0.0
    for m in range(len(options)):
        count, mean, squares = 0, 0.0, 0.0
        for i in range(len(people)):
            if at_table(people, i):
                count += 1
                mean += belief(people, options, par, i, m, when)
        if count == 0:
            return math.nan
        mean /= count
        for i in range(len(people)):
            if at_table(people, i):
                away = belief(people, options, par, i, m, when) - mean
                squares += away * away
        total += math.sqrt(squares / count)
    return total / len(options)


@rule
def spread_of_positions(people: R) -> float:
    """SD of the table's positions: root mean squared distance from their centre."""
    count, mean_x, mean_y, squares = 0, 0.0, 0.0, 0.0
    for i in range(len(people)):
        if at_table(people, i):
            count += 1
            mean_x += people[i].position_x
            mean_y += people[i].position_y
    if count == 0:
        return math.nan
    mean_x, mean_y = mean_x / count, mean_y / count
    for i in range(len(people)):
        if at_table(people, i):
            away = distance(people[i].position_x, people[i].position_y, mean_x, mean_y)
            squares += away * away
    return math.sqrt(squares / count)


@rule
def trust_among_members(people: R, ties: R, start: R, run: R) -> float:
    """Mean trust over the ties that members use; missing without any."""
    total, count = 0.0, 0.0
    for i in range(len(people)):
        for t in range(start[i], start[i + 1]):
            if in_touch(people, run, i, ties[t].neighbour):
                total += ties[t].trust
                count += 1.0
    return ratio(total, count)


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
