"""What is measured in runs: the statistics of targets, with intervals, and distances from them."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.engine.runs import run
from sim.scenario import Scenario
from sim.studies.statistics import CONFIDENCE, Numbers, mean_interval, paired, paired_interval
from sim.studies.study import StudyData
from sim.studies.workers import BINARY

MEAN, MEDIAN, SHARE, DIFFERENCE = "mean", "median", "share", "difference"
FEWEST = 5  # runs that must have the outcome
ROUNDING = 1e-9
EDGE = 2.0  # standard errors from the value to the edge of a band


class Statistic(NamedTuple):
    """What is taken of some runs; a share counts those at most ``least`` or at least ``most``."""

    kind: str
    least: float = -math.inf
    most: float = math.inf

    def counted(self, values: Numbers) -> Numbers:
        """Return the values whose mean this is; for a share, 1 if a run counts, else 0.

        >>> Statistic("share", least=0.1).counted(np.array([0.0, 0.5, np.nan])).tolist()
        [1.0, 0.0, nan]
        """
        if self.kind != SHARE:
            return values
        inside = (values <= self.least + ROUNDING) | (values >= self.most - ROUNDING)
        return np.where(np.isnan(values), np.nan, inside)

    def of(self, values: Numbers, is_binary: bool = False) -> tuple[Numbers, Numbers]:
        """Return the number and its standard error for each row of runs.

        Both are missing for a row in which fewer than ``FEWEST`` runs have the outcome. The error
        of a share is that of Agresti & Coull (1998), which does not vanish where all runs went the
        same way.

        Examples
        --------
        >>> number, error = Statistic("share", most=0.9).of(np.array([[1.0, 0.5, 1.0, 0.0] * 5]))
        >>> number.tolist(), error.round(2).tolist()
        ([0.5], [0.1])
        """
        if self.kind == MEDIAN:
            return _medians(values)
        values = self.counted(values)
        present = ~np.isnan(values)
        n = present.sum(axis=1).astype(np.float64)
        n[n < FEWEST] = np.nan
        total = np.where(present, values, 0.0).sum(axis=1)
        mean = total / n
        if self.kind == SHARE or (is_binary and self.kind == MEAN):
            share = (total + 2) / (n + 4)
            return mean, np.sqrt(share * (1 - share) / (n + 4))
        gaps = np.where(present, values - mean[:, None], 0.0)
        return mean, np.sqrt((gaps * gaps).sum(axis=1) / (n - 1) / n)


def _medians(values: Numbers) -> tuple[Numbers, Numbers]:
    """Return medians and errors: half the distance of the quantiles one error from the middle."""
    medians, errors = np.full((2, len(values)), np.nan)
    for row, runs in enumerate(values):
        present = runs[~np.isnan(runs)]
        if len(present) >= FEWEST:
            away = 0.5 / math.sqrt(len(present))
            low, medians[row], high = np.quantile(present, (0.5 - away, 0.5, 0.5 + away))
            errors[row] = (high - low) / 2
    return medians, errors


class Target(NamedTuple):
    """A number that the model is calibrated to.

    Attributes
    ----------
    name, says
        A short name, and what was measured in the user's own words.
    outcome, statistic
        The outcome, and the statistic of it.
    scenario, against
        The scenario of the runs; of a difference, also the one that is subtracted, run by run.
    value, low, high
        The measured value and the band; without a value, the number must be above or below.
    beyond
        Of a target with one side: how far beyond it is one standard error.
    """

    name: str
    says: str
    outcome: str
    statistic: Statistic
    scenario: str
    against: str | None
    value: float
    low: float
    high: float
    beyond: float

    def measured(self, values: Numbers, against: Numbers | None) -> tuple[Numbers, Numbers]:
        """Return the model's number and its error under several sets, whose runs are rows."""
        if against is not None:
            return self.statistic.of(values - against)
        return self.statistic.of(values, self.outcome in BINARY)

    def distance(self, number: Numbers, error: Numbers) -> Numbers:
        """Return the signed distance of a number from the target, in standard errors.

        The error counts the noise of the runs and how exactly the target is known: the edge of a
        band is two standard errors from the value. Missing numbers are infinitely far.

        Examples
        --------
        >>> target = Target("V", "", "trust", Statistic("mean"), "", None, 0.5, 0.3, 0.6, math.nan)
        >>> target.distance(np.array([0.3, 0.55, np.nan]), np.zeros(3)).round(9).tolist()
        [-2.0, 1.0, inf]
        """
        if math.isnan(self.value):
            gap = np.minimum(number - self.low, 0.0) + np.maximum(number - self.high, 0.0)
        else:
            gap = number - self.value
        return np.where(np.isnan(number), np.inf, gap / self._spread(number, error))

    def log_likelihood(self, number: Numbers, error: Numbers) -> Numbers:
        """Return the log-likelihood of the target if the model has this number."""
        distance = self.distance(number, error)
        likelihood = -0.5 * distance * distance
        if not math.isnan(self.value):
            noise = self._spread(number, error) / self._spread(number, 0.0 * error)
            likelihood = likelihood - np.log(noise)
        return np.where(np.isfinite(distance), likelihood, -np.inf)

    def inside(self, number: Numbers) -> NDArray[np.bool_]:
        """Return whether a number lies in the band."""
        return (number >= self.low) & (number <= self.high)

    def _spread(self, number: Numbers, error: Numbers) -> Numbers:
        """Return one standard error, of target and runs together."""
        if math.isnan(self.value):
            own = np.full_like(number, self.beyond)
        else:
            sides = (self.value - self.low) / EDGE, (self.high - self.value) / EDGE
            own = np.where(number < self.value, *sides)
        return np.sqrt(own * own + error * error)


