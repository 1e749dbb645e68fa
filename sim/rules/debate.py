"""Phase 2: debating strategies for influence and choosing the most effective step (4.3)."""

import math

from sim.rules import events
from sim.rules.arithmetic import clip, most, surplus
from sim.rules.compile import helper
from sim.rules.decision import draft_weight
from sim.rules.draws import NOTHING, normal
from sim.rules.listening import explain, is_heard, trust_by_meeting
from sim.rules.memory import look_ahead
from sim.rules.problem import favourite, worth
from sim.rules.state import (
    NOBODY,
    R,
    at_table,
    inner_rule,
    rule,
    trust_at_table,
)

HALF_FACE = 0.5  # being heard in debate builds half the trust that being listened to does
CONCESSION_WITHOUT_TRUST = 0.5


@inner_rule
def take_sides(people: R, options: R, par: R, run: R) -> None:
    """Before a round of debate: find everyone's favourite and arguments for it (4.3).

    Known opportunities of its own favourite, and known obstacles of the leading option (not in
    round 1, nor when its favourite leads). Also writes how much of the deadline has passed.
    """
    run[0].log_elapsed = math.log(float(run[0].phase_round) / par[0].deadline)
    leading = run[0].leading
    for i in range(len(people)):
        if not at_table(people, i):
            continue
        mine = favourite(people, options, par, i)
        speaks = options[mine].opportunities
        if leading not in (NOBODY, mine):
            speaks = speaks | options[leading].obstacles
        people[i].argument = speaks & people[i].knowledge


@inner_rule
def argue(people: R, ties: R, par: R, run: R, log: R, i: int) -> None:
    """i hears its neighbours argue for their favourites (4.3, step 1).

    Each that is heard shows i one fact that i does not know, of those that speak for its side.
    Being heard builds trust; an argument understood does not. Writes ``next_knowledge`` of i,
    ``next_trust`` of its ties.
    """
    for k in range(people[i].first_talk, people[i].end_talk):
        look_ahead(people, ties, run, k)
        t = ties[k].talk
        j, before = ties[t].neighbour, ties[t].trust
        heard = is_heard(people, ties, k)
        trust = trust_by_meeting(par, before, HALF_FACE)
        ties[t].next_trust = trust if heard else before
        news = people[j].argument & ~people[i].knowledge
        if heard & (news != NOTHING):
            explain(people, ties, par, run, log, i, k, events.ARGUED, news)


@inner_rule
def move(people: R, ties: R, par: R, i: int) -> None:
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
    for k in range(people[i].first_talk, people[i].end_talk):
        j, trust = ties[ties[k].talk].neighbour, ties[ties[k].talk].trust
        x_j, y_j = people[j].position_x, people[j].position_y
        away = (x - x_j) * (x - x_j) + (y - y_j) * (y - y_j)
        near = away <= par[0].confidence * par[0].confidence  # no root, the dearest part
        counts = trust if near & is_heard(people, ties, k) else 0.0
        weight += counts
        sum_x += counts * x_j
        sum_y += counts * y_j
    mean_x, mean_y = x, y
    if weight > 0.0:
        mean_x, mean_y = sum_x / weight, sum_y / weight
    people[i].next_x = moved(par, x, mean_x, people[i].interest_x, normal(people[i].word_1))
    people[i].next_y = moved(par, y, mean_y, people[i].interest_y, normal(people[i].word_2))


@inner_rule
def moved(par: R, place: float, mean: float, interest: float, noise: float) -> float:
    """One coordinate after one step of movement (4.3, step 2)."""
    pull = (1.0 - par[0].anchor) * (mean - place) + par[0].anchor * (interest - place)
    return clip(place + par[0].mu * pull + par[0].wobble * noise, 0.0, 1.0)


@rule
def draft(people: R, options: R, par: R, run: R) -> None:
    """The leading option: the largest sum over the table of o_i worth_im (4.3, step 3)."""
    for m in range(len(options)):
        options[m].support = 0.0
    for i in range(len(people)):
        if at_table(people, i):
            people[i].draft_weight = draft_weight(people, par, run, i)
            people[i].best = 0.0
            for m in range(len(options)):
                it = worth_to(people, options, par, i, m)
                people[i].best = most(people[i].best, it)
                options[m].support += people[i].draft_weight * it
    run[0].leading = 0
    for m in range(len(options)):
        if options[m].support > options[run[0].leading].support:
            run[0].leading = m


@inner_rule
def worth_to(people: R, options: R, par: R, i: int, m: int) -> float:
    """Worth of option m to i, by its position and what it knows."""
    return worth(options, par, m, people[i].position_x, people[i].position_y, people[i].knowledge)


@helper
def aspiration(best: float, outside_option: float, log_elapsed: float, concession: float) -> float:
    """Return what would be enough for now: R + (best - R)+ (1 - elapsed^(1 / concession)) (4.3).

    ``elapsed`` is the part of the deadline that has passed. The argument is its logarithm, which
    is the same for everyone.

    Time-dependent tactics (Faratin, Sierra & Jennings 1998): a concession above 1 gives way early,
    below 1 late; at the deadline (elapsed = 1) the outside option is enough.

    Examples
    --------
    >>> import math
    >>> aspiration(1.0, 0.0, math.log(0.5), 0.5)
    0.75
    """
    return outside_option + surplus(best - outside_option) * (
        1.0 - math.exp(log_elapsed / concession)
    )


@inner_rule
def accepts(people: R, ties: R, options: R, par: R, run: R, i: int) -> bool:
    """Return whether i accepts the draft (4.3, step 4). Writes ``worth`` and ``aspiration`` of i.

    An immovable one asks for its own best option, or for its outside option if that is more.
    """
    best = people[i].best
    people[i].worth = worth_to(people, options, par, i, run[0].leading)
    if people[i].immovable == 1:
        people[i].aspiration = most(best, people[i].outside_option)
    else:
        trust = trust_at_table(people, ties, run, i)
        concession = par[0].concession * (CONCESSION_WITHOUT_TRUST + trust)
        people[i].aspiration = aspiration(
            best, people[i].outside_option, run[0].log_elapsed, concession
        )
    return bool(people[i].worth >= people[i].aspiration)
