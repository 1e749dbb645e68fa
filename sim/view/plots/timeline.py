"""Plots over the months of a run: the common time axis and legend, membership and trust.

The time axis shows phases as a background, cycles, and what events of the scenario changed.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim.base.text import _
from sim.engine.tables import RunData
from sim.scenario import SECTORS
from sim.view.plots.style import (
    ALARM,
    FAINT,
    GREY,
    INK,
    LETTER,
    LOOKS,
    OVER_TIME,
    SMALL,
    Picture,
    in_our_style,
    legend_entry,
    sectors_of,
    shorten,
    size_of,
    write_note,
)
from sim.view.words import PHASE_NAMES, sector_name, the_sector

# Light enough for lines in front of them, and different in grey.
PHASE_COLOURS: Mapping[str, str] = MappingProxyType(
    {"listening": "#E3E9EF", "debate": "#FFFFFF", "planning": "#D9D9D9", "action": "#F1EEE6"}
)
CHANGE_LINE: Mapping[str, Any] = MappingProxyType(
    {"color": INK, "linewidth": 0.9, "linestyle": (0, (1, 2)), "zorder": 2.5}
)
STRIP = 9.0  # height of the strip that names the phases, in points

Numbers = npt.NDArray[np.float64]


class Span(NamedTuple):
    """Consecutive rounds of one phase of one cycle."""

    cycle: int
    phase: str
    first: int
    last: int


def spans(run: RunData, cycle: int | None = None) -> list[Span]:
    """Return the phases that took place, in order; of one cycle only, if it is given."""
    rounds = run.rounds if cycle is None else run.rounds[run.rounds["cycle"] == cycle]
    found = rounds.groupby(["cycle", "phase"], sort=False)["round"].agg(["min", "max"])
    return [
        Span(int(cycle), str(phase), int(first), int(last))
        for (cycle, phase), first, last in zip(found.index, found["min"], found["max"], strict=True)
    ]


def month_axis(ax: Axes, run: RunData, cycle: int | None = None, strip: bool = True) -> None:
    """Set up the x axis in months, after the limits of the y axis are set.

    Month m covers m - .5 to m + .5, so the value of a round is in the middle of its month.

    Parameters
    ----------
    cycle
        Show this cycle only.
    strip
        Name phases and cycles above the axes.
    """
    held = spans(run, cycle)
    if not held:
        ax.set(xticks=[], yticks=[])
        return
    first, last = held[0].first, held[-1].last
    ax.set_xlim(first - 0.5, last + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins="auto", steps=[1, 2, 3, 6, 10]))
    ax.set_xlabel(_("months since the start"))
    _shade_phases(ax, held, strip)
    if strip:
        _name_phases(ax, held)
    starts = {span.cycle: span.first for span in reversed(held)}
    for start in list(starts.values())[:-1]:
        ax.axvline(start - 0.5, color=GREY, linewidth=0.8, zorder=0.6)
    _mark_dissolution(ax, run, last, strip)


def _shade_phases(ax: Axes, held: Iterable[Span], strip: bool) -> None:
    """Draw a background for each phase and a strip above it."""
    _width, height = size_of(ax)
    for phase, colour in PHASE_COLOURS.items():
        bars = [(s.first - 0.5, s.last - s.first + 1.0) for s in held if s.phase == phase]
        where = ax.get_xaxis_transform()
        ax.broken_barh(bars, (0, 1), transform=where, color=colour, linewidth=0, zorder=0.1)
        if strip:
            ax.broken_barh(
                bars, (1, STRIP / height), transform=where, facecolor=colour, edgecolor=FAINT,
                linewidth=0.5, clip_on=False, zorder=0.2,
            )  # fmt: skip


def _name_phases(ax: Axes, held: list[Span]) -> None:
    """Write the names of phases in the strip and of cycles above it, where there is room."""
    width, height = size_of(ax)
    month = width / (held[-1].last - held[0].first + 1)
    where = ax.get_xaxis_transform()
    several = held[0].cycle != held[-1].cycle

    def name(text: str, first: int, last: int, y: float, colour: str) -> None:
        if len(text) * LETTER * SMALL < (last - first + 1) * month:
            ax.text(
                (first + last) / 2, 1 + y / height, text, transform=where, ha="center",
                va="center", fontsize=SMALL, color=colour, clip_on=False, gid="phase",
            )  # fmt: skip

    for span in held:
        name(_(PHASE_NAMES[span.phase]), span.first, span.last, STRIP / 2, INK)
    for cycle in dict.fromkeys(span.cycle for span in held) if several else ():
        own = [span for span in held if span.cycle == cycle]
        text = _("cycle {number}", number=cycle)
        name(text, own[0].first, own[-1].last, 1.6 * STRIP, GREY)


def strip_height(run: RunData, cycle: int | None = None) -> float:
    """Return the height in points of the names of phases and cycles above the axes."""
    cycles = {span.cycle for span in spans(run, cycle)}
    return 0.0 if not cycles else STRIP * (2.2 if len(cycles) > 1 else 1.0)


def _mark_dissolution(ax: Axes, run: RunData, last: int, named: bool) -> None:
    """Draw a heavy line at the end of a run that dissolved."""
    if last in set(events_of(run, "dissolved")["round"]):
        ax.axvline(
            last + 0.5, color=ALARM, linewidth=2.0, zorder=5, clip_on=False, gid="dissolved",
            label=_("dissolved") if named else None,
        )  # fmt: skip


def changes_from_outside(run: RunData) -> dict[float, str]:
    """Return the titles of the scenario's events by time, halfway between two months."""
    changed = events_of(run, "changed")
    titles: dict[float, list[str]] = {}
    for month, number in zip(changed["round"], changed["option"], strict=True):
        event = run.scenario.events[int(number) - 1]
        titles.setdefault(month + 0.5, []).append(event.title or event.field)
    return {at: "; ".join(texts) for at, texts in titles.items()}


