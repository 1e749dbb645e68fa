"""Phase 2: debating strategies for influence and choosing the most effective step (4.3)."""

import math

import numba

from sim.rules import draws
from sim.rules import log as told
from sim.rules.arithmetic import clip, most, surplus
from sim.rules.compiling import helper, rule
from sim.rules.decision import draft_weight
from sim.rules.draws import NOTHING, normal, uniform
from sim.rules.listening import explain, trust_by_meeting, voice
from sim.rules.problem import distance, worth
from sim.rules.state import (
    NOBODY,
    OPTIONS_ROWS,
    PAR_ROWS,
    PEOPLE_ROWS,
    R,
    at_table,
    drawn,
    mean_trust,
    moment,
)

HALF_FACE = 0.5  # being heard in debate builds half the trust that being listened to does
CONCESSION_WITHOUT_TRUST = 0.5


@rule
def argue(people: R, ties: R, start: R, options: R, par: R, run: R, log: R, i: int) -> None:
    """i hears its neighbours argue for their favourites (4.3, step 1).

    Each that is heard shows i one fact that i does not know: an opportunity of its own favourite
    or an obstacle of the leading option (not in round 1, nor when its favourite leads). Being
    heard builds trust; an argument understood does not. Writes ``next_knowledge`` of i,
    ``next_trust`` and ``heard`` of its ties.
    """
    for t in range(start[i], start[i + 1]):
        j = ties[t].neighbour
        if not at_table(people, j):
            continue
        w_1, w_2, w_3, _w_4 = drawn(
            run, draws.DEBATE, moment(run), people[i].identity, people[j].identity
        )
        if uniform(w_1) >= voice(people, par, run, j):
            continue
        ties[t].heard = 1
        ties[t].next_trust = trust_by_meeting(par, ties[t].trust, HALF_FACE)
        speaks = options[people[j].favourite].opportunities
        leading = run[0].leading
        if leading not in (NOBODY, people[j].favourite):
            speaks = speaks | options[leading].obstacles
        speaks = speaks & people[j].knowledge & ~people[i].knowledge
        if speaks != NOTHING:
            explain(people, ties, par, run, log, i, t, told.ARGUED, speaks, w_2, w_3)


@rule
def move(people: R, ties: R, start: R, options: R, par: R, run: R, log: R, i: int) -> None:
    """i moves toward the heard neighbours that are not too far, held back by its interest (4.3).

    x_i + mu ((1 - anchor)(m_i - x_i) + anchor (z_i - x_i)) + wobble Z; m_i = mean of i itself
    (weight self_weight) and the heard neighbours within ``confidence`` (weights tau_ij).
    Sources: Friedkin & Johnsen 1990; bounded confidence after Hegselmann & Krause 2002.
    Writes ``next_x``, ``next_y`` of i.
    """
    if people[i].immovable == 1:
        return
    x, y = people[i].position_x, people[i].position_y
    weight = par[0].self_weight
    sum_x, sum_y = weight * x, weight * y
    for t in range(start[i], start[i + 1]):
        if ties[t].heard == 0:
            continue
        j = ties[t].neighbour
        if distance(x, y, people[j].position_x, people[j].position_y) <= par[0].confidence:
            weight += ties[t].trust
            sum_x += ties[t].trust * people[j].position_x
            sum_y += ties[t].trust * people[j].position_y
    mean_x, mean_y = x, y
    if weight > 0.0:
        mean_x, mean_y = sum_x / weight, sum_y / weight
    w_1, w_2, w_3, w_4 = drawn(run, draws.WOBBLE, moment(run), people[i].identity, 0)
    people[i].next_x = moved(par, x, mean_x, people[i].interest_x, normal(w_1, w_2))
    people[i].next_y = moved(par, y, mean_y, people[i].interest_y, normal(w_3, w_4))


@helper(numba.float64(PAR_ROWS, *(numba.float64,) * 4))
def moved(par: R, place: float, mean: float, interest: float, noise: float) -> float:
    """One coordinate after one step of movement (4.3, step 2)."""
    pull = (1.0 - par[0].anchor) * (mean - place) + par[0].anchor * (interest - place)
    return clip(place + par[0].mu * pull + par[0].wobble * noise, 0.0, 1.0)


@rule
def draft(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """The leading option: the largest sum over the table of o_i worth_im (4.3, step 3)."""
    for i in range(len(people)):
        if at_table(people, i):
            people[i].draft_weight = draft_weight(people, par, run, i)
    run[0].leading = 0
    for m in range(len(options)):
        total = 0.0
        for i in range(len(people)):
            if at_table(people, i):
                total += people[i].draft_weight * worth_to(people, options, par, i, m)
        options[m].support = total
        if options[m].support > options[run[0].leading].support:
            run[0].leading = m


@helper(numba.float64(PEOPLE_ROWS, OPTIONS_ROWS, PAR_ROWS, numba.int64, numba.int64))
def worth_to(people: R, options: R, par: R, i: int, m: int) -> float:
    """Worth of option m to i, by its position and what it knows."""
    return worth(options, par, m, people[i].position_x, people[i].position_y, people[i].knowledge)


@helper("f8(f8, f8, f8, f8)")
def aspiration(best: float, outside_option: float, elapsed: float, concession: float) -> float:
    """What would be enough for now: R + (best - R)+ (1 - elapsed^(1 / concession)) (4.3).

    Time-dependent tactics (Faratin, Sierra & Jennings 1998): a concession above 1 gives way early,
    below 1 late; at the deadline (elapsed = 1) the outside option is enough.

    Examples
    --------
    >>> aspiration(1.0, 0.0, 0.5, 0.5)
    0.75
    """
    return outside_option + surplus(best - outside_option) * (
        1.0 - math.pow(elapsed, 1.0 / concession)
    )


@rule
def accepts(people: R, ties: R, start: R, options: R, par: R, run: R, log: R, i: int) -> bool:
    """Whether i accepts the draft (4.3, step 4); remembers its worth and what was aspired to.

    An immovable one asks for its own best option, or for its outside option if that is more.
    """
    best = 0.0
    for m in range(len(options)):
        it = worth_to(people, options, par, i, m)
        if it > best:
            best = it
    people[i].worth = worth_to(people, options, par, i, run[0].leading)
    if people[i].immovable == 1:
        people[i].aspiration = most(best, people[i].outside_option)
    else:
        trust = mean_trust(people, ties, start, run, i, True)
        concession = par[0].concession * (CONCESSION_WITHOUT_TRUST + trust)
        elapsed = float(run[0].phase_round) / par[0].deadline
        people[i].aspiration = aspiration(best, people[i].outside_option, elapsed, concession)
    return bool(people[i].worth >= people[i].aspiration)
