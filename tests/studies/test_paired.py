"""Paired differences: held to SciPy, to arithmetic by hand, and to the truth they should cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from sim.studies.statistics import (
    CUT,
    FEWEST,
    Numbers,
    Paired,
    holm,
    p_values,
    paired,
    paired_family,
    paired_interval,
)

NUMBER, YES = np.array([False]), np.array([True])


def columns(*pairs: tuple[float, float]) -> tuple[Numbers, Numbers]:
    table = np.array(pairs, dtype=np.float64)
    return table[:, :1], table[:, 1:]


FREEDOMS = (1, 2, 3, 4, 9, 10, 49.5, 199, 999, 1999, 49_999, 10**6)
SHARES = np.concatenate([np.logspace(-300, -1, 20_000), np.linspace(1e-4, 1 - 1e-4, 40_001)])
SHARES = np.concatenate([SHARES, 1 - np.logspace(-16, -1, 20_000), [1.0, np.nan]])
RATIOS = np.concatenate([np.logspace(-300, 300, 20_000), np.linspace(0, 40, 40_001), [np.inf]])
RATIOS = np.concatenate([-RATIOS, RATIOS, [np.nan]])


def test_special_functions_give_the_bits_of_the_distributions() -> None:
    """The package calls the former, as ``scipy.stats`` is slow to import."""
    equal = np.testing.assert_array_equal
    equal(special.ndtri(SHARES), stats.norm.ppf(SHARES))
    equal(-special.ndtri(SHARES), stats.norm.isf(SHARES))
    equal(special.ndtr(RATIOS), stats.norm.cdf(RATIOS))
    equal(special.ndtr(-RATIOS), stats.norm.sf(RATIOS))
    for freedom in FREEDOMS:
        equal(special.stdtrit(freedom, SHARES), stats.t.ppf(SHARES, freedom))
        equal(-special.stdtrit(freedom, SHARES), stats.t.isf(SHARES, freedom))
        equal(special.stdtr(freedom, -RATIOS), stats.t.sf(RATIOS, freedom))
    many = np.resize(FREEDOMS, SHARES.shape)  # an array of each
    equal(special.stdtrit(many, SHARES), stats.t.ppf(SHARES, many))
    assert float(special.stdtrit(9, 0.975)) == float(stats.t.ppf(0.975, 9))


def test_numbers_are_compared_by_students_t_of_the_differences() -> None:
    draws = np.random.default_rng(3)
    a = draws.normal(size=(40, 1))
    b = a + draws.normal(0.2, 0.5, size=(40, 1))
    found = paired(a, b, NUMBER)
    theirs = stats.ttest_rel(b[:, 0], a[:, 0])
    low, high = paired_interval(found)
    expected = theirs.confidence_interval(0.95)
    assert p_values(found)[0] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), rel=1e-9)
    spread = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    assert found.cohens_d[0] == pytest.approx((b - a).mean() / spread)


def test_yes_or_no_is_compared_by_the_interval_of_bonett_and_price() -> None:
    a, b = columns(*[(0, 1)] * 8, *[(1, 0)] * 2, *[(1, 1)] * 5, *[(0, 0)] * 5)
    found = paired(a, b, YES)
    up, down = 9 / 22, 3 / 22
    half = 1.959964 * np.sqrt((up + down - (up - down) ** 2) / 22)
    low, high = paired_interval(found)
    assert found.difference[0] == pytest.approx(0.3)
    assert (low[0], high[0]) == pytest.approx((up - down - half, up - down + half), rel=1e-6)
    assert found.higher[0] == pytest.approx((8 + 10 / 2) / 20)


def test_an_interval_of_yes_or_no_does_not_vanish_where_all_pairs_are_alike() -> None:
    low, high = paired_interval(paired(*columns(*[(1, 1)] * 30), YES))
    assert low[0] < 0 < high[0]


def test_what_only_one_of_a_pair_has_is_counted_and_left_out() -> None:
    gap = float("nan")
    found = paired(*columns((1, 2), (2, 4), (gap, 100), (gap, gap), (-50, gap), (3, gap)), NUMBER)
    assert found.pairs[0] == 2
    assert found.difference[0] == 1.5
    assert (found.only_other[0], found.only_reference[0]) == pytest.approx((1 / 6, 2 / 6))


@pytest.mark.parametrize("asked", [NUMBER, YES])
@pytest.mark.parametrize("pairs", [0, 1, 2, FEWEST - 1])
def test_few_pairs_say_nothing(pairs: int, asked: np.ndarray) -> None:
    a = np.append(np.zeros(pairs), np.nan)[:, None]
    found = paired(a, np.ones((pairs + 1, 1)), asked)
    assert np.isnan(p_values(found)[0])
    assert all(np.isnan(end[0]) for end in paired_interval(found))
    assert found.pairs[0] == pairs


def test_pairs_that_are_all_alike_do_not_show_that_every_pair_is() -> None:
    """If one pair in 50 differs by 0.5, most studies of 20 pairs see none that does."""
    a = np.linspace(0, 1, 20)[:, None]
    same, shifted = paired(a, a, NUMBER), paired(a, a + 0.3, NUMBER)
    assert p_values(same)[0] == 1
    low, high = paired_interval(same)
    assert low[0] < -0.01
    assert high[0] > 0.01
    low, high = paired_interval(shifted)
    assert 0 < low[0] < 0.29 < 0.31 < high[0]
    unlike = paired(100 * a, 100 * a, NUMBER)  # on a larger scale a difference may be larger
    assert paired_interval(unlike)[1][0] > 10 * paired_interval(same)[1][0]
    zeros = np.zeros((20, 1))
    as_flags = paired_interval(paired(zeros, zeros, YES))[1][0]
    assert paired_interval(paired(zeros, zeros, NUMBER))[1][0] == pytest.approx(as_flags)


def test_alike_but_for_rounding_is_alike() -> None:
    a = np.linspace(0, 1, 40)[:, None]
    found = paired(a, a + 0.1, NUMBER)
    assert 0 < np.std(a + 0.1 - a) < 1e-15
    assert p_values(found)[0] > 0
    assert paired_interval(found)[1][0] - 0.1 > 0.01


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
    low, high = paired_interval(found)
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


def family(truth: Numbers, draws: np.random.Generator) -> Paired:
    """Differences, each known with a standard error of 1, of so many pairs that t is normal."""
    pairs = 400
    noise = draws.normal(size=(pairs, len(truth)))
    return paired(np.zeros(noise.shape), truth + noise * np.sqrt(pairs), np.full(len(truth), False))


@pytest.mark.parametrize("away", [0.0, 3.0, 4.0, 30.0])
def test_intervals_of_a_family_hold_the_truth_all_at_once(away: float) -> None:
    """1,000 families of 40; standard error 0.007.

    At the levels of Holm's steps 0.95, 0.93, 0.62 and 0.35 of such families did (20,000 of each).
    """
    draws, truth = np.random.default_rng(8), np.full(40, away)
    held = 0
    for _family in range(1000):
        member = paired_family([family(truth, draws)])[0]
        low, high = member.low, member.high
        held += bool(((low <= truth) & (truth <= high)).all())
    assert held / 1000 >= 0.93


def test_nothing_is_called_smaller_than_it_is() -> None:
    """Forty differences of just what is worth knowing, 4 standard errors; 1,000 families.

    In at most 2.5 % an interval may lie within; standard error 0.005. At the levels of Holm's
    steps it did so in a third of them.
    """
    draws, truth = np.random.default_rng(9), np.full(40, 4.0)
    false = 0
    for _family in range(1000):
        member = paired_family([family(truth, draws)])[0]
        low, high = member.low, member.high
        false += bool(((low > -4) & (low < 0) & (high < 4)).any())
    assert false / 1000 <= 0.04


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=30))
def test_the_interval_of_a_family_leaves_0_out_where_holm_establishes(centres: list[float]) -> None:
    truth = np.array(centres)
    found = family(truth, np.random.default_rng(1))
    member = paired_family([found])[0]
    low, high = member.low, member.high
    assert ((low > 0) | (high < 0)).tolist() == member.established.tolist()
    assert member.established.tolist() == (p_values(found) <= holm(p_values(found)).level).tolist()
    wide = paired_interval(found, 0.05 / len(centres))
    cut = (low == CUT) | (high == -CUT)
    assert ((low == wide[0]) & (high == wide[1]) | cut).all()


def test_one_correction_holds_for_all_tables_of_a_family() -> None:
    """Two tables of 3 and 2 outcomes are tested as one table of 5 would be."""
    found = family(np.array([0.0, 2.5, 3.0, 9.0, -4.0]), np.random.default_rng(4))
    whole = paired_family([found])[0]
    parts = paired_family(
        [Paired(*(field[own] for field in found)) for own in (np.s_[:3], np.s_[3:])]
    )
    for name in ("p", "corrected_p", "established", "low", "high"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tolist() == getattr(whole, name).tolist(), name
