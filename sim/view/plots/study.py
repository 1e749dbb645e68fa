"""Plots of many runs: means of a sweep over one field or two."""

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from numpy.typing import NDArray
from scipy import special

from sim.base.text import _, _n
from sim.evidence.calibrate import CalibrationData
from sim.rules.outcomes import OUTCOMES, YES
from sim.scenario import Scenario
from sim.scenario.fields import short_name, sweepable
from sim.scenario.grid import short_value
from sim.studies.statistics import CONFIDENCE
from sim.view.plots.style import (
    ALARM,
    FAINT,
    GREY,
    INK,
    LARGE,
    LOOKS,
    NORMAL,
    SMALL,
    Picture,
    our_settings,
    shorten,
    write_note,
)

Cells = NDArray[np.float64]
MEANS, ERRORS = "cividis", "Greys"
SIDE, GAP, BAR = 2.6, 0.9, 0.13  # inches: a surface, the space between two, a colour bar
MAX_TICKS = 9
MAX_WRITTEN = 7  # with more values along an axis, cells have no number in them
TITLE_HEIGHT = 0.75


def draw_map(table: pd.DataFrame, outcome: str, x: str, y: str | None) -> Picture:
    """Draw the mean of one outcome over one or two fields.

    Parameters
    ----------
    table
        One row for each scenario and value, or pair of values. Columns: scenario, one for each
        field, mean, low, high, sd and n.
    """
    with our_settings("".join(table["scenario"].unique())):
        return _line(table, outcome, x) if y is None else _surfaces(table, outcome, x, y)


def _surfaces(table: pd.DataFrame, outcome: str, x: str, y: str) -> Picture:
    """Draw a row for each scenario: the means and their standard errors."""
    bases = list(table["scenario"].unique())
    xs, ys = ([*dict.fromkeys(table[path])] for path in (x, y))
    axes: Any = {"x": x, "y": y, "xs": xs, "ys": ys}
    means = [_grid_values(table, base, table["mean"], **axes) for base in bases]
    error = _standard_errors(table, outcome)
    errors = [_grid_values(table, base, error, **axes) for base in bases]
    left, bottom = 0.35 + 0.07 * max(len(_value_label(value)) for value in ys), 0.6
    width = left + 2 * SIDE + 2 * GAP + left
    height = TITLE_HEIGHT + len(bases) * (SIDE + GAP) - GAP + bottom
    picture = Picture(width, height)
    picture.text(
        0.1 / width,
        1 - 0.12 / height,
        f"{_outcome_label(outcome)}; {_runs_label(table)}",
        va="top",
        fontsize=LARGE,
        weight="bold",
    )
    for row, base in enumerate(bases):
        up = (bottom + (len(bases) - 1 - row) * (SIDE + GAP)) / height
        columns = (
            (means, _("{scenario}: mean"), MEANS),
            (errors, _("{scenario}: standard error of the mean"), ERRORS),
        )
        for column, (cells, title, colours) in enumerate(columns):
            at = (left + column * (SIDE + GAP + left)) / width
            box = (at, up, SIDE / width, SIDE / height)
            ax = picture.add_axes(box)
            ax.set_title(title.format(scenario=shorten(base)), fontsize=NORMAL)
            norm = _colour_scale(cells, from_zero=column == 1)
            unknown = np.isnan(means[row]).all()
            nothing = _("no run has it") if unknown else _("too few runs, or all the same")
            _draw_cells(ax, cells[row], norm, colormaps[colours], nothing)
            _name_axes(ax, x, y, xs, ys)
            bar = picture.add_axes((at + (SIDE + 0.08) / width, up, BAR / width, SIDE / height))
            picture.colorbar(ScalarMappable(norm, colours), cax=bar).outline.set_visible(False)
    return picture


def _standard_errors(table: pd.DataFrame, outcome: str) -> pd.Series:
    """Return the standard errors of the means.

    For a yes-or-no outcome they follow from the interval, which is not 0 if all runs agree. For
    other outcomes they are missing if all runs agree: more runs might differ.
    """
    errors: pd.Series = table["sd"].where(table["sd"] > 0) / np.sqrt(table["n"])
    if any(item.name == outcome and item.unit == YES for item in OUTCOMES):
        errors = (table["high"] - table["low"]) / (2 * special.ndtri(0.5 + CONFIDENCE / 2))
    return errors


