"""The scenario, frozen, typed and bounded, and its variants, which are changed copies."""

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

from sim.base.text import N_, _
from sim.scenario.choices import FORM_COLUMNS, SECTORS
from sim.scenario.errors import (
    Fault,
    ScenarioError,
    did_you_mean,
    field_error,
)
from sim.scenario.events import Event, Uncertain, check_events, check_uncertain
from sim.scenario.fields import (
    PLAIN,
    ROUNDS,
    Parameter,
    Table,
    drop_empty_defaults,
    flag,
    parameters_of,
    validation_error,
    whole,
    word,
)
from sim.scenario.grid import Varied, read_sweep, sweep_schema
from sim.scenario.lists import check_stakeholders, check_ties
from sim.scenario.tables import (
    MAX_CYCLES,
    MAX_MONTHS,
    MAX_TIES,
    Action,
    Debate,
    Decision,
    Form,
    Leadership,
    ListedStakeholder,
    ListedTie,
    Listening,
    Planning,
    Principles,
    Problem,
    Renewal,
    SectorTable,
    Stakeholders,
    Trust,
)

Phase = Literal["listening", "debate", "planning", "action", "renewal"]
PHASES: tuple[Phase, ...] = get_args(Phase)
MIN_POWER = 1e-6
MODEL_2 = "model description 2"


