"""A study: many runs of one or more scenarios, all under the same seed and run numbers."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from tqdm import tqdm

from sim.engine.arrays import require_run
from sim.engine.ensemble import outcomes_of
from sim.language import N_, _
from sim.rules.outcomes import OUTCOMES
from sim.scenario import Scenario, load

BATCH = 100  # runs that are carried out in one go: a tenth of a second of work
WAITING = 4  # batches, for each worker, that are handed out before the first comes back
CONFIDENCE = 0.95
OUTCOME_NAMES = tuple(item.name for item in OUTCOMES)

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

Asked = Scenario | str
Wanted = Asked | Sequence[Asked] | Mapping[str, Asked]


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


@dataclass(frozen=True, eq=False)
class Study:
    """What many runs ended with.

    Attributes
    ----------
    scenarios
        What was asked, by name.
    seed
        The seed that all runs share.
    runs
        One row a run: scenario, run number, one column an outcome; missing (NaN) where a run has
        no such number. Rows of two scenarios with the same run number are a pair: they share every
        draw that both make.
    failures
        One row for each run that raised an error: scenario, run, cause.
    """

    scenarios: Mapping[str, Scenario]
    seed: int
    runs: pd.DataFrame
    failures: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"<Study of {len(self.scenarios)} scenarios, {len(self.runs)} runs, seed {self.seed}>"
        )

    @cached_property
    def _summary(self) -> pd.DataFrame:
        rows = [
            (name, outcome, *interval(of_scenario[outcome]))
            for name, of_scenario in self.runs.groupby("scenario", sort=False, observed=True)
            for outcome in OUTCOME_NAMES
        ]
        return pd.DataFrame(rows, columns=[name for name, _meaning in SUMMARY_COLUMNS])

    def summary(self) -> pd.DataFrame:
        """Mean, 95 % interval (Student's t), spread and number of runs of every outcome.

        The interval says how well the mean is known, not how far runs lie apart: that is `sd`.
        """
        return self._summary.copy()


def interval(values: pd.Series) -> tuple[float, float, float, float, int]:
    """Mean, its 95 % interval by Student's t, standard deviation and number of the values there.

    A single value has no interval, nor have values that are all alike for want of runs.

    Examples
    --------
    >>> mean, low, high, sd, n = interval(pd.Series([1.0, 2.0, 3.0, float("nan")]))
    >>> round(mean, 3), round(low, 3), round(high, 3), round(sd, 3), n
    (2.0, -0.484, 4.484, 1.0, 3)
    """
    there = values.dropna().to_numpy(dtype=np.float64)
    n = len(there)
    if n == 0:
        return np.nan, np.nan, np.nan, np.nan, 0
    mean = float(there.mean())
    if n == 1:
        return mean, np.nan, np.nan, np.nan, 1
    sd = float(there.std(ddof=1))
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1)) * sd / math.sqrt(n)
    return mean, mean - half, mean + half, sd, n


def study(
    scenarios: Wanted,
    runs: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
) -> Study:
    """Carry out runs 0 to runs - 1 of every scenario.

    Parameters
    ----------
    scenarios
        A scenario, the name or path of one, several of these, or several by names of your own.
    runs
        How many runs of each.
    seed
        The world that all runs share, from 0 to 2^64 - 1.
    executor
        Where runs are carried out; if not given, in as many threads as there are processors. The
        table does not depend on it.
    progress
        Show a progress bar, if stderr is a terminal.

    Raises
    ------
    ValueError
        A number outside its range, no scenario, or two of the same name.
    ScenarioError
        A name or path that is no scenario's.

    Examples
    --------
    >>> import sim
    >>> done = sim.study(["team", "community"], runs=20)
    >>> done.runs.groupby("scenario", observed=True).size().to_dict()
    {'team': 20, 'community': 20}
    >>> one = sim.run(sim.load("team"), run=7).outcomes
    >>> bool(one["trust"] == done.runs.set_index("run").loc[7, "trust"].iloc[0])
    True
    """
    asked = named(scenarios)
    if runs < 1:
        raise ValueError(_("runs is {runs}; it must be 1 or more").format(runs=runs))
    require_run(seed, runs - 1)  # said now, not by a worker
    batches = [
        Batch(name, first, min(BATCH, runs - first))
        for first in range(0, runs, BATCH)
        for name in asked
    ]
    with _workers(executor) as workers, tqdm(
        total=runs * len(asked), unit=_("runs"), disable=None if progress else True
    ) as bar:  # fmt: skip
        done = []
        for result in _carry_out(workers, asked, seed, batches):
            done.append(result)
            bar.update(result.batch.size)
    return Study(MappingProxyType(asked), seed, _runs(asked, done), _failures(done))


def named(scenarios: Wanted) -> dict[str, Scenario]:
    """The scenarios by name: the name that a shipped one or a file has, or a scenario's title.

    >>> list(named(["team", Scenario(title="Mine")]))
    ['team', 'Mine']
    """
    if isinstance(scenarios, Scenario | str):
        scenarios = [scenarios]
    if not isinstance(scenarios, Mapping):
        pairs = [
            (item if isinstance(item, str) else item.title or _("untitled"), item)
            for item in scenarios
        ]
        names = [name for name, _item in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            text = _('two scenarios are called "{name}": give them names, {{"a": ..., "b": ...}}')
            raise ValueError(text.format(name=twice[0]))
        scenarios = dict(pairs)
    if not scenarios:
        raise ValueError(_("a study needs a scenario"))
    return {name: load(item) if isinstance(item, str) else item for name, item in scenarios.items()}


@contextmanager
def _workers(executor: Executor | None) -> Iterator[Executor]:
    """The executor, or threads of our own, which Ctrl-C leaves without waiting for more work."""
    if executor is not None:
        yield executor
        return
    threads = ThreadPoolExecutor(os.cpu_count())
    try:
        yield threads
    finally:
        threads.shutdown(cancel_futures=True)


def _carry_out(
    workers: Executor, asked: Mapping[str, Scenario], seed: int, batches: Iterable[Batch]
) -> Iterator[Done]:
    """Hand out the batches, a few at a time, and give back what each came to when it is ready."""
    ahead = WAITING * (os.cpu_count() or 1)
    waiting: set[Future[Done]] = set()
    for batch in batches:
        waiting.add(workers.submit(carry_out, asked[batch.scenario], seed, batch))
        if len(waiting) >= ahead:
            ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in ready)
    for future in waiting:
        yield future.result()


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


def _runs(asked: Mapping[str, Scenario], done: Iterable[Done]) -> pd.DataFrame:
    """One row a run, scenario by scenario and run by run, whatever order they came in."""
    order = {name: place for place, name in enumerate(asked)}
    ordered = sorted(done, key=lambda part: (order[part.batch.scenario], part.batch.first))
    names = [part.batch.scenario for part in ordered for _number in part.runs]
    table = pd.DataFrame(
        np.concatenate([part.outcomes for part in ordered]), columns=list(OUTCOME_NAMES)
    )
    table.insert(0, "scenario", pd.Series(pd.Categorical(names, categories=list(asked))))
    table.insert(1, "run", [number for part in ordered for number in part.runs])
    return table


def _failures(done: Iterable[Done]) -> pd.DataFrame:
    rows = [
        (part.batch.scenario, number, cause) for part in done for number, cause in part.failures
    ]
    return pd.DataFrame(sorted(rows), columns=["scenario", "run", "cause"])
