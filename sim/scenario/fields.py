"""How a field of a scenario is written down: value, bounds, unit, meaning, source.

Every number of the model stands in one of the tables as ``number(start, low, high, unit, meaning,
source)``. All that is said of it elsewhere (JSON Schema, messages, the model description's tables,
sliders) is read from there.
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

from sim.language import N_, _

VISIBLE = r"\S"  # what a name has to hold: it can be seen

SHARE = N_("share")
LEVEL = N_("level")
ROUNDS = N_("rounds (months)")
PER_ROUND = N_("share a round")
PEOPLE = N_("stakeholders")
RESOURCE = N_("resource units a year")
PLAIN = N_("number")
WORTH = N_("worth, 0 to 1")


def drop_empty_defaults(schema: dict[str, Any]) -> None:
    """An editor should offer no whole table, and no null, as what a field starts with."""
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
    """A real number from `low` to `high`; `above` and `below` leave the bound itself out."""
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
    """A whole number from `low` to `high`. None may be changed by an event."""
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
    """True or false, and nothing that merely looks like it."""
    return Field(
        default=default,
        description=meaning,
        strict=True,
        json_schema_extra=_notes("", source, False),
    )


def word(
    default: Any, meaning: str, source: str = "", *, unit: str = "", changeable: bool = False
) -> Any:
    """A choice among words, a list of them, or a text."""
    return Field(
        default=default, description=meaning, json_schema_extra=_notes(unit, source, changeable)
    )


def _notes(unit: str, source: str, changeable: bool) -> dict[str, Any]:
    notes = {"unit": unit, "source": source, "changeable": changeable}
    return {name: note for name, note in notes.items() if note}


_FRACTION = r"^\s*([0-9]+(?:\.[0-9]+)?)\s*/\s*([0-9]+(?:\.[0-9]+)?)\s*$"


def fraction(value: object) -> object:
    """``"2/3"`` as a number; anything else as it is, for the field to judge.

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


# Names that would not say, without their table, what they are.
_SHORT_NAMES: Mapping[str, str] = {"form.ties": "layout"}


@dataclass(frozen=True)
class Parameter:
    """One value of a scenario that is a number, a flag or a choice.

    Attributes
    ----------
    path
        Where it stands in a scenario file, dotted: ``debate.mu``.
    name
        Its short name, unlike any other parameter's: ``mu``, ``listening_rounds``.
    kind
        ``number``, ``integer``, ``flag`` or ``choice``.
    low, high
        Bounds of a number. With `low_open` or `high_open` the bound itself is excluded.
    step
        What an integer is a multiple of.
    default
        The value of the baseline.
    unit, meaning, source
        In English, marked for translation.
    changeable
        Whether an event may change it during a run.
    choices
        The words of a choice; for an integer, the words that may stand in place of the number.
    """

    path: str
    name: str
    kind: Literal["number", "integer", "flag", "choice"]
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
        """What may stand there, in words."""
        words = ", ".join(f'"{choice}"' for choice in self.choices)
        if self.kind == "flag":
            return _("true or false")
        if self.kind == "choice":
            return _("one of {words}", words=words)
        text = _("a number ({range})")
        if self.kind == "integer":
            text = (
                _("an even number ({range})") if self.step == 2 else _("a whole number ({range})")
            )
        text = text.format(range=self.range)
        return _("{words} or {number}", words=words, number=text) if words else text

    @property
    def range(self) -> str:
        """The bounds of a number, in words; nothing for a flag or a choice."""
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
    """Every parameter of a table and of the tables inside it, in file order."""
    found: list[Parameter] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += parameters_of(field.annotation, f"{prefix}{name}.")
        else:
            found += filter(None, [parameter_of(f"{prefix}{name}", field)])
    return tuple(found)


def parameter_of(path: str, field: FieldInfo) -> Parameter | None:
    """One field as a parameter, or None for a text, a list or a table."""
    kind, choices = _kind(field.annotation)
    if kind is None:
        return None
    rules = {}
    for rule in _rules(field):
        for name in ("ge", "gt", "le", "lt", "multiple_of"):
            if getattr(rule, name, None) is not None:
                rules[name] = getattr(rule, name)
    notes = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    table, _dot, leaf = path.rpartition(".")
    return Parameter(
        path=path,
        name=f"{table}_rounds" if leaf == "rounds" else _SHORT_NAMES.get(path, leaf),
        kind=kind,
        low=rules.get("ge", rules.get("gt")),
        high=rules.get("le", rules.get("lt")),
        default=None if field.is_required() else field.get_default(call_default_factory=False),
        unit=str(notes.get("unit", "")),
        meaning=field.description or "",
        source=str(notes.get("source", "")),
        changeable=bool(notes.get("changeable", False)),
        choices=choices,
        low_open="gt" in rules,
        high_open="lt" in rules,
        step=rules.get("multiple_of", 1),
    )


def _kind(
    annotation: Any,
) -> tuple[Literal["number", "integer", "flag", "choice"] | None, tuple[str, ...]]:
    """What kind of parameter a type is, and the words it admits."""
    parts = [part for part in _parts(annotation) if part is not NoneType]
    words = tuple(word for part in parts if get_origin(part) is Literal for word in get_args(part))
    if str in parts:
        return None, ()
    for python, kind in ((bool, "flag"), (int, "integer"), (float, "number")):
        if python in parts:
            return kind, words  # type: ignore[return-value]
    return ("choice" if words else None), words


def _parts(annotation: Any) -> list[Any]:
    """The members of a union, without what annotates them."""
    if get_origin(annotation) in (Union, UnionType):
        return [part for member in get_args(annotation) for part in _parts(member)]
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    return [annotation]


def _rules(field: FieldInfo) -> Iterator[Any]:
    """The bounds of a field, also where they hold for one member of a union only."""
    yield from field.metadata
    for member in get_args(field.annotation):
        for note in getattr(member, "__metadata__", ()):
            yield from getattr(note, "metadata", ())


def table_of(model: type[BaseModel], path: Sequence[str]) -> type[BaseModel]:
    """The class of the table in which the last name of a path stands."""
    for name in path[:-1]:
        model = cast(type[BaseModel], model.model_fields[name].annotation)
    return model
