"""One-sided tests of mean differences that bear skewed differences, and rare ones.

Student's t takes the spread that was seen for the spread there is. Where few pairs differ at all
(two scenarios whose runs part late, say), or a few by much, that is far too sure of itself: if no
pair of 200 differs, the spread seen is 0. So two things are added.

A pair of either kind is counted in, that differs as far as any two of the runs do (Bonett and
Price 2012 do so for outcomes that are 0 or 1): a spread is never 0 where an outcome varies.

The ratio of estimate to error is corrected for the skew of the differences by the increasing
function of Hall (1992, "On the removal of skewness by transformation"), and whichever is less sure,
with the correction or without it, counts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Numbers = NDArray[np.float64]


class Estimate(NamedTuple):
    """Mean differences, each as its one-sided tests see it: in each field one number a difference.

    Attributes
    ----------
    centre, error
        The estimate and its standard error, the pairs that are counted in among them.
    freedom
        Of Student's t; infinite for the normal distribution, NaN where nothing can be tested.
    skew
        Skewness of the differences, by the square root of their number.
    """

    centre: Numbers
    error: Numbers
    freedom: Numbers
    skew: Numbers

    def turned(self, sign: Numbers) -> "Estimate":
        """The same of minus the differences, where the sign is -1."""
        return self._replace(centre=sign * self.centre, skew=sign * self.skew)


def estimate(reference: Numbers, other: Numbers, *, yes_or_no: bool) -> Estimate:
    """Estimate the mean of other - reference.

    Parameters
    ----------
    reference, other
        One number a pair, NaN where a run has none.
    yes_or_no
        Whether they are all 0 or 1.

    Examples
    --------
    >>> found = estimate(np.zeros(200), np.zeros(200), yes_or_no=True)
    >>> float(found.centre[0]), round(float(found.error[0]), 3)
    (0.0, 0.007)
    """
    both = ~np.isnan(reference) & ~np.isnan(other)
    gap = (other - reference)[both]
    runs = np.concatenate([reference[both], other[both]])
    widest = 1.0 if yes_or_no else float(np.ptp(runs)) if len(runs) else 0.0
    if len(gap) < 2 or widest == 0:
        return Estimate(*(np.full(1, np.nan) for _field in Estimate._fields))
    if yes_or_no:
        gap, count = np.append(gap, (-1.0, 1.0)), len(gap) + 2
        away = gap - gap.mean()
        squares, error = (away * away).sum(), np.sqrt((away * away).sum()) / count
    else:
        count, away = len(gap), gap - gap.mean()
        squares = (away * away).sum() + 2 * widest * widest
        error = np.sqrt(squares / (count - 1) / count)
    skew = (away * away * away).sum() / squares**1.5  # by the root of their number, already
    freedom = np.inf if yes_or_no else count - 1.0
    return Estimate(*(np.array([number]) for number in (gap.mean(), error, freedom, skew)))


def chance_above(found: Estimate, margin: Numbers) -> Numbers:
    """The chance of so large an estimate, or a larger one, if the difference is the margin.

    NaN where nothing can be tested.
    """
    ratio = (found.centre - margin) / found.error
    return np.maximum(_tail(ratio, found.freedom), _tail(_hall(ratio, found.skew), found.freedom))


def lower_bound(found: Estimate, level: Numbers) -> Numbers:
    """The margin at which :func:`chance_above` is ``level``: a difference is hardly smaller."""
    plain = _quantile(level, found.freedom)
    return found.centre - found.error * np.maximum(plain, _hall_back(plain, found.skew))


def _tail(ratio: Numbers, freedom: Numbers) -> Numbers:
    finite = np.where(np.isfinite(freedom), freedom, 1.0)
    chance = np.where(np.isinf(freedom), stats.norm.sf(ratio), stats.t.sf(ratio, finite))
    return np.where(np.isnan(freedom), np.nan, chance)


def _quantile(level: Numbers, freedom: Numbers) -> Numbers:
    finite = np.where(np.isfinite(freedom), freedom, 1.0)
    ratio = np.where(np.isinf(freedom), stats.norm.isf(level), stats.t.isf(level, finite))
    return np.where(np.isnan(freedom), np.nan, ratio)


def _hall(ratio: Numbers, skew: Numbers) -> Numbers:
    """A ratio, corrected for skew: increasing, and the ratio itself where there is none.

    >>> _hall(np.array([-2.0, 2.0]), np.array([0.3, 0.0])).round(3)
    array([-1.577,  2.   ])
    """
    return ratio + skew * ratio**2 / 3 + skew**2 * ratio**3 / 27 + skew / 6


def _hall_back(corrected: Numbers, skew: Numbers) -> Numbers:
    """The ratio that a corrected one belongs to.

    >>> _hall_back(_hall(np.array([-2.0, 5.0]), np.array([0.3, -0.4])), np.array([0.3, -0.4]))
    array([-2.,  5.])
    """
    there = np.where(skew == 0, 1.0, skew)
    back = 3 * (np.cbrt(1 + there * (corrected - there / 6)) - 1) / there
    return np.where(skew == 0, corrected, back)
