"""What must be true of each kind of sentence about members, pledges, deliveries and trust."""

import re
from collections import Counter
from dataclasses import replace

import pandas as pd

from sim.scenario import KINDS, SECTORS
from tests.view.sceptic import (
    REASON,
    REASONS,
    ROUNDING,
    SECTORS_WITH_ARTICLE,
    SHARE,
    Scene,
    is_listed,
    is_said,
    same,
    told,
)
from tests.view.sentences_of_meetings import expected_too_little

CITIZENS = ("community", "civil_society")


# Who comes and goes, and what comes from outside.


@told("<count:int> left, expecting too little: <names:expecting>.")
def left(s: Scene, count: str, names: str) -> None:
    rows = s.happened("left")
    assert (rows["value"] < rows["bound"]).all()
    phases = [rows[rows["phase"] == phase] for phase in ("convening", "renewal")]
    named = set(s.people(names))
    (rows,) = (rows for rows in phases if named & set(rows["who"]))
    expected_too_little(s, count, names, rows)


@told("<count:int> returned, expecting enough again: <names:expecting>.")
def returned(s: Scene, count: str, names: str) -> None:
    rows = s.happened("returned")
    assert (rows["value"] > rows["bound"]).all()
    expected_too_little(s, count, names, rows)


@told("New at the table: <names:people>.")
def seated(s: Scene, names: str) -> None:
    month = int(s.rounds()["round"].iloc[0])
    now, before = s.after(month)["at_table"], s.after(month - 1)["at_table"]
    is_listed(s.people(names), names, now.index[now & ~before])


@told("The problem of the deadlock was taken up again.")
def retried(s: Scene) -> None:
    before = replace(s, cycle=s.cycle - 1)
    same(s.rounds()["problem"].iloc[0], before.rounds()["problem"].iloc[0])
    assert len(before.happened("deadlocked")) == 1


@told("A new problem was taken up.")
def new_problem(s: Scene) -> None:
    before = replace(s, cycle=s.cycle - 1)
    assert s.rounds()["problem"].iloc[0] > before.rounds()["problem"].iloc[0]


@told("From outside, before month <month:int>: <what:text>.")
def from_outside(s: Scene, month: str, what: str) -> None:
    events = s.run.events
    rows = events[(events["event"] == "changed") & (events["round"] == int(month) - 1)]
    said = []
    for row in rows.itertuples():
        event = s.run.scenario.events[row.option - 1]
        assert event.round == int(month) or event.cycle == row.cycle == s.cycle
        done = (
            f"set to {event.set if isinstance(event.set, str) else f'{event.set:g}'}"
            if event.scale is None
            else f"multiplied by {event.scale:g}"
        )
        change = f"{event.field} is {done}"
        title = " ".join(event.title.split())
        said.append((f"{title} ({change})" if s.full else title) if title else change)
    same(what, "; ".join(said))


# Planning.


@told("Nothing was needed.")
def no_need(s: Scene) -> None:
    assert (s.rounds("planning")[[f"need_{kind}" for kind in KINDS]] == 0).all(axis=None)


@told(
    "Needed were, in units a year, <funds:number> funds, <capacity:number> capacity and "
    "<network:number> network."
)
def needed(s: Scene, **said: str) -> None:
    for kind in KINDS:
        for value in s.rounds("planning")[f"need_{kind}"]:
            is_said(said[kind], value)


def covering(s: Scene) -> dict[str, float]:
    """How far the last pledges cover each kind that is needed."""
    last = s.rounds("planning").iloc[-1]
    pledged = s.after(last["round"])
    return {
        kind: pledged[kind].sum() / last[f"need_{kind}"] for kind in KINDS if last[f"need_{kind}"]
    }


def is_scarcest(s: Scene, kind: str) -> None:
    there = covering(s)
    assert there[kind] <= min(there.values()) + ROUNDING, f"that is not {there}"


@told(
    "Pledges covered <first:share> of what was needed of the scarcest resource at first, and "
    "<last:share> at last (<kind:text>)."
)
def covered(s: Scene, first: str, last: str, kind: str) -> None:
    rounds = s.rounds("planning")
    is_said(first, rounds["coverage"].iloc[0])
    start = rounds.iloc[0]
    pools = [start[f"pool_{k}"] / start[f"need_{k}"] for k in KINDS if start[f"need_{k}"]]
    is_said(first, min(pools))
    is_said(last, min(covering(s).values()))
    is_said(last, s.happened("planned")["value"].iloc[0])
    is_scarcest(s, kind)


@told("The run ended before the plan was made.")
def planning_cut_off(s: Scene) -> None:
    same(int(s.rounds("planning")["round"].iloc[-1]), s.run.scenario.horizon)
    same(s.run.scenario.horizon, len(s.run.rounds))
    assert s.happened("planned").empty


def plan(s: Scene) -> pd.DataFrame:
    return s.after(s.rounds("planning")["round"].iloc[-1])


