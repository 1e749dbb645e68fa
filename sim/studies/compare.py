"""Comparing scenarios: runs of each, as many as a wanted precision takes, and their differences."""

import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.base.text import _
from sim.rules.outcomes import OUTCOMES, YES, Outcome
from sim.scenario import Scenario
from sim.scenario.errors import did_you_mean
from sim.studies.differences import (
    Over,
    Placebo,
    Verdict,
    aa_test,
    difference_table,
    judge,
    robust_table,
)
from sim.studies.posterior import Posterior, read_posterior
from sim.studies.statistics import Numbers, paired, paired_family, quantile_differences
from sim.studies.study import StudyData, Wanted, carry_on, named, study
from sim.studies.workers import OUTCOME_NAMES

ENOUGH = 1000  # with so many runs and still too few pairs, more are not waited for


class Adding(NamedTuple):
    """By what rule runs are added.

    Attributes
    ----------
    precision
        For each of some outcomes the half-width that its 95 % interval is to reach.
    first
        How many runs there are at first.
    most
        Where adding ends.
    """

    precision: Mapping[str, float]
    first: int
    most: int


@dataclass(frozen=True, eq=False)
class ComparisonData:
    """How scenarios differ, as data; for its attributes see :class:`sim.Comparison`."""

    study: StudyData
    reference: str
    outcomes: tuple[str, ...] = OUTCOME_NAMES
    adding: Adding | None = None
    over: Over | None = None

    def __repr__(self) -> str:
        others = ", ".join(self.others)
        return f"<Comparison of {others} with {self.reference} on {len(self.runs)} pairs>"

    @property
    def others(self) -> tuple[str, ...]:
        """Names of the scenarios that are compared with the reference."""
        return tuple(name for name in self.study.scenarios if name != self.reference)

    @property
    def items(self) -> tuple[Outcome, ...]:
        """The outcomes that are compared."""
        return tuple(item for item in OUTCOMES if item.name in self.outcomes)

    @cached_property
    def runs(self) -> tuple[int, ...]:
        """The run numbers that any scenario has."""
        return tuple(sorted(set(self.study.runs["run"])))

    def values(self, name: str) -> Numbers:
        """Return the outcomes of a scenario: one row a run number, one column an outcome.

        Rows of two scenarios are pairs; a failed run is a row of NaN.
        """
        runs = self.study.runs
        table = runs[runs["scenario"] == name].set_index("run")[list(self.outcomes)]
        return table.reindex(self.runs).to_numpy(dtype=np.float64)

    @cached_property
    def _differences(self) -> pd.DataFrame:
        is_binary = np.array([item.unit == YES for item in self.items])
        reference = self.values(self.reference)
        family = paired_family(
            [paired(reference, self.values(name), is_binary) for name in self.others]
        )
        tables = [
            difference_table(name, self.items, member, len(self.runs))
            for name, member in zip(self.others, family, strict=True)
        ]
        return pd.concat(tables, ignore_index=True)

    @property
    def tests(self) -> int:
        """The number of differences that intervals are corrected for: those with enough pairs."""
        return int(self._differences["p"].notna().sum())

    def differences(self) -> pd.DataFrame:
        """Return the differences to the reference: one row a scenario and outcome.

        Columns are those of ``DIFFERENCE_COLUMNS``. Intervals are those of the paired differences:
        Student's t, or Bonett and Price (2012) for outcomes that are 0 or 1. A corrected interval
        excludes 0 exactly if Holm's procedure, over all scenarios and outcomes that are compared,
        establishes the difference at 5 %: see :func:`sim.studies.statistics.simultaneous`. Fewer
        than ten pairs have no interval.
        """
        return self._differences.copy()

    def quantiles(self, outcome: str, shares: Sequence[float] = (0.25, 0.5, 0.75)) -> pd.DataFrame:
        """Return differences of quantiles, such as medians, with intervals (bootstrap of pairs).

        Parameters
        ----------
        shares
            Which quantiles: 0.5 is the median.

        Returns
        -------
        One row a scenario and quantile: scenario, quantile, reference, value, difference, low,
        high, pairs.
        """
        column = self.outcomes.index(require_outcome(outcome, self.outcomes))
        reference = self.values(self.reference)[:, column]
        return pd.concat(
            [
                quantile_differences(
                    name, reference, self.values(name)[:, column], shares, self.study.seed
                )
                for name in self.others
            ],
            ignore_index=True,
        )

    @cached_property
    def judged(self) -> Mapping[tuple[str, str], Verdict]:
        """The verdict on every scenario and outcome."""
        table = self._differences
        columns = [str(column) for column in table.columns]
        verdicts = {}
        for item, values in zip(cycle(self.items), table.to_numpy(), strict=False):
            row = dict(zip(columns, values, strict=True))
            verdicts[row["scenario"], item.name] = judge(item, row)
        return verdicts

    def robust(self) -> pd.DataFrame:
        """Return which verdicts hold over the parameter sets, and which for the start values only.

        Columns are those of ``sim.studies.differences.ROBUST_COLUMNS``.

        Raises
        ------
        ValueError
            The comparison goes over no sets: ``compare(..., parameters="shipped")`` does.
        """
        if self.over is None:
            raise ValueError(
                _('it goes over no parameter sets: compare(..., parameters="shipped")')
            )
        return robust_table(self, self.over)

    def unreached(self) -> dict[str, float]:
        """Return the outcomes whose widest interval is wider than required, and its half-width.

        The half-width is NaN if too few pairs have the outcome.
        """
        precision = self.adding.precision if self.adding else {}
        table = self._differences
        widest = {name: float(np.max(_halves(table, name))) for name in precision}
        return {name: half for name, half in widest.items() if not half <= precision[name]}

    @cached_property
    def placebo(self) -> Placebo:
        """The reference compared with itself: how often chance alone is called a difference."""
        return aa_test(self.values(self.reference), self.items, len(self.others), self.study.seed)


