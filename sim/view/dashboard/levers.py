"""The levers: every parameter of a scenario, as the schema describes it."""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.base.text import N_, _
from sim.scenario import (
    PRINCIPLES,
    SECTORS,
    Parameter,
    Scenario,
    ScenarioError,
    parameters,
    sector_parameters,
)
from sim.scenario.fields import PLAIN, WORTH
from sim.scenario.grid import varied
from sim.view.words import sector_name

# The first questions of a policy team, in the order on the page.
MAIN = (
    "form.kind",
    "decision.rule",
    "leadership.facilitation",
    "leadership.mandate",
    "trust.prehistory",
    "problem.conflict",
    "stakeholders.interdependence",
    *(f"stakeholders.{sector}.power" for sector in SECTORS),
    *(f"principles.{name}" for name in PRINCIPLES),
)
TABLES: Mapping[str, str] = MappingProxyType(
    {
        "": N_("Course"),
        "stakeholders": N_("Stakeholders"),
        "form": N_("Form"),
        "decision": N_("Decision"),
        "principles": N_("Principles"),
        "leadership": N_("Leadership"),
        "problem": N_("Problem"),
        "trust": N_("Trust"),
        "listening": N_("Listening"),
        "debate": N_("Debate"),
        "planning": N_("Planning"),
        "action": N_("Action"),
        "renewal": N_("Renewal"),
    }
)
FAR = 10  # a slider ends before a bound that is so many times the value; the number field does not
STEPS = 100  # of a slider, or a few more
ROUND = (1, 2, 2.5, 5, 10)


class Lever(NamedTuple):
    """One lever.

    Attributes
    ----------
    parameter
        Its parameter in the schema.
    label
        Its name in words, with the sector if it has one.
    main
        Whether it is shown without opening "More values".
    group
        Its heading under "More values".
    optional
        Whether it may have no value.
    """

    parameter: Parameter
    label: str
    main: bool
    group: str
    optional: bool

    @property
    def path(self) -> str:
        """The path of its value in a scenario file."""
        return self.parameter.path


@cache
def levers() -> Mapping[str, Lever]:
    """Return all levers by their dotted paths, the main ones first.

    >>> list(levers())[:2], levers()["trust.prehistory"].main
    (['form.kind', 'decision.rule'], True)
    """
    made = [_lever(parameter) for parameter in _parameters()]
    made.sort(key=lambda lever: _rank(lever.path))  # stable: else the order of a scenario file
    return MappingProxyType({lever.path: lever for lever in made})


def _parameters() -> Iterator[Parameter]:
    yield from parameters()
    for parameter in sector_parameters():
        for sector in SECTORS:
            path = parameter.path.format(sector=sector)
            yield replace(parameter, path=path, default=Scenario().value(path))


def _lever(parameter: Parameter) -> Lever:
    table, _dot, leaf = parameter.path.rpartition(".")
    sector = table.rpartition(".")[2]
    name = leaf if leaf in ("rounds", "k") else parameter.name
    label = name.replace("_", " ")
    if sector in SECTORS:
        label = _("{label}, {sector}", label=label, sector=sector_name(sector))
    group = table.partition(".")[0]
    optional = parameter.default is None
    main = _rank(parameter.path) < len(MAIN)
    heading = TABLES.get(group, group.capitalize())  # also for a table that is new in the schema
    return Lever(parameter, label, main, heading, optional)


def _rank(path: str) -> int:
    """Return the place of a lever among the main ones, or a place after all of them."""
    return MAIN.index(path) if path in MAIN else len(MAIN)


def parse_value(lever: Lever, given: object) -> Any:
    """Return the value for a scenario, from the text or number of the browser or a link.

    A value that cannot be read is returned as it is, and the schema reports the error.

    >>> parse_value(levers()["cycles"], "4"), parse_value(levers()["form.seats"], "all")
    (4, 'all')
    >>> parse_value(levers()["cycles"], "many"), parse_value(levers()["horizon"], "")
    ('many', None)
    """
    parameter = lever.parameter
    if lever.optional and given in ("", None):
        return None
    if parameter.kind == "flag":
        return {"true": True, "false": False}.get(str(given).lower(), given)
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return given
    if parameter.kind == "choice" or given in parameter.choices:
        return given
    try:
        number = float(given)
    except (ValueError, OverflowError):
        return given
    whole = parameter.kind == "integer" and math.isfinite(number) and number == int(number)
    return int(number) if whole else number


