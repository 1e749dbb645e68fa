"""The desk: what is changed, pinned, undone, saved and opened, without a browser."""

import tomllib
from base64 import b64encode
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import SECTORS, Scenario, ScenarioError, parameters, sector_parameters, shipped
from sim.view.dashboard.desk import (
    MOST_UNDO,
    Desk,
    Opened,
    file_of,
    held_against,
    moved,
    opening,
    pinned,
    reset,
    seeded,
    undone,
    unpinned,
)
from sim.view.dashboard.idle import idle
from sim.view.dashboard.levers import described, levers, reach_of
from sim.view.dashboard.library import Library, open_files, open_shipped
from sim.view.dashboard.link import address, arrived
from tests.strategies import values

PATHS = sorted(levers())


def desk_of(name: str) -> Desk:
    return Desk(open_shipped(name))


@cache
def controls_of(name: str) -> dict[str, dict[str, Any]]:
    return {one["path"]: one for one in described(desk_of(name).start)}


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
    shown = {one["path"]: one for one in described(Scenario())}
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
            reach = reach_of(lever.parameter, start)
            assert start <= reach <= lever.parameter.high


def test_what_lists_decide_is_fixed_and_says_why() -> None:
    shown = controls_of("musrenbang")
    assert "stakeholder by stakeholder" in shown["stakeholders.government.power"]["fixed"]
    assert "lists that the scenario has" in shown["stakeholders.government.count"]["fixed"]
    assert not shown["stakeholders.government.power"]["main"]
    assert shown["leadership.facilitation"]["fixed"] == ""


def test_a_lever_that_moves_nothing_is_not_among_those_shown_at_once() -> None:
    start = desk_of("river_basin").start
    shown = {one["path"]: one for one in described(start, idle(start))}
    assert not shown["problem.conflict"]["main"]  # everybody's interests are listed
    assert shown["problem.conflict"]["idle"]
    assert shown["leadership.facilitation"]["main"]
    assert idle(desk_of("baseline").start) == frozenset()


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
    desk = desk_of(name)
    for path, value in wanted.items():
        before = desk
        desk = moved(desk, path, value)
        if desk.refused:
            assert desk.scenario == before.scenario
            assert desk.refused.text
        else:
            assert desk.scenario.value(path) == value
    again = open_files(uploaded(mine_toml=file_of(desk)))
    assert again.scenario.digest() == desk.scenario.digest()
    linked = arrived(address(desk), Library())
    assert linked.notes == ()
    assert linked.desk.scenario == desk.scenario
    assert linked.desk.changes == desk.changes
    assert address(linked.desk) == address(desk)


@pytest.mark.parametrize("path", PATHS)
def test_each_control_alone_survives_save_and_link(path: str) -> None:
    for name in ("baseline", "river_basin"):
        desk = desk_of(name)
        one = controls_of(name)[path]
        if one["fixed"]:
            other = 2 if one["kind"] == "integer" else 0.123
            assert moved(desk, path, other).refused
            continue
        tried = [word for word, _text in one["choices"]]
        tried += [one["from"], one["reach"]] if one["kind"] in ("number", "integer") else []
        tried += [True, False] if one["kind"] == "flag" else []
        taken = [after for value in tried if not (after := moved(desk, path, value)).refused]
        assert any(after.changes for after in taken)
        for after in taken:
            linked = arrived(address(after), Library()).desk
            assert linked.scenario.digest() == after.scenario.digest()
            saved = open_files(uploaded(a_toml=file_of(after))).scenario
            assert saved.digest() == after.scenario.digest()


def test_a_value_that_is_refused_says_why_beside_its_control_and_changes_nothing() -> None:
    desk = moved(desk_of("baseline"), "trust.prehistory", 0.8)
    after = moved(desk, "trust.prehistory", 1.5)
    assert after.changes == desk.changes
    assert after.refused is not None
    assert after.refused.path == "trust.prehistory"
    assert "0 to 1" in after.refused.text
    after = moved(desk, "stakeholders.government.count", 2_000_000)
    assert after.refused is not None
    assert moved(after, "trust.prehistory", 0.7).refused is None
    assert moved(desk, "trust.prehistry", 1).refused is not None
    for odd in ("", "x", None, [], {"a": 1}, float("nan"), float("inf"), "1e999", True):
        assert moved(desk, "trust.prehistory", odd).refused is not None


