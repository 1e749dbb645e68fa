"""What is not known for sure: sets of values of which every run draws one."""

import math
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StrictFloat, StrictInt

from sim.language import N_, _
from sim.scenario.faults import Fault, all_refused
from sim.scenario.fields import Table
from sim.scenario.parameters import Parameter, described
from sim.scenario.sweep import unknown_field

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

MOST_SETS, MOST_WEIGHT = 10_000, 1e9
Real = StrictFloat | StrictInt


class Uncertain(Table):
    """Fields and sets of values for them: every run draws one set, the same in every scenario.

    >>> Uncertain(fields=["problem.g"], sets=[[0.07], [0.14]]).shares
    (0.5, 0.5)
    """

    fields: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description=N_("dotted paths of the fields that a set has values for")
    )
    sets: Annotated[tuple[tuple[Real, ...], ...], Field(min_length=1, max_length=MOST_SETS)] = (
        Field(description=N_("the sets, each with a value for every field"))
    )
    weights: tuple[Real, ...] | None = Field(
        None, description=N_("how often each set is drawn, against others; alike, if not given")
    )

    @property
    def shares(self) -> tuple[float, ...]:
        """The chance of each set."""
        weights = self.weights or (1.0,) * len(self.sets)
        total = math.fsum(weights)
        return tuple(weight / total for weight in weights)


@cache
def calibratable(scenario: "type[Scenario]") -> dict[str, Parameter]:
    """The fields that a set may have: every real number, by dotted path.

    >>> from sim.scenario import Scenario
    >>> "problem.g" in calibratable(Scenario), "cycles" in calibratable(Scenario)
    (True, False)
    """
    power = ".power"  # which is divided by its sum: a share is no value by itself
    return {
        field.path: field
        for field in described(scenario)
        if field.kind == "number" and not field.path.endswith(power)
    }


def within(field: Parameter, value: float) -> bool:
    """Whether a number lies within the bounds of a field."""
    if field.low is None or field.high is None:
        return False
    above = value > field.low if field.low_open else value >= field.low
    below = value < field.high if field.high_open else value <= field.high
    return above and below


def not_calibratable(scenario: "type[Scenario]", path: str) -> str:
    """What is said of a field that no set may have."""
    known = {field.path for field in described(scenario)}
    if path in known:
        return _("is no real number, or a share of power: sets cannot have it")
    return unknown_field(scenario, path)


def check_uncertain(scenario: "Scenario") -> None:
    """Every field is known and there once, and every value is one that it takes."""
    if scenario.uncertain is not None:
        faults = list(_wrong(type(scenario), scenario.uncertain))
        if faults:
            raise all_refused(faults)


def _wrong(scenario: "type[Scenario]", given: Uncertain) -> Iterator[Fault]:
    known = calibratable(scenario)
    for place, path in enumerate(given.fields):
        if path not in known:
            yield Fault(("uncertain", "fields", place), not_calibratable(scenario, path))
        elif path in given.fields[:place]:
            yield Fault(("uncertain", "fields", place), _("stands there twice"))
    for row, values in enumerate(given.sets):
        if len(values) != len(given.fields):
            text = _("has {count} values for {fields} fields")
            text = text.format(count=len(values), fields=len(given.fields))
            yield Fault(("uncertain", "sets", row), text)
            continue
        for place, (path, value) in enumerate(zip(given.fields, values, strict=True)):
            if path in known and not within(known[path], value):
                text = _("{field} must be {allowed}, not {value}")
                text = text.format(field=path, allowed=known[path].allowed, value=value)
                yield Fault(("uncertain", "sets", row, place), text)
    weights = given.weights
    if weights is not None and len(weights) != len(given.sets):
        text = _("are {count} for {sets} sets", count=len(weights), sets=len(given.sets))
        yield Fault(("uncertain", "weights"), text)
    elif weights is not None and not (min(weights) >= 0 < max(weights) <= MOST_WEIGHT):
        text = _("must be from 0 to {most:,.0f}, and not all of them 0", most=MOST_WEIGHT)
        yield Fault(("uncertain", "weights"), text)
