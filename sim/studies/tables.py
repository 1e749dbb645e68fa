"""The tables of a study, made of what is kept: each number is read once and copied once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.engine.ensemble import Rounds
from sim.engine.tables import round_table
from sim.studies.batches import OUTCOME_NAMES, Done
from sim.studies.keeping import Keeper


class Ended(NamedTuple):
    """Which runs ended: how many of each scenario, and their numbers one scenario after another."""

    counts: list[int]
    numbers: NDArray[np.int64]


def outcomes_in(
    kept: Keeper, names: Iterable[str], runs: int, outcomes: Sequence[str] = OUTCOME_NAMES
) -> tuple[Ended, NDArray[np.float64]]:
    """The outcomes of all runs that ended: one row an outcome, one column a run."""
    names = list(names)
    most = sum(len(stretch) for name in names for stretch in kept.there(name, runs))
    values, numbers = np.empty((len(outcomes), most)), np.empty(most, dtype=np.int64)
    counts, filled = [], 0
    for name in names:
        before = filled
        for part in kept.parts(name, runs, outcomes):
            end = filled + len(part.runs)
            values[:, filled:end], numbers[filled:end] = part.outcomes.T, part.runs
            filled = end
        counts.append(filled - before)
    return Ended(counts, numbers[:filled]), values[:, :filled]


def run_table(kept: Keeper, names: Sequence[str], runs: int) -> pd.DataFrame:
    """One row a run that ended: scenario, run, outcomes."""
    ended, values = outcomes_in(kept, names, runs)
    table = pd.DataFrame(values.T, columns=list(OUTCOME_NAMES), copy=False)
    return _numbered(table, names, np.repeat(np.arange(len(names)), ended.counts), ended.numbers)


def runs_of(part: Done, names: Sequence[str]) -> pd.DataFrame:
    """The same of a part of the runs."""
    table = pd.DataFrame(part.outcomes, columns=list(OUTCOME_NAMES), copy=False)
    codes = np.full(len(part.runs), names.index(part.batch.scenario))
    return _numbered(table, names, codes, part.runs)


def rounds_of(parts: Sequence[Done], names: Sequence[str]) -> pd.DataFrame:
    """One row a run and round of parts whose rounds are kept: scenario, run, round series."""
    seen = Rounds.joined([part.rounds for part in parts if part.rounds is not None])
    scenario = [names.index(part.batch.scenario) for part in parts]
    codes = np.repeat(scenario, [len(part.runs) for part in parts])
    numbers = np.concatenate([part.runs for part in parts])
    table = round_table(seen.columns)
    return _numbered(table, names, np.repeat(codes, seen.lengths), np.repeat(numbers, seen.lengths))


def failure_table(kept: Keeper, names: Iterable[str], runs: int) -> pd.DataFrame:
    """One row a run that failed: scenario, run, cause."""
    rows = [
        (name, number, cause)
        for name in names
        for part in kept.parts(name, runs, ())
        for number, cause in part.failures
    ]
    return pd.DataFrame(sorted(rows), columns=["scenario", "run", "cause"])


def _numbered(
    table: pd.DataFrame,
    names: Sequence[str],
    codes: NDArray[np.int64],
    numbers: NDArray[np.int64],
) -> pd.DataFrame:
    """The table with the scenario and the run of each row before all else."""
    scenario = pd.Categorical.from_codes(codes, categories=pd.Index(names))
    table.insert(0, "scenario", pd.Series(scenario))
    table.insert(1, "run", numbers)
    return table
