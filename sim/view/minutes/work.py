"""Sentences on the work of a cycle, and on every round of it.

First pledges, deliveries, trust and membership, then the list of rounds in full minutes.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from sim.base.text import N_, _, _n
from sim.rules.arithmetic import ROUNDING
from sim.scenario import KINDS, SECTORS
from sim.view.minutes.cycle import Cycle, Sentence, in_force, rows_of
from sim.view.words import (
    FEW_NAMES,
    KIND_NAMES,
    MIN_SHOWN,
    PHASE_NAMES,
    several,
    share,
    the_sector,
    worth,
)


def membership_changes(cycle: Cycle, phase: str) -> list[str]:
    """Return who left, who returned and who got a seat in one phase."""
    sentences = []
    for event, text in (
        ("left", _("{count} left, expecting too little: {names}.")),
        ("returned", _("{count} returned, expecting enough again: {names}.")),
    ):
        rows = cycle.happened(event, phase=phase)
        if len(rows):
            sentences.append(text.format(count=len(rows), names=cycle.list_expectations(rows)))
    seated = cycle.happened("seated", phase=phase)
    if len(seated) and cycle.number > 1:
        sentences.append(_("New at the table: {names}.", names=cycle.list_names(seated["who"])))
    return sentences


def outside_changes(cycle: Cycle) -> list[Sentence]:
    """Return what events of the scenario changed in this cycle."""
    sentences = []
    for month, rows in cycle.happened("changed").groupby("round"):
        what = "; ".join(_change(cycle, int(number)) for number in rows["option"])
        before = int(str(month))
        text = _("From outside, before month {month}: {what}.", month=before + 1, what=what)
        sentences.append(Sentence(before, text))
    return sentences


def _change(cycle: Cycle, number: int) -> str:
    """Return the title of an event of the scenario, if it has one, or the field that it changes."""
    event = cycle.run.scenario.events[number - 1]
    if event.scale is None:
        value = event.set if isinstance(event.set, str) else f"{event.set:g}"
        what = _("{field} is set to {value}", field=event.field, value=value)
    else:
        what = _("{field} is multiplied by {value}", field=event.field, value=f"{event.scale:g}")
    if not event.title:
        return what
    if cycle.max_names == FEW_NAMES:
        return cycle.quoted(event.title)
    return _("{title} ({what})", title=cycle.quoted(event.title), what=what)


def planning(cycle: Cycle) -> list[str]:
    """Pledges and needs, and who held back and why."""
    rounds = cycle.phase("planning")
    if rounds.empty:
        return []
    sentences = []
    if not any(rounds[f"need_{kind}"].iloc[0] for kind in KINDS):
        return [_("Nothing was needed.")]
    if not cycle.brief:
        needs = [f"{rounds[f'need_{kind}'].iloc[0]:.1f} {_(KIND_NAMES[kind])}" for kind in KINDS]
        sentences.append(_("Needed were, in units a year, {needs}.", needs=several(needs)))
    planned = cycle.happened("planned")
    if planned.empty:
        return [*sentences, _("The run ended before the plan was made.")]
    sentences.append(
        _(
            "Pledges covered {first} of what was needed of the scarcest resource at first, and "
            "{last} at last ({kind}).",
            first=share(rounds["coverage"].iloc[0]),
            last=share(planned["value"].iloc[0]),
            kind=_(KIND_NAMES[scarcest(cycle)]),
        )
    )
    if not cycle.brief:
        sentences += [*_norms(cycle), *_held_back(cycle)]
    if len(cycle.happened("unfunded")):
        if in_force(cycle.run, "renewal.setback")(int(planned["round"].iloc[0])):
            text = _(
                "**The plan was not funded**, since less than {viable} was covered: nothing was "
                "carried out, and expectations fell."
            )
        else:
            text = _(
                "**The plan was not funded**, since less than {viable} was covered: nothing was "
                "carried out."
            )
        sentences.append(text.format(viable=share(planned["bound"].iloc[0])))
    return sentences


def scarcest(cycle: Cycle) -> str:
    """Return the kind of resource that the last pledges covered least."""
    rounds = cycle.phase("planning")
    last = rounds.iloc[-1]
    pledged = cycle.at(int(last["round"]))[list(KINDS)].sum()
    ratios = {kind: pledged[kind] / last[f"need_{kind}"] for kind in KINDS if last[f"need_{kind}"]}
    return min(ratios, key=lambda kind: ratios[kind], default=KINDS[0])


def _norms(cycle: Cycle) -> list[str]:
    """Return how far apart the shares are that the members find fair to give."""
    plan = cycle.at(int(cycle.phase("planning")["round"].iloc[-1]))
    fair = plan["fair"][plan["fair"] > 0].sort_values()
    if len(fair) < 2 or fair.iloc[-1] - fair.iloc[0] < MIN_SHOWN:
        return []
    return [
        _(
            "What each finds fair to give ranged from {least} of what it has ({first}) to {most} "
            "({last}).",
            least=share(fair.iloc[0]),
            first=cycle.who(str(fair.index[0])),
            most=share(fair.iloc[-1]),
            last=cycle.who(str(fair.index[-1])),
        )
    ]


# Why a member pledges less than its own norm asks, in the order of the minutes.
FREE_RIDER = N_("riding free")
NO_GAIN = N_("for whom the agreement is worth no more than going alone")
LITTLE_GAIN = N_("with little to gain by it")
NO_SEAT = N_("with little to gain by it and no seat at the table")
LITTLE_TRUST = N_("with little trust in the others")
OTHERS_GIVE_LESS = N_(
    "taking back part of an earlier promise, as others gave less than their share"
)
REASONS = (FREE_RIDER, NO_GAIN, LITTLE_GAIN, NO_SEAT, LITTLE_TRUST, OTHERS_GIVE_LESS)


def reasons(cycle: Cycle) -> dict[str, list[str]]:
    """Return why members finally pledged less than their own norm asks.

    Returns
    -------
    dict
        Names by reason, in the order of ``REASONS``; the member with the smallest part of its
        fair share comes first.
    """
    plan = cycle.at(int(cycle.phase("planning")["round"].iloc[-1]))
    plan = plan[plan["fair"].notna() & (plan["pledge"] < plan["fair"] - ROUNDING)]
    plan = plan.assign(part=plan["pledge"] / plan["fair"]).sort_values("part", kind="stable")
    first = cycle.happened("pledged").groupby("who")["value"].first()
    free = set(cycle.run.stakeholders.query("free_rider")["name"])
    groups: dict[str, list[str]] = {reason: [] for reason in REASONS}
    for name, row in plan.iterrows():
        groups[_reason(cycle, row, name in free, float(first[str(name)]))].append(str(name))
    return {reason: names for reason, names in groups.items() if names}


def _reason(cycle: Cycle, row: Any, free_rider: bool, first: float) -> str:
    """Return the main reason, by the rules of commitment and of pledges (model description 4.4)."""
    if free_rider:
        return FREE_RIDER
    if row["commitment"] == 0.0:
        return NO_GAIN
    plan = cycle.run.scenario.planning
    taken_back, missing_at_first = first - row["pledge"], max(ROUNDING, row["fair"] - first)
    if taken_back > missing_at_first and plan.tremble == 0.0 and plan.stop_when_covered:
        return OTHERS_GIVE_LESS
    start = cycle.at(int(cycle.phase("planning")["round"].iloc[0])).loc[row.name]
    own_gain = float(start["ownership"] * start["gain"])  # commitment is this times trust
    if row["commitment"] < own_gain * own_gain:
        return LITTLE_TRUST
    return LITTLE_GAIN if row["at_table"] else NO_SEAT


def _held_back(cycle: Cycle) -> list[str]:
    """Return who pledged less than its own norm asks, and why."""
    by_reason = reasons(cycle)
    if not by_reason:
        return [_("Everyone promised what its own norm of fairness asks, or more.")]
    plan = cycle.at(int(cycle.phase("planning")["round"].iloc[-1]))
    groups = [
        _group(reason, [_pledge_of(cycle, plan, name) for name in names], cycle.max_names // 2)
        for reason, names in by_reason.items()
    ]
    return [
        _n(
            "Of {giving} with something to give, {count} promised a smaller share than it finds "
            "fair: {groups}.",
            "Of {giving} with something to give, {count} promised a smaller share than they find "
            "fair: {groups}.",
            sum(map(len, by_reason.values())),
            giving=int((plan["fair"] > 0).sum()),
            groups="; ".join(groups),
        )
    ]


def _group(reason: str, names: list[str], most: int) -> str:
    """Return a reason, the number of its members and their names, or the first as an example."""
    text = _("{count} {reason}, namely {names}")
    shown = names
    if len(names) > most:
        text, shown = _("{count} {reason}, such as {names}"), names[:1]
    return text.format(count=len(names), reason=_(reason), names=several(shown, most))


def _pledge_of(cycle: Cycle, plan: Any, name: str) -> str:
    """Return a member with its pledge and the pledge that it finds fair."""
    pledge, fair = (share(plan.at[name, column]) for column in ("pledge", "fair"))
    return _("{name} ({pledge}, not {fair})", name=cycle.who(name), pledge=pledge, fair=fair)


def action(cycle: Cycle) -> list[str]:
    """Return what was delivered, who did not deliver, and whether others saw that."""
    rounds = cycle.phase("action")
    delivered = cycle.happened("delivered")
    if delivered.empty:
        return []
    sentences = [] if cycle.brief else [*_changed_needs(cycle), *_shirking(cycle)]
    if rounds.empty:
        return [*sentences, _("The run ended before anything was delivered.")]
    duration = _n("{count} month", "{count} months", len(rounds))
    text = _("In {months} {delivery} of the work was delivered.")
    sentences.append(text.format(months=duration, delivery=share(delivered["value"].iloc[0])))
    if is_cut_off(cycle):
        text = _("The run ended there; {planned} months of action were planned.")
        sentences.append(text.format(planned=cycle.run.scenario.action.rounds))
    return sentences


def is_cut_off(cycle: Cycle) -> bool:
    """Return whether the run ended during the action of this cycle."""
    return 0 < len(cycle.phase("action")) < cycle.run.scenario.action.rounds


def _shirking(cycle: Cycle) -> list[str]:
    """Return who did not deliver, how often, and whether others saw it."""
    shirked, saw = cycle.happened("shirked"), cycle.happened("saw")
    if shirked.empty:
        return (
            [_("Everybody delivered what it had promised.")] if len(cycle.phase("action")) else []
        )
    seen = set(zip(saw["round"], saw["whom"], strict=True))
    times = sum(pair in seen for pair in zip(shirked["round"], shirked["who"], strict=True))
    often = shirked["who"].value_counts()
    order = sorted(often.index, key=lambda name: (-often[name], name))
    names = [f"{cycle.who(name)} ({often[name]})" for name in order]
    return [
        _n(
            "{count} time somebody did not deliver, seen by others {seen}: {names}.",
            "{count} times somebody did not deliver, seen by others {seen}: {names}.",
            len(shirked),
            seen=_n("{count} time", "{count} times", times),
            names=several(names, cycle.max_names),
        )
    ]


def needs_grew(cycle: Cycle) -> float | None:
    """Return the needs in action as a multiple of the planned ones; None if not known."""
    planned, real = cycle.phase("planning"), cycle.phase("action")
    if real.empty:
        return None
    for kind in KINDS:
        if planned[f"need_{kind}"].iloc[-1] > 0:
            return float(real[f"need_{kind}"].iloc[0] / planned[f"need_{kind}"].iloc[-1])
    return None


def _changed_needs(cycle: Cycle) -> list[str]:
    """Return how far the needs in action differed from the planned ones, and why."""
    factor = needs_grew(cycle)
    if factor is None or abs(factor - 1.0) < MIN_SHOWN:
        return []
    if factor > 1.0:
        text = _("Obstacles that the table had not understood came up: {more} more was needed.")
        return [text.format(more=share(factor - 1.0))]
    return [_("Thanks to routine {less} less was needed than planned.", less=share(1.0 - factor))]


def trust(cycle: Cycle) -> list[str]:
    """Return how trust changed over the cycle, among all members and between sectors."""
    if len(cycle.rounds) < 2 or cycle.brief:
        return []
    first, last = cycle.rounds.iloc[0], cycle.rounds.iloc[-1]
    if pd.isna(first["trust"]) or pd.isna(last["trust"]):
        return []
    sentence = _(
        "From the first month of the cycle to the last, mean trust between members went from "
        "{first} to {last}",
        first=worth(first["trust"]),
        last=worth(last["trust"]),
    )
    pairs = _between_sectors(cycle, int(first["round"]), int(last["round"]))
    if pairs:
        for text, pair, change in (
            (_("; that of {who} in {whom} rose most ({first} to {last})"), pairs[-1], 1),
            (_("; that of {who} in {whom} fell most ({first} to {last})"), pairs[0], -1),
        ):
            if change * (pair.last - pair.first) >= MIN_SHOWN:
                sentence += text.format(
                    who=the_sector(pair.who),
                    whom=the_sector(pair.whom),
                    first=worth(pair.first),
                    last=worth(pair.last),
                )
    return [f"{sentence}."]


class _Pair(NamedTuple):
    """Mean trust of one sector's members in another sector, in two rounds."""

    who: str
    whom: str
    first: float
    last: float


