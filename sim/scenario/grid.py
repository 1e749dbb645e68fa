"""The grid that a sweep spans: every combination of its values, each a variant of its scenario."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.language import _
from sim.scenario.faults import Fault, ScenarioError
from sim.scenario.setting import SECTORS
from sim.scenario.sweep import MOST_VARIANTS, POWER_SHARE, Varied, in_name, short_name, too_many

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

NEXT_TO_NOTHING = 1e-9  # a share that is left over by rounding


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
    if count > MOST_VARIANTS:
        raise ScenarioError([Fault((), too_many(count))])
    return tuple(
        _variant(name, scenario, dict(zip(axes[name], values, strict=True)))
        for name, scenario in scenarios.items()
        for values in product(*axes[name].values())
    )


def called(scenarios: "Mapping[str, Scenario]", vary: Sequence[Varied] = ()) -> str:
    """What a study of a grid is called: its scenarios, and by what they vary.

    >>> from sim.scenario import load
    >>> called({"team": load("team")}, [Varied("principles.deliberation", (0, 1))])
    'team_by_deliberation'
    """
    fields = {path: item for item in scenarios.values() for path in _axes(item, vary)}
    told = [short_name(type(scenario), path) for path, scenario in fields.items()]
    return "_".join([*scenarios, *(["by"] if told else []), *told])


def _axes(scenario: "Scenario", vary: Sequence[Varied]) -> dict[str, tuple[Any, ...]]:
    return {item.field: item.values for item in (*scenario.sweep, *vary)}


def _variant(base: str, scenario: "Scenario", values: Mapping[str, Any]) -> Variant:
    """One point of the grid, by the name that it has."""
    told = [f"{short_name(type(scenario), path)}={in_name(values[path])}" for path in values]
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
    if left < -NEXT_TO_NOTHING:
        text = _("the shares come to {sum:.10g}, more than 1", sum=sum(shares.values()))
        raise ScenarioError([Fault(first, text)])
    if left > NEXT_TO_NOTHING and not others:
        text = _("the shares come to {sum:.10g}, and no other sector is there to have the rest")
        raise ScenarioError([Fault(first, text.format(sum=sum(shares.values())))])
    if left > NEXT_TO_NOTHING and sum(others.values()) == 0:
        text = _("the other sectors have no power whose proportions they could keep")
        raise ScenarioError([Fault(first, text)])
    scale = max(left, 0.0) * total / sum(others.values()) if left > NEXT_TO_NOTHING else 0.0
    new = {sector: share * total for sector, share in shares.items()}
    new |= {sector: power * scale for sector, power in others.items()}
    return {f"stakeholders.{sector}.power": power for sector, power in new.items()}


def _refuse_listed_power(scenario: "Scenario", path: str) -> None:
    """Where power is listed by person, a sector's power says nothing."""
    if scenario.listed and scenario.listed[0].power is not None:
        text = _("cannot be varied here: power is listed stakeholder by stakeholder")
        raise ScenarioError([Fault((path,), text)])
