"""Who accepts the draft, and what it takes under the decision rule in force."""

import math
import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.engine.result import RunData
from sim.language import N_, _
from sim.view.in_force import in_force
from sim.view.pictures.style import (
    ALARM,
    INK,
    OVER_TIME,
    SMALL,
    in_our_style,
    say,
    size_of,
)
from sim.view.pictures.timeline import dress, key, require_cycle, why_nothing, with_breaks
from sim.view.words import sector_name

RULE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "consensus": N_("consensus (all)"),
        "consensus_minus_one": N_("all but one"),
        "supermajority": N_("at least {share:.0%}"),
        "majority": N_("more than half"),
        "lead": N_("more than {share:.0%} of power"),
    }
)


class Deciding(NamedTuple):
    """A decision rule with its two numbers."""

    rule: str
    quorum: float
    lead_quorum: float

    @property
    def by_power(self) -> bool:
        """Whether power counts, in place of heads."""
        return self.rule == "lead"

    def needed(self, table: float) -> float:
        """The share that must accept, at a table of this size; for some rules, be exceeded.

        >>> Deciding("consensus_minus_one", 2 / 3, 0.5).needed(table=10)
        0.9
        """
        if self.rule == "consensus":
            return 1.0
        if self.rule == "consensus_minus_one":
            return (table - 1.0) / table
        if self.rule == "supermajority":
            return self.quorum
        return self.lead_quorum if self.by_power else 0.5

    def words(self) -> str:
        """The rule in words.

        >>> Deciding("supermajority", 0.75, 0.5).words()
        'at least 75%'
        """
        share = self.lead_quorum if self.by_power else self.quorum
        return _(RULE_WORDS[self.rule], share=share)


def rules_in_force(run: RunData) -> dict[int, Deciding]:
    """The decision rule of every round of debate; events of the scenario may have changed it."""
    fields = [in_force(run, f"decision.{name}") for name in Deciding._fields]
    return {
        int(month): Deciding(*(field(int(month)) for field in fields))
        for month in _debated(run)["round"]
    }


def _debated(run: RunData) -> pd.DataFrame:
    """The rounds in which a draft was put to the vote."""
    return run.rounds[run.rounds["accepting"].notna()]


def votes(run: RunData) -> pd.DataFrame:
    """Who accepted and what it took, one row a round, missing where nothing was put to the vote.

    Columns: round, cycle, share, by_power (a share of power, not of people), needed, words.
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
    """Which sectors must accept by themselves; nothing if none must."""
    vetoes = run.scenario.decision.veto
    if not vetoes:
        return ""
    return _("veto: {sectors}", sectors=", ".join(map(sector_name, vetoes)))


@in_our_style
def support(
    run: RunData, ax: Axes | None = None, *, cycle: int | None = None, strip: bool = True
) -> Axes:
    """Who accepts the draft and what it takes; what the draft is worth and what would be enough.

    Parameters
    ----------
    cycle
        One cycle only.
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
    dress(ax, run, _("Support for the draft"), _("share; worth, 0 to 1"), cycle, strip)
    if table.empty:
        return say(ax, _why_no_vote(run))
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
    key(ax, phases_of=run if own else None)
    return ax


def _whose(table: pd.DataFrame) -> str:
    """What the share that accepts is a share of; an event may have changed it on the way."""
    first, later = bool(table["by_power"].iloc[0]), set(table["by_power"])
    if len(later) > 1:
        both = _("accept, share of power; later of the table")
        return textwrap.fill(both if first else _("accept, share of the table; later of power"), 25)
    return _("accept, share of power") if first else _("accept, share of the table")


def _needed_words(table: pd.DataFrame) -> str:
    """What it takes, in words; an event may have changed it on the way."""
    return _("needed: {rules}", rules=_("; then ").join(dict.fromkeys(table["words"])))


def _why_no_vote(run: RunData) -> str:
    """Why there is nothing to see of acceptance."""
    if "debate" not in run.scenario.phases:
        return _("Debate is not part of this scenario.")
    if not run.scenario.decide:
        return _("Nothing was put to a decision.")
    return why_nothing(run) or _("No draft was debated.")


def _mark_decisions(ax: Axes, run: RunData, table: pd.DataFrame) -> None:
    """Agreements and deadlocks."""
    share = dict(zip(table["round"], table["share"], strict=True))
    for event, label, marker, size in (
        ("agreed", _("agreement"), "*", 11),
        ("deadlocked", _("deadlock"), "X", 7),
    ):
        at = [m for m in run.events.loc[run.events["event"] == event, "round"] if m in share]
        if at:
            ax.plot(
                at, [share[m] for m in at], marker, color=INK, markersize=size, clip_on=False,
                markeredgecolor="white", markeredgewidth=0.6, label=label, gid=event, zorder=6,
            )  # fmt: skip


def _mark_drafts(ax: Axes, asked: pd.DataFrame) -> None:
    """Which option leads: its number wherever it changes and then holds for a while."""
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
