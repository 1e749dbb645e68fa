"""Differences of quantiles between runs that share their draws."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from sim.studies.paired import FEWEST, Numbers
from sim.studies.summary import CONFIDENCE

RESAMPLES = 2000


def quantile_differences(
    name: str, reference: Numbers, other: Numbers, shares: Sequence[float], seed: int
) -> pd.DataFrame:
    """Quantiles of one outcome in two scenarios, their difference and its 95 % interval.

    The interval is the percentile interval of the bootstrap, which draws whole pairs (Efron &
    Tibshirani 1993): quantiles of numbers that take few values have no smooth distribution that
    the bias-corrected one needs.

    Parameters
    ----------
    reference, other
        One number a pair, NaN where a run has none.
    seed
        Of the resampling: the same study gives the same interval.
    """
    both = ~np.isnan(reference) & ~np.isnan(other)
    a, b = reference[both], other[both]
    rows = []
    for share in shares:
        low = high = np.nan
        if len(a) >= FEWEST:

            def gap(x: Numbers, y: Numbers, axis: int = -1, share: float = share) -> Numbers:
                return np.quantile(y, share, axis=axis) - np.quantile(x, share, axis=axis)

            found = stats.bootstrap(
                (a, b), gap, paired=True, vectorized=True, n_resamples=RESAMPLES, batch=100,
                confidence_level=CONFIDENCE, method="percentile",
                rng=np.random.Generator(np.random.Philox(seed)),
            ).confidence_interval  # fmt: skip
            low, high = float(found.low), float(found.high)
        at = [float(np.quantile(x, share)) if len(x) else np.nan for x in (a, b)]
        rows.append((name, share, *at, at[1] - at[0], low, high, len(a)))
    columns = ["scenario", "quantile", "reference", "value", "difference", "low", "high", "pairs"]
    return pd.DataFrame(rows, columns=columns)
