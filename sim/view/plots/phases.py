"""Plots of the phases: support in debate, the pool in planning, delivery and funds in action."""

import math
import textwrap
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from sim.base.text import _
from sim.engine.tables import RunData
from sim.scenario import KINDS, SECTORS
from sim.scenario.choices import DECISION_RULES, Rule
from sim.view.minutes.cycle import in_force
from sim.view.plots.style import (
    ALARM,
    GREY,
    INK,
    LETTER,
    LOOKS,
    OVER_TIME,
    SMALL,
    Frame,
    in_our_style,
    sectors_of,
    size_of,
    write_note,
)
from sim.view.plots.timeline import (
    draw_legend,
    events_of,
    path_sectors,
    require_cycle,
    set_time_axes,
    why_no_rounds,
    with_breaks,
)
from sim.view.words import KIND_NAMES, distinct, sector_name


class RuleInForce(NamedTuple):
    """A decision rule with its two thresholds."""

    rule: Rule
    quorum: float
    lead_quorum: float

    @property
    def by_power(self) -> bool:
        """Whether power is counted, not members."""
        return DECISION_RULES[self.rule].by_power

    def needed(self, table: float) -> float:
        """Return the share that must accept, or be exceeded, at a table of this size.

        >>> RuleInForce("consensus_minus_one", 2 / 3, 0.5).needed(table=10)
        0.9
        """
        return DECISION_RULES[self.rule].needed(table, self.quorum, self.lead_quorum)

    def words(self) -> str:
        """Return the rule in words.

        >>> RuleInForce("supermajority", 0.75, 0.5).words()
        'at least 75%'
        """
        return _(DECISION_RULES[self.rule].short_label, share=self.needed(table=1.0))


def rules_in_force(run: RunData) -> dict[int, RuleInForce]:
    """Return the decision rule of every round with a vote; events may have changed it."""
    fields = [in_force(run, f"decision.{name}") for name in RuleInForce._fields]
    return {
        int(month): RuleInForce(*(field(int(month)) for field in fields))
        for month in _debated(run)["round"]
    }


def _debated(run: RunData) -> pd.DataFrame:
    """Return the rounds in which there was a vote on a draft."""
    return run.rounds[run.rounds["accepting"].notna()]


def votes(run: RunData) -> pd.DataFrame:
    """Return who accepted and what was needed in each round; missing if there was no vote.

    Columns: round, cycle, share, by_power (a share of power, not of members), needed, words.
    """
    rules, rounds = rules_in_force(run), run.rounds
    rows = []
    for month, cycle, table, accepting, power in zip(
        rounds["round"], rounds["cycle"], rounds["table"], rounds["accepting"],
        rounds["accepting_power"], strict=True,
    ):  # fmt: skip
        rule = rules.get(int(month))
        if rule is None:
            rows.append((month, cycle, math.nan, False, math.nan, ""))
        else:
            share = power if rule.by_power else accepting
            needed = rule.needed(float(table))
            rows.append((month, cycle, share, rule.by_power, needed, rule.words()))
    columns = ["round", "cycle", "share", "by_power", "needed", "words"]
    return pd.DataFrame(rows, columns=columns)


def veto_words(run: RunData) -> str:
    """Return the words for sectors with a veto; an empty text if there are none."""
    vetoes = run.scenario.decision.veto
    if not vetoes:
        return ""
    return _("veto: {sectors}", sectors=", ".join(map(sector_name, vetoes)))


@in_our_style
def support(
    run: RunData, ax: Axes | None = None, *, cycle: int | None = None, strip: bool = True
) -> Axes:
    """Return who accepts the draft and what is needed; worth of the draft and aspirations.

    Parameters
    ----------
    cycle
        Show this cycle only.
    strip
        Name phases and cycles above the axes.

    Examples
    --------
    >>> import sim
    >>> ax = support(sim.run(sim.load("team")))
    >>> ax.get_title(loc="left")
    'Support for the draft'
    """
    own = ax is None
    ax = OVER_TIME.axes() if ax is None else ax
    require_cycle(run, cycle)
    rounds = run.rounds if cycle is None else run.rounds[run.rounds["cycle"] == cycle]
    table = votes(run)
    table = table[table["round"].isin(rounds["round"]) & table["share"].notna()]
    ax.set_ylim(0, 1.06)
    set_time_axes(
        ax, run, _("Support for the draft"), _("share; worth, 0 to 1"), cycle=cycle, strip=strip
    )
    if table.empty:
        return write_note(ax, _why_no_vote(run))
    months = table["round"]
    asked = rounds[rounds["round"].isin(months)]
    x, y = with_breaks(months, table["share"])
    ax.plot(x, y, color=INK, linewidth=1.6, label=_whose(table), gid="share", zorder=4)
    ax.fill_between(x, 0, y, color=INK, alpha=0.1, linewidth=0, zorder=1)
    x, y = with_breaks(months, table["needed"])
    needed = "\n".join(
        textwrap.fill(words, 25) for words in (_needed_words(table), veto_words(run)) if words
    )
    ax.plot(
        x, y, color=ALARM, linewidth=1.4, linestyle=(0, (4, 1.5)), drawstyle="steps-mid",
        label=needed, gid="needed", zorder=3.5,
    )  # fmt: skip
    x, y = with_breaks(months, asked["worth"])
    ax.plot(x, y, color="#3B78B5", linewidth=1.0, label=_("worth of the draft"), gid="worth")
    x, y = with_breaks(months, asked["aspiration"])
    ax.plot(
        x, y, color="#B97A1B", linewidth=1.0, linestyle=(0, (1, 1)), gid="aspiration",
        label=_("what would be enough"),
    )  # fmt: skip
    _mark_decisions(ax, run, table)
    _mark_drafts(ax, asked)
    draw_legend(ax, phases_of=run if own else None)
    return ax