def _between_sectors(cycle: Cycle, first: int, last: int) -> list[_Pair]:
    """Return all pairs of sectors with ties in both rounds, the greatest loss of trust first."""
    sectors = dict(cycle.run.stakeholders[["name", "sector"]].to_numpy())
    before, after = cycle.at(first), cycle.at(last)
    pairs = []
    for who in SECTORS:
        names = [name for name in before.index if sectors[name] == who]
        for whom in SECTORS:
            ends = [rows.loc[names, f"trust_in_{whom}"].mean() for rows in (before, after)]
            if not any(map(pd.isna, ends)):
                pairs.append(_Pair(who, whom, *ends))
    return sorted(pairs, key=lambda pair: pair.last - pair.first)


def every_round(cycle: Cycle) -> list[str]:
    """Return a heading and a Markdown list with an item for each round of a cycle."""
    items = "\n".join(f"- {sentence.text}" for sentence in round_sentences(cycle))
    return [_("**Round by round.**"), items] if items else []


def round_sentences(cycle: Cycle) -> list[Sentence]:
    """Return one sentence for each round of a cycle."""
    by_round: dict[Any, pd.DataFrame] = dict(iter(cycle.events.groupby("round")))
    nothing = cycle.events.iloc[:0]
    return [
        Sentence(int(str(month)), _round_text(cycle, row, by_round.get(month, nothing)))
        for month, row in cycle.rounds.iterrows()
    ]


