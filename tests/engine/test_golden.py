"""Golden numbers: a change of any of them is a change of the model, and is to be meant.

``make golden`` writes them anew. They are compared to nine digits, because the last bits of
logarithms and cosines belong to the machine's mathematical library.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.rules.outcomes import OUTCOMES

GOLDEN = Path(__file__).parents[1] / "golden" / "outcomes.csv"
RUNS = 8


def measured() -> pd.DataFrame:
    rows = {}
    for name in sim.shipped():
        scenario = sim.load(name)
        for run in range(RUNS):
            rows[name, run] = sim.run(scenario, seed=2026, run=run).outcomes
    table = pd.DataFrame(rows).T
    table.index.names = ["scenario", "run"]
    return table


def test_outcomes_are_the_golden_ones() -> None:
    found = measured()
    if os.environ.get("GOLDEN") == "write":
        found.to_csv(GOLDEN, float_format="%.12g", lineterminator="\n")
        pytest.skip("golden numbers written anew")
    golden = pd.read_csv(GOLDEN, index_col=["scenario", "run"]).astype(float)
    assert list(golden.columns) == [item.name for item in OUTCOMES]
    pd.testing.assert_frame_equal(found, golden, rtol=1e-9, atol=1e-9)
