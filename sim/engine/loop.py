"""The compiled loop: the whole course of many runs, without Python objects (2 to 7).

Nothing else is compiled for runs: what only this loop calls is merged into it.
"""

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
from sim.rules.draws import Word, run_key
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
from sim.rules.state import R, at_table, course_rule, rule


@rule
def play_runs(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R,
    series: R, paths: R, schedule: R, levels: R, edges: R, slots: R,
    blank_people: R, blank_options: R, blank_run: R, blank_schedule: R, blank_levels: R,
    blank_edges: R, ends: R, seen: R, seed: Word, first: int,
) -> None:  # fmt: skip
    """Play the runs first, first + 1, ... one after the other, one for each row of ``ends``.

    Each begins from the blank arrays, so none sees another; ``blank_levels`` has one row for all
    runs, or one for each. Writes ``ends``: the record that each run ends with, which
    its outcomes are read from; and ``seen``: the rounds of one run after the other, as many of each
    as ``series`` has room for, and as many in all as ``seen`` has.
    """
    filled = 0
    for k in range(len(ends)):
        for i in range(len(people)):
            people[i] = blank_people[i]
        for m in range(len(options)):
            options[m] = blank_options[m]
        for e in range(len(schedule)):
            schedule[e] = blank_schedule[e]
        row = k if len(blank_levels) > 1 else 0
        for n in range(len(levels)):
            levels[n] = blank_levels[row, n]
        for e in range(len(edges)):
            edges[e] = blank_edges[e]
        run[0] = blank_run[0]
        run[0].key_0, run[0].key_1 = run_key(seed, first + k)
        play(
            people, ties, start, options, par, run, log,
            series, paths, schedule, levels, edges, slots,
        )  # fmt: skip
        ends[k] = run[0]
        for m in range(min(run[0].month, len(series), len(seen) - filled)):
            seen[filled] = series[m]
            filled += 1


@course_rule
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


@course_rule
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


@course_rule
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


@course_rule
def ask_for_pledges(people: R, ties: R, start: R, par: R, run: R, log: R) -> None:
    """Let every member pledge; then put the pledges into force."""
    for i in range(len(people)):
        if people[i].active == 1:
            people[i].next_pledge = pledge(people, ties, start, par, run, i)
    note_pledges(people, run, log)


@course_rule
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
