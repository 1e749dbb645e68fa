"""Plots of the stakeholders: on the policy plane, and on a ring with their ties.

The plane shows interests, positions, options and the path of the draft. On the ring every
stakeholder keeps its place in all runs and under every form, names do not overlap, and ties within
a sector differ visibly from ties between sectors.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.lines import Line2D
from matplotlib.path import Path

from sim.base.text import _
from sim.engine.tables import RunData
from sim.view.plots.style import (
    FAINT,
    GREY,
    INK,
    LETTER,
    LOOKS,
    MANY,
    NORMAL,
    SMALL,
    Frame,
    in_our_style,
    label_of,
    legend_entry,
    sector_handles,
    sectors_of,
    shorten,
    size_of,
    write_note,
)
from sim.view.plots.timeline import draw_legend, events_of, why_no_rounds
from sim.view.words import the_sector

MAX_POINTS = 120  # of a path; more would not be visible
MAX_NAMES = 36  # on the ring
MAX_TIES = 4_000  # more would only make a grey disc
GAP = 2.0  # free places on the ring between two sectors
FEW_LETTERS = 3  # a label this short needs no line to its mark
LEADER = 16.0  # length of that line, in points
LEGEND_TRUST = (0.2, 0.5, 0.8)  # values of trust in the legend
STRAIGHT = 0.45  # how far a tie stays from the middle of the ring: 1 is a straight line
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@in_our_style
def policy_plane(
    run: RunData, ax: Axes | None = None, *, problem: int | None = None, sectors: bool = True
) -> Axes:
    """Interests, positions, options and the path of the draft.

    Parameters
    ----------
    problem
        Number of the problem, from 1. By default that of the first agreement, else the first.
    sectors
        Name the sectors in the legend.

    Raises
    ------
    ValueError
        The run never took up this problem.
    """
    ax = Frame(4.6, 4.6, right=2.3, bottom=0.6, top=0.35).axes() if ax is None else ax
    ax.set_title(_("What people want and argue for"))
    if not len(run.options):
        ax.set(xticks=[], yticks=[])
        return write_note(ax, why_no_rounds(run))
    problem = first_agreed_problem(run) if problem is None else problem
    if problem not in set(run.options["problem"]):
        raise ValueError(_("the run never took up problem {number}", number=problem))
    if run.options["problem"].nunique() > 1:
        ax.set_title(_("What people want and argue for, problem {number}", number=problem))
    frame_plane(ax, run)
    _draw_positions(ax, run, problem)
    _draw_options(ax, run, problem)
    end = _draw_draft(ax, run, problem)
    handles = sector_handles(run) if sectors else []
    draw_legend(
        ax,
        [*handles, *_mark_handles(), *end, *_option_handles(run, problem, 30 if sectors else 24)],
    )
    return ax


def first_agreed_problem(run: RunData) -> int:
    """Return the problem of the first agreement; without an agreement, the first."""
    agreed = events_of(run, "agreed")["round"]
    if agreed.empty:
        return 1
    return int(run.rounds.loc[run.rounds["round"] == agreed.iloc[0], "problem"].iloc[0])


def frame_plane(ax: Axes, run: RunData) -> None:
    """Set up the unit square, with the scenario's names of the axes and their ends."""
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    for spine in ax.spines.values():
        spine.set(visible=True, color=FAINT)
    axes = run.scenario.problem.axes
    if axes is None:
        ax.set(xlabel=_("first axis"), ylabel=_("second axis"))
        return
    room = int(min(size_of(ax)) / (LETTER * SMALL) / 2) - 1
    gap = SMALL + 2
    across, up = axes
    ax.set_xlabel(shorten(across.name, 2 * room), labelpad=gap if across.low + across.high else 2)
    ax.set_ylabel(shorten(up.name, 2 * room), labelpad=gap if up.low + up.high else 2)
    for end, x, y in ((0, across.low, up.low), (1, across.high, up.high)):
        side = ("left", "right")[end], ("bottom", "top")[end]
        ax.annotate(
            shorten(x, room), (end, 0), (0, -14), xycoords="axes fraction", fontsize=SMALL,
            textcoords="offset points", ha=side[0], va="top", color=GREY, annotation_clip=False,
        )  # fmt: skip
        ax.annotate(
            shorten(y, room), (0, end), (-19, 0), xycoords="axes fraction", fontsize=SMALL,
            textcoords="offset points", ha="right", va=side[1], color=GREY, rotation=90,
            annotation_clip=False,
        )  # fmt: skip


