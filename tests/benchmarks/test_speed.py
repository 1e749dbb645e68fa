"""How fast it is on this machine: printed, not judged. ``make bench`` runs this."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import sim
from sim.engine.arrays import for_run, template
from sim.engine.one_run import play

pytestmark = pytest.mark.slow

RUN = (sys.executable, "-m", "sim", "run", "baseline")


def median_ms(work: Callable[[int], object], times: int) -> float:
    spent = []
    for k in range(times):
        began = time.perf_counter()
        work(k)
        spent.append(time.perf_counter() - began)
    return 1000 * statistics.median(spent)


def seconds(command: tuple[str, ...], folder: Path, **variables: str) -> float:
    began = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def test_start(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    first = seconds(RUN, tmp_path, XDG_CACHE_HOME=cache)
    later = statistics.median(seconds(RUN, tmp_path, XDG_CACHE_HOME=cache) for _ in range(5))
    bare = statistics.median(
        seconds((sys.executable, "-c", "import numba, pandas, pydantic"), tmp_path)
        for _ in range(5)
    )
    helped = statistics.median(
        seconds((sys.executable, "-m", "sim", "--help"), tmp_path) for _ in range(5)
    )
    print(f"\nfirst run of the command, compiling: {first:.1f} s; once compiled: {later:.2f} s")
    print(f"of that, importing numba, pandas and pydantic: {bare:.2f} s; --help: {helped:.3f} s")


@pytest.mark.parametrize("name", ["baseline", "team", "network", "river_basin"])
def test_one_run(name: str) -> None:
    scenario = sim.load(name)
    blank = template(scenario)
    sim.run(scenario)

    def mesa(run: int) -> None:
        model = sim.CollaborationModel(scenario, run=run)
        while model.running:
            model.step()

    mesa(0)
    told = median_ms(lambda run: sim.run(scenario, run=run), 40)
    agents = median_ms(mesa, 40)
    bare = median_ms(lambda run: play(*for_run(blank, 1, run)), 400)
    print(
        f"\n{name}: Mesa {agents:.0f} ms, with all tables {told:.1f} ms, bare {bare:.2f} ms a run"
    )
    print(f"  Mesa / bare {agents / bare:.0f}")
