"""The tables of a scenario: who meets, under which rules, about what, and the five phases.

The docstrings of the tables are their descriptions in the JSON Schema.
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from sim.base.text import N_, _
from sim.scenario.choices import (
    FORM_COLUMNS,
    FORMS,
    SECTORS,
    FormKind,
    Invitation,
    Layout,
    Membership,
    Norm,
    Rule,
    Sector,
)
from sim.scenario.errors import field_error
from sim.scenario.fields import (
    FRACTIONAL,
    LEVEL,
    PEOPLE,
    PER_ROUND,
    PLAIN,
    POWER,
    RESOURCE,
    ROUNDS,
    SHARE,
    VISIBLE,
    WORTH,
    Table,
    flag,
    lever,
    number,
    whole,
    word,
)

Fractional = Annotated[float, FRACTIONAL]

MAX_STAKEHOLDERS = 1_000_000
MAX_TIES = 50_000_000  # that fit into the memory of one run
MAX_ROUNDS = 1_200
MAX_FACTS = 64
MAX_OPTIONS = 16
MAX_CYCLES = 1_000
MAX_MONTHS = MAX_CYCLES * 4 * MAX_ROUNDS

ANSELL_GASH = "Ansell & Gash 2008"
CHOI = "Choi & Robertson 2019; model description 2.1"
DRIVERS = "Emerson, Nabatchi & Balogh 2012; model description 4.1"
FORM = "Callahan, Schenk & White 2008; model description 3"
MODEL_2_1 = "model description 2.1"
MODEL_2_2 = "model description 2.2"
MODEL_2_3 = "model description 2.3"
PARTNERS = "Agrawal & Lemos 2007; model description 2.1"
RESOURCES = "Purwanti; model description 2.1"
SCOTT = "Scott, Thomas & Magallanes 2019; model description 2.1"
SIRIANNI = "Sirianni, in Seigler 2011; model description 5"
SMALL_WORLD = "Watts & Strogatz 1998; model description 3"
VOTING = "model description 4.3"


def _without_defaults(schema: dict[str, Any]) -> None:
    """Remove the defaults below: they are no sector's start values."""
    for field in schema["properties"].values():
        del field["default"]


class SectorTable(Table):
    """One sector: how many stakeholders it has and what they have together.

    What is not given is the sector's own start value; the values here only stand in for it.
    """

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    count: int = whole(5, 0, MAX_STAKEHOLDERS, PEOPLE, N_("how many stakeholders it has"), PARTNERS)
    power: float = lever(0.25, 0, 1e6, SHARE, N_("formal authority, against other sectors"), POWER)
    funds: float = lever(7.0, 0, 1e6, RESOURCE, N_("money of the whole sector"), RESOURCES)
    capacity: float = lever(6.5, 0, 1e6, RESOURCE, N_("staff, skill and time"), RESOURCES)
    network: float = lever(5.5, 0, 1e6, RESOURCE, N_("contacts and access"), RESOURCES)
    outside_option: float = lever(
        0.56, 0, 1, WORTH, N_("what going alone is worth to its stakeholders"), ANSELL_GASH
    )


# The baseline (model description 7): count, power, funds, capacity, network, outside option.
SECTOR_START: Mapping[str, tuple[float, ...]] = {
    "government": (5, 0.40, 10.0, 8.0, 3.0, 0.61),
    "private": (5, 0.30, 12.0, 6.0, 4.0, 0.61),
    "community": (10, 0.15, 3.0, 8.0, 8.0, 0.56),
    "civil_society": (4, 0.15, 3.0, 4.0, 7.0, 0.56),
}


def _start(sector: str) -> dict[str, Any]:
    return dict(zip(SectorTable.model_fields, SECTOR_START[sector], strict=True))


def _sector(sector: str) -> Any:
    return Field(default_factory=lambda: SectorTable(**_start(sector)))


