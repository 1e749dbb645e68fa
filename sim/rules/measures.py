"""Quantities behind the outcomes and the series of rounds."""

import math

from sim.rules.arithmetic import ROUNDING
from sim.rules.compiling import helper
from sim.rules.debate import worth_to
from sim.rules.problem import distance, effectiveness
from sim.rules.state import (
    R,
    at_table,
    in_touch,
    inner_rule,
    rule,
)

BEFORE, NOW = 0, 1


@helper
def ratio(part: float, whole: float) -> float:
    """A ratio, or missing if the whole (never negative) is 0 but for rounding."""
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
    """How effective i believes option m to be, before listening (undiluted) or now."""
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
