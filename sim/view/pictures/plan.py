"""What was pledged, what was delivered of it, and what could be used."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from sim.engine.result import RunData
from sim.language import _
from sim.scenario import KINDS, SECTORS
from sim.view.pictures.style import (
    ALARM,
    GREY,
    INK,
    LETTER,
    LOOKS,
    OVER_TIME,
    SMALL,
    Frame,
    in_our_style,
    say,
    sectors_of,
    size_of,
)
from sim.view.pictures.timeline import dress, key, require_cycle, why_nothing, with_breaks
from sim.view.words import KIND_NAMES, sector_name

ACTION_BLUE = "#3F6E9C"


@in_our_style
def pool(
    run: RunData, ax: Axes | None = None, *, cycle: int | None = None, sectors: bool = True
) -> Axes:
    """What the sectors put into the pool at the end of planning, against what is needed.

    Parameters
    ----------
    cycle
        Whose plan; the first that was made, if not given.
    sectors
        Name the sectors in the legend.
    """
    ax = Frame(3.0, 2.5, right=1.6, top=0.4).axes() if ax is None else ax
    planned = run.rounds[run.rounds["phase"] == "planning"]
    require_cycle(run, cycle)
    cycle = int(planned["cycle"].min()) if cycle is None and len(planned) else cycle
    planned = planned[planned["cycle"] == cycle]
    ax.set_title(_("Pledged and needed"))
    if planned.empty:
        ax.set(xticks=[], yticks=[])
        return say(ax, _why_no_plan(run, cycle))
    last = planned.iloc[-1]
    ax.set_title(_("Pledged and needed, cycle {number}", number=cycle))
    given = contributions(run, int(last["round"]))
    bottom = np.zeros(len(KINDS))
    for sector in sectors_of(run):
        look, part = LOOKS[sector], given.loc[sector].to_numpy()
        ax.bar(
            range(len(KINDS)), part, 0.62, bottom, color=look.colour,
            edgecolor="white", linewidth=0.5, label=sector_name(sector), gid=sector,
        )  # fmt: skip
        bottom = bottom + part
    _draw_needs(ax, run, last, bottom)
    ax.set_xticks(range(len(KINDS)), [_(KIND_NAMES[kind]) for kind in KINDS])
    ax.tick_params(axis="x", length=0, labelsize=8)
    ax.set_ylabel(_("units"))
    handles, labels = ax.get_legend_handles_labels()
    named = {sector_name(sector) for sector in sectors_of(run)} if not sectors else set()
    key(
        ax,
        [handle for handle, label in zip(handles, labels, strict=True) if label not in named],
        below=not sectors,
    )
    return ax


def contributions(run: RunData, month: int) -> pd.DataFrame:
    """What each sector's pledges put into the pool after a round: sector by kind."""
    sector = run.paths["name"].map(run.stakeholders.set_index("name")["sector"])
    now = run.paths["round"] == month
    given = run.paths.loc[now, list(KINDS)].groupby(sector[now]).sum()
    return given.reindex(SECTORS, fill_value=0.0)


def _why_no_plan(run: RunData, cycle: int | None = None) -> str:
    """Why nothing was pledged, in a cycle or, without one, in any."""
    if "planning" not in run.scenario.phases:
        return _("Planning is not part of this scenario.")
    if not len(run.rounds):
        return why_nothing(run)
    agreed = run.events.loc[run.events["event"] == "agreed", "cycle"]
    must_agree = run.scenario.decide and "debate" in run.scenario.phases
    if must_agree and not (agreed.isin([cycle]) if cycle is not None else agreed > 0).any():
        return _("Nothing was agreed, so nothing was planned.")
    return _("The run ended before anything was planned.")


