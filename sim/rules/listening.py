"""Phase 1: listening to each other, identifying obstacles and opportunities (4.2)."""

import numba

from sim.rules import draws
from sim.rules import log as told
from sim.rules.arithmetic import most
from sim.rules.compiling import helper, rule
from sim.rules.draws import NOTHING, bit, pick, size, uniform
from sim.rules.problem import favourite
from sim.rules.state import (
    LOG_ROWS,
    NOBODY,
    PAR_ROWS,
    PEOPLE_ROWS,
    RUN_ROWS,
    TIES_ROWS,
    R,
    at_table,
    drawn,
    moment,
)

FACE_WITHOUT_FACILITATION = 0.5
CLARITY_WITHOUT_EXPERTISE = 0.5
BELIEF_WITHOUT_TRUST, BELIEF_BY_TRUST = 0.3, 0.7


@helper(numba.float64(PEOPLE_ROWS, PAR_ROWS, RUN_ROWS, numba.int64))
def table_weight(people: R, par: R, run: R, i: int) -> float:
    """Power of i among those at the table, renormalised: w~_i (4)."""
    if run[0].table_power <= 0.0:
        return 1.0 / float(run[0].table)
    return float(people[i].power / run[0].table_power)


@helper(numba.float64(PEOPLE_ROWS, PAR_ROWS, RUN_ROWS, numba.int64))
def voice(people: R, par: R, run: R, i: int) -> float:
    """Chance that i is heard: min(1, (1 - d) |T| w~_i + d), d = deliberation (4).

    Without deliberation the powerful speak; with it everyone does.
    """
    d = par[0].deliberation
    chance = (1.0 - d) * run[0].table * table_weight(people, par, run, i) + d
    if chance > 1.0:
        return 1.0
    return float(chance)


@helper(numba.float64(PAR_ROWS, numba.float64))
def chance_understood(par: R, trust: float) -> float:
    """Chance that a fact is understood: clarity (.5 + .5 expertise)(.3 + .7 trust) (4.2)."""
    return float(
        par[0].clarity
        * (CLARITY_WITHOUT_EXPERTISE + (1.0 - CLARITY_WITHOUT_EXPERTISE) * par[0].expertise)
        * (BELIEF_WITHOUT_TRUST + BELIEF_BY_TRUST * trust)
    )


@helper(numba.float64(PAR_ROWS, numba.float64, numba.float64))
def trust_by_meeting(par: R, trust: float, share: float) -> float:
    """Trust after being listened to: + share eta_face (1 - trust)(.5 + facilitation) (4.2)."""
    rate = share * par[0].eta_face * (FACE_WITHOUT_FACILITATION + par[0].facilitation)
    return float(trust + rate * (1.0 - trust))


@helper(
    numba.boolean(
        PEOPLE_ROWS, TIES_ROWS, PAR_ROWS, RUN_ROWS, LOG_ROWS, *(numba.int64,) * 3,
        *(numba.uint64,) * 3,
    )
)  # fmt: skip
def explain(
    people: R, ties: R, par: R, run: R, log: R, i: int, t: int, event: int,
    about: int, word_2: int, word_3: int,
) -> bool:  # fmt: skip
    """The neighbour on tie t tells i one of the facts ``about``; says whether i understood it.

    The fact is drawn evenly (word 3); understanding uses the trust at the start of the round
    (word 2). A fact told twice in a round counts once.
    """
    fact = pick(about, word_3)
    understood = uniform(word_2) < chance_understood(par, ties[t].trust)
    if understood:
        people[i].next_knowledge = people[i].next_knowledge | bit(fact)
    told.note(
        run, log, event, ties[t].neighbour, i, NOBODY, fact, 1.0 if understood else 0.0,
        ties[t].trust,
    )  # fmt: skip
    return understood


@rule
def listen(people: R, ties: R, start: R, options: R, par: R, run: R, log: R, i: int) -> None:
    """i listens to its neighbours at the table and takes in what they explain (4.2).

    Each neighbour that is heard gains trust; it explains one fact that i does not know, and gains
    trust again if i understands. People explain their own problem: facts are not chosen to
    persuade. Writes ``next_knowledge`` of i and ``next_trust`` of its ties.
    """
    for t in range(start[i], start[i + 1]):
        j = ties[t].neighbour
        if not at_table(people, j):
            continue
        w_1, w_2, w_3, _w_4 = drawn(
            run, draws.LISTENING, moment(run), people[i].identity, people[j].identity
        )
        if uniform(w_1) >= voice(people, par, run, j):
            continue
        trust = trust_by_meeting(par, ties[t].trust, 1.0)
        news = people[j].knowledge & ~people[i].knowledge
        if news != NOTHING and explain(
            people, ties, par, run, log, i, t, told.EXPLAINED, news, w_2, w_3
        ):
            trust += par[0].eta_learn * (1.0 - trust)
        ties[t].next_trust = trust


@rule
def hold(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """Before a round of talk: what is not changed in it stays, and everyone takes a side (4.3)."""
    for i in range(len(people)):
        if not at_table(people, i):
            continue
        people[i].next_knowledge = people[i].knowledge
        people[i].next_x = people[i].position_x
        people[i].next_y = people[i].position_y
        people[i].favourite = favourite(people, options, par, i)
        for t in range(start[i], start[i + 1]):
            ties[t].next_trust = ties[t].trust
            ties[t].heard = 0


@rule
def commit(people: R, ties: R, start: R, options: R, par: R, run: R, log: R) -> None:
    """After a round of talk: what was read as of its start is now written (4)."""
    for i in range(len(people)):
        if not at_table(people, i):
            continue
        people[i].knowledge = people[i].next_knowledge
        people[i].position_x = people[i].next_x
        people[i].position_y = people[i].next_y
        for t in range(start[i], start[i + 1]):
            ties[t].trust = ties[t].next_trust


@helper(numba.float64(PEOPLE_ROWS, RUN_ROWS))
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
