"""What is taken of the runs under a set of values, and how far it is from the target."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.rules.outcomes import OUTCOMES, YES

Numbers = NDArray[np.float64]

MEAN, MEDIAN, SHARE, DIFFERENCE = "mean", "median", "share", "difference"
FEWEST = 5  # runs that must have the outcome
ROUNDING = 1e-9
EDGE = 2.0  # standard errors from the value to the edge of a band
YES_OR_NO = frozenset(item.name for item in OUTCOMES if item.unit == YES)


class Statistic(NamedTuple):
    """What is taken of some runs; of a share, the runs at most ``least`` or at least ``most``."""

    kind: str
    least: float = -math.inf
    most: float = math.inf

    def of(self, values: Numbers, yes_or_no: bool = False) -> tuple[Numbers, Numbers]:
        """The number and its standard error, one row of runs after the other.

        A row in which fewer than ``FEWEST`` runs have the outcome has neither. The error of a share
        is that of Agresti & Coull (1998), which does not vanish where all runs went the same way.

        Examples
        --------
        >>> number, error = Statistic("share", most=0.9).of(np.array([[1.0, 0.5, 1.0, 0.0] * 5]))
        >>> number.tolist(), error.round(2).tolist()
        ([0.5], [0.1])
        """
        if self.kind == MEDIAN:
            return _medians(values)
        if self.kind == SHARE:
            inside = (values <= self.least + ROUNDING) | (values >= self.most - ROUNDING)
            values = np.where(np.isnan(values), np.nan, inside)
        there = ~np.isnan(values)
        n = there.sum(axis=1).astype(np.float64)
        n[n < FEWEST] = np.nan
        total = np.where(there, values, 0.0).sum(axis=1)
        mean = total / n
        if self.kind == SHARE or (yes_or_no and self.kind == MEAN):
            share = (total + 2) / (n + 4)
            return mean, np.sqrt(share * (1 - share) / (n + 4))
        gaps = np.where(there, values - mean[:, None], 0.0)
        return mean, np.sqrt((gaps * gaps).sum(axis=1) / (n - 1) / n)


def _medians(values: Numbers) -> tuple[Numbers, Numbers]:
    """Medians; the error is half the way between the quantiles one error from the middle."""
    found = np.full((2, len(values)), np.nan)
    for row, own in enumerate(values):
        there = own[~np.isnan(own)]
        if len(there) >= FEWEST:
            away = 0.5 / math.sqrt(len(there))
            low, middle, high = np.quantile(there, (0.5 - away, 0.5, 0.5 + away))
            found[:, row] = middle, (high - low) / 2
    return found[0], found[1]


class Target(NamedTuple):
    """What is to come out.

    Attributes
    ----------
    name, says
        A short name, and what was measured in the user's own words.
    outcome, statistic
        What is taken of what.
    scenario, against
        What it is measured in; of a difference, the scenario that is subtracted, run by run.
    value, low, high
        What was measured, and the band; without a value, the number must be above or below.
    beyond
        Of a target with one side: how far beyond it is one standard error.
    """

    name: str
    says: str
    outcome: str
    statistic: Statistic
    scenario: str
    against: str | None
    value: float
    low: float
    high: float
    beyond: float

    @property
    def yes_or_no(self) -> bool:
        """Whether the outcome is 0 or 1."""
        return self.outcome in YES_OR_NO

    def measured(self, own: Numbers, against: Numbers | None) -> tuple[Numbers, Numbers]:
        """The model's number and its error under several sets: runs in rows."""
        if against is not None:
            return self.statistic.of(own - against)
        return self.statistic.of(own, self.yes_or_no)

    def distance(self, number: Numbers, error: Numbers) -> Numbers:
        """How far a number is from the target, with its sign, in standard errors.

        The error counts the noise of the runs and how exactly the target is known: the edge of a
        band is two standard errors from the value. Missing numbers are infinitely far.

        Examples
        --------
        >>> target = Target("V", "", "trust", Statistic("mean"), "", None, 0.5, 0.3, 0.6, math.nan)
        >>> target.distance(np.array([0.3, 0.55, np.nan]), np.zeros(3)).round(9).tolist()
        [-2.0, 1.0, inf]
        """
        if math.isnan(self.value):
            gap = np.minimum(number - self.low, 0.0) + np.maximum(number - self.high, 0.0)
        else:
            gap = number - self.value
        found = gap / self._spread(number, error)
        return np.where(np.isnan(number), np.inf, found)

    def log_likelihood(self, number: Numbers, error: Numbers) -> Numbers:
        """How likely the target is if the model's number is this one: the logarithm."""
        distance = self.distance(number, error)
        found = -0.5 * distance * distance
        if not math.isnan(self.value):
            found = found - np.log(self._spread(number, error) / self._spread(number, 0.0 * error))
        return np.where(np.isfinite(distance), found, -np.inf)

    def inside(self, number: Numbers) -> NDArray[np.bool_]:
        """Whether a number lies in the band."""
        return (number >= self.low) & (number <= self.high)

    def _spread(self, number: Numbers, error: Numbers) -> Numbers:
        """One standard error, of target and runs together."""
        if math.isnan(self.value):
            own = np.full_like(number, self.beyond)
        else:
            sides = (self.value - self.low) / EDGE, (self.high - self.value) / EDGE
            own = np.where(number < self.value, *sides)
        return np.sqrt(own * own + error * error)


def outcomes_asked(targets: tuple[Target, ...], scenario: str) -> tuple[str, ...]:
    """The outcomes of a scenario that targets are about."""
    return tuple(dict.fromkeys(t.outcome for t in targets if scenario in (t.scenario, t.against)))
