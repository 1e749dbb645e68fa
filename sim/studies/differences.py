"""The table of differences between scenarios, and what follows from a row of it.

A verdict is one of four: a difference is established; none worth knowing is left; it is open; no
pair of runs has the outcome.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.language import N_
from sim.rules.outcomes import LOWER, MONTHS, YES, Outcome
from sim.studies.statistics import (
    CONFIDENCE,
    Corrected,
    Numbers,
    Paired,
    half_width,
    holm,
    p_values,
    paired,
    paired_interval,
    simultaneous,
)

# name, what it says
DIFFERENCE_COLUMNS = (
    ("scenario", N_("the scenario that is held against the reference")),
    ("outcome", N_("the outcome")),
    ("reference", N_("mean of the reference over the pairs")),
    ("mean", N_("mean of the scenario over the pairs")),
    ("difference", N_("mean of the differences: scenario minus reference")),
    ("low", N_("lower end of its 95 % interval")),
    ("high", N_("upper end of its 95 % interval")),
    ("corrected_low", N_("the same, corrected for the number of differences looked at")),
    ("corrected_high", N_("the same for the upper end")),
    ("p", N_("chance of such a difference, or a larger one, if there is none")),
    ("corrected_p", N_("the same, corrected (Holm)")),
    ("better", N_("share of pairs in which it is better, or higher; equals count half")),
    ("size", N_("the difference in standard deviations between runs")),
    ("pairs", N_("pairs in which both runs have the outcome")),
    ("runs", N_("all pairs")),
    ("only_reference", N_("share of all pairs in which only the reference has it")),
    ("only_scenario", N_("share of all pairs in which only the scenario has it")),
    ("unpaired_half", N_("half the width of the interval if runs were not paired")),
)
DIFFERENCE, NONE, OPEN, MISSING = "difference", "none", "open", "missing"
# The smallest difference that is worth knowing, by unit.
WORTH_KNOWING = MappingProxyType({MONTHS: 1.0})
ELSE_WORTH_KNOWING = 0.02
SPLITS = 400  # random halves that the runs of the reference are cut into


class Verdict(NamedTuple):
    """What is established of one outcome of one scenario against the reference.

    Attributes
    ----------
    kind
        ``difference``, ``none``, ``open`` or ``missing``.
    item
        The outcome.
    row
        Its row of ``ComparisonData.differences()``.
    margin
        The smallest difference in it that is worth knowing.
    runs_missing
        How many more runs would decide an open verdict; None if it is decided, or if too few
        pairs have the outcome.
    """

    kind: str
    item: Outcome
    row: Mapping[str, Any]
    margin: float
    runs_missing: int | None


def judge(item: Outcome, row: Mapping[str, Any]) -> Verdict:
    """Returns the verdict on a row of the differences: it rests on the corrected interval alone."""
    low, high, margin = row["corrected_low"], row["corrected_high"], worth_knowing(item)
    if math.isnan(low):
        return Verdict(OPEN if row["pairs"] else MISSING, item, row, margin, None)
    if low > 0 or high < 0:
        return Verdict(DIFFERENCE, item, row, margin, None)
    if -margin < low and high < margin:
        return Verdict(NONE, item, row, margin, None)
    return Verdict(OPEN, item, row, margin, runs_missing(row, margin / 2))


def worth_knowing(item: Outcome) -> float:
    """The smallest difference in an outcome that is worth knowing: a month, or 0.02.

    >>> from sim.rules.outcomes import OUTCOMES
    >>> {item.name: worth_knowing(item) for item in OUTCOMES}["months_to_agreement"]
    1.0
    """
    return WORTH_KNOWING.get(item.unit, ELSE_WORTH_KNOWING)


def runs_missing(row: Mapping[str, Any], half: float) -> int:
    """How many more runs would bring the half-width of the corrected interval down to another one.

    Half-widths shrink with the square root of the pairs, and not every run has the outcome.
    Rounded up to two digits: it is an estimate. An interval no wider than a margin, so of half
    that half-width, either leaves 0 out or lies within the margin on both sides of it: with so many
    runs no verdict stays open.

    >>> runs_missing({"corrected_low": -0.03, "corrected_high": 0.03, "pairs": 400, "runs": 800},
    ...              half=0.02)
    1000
    """
    now = (row["corrected_high"] - row["corrected_low"]) / 2
    return rounded_up(max(row["runs"] * ((now / half) ** 2 - 1), 1.0))


def rounded_up(number: float) -> int:
    """A number from 1 on, rounded up to two digits.

    >>> rounded_up(1234.5), rounded_up(7.2)
    (1300, 8)
    """
    step = 10 ** max(math.floor(math.log10(number)) - 1, 0)
    return int(math.ceil(number / step) * step)


def difference_table(
    name: str, items: Sequence[Outcome], found: Paired, p: Numbers, corrected: Corrected, runs: int
) -> pd.DataFrame:
    """Returns one scenario's part of the table of differences; see ``DIFFERENCE_COLUMNS``."""
    low, high = paired_interval(found)
    corrected_low, corrected_high = simultaneous(found, p, corrected)
    lower = np.array([item.direction == LOWER for item in items])
    return pd.DataFrame(
        {
            "scenario": name,
            "outcome": [item.name for item in items],
            "reference": found.reference,
            "mean": found.other,
            "difference": found.difference,
            "low": low,
            "high": high,
            "corrected_low": corrected_low,
            "corrected_high": corrected_high,
            "p": p,
            "corrected_p": corrected.p,
            "better": np.where(lower, 1 - found.higher, found.higher),
            "size": found.cohens_d,
            "pairs": found.pairs.astype(np.int64),
            "runs": runs,
            "only_reference": found.only_reference,
            "only_scenario": found.only_other,
            "unpaired_half": half_width(found.unpaired_error, found.freedom),
        },
        columns=[column for column, _meaning in DIFFERENCE_COLUMNS],
    )


class Placebo(NamedTuple):
    """The result of comparing the reference with itself (an A/A test).

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


def aa_test(values: Numbers, items: Sequence[Outcome], others: int, seed: int) -> Placebo:
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
