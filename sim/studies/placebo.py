"""The reference against itself: how often chance alone is called a difference."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.rules.outcomes import YES, Outcome
from sim.studies.paired import Numbers, holm, p_values, paired
from sim.studies.summary import CONFIDENCE

SPLITS = 400  # random halves that the runs of the reference are cut into


class Placebo(NamedTuple):
    """What comparing the reference with itself came to.

    Attributes
    ----------
    splits
        How often the runs were cut into two halves that share no run.
    pairs
        Pairs of each such comparison.
    raw
        Share of all outcomes and splits whose 95 % interval leaves out 0, which is the truth.
    corrected
        Share of splits in which a corrected interval of any outcome does.
    """

    splits: int
    pairs: int
    raw: float
    corrected: float


def placebo(values: Numbers, items: Sequence[Outcome], others: int, seed: int) -> Placebo:
    """Compare random halves of the reference's runs as if they were two scenarios.

    The halves share no run number, so that they differ by chance alone; everything else is the
    way of a comparison. With so few splits, of one set of runs, the shares are themselves known to
    about 0.01 (raw) and 0.02 (corrected).

    Parameters
    ----------
    values
        Shape (runs, outcomes).
    others
        How many scenarios the real comparison holds against the reference: the correction is for
        as many differences.
    """
    draws = np.random.Generator(np.random.Philox(seed))
    asked = np.array([item.unit == YES for item in items])
    half = len(values) // 2
    alarms, tests, families = 0, 0, 0
    for _split in range(SPLITS):
        order = draws.permutation(len(values))
        found = paired(values[order[:half]], values[order[half : 2 * half]], asked)
        p = p_values(found)
        alarms += int((p < 1 - CONFIDENCE).sum())
        tests += int((~np.isnan(p)).sum())
        families += bool((holm(np.tile(p, others)).p < 1 - CONFIDENCE).any())
    raw = alarms / tests if tests else np.nan
    return Placebo(SPLITS, half, raw, families / SPLITS)
