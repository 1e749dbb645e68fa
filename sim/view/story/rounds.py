"""Full minutes: one line for every round of a cycle."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from sim.language import _, _n
from sim.view.story.cycle import Cycle, Sentence, rows_of
from sim.view.words import against, several, share


def every_round(cycle: Cycle) -> list[str]:
    """A list in Markdown, one item a round; nothing for a cycle without rounds."""
    told = rounds_told(cycle)
    if not told:
        return []
    return [_("**Round by round.**"), "\n".join(f"- {sentence.text}" for sentence in told)]


def rounds_told(cycle: Cycle) -> list[Sentence]:
    """A sentence a round of the cycle."""
    by_round: dict[Any, pd.DataFrame] = dict(iter(cycle.events.groupby("round")))
    nothing = cycle.events.iloc[:0]
    return [
        Sentence(int(str(month)), _round(cycle, row, by_round.get(month, nothing)))
        for month, row in cycle.rounds.iterrows()
    ]


def _round(cycle: Cycle, row: Any, events: pd.DataFrame) -> str:
    names = {
        "listening": _("listening"),
        "debate": _("debate"),
        "planning": _("planning"),
        "action": _("action"),
    }
    phase = str(row["phase"])
    tell = {"listening": _listening, "debate": _debate, "planning": _planning, "action": _action}[
        phase
    ]
    here = events[events["phase"] == phase]
    return _(
        "Month {month}, {phase} {number}: {what}.",
        month=int(row["round"]),
        phase=names[phase],
        number=int(row["phase_round"]),
        what="; ".join(tell(cycle, row, here)),
    )


def _understood(cycle: Cycle, events: pd.DataFrame, kind: str) -> Iterator[str]:
    """Who explained what to whom, as far as it was understood."""
    told = events[events["event"] == kind]
    learnt = told[told["value"] == 1]
    text = _n(
        "{count} fact told, {{understood}} understood",
        "{count} facts told, {{understood}} understood",
        len(told),
    )
    yield text.format(understood=len(learnt))
    lessons = [
        _("{whom} from {who}", whom=cycle.who(row.whom), who=cycle.who(row.who))
        for row in rows_of(learnt)
    ]
    if lessons:
        yield _("learnt: {lessons}", lessons=several(lessons, cycle.most))


def _listening(cycle: Cycle, row: Any, events: pd.DataFrame) -> Iterator[str]:
    yield from _understood(cycle, events, "explained")
    yield _("understanding {understanding}", understanding=share(row["understanding"]))


def _debate(cycle: Cycle, row: Any, events: pd.DataFrame) -> Iterator[str]:
    yield _("on the table {option}", option=cycle.option(row["option"]))
    yield from _understood(cycle, events, "argued")
    if pd.notna(row["accepting"]):
        yield _("{accepting} accept", accepting=share(row["accepting"]))
    objected = events[events["event"] == "objected"]
    names = []
    for item in rows_of(objected):
        value, bound = against(item.value, item.bound)
        text = _("{name} (worth {value}, asking for {bound})")
        names.append(text.format(name=cycle.who(item.who), value=value, bound=bound))
    if names:
        yield _("objecting: {names}", names=several(names, cycle.most))
    for item in rows_of(events[events["event"] == "amended"]):
        text = _("amended by {way}, which so far costs it {price} of its effectiveness")
        yield text.format(way=f"{item.value:.3f}", price=f"{item.bound:.3f}")
    if (events["event"] == "agreed").any():
        yield _("agreed")
    if (events["event"] == "deadlocked").any():
        yield _("the deadline passed")


def _planning(cycle: Cycle, row: Any, events: pd.DataFrame) -> Iterator[str]:
    yield _("pledges cover {coverage}", coverage=share(row["coverage"]))
    now = cycle.at(int(row["round"]))["pledge"]
    pledged = cycle.happened("pledged")
    before = pledged[pledged["round"] < row["round"]].groupby("who")["value"].last()
    change = (now - before.reindex(now.index)).dropna()
    for text, names in (
        (_("promised more: {names}"), change.index[change > 0]),
        (_("promised less: {names}"), change.index[change < 0]),
    ):
        if len(names):
            shown = (f"{cycle.who(str(name))} ({share(now[name])})" for name in names)
            yield text.format(names=several(shown, cycle.most))


def _action(cycle: Cycle, row: Any, events: pd.DataFrame) -> Iterator[str]:
    yield _("{step} of what was needed was delivered", step=share(row["step"]))
    saw = events[events["event"] == "saw"]
    names = []
    for who in events[events["event"] == "shirked"]["who"]:
        seers = saw[saw["whom"] == who]["who"]
        text = _("{name} (seen by {seers})") if len(seers) else _("{name} (unseen)")
        names.append(text.format(name=cycle.who(who), seers=cycle.people(seers)))
    if names:
        yield _("not delivering: {names}", names=several(names, cycle.most))
