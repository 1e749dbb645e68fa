"""What-if studies: what differs between scenarios, by how much, and how sure that is."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd

from sim.language import N_, _
from sim.rules.outcomes import LOWER, OUTCOMES, YES, Outcome
from sim.scenario import Scenario
from sim.scenario.errors import did_you_mean
from sim.studies.batches import OUTCOME_NAMES
from sim.studies.paired import (
    Corrected,
    Numbers,
    Paired,
    half_width,
    holm,
    interval,
    p_values,
    paired,
    simultaneous,
)
from sim.studies.placebo import Placebo, placebo
from sim.studies.posterior import Posterior, read_posterior
from sim.studies.precision import Adding, require_half, runs_for, unreached
from sim.studies.quantiles import quantile_differences
from sim.studies.robust import Over, robust_table
from sim.studies.study import Study, Wanted, carry_on, named, study
from sim.studies.verdicts import Verdict, judge

# name, what it says
DIFFERENCE_COLUMNS = (
    ("scenario", N_("the scenario that is held against the reference")),
    ("outcome", N_("the outcome")),
    ("reference", N_("mean of the reference over the pairs")),
    ("mean", N_("mean of the scenario over the pairs")),
    ("difference", N_("mean of the differences: scenario minus reference")),
    ("low", N_("lower end of its 95 % interval")),
    ("high", N_("upper end of its 95 % interval")),
    ("corrected_low", N_("the same, corrected for the number of differences looked at")),
    ("corrected_high", N_("the same for the upper end")),
    ("p", N_("chance of such a difference, or a larger one, if there is none")),
    ("corrected_p", N_("the same, corrected (Holm)")),
    ("better", N_("share of pairs in which it is better, or higher; equals count half")),
    ("size", N_("the difference in standard deviations between runs")),
    ("pairs", N_("pairs in which both runs have the outcome")),
    ("runs", N_("all pairs")),
    ("only_reference", N_("share of all pairs in which only the reference has it")),
    ("only_scenario", N_("share of all pairs in which only the scenario has it")),
    ("unpaired_half", N_("half the width of the interval if runs were not paired")),
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """How scenarios differ from one of them, run by run.

    Attributes
    ----------
    study
        All runs.
    reference
        The name of the scenario that the others are held against.
    outcomes
        Names of the outcomes that are compared; with the number of scenarios they make the family
        that intervals are corrected for.
    adding
        By what rule runs were added; None if their number was given.
    over
        Over which parameter sets it goes; None if all runs have the scenarios' own values.
    """

    study: Study
    reference: str
    outcomes: tuple[str, ...] = OUTCOME_NAMES
    adding: Adding | None = None
    over: Over | None = None

    def __repr__(self) -> str:
        others = ", ".join(self.others)
        return f"<Comparison of {others} with {self.reference} on {len(self.runs)} pairs>"

    def _repr_html_(self) -> str:
        """The verdicts on the main outcomes: for a notebook."""
        from sim.view.cards import of_comparison

        return of_comparison(self)

    @property
    def others(self) -> tuple[str, ...]:
        """The scenarios that are held against the reference."""
        return tuple(name for name in self.study.scenarios if name != self.reference)

    @property
    def items(self) -> tuple[Outcome, ...]:
        """What is compared."""
        return tuple(item for item in OUTCOMES if item.name in self.outcomes)

    @cached_property
    def runs(self) -> tuple[int, ...]:
        """The run numbers that any scenario has."""
        return tuple(sorted(set(self.study.runs["run"])))

    def values(self, name: str) -> Numbers:
        """The outcomes of a scenario: one row a run number, one column an outcome that is compared.

        Rows of two scenarios are pairs; a run that failed is a row of NaN.
        """
        runs = self.study.runs
        own = runs[runs["scenario"] == name].set_index("run")[list(self.outcomes)]
        return own.reindex(self.runs).to_numpy(dtype=np.float64)

    @cached_property
    def _found(self) -> dict[str, Paired]:
        asked = np.array([item.unit == YES for item in self.items])
        reference = self.values(self.reference)
        return {name: paired(reference, self.values(name), asked) for name in self.others}

    @cached_property
    def _differences(self) -> pd.DataFrame:
        p = np.array([p_values(found) for found in self._found.values()])
        corrected = holm(p)
        tables = [
            _rows(
                name,
                self.items,
                found,
                p[k],
                corrected.of(k),
                len(self.runs),
            )
            for k, (name, found) in enumerate(self._found.items())
        ]
        return pd.concat(tables, ignore_index=True)

    @property
    def tests(self) -> int:
        """For how many differences the intervals are corrected: those that have enough pairs."""
        return int(self._differences["p"].notna().sum())

    def differences(self) -> pd.DataFrame:
        """One row a scenario and outcome: the difference to the reference, and how sure it is.

        Columns are those of ``DIFFERENCE_COLUMNS``. Intervals are of the paired differences:
        Student's t; of outcomes that are 0 or 1 that of Bonett and Price (2012). A corrected
        interval leaves 0 out exactly if Holm's procedure, over all scenarios and outcomes
        that are compared, calls the difference established at 5 %. It is Bonferroni's; one that
        has 0 within all the same is cut off there: see :func:`sim.studies.paired.simultaneous`.
        Fewer than ten pairs have no interval.
        """
        return self._differences.copy()

    def quantiles(self, outcome: str, shares: Sequence[float] = (0.25, 0.5, 0.75)) -> pd.DataFrame:
        """Differences of quantiles, such as medians, with 95 % intervals (bootstrap of pairs).

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
    def _verdicts(self) -> dict[tuple[str, str], Verdict]:
        table = self._differences
        columns = [str(column) for column in table.columns]
        found = {}
        for item, values in zip(cycle(self.items), table.to_numpy(), strict=False):
            row = dict(zip(columns, values, strict=True))
            found[row["scenario"], item.name] = judge(item, row, self.reference, self.tests)
        return found

    def verdict(self, outcome: str, scenario: str | None = None) -> str:
        """What the study says about one outcome, in plain words.

        It rests on the corrected interval alone.

        Parameters
        ----------
        scenario
            Which one is held against the reference; if not given, each, a line for each.
        """
        require_outcome(outcome, self.outcomes)
        names = self.others if scenario is None else (scenario,)
        return "\n".join(self._verdicts[name, outcome].sentence for name in names)

    def verdicts(self) -> pd.DataFrame:
        """All verdicts: scenario, outcome, kind (difference, none, open, missing), sentence."""
        rows = [(*key, found.kind, found.sentence) for key, found in self._verdicts.items()]
        return pd.DataFrame(rows, columns=["scenario", "outcome", "kind", "sentence"])

    def robust(self) -> pd.DataFrame:
        """Which verdicts hold over the parameter sets, and which for the start values only.

        Columns are those of ``sim.studies.robust.ROBUST_COLUMNS``.

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

    def report(self, path: str | Path) -> None:
        """Write all of this, with pictures and what it rests on, as one HTML file.

        The file needs no network and runs no script. The same comparison gives the same bytes.

        Parameters
        ----------
        path
            The file; one that is there is replaced. Folders on the way are made.

        Raises
        ------
        OSError
            It cannot be written.
        """
        from sim.view.report.page import write_page

        write_page(self, path)

    def unreached(self) -> dict[str, float]:
        """Which outcomes' intervals are wider than was asked for, and their half-widths."""
        return unreached(self.differences(), self.adding) if self.adding else {}

    @cached_property
    def placebo(self) -> Placebo:
        """The reference against itself: how often chance alone would be called a difference."""
        return placebo(self.values(self.reference), self.items, len(self.others), self.study.seed)


