"""What tests of several floors share."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import xdist
from hypothesis import settings

if TYPE_CHECKING:
    from sim.api.run import Run

ROOT = Path(__file__).parents[1]

Started = subprocess.CompletedProcess[str]
Mufakat = Callable[..., Started]

# How long an example takes says more about what else the machine does than about the example.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the rules once, before several processes need them at the same time."""
    if xdist.is_xdist_controller(session):
        from sim.engine.runs import warm_up

        warm_up()


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout that is tested."""
    return ROOT


@pytest.fixture
def mufakat(tmp_path: Path) -> Mufakat:
    """The command, as a process of its own in an empty folder."""

    def start(*arguments: str, stdout: Any = subprocess.PIPE, **variables: str) -> Started:
        return subprocess.run(
            [sys.executable, "-m", "sim", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    return start


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """What is started minds Ctrl-C, even where the tests do not: in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def made_up() -> "Run":
    """A short run of stakeholders with awkward names, its outcomes made up: all a run can hold."""
    import pandas as pd

    from sim.api.run import run
    from sim.scenario import Scenario

    missing = float("nan")
    listed = [
        {"name": "Bima, Ltd", "sector": "private"},
        {"name": 'The "Twelve"', "sector": "community"},
        {"name": "Ås\nvillage", "sector": "community"},
        {"name": "<b>Rara</b> *", "sector": "civil_society"},
    ]
    outcomes = {
        "agreement": 1.0,
        "months_to_agreement": 44.0,
        "participation": 2 / 3,
        "retention": 0.5,
        "acceptance": 1.0,
        "support": 0.75,
        "satisfaction": 0.1 + 0.2,
        "worst_off": 5e-324,
        "coverage": 1.25,
        "delivery": 1 / 3,
        "months_survived": 130.0,
        "survived_10y": 1.0,
        "retried": missing,
    }
    scenario = Scenario(
        title="Made up, by hand",
        horizon=8,
        listening={"rounds": 2},
        stakeholders={"incentive": 0.9},
        listed=listed,
        events=[{"round": 3, "field": "leadership.mandate", "set": 0.5}],
    )
    short = run(scenario, seed=2**64 - 1, run=7)
    return dataclasses.replace(short, outcomes=pd.Series(outcomes))
