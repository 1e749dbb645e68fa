"""A study: many runs of one or more scenarios under the same seed and run numbers, as tables."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from sim.base.text import N_, _
from sim.engine.arrays import MAX_RUN, for_run, require_run, template
from sim.engine.runs import Rounds, play
from sim.engine.tables import round_table, stakeholder_table
from sim.rules.outcomes import OUTCOMES, YES
from sim.scenario import Scenario, load
from sim.scenario.grid import grid
from sim.studies.statistics import mean_interval
from sim.studies.store import ROUNDS, RunStore, StoreError, require_keepable
from sim.studies.workers import (
    BEHAVING,
    OUTCOME_NAMES,
    Batch,
    BatchResult,
    Behaviours,
    carried_out,
    comes_out_the_same,
    cut,
    gaps,
    require_behaviours,
    size_of_batches,
)

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
    """The runs that ended: how many of each scenario, and their numbers, scenario by scenario."""

    counts: list[int]
    numbers: NDArray[np.int64]


def outcomes_in(
    store: RunStore, names: Iterable[str], runs: int, outcomes: Sequence[str] = OUTCOME_NAMES
) -> tuple[Ended, NDArray[np.float64]]:
    """Return the outcomes of all runs that ended: one row an outcome, one column a run."""
    names = list(names)
    size = sum(len(stretch) for name in names for stretch in store.stored_runs(name, runs))
    values, numbers = np.empty((len(outcomes), size)), np.empty(size, dtype=np.int64)
    counts, filled = [], 0
    for name in names:
        before = filled
        for part in store.batches(name, runs, outcomes):
            end = filled + len(part.runs)
            values[:, filled:end], numbers[filled:end] = part.outcomes.T, part.runs
            filled = end
        counts.append(filled - before)
    return Ended(counts, numbers[:filled]), values[:, :filled]


def run_table(store: RunStore, names: Sequence[str], runs: int) -> pd.DataFrame:
    """Return one row a run that ended: scenario, run, outcomes."""
    ended, values = outcomes_in(store, names, runs)
    table = pd.DataFrame(values.T, columns=list(OUTCOME_NAMES), copy=False)
    return _numbered(table, names, np.repeat(np.arange(len(names)), ended.counts), ended.numbers)


def runs_of(part: BatchResult, names: Sequence[str]) -> pd.DataFrame:
    """Return the same for one batch."""
    table = pd.DataFrame(part.outcomes, columns=list(OUTCOME_NAMES), copy=False)
    codes = np.full(len(part.runs), names.index(part.batch.scenario))
    return _numbered(table, names, codes, part.runs)


def rounds_of(parts: Sequence[BatchResult], names: Sequence[str]) -> pd.DataFrame:
    """Return one row a run and round of batches with their rounds: scenario, run, round series."""
    rounds = Rounds.joined([part.rounds for part in parts if part.rounds is not None])
    scenario = [names.index(part.batch.scenario) for part in parts]
    codes = np.repeat(scenario, [len(part.runs) for part in parts])
    numbers = np.concatenate([part.runs for part in parts])
    table = round_table(rounds.columns)
    return _numbered(table, names, codes.repeat(rounds.lengths), numbers.repeat(rounds.lengths))


def failure_table(store: RunStore, names: Iterable[str], runs: int) -> pd.DataFrame:
    """Return one row a run that failed: scenario, run, cause."""
    rows = [
        (name, number, cause)
        for name in names
        for part in store.batches(name, runs, ())
        for number, cause in part.failures
    ]
    return pd.DataFrame(sorted(rows), columns=["scenario", "run", "cause"])


def _numbered(
    table: pd.DataFrame,
    names: Sequence[str],
    codes: NDArray[np.int64],
    numbers: NDArray[np.int64],
) -> pd.DataFrame:
    """Return the table with the scenario and the run of each row as first columns."""
    scenario = pd.Categorical.from_codes(codes, categories=pd.Index(names))
    table.insert(0, "scenario", pd.Series(scenario))
    table.insert(1, "run", numbers)
    return table


def summary_table(store: RunStore, names: Iterable[str], runs: int) -> pd.DataFrame:
    """Return one row a scenario and outcome; see ``SUMMARY_COLUMNS``.

    At most ``AT_ONCE`` numbers are in memory at a time, however many runs there are.
    """
    rows: list[tuple[object, ...]] = []
    for name in names:
        ended = sum(map(len, store.stored_runs(name, runs)))
        columns = max(AT_ONCE // max(ended, 1), 1)
        for start in range(0, len(OUTCOMES), columns):
            items = OUTCOMES[start : start + columns]
            _runs, values = outcomes_in(store, [name], runs, [item.name for item in items])
            for item, column in zip(items, values, strict=True):
                if len(column):
                    rows.append((name, item.name, *mean_interval(column, item.unit == YES)))
    return pd.DataFrame(rows, columns=[name for name, _meaning in SUMMARY_COLUMNS])


def stakeholders(scenario: Scenario, seed: int, runs: Iterable[int]) -> pd.DataFrame:
    """Carry out runs of these numbers and return how stakeholders fared in them.

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
        play(played, seed, number)
        own_table = stakeholder_table(scenario, played)
        own_table.insert(0, "run", number)
        parts.append(own_table)
    table = pd.concat(parts, ignore_index=True)
    gains = (table["utility"] >= table["outside_option"]).astype(np.float64)
    table["gains"] = gains.where(table["utility"].notna())
    table["stayed_away"] = ~table["took_part"]
    table["left"] = table["took_part"] & ~table["member"]
    return table[["run", "name", "sector", *KEPT]]