def _grid_values(
    table: pd.DataFrame, base: str, values: pd.Series, *,
    x: str, y: str, xs: Sequence[Any], ys: Sequence[Any],
) -> Cells:  # fmt: skip
    """Return the values of one scenario, with a row for each of ys and a column for each of xs."""
    cells = np.full((len(ys), len(xs)), np.nan)
    own = table["scenario"] == base
    for first, second, value in zip(table[x][own], table[y][own], values[own], strict=True):
        cells[ys.index(second), xs.index(first)] = value
    return cells


def _colour_scale(cells: Sequence[Cells], *, from_zero: bool) -> Normalize:
    """Return one colour scale for all scenarios."""
    there = np.concatenate([each[~np.isnan(each)] for each in cells])
    low, high = (float(there.min()), float(there.max())) if len(there) else (0.0, 1.0)
    low = 0.0 if from_zero else low
    return Normalize(low, high if high > low else low + 1e-3)


def _draw_cells(ax: Axes, cells: Cells, norm: Normalize, colours: Colormap, nothing: str) -> None:
    """Draw a square for each point of the grid; a missing value has a cross."""
    if np.isnan(cells).all():
        write_note(ax, nothing)
    ax.imshow(cells, norm=norm, cmap=colours, origin="lower", aspect="auto")
    ax.set_facecolor("white")
    for (row, column), value in np.ndenumerate(cells):
        if np.isnan(value):
            ax.plot(column, row, marker="x", color=GREY, markersize=6, gid="missing")
        elif max(cells.shape) <= MAX_WRITTEN:
            red, green, blue, _alpha = colours(norm(value))
            dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
            ax.text(
                column, row, f"{value:.2g}" if value < 0.1 else f"{value:.3g}",
                ha="center", va="center", fontsize=SMALL, color="white" if dark else INK,
            )  # fmt: skip


def _name_axes(ax: Axes, x: str, y: str, xs: Sequence[Any], ys: Sequence[Any]) -> None:
    """Label the axes with their fields, and with as many values as there is room for."""
    ax.set_xlabel(_field_label(x))
    ax.set_ylabel(_field_label(y))
    for axis, values in ((ax.xaxis, xs), (ax.yaxis, ys)):
        places = range(0, len(values), math.ceil(len(values) / MAX_TICKS))
        axis.set_ticks(places, [_value_label(values[place]) for place in places])
        axis.set_tick_params(length=0)
    if max(len(_value_label(value)) for value in xs) * len(ax.get_xticks()) > 30:
        for label in ax.get_xticklabels():
            label.set(rotation=20, ha="right")
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def _line(table: pd.DataFrame, outcome: str, x: str) -> Picture:
    """Draw the means over one field with their 95 % intervals, for each scenario."""
    values = [*dict.fromkeys(table[x])]
    numbers = all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    )
    bases = list(table["scenario"].unique())
    picture = Picture(6.2, 3.4)
    ax = picture.add_axes((0.11, 0.14, 0.62, 0.74))
    ax.set_title(
        _("{outcome}: mean and its 95 % interval", outcome=_outcome_label(outcome))
        if table["low"].notna().any()
        else _("{outcome}: mean (too few runs for an interval)", outcome=_outcome_label(outcome))
    )
    for number, base in enumerate(bases):
        own = table[table["scenario"] == base]
        aside = 0.0 if numbers else 0.3 * ((number + 0.5) / len(bases) - 0.5)
        places = own[x] if numbers else own[x].map(values.index) + aside  # none hides another
        _draw_means(ax, own, places, number, shorten(str(base)), joined=numbers)
    if table["mean"].isna().all():
        write_note(ax, _("no run has it"))
    if not numbers:
        ax.set_xticks(range(len(values)), [_value_label(value) for value in values])
        ax.set_xlim(-0.5, len(values) - 0.5)
    ax.set_xlabel(f"{_field_label(x)}; {_runs_label(table)}")
    ax.set_ylabel(_outcome_label(outcome))
    ax.legend(loc="upper left", bbox_to_anchor=(1.03, 1.0))
    return picture


