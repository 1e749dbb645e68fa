"""The controls: every parameter of a scenario, as its schema describes it."""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.language import N_, _
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

# What a policy team asks about first, in the order in which it is shown.
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
FAR = (
    10  # a bound so much higher is out of sight: the slider ends nearer, the number field does not
)
STEPS = 100  # of a slider, or a few more
ROUND = (1, 2, 2.5, 5, 10)


class Lever(NamedTuple):
    """One control.

    Attributes
    ----------
    parameter
        What the schema says of it; its path is the lever's.
    label
        What it is called: its own name in words, and the sector's.
    main
        Whether it is shown at once.
    group
        Under which heading it stands.
    optional
        Whether there may be no value at all.
    """

    parameter: Parameter
    label: str
    main: bool
    group: str
    optional: bool

    @property
    def path(self) -> str:
        """Where its value stands in a scenario file."""
        return self.parameter.path


@cache
def levers() -> Mapping[str, Lever]:
    """Every control by its dotted path: those that are shown at once first, in their order.

    >>> list(levers())[:2], levers()["trust.prehistory"].main
    (['form.kind', 'decision.rule'], True)
    """
    made = [_lever(parameter) for parameter in _parameters()]
    made.sort(key=lambda lever: _place(lever.path))  # stable: else the order of a scenario file
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
    main = _place(parameter.path) < len(MAIN)
    heading = TABLES.get(group, group.capitalize())  # a table that is new appears by itself
    return Lever(parameter, label, main, heading, optional)


def _place(path: str) -> int:
    """How far forward a control stands; behind all that are shown at once, if it is not."""
    return MAIN.index(path) if path in MAIN else len(MAIN)


def read(lever: Lever, given: object) -> Any:
    """A value as a scenario takes it, of what a control or a link gives: a text, or a number.

    What cannot be read stays as it is: the schema says what is wrong with it.

    >>> read(levers()["cycles"], "4"), read(levers()["form.seats"], "all")
    (4, 'all')
    >>> read(levers()["cycles"], "many"), read(levers()["horizon"], "")
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


def written(value: object) -> str:
    """A value as a link holds it; `read` reads it back.

    >>> [written(value) for value in (True, 0.1, 4, "all", None)]
    ['true', '0.1', '4', 'all', '']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def described(opened: Scenario, idle: Collection[str] = ()) -> list[dict[str, Any]]:
    """All controls as the page shows them, in what does not change while a scenario is open.

    Parameters
    ----------
    idle
        The paths of those that move next to nothing there: they are not among those shown at once.
    """
    return [_described(lever, opened, lever.path in idle) for lever in levers().values()]


def _described(lever: Lever, opened: Scenario, idle: bool) -> dict[str, Any]:
    """Names, explanation, bounds, how far the slider goes, and why it cannot be moved, if so."""
    parameter, start = lever.parameter, opened.value(lever.path)
    fixed = why_fixed(lever, opened)
    reach = reach_of(parameter, start)
    step = step_of(parameter, reach)
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


def reach_of(parameter: Parameter, start: Any) -> float:
    """Where a slider ends: at the bound, or well above the present value if that is far away.

    >>> reach_of(levers()["trust.prehistory"].parameter, 0.4)
    1
    >>> reach_of(levers()["stakeholders.private.funds"].parameter, 12.0)
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


def step_of(parameter: Parameter, reach: float) -> float:
    """How far one step of a slider goes.

    >>> step_of(levers()["form.k"].parameter, 25), step_of(levers()["trust.tie_sd"].parameter, 1)
    (2, 0.01)
    """
    if parameter.kind != "number":
        return parameter.step
    rough = (reach - (parameter.low or 0.0)) / STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    return float(f"{power * max(step for step in ROUND if power * step <= rough * 1.001):.6g}")


def why_fixed(lever: Lever, opened: Scenario) -> str:
    """Why no value can be set here, in the schema's words; nothing if some can."""
    text = ""
    for value in _others(lever, opened.value(lever.path)):
        try:
            varied(opened, {lever.path: value})
        except ScenarioError as error:
            text = error.faults[0].text
        else:
            return ""
    return text


def _others(lever: Lever, now: Any) -> Iterator[Any]:
    """A few values other than the present one."""
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
        yield reach_of(parameter, now)
