"""Who is in, who is out."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sim.engine.result import RunData
from sim.language import _
from sim.view.pictures.style import (
    GREY,
    INK,
    LOOKS,
    OVER_TIME,
    in_our_style,
    say,
    sectors_of,
)
from sim.view.pictures.timeline import dress, key, why_nothing
from sim.view.words import sector_name


@in_our_style
def membership(
    run: RunData, ax: Axes | None = None, *, strip: bool = True, sectors: bool = True
) -> Axes:
    """Members by sector, the table, and who left or came back.

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
    dress(ax, run, _("Members and the table"), _("stakeholders"), strip=strip)
    if not len(run.rounds):
        away = int((run.events["event"] == "stayed_away").sum())
        text = _("{away} of {all} stakeholders stayed away.", away=away, all=everyone)
        return say(ax, f"{why_nothing(run)} {text}")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    sector = run.paths["name"].map(run.stakeholders.set_index("name")["sector"])
    counts = run.paths["member"].groupby([run.paths["round"], sector]).sum().unstack(fill_value=0)
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
    handles.append(Line2D([], [], color=GREY, linestyle=(0, (1, 1)), label=_("all stakeholders")))
    key(ax, handles, phases_of=run if own else None)
    return ax


def _mark_comings_and_goings(ax: Axes, run: RunData, members: npt.NDArray[np.float64]) -> None:
    """Who left (down) and returned (up) after a round, at the height of those who were members."""
    labels = {
        "stayed_away": _("stayed away"),
        "left": _("left"),
        "returned": _("returned"),
    }
    for event, marker in (("stayed_away", "v"), ("left", "v"), ("returned", "^")):
        at = run.events.loc[run.events["event"] == event, "round"].value_counts().sort_index()
        if at.empty:
            continue
        x = at.index.to_numpy(dtype=float) + 0.5
        y = members[np.maximum(at.index.to_numpy(), 1) - 1]
        ax.plot(
            x, y, marker, color=INK, markersize=5, clip_on=False, zorder=6, gid=event,
            markeredgecolor="white", markeredgewidth=0.6,
            label=f"{labels[event]}: {int(at.sum())}",
        )  # fmt: skip
