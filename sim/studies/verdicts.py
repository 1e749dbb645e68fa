"""What a comparison says about one outcome, in plain words."""

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.language import _, _n
from sim.rules.outcomes import MONTHS, Outcome
from sim.studies.paired import CUT, FEWEST

# A verdict is one of four: a difference is established; none worth knowing is left; it is open;
# no pair of runs has such a number.
DIFFERENCE, NONE, OPEN, MISSING = "difference", "none", "open", "missing"

# The smallest difference that is worth knowing, by unit.
WORTH_KNOWING = MappingProxyType({MONTHS: 1.0})
ELSE_WORTH_KNOWING = 0.02
MOST_DECIMALS = 6
OUT_OF_REACH = 1_000_000  # so many runs nobody would make


class Verdict(NamedTuple):
    """What is established, and the sentence that says it."""

    kind: str
    sentence: str


def judge(item: Outcome, row: Mapping[str, Any], reference: str, comparisons: int) -> Verdict:
    """The verdict on one outcome of one scenario against the reference.

    Parameters
    ----------
    item
        The outcome.
    row
        Of ``Comparison.differences()``. The verdict rests on its corrected interval alone.
    reference
        What the reference is called.
    comparisons
        For how many differences that interval is corrected.
    """
    low, high, margin = row["corrected_low"], row["corrected_high"], worth_knowing(item)
    words = {
        "one": quoted(row["scenario"]),
        "other": quoted(reference),
        "label": _(item.label),
        "margin": _("a month") if item.unit == MONTHS else f"{margin:g}",
    }
    if math.isnan(low):
        text = _("nothing can be said about {label} of {one} and {other}: {why}")
        kind = OPEN if row["pairs"] else MISSING
        return Verdict(kind, sentence(text.format(why=_too_few(row, reference), **words)))
    words["numbers"] = _numbers(row, reference, comparisons)
    if low > 0 or high < 0:
        kind, text = DIFFERENCE, _("{one} {does} than {other}: {numbers}")
        words["does"] = _(item.more) if low > 0 else _(item.less)
    elif -margin < low and high < margin:
        kind, text = NONE, _("{one} and {other} differ in {label} by less than {margin}: {numbers}")
    else:
        kind = OPEN
        text = _(
            "no difference in {label} is established between {one} and {other}: {numbers}; "
            "{more} would show one, or that it is smaller than {margin}"
        )
        words["more"] = _more_runs(runs_missing(row, margin / 2))
    return Verdict(kind, sentence(text.format(**words)))


def quoted(name: str) -> str:
    """A scenario's name in a sentence: in quotation marks, if it is more than one word.

    >>> quoted("team"), quoted("team, seats=9")
    ('team', '“team, seats=9”')
    """
    return name if re.fullmatch(r"[\w-]+", name) else f"“{name}”"


def sentence(text: str) -> str:
    """A text as a sentence: with a capital and a full stop.

    >>> sentence("team agrees sooner than network")
    'Team agrees sooner than network.'
    """
    return f"{text[:1].upper()}{text[1:]}."


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


def _more_runs(count: int) -> str:
    if count > OUT_OF_REACH:
        return _("more than {count:,} more runs", count=OUT_OF_REACH)
    return _n("about {count} more run", "about {count:,} more runs", count)


def _numbers(row: Mapping[str, Any], reference: str, comparisons: int) -> str:
    """Both means, the difference with its corrected interval, and what that rests on."""
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
    """A number without a sign before nothing.

    >>> number(-0.001, 2), number(-0.01, 2)
    ('0.00', '-0.01')
    """
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


def between(low: float, high: float, digits: int) -> str:
    """An interval in words, which say on which side of 0 it ends where the digits do not.

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
    digits = 2 if half <= 0 else min(max(-math.floor(math.log10(half / 2)), 0), MOST_DECIMALS)
    most = min(digits + more, MOST_DECIMALS)
    for wanted in range(digits, most + 1):
        if all(round(end, wanted) != 0 for end in (low, high) if abs(end) > CUT):
            return wanted
    return digits
