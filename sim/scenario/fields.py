"""The fields of a scenario: how one is declared, what a dotted name means, what a field accepts.

Every number of the model is declared in one of the tables as ``number(default, low, high, unit,
meaning, source)``. The JSON Schema, messages, the tables of the model description and the sliders
of the dashboard all read it from there, so a new field appears everywhere. Sweeps, events, sets of
uncertain values, claims and calibrations all look a field up here by its dotted path.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sim.base.text import N_, _
from sim.scenario.choices import SECTORS
from sim.scenario.errors import (
    Fault,
    FieldPath,
    ScenarioError,
    closest,
    did_you_mean,
    not_allowed,
)

VISIBLE = r"\S"  # pattern of a name: not only blanks

SHARE = N_("share")
LEVEL = N_("level")
ROUNDS = N_("rounds (months)")
PER_ROUND = N_("share a round")
PEOPLE = N_("stakeholders")
RESOURCE = N_("resource units a year")
PLAIN = N_("number")
WORTH = N_("worth, 0 to 1")


def drop_empty_defaults(schema: dict[str, Any]) -> None:
    """Remove defaults that are tables or null, which an editor should not offer."""
    for field in schema["properties"].values():
        if isinstance(field.get("default", 0), dict | None):
            del field["default"]


class Table(BaseModel):
    """A table of a scenario: frozen, without unknown names, without NaN or infinity."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        populate_by_name=True,
        json_schema_extra=drop_empty_defaults,
    )


def number(
    default: float | None,
    low: float,
    high: float,
    unit: str,
    meaning: str,
    source: str,
    *,
    changeable: bool = False,
    above: bool = False,
    below: bool = False,
) -> Any:
    """Declare a real number; `above` and `below` exclude the lower and the upper bound."""
    bounds = {"gt" if above else "ge": low, "lt" if below else "le": high}
    return _declare(default, meaning, source, unit, changeable, strict=True, **bounds)


# A number that an event may change while a run goes on.
lever = partial(number, changeable=True)


def whole(
    default: int | None,
    low: int,
    high: int,
    unit: str,
    meaning: str,
    source: str,
    *,
    multiple_of: int | None = None,
) -> Any:
    """Declare a whole number, which no event may change."""
    bounds = {"ge": low, "le": high, "multiple_of": multiple_of}
    return _declare(default, meaning, source, unit, False, strict=True, **bounds)


def flag(default: bool | None, meaning: str, source: str) -> Any:
    """Declare a boolean; 0, 1 and "yes" are not accepted."""
    return _declare(default, meaning, source, strict=True)


def word(
    default: Any, meaning: str, source: str = "", *, unit: str = "", changeable: bool = False
) -> Any:
    """Declare a choice among words, a list of them, or a text."""
    return _declare(default, meaning, source, unit, changeable)


def _declare(
    default: Any,
    meaning: str,
    source: str,
    unit: str = "",
    changeable: bool = False,
    **limits: Any,
) -> Any:
    """Declare a field with its meaning, and with its unit and source as notes of the schema."""
    notes = {"unit": unit, "source": source, "changeable": changeable}
    extra: dict[str, Any] = {name: note for name, note in notes.items() if note}
    return Field(default=default, description=meaning, json_schema_extra=extra, **limits)


_FRACTION = r"^\s*([0-9]+(?:\.[0-9]+)?)\s*/\s*([0-9]+(?:\.[0-9]+)?)\s*$"


def fraction(value: object) -> object:
    """Return ``"2/3"`` as a number, and anything else unchanged for the field to check.

    >>> fraction("2/3")
    0.6666666666666666
    """
    parts = re.search(_FRACTION, value) if isinstance(value, str) else None
    try:
        return float(Fraction(parts[1]) / Fraction(parts[2])) if parts else value
    except (ValueError, ArithmeticError):  # too many digits, or nothing to divide by
        return value


FRACTIONAL = BeforeValidator(
    fraction, json_schema_input_type=float | Annotated[str, Field(pattern=_FRACTION)]
)


_SHAPES: Mapping[str, str] = {
    "string_type": N_("a text"),
    "string_pattern_mismatch": N_("a text that is not empty"),
    "tuple_type": N_("a list"),
    "model_type": N_("a table"),
}
_NUMBERS = ("float_type", "int_type", "finite_number")

ParameterKind = Literal["number", "integer", "flag", "choice"]

# Short names of fields whose own name is unclear outside their table.
_SHORT_NAMES: Mapping[str, str] = {"form.ties": "layout"}


