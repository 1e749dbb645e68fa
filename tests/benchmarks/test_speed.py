"""How fast it is on this machine: printed, not judged. ``make bench`` runs this."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sim
from sim.engine.arrays import for_run, template
from sim.engine.runs import play
from sim.view.plots import sheet_bytes

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
    bare = median_ms(lambda run: play(for_run(blank, 1, run), 1, run), 400)
    print(
        f"\n{name}: Mesa {agents:.0f} ms, with all tables {told:.1f} ms, bare {bare:.2f} ms a run"
    )
    print(f"  Mesa / bare {agents / bare:.0f}")


def test_study() -> None:
    """Runs a second, in one thread and in two, and what a run with minutes and sheet costs."""
    sim.study("baseline", runs=200, progress=False)

    def runs_a_second(threads: int) -> float:
        with ThreadPoolExecutor(threads) as workers:
            began = time.perf_counter()
            sim.study("baseline", runs=4000, executor=workers, progress=False)
            return 4000 / (time.perf_counter() - began)

    pairs = [(runs_a_second(1), runs_a_second(2)) for _time in range(5)]
    one, two = (statistics.median(speeds) for speeds in zip(*pairs, strict=True))
    ratio = statistics.median(second / first for first, second in pairs)
    print(f"\nstudy: {one:.0f} runs/s in one thread, {two:.0f} in two ({ratio:.2f} times)")


PLAIN = """
import time
import sim

scenario = sim.load("baseline")
began, count = time.perf_counter(), 5
for run in range(count):
    model = sim.CollaborationModel(scenario, run=run)
    while model.running:
        model.step()
print((time.perf_counter() - began) / count)
"""


def test_what_a_plain_mesa_model_would_cost() -> None:
    """The same rules as Python, through Mesa, beside the compiled loop: a core each, in one go."""
    sim.study("baseline", runs=200, progress=False)
    command = (sys.executable, "-c", PLAIN)
    plain, compiled = [], []
    with ThreadPoolExecutor(1) as worker:
        for _time in range(3):
            began = time.perf_counter()
            sim.study("baseline", runs=4000, executor=worker, progress=False)
            compiled.append((time.perf_counter() - began) / 4000)
            done = subprocess.run(
                command,
                env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
                check=True,
                capture_output=True,
                text=True,
            )
            plain.append(float(done.stdout))
    ratios = [slow / fast for slow, fast in zip(plain, compiled, strict=True)]
    print(f"\nplain Mesa {min(plain):.2f} s a run, study {1000 * min(compiled):.3f} ms a run")
    print("  times: " + ", ".join(f"{ratio:,.0f}" for ratio in ratios))


def test_story(tmp_path: Path) -> None:
    run = sim.run(sim.load("river_basin"))
    run.save(tmp_path / "warm")
    minutes = median_ms(lambda _k: run.minutes(), 9)
    full = median_ms(lambda _k: run.minutes(full=True), 5)
    png = median_ms(lambda _k: sheet_bytes(run, "png"), 5)
    svg = median_ms(lambda _k: sheet_bytes(run, "svg"), 5)
    gif = median_ms(lambda _k: run.animate(tmp_path / "run.gif"), 1)
    print(
        f"\nminutes {minutes:.0f} ms, in full {full:.0f} ms; sheet PNG {png:.0f}, SVG {svg:.0f} ms"
    )
    print(f"animation of {len(run.rounds)} months {gif / 1000:.1f} s")
