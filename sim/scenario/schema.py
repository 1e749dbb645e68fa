"""A scenario: what is asked. Frozen, typed and bounded; a variant is a changed copy."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, Self, get_args

from pydantic import (
    ConfigDict,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)

from sim.language import N_, _
from sim.scenario.complaints import complaint
from sim.scenario.events import Event, check_events
from sim.scenario.faults import Fault, ScenarioError, meant
from sim.scenario.fields import (
    PLAIN,
    ROUNDS,
    Table,
    flag,
    refused,
    whole,
    without_needless,
    word,
)
from sim.scenario.gaps import without_gaps
from sim.scenario.listed import ListedStakeholder, ListedTie, check_stakeholders, check_ties
from sim.scenario.parameters import Parameter, described
from sim.scenario.process import Action, Debate, Listening, Planning, Renewal
from sim.scenario.setting import (
    MOST_CYCLES,
    MOST_MONTHS,
    SECTORS,
    Decision,
    Form,
    Leadership,
    Principles,
    Problem,
    SectorTable,
    Stakeholders,
    Trust,
)
from sim.scenario.size import check_size
from sim.scenario.sweep import Varied, read_sweep, sweep_schema
from sim.scenario.uncertain import Uncertain, check_uncertain
from sim.scenario.variants import inherit, nested

Phase = Literal["listening", "debate", "planning", "action", "renewal"]
PHASES: tuple[Phase, ...] = get_args(Phase)
LEAST_POWER = 1e-6
SCALES = "model description 2"


def _editors_schema(schema: dict[str, Any], model: "type[Scenario]") -> None:
    """What the JSON Schema says beside what pydantic does."""
    without_needless(schema)
    said = {name: schema["properties"]["sweep"][name] for name in ("title", "description")}
    schema["properties"]["sweep"] = said | sweep_schema(model)


class Scenario(Table):
    """What is asked of the model: who meets, in which form, about what, for how long.

    A scenario is usually loaded from a file; every value that is left out is the baseline's.

    >>> scenario = Scenario(principles={"deliberation": 1})
    >>> scenario.principles.deliberation, scenario.form.deadline
    (1.0, 60)
    >>> scenario.variant({"form.kind": "team"}).form.deadline
    36
    """

    model_config = ConfigDict(json_schema_extra=_editors_schema)

    title: str = word("", N_("the scenario in a few words"))
    description: str = word("", N_("what it is about"))
    extends: str | None = word(None, N_("the scenario that this one differs from"))
    cycles: int = whole(3, 1, MOST_CYCLES, PLAIN, N_("problems taken up, one a cycle"), SCALES)
    horizon: int | None = whole(
        None, 1, MOST_MONTHS, ROUNDS, N_("last round of the run, if any"), SCALES
    )
    phases: tuple[Phase, ...] = word(PHASES, N_("the phases of a cycle"), SCALES)
    decide: bool = flag(True, N_("whether the debate ends in a decision"), SCALES)
    stakeholders: Stakeholders = Stakeholders()
    form: Form = Form()
    decision: Decision = Decision()
    principles: Principles = Principles()
    leadership: Leadership = Leadership()
    problem: Problem = Problem()
    trust: Trust = Trust()
    listening: Listening = Listening()
    debate: Debate = Debate()
    planning: Planning = Planning()
    action: Action = Action()
    renewal: Renewal = Renewal()
    events: tuple[Event, ...] = word((), N_("what changes from outside during a run"))
    listed: tuple[ListedStakeholder, ...] | None = word(
        None, N_("the stakeholders by name, in place of drawn ones")
    )
    listed_ties: tuple[ListedTie, ...] | None = word(
        None, N_("the ties one by one, in place of drawn ones")
    )
    sweep: tuple[Varied, ...] = word((), N_("fields that a study varies, each with its values"))
    uncertain: Uncertain | None = word(
        None, N_("sets of values for some fields, of which every run draws one")
    )

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise complaint(error, type(self)) from None

    @field_validator("sweep", mode="before")
    @classmethod
    def _read_sweep(cls, given: object) -> tuple[Varied, ...]:
        return read_sweep(cls, given)

    @field_serializer("sweep")
    def _write_sweep(self, sweep: tuple[Varied, ...]) -> dict[str, list[Any]]:
        return {item.field: list(item.values) for item in sweep}

    @model_validator(mode="after")
    def _people(self) -> Self:
        """There are enough stakeholders, some with power, and what is listed fits together."""
        if self.extends is not None:
            raise refused(_("only a file has a parent: use load or variant"), "extends")
        if self.listed is None and self.stakeholders.file is not None:
            raise refused(_("only load reads a file"), "stakeholders", "file")
        if self.listed_ties is None and self.form.ties_file is not None:
            raise refused(_("only load reads a file"), "form", "ties_file")
        if self.listed is not None:
            check_stakeholders(self.listed)
            self._count_listed()
        if self.listed_ties is not None:
            if self.listed is None:
                raise refused(_("needs stakeholders listed by name"), "listed_ties")
            check_ties(self.listed_ties, [who.name for who in self.listed])
        self._check_convener([who.name for who in self.listed or ()])
        where = "stakeholders" if self.listed is None else "listed"
        if self.people < 3:
            raise refused(_("a collaboration needs at least three stakeholders"), where)
        if self._power() < LEAST_POWER:
            raise refused(_("nobody has any power: give power to some stakeholder"), where)
        check_size(self)
        return self

    @model_validator(mode="after")
    def _course(self) -> Self:
        """The phases follow each other, and every event falls into them."""
        if self.phases != tuple(phase for phase in PHASES if phase in self.phases):
            text = _("must stand once each, in the order {phases}", phases=", ".join(PHASES))
            raise refused(text, "phases")
        if "action" in self.phases and "planning" not in self.phases:
            raise refused(_("nothing is pledged without planning: action needs it"), "phases")
        if self.latest_round == 0:
            raise refused(_("no phase has any round"), "phases")
        check_events(self)
        check_uncertain(self)
        return self

    def _check_convener(self, names: list[str]) -> None:
        """Who calls the meetings is one of the listed stakeholders."""
        convener = self.leadership.convener
        if convener is not None and not names:
            raise refused(_("needs stakeholders listed by name"), "leadership", "convener")
        if convener is not None and convener not in names:
            text = _('unknown stakeholder "{name}", {hint}')
            text = text.format(name=convener, hint=meant(convener, names))
            raise refused(text, "leadership", "convener")

    def _count_listed(self) -> None:
        """The counts of the sector tables are those of the list."""
        counted = [who.sector for who in self.listed or ()]
        tables: dict[str, SectorTable] = {
            sector: getattr(self.stakeholders, sector).model_copy(
                update={"count": counted.count(sector)}
            )
            for sector in SECTORS
        }
        object.__setattr__(self, "stakeholders", self.stakeholders.model_copy(update=tables))

    def _power(self) -> float:
        """All the power there is, before it is divided by its sum."""
        if self.listed and self.listed[0].power is not None:
            return sum(who.power or 0.0 for who in self.listed)
        sectors: list[SectorTable] = [getattr(self.stakeholders, sector) for sector in SECTORS]
        return sum(table.power for table in sectors if table.count)

    def count(self, sector: str) -> int:
        """How many stakeholders a sector has."""
        return int(getattr(self.stakeholders, sector).count)

    @property
    def people(self) -> int:
        """How many stakeholders there are."""
        return sum(self.count(sector) for sector in SECTORS)

    @property
    def latest_round(self) -> int:
        """The last round that can be reached."""
        lengths = {
            "listening": self.listening.rounds,
            "debate": self.form.deadline,
            "planning": self.planning.rounds,
            "action": self.action.rounds,
        }
        rounds = self.cycles * sum(lengths.get(phase, 0) for phase in self.phases)
        return rounds if self.horizon is None else min(rounds, self.horizon)

    def value(self, path: str) -> Any:
        """What stands at a dotted path.

        >>> Scenario().value("leadership.facilitation")
        0.5
        """
        found: Any = self
        for name in path.split("."):
            fields = type(found).model_fields if isinstance(found, Table) else {}
            if name not in fields:
                text = _("unknown name, {hint}", hint=meant(name, fields))
                raise ScenarioError([Fault((path,), text)])
            found = getattr(found, name)
        return found

    def variant(self, changes: Mapping[str, Any]) -> Self:
        """A copy that differs in these dotted paths; a table may be given as a mapping.

        A new `form.kind` brings its own column of form fields; fields in which this scenario
        differs from the column of its own kind are kept.
        """
        return type(self)(**inherit(self.resolved(), nested(changes)))

    def resolved(self) -> dict[str, Any]:
        """Every value, but None and empty texts, as tables that make an equal scenario again."""
        tables = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        if self.problem.options is not None:  # their list says how many there are
            del tables["problem"]["option_count"]
        if not self.sweep:
            del tables["sweep"]
        return without_gaps(tables)

    def __eq__(self, other: object) -> bool:
        """Whether all values are the same, in this class or in one that only shows them."""
        return isinstance(other, Scenario) and vars(self) == vars(other)

    def digest(self) -> str:
        """A fingerprint: equal scenarios have the same one."""
        text = json.dumps(self.resolved(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def parameters() -> tuple[Parameter, ...]:
    """Every number, flag and choice of a scenario outside the sector tables and lists.

    >>> [parameter.name for parameter in parameters() if parameter.path.startswith("leadership")]
    ['facilitation', 'mandate']
    """
    sector = tuple(f"stakeholders.{name}." for name in SECTORS)
    return tuple(field for field in described(Scenario) if not field.path.startswith(sector))


def sector_parameters() -> tuple[Parameter, ...]:
    """The fields that every sector has, in `path` a place for the sector's name.

    Their defaults differ by sector: ``Scenario().value(path)`` tells.

    >>> sector_parameters()[0].path.format(sector="private")
    'stakeholders.private.count'
    """
    fields = described(SectorTable, "stakeholders.{sector}.")
    return tuple(replace(field, default=None) for field in fields)
