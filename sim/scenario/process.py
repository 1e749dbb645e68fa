"""The tables of the five phases: listening, debate, planning, action, renewal."""

from sim.language import N_
from sim.scenario.fields import (
    LEVEL,
    PER_ROUND,
    PLAIN,
    ROUNDS,
    SHARE,
    Table,
    flag,
    lever,
    number,
    whole,
)
from sim.scenario.setting import MOST_ROUNDS

LISTENING = "Ratner 2012; model description 4.2"
DYNAMICS = "Friedkin & Johnsen 1990; model description 4.3"
TACTICS = "Faratin, Sierra & Jennings 1998; model description 4.3"
DEBATE = "model description 4.3"
PLANNING = "model description 4.4"
GAMES = "Wang, Hilbe & Zhang 2026; model description 4.4"
ACTION = "model description 4.5"
MONEY = "Bitterman & Koliba 2020; model description 4.5"
TALK = "Tavoni et al. 2011; model description 4.4"
RENEWAL = "model description 4.6"

# Trust moves by a share of the way to its bound. The bounds of these shares keep what can come
# together in one round (1.5 eta_face + eta_learn, 3 eta_work, 3 eta_break) within the whole way.


class Listening(Table):
    """Phase 1: people explain their own problem."""

    rounds: int = whole(12, 0, MOST_ROUNDS, ROUNDS, N_("longest listening"), LISTENING)
    enough: float = lever(0.5, 0, 1, SHARE, N_("understanding at which listening ends"), LISTENING)
    clarity: float = lever(0.15, 0, 1, SHARE, N_("chance that an explanation is clear"), LISTENING)
    eta_face: float = lever(
        0.01, 0, 0.5, PER_ROUND, N_("trust gained by listening face to face"), LISTENING
    )
    eta_learn: float = lever(
        0.02, 0, 0.25, PER_ROUND, N_("trust gained by understanding a fact"), LISTENING
    )


class Debate(Table):
    """Phase 2: people argue for what they want, move, and accept a draft or object to it."""

    interest_weight: float = lever(
        0.52, 0, 1, SHARE, N_("weight of fit in an option's worth, against effectiveness"), DEBATE
    )
    mu: float = lever(0.03, 0, 1, PER_ROUND, N_("how fast positions move"), DYNAMICS)
    anchor: float = lever(0.58, 0, 1, SHARE, N_("pull of one's own interest"), DYNAMICS)
    self_weight: float = lever(
        0.0, 0, 10, PLAIN, N_("weight of one's own position among those heard"), "DeGroot 1974"
    )
    confidence: float = lever(
        0.5, 0, 1.5, PLAIN, N_("farthest position that is listened to"), "Hegselmann & Krause 2002"
    )
    wobble: float = lever(0.01, 0, 1, PLAIN, N_("chance movement of positions, a round"), DEBATE)
    concession: float = lever(1.8, 0.05, 10, PLAIN, N_("how early aspirations come down"), TACTICS)
    amend: float = lever(
        0.15, 0, 1, SHARE, N_("how far a draft moves to objectors, a round"), DEBATE
    )
    dilution: float = lever(
        0.5, 0, 2, PLAIN, N_("effectiveness lost by an amendment, a unit of way"), DEBATE
    )


class Planning(Table):
    """Phase 3a: who pledges what."""

    rounds: int = whole(12, 1, MOST_ROUNDS, ROUNDS, N_("longest planning"), PLANNING)
    shared_norm: float = number(
        0.38, 0, 1, SHARE, N_("share for whom equal fractions are fair"), TALK
    )
    eagerness: float = lever(4.3, 0, 10, PLAIN, N_("first pledge for a commitment"), PLANNING)
    react: float = lever(1.2, 0, 5, PLAIN, N_("topping up when the pool is short"), GAMES)
    resent: float = lever(1.4, 0, 5, PLAIN, N_("pulling back when others do less"), GAMES)
    eta_short: float = lever(0.12, 0, 1, PER_ROUND, N_("trust lost when the pool is short"), GAMES)
    eta_cover: float = lever(0.02, 0, 1, PER_ROUND, N_("trust gained when it is covered"), GAMES)
    thrift: float = lever(0.03, 0, 1, SHARE, N_("share of a surplus that is taken back"), GAMES)
    tremble: float = lever(0.04, 0, 1, SHARE, N_("chance movement of pledges, a round"), GAMES)
    viable: float = lever(0.6, 0, 1, SHARE, N_("coverage below which a plan is unfunded"), PLANNING)
    stop_when_covered: bool = flag(True, N_("planning ends when the pool covers the needs"), GAMES)


class Action(Table):
    """Phase 3b: who delivers what was pledged."""

    rounds: int = whole(36, 1, MOST_ROUNDS, ROUNDS, N_("length of the action"), ACTION)
    surprise: float = lever(
        0.39, 0, 5, SHARE, N_("how much dearer if no obstacle was understood"), ACTION
    )
    temptation: float = lever(0.18, 0, 1, LEVEL, N_("pull to shirk without commitment"), ACTION)
    eta_work: float = lever(0.06, 0, 0.33, PER_ROUND, N_("trust gained by delivery"), ACTION)
    eta_break: float = lever(0.25, 0, 0.33, PER_ROUND, N_("trust lost by shirking"), ACTION)
    administrative_capacity: float = lever(
        1.0, 0, 1, SHARE, N_("share of the work that can be handled"), MONEY
    )


class Renewal(Table):
    """What a cycle leaves behind."""

    decay: float = lever(0.2, 0, 1, SHARE, N_("share of trust lost without care, a cycle"), RENEWAL)
    setback: float = lever(0.29, 0, 1, SHARE, N_("share of expectations lost by failure"), RENEWAL)
