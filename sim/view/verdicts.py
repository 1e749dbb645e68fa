"""The verdicts of a comparison as sentences, and how numbers and intervals are written in them."""

import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from sim.base.text import _, _n
from sim.rules.outcomes import MONTHS
from sim.studies.compare import ComparisonData
from sim.studies.differences import DIFFERENCE, NONE, Verdict
from sim.studies.statistics import CUT, FEWEST

MAX_DECIMALS = 6
OUT_OF_REACH = 1_000_000  # so many runs nobody would make


def verdict_table(found: ComparisonData) -> pd.DataFrame:
    """Return all verdicts of a comparison: scenario, outcome, kind, sentence."""
    rows = [
        (*key, verdict.kind, format_verdict(verdict, found.reference, found.tests))
        for key, verdict in found.judged.items()
    ]
    return pd.DataFrame(rows, columns=["scenario", "outcome", "kind", "sentence"])


def format_verdict(verdict: Verdict, reference: str, comparisons: int) -> str:
    """Return a verdict as a sentence.

    Parameters
    ----------
    reference
        The name of the scenario that the other is held against.
    comparisons
        For how many differences the interval is corrected.
    """
    item, row = verdict.item, verdict.row
    words = {
        "one": quoted(row["scenario"]),
        "other": quoted(reference),
        "label": _(item.label),
        "margin": _("a month") if item.unit == MONTHS else f"{verdict.margin:g}",
    }
    if math.isnan(row["corrected_low"]):
        text = _("nothing can be said about {label} of {one} and {other}: {why}")
        return sentence(text.format(why=_too_few(row, reference), **words))
    words["numbers"] = _numbers(row, reference, comparisons)
    if verdict.kind == DIFFERENCE:
        text = _("{one} {does} than {other}: {numbers}")
        words["does"] = _(item.more) if row["corrected_low"] > 0 else _(item.less)
    elif verdict.kind == NONE:
        text = _("{one} and {other} differ in {label} by less than {margin}: {numbers}")
    else:
        text = _(
            "no difference in {label} is established between {one} and {other}: {numbers}; "
            "{more} would show one, or that it is smaller than {margin}"
        )
        words["more"] = _more_runs(verdict.runs_missing or 0)
    return sentence(text.format(**words))


def quoted(name: str) -> str:
    """Return a scenario's name in a sentence: in quotation marks, if it is more than one word.

    >>> quoted("team"), quoted("team, seats=9")
    ('team', '“team, seats=9”')
    """
    return name if re.fullmatch(r"[\w-]+", name) else f"“{name}”"


def sentence(text: str) -> str:
    """Return a text as a sentence: with a capital and a full stop.

    >>> sentence("team agrees sooner than network")
    'Team agrees sooner than network.'
    """
    return f"{text[:1].upper()}{text[1:]}."


def _more_runs(count: int) -> str:
    if count > OUT_OF_REACH:
        return _("more than {count:,} more runs", count=OUT_OF_REACH)
    return _n("about {count} more run", "about {count:,} more runs", count)


def _numbers(row: Mapping[str, Any], reference: str, comparisons: int) -> str:
    """Return both means, the difference with its corrected interval, and what that rests on."""
    low, high = row["corrected_low"], row["corrected_high"]
    digits = decimals(low, high)
    text = _("{mean} against {reference}, difference {difference} (95 % interval {span}")
    means = {key: number(row[key], digits) for key in ("mean", "reference", "difference")}
    parts = [text.format(span=between(low, high, digits), **means)]
    if comparisons > 1:
        parts.append(_("corrected for {count} comparisons", count=comparisons))
    parts.append(_pairs(row["pairs"]))
    return ", ".join([*parts, *_left_out(row, reference)]) + ")"


def _left_out(row: Mapping[str, Any], reference: str) -> list[str]:
    """In what share of pairs only one of the two has the outcome."""
    text = _("in {share:.1%} of all pairs only {name} has such a number")
    shares = ((row["scenario"], row["only_scenario"]), (reference, row["only_reference"]))
    return [text.format(share=share, name=quoted(name)) for name, share in shares if share > 0]


def _too_few(row: Mapping[str, Any], reference: str) -> str:
    """Why there is no interval."""
    if not row["pairs"]:
        why = _("no pair of runs has such a number")
    else:
        text = _("only {pairs} of runs with such a number, and {least} are needed")
        why = text.format(pairs=_pairs(row["pairs"]), least=FEWEST)
    return ", ".join([why, *_left_out(row, reference)])


def _pairs(count: int) -> str:
    return _n("{count} pair", "{count:,} pairs", int(count))


def number(value: float, digits: int) -> str:
    """Return a number without a sign before nothing.

    >>> number(-0.001, 2), number(-0.01, 2)
    ('0.00', '-0.01')
    """
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


def between(low: float, high: float, digits: int) -> str:
    """Return an interval in words, which say on which side of 0 it ends where the digits do not.

    >>> between(-0.01, 0.03, 2), between(1e-12, 0.03, 2), between(-0.5, 0.001, 1)
    ('-0.01 to 0.03', 'above 0, up to 0.03', '-0.5 up to just above 0')
    """
    ends = {"low": number(low, digits), "high": number(high, digits)}
    if low != 0 and round(low, digits) == 0:
        start = _("above 0, up to {high}") if low > 0 else _("just below 0, up to {high}")
        return start.format(**ends)
    if high != 0 and round(high, digits) == 0:
        end = _("{low} up to just above 0") if high > 0 else _("{low} up to below 0")
        return end.format(**ends)
    return _("{low} to {high}", **ends)


def decimals(low: float, high: float, more: int = 1) -> int:
    """As many as an interval bears, and a few more if they show on which side of 0 it ends.

    >>> decimals(0.17, 0.23), decimals(20.4, 29.8), decimals(0.004, 0.08), decimals(0.0004, 0.08)
    (2, 0, 3, 2)
    """
    half = (high - low) / 2
    digits = 2 if half <= 0 else min(max(-math.floor(math.log10(half / 2)), 0), MAX_DECIMALS)
    most = min(digits + more, MAX_DECIMALS)
    for wanted in range(digits, most + 1):
        if all(round(end, wanted) != 0 for end in (low, high) if abs(end) > CUT):
            return wanted
    return digits
