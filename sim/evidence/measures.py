"""How a target is measured in the runs of its staging: a number with its 95 % interval."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from sim.engine.one_run import run
from sim.evidence.statistics import BINARY, DIFFERENCE, MEAN, MEDIAN, ROUNDING, SHARE, Statistic
from sim.scenario import Scenario
from sim.studies.statistics import CONFIDENCE, Numbers, mean_interval, paired, paired_interval
from sim.studies.study import StudyData

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
        """One outcome of one staging, run by run; NaN where a run has no such number."""
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
        """The number and its interval in these runs."""
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
    """One outcome of one scenario, in the order of the run numbers."""
    values = runs[runs["scenario"] == name].set_index("run")[outcome]
    return values.reindex(range(int(runs["run"].max()) + 1)).to_numpy(dtype=np.float64)


def tails(covered: Numbers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which groups cover the need in at most a tenth of their rounds, and which in nine tenths.

    >>> [tail.tolist() for tail in tails(np.array([0.1, 0.5, 0.95]))]
    [[True, False, False], [False, False, True]]
    """
    return covered <= FEW + ROUNDING, covered >= MOST - ROUNDING


def median_of(values: Numbers) -> Estimate:
    """A median, with an interval between order statistics that assumes no distribution.

    >>> median_of(np.arange(101.0))
    Estimate(value=50.0, low=40.0, high=60.0, n=101)
    """
    present = np.sort(values[~np.isnan(values)])
    n = len(present)
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    below = int(stats.binom.ppf((1 - CONFIDENCE) / 2, n, 0.5))
    low, high = present[max(below - 1, 0)], present[min(n - below, n - 1)]
    return Estimate(float(np.median(present)), float(low), float(high), n)


def _difference(before: Numbers, after: Numbers, is_binary: bool) -> Estimate:
    """By how much an outcome is higher in another staging, run by run."""
    gap = paired(before[:, None], after[:, None], np.array([is_binary]))
    low, high = paired_interval(gap)
    return Estimate(float(gap.difference[0]), float(low[0]), float(high[0]), int(gap.pairs[0]))


def networks(scenario: Scenario, seed: int, runs: int) -> pd.DataFrame:
    """Density and mean local clustering of the ties, either way, of runs 0 to runs - 1.

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
