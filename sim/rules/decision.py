"""When a draft becomes an agreement, and what happens to it when it does not (4.3)."""

from sim.rules import events
from sim.rules.arithmetic import ROUNDING
from sim.rules.problem import distance
from sim.rules.state import (
    NOBODY,
    R,
    at_table,
    inner_rule,
    rule,
)
from sim.scenario import RULES, SECTORS

CONSENSUS, CONSENSUS_MINUS_ONE, SUPERMAJORITY, MAJORITY, LEAD = range(len(RULES))
FACILITATED_OBJECTION = 2.0
DEADLOCK_COSTS_TRUST = 0.05


@inner_rule
def draft_weight(people: R, par: R, run: R, i: int) -> float:
    """Weight of i in the draft: o_i = ((1 - d) w~_i + d / |T|)(1 + 2 facilitation [objected]).

    A facilitator gives those who objected last round a larger part (4.3, step 3).
    """
    d = par[0].deliberation
    weight = (1.0 - d) * people[i].weight + d / float(run[0].table)
    if people[i].objected == 1:
        weight *= 1.0 + FACILITATED_OBJECTION * par[0].facilitation
    return float(weight)


@rule
def count_votes(people: R, run: R) -> None:
    """Count the share of the people at the table, and of its power, that accepts the draft."""
    there, accepting, power = 0, 0, 0.0
    for i in range(len(people)):
        if at_table(people, i):
            there += 1
            accepting += people[i].accepts
            power += people[i].weight if people[i].accepts == 1 else 0.0
    run[0].accepting = accepting / there if there > 0 else 0.0
    run[0].accepting_power = power


@rule
def vetoed(people: R, par: R) -> bool:
    """Return whether a sector uses its veto: at most half of its people at the table accept.

    A sector with nobody at the table has no veto.
    """
    for s in range(len(SECTORS)):
        if par[0].veto[s] == 0.0:
            continue
        there, accepting = 0, 0
        for i in range(len(people)):
            if people[i].sector == s and at_table(people, i):
                there += 1
                accepting += people[i].accepts
        if there > 0 and 2 * accepting <= there:
            return True
    return False


@rule
def decided(people: R, par: R, run: R) -> bool:
    """Return whether enough accept under the decision rule and its vetoes (4.3, step 5).

    Writes ``accepting`` and ``accepting_power``.
    """
    count_votes(people, run)
    there = float(run[0].table)
    share = run[0].accepting
    which = par[0].rule
    if which == CONSENSUS:
        enough = share == 1.0
    elif which == CONSENSUS_MINUS_ONE:
        enough = share * there >= there - 1.0 - ROUNDING
    elif which == SUPERMAJORITY:
        enough = share >= par[0].quorum - ROUNDING and share > 0.5 + ROUNDING
    elif which == MAJORITY:
        enough = share > 0.5 + ROUNDING
    else:
        enough = run[0].accepting_power > par[0].lead_quorum + ROUNDING
    return bool(enough and not vetoed(people, par))


@rule
def decide(people: R, options: R, par: R, run: R, log: R) -> None:
    """Count who accepts the draft, and write down whether it is agreed (4.3)."""
    lead = run[0].leading
    enough = decided(people, par, run)
    share, share_of_power = run[0].accepting, run[0].accepting_power
    diluted = options[lead].dilution
    events.note(run, log, events.DRAFT, NOBODY, NOBODY, lead, NOBODY, share, diluted)
    for i in range(len(people)):
        if not at_table(people, i):
            continue
        people[i].objected = 1 - people[i].accepts
        if people[i].objected == 1:
            worth, wanted = people[i].worth, people[i].aspiration
            events.note(run, log, events.OBJECTED, i, NOBODY, lead, NOBODY, worth, wanted)
    if enough:
        run[0].agreed = 1
        events.note(run, log, events.AGREED, NOBODY, NOBODY, lead, NOBODY, share, share_of_power)


@rule
def amend(people: R, options: R, par: R, run: R, log: R) -> None:
    """Move the draft toward its objectors, which dilutes it (4.3, step 6).

    y_lead moves amend x facilitation of the way to the o-weighted mean position of the objectors;
    dilution = dilution x its distance from where it was drawn. The price of compromise is the
    lowest common denominator. ``o`` is the weight that the objectors had in this round's draft.
    """
    lead = run[0].leading
    weight, sum_x, sum_y = 0.0, 0.0, 0.0
    for i in range(len(people)):
        if at_table(people, i) and people[i].accepts == 0:
            o = people[i].draft_weight
            weight += o
            sum_x += o * people[i].position_x
            sum_y += o * people[i].position_y
    if weight <= 0.0:
        return
    pull = par[0].amend * par[0].facilitation
    x, y = options[lead].x, options[lead].y
    options[lead].x = x + pull * (sum_x / weight - x)
    options[lead].y = y + pull * (sum_y / weight - y)
    options[lead].dilution = par[0].dilution * distance(
        options[lead].x, options[lead].y, options[lead].drawn_x, options[lead].drawn_y
    )
    moved, diluted = distance(x, y, options[lead].x, options[lead].y), options[lead].dilution
    events.note(run, log, events.AMENDED, NOBODY, NOBODY, lead, NOBODY, moved, diluted)


@rule
def set_back(people: R, par: R, run: R) -> None:
    """A setback: every member's expectation falls by ``setback`` (4.3, 4.4)."""
    run[0].setback = 1
    for i in range(len(people)):
        if people[i].active == 1:
            people[i].expectation = (1.0 - par[0].setback) * people[i].expectation


@rule
def deadlock(people: R, ties: R, par: R, run: R, log: R) -> None:
    """The deadline passed: trust at the table falls by 5 %, expectations are set back (4.3)."""
    run[0].deadlocked = 1
    events.note_of(run, log, events.DEADLOCKED, NOBODY, run[0].accepting, 0.0)
    for k in range(run[0].talks):
        t = ties[k].talk
        ties[t].trust = (1.0 - DEADLOCK_COSTS_TRUST) * ties[t].trust
    set_back(people, par, run)
