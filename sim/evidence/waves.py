"""Waves of sets: the distributions they are drawn from, and the weight of each set.

Adaptive multiple importance sampling (Cornuet, Marin, Mira & Robert 2012). The first wave covers
the bounds evenly; each later one is drawn around what fits so far; and the weight of every set of
every wave is prior times likelihood over the mixture that all sets were drawn from. The likelihood
takes what is known of a target as an error around it, which makes the approximation of ABC an exact
answer to a model with that error (Wilkinson 2013). Early waves temper the likelihood, so that no
single lucky set draws all the others to itself.

All of it happens on normal scores: the prior, even between the bounds, is a standard normal there.
Each draw is a function of seed, wave and place in the wave.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special, stats
from scipy.stats import qmc

from sim.evidence.statistics import Numbers

FREEDOM = 10.0  # of Student's t that later waves are drawn from: tails wider than a normal's
WIDER = 1.15  # than what fits so far, in standard deviations
TIED = 0.05  # correlations are taken to be this much weaker than in the sample
MIN_SHARE = 0.1  # of a wave's sets must count when the next proposal is adapted
EPSILON = 1e-9


class Proposal(NamedTuple):
    """The distribution that a wave is drawn from: a Student t on normal scores, or the prior."""

    middle: Numbers
    factor: Numbers  # a square root of its scale matrix
    is_prior: bool = False

    def log_density(self, scores: Numbers) -> Numbers:
        """Logarithm of the density at each row of scores."""
        count = len(self.middle)
        if self.is_prior:
            return log_prior(scores)
        away = np.linalg.solve(self.factor, (scores - self.middle).T)
        squares = (away * away).sum(axis=0)
        whole = (FREEDOM + count) / 2
        constant = (
            math.lgamma(whole) - math.lgamma(FREEDOM / 2) - count / 2 * math.log(FREEDOM * math.pi)
        )
        size = np.log(np.abs(np.diag(self.factor))).sum()
        density: Numbers = constant - size - whole * np.log1p(squares / FREEDOM)
        return density


def prior(count: int) -> Proposal:
    """The proposal of the first wave."""
    return Proposal(np.zeros(count), np.eye(count), True)


def log_prior(scores: Numbers) -> Numbers:
    """Logarithm of the prior density at each row of normal scores."""
    count = scores.shape[1]
    density: Numbers = -0.5 * ((scores * scores).sum(axis=1) + count * math.log(2 * math.pi))
    return density


def draw(proposal: Proposal, size: int, seed: int, wave: int) -> Numbers:
    """The scores of one wave, as many as a power of 2: a scrambled Sobol' design.

    >>> draw(prior(2), 4, seed=1, wave=1).shape
    (4, 2)
    """
    count = len(proposal.middle)
    design = qmc.Sobol(count + 1, scramble=True, seed=np.random.default_rng([seed, wave]))
    places = np.clip(design.random(size), EPSILON, 1 - EPSILON)
    scores: Numbers = special.ndtri(places[:, :count])
    if not proposal.is_prior:
        stretch = np.sqrt(FREEDOM / stats.chi2.ppf(places[:, count], FREEDOM))
        scores = proposal.middle + stretch[:, None] * (scores @ proposal.factor.T)
    return scores


def log_weights(scores: Numbers, fit: Numbers, proposals: Sequence[Proposal]) -> Numbers:
    """The logarithm of the weight of each set.

    Parameters
    ----------
    scores
        All sets of all waves, of equally many sets each.
    fit
        Logarithm of how likely the targets are under each set.
    proposals
        The distribution that each wave was drawn from.
    """
    mixture = special.logsumexp([proposal.log_density(scores) for proposal in proposals], axis=0)
    weights: Numbers = log_prior(scores) - (mixture - math.log(len(proposals))) + fit
    return weights


def shares(logarithms: Numbers) -> Numbers:
    """Weights that sum to 1; all 0 if no set weighs anything.

    >>> shares(np.log([1.0, 3.0])).tolist()
    [0.25, 0.75]
    """
    most = logarithms.max()
    if not np.isfinite(most):
        return np.zeros(len(logarithms))
    weights = np.exp(logarithms - most)
    normalised: Numbers = weights / weights.sum()
    return normalised


def effective(weights: Numbers) -> float:
    """The effective number of sets: how many equal ones these weights are worth (Kish 1965)."""
    squares = float((weights * weights).sum())
    return 1.0 / squares if squares > 0 else 0.0


def tempered(scores: Numbers, fit: Numbers, proposals: Sequence[Proposal], enough: float) -> float:
    """The power of the likelihood, at most 1, at which enough sets count."""

    def count(power: float) -> float:
        return effective(shares(log_weights(scores, _powered(fit, power), proposals)))

    if count(1.0) >= enough:
        return 1.0
    low, high = 0.0, 1.0
    for _step in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if count(middle) >= enough else (low, middle)
    return low


def adapt(scores: Numbers, fit: Numbers, proposals: Sequence[Proposal], enough: float) -> Proposal:
    """The proposal of the next wave, adapted to the sets that fit so far."""
    power = tempered(scores, fit, proposals, enough)
    weights = shares(log_weights(scores, _powered(fit, power), proposals))
    middle = weights @ scores
    gaps = scores - middle
    spread = (gaps * weights[:, None]).T @ gaps
    variances = np.diag(np.diag(spread))
    spread = (1 - TIED) * spread + TIED * variances + EPSILON * np.eye(len(middle))
    factor: Numbers = np.asarray(WIDER * np.linalg.cholesky(spread), dtype=np.float64)
    return Proposal(middle, factor)


def _powered(fit: Numbers, power: float) -> Numbers:
    """A tempered likelihood; an impossible set stays impossible."""
    return np.where(np.isfinite(fit), power * fit, -np.inf)


def resampled(weights: Numbers, count: int) -> Numbers:
    """How often each set is drawn into a sample of equal ones, by systematic resampling.

    >>> resampled(np.array([0.5, 0.3, 0.2]), 10).tolist()
    [5.0, 3.0, 2.0]
    """
    ends = np.minimum(np.cumsum(weights) * count, count)
    ends[-1] = count
    times: Numbers = np.diff(np.floor(ends + 0.5 - EPSILON), prepend=0.0)
    return times