@told(
    "What each finds fair to give ranged from <least:share> of what it has (<first:who>) to "
    "<most:share> (<last:who>)."
)
def fair(s: Scene, least: str, first: str, most: str, last: str) -> None:
    asked = plan(s)["fair"]
    asked = asked[asked > 0]
    for said, name, value in ((least, first, asked.min()), (most, last, asked.max())):
        is_said(said, value)
        assert abs(asked[s.name(name)] - value) < ROUNDING


def held_back(s: Scene) -> list[str]:
    there = plan(s)
    return list(there.index[(there["pledge"] < there["fair"] - ROUNDING).fillna(False)])


def weighed_most(s: Scene, name: str) -> set[str]:
    """The reasons that can be given for a pledge below what is fair.

    Commitment is ownership (its part in the making) x gain x trust: the smaller of ownership x
    gain and trust weighed most, where no earlier promise was taken back that was larger than what
    had been missing from the start.
    """
    row, people = plan(s).loc[name], s.tables.people
    if people.at[name, "free_rider"]:
        return {"riding free"}
    if row["commitment"] == 0:
        return {"for whom the agreement is worth no more than going alone"}
    pledged = s.happened("pledged")
    pledged = pledged["value"][pledged["who"] == name].to_numpy()
    taken_back, missing = pledged[0] - row["pledge"], row["fair"] - pledged[0]
    game = s.run.scenario.planning
    if game.stop_when_covered and game.tremble == 0 and abs(taken_back - missing) < ROUNDING:
        return set(REASONS)
    if game.stop_when_covered and game.tremble == 0 and taken_back > max(missing, ROUNDING):
        return {"taking back part of an earlier promise, as others gave less than their share"}
    little_gain = (
        "with little to gain by it"
        if row["at_table"]
        else "with little to gain by it and no seat at the table"
    )
    if any("outside_option" in event.field for event in s.run.scenario.events):
        return {little_gain, "with little trust in the others"}
    gain = min(1.0, 2.5 * (row["utility"] - people.at[name, "outside_option"]))
    own = 1.0 if row["at_table"] else 0.5
    if s.tables.sector[name] in CITIZENS:
        month = int(s.rounds("planning")["round"].iloc[0])
        coproduction = s.level("principles.coproduction", month)
        own = 0.8 + 0.2 * coproduction if row["at_table"] else 0.5 + 0.4 * coproduction
    trust = row["commitment"] / (own * gain)
    if abs(trust - own * gain) < 1e-6:
        return {little_gain, "with little trust in the others"}
    return {little_gain if own * gain < trust else "with little trust in the others"}


@told("Everyone promised what its own norm of fairness asks, or more.")
def nobody_held_back(s: Scene) -> None:
    same(held_back(s), [])


@told(
    "Of <giving:int> with something to give, <few:int> promised a smaller share than it finds "
    "fair: <groups:groups>.",
    "Of <giving:int> with something to give, <few:int> promised a smaller share than they find "
    "fair: <groups:groups>.",
)
def some_held_back(s: Scene, giving: str, few: str, groups: str) -> None:
    there, names = plan(s), held_back(s)
    same(int(giving), int((there["fair"] > 0).sum()))
    same(int(few), len(names))
    reasons = {name: weighed_most(s, name) for name in names}
    total = 0
    for group in groups.split("; "):
        found = re.fullmatch(rf"(\d+) ({REASON}), (namely|such as) (.+)", group)
        assert found
        total += int(found[1])
        said = s.rows(found[4], rf"[(]({SHARE}), not ({SHARE})[)]")
        of_reason = [name for name in names if found[2] in reasons[name]]
        sure = [name for name in of_reason if len(reasons[name]) == 1]
        assert len(sure) <= int(found[1]) <= len(of_reason), f"{found[2]}: {of_reason}"
        assert {name for name, *_ in said} <= set(of_reason), f"{found[2]}: {of_reason}"
        if found[3] == "namely":
            same(len(said), int(found[1]))
        else:
            assert len(said) < int(found[1])
        for name, pledge, asked in said:
            is_said(pledge, there.at[name, "pledge"])
            is_said(asked, there.at[name, "fair"])
    same(total, len(names))


UNFUNDED = (
    "**The plan was not funded**, since less than <viable:share> was covered: nothing was carried "
    "out"
)


@told(UNFUNDED + ", and expectations fell.")
def unfunded(s: Scene, viable: str) -> None:
    assert is_unfunded(s, viable) > 0


@told(UNFUNDED + ".")
def unfunded_without_setback(s: Scene, viable: str) -> None:
    same(is_unfunded(s, viable), 0)


def is_unfunded(s: Scene, viable: str) -> float:
    """The plan is not funded; says how far that sets expectations back."""
    month = int(s.rounds("planning")["round"].iloc[-1])
    needed = s.happened("planned")["bound"].iloc[0]
    is_said(viable, needed)
    same(needed, s.level("planning.viable", month))
    assert min(covering(s).values(), default=1.0) < needed
    assert s.rounds("action").empty
    return float(s.level("renewal.setback", month))


