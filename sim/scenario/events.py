"""Tables that name other fields: events change them during a run, each run draws uncertain ones.

Events are section 4.7 of the model description.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BeforeValidator, Field, StrictFloat, StrictInt, model_validator

from sim.base.text import N_, _
from sim.scenario.errors import Fault, did_you_mean, field_error, not_allowed, raise_faults
from sim.scenario.fields import (
    EVENTS,
    PLAIN,
    ROUNDS,
    Table,
    calibratable,
    changeable,
    event_fields,
    fraction,
    not_calibratable,
    number,
    value_of,
    whole,
    within,
    word,
)
from sim.scenario.tables import MAX_CYCLES, MAX_MONTHS

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

MAX_SETS, MAX_WEIGHT = 10_000, 1e9
Real = StrictFloat | StrictInt


class Event(Table):
    """At a round or a cycle, a field is scaled or set.

    >>> Event(cycle=2, field="stakeholders.government.funds", scale=0.5).scale
    0.5
    """

    title: str = word("", N_("what happens, in a few words"))
    round: int | None = whole(None, 1, MAX_MONTHS, ROUNDS, N_("months since the start"), EVENTS)
    cycle: int | None = whole(None, 1, MAX_CYCLES, PLAIN, N_("at the start of it"), EVENTS)
    field: str = Field(description=N_("the dotted path of what changes"))
    scale: float | None = number(None, 0, 1_000, PLAIN, N_("what it is multiplied by"), EVENTS)
    set: Annotated[StrictFloat | str | None, BeforeValidator(fraction)] = word(
        None, N_("its new value")
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.round is None) == (self.cycle is None):
            raise field_error(_("needs either round or cycle"))
        if (self.scale is None) == (self.set is None):
            raise field_error(_("needs either scale or set"))
        return self


def check_events(scenario: "Scenario") -> None:
    """Raise an error if an event cannot happen, or changes a field to what is not allowed."""
    raise_faults(
        Fault(("events", row, name), text)
        for row, event in enumerate(scenario.events)
        for name, text in _event_errors(scenario, event)
    )


def _event_errors(scenario: "Scenario", event: Event) -> Iterator[tuple[str, str]]:
    """Yield the name of each invalid field of an event, and a message."""
    if event.round is not None and event.round > scenario.latest_round:
        yield "round", _("is beyond the latest possible round, {last}", last=scenario.latest_round)
    if event.cycle is not None and event.cycle > scenario.cycles:
        yield "cycle", _("is beyond the last cycle, {last}", last=scenario.cycles)
    yield from _change_errors(type(scenario), event)


def _change_errors(scenario: "type[Scenario]", event: Event) -> Iterator[tuple[str, str]]:
    """Yield why the field may not change, or not to this value."""
    field = event_fields(scenario).get(event.field)
    if field is None:
        hint = did_you_mean(event.field, [field.path for field in changeable(scenario)])
        yield "field", _('unknown field "{field}", {hint}', field=event.field, hint=hint)
    elif not field.changeable:
        yield "field", _("{field} is not changeable: it holds for a whole run", field=event.field)
    elif event.scale is not None and field.kind != "number":
        text = _("{field} can only be set: it is {allowed}")
        yield "scale", text.format(field=event.field, allowed=field.allowed)
    elif event.set is not None:
        try:
            value_of(scenario, event.field, event.set)
        except ValueError:
            yield "set", f"{event.field} {not_allowed(field.allowed, event.set)}"


class Uncertain(Table):
    """Fields and sets of values for them: every run draws one set, the same in every scenario.

    >>> Uncertain(fields=["problem.g"], sets=[[0.07], [0.14]]).shares
    (0.5, 0.5)
    """

    fields: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description=N_("dotted paths of the fields that a set has values for")
    )
    sets: Annotated[tuple[tuple[Real, ...], ...], Field(min_length=1, max_length=MAX_SETS)] = Field(
        description=N_("the sets, each with a value for every field")
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


def check_uncertain(scenario: "Scenario") -> None:
    """Raise an error if a field is unknown or listed twice, or a value is out of bounds."""
    if scenario.uncertain is not None:
        raise_faults(_uncertain_faults(type(scenario), scenario.uncertain))


def _uncertain_faults(scenario: "type[Scenario]", given: Uncertain) -> Iterator[Fault]:
    known = calibratable(scenario)
    for place, path in enumerate(given.fields):
        if path not in known:
            yield Fault(("uncertain", "fields", place), not_calibratable(scenario, path))
        elif path in given.fields[:place]:
            yield Fault(("uncertain", "fields", place), _("is listed twice"))
    for row, values in enumerate(given.sets):
        if len(values) != len(given.fields):
            text = _("has {count} values for {fields} fields")
            text = text.format(count=len(values), fields=len(given.fields))
            yield Fault(("uncertain", "sets", row), text)
            continue
        for place, (path, value) in enumerate(zip(given.fields, values, strict=True)):
            if path in known and not within(known[path], value):
                text = f"{path} {not_allowed(known[path].allowed, value)}"
                yield Fault(("uncertain", "sets", row, place), text)
    weights = given.weights
    if weights is not None and len(weights) != len(given.sets):
        text = _("are {count} for {sets} sets", count=len(weights), sets=len(given.sets))
        yield Fault(("uncertain", "weights"), text)
    elif weights is not None and not (min(weights) >= 0 < max(weights) <= MAX_WEIGHT):
        text = _("must be from 0 to {most:,.0f}, and not all of them 0", most=MAX_WEIGHT)
        yield Fault(("uncertain", "weights"), text)