class Stakeholders(Table):
    """Who there is: drawn from the four sectors' tables, or listed in a file."""

    file: str | None = word(
        None, N_("a file that lists the stakeholders (.csv or .xlsx)"), MODEL_2_1
    )
    sigma: float = number(0.4, 0, 3, PLAIN, N_("inequality inside a sector (log scale)"), MODEL_2_1)
    outside_sd: float = number(
        0.077, 0, 1, WORTH, N_("spread of outside options inside a sector"), MODEL_2_1
    )
    outside_power: float = number(
        0.087, 0, 1, WORTH, N_("how much better the powerful do alone"), MODEL_2_1
    )
    interdependence: float = lever(
        0.56, 0, 1, LEVEL, N_("how far the need of others' resources keeps people in"), DRIVERS
    )
    incentive: float = number(
        0.48, 0, 1, WORTH, N_("what people expect of the collaboration at first"), ANSELL_GASH
    )
    incentive_sd: float = number(0.07, 0, 1, WORTH, N_("spread of that expectation"), MODEL_2_1)
    immovable_share: float = number(
        0.0, 0, 1, SHARE, N_("share of stakeholders who never move"), SCOTT
    )
    free_rider_share: float = number(
        0.0, 0, 1, SHARE, N_("share of stakeholders who contribute nothing"), CHOI
    )
    government: SectorTable = _sector("government")
    private: SectorTable = _sector("private")
    community: SectorTable = _sector("community")
    civil_society: SectorTable = _sector("civil_society")

    @model_validator(mode="before")
    @classmethod
    def _start_values(cls, given: Any) -> Any:
        """Fill in the sector's start values where a sector's table sets only some."""
        if not isinstance(given, dict):
            return given
        tables = {name: given[name] for name in SECTORS if isinstance(given.get(name), dict)}
        return {**given, **{name: {**_start(name), **table} for name, table in tables.items()}}


# The fields that `kind` fills in: the columns of the table in section 3 of the model description.
# A complete layout ignores k; its value is for scenarios that change the layout.
class Form(Table):
    """The structure of the collaboration. `kind` fills in every field that is not given."""

    kind: FormKind = word("community", N_("the form whose values are filled in"), FORM)
    seats: Literal["all"] | Annotated[int, Field(strict=True, ge=1, le=MAX_STAKEHOLDERS)] = word(
        "all", N_("places at the table"), FORM, unit=PEOPLE
    )
    invite: Invitation = word("equal", N_("who gets a place when there are too few"), FORM)
    ties: Layout = word("small_world", N_("who listens to whom"), FORM)
    ties_file: str | None = word(
        None, N_("a file that lists the ties (.csv or .xlsx), in place of drawn ones"), MODEL_2_2
    )
    k: int = whole(6, 0, 1_000, PEOPLE, N_("neighbours on the ring"), SMALL_WORLD, multiple_of=2)
    rewiring: float = number(0.1, 0, 1, SHARE, N_("share of ring ties led elsewhere"), SMALL_WORLD)
    weak_ties: int = whole(
        1, 0, 1, PLAIN, N_("random ties a stakeholder, brokered layout"), "Granovetter 1973"
    )
    reciprocity: float = number(
        1.0, 0, 3, PLAIN, N_("how strongly people answer what others pledge"), FORM
    )
    membership: Membership = word("voluntary", N_("whether empty places are filled again"), FORM)
    deadline: int = whole(60, 1, MAX_ROUNDS, ROUNDS, N_("longest debate"), FORM)

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        kind = given.get("kind", "community") if isinstance(given, dict) else None
        return {**FORM_COLUMNS[kind], **given} if kind in FORMS else given


class Decision(Table):
    """When a draft counts as agreed."""

    rule: Rule = word(
        "consensus", N_("whose acceptance makes an agreement"), VOTING, changeable=True
    )
    quorum: Fractional = lever(
        2 / 3, 0.5, 1, SHARE, N_("accepting share that a supermajority needs"), VOTING, above=True
    )
    lead_quorum: Fractional = lever(
        0.5, 0.5, 1, SHARE, N_("accepting power that `lead` must exceed"), VOTING, below=True
    )
    veto: tuple[Sector, ...] = word((), N_("sectors that must accept by themselves"), VOTING)

    @model_validator(mode="after")
    def _vetoes_once(self) -> Self:
        if len(set(self.veto)) < len(self.veto):
            raise field_error(_("a sector is listed twice"), "veto")
        return self


class Principles(Table):
    """The eight principles of collaborative governance, each at a level from 0 to 1."""

    coproduction: float = lever(0.5, 0, 1, LEVEL, N_("citizens' part in the work"), SIRIANNI)
    assets: float = lever(0.5, 0, 1, LEVEL, N_("how far community assets are mobilised"), SIRIANNI)
    expertise: float = lever(0.5, 0, 1, LEVEL, N_("how far experts share knowledge"), SIRIANNI)
    deliberation: float = lever(0.5, 0, 1, LEVEL, N_("how far everyone is heard alike"), SIRIANNI)
    partnership: float = lever(0.5, 0, 1, LEVEL, N_("how well partnerships are kept up"), SIRIANNI)
    strategic: float = lever(0.5, 0, 1, LEVEL, N_("how far the best problem is chosen"), SIRIANNI)
    institutional_change: float = lever(
        0.5, 0, 1, LEVEL, N_("how far what works becomes routine"), SIRIANNI
    )
    accountability: float = lever(0.5, 0, 1, LEVEL, N_("how far it is seen who delivers"), SIRIANNI)
    price: float = lever(
        0.03, 0, 1, SHARE, N_("pooled capacity that a principle costs at level 1"), SIRIANNI
    )