def compare(
    scenarios: Wanted,
    runs: int = 2000,
    seed: int = 1,
    reference: str | None = None,
    outcomes: Iterable[str] | None = None,
    precision: Mapping[str, float] | None = None,
    max_runs: int = 100_000,
    executor: Executor | None = None,
    store: str | Path | None = None,
    progress: bool = True,
    parameters: Posterior | str | Path | None = None,
) -> Comparison:
    """Carry out runs of two or more scenarios and say what differs.

    Parameters
    ----------
    scenarios
        Two or more, as :func:`sim.study` takes them.
    runs
        How many of each; with ``precision``, how many at first.
    reference
        The scenario that the others are held against; the first, if not given.
    outcomes
        Compare these only. Fewer comparisons need less correction, if they are chosen before
        looking at results.
    precision
        For each of some outcomes the half-width that its uncorrected 95 % interval is to reach:
        runs are added until all do. Intervals that stop so hold the truth a little less often
        than 95 %, the fewer runs there are at first: see the model description, section 7.
    max_runs
        Where adding ends.
    seed, executor, store, progress
        As for :func:`sim.study`. The runs under the start values, which a comparison over parameter
        sets is held against, are kept in a folder beside the store.
    parameters
        Parameter sets that fit the evidence: a posterior, a file of one, or ``"shipped"``. Every
        run draws one, the same in all scenarios, so that verdicts hold over what the evidence
        allows.
        A field that any of the scenarios sets itself keeps its own values.

    Raises
    ------
    ValueError
        Fewer than two scenarios, an unknown reference or outcome, and what :func:`sim.study`
        refuses.

    Examples
    --------
    >>> import sim
    >>> found = sim.compare(["team", "community"], runs=200)
    >>> print(found.verdict("months_to_agreement"))
    Community takes longer to agree than team: ...
    """
    asked = named(scenarios)
    if len(asked) < 2:
        raise ValueError(_("a comparison needs two scenarios or more"))
    reference = require_scenario(reference, asked)
    wanted = tuple(OUTCOME_NAMES if outcomes is None else outcomes)
    for name in wanted:
        require_outcome(name, OUTCOME_NAMES)
    wanted = tuple(name for name in OUTCOME_NAMES if name in wanted)
    for name, half in (precision or {}).items():
        require_half(require_outcome(name, wanted), half)
    adding = Adding(dict(precision), runs, max_runs) if precision else None
    place = None if store is None else Path(store)
    kept = (seed, executor, place, progress)
    if parameters is None:
        return _compared(asked, runs, reference, wanted, adding, *kept)
    posterior = parameters if isinstance(parameters, Posterior) else read_posterior(parameters)
    found = _compared(posterior.on(asked), runs, reference, wanted, adding, *kept)
    beside = place and place.with_name(f"{place.name}_start")
    kept = (seed, executor, beside, progress)
    start = _compared(asked, found.study.size, reference, wanted, None, *kept)
    called = "" if isinstance(parameters, Posterior) else str(parameters)
    return replace(found, over=Over(posterior, called, posterior.held(asked), start))


