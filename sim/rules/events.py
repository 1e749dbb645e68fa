"""The events of a run, written while they happen: the source of ``Run.events`` and of the minutes.

A row says what happened (``event``), in which round, who did it, to whom, and about which option
and fact. The meaning of ``value`` and ``bound`` is written beside each event below. A number that
does not apply is -1, a value that does not apply is 0.
"""

from sim.base.text import N_
from sim.rules.state import NOBODY, R, inner_rule, rule

# name, what it says, what value and bound are
EVENTS = (
    ("problem", N_("a problem is taken up; option: its number, value: its worth, bound: scale")),
    ("stayed_away", N_("who did not take part; value: expectation, bound: what would be enough")),
    ("seated", N_("who got a seat at the table")),
    ("explained", N_("who explained a fact to whom; value: 1 if understood, bound: trust")),
    ("argued", N_("who showed whom a fact in debate; value: 1 if understood, bound: trust")),
    ("draft", N_("the option on the table; value: share accepting, bound: its dilution")),
    ("objected", N_("who objected; value: worth of the draft, bound: aspiration")),
    ("amended", N_("the draft moved toward the objectors; value: distance, bound: dilution now")),
    ("agreed", N_("an agreement; value: share accepting, bound: share of power accepting")),
    ("deadlocked", N_("the deadline passed without one; value: share accepting")),
    ("pledged", N_("who promised which share of its endowment; value: pledge, bound: fair share")),
    ("planned", N_("the plan as it stands; value: coverage, bound: coverage needed to go on")),
    ("unfunded", N_("the plan fails; value: coverage, bound: coverage needed to go on")),
    ("shirked", N_("who did not deliver; value: the pledge it held back")),
    ("saw", N_("who saw whom shirk or give nothing; value: trust before, bound: trust after")),
    ("delivered", N_("the action is over; value: delivery, bound: 1")),
    ("left", N_("who left; value: expectation, bound: what would have been enough")),
    ("returned", N_("who came back; value: expectation, bound: what was enough")),
    ("changed", N_("an event of the scenario came true; option: which one; value: as given")),
    ("dissolved", N_("the collaboration is over; value: members, bound: members at the start")),
)
(
    PROBLEM,
    STAYED_AWAY,
    SEATED,
    EXPLAINED,
    ARGUED,
    DRAFT,
    OBJECTED,
    AMENDED,
    AGREED,
    DEADLOCKED,
    PLEDGED,
    PLANNED,
    UNFUNDED,
    SHIRKED,
    SAW,
    DELIVERED,
    LEFT,
    RETURNED,
    CHANGED,
    DISSOLVED,
) = range(len(EVENTS))


@rule
def write(
    run: R, log: R, event: int,
    who: int, whom: int, option: int, fact: int, value: float, bound: float,
) -> None:  # fmt: skip
    """Write one event into the next row of the log."""
    k = run[0].logged
    log[k].round = run[0].month
    log[k].cycle = run[0].cycle
    log[k].phase = run[0].phase
    log[k].event = event
    log[k].who = who
    log[k].whom = whom
    log[k].option = option
    log[k].fact = fact
    log[k].value = value
    log[k].bound = bound


@inner_rule
def note(
    run: R, log: R, event: int,
    who: int, whom: int, option: int, fact: int, value: float, bound: float,
) -> None:  # fmt: skip
    """Write one event into the log if there is room; count it in any case."""
    if run[0].logged < len(log):
        write(run, log, event, who, whom, option, fact, value, bound)
    run[0].logged += 1


@inner_rule
def note_of(run: R, log: R, event: int, who: int, value: float, bound: float) -> None:
    """Write an event that is about one stakeholder, or about nobody (-1)."""
    note(run, log, event, who, NOBODY, NOBODY, NOBODY, value, bound)
