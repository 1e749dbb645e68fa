"""The state: what is changed, pinned, undone, saved and opened, without a browser."""

import tomllib
from base64 import b64encode
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import SECTORS, Scenario, ScenarioError, parameters, sector_parameters, shipped
from sim.view.dashboard.answer import idle_levers
from sim.view.dashboard.files import Library, Opened, open_files, open_shipped
from sim.view.dashboard.levers import describe_levers, levers, slider_end
from sim.view.dashboard.state import (
    MAX_UNDO,
    State,
    address,
    open_address,
    pinned,
    reset,
    scenario_file,
    undone,
    unpinned,
    with_reference,
    with_scenario,
    with_seed,
    with_value,
)
from tests.strategies import values

PATHS = sorted(levers())


def state_of(name: str) -> State:
    return State(open_shipped(name))


@cache
def controls_of(name: str) -> dict[str, dict[str, Any]]:
    return {one["path"]: one for one in describe_levers(state_of(name).start)}


def uploaded(**files: str) -> dict[str, str]:
    """Files as a browser hands them over; a _ stands for the dot."""
    return {
        name.replace("_", "."): b64encode(text.encode()).decode() for name, text in files.items()
    }


def test_every_parameter_of_the_schema_is_a_control_and_nothing_else_is() -> None:
    asked = {field.path for field in parameters()}
    asked |= {
        field.path.format(sector=sector) for field in sector_parameters() for sector in SECTORS
    }
    assert set(levers()) == asked
    shown = {one["path"]: one for one in describe_levers(Scenario())}
    assert set(shown) == asked
    main = [path for path, one in shown.items() if one["main"]]
    assert main[0] == "form.kind"
    assert len(main) < 25
    for path, one in shown.items():
        parameter = levers()[path].parameter
        assert (one["low"], one["high"]) == (parameter.low, parameter.high)
        assert one["meaning"] == parameter.meaning
        assert one["fixed"] == ""


@pytest.mark.parametrize("name", shipped())
def test_a_slider_reaches_from_bound_to_bound_or_well_beyond_the_value(name: str) -> None:
    scenario = open_shipped(name).scenario
    for lever in levers().values():
        start = scenario.value(lever.path)
        if isinstance(start, int | float) and not isinstance(start, bool):
            reach = slider_end(lever.parameter, start)
            assert start <= reach <= lever.parameter.high


def test_what_lists_decide_is_fixed_and_says_why() -> None:
    shown = controls_of("musrenbang")
    assert "stakeholder by stakeholder" in shown["stakeholders.government.power"]["fixed"]
    assert "lists that the scenario has" in shown["stakeholders.government.count"]["fixed"]
    assert not shown["stakeholders.government.power"]["main"]
    assert shown["leadership.facilitation"]["fixed"] == ""