FEW, MOST = 0.1, 0.9  # of the rounds of a game: the tails that the data are counted in


class Estimate(NamedTuple):
    """A measured number, both ends of its 95 % interval, and the runs that have it."""

    value: float
    low: float
    high: float
    n: int


class Measured(NamedTuple):
    """The runs of all stagings, and density and clustering of the ties of some of them."""

    study: StudyData
    networks: Mapping[str, pd.DataFrame]

    def values(self, name: str, outcome: str) -> Numbers:
        """Return one outcome of one staging, run by run; NaN if a run has no such number."""
        ties = self.networks.get(name)
        if ties is not None and outcome in ties:
            return ties[outcome].to_numpy(dtype=np.float64)
        return column(self.study.runs, name, outcome)


class Measure(NamedTuple):
    """How a number is measured: a statistic of an outcome of a staging.

    Of a difference, ``against`` is the staging that is subtracted, run by run.
    """

    scenario: str
    outcome: str
    statistic: Statistic = Statistic(MEAN)
    against: str = ""

    def estimate(self, measured: Measured) -> Estimate:
        """Return the number and its interval in these runs."""
        values, kind = measured.values(self.scenario, self.outcome), self.statistic.kind
        if kind == MEDIAN:
            return median_of(values)
        if kind == DIFFERENCE:
            before = measured.values(self.against, self.outcome)
            return _difference(before, values, self.outcome in BINARY)
        is_binary = kind == SHARE or self.outcome in BINARY
        mean, low, high, _sd, n = mean_interval(self.statistic.counted(values), is_binary)
        return Estimate(mean, low, high, n)


def column(runs: pd.DataFrame, name: str, outcome: str) -> Numbers:
    """Return one outcome of one scenario, in the order of the run numbers."""
    values = runs[runs["scenario"] == name].set_index("run")[outcome]
    return values.reindex(range(int(runs["run"].max()) + 1)).to_numpy(dtype=np.float64)


def tails(covered: Numbers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which groups cover the need in at most a tenth of their rounds, or in nine tenths.

    >>> [tail.tolist() for tail in tails(np.array([0.1, 0.5, 0.95]))]
    [[True, False, False], [False, False, True]]
    """
    return covered <= FEW + ROUNDING, covered >= MOST - ROUNDING


def median_of(values: Numbers) -> Estimate:
    """Return a median, with an interval between order statistics that assumes no distribution.

    >>> median_of(np.arange(101.0))
    Estimate(value=50.0, low=40.0, high=60.0, n=101)
    """
    from scipy.stats import binom  # late: slow to import

    present = np.sort(values[~np.isnan(values)])
    n = len(present)
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    below = int(binom.ppf((1 - CONFIDENCE) / 2, n, 0.5))
    low, high = present[max(below - 1, 0)], present[min(n - below, n - 1)]
    return Estimate(float(np.median(present)), float(low), float(high), n)


def _difference(before: Numbers, after: Numbers, is_binary: bool) -> Estimate:
    """Return the difference of an outcome between two stagings, run by run."""
    gap = paired(before[:, None], after[:, None], np.array([is_binary]))
    low, high = paired_interval(gap)
    return Estimate(float(gap.difference[0]), float(low[0]), float(high[0]), int(gap.pairs[0]))


def networks(scenario: Scenario, seed: int, runs: int) -> pd.DataFrame:
    """Return density and mean local clustering of the undirected ties of runs 0 to runs - 1.

    A stakeholder without ties, or with one, has a clustering of 0.
    """
    import networkx as nx  # late: no other part of a validation needs it

    rows = []
    for number in range(runs):
        result = run(scenario, seed, number)
        graph = nx.Graph(list(zip(result.ties["from"], result.ties["to"], strict=True)))
        graph.add_nodes_from(result.stakeholders["name"])
        rows.append((nx.density(graph), nx.average_clustering(graph)))
    return pd.DataFrame(rows, columns=["density", "clustering"])