def _whose(table: pd.DataFrame) -> str:
    """Return the label of the accepting share; an event may have changed what it is a share of."""
    first, later = bool(table["by_power"].iloc[0]), set(table["by_power"])
    if len(later) > 1:
        both = _("accept, share of power; later of the table")
        return textwrap.fill(both if first else _("accept, share of the table; later of power"), 25)
    return _("accept, share of power") if first else _("accept, share of the table")


def _needed_words(table: pd.DataFrame) -> str:
    """Return what is needed, in words; an event may have changed it."""
    return _("needed: {rules}", rules=_("; then ").join(dict.fromkeys(table["words"])))


def _why_no_vote(run: RunData) -> str:
    """Return why there was no vote."""
    if "debate" not in run.scenario.phases:
        return _("Debate is not part of this scenario.")
    if not run.scenario.decide:
        return _("Nothing was put to a decision.")
    return why_no_rounds(run) or _("No draft was debated.")


def _mark_decisions(ax: Axes, run: RunData, table: pd.DataFrame) -> None:
    """Mark agreements and deadlocks."""
    share = dict(zip(table["round"], table["share"], strict=True))
    for event, label, marker, size in (
        ("agreed", _("agreement"), "*", 11),
        ("deadlocked", _("deadlock"), "X", 7),
    ):
        at = [m for m in events_of(run, event)["round"] if m in share]
        if at:
            ax.plot(
                at, [share[m] for m in at], marker, color=INK, markersize=size, clip_on=False,
                markeredgecolor="white", markeredgewidth=0.6, label=label, gid=event, zorder=6,
            )  # fmt: skip


def _mark_drafts(ax: Axes, asked: pd.DataFrame) -> None:
    """Mark each change of the leading option, with its number if it then leads for a while."""
    before = asked[["option", "cycle"]].shift().fillna(0)
    new = asked[(asked[["option", "cycle"]] != before).any(axis=1)]
    until = [*new["round"].iloc[1:], asked["round"].iloc[-1] + 1]
    ends = asked.groupby("cycle")["round"].max()
    ax.plot(
        new["round"], np.full(len(new), 0.02), "|", color=INK, markersize=4, markeredgewidth=0.6,
        clip_on=False, gid="drafts", label=_("another option leads"), zorder=5,
    )  # fmt: skip
    width, _height = size_of(ax)
    low, high = ax.get_xlim()
    for month, end, option, cycle in zip(
        new["round"], until, new["option"], new["cycle"], strict=True
    ):
        held = min(end, ends[cycle] + 1) - month
        if held * width / (high - low) >= SMALL:
            ax.annotate(
                str(int(option)), (month, 0.02), (1.5, -1), textcoords="offset points",
                fontsize=SMALL, zorder=5, gid="draft",
            )  # fmt: skip


ACTION_BLUE = "#3F6E9C"