def test_only_what_differs_is_a_change() -> None:
    desk = desk_of("team")
    start = desk.start.value("trust.prehistory")
    after = moved(moved(desk, "trust.prehistory", 0.9), "trust.prehistory", start)
    assert dict(after.changes) == {}
    kind = moved(desk, "form.kind", "network")
    assert dict(kind.changes) == {"form.kind": "network"}
    assert kind.scenario.form.seats == "all"
    seats = moved(kind, "form.seats", 8)  # the team's own value, which is none of a network
    assert seats.scenario.form.seats == 8
    assert dict(moved(seats, "form.seats", "all").changes) == {"form.kind": "network"}


def test_undo_takes_back_each_step_and_a_drag_at_once() -> None:
    desk = desk_of("team")
    steps = [desk, moved(desk, "trust.prehistory", 0.9)]
    steps.append(pinned(steps[-1]))
    steps.append(moved(steps[-1], "problem.conflict", 0.1))
    steps.append(reset(steps[-1]))
    steps.append(seeded(steps[-1], 5))
    steps.append(opening(steps[-1], open_shipped("network")))
    steps.append(unpinned(steps[-1], "A"))
    now = steps[-1]
    for earlier in reversed(steps[:-1]):
        now = undone(now)
        assert (now.scenario, now.pins, now.seed) == (earlier.scenario, earlier.pins, earlier.seed)
    assert undone(now) is now
    dragged = desk
    for percent in range(50, 90):
        dragged = moved(dragged, "trust.prehistory", percent / 100, live=True)
    dragged = moved(dragged, "trust.prehistory", 0.9)
    assert len(dragged.past) == 1
    assert undone(dragged).scenario == desk.scenario
    assert len(moved(dragged, "trust.prehistory", 0.2).past) == 2


def test_history_is_bounded() -> None:
    desk = desk_of("team")
    for step in range(3 * MOST_UNDO):
        desk = moved(desk, "trust.prehistory", (step % 100) / 100)
    assert len(desk.past) == MOST_UNDO
    assert all(earlier.past == () for earlier in desk.past)


def test_three_settings_can_be_pinned_and_each_is_compared_once() -> None:
    desk = desk_of("team")
    assert list(desk.settings) == ["start"]
    assert pinned(desk) is desk  # it is the start already
    for level in (0.1, 0.2, 0.3):
        desk = pinned(moved(desk, "trust.prehistory", level))
        assert "now" not in desk.settings
    assert [pin.letter for pin in desk.pins] == ["A", "B", "C"]
    full = moved(desk, "trust.prehistory", 0.7)
    assert list(full.settings) == ["start", "A", "B", "C", "now"]
    assert pinned(full) is full
    fewer = unpinned(full, "B")
    assert list(fewer.settings) == ["start", "A", "C", "now"]
    assert [pin.letter for pin in pinned(fewer).pins] == ["A", "B", "C"]
    against = held_against(full, "B")
    assert against.reference == "B"
    assert unpinned(against, "B").reference == "start"
    assert held_against(full, "Z") is full


def test_a_sweep_is_no_part_of_what_is_played() -> None:
    opened = Opened("mine.toml", Scenario(sweep={"cycles": [1, 2]}), shipped=False)
    assert Desk(opened).settings["start"].sweep == ()


def test_a_saved_file_is_valid_toml_with_every_value() -> None:
    desk = moved(desk_of("musrenbang"), "leadership.facilitation", 0.9)
    tables = tomllib.loads(file_of(desk))
    assert tables["leadership"]["facilitation"] == 0.9
    assert len(tables["listed"]) == desk.scenario.people


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
