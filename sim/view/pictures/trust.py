"""Whom the sectors trust, month by month."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.engine.result import RunData
from sim.language import _
from sim.scenario import SECTORS
from sim.view.pictures.style import (
    GREY,
    LOOKS,
    OVER_TIME,
    Picture,
    in_our_style,
    say,
    sectors_of,
)
from sim.view.pictures.timeline import change_handles, dress, key, why_nothing
from sim.view.words import sector_name, the_sector


@in_our_style
def trust(run: RunData, axes: Sequence[Axes] | None = None) -> Figure:
    """How far each sector trusts each: a panel for each sector that trusts.

    Parameters
    ----------
    axes
        As many axes as there are sectors with stakeholders; a picture of its own without.
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
        dress(ax, run, sector_name(sector), "", strip=False)
        ax.set_title(_("trust of {sector} in …", sector=the_sector(sector)), weight="normal")
        if not len(run.rounds):
            say(ax, why_nothing(run))
            continue
        for other in trusting:
            _line(ax, means[sector, other], other)
    axes[0].set_ylabel(_("trust, 0 to 1"))
    if len(run.rounds):
        key(axes[-1], phases_of=run)
    return axes[0].figure.figure


def trust_by_sector(run: RunData) -> dict[tuple[str, str], pd.Series]:
    """Mean trust of the members of one sector in another, by round: who, in whom."""
    sector = run.paths["name"].map(run.stakeholders.set_index("name")["sector"])
    members = run.paths[run.paths["member"].astype(bool)]
    means = members.groupby([sector[members.index], members["round"]])[
        [f"trust_in_{whom}" for whom in SECTORS]
    ].mean()
    every = pd.MultiIndex.from_product([SECTORS, run.rounds["round"]])
    means = means.reindex(every)
    return {(who, whom): means.loc[who][f"trust_in_{whom}"] for who in SECTORS for whom in SECTORS}


@in_our_style
def trust_in_sectors(
    run: RunData, ax: Axes | None = None, *, strip: bool = True, sectors: bool = True
) -> Axes:
    """How far each sector is trusted by the members of the others.

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
    dress(ax, run, _("Trust in each sector by the others"), _("trust, 0 to 1"), strip=strip)
    if not len(run.rounds):
        return say(ax, why_nothing(run))
    for sector, series in trusted(run).items():
        _line(ax, series, str(sector), named=sectors)
    ax.plot(
        run.rounds["round"], run.rounds["trust"], color=GREY, linewidth=2.4, alpha=0.55,
        label=_("all ties between members"), gid="all", zorder=1.5,
    )  # fmt: skip
    handles = [*ax.get_legend_handles_labels()[0], *([] if own else change_handles(run))]
    key(ax, handles, phases_of=run if own else None)
    return ax


def trusted(run: RunData) -> pd.DataFrame:
    """Mean trust in a sector, over the members of the others who are in touch with it."""
    sector = run.paths["name"].map(run.stakeholders.set_index("name")["sector"])
    member = run.paths["member"].astype(bool)
    return pd.DataFrame(
        {
            whom: run.paths[member & (sector != whom)]
            .groupby("round")[f"trust_in_{whom}"]
            .mean()
            .reindex(run.rounds["round"])
            for whom in sectors_of(run)
        }
    )


def _line(ax: Axes, series: pd.Series, sector: str, named: bool = True) -> None:
    """A line in a sector's look, its marker now and then."""
    look = LOOKS[sector]
    ax.plot(
        series.index, series.to_numpy(), color=look.colour, linestyle=look.dash,
        marker=look.marker, markersize=3.2, markevery=max(1, len(series) // 8),
        label=sector_name(sector) if named else None, gid=sector,
    )  # fmt: skip