def link_value(value: object) -> str:
    """Return a value as text for a link; `parse_value` reads it back.

    >>> [link_value(value) for value in (True, 0.1, 4, "all", None)]
    ['true', '0.1', '4', 'all', '']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def describe_levers(opened: Scenario, idle: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return all levers as the page shows them: everything that stays while a scenario is open.

    Parameters
    ----------
    idle
        The paths of levers without effect in this scenario, which are not shown as main ones.
    """
    return [_describe(lever, opened, lever.path in idle) for lever in levers().values()]


def _describe(lever: Lever, opened: Scenario, idle: bool) -> dict[str, Any]:
    """Return the names, explanation and bounds of a lever, and why it is fixed, if it is."""
    parameter, start = lever.parameter, opened.value(lever.path)
    fixed = why_fixed(lever, opened)
    reach = slider_end(parameter, start)
    step = slider_step(parameter, reach)
    unit = "" if parameter.unit in (PLAIN, WORTH) else _(parameter.unit)
    return {
        "path": lever.path,
        "label": lever.label,
        "meaning": _(parameter.meaning),
        "unit": ", ".join(filter(None, (unit, parameter.range))),
        "kind": parameter.kind,
        "choices": [[word, _(word.replace("_", " "))] for word in parameter.choices],
        "low": parameter.low,
        "high": parameter.high,
        "from": (parameter.low or 0) + (step if parameter.low_open else 0),
        "reach": reach - (step if parameter.high_open and reach == parameter.high else 0),
        "step": step,
        "optional": lever.optional,
        "main": lever.main and not fixed and not idle,
        "idle": _("moves next to nothing here: lists in the scenario decide it") if idle else "",
        "group": _(lever.group),
        "fixed": fixed,
    }


def slider_end(parameter: Parameter, start: Any) -> float:
    """Return the end of a slider: the bound, or a value nearer to the present one.

    >>> slider_end(levers()["trust.prehistory"].parameter, 0.4)
    1
    >>> slider_end(levers()["stakeholders.private.funds"].parameter, 12.0)
    50.0
    """
    high = parameter.high or 0.0
    usual = start if isinstance(start, int | float) and start > 0 else parameter.default
    usual = usual if isinstance(usual, int | float) and usual > 0 else FAR
    if high <= max(FAR, FAR * usual):
        return high
    wanted = 4 * usual
    power = 10.0 ** math.floor(math.log10(wanted))
    reach = min(high, next(power * step for step in ROUND if power * step >= wanted))
    return reach if parameter.kind == "number" else int(reach)


def slider_step(parameter: Parameter, reach: float) -> float:
    """Return the step of a slider.

    >>> slider_step(levers()["form.k"].parameter, 25)
    2
    >>> slider_step(levers()["trust.tie_sd"].parameter, 1)
    0.01
    """
    if parameter.kind != "number":
        return parameter.step
    rough = (reach - (parameter.low or 0.0)) / STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    return float(f"{power * max(step for step in ROUND if power * step <= rough * 1.001):.6g}")


def why_fixed(lever: Lever, opened: Scenario) -> str:
    """Return why no other value is valid, as the schema reports it; empty if one is."""
    text = ""
    for value in _other_values(lever, opened.value(lever.path)):
        try:
            varied(opened, {lever.path: value})
        except ScenarioError as error:
            text = error.faults[0].text
        else:
            return ""
    return text


def _other_values(lever: Lever, now: Any) -> Iterator[Any]:
    """Yield some values other than the present one."""
    parameter = lever.parameter
    if parameter.kind == "flag":
        yield not now
    elif parameter.kind == "choice":
        yield from (word for word in parameter.choices if word != now)
    elif isinstance(now, int | float):
        step = parameter.step if parameter.kind == "integer" else now / 2 or 0.5
        yield from (now + step, now - step)
        yield from (end for end in (parameter.low, parameter.high) if end != now)
    else:
        yield slider_end(parameter, now)
