"""The months of a run as an axis: phases behind it, cycles, and what came from outside."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim.engine.result import RunData
from sim.language import _
from sim.view.pictures.style import (
    ALARM,
    FAINT,
    GREY,
    INK,
    LETTER,
    SMALL,
    shorten,
    size_of,
)
from sim.view.words import PHASE_NAMES

# Light enough for lines in front of them; they differ in grey.
PHASE_COLOURS: Mapping[str, str] = MappingProxyType(
    {"listening": "#E3E9EF", "debate": "#FFFFFF", "planning": "#D9D9D9", "action": "#F1EEE6"}
)
FROM_OUTSIDE: Mapping[str, Any] = MappingProxyType(
    {"color": INK, "linewidth": 0.9, "linestyle": (0, (1, 2)), "zorder": 2.5}
)
STRIP = 9.0  # height of the strip that names the phases, in points

Numbers = npt.NDArray[np.float64]


class Span(NamedTuple):
    """Rounds of one phase of one cycle, without a break."""

    cycle: int
    phase: str
    first: int
    last: int


def spans(run: RunData, cycle: int | None = None) -> list[Span]:
    """The phases that were held, in their order; of one cycle, if it is given."""
    rounds = run.rounds if cycle is None else run.rounds[run.rounds["cycle"] == cycle]
    found = rounds.groupby(["cycle", "phase"], sort=False)["round"].agg(["min", "max"])
    return [
        Span(int(key[0]), str(key[1]), int(first), int(last))
        for key, first, last in zip(found.index, found["min"], found["max"], strict=True)
    ]


def month_axis(ax: Axes, run: RunData, cycle: int | None = None, strip: bool = True) -> None:
    """Make the x axis one of months; call it when the limits of the y axis are set.

    Month m covers m - .5 to m + .5, so a value of a round stands in the middle of its month.

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
    _shade(ax, held, strip)
    if strip:
        _name_phases(ax, held)
    starts = {span.cycle: span.first for span in reversed(held)}
    for start in list(starts.values())[:-1]:
        ax.axvline(start - 0.5, color=GREY, linewidth=0.8, zorder=0.6)
    _mark_dissolution(ax, run, last, strip)


def _shade(ax: Axes, held: Iterable[Span], strip: bool) -> None:
    """A background for each phase, and a darker strip above it."""
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
    """The phases' names in the strip, and the cycles' above it, where there is room."""
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
    """Points that the names of phases and cycles take above axes."""
    cycles = {span.cycle for span in spans(run, cycle)}
    return 0.0 if not cycles else STRIP * (2.2 if len(cycles) > 1 else 1.0)


def _mark_dissolution(ax: Axes, run: RunData, last: int, named: bool) -> None:
    """A heavy line at the end of a run that dissolved."""
    over = run.events[run.events["event"] == "dissolved"]
    if len(over) and int(over["round"].iloc[0]) == last:
        ax.axvline(
            last + 0.5, color=ALARM, linewidth=2.0, zorder=5, clip_on=False, gid="dissolved",
            label=_("dissolved") if named else None,
        )  # fmt: skip


def changes_from_outside(run: RunData) -> dict[float, str]:
    """When events of the scenario came true, in the middle between two months, and their titles."""
    changed = run.events[run.events["event"] == "changed"]
    found: dict[float, list[str]] = {}
    for month, which in zip(changed["round"], changed["option"], strict=True):
        event = run.scenario.events[int(which) - 1]
        found.setdefault(month + 0.5, []).append(event.title or event.field)
    return {at: "; ".join(texts) for at, texts in found.items()}


def mark_changes(ax: Axes, run: RunData) -> None:
    """A dotted line for each moment at which something changed from outside."""
    low, high = ax.get_xlim()
    for at in changes_from_outside(run):
        if low <= at <= high:
            ax.axvline(at, gid="changed", **FROM_OUTSIDE)


def change_handles(run: RunData) -> list[Artist]:
    """Legend entries for what changed from outside: by their titles, if they are few."""
    found = changes_from_outside(run)
    if not found:
        return []
    words = _("changed from outside")
    if len(found) == 1:
        (title,) = found.values()
        words = textwrap.fill(shorten(title, 50), 25)
    return [Line2D([], [], label=words, **FROM_OUTSIDE)]


def with_breaks(rounds: npt.ArrayLike, values: npt.ArrayLike) -> tuple[Numbers, Numbers]:
    """Months and values with a gap wherever rounds are missing between two of them.

    >>> with_breaks([1, 2, 5], [0.1, 0.2, 0.3])[0].tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    x, y = np.asarray(rounds, dtype=float), np.asarray(values, dtype=float)
    after = np.repeat(np.flatnonzero(np.diff(x) > 1) + 1, 2)
    edges = x[after - 1] + 1
    edges[1::2] = x[after[1::2]] - 1
    return np.insert(x, after, edges), np.insert(y, after, np.nan)


def dress(
    ax: Axes, run: RunData, title: str, unit: str, cycle: int | None = None, strip: bool = True
) -> None:
    """Title, unit and months of a plot over time."""
    month_axis(ax, run, cycle, strip)
    mark_changes(ax, run)
    ax.set_title(title, pad=strip_height(run, cycle) + 4 if strip else 3)
    ax.set_ylabel(unit)


def key(
    ax: Axes,
    handles: Sequence[Artist] | None = None,
    phases_of: RunData | None = None,
    below: bool = False,
) -> None:
    """A legend to the right of the axes, or below them; with the phases of a run, if given."""
    found = list(ax.get_legend_handles_labels()[0] if handles is None else handles)
    found.sort(key=lambda handle: handle.get_label() == _("dissolved"))  # the end comes last
    if phases_of is not None:
        found += [*change_handles(phases_of), *phase_handles(phases_of)]
    if below:
        ax.legend(handles=found, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3)
    else:
        ax.legend(handles=found, loc="upper left", bbox_to_anchor=(1.015, 1.0))


def phase_handles(run: RunData) -> list[Artist]:
    """Legend entries for the backgrounds of the phases that were held."""
    held = {span.phase for span in spans(run)}
    return [
        Patch(facecolor=colour, edgecolor=FAINT, linewidth=0.5, label=_(PHASE_NAMES[phase]))
        for phase, colour in PHASE_COLOURS.items()
        if phase in held
    ]


def require_cycle(run: RunData, cycle: int | None) -> None:
    """Refuse a cycle that the run never began."""
    if cycle is not None and cycle not in set(run.events["cycle"]):
        raise ValueError(_("the run never began cycle {number}", number=cycle))


def why_nothing(run: RunData) -> str:
    """The words for a run without any round."""
    if len(run.rounds):
        return ""
    return _("The collaboration dissolved before its first meeting.")
