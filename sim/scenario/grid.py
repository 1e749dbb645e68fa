"""Sweeps: fields that take several values in turn, and the grid of scenarios that they span."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.base.text import _
from sim.scenario.choices import SECTORS
from sim.scenario.errors import Fault, FieldPath, ScenarioError, format_value, raise_faults
from sim.scenario.fields import (
    POWER_SHARE,
    invalid_value,
    short_name,
    sweepable,
    unknown_field,
    value_of,
)

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


MAX_VARIANTS = 10_000
NUMBER = r"([+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(?:[eE][+-]?\d{1,2})?)"
_ROUNDING = 1e-9  # what rounding may leave of a sum of shares
_RANGE = rf"^\s*{NUMBER}\s*:\s*{NUMBER}\s*:\s*(\d{{1,18}})\s*$"


class Varied(NamedTuple):
    """A field and the values that it takes."""

    field: str
    values: tuple[Any, ...]


def read_sweep(scenario: "type[Scenario]", given: object) -> tuple[Varied, ...]:
    """Read the ``[sweep]`` of a scenario; faults are raised for pydantic."""
    if isinstance(given, tuple) and all(isinstance(item, Varied) for item in given):
        given = {item.field: item.values for item in given}
    found, faults = _read(scenario, given)
    raise_faults(faults)
    return found


def read_vary(scenario: "type[Scenario]", given: Mapping[str, Any]) -> tuple[Varied, ...]:
    """Read the fields and values given in Python or on the command line.

    Parameters
    ----------
    given
        A list of values for each dotted path, or ``"a:b:n"``: n even steps from a to b inclusive.

    Raises
    ------
    ScenarioError
        The message has a line for each fault.

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
    """Parse the arguments of ``--vary``, one for each field, for ``read_vary``.

    >>> parse_vary(["principles.deliberation=0,0.5,1", "decide=true,false", "cycles=1:5:3"])
    {'principles.deliberation': [0, 0.5, 1], 'decide': [True, False], 'cycles': '1:5:3'}
    """
    table: dict[str, Any] = {}
    for text in words:
        field, sign, values = (part.strip() for part in text.partition("="))
        if not sign or not field or not values:
            message = _(
                '"{text}" is no field with its values, such as principles.deliberation=0,0.5,1',
                text=text,
            )
            raise ScenarioError([Fault(("--vary",), message)])
        if field in table:
            raise ScenarioError([Fault((field,), _("is varied twice"))])
        table[field] = values if ":" in values else [_word(value) for value in values.split(",")]
    return table


def _word(text: str) -> Any:
    """Return the number, flag or text that a value of ``--vary`` stands for."""
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
    """Flatten nested tables into paths; a dotted name in quotation marks is one name.

    >>> flat({"principles.deliberation": [0, 1], "decision": {"rule": ["lead"]}})
    {('principles.deliberation',): [0, 1], ('decision', 'rule'): ['lead']}
    """
    found: dict[tuple[str, ...], Any] = {}
    for name, value in given.items():
        inside = isinstance(value, Mapping)
        found |= flat(value, (*above, name)) if inside else {(*above, name): value}
    return found


def _read(scenario: "type[Scenario]", given: object) -> tuple[tuple[Varied, ...], list[Fault]]:
    """Return the varied fields, and the faults."""
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
        faults += wrong
    count = prod(len(item.values) for item in found)
    if count > MAX_VARIANTS:
        faults.append(Fault((), too_many(count)))
    return tuple(found), faults


def too_many(count: int) -> str:
    """Return the message about a grid that is too large."""
    text = _("{count:,} variants are too many: there may be {most:,}")
    return text.format(count=count, most=MAX_VARIANTS)


def _read_values(
    scenario: "type[Scenario]", path: str, given: object
) -> tuple[tuple[Any, ...], list[Fault]]:
    """Return the values of a field, and the faults."""
    steps = re.match(_RANGE, given) if isinstance(given, str) else None
    values = [] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    count = int(steps[3]) if steps else len(values)
    if count > MAX_VARIANTS:
        return (), [Fault((path,), too_many(count))]
    if steps and count > 1:
        values = _even(Fraction(steps[1]), Fraction(steps[2]), count)
    if not values:
        text = _(
            'must be a list of values, or "a:b:n": n even steps from a to b, 2 or more; not {value}'
        )
        shown = _("an empty list") if given == [] else format_value(given)
        return (), [Fault((path,), text.format(value=shown))]
    found: list[Any] = []
    seen: set[str] = set()
    faults: list[Fault] = []
    for place, value in enumerate(values):
        try:
            found.append(value_of(scenario, path, value))
        except ValueError:
            at: FieldPath = (path,) if steps else (path, place)
            faults.append(Fault(at, invalid_value(sweepable(scenario)[path], value)))
            continue
        if short_value(found[-1]) in seen:
            text = _("{value} is listed twice", value=format_value(value))
            faults.append(Fault((path, place), text))
        seen.add(short_value(found[-1]))
    return tuple(found), faults[:1] if steps else faults


