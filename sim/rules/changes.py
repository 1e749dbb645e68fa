"""What changes from outside during a run: budget cuts, elections, new laws, phased designs (4.7).

``schedule`` has one row for each event of the scenario. A change of a parameter names its place in
``levels``, which is ``par`` seen as plain numbers.
"""

from sim.rules import events
from sim.rules.arithmetic import clip
from sim.rules.compile import helper
from sim.rules.membership import update_totals
from sim.rules.population import OUTSIDE_HIGH, OUTSIDE_LOW
from sim.rules.state import NOBODY, R, rule

PARAMETER, POWER, ENDOWMENT, OUTSIDE_OPTION, TRUST_IN = range(5)
SCALE, SET = range(2)


@helper
def changed(how: int, before: float, value: float) -> float:
    """Return a number after it was scaled by, or set to, a value."""
    return before * value if how == SCALE else value


@rule
def change_power(people: R, sector: int, how: int, value: float) -> None:
    """Scale a sector's power or set its sum; a sum of 0 is set in equal parts.

    All changes that are due are made first, then power is divided by its sum (:func:`share_power`).
    """
    count, own = 0, 0.0
    for i in range(len(people)):
        if people[i].sector == sector:
            count += 1
            own += people[i].power
    target = changed(how, own, value)
    for i in range(len(people)):
        if people[i].sector == sector:
            if own > 0.0:
                people[i].power = people[i].power / own * target
            else:
                people[i].power = target / count


@rule
def share_power(people: R) -> None:
    """Divide power by its sum; if nobody has any, everyone gets the same."""
    total = 0.0
    for i in range(len(people)):
        total += people[i].power
    for i in range(len(people)):
        if total > 0.0:
            people[i].power = people[i].power / total
        else:
            people[i].power = 1.0 / len(people)


@rule
def change_endowment(people: R, sector: int, kind: int, how: int, value: float) -> None:
    """Scale a sector's endowment of a kind or set its total; a total of 0 is set in equal parts."""
    count, own = 0, 0.0
    for i in range(len(people)):
        if people[i].sector == sector:
            count += 1
            own += people[i].endowment[kind]
    target = changed(how, own, value)
    for i in range(len(people)):
        if people[i].sector == sector:
            if own > 0.0:
                people[i].endowment[kind] = people[i].endowment[kind] / own * target
            else:
                people[i].endowment[kind] = target / count


@rule
def change_outside_option(people: R, sector: int, how: int, value: float) -> None:
    """Scale a sector's outside options, or move them all so that their mean is the value."""
    count, total = 0, 0.0
    for i in range(len(people)):
        if people[i].sector == sector:
            count += 1
            total += people[i].outside_option
    for i in range(len(people)):
        if people[i].sector == sector:
            mean = total / count
            moved = people[i].outside_option * value
            if how == SET:
                moved = people[i].outside_option + value - mean
            people[i].outside_option = clip(moved, OUTSIDE_LOW, OUTSIDE_HIGH)


@rule
def change_trust_in(people: R, ties: R, start: R, sector: int, how: int, value: float) -> None:
    """Scale or set the trust of others in a sector; ties of former members do not change."""
    for i in range(len(people)):
        if people[i].sector == sector or people[i].active == 0:
            continue
        for t in range(start[i], start[i + 1]):
            j = ties[t].neighbour
            if people[j].sector == sector and people[j].active == 1:
                ties[t].trust = clip(changed(how, ties[t].trust, value), 0.0, 1.0)


@rule
def bring_changes(
    people: R, ties: R, start: R, par: R, run: R, log: R, schedule: R, levels: R
) -> None:
    """Apply the events that are due in the coming round or in the cycle that begins (4.7)."""
    any_due = False
    for e in range(len(schedule)):
        due = schedule[e].month == run[0].month + 1 or (
            schedule[e].cycle == run[0].cycle and run[0].phase == 0
        )
        if not due or schedule[e].done == 1:
            continue
        any_due = True
        schedule[e].done = 1
        what, how, value = schedule[e].what, schedule[e].how, schedule[e].value
        sector, place = schedule[e].sector, schedule[e].place
        if what == PARAMETER:
            levels[place] = clip(
                changed(how, levels[place], value), schedule[e].low, schedule[e].high
            )
        elif what == POWER:
            change_power(people, sector, how, value)
        elif what == ENDOWMENT:
            change_endowment(people, sector, place, how, value)
        elif what == OUTSIDE_OPTION:
            change_outside_option(people, sector, how, value)
        else:
            change_trust_in(people, ties, start, sector, how, value)
        events.note(run, log, events.CHANGED, NOBODY, sector, e, NOBODY, value, float(how))
    if any_due:
        share_power(people)
        update_totals(people, ties, start, par, run)
