"""The project's own calibration: what its posterior meets, and which verdicts survive it."""

import numpy as np
import pandas as pd
import pytest

import sim
from sim.calibration.trying import try_sets
from sim.studies.posterior import shipped_posterior
from sim.studies.robust import HOLDS
from sim.view.calibration_tables import common_task, common_values

MAIN = ("agreement", "months_to_agreement", "support", "inequity", "delivery", "retention")


def test_one_common_set_is_within_the_bounds() -> None:
    task, values = common_task(), common_values()
    assert list(values) == list(task.fields)
    for free in task.free:
        assert free.low <= values[free.field] <= free.high


def test_scenarios_start_from_the_common_set() -> None:
    for field, value in common_values().items():
        assert sim.Scenario().value(field) == value


@pytest.mark.slow
def test_one_common_set_meets_every_target_or_nearly() -> None:
    """By 2,000 runs of each staging: none but V6 is surely outside. Errs in less than 2 % of seeds.

    V9 lies at the edge of its band; V6 lies beyond it, by less than a hundredth of its width.
    """
    task = common_task()
    found = try_sets(task, np.array([list(common_values().values())]), 8, 0, 2000)[0]
    outside = [
        target.name
        for target, (number, error) in zip(task.targets, found, strict=True)
        if not target.low - 3 * error <= number <= target.high + 3 * error
    ]
    assert set(outside) <= {"V6"}
    change = dict(zip((target.name for target in task.targets), found[:, 0], strict=True))["V6"]
    assert 0.0975 < change < 0.101


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
