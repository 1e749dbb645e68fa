"""How a target is measured in the runs of its staging: a number with its 95 % interval."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from sim.engine.one_run import run
from sim.rules.outcomes import OUTCOMES, YES
from sim.scenario import Scenario
from sim.studies.statistics import CONFIDENCE, Numbers, mean_interval, paired, paired_interval
from sim.studies.study import StudyData

FEW, MOST = 0.1, 0.9  # of the rounds of a game: the tails that the data are counted in
ROUNDING = 1e-9
YES_OR_NO = frozenset(item.name for item in OUTCOMES if item.unit == YES)


class Estimate(NamedTuple):
    """A measured number, both ends of its 95 % interval, and the runs that have it."""

    value: float
    low: float
    high: float
    n: int


class Measured(NamedTuple):
    """What the stagings came to: the runs, and the ties of those whose ties are looked at."""

    study: StudyData
    networks: Mapping[str, pd.DataFrame]

    def values(self, name: str, outcome: str) -> Numbers:
        """One outcome of one scenario, run by run; NaN where a run has no such number."""
        return column(self.study.runs, name, outcome)


Measure = Callable[[Measured], Estimate]


def column(runs: pd.DataFrame, name: str, outcome: str) -> Numbers:
    """One outcome of one scenario, in the order of the run numbers."""
    own = runs[runs["scenario"] == name].set_index("run")[outcome]
    return own.reindex(range(int(runs["run"].max()) + 1)).to_numpy(dtype=np.float64)


def mean(name: str, outcome: str) -> Measure:
    """The mean of an outcome."""
    return lambda found: _estimate(found.values(name, outcome), outcome in YES_OR_NO)


def share_without(name: str, outcome: str) -> Measure:
    """The share of runs in which an outcome that is 0 or 1 is 0."""
    return lambda found: _estimate(1 - found.values(name, outcome), True)


def share_in_tails(name: str) -> Measure:
    """The share of groups that cover the need in at most a tenth or at least nine tenths."""

    def measure(found: Measured) -> Estimate:
        few, most = tails(found.values(name, "covered_rounds"))
        return _estimate((few | most).astype(np.float64), True)

    return measure


def tails(covered: Numbers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which groups cover the need in at most a tenth of their rounds, and which in nine tenths.

    >>> [tail.tolist() for tail in tails(np.array([0.1, 0.5, 0.95]))]
    [[True, False, False], [False, False, True]]
    """
    return covered <= FEW + ROUNDING, covered >= MOST - ROUNDING


def median(name: str, outcome: str) -> Measure:
    """The median over the runs that have an outcome."""
    return lambda found: median_of(found.values(name, outcome))


def median_of(values: Numbers) -> Estimate:
    """A median with its interval between order statistics, which asks for no distribution.

    >>> median_of(np.arange(101.0))
    Estimate(value=50.0, low=40.0, high=60.0, n=101)
    """
    there = np.sort(values[~np.isnan(values)])
    n = len(there)
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    below = int(stats.binom.ppf((1 - CONFIDENCE) / 2, n, 0.5))
    low, high = there[max(below - 1, 0)], there[min(n - below, n - 1)]
    return Estimate(float(np.median(there)), float(low), float(high), n)


def gain(one: str, other: str, outcome: str) -> Measure:
    """By how much an outcome is higher in another staging, run by run."""

    def measure(found: Measured) -> Estimate:
        before, after = (found.values(name, outcome)[:, None] for name in (one, other))
        gap = paired(before, after, np.array([outcome in YES_OR_NO]))
        low, high = paired_interval(gap)
        return Estimate(float(gap.difference[0]), float(low[0]), float(high[0]), int(gap.pairs[0]))

    return measure


def of_network(name: str, quantity: str) -> Measure:
    """The mean of a quantity of the ties that runs lay: see :func:`networks`."""
    return lambda found: _estimate(found.networks[name][quantity].to_numpy(), False)


def networks(scenario: Scenario, seed: int, runs: int) -> pd.DataFrame:
    """Density and mean local clustering of the ties, either way, of runs 0 to runs - 1.

    A stakeholder without ties, or with one, has a clustering of 0.
    """
    rows = []
    for number in range(runs):
        done = run(scenario, seed, number)
        graph = nx.Graph(list(zip(done.ties["from"], done.ties["to"], strict=True)))
        graph.add_nodes_from(done.stakeholders["name"])
        rows.append((nx.density(graph), nx.average_clustering(graph)))
    return pd.DataFrame(rows, columns=["density", "clustering"])


def _estimate(values: Numbers, yes_or_no: bool) -> Estimate:
    value, low, high, _sd, n = mean_interval(values, yes_or_no)
    return Estimate(value, low, high, n)
