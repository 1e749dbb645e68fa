"""The answer of many runs, what is drawn of it, and the work behind a page."""

import threading
import time

import numpy as np
import pytest

import sim
from sim.scenario import Scenario, load
from sim.view.dashboard.answer import (
    SHOWN,
    RunCache,
    answer,
    answer_data,
    compare_settings,
    report_file,
    require_quick,
    run_settings,
)
from sim.view.dashboard.files import Library, open_shipped
from sim.view.dashboard.page import LatestOnly, tour_steps
from sim.view.dashboard.state import State, Tab, move_lever, press_button, with_value
from sim.view.verdicts import verdict_table

SETTINGS = {"start": load("team"), "now": load("team").variant({"decision.rule": "majority"})}


def test_the_answer_is_that_of_a_comparison() -> None:
    found = compare_settings(run_settings(SETTINGS, 3, RunCache(), runs=60), "start")
    usual = sim.compare(SETTINGS, runs=60, seed=3, outcomes=SHOWN, progress=False)
    assert found is not None
    assert found.differences().equals(usual.differences())
    assert verdict_table(found).equals(usual.verdicts())


def test_a_setting_is_played_once_and_old_ones_are_forgotten() -> None:
    kept = RunCache(most=2)
    first = kept.runs(SETTINGS["start"], 1, 20)
    assert kept.runs(load("team"), 1, 20) is first
    kept.runs(SETTINGS["now"], 1, 20)
    kept.runs(SETTINGS["start"], 2, 20)
    assert len(kept) == 2
    assert kept.runs(load("team"), 1, 20) is not first


def test_what_is_drawn_holds_the_numbers() -> None:
    done = run_settings(SETTINGS, 1, RunCache(), runs=80)
    drawn = answer_data(done, compare_settings(done, "start"))
    assert [item["name"] for item in drawn["outcomes"]] == list(SHOWN)
    table = done.summary().set_index(["scenario", "outcome"])
    for item in drawn["outcomes"]:
        assert [row["name"] for row in item["rows"]] == ["start", "now"]
        assert [verdict["name"] for verdict in item["verdicts"]] == ["now"]
        assert item["verdicts"][0]["sentence"]
        for row in item["rows"]:
            assert row["n"] == table.loc[(row["name"], item["name"]), "n"]
            assert 0 <= row["low"] <= row["mean"] <= row["high"] <= 1
            assert not row["bars"] or max(row["bars"]) == 1
    share = float(table.loc[("now", "agreement"), "mean"])
    assert drawn["outcomes"][0]["rows"][1]["text"] == f"{share:.0%}"
    assert len(drawn["short"]) == 1


def test_a_change_that_moves_nothing_is_said_to() -> None:
    quorum = load("team").variant({"decision.quorum": 0.9})  # of a supermajority; the team has none
    done = run_settings({"start": load("team"), "now": quorum}, 1, RunCache(), runs=20)
    assert "has no effect" in answer_data(done, compare_settings(done, "start"))["short"][0]


def test_an_outcome_that_no_run_has_is_said_to_be_missing() -> None:
    never = load("team").variant({"decide": False})
    done = run_settings({"start": never}, 1, RunCache(), runs=20)
    drawn = answer_data(done, compare_settings(done, "start"))
    months = drawn["outcomes"][1]["rows"][0]
    assert (months["n"], months["note"], months["bars"]) == (0, "no run has it", [])
    assert drawn["short"] == []


def test_of_how_many_runs_a_mean_tells_is_said() -> None:
    drawn = answer_data(run_settings({"start": load("musrenbang")}, 1, RunCache(), runs=20), None)
    rows = {item["name"]: item["rows"][0] for item in drawn["outcomes"]}
    for name in ("months_to_agreement", "inequity", "delivery"):
        assert 0 < rows[name]["n"] < 20
        assert rows[name]["note"] == f"from {rows[name]['n']} of 20 runs"
    assert rows["agreement"]["note"] == ""


