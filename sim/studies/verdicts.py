"""What a comparison says about one outcome, in plain words."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.language import _, _n
from sim.rules.outcomes import MONTHS, Outcome

# A verdict is one of three: a difference is established; none worth knowing is left; it is open.
DIFFERENCE, NONE, OPEN = "difference", "none", "open"

# The smallest difference that is worth knowing, by unit.
WORTH_KNOWING = MappingProxyType({MONTHS: 1.0})
ELSE_WORTH_KNOWING = 0.02
MOST_DECIMALS = 6


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
        "one": row["scenario"],
        "other": reference,
        "label": _(item.label),
        "pairs": _pairs(row["pairs"]),
        "margin": f"{margin:g}",
    }
    if math.isnan(low):
        text = _("nothing can be said about {label} of {one} and {other}: {pairs} have it")
        return Verdict(OPEN, text.format(**words))
    words["numbers"] = _numbers(row, reference, comparisons)
    if low > 0 or high < 0:
        words["does"] = _(item.more) if low > 0 else _(item.less)
        return Verdict(DIFFERENCE, _("{one} {does} than {other}: {numbers}").format(**words))
    if -margin < low and high < margin:
        text = _("{one} and {other} differ in {label} by less than {margin}: {numbers}")
        return Verdict(NONE, text.format(**words))
    text = _(
        "no difference in {label} is established between {one} and {other}: {numbers}; "
        "{more} would settle a difference of {margin}"
    )
    more = _n("about {count} more run", "about {count:,} more runs", runs_missing(row, margin))
    return Verdict(OPEN, text.format(more=more, **words))


def worth_knowing(item: Outcome) -> float:
    """The smallest difference in an outcome that is worth knowing: a month, or 0.02.

    >>> from sim.rules.outcomes import OUTCOMES
    >>> {item.name: worth_knowing(item) for item in OUTCOMES}["months_to_agreement"]
    1.0
    """
    return WORTH_KNOWING.get(item.unit, ELSE_WORTH_KNOWING)


def runs_missing(row: Mapping[str, Any], margin: float) -> int:
    """How many more runs would bring the half-width of the corrected interval down to a margin.

    Half-widths shrink with the square root of the pairs, and not every run has the outcome.
    Rounded up to two digits: it is an estimate.

    >>> runs_missing({"corrected_low": -0.03, "corrected_high": 0.03, "pairs": 400, "runs": 800},
    ...              margin=0.02)
    1000
    """
    half = (row["corrected_high"] - row["corrected_low"]) / 2
    return rounded_up(max(row["runs"] * ((half / margin) ** 2 - 1), 1.0))


def rounded_up(number: float) -> int:
    """A number from 1 on, rounded up to two digits.

    >>> rounded_up(1234.5), rounded_up(7.2)
    (1300, 8)
    """
    step = 10 ** max(math.floor(math.log10(number)) - 1, 0)
    return int(math.ceil(number / step) * step)


def _numbers(row: Mapping[str, Any], reference: str, comparisons: int) -> str:
    """Both means, the difference with its corrected interval, and what that rests on."""
    digits = decimals(row["corrected_low"], row["corrected_high"])
    keys = ("mean", "reference", "difference", "corrected_low", "corrected_high")
    text = _(
        "{mean} against {reference}, difference {difference} "
        "(95 % interval {corrected_low} to {corrected_high}"
    )
    parts = [text.format(**{key: f"{row[key]:.{digits}f}" for key in keys})]
    if comparisons > 1:
        parts.append(_("corrected for {count} comparisons").format(count=comparisons))
    parts.append(_pairs(row["pairs"]))
    for name, share in (
        (row["scenario"], row["only_scenario"]),
        (reference, row["only_reference"]),
    ):
        if share > 0:
            text = _("in {share:.1%} of all pairs only {name} has it")
            parts.append(text.format(share=share, name=name))
    return ", ".join(parts) + ")"


def _pairs(count: int) -> str:
    return _n("{count} pair", "{count:,} pairs", int(count))


def decimals(low: float, high: float) -> int:
    """As many as an interval bears, and enough to show on which side of 0 it ends.

    >>> decimals(0.17, 0.23), decimals(20.4, 29.8), decimals(0.0004, 0.05)
    (2, 0, 4)
    """
    half = (high - low) / 2
    digits = 2 if half <= 0 else min(max(-math.floor(math.log10(half / 2)), 0), MOST_DECIMALS)
    ends = [end for end in (low, high) if end != 0]
    while digits < MOST_DECIMALS and any(round(end, digits) == 0 for end in ends):
        digits += 1
    return digits
