"""Means of many runs, how well they are known, and how far runs lie apart."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from sim.language import N_
from sim.rules.outcomes import OUTCOMES, YES
from sim.studies.keeping import Keeper
from sim.studies.tables import outcomes_in

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
AT_ONCE = 5_000_000  # numbers that are in memory at a time


def summary_table(kept: Keeper, names: Iterable[str], runs: int) -> pd.DataFrame:
    """One row a scenario and outcome; see ``SUMMARY_COLUMNS``.

    However many runs there are, only so many numbers are read at a time as memory has room for.
    """
    rows: list[tuple[object, ...]] = []
    for name in names:
        there = sum(map(len, kept.there(name, runs)))
        columns = max(AT_ONCE // max(there, 1), 1)
        for start in range(0, len(OUTCOMES), columns):
            items = OUTCOMES[start : start + columns]
            _runs, values = outcomes_in(kept, [name], runs, [item.name for item in items])
            for item, column in zip(items, values, strict=True):
                if len(column):
                    rows.append((name, item.name, *interval(column, item.unit == YES)))
    return pd.DataFrame(rows, columns=[name for name, _meaning in SUMMARY_COLUMNS])


def interval(values: ArrayLike, yes_or_no: bool = False) -> tuple[float, float, float, float, int]:
    """Mean, its 95 % interval, standard deviation and number of the values that are there.

    The interval is Student's t, which a single value has not; of values that are 0 or 1
    (``yes_or_no``) it is Wilson's (1927).

    Examples
    --------
    >>> mean, low, high, sd, n = interval([1.0, 2.0, 3.0, float("nan")])
    >>> round(mean, 3), round(low, 3), round(high, 3), round(sd, 3), n
    (2.0, -0.484, 4.484, 1.0, 3)
    >>> round(interval([1.0] * 20, yes_or_no=True)[1], 3)
    0.839
    """
    there = np.asarray(values, dtype=np.float64)
    there = there[~np.isnan(there)]
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