@in_our_style
def pool(
    run: RunData, ax: Axes | None = None, *, cycle: int | None = None, sectors: bool = True
) -> Axes:
    """Return what each sector pledges to the pool at the end of planning, and what is needed.

    Parameters
    ----------
    cycle
        Cycle of the plan; by default that of the first plan.
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
        return write_note(ax, _why_no_plan(run, cycle))
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
    draw_legend(
        ax,
        [handle for handle, label in zip(handles, labels, strict=True) if label not in named],
        below=not sectors,
    )
    return ax


def contributions(run: RunData, month: int) -> pd.DataFrame:
    """Return what each sector pledges after a round, by kind of resource."""
    now = run.paths["round"] == month
    pledged = run.paths.loc[now, list(KINDS)].groupby(path_sectors(run)[now]).sum()
    return pledged.reindex(SECTORS, fill_value=0.0)


def _why_no_plan(run: RunData, cycle: int | None = None) -> str:
    """Return why nothing was pledged, in one cycle or in the whole run."""
    if "planning" not in run.scenario.phases:
        return _("Planning is not part of this scenario.")
    if not len(run.rounds):
        return why_no_rounds(run)
    agreed = events_of(run, "agreed")["cycle"]
    must_agree = run.scenario.decide and "debate" in run.scenario.phases
    if must_agree and not (agreed.isin([cycle]) if cycle is not None else agreed > 0).any():
        return _("Nothing was agreed, so nothing was planned.")
    return _("The run ended before anything was planned.")


def _draw_needs(ax: Axes, run: RunData, last: pd.Series, pledged: npt.NDArray[np.float64]) -> None:
    """Draw the need of each kind, as planned and in action, and write the share covered."""
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
    """Share of the need that each month of action delivered, and of members who delivered."""
    own = ax is None
    ax = OVER_TIME.axes() if ax is None else ax
    ax.set_ylim(0, 1.06)
    set_time_axes(ax, run, _("Delivered of what was needed"), _("share"), strip=strip)
    action = run.rounds[run.rounds["phase"] == "action"]
    if action.empty:
        if _mark_unfunded(ax, run):
            draw_legend(ax)
        return write_note(ax, _why_no_action(run))
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
    done = events_of(run, "delivered")
    for cycle, value in zip(done["cycle"], done["value"], strict=True):
        held = action.loc[action["cycle"] == cycle, "round"]
        if len(held):
            text = _("{share:.0%}", share=value)
            if cycle in unspent.index:
                more = _("{share:.0%} of the funds unspent", share=unspent[cycle])
                text = f"{text}; {more}"
            _write_share(ax, held, text)
    _mark_unfunded(ax, run)
    draw_legend(ax, phases_of=run if own else None)
    return ax


def _write_share(ax: Axes, months: pd.Series, text: str) -> None:
    """Write a text near the bottom of some months; only its first part if there is little room."""
    low, high = ax.get_xlim()
    room = size_of(ax)[0] * len(months) / (high - low)
    fits = room >= 1.2 * len(text) * LETTER * SMALL  # bold
    ax.text(
        (months.iloc[0] + months.iloc[-1]) / 2, 0.06, text if fits else text.partition(";")[0],
        transform=ax.get_xaxis_transform(), ha="center", fontsize=SMALL, weight="bold", gid="over",
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "linewidth": 0, "alpha": 0.75},
    )  # fmt: skip


def _mark_unfunded(ax: Axes, run: RunData) -> bool:
    """Mark plans that were not funded, and return whether there are any."""
    at = events_of(run, "unfunded")["round"]
    if len(at):
        ax.plot(
            at, np.zeros(len(at)), "X", color=ALARM, markersize=6, clip_on=False, gid="unfunded",
            markeredgecolor="white", markeredgewidth=0.6, label=_("plan unfunded"), zorder=6,
        )  # fmt: skip
    return len(at) > 0


def _why_no_action(run: RunData) -> str:
    """Return why nothing was delivered."""
    if "action" not in run.scenario.phases:
        return _("Action is not part of this scenario.")
    plans = events_of(run, "unfunded")
    if len(plans):
        closest = plans.iloc[int((plans["value"] - plans["bound"]).to_numpy().argmax())]
        share, needed = distinct(closest["value"], closest["bound"], digits=range(4), kind="%")
        return _(
            "No action: pledges covered {share} of the need, and {needed} are needed.",
            share=share,
            needed=needed,
        )
    if (run.rounds["phase"] == "planning").any():
        return _("The run ended before the action began.")
    return _why_no_plan(run)


def funds_by_month(run: RunData) -> pd.DataFrame:
    """Return funds pledged, delivered, used and needed in each round of action, and its cycle."""
    action = run.rounds[run.rounds["phase"] == "action"].set_index("round")
    paths = run.paths[run.paths["round"].isin(action.index)]
    delivered = paths["funds"].where(paths["delivers"].fillna(False).astype(bool), 0.0)
    return pd.DataFrame(
        {
            "cycle": action["cycle"],
            "pledged": paths.groupby("round")["funds"].sum(),
            "delivered": delivered.groupby(paths["round"]).sum(),
            "used": action["step"] * action["need_funds"],
            "needed": action["need_funds"],
        }
    )


def unspent_by_cycle(run: RunData) -> pd.Series:
    """Return the share of delivered funds that was not used, by cycle with deliveries."""
    sums = funds_by_month(run).groupby("cycle")[["delivered", "used"]].sum()
    sums = sums[sums["delivered"] > 0]
    return (1.0 - sums["used"] / sums["delivered"]).clip(lower=0.0)


@in_our_style
def funds(run: RunData, ax: Axes | None = None, *, strip: bool = True) -> Axes:
    """Funds in action: used, delivered but not used, and pledged but not delivered."""
    own = ax is None
    ax = OVER_TIME.axes() if ax is None else ax
    table = funds_by_month(run)
    tops = table[["pledged", "needed"]].to_numpy()
    ax.set_ylim(0, 1.15 * max(float(tops.max()) if tops.size else 0.0, 1e-9))
    set_time_axes(ax, run, _("Funds pledged, delivered and used"), _("units"), strip=strip)
    if table.empty:
        return write_note(ax, _why_no_action(run))
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
            _write_share(ax, pd.Series(months.index), text)
    draw_legend(ax, phases_of=run if own else None)
    return ax