def _editors_schema(schema: dict[str, Any], model: "type[Scenario]") -> None:
    """Complete the JSON Schema of pydantic."""
    drop_empty_defaults(schema)
    texts = {name: schema["properties"]["sweep"][name] for name in ("title", "description")}
    schema["properties"]["sweep"] = texts | sweep_schema(model)


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
    cycles: int = whole(3, 1, MAX_CYCLES, PLAIN, N_("problems taken up, one a cycle"), MODEL_2)
    horizon: int | None = whole(
        None, 1, MAX_MONTHS, ROUNDS, N_("last round of the run, if any"), MODEL_2
    )
    phases: tuple[Phase, ...] = word(PHASES, N_("the phases of a cycle"), MODEL_2)
    decide: bool = flag(True, N_("whether the debate ends in a decision"), MODEL_2)
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
            raise validation_error(error, type(self)) from None

    @field_validator("sweep", mode="before")
    @classmethod
    def _read_sweep(cls, given: object) -> tuple[Varied, ...]:
        return read_sweep(cls, given)

    @field_serializer("sweep")
    def _write_sweep(self, sweep: tuple[Varied, ...]) -> dict[str, list[Any]]:
        return {item.field: list(item.values) for item in sweep}

    @model_validator(mode="after")
    def _check_stakeholders(self) -> Self:
        """Check the lists, the number of stakeholders, their power and their ties."""
        if self.extends is not None:
            raise field_error(_("only a file has a parent: use load or variant"), "extends")
        if self.listed is None and self.stakeholders.file is not None:
            raise field_error(_("only load reads a file"), "stakeholders", "file")
        if self.listed_ties is None and self.form.ties_file is not None:
            raise field_error(_("only load reads a file"), "form", "ties_file")
        if self.listed is not None:
            check_stakeholders(self.listed)
            self._count_listed()
        if self.listed_ties is not None:
            if self.listed is None:
                raise field_error(_("needs stakeholders listed by name"), "listed_ties")
            check_ties(self.listed_ties, [who.name for who in self.listed])
        self._check_convener([who.name for who in self.listed or ()])
        where = "stakeholders" if self.listed is None else "listed"
        if self.people < 3:
            raise field_error(_("a collaboration needs at least three stakeholders"), where)
        if self._power() < MIN_POWER:
            raise field_error(_("nobody has any power: give power to some stakeholder"), where)
        check_size(self)
        return self

    @model_validator(mode="after")
    def _check_course(self) -> Self:
        """Check the order of the phases, the events and the uncertain fields."""
        if self.phases != tuple(phase for phase in PHASES if phase in self.phases):
            text = _("must stand once each, in the order {phases}", phases=", ".join(PHASES))
            raise field_error(text, "phases")
        if "action" in self.phases and "planning" not in self.phases:
            raise field_error(_("nothing is pledged without planning: action needs it"), "phases")
        if self.latest_round == 0:
            raise field_error(_("no phase has any round"), "phases")
        check_events(self)
        check_uncertain(self)
        return self

    def _check_convener(self, names: list[str]) -> None:
        """Check that the convener is one of the listed stakeholders."""
        convener = self.leadership.convener
        if convener is not None and not names:
            raise field_error(_("needs stakeholders listed by name"), "leadership", "convener")
        if convener is not None and convener not in names:
            hint = did_you_mean(convener, names)
            text = _('unknown stakeholder "{name}", {hint}', name=convener, hint=hint)
            raise field_error(text, "leadership", "convener")

    def _count_listed(self) -> None:
        """Set the counts of the sector tables to those of the list."""
        counted = [who.sector for who in self.listed or ()]
        tables: dict[str, SectorTable] = {
            sector: getattr(self.stakeholders, sector).model_copy(
                update={"count": counted.count(sector)}
            )
            for sector in SECTORS
        }
        object.__setattr__(self, "stakeholders", self.stakeholders.model_copy(update=tables))

    def _power(self) -> float:
        """Return the sum of all power, by which each stakeholder's power is divided."""
        if self.listed and self.listed[0].power is not None:
            return sum(who.power or 0.0 for who in self.listed)
        sectors: list[SectorTable] = [getattr(self.stakeholders, sector) for sector in SECTORS]
        return sum(table.power for table in sectors if table.count)

    def count(self, sector: str) -> int:
        """Return the number of stakeholders of a sector."""
        return int(getattr(self.stakeholders, sector).count)

    @property
    def people(self) -> int:
        """The number of stakeholders."""
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
        """Return the value at a dotted path.

        >>> Scenario().value("leadership.facilitation")
        0.5
        """
        found: Any = self
        for name in path.split("."):
            fields = type(found).model_fields if isinstance(found, Table) else {}
            if name not in fields:
                text = _("unknown name, {hint}", hint=did_you_mean(name, fields))
                raise ScenarioError([Fault((path,), text)])
            found = getattr(found, name)
        return found

    def variant(self, changes: Mapping[str, Any]) -> Self:
        """Return a copy with changed values by dotted path; the value of a table is a mapping.

        A new `form.kind` brings its own column of form fields. Fields in which this scenario
        differs from the column of its present kind are kept.
        """
        return type(self)(**inherit(self.resolved(), nested(changes)))

    def resolved(self) -> dict[str, Any]:
        """Return every value, except None and empty texts, as tables of an equal scenario."""
        tables = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        if self.problem.options is not None:  # the list sets their number
            del tables["problem"]["option_count"]
        if not self.sweep:
            del tables["sweep"]
        return without_empty_texts(tables)

    def __eq__(self, other: object) -> bool:
        """Return whether all values are the same, in this class or in one that only shows them."""
        return isinstance(other, Scenario) and vars(self) == vars(other)

    def digest(self) -> str:
        """Return a fingerprint, the same for equal scenarios."""
        text = json.dumps(self.resolved(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def parameters() -> tuple[Parameter, ...]:
    """Return every number, flag and choice of a scenario outside sector tables and lists.

    >>> [parameter.name for parameter in parameters() if parameter.path.startswith("leadership")]
    ['facilitation', 'mandate']
    """
    sector = tuple(f"stakeholders.{name}." for name in SECTORS)
    return tuple(field for field in parameters_of(Scenario) if not field.path.startswith(sector))


def sector_parameters() -> tuple[Parameter, ...]:
    """Return the fields that every sector has, with ``{sector}`` in their paths.

    Their defaults differ by sector: see ``Scenario().value(path)``.

    >>> sector_parameters()[0].path.format(sector="private")
    'stakeholders.private.count'
    """
    fields = parameters_of(SectorTable, "stakeholders.{sector}.")
    return tuple(replace(field, default=None) for field in fields)


# Size


def max_ties(scenario: "Scenario") -> int:
    """Return the number of ties that the form allows or the list contains (section 3).

    Examples
    --------
    >>> from sim.scenario import load
    >>> max_ties(load("baseline"))
    97
    """
    form, count = scenario.form, scenario.people
    represented = count if form.seats != "all" or scenario.listed is not None else 0
    if scenario.listed_ties is not None:
        return len(scenario.listed_ties) + represented + 1
    if form.ties == "complete":
        seats = count
        if form.membership == "fixed" and form.seats != "all":
            seats = min(form.seats, count)
        if scenario.listed is not None and scenario.listed[0].seated is not None:
            seats = count
        return seats * (seats - 1) // 2 + seats * (count - seats) + represented + 1
    ring = count * ((form.k + 2) // 2)
    brokered = 2 * count + len(SECTORS) * len(SECTORS) if form.ties == "brokered" else 0
    return ring + brokered + represented + 1


def check_size(scenario: "Scenario") -> None:
    """Raise an error if the ties of a scenario do not fit into the memory of a run."""
    ties = max_ties(scenario)
    if ties > MAX_TIES:
        text = _(
            "lays up to {ties:,} ties, and there is room for {most:,}: fewer stakeholders, fewer "
            "neighbours (form.k) or seats that are fixed, or other ties"
        )
        raise field_error(text.format(ties=ties, most=MAX_TIES), "form", "ties")


# Variants


def without_empty_texts(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables without their empty texts, which mark gaps in a file.

    >>> without_empty_texts({"title": "", "events": [{"title": "", "round": 3}]})
    {'events': [{'round': 3}]}
    """
    return {name: _without(value) for name, value in tables.items() if not is_empty_text(value)}


def _without(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_empty_texts(value)
    return [_without(entry) for entry in value] if isinstance(value, list) else value


def is_empty_text(value: Any) -> bool:
    """Return whether a value is a text of blanks at most."""
    return isinstance(value, str) and not value.strip()


def nested(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nested tables for dotted paths.

    >>> nested({"form.kind": "team", "form.seats": 6})
    {'form': {'kind': 'team', 'seats': 6}}
    """
    tree: dict[str, Any] = {}
    for path, value in changes.items():
        for name in reversed(path.split(".")):
            value = {name: value}
        tree = merge(tree, value)
    return tree


def merge(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two tables: inner tables are merged, the child's other values replace the parent's.

    >>> merge({"debate": {"mu": 0.1, "amend": 0}}, {"debate": {"mu": 0.2}, "cycles": 2})
    {'debate': {'mu': 0.2, 'amend': 0}, 'cycles': 2}
    """
    merged = dict(parent)
    for name, value in child.items():
        old = merged.get(name)
        if isinstance(value, Mapping):
            value = merge(old if isinstance(old, Mapping) else {}, value)
        merged[name] = value
    return merged


def inherit(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a child's values into its parent's, for `extends` and for variants.

    If the child changes ``form.kind``, fields with the values of the parent's kind are removed, so
    that those of the new kind apply. If the child lists options, the parent's number of options is
    removed.

    >>> team = {"kind": "team", "seats": 8, "invite": "power"}
    >>> inherit({"form": team}, {"form": {"kind": "network"}})
    {'form': {'kind': 'network', 'invite': 'power'}}
    """
    form, change = parent.get("form"), child.get("form")
    if isinstance(form, Mapping) and isinstance(change, Mapping):
        kind = form.get("kind", "community")
        if change.get("kind", kind) != kind and isinstance(kind, str):
            column = FORM_COLUMNS.get(kind, {})
            kept = {name: form[name] for name in form if form[name] != column.get(name, None)}
            parent = {**parent, "form": kept}
    problem, change = parent.get("problem"), child.get("problem")
    if isinstance(problem, Mapping) and isinstance(change, Mapping) and "options" in change:
        kept = {name: value for name, value in problem.items() if name != "option_count"}
        parent = {**parent, "problem": kept}
    return merge(parent, child)
