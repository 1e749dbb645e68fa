"""Claims: statements about scenarios, tested on paired runs at an error rate that is stated.

A claim is that a mean difference is of some size. It is *supported* if chance would hardly have
given such runs were it false; *refuted* if chance would hardly have given them were it true; and
*undetermined* otherwise.

Both are one-sided tests (:mod:`sim.studies.statistics`), each at half of the error rate, and each
is corrected for the number of claims in the file (Holm). So the chance that any claim of a file is
wrongly supported, or any wrongly refuted, is at most the error rate, whatever the claims have to do
with each other. What was measured of it stands in the model description (section 7).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.base.text import N_
from sim.studies.claim_file import Claim, read_claims
from sim.studies.differences import rounded_up
from sim.studies.statistics import Estimate, Numbers, chance_above, estimate, holm, lower_bound
from sim.studies.study import StudyData, study
from sim.studies.workers import BINARY

SUPPORTED, REFUTED, UNDETERMINED = N_("supported"), N_("refuted"), N_("undetermined")
OUT_OF_REACH = 1_000_000  # so many runs nobody would make to settle a claim
MOSTLY = 0.8416  # of a normal distribution four fifths lie below it

# name, what it says
CLAIM_COLUMNS = (
    ("claim", N_("what is claimed")),
    ("verdict", N_("supported, refuted or undetermined")),
    ("one", N_("the scenario that is spoken of")),
    ("other", N_("the scenario that it is held against")),
    ("outcome", N_("the outcome")),
    ("margin", N_("what is claimed of one minus other: more or less than this")),
    ("difference", N_("mean of the paired differences: one minus other")),
    ("low", N_("lower end of its interval, corrected for the number of claims")),
    ("high", N_("upper end of it")),
    ("pairs", N_("pairs in which both runs have the outcome")),
    ("runs", N_("all pairs")),
    ("needed", N_("runs of another seed that would most likely settle it; none if it is settled")),
    ("because", N_("why one should think so")),
    ("line", N_("its line in the file")),
)


class Decided(NamedTuple):
    """One-sided tests of some claims, corrected: in each field one entry a claim.

    Attributes
    ----------
    verdict
        Supported, refuted or undetermined.
    low, high
        Bounds of the difference. A claim of more is supported if the lower bound is as large as
        claimed, refuted if the upper one is not.
    """

    verdict: list[str]
    low: Numbers
    high: Numbers


def decide(
    differences: Estimate, margin: Numbers, error_rate: float, sign: Numbers | None = None
) -> Decided:
    """Test claims that differences are at least, or more than, some margin.

    No number of runs can tell one from the other.

    Parameters
    ----------
    differences
        Their estimates.
    margin
        The claim is that ``sign`` x difference is ``margin`` or more.
    sign
        1 or -1 for each; 1, if not given.

    Examples
    --------
    >>> same = np.ones(3)
    >>> differences = Estimate(0.2 * same, 0.01 * same, 999.0 * same, 0.0 * same)
    >>> decide(differences, np.array([0.1, 0.2, 0.3]), 0.05).verdict
    ['supported', 'undetermined', 'refuted']
    """
    sign = np.ones(len(margin)) if sign is None else sign
    claimed, opposite = differences.turned(sign), differences.turned(-sign)
    above, below = chance_above(claimed, margin), chance_above(opposite, -margin)
    support, refute = holm(above, error_rate / 2), holm(below, error_rate / 2)
    verdict = np.full(len(margin), UNDETERMINED, dtype=object)
    verdict[above <= support.level] = SUPPORTED
    verdict[below <= refute.level] = REFUTED
    low, high = lower_bound(claimed, support.level), -lower_bound(opposite, refute.level)
    low, high = np.where(sign > 0, (low, high), (-high, -low)) + 0.0  # -0.0 would keep its sign
    return Decided(verdict.tolist(), low, high)


@dataclass(frozen=True, eq=False)
class ClaimsData:
    """The verdicts on claims, as data; for its attributes see :class:`sim.ClaimsChecked`."""

    error_rate: float
    studies: Mapping[int, StudyData]
    _table: pd.DataFrame

    def __repr__(self) -> str:
        return f"<ClaimsChecked {self._table['verdict'].value_counts().to_dict()}>"

    def table(self) -> pd.DataFrame:
        """Return one row a claim in the order of the file, with the columns ``CLAIM_COLUMNS``."""
        return self._table.copy()

    @property
    def exit_code(self) -> int:
        """0 if all are supported, 1 if any is refuted, else 3."""
        verdicts = set(self._table["verdict"])
        return 1 if REFUTED in verdicts else 3 if UNDETERMINED in verdicts else 0


def check_claims(
    path: str | Path,
    runs: int | None = None,
    seed: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> ClaimsData:
    """Test every claim of a file; see :func:`sim.check_claims`."""
    file = read_claims(path, runs, seed)
    studies = {}
    for number in dict.fromkeys(claim.seed for claim in file.claims):
        of_seed = [claim for claim in file.claims if claim.seed == number]
        names = {
            name: file.scenarios[name]
            for claim in of_seed
            for name in (claim.statement.one, claim.statement.other)
        }
        runs_of_seed = max(claim.runs for claim in of_seed)
        studies[number] = study(names, runs_of_seed, number, executor=executor, progress=progress)
    compared = [_compared(studies[claim.seed], claim) for claim in file.claims]
    table = _judged(file.claims, compared, file.error_rate)
    return ClaimsData(file.error_rate, studies, table)


class _Compared(NamedTuple):
    """The two scenarios of a claim, on the pairs of runs that both have the outcome."""

    pairs: int
    difference: float
    estimate: Estimate


def _compared(result: StudyData, claim: Claim) -> _Compared:
    """Compare the scenarios of a claim on its number of runs."""
    statement = claim.statement
    table = result.runs[result.runs["run"] < claim.runs]
    values = []
    for name in (statement.other, statement.one):
        outcomes = table[table["scenario"] == name].set_index("run")[statement.outcome]
        values.append(outcomes.reindex(range(claim.runs)).to_numpy(dtype=np.float64))
    gap = values[1] - values[0]
    gap = gap[~np.isnan(gap)]
    difference = float(gap.mean()) if len(gap) else nan
    return _Compared(len(gap), difference, estimate(*values, is_binary=statement.outcome in BINARY))


def _judged(
    claims: Sequence[Claim], compared: Sequence[_Compared], error_rate: float
) -> pd.DataFrame:
    """Return the table of verdicts."""
    differences = Estimate.joined(each.estimate for each in compared)
    sign = np.array([claim.statement.sign for claim in claims])
    margin = np.array([claim.statement.margin for claim in claims])
    decided = decide(differences, margin, error_rate, sign)
    rows = []
    for place, claim in enumerate(claims):
        statement, low, high = claim.statement, decided.low[place], decided.high[place]
        row: dict[str, Any] = {
            "claim": claim.says,
            "verdict": decided.verdict[place],
            "one": statement.one,
            "other": statement.other,
            "outcome": statement.outcome,
            "margin": statement.sign * statement.margin,
            "difference": compared[place].difference,
            "low": low,
            "high": high,
            "pairs": compared[place].pairs,
            "runs": claim.runs,
            "because": claim.because,
            "line": claim.line,
        }
        away = abs(differences.centre[place] - row["margin"])
        needed = runs_needed(claim.runs, away, (high - low) / 2, differences.error[place])
        row["needed"] = needed if row["verdict"] == UNDETERMINED and needed else pd.NA
        rows.append(row)
    table = pd.DataFrame(rows, columns=[name for name, _meaning in CLAIM_COLUMNS])
    return table.astype({"needed": "Int64"})


def runs_needed(runs: int, away: float, half: float, error: float) -> int | None:
    """Return how many runs settle a claim four times in five; None if these are too many.

    Parameters
    ----------
    away
        How far the difference is from the claim, if it is as estimated.
    half, error
        Half of the width of its interval, and its standard error, in ``runs`` runs.

    Examples
    --------
    >>> runs_needed(1000, away=0.02, half=0.03, error=0.015)
    4600
    """
    if isnan(half) or away == 0:
        return None
    needed = runs * ((half + MOSTLY * error) / away) ** 2
    return None if needed > OUT_OF_REACH else rounded_up(max(needed, 2.0))