def _draw_needs(ax: Axes, run: RunData, last: pd.Series, pledged: npt.NDArray[np.float64]) -> None:
    """The need of each kind, as planned and as it turned out in action, and what was covered."""
    needs = last[[f"need_{kind}" for kind in KINDS]].to_numpy(dtype=float)
    where = np.arange(len(KINDS))
    ax.hlines(
        needs, where - 0.42, where + 0.42, color=INK, linewidth=2, label=_("needed"), gid="need"
    )
    action = run.rounds[(run.rounds["phase"] == "action") & (run.rounds["cycle"] == last["cycle"])]
    tops = np.maximum(needs, pledged)
    if len(action):
        real = action.iloc[0][[f"need_{kind}" for kind in KINDS]].to_numpy(dtype=float)
        ax.hlines(
            real, where - 0.42, where + 0.42, color=ALARM, linewidth=1.6, linestyle=(0, (2, 1)),
            label=_("needed in action"), gid="real_need",
        )  # fmt: skip
        tops = np.maximum(tops, real)
    highest = max(float(tops.max()), 1e-9)
    ax.set(xlim=(-0.6, len(KINDS) - 0.4), ylim=(0, 1.16 * highest))
    for k, need in enumerate(needs):
        text = _("{share:.0%}", share=pledged[k] / need) if need > 0 else _("no need")
        ax.annotate(
            text, (k, tops[k]), (0, 3), textcoords="offset points", ha="center", fontsize=SMALL
        )


@in_our_style
def delivery(run: RunData, ax: Axes | None = None, *, strip: bool = True) -> Axes:
    """What each month of action delivered of what was needed, and how many members delivered."""
    own = ax is None
    ax = OVER_TIME.axes() if ax is None else ax
    ax.set_ylim(0, 1.06)
    dress(ax, run, _("Delivered of what was needed"), _("share"), strip=strip)
    action = run.rounds[run.rounds["phase"] == "action"]
    if action.empty:
        if _mark_unfunded(ax, run):
            key(ax)
        return say(ax, _why_no_action(run))
    ax.axhline(1, color=GREY, linewidth=0.8, linestyle=(0, (1, 1)))
    x, y = with_breaks(action["round"], action["delivering"])
    ax.plot(
        x, y, color=ACTION_BLUE, linewidth=1.0, linestyle=(0, (3, 1)), gid="delivering",
        marker=".", markersize=2, label=_("members who deliver"),
    )  # fmt: skip
    x, y = with_breaks(action["round"], action["step"])
    ax.plot(
        x, y, color=INK, linewidth=1.4, marker=".", markersize=2, gid="step",
        label=_("delivered of the need"),
    )  # fmt: skip
    ax.fill_between(x, 0, y, color=INK, alpha=0.1, linewidth=0)
    unspent = unspent_by_cycle(run)
    done = run.events[run.events["event"] == "delivered"]
    for cycle, value in zip(done["cycle"], done["value"], strict=True):
        held = action.loc[action["cycle"] == cycle, "round"]
        if len(held):
            text = _("{share:.0%}", share=value)
            if cycle in unspent.index:
                more = _("{share:.0%} of the funds unspent", share=unspent[cycle])
                text = f"{text}; {more}"
            _over(ax, held, text)
    _mark_unfunded(ax, run)
    key(ax, phases_of=run if own else None)
    return ax


def _over(ax: Axes, months: pd.Series, text: str) -> None:
    """Words in the middle of some months, near the bottom: as many as there is room for."""
    low, high = ax.get_xlim()
    room = size_of(ax)[0] * len(months) / (high - low)
    fits = room >= 1.2 * len(text) * LETTER * SMALL  # bold
    ax.text(
        (months.iloc[0] + months.iloc[-1]) / 2, 0.06, text if fits else text.partition(";")[0],
        transform=ax.get_xaxis_transform(), ha="center", fontsize=SMALL, weight="bold", gid="over",
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "linewidth": 0, "alpha": 0.75},
    )  # fmt: skip


def _mark_unfunded(ax: Axes, run: RunData) -> bool:
    """Plans that came to nothing; says whether there are any."""
    at = run.events.loc[run.events["event"] == "unfunded", "round"]
    if len(at):
        ax.plot(
            at, np.zeros(len(at)), "X", color=ALARM, markersize=6, clip_on=False, gid="unfunded",
            markeredgecolor="white", markeredgewidth=0.6, label=_("plan unfunded"), zorder=6,
        )  # fmt: skip
    return len(at) > 0


