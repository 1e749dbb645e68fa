"""One run through the compiled loop: the whole course, without Python objects (2 to 7)."""

from sim.engine.arrays import arrays, require_run
from sim.engine.result import RunData
from sim.engine.tables import run_data
from sim.engine.values import as_drawn
from sim.language import _
from sim.rules.action import carry_out, deliver, watch
from sim.rules.changes import LEVELS, SCHEDULE_ROWS
from sim.rules.compiling import compile_for, rule
from sim.rules.course import (
    action_goes_on,
    action_opens,
    close_debate_round,
    close_listening,
    cycle_begins,
    debate_goes_on,
    found,
    listening_goes_on,
    open_planning_round,
    planning_goes_on,
    planning_opens,
    renewal_opens,
)
from sim.rules.debate import accepts, argue, draft, move, take_sides
from sim.rules.listening import commit, hold, listen
from sim.rules.measuring import (
    measure_agreement,
    measure_debate,
    measure_end,
    remember_opinions,
)
from sim.rules.membership import convene, let_leave, let_return, reconsider
from sim.rules.memory import BLOCK
from sim.rules.paths import PATH_ROWS, follow
from sim.rules.planning import pledge
from sim.rules.pooling import note_pledges
from sim.rules.renewal import close_renewal, renew
from sim.rules.series import SERIES_ROWS, observe
from sim.rules.state import ALL, R, at_table
from sim.rules.ties import EDGE_ROWS, SLOTS
from sim.scenario import Scenario

ROOM = 20_000  # events that most runs stay below
MONTHS = 400  # and months that most runs end within
MOST_TOLD = 10_000_000  # rows of stakeholders by months: two gigabytes
WHOLE_RUN = (*ALL, SERIES_ROWS, PATH_ROWS, SCHEDULE_ROWS, LEVELS, EDGE_ROWS, SLOTS)


@rule
def play(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R,
    series: R, paths: R, schedule: R, levels: R, edges: R, slots: R,
) -> None:  # fmt: skip
    """Play one run from nothing to its outcomes.

    The same course as ``CollaborationModel``, with a loop over rows in place of agents.
    """
    found(people, ties, start, options, par, run, log, edges, slots)
    while cycle_begins(people, ties, start, options, par, run, log, schedule, levels):
        for i in range(len(people)):
            if people[i].active == 1:
                stays = reconsider(people, ties, start, options, par, run, log, i)
                people[i].stays = 1 if stays else 0
        convene(people, ties, start, options, par, run, log)
        talk(people, ties, start, options, par, run, log, series, paths, schedule, levels)
        measure_debate(people, ties, start, options, par, run, log)
        measure_agreement(people, ties, start, options, par, run, log)
        act(people, ties, start, options, par, run, log, series, paths, schedule, levels)
        if renewal_opens(people, ties, start, options, par, run, log):
            part(people, ties, start, options, par, run, log)
    measure_end(people, ties, start, options, par, run, log)


@rule
def talk(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R,
    series: R, paths: R, schedule: R, levels: R,
) -> None:  # fmt: skip
    """Phases 1 and 2 of a cycle: listening and debate."""
    remember_opinions(people, ties, start, options, par, run, log)
    while listening_goes_on(people, ties, start, options, par, run, log, schedule, levels):
        for first in range(0, len(people), BLOCK):
            hold(people, ties, start, options, par, run, log, first)
            for i in range(first, min(first + BLOCK, len(people))):
                if at_table(people, i):
                    listen(people, ties, start, options, par, run, log, i)
        commit(people, ties, start, options, par, run, log)
        observe(people, ties, start, options, par, run, log, series)
        follow(people, ties, start, options, par, run, log, paths)
    close_listening(people, ties, start, options, par, run, log)
    while debate_goes_on(people, ties, start, options, par, run, log, schedule, levels):
        take_sides(people, ties, start, options, par, run, log)
        for first in range(0, len(people), BLOCK):
            hold(people, ties, start, options, par, run, log, first)
            for i in range(first, min(first + BLOCK, len(people))):
                if at_table(people, i):
                    argue(people, ties, start, options, par, run, log, i)
                    move(people, ties, start, options, par, run, log, i)
        commit(people, ties, start, options, par, run, log)
        draft(people, ties, start, options, par, run, log)
        for i in range(len(people)):
            if at_table(people, i) and par[0].decide == 1.0:
                content = accepts(people, ties, start, options, par, run, log, i)
                people[i].accepts = 1 if content else 0
        close_debate_round(people, ties, start, options, par, run, log)
        observe(people, ties, start, options, par, run, log, series)
        follow(people, ties, start, options, par, run, log, paths)