@dataclass(frozen=True)
class Parameter:
    """One value of a scenario that is a number, a flag or a choice.

    Attributes
    ----------
    path
        Its dotted path in a scenario file: ``debate.mu``.
    name
        Its short and unique name: ``mu``, ``listening_rounds``.
    kind
        ``number``, ``integer``, ``flag`` or ``choice``.
    low, high
        Bounds of a number. `low_open` and `high_open` exclude the bound itself.
    step
        An integer must be a multiple of it.
    default
        The value of the baseline.
    unit, meaning, source
        In English, marked for translation.
    changeable
        Whether an event may change it during a run.
    choices
        The words of a choice; for an integer, the words allowed instead of the number.
    """

    path: str
    name: str
    kind: ParameterKind
    low: float | None
    high: float | None
    default: Any
    unit: str
    meaning: str
    source: str
    changeable: bool
    choices: tuple[str, ...] = ()
    low_open: bool = False
    high_open: bool = False
    step: int = 1

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        words = ", ".join(f'"{choice}"' for choice in self.choices)
        if self.kind == "flag":
            return _("true or false")
        if self.kind == "choice":
            return _("one of {words}", words=words)
        if self.kind == "number":
            text = _("a number ({range})", range=self.range)
        elif self.step == 2:
            text = _("an even number ({range})", range=self.range)
        else:
            text = _("a whole number ({range})", range=self.range)
        return _("{words} or {number}", words=words, number=text) if words else text

    @property
    def range(self) -> str:
        """The bounds of a number, in words; empty for a flag or a choice."""
        if self.low is None or self.high is None:
            return ""
        text = _("{low} to {high}")
        if self.low_open:
            text = _("more than {low}, up to {high}")
        if self.high_open:
            text = _("{low} to less than {high}")
        low, high = (
            f"{end:.10g}" if isinstance(end, float) else str(end) for end in (self.low, self.high)
        )
        return text.format(low=low, high=high)


@cache
def parameters_of(model: type[BaseModel], prefix: str = "") -> tuple[Parameter, ...]:
    """Return every parameter of a table and of the tables inside it, in file order."""
    found: list[Parameter] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += parameters_of(field.annotation, f"{prefix}{name}.")
        else:
            found += filter(None, [parameter_of(f"{prefix}{name}", field)])
    return tuple(found)


def parameter_of(path: str, field: FieldInfo) -> Parameter | None:
    """Return a field as a parameter, or None for a text, a list or a table."""
    kind, choices = _kind(field.annotation)
    if kind is None:
        return None
    bounds = {
        name: getattr(bound, name)
        for bound in _bounds(field)
        for name in ("ge", "gt", "le", "lt", "multiple_of")
        if getattr(bound, name, None) is not None
    }
    notes = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    table, _dot, leaf = path.rpartition(".")
    return Parameter(
        path=path,
        name=f"{table}_rounds" if leaf == "rounds" else _SHORT_NAMES.get(path, leaf),
        kind=kind,
        low=bounds.get("ge", bounds.get("gt")),
        high=bounds.get("le", bounds.get("lt")),
        default=None if field.is_required() else field.get_default(call_default_factory=False),
        unit=str(notes.get("unit", "")),
        meaning=field.description or "",
        source=str(notes.get("source", "")),
        changeable=bool(notes.get("changeable", False)),
        choices=choices,
        low_open="gt" in bounds,
        high_open="lt" in bounds,
        step=bounds.get("multiple_of", 1),
    )


def _kind(annotation: Any) -> tuple[ParameterKind | None, tuple[str, ...]]:
    """Return the kind of parameter of a type, and the words it allows."""
    parts = [part for part in _parts(annotation) if part is not NoneType]
    words = tuple(word for part in parts if get_origin(part) is Literal for word in get_args(part))
    if str in parts:
        return None, ()
    for python, kind in ((bool, "flag"), (int, "integer"), (float, "number")):
        if python in parts:
            return kind, words  # type: ignore[return-value]
    return ("choice" if words else None), words


def _parts(annotation: Any) -> list[Any]:
    """Return the members of a union without their annotations."""
    if get_origin(annotation) in (Union, UnionType):
        return [part for member in get_args(annotation) for part in _parts(member)]
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    return [annotation]


def _bounds(field: FieldInfo) -> Iterator[Any]:
    """Yield the bounds of a field, including those of single members of a union."""
    yield from field.metadata
    for member in get_args(field.annotation):
        for note in getattr(member, "__metadata__", ()):
            yield from getattr(note, "metadata", ())


# The fields that a dotted name can mean


POWER = "Purdy 2012; model description 2.1"
EVENTS = "model description 4.7"


class PowerShare(Table):
    """What a sweep can vary that is no field: a sector's share of all power."""

    government: float = number(0.25, 0, 1, SHARE, N_("share of all power, government"), POWER)
    private: float = number(0.25, 0, 1, SHARE, N_("share of all power, private sector"), POWER)
    community: float = number(0.25, 0, 1, SHARE, N_("share of all power, community"), POWER)
    civil_society: float = number(0.25, 0, 1, SHARE, N_("share of all power, civil society"), POWER)


