"""Claims: statements about scenarios, tested on paired runs at an error rate that is stated.

A claim is that a mean difference is of some size. It is *supported* if chance would hardly have
given such runs were it false; *refuted* if chance would hardly have given them were it true; and
*undetermined* otherwise.

Both are one-sided tests (:mod:`sim.studies.one_sided`), each at half of the error rate, and each is
corrected for the number of claims in the file (Holm). So the chance that any claim of a file is
wrongly supported, or any wrongly refuted, is at most the error rate, whatever the claims have to do
with each other. What was measured of it stands in the model description (section 7).
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.language import N_, _, _n
from sim.rules.outcomes import OUTCOMES, YES
from sim.studies.claim_file import Claim, read_claims
from sim.studies.one_sided import Estimate, Numbers, chance_above, estimate, lower_bound
from sim.studies.paired import holm
from sim.studies.study import Study, study
from sim.studies.verdicts import MOST_DECIMALS, decimals, rounded_up

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
        Bounds of the difference in the direction that is claimed. A claim is supported if the lower
        bound is as large as claimed, refuted if the upper one is not.
    """

    verdict: list[str]
    low: Numbers
    high: Numbers


def decide(found: Estimate, margin: Numbers, error_rate: float) -> Decided:
    """Test claims that differences are at least, or more than, some margin.

    No number of runs can tell one from the other.

    Parameters
    ----------
    found
        The differences in the direction that is claimed.
    margin
        What is claimed: the difference is ``margin`` or more.

    Examples
    --------
    >>> same = np.ones(3)
    >>> found = Estimate(0.2 * same, 0.01 * same, 999.0 * same, 0.0 * same)
    >>> decide(found, np.array([0.1, 0.2, 0.3]), 0.05).verdict
    ['supported', 'undetermined', 'refuted']
    """
    other_way = found.turned(-np.ones(len(margin)))
    above, below = chance_above(found, margin), chance_above(other_way, -margin)
    support, refute = holm(above, error_rate / 2), holm(below, error_rate / 2)
    verdict = np.full(len(margin), UNDETERMINED, dtype=object)
    verdict[above <= support.level] = SUPPORTED
    verdict[below <= refute.level] = REFUTED
    low, high = lower_bound(found, support.level), -lower_bound(other_way, refute.level)
    return Decided(verdict.tolist(), low, high)


@dataclass(frozen=True, eq=False)
class ClaimsChecked:
    """The verdicts on a file of claims.

    Attributes
    ----------
    error_rate
        The chance that any of them is wrong.
    studies
        The runs that they rest on, by seed.
    """

    error_rate: float
    studies: dict[int, Study]
    _table: pd.DataFrame

    def __repr__(self) -> str:
        return f"<ClaimsChecked {self._table['verdict'].value_counts().to_dict()}>"

    def table(self) -> pd.DataFrame:
        """One row a claim, in the order of the file; columns are those of ``CLAIM_COLUMNS``."""
        return self._table.copy()

    @property
    def exit_code(self) -> int:
        """0 if all are supported, 1 if any is refuted, else 3."""
        found = set(self._table["verdict"])
        return 1 if REFUTED in found else 3 if UNDETERMINED in found else 0

    def told(self) -> str:
        """The table for a terminal."""
        heading = [_("verdict"), _("difference"), _("interval"), _("pairs"), _("claim")]
        columns = self._table.columns
        rows = [heading]
        for values in self._table.to_numpy(dtype=object):
            rows.append(_cells(dict(zip(columns, values, strict=True))))
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        widths[-1] = 0  # nothing stands behind the claims
        lines = ["  ".join(map(str.ljust, row, widths)) for row in rows]
        text = _n(
            "The chance that this verdict is wrong is at most {{rate:.3g}}.",
            "The chance that any of these {count} verdicts is wrong is at most {{rate:.3g}}.",
            len(self._table),
        )
        return "\n".join([*lines, text.format(rate=self.error_rate)])


