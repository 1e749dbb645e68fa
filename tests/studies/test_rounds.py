"""The rounds that a study keeps are those of its runs, one by one, in every bit."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim import cli
from sim.api.studies import Study
from sim.engine import runs as below
from sim.engine.runs import Rounds, outcomes_and_rounds_of
from sim.engine.tables import round_table
from sim.scenario import Scenario
from sim.studies import study as studies
from sim.studies import workers
from sim.studies.reproduce import reproduce
from sim.studies.study import stored
from tests.strategies import scenarios

ASKED = {"team": sim.load("team"), "own": Scenario(title="Mine", cycles=1)}
RUNS = 130
carried = partial(sim.study, ASKED, progress=False)
with_rounds = partial(carried, keep=["rounds"])


@pytest.fixture(scope="module")
def undisturbed() -> Study:
    return with_rounds(RUNS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "study"


def equal(rows: pd.DataFrame, others: pd.DataFrame) -> None:
    """The same columns, types and values, down to the sign of a zero."""
    pd.testing.assert_frame_equal(rows.reset_index(drop=True), others, check_exact=True)
    numbers = list(others.select_dtypes("float64"))
    assert rows[numbers].to_numpy().tobytes() == others[numbers].to_numpy().tobytes()


def rounds_in(done: Study, scenario: str, run: int) -> pd.DataFrame:
    chosen = (done.rounds["scenario"] == scenario) & (done.rounds["run"] == run)
    return done.rounds[chosen].drop(columns=["scenario", "run"])


@pytest.mark.parametrize("name", sim.shipped())
def test_rounds_are_those_of_the_run_to_the_last_bit(name: str) -> None:
    done = sim.study(name, runs=3, seed=5, keep=["rounds"])
    for run in range(3):
        equal(rounds_in(done, name, run), sim.run(sim.load(name), 5, run).rounds)


@given(scenarios(), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 4))
@settings(max_examples=40, deadline=None)
def test_so_they_are_for_any_scenario(scenario: Scenario, seed: int, first: int) -> None:
    outcomes, rounds = outcomes_and_rounds_of(scenario, seed, first, 3)
    for place in (0, 2):
        run = sim.run(scenario, seed, first + place)
        equal(round_table(rounds.within(place, place + 1).columns), run.rounds)
        assert outcomes[place].tobytes() == run.outcomes.to_numpy().tobytes()


@pytest.mark.parametrize("room", [1, 20, 30])
def test_runs_that_last_longer_than_there_is_room_for_are_whole(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = sim.study("team", runs=20, keep="rounds").rounds
    monkeypatch.setattr(below, "MONTHS", room)
    equal(sim.study("team", runs=20, keep="rounds").rounds, usual)


def test_rows_stand_by_scenario_run_and_round(undisturbed: Study) -> None:
    rows = undisturbed.rounds
    assert list(rows.columns[:3]) == ["scenario", "run", "round"]
    order = rows.assign(scenario=rows["scenario"].cat.codes)[["scenario", "run", "round"]]
    assert order.equals(order.sort_values(["scenario", "run", "round"]))
    months = undisturbed.runs["months_survived"]  # none, where nobody came
    lengths = rows.groupby(["scenario", "run"], observed=True).size()
    assert lengths.tolist() == months[months > 0].tolist()
    assert rows["scenario"].dtype == undisturbed.runs["scenario"].dtype


def test_keeping_rounds_changes_no_outcome(undisturbed: Study) -> None:
    pd.testing.assert_frame_equal(carried(RUNS).runs, undisturbed.runs, check_exact=True)


def test_processes_and_other_batches_give_the_same(
    undisturbed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        equal(with_rounds(RUNS, executor=processes).rounds, undisturbed.rounds)
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: 7)
    equal(with_rounds(RUNS).rounds, undisturbed.rounds)


def test_what_a_store_keeps_is_what_was_seen(folder: Path, undisturbed: Study) -> None:
    for _time in range(2):
        equal(with_rounds(RUNS, store=folder).rounds, undisturbed.rounds)
    equal(stored(folder).rounds, undisturbed.rounds)
    equal(carried(RUNS, store=folder).rounds, undisturbed.rounds)  # they are there all the same


def test_runs_without_rounds_are_carried_out_again_and_count_once(
    folder: Path, undisturbed: Study
) -> None:
    carried(60, store=folder)
    with pytest.raises(ValueError, match="not kept"):
        _ = stored(folder).rounds
    carried(RUNS, store=folder)
    for _time in range(2):
        done = with_rounds(100, store=folder)
        assert set(done.rounds["run"]) == set(range(100))
    assert len(list(folder.glob("*.parquet"))) == 2 * 4  # 0, 60, 100 on; 0 with rounds
    for whole in (stored(folder), carried(RUNS, store=folder)):
        pd.testing.assert_frame_equal(whole.runs, undisturbed.runs, check_exact=True)
        equal(
            whole.rounds, undisturbed.rounds[undisturbed.rounds["run"] < 100].reset_index(drop=True)
        )
    equal(with_rounds(RUNS, store=folder).rounds, undisturbed.rounds)


@pytest.mark.parametrize("keeps", [False, True])
def test_a_run_that_failed_has_no_rounds(
    keeps: bool, folder: Path, undisturbed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = workers.outcomes_and_rounds_of

    def fails(*asked: object) -> tuple[np.ndarray, Rounds]:
        first, count = asked[2:]
        if first <= 7 < first + count:
            raise ArithmeticError("no, never")
        return real(*asked)

    monkeypatch.setattr(workers, "outcomes_and_rounds_of", fails)
    done = with_rounds(RUNS, store=folder if keeps else None)
    assert done.failures["run"].tolist() == [7, 7]
    others = undisturbed.rounds[undisturbed.rounds["run"] != 7].reset_index(drop=True)
    equal(done.rounds, others)


def test_a_study_in_which_every_run_failed_has_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*asked: object) -> None:
        raise RuntimeError("never")

    monkeypatch.setattr(workers, "outcomes_and_rounds_of", fails)
    rows = sim.study("team", runs=3, keep="rounds").rounds
    assert (len(rows), list(rows)[:3]) == (0, ["scenario", "run", "round"])


@pytest.mark.parametrize(
    ("keep", "said"),
    [("round", 'did you mean "rounds"'), (["rounds", "minutes"], "known: rounds")],
)
def test_what_cannot_be_kept_is_refused(
    keep: str | list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=said):
        sim.study("team", runs=2, keep=keep)
    words = [keep] if isinstance(keep, str) else keep
    command = ["study", "team", *(word for each in words for word in ("--keep", each))]
    assert cli.main(command) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_the_commands_keep_export_and_reproduce_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["study", "team", "election", "--runs", "120", "--out", "mine", "--keep", "rounds"]
    assert cli.main(command) == 0
    done = sim.study(["team", "election"], runs=120, keep=["rounds"])
    capsys.readouterr()
    assert cli.main(["export", "mine", "--csv", "table.csv"]) == 0
    said = f"240 runs: table.csv\n{len(done.rounds)} rounds: table_rounds.csv\n"
    assert capsys.readouterr().out == said
    assert Path("table.csv").read_text() == done.runs.to_csv(index=False)
    assert Path("table_rounds.csv").read_text() == done.rounds.to_csv(index=False)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "mine",
        "table.csv",
        "table_rounds.csv",
    ]
    assert cli.main(["reproduce", "mine", "--all"]) == 0
    assert capsys.readouterr().out.startswith("240 runs carried out again: every number")


def test_a_round_that_comes_out_another_way_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = workers.outcomes_and_rounds_of

    def other(*asked: object) -> tuple[np.ndarray, Rounds]:
        found, rounds = real(*asked)
        trust = rounds.columns["trust"]
        trust[rounds.lengths[0] + 2] = np.nextafter(trust[rounds.lengths[0] + 2], 2.0)
        return found, rounds

    with monkeypatch.context() as once:
        once.setattr(workers, "outcomes_and_rounds_of", other)
        done = sim.study("team", runs=20, keep="rounds")
    found = reproduce(done)
    assert found.checked == 20
    assert found.different[["scenario", "run", "outcome"]].to_numpy().tolist() == [
        ["team", 1, "trust in round 3"]
    ]
