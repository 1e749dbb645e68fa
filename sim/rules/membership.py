"""Who stays, leaves and returns, and what a cycle leaves behind (4.1, 4.6)."""

from sim.rules import events
from sim.rules.arithmetic import clip, least
from sim.rules.forms import OPEN, fill_seats
from sim.rules.listening import table_weight, voice
from sim.rules.problem import draw_problem
from sim.rules.state import (
    ACTION,
    NOBODY,
    R,
    at_table,
    in_touch,
    rule,
)
from sim.scenario import KINDS, SECTORS

PARTNERSHIP_LOWERS_BAR = 0.1
SMALLEST_TABLE = 3


@rule
def list_talks(people: R, ties: R, start: R, run: R, i: int) -> None:
    """Add the ties of i, if it is at the table, to others there to the list of those in use."""
    k = run[0].talks
    people[i].first_talk = k
    there = at_table(people, i)
    for t in range(start[i], start[i + 1] if there else start[i]):
        j = ties[t].neighbour
        if at_table(people, j):
            ties[k].talk = t
            ties[k].hearer = people[i].identity
            ties[k].speaker = people[j].identity
            k += 1
    people[i].end_talk = k
    run[0].talks = k


@rule
def update_totals(people: R, ties: R, start: R, par: R, run: R) -> None:
    """Update the size and power of the table and the endowments of the sectors when they change.

    Then update the weight and voice of those at the table, and the list of whom they talk with.
    """
    run[0].table = 0
    run[0].table_power = 0.0
    for s in range(len(SECTORS)):
        for k in range(len(KINDS)):
            run[0].sector_endowment[s, k] = 0.0
    for i in range(len(people)):
        for k in range(len(KINDS)):
            run[0].sector_endowment[people[i].sector, k] += people[i].endowment[k]
        if at_table(people, i):
            run[0].table += 1
            run[0].table_power += people[i].power
    run[0].talks = 0
    for i in range(len(people)):
        if at_table(people, i):
            people[i].weight = table_weight(people, run, i)
            people[i].voice = voice(people, par, run, i)
        list_talks(people, ties, start, run, i)


@rule
def alone(par: R, run: R, sector: int) -> float:
    """Return how far a sector's own endowment would meet the needs, at most 1: alone_s (4.1)."""
    share = 1.0
    for k in range(len(KINDS)):
        if par[0].need[k] > 0.0:
            share = least(share, run[0].sector_endowment[sector, k] / par[0].need[k])
    return share


@rule
def bar(people: R, par: R, run: R, i: int) -> float:
    """Return what i must expect of the collaboration to be a member (4.1).

    (1 - mandate)(1 - interdependence (1 - alone_s)) R_i - .1 *partnership*.
    Source: the drivers of Emerson, Nabatchi & Balogh 2012.
    """
    need_of_others = par[0].interdependence * (1.0 - alone(par, run, people[i].sector))
    return float(
        (1.0 - par[0].mandate) * (1.0 - need_of_others) * people[i].outside_option
        - PARTNERSHIP_LOWERS_BAR * par[0].partnership
    )


@rule
def reconsider(people: R, ties: R, start: R, par: R, run: R, i: int) -> bool:
    """Return whether i wants to be a member from now on (4.1, 4.6).

    A member stays while its expectation reaches its bar. Who left in an earlier cycle comes back,
    where membership is open, if the mean expectation of its active neighbours is above its bar;
    ``next_expectation`` holds that mean.
    """
    least_wanted = bar(people, par, run, i)
    people[i].next_expectation = people[i].expectation
    if people[i].active == 1:
        return bool(people[i].expectation >= least_wanted)
    if par[0].membership != OPEN or people[i].left_cycle >= run[0].cycle:
        return False
    total, count = 0.0, 0
    for t in range(start[i], start[i + 1]):
        if people[ties[t].neighbour].active == 1:
            total += people[ties[t].neighbour].expectation
            count += 1
    if count == 0:
        return False
    people[i].next_expectation = total / count
    return bool(people[i].next_expectation > least_wanted)


@rule
def let_leave(people: R, par: R, run: R, log: R) -> None:
    """Members who do not stay leave; before the first round they count as having stayed away."""
    first = run[0].cycle == 1 and run[0].phase == 0
    for i in range(len(people)):
        if people[i].active == 0 or people[i].stays == 1:
            continue
        people[i].active = 0
        people[i].left_cycle = run[0].cycle
        people[i].left_round = run[0].month
        event = events.STAYED_AWAY if first else events.LEFT
        events.note_of(run, log, event, i, people[i].expectation, bar(people, par, run, i))


