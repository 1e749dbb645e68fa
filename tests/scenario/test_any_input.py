"""Whatever is put in, a scenario comes out or a ScenarioError, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import Scenario, ScenarioError, load
from sim.scenario.files import to_toml
from sim.scenario.tables import COLUMNS
from tests.strategies import scenarios

in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


def refusal(ask: Callable[[], object]) -> ScenarioError | None:
    """The error, if there is one of the kind that there may be."""
    try:
        ask()
    except ScenarioError as error:
        return error
    return None


@given(scenarios(), anything, st.data())
def test_any_value_in_any_place(scenario: Scenario, value: Any, data: st.DataObject) -> None:
    tables = scenario.resolved()
    place: Any = tables
    while True:
        names = list(place) if isinstance(place, dict) else list(range(len(place)))
        name = data.draw(st.sampled_from(names))
        inside = isinstance(place[name], dict | list) and len(place[name]) > 0
        if not inside or data.draw(st.booleans()):
            break
        place = place[name]
    place[name] = value
    error = refusal(lambda: Scenario(**tables))
    if error:
        assert error.faults
        assert all(fault.text for fault in error.faults)
    else:
        assert Scenario(**Scenario(**tables).resolved()) == Scenario(**tables)


@given(scenarios(), st.dictionaries(st.text(), anything, max_size=3))
def test_any_change(scenario: Scenario, changes: dict[str, Any]) -> None:
    error = refusal(lambda: scenario.variant(changes))
    assert error is None or str(error)


def is_judged(file: Path) -> bool:
    """A scenario comes out, or an error that names a file."""
    error = refusal(lambda: load(file))
    return error is None or str(error).startswith(str(file.parent))


@in_a_folder
@given(st.binary())
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    assert is_judged(file)


@in_a_folder
@given(scenarios(), st.data())
def test_a_scenario_with_a_hole_or_a_patch(
    tmp_path: Path, scenario: Scenario, data: st.DataObject
) -> None:
    text = to_toml(scenario.resolved())
    at = data.draw(st.integers(0, len(text)))
    until = at + data.draw(st.integers(0, 12))
    patch = data.draw(st.text("\"'[]{}#=.,\n 1a\\", max_size=6))
    file = tmp_path / "mine.toml"
    file.write_text(text[:at] + patch + text[until:], encoding="utf-8")
    assert is_judged(file)


@in_a_folder
@given(st.data())
def test_any_list(tmp_path: Path, data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.sampled_from(COLUMNS), min_size=1))
    cell = st.text(max_size=6) | st.sampled_from(["private", "1", "nan", '"', "a\nb", "yes"])
    rows = data.draw(st.lists(st.lists(cell, min_size=1, max_size=len(columns) + 1)))
    text = "\n".join(",".join(row) for row in [["name", "sector", *columns], *rows])
    (tmp_path / "list.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
    file = tmp_path / "mine.toml"
    file.write_text('stakeholders.file = "list.csv"')
    assert is_judged(file)
