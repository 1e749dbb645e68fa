"""How far runs lie apart: distributions, months to agreement, and the sectors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from sim.language import _
from sim.rules.outcomes import Outcome
from sim.scenario import SECTORS
from sim.studies.study import StudyData
from sim.view.pictures.style import GREY, INK, LOOKS, entry, shorten
from sim.view.report.drawing import (
    LANE,
    LONGEST,
    SMALL,
    Drawn,
    Look,
    at_the_right,
    inside,
    key_height,
    lanes,
    line_label,
    scenario_key,
)
from sim.view.report.survival import Curve, without_agreement
from sim.view.report.words import NOTHING, label, plain
from sim.view.words import sector_name, share

BINS = 30
DARK = ("government", "civil_society")  # their bars want light letters


def distributions(
    study: StudyData, items: Sequence[Outcome], shown: dict[str, Look]
) -> Drawn | None:
    """Histograms of outcomes, the scenarios below each other; None without outcomes.

    Each outcome has a scale of its own.
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
    return Drawn(title, inside(axes[0].figure.figure, "spread", title, " ".join(said)), caption)


def _panels(count: int, lines: float, block: float, top: float) -> list[Axes]:
    """Axes below each other, each with room for its title and its scale."""
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
    """One outcome; what its medians are, in words."""
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


def agreements(study: StudyData, shown: dict[str, Look]) -> tuple[Drawn, list[tuple[str, ...]]]:
    """Months to the first agreement; and a table: scenario, half have agreed by, share that did."""
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
        _curve(ax, curve.until(last), look)
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
    svg = inside(ax.figure.figure, "months", title, " ".join(said))
    return Drawn(title, svg, caption), table


def _curve(ax: Axes, curve: Curve, look: Look) -> None:
    """One scenario's line with its band."""
    ax.step(
        curve.months, curve.share, where="post", color=look.colour, linestyle=look.dash,
        linewidth=1.7,
    )  # fmt: skip
    ax.fill_between(
        curve.months, curve.low, curve.high, step="post", color=look.colour, alpha=0.18,
        linewidth=0,
    )  # fmt: skip


def satisfaction_by_sector(study: StudyData, shown: dict[str, Look]) -> Drawn | None:
    """How well the agreement fits each sector's interests; None where nobody ever agreed."""
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
    return Drawn(title, inside(ax.figure.figure, "satisfaction", title, " ".join(said)), caption)


def contributions_by_sector(study: StudyData, shown: dict[str, Look]) -> Drawn | None:
    """Who brings how much of the pool; None where nothing was ever pooled."""
    means: Any = study.summary().set_index(["scenario", "outcome"])["mean"].fillna(0.0)
    parts = {
        name: [float(means[name, f"contribution_{sector}"]) for sector in SECTORS] for name in shown
    }
    if not any(map(sum, parts.values())):
        return None
    ax = lanes(2.3 * len(shown), top=0.5, right=0.14)
    said = []
    for place, (name, shares) in enumerate(parts.items()):
        y, called = 2.3 * place, shorten(shown[name].label, LONGEST)
        line_label(ax, y, called if sum(shares) else f"{called}: {NOTHING}")
        _stack(ax, y + 1, shares)
        texts = [f"{sector_name(s)} {v:.0%}" for s, v in zip(SECTORS, shares, strict=True)]
        said.append(f"{name}: {', '.join(texts)}." if sum(shares) else f"{name}: {NOTHING}.")
    ax.set(xlim=(0, 1), xlabel=_("share of what is pooled"))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    handles = [
        entry(sector_name(sector), color=LOOKS[sector].colour, marker="s", linestyle="none")
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
    return Drawn(title, inside(ax.figure.figure, "contributions", title, " ".join(said)), caption)


def _stack(ax: Axes, y: float, shares: Sequence[float]) -> None:
    """The parts of one bar, with their shares written in."""
    start = 0.0
    for sector, value in zip(SECTORS, shares, strict=True):
        ax.barh(
            y, value, left=start, height=1.1, color=LOOKS[sector].colour, edgecolor="white",
            linewidth=0.8,
        )  # fmt: skip
        if value > 0.07:
            ax.text(
                start + value / 2, y, f"{value:.0%}", ha="center", va="center", fontsize=SMALL,
                color="white" if sector in DARK else INK,
            )  # fmt: skip
        start += value
