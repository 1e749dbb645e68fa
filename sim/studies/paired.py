"""Differences between runs that share their draws: estimates, intervals, and their correction.

Two scenarios under the same seed and run number share every draw that both make, so a run of one
and the run of the other with the same number are a pair, and what differs in a pair is due to what
differs between the scenarios. All functions here work on whole tables: one row a pair, one column
an outcome; a number that a run does not have is NaN.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.studies.summary import CONFIDENCE

Numbers = NDArray[np.float64]
FEWEST = 10  # fewer pairs than this say nothing that could be relied on
ALIKE = 1e-9  # differences that lie no farther apart are the same but for rounding
CUT = 1e-12  # where an interval ends that is cut at 0


class Paired(NamedTuple):
    """Differences of one scenario to the reference: in each field one number an outcome.

    Attributes
    ----------
    pairs
        Pairs in which both runs have the outcome: all else but the shares rests on these.
    reference, other
        Means over these pairs.
    difference
        Mean of other - reference.
    centre, error, freedom
        What intervals are made of: centre +- q(freedom) x error, see :func:`paired`. NaN is the
        freedom of fewer than ``FEWEST`` pairs, which have no interval.
    higher
        Share of pairs in which the other is higher; equals count half.
    size
        The difference in standard deviations between runs (root mean square of the two).
    unpaired_error
        The standard error if the two did not share their draws.
    only_reference, only_other
        Share of all pairs in which only one of the two has the outcome.
    """

    pairs: Numbers
    reference: Numbers
    other: Numbers
    difference: Numbers
    centre: Numbers
    error: Numbers
    freedom: Numbers
    higher: Numbers
    size: Numbers
    unpaired_error: Numbers
    only_reference: Numbers
    only_other: Numbers


def paired(reference: Numbers, other: Numbers, yes_or_no: NDArray[np.bool_]) -> Paired:
    """Compare two tables of outcomes, pair by pair.

    Of numbers, the interval is Student's t of the differences. Of outcomes that are 0 or 1 it is
    the interval of Bonett and Price (2012, "Adjusted Wald confidence interval for a difference of
    binomial proportions based on paired data"), which adds a pair of either kind and so does not
    vanish where all pairs went the same way. Numbers that differ by the same in all pairs get the
    error that this interval has there, times their scale: 1, or their standard deviation between
    runs if that is more. For pairs that are all alike do not show that every pair is.

    Parameters
    ----------
    reference, other
        Shape (pairs, outcomes); NaN where a run has no such number.
    yes_or_no
        Shape (outcomes,): which outcomes are 0 or 1.

    Examples
    --------
    >>> one, other = np.array([[1.0], [2.0], [3.0]]), np.array([[2.0], [2.0], [5.0]])
    >>> found = paired(one, other, np.array([False]))
    >>> float(found.difference[0]), float(found.higher[0])
    (1.0, 0.8333333333333334)
    """
    one, two = ~np.isnan(reference), ~np.isnan(other)
    both = one & two
    pairs = both.sum(axis=0).astype(np.float64)
    rows = max(len(reference), 1)
    a, b = np.where(both, reference, 0.0), np.where(both, other, 0.0)
    gap = b - a
    difference, spread = _mean_and_variance(gap, both, pairs)
    mean_a, variance_a = _mean_and_variance(a, both, pairs)
    mean_b, variance_b = _mean_and_variance(b, both, pairs)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(spread / pairs)
        between = np.sqrt((variance_a + variance_b) / 2)
        size = np.where((between == 0) & (difference == 0), 0.0, difference / between)
        unpaired_error = np.sqrt((variance_a + variance_b) / pairs)
        up, down = (gap > 0).sum(axis=0), (gap < 0).sum(axis=0)
        higher = np.where(pairs > 0, (up + (pairs - up - down) / 2) / pairs, np.nan)
    centre, freedom = difference.copy(), pairs - 1
    up, down = (up + 1) / (pairs + 2), (down + 1) / (pairs + 2)
    centre[yes_or_no] = (up - down)[yes_or_no]
    error[yes_or_no] = np.sqrt((up + down - (up - down) ** 2) / (pairs + 2))[yes_or_no]
    with np.errstate(invalid="ignore"):
        alike = ~yes_or_no & (spread <= (ALIKE * (1 + np.abs(difference))) ** 2)
    error[alike] = (np.sqrt(2) * np.fmax(between, 1.0) / (pairs + 2))[alike]
    freedom[yes_or_no | alike] = np.inf
    freedom[pairs < FEWEST] = np.nan
    return Paired(
        pairs, mean_a, mean_b, difference, centre, error, freedom, higher, size, unpaired_error,
        (one & ~two).sum(axis=0) / rows, (two & ~one).sum(axis=0) / rows,
    )  # fmt: skip


def _mean_and_variance(
    values: Numbers, there: NDArray[np.bool_], count: Numbers
) -> tuple[Numbers, Numbers]:
    """Mean of each column over what is there, and its variance between runs (n - 1)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(there, values, 0.0).sum(axis=0) / count
        away = np.where(there, values - mean, 0.0)
        return mean, np.where(count > 1, (away * away).sum(axis=0) / (count - 1), np.nan)


def interval(found: Paired, level: Numbers | float = 1 - CONFIDENCE) -> tuple[Numbers, Numbers]:
    """Both ends of the interval that misses the truth with this probability.

    Parameters
    ----------
    level
        One for all outcomes, or one for each.
    """
    half = half_width(found.error, found.freedom, level)
    return found.centre - half, found.centre + half


def p_values(found: Paired) -> Numbers:
    """How likely a difference at least as large is if there is none (two-sided).

    NaN where it cannot be said: fewer than ``FEWEST`` pairs.
    """
    ratio = np.abs(found.centre) / found.error
    finite = np.where(np.isfinite(found.freedom), found.freedom, 1.0)
    p = 2 * np.where(np.isinf(found.freedom), stats.norm.sf(ratio), stats.t.sf(ratio, finite))
    return np.where(np.isnan(found.freedom), np.nan, p)


def half_width(
    error: Numbers, freedom: Numbers, level: Numbers | float = 1 - CONFIDENCE
) -> Numbers:
    """Half the width of intervals from standard errors; NaN where there are too few pairs."""
    share = 1 - np.asarray(level) / 2
    finite = np.where(np.isfinite(freedom), freedom, 1.0)
    quantile = np.where(np.isinf(freedom), stats.norm.ppf(share), stats.t.ppf(share, finite))
    return np.where(np.isnan(freedom), np.nan, quantile) * error


class Corrected(NamedTuple):
    """Holm's correction of a family of tests: one number a test, but for ``bonferroni``."""

    p: Numbers
    level: Numbers
    bonferroni: float

    def of(self, place: int) -> "Corrected":
        """The part of one row of the family."""
        return Corrected(self.p[place], self.level[place], self.bonferroni)


def holm(p: Numbers, level: float = 1 - CONFIDENCE) -> Corrected:
    """Correct for having looked at many differences (Holm 1979, step-down).

    Parameters
    ----------
    p
        Of any shape; NaN where there was no test.
    level
        The chance of even one false alarm among all tests that is allowed.

    Returns
    -------
    Corrected
        ``p``: corrected, to be held against ``level``. ``level``: the one at which Holm's
        procedure tested each: level / (m - k + 1) for the k-th smallest p of m that it rejects,
        and that of the first which it does not reject for all the others. An interval at that
        level leaves 0 out exactly if the test is rejected. ``bonferroni``: level / m.

    Examples
    --------
    >>> found = holm(np.array([0.01, 0.04, 0.03]))
    >>> [round(float(p), 3) for p in found.p], [round(float(x), 4) for x in found.level]
    ([0.03, 0.06, 0.06], [0.0167, 0.025, 0.025])
    """
    flat = p.ravel()
    order = np.argsort(flat, kind="stable")  # NaN stands last
    count = int((~np.isnan(flat)).sum())
    steps = count - np.arange(count, dtype=np.float64)
    rising = flat[order[:count]]
    corrected, levels = np.full(flat.shape, np.nan), np.full(flat.shape, np.nan)
    corrected[order[:count]] = np.minimum(np.maximum.accumulate(steps * rising), 1.0)
    kept = int(np.argmax(np.append(rising > level / steps, True))) if count else 0
    levels[order[:count]] = level / np.maximum(steps, steps[min(kept, count - 1)]) if count else 0
    return Corrected(corrected.reshape(p.shape), levels.reshape(p.shape), level / max(count, 1))


def simultaneous(found: Paired, p: Numbers, corrected: Corrected) -> tuple[Numbers, Numbers]:
    """Both ends of intervals that hold for a whole family of differences at once.

    They are taken at level / m (Bonferroni), so that with a chance of 95 % all of them hold what
    is true. Intervals at the levels of Holm's steps would not: with 40 large differences as few as
    a third of such families do. An interval that has 0 within, though Holm's procedure establishes
    the difference, is cut off at 0: it ends at ``CUT`` or ``-CUT``, as close to 0 as that.

    Parameters
    ----------
    found, p
        One scenario's differences, and their chances by :func:`p_values`.
    corrected
        Their part of what :func:`holm` says of the whole family.
    """
    low, high = interval(found, corrected.bonferroni)
    established = p <= corrected.level
    low = np.where(established & (found.centre > 0), np.maximum(low, CUT), low)
    high = np.where(established & (found.centre < 0), np.minimum(high, -CUT), high)
    return low, high