# Action.


def needs_grew(s: Scene) -> float:
    """What an action needs, for each unit that was planned for."""
    planned, real = s.rounds("planning").iloc[-1], s.rounds("action")
    (factor,) = {
        round(float(value / planned[f"need_{kind}"]), 9)
        for kind in KINDS
        if planned[f"need_{kind}"]
        for value in real[f"need_{kind}"]
    }
    return factor


@told("Obstacles that the table had not understood came up: <more:share> more was needed.")
def surfaced(s: Scene, more: str) -> None:
    is_said(more, needs_grew(s) - 1)


@told("Thanks to routine <less:share> less was needed than planned.")
def saved(s: Scene, less: str) -> None:
    is_said(less, 1 - needs_grew(s))


@told("Everybody delivered what it had promised.")
def all_delivered(s: Scene) -> None:
    assert len(s.rounds("action"))
    assert not any(shirking(s, month) for month in s.rounds("action")["round"])


def shirking(s: Scene, month: int) -> list[str]:
    there = s.after(month)
    return list(there.index[~there["delivers"].fillna(True).astype(bool) & (there["pledge"] > 0)])


@told(
    "<times:int> time(s) somebody did not deliver, seen by others <seen:int> time(s): "
    "<names:counted>."
)
def did_not_deliver(s: Scene, times: str, seen: str, names: str) -> None:
    months = s.rounds("action")["round"]
    cases = [(month, name) for month in months for name in shirking(s, month)]
    saw = s.happened("saw")
    sights = set(zip(saw["round"], saw["whom"], strict=True))
    same((int(times), int(seen)), (len(cases), sum(case in sights for case in cases)))
    often = Counter(name for _month, name in cases)
    said = s.rows(names, r"[(](\d+)[)]")
    is_listed([name for name, _ in said], names, often)
    same([int(count) for _name, count in said], [often[name] for name, _ in said])
    same([int(count) for _name, count in said], sorted(often.values(), reverse=True)[: len(said)])


@told("In <months:int> month(s) <delivery:share> of the work was delivered.")
def delivered(s: Scene, months: str, delivery: str) -> None:
    rounds = s.rounds("action")
    same(int(months), len(rounds))
    is_said(delivery, rounds["step"].sum() / s.run.scenario.action.rounds)


@told("The run ended there; <planned:int> months of action were planned.")
def action_was_cut_short(s: Scene, planned: str) -> None:
    same(int(planned), s.run.scenario.action.rounds)
    assert 0 < len(s.rounds("action")) < int(planned)
    same(s.run.scenario.horizon, len(s.run.rounds))


@told("The run ended before anything was delivered.")
def action_cut_off(s: Scene) -> None:
    assert s.rounds("action").empty
    same(s.run.scenario.horizon, len(s.run.rounds))


# Trust.


@told("**Trust and membership.**")
def a_paragraph(s: Scene) -> None:
    assert len(s.rounds())


PAIR = (
    "; that of <who_{0}:sector> in <whom_{0}:sector> {0} most (<from_{0}:number> to "
    "<to_{0}:number>)"
)


@told(
    *(
        "From the first month of the cycle to the last, mean trust between members went from "
        "<first:number> to <last:number>" + "".join(PAIR.format(word) for word in words) + "."
        for words in ((), ("rose",), ("fell",), ("rose", "fell"))
    )
)
def trust(s: Scene, first: str, last: str, **pairs: str) -> None:
    rounds = s.rounds()
    is_said(first, rounds["trust"].iloc[0])
    is_said(last, rounds["trust"].iloc[-1])
    changes: dict[tuple[str, str], tuple[float, float]] = {}
    ends = [s.after(rounds["round"].iloc[place]) for place in (0, -1)]
    for who in SECTORS:
        for whom in SECTORS:
            means = [
                there[f"trust_in_{whom}"][
                    [s.tables.sector[name] == who for name in there.index]
                ].mean()
                for there in ends
            ]
            if not any(map(pd.isna, means)):
                changes[who, whom] = (means[0], means[1])
    by = [after - before for before, after in changes.values()]
    for word, most in (("rose", max(by, default=0.0)), ("fell", min(by, default=0.0))):
        if f"who_{word}" not in pairs:
            assert abs(most) < 0.005 + ROUNDING or (most < 0) == (word == "rose"), f"{word} {most}"
            continue
        who, whom = (SECTORS_WITH_ARTICLE[pairs[f"{end}_{word}"]] for end in ("who", "whom"))
        before, after = changes[who, whom]
        is_said(pairs[f"from_{word}"], before)
        is_said(pairs[f"to_{word}"], after)
        assert abs(after - before - most) < ROUNDING, f"another pair {word} by {most}"
        assert (after > before) == (word == "rose")
