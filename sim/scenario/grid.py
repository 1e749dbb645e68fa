"""Sweeps: which fields of a scenario take several values in turn."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import TypeAdapter

from sim.language import N_, _
from sim.scenario.errors import (
    Fault,
    FieldPath,
    ScenarioError,
    closest,
    did_you_mean,
    field_errors,
    follow,
    format_value,
)
from sim.scenario.fields import SHARE, Parameter, Table, number, parameters_of, table_of
from sim.scenario.tables import POWER, SECTORS

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


MAX_VARIANTS = 10_000
POWER_SHARE = "power_share."
NUMBER = r"([+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(?:[eE][+-]?\d{1,2})?)"
_RANGE = rf"^\s*{NUMBER}\s*:\s*{NUMBER}\s*:\s*(\d{{1,18}})\s*$"


class PowerShare(Table):
    """What a sweep can vary that is no field: a sector's share of all power."""

    government: float = number(0.25, 0, 1, SHARE, N_("share of all power, government"), POWER)
    private: float = number(0.25, 0, 1, SHARE, N_("share of all power, private sector"), POWER)
    community: float = number(0.25, 0, 1, SHARE, N_("share of all power, community"), POWER)
    civil_society: float = number(0.25, 0, 1, SHARE, N_("share of all power, civil society"), POWER)


class Varied(NamedTuple):
    """A field and the values that it takes."""

    field: str
    values: tuple[Any, ...]


@cache
def sweepable(scenario: "type[Scenario]") -> Mapping[str, Parameter]:
    """All that a sweep may vary, by dotted path: every number, flag and choice, and power shares.

    >>> from sim.scenario import Scenario
    >>> sweepable(Scenario)["power_share.private"].range
    '0 to 1'
    """
    every = [*parameters_of(scenario), *parameters_of(PowerShare, POWER_SHARE)]
    return {field.path: field for field in every}


def read_sweep(scenario: "type[Scenario]", given: object) -> tuple[Varied, ...]:
    """The fields and values of a scenario's ``[sweep]``; what is wrong is raised for pydantic."""
    if isinstance(given, tuple) and all(isinstance(item, Varied) for item in given):
        given = {item.field: item.values for item in given}
    found, faults = _read(scenario, given)
    if faults:
        raise field_errors(faults)
    return found


def read_vary(scenario: "type[Scenario]", given: Mapping[str, Any]) -> tuple[Varied, ...]:
    """Fields and values that somebody varies in Python or on the command line.

    Parameters
    ----------
    given
        By dotted path, a list of values or ``"a:b:n"``: n even steps from a to b, both included.

    Raises
    ------
    ScenarioError
        With a line for each thing that is wrong.

    Examples
    --------
    >>> from sim.scenario import Scenario
    >>> read_vary(Scenario, {"cycles": "1:5:3"})
    (Varied(field='cycles', values=(1, 3, 5)),)
    """
    found, faults = _read(scenario, given)
    if faults:
        raise ScenarioError(faults)
    return found


def parse_vary(words: Iterable[str]) -> dict[str, Any]:
    """What ``--vary`` was given, one text a field, as a table that ``read_vary`` takes.

    >>> parse_vary(["principles.deliberation=0,0.5,1", "decide=true,false", "cycles=1:5:3"])
    {'principles.deliberation': [0, 0.5, 1], 'decide': [True, False], 'cycles': '1:5:3'}
    """
    table: dict[str, Any] = {}
    for text in words:
        field, sign, values = (part.strip() for part in text.partition("="))
        if not sign or not field or not values:
            wrong = _(
                '"{text}" is no field with its values, such as principles.deliberation=0,0.5,1'
            )
            raise ScenarioError([Fault(("--vary",), wrong.format(text=text))])
        if field in table:
            raise ScenarioError([Fault((field,), _("is varied twice"))])
        table[field] = values if ":" in values else [_word(value) for value in values.split(",")]
    return table


