"""How the report writes outcomes and numbers."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sim.language import N_, _
from sim.rules.outcomes import HIGHER, LOWER, OUTCOMES, Outcome
from sim.studies.differences import DIFFERENCE, MISSING, NONE, OPEN
from sim.view.console import MAIN_OUTCOMES
from sim.view.verdicts import between, decimals, number

# Outcomes that are looked at together. One that is in no group stands in the last.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Coming to the table, and agreeing"),
     ("participation", "agreement", "agreements", "months_to_agreement", "acceptance", "retried")),
    (N_("Listening and debate"),
     ("understanding", "ranking_before", "ranking_agreement", "ranking_gain", "opinion_spread",
      "opinion_change", "position_spread")),
    (N_("Whom the agreement serves"),
     ("support", "satisfaction", "satisfaction_government", "satisfaction_private",
      "satisfaction_community", "satisfaction_civil_society", "inequity", "worst_off",
      "co_optation", "capture", "decision_quality")),
    (N_("What is paid for, and delivered"),
     ("covered_rounds", "coverage", "delivery", "unspent", "contribution_government",
      "contribution_private", "contribution_community", "contribution_civil_society",
      "carried_out", "public_value")),
    (N_("Trust, effort and lasting"),
     ("effort", "effort_per_month", "trust", "retention", "months_survived", "survived_10y")),
)  # fmt: skip
OTHER_GROUP = N_("Other outcomes")

MINUS = "\u2212"
NOTHING = "\u2013"  # stands where there is no number

# A verdict in a word, and a sign that tells it without colour.
KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "better": ("▲", N_("a difference, for the better")),
        "worse": ("▼", N_("a difference, for the worse")),
        DIFFERENCE: ("◆", N_("a difference")),
        NONE: ("=", N_("none worth knowing")),
        OPEN: ("?", N_("open")),
        MISSING: (NOTHING, N_("no pairs")),
    }
)


def groups(items: tuple[Outcome, ...]) -> list[tuple[str, tuple[Outcome, ...]]]:
    """The groups of outcomes that have any of these, by their titles.

    >>> [title for title, _items in groups(OUTCOMES[:2])]
    ['Coming to the table, and agreeing']
    """
    grouped = {name for _title, names in GROUPS for name in names}
    others = tuple(item.name for item in OUTCOMES if item.name not in grouped)
    found = [
        (_(title), tuple(item for item in items if item.name in names))
        for title, names in (*GROUPS, (OTHER_GROUP, others))
    ]
    return [(title, own) for title, own in found if own]


def main_ones(items: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """What a person asks first; all of them, if none of that is compared.

    >>> len(main_ones(OUTCOMES))
    7
    """
    return tuple(item for item in items if item.name in MAIN_OUTCOMES) or items


def label(item: Outcome) -> str:
    """What an outcome is called, with its unit and which way is better.

    >>> label(OUTCOMES[3])
    'months to agreement (months; less is better)'
    """
    ways = {HIGHER: _("more is better"), LOWER: _("less is better")}
    notes = "; ".join(filter(None, (_(item.unit), ways.get(item.direction, ""))))
    return f"{_(item.label)} ({notes})"


def kind_of(item: Outcome, kind: str, difference: float) -> str:
    """Which of `KINDS` a verdict is: a difference is better or worse, if there is a direction.

    >>> kind_of(OUTCOMES[3], DIFFERENCE, 5.0)
    'worse'
    """
    if kind != DIFFERENCE or not item.direction:
        return kind
    return "better" if (difference > 0) == (item.direction == HIGHER) else "worse"


def plain(value: float, digits: int) -> str:
    r"""A number, or a dash for one that is missing.

    >>> plain(0.7612, 2), ascii(plain(-3.0, 0)), plain(math.nan, 1) == NOTHING
    ('0.76', "'\\u22123'", True)
    """
    if not math.isfinite(value):  # a size is infinite where runs do not vary
        return NOTHING
    return number(value, digits).replace("-", MINUS)


def signed(value: float, digits: int) -> str:
    r"""A difference with its sign.

    >>> signed(0.5, 2), ascii(signed(-3.0, 0)), signed(-0.001, 2)
    ('+0.50', "'\\u22123'", '0.00')
    """
    text = f"{value:+.{digits}f}"
    return text.strip("+-") if float(text) == 0 else text.replace("-", MINUS)


def rough(value: float) -> str:
    """A positive number to two digits, as an estimate of an error bears.

    >>> rough(0.00448), rough(0.999), rough(13935.6)
    ('0.0045', '1.0', '14,000')
    """
    places = 1 - math.floor(math.log10(float(f"{value:.1e}")))
    return f"{round(value, places):,.{max(places, 0)}f}"


def span(row: Mapping[str, Any], corrected: bool = False) -> str:
    """The interval of a row of ``Comparison.differences()``.

    >>> span({"low": 0.014, "high": 0.05})
    '0.014 to 0.050'
    """
    low, high = (row[f"{'corrected_' if corrected else ''}{end}"] for end in ("low", "high"))
    if math.isnan(low):
        return NOTHING
    return between(low, high, decimals(low, high)).replace("-", MINUS)


def digits_of(row: Mapping[str, Any]) -> int:
    """How many decimals a difference bears, by its corrected interval."""
    low, high = row["corrected_low"], row["corrected_high"]
    return 2 if math.isnan(low) else decimals(low, high)
