"""Which verdicts hold over what the evidence allows, and which for the start values only."""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from sim.engine.values import sets_drawn
from sim.language import N_
from sim.studies.differences import DIFFERENCE
from sim.studies.posterior import Posterior
from sim.studies.statistics import Numbers

if TYPE_CHECKING:
    from sim.studies.compare import ComparisonData

HOLDS, ONLY_START, TURNS, ONLY_SETS, NEITHER = (
    N_("holds"), N_("only for the start values"), N_("turns round"), N_("only over the sets"),
    N_("not established either way"),
)  # fmt: skip
MIN_SAME_SIGN = 0.9  # estimated share of sets below which a mean difference is that of some only
# name, what it says
ROBUST_COLUMNS = (
    ("scenario", N_("the scenario that is held against the reference")),
    ("outcome", N_("the outcome")),
    ("start", N_("its difference to the reference under the start values")),
    ("sets", N_("the same over the parameter sets that fit")),
    ("low", N_("lower end of its corrected interval, if other sets fitted as well")),
    ("high", N_("upper end of it")),
    ("holds", N_("what becomes of the verdict on the start values")),
    ("same_sign", N_("estimated share of sets under which the difference has that sign")),
)


class Over(NamedTuple):
    """Over which parameter sets a comparison goes.

    Attributes
    ----------
    posterior
        The sets.
    called
        How they were asked for: a file's name, or ``shipped``; empty if they were made in Python.
    held
        The fields that the scenarios set themselves, so that the sets do not.
    start
        The same comparison under the start values.
    """

    posterior: Posterior
    called: str
    held: tuple[str, ...]
    start: "ComparisonData"


class Among(NamedTuple):
    """How a difference varies among parameter sets and among the runs of one.

    Attributes
    ----------
    whole
        The mean difference.
    between
        The variance of the sets' true differences.
    chance, sets
        Standard errors of the mean: of runs that each draw one of these sets; and what comes on top
        because these sets are themselves a sample of those that fit.
    """

    whole: float
    between: float
    chance: float
    sets: float

    @property
    def same_sign(self) -> float:
        """The share of sets with the sign of the mean, if sets vary as a normal distribution."""
        if self.between == 0:
            return 1.0
        return float(stats.norm.cdf(abs(self.whole) / math.sqrt(self.between)))

    def widened(self, low: float, high: float) -> tuple[float, float]:
        """An interval of the chance of runs that counts the choice of sets, too."""
        if not (self.sets > 0 and self.chance > 0):
            return low, high
        half = (high - low) / 2 * math.hypot(1.0, self.sets / self.chance)
        return (low + high) / 2 - half, (low + high) / 2 + half


def robust_table(found: "ComparisonData", over: Over) -> pd.DataFrame:
    """One row a scenario and outcome: see ``ROBUST_COLUMNS``."""
    before = over.start.differences().set_index(["scenario", "outcome"])["difference"]
    rows = []
    for row in found.differences().to_dict("records"):
        key = row["scenario"], row["outcome"]
        start = float(before[key])
        spread = among(found, *key)
        low, high = spread.widened(row["corrected_low"], row["corrected_high"])
        one = over.start.judged[key].kind == DIFFERENCE
        other = found.judged[key].kind == DIFFERENCE and not low <= 0 <= high
        same = start * row["difference"] > 0
        word = (HOLDS if same else TURNS) if one and other else ONLY_START if one else ONLY_SETS
        rows.append(
            (*key, start, row["difference"], low, high,
             word if one or other else NEITHER, spread.same_sign)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[name for name, _meaning in ROBUST_COLUMNS])


def among(found: "ComparisonData", scenario: str, outcome: str) -> Among:
    """How a difference to the reference varies among the sets."""
    column = found.outcomes.index(outcome)
    gaps = found.values(scenario)[:, column] - found.values(found.reference)[:, column]
    asked = found.study.scenarios[found.reference]
    sets = sets_drawn(asked, found.study.seed, found.runs)
    there = ~np.isnan(gaps)
    shares = np.array(asked.uncertain.shares if asked.uncertain else (1.0,))
    return among_sets(gaps[there], sets[there], 1 / float((shares * shares).sum()))


def among_sets(gaps: Numbers, sets: NDArray[np.int64], worth: float) -> Among:
    """The same of some differences and the sets that they belong to.

    Parameters
    ----------
    worth
        How many equal sets all of them are worth (Kish 1965).

    Notes
    -----
    The variance of the sets' true differences is that of the means of sets beyond what chance gives
    them (DerSimonian & Laird 1986, with one variance within all sets). Missing, if hardly a set has
    two runs.

    Examples
    --------
    >>> gaps = np.array([1.0, 1.2, 0.9, 1.1, -0.3, -0.1, 1.0, 1.2])
    >>> found = among_sets(gaps, np.array([0, 0, 1, 1, 2, 2, 3, 3]), worth=4)
    >>> round(found.same_sign, 2), round(found.chance, 2), round(found.sets, 2)
    (0.88, 0.21, 0.31)
    """
    _names, places, counts = np.unique(sets, return_inverse=True, return_counts=True)
    groups, runs = len(counts), len(gaps)
    whole = float(gaps.mean()) if runs else math.nan
    if groups < 2 or runs - groups < groups / 2:
        return Among(whole, math.nan, math.nan, math.nan)
    means = np.bincount(places, gaps) / counts
    within = float(np.square(gaps - means[places]).sum()) / (runs - groups)
    among = float((counts * np.square(means - whole)).sum())
    size = runs - float(np.square(counts).sum()) / runs
    between = max((among - (groups - 1) * within) / size, 0.0)
    chance = float(gaps.std(ddof=1)) / math.sqrt(runs)
    return Among(whole, between, chance, math.sqrt(between / worth))
