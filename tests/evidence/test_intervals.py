"""Real studies: intervals cover what a very long study finds, and pairing pays."""

import numpy as np
import pytest

import sim
from sim.rules.outcomes import OUTCOMES, YES
from sim.studies.paired import Numbers, holm, interval, p_values, paired

pytestmark = pytest.mark.slow

STUDIES, PAIRS = 200, 200
LONG = 3 * STUDIES * PAIRS
OUTCOMES_HELD = ("agreement", "months_to_agreement", "inequity", "delivery", "trust", "retention")
ASKED = np.array([item.unit == YES for item in OUTCOMES if item.name in OUTCOMES_HELD])
NAMES = [item.name for item in OUTCOMES if item.name in OUTCOMES_HELD]


@pytest.fixture(scope="module")
def long_study() -> dict[str, Numbers]:
    """Every run of two scenarios, by run number."""
    done = sim.study(["team", "community"], runs=LONG, progress=False)
    return {
        str(name): rows[NAMES].to_numpy(dtype=np.float64)
        for name, rows in done.runs.groupby("scenario", observed=True)
    }


def blocks(values: Numbers) -> list[Numbers]:
    """The first runs as studies of their own that share no run."""
    return [values[k * PAIRS : (k + 1) * PAIRS] for k in range(STUDIES)]


def test_intervals_of_real_studies_cover_the_truth(long_study: dict[str, Numbers]) -> None:
    """200 studies of 200 pairs; the truth is the difference over 120,000 pairs.

    The share over all outcomes has a standard error of at most 0.015 (outcomes of a run hang
    together) and of at least 0.006.
    """
    truth = paired(long_study["team"], long_study["community"], ASKED).difference
    inside = np.zeros(len(NAMES))
    studies = zip(blocks(long_study["team"]), blocks(long_study["community"]), strict=True)
    for team, community in studies:
        low, high = interval(paired(team, community, ASKED))
        inside += (low <= truth) & (truth <= high)
    shares = dict(zip(NAMES, inside / STUDIES, strict=True))
    print(f"\ncoverage of 95 % intervals: {shares}")
    assert all(0.90 <= share <= 0.99 for share in shares.values())
    assert 0.93 <= np.mean(list(shares.values())) <= 0.97


def test_a_scenario_against_itself_raises_few_alarms(long_study: dict[str, Numbers]) -> None:
    """Disjoint runs of one scenario: 100 families of 6 outcomes; standard error 0.022."""
    halves = blocks(long_study["community"])
    alarms, families = [], 0
    for one, other in zip(halves[::2], halves[1::2], strict=True):
        p = p_values(paired(one, other, ASKED))
        alarms.append((p < 0.05).mean())
        families += bool((holm(p).p < 0.05).any())
    print(f"\nfalse alarms: {np.mean(alarms):.3f} of outcomes, {families} of 100 families")
    assert np.mean(alarms) <= 0.08
    assert families <= 10