class TrustIn(Table):
    """What an event can change that is no field: the trust that others place in a sector."""

    government: float = lever(0.5, 0, 1, LEVEL, N_("trust in the government"), EVENTS)
    private: float = lever(0.5, 0, 1, LEVEL, N_("trust in the private sector"), EVENTS)
    community: float = lever(0.5, 0, 1, LEVEL, N_("trust in the community"), EVENTS)
    civil_society: float = lever(0.5, 0, 1, LEVEL, N_("trust in civil society"), EVENTS)


POWER_SHARE, TRUST_IN = "power_share.", "trust_in."
_EXTRA: Mapping[str, type[Table]] = MappingProxyType({POWER_SHARE: PowerShare, TRUST_IN: TrustIn})


def follow(
    model: type[BaseModel], location: Sequence[str | int]
) -> tuple[FieldPath, type[BaseModel], FieldInfo | None]:
    """Return the path of a field, the table that has it, and the field.

    Parts that name no field are left out, such as those that pydantic adds for unions.
    """
    path: list[str | int] = []
    field: FieldInfo | None = None
    for part in location:
        fields = {known.alias or name: known for name, known in model.model_fields.items()}
        if isinstance(part, int):
            path.append(part)
        elif part in fields:
            field = fields[part]
            path.append(part)
            model = next(_tables(field.annotation), model)
    return tuple(path), model, field


