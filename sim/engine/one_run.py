"""One run through the compiled loop: the whole course, without Python objects (2 to 7)."""

from sim.base.text import _
from sim.engine.arrays import arrays, as_drawn, require_run
from sim.engine.tables import RunData, run_data
from sim.rules.action import carry_out, deliver, observe_delivery
from sim.rules.course import (
    action_goes_on,
    action_opens,
    close_debate_round,
    close_listening,
    cycle_begins,
    debate_goes_on,
    initialise,
    listening_goes_on,
    open_planning_round,
    planning_goes_on,
    planning_opens,
    renewal_opens,
)
from sim.rules.debate import accepts, argue, draft, move, take_sides
from sim.rules.listening import commit, listen, prepare_talk
from sim.rules.measures import (
    measure_agreement,
    measure_debate,
    measure_end,
    remember_opinions,
)
from sim.rules.membership import close_renewal, convene, let_leave, let_return, reconsider, renew
from sim.rules.memory import BLOCK
from sim.rules.planning import note_pledges, pledge
from sim.rules.series import follow, observe
from sim.rules.state import R, at_table, rule
from sim.scenario import Scenario

ROOM = 20_000  # events that most runs stay below
MONTHS = 400  # and months that most runs end within
MAX_ROWS = 10_000_000  # rows of stakeholders by months: two gigabytes


@rule
def play(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R,
    series: R, paths: R, schedule: R, levels: R, edges: R, slots: R,
) -> None:  # fmt: skip
    """Play one run from nothing to its outcomes.

    The same course as ``CollaborationModel``, with a loop over rows in place of agents.
    """
    initialise(people, ties, start, par, run, edges, slots)
    while cycle_begins(people, ties, start, par, run, log, schedule, levels):
        for i in range(len(people)):
            if people[i].active == 1:
                stays = reconsider(people, ties, start, par, run, i)
                people[i].stays = 1 if stays else 0
        convene(people, ties, start, options, par, run, log)
        talk(people, ties, start, options, par, run, log, series, paths, schedule, levels)
        measure_debate(people, options, par, run)
        measure_agreement(people, options, par, run)
        act(people, ties, start, options, par, run, log, series, paths, schedule, levels)
        if renewal_opens(options, par, run, log):
            renew_membership(people, ties, start, par, run, log)
    measure_end(people, ties, start, run)


@rule
def talk(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R,
    series: R, paths: R, schedule: R, levels: R,
) -> None:  # fmt: skip
    """Phases 1 and 2 of a cycle: listening and debate."""
    remember_opinions(people, options, par, run)
    while listening_goes_on(people, ties, start, par, run, log, schedule, levels):
        for first in range(0, len(people), BLOCK):
            prepare_talk(people, ties, run, first)
            for i in range(first, min(first + BLOCK, len(people))):
                if at_table(people, i):
                    listen(people, ties, par, run, log, i)
        commit(people, ties, run)
        observe(people, ties, start, options, par, run, series)
        follow(people, ties, start, par, run, paths)
    close_listening(par, run)
    while debate_goes_on(people, ties, start, par, run, log, schedule, levels):
        take_sides(people, options, par, run)
        for first in range(0, len(people), BLOCK):
            prepare_talk(people, ties, run, first)
            for i in range(first, min(first + BLOCK, len(people))):
                if at_table(people, i):
                    argue(people, ties, par, run, log, i)
                    move(people, ties, par, i)
        commit(people, ties, run)
        draft(people, options, par, run)
        for i in range(len(people)):
            if at_table(people, i) and par[0].decide == 1.0:
                content = accepts(people, ties, options, par, run, i)
                people[i].accepts = 1 if content else 0
        close_debate_round(people, ties, options, par, run, log)
        observe(people, ties, start, options, par, run, series)
        follow(people, ties, start, par, run, paths)


