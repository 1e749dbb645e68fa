"""Differences from a reference: the table, the decisions, and which hold over parameter sets."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from sim.base.text import N_
from sim.engine.arrays import sets_drawn
from sim.rules.outcomes import LOWER, MONTHS, YES, Outcome
from sim.studies.posterior import Posterior
from sim.studies.statistics import (
    CONFIDENCE,
    FamilyMember,
    Numbers,
    half_width,
    holm,
    p_values,
    paired,
    paired_interval,
)

if TYPE_CHECKING:
    from sim.studies.compare import ComparisonData


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
    """Return the verdict on a row of the differences: it rests on the corrected interval alone."""
    low, high, margin = row["corrected_low"], row["corrected_high"], worth_knowing(item)
    if math.isnan(low):
        return Verdict(OPEN if row["pairs"] else MISSING, item, row, margin, None)
    if low > 0 or high < 0:
        return Verdict(DIFFERENCE, item, row, margin, None)
    if -margin < low and high < margin:
        return Verdict(NONE, item, row, margin, None)
    return Verdict(OPEN, item, row, margin, runs_missing(row, margin / 2))


def worth_knowing(item: Outcome) -> float:
    """Return the smallest difference in an outcome that is worth knowing: a month, or 0.02.

    >>> from sim.rules.outcomes import OUTCOMES
    >>> {item.name: worth_knowing(item) for item in OUTCOMES}["months_to_agreement"]
    1.0
    """
    return WORTH_KNOWING.get(item.unit, ELSE_WORTH_KNOWING)


def runs_missing(row: Mapping[str, Any], half: float) -> int:
    """Return how many more runs would narrow the corrected interval to another half-width.

    Half-widths shrink with the square root of the pairs, and not every run has the outcome. The
    number is an estimate, rounded up to two digits. An interval no wider than a margin either
    excludes 0 or lies within the margin on both sides of 0: no verdict stays open.

    >>> runs_missing({"corrected_low": -0.03, "corrected_high": 0.03, "pairs": 400, "runs": 800},
    ...              half=0.02)
    1000
    """
    now = (row["corrected_high"] - row["corrected_low"]) / 2
    return rounded_up(max(row["runs"] * ((now / half) ** 2 - 1), 1.0))


def rounded_up(number: float) -> int:
    """Return a number from 1 on, rounded up to two digits.

    >>> rounded_up(1234.5), rounded_up(7.2)
    (1300, 8)
    """
    step = 10 ** max(math.floor(math.log10(number)) - 1, 0)
    return int(math.ceil(number / step) * step)


def difference_table(
    name: str, items: Sequence[Outcome], member: FamilyMember, runs: int
) -> pd.DataFrame:
    """Return one scenario's part of the table of differences; see ``DIFFERENCE_COLUMNS``."""
    differences = member.differences
    low, high = paired_interval(differences)
    lower = np.array([item.direction == LOWER for item in items])
    return pd.DataFrame(
        {
            "scenario": name,
            "outcome": [item.name for item in items],
            "reference": differences.reference,
            "mean": differences.other,
            "difference": differences.difference,
            "low": low,
            "high": high,
            "corrected_low": member.low,
            "corrected_high": member.high,
            "p": member.p,
            "corrected_p": member.corrected_p,
            "better": np.where(lower, 1 - differences.higher, differences.higher),
            "size": differences.cohens_d,
            "pairs": differences.pairs.astype(np.int64),
            "runs": runs,
            "only_reference": differences.only_reference,
            "only_scenario": differences.only_other,
            "unpaired_half": half_width(differences.unpaired_error, differences.freedom),
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

    The halves share no run number, so that they differ by chance alone; all else is as in a
    comparison. The standard errors of the shares are about 0.01 (raw) and 0.02 (corrected).

    Parameters
    ----------
    values
        Shape (runs, outcomes).
    others
        How many scenarios the real comparison compares with the reference: the correction is for
        as many differences.
    """
    draws = np.random.Generator(np.random.Philox(seed))
    is_binary = np.array([item.unit == YES for item in items])
    half = len(values) // 2
    alarms, tests, families = 0, 0, 0
    for _split in range(SPLITS):
        order = draws.permutation(len(values))
        differences = paired(values[order[:half]], values[order[half : 2 * half]], is_binary)
        p = p_values(differences)
        alarms += int((p < 1 - CONFIDENCE).sum())
        tests += int((~np.isnan(p)).sum())
        families += bool((holm(np.tile(p, others)).p < 1 - CONFIDENCE).any())
    raw = alarms / tests if tests else np.nan
    return Placebo(SPLITS, half, raw, families / SPLITS)


HOLDS, ONLY_START, TURNS, ONLY_SETS, NEITHER = (
    N_("holds"), N_("only for the start values"), N_("turns round"), N_("only over the sets"),
    N_("not established either way"),
)  # fmt: skip
MIN_SAME_SIGN = 0.9  # estimated share of sets below which a mean difference is that of some only
# name, what it says
ROBUST_COLUMNS = (
    ("scenario", N_("the scenario that is held against the reference")),
    ("outcome", N_("the outcome")),
    ("start", N_("its difference to the reference under the start values")),
    ("sets", N_("the same over the parameter sets that fit")),
    ("low", N_("lower end of its corrected interval, if other sets fitted as well")),
    ("high", N_("upper end of it")),
    ("holds", N_("what becomes of the verdict on the start values")),
    ("same_sign", N_("estimated share of sets under which the difference has that sign")),
)


class Over(NamedTuple):
    """The parameter sets that a comparison goes over.

    Attributes
    ----------
    posterior
        The sets.
    called
        Their source: a file's name, or ``shipped``; empty if they were made in Python.
    held
        The fields that the scenarios set themselves, so that the sets do not.
    start
        The same comparison under the start values.
    """

    posterior: Posterior
    called: str
    held: tuple[str, ...]
    start: "ComparisonData"


class Among(NamedTuple):
    """How a difference varies among parameter sets and among the runs of one.

    Attributes
    ----------
    whole
        The mean difference.
    between
        The variance of the sets' true differences.
    chance, sets
        Standard errors of the mean: of runs that each draw one of these sets; and what comes on top
        because these sets are themselves a sample of those that fit.
    """

    whole: float
    between: float
    chance: float
    sets: float

    @property
    def same_sign(self) -> float:
        """The share of sets with the sign of the mean, if sets vary as a normal distribution."""
        if self.between == 0:
            return 1.0
        return float(special.ndtr(abs(self.whole) / math.sqrt(self.between)))

    def widened(self, low: float, high: float) -> tuple[float, float]:
        """Return a wider interval, which also counts the choice of sets."""
        if not (self.sets > 0 and self.chance > 0):
            return low, high
        half = (high - low) / 2 * math.hypot(1.0, self.sets / self.chance)
        return (low + high) / 2 - half, (low + high) / 2 + half


def robust_table(comparison: "ComparisonData", over: Over) -> pd.DataFrame:
    """Return one row a scenario and outcome: see ``ROBUST_COLUMNS``."""
    before = over.start.differences().set_index(["scenario", "outcome"])["difference"]
    rows = []
    for row in comparison.differences().to_dict("records"):
        key = row["scenario"], row["outcome"]
        start = float(before[key])
        spread = among(comparison, *key)
        low, high = spread.widened(row["corrected_low"], row["corrected_high"])
        one = over.start.judged[key].kind == DIFFERENCE
        other = comparison.judged[key].kind == DIFFERENCE and not low <= 0 <= high
        same = start * row["difference"] > 0
        word = (HOLDS if same else TURNS) if one and other else ONLY_START if one else ONLY_SETS
        rows.append(
            (*key, start, row["difference"], low, high,
             word if one or other else NEITHER, spread.same_sign)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[name for name, _meaning in ROBUST_COLUMNS])


def among(comparison: "ComparisonData", scenario: str, outcome: str) -> Among:
    """Return how a difference to the reference varies among the sets."""
    column = comparison.outcomes.index(outcome)
    gaps = (
        comparison.values(scenario)[:, column] - comparison.values(comparison.reference)[:, column]
    )
    reference = comparison.study.scenarios[comparison.reference]
    sets = sets_drawn(reference, comparison.study.seed, comparison.runs)
    present = ~np.isnan(gaps)
    shares = np.array(reference.uncertain.shares if reference.uncertain else (1.0,))
    return among_sets(gaps[present], sets[present], 1 / float((shares * shares).sum()))


def among_sets(gaps: Numbers, sets: NDArray[np.int64], worth: float) -> Among:
    """Return how differences vary among the sets that they belong to.

    Parameters
    ----------
    worth
        How many equal sets all of them are worth (Kish 1965).

    Notes
    -----
    The variance of the sets' true differences is that of the means of sets beyond what chance gives
    them (DerSimonian & Laird 1986, with one variance within all sets). Missing, if hardly a set has
    two runs.

    Examples
    --------
    >>> gaps = np.array([1.0, 1.2, 0.9, 1.1, -0.3, -0.1, 1.0, 1.2])
    >>> result = among_sets(gaps, np.array([0, 0, 1, 1, 2, 2, 3, 3]), worth=4)
    >>> round(result.same_sign, 2), round(result.chance, 2), round(result.sets, 2)
    (0.88, 0.21, 0.31)
    """
    _names, places, counts = np.unique(sets, return_inverse=True, return_counts=True)
    groups, runs = len(counts), len(gaps)
    whole = float(gaps.mean()) if runs else math.nan
    if groups < 2 or runs - groups < groups / 2:
        return Among(whole, math.nan, math.nan, math.nan)
    means = np.bincount(places, gaps) / counts
    within = float(np.square(gaps - means[places]).sum()) / (runs - groups)
    among = float((counts * np.square(means - whole)).sum())
    size = runs - float(np.square(counts).sum()) / runs
    between = max((among - (groups - 1) * within) / size, 0.0)
    chance = float(gaps.std(ddof=1)) / math.sqrt(runs)
    return Among(whole, between, chance, math.sqrt(between / worth))
