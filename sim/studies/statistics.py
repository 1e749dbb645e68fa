"""Estimates and tests for runs: means, paired differences, corrections and one-sided tests.

Two scenarios under the same seed and run number share every draw that both make, so a run of one
and the run of the other with the same number are a pair, and what differs in a pair is due to what
differs between the scenarios. The paired functions work on whole tables: one row a pair, one column
an outcome; a number that a run does not have is NaN.

The one-sided tests bear skewed differences, and rare ones. Student's t takes the spread that was
seen for the spread there is. Where few pairs differ at all (two scenarios whose runs part late,
say), or a few by much, that is far too sure of itself: if no pair of 200 differs, the spread seen
is 0. So two things are added. A pair of either kind is counted in, that differs as far as any two
of the runs do (Bonett and Price 2012 do so for outcomes that are 0 or 1): a spread is never 0 where
an outcome varies. The ratio of estimate to error is corrected for the skew of the differences by
the increasing function of Hall (1992, "On the removal of skewness by transformation"), and
whichever is less sure, with the correction or without it, counts.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

Numbers = NDArray[np.float64]
CONFIDENCE = 0.95
FEWEST = 10  # fewer pairs than this say nothing that could be relied on
ALIKE = 1e-9  # differences that lie no farther apart are the same but for rounding
CUT = 1e-12  # where an interval ends that is cut at 0
RESAMPLES = 2000  # of the bootstrap


def mean_interval(
    values: ArrayLike, is_binary: bool = False
) -> tuple[float, float, float, float, int]:
    """Return mean, both ends of its 95 % interval, standard deviation and number of the values.

    Missing values (NaN) do not count.

    The interval is Student's t; a single value has none. For values that are 0 or 1 (``is_binary``)
    it is Wilson's (1927).

    Examples
    --------
    >>> mean, low, high, sd, n = mean_interval([1.0, 2.0, 3.0, float("nan")])
    >>> round(mean, 3), round(low, 3), round(high, 3), round(sd, 3), n
    (2.0, -0.484, 4.484, 1.0, 3)
    >>> round(mean_interval([1.0] * 20, is_binary=True)[1], 3)
    0.839
    """
    present = np.asarray(values, dtype=np.float64)
    present = present[~np.isnan(present)]
    n = len(present)
    if n == 0:
        return np.nan, np.nan, np.nan, np.nan, 0
    mean = float(present.mean())
    sd = float(present.std(ddof=1)) if n > 1 else np.nan
    if is_binary:
        from scipy.stats import binomtest  # late: slow to import

        test = binomtest(round(float(present.sum())), n)
        low, high = test.proportion_ci(CONFIDENCE, method="wilson")
        return mean, float(low), float(high), sd, n
    if n == 1:
        return mean, np.nan, np.nan, np.nan, 1
    half = float(special.stdtrit(n - 1, 0.5 + CONFIDENCE / 2)) * sd / math.sqrt(n)
    return mean, mean - half, mean + half, sd, n


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
        The interval is centre +- q(freedom) x error, see :func:`paired`. Fewer than ``FEWEST``
        pairs have no interval, and a freedom of NaN.
    higher
        Share of pairs in which the other is higher; equals count half.
    cohens_d
        The difference in standard away between runs (root mean square of the two).
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
    cohens_d: Numbers
    unpaired_error: Numbers
    only_reference: Numbers
    only_other: Numbers


def paired(reference: Numbers, other: Numbers, is_binary: NDArray[np.bool_]) -> Paired:
    """Compare two tables of outcomes, pair by pair.

    The interval of numbers is Student's t of the differences. For outcomes that are 0 or 1 it is
    the interval of Bonett and Price (2012, "Adjusted Wald confidence interval for a difference of
    binomial proportions based on paired data"), which adds a pair of either kind and so does not
    vanish if all pairs agree. Numbers that differ by the same in all pairs get the error that this
    interval has there, times their scale: 1, or their standard deviation between runs if that is
    more. That all pairs of a sample are alike does not show that every pair is.

    Parameters
    ----------
    reference, other
        Shape (pairs, outcomes); NaN where a run has no such number.
    is_binary
        Shape (outcomes,): which outcomes are 0 or 1.

    Examples
    --------
    >>> one, other = np.array([[1.0], [2.0], [3.0]]), np.array([[2.0], [2.0], [5.0]])
    >>> result = paired(one, other, np.array([False]))
    >>> float(result.difference[0]), float(result.higher[0])
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
        cohens_d = np.where((between == 0) & (difference == 0), 0.0, difference / between)
        unpaired_error = np.sqrt((variance_a + variance_b) / pairs)
        up, down = (gap > 0).sum(axis=0), (gap < 0).sum(axis=0)
        higher = np.where(pairs > 0, (up + (pairs - up - down) / 2) / pairs, np.nan)
    centre, freedom = difference.copy(), pairs - 1
    up, down = (up + 1) / (pairs + 2), (down + 1) / (pairs + 2)
    centre[is_binary] = (up - down)[is_binary]
    error[is_binary] = np.sqrt((up + down - (up - down) ** 2) / (pairs + 2))[is_binary]
    with np.errstate(invalid="ignore"):
        alike = ~is_binary & (spread <= (ALIKE * (1 + np.abs(difference))) ** 2)
    error[alike] = (np.sqrt(2) * np.fmax(between, 1.0) / (pairs + 2))[alike]
    freedom[is_binary | alike] = np.inf
    freedom[pairs < FEWEST] = np.nan
    return Paired(
        pairs, mean_a, mean_b, difference, centre, error, freedom, higher, cohens_d, unpaired_error,
        (one & ~two).sum(axis=0) / rows, (two & ~one).sum(axis=0) / rows,
    )  # fmt: skip


def _mean_and_variance(
    values: Numbers, present: NDArray[np.bool_], count: Numbers
) -> tuple[Numbers, Numbers]:
    """Return the mean of each column, and its variance (n - 1), without missing values."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=0) / count
        away = np.where(present, values - mean, 0.0)
        return mean, np.where(count > 1, (away * away).sum(axis=0) / (count - 1), np.nan)


def paired_interval(
    differences: Paired, level: Numbers | float = 1 - CONFIDENCE
) -> tuple[Numbers, Numbers]:
    """Return both ends of the interval that misses the truth with this probability.

    Parameters
    ----------
    level
        One for all outcomes, or one for each.
    """
    half = half_width(differences.error, differences.freedom, level)
    return differences.centre - half, differences.centre + half


def p_values(differences: Paired) -> Numbers:
    """Return the two-sided p-values of the differences; NaN if there are too few pairs."""
    return 2 * _tail(np.abs(differences.centre) / differences.error, differences.freedom)


def half_width(
    error: Numbers, freedom: Numbers, level: Numbers | float = 1 - CONFIDENCE
) -> Numbers:
    """Return half the width of intervals from standard errors; NaN if there are too few pairs."""
    return _quantile(1 - np.asarray(level) / 2, freedom) * error


class Corrected(NamedTuple):
    """Holm's correction of a family of tests: one number a test, but for ``bonferroni``."""

    p: Numbers
    level: Numbers
    bonferroni: float


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
    >>> result = holm(np.array([0.01, 0.04, 0.03]))
    >>> [round(float(p), 3) for p in result.p], [round(float(x), 4) for x in result.level]
    ([0.03, 0.06, 0.06], [0.0167, 0.025, 0.025])
    """
    flat = p.ravel()
    order = np.argsort(flat, kind="stable")  # NaN stands last
    count = int((~np.isnan(flat)).sum())
    steps = count - np.arange(count, dtype=np.float64)
    rising = flat[order[:count]]
    corrected, levels = np.full(flat.shape, np.nan), np.full(flat.shape, np.nan)
    corrected[order[:count]] = np.minimum(np.maximum.accumulate(steps * rising), 1.0)
    if count:
        first = int(np.argmax(np.append(rising > level / steps, True)))  # that is not rejected
        levels[order[:count]] = level / np.maximum(steps, steps[min(first, count - 1)])
    return Corrected(corrected.reshape(p.shape), levels.reshape(p.shape), level / max(count, 1))


def simultaneous(differences: Paired, p: Numbers, corrected: Corrected) -> tuple[Numbers, Numbers]:
    """Return both ends of intervals that hold for a whole family of differences at once.

    They are taken at level / m (Bonferroni), so that with a probability of 95 % all of them contain
    the true difference. Intervals at the levels of Holm's steps would not: with 40 large
    differences as few as a third of such families do. If an interval contains 0, though Holm's
    procedure establishes the difference, it is cut off at 0: it ends at ``CUT`` or ``-CUT``.

    Parameters
    ----------
    differences, p
        One scenario's differences, and their :func:`p_values`.
    corrected
        Their part of the result of :func:`holm` for the whole family.
    """
    low, high = paired_interval(differences, corrected.bonferroni)
    established = p <= corrected.level
    low = np.where(established & (differences.centre > 0), np.maximum(low, CUT), low)
    high = np.where(established & (differences.centre < 0), np.minimum(high, -CUT), high)
    return low, high


class FamilyMember(NamedTuple):
    """Paired differences that are tested as part of a family: in each array one for an outcome.

    Attributes
    ----------
    differences
        The differences themselves.
    p, corrected_p
        Their p-values, and the same corrected for the whole family (Holm).
    established
        Whether Holm's procedure establishes each.
    low, high
        Both ends of the intervals that hold for the whole family: see :func:`simultaneous`.
    """

    differences: Paired
    p: Numbers
    corrected_p: Numbers
    established: NDArray[np.bool_]
    low: Numbers
    high: Numbers


def paired_family(tables: Sequence[Paired]) -> list[FamilyMember]:
    """Test paired differences together, with one correction for all of them.

    Parameters
    ----------
    tables
        One or more; they may have different numbers of outcomes.

    Examples
    --------
    >>> runs = np.linspace(0, 1, 20)[:, None]
    >>> gaps = [paired(runs, runs + gap, np.array([False])) for gap in (0.0, 1.0)]
    >>> [bool(member.established[0]) for member in paired_family(gaps)]
    [False, True]
    """
    p = [p_values(table) for table in tables]
    corrected = holm(np.concatenate(p))
    ends = np.cumsum([len(own) for own in p])[:-1]
    members = []
    for table, own, corrected_p, level in zip(
        tables, p, np.split(corrected.p, ends), np.split(corrected.level, ends), strict=True
    ):
        low, high = simultaneous(table, own, Corrected(corrected_p, level, corrected.bonferroni))
        members.append(FamilyMember(table, own, corrected_p, own <= level, low, high))
    return members


class Estimate(NamedTuple):
    """Mean differences for one-sided tests: in each field one number a difference.

    Attributes
    ----------
    centre, error
        The estimate and its standard error, with the pairs that are added.
    freedom
        Of Student's t; infinite for the normal distribution, NaN where nothing can be tested.
    skew
        Skewness of the differences, by the square root of their number.
    """

    centre: Numbers
    error: Numbers
    freedom: Numbers
    skew: Numbers

    @classmethod
    def joined(cls, estimates: Iterable["Estimate"]) -> "Estimate":
        """Return all estimates as one."""
        return cls(*map(np.concatenate, zip(*estimates, strict=True)))

    def turned(self, sign: Numbers) -> "Estimate":
        """Return the estimates of sign x difference, for signs of 1 and -1."""
        return self._replace(centre=sign * self.centre, skew=sign * self.skew)


def estimate(reference: Numbers, other: Numbers, *, is_binary: bool) -> Estimate:
    """Estimate the mean of other - reference.

    Parameters
    ----------
    reference, other
        One number a pair, NaN where a run has none.
    is_binary
        Whether they are all 0 or 1.

    Examples
    --------
    >>> result = estimate(np.zeros(200), np.zeros(200), is_binary=True)
    >>> float(result.centre[0]), round(float(result.error[0]), 3)
    (0.0, 0.007)
    """
    both = ~np.isnan(reference) & ~np.isnan(other)
    gap = (other - reference)[both]
    runs = np.concatenate([reference[both], other[both]])
    widest = 1.0 if is_binary else float(np.ptp(runs)) if len(runs) else 0.0
    if len(gap) < 2 or widest == 0:
        return Estimate(*(np.full(1, np.nan) for _field in Estimate._fields))
    if is_binary:
        gap, count = np.append(gap, (-1.0, 1.0)), len(gap) + 2
        away = gap - gap.mean()
        squares, error = (away * away).sum(), np.sqrt((away * away).sum()) / count
    else:
        count, away = len(gap), gap - gap.mean()
        squares = (away * away).sum() + 2 * widest * widest
        error = np.sqrt(squares / (count - 1) / count)
    skew = (away * away * away).sum() / squares**1.5  # by the root of their number, already
    freedom = np.inf if is_binary else count - 1.0
    return Estimate(*(np.array([number]) for number in (gap.mean(), error, freedom, skew)))


def chance_above(estimates: Estimate, margin: Numbers) -> Numbers:
    """Return the probability of an estimate at least as large if the difference is the margin.

    NaN if nothing can be tested.
    """
    ratio = (estimates.centre - margin) / estimates.error
    return np.maximum(
        _tail(ratio, estimates.freedom), _tail(_hall(ratio, estimates.skew), estimates.freedom)
    )


def lower_bound(estimates: Estimate, level: Numbers) -> Numbers:
    """Return the margin at which :func:`chance_above` is ``level``: a lower confidence bound."""
    plain = -_quantile(level, estimates.freedom)
    return estimates.centre - estimates.error * np.maximum(plain, _hall_back(plain, estimates.skew))


def _tail(ratio: Numbers, freedom: Numbers) -> Numbers:
    """Return the probability above a ratio: normal, or Student's t where the freedom is finite."""
    finite = np.where(np.isfinite(freedom), freedom, 1.0)
    chance = np.where(np.isinf(freedom), special.ndtr(-ratio), special.stdtr(finite, -ratio))
    return np.where(np.isnan(freedom), np.nan, chance)


def _quantile(share: Numbers, freedom: Numbers) -> Numbers:
    """Return the ratio that has this share of the probability below it."""
    finite = np.where(np.isfinite(freedom), freedom, 1.0)
    ratio = np.where(np.isinf(freedom), special.ndtri(share), special.stdtrit(finite, share))
    return np.where(np.isnan(freedom), np.nan, ratio)


def _hall(ratio: Numbers, skew: Numbers) -> Numbers:
    """Return a ratio corrected for skew by an increasing function; without skew, the ratio itself.

    >>> _hall(np.array([-2.0, 2.0]), np.array([0.3, 0.0])).round(3)
    array([-1.577,  2.   ])
    """
    return ratio + skew * ratio**2 / 3 + skew**2 * ratio**3 / 27 + skew / 6


def _hall_back(corrected: Numbers, skew: Numbers) -> Numbers:
    """Return the ratio that a corrected one belongs to.

    >>> _hall_back(_hall(np.array([-2.0, 5.0]), np.array([0.3, -0.4])), np.array([0.3, -0.4]))
    array([-2.,  5.])
    """
    safe_skew = np.where(skew == 0, 1.0, skew)
    back = 3 * (np.cbrt(1 + safe_skew * (corrected - safe_skew / 6)) - 1) / safe_skew
    return np.where(skew == 0, corrected, back)


def quantile_differences(
    name: str, reference: Numbers, other: Numbers, shares: Sequence[float], seed: int
) -> pd.DataFrame:
    """Return quantiles of one outcome in two scenarios, their differences and 95 % intervals.

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
    from scipy.stats import bootstrap  # late: slow to import

    both = ~np.isnan(reference) & ~np.isnan(other)
    a, b = reference[both], other[both]
    rows = []
    for share in shares:
        low = high = np.nan
        if len(a) >= FEWEST:

            def gap(x: Numbers, y: Numbers, axis: int = -1, share: float = share) -> Numbers:
                return np.quantile(y, share, axis=axis) - np.quantile(x, share, axis=axis)

            interval = bootstrap(
                (a, b), gap, paired=True, vectorized=True, n_resamples=RESAMPLES, batch=100,
                confidence_level=CONFIDENCE, method="percentile",
                rng=np.random.Generator(np.random.Philox(seed)),
            ).confidence_interval  # fmt: skip
            low, high = float(interval.low), float(interval.high)
        at = [float(np.quantile(x, share)) if len(x) else np.nan for x in (a, b)]
        rows.append((name, share, *at, at[1] - at[0], low, high, len(a)))
    columns = ["scenario", "quantile", "reference", "value", "difference", "low", "high", "pairs"]
    return pd.DataFrame(rows, columns=columns)