USUAL: Mapping[str, Behaviours] = MappingProxyType({})  # no behaviours of one's own

Asked = Scenario | str
Wanted = Asked | Sequence[Asked] | Mapping[str, Asked]


@dataclass(frozen=True, eq=False, repr=False)
class StudyData:
    """What many runs ended with, as data; for its attributes see :class:`sim.Study`."""

    scenarios: Mapping[str, Scenario]
    seed: int
    kept: RunStore
    size: int
    behaviours: Mapping[str, Behaviours] = field(default_factory=dict)

    def __repr__(self) -> str:
        stored = sum(
            self.size - sum(map(len, gaps(self.size, self.kept.stored_runs(name, self.size))))
            for name in self.scenarios
        )
        return f"<Study of {len(self.scenarios)} scenarios, {stored} runs, seed {self.seed}>"

    def parts(self, rounds: bool = False) -> Iterator[BatchResult]:
        """Yield the runs batch by batch, for tables that are too large for memory.

        Parameters
        ----------
        rounds
            Yield only runs whose rounds are stored, with those.
        """
        for name in self.scenarios:
            yield from self.kept.batches(name, self.size, rounds=rounds)

    @property
    def damaged(self) -> Sequence[str]:
        """Names of files in the store that were damaged.

        Their runs were carried out again; those of a study that was only opened are missing.
        """
        return self.kept.damaged

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run: scenario, run number, one column an outcome.

        Missing (NaN) where a run has no such number. Rows of two scenarios with the same run
        number are a pair: they share every draw that both make.
        """
        return run_table(self.kept, list(self.scenarios), self.size)

    @cached_property
    def rounds(self) -> pd.DataFrame:
        """One row a run and round: scenario, run number, then the columns of ``Run.rounds``.

        Of the runs that ended and whose rounds are kept: ``study(..., keep=["rounds"])``.

        Raises
        ------
        ValueError
            None are kept.
        """
        parts = list(self.parts(rounds=True))
        if not parts:
            text = _('the rounds of these runs are not kept: ask for them with keep=["rounds"]')
            raise ValueError(text)
        return rounds_of(parts, list(self.scenarios))

    @cached_property
    def failures(self) -> pd.DataFrame:
        """One row for each run that raised an error: scenario, run, cause."""
        return failure_table(self.kept, self.scenarios, self.size)

    @cached_property
    def _summary(self) -> pd.DataFrame:
        return summary_table(self.kept, self.scenarios, self.size)

    def summary(self) -> pd.DataFrame:
        """Return mean, 95 % interval, spread and number of runs of every outcome.

        Intervals are Student's t; for outcomes that are 0 or 1, Wilson's, which stay within 0 and 1
        and do not vanish if all runs agree. The interval says how well the mean is known; `sd` is
        the spread of the runs.
        """
        return self._summary.copy()


def study(
    scenarios: Wanted,
    runs: int = 1000,
    seed: int = 1,
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    keep: str | Iterable[str] = (),
    behaviours: Mapping[str, Behaviours] = USUAL,
    progress: bool = True,
) -> StudyData:
    """Carry out runs 0 to runs - 1 of every scenario; see :func:`sim.study`."""
    by_name = named(scenarios)
    if runs < 1:
        raise ValueError(_("runs is {runs}; it must be 1 or more", runs=runs))
    require_run(seed, runs - 1)  # said now, not by a worker
    rounds = ROUNDS in require_keepable(keep)
    behaviours = require_behaviours(behaviours, by_name)
    if behaviours and store is not None:
        raise ValueError(_("a store keeps no code, so runs with behaviours cannot be kept in one"))
    return carry_on(
        by_name, runs, seed, RunStore(store, seed),
        executor=executor, rounds=rounds, behaviours=behaviours, progress=progress,
    )  # fmt: skip


def carry_on(
    scenarios: Mapping[str, Scenario],
    runs: int,
    seed: int,
    store: RunStore,
    *,
    executor: Executor | None = None,
    rounds: bool = False,
    behaviours: Mapping[str, Behaviours] = USUAL,
    progress: bool = True,
) -> StudyData:
    """Carry out the runs of a study that are not stored yet.

    Parameters
    ----------
    store
        Where runs are stored; the others are as for :func:`study`.
    """
    store.prepare(scenarios, runs)
    if not behaviours:
        _require_same_rules(scenarios, runs, seed, store)
    missing = {name: gaps(runs, store.stored_runs(name, runs, rounds)) for name in scenarios}
    sizes = {
        name: BEHAVING if name in behaviours else size_of_batches(runs, scenario.people)
        for name, scenario in scenarios.items()
    }
    batches = {name: cut(name, missing[name], sizes[name], rounds) for name in scenarios}
    usual = _interleaved([batches[name] for name in scenarios if name not in behaviours])
    with_behaviours = _interleaved([batches[name] for name in behaviours])
    bar = tqdm(
        total=runs * len(scenarios),
        initial=runs * len(scenarios) - sum(map(len, chain(*missing.values()))),
        unit=_("runs"),
        disable=None if progress else True,
    )
    both = chain(usual, with_behaviours)
    with bar, closing(carried_out(scenarios, seed, both, behaviours, executor)) as results:
        for result in results:
            store.add(result)
            bar.update(result.batch.size)
    store.finish()
    return StudyData(MappingProxyType(dict(scenarios)), seed, store, runs, behaviours)


def _require_same_rules(
    scenarios: Mapping[str, Scenario], runs: int, seed: int, store: RunStore
) -> None:
    """Refuse to add runs to stored ones that come out differently now: two models would mix."""
    for name, scenario in scenarios.items():
        first = next(store.batches(name, runs), None)
        if first is not None and not comes_out_the_same(scenario, seed, first):
            text = _(
                "the runs of {name} that are kept come out differently now, so others cannot be "
                "added to them; `mufakat reproduce` says how: give another folder"
            )
            raise StoreError(text.format(name=name))


def stored(store: str | Path) -> StudyData:
    """Return a study from its folder, with every run that is stored.

    Nothing in the folder is changed. Damaged files are named; their runs are missing.

    Raises
    ------
    StoreError
        There is none, or its manifest is damaged.
    """
    opened, scenarios = RunStore.open(store)
    return StudyData(MappingProxyType(scenarios), opened.seed, opened, MAX_RUN + 1)


def _interleaved(batches: Iterable[Iterator[Batch]]) -> Iterator[Batch]:
    """Yield one batch of each scenario after the other, so that the first runs are paired."""
    for turn in zip_longest(*batches):
        yield from (batch for batch in turn if batch is not None)


def named(scenarios: Wanted) -> dict[str, Scenario]:
    """Return scenarios by name: the name of a shipped one or a file, or a scenario's title.

    The variants of its grid replace a scenario with a sweep.

    >>> list(named(["team", Scenario(title="Mine", sweep={"cycles": [1, 2]})]))
    ['team', 'Mine, cycles=1', 'Mine, cycles=2']
    """
    variants = grid(bases(scenarios))
    _refuse_twice([variant.name for variant in variants])
    return {variant.name: variant.scenario for variant in variants}


def bases(scenarios: Wanted) -> dict[str, Scenario]:
    """Return scenarios by name, without the variants of sweeps."""
    if isinstance(scenarios, Scenario | str):
        scenarios = [scenarios]
    if not isinstance(scenarios, Mapping):
        pairs = [
            (item if isinstance(item, str) else item.title or _("untitled"), item)
            for item in scenarios
        ]
        _refuse_twice([name for name, _item in pairs])
        scenarios = dict(pairs)
    if not scenarios:
        raise ValueError(_("a study needs a scenario"))
    return {name: load(item) if isinstance(item, str) else item for name, item in scenarios.items()}


def _refuse_twice(names: Sequence[str]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        text = _('two scenarios are called "{name}": give them names, {{"a": ..., "b": ...}}')
        raise ValueError(text.format(name=twice[0]))
