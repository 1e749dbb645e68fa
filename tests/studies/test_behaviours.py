"""Behaviours of one's own in a study: what is not changed stays the same in every bit."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.api.studies import Study
from sim.engine.mesa_model import BEHAVIOURS, CollaborationModel, played_with
from sim.engine.runs import outcomes_and_rounds_of
from sim.rules.outcomes import OUTCOMES
from sim.scenario import Scenario
from sim.studies.reproduce import reproduce
from sim.studies.workers import Batch, WorkerError, carry_out
from tests.strategies import scenarios

NAMES = [item.name for item in OUTCOMES]
SHORT = Scenario(title="short", cycles=1, horizon=12, listening={"rounds": 1})


class StubbornFirm(sim.PrivateFirm):
    def accepts(self) -> bool:
        return False


class FailingFirm(sim.PrivateFirm):
    def accepts(self) -> bool:
        if self.model.run % 4 == 3:
            raise ArithmeticError(f"not in run {self.model.run}")
        return super().accepts()


class LastWord(sim.PrivateFirm):
    def accepts(self) -> bool:
        os._exit(1)


def rows(done: Study, name: str) -> bytes:
    found: bytes = done.runs[done.runs["scenario"] == name][NAMES].to_numpy().tobytes()
    return found


@pytest.mark.parametrize("name", sim.shipped())
def test_the_usual_classes_give_what_the_compiled_loop_gives(name: str) -> None:
    scenario, batch = sim.load(name), Batch(name, 5, 2)
    found = carry_out(scenario, 3, batch, BEHAVIOURS)
    assert found.outcomes.tobytes() == carry_out(scenario, 3, batch).outcomes.tobytes()
    assert (found.runs.tolist(), found.failures) == ([5, 6], [])


@given(scenarios(), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_so_they_do_for_any_scenario(scenario: Scenario, seed: int, run: int) -> None:
    found, rounds = played_with(scenario, seed, run, BEHAVIOURS)
    expected, expected_rounds = outcomes_and_rounds_of(scenario, seed, run, 1)
    assert found.tobytes() == expected.tobytes()
    for name, values in expected_rounds.columns.items():
        assert rounds.columns[name].tobytes() == values.tobytes()


def test_one_table_for_scenarios_with_behaviours_and_without() -> None:
    asked = {"mine": "mandated", "shipped": "mandated", "same": "mandated"}
    behaviours = {"mine": {"private": StubbornFirm}, "same": dict(BEHAVIOURS)}
    done = sim.study(asked, runs=12, behaviours=behaviours, progress=False)
    assert done.runs["scenario"].tolist() == ["mine"] * 12 + ["shipped"] * 12 + ["same"] * 12
    assert done.runs["run"].tolist() == [*range(12)] * 3
    assert rows(done, "same") == rows(done, "shipped")
    assert rows(done, "shipped") == rows(sim.study("mandated", runs=12), "mandated")
    agreement = done.runs.groupby("scenario", observed=True)["agreement"].mean()
    assert agreement["mine"] == 0.0
    assert agreement["shipped"] > 0.5
    assert done.behaviours == behaviours
    assert len(done.failures) == 0


@pytest.mark.parametrize("how", ["spawn", "threads"])
def test_a_class_from_inside_a_function_reaches_any_executor(how: str) -> None:
    class Local(StubbornFirm):
        pass

    executor: Executor = ThreadPoolExecutor(2)
    if how == "spawn":
        executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    asked, behaviours = {"a": SHORT, "b": SHORT}, {"a": {"private": Local}}
    with executor:
        done = sim.study(asked, runs=11, executor=executor, behaviours=behaviours)
    expected = [played_with(SHORT, 1, run, {"private": StubbornFirm})[0] for run in range(11)]
    assert rows(done, "a") == b"".join(row.tobytes() for row in expected)
    assert rows(done, "b") == rows(sim.study(SHORT, runs=11), "short")


def test_a_behaviour_that_raises_fails_its_run_and_the_study_goes_on() -> None:
    asked, behaviours = {"a": SHORT}, {"a": {"private": FailingFirm}}
    with ThreadPoolExecutor(1) as executor:
        done = sim.study(asked, runs=12, executor=executor, behaviours=behaviours)
    assert done.failures.to_dict("records") == [
        {"scenario": "a", "run": run, "cause": f"ArithmeticError: not in run {run}"}
        for run in (3, 7, 11)
    ]
    usual = sim.study({"a": SHORT}, runs=12).runs
    usual = usual[usual["run"] % 4 != 3].reset_index(drop=True)
    pd.testing.assert_frame_equal(done.runs, usual, check_exact=True)


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(WorkerError, match="a worker process ended in mid-work"):
        sim.study({"a": SHORT}, runs=2, behaviours={"a": {"private": LastWord}})


def test_a_class_that_cannot_be_sent_is_refused() -> None:
    local = type("Local", (sim.PrivateFirm,), {"lock": threading.Lock()})
    with pytest.raises(ValueError, match='the behaviours of "a" cannot be sent to a worker'):
        sim.study({"a": SHORT}, runs=2, behaviours={"a": {"private": local}})


def test_a_module_that_only_the_sender_has_is_told(tmp_path: Path) -> None:
    """Its class is pickled by name, and not found in the worker."""
    (tmp_path / "only_here.py").write_text("import sim\nclass Own(sim.PrivateFirm):\n    pass\n")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        executor.submit(int).result()  # the worker is there before the module
        sys.path.insert(0, str(tmp_path))
        try:
            from only_here import Own  # type: ignore[import-not-found]

            said = "cannot read the behaviours of \"a\": No module named 'only_here'"
            with pytest.raises(WorkerError, match=said):
                sim.study({"a": SHORT}, 2, executor=executor, behaviours={"a": {"private": Own}})
        finally:
            sys.path.remove(str(tmp_path))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"behaviours": {"b": {}}}, r"given by scenario \(a\), not for b"),
        ({"behaviours": {"a": {"privat": StubbornFirm}}}, r"given by sector .*, not for privat"),
        ({"behaviours": {"a": {"private": "firm"}}}, "for private is 'firm'; it must be a class"),
        ({"behaviours": {"a": {"private": int}}}, "it must be a class of stakeholders"),
        ({"behaviours": {"a": {"private": StubbornFirm}}, "store": "x"}, "a store keeps no code"),
    ],
)
def test_what_cannot_be_is_refused(
    asked: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=said):
        sim.study({"a": SHORT}, runs=2, **asked)
    assert list(tmp_path.iterdir()) == []


def test_no_behaviours_are_the_usual_ones(tmp_path: Path) -> None:
    done = sim.study({"a": SHORT}, runs=2, behaviours={"a": {}}, store=tmp_path)
    assert done.behaviours == {}


def test_a_study_with_behaviours_is_not_compared_with_the_compiled_loop() -> None:
    asked, behaviours = {"a": SHORT}, {"a": {"private": StubbornFirm}}
    with ThreadPoolExecutor(1) as executor:
        done = sim.study(asked, runs=2, executor=executor, behaviours=behaviours)
    with pytest.raises(ValueError, match=r"repeated by sim\.study"):
        reproduce(done)


def test_a_run_leaves_no_model_behind() -> None:
    for run in range(30):
        played_with(SHORT, 1, run, BEHAVIOURS)
    gc.collect()
    assert not [thing for thing in gc.get_objects() if isinstance(thing, CollaborationModel)]


SCRIPT = """
import os, sim

