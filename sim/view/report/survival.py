"""Months until the first agreement, with the runs that never came to one kept (Kaplan-Meier)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.studies.summary import CONFIDENCE

Numbers = NDArray[np.float64]


class Curve(NamedTuple):
    """The share still without an agreement after each month in which somebody agreed.

    Attributes
    ----------
    months
        Rising, from 0 on.
    share
        Still without an agreement after that month.
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


def kaplan_meier(months: Numbers, agreed: NDArray[np.bool_]) -> Curve:
    """How many are still without an agreement, month by month (Kaplan & Meier 1958).

    Parameters
    ----------
    months
        Of each run: when it agreed, or when it ended without having agreed.
    agreed
        Of each run: which of the two.

    Returns
    -------
    Curve
        With the interval of Greenwood's variance on the scale log(-log(share)), which stays within
        0 and 1 (Kalbfleisch & Prentice 2002). Where all or none are left it is a single point.

    Examples
    --------
    >>> curve = kaplan_meier(np.array([2.0, 3.0, 3.0, 5.0]), np.array([True, True, False, True]))
    >>> curve.months.tolist(), curve.share.tolist()
    ([0.0, 2.0, 3.0, 5.0], [1.0, 0.75, 0.5, 0.0])
    """
    times = np.unique(months[agreed])
    events = np.array([(agreed & (months == time)).sum() for time in times], dtype=np.float64)
    at_risk = np.array([(months >= time).sum() for time in times], dtype=np.float64)
    share = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events)))) / np.log(share)
        stretch = np.exp(stats.norm.ppf(0.5 + CONFIDENCE / 2) * np.abs(error))
        low, high = share**stretch, share ** (1 / stretch)
    within = (share > 0) & (share < 1)
    low, high = np.where(within, low, share), np.where(within, high, share)
    return Curve(
        np.append(0.0, times), np.append(1.0, share), np.append(1.0, low), np.append(1.0, high)
    )
