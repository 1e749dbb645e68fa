"""Two drives of the same rules give the same bits, however they are run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.api.run import Run
from sim.scenario import Scenario
from tests.digests import digest
from tests.strategies import scenarios

DIGESTS = Path(__file__).parents[1] / "digests.py"
QUICK = ("team", "budget_cut", "election")


def walked(scenario: Scenario, seed: int, run: int, **options: object) -> Run:
    """The result of a run with Mesa agents."""
    model = sim.CollaborationModel(scenario, seed, run, **options)
    while model.running:
        model.step()
    return model.result()


def assert_same(one: Run, other: Run) -> None:
    pd.testing.assert_series_equal(one.outcomes, other.outcomes, check_exact=True)
    for table in ("rounds", "stakeholders", "events", "paths", "ties", "options"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table), check_exact=True)
    assert digest(one) == digest(other)


def digests(files: list[Path], **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(DIGESTS), *map(str, files)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", sim.shipped())
def test_mesa_agents_give_the_bits_of_the_compiled_loop(name: str) -> None:
    scenario = sim.load(name)
    assert_same(walked(scenario, 3, 2), sim.run(scenario, seed=3, run=2))


@given(scenarios(), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_mesa_agents_give_the_same_bits_for_any_scenario(
    scenario: Scenario, seed: int, run: int
) -> None:
    assert_same(walked(scenario, seed, run), sim.run(scenario, seed=seed, run=run))


def written(folder: Path, asked: dict[str, Scenario]) -> list[Path]:
    files = []
    for name, scenario in asked.items():
        files.append(folder / f"{name}.json")
        files[-1].write_text(json.dumps(scenario.resolved()), encoding="utf-8")
    return files


@given(st.lists(scenarios(), min_size=25, max_size=25))
@settings(max_examples=1, database=None)
def test_rules_give_the_same_bits_as_plain_python(
    tmp_path_factory: pytest.TempPathFactory, random: list[Scenario]
) -> None:
    asked = {str(k): scenario for k, scenario in enumerate(random)}
    asked |= {name: sim.load(name).variant({"cycles": 1}) for name in ("network", "river_basin")}
    files = written(tmp_path_factory.mktemp("asked"), asked)
    assert digests(files, NUMBA_DISABLE_JIT="1") == digests(files)


@pytest.mark.slow
def test_shipped_scenarios_give_the_same_bits_as_plain_python() -> None:
    assert digests([], NUMBA_DISABLE_JIT="1") == digests([])


def test_bits_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    files = written(tmp_path, {name: sim.load(name) for name in QUICK})
    assert digests(files, PYTHONHASHSEED="0") == digests(files, PYTHONHASHSEED="12345")


def test_a_run_depends_on_its_seed_and_run_number_only() -> None:
    scenario = sim.load("team")
    first = sim.run(scenario, seed=5, run=9)
    others = [sim.run(scenario, seed=s, run=r) for s, r in ((5, 10), (6, 9), (0, 0))]
    assert digest(sim.run(scenario, seed=5, run=9)) == digest(first)
    assert len({digest(first), *map(digest, others)}) == 4


@pytest.mark.parametrize(("seed", "run"), [(-1, 0), (2**64, 0), (0, -1), (0, 2**32)])
def test_a_seed_or_run_out_of_range_is_refused(seed: int, run: int) -> None:
    with pytest.raises(ValueError, match="must be from 0 to"):
        sim.run(sim.load("team"), seed=seed, run=run)


def test_a_run_with_many_events_is_told_to_the_end() -> None:
    scenario = sim.load("baseline").variant(
        {"stakeholders.community.count": 600, "listening.enough": 1.0, "cycles": 1}
    )
    events = sim.run(scenario).events
    assert len(events) > 20_000
    assert events["event"].iloc[-1] in ("delivered", "dissolved", "left", "deadlocked", "unfunded")
