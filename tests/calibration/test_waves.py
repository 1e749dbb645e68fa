"""The method: statistics and their errors, distances, weights. Against cases with known answers."""

import math

import numpy as np
import pytest
from scipy import stats

from sim.evidence.evaluate import (
    adapt,
    draw,
    effective,
    log_weights,
    prior,
    resampled,
    shares,
)
from sim.evidence.measures import Statistic, Target

TARGET = Target("V", "", "trust", Statistic("mean"), "", None, 0.5, 0.3, 0.6, math.nan)


@pytest.mark.parametrize("kind", ["mean", "median", "share"])
def test_errors_of_statistics_are_those_that_repetition_shows(kind: str) -> None:
    """On 4,000 sets of 200 normal numbers; 5 % off is ten standard errors of the comparison."""
    values = np.random.default_rng(1).normal(size=(4000, 200))
    number, error = Statistic(kind, most=1.0).of(values)
    assert np.sqrt((error * error).mean()) == pytest.approx(number.std(), rel=0.08)


def test_too_few_runs_have_no_number() -> None:
    values = np.full((2, 50), np.nan)
    values[0, :5] = 1.0
    for kind in ("mean", "median"):
        number, _error = Statistic(kind).of(values)
        assert number[0] == 1.0
        assert np.isnan(number[1])
    assert TARGET.log_likelihood(np.array([np.nan]), np.array([np.nan]))[0] == -np.inf


def test_a_distance_counts_the_band_and_the_noise() -> None:
    clear, noisy = TARGET.distance(np.array([0.6, 0.6]), np.array([0.0, 0.05]))
    assert clear == pytest.approx(2.0)  # the edge
    assert noisy == pytest.approx(0.1 / math.hypot(0.05, 0.05))


def test_one_side_is_met_by_all_beyond_it() -> None:
    target = TARGET._replace(value=math.nan, low=0.0, high=math.inf, beyond=0.1)
    assert target.distance(np.array([5.0, -0.2]), np.zeros(2)).tolist() == [0.0, -2.0]


def known(scores: np.ndarray) -> np.ndarray:
    """A normal likelihood in three dimensions, far out and narrow, with a correlation."""
    cover = np.array([[0.04, 0.03, 0.0], [0.03, 0.04, 0.0], [0.0, 0.0, 0.25]])
    return np.asarray(stats.multivariate_normal([2.0, 1.5, -1.0], cover).logpdf(scores))


def test_waves_close_in_on_a_posterior_that_is_known() -> None:
    """A normal prior and likelihood: mean and covariance are known. Within 4 standard errors."""
    cover = np.array([[0.04, 0.03, 0.0], [0.03, 0.04, 0.0], [0.0, 0.0, 0.25]])
    spread = np.linalg.inv(np.linalg.inv(cover) + np.eye(3))
    middle = spread @ np.linalg.inv(cover) @ np.array([2.0, 1.5, -1.0])
    proposals, scores = [prior(3)], np.empty((0, 3))
    for wave in range(1, 6):
        scores = np.concatenate([scores, draw(proposals[-1], 1024, 7, wave)])
        fit = known(scores)
        weights = shares(log_weights(scores, fit, proposals))
        if wave < 5:
            proposals.append(adapt(scores, fit, proposals, 100))
    found = weights @ scores
    error = np.sqrt(np.diag(spread) / effective(weights))
    assert effective(weights) > 1000
    assert (np.abs(found - middle) < 4 * error).all()
    gaps = scores - found
    assert np.allclose((gaps * weights[:, None]).T @ gaps, spread, atol=0.03)


def test_a_wave_is_a_function_of_seed_and_number() -> None:
    one, same = draw(prior(4), 16, 1, 2), draw(prior(4), 16, 1, 2)
    assert one.tobytes() == same.tobytes()
    for other in (draw(prior(4), 16, 2, 2), draw(prior(4), 16, 1, 3)):
        assert not np.array_equal(one, other)


def test_resampling_is_by_weight() -> None:
    weights = np.random.default_rng(3).dirichlet(np.full(50, 0.3))
    times = resampled(weights, 200)
    assert times.sum() == 200
    assert (np.abs(times - 200 * weights) <= 1).all()