def _even(low: Fraction, high: Fraction, count: int) -> list[float]:
    """Return even steps from `low` to `high` inclusive, each rounded once.

    >>> _even(Fraction(0), Fraction(3, 10), 4)
    [0, 0.1, 0.2, 0.3]
    """
    exact = [low + (high - low) * place / (count - 1) for place in range(count)]
    return [int(value) if value.denominator == 1 else float(value) for value in exact]


def short_value(value: Any) -> str:
    """Return a value as the names of variants contain it, with at most ten digits.

    >>> [short_value(value) for value in (0.5, 1.0, True, "lead")]
    ['0.5', '1', 'true', 'lead']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def sweep_schema(scenario: "type[Scenario]") -> dict[str, Any]:
    """Return the JSON Schema of ``[sweep]``, so that editors complete dotted names and tables."""
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


class Variant(NamedTuple):
    """One point of a grid: a scenario with one combination of values.

    Attributes
    ----------
    name
        Its name in tables: ``team, deliberation=0.5``.
    base
        The name of the scenario it varies.
    values
        The values of the varied fields, by dotted path.
    scenario
        The scenario with these values.
    """

    name: str
    base: str
    values: Mapping[str, Any]
    scenario: "Scenario"


def grid(scenarios: "Mapping[str, Scenario]", vary: Sequence[Varied] = ()) -> tuple[Variant, ...]:
    """Return all variants, scenario by scenario; the values of the last field change fastest.

    Parameters
    ----------
    scenarios
        By name. A scenario without varied fields is its own only variant.
    vary
        Fields that all scenarios vary, in addition to their own sweeps and in place of the same
        fields there.

    Raises
    ------
    ScenarioError
        There are too many variants, or a combination is not a valid scenario.

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
    """Return the name of a study of a grid: its scenarios and what they vary by.

    >>> from sim.scenario import load
    >>> study_name({"team": load("team")}, [Varied("principles.deliberation", (0, 1))])
    'team_by_deliberation'
    """
    fields = {path: item for item in scenarios.values() for path in _axes(item, vary)}
    names = [short_name(type(scenario), path) for path, scenario in fields.items()]
    return "_".join([*scenarios, *(["by"] if names else []), *names])


def _axes(scenario: "Scenario", vary: Sequence[Varied]) -> dict[str, tuple[Any, ...]]:
    return {item.field: item.values for item in (*scenario.sweep, *vary)}


def _variant(base: str, scenario: "Scenario", values: Mapping[str, Any]) -> Variant:
    """Return one point of the grid."""
    labels = [f"{short_name(type(scenario), path)}={short_value(values[path])}" for path in values]
    name = ", ".join([base, *labels])
    try:
        return Variant(name, base, values, varied(scenario, values))
    except ScenarioError as error:
        text = _("{reason} (in the variant {name})")
        raise ScenarioError(
            fault._replace(text=text.format(reason=fault.text, name=name)) for fault in error.faults
        ) from None


def varied(scenario: "Scenario", values: Mapping[str, Any]) -> "Scenario":
    """Return a scenario with these values, by dotted path, and without its sweep.

    A share of power changes the power of all other sectors in proportion.

    Raises
    ------
    ScenarioError
        The values do not fit together, or one would have no effect.

    Examples
    --------
    >>> from sim.scenario import load
    >>> found = varied(load("baseline"), {"power_share.government": 0.7})
    >>> [round(found.value(f"stakeholders.{sector}.power"), 3) for sector in SECTORS]
    [0.7, 0.15, 0.075, 0.075]
    """
    plain = {path: value for path, value in values.items() if not path.startswith(POWER_SHARE)}
    shares = {path.removeprefix(POWER_SHARE): values[path] for path in values if path not in plain}
    changed = scenario.model_copy(update={"sweep": ()})
    if plain:
        changed = changed.variant(plain)
    drawn = scenario.uncertain.fields if scenario.uncertain else ()
    for path, value in plain.items():
        if path in drawn:
            text = _("cannot be varied here: every run draws it from the sets in [uncertain]")
            raise ScenarioError([Fault((path,), text)])
        if changed.value(path) != value:  # lists of stakeholders and options set the counts
            text = _("cannot be varied here: lists that the scenario has decide it")
            raise ScenarioError([Fault((path,), text)])
        if path.startswith("stakeholders.") and path.endswith(".power"):
            _check_listed_power(changed, path)
    return changed.variant(_powers(changed, shares)) if shares else changed


def _powers(scenario: "Scenario", shares: Mapping[str, float]) -> dict[str, float]:
    """Return the power of each sector: the given shares of the same sum as before."""
    powers = {
        sector: scenario.value(f"stakeholders.{sector}.power")
        for sector in SECTORS
        if scenario.count(sector)
    }
    for sector in shares:
        _check_listed_power(scenario, POWER_SHARE + sector)
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


def _check_listed_power(scenario: "Scenario", path: str) -> None:
    """Raise an error if the power of each stakeholder is listed: a sector's then has no effect."""
    if scenario.listed and scenario.listed[0].power is not None:
        text = _("cannot be varied here: power is listed stakeholder by stakeholder")
        raise ScenarioError([Fault((path,), text)])
