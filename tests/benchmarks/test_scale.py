"""How time and memory grow with the stakeholders: printed, not judged. ``make bench`` runs this."""

import json
import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.slow

SIZES = (1_000, 10_000, 100_000, 1_000_000)
RUN = """
import json, resource, sys, time
import sim
from sim.engine.runs import outcomes_of

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

count, changes = int(sys.argv[1]), json.loads(sys.argv[2])
counts = {f"stakeholders.{sector}.count": count // 4 for sector in sim.scenario.SECTORS}
outcomes_of(sim.load("baseline"), 1, 0, 1)
before, began = peak(), time.thread_time()
outcomes_of(sim.load("baseline").variant(counts | changes), 1, 0, 1)
print(json.dumps([time.thread_time() - began, peak() - before]))
"""
COURSES = {
    "consensus, one cycle: talk to the deadline": {"cycles": 1},
    "majority, one cycle: all phases": {"cycles": 1, "decision.rule": "majority"},
    "network with 100 seats, majority": {
        "cycles": 1,
        "form.kind": "network",
        "form.seats": 100,
        "decision.rule": "majority",
    },
}


def measured(count: int, changes: dict[str, object]) -> tuple[float, float]:
    """Seconds and MiB of one run in a process of its own."""
    command = (sys.executable, "-c", RUN, str(count), json.dumps(changes))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, mebibytes = json.loads(done.stdout)
    return seconds, mebibytes


@pytest.mark.parametrize("course", COURSES)
def test_one_run_of_many(course: str) -> None:
    found = np.array([measured(count, COURSES[course]) for count in SIZES])
    print(f"\n{course}")
    for count, (seconds, mebibytes) in zip(SIZES, found, strict=True):
        print(f"  {count:9,} stakeholders: {seconds:8.3f} s, {mebibytes:7.0f} MiB")
    x = np.log10(SIZES)
    time, memory = np.polyfit(x, np.log10(found[:, 0]), 1), np.log10(found[-1, 1] / found[-2, 1])
    last = np.log10(found[-1, 0] / found[-2, 0])
    print(f"  slope of time {time[0]:.3f}, from 10^5 to 10^6 {last:.3f}; of memory {memory:.3f}")