def _round_text(cycle: Cycle, row: Any, events: pd.DataFrame) -> str:
    """Return the sentence on one round."""
    phase = str(row["phase"])
    tell = {
        "listening": _listening_round,
        "debate": _debate_round,
        "planning": _planning_round,
        "action": _action_round,
    }[phase]
    here = events[events["phase"] == phase]
    return _(
        "Month {month}, {phase} {number}: {what}.",
        month=int(row["round"]),
        phase=_(PHASE_NAMES[phase]),
        number=int(row["phase_round"]),
        what="; ".join(tell(cycle, row, here)),
    )


def _facts_explained(cycle: Cycle, events: pd.DataFrame, kind: str) -> Iterator[str]:
    """Yield how many facts were explained and understood, and who learnt from whom."""
    explained = events[events["event"] == kind]
    learnt = explained[explained["value"] == 1]
    yield _n(
        "{count} fact told, {understood} understood",
        "{count} facts told, {understood} understood",
        len(explained),
        understood=len(learnt),
    )
    lessons = [
        _("{whom} from {who}", whom=cycle.who(row.whom), who=cycle.who(row.who))
        for row in rows_of(learnt)
    ]
    if lessons:
        yield _("learnt: {lessons}", lessons=several(lessons, cycle.max_names))


def _listening_round(cycle: Cycle, row: Any, events: pd.DataFrame) -> Iterator[str]:
    yield from _facts_explained(cycle, events, "explained")
    yield _("understanding {understanding}", understanding=share(row["understanding"]))