class Own(sim.PrivateFirm):
    def accepts(self):
        if self.model.run == 0:
            open(f"worker-{os.getpid()}", "w").close()
        return super().accepts()

asked = {"a": "mandated", "b": "mandated"}
done = sim.study(asked, runs=RUNS, behaviours={"b": {"private": Own}})
a, b = (rows.drop(columns="scenario") for _name, rows in done.runs.groupby("scenario"))
print(a.reset_index(drop=True).equals(b.reset_index(drop=True)), len(done.failures))
"""


@pytest.fixture
def script(tmp_path: Path, root: Path) -> Iterator[Any]:
    """Starts a script without a ``__main__`` guard, in which any warning is an error."""
    started: list[subprocess.Popen[str]] = []

    def start(runs: int) -> subprocess.Popen[str]:
        (tmp_path / "script.py").write_text(SCRIPT.replace("RUNS", str(runs)))
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "script.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:  # a test that failed leaves nothing at work
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def gone(folder: Path) -> bool:
    """Whether the workers that left their number here have ended."""
    workers = [int(file.name.split("-")[1]) for file in folder.glob("worker-*")]
    assert workers
    until = time.monotonic() + 20
    while any(map(alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(alive, workers))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_a_script_needs_no_guard_and_its_workers_end(script: Any, tmp_path: Path) -> None:
    out, err = script(runs=11).communicate(timeout=100)
    assert (out, err) == ("True 0\n", "")
    assert gone(tmp_path)


def at_work(script: Any, folder: Path) -> subprocess.Popen[str]:
    """The process of a long study whose workers have begun."""
    process: subprocess.Popen[str] = script(runs=3000)
    until = time.monotonic() + 100
    while not list(folder.glob("worker-*")) and time.monotonic() < until:
        time.sleep(0.02)
    return process


@pytest.mark.slow
def test_workers_end_with_a_study_that_is_killed(script: Any, tmp_path: Path) -> None:
    process = at_work(script, tmp_path)
    process.kill()
    process.wait()
    assert gone(tmp_path)
    process.communicate(timeout=20)  # nobody holds its streams any more


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_the_workers_at_once(script: Any, tmp_path: Path) -> None:
    process = at_work(script, tmp_path)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
    out, err = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert (out, err.count("Traceback")) == ("", 1)
    assert err.splitlines()[-1] == "KeyboardInterrupt"
    assert gone(tmp_path)