def mark_changes(ax: Axes, run: RunData) -> None:
    """Draw a dotted line wherever an event of the scenario changed something."""
    low, high = ax.get_xlim()
    for at in changes_from_outside(run):
        if low <= at <= high:
            ax.axvline(at, gid="changed", **CHANGE_LINE)


def change_handles(run: RunData) -> list[Artist]:
    """Return the legend entry of the scenario's events; a single event has its title."""
    titles = list(changes_from_outside(run).values())
    if not titles:
        return []
    single = len(titles) == 1
    words = textwrap.fill(shorten(titles[0], 50), 25) if single else _("changed from outside")
    return [legend_entry(words, **CHANGE_LINE)]


def with_breaks(rounds: npt.ArrayLike, values: npt.ArrayLike) -> tuple[Numbers, Numbers]:
    """Return months and values, with a gap wherever rounds are missing in between.

    >>> with_breaks([1, 2, 5], [0.1, 0.2, 0.3])[0].tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    x, y = np.asarray(rounds, dtype=float), np.asarray(values, dtype=float)
    after = np.repeat(np.flatnonzero(np.diff(x) > 1) + 1, 2)
    edges = x[after - 1] + 1
    edges[1::2] = x[after[1::2]] - 1
    return np.insert(x, after, edges), np.insert(y, after, np.nan)


def set_time_axes(
    ax: Axes, run: RunData, title: str, unit: str, *, cycle: int | None = None, strip: bool = True
) -> None:
    """Set title, unit and time axis of a plot over months."""
    month_axis(ax, run, cycle, strip)
    mark_changes(ax, run)
    ax.set_title(title, pad=strip_height(run, cycle) + 4 if strip else 3)
    ax.set_ylabel(unit)


def draw_legend(
    ax: Axes,
    handles: Sequence[Artist] | None = None,
    phases_of: RunData | None = None,
    below: bool = False,
) -> None:
    """Draw a legend to the right of the axes or below; with the phases of a run, if given."""
    entries = list(ax.get_legend_handles_labels()[0] if handles is None else handles)
    entries.sort(key=lambda handle: handle.get_label() == _("dissolved"))  # the end comes last
    if phases_of is not None:
        entries += [*change_handles(phases_of), *phase_handles(phases_of)]
    if below:
        ax.legend(handles=entries, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3)
    else:
        ax.legend(handles=entries, loc="upper left", bbox_to_anchor=(1.015, 1.0))


def phase_handles(run: RunData) -> list[Artist]:
    """Return the legend entries of the phases that took place."""
    held = {span.phase for span in spans(run)}
    return [
        Patch(facecolor=colour, edgecolor=FAINT, linewidth=0.5, label=_(PHASE_NAMES[phase]))
        for phase, colour in PHASE_COLOURS.items()
        if phase in held
    ]


def require_cycle(run: RunData, cycle: int | None) -> None:
    """Raise ValueError if the run never began a cycle."""
    if cycle is not None and cycle not in set(run.events["cycle"]):
        raise ValueError(_("the run never began cycle {number}", number=cycle))


def why_no_rounds(run: RunData) -> str:
    """Return why a run has no rounds; an empty text if it has some."""
    if len(run.rounds):
        return ""
    return _("The collaboration dissolved before its first meeting.")


def events_of(run: RunData, kind: str) -> pd.DataFrame:
    """Return the events of one kind."""
    return run.events[run.events["event"] == kind]


def path_sectors(run: RunData) -> pd.Series:
    """Return the sector of the stakeholder in each row of ``run.paths``."""
    return run.paths["name"].map(run.stakeholders.set_index("name")["sector"])


@in_our_style
def membership(
    run: RunData, ax: Axes | None = None, *, strip: bool = True, sectors: bool = True
) -> Axes:
    """Members by sector, seats at the table, and how many left or returned.

    Parameters
    ----------
    strip
        Name phases and cycles above the axes.
    sectors
        Name the sectors in the legend.
    """
    own = ax is None
    ax = OVER_TIME.axes() if ax is None else ax
    everyone = len(run.stakeholders)
    ax.set_ylim(0, everyone * 1.04)
    set_time_axes(ax, run, _("Members and the table"), _("stakeholders"), strip=strip)
    if not len(run.rounds):
        away = len(events_of(run, "stayed_away"))
        text = _("{away} of {all} stakeholders stayed away.", away=away, all=everyone)
        return write_note(ax, f"{why_no_rounds(run)} {text}")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    by_round = run.paths["member"].groupby([run.paths["round"], path_sectors(run)])
    counts = by_round.sum().unstack(fill_value=0)
    edges = np.append(run.rounds["round"] - 0.5, len(run.rounds) + 0.5)
    below = np.zeros(len(run.rounds))
    for name in sectors_of(run):
        look, above = LOOKS[name], below + counts[name].to_numpy(dtype=float)
        ax.stairs(
            above, edges, baseline=below, fill=True, facecolor=look.colour, edgecolor="white",
            linewidth=0.4, label=sector_name(name) if sectors else None, gid=name, zorder=1,
        )  # fmt: skip
        below = above
    ax.stairs(
        run.rounds["table"], edges, baseline=None, color=INK, linewidth=1.5, gid="table",
        label=_("seats taken at the table"), zorder=3,
    )  # fmt: skip
    ax.axhline(everyone, color=GREY, linewidth=0.8, linestyle=(0, (1, 1)))
    _mark_comings_and_goings(ax, run, below)
    handles, _labels = ax.get_legend_handles_labels()
    handles.append(legend_entry(_("all stakeholders"), color=GREY, linestyle=(0, (1, 1))))
    draw_legend(ax, handles, phases_of=run if own else None)
    return ax


def _mark_comings_and_goings(ax: Axes, run: RunData, members: npt.NDArray[np.float64]) -> None:
    """Mark rounds after which stakeholders left (down) or returned (up)."""
    for event, label, marker in (
        ("stayed_away", _("stayed away"), "v"),
        ("left", _("left"), "v"),
        ("returned", _("returned"), "^"),
    ):
        at = events_of(run, event)["round"].value_counts().sort_index()
        if at.empty:
            continue
        x = at.index.to_numpy(dtype=float) + 0.5
        y = members[np.maximum(at.index.to_numpy(), 1) - 1]
        ax.plot(
            x, y, marker, color=INK, markersize=5, clip_on=False, zorder=6, gid=event,
            markeredgecolor="white", markeredgewidth=0.6,
            label=f"{label}: {int(at.sum())}",
        )  # fmt: skip


@in_our_style
def trust(run: RunData, axes: Sequence[Axes] | None = None) -> Figure:
    """Mean trust between sectors, with a panel for each sector that trusts.

    Parameters
    ----------
    axes
        One for each sector with stakeholders; by default on a new figure.
    """
    trusting = sectors_of(run)
    if axes is None:
        figure = Picture(10.4, 2.9)
        axes = list(np.atleast_1d(figure.subplots(1, len(trusting), sharey=True)))
        figure.subplots_adjust(left=0.06, right=0.84, bottom=0.17, top=0.8, wspace=0.12)
        figure.suptitle(_("Trust between the sectors"), x=0.012, ha="left", weight="bold")
    means = trust_by_sector(run) if len(run.rounds) else {}
    for ax, sector in zip(axes, trusting, strict=True):
        ax.set_ylim(0, 1)
        set_time_axes(ax, run, sector_name(sector), "", strip=False)
        ax.set_title(_("trust of {sector} in …", sector=the_sector(sector)), weight="normal")
        if not len(run.rounds):
            write_note(ax, why_no_rounds(run))
            continue
        for other in trusting:
            _draw_trust(ax, means[sector, other], other)
    axes[0].set_ylabel(_("trust, 0 to 1"))
    if len(run.rounds):
        draw_legend(axes[-1], phases_of=run)
    return axes[0].figure.figure


def trust_by_sector(run: RunData) -> dict[tuple[str, str], pd.Series]:
    """Return mean trust by round for each pair of sectors: who trusts, and in whom."""
    members = run.paths[run.paths["member"].astype(bool)]
    means = members.groupby([path_sectors(run)[members.index], members["round"]])[
        [f"trust_in_{whom}" for whom in SECTORS]
    ].mean()
    every = pd.MultiIndex.from_product([SECTORS, run.rounds["round"]])
    means = means.reindex(every)
    return {(who, whom): means.loc[who][f"trust_in_{whom}"] for who in SECTORS for whom in SECTORS}


@in_our_style
def trust_in_sectors(
    run: RunData, ax: Axes | None = None, *, strip: bool = True, sectors: bool = True
) -> Axes:
    """Mean trust in each sector by the members of the others.

    Parameters
    ----------
    strip
        Name phases and cycles above the axes.
    sectors
        Name the sectors in the legend.
    """
    own = ax is None
    ax = OVER_TIME.axes() if ax is None else ax
    ax.set_ylim(0, 1)
    set_time_axes(ax, run, _("Trust in each sector by the others"), _("trust, 0 to 1"), strip=strip)
    if not len(run.rounds):
        return write_note(ax, why_no_rounds(run))
    for sector, series in trust_by_others(run).items():
        _draw_trust(ax, series, str(sector), named=sectors)
    ax.plot(
        run.rounds["round"], run.rounds["trust"], color=GREY, linewidth=2.4, alpha=0.55,
        label=_("all ties between members"), gid="all", zorder=1.5,
    )  # fmt: skip
    handles = [*ax.get_legend_handles_labels()[0], *([] if own else change_handles(run))]
    draw_legend(ax, handles, phases_of=run if own else None)
    return ax


def trust_by_others(run: RunData) -> pd.DataFrame:
    """Return mean trust in each sector by members of other sectors with ties to it."""
    sector, member = path_sectors(run), run.paths["member"].astype(bool)
    return pd.DataFrame(
        {
            whom: run.paths[member & (sector != whom)]
            .groupby("round")[f"trust_in_{whom}"]
            .mean()
            .reindex(run.rounds["round"])
            for whom in sectors_of(run)
        }
    )


def _draw_trust(ax: Axes, series: pd.Series, sector: str, named: bool = True) -> None:
    """Draw a line in the look of a sector, with a marker now and then."""
    look = LOOKS[sector]
    ax.plot(
        series.index, series.to_numpy(), color=look.colour, linestyle=look.dash,
        marker=look.marker, markersize=3.2, markevery=max(1, len(series) // 8),
        label=sector_name(sector) if named else None, gid=sector,
    )  # fmt: skip