def position_paths(run: RunData, problem: int) -> tuple[pd.DataFrame, Numbers]:
    """Return how the positions of all stakeholders moved during one problem.

    Returns
    -------
    rows : DataFrame
        The rows of ``run.paths`` in the problem's last round.
    paths : array of shape (stakeholders, points, 2)
        The positions, starting from each stakeholder's interest.
    """
    rounds = run.rounds.loc[run.rounds["problem"] == problem, "round"]
    count = len(run.stakeholders)
    first, last = int(rounds.min()) - 1, int(rounds.max())
    rows = run.paths.iloc[first * count : last * count]
    places = rows[["position_x", "position_y"]].to_numpy().reshape(-1, count, 2)
    wanted = rows[["interest_x", "interest_y"]].to_numpy()[:count]
    every = max(1, -(-len(places) // MAX_POINTS))
    places = np.concatenate([wanted[None], places[:-1:every], places[-1:]])
    return rows.iloc[-count:], places.swapaxes(0, 1)


def _draw_positions(ax: Axes, run: RunData, problem: int) -> None:
    """Draw interests hollow, positions filled, and the paths between them."""
    if not len(run.rounds) or problem not in set(run.rounds["problem"]):
        return
    rows, ways = position_paths(run, problem)
    sector = run.stakeholders["sector"].to_numpy()
    there = rows["at_table"].to_numpy(dtype=bool)
    many = len(rows) > MANY
    size = 9 if many else 22
    for name in sectors_of(run):
        look, own = LOOKS[name], sector == name
        lines = LineCollection(
            list(ways[own & there]), colors=look.colour, linewidths=0.4 if many else 0.8,
            alpha=0.35 if many else 0.6, zorder=2, rasterized=many, gid=f"ways of {name}",
        )  # fmt: skip
        ax.add_collection(lines, autolim=False)
        for kind, who, face in (("wants", own, "white"), ("argues for", own & there, look.colour)):
            columns = (
                ["interest_x", "interest_y"] if kind == "wants" else ["position_x", "position_y"]
            )
            x, y = rows.loc[who, columns].to_numpy().T
            ax.scatter(
                x, y, size, marker=look.marker, facecolor=face, edgecolor=look.colour,
                linewidth=0.7, alpha=None if kind == "wants" else 0.9, clip_on=False,
                zorder=3 if kind == "wants" else 4, rasterized=many, gid=f"{name} {kind}",
            )  # fmt: skip


def _draw_options(ax: Axes, run: RunData, problem: int) -> None:
    """Draw the options, each with its number where there is most room."""
    options = run.options[run.options["problem"] == problem]
    places = options[["x", "y"]].to_numpy()
    ax.plot(
        *places.T, "P", color="white", markeredgecolor=INK, markersize=7, zorder=5, gid="options"
    )
    width, height = size_of(ax)
    taken = places * min(width, height)
    for number, place in zip(options["option"], places, strict=True):
        around = [(9 * np.cos(a), 9 * np.sin(a)) for a in np.arange(8) * np.pi / 4]
        here = place * min(width, height)
        free = [np.sort(np.hypot(*(taken - here - shift).T))[:2].sum() for shift in around]
        best = around[int(np.argmax(free))]
        taken = np.vstack([taken, here + best])
        ax.annotate(
            str(number), (place[0], place[1]), best, textcoords="offset points", ha="center",
            va="center", fontsize=NORMAL, weight="bold", zorder=7, gid="option",
            bbox={"boxstyle": "round,pad=0.08", "facecolor": "white", "linewidth": 0, "alpha": 0.7},
        )  # fmt: skip


def _draw_draft(ax: Axes, run: RunData, problem: int) -> list[Line2D]:
    """Return the way of every option that led, as it was amended, and where the last one ended."""
    debated = run.rounds[
        (run.rounds["problem"] == problem)
        & (run.rounds["phase"] == "debate")
        & run.rounds["option"].notna()
    ]
    if debated.empty:
        return []
    options = run.options[run.options["problem"] == problem].set_index("option")
    last = debated.iloc[-1]
    for option, rows in debated.groupby("option"):
        start = options.loc[option, ["x", "y"]].to_numpy(dtype=float)
        way = np.vstack([start, rows[["option_x", "option_y"]].to_numpy()])
        final = option == last["option"]
        ax.plot(
            *way.T, color=INK, linewidth=1.8 if final else 0.9, zorder=5.5,
            linestyle="-" if final else (0, (2, 1)), gid="draft" if final else "former draft",
        )  # fmt: skip
    agreed = bool((events_of(run, "agreed")["round"] == last["round"]).any())
    label = _("where it ended, not agreed") if run.scenario.decide else _("where it ended")
    label = _("where it was agreed") if agreed else label
    (end,) = ax.plot(
        [last["option_x"]], [last["option_y"]], "*" if agreed else "X", color=INK, zorder=8,
        markersize=13 if agreed else 8, markeredgecolor="white", gid="end", label=label,
    )  # fmt: skip
    found = [legend_entry(_("draft, as it was amended"), color=INK, linewidth=1.8), end]
    if debated["option"].nunique() > 1:
        dashes = {"color": INK, "linewidth": 0.9, "linestyle": (0, (2, 1))}
        found.insert(1, legend_entry(_("earlier drafts"), **dashes))
    return found


def _mark_handles() -> list[Line2D]:
    """Return the legend entries of interests, positions and options."""
    dot = {"marker": "o", "color": GREY}
    option = {"marker": "P", "color": "white", "markeredgecolor": INK, "markersize": 7}
    return [
        legend_entry(
            _("interest: what each wants"), linestyle="none", markerfacecolor="white", **dot
        ),
        legend_entry(_("position: what it argues for"), linewidth=0.8, **dot),
        legend_entry(_("option"), linestyle="none", **option),
    ]


def _option_handles(run: RunData, problem: int, most: int) -> list[Line2D]:
    """Return legend entries without a mark that name the numbered options."""
    found = []
    options = run.options[run.options["problem"] == problem]
    for number, name, sector in options[["option", "name", "sector"]].itertuples(index=False):
        words = describe_option(name, sector)
        words = shorten(words, most) if isinstance(name, str) else words
        found.append(legend_entry(f"{number}  {words}", linestyle="none"))
    return found


def describe_option(name: object, sector: object) -> str:
    """Return an option's listed name, the sector that proposes it, or "a middle way".

    >>> describe_option(None, "government")
    'proposal of government'
    """
    if isinstance(name, str):
        return " ".join(name.split())
    if isinstance(sector, str):
        return _("proposal of {sector}", sector=the_sector(sector))
    return _("a middle way")


class Ties(NamedTuple):
    """Ties without direction: the rows of both ends, and mean trust of the two."""

    one: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]
    trust: Numbers


def ring_angles(run: RunData) -> Numbers:
    """Return the place of each stakeholder on the ring.

    Stakeholders are grouped by sector, with the most powerful ones in the middle of their sector.

    Returns
    -------
    array
        An angle for each row of ``run.stakeholders``; government is at the top.
    """
    stakeholders = run.stakeholders
    places = np.zeros(len(stakeholders))
    sectors = sectors_of(run)
    step = 2 * np.pi / (len(stakeholders) + GAP * len(sectors))
    at = 0.0
    clockwise = [s for s in ("government", "private", "civil_society", "community") if s in sectors]
    for sector in clockwise:
        rows = np.flatnonzero(stakeholders["sector"] == sector)
        by_power = rows[np.argsort(-stakeholders["power"].to_numpy()[rows], kind="stable")]
        # 0, 1, 2, ... from the middle outward: ..., 3, 1, 0, 2, 4, ...
        order = np.concatenate([by_power[1::2][::-1], by_power[::2]])
        places[order] = at + step * np.arange(len(rows))
        at += step * (len(rows) + GAP)
    first = np.flatnonzero(stakeholders["sector"] == clockwise[0])
    middle = (places[first].min() + places[first].max()) / 2
    return np.asarray(np.pi / 2 - (places - middle))


def mean_ties(run: RunData, column: str) -> Ties:
    """Return the ties of a run, one for each pair, with the mean trust of both directions."""
    row = pd.Series(np.arange(len(run.stakeholders)), index=run.stakeholders["name"])
    one = row.loc[run.ties["from"]].to_numpy()
    other = row.loc[run.ties["to"]].to_numpy()
    low, high = np.minimum(one, other), np.maximum(one, other)
    means = run.ties[column].groupby([low, high]).mean()
    index = means.index
    return Ties(
        np.asarray(index.get_level_values(0), dtype=np.int64),
        np.asarray(index.get_level_values(1), dtype=np.int64),
        means.to_numpy(dtype=np.float64),
    )


@in_our_style
def network(
    run: RunData,
    ax: Axes | None = None,
    *,
    when: Literal["start", "end"] = "end",
    sectors: bool = True,
) -> Axes:
    """Stakeholders and their ties, shaded by trust; those who are not members are hollow.

    Parameters
    ----------
    when
        Whether to show trust and members at the start or at the end of the run.
    sectors
        Name the sectors in the legend.

    Raises
    ------
    ValueError
        ``when`` has another value.
    """
    if when not in ("start", "end"):
        raise ValueError(_('when must be "start" or "end", not {word!r}', word=when))
    ax = Frame(6.6, 5.0, left=0.2, right=1.9, bottom=0.2, top=0.4).axes() if ax is None else ax
    end = when == "end"
    ax.set_title(_("Who trusts whom, at the end") if end else _("Who trusts whom, at first"))
    member = run.stakeholders["member" if end else "took_part"].to_numpy(dtype=bool)
    ties = mean_ties(run, "trust" if end else "trust_before")
    angles = ring_angles(run)
    names = len(angles) <= MAX_NAMES
    frame_ring(ax, run if names else None)
    drawn = _draw_ties(ax, angles, ties, member)
    draw_stakeholders(ax, run, angles, member, seated_members(run, when))
    if names:
        label_stakeholders(ax, run, angles, member)
    handles = sector_handles(run) if sectors else []
    draw_legend(
        ax,
        [*handles, *_network_handles(len(ties.trust), drawn, member, seated_members(run, when))],
        below=not sectors,
    )
    return ax


def frame_ring(ax: Axes, named: RunData | None) -> None:
    """Set up axes with room for the ring and, if a run is given, for its names around it."""
    ax.set_axis_off()
    width, height = size_of(ax)
    longest = 0 if named is None else max(map(len, _labels(ax, named)))
    beside = longest * LETTER * SMALL + (LEADER if longest > FEW_LETTERS else SMALL)
    above = 6.0 if longest > FEW_LETTERS else 6.0 + SMALL
    radius = max(min(width / 2 - beside, height / 2 - above), 0.2 * height)
    across, up = width / 2 / radius, height / 2 / radius
    ax.set(xlim=(-across, across), ylim=(-up, up), aspect="equal")


def _labels(ax: Axes, run: RunData) -> list[str]:
    """Return a label for each stakeholder that fits on the axes."""
    width, _height = size_of(ax)
    most = max(8, int((width / 2 - LEADER) / 1.75 / (LETTER * SMALL)))
    return [label_of(run, name, most) for name in run.stakeholders["name"]]


def tie_curves(angles: Numbers, ties: Ties) -> list[Path]:
    """Return each tie as a curve inside the ring."""
    x, y = np.cos(angles), np.sin(angles)
    one = np.column_stack([x[ties.one], y[ties.one]])
    other = np.column_stack([x[ties.other], y[ties.other]])
    middle = STRAIGHT * (one + other) / 2
    codes = [Path.MOVETO, Path.CURVE3, Path.CURVE3]
    return [Path([a, b, c], codes) for a, b, c in zip(one, middle, other, strict=True)]


def trust_grey(trust: Numbers) -> Numbers:
    """Return a grey for each value of trust; more trust is darker."""
    grey = np.clip(0.88 - 0.8 * np.asarray(trust, dtype=float), 0.0, 0.9)
    return np.column_stack([grey, grey, grey])


def _draw_ties(ax: Axes, angles: Numbers, ties: Ties, member: Flags) -> int:
    """Draw ties, those with most trust on top, and return how many were drawn."""
    every = max(1, -(-len(ties.trust) // MAX_TIES))
    order = np.argsort(ties.trust, kind="stable")[::every]
    ties = Ties(ties.one[order], ties.other[order], ties.trust[order])
    alive = member[ties.one] & member[ties.other]
    many = len(ties.trust) > 8 * MANY
    for who, gid in ((~alive, "ties of who is no member"), (alive, "ties")):
        chosen = Ties(ties.one[who], ties.other[who], ties.trust[who])
        width = (0.3 + 1.5 * chosen.trust) * (0.4 if many else 1.0)
        collection = PathCollection(
            tie_curves(angles, chosen), facecolors="none", edgecolors=trust_grey(chosen.trust),
            linewidths=width if gid == "ties" else 0.4, zorder=2, gid=gid, rasterized=many,
            alpha=(0.5 if many else 0.85) if gid == "ties" else 0.45,
            linestyles="-" if gid == "ties" else (0, (1, 2)),
        )  # fmt: skip
        ax.add_collection(collection, autolim=False)
    return len(order)


def marker_areas(run: RunData, ax: Axes) -> Numbers:
    """Return marker areas by power that fit on the ring."""
    weight = relative_power(run)
    spacing = 2 * np.pi * min(size_of(ax)) / 3 / len(weight)
    return weight * min(60.0, max(2.0, 0.45 * spacing * spacing))


def relative_power(run: RunData) -> Numbers:
    """Return the power of each stakeholder relative to the mean, within limits."""
    power = run.stakeholders["power"].to_numpy()
    return np.asarray(np.clip(power * len(power), 0.25, 5.0))


def seated_members(run: RunData, when: Literal["start", "end"]) -> Flags:
    """Return who has a seat at the table; nobody if all members have one."""
    table = run.stakeholders
    if when == "start" and len(run.rounds):
        table = run.paths.iloc[: len(table)]
    member, seated = (table[name].to_numpy(dtype=bool) for name in ("member", "at_table"))
    return seated & bool((seated != member).any())


def draw_stakeholders(
    ax: Axes, run: RunData, angles: Numbers, member: Flags, seated: Flags
) -> None:
    """Draw members filled, others hollow, seats with a dark edge, and areas by power."""
    sector, area = run.stakeholders["sector"].to_numpy(), marker_areas(run, ax)
    for name in sectors_of(run):
        own, look = sector == name, LOOKS[name]
        face = [look.colour if is_in else "white" for is_in in member[own]]
        edge = [INK if sits else look.colour for sits in seated[own]]
        ax.scatter(
            np.cos(angles[own]), np.sin(angles[own]), area[own], marker=look.marker,
            facecolor=face, edgecolor=edge, linewidth=np.where(seated[own], 1.4, 0.8),
            clip_on=False, zorder=4, gid=name,
        )  # fmt: skip


def label_stakeholders(ax: Axes, run: RunData, angles: Numbers, member: Flags) -> None:
    """Write numbers beside the marks, or names in a column on each side with a line to the mark."""
    labels = _labels(ax, run)
    up = ax.get_ylim()[1]
    a_point = up / (size_of(ax)[1] / 2)  # in the units of the ring
    x, y = np.cos(angles), np.sin(angles)
    if max(map(len, labels)) <= FEW_LETTERS:
        away = 1 + a_point * (3 + SMALL / 2 + np.sqrt(marker_areas(run, ax)) / 2)
        for who, label in enumerate(labels):
            ax.text(
                away[who] * x[who], away[who] * y[who], label, fontsize=SMALL, ha="center",
                va="center", color="black" if member[who] else GREY, gid="name",
            )  # fmt: skip
        return
    for side in (-1.0, 1.0):
        rows = np.flatnonzero((x < -1e-9) == (side < 0))
        rows = rows[np.argsort(y[rows], kind="stable")]
        heights = spread_apart(y[rows], 1.3 * SMALL * a_point, up - SMALL * a_point / 2)
        for row, height in zip(rows, heights, strict=True):
            colour = "black" if member[row] else GREY
            ax.annotate(
                labels[row], (x[row], y[row]), (side * (1 + LEADER * a_point), height),
                fontsize=SMALL, ha="right" if side < 0 else "left", va="center", color=colour,
                gid="name", annotation_clip=False, zorder=1, arrowprops={
                    "arrowstyle": "-", "linewidth": 0.4, "color": FAINT, "shrinkA": 0, "shrinkB": 0,
                    "relpos": (1.0 if side < 0 else 0.0, 0.5),
                },
            )  # fmt: skip


def spread_apart(wanted: Numbers, apart: float, most: float) -> Numbers:
    """Return heights near the wanted ones (ascending), with a distance, within -most and most.

    >>> spread_apart(np.array([0.0, 0.0, 0.0]), 0.5, 1.0).tolist()
    [-0.5, 0.0, 0.5]
    """
    apart = min(apart, 2 * most / max(1, len(wanted) - 1))
    steps = apart * np.arange(len(wanted))
    # Once the minimum distances are subtracted, the heights only must not fall. The closest such
    # heights are means of pools of neighbours in the wrong order (isotonic regression).
    pools: list[list[float]] = []
    for height in wanted - steps:
        pools.append([float(height), 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            value, count = pools.pop()
            before, others = pools[-1]
            pools[-1] = [(before * others + value * count) / (others + count), others + count]
    level = np.array([value for value, count in pools for _each in range(int(count))])
    highest = most - float(steps[-1]) if len(steps) else most
    return np.asarray(np.clip(level, -most, highest) + steps)


def _network_handles(ties: int, drawn: int, member: Flags, seated: Flags) -> list[Line2D]:
    """Return the legend entries of greys and marks, and of ties that are not drawn."""
    found = [
        legend_entry(_("trust {trust:.1f}", trust=trust), color=grey, linewidth=0.3 + 1.5 * trust)
        for trust, grey in zip(LEGEND_TRUST, trust_grey(np.array(LEGEND_TRUST)), strict=True)
    ]
    mark: dict[str, Any] = {"marker": "o", "linestyle": "none", "color": GREY}
    if not member.all():
        dots = {"color": GREY, "linewidth": 0.5, "linestyle": (0, (1, 2))}
        found.append(legend_entry(_("tie with who is no member"), **dots))
        found.append(legend_entry(_("no member"), markerfacecolor="white", **mark))
    if seated.any():
        found.append(legend_entry(_("at the table"), markeredgecolor=INK, **mark))
    found.append(legend_entry(_("the larger, the more power"), markersize=8, **mark))
    if drawn < ties:
        text = _("{drawn} of {all} ties are drawn", drawn=drawn, all=ties)
        found.append(legend_entry(text, linestyle="none"))
    return found
