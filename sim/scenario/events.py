"""Events: what changes from outside while a run goes on (model description 4.7)."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    StrictFloat,
    ValidationError,
    model_validator,
)

from sim.language import N_, _
from sim.scenario.complaints import shown
from sim.scenario.faults import Fault, all_refused, meant, refused
from sim.scenario.fields import LEVEL, PLAIN, ROUNDS, Table, fraction, lever, number, whole, word
from sim.scenario.parameters import Parameter, described, table_of
from sim.scenario.setting import MOST_CYCLES, MOST_MONTHS

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

SOURCE = "model description 4.7"


class Event(Table):
    """At a round or a cycle, a field is scaled or set.

    >>> Event(cycle=2, field="stakeholders.government.funds", scale=0.5).scale
    0.5
    """

    title: str = word("", N_("what happens, in a few words"))
    round: int | None = whole(None, 1, MOST_MONTHS, ROUNDS, N_("months since the start"), SOURCE)
    cycle: int | None = whole(None, 1, MOST_CYCLES, PLAIN, N_("at the start of it"), SOURCE)
    field: str = Field(description=N_("the dotted path of what changes"))
    scale: float | None = number(None, 0, 1_000, PLAIN, N_("what it is multiplied by"), SOURCE)
    set: Annotated[StrictFloat | str | None, BeforeValidator(fraction)] = word(
        None, N_("its new value")
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.round is None) == (self.cycle is None):
            raise refused(_("needs either round or cycle"))
        if (self.scale is None) == (self.set is None):
            raise refused(_("needs either scale or set"))
        return self


class TrustIn(Table):
    """What an event can change that is no field: the trust that others place in a sector."""

    government: float = lever(0.5, 0, 1, LEVEL, N_("trust in the government"), SOURCE)
    private: float = lever(0.5, 0, 1, LEVEL, N_("trust in the private sector"), SOURCE)
    community: float = lever(0.5, 0, 1, LEVEL, N_("trust in the community"), SOURCE)
    civil_society: float = lever(0.5, 0, 1, LEVEL, N_("trust in civil society"), SOURCE)


def changeable(scenario: "type[Scenario]") -> tuple[Parameter, ...]:
    """What an event may change, the trust in a sector included."""
    return tuple(field for field in _fields(scenario).values() if field.changeable)


@cache
def _fields(scenario: "type[Scenario]") -> dict[str, Parameter]:
    """All that an event could name."""
    every = [*described(scenario), *described(TrustIn, "trust_in.")]
    return {field.path: field for field in every}


def check_events(scenario: "Scenario") -> None:
    """Every event can happen, and changes what may change to what is allowed."""
    faults = [
        Fault(("events", row, name), text)
        for row, event in enumerate(scenario.events)
        for name, text in _wrong(scenario, event)
    ]
    if faults:
        raise all_refused(faults)


def _wrong(scenario: "Scenario", event: Event) -> Iterator[tuple[str, str]]:
    """What is wrong with an event: the name of its field, and why."""
    if event.round is not None and event.round > scenario.latest_round:
        yield "round", _("is beyond the latest possible round, {last}", last=scenario.latest_round)
    if event.cycle is not None and event.cycle > scenario.cycles:
        yield "cycle", _("is beyond the last cycle, {last}", last=scenario.cycles)
    yield from _wrong_change(type(scenario), event)


def _wrong_change(scenario: "type[Scenario]", event: Event) -> Iterator[tuple[str, str]]:
    """Why the field may not change, or not to this."""
    field = _fields(scenario).get(event.field)
    if field is None:
        hint = meant(event.field, [field.path for field in changeable(scenario)])
        yield "field", _('unknown field "{field}", {hint}', field=event.field, hint=hint)
    elif not field.changeable:
        yield "field", _("{field} is not changeable: it holds for a whole run", field=event.field)
    elif event.scale is not None and field.kind != "number":
        text = _("{field} can only be set: it is {allowed}")
        yield "scale", text.format(field=event.field, allowed=field.allowed)
    elif event.set is not None and not _admits(scenario, event):
        values = {"field": event.field, "allowed": field.allowed, "value": shown(event.set)}
        yield "set", _("{field} must be {allowed}, not {value}", **values)


def _admits(scenario: type[BaseModel], event: Event) -> bool:
    """Whether the field's own table accepts the value."""
    first, *rest = event.field.split(".")
    table = table_of(TrustIn, rest) if first == "trust_in" else table_of(scenario, [first, *rest])
    try:
        table.model_validate({rest[-1]: event.set})
    except ValidationError:
        return False
    return True
