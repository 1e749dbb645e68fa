"""The report on a validation: its pictures, and the page of HTML."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.base.text import _
from sim.evidence.targets import (
    DIRECTIONS,
    MAY_SET,
    NOT_FOR,
    NULL_RESULTS,
    SOURCES,
    STAGED,
    TARGETS,
    THE_DATA,
    VARIANTS,
    WHAT_IS_DONE,
    file_of,
    what_it_sets,
)
from sim.evidence.validate import (
    CONSISTENT,
    CONTRARY,
    ERROR_RATE,
    INSIDE,
    OUTSIDE,
    QUICK_RUNS,
    REPORTED,
    RUNS,
    ValidationData,
    count_tests,
)
from sim.scenario import load
from sim.view.evidence import Row, effect_numbers, records, target_numbers, validation_in_short
from sim.view.plots.style import FAINT, GREY, INK, Picture
from sim.view.report.drawing import (
    SMALL,
    WIDTH,
    Drawing,
    at_the_right,
    centre_on_zero,
    drawing,
    lanes,
    line_label,
    report_style,
)
from sim.view.words import render

FAR = 3.0  # half-widths of a band, or standard deviations, that a picture shows
GOOD, BAD, OPEN = "#0B5A3C", "#C4561C", GREY
ROUNDS = 20  # of a game


def targets(result: ValidationData) -> Drawing:
    """Return every measured quantity with its band, all bands on one scale."""
    rows = [row for row in records(result.targets()) if math.isfinite(row["band_high"])]
    ax = lanes(len(rows) * 2.2, right=0.75)
    for place, row in enumerate(rows):
        y = place * 2.2
        line_label(ax, y, f"{row['id']}  {_(row['target'])}: {_(row['quantity'])}")
        _one_target(ax, y + 1, row)
    ax.set_xlim(-FAR, FAR)
    ax.set_xticks([-1, 0, 1], [_("band: from"), _("middle"), _("to")])
    title = _("Targets and their bands")
    text = _(
        "Filled: the model, with its 95 % interval; hollow: the value measured in the world; grey: "
        "the band. Each on the scale of its own band. The number is the model's. V12, which has no "
        "upper end, is in the table."
    )
    return drawing(ax, "targets-drawn", title, validation_in_short(result), text)


def _one_target(ax: Axes, y: float, row: Row) -> None:
    middle = (row["band_low"] + row["band_high"]) / 2
    half = (row["band_high"] - row["band_low"]) / 2
    low, high, at, value = (
        min(max((row[key] - middle) / half, -0.97 * FAR), 0.97 * FAR)
        for key in ("low", "high", "measured", "value")
    )
    colour = GOOD if row["verdict"] == INSIDE else BAD
    ax.barh(y, 2, left=-1, height=0.8, color=FAINT, alpha=0.6, linewidth=0, zorder=0.5)
    ax.plot(value, y, "D", color=INK, markersize=5, markerfacecolor="white", zorder=3)
    ax.plot([low, high], [y, y], color=colour, linewidth=2, solid_capstyle="butt", zorder=4)
    ax.plot(at, y, "o", color=colour, markersize=4.5, zorder=5)
    at_the_right(ax, y, target_numbers(row)[0])


def directions(result: ValidationData) -> Drawing:
    """Return every tested part of a claim, turned so that what is claimed is to the right."""
    rows = [row for row in records(result.directions()) if _is_tested(row)]
    ax = lanes(len(rows) * 2.2, right=0.75)
    reach = 0.1
    for place, row in enumerate(rows):
        y = place * 2.2
        line_label(ax, y, f"{row['id']}  {_(row['part'])} ({row['outcome']})")
        reach = max(reach, _one_direction(ax, y + 1, row))
    words = _("contrary  ←  standard deviations between runs  →  as claimed")
    centre_on_zero(ax, reach, words)
    title = _("Directions")
    text = _(
        "Each effect, run by run, with its corrected interval, turned so that the right is what is "
        "claimed; the number is the effect itself. Filled where it is established."
    )
    return drawing(ax, "directions-drawn", title, validation_in_short(result), text)


def _is_tested(row: Row) -> bool:
    return not math.isnan(row["corrected_low"]) and row["spread"] > 0


def _one_direction(ax: Axes, y: float, row: Row) -> float:
    sign = 1 if row["claimed"] == "more" else -1
    keys = ("corrected_low", "corrected_high", "difference")
    ends: list[float] = [sign * row[key] / row["spread"] for key in keys]
    colour = {CONSISTENT: GOOD, CONTRARY: BAD}.get(row["verdict"], OPEN)
    ax.plot(ends[:2], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt", zorder=3)
    face = "white" if colour == OPEN else colour
    ax.plot(ends[2], y, "o", color=colour, markersize=4.5, markerfacecolor=face, zorder=4)
    at_the_right(ax, y, effect_numbers(row)[0])
    return max(abs(end) for end in ends)


def groups(result: ValidationData) -> Drawing:
    """In how many of its rounds each group of a game covered its need."""
    table = result.groups()
    covered = result.covered()
    names = {"game_equal": _("among equals"), "game_unequal": _("among unequals")}
    figure = Picture(WIDTH, 3.6)
    alternative = []
    for place, (game, values) in enumerate(covered.items()):
        ax = figure.add_axes((0.12, 0.60 - 0.47 * place, 0.84, 0.32))
        counts = np.bincount(np.rint(values * ROUNDS).astype(int), minlength=ROUNDS + 1)
        ax.bar(np.arange(ROUNDS + 1), counts / counts.sum(), color=INK, width=0.8, zorder=2)
        for start, width in ((-0.5, 3), (17.5, 3)):
            ax.axvspan(start, start + width, color=FAINT, alpha=0.4, linewidth=0, zorder=0)
        parts = records(table[table["game"] == game])
        ax.set_xlim(-0.5, ROUNDS + 0.5)
        ax.set_xticks(range(0, ROUNDS + 1, 2))
        ax.set_ylim(0, 1.45)
        ax.set_yticks([0, 0.5, 1])
        ax.set_title(names[game], loc="left")
        for x, row in zip((1.0, 10.0, 19.0), parts, strict=True):
            text = _("model {model:.0%}\ndata {data:.0%}")
            text = text.format(model=row["measured"], data=row["data"])
            side = "left" if x < 5 else "center" if x < 15 else "right"
            at = {"left": -0.3, "center": x, "right": ROUNDS + 0.3}[side]
            ax.text(at, 1.42, text, ha=side, va="top", fontsize=SMALL, zorder=5)
            alternative.append(f"{names[game]}, {_(row['rounds'])}: {' '.join(text.split())}.")
        ax.set_ylabel(_("share of groups"))
    ax.set_xlabel(_("rounds, of 20, in which the threshold was met"))
    title = _("Groups at either end")
    caption = _("Bars: the model's groups. Grey: at most a tenth, and at least nine tenths.")
    return drawing(ax, "groups-drawn", title, " ".join(alternative), caption)


# The look and sign of a verdict, so that it does not depend on colour.
BADGES = {
    "inside": ("better", "✓"),
    "consistent": ("better", "✓"),
    "outside": ("worse", "✗"),
    "contrary": ("worse", "✗"),
    "undetermined": ("open", "?"),
    REPORTED: ("none", "="),
}


def validation_page(result: ValidationData) -> str:
    """Return the report on a validation, as HTML. The same validation gives the same text.

    Examples
    --------
    >>> import sim
    >>> text = validation_page(sim.validate(runs=20))
    >>> text.startswith("<!DOCTYPE html>"), "<script" in text
    (True, False)
    """
    verdicts = dict(result.verdicts()[["id", "verdict"]].to_numpy())
    with report_style(""):
        pictures = {
            "targets": targets(result),
            "groups": groups(result),
            "directions": directions(result),
        }
    parts = {
        "title": _("Held against the evidence"),
        "result": result,
        "in_short": validation_in_short(result),
        "verdicts": verdicts,
        "badges": BADGES,
        "pictures": pictures,
        "targets": [{**row, "numbers": target_numbers(row)} for row in records(result.targets())],
        "directions": [_direction(row) for row in records(result.directions())],
        "groups": records(result.groups()),
        "about": TARGETS,
        "outside": [target for target in TARGETS if verdicts[target.id] == OUTSIDE],
        "claims": DIRECTIONS,
        "doubted": [claim for claim in DIRECTIONS if verdicts[claim.id] != "consistent"],
        "tests": count_tests(),
        "rate": ERROR_RATE,
        "stagings": [_staging(name) for name in STAGED],
        "variants": {name: _changes(changes) for name, changes in VARIANTS.items()},
        "sources": SOURCES,
        "done": WHAT_IS_DONE,
        "data": THE_DATA,
        "null_results": NULL_RESULTS,
        "not_for": NOT_FOR,
        "command": _command(result),
    }
    return render("report/validation.html", parts)


def _direction(row: Row) -> Row:
    return {**row, "numbers": effect_numbers(row), "cells": row["cells"].split(" | ")}


def _staging(name: str) -> dict[str, Any]:
    """Return a staging: its title, the fields that it sets and why it may, and its file."""
    sets = what_it_sets(name)
    return {
        "name": name,
        "title": load(file_of(name)).title,
        "sets": [(path, _value(path, value), _(MAY_SET[path])) for path, value in sets.items()],
        "file": file_of(name).read_text(encoding="utf-8"),
    }


def _value(path: str, value: Any) -> str:
    """Return a value of a staging; for a list of people, their number."""
    if path == "listed":
        return _("{count} people", count=len(value))
    return ", ".join(value) if isinstance(value, list) else str(value)


def _changes(changes: Any) -> str:
    return ", ".join(f"{path} = {value}" for path, value in changes.items()) or _("nothing")


def _command(result: ValidationData) -> str:
    seed = f" --seed {result.seed}" if result.seed != 1 else ""
    if result.runs == RUNS:
        return f"mufakat validate{seed}"
    if result.runs == QUICK_RUNS:
        return f"mufakat validate --quick{seed}"
    call = f"sim.validate(runs={result.runs}, seed={result.seed})"
    return f"python -c 'import sim; print({call}.told())'"
