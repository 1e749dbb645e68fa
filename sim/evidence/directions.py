"""What published work says of the direction of effects: D1 to D16.

Each is tested in runs that share their draws. What is compared are variants of the baseline that
differ in what the claim is about; so a reader can repeat any of it with ``mufakat compare``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.language import N_
from sim.scenario import SECTORS, Scenario, load

# What is tested of a part. An effect: the second variant minus the first. An interaction: that
# effect in the second pair minus that in the first. A level: the mean against a bound. An order:
# each variant at least as high as the one before it, in every run. A price: told, not tested.
EFFECT, INTERACTION, LEVEL, ORDER, PRICE = "effect", "interaction", "level", "order", "price"
MORE, LESS = 1, -1

TALK, HELP = "principles.deliberation", "leadership.facilitation"
RULE, TRUST, MANDATE = "decision.rule", "trust.prehistory", "leadership.mandate"
CONFLICT, NEED_OF_OTHERS = "problem.conflict", "stakeholders.interdependence"
Changes = Mapping[str, Any]


def _each(field: str, *values: float) -> Changes:
    return {f"stakeholders.{name}.{field}": x for name, x in zip(SECTORS, values, strict=True)}


_EVEN = _each("power", 0.25, 0.25, 0.25, 0.25)
_ONE_SECTOR = _each("power", 0.7, 0.1, 0.1, 0.1)
_BETTER_ALONE = _each("outside_option", 0.71, 0.71, 0.66, 0.66)  # 0.1 above the baseline's
_TEN_YEARS = {"cycles": 12, "horizon": 120}
_TABLE = {"form.kind": "team", MANDATE: 1.0}  # as many at the table as there are seats

VARIANTS: Mapping[str, Changes] = MappingProxyType(
    {
        "baseline": {},
        "even power": _EVEN,
        "power in one sector": _ONE_SECTOR,
        "even power, no talk or help": {**_EVEN, TALK: 0.0, HELP: 0.0},
        "one sector, no talk or help": {**_ONE_SECTOR, TALK: 0.0, HELP: 0.0},
        "even power, talk only": {**_EVEN, TALK: 1.0, HELP: 0.0},
        "one sector, talk only": {**_ONE_SECTOR, TALK: 1.0, HELP: 0.0},
        "even power, help only": {**_EVEN, TALK: 0.0, HELP: 1.0},
        "one sector, help only": {**_ONE_SECTOR, TALK: 0.0, HELP: 1.0},
        "better alone": _BETTER_ALONE,
        "no need of others": {NEED_OF_OTHERS: 0.0},
        "no need of others, better alone": {NEED_OF_OTHERS: 0.0, **_BETTER_ALONE},
        "need of others": {NEED_OF_OTHERS: 1.0},
        "need of others, better alone": {NEED_OF_OTHERS: 1.0, **_BETTER_ALONE},
        "prehistory 0.2": {TRUST: 0.2},
        "prehistory 0.6": {TRUST: 0.6},
        "facilitation 0": {HELP: 0.0},
        "facilitation 0.2": {HELP: 0.2},
        "facilitation 0.6": {HELP: 0.6},
        "facilitation 1": {HELP: 1.0},
        "conflict 0": {CONFLICT: 0.0},
        "conflict 0.2": {CONFLICT: 0.2},
        "conflict 0.8": {CONFLICT: 0.8},
        "no talk": {TALK: 0.0},
        "talk": {TALK: 1.0},
        "supermajority": {RULE: "supermajority"},
        "majority": {RULE: "majority"},
        "no talk, majority": {TALK: 0.0, RULE: "majority"},
        "talk, majority": {TALK: 1.0, RULE: "majority"},
        "a tenth immovable": {"stakeholders.immovable_share": 0.1},
        "8 at the table": {**_TABLE, "form.seats": 8},
        "16 at the table": {**_TABLE, "form.seats": 16},
        "half the administration": {"action.administrative_capacity": 0.5},
        "voluntary, ten years": _TEN_YEARS,
        "mandated, ten years": {**_TEN_YEARS, MANDATE: 0.8},
        "a fifth free riders": {"stakeholders.free_rider_share": 0.2},
        "no listening": {"listening.rounds": 0},
    }
)


class Part(NamedTuple):
    """One thing that a claim says.

    Attributes
    ----------
    says
        It, in words.
    kind
        How it is tested.
    outcome
        What is looked at.
    sign
        Whether more of it is claimed, or less.
    cells
        Names of ``VARIANTS``; what they are held against each other for depends on the kind.
    bound
        Of a level.
    """

    says: str
    kind: str
    outcome: str
    sign: int
    cells: tuple[str, ...]
    bound: float = 0.0


class Direction(NamedTuple):
    """A claim, its parts, its source, and what in the model decides it.

    It is consistent if all parts are, contrary if any is, else undetermined.
    """

    id: str
    claim: str
    parts: tuple[Part, ...]
    source: str
    why: str


def effect(says: str, outcome: str, sign: int, *cells: str) -> Part:
    """The second variant has more of an outcome than the first, or less."""
    return Part(says, EFFECT, outcome, sign, cells)


def interaction(says: str, outcome: str, sign: int, *cells: str) -> Part:
    """The effect in the second pair is above that in the first, or below."""
    return Part(says, INTERACTION, outcome, sign, cells)


def order(says: str, *cells: str) -> Part:
    """In every run each variant agrees if the one before it does."""
    return Part(says, ORDER, "agreement", MORE, cells)


POWER_PAIR = ("even power, no talk or help", "one sector, no talk or help")
ALONE_PAIRS = (
    "no need of others", "no need of others, better alone",
    "need of others", "need of others, better alone",
)  # fmt: skip

DIRECTIONS: tuple[Direction, ...] = (
    Direction(
        "D1",
        N_("more asymmetry of power, without deliberation or facilitation: less agreement"),
        (effect(N_("less agreement"), "agreement", LESS, *POWER_PAIR),),
        "Ansell & Gash 2008",
        N_(
            "Under consensus power speaks in whose voice is heard and whose draft leads; everyone "
            "still has to accept. But power also makes going alone better for those who have it, "
            "and worse for the others, who then accept more; this works against the claim. Without "
            "it (outside_power 0) asymmetry costs nearly twice as much agreement; with more of it "
            "(0.2) asymmetry brings agreement."
        ),
    ),
    Direction(
        "D2",
        N_("deliberation or facilitation recovers part of D1"),
        (
            interaction(
                N_("deliberation does"), "agreement", MORE,
                *POWER_PAIR, "even power, talk only", "one sector, talk only",
            ),
            interaction(
                N_("facilitation does"), "agreement", MORE,
                *POWER_PAIR, "even power, help only", "one sector, help only",
            ),
        ),
        "Ansell & Gash 2008",
        N_(
            "Tested is whether it raises agreement by more where power is uneven than where it is "
            "even. Deliberation makes voices and drafts equal, and with outside_power 0 it undoes "
            "all that asymmetry costs. Facilitation raises agreement by more than 0.1 either way, "
            "far more than asymmetry costs, but not surely by more where power is uneven: the "
            "draft is amended toward those who object by their weight, so the weak move it less."
        ),
    ),
    Direction(
        "D3",
        N_(
            "better outside options: less participation and agreement; less so with "
            "interdependence"
        ),
        (
            effect(N_("less participation"), "participation", LESS, "baseline", "better alone"),
            effect(N_("less agreement"), "agreement", LESS, "baseline", "better alone"),
            interaction(N_("participation: less so"), "participation", MORE, *ALONE_PAIRS),
            interaction(N_("agreement: less so"), "agreement", MORE, *ALONE_PAIRS),
        ),
        "Ansell & Gash 2008",
        N_(
            "The outside option is the bar for taking part and the least that is accepted; "
            "interdependence lowers the bar."
        ),
    ),
    Direction(
        "D4",
        N_("a history of conflict: slower and less agreement"),
        (
            effect(N_("less"), "agreement", LESS, "prehistory 0.6", "prehistory 0.2"),
            effect(N_("slower"), "months_to_agreement", MORE, "prehistory 0.6", "prehistory 0.2"),
        ),
        "Ansell & Gash 2008",
        N_("Who is not trusted is not understood, and concessions come later."),
    ),
    Direction(
        "D5",
        N_("more conflict of interest: less agreement, slower; at low conflict nearly all agree"),
        (
            effect(N_("less"), "agreement", LESS, "conflict 0.2", "conflict 0.8"),
            effect(N_("slower"), "months_to_agreement", MORE, "conflict 0.2", "conflict 0.8"),
            Part(
                N_("without conflict more than 0.9 agree in the first debate"),
                LEVEL, "agreement", MORE, ("conflict 0",), 0.9,
            ),
        ),
        "Robertson & Choi 2012",
        N_(
            "The farther interests lie apart, the less any one draft suits the last who objects. "
            "But people also judge an option by the facts that they know, and these differ without "
            "any conflict of interest: where nearly all facts are known to all, or what an option "
            "does counts little (interest_weight 0.8), nearly all agree. Without conflict, too, "
            "agreement takes 28 months at the median, for what people aspire to comes down with "
            "the deadline. In the source a few rounds were enough."
        ),
    ),
    Direction(
        "D6",
        N_("more deliberation: more success and more acceptability"),
        (
            effect(N_("more success"), "agreement", MORE, "no talk", "talk"),
            effect(N_("more acceptability"), "satisfaction", MORE, "no talk", "talk"),
        ),
        "Choi & Robertson 2014",
        N_(
            "Acceptability is there the mean over participants of how acceptable the decision is; "
            "here the mean fit to interests, in runs that agree both ways. Under consensus "
            "everyone has to be content, whoever speaks: talk changes whether and when people "
            "agree more than on what."
        ),
    ),
    Direction(
        "D7",
        N_("majority at least as often as supermajority, and that as consensus, run by run"),
        (
            order(N_("in every run"), "baseline", "supermajority", "majority"),
            order(N_("also without deliberation"), "no talk", "no talk, majority"),
            order(N_("also with full deliberation"), "talk", "talk, majority"),
        ),
        "arithmetic",
        N_("All three see the same debate until one of them is met."),
    ),
    Direction(
        "D8",
        N_("the rules differ less when there is deliberation"),
        (
            interaction(
                N_("majority minus consensus is smaller"), "agreement", LESS,
                "no talk", "no talk, majority", "talk", "talk, majority",
            ),
        ),
        "Goeree & Yariv 2011",
        N_(
            "Deliberation brings consensus nearer, while a majority agrees nearly always: the gap "
            "has only one way to go. In the experiment talk made juries vote alike."
        ),
    ),
    Direction(
        "D9",
        N_(
            "immovable participants: less agreement; more people at the table: harder agreement, "
            "broader support"
        ),
        (
            effect(
                N_("immovable: less agreement"), "agreement", LESS, "baseline", "a tenth immovable"
            ),
            effect(
                N_("more people: less agreement"), "agreement", LESS,
                "8 at the table", "16 at the table",
            ),
            effect(
                N_("more people: broader support"), "support", MORE,
                "8 at the table", "16 at the table",
            ),
        ),
        "Scott, Thomas & Magallanes 2019",
        N_(
            "Consensus asks the last one, and among more people the last one asks for more. The "
            "effect is small, 0.01; where a fact moves a belief by 0.07 and not by 0.21, so that "
            "people differ less by what they know, it is several times as large."
        ),
    ),
    Direction(
        "D10",
        N_("administrative capacity below 1: money unspent"),
        (effect(N_("more unspent"), "unspent", MORE, "baseline", "half the administration"),),
        "Bitterman & Koliba 2020",
        N_("Work is carried out only as far as it can be administered; funds beyond that stay."),
    ),
    Direction(
        "D11",
        N_("mandated collaboration lasts longer than voluntary"),
        (
            effect(
                N_("lasts ten years more often"), "survived_10y", MORE,
                "voluntary, ten years", "mandated, ten years",
            ),
        ),
        "Bitterman & Koliba 2020",
        N_(
            "A mandate lowers the bar, so fewer leave. The source finds better outcomes under a "
            "mandate; that it lasts longer is how the claim was read here."
        ),
    ),
    Direction(
        "D12",
        N_("fewer free riders: more delivered, and trust grows with it"),
        (
            effect(N_("more delivered"), "delivery", MORE, "a fifth free riders", "baseline"),
            effect(N_("more trust"), "trust", MORE, "a fifth free riders", "baseline"),
        ),
        "Choi & Robertson 2019",
        N_("Who pledges nothing leaves a gap, and those who see it trust less and pull back."),
    ),
    Direction(
        "D13",
        N_("listening first: better decisions and delivery than straight to debate"),
        (
            effect(N_("better decisions"), "decision_quality", MORE, "no listening", "baseline"),
            effect(N_("more delivered"), "delivery", MORE, "no listening", "baseline"),
        ),
        "Ratner 2012",
        N_(
            "What was explained is known when options are weighed; but arguments in the debate are "
            "facts, too, and the gain in decisions is small. Most of the gain in delivery comes by "
            "the trust that grows while people listen; without that growth a third of it is left. "
            "That fewer obstacles surprise hardly counts."
        ),
    ),
    Direction(
        "D14",
        N_("concentrated power: faster, and closer to the wishes of the powerful sector"),
        (
            effect(
                N_("faster"), "months_to_agreement", LESS, "even power", "power in one sector"
            ),
            effect(
                N_("closer to its wishes"), "satisfaction_government", MORE,
                "even power", "power in one sector",
            ),
        ),
        "Perret & Powers 2022",
        N_(
            "The powerful set the draft, which brings it a little closer to their wishes; but "
            "under consensus everyone has to accept it, and it is amended toward those who do not, "
            "which takes time; and the powerful, who do better alone, stay away more often "
            "(outside_power). Where everyone comes (mandate 1), or where the powerful decide (rule "
            "lead), agreements are much closer to their wishes, but no faster. In the source the "
            "talkative change what others want, and opinions that have met are a decision; here "
            "interests hold positions."
        ),
    ),
    Direction(
        "D15",
        N_("facilitation makes agreements fairer; its price in effectiveness is reported"),
        (
            effect(N_("fairer"), "inequity", LESS, "facilitation 0", "facilitation 1"),
            Part(
                N_("its price: decision quality"), PRICE, "decision_quality", LESS,
                ("facilitation 0", "facilitation 1"),
            ),
        ),
        "lowest-common-denominator critique",
        N_("Amending brings a draft to the middle, and dilutes it."),
    ),
    Direction(
        "D16",
        N_("trust matters more than facilitation for delivery"),
        (
            interaction(
                N_("0.2 to 0.6 of prehistory does more than of facilitation"), "delivery", MORE,
                "facilitation 0.2", "facilitation 0.6", "prehistory 0.2", "prehistory 0.6",
            ),
        ),
        "meta-analyses of 28 and 50 effect sizes",
        N_(
            "Commitment and topping up grow with trust. Facilitation brings some trust, too, and "
            "dilutes what is agreed on: for delivery the first counts a little more."
        ),
    ),
)  # fmt: skip


def variants() -> dict[str, Scenario]:
    """All that is compared, by name.

    >>> variants()["talk"].principles.deliberation
    1.0
    """
    baseline = load("baseline")
    return {name: baseline.variant(changes) for name, changes in VARIANTS.items()}
