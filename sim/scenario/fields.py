"""How a field of a scenario is declared, and how it is read back as a parameter.

Every number of the model is declared in one of the tables as ``number(default, low, high, unit,
meaning, source)``. The JSON Schema, messages, the tables of the model description and the sliders
of the dashboard all read it from there, so a new field appears everywhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo

from sim.base.text import N_, _

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
    return Field(
        default=default,
        description=meaning,
        strict=True,
        ge=None if above else low,
        gt=low if above else None,
        le=None if below else high,
        lt=high if below else None,
        json_schema_extra=_notes(unit, source, changeable),
    )


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
    return Field(
        default=default,
        description=meaning,
        strict=True,
        ge=low,
        le=high,
        multiple_of=multiple_of,
        json_schema_extra=_notes(unit, source, False),
    )


def flag(default: bool | None, meaning: str, source: str) -> Any:
    """Declare a boolean; 0, 1 and "yes" are not accepted."""
    return Field(
        default=default,
        description=meaning,
        strict=True,
        json_schema_extra=_notes("", source, False),
    )


def word(
    default: Any, meaning: str, source: str = "", *, unit: str = "", changeable: bool = False
) -> Any:
    """Declare a choice among words, a list of them, or a text."""
    return Field(
        default=default, description=meaning, json_schema_extra=_notes(unit, source, changeable)
    )


def _notes(unit: str, source: str, changeable: bool) -> dict[str, Any]:
    notes = {"unit": unit, "source": source, "changeable": changeable}
    return {name: note for name, note in notes.items() if note}


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


def table_of(model: type[BaseModel], path: Sequence[str]) -> type[BaseModel]:
    """Return the class of the table that contains the last name of a path."""
    for name in path[:-1]:
        model = cast(type[BaseModel], model.model_fields[name].annotation)
    return model
