"""Who takes part: stakeholders drawn from sector tables or taken from a list (2.1)."""

import math

from sim.rules import draws
from sim.rules.arithmetic import clip
from sim.rules.draws import normal, uniform
from sim.rules.state import (
    R,
    draw_each,
    drawn,
    rule,
)
from sim.scenario import KINDS, SECTORS

OUTSIDE_LOW, OUTSIDE_HIGH = 0.02, 0.9
ADVANTAGE_LOW, ADVANTAGE_HIGH = -1.0, 2.0
TRUST_LOW, TRUST_HIGH = 0.02, 0.95
EQUAL_FRACTION, EQUAL_AMOUNT, EQUAL_EFFECT = 0, 1, 2
TALK_SHARES_NORMS = 0.5


@rule
def split_within_sectors(people: R, par: R, run: R, purpose: int) -> None:
    """Each stakeholder's part of its sector's total, in proportion to exp(sigma Z) (2.1).

    Writes ``lot``; the parts of a sector sum to 1.
    """
    n = len(people)
    draw_each(people, run, purpose, 0, n)
    for i in range(n):
        people[i].lot = math.exp(par[0].sigma * normal(people[i].word_1))
    for s in range(len(SECTORS)):
        total = 0.0
        for i in range(n):
            if people[i].sector == s:
                total += people[i].lot
        for i in range(n):
            if people[i].sector == s:
                people[i].lot = people[i].lot / total


@rule
def share_out(people: R, par: R, run: R) -> None:
    """Draw power and endowments that are not listed; power is divided by its sum (2.1)."""
    n = len(people)
    split_within_sectors(people, par, run, draws.POWER)
    total = 0.0
    for i in range(n):
        if math.isnan(people[i].power):
            people[i].power = par[0].sector_power[people[i].sector] * people[i].lot
        total += people[i].power
    for i in range(n):
        people[i].power = people[i].power / total
    for k in range(len(KINDS)):
        split_within_sectors(people, par, run, draws.FUNDS + k)
        for i in range(n):
            if math.isnan(people[i].endowment[k]):
                s = people[i].sector
                people[i].endowment[k] = par[0].sector_resource[s, k] * people[i].lot


@rule
def fairness_norm(par: R, run: R, identity: int) -> int:
    """Return what a stakeholder thinks a fair share is: one draw a run (4.4).

    Talk brings norms together: equal_fraction with probability shared_norm +
    .5 deliberation (1 - shared_norm), else one of the other two at even odds.
    """
    w_1, w_2, _w_3, _w_4 = drawn(run, draws.NORM, 0, identity, 0)
    shared = par[0].shared_norm + TALK_SHARES_NORMS * par[0].deliberation * (
        1.0 - par[0].shared_norm
    )
    if uniform(w_1) < shared:
        return EQUAL_FRACTION
    if uniform(w_2) < 0.5:
        return EQUAL_AMOUNT
    return EQUAL_EFFECT


@rule
def chance(run: R, purpose: int, identity: int) -> float:
    """Return a uniform draw that a stakeholder makes once a run."""
    w_1, _w_2, _w_3, _w_4 = drawn(run, purpose, 0, identity, 0)
    return uniform(w_1)


@rule
def populate(people: R, par: R, run: R) -> None:
    """Draw everything about the stakeholders that is drawn once a run (2.1, 2.2).

    In a template of ``people``, NaN marks a value to be drawn, and so does a number below 0 for a
    choice. Listed values do not change.
    """
    share_out(people, par, run)
    n = len(people)
    draw_each(people, run, draws.OUTSIDE_OPTION, 0, n)
    for i in range(n):
        if math.isnan(people[i].outside_option):
            advantage = clip(n * people[i].power - 1.0, ADVANTAGE_LOW, ADVANTAGE_HIGH)
            people[i].outside_option = clip(
                par[0].sector_outside_option[people[i].sector]
                + par[0].outside_sd * normal(people[i].word_1)
                + par[0].outside_power * advantage,
                OUTSIDE_LOW,
                OUTSIDE_HIGH,
            )
    draw_each(people, run, draws.EXPECTATION, 0, n)
    for i in range(n):
        people[i].expectation = clip(
            par[0].incentive + par[0].incentive_sd * normal(people[i].word_1), 0.0, 1.0
        )
    draw_each(people, run, draws.IMMOVABLE, 0, n)
    for i in range(n):
        if people[i].immovable < 0:
            people[i].immovable = 1 if uniform(people[i].word_1) < par[0].immovable_share else 0
    draw_each(people, run, draws.FREE_RIDER, 0, n)
    for i in range(n):
        if people[i].free_rider < 0:
            people[i].free_rider = 1 if uniform(people[i].word_1) < par[0].free_rider_share else 0
        if run[0].listed_norms == 0:
            people[i].norm = fairness_norm(par, run, people[i].identity)
    w_1, _w_2, _w_3, _w_4 = drawn(run, draws.MOOD, 0, 0, 0)
    run[0].mood = normal(w_1)
    run[0].first_trust = clip(
        par[0].prehistory + par[0].prehistory_sd * run[0].mood, TRUST_LOW, TRUST_HIGH
    )