def check_claims(
    path: str | Path,
    runs: int | None = None,
    seed: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> ClaimsChecked:
    """Test every claim of a file.

    Parameters
    ----------
    path
        A TOML file; each ``[[claim]]`` has a sentence that it ``says``: ``A >= B on OUTCOME by D``
        is that the mean of A is at least D above that of B, in plain numbers (also ``>``, ``<``,
        ``<=``; ``A better than B`` turns to the side that is better); ``FIELD raises OUTCOME``, or
        ``lowers``, that it does so in the scenario that ``in`` names, from its value ``from`` to
        ``to`` (from 0 to 1, if the file does not say). Scenarios are shipped ones or files beside
        this one.
    runs, seed
        In place of what the file says.
    executor, progress
        As for :func:`sim.study`.

    Raises
    ------
    ScenarioError
        Whatever is wrong with the file, with its line.

    Notes
    -----
    More runs under the same seed hold the earlier ones: who adds runs until a claim is supported
    errs more often than the error rate. Take another seed for a second look.
    """
    file = read_claims(path, runs, seed)
    studies = {}
    for number in dict.fromkeys(claim.seed for claim in file.claims):
        own = [claim for claim in file.claims if claim.seed == number]
        names = {
            name: file.scenarios[name]
            for claim in own
            for name in (claim.statement.one, claim.statement.other)
        }
        most = max(claim.runs for claim in own)
        studies[number] = study(names, most, number, executor, progress=progress)
    found = [_compared(studies[claim.seed], claim) for claim in file.claims]
    table = _judged(file.claims, found, file.error_rate)
    return ClaimsChecked(file.error_rate, studies, table)


class _Compared(NamedTuple):
    """The two scenarios of a claim, on the pairs of runs that both have the outcome."""

    pairs: int
    difference: float
    found: Estimate


def _compared(done: Study, claim: Claim) -> _Compared:
    """Compare them on the runs that the claim asks for."""
    told = claim.statement
    asked = any(item.name == told.outcome and item.unit == YES for item in OUTCOMES)
    table = done.runs[done.runs["run"] < claim.runs]
    values = []
    for name in (told.other, told.one):
        own = table[table["scenario"] == name].set_index("run")[told.outcome]
        values.append(own.reindex(range(claim.runs)).to_numpy(dtype=np.float64))
    gap = values[1] - values[0]
    gap = gap[~np.isnan(gap)]
    difference = float(gap.mean()) if len(gap) else nan
    return _Compared(len(gap), difference, estimate(values[0], values[1], yes_or_no=asked))


def _judged(claims: Sequence[Claim], seen: Sequence[_Compared], error_rate: float) -> pd.DataFrame:
    """The table of verdicts."""
    fields = zip(*(each.found for each in seen), strict=True)
    found = Estimate(*(np.concatenate(numbers) for numbers in fields))
    sign = np.array([claim.statement.sign for claim in claims])
    margin = np.array([claim.statement.margin for claim in claims])
    decided = decide(found.turned(sign), margin, error_rate)
    ends = np.where(sign > 0, (decided.low, decided.high), (-decided.high, -decided.low))
    ends += 0.0  # no -0.0, which would be written with its sign
    rows = []
    for place, claim in enumerate(claims):
        told, (low, high) = claim.statement, ends[:, place]
        row: dict[str, Any] = {
            "claim": claim.says,
            "verdict": decided.verdict[place],
            "one": told.one,
            "other": told.other,
            "outcome": told.outcome,
            "margin": told.sign * told.margin,
            "difference": seen[place].difference,
            "low": low,
            "high": high,
            "pairs": seen[place].pairs,
            "runs": claim.runs,
            "because": claim.because,
            "line": claim.line,
        }
        away = abs(found.centre[place] - row["margin"])
        needed = runs_needed(claim.runs, away, (high - low) / 2, found.error[place])
        row["needed"] = needed if row["verdict"] == UNDETERMINED and needed else pd.NA
        rows.append(row)
    table = pd.DataFrame(rows, columns=[name for name, _meaning in CLAIM_COLUMNS])
    return table.astype({"needed": "Int64"})


def runs_needed(runs: int, away: float, half: float, error: float) -> int | None:
    """In how many runs a claim would be settled four times in five; none if nobody would make them.

    Parameters
    ----------
    away
        How far the difference is from what is claimed, should it be as it was found.
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


def _cells(row: dict[str, Any]) -> list[str]:
    """A row of the table in words."""
    pairs = f"{row['pairs']:,}"
    if row["pairs"] < row["runs"]:
        pairs = _("{pairs} of {runs:,}", pairs=pairs, runs=row["runs"])
    claim = row["claim"]
    if row["verdict"] == UNDETERMINED:
        more = _("no number of runs in reach would settle it")
        if not row["pairs"]:
            more = _("in no pair both runs have it")
        elif not pd.isna(row["needed"]):
            more = _("about {count:,} runs of another seed would most likely settle it")
            more = more.format(count=row["needed"])
        claim = f"{claim} ({more})"
    if isnan(row["low"]):
        return [_(row["verdict"]), "", "", pairs, claim]
    digits = decimals(row["low"] - row["margin"], row["high"] - row["margin"], MOST_DECIMALS)
    ends = {name: f"{row[name]:.{digits}f}" for name in ("low", "high")}
    return [
        _(row["verdict"]),
        f"{row['difference']:+.{digits}f}",
        _("{low} to {high}", **ends),
        pairs,
        claim,
    ]
