"""Who listens to whom: the stakeholders on a ring, sector by sector, with their ties inside it.

On a ring every stakeholder keeps its place from run to run and under every form, names never lie
on each other, and it is seen at once whether ties stay inside a sector or lead across.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.path import Path

from sim.engine.result import RunData
from sim.language import _
from sim.view.pictures.style import (
    FAINT,
    GREY,
    INK,
    LETTER,
    LOOKS,
    MANY,
    SMALL,
    Frame,
    entry,
    in_our_style,
    label_of,
    sector_handles,
    sectors_of,
    size_of,
)
from sim.view.pictures.timeline import key

MOST_NAMES = 36
MOST_TIES = 4_000  # more would only be a grey disc
GAP = 2.0  # places left free between two sectors
FEW_LETTERS = 3  # a label so short needs no line to its mark
LEADER = 16.0  # length of that line, in points
SHOWN = (0.2, 0.5, 0.8)  # shades of trust in the legend
STRAIGHT = 0.45  # how far a tie keeps from the middle of the ring: 1 is a straight line
Numbers = npt.NDArray[np.float64]
Yes = npt.NDArray[np.bool_]


class Pairs(NamedTuple):
    """Ties without direction: the rows of both ends, and the mean of both trusts."""

    one: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]
    trust: Numbers


def ring(run: RunData) -> Numbers:
    """Where each stakeholder stands: sector by sector, the most powerful in a sector's middle.

    Returns
    -------
    Angles, one a row of ``run.stakeholders``; government is at the top.
    """
    people = run.stakeholders
    places = np.zeros(len(people))
    sectors = sectors_of(run)
    step = 2 * np.pi / (len(people) + GAP * len(sectors))
    at = 0.0
    clockwise = [s for s in ("government", "private", "civil_society", "community") if s in sectors]
    for sector in clockwise:
        rows = np.flatnonzero(people["sector"] == sector)
        by_power = rows[np.argsort(-people["power"].to_numpy()[rows], kind="stable")]
        # 0, 1, 2, ... from the middle outward: ..., 3, 1, 0, 2, 4, ...
        order = np.concatenate([by_power[1::2][::-1], by_power[::2]])
        places[order] = at + step * np.arange(len(rows))
        at += step * (len(rows) + GAP)
    first = np.flatnonzero(people["sector"] == clockwise[0])
    middle = (places[first].min() + places[first].max()) / 2
    return np.asarray(np.pi / 2 - (places - middle))


def pairs(run: RunData, column: str) -> Pairs:
    """The ties of a run, one a pair, with the mean trust of its two directions."""
    row = pd.Series(np.arange(len(run.stakeholders)), index=run.stakeholders["name"])
    one = row.loc[run.ties["from"]].to_numpy()
    other = row.loc[run.ties["to"]].to_numpy()
    low, high = np.minimum(one, other), np.maximum(one, other)
    means = run.ties[column].groupby([low, high]).mean()
    index = means.index
    return Pairs(
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
    """The stakeholders and their ties, shaded by trust; who is no member is hollow.

    Parameters
    ----------
    when
        Trust and members at the start or at the end of the run.
    sectors
        Name the sectors in the legend.

    Raises
    ------
    ValueError
        Another word for when.
    """
    if when not in ("start", "end"):
        raise ValueError(_('when must be "start" or "end", not {word!r}', word=when))
    ax = Frame(6.6, 5.0, left=0.2, right=1.9, bottom=0.2, top=0.4).axes() if ax is None else ax
    end = when == "end"
    ax.set_title(_("Who trusts whom, at the end") if end else _("Who trusts whom, at first"))
    member = run.stakeholders["member" if end else "took_part"].to_numpy(dtype=bool)
    ties = pairs(run, "trust" if end else "trust_before")
    angles = ring(run)
    names = len(angles) <= MOST_NAMES
    frame_ring(ax, run if names else None)
    drawn = _draw_ties(ax, angles, ties, member)
    draw_people(ax, run, angles, member, at_the_table(run, when))
    if names:
        name_people(ax, run, angles, member)
    handles = sector_handles(run) if sectors else []
    key(
        ax,
        [*handles, *_legend(len(ties.trust), drawn, member, at_the_table(run, when))],
        below=not sectors,
    )
    return ax


def frame_ring(ax: Axes, named: RunData | None) -> None:
    """Room for the ring, and around it for the names of a run, if they are to be written."""
    ax.set_axis_off()
    width, height = size_of(ax)
    longest = 0 if named is None else max(map(len, _labels(ax, named)))
    beside = longest * LETTER * SMALL + (LEADER if longest > FEW_LETTERS else SMALL)
    above = 6.0 if longest > FEW_LETTERS else 6.0 + SMALL
    radius = max(min(width / 2 - beside, height / 2 - above), 0.2 * height)
    across, up = width / 2 / radius, height / 2 / radius
    ax.set(xlim=(-across, across), ylim=(-up, up), aspect="equal")


def _labels(ax: Axes, run: RunData) -> list[str]:
    """What to write beside each stakeholder, in the room that axes have."""
    width, _height = size_of(ax)
    most = max(8, int((width / 2 - LEADER) / 1.75 / (LETTER * SMALL)))
    return [label_of(run, name, most) for name in run.stakeholders["name"]]


def curves(angles: Numbers, ties: Pairs) -> list[Path]:
    """A tie as a curve inside the ring, from one end to the other."""
    x, y = np.cos(angles), np.sin(angles)
    one = np.column_stack([x[ties.one], y[ties.one]])
    other = np.column_stack([x[ties.other], y[ties.other]])
    middle = STRAIGHT * (one + other) / 2
    codes = [Path.MOVETO, Path.CURVE3, Path.CURVE3]
    return [Path([a, b, c], codes) for a, b, c in zip(one, middle, other, strict=True)]


def shade(trust: Numbers) -> Numbers:
    """Grey for trust: the darker, the more."""
    grey = np.clip(0.88 - 0.8 * np.asarray(trust, dtype=float), 0.0, 0.9)
    return np.column_stack([grey, grey, grey])


def _draw_ties(ax: Axes, angles: Numbers, ties: Pairs, member: Yes) -> int:
    """Ties, the trusting ones on top; says how many were drawn."""
    every = max(1, -(-len(ties.trust) // MOST_TIES))
    order = np.argsort(ties.trust, kind="stable")[::every]
    ties = Pairs(ties.one[order], ties.other[order], ties.trust[order])
    alive = member[ties.one] & member[ties.other]
    many = len(ties.trust) > 8 * MANY
    for who, gid in ((~alive, "ties of who is no member"), (alive, "ties")):
        chosen = Pairs(ties.one[who], ties.other[who], ties.trust[who])
        width = (0.3 + 1.5 * chosen.trust) * (0.4 if many else 1.0)
        collection = PathCollection(
            curves(angles, chosen), facecolors="none", edgecolors=shade(chosen.trust),
            linewidths=width if gid == "ties" else 0.4, zorder=2, gid=gid, rasterized=many,
            alpha=(0.5 if many else 0.85) if gid == "ties" else 0.45,
            linestyles="-" if gid == "ties" else (0, (1, 2)),
        )  # fmt: skip
        ax.add_collection(collection, autolim=False)
    return len(order)


def sizes(run: RunData, ax: Axes) -> Numbers:
    """Marker areas by power, such that the ring has room for them."""
    weight = weights(run)
    spacing = 2 * np.pi * min(size_of(ax)) / 3 / len(weight)
    return weight * min(60.0, max(2.0, 0.45 * spacing * spacing))


def weights(run: RunData) -> Numbers:
    """How large the mark of each stakeholder is, by its power; 1 for the mean."""
    power = run.stakeholders["power"].to_numpy()
    return np.asarray(np.clip(power * len(power), 0.25, 5.0))


def at_the_table(run: RunData, when: Literal["start", "end"]) -> Yes:
    """Who has a seat, where some members have none; else nobody, as there is nothing to tell."""
    people = run.stakeholders
    if when == "end" or not len(run.rounds):
        member, seated = people["member"], people["at_table"]
    else:
        first = run.paths.iloc[: len(people)]
        member, seated = first["member"], first["at_table"]
    found = seated.to_numpy(dtype=bool)
    return found & bool((found != member.to_numpy(dtype=bool)).any())


def draw_people(ax: Axes, run: RunData, angles: Numbers, member: Yes, seated: Yes) -> None:
    """Members filled, others hollow; ringed at the table; the larger, the more power."""
    sector, area = run.stakeholders["sector"].to_numpy(), sizes(run, ax)
    for name in sectors_of(run):
        own, look = sector == name, LOOKS[name]
        face = [look.colour if is_in else "white" for is_in in member[own]]
        edge = [INK if sits else look.colour for sits in seated[own]]
        ax.scatter(
            np.cos(angles[own]), np.sin(angles[own]), area[own], marker=look.marker,
            facecolor=face, edgecolor=edge, linewidth=np.where(seated[own], 1.4, 0.8),
            clip_on=False, zorder=4, gid=name,
        )  # fmt: skip


def name_people(ax: Axes, run: RunData, angles: Numbers, member: Yes) -> None:
    """Numbers close to the marks; names in a column on each side, with a line to the mark."""
    labels = _labels(ax, run)
    up = ax.get_ylim()[1]
    a_point = up / (size_of(ax)[1] / 2)  # in the units of the ring
    x, y = np.cos(angles), np.sin(angles)
    if max(map(len, labels)) <= FEW_LETTERS:
        away = 1 + a_point * (3 + SMALL / 2 + np.sqrt(sizes(run, ax)) / 2)
        for who, label in enumerate(labels):
            ax.text(
                away[who] * x[who], away[who] * y[who], label, fontsize=SMALL, ha="center",
                va="center", color="black" if member[who] else GREY, gid="name",
            )  # fmt: skip
        return
    for side in (-1.0, 1.0):
        rows = np.flatnonzero((x < -1e-9) == (side < 0))
        rows = rows[np.argsort(y[rows], kind="stable")]
        heights = spread(y[rows], 1.3 * SMALL * a_point, up - SMALL * a_point / 2)
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


def spread(wanted: Numbers, apart: float, most: float) -> Numbers:
    """Heights near those wanted (ascending) that keep apart and stay within -most and most.

    >>> spread(np.array([0.0, 0.0, 0.0]), 0.5, 1.0).tolist()
    [-0.5, 0.0, 0.5]
    """
    apart = min(apart, 2 * most / max(1, len(wanted) - 1))
    steps = apart * np.arange(len(wanted))
    # Without their steps, heights that keep apart are heights that do not fall; the closest ones
    # are the means of the largest pools whose order is wrong (isotonic regression).
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


def _legend(ties: int, drawn: int, member: Yes, seated: Yes) -> list[Line2D]:
    """Legend entries for shades and marks, and for ties that are left out."""
    found = [
        entry(_("trust {trust:.1f}", trust=trust), color=grey, linewidth=0.3 + 1.5 * trust)
        for trust, grey in zip(SHOWN, shade(np.array(SHOWN)), strict=True)
    ]
    mark: dict[str, Any] = {"marker": "o", "linestyle": "none", "color": GREY}
    if not member.all():
        dots = {"color": GREY, "linewidth": 0.5, "linestyle": (0, (1, 2))}
        found.append(entry(_("tie with who is no member"), **dots))
        found.append(entry(_("no member"), markerfacecolor="white", **mark))
    if seated.any():
        found.append(entry(_("at the table"), markeredgecolor=INK, **mark))
    found.append(entry(_("the larger, the more power"), markersize=8, **mark))
    if drawn < ties:
        text = _("{drawn} of {all} ties are drawn", drawn=drawn, all=ties)
        found.append(entry(text, linestyle="none"))
    return found