@rule
def act(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R,
    series: R, paths: R, schedule: R, levels: R,
) -> None:  # fmt: skip
    """Phase 3 of a cycle: planning and carrying out joint action."""
    if planning_opens(people, ties, start, options, par, run, log, schedule, levels):
        ask_for_pledges(people, ties, start, par, run, log)
    while planning_goes_on(people, ties, start, par, run, log, schedule, levels):
        if open_planning_round(people, ties, start, par, run):
            ask_for_pledges(people, ties, start, par, run, log)
        observe(people, ties, start, options, par, run, series)
        follow(people, ties, start, par, run, paths)
    action_opens(people, ties, start, options, par, run, log, schedule, levels)
    while action_goes_on(people, ties, start, par, run, log, schedule, levels):
        for i in range(len(people)):
            if people[i].active == 1:
                kept = deliver(people, par, i)
                people[i].delivers = 1 if kept else 0
        carry_out(people, par, run, log)
        for i in range(len(people)):
            if people[i].active == 1:
                observe_delivery(people, ties, start, par, run, log, i)
        observe(people, ties, start, options, par, run, series)
        follow(people, ties, start, par, run, paths)


@rule
def ask_for_pledges(people: R, ties: R, start: R, par: R, run: R, log: R) -> None:
    """Let every member pledge; then put the pledges into force."""
    for i in range(len(people)):
        if people[i].active == 1:
            people[i].next_pledge = pledge(people, ties, start, par, run, i)
    note_pledges(people, run, log)


@rule
def renew_membership(people: R, ties: R, start: R, par: R, run: R, log: R) -> None:
    """Renewal: expectations and trust, then who leaves, who returns, whether it goes on."""
    renew(people, ties, start, par, run)
    for i in range(len(people)):
        if people[i].active == 1:
            stays = reconsider(people, ties, start, par, run, i)
            people[i].stays = 1 if stays else 0
    let_leave(people, par, run, log)
    for i in range(len(people)):
        if people[i].active == 0:
            stays = reconsider(people, ties, start, par, run, i)
            people[i].stays = 1 if stays else 0
    let_return(people, par, run, log)
    close_renewal(people, ties, start, par, run, log)


class TooLarge(ValueError):
    """A run of too many stakeholders over too many months for tables of every month."""


def _require_tellable(scenario: Scenario) -> None:
    people = scenario.people
    months = min(MONTHS, scenario.latest_round)
    if people * months > MAX_ROWS:
        text = _(
            "{people:,} stakeholders over up to {months} months are too many to be told month by "
            "month ({rows:,} rows; up to {most:,} fit); what their runs end with is told by "
            "`mufakat study` or sim.study"
        )
        rows = people * months
        raise TooLarge(text.format(people=people, months=months, rows=rows, most=MAX_ROWS))


def run(scenario: Scenario, seed: int = 1, run: int = 0) -> RunData:
    """Run a scenario once, with tables of everything that happens.

    Parameters
    ----------
    scenario
        If its values are uncertain, the run draws one set of them; the scenario of the result has
        these values.
    seed
        From 0 to 2^64 - 1: the world that all runs of a study share.
    run
        From 0 to 2^32 - 1: which run of that world. Two scenarios under the same seed and run
        share every draw that both make.

    Raises
    ------
    ValueError
        A seed or run outside its range, or too many stakeholders for tables of every month.

    Examples
    --------
    >>> from sim import load, run
    >>> done = run(load("team"), seed=1, run=0)
    >>> len(done.rounds) == int(done.outcomes["months_survived"])
    True
    """
    _require_tellable(scenario)
    require_run(seed, run)
    scenario = as_drawn(scenario, seed, run)
    room, months = ROOM, min(MONTHS, scenario.latest_round)
    while True:
        played = arrays(scenario, seed, run, log_rows=room, months=months)
        play(*played)
        end = played.run[0]
        if end.logged <= room and end.month <= months:
            return run_data(scenario, seed, run, played)
        # too little room: the same run again, with enough
        room, months = max(room, int(end.logged)), max(months, int(end.month))