def _tables(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the tables that a field may contain, also in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _tables(inner)


@cache
def sweepable(scenario: type[BaseModel]) -> Mapping[str, Parameter]:
    """Return every number, flag and choice and the power shares, by dotted path.

    >>> from sim.scenario import Scenario
    >>> sweepable(Scenario)["power_share.private"].range
    '0 to 1'
    """
    every = [*parameters_of(scenario), *parameters_of(PowerShare, POWER_SHARE)]
    return {field.path: field for field in every}


def changeable(scenario: type[BaseModel]) -> tuple[Parameter, ...]:
    """Return the fields that an event may change, including the trust in a sector."""
    return tuple(field for field in event_fields(scenario).values() if field.changeable)


@cache
def event_fields(scenario: type[BaseModel]) -> dict[str, Parameter]:
    """Return every field that an event could name, by dotted path."""
    every = [*parameters_of(scenario), *parameters_of(TrustIn, TRUST_IN)]
    return {field.path: field for field in every}


@cache
def calibratable(scenario: type[BaseModel]) -> dict[str, Parameter]:
    """Return the fields that a set may contain: every real number, by dotted path.

    >>> from sim.scenario import Scenario
    >>> "problem.g" in calibratable(Scenario), "cycles" in calibratable(Scenario)
    (True, False)
    """
    return {
        field.path: field
        for field in parameters_of(scenario)
        # Power is divided by its sum, so its value alone has no meaning.
        if field.kind == "number" and not field.path.endswith(".power")
    }


def within(field: Parameter, value: float) -> bool:
    """Return whether a number lies within the bounds of a field."""
    if field.low is None or field.high is None:
        return False
    above = value > field.low if field.low_open else value >= field.low
    below = value < field.high if field.high_open else value <= field.high
    return above and below


def not_calibratable(scenario: type[BaseModel], path: str) -> str:
    """Return the message about a field that no set may contain."""
    if any(field.path == path for field in parameters_of(scenario)):
        return _("is no real number, or a share of power: sets cannot have it")
    return unknown_field(scenario, path)


def short_name(scenario: type[BaseModel], path: str) -> str:
    """Return the short and unique name of a field that the names of variants contain.

    >>> from sim.scenario import Scenario
    >>> paths = ("principles.deliberation", "stakeholders.private.funds", "power_share.private")
    >>> [short_name(Scenario, path) for path in paths]
    ['deliberation', 'private.funds', 'power_share.private']
    """
    own = any(path.startswith(f"stakeholders.{sector}.") for sector in SECTORS)
    if own or path.startswith(POWER_SHARE):
        return path.removeprefix("stakeholders.")
    return sweepable(scenario)[path].name


def find_field(scenario: type[BaseModel], name: str) -> Parameter | None:
    """Return the field with this dotted path or short name, if a sweep may vary it.

    >>> from sim.scenario import Scenario
    >>> find_field(Scenario, "deliberation").path
    'principles.deliberation'
    """
    for path, field in sweepable(scenario).items():
        if name in (path, short_name(scenario, path)):
            return field
    return None


def unknown_field(scenario: type[BaseModel], name: str) -> str:
    """Return the message about a name that no sweep can vary."""
    parts = tuple(name.split("."))
    path, _table, field = follow(scenario, parts)
    if path == parts and field:
        return _("cannot be varied: only numbers, flags and choices can")
    known = sweepable(scenario)
    by_short_name = {short_name(scenario, path): path for path in known}
    close = by_short_name.get(parts[-1]) or closest(name, known)
    close = close or by_short_name.get(closest(parts[-1], by_short_name) or "")
    if not close:
        return _("unknown name: give a field by its dotted path, such as principles.deliberation")
    return unknown_name(close, known[close])


def value_of(scenario: type[BaseModel], path: str, value: Any) -> Any:
    """Return a value as a field stores it, such as 1.0 for 1.

    Raises
    ------
    ValueError
        The field does not accept it.

    Examples
    --------
    >>> from sim.scenario import Scenario
    >>> value_of(Scenario, "decision.quorum", "2/3")
    0.6666666666666666
    """
    if value is None:
        raise ValueError(path)
    if hasattr(value, "item"):  # a number from a NumPy array
        value = value.item()
    return _adapter(scenario, path).validate_python(value)


@cache
def _adapter(scenario: type[BaseModel], path: str) -> TypeAdapter[Any]:
    """Return the validator of a single field."""
    extra = next((table for prefix, table in _EXTRA.items() if path.startswith(prefix)), scenario)
    _path, _table, info = follow(extra, path.split("."))
    assert info is not None, "a parameter is a field"
    annotation: Any = Annotated[info.annotation, info]
    return TypeAdapter(annotation)


def invalid_value(field: Parameter, value: Any) -> str:
    """Return the message about a value that its field does not accept."""
    return f"{not_allowed(field.allowed, value, field.choices)} ({_(field.meaning)})"


def unknown_name(close: str, parameter: Parameter | None) -> str:
    """Return the message about an unknown name that resembles a known one."""
    text = _("unknown name, {hint}", hint=did_you_mean(close, [close]))
    if parameter is None:
        return text
    return f"{text} ({parameter.range or parameter.allowed}: {_(parameter.meaning)})"


def with_meaning(text: str, field: FieldInfo | None) -> str:
    """Return a message followed by the meaning of its field, if it has one."""
    return f"{text} ({_(field.description)})" if field and field.description else text


# The errors of pydantic


def validation_error(error: ValidationError, model: type[BaseModel]) -> ScenarioError:
    """Translate an error of pydantic into a `ScenarioError` with one fault for each field."""
    faults: dict[FieldPath, Fault] = {}
    for item in error.errors(include_url=False):
        for fault in _faults(item, model):
            faults.setdefault(fault.path, fault)
    return ScenarioError(faults.values())


def _faults(item: ErrorDetails, model: type[BaseModel]) -> list[Fault]:
    """Return what one error of pydantic reports; `raise_faults` may report several."""
    path, table, field = follow(model, item["loc"])
    if item["type"] == "field_errors":
        return [Fault((*path, *fault.path), fault.text) for fault in item["ctx"]["faults"]]
    if item["type"] == "extra_forbidden":
        name = str(item["loc"][-1])
        return [Fault((*path, name), _unknown(name, table, model))]
    if item["type"] == "missing":
        text = _("is missing")
    elif item["type"] == "too_long":
        count, most = len(item["input"]), item["ctx"]["max_length"]
        text = _("has {count:,} entries, and may have {most:,}", count=count, most=most)
    else:
        literals = _literals(field.annotation) if field else ()
        words = [word for word in literals if isinstance(word, str)]
        text = not_allowed(_allowed(item, path, field), item["input"], words)
    return [Fault(path, with_meaning(text, field))]


def _allowed(item: ErrorDetails, path: FieldPath, field: FieldInfo | None) -> str:
    """Return what the field allows, in words."""
    parameter = parameter_of(str(path[-1]), field) if field and path else None
    if parameter:
        return parameter.allowed
    if item["type"] == "literal_error":
        return _("one of {words}", words=item["ctx"]["expected"].replace("'", '"'))
    if item["type"] in _NUMBERS:
        words = field is not None and str in _literals(field.annotation)
        return _("a number or a word") if words else _("a number")
    return _(_SHAPES[item["type"]]) if item["type"] in _SHAPES else item["msg"]


def _literals(annotation: Any) -> Iterator[Any]:
    """Yield the words of every ``Literal`` in a type."""
    for inner in get_args(annotation):
        yield from _literals(inner)
        yield inner


def _unknown(name: str, table: type[BaseModel], model: type[BaseModel]) -> str:
    """Return the message about a name that is misspelt or belongs to another table."""
    fields = {known.alias or own: known for own, known in table.model_fields.items()}
    parameter = next((other for other in parameters_of(model) if other.name == name), None)
    close = parameter.path if parameter else closest(name, fields)
    if not close:
        return _("unknown name, {hint}", hint=did_you_mean(name, fields))
    if close in fields:
        parameter = parameter_of(close, fields[close])
    return unknown_name(close, parameter)
