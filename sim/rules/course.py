"""The course of a run: when a phase goes on, and what its beginning and end do (2, 4).

Both engines follow the same course: they call these rules to find out whether the next round takes
place, and call the rules for one stakeholder in between.
"""

from sim.rules import draws
from sim.rules.action import close_action, reveal_obstacles
from sim.rules.changes import bring_changes
from sim.rules.debate import draft
from sim.rules.decision import amend, deadlock, decide
from sim.rules.forms import appoint_delegates, invite
from sim.rules.listening import understanding
from sim.rules.membership import update_totals
from sim.rules.planning import (
    assess_needs,
    close_planning,
    commit_to_plan,
    covered,
    judge,
    pool,
    settle_round,
)
from sim.rules.population import populate
from sim.rules.problem import draw_interests
from sim.rules.state import (
    ACTION,
    DEBATE,
    LISTENING,
    PLANNING,
    RENEWAL,
    R,
    draw_each,
    rule,
)
from sim.rules.ties import lay_ties

MEETING_ROUTINE_SAVES = 0.4


@rule
def initialise(people: R, ties: R, start: R, par: R, run: R, edges: R, slots: R) -> None:
    """Set up the stakeholders, the invited table and the ties (2, 3)."""
    populate(people, par, run)
    run[0].problem = 1  # a diverse invitation looks at what people want in the first problem
    draw_interests(people, par, run)
    run[0].problem = 0
    invite(people, par, run)
    appoint_delegates(people)
    lay_ties(people, ties, start, par, run, edges, slots)
    run[0].running = 1


@rule
def horizon_reached(par: R, run: R) -> bool:
    """Return whether the last round of the run has been played."""
    return bool(par[0].horizon > 0.0 and run[0].month >= par[0].horizon)


@rule
def cycle_begins(
    people: R, ties: R, start: R, par: R, run: R, log: R, schedule: R, levels: R
) -> bool:
    """Begin the next cycle, if there is one: events, then the totals for the bars (4.1)."""
    if run[0].running == 0 or run[0].cycle >= par[0].cycles or horizon_reached(par, run):
        run[0].running = 0
        return False
    run[0].cycle += 1
    run[0].agreed = 0
    run[0].planned = 0
    run[0].phase = 0
    run[0].phase_round = 0
    bring_changes(people, ties, start, par, run, log, schedule, levels)
    update_totals(people, ties, start, par, run)
    return True


@rule
def round_begins(
    people: R, ties: R, start: R, par: R, run: R, log: R, schedule: R, levels: R,
    phase: int, length: float,
) -> bool:  # fmt: skip
    """Begin the next round of a phase, if it has one: the clock, then events (2, 4.7).

    The horizon is tested before every round. Meetings cost effort, less as routines grow.
    """
    if run[0].running == 0 or par[0].phases[phase - 1] == 0.0:
        return False
    played = run[0].phase_round if run[0].phase == phase else 0
    if played >= length:
        return False
    if horizon_reached(par, run):
        run[0].running = 0
        return False
    bring_changes(people, ties, start, par, run, log, schedule, levels)
    run[0].month += 1
    run[0].phase = phase
    run[0].phase_round = played + 1
    if phase != ACTION:
        saved = MEETING_ROUTINE_SAVES * run[0].institution
        run[0].meetings += run[0].table * (1.0 - saved)
    return True


@rule
def listening_goes_on(
    people: R, ties: R, start: R, par: R, run: R, log: R, schedule: R, levels: R
) -> bool:
    """Begin another round of listening, unless enough is understood (4.2)."""
    if run[0].running == 0 or par[0].phases[LISTENING - 1] == 0.0:
        return False
    run[0].understanding = understanding(people, run)
    if run[0].understanding >= par[0].enough:
        return False
    return round_begins(
        people, ties, start, par, run, log, schedule, levels, LISTENING, par[0].listening_rounds
    )


@rule
def close_listening(par: R, run: R) -> None:
    """Remember how much the table understood, unless listening was cut off."""
    if run[0].running == 1 and par[0].phases[LISTENING - 1] == 1.0:
        run[0].listenings += 1
        run[0].understandings += run[0].understanding


@rule
def debate_goes_on(
    people: R, ties: R, start: R, par: R, run: R, log: R, schedule: R, levels: R
) -> bool:
    """Begin another round of debate, unless there is a decision or a deadlock (4.3)."""
    if run[0].agreed == 1 or run[0].deadlocked == 1:
        return False
    goes_on = round_begins(
        people, ties, start, par, run, log, schedule, levels, DEBATE, par[0].deadline
    )
    if goes_on and run[0].retry == 1 and run[0].cycle == 2:
        run[0].retried = 1
    return goes_on