def _debate_round(cycle: Cycle, row: Any, events: pd.DataFrame) -> Iterator[str]:
    yield _("on the table {option}", option=cycle.option(row["option"]))
    yield from _facts_explained(cycle, events, "argued")
    if pd.notna(row["accepting"]):
        yield _("{accepting} accept", accepting=share(row["accepting"]))
    objected = events[events["event"] == "objected"]
    if len(objected):
        text = _("{name} (worth {value}, asking for {bound})")
        yield _("objecting: {names}", names=cycle.list_with_bounds(objected, text))
    for item in rows_of(events[events["event"] == "amended"]):
        text = _("amended by {way}, which so far costs it {price} of its effectiveness")
        yield text.format(way=f"{item.value:.3f}", price=f"{item.bound:.3f}")
    if (events["event"] == "agreed").any():
        yield _("agreed")
    if (events["event"] == "deadlocked").any():
        yield _("the deadline passed")


def _planning_round(cycle: Cycle, row: Any, events: pd.DataFrame) -> Iterator[str]:
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
            yield text.format(names=several(shown, cycle.max_names))


def _action_round(cycle: Cycle, row: Any, events: pd.DataFrame) -> Iterator[str]:
    yield _("{step} of what was needed was delivered", step=share(row["step"]))
    saw = events[events["event"] == "saw"]
    names = []
    for who in events[events["event"] == "shirked"]["who"]:
        seers = saw[saw["whom"] == who]["who"]
        text = _("{name} (seen by {seers})") if len(seers) else _("{name} (unseen)")
        names.append(text.format(name=cycle.who(who), seers=cycle.list_names(seers)))
    if names:
        yield _("not delivering: {names}", names=several(names, cycle.max_names))
