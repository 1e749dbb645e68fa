"""Validations and calibrations in words and tables, for a terminal."""

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from sim.base.text import N_, _
from sim.evidence.calibrate import FEW, CalibrationData, distance_of
from sim.evidence.validate import ERROR_RATE, ValidationData, count_tests, doubted
from sim.view.console import aligned, format_troubles
from sim.view.verdicts import decimals

Row = dict[Any, Any]
Say = Callable[[str], str]  # translates a sentence: `_`, or a function that leaves it in English

MAX_DIGITS = 4  # no figure of the world is known so closely
MAX_CONFLICTS = 8
MIN_RELIEF = 0.1  # standard errors: a weaker conflict is not shown
NARROWS = 0.95  # a target that alone leaves more than this of a range narrows nothing
ABOVE, BELOW, SPAN = N_("above {low}"), N_("below {high}"), N_("{low} to {high}")
VALIDATION_IN_SHORT = N_(
    "Of 12 targets {inside} are inside and {outside} outside, {unsure} of them not surely; of 16 "
    "directions {consistent} are consistent, {contrary} contrary and {undetermined} undetermined."
)
CALIBRATION_IN_SHORT = N_(
    "{tried:,} sets of values were tried in {waves} waves; what fits is worth {count:.0f} equal "
    "sets. In fresh runs the sets that fit are {distance:.2f} standard errors from the targets "
    "(root mean square); the values before, {start:.2f}."
)


def validation_in_short(result: ValidationData) -> str:
    """Return the verdicts of a validation, counted."""
    return _(VALIDATION_IN_SHORT, **result.counts())


def format_validation(result: ValidationData) -> str:
    """Targets, directions, and why some are outside, contrary or undetermined."""
    verdicts = dict(result.verdicts()[["id", "verdict"]].to_numpy())
    parts = [
        _(
            "Targets, with {runs:,} runs of each staging under seed {seed}:",
            runs=result.runs,
            seed=result.seed,
        ),
        aligned(_target_rows(result.targets())),
        _("Directions, run by run:"),
        aligned(_direction_rows(result.directions())),
        _(
            "The chance that any of the {tests} tests of directions is wrong is at most "
            "{rate:.3g}; the intervals are corrected for their number.",
            tests=count_tests(),
            rate=ERROR_RATE,
        ),
        *(
            _("{id} is {verdict}: {why}", id=item.id, verdict=_(verdicts[item.id]), why=_(item.why))
            for item in doubted(result.verdicts())
        ),
        validation_in_short(result),
        *format_troubles(result.staged),
        *format_troubles(result.compared),
    ]
    return "\n".join(parts)


def _target_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [[_("id"), _("verdict"), _("measured"), _("95 % interval"), _("value"), _("band"), ""]]
    for row in records(table):
        verdict = _(row["verdict"])
        if not row["sure"]:
            verdict = _("{verdict}, not surely", verdict=verdict)
        name = f"{_(row['target'])}: {_(row['quantity'])}"
        rows.append([row["id"], verdict, *target_numbers(row), name])
    return rows


def target_numbers(row: Row, say: Say = _) -> list[str]:
    """Return the numbers of a target: measured, its interval, the value in the world, the band.

    Examples
    --------
    >>> row = {"measured": 0.5, "low": 0.49, "high": 0.51, "value": float("nan"),
    ...        "band_low": 0.0, "band_high": float("inf")}
    >>> target_numbers(row)
    ['0.500', '0.490 to 0.510', '', 'above 0']
    >>> target_numbers(row | {"measured": 0.09458, "low": 0.094575, "high": 0.094585})[0]
    '0.0946'
    """
    digits = decimals(row["low"], row["high"]) if row["low"] < row["high"] else 3
    digits = min(digits, MAX_DIGITS)
    band = span(row["band_low"], row["band_high"], say, digits=2)
    interval = _interval(row["low"], row["high"], digits, say)
    return [f"{row['measured']:.{digits}f}", interval, shown(row["value"]), band]


def _direction_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [[_("id"), _("verdict"), _("difference"), _("interval"), _("outcome"), _("claim")]]
    for row in records(table):
        claim = f"{_(row['claim'])} ({_(row['part'])})"
        rows.append([row["id"], _(row["verdict"]), *effect_numbers(row), row["outcome"], claim])
    return rows


def effect_numbers(row: Row, say: Say = _) -> list[str]:
    """Return a difference and its interval, corrected where it was tested.

    Examples
    --------
    >>> effect_numbers({"difference": 0.1, "low": 0.0, "high": 0.2, "corrected_low": 0.05,
    ...                 "corrected_high": 0.15})
    ['+0.10', '0.05 to 0.15']
    >>> effect_numbers({"difference": -0.2, "low": -9.0, "high": 8.0, "corrected_low": -9.0,
    ...                 "corrected_high": 8.0})
    ['0', '-9 to 8']
    """
    low, high = row["corrected_low"], row["corrected_high"]
    if math.isnan(low):
        low, high = row["low"], row["high"]
    if math.isnan(low):
        return [f"{row['difference']:.0%}", ""]
    digits = decimals(low, high)
    return [_signed(row["difference"], digits), _interval(low, high, digits, say)]


def _signed(number: float, digits: int) -> str:
    """With its sign, if it is not 0 in the digits that are shown."""
    text = f"{number:+.{digits}f}"
    return text if float(text) else text[1:]


