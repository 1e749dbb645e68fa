"""The pictures of the report, as SVG inside the page.

Pictures are narrow, so that a phone shows them at a readable size. A wide screen shows two side by
side.
"""

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray
from scipy import special

from sim.base.text import _
from sim.rules.outcomes import Outcome
from sim.scenario import SECTORS
from sim.studies.compare import ComparisonData
from sim.studies.differences import worth_knowing
from sim.studies.statistics import CONFIDENCE
from sim.studies.study import StudyData
from sim.view.plots.style import (
    FAINT,
    GREY,
    INK,
    LOOKS,
    Picture,
    legend_entry,
    our_settings,
    shorten,
    size_of,
)
from sim.view.report.findings import Finding, Findings, in_short
from sim.view.report.words import NOTHING, digits_of, label, plain, signed
from sim.view.words import sector_name, share

WIDTH = 4.6  # inches
MARGIN = 0.12  # inches at the left
MAX_LABEL = 52  # characters of a name that fit on a line
LANE = 0.17  # inches, the height of a line
SMALL, NORMAL = 8.0, 9.0  # points: larger than elsewhere, for phones
# The contrast of each colour to white is at least 3 to 1. The lists have lengths without a common
# divisor, so that scenarios differ in colour, mark or dash, also without colour.
COLOURS = ("#222222", "#C4561C", "#4A94D2", "#6B4FA0", "#8C8C1E", "#C8769A")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.2, 1.4)), (0, (6, 2, 1.2, 2)), (0, (3, 1)))
_SETTINGS: dict[Any, Any] = {
    "font.size": NORMAL,
    "axes.labelsize": SMALL,
    "axes.titlesize": NORMAL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
}
_NO_METADATA = MappingProxyType(dict.fromkeys(("Date", "Creator", "Format", "Type")))
_REFERENCE = re.compile(r"(?:^#|url\(#)([\w.-]+)")

BINS = 30
DARK_SECTORS = ("government", "civil_society")  # light text is readable on their colours
Numbers = NDArray[np.float64]


class Look(NamedTuple):
    """The colour, mark and dash of a scenario, and its label."""

    label: str
    colour: str
    marker: str
    dash: Any