def test_what_would_take_too_long_is_refused() -> None:
    require_quick(load("musrenbang"))
    with pytest.raises(ValueError, match="take too long"):
        require_quick(Scenario(stakeholders={"private": {"count": 100_000}}))
    state = with_value(State(open_shipped("baseline")), "stakeholders.community.count", 20_000)
    for made in (answer(state), report_file(state)):
        assert "20,014 stakeholders" in made["trouble"]


def test_only_the_latest_request_is_answered() -> None:
    given: list[int] = []
    begun, go = threading.Event(), threading.Event()

    def work(request: int) -> int:
        begun.set()
        go.wait(5)
        return -request

    latest = LatestOnly(work, lambda request, result: given.append(request + result or request))
    latest.submit(1)
    assert begun.wait(5)
    for request in range(2, 50):
        latest.submit(request)
    go.set()
    until = time.monotonic() + 5
    while len(given) < 2 and time.monotonic() < until:
        time.sleep(0.005)
    assert given == [1, 49]
    latest.close()
    latest.submit(50)
    time.sleep(0.05)
    assert given == [1, 49]


def test_work_that_can_wait_begins_when_nothing_else_is_requested() -> None:
    given: list[int] = []
    latest = LatestOnly(
        lambda request: request, lambda request, _result: given.append(request), quiet=0.2
    )
    for request in range(10):
        latest.submit(request)
        time.sleep(0.02)
    assert given == []
    until = time.monotonic() + 5
    while not given and time.monotonic() < until:
        time.sleep(0.005)
    assert given == [9]


def test_buttons_step_from_tab_to_tab() -> None:
    files = Library()
    tab = Tab(State(open_shipped("team")))
    tab = move_lever(tab, {"path": "trust.prehistory", "value": 0.9, "live": False, "serial": 4})
    assert (tab.heard, tab.state.scenario.trust.prehistory) == (4, 0.9)
    assert list(press_button(tab, {"what": "pin"}, files).state.settings) == ["start", "A"]
    assert not press_button(tab, {"what": "reset"}, files).state.changes
    assert not press_button(tab, {"what": "undo"}, files).state.changes
    opened = press_button(tab, {"what": "open", "value": "network"}, files)
    assert opened.state.opened.name == "network"
    saved = press_button(tab, {"what": "save"}, files)
    assert saved.file["name"] == "team_changed.toml"
    assert press_button(saved, {"what": "kept"}, files).file == {}
    assert press_button(tab, {"what": "seed", "value": "12"}, files).state.seed == 12
    noted = press_button(tab, {"what": "seed", "value": "-1"}, files)
    assert (noted.state, len(noted.notes)) == (tab.state, 1)
    assert press_button(noted, {"what": "dismiss"}, files).notes == ()
    played_now = press_button(tab, {"what": "run", "value": 7}, files)
    assert played_now.run == 7
    for none in ("", "2.7", "-5", "9" * 5000):  # no number of a run: the present one stays
        assert press_button(played_now, {"what": "run", "value": none}, files).run == 7
    for odd in (None, 3, {}, {"what": []}, {"what": "files", "value": 1}, {"what": "nonsense"}):
        assert press_button(tab, odd, files).state is tab.state


def test_a_file_that_is_broken_leaves_all_as_it_was() -> None:
    tab = Tab(with_value(State(open_shipped("team")), "trust.prehistory", 0.9))
    after = press_button(tab, {"what": "files", "value": {"a.toml": "%"}}, Library())
    assert after.state is tab.state
    assert "did not arrive whole" in after.notes[1]


def test_the_tour_is_short_and_ends_in_the_sandbox() -> None:
    assert len(tour_steps()) <= 10
    assert "sandbox" in tour_steps()[-1]["title"]


def test_scales_hold_all_values() -> None:
    from sim.view.dashboard.answer import ceiling

    for value in np.geomspace(1e-4, 1e5, 200):
        assert value <= ceiling(np.array([value, np.nan])) * (1 + 1e-9) <= 2.1 * value