@rule
def close_debate_round(people: R, ties: R, options: R, par: R, run: R, log: R) -> None:
    """Decide, amend, and deadlock at the deadline, if the scenario has a decision (4.3)."""
    if par[0].decide == 0.0:
        return
    decide(people, options, par, run, log)
    if run[0].agreed == 1:
        judge(people, options, par, run)
        run[0].agreements += 1
        if run[0].agreements == 1:
            run[0].first_agreement = run[0].month
            run[0].first_cycle = run[0].cycle
        return
    amend(people, options, par, run, log)
    if run[0].phase_round >= par[0].deadline:
        deadlock(people, ties, par, run, log)
        if run[0].cycle == 1:
            run[0].first_deadlock = 1


@rule
def planning_opens(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R, schedule: R, levels: R
) -> bool:
    """Open planning, if there is an option to plan for: everyone judges it and commits (4.4).

    Without a decision the option with the largest draft sum is planned for, undiluted (2).
    """
    if run[0].running == 0 or par[0].phases[PLANNING - 1] == 0.0:
        return False
    undecided = run[0].agreed == 0
    if undecided and par[0].phases[DEBATE - 1] == 1.0 and par[0].decide == 1.0:
        return False
    if horizon_reached(par, run):
        run[0].running = 0
        return False
    bring_changes(people, ties, start, par, run, log, schedule, levels)
    if undecided:
        draft(people, options, par, run)
        judge(people, options, par, run)
    run[0].covered_rounds = 0.0
    run[0].coverage = 0.0
    run[0].phase = PLANNING
    run[0].phase_round = 0
    run[0].planned = 1
    commit_to_plan(people, ties, start, par, run)
    assess_needs(people, par, run)
    return True


@rule
def planning_goes_on(
    people: R, ties: R, start: R, par: R, run: R, log: R, schedule: R, levels: R
) -> bool:
    """Begin another round of planning, unless the plan is covered or all are played (4.4)."""
    if run[0].planned == 0:
        return False
    started = run[0].phase_round > 0
    if started and par[0].stop_when_covered == 1.0 and covered(run):
        return False
    return round_begins(
        people, ties, start, par, run, log, schedule, levels, PLANNING, par[0].planning_rounds
    )


@rule
def open_planning_round(people: R, ties: R, start: R, par: R, run: R) -> bool:
    """Compute the pool and its coverage; returns whether everyone pledges again (4.4)."""
    pool(people, par, run)
    settle_round(people, ties, start, par, run)
    if covered(run) and par[0].stop_when_covered == 1.0:
        return False
    assess_needs(people, par, run)
    draw_each(people, run, draws.TREMBLE, 0, len(people))
    return True


@rule
def action_opens(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R, schedule: R, levels: R
) -> None:
    """End planning; a funded plan meets obstacles the table did not know (4.4, 4.5)."""
    if run[0].running == 0 or run[0].planned == 0:
        return
    pool(people, par, run)
    close_planning(people, par, run, log)
    if run[0].planned == 1 and par[0].phases[ACTION - 1] == 1.0:
        run[0].phase = ACTION
        run[0].phase_round = 0
        if not horizon_reached(par, run):
            bring_changes(people, ties, start, par, run, log, schedule, levels)
        reveal_obstacles(people, options, par, run)


@rule
def action_goes_on(
    people: R, ties: R, start: R, par: R, run: R, log: R, schedule: R, levels: R
) -> bool:
    """Begin another round of joint action, if there is one (4.5)."""
    goes_on = run[0].planned == 1 and round_begins(
        people, ties, start, par, run, log, schedule, levels, ACTION, par[0].action_rounds
    )
    if goes_on:
        draw_each(people, run, draws.SHIRKING, 0, len(people))
    return goes_on


@rule
def renewal_opens(options: R, par: R, run: R, log: R) -> bool:
    """End the action, even if it was cut off; returns whether renewal follows (4.5, 4.6)."""
    if run[0].planned == 1 and run[0].phase == ACTION:
        close_action(options, par, run, log)
    if run[0].running == 0 or par[0].phases[RENEWAL - 1] == 0.0:
        return False
    run[0].phase = RENEWAL
    return True
