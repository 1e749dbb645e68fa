"""A pair plot of the sets of values that fit: each parameter by itself, and each two of them."""

import io

import numpy as np
from matplotlib.axes import Axes

from sim.evidence.calibrate import CalibrationData
from sim.language import _
from sim.scenario import Scenario
from sim.scenario.grid import short_name
from sim.view.plots.style import (
    ALARM,
    FAINT,
    GREY,
    INK,
    LARGE,
    LOOKS,
    SMALL,
    Picture,
    our_settings,
)

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
        edges = {"left": MARGIN / (side + MARGIN), "bottom": MARGIN / (side + MARGIN)}
        grid = picture.add_gridspec(
            count,
            count,
            wspace=0.08,
            hspace=0.08,
            right=0.99,
            top=1 - 0.35 / (side + MARGIN),
            **edges,
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
    """The plot as SVG; the same calibration gives the same text."""
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
    """Names along the left side and the foot; numbers would crowd them."""
    axes.set_xticks([])
    axes.set_yticks([])
    if row == len(names) - 1:
        axes.set_xlabel(names[column], rotation=35, ha="right", size=SMALL, color=GREY)
    if column == 0:
        axes.set_ylabel(names[row], rotation=0, ha="right", va="center", size=SMALL, color=GREY)