def _compared(
    asked: Mapping[str, Scenario], runs: int, reference: str, wanted: tuple[str, ...],
    adding: Adding | None, seed: int, executor: Executor | None, store: Path | None, progress: bool,
) -> Comparison:  # fmt: skip
    """Runs of some scenarios, more of them if that is asked for, and what differs."""
    done = study(asked, runs, seed, executor, store, progress=progress)
    found = Comparison(done, reference, wanted, adding)
    while adding and (more := runs_for(found.differences(), adding, done.size)) > done.size:
        done = carry_on(asked, more, seed, done.kept, executor, progress=progress)
        found = Comparison(done, reference, wanted, adding)
    return found


def _rows(
    name: str, items: Sequence[Outcome], found: Paired, p: Numbers, corrected: Corrected, runs: int
) -> pd.DataFrame:
    """One scenario's part of the table of differences."""
    low, high = interval(found)
    corrected_low, corrected_high = simultaneous(found, p, corrected)
    lower = np.array([item.direction == LOWER for item in items])
    return pd.DataFrame(
        {
            "scenario": name,
            "outcome": [item.name for item in items],
            "reference": found.reference,
            "mean": found.other,
            "difference": found.difference,
            "low": low,
            "high": high,
            "corrected_low": corrected_low,
            "corrected_high": corrected_high,
            "p": p,
            "corrected_p": corrected.p,
            "better": np.where(lower, 1 - found.higher, found.higher),
            "size": found.size,
            "pairs": found.pairs.astype(np.int64),
            "runs": runs,
            "only_reference": found.only_reference,
            "only_scenario": found.only_other,
            "unpaired_half": half_width(found.unpaired_error, found.freedom),
        },
        columns=[column for column, _meaning in DIFFERENCE_COLUMNS],
    )


def require_outcome(name: str, known: Sequence[str]) -> str:
    """The name, if it is that of an outcome that is compared."""
    if name not in known:
        raise ValueError(
            _('"{name}" is no outcome here, {hint}', name=name, hint=did_you_mean(name, known))
        )
    return name


def require_scenario(name: str | None, known: Iterable[str]) -> str:
    """The name of the reference, or the first scenario's."""
    known = tuple(known)
    if name is None:
        return known[0]
    if name not in known:
        text = _('reference: "{name}" is none of the scenarios, {hint}')
        raise ValueError(text.format(name=name, hint=did_you_mean(name, known)))
    return name