def _word(text: str) -> Any:
    """A value as somebody writes it behind ``--vary``, without quotation marks."""
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def flat(given: Mapping[str, Any], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Tables in tables as paths: in a file, a dotted name may stand in quotation marks or not.

    >>> flat({"principles.deliberation": [0, 1], "decision": {"rule": ["lead"]}})
    {('principles.deliberation',): [0, 1], ('decision', 'rule'): ['lead']}
    """
    found: dict[tuple[str, ...], Any] = {}
    for name, value in given.items():
        inside = isinstance(value, Mapping)
        found |= flat(value, (*above, name)) if inside else {(*above, name): value}
    return found


def _read(scenario: "type[Scenario]", given: object) -> tuple[tuple[Varied, ...], list[Fault]]:
    """What is varied, and what is wrong."""
    if not isinstance(given, Mapping):
        return (), [Fault((), _("must be a table of fields and their values"))]
    found: list[Varied] = []
    faults: list[Fault] = []
    for names, values in flat(given).items():
        path = ".".join(map(str, names))
        if path not in sweepable(scenario):
            faults.append(Fault((path,), unknown_field(scenario, path)))
            continue
        if path in {item.field for item in found}:  # once in quotation marks, once without
            faults.append(Fault((path,), _("is varied twice")))
            continue
        read, wrong = _read_values(scenario, path, values)
        found.append(Varied(path, read))
        faults += [Fault((path, *below), text) for below, text in wrong]
    count = prod(len(item.values) for item in found)
    if count > MAX_VARIANTS:
        faults.append(Fault((), too_many(count)))
    return tuple(found), faults


def too_many(count: int) -> str:
    """What is said of a grid that is too large."""
    return _(
        "{count:,} variants are too many: there may be {most:,}", count=count, most=MAX_VARIANTS
    )


def _read_values(
    scenario: "type[Scenario]", path: str, given: object
) -> tuple[tuple[Any, ...], list[tuple[FieldPath, str]]]:
    """The values of a field, and what is wrong with them."""
    steps = re.match(_RANGE, given) if isinstance(given, str) else None
    values = [] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    count = int(steps[3]) if steps else len(values)
    if count > MAX_VARIANTS:
        return (), [((), too_many(count))]
    if steps and count > 1:
        values = _even(Fraction(steps[1]), Fraction(steps[2]), count)
    if not values:
        text = _(
            'must be a list of values, or "a:b:n": n even steps from a to b, 2 or more; not {value}'
        )
        return (), [
            ((), text.format(value=_("an empty list") if given == [] else format_value(given)))
        ]
    found: list[Any] = []
    seen: set[str] = set()
    wrong: list[tuple[FieldPath, str]] = []
    for place, value in enumerate(values):
        try:
            found.append(value_of(scenario, path, value))
        except ValueError:
            below: FieldPath = () if steps else (place,)
            wrong.append((below, invalid_value(sweepable(scenario)[path], value)))
            continue
        if short_value(found[-1]) in seen:
            wrong.append(((place,), _("{value} stands there twice", value=format_value(value))))
        seen.add(short_value(found[-1]))
    return tuple(found), wrong[:1] if steps else wrong


def _even(low: Fraction, high: Fraction, count: int) -> list[float]:
    """Even steps with both ends, each the nearest to its exact value.

    >>> _even(Fraction(0), Fraction(3, 10), 4)
    [0, 0.1, 0.2, 0.3]
    """
    exact = [low + (high - low) * place / (count - 1) for place in range(count)]
    return [int(value) if value.denominator == 1 else float(value) for value in exact]


def invalid_value(field: Parameter, value: Any) -> str:
    """What is said of a value that its field does not take."""
    text = _("must be {allowed}, not {value}")
    text = text.format(allowed=field.allowed, value=format_value(value))
    close = closest(value, field.choices) if isinstance(value, str) else None
    if close:
        text += ", " + did_you_mean(close, [close])
    return f"{text} ({_(field.meaning)})"


def short_value(value: Any) -> str:
    """A value as the names of variants have it; two that agree in ten digits are one to a reader.

    >>> [short_value(value) for value in (0.5, 1.0, True, "lead")]
    ['0.5', '1', 'true', 'lead']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def short_name(scenario: "type[Scenario]", path: str) -> str:
    """A field as the names of variants have it: short, and unlike any other's.

    >>> from sim.scenario import Scenario
    >>> paths = ("principles.deliberation", "stakeholders.private.funds", "power_share.private")
    >>> [short_name(Scenario, path) for path in paths]
    ['deliberation', 'private.funds', 'power_share.private']
    """
    own = any(path.startswith(f"stakeholders.{sector}.") for sector in SECTORS)
    if own or path.startswith(POWER_SHARE):
        return path.removeprefix("stakeholders.")
    return sweepable(scenario)[path].name


def find_field(scenario: "type[Scenario]", name: str) -> Parameter | None:
    """What a sweep may vary by this name, be it the dotted path or the short name.

    >>> from sim.scenario import Scenario
    >>> find_field(Scenario, "deliberation").path
    'principles.deliberation'
    """
    for path, field in sweepable(scenario).items():
        if name in (path, short_name(scenario, path)):
            return field
    return None


def unknown_field(scenario: "type[Scenario]", name: str) -> str:
    """What is said of a name that nothing has which a sweep could vary."""
    parts = tuple(name.split("."))
    path, _table, field = follow(scenario, parts)
    if path == parts and field:
        return _("cannot be varied: only numbers, flags and choices can")
    known = sweepable(scenario)
    by_short_name = {short_name(scenario, path): path for path in known}
    close = by_short_name.get(parts[-1]) or closest(name, known)
    close = close or by_short_name.get(closest(parts[-1], by_short_name) or "")
    if not close:
        text = _("unknown name: give a field by its dotted path, such as principles.deliberation")
        return text
    text = _("unknown name, {hint}", hint=did_you_mean(close, [close]))
    return f"{text} ({known[close].range or known[close].allowed}: {_(known[close].meaning)})"


def value_of(scenario: "type[Scenario]", path: str, value: Any) -> Any:
    """A value as a field has it, such as 1.0 for 1.

    Raises
    ------
    ValueError
        The field does not take it.

    Examples
    --------
    >>> from sim.scenario import Scenario
    >>> value_of(Scenario, "decision.quorum", "2/3")
    0.6666666666666666
    """
    if value is None:
        raise ValueError(path)
    if hasattr(value, "item"):  # a number of an array is no number of Python's
        value = value.item()
    return _adapter(scenario, path).validate_python(value)


@cache
def _adapter(scenario: "type[Scenario]", path: str) -> TypeAdapter[Any]:
    """What judges a value of a field by itself."""
    names = path.split(".")
    table = PowerShare if path.startswith(POWER_SHARE) else table_of(scenario, names)
    info = table.model_fields[names[-1]]
    annotation: Any = Annotated[info.annotation, info]
    return TypeAdapter(annotation)


def sweep_schema(scenario: "type[Scenario]") -> dict[str, Any]:
    """What an editor needs to complete the names in a ``[sweep]``, whole or table by table."""
    names = dict.fromkeys(
        [*sweepable(scenario), *(path.split(".")[0] for path in sweepable(scenario))]
    )
    values = {"type": "array", "minItems": 1, "items": {"type": ["number", "boolean", "string"]}}
    steps = {"type": "string", "pattern": _RANGE}
    return {
        "type": "object",
        "propertyNames": {"enum": list(names)},
        "additionalProperties": {"anyOf": [values, steps, {"type": "object"}]},
    }


_ROUNDING = 1e-9  # a share that is left over by rounding


class Variant(NamedTuple):
    """One point of a grid.

    Attributes
    ----------
    name
        What it is called in tables: ``team, deliberation=0.5``.
    base
        The name of the scenario that it is a variant of.
    values
        By dotted path, what it has of the fields that are varied.
    scenario
        Itself.
    """

    name: str
    base: str
    values: Mapping[str, Any]
    scenario: "Scenario"


def grid(scenarios: "Mapping[str, Scenario]", vary: Sequence[Varied] = ()) -> tuple[Variant, ...]:
    """All variants, scenario by scenario; the values of the last field change fastest.

    Parameters
    ----------
    scenarios
        By name. One without anything varied is its own only variant.
    vary
        Fields that all of them vary, beside those of their own sweeps; its values take the place of
        theirs.

    Raises
    ------
    ScenarioError
        There are too many, or a combination is no scenario.

    Examples
    --------
    >>> from sim.scenario import load
    >>> [variant.name for variant in grid({"team": load("team")}, [Varied("cycles", (1, 2))])]
    ['team, cycles=1', 'team, cycles=2']
    """
    axes = {name: _axes(scenario, vary) for name, scenario in scenarios.items()}
    count = sum(prod(map(len, own.values())) for own in axes.values())
    if count > MAX_VARIANTS:
        raise ScenarioError([Fault((), too_many(count))])
    return tuple(
        _variant(name, scenario, dict(zip(axes[name], values, strict=True)))
        for name, scenario in scenarios.items()
        for values in product(*axes[name].values())
    )


def study_name(scenarios: "Mapping[str, Scenario]", vary: Sequence[Varied] = ()) -> str:
    """What a study of a grid is called: its scenarios, and by what they vary.

    >>> from sim.scenario import load
    >>> study_name({"team": load("team")}, [Varied("principles.deliberation", (0, 1))])
    'team_by_deliberation'
    """
    fields = {path: item for item in scenarios.values() for path in _axes(item, vary)}
    told = [short_name(type(scenario), path) for path, scenario in fields.items()]
    return "_".join([*scenarios, *(["by"] if told else []), *told])


def _axes(scenario: "Scenario", vary: Sequence[Varied]) -> dict[str, tuple[Any, ...]]:
    return {item.field: item.values for item in (*scenario.sweep, *vary)}


def _variant(base: str, scenario: "Scenario", values: Mapping[str, Any]) -> Variant:
    """One point of the grid, by the name that it has."""
    told = [f"{short_name(type(scenario), path)}={short_value(values[path])}" for path in values]
    name = ", ".join([base, *told])
    try:
        return Variant(name, base, values, varied(scenario, values))
    except ScenarioError as error:
        text = _("{reason} (in the variant {name})")
        faults = [(fault, text.format(reason=fault.text, name=name)) for fault in error.faults]
        raise ScenarioError([fault._replace(text=told) for fault, told in faults]) from None


def varied(scenario: "Scenario", values: Mapping[str, Any]) -> "Scenario":
    """A scenario with these values, by dotted path, and with no sweep any more.

    A share of power takes from all other sectors, or gives to them, in proportion to the power they
    have.

    Raises
    ------
    ScenarioError
        The values do not fit together, or one is of no effect there.

    Examples
    --------
    >>> from sim.scenario import load
    >>> found = varied(load("baseline"), {"power_share.government": 0.7})
    >>> [round(found.value(f"stakeholders.{sector}.power"), 3) for sector in SECTORS]
    [0.7, 0.15, 0.075, 0.075]
    """
    shares = {
        path.removeprefix(POWER_SHARE): value
        for path, value in values.items()
        if path.startswith(POWER_SHARE)
    }
    plain = {path: value for path, value in values.items() if not path.startswith(POWER_SHARE)}
    changed = scenario.model_copy(update={"sweep": ()})
    if plain:
        changed = changed.variant(plain)
    drawn = scenario.uncertain.fields if scenario.uncertain else ()
    for path, value in plain.items():
        if path in drawn:
            text = _("cannot be varied here: every run draws it from the sets in [uncertain]")
            raise ScenarioError([Fault((path,), text)])
        if changed.value(path) != value:  # the lists say how many there are
            text = _("cannot be varied here: lists that the scenario has decide it")
            raise ScenarioError([Fault((path,), text)])
        if path.startswith("stakeholders.") and path.endswith(".power"):
            _refuse_listed_power(changed, path)
    return changed.variant(_powers(changed, shares)) if shares else changed


def _powers(scenario: "Scenario", shares: Mapping[str, float]) -> dict[str, float]:
    """The sectors' powers, of the same sum, some of which have these shares of it."""
    powers = {
        sector: scenario.value(f"stakeholders.{sector}.power")
        for sector in SECTORS
        if scenario.count(sector)
    }
    for sector in shares:
        _refuse_listed_power(scenario, POWER_SHARE + sector)
        if sector not in powers:
            text = _("the sector has no stakeholders who could have power")
            raise ScenarioError([Fault((POWER_SHARE + sector,), text)])
    first = (POWER_SHARE + next(iter(shares)),)
    others = {sector: power for sector, power in powers.items() if sector not in shares}
    left, total = 1 - sum(shares.values()), sum(powers.values())
    if left < -_ROUNDING:
        text = _("the shares come to {sum:.10g}, more than 1", sum=sum(shares.values()))
        raise ScenarioError([Fault(first, text)])
    if left > _ROUNDING and not others:
        text = _("the shares come to {sum:.10g}, and no other sector is there to have the rest")
        raise ScenarioError([Fault(first, text.format(sum=sum(shares.values())))])
    if left > _ROUNDING and sum(others.values()) == 0:
        text = _("the other sectors have no power whose proportions they could keep")
        raise ScenarioError([Fault(first, text)])
    scale = max(left, 0.0) * total / sum(others.values()) if left > _ROUNDING else 0.0
    new = {sector: share * total for sector, share in shares.items()}
    new |= {sector: power * scale for sector, power in others.items()}
    return {f"stakeholders.{sector}.power": power for sector, power in new.items()}


def _refuse_listed_power(scenario: "Scenario", path: str) -> None:
    """Where power is listed by person, a sector's power says nothing."""
    if scenario.listed and scenario.listed[0].power is not None:
        text = _("cannot be varied here: power is listed stakeholder by stakeholder")
        raise ScenarioError([Fault((path,), text)])
