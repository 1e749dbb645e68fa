"""A study is what its runs are, one by one, however they were carried out."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.engine import runs as below
from sim.rules.outcomes import OUTCOMES
from sim.scenario import Scenario
from sim.studies import study
from sim.studies import study as studies
from sim.studies import workers as module
from sim.studies.statistics import mean_interval
from sim.studies.study import named
from sim.studies.workers import Batch, carry_out
from tests.strategies import scenarios

NAMES = [item.name for item in OUTCOMES]


def row(scenario: Scenario, seed: int, run: int) -> bytes:
    return sim.run(scenario, seed, run).outcomes.to_numpy().tobytes()


@pytest.mark.parametrize("name", sim.shipped())
def test_a_row_is_the_run_to_the_last_bit(name: str) -> None:
    done = sim.study(name, runs=3, seed=5)
    for number in range(3):
        assert done.runs[NAMES].iloc[number].to_numpy().tobytes() == row(sim.load(name), 5, number)


@given(scenarios(), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 4))
@settings(max_examples=40)
def test_a_batch_is_its_runs_for_any_scenario(scenario: Scenario, seed: int, first: int) -> None:
    many = below.outcomes_of(scenario, seed, first, 3)
    for place in (0, 2):
        assert many[place].tobytes() == row(scenario, seed, first + place)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_table_does_not_depend_on_batches_or_workers(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["team", "river_basin"]
    usual = sim.study(asked, runs=23).runs
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: size)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(3) as three:
        for executor in (None, one, three):
            pd.testing.assert_frame_equal(
                usual, sim.study(asked, 23, executor=executor).runs, check_exact=True
            )


def test_scenarios_share_their_run_numbers() -> None:
    done = sim.study({"a": "baseline", "b": "baseline", "c": "team"}, runs=5)
    assert done.runs["scenario"].tolist() == ["a"] * 5 + ["b"] * 5 + ["c"] * 5
    assert done.runs["run"].tolist() == [*range(5)] * 3
    a, b = (done.runs[done.runs["scenario"] == name][NAMES].to_numpy() for name in "ab")
    assert a.tobytes() == b.tobytes()
    assert list(done.scenarios) == ["a", "b", "c"]


def test_a_run_that_fails_is_a_record_and_the_study_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = below.outcomes_of

    def fails(scenario: Scenario, seed: int, first: int, count: int) -> np.ndarray:
        if first <= 104 < first + count and scenario.title == "bad":
            raise MemoryError("no room")
        return real(scenario, seed, first, count)

    monkeypatch.setattr(module, "outcomes_of", fails)
    done = sim.study([Scenario(title="good"), Scenario(title="bad")], runs=203)
    assert done.failures.to_dict("records") == [
        {"scenario": "bad", "run": 104, "cause": "MemoryError: no room"}
    ]
    assert done.runs.groupby("scenario", observed=True).size().to_dict() == {
        "good": 203,
        "bad": 202,
    }
    bad = done.runs[done.runs["scenario"] == "bad"].set_index("run")
    assert 104 not in bad.index
    assert bad.loc[103, NAMES].to_numpy(float).tobytes() == row(Scenario(title="bad"), 1, 103)


def test_a_study_in_which_every_run_fails_has_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(scenario: Scenario, seed: int, first: int, count: int) -> np.ndarray:
        raise RuntimeError("never")

    monkeypatch.setattr(module, "outcomes_of", fails)
    done = sim.study("team", runs=2)
    assert (len(done.runs), len(done.failures)) == (0, 2)
    assert done.summary().empty


def test_a_batch_can_be_sent_elsewhere() -> None:
    scenario, batch = pickle.loads(pickle.dumps((sim.load("river_basin"), Batch("x", 3, 2))))
    assert scenario == sim.load("river_basin")
    assert carry_out(scenario, 1, batch).outcomes[1].tobytes() == row(scenario, 1, 4)


def test_the_summary_tells_mean_interval_and_how_many_runs_it_rests_on() -> None:
    done = sim.study("low_trust", runs=200)
    table = done.summary().set_index("outcome")
    assert list(table.index) == NAMES
    months = done.runs["months_to_agreement"].dropna()
    assert 0 < len(months) < 200
    assert table.loc["months_to_agreement", "n"] == len(months)
    assert table.loc["months_to_agreement", "mean"] == pytest.approx(months.mean())
    low, high = table.loc["agreement", ["low", "high"]]
    assert low < done.runs["agreement"].mean() < high


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Of 2,000 intervals from 12 normal draws, 95 % hold the mean; 4.4 SD either way is 2.1 %."""
    rng = np.random.default_rng(7)
    held = 0
    for _sample in range(2000):
        _mean, low, high, _sd, _n = mean_interval(pd.Series(rng.normal(3.0, 2.0, 12)))
        held += low < 3.0 < high
    assert abs(held / 2000 - 0.95) < 0.0215


def test_what_all_runs_did_is_not_certain() -> None:
    done = sim.study(Scenario(title="calm", decision={"rule": "majority"}), runs=40)
    assert done.runs["agreement"].eq(1).all()
    row = done.summary().set_index("outcome").loc["agreement"]
    # Wilson: n / (n + z^2) for n of n
    assert row["low"] == pytest.approx(40 / (40 + 1.959964**2), rel=1e-6)
    assert (row["mean"], row["high"], row["n"]) == (1.0, 1.0, 40)


def test_the_summary_is_the_same_however_little_is_read_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = sim.study(["team", "low_trust"], runs=130).summary()
    for numbers in (1, 1000):
        monkeypatch.setattr(study, "AT_ONCE", numbers)
        again = sim.study(["team", "low_trust"], runs=130).summary()
        pd.testing.assert_frame_equal(again, usual, check_exact=True)


@pytest.mark.parametrize("yes_or_no", [False, True])
@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_nothing_has_no_mean(values: list[float], yes_or_no: bool) -> None:
    *numbers, n = mean_interval(pd.Series(values, dtype=float), yes_or_no)
    assert np.isnan(numbers).all()
    assert n == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"scenarios": []}, "needs a scenario"),
        ({"scenarios": "team", "runs": 0}, "1 or more"),
        ({"scenarios": "team", "runs": 2**32 + 1}, "run is 4294967296"),
        ({"scenarios": "team", "seed": -1}, "seed is -1"),
        ({"scenarios": ["team", "team"]}, 'two scenarios are called "team"'),
        ({"scenarios": [Scenario(), Scenario()]}, 'two scenarios are called "untitled"'),
        ({"scenarios": "taem"}, 'did you mean "team"'),
    ],
)
def test_what_cannot_be_studied_is_said_at_once(asked: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sim.study(**asked)


def test_scenarios_are_called_by_name_title_or_as_one_wishes() -> None:
    own = Scenario(title="Mine")
    assert list(named(own)) == ["Mine"]
    assert named("team") == {"team": sim.load("team")}
    assert named({"x": "team", "y": own}) == {"x": sim.load("team"), "y": own}


def test_no_progress_bar_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    sim.study("team", runs=2)
    assert capsys.readouterr() == ("", "")
