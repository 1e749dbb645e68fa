"""Whoever carries out a study, in whatever order, its table is the same."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.api.studies import Study
from sim.studies import study as studies
from sim.studies.workers import WAITING, WorkerError

carried = partial(sim.study, ["team", "election"], 60, progress=False)


class Shuffling(ThreadPoolExecutor):
    """Gives work back in another order than it came in."""

    def __init__(self) -> None:
        super().__init__(5)
        self.dice = random.Random(3)
        self.numbers: list[int] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        delay, number = self.dice.random() / 20, self._work_number()

        def late() -> Any:
            time.sleep(delay)
            self.numbers.append(number)
            return fn(*args, **kwargs)

        return super().submit(late)

    def _work_number(self) -> int:
        self.given = getattr(self, "given", -1) + 1
        return self.given


class Dying(ProcessPoolExecutor):
    """Processes, one of which ends on its own when some work has been handed out."""

    def __init__(self, after: int) -> None:
        super().__init__(2, mp_context=get_context("spawn"))
        self.left = after

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.left -= 1
        if self.left == 0:
            return super().submit(os._exit, 1)
        return super().submit(fn, *args, **kwargs)


@pytest.fixture(scope="module")
def usual() -> Study:
    return carried()


def same(one: Study, other: Study) -> None:
    pd.testing.assert_frame_equal(one.runs, other.runs, check_exact=True)


@pytest.mark.parametrize("size", [3, 100])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads(threads: int, size: int, usual: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: size)
    with ThreadPoolExecutor(threads) as executor:
        same(carried(executor=executor), usual)


def test_work_that_comes_back_in_another_order(
    usual: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: 4)
    with Shuffling() as executor:
        same(carried(executor=executor), usual)
    assert executor.numbers != sorted(executor.numbers)
    assert sorted(executor.numbers) == [*range(30)]


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_processes(start: str, usual: Study, root: Path, tmp_path: Path) -> None:
    """In a process of its own: one with threads is not to be forked."""
    if start == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork here")
    script = tmp_path / "script.py"
    script.write_text(
        "import sim, sys\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from multiprocessing import get_context\n"
        "if __name__ == '__main__':\n"
        f"    with ProcessPoolExecutor(2, get_context({start!r})) as executor:\n"
        "        done = sim.study(['team', 'election'], 60, executor=executor)\n"
        "    done.runs.to_pickle('runs')\n"
    )
    warned = "ignore:This process:DeprecationWarning"  # numpy's threads, which do nothing by then
    subprocess.run(
        [sys.executable, "-W", warned, script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=True,
    )
    pd.testing.assert_frame_equal(pd.read_pickle(tmp_path / "runs"), usual.runs, check_exact=True)


def test_a_pool_that_breaks_is_told_and_what_was_kept_stays(
    usual: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: 4)
    with (
        Dying(after=14) as executor,
        pytest.raises(WorkerError, match="a worker process ended in mid-work"),
    ):
        carried(executor=executor, store=tmp_path)
    kept = {file.name: file.read_bytes() for file in tmp_path.glob("*.parquet")}
    assert 0 < len(kept) < 30
    same(carried(store=tmp_path), usual)
    assert kept.items() <= {f.name: f.read_bytes() for f in tmp_path.glob("*.parquet")}.items()


def test_an_executor_that_was_shut_down_is_told() -> None:
    executor: Executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(WorkerError, match="cannot schedule new futures after shutdown"):
        carried(executor=executor)


def test_work_that_was_not_begun_is_called_back_when_a_study_ends_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: 4)
    given: list[Future[Any]] = []

    class Noting(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            given.append(super().submit(fn, *args, **kwargs))
            return given[-1]

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.studies.store.RunStore.add", interrupted)
    with Noting(1) as executor, pytest.raises(KeyboardInterrupt):
        carried(executor=executor, store=tmp_path)
    assert any(future.cancelled() for future in given)
    assert len(given) < 30


@pytest.mark.parametrize("threads", [1, 3])
def test_so_much_is_handed_out_ahead_as_the_workers_can_take(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: 4)
    most = []

    class Counting(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            given.append(super().submit(fn, *args, **kwargs))
            most.append(sum(not future.done() for future in given))
            return given[-1]

    given: list[Future[Any]] = []
    with Counting(threads) as executor:
        carried(executor=executor)
    assert threads < max(most) <= WAITING * threads


def test_another_version_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        monkeypatch.setattr("sim.studies.workers.model_id", lambda: "0.0.1, 0123abcd")
        with pytest.raises(WorkerError, match=r"another mufakat .* than this study \(0\.0\.1, 0"):
            carried(executor=executor)