def _interval(low: float, high: float, digits: int, say: Say) -> str:
    return say(SPAN).format(low=f"{low:.{digits}f}", high=f"{high:.{digits}f}")


def shown(value: float, digits: int = 3) -> str:
    """Return a number in so many significant digits; an empty text, if it is missing.

    >>> shown(0.12345), shown(48.0), shown(math.nan)
    ('0.123', '48', '')
    """
    return "" if math.isnan(value) else f"{value:.{digits}g}"


def span(low: float, high: float, say: Say = _, digits: int = 3) -> str:
    """Return a range, or a band with one side only.

    >>> span(0.25, 0.5), span(0.0, math.inf)
    ('0.25 to 0.5', 'above 0')
    """
    text = ABOVE if high == math.inf else BELOW if low == -math.inf else SPAN
    return say(text).format(low=shown(low, digits), high=shown(high, digits))


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table."""
    return table.to_dict("records")


def calibration_in_short(result: CalibrationData, say: Say = _) -> str:
    """Return what a calibration found, in a few sentences."""
    return say(CALIBRATION_IN_SHORT).format(
        tried=len(result.waves.values),
        waves=len(result.waves.proposals),
        count=result.effective,
        distance=distance_of(result),
        start=result.posterior.start_distance,
    )


def format_calibration(result: CalibrationData) -> str:
    """Return the values that fit, how well targets are met and predicted, and their conflicts."""
    parts = [
        _(
            "{title}: {free} free parameters, {targets} targets, seed {seed}.",
            title=result.task.title,
            free=len(result.task.free),
            targets=len(result.task.targets),
            seed=result.seed,
        ),
        calibration_in_short(result),
        *_caution(result.effective),
        _("Parameters: before; median and 90 % of the sets that fit; how wide against the bounds:"),
        aligned(_parameter_rows(result.parameters())),
        _("Targets: before; median and 90 % of the sets that fit, in fresh runs; share inside:"),
        aligned(_calibrated_rows(result.targets())),
        *_missed(result.missed()),
    ]
    if len(result.task.targets) > 1:
        parts += [
            _("Each target as the sets predict it that fit all others:"),
            aligned(_leave_one_out_rows(result.left_out())),
            *_conflicts(result.pulls()),
        ]
    return "\n".join(parts)


def _caution(count: float) -> list[str]:
    """Return a caution, if hardly a set fits.

    >>> len(_caution(400.0)), len(_caution(2.0))
    (0, 1)
    """
    text = _(
        "Fewer than {few} equal sets: no range and no verdict below is to be trusted. More waves "
        "may find more, unless the targets cannot be met.",
        few=FEW,
    )
    return [text] if count < FEW else []


def _parameter_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [
        [_("field"), _("bounds"), _("before"), _("fits"), _("90 %"), _("width"), _("narrowed by")]
    ]
    for row in records(table):
        by = _("{target} ({width} alone)", target=row["by"], width=f"{row['width_by']:.2f}")
        by = by if row["width_by"] < NARROWS else ""
        rows.append(
            [row["field"], span(row["low"], row["high"]), shown(row["start"]), shown(row["median"]),
             span(row["from"], row["to"]), f"{row['width']:.2f}", by]
        )  # fmt: skip
    return rows


def _calibrated_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [
        [_("target"), _("value"), _("band"), _("before"), _("fits"), _("90 %"), _("inside"), ""]
    ]
    for row in records(table):
        rows.append(
            [row["target"], shown(row["value"]), span(row["band_low"], row["band_high"]),
             shown(row["start"]), shown(row["median"]), span(row["from"], row["to"]),
             f"{row['inside']:.0%}", " ".join(row["says"].split())]
        )  # fmt: skip
    return rows


def _missed(names: list[str]) -> list[str]:
    """Return the targets that even the sets that fit best do not meet.

    >>> _missed([]), _missed(["V2"])
    ([], ['Beyond its band under most of these sets: V2. The model cannot meet it ...'])
    """
    text = _(
        "Beyond its band under most of these sets: {names}. The model cannot meet it between the "
        "bounds, or not together with the others.",
        names=", ".join(names),
    )
    return [text] if names else []


def _leave_one_out_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [
        [_("target"), _("band"), _("predicted"), _("90 %"), _("inside"), _("verdict"), _("sets")]
    ]
    for row in records(table):
        rows.append(
            [row["target"], span(row["band_low"], row["band_high"]), shown(row["predicted"]),
             span(row["from"], row["to"]), f"{row['inside']:.0%}", _(row["verdict"]),
             f"{row['effective']:.0f}"]
        )  # fmt: skip
    return rows


def _conflicts(table: pd.DataFrame) -> list[str]:
    """Return the strongest conflicts between targets, in words."""
    strong = table[table["relief"] >= MIN_RELIEF].head(MAX_CONFLICTS)
    if strong.empty:
        return [_("No target pulls noticeably against another.")]
    lines = [_("What pulls against what:")]
    for row in records(strong):
        lines.append(
            _(
                "  {target} against {other}: {distance} standard errors away, {without} without it "
                "({sets} sets)",
                target=row["target"],
                other=row["other"],
                distance=f"{row['distance']:.2f}",
                without=f"{row['without']:.2f}",
                sets=f"{row['effective']:.0f}",
            )
        )
    return lines
