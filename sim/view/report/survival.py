"""Months until the first agreement, with the runs that never came to one kept to the end."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.studies.statistics import CONFIDENCE

Numbers = NDArray[np.float64]


class Curve(NamedTuple):
    """The share still without an agreement after each month in which somebody agreed.

    Attributes
    ----------
    months
        Rising, from 0 on.
    share
        Of all runs, still without an agreement after that month.
    low, high
        Both ends of its 95 % interval.
    """

    months: Numbers
    share: Numbers
    low: Numbers
    high: Numbers

    @property
    def half(self) -> float:
        """The first month after which half or more have agreed; NaN if there is none."""
        reached = self.share <= 0.5
        return float(self.months[np.argmax(reached)]) if reached.any() else float("nan")

    def until(self, month: float) -> "Curve":
        """The same, drawn on to a later month."""
        ends = (np.append(values, values[-1]) for values in self[1:])
        return Curve(np.append(self.months, max(month, self.months[-1])), *ends)


def without_agreement(months: Numbers) -> Curve:
    """How many of all runs are still without an agreement, month by month.

    A run that ended or dissolved without an agreement will never come to one and stays in the
    share. (Taken as censored, as by Kaplan & Meier, it would count as if it might still have
    agreed, and the curve would fall to 0 where a tenth of the runs never agree.)

    Parameters
    ----------
    months
        Of each run: when it agreed; NaN if it never did.

    Returns
    -------
    Curve
        With Wilson's interval (1927), month by month.

    Examples
    --------
    >>> curve = without_agreement(np.array([2.0, 3.0, 3.0, np.nan]))
    >>> curve.months.tolist(), curve.share.tolist()
    ([0.0, 2.0, 3.0], [1.0, 0.75, 0.25])
    """
    agreed = np.sort(months[~np.isnan(months)])
    times = np.append(0.0, np.unique(agreed))
    count = max(len(months), 1)
    share = 1 - np.searchsorted(agreed, times, side="right") / count
    z = stats.norm.ppf(0.5 + CONFIDENCE / 2)
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    within = share * (1 - share) / count + z * z / (4 * count * count)
    half = z * np.sqrt(within) / (1 + z * z / count)
    return Curve(times, share, np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0))
