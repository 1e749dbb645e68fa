"""How much memory a study takes on this machine: printed, not judged. ``make bench`` runs this."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a process does not tell its memory here"),
]

# The most memory so far: before the study, after it, with its summary, with its table.
STUDY = """
import resource, sys
import sim
from sim.scenario import Scenario

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

runs, folder = int(sys.argv[1]), sys.argv[2] or None
sectors = ("government", "private", "community", "civil_society")
small = Scenario(cycles=1, horizon=2, stakeholders={name: {"count": 1} for name in sectors})
sim.study(small, 100, store=folder and folder + "/warm", progress=False).summary()
peaks = [most()]
done = sim.study(small, runs, store=folder and folder + "/study", progress=False)
peaks.append(most())
done.summary()
peaks.append(most())
assert len(done.runs) == runs
print(*peaks, most())
"""


@pytest.mark.parametrize("runs", [10_000, 100_000])
@pytest.mark.parametrize("keeps", [False, True], ids=["memory", "store"])
def test_study(keeps: bool, runs: int, tmp_path: Path, root: Path) -> None:
    """A small scenario: how much is kept of a run does not depend on its size."""
    ended = subprocess.run(
        [sys.executable, "-c", STUDY, str(runs), str(tmp_path) if keeps else ""],
        env={**os.environ, "PYTHONPATH": str(root)},
        check=True,
        capture_output=True,
        text=True,
    )
    unit = 2**20 if sys.platform == "darwin" else 2**10  # of what a process tells
    start, study, summary, table = (int(text) / unit for text in ended.stdout.split())
    where = "in a store" if keeps else "in memory"
    print(
        f"\n{runs} runs {where}: {start:.0f} MiB to begin with, {study:.0f} with the study, "
        f"{summary:.0f} with its summary, {table:.0f} with its table"
    )