PRINCIPLES = tuple(name for name in Principles.model_fields if name != "price")


class Leadership(Table):
    """Who holds the collaboration together."""

    facilitation: float = lever(0.5, 0, 1, LEVEL, N_("how able the facilitator is"), ANSELL_GASH)
    mandate: float = lever(0.0, 0, 1, LEVEL, N_("how far taking part is prescribed"), DRIVERS)
    convener: str | None = word(
        None, N_("the listed stakeholder that calls the meetings; moves no number"), ANSELL_GASH
    )


class Axis(Table):
    """One axis of the policy plane in words.

    >>> Axis(name="Whom the water is for", low="villages", high="industry").high
    'industry'
    """

    name: str = Field(pattern=VISIBLE, description=N_("what the axis is about"))
    low: str = word("", N_("what 0 stands for"))
    high: str = word("", N_("what 1 stands for"))


class ListedOption(Table):
    """One option by name. Without a place it lies around the middle, anew for every problem.

    >>> ListedOption(name="A dam upstream", x=0.9, y=0.8).name
    'A dam upstream'
    """

    name: str = Field(pattern=VISIBLE, description=N_("what it is called"))
    x: float | None = number(None, 0, 1, PLAIN, N_("its place, first axis"), MODEL_2_3)
    y: float | None = number(None, 0, 1, PLAIN, N_("its place, second axis"), MODEL_2_3)


def normalise_name(name: str) -> str:
    r"""Return a name with its blanks and its Unicode characters in a standard form.

    >>> normalise_name("Cafe\u0301  Maju") == normalise_name("Caf\u00e9 Maju")
    True
    """
    return " ".join(unicodedata.normalize("NFC", name).split())


class Problem(Table):
    """What it is about: a public problem's worth, its needs, and what can be known of it."""

    value_low: float = number(0.5, 0, 100, PLAIN, N_("least public value of a problem"), MODEL_2_3)
    value_span: float = number(1.0, 0, 100, PLAIN, N_("greatest value minus least"), MODEL_2_3)
    scale_low: float = number(0.7, 0.01, 100, PLAIN, N_("least scale of a problem"), MODEL_2_3)
    scale_span: float = number(0.6, 0, 100, PLAIN, N_("greatest scale minus least"), MODEL_2_3)
    need_funds: float = number(7.8, 0, 1e6, RESOURCE, N_("money needed at scale 1"), MODEL_2_3)
    need_capacity: float = number(
        7.8, 0, 1e6, RESOURCE, N_("capacity needed at scale 1"), MODEL_2_3
    )
    need_network: float = number(6.1, 0, 1e6, RESOURCE, N_("contacts needed at scale 1"), MODEL_2_3)
    conflict: float = number(
        0.46, 0, 1, LEVEL, N_("how far the sectors' interests lie apart"), "Robertson & Choi 2012"
    )
    spread: float = number(0.079, 0, 1, PLAIN, N_("spread of interests inside a sector"), MODEL_2_3)
    q0: float = number(0.48, 0, 1, SHARE, N_("effectiveness of an option without facts"), MODEL_2_3)
    g: float = number(0.21, 0, 1, SHARE, N_("effectiveness that one fact adds or takes"), MODEL_2_3)
    knowledge: float = number(
        0.64, 0, 1, SHARE, N_("chance to know a fact of one's own sector"), MODEL_2_3
    )
    spill: float = number(
        0.55, 0, 1, SHARE, N_("how far that holds for facts of others"), MODEL_2_3
    )
    option_count: int = whole(
        6, 2, MAX_OPTIONS, PLAIN, N_("options on the table, if none are listed"), MODEL_2_3
    )
    fact_count: int = whole(48, 1, MAX_FACTS, PLAIN, N_("facts there are to know"), MODEL_2_3)
    axes: tuple[Axis, ...] | None = word(
        None, N_("the two axes of the policy plane in words; moves no number"), MODEL_2_3
    )
    options: tuple[ListedOption, ...] | None = word(
        None, N_("the options by name, in place of numbered ones"), MODEL_2_3
    )

    @model_validator(mode="after")
    def _named(self) -> Self:
        """Check that there are two axes; check the options and count them."""
        if self.axes is not None and len(self.axes) != 2:
            raise field_error(_("the policy plane has two axes"), "axes")
        if self.options is not None:
            self._check_options(self.options)
            object.__setattr__(self, "option_count", len(self.options))
        return self

    def _check_options(self, options: tuple[ListedOption, ...]) -> None:
        if not 2 <= len(options) <= MAX_OPTIONS:
            text = _("lists {count}; there are 2 to {most} options")
            raise field_error(text.format(count=len(options), most=MAX_OPTIONS), "options")
        if "option_count" in self.model_fields_set and self.option_count != len(options):
            text = _("is {count}, but {listed} options are listed")
            text = text.format(count=self.option_count, listed=len(options))
            raise field_error(text, "option_count")
        seen = set()
        for place, option in enumerate(options):
            if normalise_name(option.name) in seen:
                text = _('"{name}" is listed twice', name=option.name)
                raise field_error(text, "options", place, "name")
            seen.add(normalise_name(option.name))
            if (option.x is None) != (option.y is None):
                raise field_error(_("x and y are given together"), "options", place)


