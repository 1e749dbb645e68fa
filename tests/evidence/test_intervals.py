"""Real studies: intervals cover what a very long study finds, and pairing pays."""

import numpy as np
import pandas as pd
import pytest

import sim
from sim.rules.outcomes import OUTCOMES, YES
from sim.studies.compare import Adding, runs_for
from sim.studies.statistics import Numbers, holm, p_values, paired, paired_interval

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
        low, high = paired_interval(paired(team, community, ASKED))
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


@pytest.mark.parametrize("name", ["agreement", "months_to_agreement", "delivery"])
def test_adding_runs_until_an_interval_is_narrow_costs_little(
    long_study: dict[str, Numbers], name: str
) -> None:
    """1,000 studies that begin with 100 runs and take some 400; standard error 0.007.

    Their pairs are drawn anew from the long study, whose difference is the truth.
    """
    place, draws = NAMES.index(name), np.random.default_rng(12)
    team, community = (long_study[key][:, [place]] for key in ("team", "community"))
    asked = ASKED[[place]]
    whole = paired(team, community, asked)
    adding = Adding(
        {name: float(np.ptp(paired_interval(whole)) / 2) * (LONG / 400) ** 0.5}, 100, 5000
    )
    inside, taken = 0, 0
    for _study in range(1000):
        drawn = draws.integers(LONG, size=adding.most)
        size, more = 0, adding.first
        while more > size:
            size = more
            own = drawn[:size]
            low, high = paired_interval(paired(team[own], community[own], asked))
            table = pd.DataFrame({"outcome": name, "low": low, "high": high})
            more = runs_for(table, adding, size)
        inside += bool((low <= whole.difference <= high).all())
        taken += size
    print(f"\n{name}: {inside / 1000:.3f} of intervals hold, after {taken / 1000:.0f} runs")
    assert 0.92 <= inside / 1000 <= 0.97
    assert 300 < taken / 1000 < 600