def compare(
    scenarios: Wanted,
    runs: int = 2000,
    seed: int = 1,
    *,
    reference: str | None = None,
    outcomes: Iterable[str] | None = None,
    precision: Mapping[str, float] | None = None,
    max_runs: int = 100_000,
    executor: Executor | None = None,
    store: str | Path | None = None,
    progress: bool = True,
    parameters: Posterior | str | Path | None = None,
) -> ComparisonData:
    """Carry out runs of two or more scenarios; see :func:`sim.compare`."""
    by_name = named(scenarios)
    if len(by_name) < 2:
        raise ValueError(_("a comparison needs two scenarios or more"))
    reference = require_scenario(reference, by_name)
    chosen = tuple(OUTCOME_NAMES if outcomes is None else outcomes)
    for name in chosen:
        require_outcome(name, OUTCOME_NAMES)
    chosen = tuple(name for name in OUTCOME_NAMES if name in chosen)
    for name, half in (precision or {}).items():
        require_outcome(name, chosen)
        if not half > 0:
            text = _("precision of {name} is {half}; it must be above 0", name=name, half=half)
            raise ValueError(text)
    adding = Adding(dict(precision), runs, max_runs) if precision else None
    folder = None if store is None else Path(store)
    options: Any = {"seed": seed, "executor": executor, "progress": progress}
    if parameters is None:
        return _compared(by_name, runs, reference, chosen, adding, store=folder, **options)
    posterior = parameters if isinstance(parameters, Posterior) else read_posterior(parameters)
    drawn = posterior.on(by_name)
    comparison = _compared(drawn, runs, reference, chosen, adding, store=folder, **options)
    size, beside = comparison.study.size, folder and folder.with_name(f"{folder.name}_start")
    start = _compared(by_name, size, reference, chosen, None, store=beside, **options)
    source = "" if isinstance(parameters, Posterior) else str(parameters)
    return replace(comparison, over=Over(posterior, source, posterior.held(by_name), start))


def _compared(
    scenarios: Mapping[str, Scenario], runs: int, reference: str, outcomes: tuple[str, ...],
    adding: Adding | None, *,
    seed: int, executor: Executor | None, store: Path | None, progress: bool,
) -> ComparisonData:  # fmt: skip
    """Compare scenarios, with more runs if a precision requires them."""
    done = study(scenarios, runs, seed, executor=executor, store=store, progress=progress)
    comparison = ComparisonData(done, reference, outcomes, adding)
    while adding and (more := runs_for(comparison.differences(), adding, done.size)) > done.size:
        done = carry_on(scenarios, more, seed, done.kept, executor=executor, progress=progress)
        comparison = ComparisonData(done, reference, outcomes, adding)
    return comparison


def runs_for(table: pd.DataFrame, adding: Adding, size: int) -> int:
    """Return how many runs narrow the intervals of some outcomes to the required width.

    Parameters
    ----------
    table
        Of ``ComparisonData.differences()``, over the ``size`` runs that there are.
    """
    needed = 0.0
    for outcome, required in adding.precision.items():
        for half in _halves(table, outcome):
            if not math.isnan(half):
                needed = max(needed, size * (half / required) ** 2)
            elif size < ENOUGH:  # too few pairs to say
                needed = max(needed, 2 * size)
    return min(math.ceil(needed), adding.most)


def _halves(table: pd.DataFrame, outcome: str) -> list[float]:
    rows = table[table["outcome"] == outcome]
    return [float(half) for half in (rows["high"] - rows["low"]) / 2]


def require_outcome(name: str, known: Sequence[str]) -> str:
    """Return the name of an outcome, if it is known."""
    if name not in known:
        raise ValueError(
            _('"{name}" is no outcome here, {hint}', name=name, hint=did_you_mean(name, known))
        )
    return name


def require_scenario(name: str | None, known: Iterable[str]) -> str:
    """Return the name of the reference: the first scenario, if none is given."""
    known = tuple(known)
    if name is None:
        return known[0]
    if name not in known:
        text = _('reference: "{name}" is none of the scenarios, {hint}')
        raise ValueError(text.format(name=name, hint=did_you_mean(name, known)))
    return name
