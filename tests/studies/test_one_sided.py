"""How often the verdicts on claims are wrong, and that their bounds say the same."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from sim.studies.claims import REFUTED, SUPPORTED, UNDETERMINED, Decided, decide, runs_needed
from sim.studies.statistics import Estimate, estimate


def decided(
    centre: np.ndarray, margin: float = 0.0, skew: float = 0.0, freedom: float = np.inf
) -> Decided:
    same = np.ones(len(centre))
    found = Estimate(centre, same, freedom * same, skew * same)
    return decide(found, margin * same, 0.05)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("truth", ["at the margin", "on both sides"])
def test_wrong_verdicts_are_as_rare_as_is_said(truth: str, strict: bool) -> None:
    """1,000 files of 12 claims: any wrong verdict in 5 % at most; standard error 0.7 %.

    Differences that are just what is claimed are the worst case for one half of the tests: then
    ">=" is true, and wrong is to refute it; ">" is false, and wrong is to support it.
    """
    draws = np.random.default_rng(17)
    shifts = np.zeros(12) if truth == "at the margin" else np.linspace(-4, 4, 12)
    wrong = 0
    for _file in range(1000):
        shared = 0.6 * draws.normal() + 0.8 * draws.normal(size=12)  # claims on the same runs
        found = decided(0.3 + shifts + shared, margin=0.3).verdict
        true = shifts > 0 if strict else shifts >= 0
        wrong += any(
            verdict == (REFUTED if holds else SUPPORTED)
            for verdict, holds in zip(found, true, strict=True)
        )
    print(f"\n{truth}, strict {strict}: {wrong / 1000:.3f}")
    assert wrong / 1000 <= 0.05 + 2 * 0.007


Pairs = tuple[np.ndarray, np.ndarray]


def one_way(draws: np.random.Generator, pairs: int, share: float) -> Pairs:
    """Yes or no; where the two differ, always the other has it (a majority and a consensus)."""
    other = (draws.random(pairs) < share).astype(float)
    return np.zeros(pairs), other


def seldom(draws: np.random.Generator, pairs: int, share: float) -> Pairs:
    """Numbers that are the same in most pairs, and else higher by up to 1."""
    reference = draws.random(pairs)
    return reference, reference + (draws.random(pairs) < share) * draws.random(pairs)


CASES = [
    (one_way, 0.05, 0.05, 200, True),
    (one_way, 0.01, 0.01, 2000, True),
    (seldom, 0.1, 0.05, 200, False),
    (seldom, 0.002, 0.001, 200, False),
    (seldom, 0.001, 0.0005, 2000, False),
]


@pytest.mark.parametrize(("make", "share", "truth", "pairs", "asked"), CASES)
@pytest.mark.parametrize("side", [1, -1])
def test_wrong_verdicts_are_rare_where_few_pairs_differ(
    make: Callable[[np.random.Generator, int, float], Pairs],
    share: float,
    truth: float,
    pairs: int,
    asked: bool,
    side: int,
) -> None:
    """400 files of 10 claims that are true by nothing: any refuted in 5 % at most; error 1.1 %.

    Student's t refutes one in 20 % of such files, or in all of them.
    """
    draws = np.random.default_rng(29)
    wrong = 0
    for _file in range(400):
        each = [estimate(*make(draws, pairs, share), is_binary=asked) for _claim in range(10)]
        found = Estimate.joined(each)
        same = np.full(10, float(side))
        wrong += REFUTED in decide(found.turned(same), truth * same, 0.05).verdict
    print(f"\n{make.__name__} {share}, {pairs} pairs, {side:+}: {wrong / 400:.3f}")
    assert wrong / 400 <= 0.05 + 2 * 0.011


def test_wrong_verdicts_are_rare_on_paired_runs_too() -> None:
    """1,000 files of 6 claims on 60 pairs of numbers and yes-or-no, all just at the margin."""
    draws = np.random.default_rng(23)
    wrong = 0
    for _file in range(1000):
        shared = draws.normal(size=(60, 1))
        own, other = (0.7 * shared + 0.7 * draws.normal(size=(60, 6)) for _side in range(2))
        yes = np.arange(6) >= 3
        own, other = (np.where(yes, side > 0.4, side) for side in (own, other))
        each = [estimate(other[:, k], own[:, k], is_binary=bool(yes[k])) for k in range(6)]
        found = Estimate.joined(each)
        wrong += REFUTED in decide(found, np.zeros(6), 0.05).verdict
    print(f"\npaired: {wrong / 1000:.3f}")
    assert wrong / 1000 <= 0.05 + 2 * 0.007


@pytest.mark.parametrize("skew", [0.0, 0.4, -0.4, 2.0])
@pytest.mark.parametrize("freedom", [np.inf, 12.0])
def test_verdicts_and_bounds_say_the_same(skew: float, freedom: float) -> None:
    centre = np.random.default_rng(5).normal(0.5, 6, size=200)
    found = decided(centre, 0.5, skew, freedom)
    for verdict, low, high in zip(*found, strict=True):
        assert (verdict == SUPPORTED) == (low >= 0.5)
        assert (verdict == REFUTED) == (high < 0.5)
    assert {SUPPORTED, REFUTED, UNDETERMINED} >= set(found.verdict) > {UNDETERMINED}


def test_without_skew_many_pairs_are_tested_by_students_t() -> None:
    draws = np.random.default_rng(2).normal(0.4, 1, size=10_000)
    draws = np.concatenate([draws, 0.8 - draws])  # as many above the mean as below it
    found = decide(estimate(np.zeros(20_000), draws, is_binary=False), np.zeros(1), 0.05)
    theirs = stats.ttest_1samp(draws, 0).confidence_interval(0.95)
    assert (found.low[0], found.high[0]) == pytest.approx((theirs.low, theirs.high), rel=1e-3)


def test_skew_moves_the_bound_on_the_long_tails_side_only() -> None:
    plain, skewed = decided(np.zeros(1)), decided(np.zeros(1), skew=0.2)
    assert skewed.low == plain.low
    assert skewed.high > plain.high


def test_what_is_the_same_in_all_pairs_is_no_more_certain_than_their_number() -> None:
    """Of two scenarios that part in one run of 100, 20 pairs most often show no difference."""
    runs = np.random.default_rng(8).random(2000)
    bounds = {}
    for pairs in (20, 2000):
        found = estimate(runs[:pairs], runs[:pairs], is_binary=False)
        for margin in (0.0, 0.5):
            bounds[pairs, margin] = decide(found, np.array([margin]), 0.05)
    assert bounds[20, 0.0].verdict == bounds[2000, 0.0].verdict == [UNDETERMINED]
    assert bounds[20, 0.5].verdict == bounds[2000, 0.5].verdict == [REFUTED]
    assert bounds[2000, 0.0].high < 0.002 < 0.05 < bounds[20, 0.0].high


@pytest.mark.parametrize("runs", [[1.0], [1.0, np.nan], [], [2.0, 2.0, 2.0]])
def test_without_two_pairs_or_where_nothing_varies_nothing_is_decided(runs: list[float]) -> None:
    same = np.array(runs)
    found = decide(estimate(same, same, is_binary=False), np.array([-0.5]), 0.05)
    assert found.verdict == [UNDETERMINED]
    assert np.isnan(found.low[0])


def test_so_many_runs_as_are_said_to_be_needed_settle_a_claim_four_times_in_five() -> None:
    """5,000 looks at a difference that is as it was found; standard error 0.6 %."""
    error = np.full(1, 0.01)
    found = Estimate(np.full(1, 0.012), error, np.full(1, np.inf), np.zeros(1))
    first = decide(found, np.zeros(1), 0.05)
    assert first.verdict == [UNDETERMINED]
    needed = runs_needed(1000, 0.012, float(first.high[0] - first.low[0]) / 2, 0.01)
    assert needed is not None
    errors = np.full(5000, 0.01 * np.sqrt(1000 / needed))
    again = np.random.default_rng(4).normal(0.012, errors)
    settled = sum(
        decide(found._replace(centre=again[k : k + 1], error=errors[:1]), np.zeros(1), 0.05).verdict
        != [UNDETERMINED]
        for k in range(5000)
    )
    print(f"\nsettled: {settled / 5000:.3f}")
    assert abs(settled / 5000 - 0.8) < 0.02
