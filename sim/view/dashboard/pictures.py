"""What the answer shows: distributions with intervals, and verdicts, as plain numbers and texts.

The page draws them itself: a slider does not wait for the second that matplotlib takes.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.language import _
from sim.rules.outcomes import HIGHER, LOWER, YES, Outcome
from sim.studies.compare import ComparisonData
from sim.studies.statistics import mean_interval
from sim.studies.study import StudyData
from sim.view.dashboard.answer import items
from sim.view.dashboard.desk import LETTERS, NOW, START
from sim.view.report.drawing import COLOURS
from sim.view.report.findings import Findings, findings, in_short
from sim.view.report.words import NOTHING, plain
from sim.view.verdicts import quoted, sentence

BINS = 30
ROUND = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
COLOUR: Mapping[str, str] = MappingProxyType(
    dict(zip((START, *LETTERS, NOW), (COLOURS[k] for k in (0, 1, 3, 4, 2)), strict=True))
)
Numbers = NDArray[np.float64]


def answer(done: StudyData, found: ComparisonData | None) -> dict[str, Any]:
    """All that the middle of the page shows.

    Parameters
    ----------
    done
        The runs of all settings.
    found
        What differs between them, if there are several.

    Examples
    --------
    >>> from sim.view.dashboard.answer import compared, played
    >>> from sim.scenario import load
    >>> done = played({"start": load("team"), "now": load("network")}, seed=1, runs=50)
    >>> shown = answer(done, compared(done, "start"))
    >>> [row["name"] for row in shown["outcomes"][0]["rows"]]
    ['start', 'now']
    """
    table = findings(found) if found else {}
    others = found.others if found else ()
    return {
        "settings": [{"name": name, "colour": COLOUR[name]} for name in done.scenarios],
        "outcomes": [_outcome(done, item, table, others) for item in items()],
        "short": [_short(found, table, name) for name in _first(others)] if found else [],
        "runs": done.size,
        "failed": len(done.failures),
    }


def _first(others: Sequence[str]) -> list[str]:
    """The settings in the order in which they are spoken of: what was just moved comes first.

    >>> _first(["A", "now"])
    ['now', 'A']
    """
    return sorted(others, key=lambda name: name != NOW)


def _short(found: ComparisonData, table: Findings, name: str) -> str:
    """What a setting does that the reference does not; or that it moves nothing at all."""
    if np.array_equal(found.values(name), found.values(found.reference), equal_nan=True):
        text = _(
            "no run of {name} ends otherwise than under {reference}: what differs has no effect "
            "on these outcomes in this scenario"
        )
        words = {"name": quoted(name), "reference": quoted(found.reference)}
        return sentence(text.format(**words))
    return in_short(found, table, name, items())


def _outcome(
    done: StudyData, item: Outcome, table: Findings, others: Sequence[str]
) -> dict[str, Any]:
    """One outcome: a row for each setting, on one scale, and what is said of the differences."""
    every = done.runs[item.name].to_numpy(dtype=np.float64)
    high = 1.0 if item.unit == YES else ceiling(every)
    values = {name: every[(done.runs["scenario"] == name).to_numpy()] for name in done.scenarios}
    ways = {HIGHER: _("more is better"), LOWER: _("less is better")}
    return {
        "name": item.name,
        "label": _(item.label),
        "unit": _("share of runs") if item.unit == YES else _(item.unit),
        "way": ways.get(item.direction, ""),
        "meaning": _(item.meaning),
        "ticks": [_number(high * part, high, item) for part in (0, 0.5, 1)],
        "rows": [_row(name, own, item, high) for name, own in values.items()],
        "verdicts": [
            {
                "name": name,
                "kind": table[name, item.name].kind,
                "sign": table[name, item.name].sign,
                "word": table[name, item.name].word,
                "sentence": table[name, item.name].sentence,
            }
            for name in others
        ],
    }


def _row(name: str, values: Numbers, item: Outcome, high: float) -> dict[str, Any]:
    """One setting: how its runs lie, the mean with its interval, and both in words."""
    mean, low, top, _sd, n = mean_interval(values, item.unit == YES)
    there = values[~np.isnan(values)]
    row: dict[str, Any] = {"name": name, "n": n, "text": NOTHING, "note": "", "bars": []}
    if not n:
        return {**row, "note": _("no run has it")}
    if n < len(values):
        row["note"] = _("from {count} of {all} runs", count=n, all=len(values))
    if item.unit != YES:
        counts = np.histogram(np.clip(there, 0, high), BINS, (0.0, high))[0]
        row["bars"] = [round(float(count), 3) for count in counts / counts.max()]
    row["mean"] = round(mean / high, 5)
    row["text"] = _number(mean, (top - low) if math.isfinite(low) else high, item, mean=True)
    if math.isfinite(low):
        ends = [_number(end, top - low, item, mean=True) for end in (low, top)]
        row["low"], row["high"] = round(max(low, 0.0) / high, 5), round(min(top / high, 1.0), 5)
        row["span"] = _("{low} to {high}", low=ends[0], high=ends[1])
    return row


def _number(value: float, width: float, item: Outcome, mean: bool = False) -> str:
    """A value as it is written on its scale: with as many digits as its interval bears."""
    if item.unit == YES:
        return f"{value:.0%}"
    return plain(value, _digits(width) if mean else 0 if width >= 10 else 2)


def _digits(width: float) -> int:
    """How many decimals an interval of this width bears.

    >>> _digits(0.05), _digits(1.2), _digits(0.002), _digits(0.0)
    (2, 1, 3, 2)
    """
    return min(max(math.ceil(-math.log10(width / 2)), 0), 6) if width > 0 else 2


def ceiling(values: Numbers) -> float:
    """A round number at or above all values: a scale that stays while a slider moves a little.

    >>> ceiling(np.array([0.13, np.nan, 0.22])), ceiling(np.array([97.0])), ceiling(np.empty(0))
    (0.3, 100.0, 1.0)
    """
    there = values[~np.isnan(values)]
    most = float(there.max()) if len(there) else 0.0
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(round(power * step, 10) for step in ROUND if power * step >= most * (1 - 1e-9))