class Trust(Table):
    """How much people trust each other when they meet."""

    prehistory: float = number(0.45, 0, 1, LEVEL, N_("trust from earlier dealings"), ANSELL_GASH)
    prehistory_sd: float = number(
        0.1, 0, 1, LEVEL, N_("its spread between collaborations"), "Bell & Scott 2020"
    )
    same_sector_trust: float = number(0.2, 0, 1, LEVEL, N_("extra inside a sector"), MODEL_2_2)
    tie_sd: float = number(0.1, 0, 1, LEVEL, N_("spread of trust between ties"), MODEL_2_2)


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

    rounds: int = whole(12, 0, MAX_ROUNDS, ROUNDS, N_("longest listening"), LISTENING)
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

    rounds: int = whole(12, 1, MAX_ROUNDS, ROUNDS, N_("longest planning"), PLANNING)
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

    rounds: int = whole(36, 1, MAX_ROUNDS, ROUNDS, N_("length of the action"), ACTION)
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


class ListedStakeholder(Table):
    """One stakeholder by name. What is None is drawn from its sector's table.

    >>> ListedStakeholder(name="City", sector="government", power=2).power
    2.0
    """

    name: str = Field(pattern=VISIBLE, description=N_("what it is called"))
    sector: Sector = Field(description=N_("the sector it belongs to"))
    power: float | None = number(None, 0, 1e6, SHARE, N_("formal authority, against others"), POWER)
    funds: float | None = number(None, 0, 1e6, RESOURCE, N_("its money"), RESOURCES)
    capacity: float | None = number(
        None, 0, 1e6, RESOURCE, N_("its staff, skill and time"), RESOURCES
    )
    network: float | None = number(None, 0, 1e6, RESOURCE, N_("its contacts and access"), RESOURCES)
    productivity: float | None = number(
        None, 0.001, 1_000, PLAIN, N_("what a unit of its resources is worth"), MODEL_2_1
    )
    interest_x: float | None = number(None, 0, 1, PLAIN, N_("its interest, first axis"), MODEL_2_1)
    interest_y: float | None = number(None, 0, 1, PLAIN, N_("its interest, second axis"), MODEL_2_1)
    outside_option: float | None = number(
        None, 0.02, 0.9, WORTH, N_("what going alone is worth to it"), MODEL_2_1
    )
    norm: Norm | None = word(None, N_("the share it finds fair"), MODEL_2_1)
    seated: bool | None = flag(None, N_("whether it starts at the table"), MODEL_2_1)
    immovable: bool | None = flag(None, N_("whether it never moves"), MODEL_2_1)
    free_rider: bool | None = flag(None, N_("whether it contributes nothing"), MODEL_2_1)


class ListedTie(Table):
    """`from_` listens to `to`; None: this direction's trust is drawn."""

    from_: str = Field(alias="from", description=N_("who listens"))
    to: str = Field(description=N_("who is listened to"))
    trust: float | None = number(
        None, 0, 1, LEVEL, N_("trust of the first in the second"), MODEL_2_2
    )


COLUMNS = tuple(ListedStakeholder.model_fields)
TIE_COLUMNS = ("from", "to", "trust")
