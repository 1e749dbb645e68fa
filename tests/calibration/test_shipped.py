"""The project's own calibration: what its posterior meets, and which verdicts survive it."""

import numpy as np
import pandas as pd
import pytest

import sim
from docs.evidence_tables import common_task, common_values
from sim.evidence.evaluate import evaluate_sets
from sim.studies.differences import HOLDS
from sim.studies.posterior import shipped_posterior

MAIN = ("agreement", "months_to_agreement", "support", "inequity", "delivery", "retention")


def test_the_start_values_are_within_the_bounds() -> None:
    for free in common_task().free:
        assert free.low <= sim.Scenario().value(free.field) <= free.high


@pytest.mark.slow
def test_scenarios_start_from_the_common_set() -> None:
    for field, value in common_values().items():
        assert sim.Scenario().value(field) == value


@pytest.mark.slow
def test_the_start_values_meet_every_target_but_one() -> None:
    """By 2,000 runs of each staging: none but V9 is surely outside. Errs in less than 2 % of seeds.

    V9 lies beyond its band by less than a tenth of its width.
    """
    task = common_task()
    values = [sim.Scenario().value(field) for field in task.fields]
    found = evaluate_sets(task, np.array([values]), 8, 0, 2000)[0]
    outside = [
        target.name
        for target, (number, error) in zip(task.targets, found, strict=True)
        if not target.low - 3 * error <= number <= target.high + 3 * error
    ]
    assert set(outside) <= {"V9"}
    last = dict(zip((target.name for target in task.targets), found[:, 0], strict=True))["V9"]
    assert 0.62 < last < 0.71


@pytest.mark.slow
def test_the_verdicts_that_the_description_names_survive() -> None:
    """Against another seed than there. Each interval is corrected for 80 comparisons at 5 %."""
    against: dict[str, pd.DataFrame] = {}
    for reference in ("team", "community"):
        found = sim.compare(
            ["team", "community", "network"], reference=reference, runs=2000, seed=2,
            parameters=shipped_posterior(), progress=False,
        )  # fmt: skip
        against[reference] = found.robust().set_index(["scenario", "outcome"])
    team = against["team"]["holds"]
    assert all(
        team[name, outcome] == HOLDS for name in ("community", "network") for outcome in MAIN
    )
    network = against["community"].loc["network"]
    for outcome in ("delivery", "retention"):
        assert network.loc[outcome, "holds"] == HOLDS
    for outcome in ("agreement", "months_to_agreement"):  # over the sets, as good as no difference
        assert network.loc[outcome, "low"] < 0 < network.loc[outcome, "high"]