def _draw_means(
    ax: Axes, own: pd.DataFrame, places: pd.Series, number: int, label: str, *, joined: bool
) -> None:
    """Draw the means of one scenario, joined if the field is a number, and their intervals."""
    looks = list(LOOKS.values())
    look, other = looks[number % len(looks)], looks[(number + number // len(looks)) % len(looks)]
    if joined:
        ax.fill_between(places, own["low"], own["high"], color=look.colour, alpha=0.2, linewidth=0)
    ax.errorbar(
        places, own["mean"], yerr=(own["mean"] - own["low"], own["high"] - own["mean"]),
        color=look.colour, marker=other.marker, linestyle=other.dash if joined else "none",
        markersize=4, elinewidth=1, label=label,
    )  # fmt: skip


def _runs_label(table: pd.DataFrame) -> str:
    """Return the words for the number of runs behind each mean."""
    fewest, most = int(table["n"].min()), int(table["n"].max())
    if fewest == most:
        return _n("{count} run each", "{count:,} runs each", most)
    return _("{fewest:,} to {most:,} runs each", fewest=fewest, most=most)


def _value_label(value: Any) -> str:
    """Return a short text for a value."""
    return f"{value:.3g}" if isinstance(value, float) else short_value(value)


def _field_label(path: str) -> str:
    """Return a field with its unit."""
    unit = _(sweepable(Scenario)[path].unit)
    return f"{path} ({unit})" if unit else path


def _outcome_label(name: str) -> str:
    """Return an outcome with its unit."""
    item = next(item for item in OUTCOMES if item.name == name)
    return f"{_(item.label)} ({_(item.unit)})"


CELL, MARGIN = 0.85, 0.9  # inches
BARS = 16
DOT = 60.0  # area of all dots that lie together, in points


def pairs(result: CalibrationData) -> Picture:
    """Below the diagonal every two parameters, on it each by itself; axes span the bounds.

    The red mark is the value before the calibration.
    """
    names = [short_name(Scenario, field) for field in result.task.fields]
    with our_settings("".join(names)):
        count = len(names)
        side = max(CELL * count, 2.5)
        picture = Picture(side + MARGIN, side + MARGIN)
        margin, top = MARGIN / (side + MARGIN), 1 - 0.35 / (side + MARGIN)
        grid = picture.add_gridspec(
            count, count, left=margin, bottom=margin, right=0.99, top=top, wspace=0.08, hspace=0.08
        )
        for row in range(count):
            for column in range(row + 1):
                axes = picture.add_subplot(grid[row, column])
                _fill(axes, result, row, column)
                _label(axes, names, row, column)
        title = _("{count} sets of values that fit; red: before", count=len(result.posterior))
        picture.suptitle(title, x=0.99, ha="right", size=LARGE, color=INK, weight="bold")
    return picture


def pairs_as_svg(result: CalibrationData) -> str:
    """Return the plot as SVG; the same calibration gives the same text."""
    picture, stream = pairs(result), io.StringIO()
    with our_settings(""):
        picture.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _fill(axes: Axes, result: CalibrationData, row: int, column: int) -> None:
    """One cell: a histogram on the diagonal, dots below it."""
    posterior, free = result.posterior, result.task.free
    x, start = posterior.sets[:, column], posterior.start
    weights = posterior.weights / posterior.weights.sum()
    look = LOOKS["government"].colour
    axes.set_xlim(free[column].low, free[column].high)
    if row == column:
        bins = np.linspace(free[column].low, free[column].high, BARS + 1)
        axes.hist(x, bins=bins.tolist(), weights=weights, color=look)
        axes.axhline(1 / BARS, color=FAINT, linewidth=0.8)  # the level before the calibration
        axes.axvline(start[column], color=ALARM, linewidth=1.0)
        return
    axes.set_ylim(free[row].low, free[row].high)
    sizes = DOT * weights / weights.max() / 6
    # As a picture in the picture: tens of thousands of dots would make a file of 30 MB.
    axes.scatter(
        x, posterior.sets[:, row], s=sizes, color=look, alpha=0.5, linewidths=0, rasterized=True
    )
    axes.plot([start[column]], [start[row]], "+", color=ALARM, markersize=5)


def _label(axes: Axes, names: list[str], row: int, column: int) -> None:
    """Put names along the left side and the foot; numbers would crowd them."""
    axes.set_xticks([])
    axes.set_yticks([])
    if row == len(names) - 1:
        axes.set_xlabel(names[column], rotation=35, ha="right", size=SMALL, color=GREY)
    if column == 0:
        axes.set_ylabel(names[row], rotation=0, ha="right", va="center", size=SMALL, color=GREY)
