"""A study: many runs of one or more scenarios, all under the same seed and run numbers."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from sim.engine.arrays import MOST_RUN, require_run
from sim.language import N_, _
from sim.rules.outcomes import OUTCOMES, YES
from sim.scenario import Scenario, load
from sim.studies.batches import OUTCOME_NAMES, Batch, Done, carry_out, cut
from sim.studies.store import Store

WAITING = 4  # batches, for each worker, that are handed out before the first comes back
CONFIDENCE = 0.95

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
    damaged
        Names of files in the store that were not what they should be; their runs were carried out
        again.
    """

    scenarios: Mapping[str, Scenario]
    seed: int
    runs: pd.DataFrame
    failures: pd.DataFrame
    damaged: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return (
            f"<Study of {len(self.scenarios)} scenarios, {len(self.runs)} runs, seed {self.seed}>"
        )

    @cached_property
    def _summary(self) -> pd.DataFrame:
        rows = [
            (name, item.name, *interval(of_scenario[item.name], yes_or_no=item.unit == YES))
            for name, of_scenario in self.runs.groupby("scenario", sort=False, observed=True)
            for item in OUTCOMES
        ]
        return pd.DataFrame(rows, columns=[name for name, _meaning in SUMMARY_COLUMNS])

    def summary(self) -> pd.DataFrame:
        """Mean, 95 % interval, spread and number of runs of every outcome.

        Intervals are Student's t; of outcomes that are 0 or 1, Wilson's, which stay within 0 and 1
        and do not vanish where all runs went the same way.
        The interval says how well the mean is known, not how far runs lie apart: that is `sd`.
        """
        return self._summary.copy()


def interval(values: pd.Series, yes_or_no: bool = False) -> tuple[float, float, float, float, int]:
    """Mean, its 95 % interval, standard deviation and number of the values that are there.

    The interval is Student's t, which a single value has not; of values that are 0 or 1
    (``yes_or_no``) it is Wilson's (1927).

    Examples
    --------
    >>> mean, low, high, sd, n = interval(pd.Series([1.0, 2.0, 3.0, float("nan")]))
    >>> round(mean, 3), round(low, 3), round(high, 3), round(sd, 3), n
    (2.0, -0.484, 4.484, 1.0, 3)
    >>> round(interval(pd.Series([1.0] * 20), yes_or_no=True)[1], 3)
    0.839
    """
    there = values.dropna().to_numpy(dtype=np.float64)
    n = len(there)
    if n == 0:
        return np.nan, np.nan, np.nan, np.nan, 0
    mean = float(there.mean())
    sd = float(there.std(ddof=1)) if n > 1 else np.nan
    if yes_or_no:
        test = stats.binomtest(round(float(there.sum())), n)
        low, high = test.proportion_ci(CONFIDENCE, method="wilson")
        return mean, float(low), float(high), sd, n
    if n == 1:
        return mean, np.nan, np.nan, np.nan, 1
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1)) * sd / math.sqrt(n)
    return mean, mean - half, mean + half, sd, n


def study(
    scenarios: Wanted,
    runs: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    store: str | Path | None = None,
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
    store
        A folder that keeps the runs. A study that was interrupted goes on where it stopped, and
        one that asks for more runs adds those; it ends with the table of an undisturbed one.
    progress
        Show a progress bar, if stderr is a terminal.

    Raises
    ------
    ValueError
        A number outside its range, no scenario, or two of the same name.
    ScenarioError
        A name or path that is no scenario's.
    StoreError
        The store is the folder of something else.
    OSError
        The store cannot be written.

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
    kept = None if store is None else Store(store, seed)
    done = _there(kept, asked, runs)
    there = {
        name: {run for part in done if part.batch.scenario == name for run in part.all_runs}
        for name in asked
    }
    batches = _interleaved([cut(name, runs, there[name]) for name in asked])
    bar = tqdm(
        total=runs * len(asked),
        initial=sum(map(len, there.values())),
        unit=_("runs"),
        disable=None if progress else True,
    )
    with _workers(executor) as workers, bar:
        for result in _carry_out(workers, asked, seed, batches):
            if kept is not None:
                kept.keep(asked[result.batch.scenario], result)
            done.append(result)
            bar.update(result.batch.size)
    return Study(
        MappingProxyType(asked),
        seed,
        _runs(asked, done),
        _failures(done),
        () if kept is None else tuple(kept.damaged),
    )


def stored(store: str | Path) -> Study:
    """A study as it stands in its folder, with every run that is there.

    Raises
    ------
    StoreError
        There is none.
    """
    kept, asked = Store.opened(store)
    done = [part for name in asked for part in kept.read(name, asked[name], MOST_RUN + 1)]
    return Study(
        MappingProxyType(asked),
        kept.seed,
        _runs(asked, done),
        _failures(done),
        tuple(kept.damaged),
    )


def _there(kept: Store | None, asked: Mapping[str, Scenario], runs: int) -> list[Done]:
    """What a store has of the study already."""
    if kept is None:
        return []
    kept.describe(asked)
    return [part for name in asked for part in kept.read(name, asked[name], runs)]


def _interleaved(batches: Iterable[Iterator[Batch]]) -> Iterator[Batch]:
    """One batch of each scenario after the other, so that what is there early on is paired."""
    for turn in zip_longest(*batches):
        yield from (batch for batch in turn if batch is not None)


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
