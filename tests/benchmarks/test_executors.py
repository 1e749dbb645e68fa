"""What each way to carry out a study costs on this machine: printed, not judged."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from distributed import Client

import sim
from tests.studies.test_cluster import started

pytestmark = pytest.mark.slow

RUNS, MESA_RUNS, TIMES = 10_000, 120, 5


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_behaviours() -> None:
    """Runs a second through Mesa, in one process and in two, once these have loaded the model."""

    class Own(sim.PrivateFirm):
        pass

    def carried(runs: int, executor: Executor | None) -> object:
        behaviours = {"baseline": {"private": Own}}
        return sim.study("baseline", runs, executor=executor, behaviours=behaviours, progress=False)

    whole = seconds(lambda: carried(10, None))
    context = get_context("spawn")
    with ProcessPoolExecutor(1, context) as one, ProcessPoolExecutor(2, context) as two:
        for executor in (one, two):
            carried(20, executor)
        pairs = [
            (seconds(lambda: carried(MESA_RUNS, one)), seconds(lambda: carried(MESA_RUNS, two)))
            for _time in range(TIMES)
        ]
    alone, both = (MESA_RUNS / statistics.median(spent) for spent in zip(*pairs, strict=True))
    ratio = statistics.median(first / second for first, second in pairs)
    print(f"\nbehaviours: {alone:.1f} runs/s in one process, {both:.1f} in two ({ratio:.2f} times)")
    print(f"  a study of 10 runs, with the start of its process: {whole:.1f} s")


def test_cluster(tmp_path: Path, root: Path) -> None:
    """What a cluster of two workers on this machine costs beside two threads."""
    with (
        started(tmp_path, root, 2) as made,
        Client(made.address, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        workers = client.get_executor(pure=False)
        first = seconds(lambda: sim.study("baseline", 200, executor=workers, progress=False))
        pairs = []
        for _time in range(TIMES):
            here = seconds(lambda: sim.study("baseline", RUNS, progress=False))
            there = seconds(lambda: sim.study("baseline", RUNS, executor=workers, progress=False))
            pairs.append((here, there))
    here, there = (statistics.median(spent) for spent in zip(*pairs, strict=True))
    ratio = statistics.median(later / earlier for earlier, later in pairs)
    print(f"\n{RUNS} runs: {here:.2f} s in threads, {there:.2f} s on a cluster of two workers")
    print(f"  ({ratio:.2f} times); its first 200 runs, with loading the model: {first:.1f} s")