def _why_no_action(run: RunData) -> str:
    """Why nothing was delivered."""
    if "action" not in run.scenario.phases:
        return _("Action is not part of this scenario.")
    plans = run.events[run.events["event"] == "unfunded"]
    if len(plans):
        closest = plans.iloc[int((plans["value"] - plans["bound"]).to_numpy().argmax())]
        text = _("No action: pledges covered {share} of the need, and {needed} are needed.")
        share, needed = _told_apart(float(closest["value"]), float(closest["bound"]))
        return text.format(share=share, needed=needed)
    if (run.rounds["phase"] == "planning").any():
        return _("The run ended before the action began.")
    return _why_no_plan(run)


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Two shares in per cent, with more digits where none would not tell them apart.

    >>> _told_apart(0.44, 0.6), _told_apart(0.598, 0.6)
    (('44%', '60%'), ('59.8%', '60.0%'))
    """
    for digits in range(4):
        texts = f"{one:.{digits}%}", f"{other:.{digits}%}"
        if texts[0] != texts[1]:
            break
    return texts


def funds_by_month(run: RunData) -> pd.DataFrame:
    """Funds pledged, delivered and used in every round of action, by round; with the cycle."""
    action = run.rounds[run.rounds["phase"] == "action"].set_index("round")
    paths = run.paths[run.paths["round"].isin(action.index)]
    kept = paths["funds"].where(paths["delivers"].fillna(False).astype(bool), 0.0)
    return pd.DataFrame(
        {
            "cycle": action["cycle"],
            "pledged": paths.groupby("round")["funds"].sum(),
            "delivered": kept.groupby(paths["round"]).sum(),
            "used": action["step"] * action["need_funds"],
            "needed": action["need_funds"],
        }
    )


def unspent_by_cycle(run: RunData) -> pd.Series:
    """Of delivered funds, the share that could not be used; cycles without any are left out."""
    sums = funds_by_month(run).groupby("cycle")[["delivered", "used"]].sum()
    sums = sums[sums["delivered"] > 0]
    return (1.0 - sums["used"] / sums["delivered"]).clip(lower=0.0)


@in_our_style
def funds(run: RunData, ax: Axes | None = None, *, strip: bool = True) -> Axes:
    """Funds in action: what was used, what was delivered and could not be, what was held back."""
    own = ax is None
    ax = OVER_TIME.axes() if ax is None else ax
    table = funds_by_month(run)
    tops = table[["pledged", "needed"]].to_numpy()
    ax.set_ylim(0, 1.15 * max(float(tops.max()) if tops.size else 0.0, 1e-9))
    dress(ax, run, _("Funds pledged, delivered and used"), _("units"), strip=strip)
    if table.empty:
        return say(ax, _why_no_action(run))
    unspent = unspent_by_cycle(run)
    for number, (cycle, months) in enumerate(table.groupby("cycle")):
        edges = np.append(months.index - 0.5, months.index[-1] + 0.5)
        bottom = np.zeros(len(months))
        for name, label, colour in (
            ("used", _("used"), ACTION_BLUE),
            ("delivered", _("delivered, not used"), "#E3B23C"),
            ("pledged", _("pledged, not delivered"), "#CFCFCF"),
        ):
            top = np.maximum(bottom, months[name].to_numpy())
            ax.stairs(
                top, edges, baseline=bottom, fill=True, color=colour, linewidth=0, gid=name,
                label=label if number == 0 else None,
            )  # fmt: skip
            bottom = top
        ax.stairs(
            months["needed"], edges, baseline=None, color=ALARM, linewidth=1.3, gid="needed",
            linestyle=(0, (2, 1)), label=_("needed in action") if number == 0 else None,
        )  # fmt: skip
        if cycle in unspent.index:
            text = _("unspent {share:.0%}", share=unspent[cycle])
            _over(ax, pd.Series(months.index), text)
    key(ax, phases_of=run if own else None)
    return ax