def test_a_lever_that_moves_nothing_is_not_among_those_shown_at_once() -> None:
    start = state_of("river_basin").start
    shown = {one["path"]: one for one in describe_levers(start, idle_levers(start))}
    assert not shown["problem.conflict"]["main"]  # everybody's interests are listed
    assert shown["problem.conflict"]["idle"]
    assert shown["leadership.facilitation"]["main"]
    assert idle_levers(state_of("baseline").start) == frozenset()


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A scenario, and values of any of its controls."""
    name = draw(st.sampled_from(["baseline", "team", "musrenbang"]))
    paths = draw(st.lists(st.sampled_from(PATHS), max_size=8, unique=True))
    return name, {path: draw(values(levers()[path].parameter)) for path in paths}


@given(changed())
def test_every_control_survives_save_and_open_and_link_and_open(
    case: tuple[str, dict[str, Any]],
) -> None:
    name, wanted = case
    state = state_of(name)
    for path, value in wanted.items():
        before = state
        state = with_value(state, path, value)
        if state.rejected:
            assert state.scenario == before.scenario
            assert state.rejected.text
        else:
            assert state.scenario.value(path) == value
    again = open_files(uploaded(mine_toml=scenario_file(state)))
    assert again.scenario.digest() == state.scenario.digest()
    linked = open_address(address(state), Library())
    assert linked.notes == ()
    assert linked.state.scenario == state.scenario
    assert linked.state.changes == state.changes
    assert address(linked.state) == address(state)


@pytest.mark.parametrize("path", PATHS)
def test_each_control_alone_survives_save_and_link(path: str) -> None:
    for name in ("baseline", "river_basin"):
        state = state_of(name)
        one = controls_of(name)[path]
        if one["fixed"]:
            other = 2 if one["kind"] == "integer" else 0.123
            assert with_value(state, path, other).rejected
            continue
        tried = [word for word, _text in one["choices"]]
        tried += [one["from"], one["reach"]] if one["kind"] in ("number", "integer") else []
        tried += [True, False] if one["kind"] == "flag" else []
        taken = [after for value in tried if not (after := with_value(state, path, value)).rejected]
        assert any(after.changes for after in taken)
        for after in taken:
            linked = open_address(address(after), Library()).state
            assert linked.scenario.digest() == after.scenario.digest()
            saved = open_files(uploaded(a_toml=scenario_file(after))).scenario
            assert saved.digest() == after.scenario.digest()


def test_a_value_that_is_refused_says_why_beside_its_control_and_changes_nothing() -> None:
    state = with_value(state_of("baseline"), "trust.prehistory", 0.8)
    after = with_value(state, "trust.prehistory", 1.5)
    assert after.changes == state.changes
    assert after.rejected is not None
    assert after.rejected.path == "trust.prehistory"
    assert "0 to 1" in after.rejected.text
    after = with_value(state, "stakeholders.government.count", 2_000_000)
    assert after.rejected is not None
    assert with_value(after, "trust.prehistory", 0.7).rejected is None
    assert with_value(state, "trust.prehistry", 1).rejected is not None
    for odd in ("", "x", None, [], {"a": 1}, float("nan"), float("inf"), "1e999", True):
        assert with_value(state, "trust.prehistory", odd).rejected is not None


def test_only_what_differs_is_a_change() -> None:
    state = state_of("team")
    start = state.start.value("trust.prehistory")
    after = with_value(with_value(state, "trust.prehistory", 0.9), "trust.prehistory", start)
    assert dict(after.changes) == {}
    kind = with_value(state, "form.kind", "network")
    assert dict(kind.changes) == {"form.kind": "network"}
    assert kind.scenario.form.seats == "all"
    seats = with_value(kind, "form.seats", 8)  # the team's own value, which is none of a network
    assert seats.scenario.form.seats == 8
    assert dict(with_value(seats, "form.seats", "all").changes) == {"form.kind": "network"}


def test_undo_takes_back_each_step_and_a_drag_at_once() -> None:
    state = state_of("team")
    steps = [state, with_value(state, "trust.prehistory", 0.9)]
    steps.append(pinned(steps[-1]))
    steps.append(with_value(steps[-1], "problem.conflict", 0.1))
    steps.append(reset(steps[-1]))
    steps.append(with_seed(steps[-1], 5))
    steps.append(with_scenario(steps[-1], open_shipped("network")))
    steps.append(unpinned(steps[-1], "A"))
    now = steps[-1]
    for earlier in reversed(steps[:-1]):
        now = undone(now)
        assert (now.scenario, now.pins, now.seed) == (earlier.scenario, earlier.pins, earlier.seed)
    assert undone(now) is now
    dragged = state
    for percent in range(50, 90):
        dragged = with_value(dragged, "trust.prehistory", percent / 100, live=True)
    dragged = with_value(dragged, "trust.prehistory", 0.9)
    assert len(dragged.past) == 1
    assert undone(dragged).scenario == state.scenario
    assert len(with_value(dragged, "trust.prehistory", 0.2).past) == 2


def test_history_is_bounded() -> None:
    state = state_of("team")
    for step in range(3 * MAX_UNDO):
        state = with_value(state, "trust.prehistory", (step % 100) / 100)
    assert len(state.past) == MAX_UNDO
    assert all(earlier.past == () for earlier in state.past)


def test_three_settings_can_be_pinned_and_each_is_compared_once() -> None:
    state = state_of("team")
    assert list(state.settings) == ["start"]
    assert pinned(state) is state  # it is the start already
    for level in (0.1, 0.2, 0.3):
        state = pinned(with_value(state, "trust.prehistory", level))
        assert "now" not in state.settings
    assert [pin.letter for pin in state.pins] == ["A", "B", "C"]
    full = with_value(state, "trust.prehistory", 0.7)
    assert list(full.settings) == ["start", "A", "B", "C", "now"]
    assert pinned(full) is full
    fewer = unpinned(full, "B")
    assert list(fewer.settings) == ["start", "A", "C", "now"]
    assert [pin.letter for pin in pinned(fewer).pins] == ["A", "B", "C"]
    against = with_reference(full, "B")
    assert against.reference == "B"
    assert unpinned(against, "B").reference == "start"
    assert with_reference(full, "Z") is full


def test_a_sweep_is_no_part_of_what_is_played() -> None:
    opened = Opened("mine.toml", Scenario(sweep={"cycles": [1, 2]}), shipped=False)
    assert State(opened).settings["start"].sweep == ()


def test_a_saved_file_is_valid_toml_with_every_value() -> None:
    state = with_value(state_of("musrenbang"), "leadership.facilitation", 0.9)
    tables = tomllib.loads(scenario_file(state))
    assert tables["leadership"]["facilitation"] == 0.9
    assert len(tables["listed"]) == state.scenario.people


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "one scenario file"),
        (uploaded(a_csv="x"), "one scenario file"),
        (uploaded(a_toml="", b_toml=""), "one scenario file"),
        (uploaded(a_toml="[trust]\nprehistory = 3"), "a.toml:2: trust.prehistory: must be"),
        (uploaded(a_toml="[trust\n"), "a.toml:1"),
        (uploaded(a_toml='[stakeholders]\nfile = "b.csv"'), 'there is no file "b.csv"'),
        ({"../a.toml": ""}, "no name of a file"),
        ({"a.exe": ""}, "no scenario"),
        ({"a.toml": "%%%"}, "did not arrive whole"),
        ({"a.toml": b64encode(b"\xff\xfe").decode()}, "a.toml:1: is not UTF-8"),
    ],
)
def test_a_broken_file_says_what_is_wrong(files: dict[str, str], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        open_files(files)
    assert said in str(caught.value)
    assert "/tmp" not in str(caught.value)


def test_a_file_is_opened_with_the_lists_that_it_names() -> None:
    listing = "name,sector\nA,government\nB,private\nC,community\n"
    opened = open_files(uploaded(a_toml='[stakeholders]\nfile = "b.csv"', b_csv=listing))
    assert [who.name for who in opened.scenario.listed or ()] == ["A", "B", "C"]
    assert not opened.shipped
