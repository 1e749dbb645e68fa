"""Phase 1: listening to each other, identifying obstacles and opportunities (4.2)."""

from numpy import uint64

from sim.rules import draws, events
from sim.rules.arithmetic import most
from sim.rules.draws import NOTHING, Word, bit, philox, pick, size, uniform
from sim.rules.memory import BLOCK, look_ahead
from sim.rules.state import (
    DEBATE,
    NOBODY,
    R,
    at_table,
    draw_each,
    inner_rule,
    moment,
    rule,
)

FACE_WITHOUT_FACILITATION = 0.5
CLARITY_WITHOUT_EXPERTISE = 0.5
BELIEF_WITHOUT_TRUST, BELIEF_BY_TRUST = 0.3, 0.7


@rule
def table_weight(people: R, run: R, i: int) -> float:
    """Power of i among those at the table, renormalised: w~_i (4)."""
    if run[0].table_power <= 0.0:
        return 1.0 / float(run[0].table)
    return float(people[i].power / run[0].table_power)


@rule
def voice(people: R, par: R, run: R, i: int) -> float:
    """Chance that i is heard: min(1, (1 - d) |T| w~_i + d), d = deliberation (4).

    Without deliberation the powerful speak; with it everyone does.
    """
    d = par[0].deliberation
    chance = (1.0 - d) * run[0].table * people[i].weight + d
    if chance > 1.0:
        return 1.0
    return float(chance)


@inner_rule
def is_heard(people: R, ties: R, k: int) -> bool:
    """Return whether in talk k of this round the speaker is heard (word 1)."""
    return bool(uniform(uint64(ties[k].word_1)) < people[ties[ties[k].talk].neighbour].voice)


@inner_rule
def chance_understood(par: R, trust: float) -> float:
    """Chance that a fact is understood: clarity (.5 + .5 expertise)(.3 + .7 trust) (4.2)."""
    return float(
        par[0].clarity
        * (CLARITY_WITHOUT_EXPERTISE + (1.0 - CLARITY_WITHOUT_EXPERTISE) * par[0].expertise)
        * (BELIEF_WITHOUT_TRUST + BELIEF_BY_TRUST * trust)
    )


@inner_rule
def trust_by_meeting(par: R, trust: float, share: float) -> float:
    """Trust after being listened to: + share eta_face (1 - trust)(.5 + facilitation) (4.2)."""
    rate = share * par[0].eta_face * (FACE_WITHOUT_FACILITATION + par[0].facilitation)
    return float(trust + rate * (1.0 - trust))


@inner_rule
def explain(
    people: R, ties: R, par: R, run: R, log: R, i: int, k: int, event: int, about: Word
) -> bool:
    """In talk k, explain one of the facts ``about`` to i; returns whether i understood it.

    The fact is drawn evenly (word 3); understanding uses the trust at the start of the round
    (word 2). A fact explained twice in a round counts once.
    """
    t = ties[k].talk
    fact = pick(about, uint64(ties[k].word_3))
    understood = uniform(uint64(ties[k].word_2)) < chance_understood(par, ties[t].trust)
    learnt = bit(fact) if understood else NOTHING
    people[i].next_knowledge = people[i].next_knowledge | learnt
    speaker, value = ties[t].neighbour, 1.0 if understood else 0.0
    events.note(run, log, event, speaker, i, NOBODY, fact, value, ties[t].trust)
    return understood


@inner_rule
def listen(people: R, ties: R, par: R, run: R, log: R, i: int) -> None:
    """i listens to its neighbours at the table and takes in what they explain (4.2).

    Each neighbour that is heard gains trust; it explains one fact that i does not know, and gains
    trust again if i understands. People explain their own problem: facts are not chosen to
    persuade. Writes ``next_knowledge`` of i and ``next_trust`` of its ties.
    """
    for k in range(people[i].first_talk, people[i].end_talk):
        look_ahead(people, ties, run, k)
        t = ties[k].talk
        j, before = ties[t].neighbour, ties[t].trust
        heard = is_heard(people, ties, k)
        trust = trust_by_meeting(par, before, 1.0)
        news = people[j].knowledge & ~people[i].knowledge
        if heard & (news != NOTHING) and explain(
            people, ties, par, run, log, i, k, events.EXPLAINED, news
        ):
            trust += par[0].eta_learn * (1.0 - trust)
        ties[t].next_trust = trust if heard else before


@rule
def draw_talks(ties: R, run: R, purpose: int, first: int, end: int) -> None:
    """Draw for the talks first..end-1, for one round.

    A single loop, so that the processor draws for several at a time; it needs an unsigned counter
    for that.
    """
    key_0, key_1 = run[0].key_0, run[0].key_1
    why, when = uint64(purpose), uint64(moment(run))
    for k in range(uint64(first), uint64(end)):
        hearer, speaker = uint64(ties[k].hearer), uint64(ties[k].speaker)
        w_1, w_2, w_3, _w_4 = philox(key_0, key_1, why, when, hearer, speaker)
        ties[k].word_1, ties[k].word_2, ties[k].word_3 = w_1, w_2, w_3


@inner_rule
def prepare_talk(people: R, ties: R, run: R, first: int) -> None:
    """Before a round of talk: make the draws for a block of people, and copy their state (4).

    The block is the rows ``first`` to ``first + BLOCK - 1``, few enough to stay in the cache.
    """
    end = min(first + BLOCK, len(people))
    debate = run[0].phase == DEBATE
    if debate:
        draw_each(people, run, draws.WOBBLE, first, end)
    for i in range(first, end):
        people[i].next_knowledge = people[i].knowledge
        people[i].next_x = people[i].position_x
        people[i].next_y = people[i].position_y
    begin, stop = people[first].first_talk, people[end - 1].end_talk
    draw_talks(ties, run, draws.DEBATE if debate else draws.LISTENING, begin, stop)
    for k in range(begin, stop):
        ties[ties[k].talk].next_trust = ties[ties[k].talk].trust


@inner_rule
def commit(people: R, ties: R, run: R) -> None:
    """After a round of talk: write the next state of everyone at the table (4)."""
    for i in range(len(people)):
        if at_table(people, i):
            people[i].knowledge = people[i].next_knowledge
            people[i].position_x = people[i].next_x
            people[i].position_y = people[i].next_y
    for k in range(run[0].talks):
        ties[ties[k].talk].trust = ties[ties[k].talk].next_trust


@rule
def understanding(people: R, run: R) -> float:
    """Mean over the table of the share that each knows of what anyone there knows (4.2)."""
    together = NOTHING
    for i in range(len(people)):
        if at_table(people, i):
            together = together | people[i].knowledge
    if together == NOTHING:
        return 1.0
    total = 0.0
    for i in range(len(people)):
        if at_table(people, i):
            total += float(size(people[i].knowledge)) / float(size(together))
    return total / most(1.0, float(run[0].table))