@rule
def act(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R,
    series: R, paths: R, schedule: R, levels: R,
) -> None:  # fmt: skip
    """Phase 3 of a cycle: planning and carrying out joint action."""
    if planning_opens(people, ties, start, options, par, run, log, schedule, levels):
        for i in range(len(people)):
            if people[i].active == 1:
                people[i].next_pledge = pledge(people, ties, start, options, par, run, log, i)
        note_pledges(people, ties, start, options, par, run, log)
    while planning_goes_on(people, ties, start, options, par, run, log, schedule, levels):
        if open_planning_round(people, ties, start, options, par, run, log):
            for i in range(len(people)):
                if people[i].active == 1:
                    people[i].next_pledge = pledge(people, ties, start, options, par, run, log, i)
            note_pledges(people, ties, start, options, par, run, log)
        observe(people, ties, start, options, par, run, log, series)
        follow(people, ties, start, options, par, run, log, paths)
    action_opens(people, ties, start, options, par, run, log, schedule, levels)
    while action_goes_on(people, ties, start, options, par, run, log, schedule, levels):
        for i in range(len(people)):
            if people[i].active == 1:
                kept = deliver(people, ties, start, options, par, run, log, i)
                people[i].delivers = 1 if kept else 0
        carry_out(people, ties, start, options, par, run, log)
        for i in range(len(people)):
            if people[i].active == 1:
                watch(people, ties, start, options, par, run, log, i)
        observe(people, ties, start, options, par, run, log, series)
        follow(people, ties, start, options, par, run, log, paths)


@rule
def part(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """Renewal: expectations and trust, then who leaves, who returns, whether it goes on."""
    renew(people, ties, start, options, par, run, log)
    for i in range(len(people)):
        if people[i].active == 1:
            stays = reconsider(people, ties, start, options, par, run, log, i)
            people[i].stays = 1 if stays else 0
    let_leave(people, ties, start, options, par, run, log)
    for i in range(len(people)):
        if people[i].active == 0:
            stays = reconsider(people, ties, start, options, par, run, log, i)
            people[i].stays = 1 if stays else 0
    let_return(people, ties, start, options, par, run, log)
    close_renewal(people, ties, start, options, par, run, log)


class TooLarge(ValueError):
    """A run of too many stakeholders over too many months to be told month by month."""


def _require_tellable(scenario: Scenario) -> None:
    people = scenario.people
    months = min(MONTHS, scenario.latest_round)
    if people * months > MOST_TOLD:
        text = _(
            "{people:,} stakeholders over up to {months} months are too many to be told month by "
            "month ({rows:,} rows; up to {most:,} fit); what their runs end with is told by "
            "`mufakat study` or sim.study"
        )
        rows = people * months
        raise TooLarge(text.format(people=people, months=months, rows=rows, most=MOST_TOLD))


def run(scenario: Scenario, seed: int = 1, run: int = 0) -> RunData:
    """Carry a scenario through its rounds once; see :func:`sim.run`."""
    _require_tellable(scenario)
    require_run(seed, run)
    scenario = as_drawn(scenario, seed, run)
    compile_for(WHOLE_RUN, play)
    room, months = ROOM, min(MONTHS, scenario.latest_round)
    while True:
        played = arrays(scenario, seed, run, log_rows=room, months=months)
        play(*played)
        end = played.run[0]
        if end.logged <= room and end.month <= months:
            return run_data(scenario, seed, run, played)
        # too little room: the same run again, with enough
        room, months = max(room, int(end.logged)), max(months, int(end.month))
