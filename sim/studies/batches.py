"""Batches of runs: how the work of a study is cut up, and what a piece of it comes to."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.ensemble import outcomes_of
from sim.rules.outcomes import OUTCOMES
from sim.scenario import Scenario

BATCH = 100  # runs that are carried out in one go: a tenth of a second of work
OUTCOME_NAMES = tuple(item.name for item in OUTCOMES)


class Batch(NamedTuple):
    """Some consecutive runs of one scenario."""

    scenario: str
    first: int
    size: int


class Done(NamedTuple):
    """What a batch came to: the runs that ended, what they ended with, and those that failed."""

    batch: Batch
    runs: list[int]
    outcomes: NDArray[np.float64]
    failures: list[tuple[int, str]]

    @property
    def all_runs(self) -> list[int]:
        """The runs that ended and those that failed."""
        return [*self.runs, *(run for run, _cause in self.failures)]


def cut(scenario: str, runs: int, there: Collection[int] = ()) -> Iterator[Batch]:
    """Runs 0 to runs - 1 of a scenario in batches, without those that are there already.

    >>> [(batch.first, batch.size) for batch in cut("team", 250, there=range(40, 110))]
    [(0, 40), (110, 90), (200, 50)]
    """
    for start in range(0, runs, BATCH):
        first = None
        for run in range(start, min(start + BATCH, runs) + 1):
            wanted = run < min(start + BATCH, runs) and run not in there
            if wanted and first is None:
                first = run
            elif not wanted and first is not None:
                yield Batch(scenario, first, run - first)
                first = None


def carry_out(scenario: Scenario, seed: int, batch: Batch) -> Done:
    """Carry out one batch, here or in another process; a run that raises is a failure, not an end.

    Parameters
    ----------
    scenario
        The one that the batch names.
    """
    try:
        found = outcomes_of(scenario, seed, batch.first, batch.size)
    except Exception:  # one of them did: each by itself
        return _one_by_one(scenario, seed, batch)
    return Done(batch, list(range(batch.first, batch.first + batch.size)), found, [])


def _one_by_one(scenario: Scenario, seed: int, batch: Batch) -> Done:
    """The same, for a batch in which some run fails."""
    numbers, rows, failures = [], [], []
    for number in range(batch.first, batch.first + batch.size):
        try:
            rows.append(outcomes_of(scenario, seed, number, 1))
            numbers.append(number)
        except Exception as error:
            failures.append((number, f"{type(error).__name__}: {error}"))
    nothing = np.empty((0, len(OUTCOME_NAMES)))
    return Done(batch, numbers, np.concatenate([nothing, *rows]), failures)
