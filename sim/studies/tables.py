"""The tables of a study: runs, rounds, failures, means, and how runs went for each stakeholder."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.engine.arrays import for_run, template
from sim.engine.ensemble import Rounds
from sim.engine.one_run import play
from sim.engine.tables import round_table, stakeholder_table
from sim.language import N_
from sim.rules.outcomes import OUTCOMES, YES
from sim.scenario import Scenario
from sim.studies.statistics import mean_interval
from sim.studies.store import RunStore
from sim.studies.workers import OUTCOME_NAMES, Done

# name, what it says
SUMMARY_COLUMNS = (
    ("scenario", N_("the scenario")),
    ("outcome", N_("the outcome")),
    ("mean", N_("its mean over the runs that have it")),
    ("low", N_("lower end of the 95 % interval of that mean")),
    ("high", N_("upper end of the 95 % interval of that mean")),
    ("sd", N_("standard deviation between runs")),
    ("n", N_("runs that have it")),
)
AT_ONCE = 5_000_000  # numbers that are in memory at a time
# What is kept of each run for a stakeholder: columns of ``STAKEHOLDER_COLUMNS``, and what follows
# from them.
KEPT = ("satisfaction", "stayed_away", "left", "gains")


class Ended(NamedTuple):
    """Which runs ended: how many of each scenario, and their numbers one scenario after another."""

    counts: list[int]
    numbers: NDArray[np.int64]


def outcomes_in(
    kept: RunStore, names: Iterable[str], runs: int, outcomes: Sequence[str] = OUTCOME_NAMES
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


def run_table(kept: RunStore, names: Sequence[str], runs: int) -> pd.DataFrame:
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


def failure_table(kept: RunStore, names: Iterable[str], runs: int) -> pd.DataFrame:
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


def summary_table(kept: RunStore, names: Iterable[str], runs: int) -> pd.DataFrame:
    """One row a scenario and outcome; see ``SUMMARY_COLUMNS``.

    However many runs there are, only so many numbers are read at a time as memory has room for.
    """
    rows: list[tuple[object, ...]] = []
    for name in names:
        there = sum(map(len, kept.there(name, runs)))
        columns = max(AT_ONCE // max(there, 1), 1)
        for start in range(0, len(OUTCOMES), columns):
            items = OUTCOMES[start : start + columns]
            _runs, values = outcomes_in(kept, [name], runs, [item.name for item in items])
            for item, column in zip(items, values, strict=True):
                if len(column):
                    rows.append((name, item.name, *mean_interval(column, item.unit == YES)))
    return pd.DataFrame(rows, columns=[name for name, _meaning in SUMMARY_COLUMNS])


def stakeholders(scenario: Scenario, seed: int, runs: Iterable[int]) -> pd.DataFrame:
    """Runs of these numbers, seen by the stakeholders.

    Returns
    -------
    DataFrame
        One row a run and stakeholder: run, name, sector; satisfaction (the fit of the first
        agreement to its interest) and gains (whether that agreement is worth to it at least what
        going alone is), both missing without an agreement; stayed_away (it was no member when the
        first cycle began); left (it was one, and is none at the end).

    Examples
    --------
    >>> import sim
    >>> table = stakeholders(sim.load("river_basin"), seed=1, runs=range(3))
    >>> len(table), list(table.columns[3:])
    (66, ['satisfaction', 'stayed_away', 'left', 'gains'])
    """
    blank = template(scenario)
    parts = []
    for number in runs:
        played = for_run(blank, seed, number)
        play(*played)
        own = stakeholder_table(scenario, played)
        own.insert(0, "run", number)
        parts.append(own)
    table = pd.concat(parts, ignore_index=True)
    gains = (table["utility"] >= table["outside_option"]).astype(np.float64)
    table["gains"] = gains.where(table["utility"].notna())
    table["stayed_away"] = ~table["took_part"]
    table["left"] = table["took_part"] & ~table["member"]
    return table[["run", "name", "sector", *KEPT]]
