"""Every parameter has a name, bounds that hold, and says what it means."""

import math
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from sim.scenario import Parameter, Scenario, ScenarioError, parameters, sector_parameters
from sim.scenario.fields import Table, number, parameters_of

SECTOR_FIELDS = [
    replace(field, path=field.path.format(sector="private")) for field in sector_parameters()
]
ALL = [*parameters(), *SECTOR_FIELDS]
BOUNDED = [field for field in ALL if field.low is not None]
CHOICES = [field for field in ALL if field.choices]


def each(fields: list[Parameter]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("field", fields, ids=[field.path for field in fields])


def with_value(field: Parameter, value: Any) -> Any:
    return Scenario().variant({field.path: value}).value(field.path)


def just_past(field: Parameter, bound: float, direction: float) -> float:
    if field.kind == "integer":
        return int(bound) + (field.step if direction > 0 else -field.step)
    return math.nextafter(bound, direction)


@each(BOUNDED)
def test_a_bound_is_accepted_and_what_is_just_outside_refused(field: Parameter) -> None:
    assert field.low is not None
    assert field.high is not None
    low, high = field.low, field.high
    first = just_past(field, low, math.inf) if field.low_open else low
    last = just_past(field, high, -math.inf) if field.high_open else high
    assert with_value(field, first) == first
    assert with_value(field, last) == last
    below = low if field.low_open else just_past(field, low, -math.inf)
    above = high if field.high_open else just_past(field, high, math.inf)
    for outside in (below, above):
        with pytest.raises(ScenarioError, match="must be") as refusal:
            with_value(field, outside)
        assert str(refusal.value).startswith(f"{field.path}: ")
        assert field.range in str(refusal.value)


@each(BOUNDED)
def test_a_number_is_a_number(field: Parameter) -> None:
    wrong: list[Any] = [math.nan, math.inf, -math.inf, True, "much", [1], {}]
    for value in wrong:
        with pytest.raises(ScenarioError, match=field.path):
            with_value(field, value)


@each([field for field in ALL if field.kind == "integer"])
def test_a_count_is_whole(field: Parameter) -> None:
    with pytest.raises(ScenarioError, match=field.path):
        with_value(field, 2.0)


@each([field for field in ALL if field.kind == "number" and field.low == 0])
def test_a_whole_number_is_a_number(field: Parameter) -> None:
    assert type(with_value(field, 0)) is float


@each([field for field in ALL if field.kind == "flag"])
def test_a_flag_is_true_or_false(field: Parameter) -> None:
    assert with_value(field, True) is True
    assert with_value(field, False) is False
    for value in (0, 1, "true"):
        with pytest.raises(ScenarioError, match="must be true or false"):
            with_value(field, value)


@each(CHOICES)
def test_a_choice_is_one_of_its_words(field: Parameter) -> None:
    for choice in field.choices:
        assert with_value(field, choice) == choice
    with pytest.raises(ScenarioError, match="must be") as refusal:
        with_value(field, "equl")
    assert all(f'"{choice}"' in str(refusal.value) for choice in field.choices)


@each(ALL)
def test_it_says_what_it_means_and_where_it_comes_from(field: Parameter) -> None:
    assert field.meaning
    assert field.source
    assert field.unit or field.kind in ("flag", "choice")


@each(list(parameters()))
def test_its_default_is_the_baselines(field: Parameter) -> None:
    assert Scenario().value(field.path) == field.default


def test_names_and_paths_are_unique() -> None:
    names = [field.name for field in ALL]
    paths = [field.path for field in ALL]
    assert len(set(names)) == len(names)
    assert len(set(paths)) == len(paths)
    assert {"listening_rounds", "planning_rounds", "action_rounds", "layout", "rule"} <= set(names)


def test_every_scalar_of_a_scenario_is_a_parameter() -> None:
    def scalars(table: BaseModel, prefix: str = "") -> set[str]:
        found = set()
        for name in type(table).model_fields:
            value = getattr(table, name)
            if isinstance(value, BaseModel):
                found |= scalars(value, f"{prefix}{name}.")
            elif isinstance(value, bool | int | float):
                found.add(f"{prefix}{name}")
        return found

    every_sector = {field.path for field in parameters_of(Scenario)}
    assert scalars(Scenario()) <= every_sector
    assert {field.path for field in parameters()} <= every_sector


def test_a_new_field_appears_by_itself() -> None:
    class Weather(Table):
        rain: float = number(0.2, 0, 1, "share", "days with rain", "nobody")

    (rain,) = parameters_of(Weather, "weather.")
    assert (rain.path, rain.low, rain.high, rain.default) == ("weather.rain", 0, 1, 0.2)
