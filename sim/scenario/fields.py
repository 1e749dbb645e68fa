"""How a field of a scenario is written down: value, bounds, unit, meaning, source.

Every number of the model stands in one of the tables as ``number(start, low, high, unit, meaning,
source)``. All that is said of it elsewhere (JSON Schema, messages, the model description's tables,
sliders) is read from there.
"""

import re
from fractions import Fraction
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sim.language import N_

VISIBLE = r"\S"  # what a name has to hold: it can be seen

SHARE = N_("share")
LEVEL = N_("level")
ROUNDS = N_("rounds (months)")
PER_ROUND = N_("share a round")
PEOPLE = N_("stakeholders")
RESOURCE = N_("resource units a year")
PLAIN = N_("number")
WORTH = N_("worth, 0 to 1")


def without_needless(schema: dict[str, Any]) -> None:
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
        json_schema_extra=without_needless,
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
