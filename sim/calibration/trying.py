"""Trying sets of values: runs of every scenario under each of them, and what is taken of these."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
import scipy
from tqdm import tqdm

from sim.calibration.keeping import Pieces
from sim.calibration.statistics import Numbers, outcomes_asked
from sim.calibration.target_file import Task
from sim.engine.ensemble import outcomes_under
from sim.rules.compiling import source_digest
from sim.studies.workers import NUMBERS_COME_FROM, OUTCOME_NAMES

Bar: TypeAlias = "tqdm[Any]"

SOURCES = (
    *NUMBERS_COME_FROM,
    *(f"calibration/{name}.py" for name in ("calibrate", "statistics", "trying", "waves")),
)
AT_ONCE = 32  # sets that are tried, and kept, in one go
RUNS_IN_ONE_GO = 2000  # whose outcomes are in memory at a time


def try_sets(task: Task, values: Numbers, seed: int, first: int, runs: int) -> Numbers:
    """What is taken of the runs under each set: shape (sets, targets, 2), number and error.

    Set k has the runs (first + k) x runs and those behind it, so that no two sets share a run.

    Parameters
    ----------
    values
        Shape (sets, fields).
    """
    found = np.empty((len(values), len(task.targets), 2))
    step = max(RUNS_IN_ONE_GO // runs, 1)
    for start in range(0, len(values), step):
        part = values[start : start + step]
        own = {
            name: _outcomes(task, name, np.repeat(part, runs, axis=0), seed, (first + start) * runs)
            for name in task.measured
        }
        for place, target in enumerate(task.targets):
            of = target.outcome
            one = own[target.scenario][of].reshape(len(part), runs)
            other = own[target.against][of].reshape(len(part), runs) if target.against else None
            number, error = target.measured(one, other)
            found[start : start + step, place] = np.stack([number, error], axis=1)
    return found


def _outcomes(task: Task, name: str, values: Numbers, seed: int, first: int) -> dict[str, Numbers]:
    """The outcomes that targets are about, run by run."""
    many = outcomes_under(task.scenarios[name], task.fields, values, seed, first)
    asked = outcomes_asked(task.targets, name)
    return {outcome: many[:, OUTCOME_NAMES.index(outcome)] for outcome in asked}


def try_wave(
    task: Task,
    values: Numbers,
    wave: int,
    seed: int,
    first: int,
    runs: int,
    pieces: Pieces,
    bar: Bar,
) -> Numbers:
    """The same of a whole wave, on all processors; a piece that is kept is not tried again."""
    starts = list(range(0, len(values), AT_ONCE))
    missing = [start for start in starts if pieces.get(wave, start) is None]
    bar.update(len(values) - sum(len(values[start : start + AT_ONCE]) for start in missing))
    threads = ThreadPoolExecutor(os.cpu_count())
    try:
        tasks = [
            threads.submit(
                try_sets, task, values[start : start + AT_ONCE], seed, first + start, runs
            )
            for start in missing
        ]
        for start, future in zip(missing, tasks, strict=True):
            pieces.keep(wave, start, future.result())
            bar.update(len(values[start : start + AT_ONCE]))
    finally:
        threads.shutdown(cancel_futures=True)
    return np.concatenate(list(_whole(pieces, wave, starts)))


def _whole(pieces: Pieces, wave: int, starts: Sequence[int]) -> Iterator[Numbers]:
    for start in starts:
        piece = pieces.get(wave, start)
        assert piece is not None, "every piece was tried"
        yield piece


def asked(task: Task, runs: int, sets: int, seed: int) -> str:
    """A digest of everything that the sets of a calibration and their numbers come from.

    The design and the square roots of matrices are those of these releases of NumPy and SciPy.
    """
    content = [
        source_digest(SOURCES), np.__version__, scipy.__version__, runs, sets, seed,
        [list(item[:3]) for item in task.free],
        [[*target[2:3], *target.statistic, *target[4:]] for target in task.targets],
        {name: task.scenarios[name].digest() for name in task.measured},
    ]  # fmt: skip
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
