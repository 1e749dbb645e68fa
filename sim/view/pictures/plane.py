"""The policy plane: what people want, what they argue for, and where the draft went."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from sim.engine.result import RunData
from sim.language import _
from sim.view.pictures.style import (
    FAINT,
    GREY,
    INK,
    LETTER,
    LOOKS,
    MANY,
    NORMAL,
    SMALL,
    Frame,
    entry,
    in_our_style,
    say,
    sector_handles,
    sectors_of,
    shorten,
    size_of,
)
from sim.view.pictures.timeline import key, why_nothing
from sim.view.words import the_sector

MOST_POINTS = 120  # of a path; more would not be seen
Places = npt.NDArray[np.float64]


@in_our_style
def policy_plane(
    run: RunData, ax: Axes | None = None, *, problem: int | None = None, sectors: bool = True
) -> Axes:
    """What people want, what they argued for, the options, and the way of the draft.

    Parameters
    ----------
    problem
        Which problem, from 1; the one of the first agreement, if not given, else the first.
    sectors
        Name the sectors in the legend.

    Raises
    ------
    ValueError
        The run never took up that problem.
    """
    ax = Frame(4.6, 4.6, right=2.3, bottom=0.6, top=0.35).axes() if ax is None else ax
    ax.set_title(_("What people want and argue for"))
    if not len(run.options):
        ax.set(xticks=[], yticks=[])
        return say(ax, why_nothing(run))
    problem = first_agreed(run) if problem is None else problem
    if problem not in set(run.options["problem"]):
        raise ValueError(_("the run never took up problem {number}", number=problem))
    if run.options["problem"].nunique() > 1:
        ax.set_title(_("What people want and argue for, problem {number}", number=problem))
    frame_plane(ax, run)
    _draw_people(ax, run, problem)
    _draw_options(ax, run, problem)
    end = _draw_draft(ax, run, problem)
    handles = sector_handles(run) if sectors else []
    key(ax, [*handles, *_marks(), *end, *_option_handles(run, problem, 30 if sectors else 24)])
    return ax


def first_agreed(run: RunData) -> int:
    """The problem of the first agreement; without one, the first."""
    agreed = run.events.loc[run.events["event"] == "agreed", "round"]
    if agreed.empty:
        return 1
    return int(run.rounds.loc[run.rounds["round"] == agreed.iloc[0], "problem"].iloc[0])


def frame_plane(ax: Axes, run: RunData) -> None:
    """The unit square, with the scenario's words for its axes and for their ends."""
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


def walked(run: RunData, problem: int) -> tuple[pd.DataFrame, Places]:
    """Who stood where in a problem: the last row of each stakeholder, and all ways.

    Returns
    -------
    The last round's rows of ``run.paths``, and the ways as an array of shape (stakeholders,
    points, 2), which begin at what each wants.
    """
    rounds = run.rounds.loc[run.rounds["problem"] == problem, "round"]
    people = len(run.stakeholders)
    first, last = int(rounds.min()) - 1, int(rounds.max())
    rows = run.paths.iloc[first * people : last * people]
    places = rows[["position_x", "position_y"]].to_numpy().reshape(-1, people, 2)
    wanted = rows[["interest_x", "interest_y"]].to_numpy()[:people]
    every = max(1, -(-len(places) // MOST_POINTS))
    places = np.concatenate([wanted[None], places[:-1:every], places[-1:]])
    return rows.iloc[-people:], places.swapaxes(0, 1)


def _draw_people(ax: Axes, run: RunData, problem: int) -> None:
    """Interests hollow, positions filled, the ways between them."""
    if not len(run.rounds) or problem not in set(run.rounds["problem"]):
        return
    rows, ways = walked(run, problem)
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
    """The options at their places, by number, each number where there is room for it."""
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
    """The way of every option that led, as it was amended, and where the last one ended."""
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
    agreed = bool((run.events.loc[run.events["event"] == "agreed", "round"] == last["round"]).any())
    label = _("where it ended, not agreed") if run.scenario.decide else _("where it ended")
    label = _("where it was agreed") if agreed else label
    (end,) = ax.plot(
        [last["option_x"]], [last["option_y"]], "*" if agreed else "X", color=INK, zorder=8,
        markersize=13 if agreed else 8, markeredgecolor="white", gid="end", label=label,
    )  # fmt: skip
    found = [entry(_("draft, as it was amended"), color=INK, linewidth=1.8), end]
    if debated["option"].nunique() > 1:
        dashes = {"color": INK, "linewidth": 0.9, "linestyle": (0, (2, 1))}
        found.insert(1, entry(_("earlier drafts"), **dashes))
    return found


def _marks() -> list[Line2D]:
    """Legend entries for what people want and argue for."""
    dot = {"marker": "o", "color": GREY}
    option = {"marker": "P", "color": "white", "markeredgecolor": INK, "markersize": 7}
    return [
        entry(_("interest: what each wants"), linestyle="none", markerfacecolor="white", **dot),
        entry(_("position: what it argues for"), linewidth=0.8, **dot),
        entry(_("option"), linestyle="none", **option),
    ]


def _option_handles(run: RunData, problem: int, most: int) -> list[Line2D]:
    """Legend entries that only say what the options' numbers stand for."""
    found = []
    options = run.options[run.options["problem"] == problem]
    for number, name, sector in options[["option", "name", "sector"]].itertuples(index=False):
        words = option_words(name, sector)
        words = shorten(words, most) if isinstance(name, str) else words
        found.append(entry(f"{number}  {words}", linestyle="none"))
    return found


def option_words(name: object, sector: object) -> str:
    """What an option is: its listed name, whose own proposal it is, or a middle way.

    >>> option_words(None, "government")
    'proposal of government'
    """
    if isinstance(name, str):
        return " ".join(name.split())
    if isinstance(sector, str):
        return _("proposal of {sector}", sector=the_sector(sector))
    return _("a middle way")
