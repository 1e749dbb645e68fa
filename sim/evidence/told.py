"""A validation in a table for a terminal."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.evidence.judging import ERROR_RATE, count_tests, doubted
from sim.language import N_, _
from sim.view.console import format_troubles
from sim.view.verdicts import decimals

if TYPE_CHECKING:
    from sim.evidence.validate import Validation


Say = Callable[[str], str]
MOST_DIGITS = 4  # no figure of the world is known so closely
SPAN, BAND, ABOVE = N_("{low} to {high}"), N_("{low:.2g} to {high:.2g}"), N_("above {low:.2g}")


def tell(found: "Validation") -> str:
    """Targets, directions, and why those that are outside are."""
    verdicts = dict(found.verdicts()[["id", "verdict"]].to_numpy())
    parts = [
        _(
            "Targets, with {runs:,} runs of each staging under seed {seed}:",
            runs=found.runs,
            seed=found.seed,
        ),
        _table(_target_rows(found.targets())),
        _("Directions, run by run:"),
        _table(_direction_rows(found.directions())),
        _(
            "The chance that any of the {tests} tests of directions is wrong is at most "
            "{rate:.3g}; the intervals are corrected for their number.",
            tests=count_tests(),
            rate=ERROR_RATE,
        ),
        *(
            _("{id} is {verdict}: {why}", id=item.id, verdict=_(verdicts[item.id]), why=_(item.why))
            for item in doubted(found.verdicts())
        ),
        found.in_short(),
        *format_troubles(found.staged),
        *format_troubles(found.compared),
    ]
    return "\n".join(parts)


def _target_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [[_("id"), _("verdict"), _("measured"), _("95 % interval"), _("value"), _("band"), ""]]
    for row in table.to_dict("records"):
        verdict = _(row["verdict"])
        if not row["sure"]:
            verdict = _("{verdict}, not surely", verdict=verdict)
        name = f"{_(row['target'])}: {_(row['quantity'])}"
        rows.append([row["id"], verdict, *numbers(row), name])
    return rows


def numbers(row: dict[Any, Any], say: Say = _) -> list[str]:
    """A target's numbers: measured, its interval, what was measured in the world, the band.

    Parameters
    ----------
    say
        What puts a sentence into the reader's language.

    Examples
    --------
    >>> row = {"measured": 0.5, "low": 0.49, "high": 0.51, "value": float("nan"),
    ...        "band_low": 0.0, "band_high": float("inf")}
    >>> numbers(row)
    ['0.500', '0.490 to 0.510', '', 'above 0']
    >>> numbers(row | {"measured": 0.09458, "low": 0.094575, "high": 0.094585})[0]
    '0.0946'
    """
    digits = decimals(row["low"], row["high"]) if row["low"] < row["high"] else 3
    digits = min(digits, MOST_DIGITS)
    measured = f"{row['measured']:.{digits}f}"
    value = "" if pd.isna(row["value"]) else f"{row['value']:.3g}"
    band = say(ABOVE if row["band_high"] == math.inf else BAND)
    band = band.format(low=row["band_low"], high=row["band_high"])
    return [measured, _span(row["low"], row["high"], digits, say), value, band]


def _direction_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [[_("id"), _("verdict"), _("difference"), _("interval"), _("outcome"), _("claim")]]
    for row in table.to_dict("records"):
        claim = f"{_(row['claim'])} ({_(row['part'])})"
        rows.append([row["id"], _(row["verdict"]), *effect(row), row["outcome"], claim])
    return rows


def effect(row: dict[Any, Any], say: Say = _) -> list[str]:
    """A difference and its interval, corrected where it was tested.

    Examples
    --------
    >>> effect({"difference": 0.1, "low": 0.0, "high": 0.2, "corrected_low": 0.05,
    ...         "corrected_high": 0.15})
    ['+0.10', '0.05 to 0.15']
    >>> effect({"difference": -0.2, "low": -9.0, "high": 8.0, "corrected_low": -9.0,
    ...         "corrected_high": 8.0})
    ['0', '-9 to 8']
    """
    low, high = row["corrected_low"], row["corrected_high"]
    if pd.isna(low):
        low, high = row["low"], row["high"]
    if pd.isna(low):
        return [f"{row['difference']:.0%}", ""]
    digits = decimals(low, high)
    return [_signed(row["difference"], digits), _span(low, high, digits, say)]


def _signed(number: float, digits: int) -> str:
    """With its sign, if it is not 0 in the digits that are shown."""
    text = f"{number:+.{digits}f}"
    return text if float(text) else text[1:]


def _span(low: float, high: float, digits: int, say: Say) -> str:
    return say(SPAN).format(low=f"{low:.{digits}f}", high=f"{high:.{digits}f}")


def _table(rows: list[list[str]]) -> str:
    """Cells below each other; nothing stands behind the last."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    widths[-1] = 0
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
