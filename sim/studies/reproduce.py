"""Whether the runs of a study come out the same here and now, to the last bit."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from sim.engine.ensemble import outcomes_of
from sim.language import _
from sim.scenario import Scenario
from sim.studies.batches import BATCH, OUTCOME_NAMES
from sim.studies.study import Study

SAMPLE = 100  # runs of each scenario that are carried out again if not all are


class Reproduced(NamedTuple):
    """How many runs were carried out again, and every number that came out another way.

    ``different`` has one row each: scenario, run, outcome, kept, now.
    """

    checked: int
    different: pd.DataFrame


def reproduce(study: Study, every_run: bool = False, progress: bool = True) -> Reproduced:
    """Carry out runs of a study once more, and compare every outcome in every bit.

    Parameters
    ----------
    every_run
        All runs; if not, ``SAMPLE`` of each scenario, evenly spread.
    progress
        Show a progress bar, if stderr is a terminal.

    Examples
    --------
    >>> import sim
    >>> found = reproduce(sim.study("team", runs=20))
    >>> found.checked, len(found.different)
    (20, 0)
    """
    rows, checked = [], 0
    for name, kept in study.runs.groupby("scenario", sort=False, observed=True):
        if not every_run and len(kept) > SAMPLE:
            kept = kept.iloc[np.linspace(0, len(kept) - 1, SAMPLE).astype(int)]
        with tqdm(total=len(kept), unit=_("runs"), disable=None if progress else True) as bar:
            for part in _stretches(kept):
                found = _compared(study.scenarios[str(name)], study.seed, part)
                rows += [(str(name), *row) for row in found]
                checked += len(part)
                bar.update(len(part))
    columns = ["scenario", "run", "outcome", "kept", "now"]
    return Reproduced(checked, pd.DataFrame(rows, columns=columns))


def _stretches(kept: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rows of consecutive runs, at most a batch of them at a time."""
    numbers = kept["run"].to_numpy()
    start = 0
    for place in range(1, len(numbers) + 1):
        over = place == len(numbers) or numbers[place] != numbers[place - 1] + 1
        if over or place - start == BATCH:
            yield kept.iloc[start:place]
            start = place


def _compared(
    scenario: Scenario, seed: int, kept: pd.DataFrame
) -> Iterator[tuple[int, str, float, float]]:
    """Every number of some consecutive runs that is another one now."""
    first = int(kept["run"].iloc[0])
    now = outcomes_of(scenario, seed, first, len(kept))
    before = kept[list(OUTCOME_NAMES)].to_numpy(dtype=np.float64)
    other = before.view(np.uint64) != now.view(np.uint64)
    other &= ~(np.isnan(before) & np.isnan(now))
    for k, n in np.argwhere(other):
        yield first + int(k), OUTCOME_NAMES[n], float(before[k, n]), float(now[k, n])
