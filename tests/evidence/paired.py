"""Paired runs: two scenarios under the same seed and run numbers share every draw both make."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.scenario import Scenario
from sim.studies.study import study


class Effect(NamedTuple):
    """A mean paired difference, the half-width of its interval, and the pairs behind it."""

    mean: float
    half: float
    pairs: int

    @property
    def sign(self) -> int:
        """1 or -1 if the interval leaves 0 out, else 0."""
        return int(np.sign(self.mean)) if abs(self.mean) > self.half else 0


def ends(scenario: Scenario, runs: int, seed: int = 1) -> pd.DataFrame:
    """Outcomes of runs 0 to runs - 1, one row a run."""
    done = study({"": scenario}, runs, seed, progress=False)
    assert done.failures.empty
    return done.runs.drop(columns=["scenario", "run"])


def effect(reference: pd.Series, changed: pd.Series, z: float = 2.576) -> Effect:
    """Mean of changed - reference over the pairs where both exist, with a 99 % interval."""
    difference = (changed - reference).dropna()
    pairs = len(difference)
    half = z * float(difference.std()) / math.sqrt(pairs) if pairs > 1 else math.inf
    return Effect(float(difference.mean()), half, pairs)


def compare(
    base: Scenario, low: Mapping[str, Any], high: Mapping[str, Any], runs: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Outcomes of two variants of a scenario on the same runs."""
    return ends(base.variant(low), runs), ends(base.variant(high), runs)
