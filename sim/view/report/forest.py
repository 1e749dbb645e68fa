"""Paired differences with their intervals, outcome below outcome."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from sim.language import _
from sim.rules.outcomes import Outcome
from sim.studies.compare import ComparisonData
from sim.studies.differences import worth_knowing
from sim.view.pictures.style import FAINT, GREY, shorten
from sim.view.report.drawing import (
    Drawn,
    Look,
    at_the_right,
    inside,
    key_height,
    lanes,
    line_label,
    scenario_key,
    zero_line,
)
from sim.view.report.findings import Finding, Findings, in_short
from sim.view.report.words import NOTHING, digits_of, label, signed


def forest(
    found: ComparisonData,
    table: Findings,
    title: str,
    items: Sequence[Outcome],
    shown: dict[str, Look],
    name: str,
) -> Drawn:
    """How the scenarios differ from the reference in a group of outcomes.

    Parameters
    ----------
    table
        All differences.
    title, items
        The group.
    shown
        The looks of the scenarios.
    name
        Of the picture on the page.
    """
    others = {other: shown[other] for other in found.others}
    block = len(others) + 1.35
    ax = lanes(len(items) * block, top=key_height(others))
    reach = 0.1
    for place, item in enumerate(items):
        top = place * block
        line_label(ax, top, label(item))
        for lane, (other, look) in enumerate(others.items(), start=1):
            reach = max(reach, _one(ax, top + lane, table[other, item.name], look))
    zero_line(ax)
    ax.set_xlim(-1.08 * reach, 1.08 * reach)
    ax.set_xlabel(
        _(
            "less than {reference}  ←  standard deviations  →  more",
            reference=shorten(shown[found.reference].label, 26),
        )
    )
    scenario_key(ax, others)
    message = " ".join(in_short(found, table, other, items) for other in others)
    return Drawn(title, inside(ax.figure.figure, name, title, message))


def _one(ax: Axes, y: float, finding: Finding, look: Look) -> float:
    """One difference; how far it reaches from 0."""
    row = finding.row
    if math.isnan(row["corrected_low"]):
        at_the_right(ax, y, NOTHING, GREY)
        return 0.0
    at_the_right(ax, y, signed(row["difference"], digits_of(row)))
    spread = finding.spread or 1.0
    low, high, mean = (
        row[key] / spread for key in ("corrected_low", "corrected_high", "difference")
    )
    margin = worth_knowing(finding.item) / spread
    ax.barh(
        y, 2 * margin, left=-margin, height=1.0, color=FAINT, alpha=0.45, linewidth=0, zorder=0.5
    )
    ax.plot([low, high], [y, y], color=look.colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
    ax.plot(
        mean, y, look.marker, color=look.colour, markersize=5.2, markeredgewidth=1.1, zorder=4,
        markerfacecolor=look.colour if finding.established else "white",
    )  # fmt: skip
    return float(max(abs(low), abs(high)))
