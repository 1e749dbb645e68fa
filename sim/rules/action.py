"""Phase 3b: carrying out joint action: obstacles appear, pledges are kept or not (4.5)."""

from sim.rules import draws, events
from sim.rules.arithmetic import least, surplus
from sim.rules.draws import EVERYTHING, NOTHING, size, uniform
from sim.rules.planning import contribution, usable_endowment
from sim.rules.problem import effectiveness
from sim.rules.state import (
    FUNDS,
    NOBODY,
    R,
    at_table,
    drawn,
    in_touch,
    inner_rule,
    moment,
    rule,
)
from sim.scenario import KINDS

ROUTINE_SAVES = 0.2  # need that a fully grown institution saves
SHIRKING_PREVENTED = 0.8
SEEN_WITHOUT_ACCOUNTABILITY, SEEN_BY_ACCOUNTABILITY = 0.3, 0.7
YEARLY = 3.0  # eta_work and eta_break are a year's change of trust; action lasts three
WELL_DELIVERED = 2.0 / 3.0


@rule
def blind_spot(people: R, options: R, run: R) -> float:
    """h: mean over the table of the share of the agreed option's obstacles each did not know."""
    obstacles = options[run[0].leading].obstacles
    if obstacles == NOTHING:
        return 0.0
    total, there = 0.0, 0
    for i in range(len(people)):
        if at_table(people, i):
            there += 1
            total += float(size(obstacles & ~people[i].knowledge)) / float(size(obstacles))
    return total / there if there > 0 else 0.0


@rule
def reveal_obstacles(people: R, options: R, par: R, run: R) -> None:
    """Obstacles that the table did not know add to the needs (4.5).

    real need_k = n_k (1 - .2 I)(1 + surprise h).
    """
    h = blind_spot(people, options, run)
    for k in range(len(KINDS)):
        run[0].real_need[k] = (
            run[0].need[k]
            * (1.0 - ROUTINE_SAVES * run[0].institution)
            * (1.0 + par[0].surprise * h)
        )
    run[0].steps = 0.0
    run[0].funds_delivered = 0.0
    run[0].funds_used = 0.0


@inner_rule
def deliver(people: R, par: R, i: int) -> bool:
    """Return whether i delivers its pledge this round, or shirks (4.5).

    It shirks with probability temptation (1 - c_i)(1 - .8 *accountability*).
    """
    chance = (
        par[0].temptation
        * (1.0 - people[i].commitment)
        * (1.0 - SHIRKING_PREVENTED * par[0].accountability)
    )
    return bool(uniform(people[i].word_1) >= chance)


@rule
def carry_out(people: R, par: R, run: R, log: R) -> None:
    """One step of joint action (4.5).

    Step = min(1, min_k delivered_k / real need_k, administrative_capacity).
    """
    step = least(1.0, par[0].administrative_capacity)
    funds = 0.0
    for k in range(len(KINDS)):
        total = 0.0
        for i in range(len(people)):
            if people[i].active == 1 and people[i].delivers == 1:
                total += contribution(people, par, i, k)
        if k == FUNDS:
            funds = total
        if run[0].real_need[k] > 0.0:
            step = least(step, total / run[0].real_need[k])
    for i in range(len(people)):
        if people[i].active == 0:
            continue
        people[i].usable = usable_endowment(people, run, i)
        people[i].pledged += people[i].pledge
        if people[i].delivers == 1:
            people[i].delivered += people[i].pledge
        elif people[i].pledge > 0.0:
            events.note_of(run, log, events.SHIRKED, i, people[i].pledge, 0.0)
    run[0].step = step
    run[0].steps += step
    run[0].funds_delivered += funds
    run[0].funds_used += step * run[0].real_need[FUNDS]


@inner_rule
def observe_delivery(people: R, ties: R, start: R, par: R, run: R, log: R, i: int) -> None:
    """Update i's trust by what its neighbours deliver; trust breaks faster than it grows (4.5).

    j delivered: tau += 3 eta_work / action_rounds (1 - tau); j shirked or pledged nothing, and is
    seen (probability .3 + .7 *accountability*): tau -= 3 eta_break / action_rounds tau. Writes
    ``trust`` of i's ties, which nobody else reads in this step.
    """
    grow = least(1.0, YEARLY * par[0].eta_work / par[0].action_rounds)
    break_off = least(1.0, YEARLY * par[0].eta_break / par[0].action_rounds)
    for t in range(start[i], start[i + 1]):
        j, before = ties[t].neighbour, ties[t].trust
        judged = in_touch(people, run, i, j) & (people[j].usable > 0.0)
        gave = (people[j].delivers == 1) & (people[j].pledge > 0.0)
        ties[t].trust = before + grow * (1.0 - before) if judged & gave else before
        if gave or not judged:
            continue
        w_1, _w_2, _w_3, _w_4 = drawn(
            run, draws.WATCHING, moment(run), people[i].identity, people[j].identity
        )
        seen = SEEN_WITHOUT_ACCOUNTABILITY + SEEN_BY_ACCOUNTABILITY * par[0].accountability
        if uniform(w_1) < seen:
            ties[t].trust -= break_off * before
            events.note(run, log, events.SAW, i, j, NOBODY, NOBODY, before, ties[t].trust)


@rule
def close_action(options: R, par: R, run: R, log: R) -> None:
    """Delivery = mean of the planned steps; steps that were cut off count as 0 (2, 4.5)."""
    run[0].delivery = run[0].steps / par[0].action_rounds
    m = run[0].leading
    true_effect = effectiveness(options, par, m, EVERYTHING, options[m].dilution)
    run[0].deliveries += 1
    run[0].delivered += run[0].delivery
    run[0].carried_out += 1 if run[0].delivery >= WELL_DELIVERED else 0
    run[0].public_value += run[0].delivery * true_effect * run[0].value
    if run[0].funds_delivered > 0.0:
        run[0].unspents += 1
        run[0].unspent += surplus(1.0 - run[0].funds_used / run[0].funds_delivered)
    events.note_of(run, log, events.DELIVERED, NOBODY, run[0].delivery, 1.0)