class Drawing(NamedTuple):
    """A picture of the report.

    Attributes
    ----------
    title
        The title.
    svg
        The picture with its text alternative.
    caption
        How to read it, if the page does not explain it.
    """

    title: str
    svg: Markup
    caption: str = ""


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Return the look of each scenario, by its position.

    >>> len(set(looks([str(number) for number in range(40)]).values()))
    40
    """
    return {
        name: Look(label, COLOURS[k % 6], MARKERS[k % 7], DASHES[k % 5])
        for k, (name, label) in enumerate(zip(names, _labels(names), strict=True))
    }


def _labels(names: Sequence[str]) -> list[str]:
    """Return the names without their common parts, different also when they are shortened.

    >>> _labels(["mine, seats=8, veto=none", "mine, seats=9, veto=none"])
    ['seats=8', 'seats=9']
    >>> _labels(["a" * 80, "a" * 90, "b"])[1][:9]
    '2: aaaaaa'
    """
    parts = [name.split(", ") for name in names]
    common = set.intersection(*map(set, parts)) if len(parts) > 1 else set()
    labels = [", ".join(part for part in own if part not in common) for own in parts]
    labels = [label or name for label, name in zip(labels, names, strict=True)]
    if len({label[: MAX_LABEL - 1] for label in labels}) < len(labels):
        labels = [f"{place}: {label}" for place, label in enumerate(labels, start=1)]
    return labels


@contextmanager
def report_style(words: str) -> Iterator[None]:
    """Use the style of our plots with larger text until the block ends."""
    with our_settings(words), mpl.rc_context(_SETTINGS):
        yield


def lanes(count: float, left: float = MARGIN, right: float = 0.62, top: float = 0.34) -> Axes:
    """Return axes on a new picture, with lines numbered from 0 at the top."""
    bottom = 0.42
    height = top + count * LANE + bottom
    box = (
        left / WIDTH, bottom / height, (WIDTH - left - right) / WIDTH, count * LANE / height,
    )  # fmt: skip
    ax = Picture(WIDTH, height).add_axes(box)
    ax.set_ylim(count - 0.5, -0.5)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=FAINT, linewidth=0.4)
    return ax


def line_label(ax: Axes, y: float, text: str) -> None:
    """Write a heading for the lines below it."""
    ax.text(
        0, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=SMALL, zorder=6,
        bbox={"facecolor": "white", "linewidth": 0, "pad": 0.8},
    )  # fmt: skip


def at_the_left(ax: Axes, y: float, text: str) -> None:
    """Write a label to the left of a line."""
    ax.text(
        -0.03, y, text, transform=ax.get_yaxis_transform(), ha="right", va="center",
        fontsize=SMALL, clip_on=False,
    )  # fmt: skip


def at_the_right(ax: Axes, y: float, text: str, colour: str = INK) -> None:
    """Write a number to the right of a line."""
    ax.text(
        1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=SMALL,
        color=colour, clip_on=False,
    )  # fmt: skip


def scenario_key(ax: Axes, shown: dict[str, Look], lines: bool = False, above: float = 0.0) -> None:
    """Draw the legend of scenarios, `above` inches over the axes, from the left of the picture."""
    handles = [
        legend_entry(
            shorten(look.label, MAX_LABEL),
            color=look.colour,
            marker="none" if lines else look.marker,
            linestyle=look.dash if lines else "none",
            markersize=5,
        )
        for look in shown.values()
    ]
    box = ax.get_position()
    ax.legend(
        handles=handles, loc="lower left", ncols=_columns(shown),
        bbox_to_anchor=(
            (MARGIN / WIDTH - box.x0) / box.width, 1 + above * 72 / size_of(ax)[1]
        ),
        borderaxespad=0.4, handlelength=2.4 if lines else 1.0,
    )  # fmt: skip


def key_height(shown: dict[str, Look]) -> float:
    """Return the height of the legend of scenarios in inches."""
    return 0.12 + 0.17 * -(-len(shown) // _columns(shown))


def _columns(shown: dict[str, Look]) -> int:
    """Return the number of labels that fit side by side."""
    longest = max(len(look.label) for look in shown.values())
    return next((3 - k for k, most in enumerate((14, 26)) if longest <= most), 1)


def centre_on_zero(ax: Axes, reach: float, words: str) -> None:
    """Set up the scale of differences: as far to both sides of a line at zero, with its words."""
    ax.axvline(0, color=GREY, linewidth=0.9, zorder=1.5)
    ax.set_xlim(-1.08 * reach, 1.08 * reach)
    ax.set_xlabel(words)


def drawing(ax: Axes, name: str, title: str, message: str, caption: str = "") -> Drawing:
    """Return the picture that these axes belong to; see :func:`inline_svg`."""
    return Drawing(title, inline_svg(ax.figure.figure, name, title, message), caption)


def inline_svg(figure: Figure, name: str, title: str, message: str) -> Markup:
    """Return a picture as SVG for a page with several pictures.

    Parameters
    ----------
    name
        The prefix of its ids, unique on the page.
    title, message
        The text alternative: what it is and what it shows.
    """
    with io.BytesIO() as stream:
        figure.savefig(stream, format="svg", metadata=_NO_METADATA)
        root = ElementTree.fromstring(stream.getvalue())
    values = [value for part in root.iter() for value in part.attrib.values()]
    wanted = {found for value in values for found in _REFERENCE.findall(value)}
    for part in root.iter():
        part.tag = _without_namespace(part.tag)
        for empty in [
            child for child in part if _without_namespace(child.tag) in ("metadata", "style")
        ]:
            part.remove(empty)
        for key, value in list(part.attrib.items()):
            del part.attrib[key]
            if key == "id" and value in wanted:
                part.set("id", f"{name}-{value}")
            elif key != "id":
                text = _REFERENCE.sub(lambda m: m[0].replace("#", f"#{name}-"), value)
                part.set(_without_namespace(key), " ".join(text.split()))
    told = [("title", title), ("desc", message)]
    for place, (tag, text) in enumerate(told):
        element = ElementTree.Element(tag, id=f"{name}-{tag}")
        element.text = text
        root.insert(place, element)
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib.update(
        {"viewBox": box, "role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
    )
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _without_namespace(name: str) -> str:
    """Return a name without its namespace, which inline SVG does not need."""
    return name.rpartition("}")[2]


def forest(
    comparison: ComparisonData,
    table: Findings,
    title: str,
    items: Sequence[Outcome],
    shown: dict[str, Look],
    *,
    name: str,
) -> Drawing:
    """Draw the paired differences from the reference in a group of outcomes.

    Parameters
    ----------
    table
        All differences.
    title, items
        The group of outcomes.
    shown
        The looks of the scenarios.
    name
        The name of the picture on the page.
    """
    others = {other: shown[other] for other in comparison.others}
    block = len(others) + 1.35
    ax = lanes(len(items) * block, top=key_height(others))
    reach = 0.1
    for place, item in enumerate(items):
        top = place * block
        line_label(ax, top, label(item))
        for lane, (other, look) in enumerate(others.items(), start=1):
            reach = max(reach, _draw_difference(ax, top + lane, table[other, item.name], look))
    reference = shorten(shown[comparison.reference].label, 26)
    words = _("less than {reference}  ←  standard deviations  →  more", reference=reference)
    centre_on_zero(ax, reach, words)
    scenario_key(ax, others)
    message = " ".join(in_short(comparison, table, other, items) for other in others)
    return drawing(ax, name, title, message)


def _draw_difference(ax: Axes, y: float, finding: Finding, look: Look) -> float:
    """Draw one difference, and return its distance from zero."""
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


class Curve(NamedTuple):
    """The share of runs without an agreement after each month in which a run agreed.

    Attributes
    ----------
    months
        The months, rising from 0.
    share
        The share of all runs without an agreement after that month.
    low, high
        The ends of its 95 % interval.
    """

    months: Numbers
    share: Numbers
    low: Numbers
    high: Numbers

    @property
    def half(self) -> float:
        """The first month after which at least half have agreed; NaN if there is none."""
        reached = self.share <= 0.5
        return float(self.months[np.argmax(reached)]) if reached.any() else float("nan")

    def until(self, month: float) -> "Curve":
        """Return the curve extended to a later month."""
        ends = (np.append(values, values[-1]) for values in self[1:])
        return Curve(np.append(self.months, max(month, self.months[-1])), *ends)


def without_agreement(months: Numbers) -> Curve:
    """Return the share of all runs without an agreement, month by month.

    A run that ended or dissolved without an agreement never reaches one and stays in the share. (As
    a censored run, as in Kaplan & Meier, it would count as one that might still have agreed, and
    the curve would fall to 0 even if a tenth of the runs never agree.)

    Parameters
    ----------
    months
        The month of the first agreement of each run; NaN if there is none.

    Returns
    -------
    Curve
        The share with Wilson's interval (1927), month by month.

    Examples
    --------
    >>> curve = without_agreement(np.array([2.0, 3.0, 3.0, np.nan]))
    >>> curve.months.tolist(), curve.share.tolist()
    ([0.0, 2.0, 3.0], [1.0, 0.75, 0.25])
    """
    agreed = np.sort(months[~np.isnan(months)])
    times = np.append(0.0, np.unique(agreed))
    count = max(len(months), 1)
    share = 1 - np.searchsorted(agreed, times, side="right") / count
    z = special.ndtri(0.5 + CONFIDENCE / 2)
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    within = share * (1 - share) / count + z * z / (4 * count * count)
    half = z * np.sqrt(within) / (1 + z * z / count)
    return Curve(times, share, np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0))


def distributions(
    study: StudyData, items: Sequence[Outcome], shown: dict[str, Look]
) -> Drawing | None:
    """Draws histograms of outcomes by scenario, each outcome on its own scale.

    Returns None if there are no outcomes.
    """
    if not items:
        return None
    block = 1.5 * len(shown) + 3.4
    axes = _panels(len(items), 1.5 * len(shown) + 0.4, block, key_height(shown))
    said = []
    for item, ax in zip(items, axes, strict=True):
        ax.set_title(label(item), fontsize=SMALL, weight="normal", pad=3)
        parts = _histograms(ax, study, item, shown)
        said.append(_("{label}: {parts}.", label=_(item.label), parts="; ".join(parts)))
    scenario_key(axes[0], shown, above=0.2)
    caption = _(
        "How often each value comes up among single runs, with the median as an upright line and "
        "as the number at the right. This is how far runs lie apart, not how well a mean is known."
    )
    title = _("Distributions of the main outcomes")
    return drawing(axes[0], "spread", title, " ".join(said), caption)


def _panels(count: int, lines: float, block: float, top: float) -> list[Axes]:
    """Return axes below each other, each with room for its title and its scale."""
    total = (count - 1) * block + lines
    first = lanes(total, top=top + 0.2)
    figure, box = first.figure.figure, first.get_position()
    first.remove()
    return [
        figure.add_axes(
            (
                box.x0,
                box.y1 - box.height * (place * block + lines) / total,
                box.width,
                box.height * lines / total,
            )
        )
        for place in range(count)
    ]


def _histograms(ax: Axes, study: StudyData, item: Outcome, shown: dict[str, Look]) -> list[str]:
    """Draw one outcome, and return its medians as text."""
    every = study.runs[item.name].dropna()
    low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    high = high if high > low else low + 1.0
    edges = np.linspace(low, high, BINS + 1)
    digits = 2 if high < 10 else 0
    said = []
    for place, (name, look) in enumerate(shown.items()):
        values = study.runs.loc[study.runs["scenario"] == name, item.name].dropna().to_numpy()
        base = 1.5 * (place + 1)
        if not len(values):
            at_the_right(ax, base - 0.5, NOTHING, GREY)
            said.append(_("{name}, no run has it", name=name))
            continue
        counts = np.histogram(values, edges)[0]
        heights = np.append(counts, 0) / counts.max() * 1.25
        ax.fill_between(
            edges, base, base - heights, step="post", color=look.colour, alpha=0.35, linewidth=0
        )
        ax.step(edges, base - heights, where="post", color=look.colour, linewidth=0.9)
        lower, median, upper = np.quantile(values, (0.25, 0.5, 0.75))
        ax.plot([median, median], [base, base - 1.3], color=INK, linewidth=1.6, zorder=4)
        ax.plot(low, base - 0.45, look.marker, color=look.colour, markersize=4, clip_on=False)
        at_the_right(ax, base - 0.5, plain(median, digits))
        text = _("{name}, median {median}, half of the runs between {low} and {high}")
        ends = plain(lower, digits), plain(upper, digits)
        said.append(text.format(name=name, median=plain(median, digits), low=ends[0], high=ends[1]))
    ax.set(ylim=(1.5 * len(shown) + 0.1, -0.1), yticks=[], xlim=(low, high))
    ax.spines["left"].set_visible(False)
    return said


def agreements(study: StudyData, shown: dict[str, Look]) -> tuple[Drawing, list[tuple[str, ...]]]:
    """Draw the months to agreement; the table has the month when half agreed, and the share."""
    ax = lanes(2.2 / LANE, left=0.66, right=0.2, top=key_height(shown))
    table: list[tuple[str, ...]] = []
    said = []
    months = {
        name: study.runs.loc[study.runs["scenario"] == name, "months_to_agreement"].to_numpy(
            dtype=np.float64
        )
        for name in shown
    }
    last = max(np.nanmax(own, initial=1.0) for own in months.values())
    for name, look in shown.items():
        curve = without_agreement(months[name])
        _draw_curve(ax, curve.until(last), look)
        half = _("never") if np.isnan(curve.half) else _("month {month:.0f}", month=curve.half)
        table.append((name, half, share(1 - float(curve.share[-1]))))
        text = _("{name}: half have agreed by: {half}; {share} of all runs came to an agreement.")
        said.append(text.format(name=name, half=half, share=table[-1][-1]))
    ax.set(ylim=(0, 1.02), xlabel=_("months since the start"), ylabel=_("still without agreement"))
    ax.set_xlim(left=0)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.spines["left"].set_visible(True)
    ax.grid(axis="y", color="#DDDDDD", linewidth=0.4)
    scenario_key(ax, shown, lines=True)
    caption = _(
        "Share of all runs still without a first agreement, month by month, with 95 % bands. A run "
        "that ended or dissolved without one stays in the share to the end."
    )
    title = _("Months to the first agreement")
    return drawing(ax, "months", title, " ".join(said), caption), table


def _draw_curve(ax: Axes, curve: Curve, look: Look) -> None:
    """Draw the curve of one scenario with its band."""
    ax.step(
        curve.months, curve.share, where="post", color=look.colour, linestyle=look.dash,
        linewidth=1.7,
    )  # fmt: skip
    ax.fill_between(
        curve.months, curve.low, curve.high, step="post", color=look.colour, alpha=0.18,
        linewidth=0,
    )  # fmt: skip


def satisfaction_by_sector(study: StudyData, shown: dict[str, Look]) -> Drawing | None:
    """Draw the satisfaction of each sector; None if no run agreed."""
    summary: Any = study.summary().set_index(["scenario", "outcome"])
    sectors = [
        sector
        for sector in SECTORS
        if any(summary.loc[(name, f"satisfaction_{sector}"), "n"] > 0 for name in shown)
    ]
    if not sectors:
        return None
    block = len(shown) + 1.35
    ax = lanes(len(sectors) * block, top=key_height(shown))
    said = []
    for place, sector in enumerate(sectors):
        line_label(ax, place * block, sector_name(sector))
        parts = []
        for lane, (name, look) in enumerate(shown.items(), start=1):
            mean, low, high = summary.loc[(name, f"satisfaction_{sector}"), ["mean", "low", "high"]]
            y = place * block + lane
            at_the_right(ax, y, plain(mean, 2))
            ax.plot([low, high], [y, y], color=look.colour, linewidth=1.8)
            ax.plot(mean, y, look.marker, color=look.colour, markersize=5.2)
            parts.append(f"{name} {plain(mean, 2)}")
        said.append(f"{sector_name(sector)}: {', '.join(parts)}.")
    ax.set(xlim=(0, 1), xlabel=_("fit to the sector's interests, 0 to 1"))
    scenario_key(ax, shown)
    title = _("Satisfaction by sector")
    caption = _(
        "How well the first agreement fits what the sector wants, from 0 to 1; means over the runs "
        "that agreed, with 95 % intervals."
    )
    return drawing(ax, "satisfaction", title, " ".join(said), caption)


def contributions_by_sector(study: StudyData, shown: dict[str, Look]) -> Drawing | None:
    """Draw the share of each sector in the pool; None if nothing was pooled."""
    means: Any = study.summary().set_index(["scenario", "outcome"])["mean"].fillna(0.0)
    parts = {
        name: [float(means[name, f"contribution_{sector}"]) for sector in SECTORS] for name in shown
    }
    if not any(map(sum, parts.values())):
        return None
    ax = lanes(2.3 * len(shown), top=0.5, right=0.14)
    said = []
    for place, (name, shares) in enumerate(parts.items()):
        y, called = 2.3 * place, shorten(shown[name].label, MAX_LABEL)
        line_label(ax, y, called if sum(shares) else f"{called}: {NOTHING}")
        _draw_stack(ax, y + 1, shares)
        texts = [f"{sector_name(s)} {v:.0%}" for s, v in zip(SECTORS, shares, strict=True)]
        said.append(f"{name}: {', '.join(texts)}." if sum(shares) else f"{name}: {NOTHING}.")
    ax.set(xlim=(0, 1), xlabel=_("share of what is pooled"))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    handles = [
        legend_entry(sector_name(sector), color=LOOKS[sector].colour, marker="s", linestyle="none")
        for sector in SECTORS
    ]
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.3
    )
    title = _("Contributions by sector")
    caption = _(
        "The share of the pool of funds, capacity and network that each sector pledges; means over "
        "the runs that planned."
    )
    return drawing(ax, "contributions", title, " ".join(said), caption)


def _draw_stack(ax: Axes, y: float, shares: Sequence[float]) -> None:
    """Draw one stacked bar with its shares as text."""
    start = 0.0
    for sector, value in zip(SECTORS, shares, strict=True):
        ax.barh(
            y, value, left=start, height=1.1, color=LOOKS[sector].colour, edgecolor="white",
            linewidth=0.8,
        )  # fmt: skip
        if value > 0.07:
            ax.text(
                start + value / 2, y, f"{value:.0%}", ha="center", va="center", fontsize=SMALL,
                color="white" if sector in DARK_SECTORS else INK,
            )  # fmt: skip
        start += value