@rule
def let_return(people: R, par: R, run: R, log: R) -> None:
    """Former members who want to come back do: with their old trust, and what neighbours expect."""
    for i in range(len(people)):
        if people[i].active == 1 or people[i].stays == 0:
            continue
        people[i].active = 1
        people[i].left_round = NOBODY
        people[i].expectation = people[i].next_expectation
        events.note_of(
            run, log, events.RETURNED, i, people[i].expectation, bar(people, par, run, i)
        )


@rule
def table_too_small(people: R, run: R) -> bool:
    """Fewer than three at the table, or one sector only where there were two or more (4.1)."""
    sectors = 0
    for s in range(len(SECTORS)):
        there = 0
        for i in range(len(people)):
            if people[i].sector == s and at_table(people, i):
                there = 1
        sectors += there
    return bool(run[0].table < SMALLEST_TABLE or (sectors < 2 and run[0].sectors_invited >= 2))


@rule
def members(people: R) -> int:
    """Return how many stakeholders are members."""
    count = 0
    for i in range(len(people)):
        count += people[i].active
    return count


@rule
def dissolve(people: R, run: R, log: R) -> None:
    """End the collaboration."""
    run[0].running = 0
    run[0].dissolved = 1
    events.note_of(
        run, log, events.DISSOLVED, NOBODY, float(members(people)), float(run[0].took_part)
    )


@rule
def convene(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """Let members leave, fill seats, test for dissolution and take up a problem (4.1).

    After a deadlock the same problem is taken up again: knowledge, positions, amended places and
    dilution stay, while clock, leading option and objections start afresh.
    """
    let_leave(people, par, run, log)
    if run[0].cycle == 1:
        for i in range(len(people)):
            people[i].took_part = people[i].active
        run[0].took_part = members(people)
    fill_seats(people, par, run, log)
    update_totals(people, ties, start, par, run)
    if table_too_small(people, run):
        dissolve(people, run, log)
        return
    run[0].retry = run[0].deadlocked
    if run[0].retry == 0:
        draw_problem(people, options, par, run)
    number = run[0].problem - 1  # tables count from 1
    events.note(
        run, log, events.PROBLEM, NOBODY, NOBODY, number, NOBODY, run[0].value, run[0].scale
    )
    run[0].deadlocked = 0
    run[0].setback = 0
    run[0].delivery = 0.0
    run[0].leading = NOBODY
    for i in range(len(people)):
        people[i].objected = 0


LEARNING = 0.5  # how far an expectation moves to what was experienced
SATISFYING_DELIVERY = 1.2  # delivery x this is as good as promised
INSTITUTION_GROWS = 0.6
TRUST_FADES_TO = 0.5  # of what history left


@rule
def renew(people: R, ties: R, start: R, par: R, run: R) -> None:
    """Update expectations, then the institution, then trust (4.6).

    E_i += .5 (min(1, 1.2 delivery x U_i) - E_i), unless there was a setback or no action is part
    of the scenario; I += (1 - I) .6 *institutional_change* delivery;
    tau += decay (1 - *partnership*)(1 - I)(.5 tau0 - tau) between members.
    """
    if run[0].setback == 0 and par[0].phases[ACTION - 1] == 1.0:
        for i in range(len(people)):
            if people[i].active == 1:
                seen = SATISFYING_DELIVERY * run[0].delivery * people[i].utility
                people[i].expectation += LEARNING * (least(1.0, seen) - people[i].expectation)
    run[0].institution += (
        (1.0 - run[0].institution)
        * INSTITUTION_GROWS
        * par[0].institutional_change
        * run[0].delivery
    )
    rate = par[0].decay * (1.0 - par[0].partnership) * (1.0 - run[0].institution)
    for i in range(len(people)):
        for t in range(start[i], start[i + 1]):
            if in_touch(people, run, i, ties[t].neighbour):
                faded = TRUST_FADES_TO * ties[t].trust_0
                ties[t].trust = clip(ties[t].trust + rate * (faded - ties[t].trust), 0.0, 1.0)


@rule
def close_renewal(people: R, ties: R, start: R, par: R, run: R, log: R) -> None:
    """Dissolve if fewer than half of those who took part at the start remain (4.6)."""
    update_totals(people, ties, start, par, run)
    remaining = 0
    for i in range(len(people)):
        if people[i].active == 1 and people[i].took_part == 1:
            remaining += 1
    if 2 * remaining < run[0].took_part:
        dissolve(people, run, log)
