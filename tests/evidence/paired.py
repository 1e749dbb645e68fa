"""Paired runs: two scenarios under the same seed and run numbers share every draw both make."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.engine.arrays import for_run, template
from sim.engine.one_run import WHOLE_RUN, play
from sim.rules.compiling import compile_for
from sim.rules.outcomes import OUTCOMES, outcomes
from sim.scenario import Scenario


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
    compile_for(WHOLE_RUN, play)
    blank = template(scenario)

    def batch(first: int) -> Any:
        records = []
        for run in range(first, min(first + 100, runs)):
            own = for_run(blank, seed, run)
            play(*own)
            records.append(own.run)
        return np.concatenate(records)

    with ThreadPoolExecutor(2) as pool:
        done = np.concatenate(list(pool.map(batch, range(0, runs, 100))))
    return pd.DataFrame(outcomes(done), columns=[item.name for item in OUTCOMES])


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
