"""The model held against the evidence: 12 measured targets, 16 directions, one set of values."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from sim.evidence.directions import variants
from sim.evidence.judging import (
    CONSISTENT,
    CONTRARY,
    INSIDE,
    OPEN,
    OUTSIDE,
    direction_table,
    group_table,
    target_table,
    verdict_table,
)
from sim.evidence.measures import Measured, networks
from sim.evidence.stagings import stagings
from sim.evidence.targets import GROUPS, LAID_OUT
from sim.language import N_, _
from sim.studies.statistics import Numbers
from sim.studies.study import StudyData, study

RUNS, QUICK_RUNS = 5000, 500
RUNS_A_NETWORK = 50  # ties vary little: of so many runs, those of one are looked at
IN_SHORT = N_(
    "Of 12 targets {inside} are inside and {outside} outside, {unsure} of them not surely; of 16 "
    "directions {consistent} are consistent, {contrary} contrary and {undetermined} undetermined."
)


@dataclass(frozen=True, eq=False, repr=False)
class Validation:
    """How far the model agrees with what is known.

    Attributes
    ----------
    staged, compared
        The runs of the stagings, and of the variants that claims are tested on.
    networks
        Density and clustering of the ties of some stagings, one row a run.
    """

    staged: StudyData
    compared: StudyData
    networks: Mapping[str, pd.DataFrame]

    def __repr__(self) -> str:
        counts = self._verdicts["verdict"].value_counts().to_dict()
        return f"<Validation {counts}, {self.runs} runs, seed {self.seed}>"

    def _repr_html_(self) -> str:
        """The verdicts, for a notebook."""
        return f"<p>{self.in_short()}</p>{self._verdicts.to_html(index=False)}"

    @property
    def seed(self) -> int:
        """The seed that all runs share."""
        return self.staged.seed

    @property
    def runs(self) -> int:
        """Runs of each staging and variant."""
        return self.staged.size

    @cached_property
    def _targets(self) -> pd.DataFrame:
        return target_table(Measured(self.staged, self.networks))

    @cached_property
    def _directions(self) -> pd.DataFrame:
        return direction_table(self.compared.runs)

    @cached_property
    def _verdicts(self) -> pd.DataFrame:
        return verdict_table(self._targets, self._directions)

    def targets(self) -> pd.DataFrame:
        """One row a measured quantity: what the model has, the band, inside or outside.

        Columns are those of ``sim.evidence.judging.TARGET_COLUMNS``.
        """
        return self._targets.copy()

    def directions(self) -> pd.DataFrame:
        """One row a part of a claim: the paired effect, and what it says of the claim.

        Columns are those of ``sim.evidence.judging.DIRECTION_COLUMNS``.
        """
        return self._directions.copy()

    def verdicts(self) -> pd.DataFrame:
        """One row for each of the 28: id, what it says, verdict."""
        return self._verdicts.copy()

    def groups(self) -> pd.DataFrame:
        """How the groups of a threshold game are distributed, beside the data."""
        return group_table(self.covered())

    def covered(self) -> dict[str, Numbers]:
        """By game, the share of its rounds in which each group covered its need."""
        found = Measured(self.staged, self.networks)
        return {game: found.values(game, "covered_rounds") for game, _few, _most in GROUPS}

    @property
    def failures(self) -> pd.DataFrame:
        """One row for each run that raised an error: scenario, run, cause."""
        return pd.concat([self.staged.failures, self.compared.failures], ignore_index=True)

    @property
    def outside(self) -> int:
        """How many targets are outside, and directions contrary; also the exit code."""
        return int(self._verdicts["verdict"].isin([OUTSIDE, CONTRARY]).sum())

    def count(self, verdict: str) -> int:
        """How many of the 28 have a verdict."""
        return int((self._verdicts["verdict"] == verdict).sum())

    def in_short(self) -> str:
        """The verdicts counted."""
        return _(IN_SHORT, **self.counts())

    def counts(self) -> dict[str, int]:
        """How many of the 28 have each verdict, and of how many targets it is ``unsure``."""
        words = (INSIDE, OUTSIDE, CONSISTENT, CONTRARY, OPEN)
        unsure = self._targets.loc[~self._targets["sure"].astype(bool), "id"].nunique()
        return {**{word: self.count(word) for word in words}, "unsure": unsure}

    def told(self) -> str:
        """All of it for a terminal."""
        from sim.evidence.told import tell

        return tell(self)

    def report(self, path: str | Path) -> None:
        """Write all of this as one HTML file, which needs no network and runs no script.

        Raises
        ------
        OSError
            It cannot be written.
        """
        from sim.view.report.validation import write_validation

        write_validation(self, path)

    def save(self, folder: str | Path) -> None:
        """Write the report, the tables as CSV, and the scenario files of the stagings.

        Raises
        ------
        OSError
            They cannot be written.
        """
        from sim.evidence.saving import save

        save(self, Path(folder))


def validate(
    quick: bool = False,
    seed: int = 1,
    runs: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> Validation:
    """Hold the model against 12 measured targets and 16 published directions.

    All stagings share the model's own values; only what a staging is about differs.

    Parameters
    ----------
    quick
        500 runs of each in place of 5000: wider intervals, so that fewer verdicts are sure and
        more directions undetermined.
    seed
        The world that all runs share.
    runs
        How many runs of each, in place of either.
    executor, progress
        As for :func:`sim.study`.

    Raises
    ------
    ValueError
        A number outside its range.

    Examples
    --------
    >>> import sim
    >>> found = sim.validate(runs=20)
    >>> len(found.verdicts()), found.outside == found.count("outside") + found.count("contrary")
    (28, True)
    """
    if runs is None:
        runs = QUICK_RUNS if quick else RUNS
    if runs < 2:
        raise ValueError(_("runs is {runs}; it must be 2 or more", runs=runs))
    scenarios = stagings()
    staged = study(scenarios, runs, seed, executor, progress=progress)
    compared = study(variants(), runs, seed, executor, progress=progress)
    few = max(runs // RUNS_A_NETWORK, 2)
    laid_out = {name: networks(scenarios[name], seed, few) for name in LAID_OUT}
    return Validation(staged, compared, laid_out)
