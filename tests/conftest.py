"""What tests of several floors share."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sim.engine.result import Run

ROOT = Path(__file__).parents[1]

Started = subprocess.CompletedProcess[str]
Mufakat = Callable[..., Started]


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
def made_up() -> "Run":
    """A run that no engine made: small, with every kind of value that a run can hold."""
    import pandas as pd

    from sim.engine.result import Run
    from sim.scenario import Scenario

    missing = float("nan")
    event = {"round": 3, "field": "leadership.mandate", "set": 0.5}
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
    return Run(
        scenario=Scenario(title="Made up, by hand", events=[event]),
        seed=2**64 - 1,
        run=7,
        outcomes=pd.Series(outcomes),
        rounds=pd.DataFrame({"round": [1, 2], "phase": ["listening", "debate"], "trust": [0.1, 1]}),
        stakeholders=pd.DataFrame({"name": ["Bima, Ltd", 'The "Twelve"'], "left": [missing, 9.0]}),
        events=pd.DataFrame({"round": [1], "event": ["explains"], "who": ["Ås\nvillage"]}),
        paths=pd.DataFrame({"round": [1], "name": ["Bima, Ltd"], "member": [True]}),
        ties=pd.DataFrame({"from": ["Bima, Ltd"], "to": ['The "Twelve"'], "trust": [0.3]}),
        options=pd.DataFrame({"problem": [1], "option": [1], "name": [None], "x": [0.1]}),
    )
