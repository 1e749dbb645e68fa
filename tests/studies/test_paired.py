"""Paired differences: held to SciPy, to arithmetic by hand, and to the truth they should cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.studies.paired import Numbers, Paired, holm, interval, p_values, paired

NUMBER, YES = np.array([False]), np.array([True])


def columns(*pairs: tuple[float, float]) -> tuple[Numbers, Numbers]:
    table = np.array(pairs, dtype=np.float64)
    return table[:, :1], table[:, 1:]


def test_numbers_are_compared_by_students_t_of_the_differences() -> None:
    draws = np.random.default_rng(3)
    a = draws.normal(size=(40, 1))
    b = a + draws.normal(0.2, 0.5, size=(40, 1))
    found = paired(a, b, NUMBER)
    theirs = stats.ttest_rel(b[:, 0], a[:, 0])
    low, high = interval(found)
    expected = theirs.confidence_interval(0.95)
    assert p_values(found)[0] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), rel=1e-9)
    spread = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    assert found.size[0] == pytest.approx((b - a).mean() / spread)


def test_yes_or_no_is_compared_by_the_interval_of_bonett_and_price() -> None:
    a, b = columns(*[(0, 1)] * 8, *[(1, 0)] * 2, *[(1, 1)] * 5, *[(0, 0)] * 5)
    found = paired(a, b, YES)
    up, down = 9 / 22, 3 / 22
    half = 1.959964 * np.sqrt((up + down - (up - down) ** 2) / 22)
    low, high = interval(found)
    assert found.difference[0] == pytest.approx(0.3)
    assert (low[0], high[0]) == pytest.approx((up - down - half, up - down + half), rel=1e-6)
    assert found.higher[0] == pytest.approx((8 + 10 / 2) / 20)


def test_an_interval_of_yes_or_no_does_not_vanish_where_all_pairs_are_alike() -> None:
    low, high = interval(paired(*columns(*[(1, 1)] * 30), YES))
    assert low[0] < 0 < high[0]


def test_what_only_one_of_a_pair_has_is_counted_and_left_out() -> None:
    gap = float("nan")
    found = paired(*columns((1, 2), (2, 4), (gap, 100), (gap, gap), (-50, gap), (3, gap)), NUMBER)
    assert found.pairs[0] == 2
    assert found.difference[0] == 1.5
    assert (found.only_other[0], found.only_reference[0]) == pytest.approx((1 / 6, 2 / 6))


@pytest.mark.parametrize("pairs", [[], [(1, 2)], [(float("nan"), 2), (1, float("nan"))]])
def test_without_two_pairs_nothing_is_said(pairs: list[tuple[float, float]]) -> None:
    a, b = columns(*pairs) if pairs else (np.empty((0, 1)), np.empty((0, 1)))
    found = paired(a, b, NUMBER)
    assert np.isnan(p_values(found)[0])
    assert all(np.isnan(end[0]) for end in interval(found))


def test_a_difference_that_is_the_same_in_all_pairs_is_as_sure_as_they_are_many() -> None:
    same, shifted = (
        paired(*columns((1, 1), (2, 2)), NUMBER),
        paired(*columns((1, 2), (3, 4)), NUMBER),
    )
    assert p_values(same)[0] == 1
    assert p_values(shifted)[0] > 0.5
    runs = np.random.default_rng(1).random((100, 1))
    many = paired(runs, runs + 1, NUMBER)
    assert p_values(many)[0] < 1e-9
    low, high = interval(many)
    assert low[0] < 1 < high[0]


@given(st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=1, max_size=12))
def test_holm_rejects_as_his_procedure_says_and_its_intervals_agree(p: list[float]) -> None:
    found = holm(np.array(p), 0.05)
    left = sorted((value, place) for place, value in enumerate(p) if value == value)
    rejected = set()
    for rank, (value, place) in enumerate(left):
        if value > 0.05 / (len(left) - rank):
            break
        rejected.add(place)
    for place, value in enumerate(p):
        if value != value:
            assert np.isnan(found.p[place])
            continue
        assert (value <= found.level[place]) == (place in rejected)
        if abs(found.p[place] - 0.05) > 1e-12:  # equal but for rounding
            assert (found.p[place] <= 0.05) == (place in rejected)


KINDS = ("normal", "skewed", "rare", "even", "missing")


def drawn(kind: str, pairs: int, draws: np.random.Generator) -> tuple[Numbers, Numbers, float]:
    """Pairs of one kind, and the true difference."""
    shared = draws.normal(size=pairs)
    if kind == "skewed":
        a, b = np.exp(shared), np.exp(0.8 * shared + 0.6 * draws.normal(size=pairs))
        return a, b, 0.0
    if kind in ("rare", "even"):
        p, q = (0.02, 0.04) if kind == "rare" else (0.5, 0.45)
        u = stats.norm.cdf(shared)
        v = stats.norm.cdf(0.8 * shared + 0.6 * draws.normal(size=pairs))
        return (u < p).astype(float), (v < q).astype(float), q - p
    a, b = shared, shared + draws.normal(0.1, 0.4, size=pairs)
    if kind == "missing":
        a[draws.random(pairs) < 0.3] = np.nan
    return a, b, 0.1


def studied(kind: str, studies: int, pairs: int, seed: int) -> tuple[Paired, float]:
    """Many studies of one kind, side by side as if they were outcomes."""
    draws = np.random.default_rng(seed)
    found = [drawn(kind, pairs, draws) for _study in range(studies)]
    a, b = (np.column_stack([study[k] for study in found]) for k in (0, 1))
    return paired(a, b, np.full(studies, kind in ("rare", "even"))), found[0][2]


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_cover_the_truth_in_95_of_100_studies(kind: str) -> None:
    """1,000 studies of 400 pairs: the share that covers has a standard error of 0.007."""
    found, truth = studied(kind, 1000, 400, seed=11)
    low, high = interval(found)
    assert 0.93 <= float(((low <= truth) & (truth <= high)).mean()) <= 0.97


def test_holm_holds_the_rate_of_any_false_alarm() -> None:
    """1,000 families of 40 true nulls: at most 5 % raise an alarm; standard error 0.007."""
    draws = np.random.default_rng(5)
    alarms = 0
    for _family in range(1000):
        shared = draws.normal(size=(100, 1))
        a, b = shared + draws.normal(size=(100, 40)), shared + draws.normal(size=(100, 40))
        alarms += bool((holm(p_values(paired(a, b, np.full(40, False)))).p < 0.05).any())
    assert 0.02 <= alarms / 1000 <= 0.065
