"""What must be true of each kind of sentence about what decided the outcome."""

from collections import Counter
from dataclasses import replace

from sim.scenario import KINDS
from tests.view.sceptic import (
    ROUNDING,
    Scene,
    is_difference,
    is_listed,
    is_said,
    same,
    told,
)
from tests.view.sentences_of_work import covering, held_back, is_scarcest, needs_grew, weighed_most

RULES = {
    "consensus of all": "consensus",
    "consensus of all but one": "consensus_minus_one",
    "supermajority": "supermajority",
}


def first_debate(s: Scene) -> tuple[Scene, list[int]]:
    s = replace(s, cycle=1)
    return s, [int(month) for month in s.rounds("debate")["round"]]


@told("The first draft was acceptable to enough of the table at once.")
def at_once(s: Scene) -> None:
    s, months = first_debate(s)
    same(list(s.happened("agreed")["round"]), months)


@told(
    "<count:int> stakeholder objected to the first draft and accepted the last. At first it asked "
    "for <gap:amount> more than the draft was worth to it; by the end it asked for <lower:amount> "
    "<way:text>, and the draft was worth <better:amount> <other_way:text> to it.",
    "<count:int> stakeholders objected to the first draft and accepted the last. At first they "
    "asked for <gap:amount> more than the draft was worth to them; by the end they asked for "
    "<lower:amount> <way:text>, and the draft was worth <better:amount> <other_way:text> to them "
    "(means, on a scale from 0 to 1).",
)
def won_over(
    s: Scene, count: str, gap: str, lower: str, way: str, better: str, other_way: str
) -> None:
    s, months = first_debate(s)
    assert len(s.happened("agreed")) == 1
    accepting = s.accepting(months[-1])
    won = sorted(s.objectors(months[0]) & set(accepting.index[accepting]))
    same(int(count), len(won))
    first, last = s.after(months[0]).loc[won], s.after(months[-1]).loc[won]
    is_difference(gap, (first["aspiration"] - first["worth"]).mean())
    for said, word, change in (
        (lower, way, (last["aspiration"] - first["aspiration"]).mean()),
        (better, other_way, (last["worth"] - first["worth"]).mean()),
    ):
        is_difference(said, abs(change))
        assert word in ("more", "less")
        assert said == "0.00" or (word == "more") == (change > 0)


@told("The last to accept: <names:people>.")
def last_to_accept(s: Scene, names: str) -> None:
    s, months = first_debate(s)
    assert len(s.happened("agreed")) == 1
    accepting = s.accepting(months[-1])
    won = s.objectors(months[-2]) & set(accepting.index[accepting])
    is_listed(s.people(names), names, sorted(won), in_order=True)


@told(
    "Still objecting in the last meeting of the first debate was <count:int> stakeholder, "
    "<names:people>, who asked for <least:amount> more than the draft was worth to it.",
    "Still objecting in the last meeting of the first debate were <count:int> stakeholders "
    "(<names:people>); they asked for more than the draft was worth to them, by <least:amount> "
    "at the least and <most:amount> at the most.",
)
def in_the_way(s: Scene, count: str, names: str, least: str, most: str | None = None) -> None:
    s, months = first_debate(s)
    assert s.happened("agreed").empty
    objectors = s.objectors(months[-1])
    same(int(count), len(objectors))
    is_listed(s.people(names), names, objectors)
    there = s.after(months[-1]).loc[sorted(objectors)]
    gaps = there["aspiration"] - there["worth"]
    is_difference(least, gaps.min())
    if most is not None:
        is_difference(most, gaps.max())


@told("In no meeting of the first debate did more than half of the table accept the draft.")
def never_half(s: Scene) -> None:
    s, months = first_debate(s)
    assert not any(s.accepting(month).mean() > 0.5 for month in months)


HALF = (
    "More than half of the table accepted a draft for the first time in month <month:int>; the "
    "rule (<rule:rule>{}) asked for more, and the debate went on for <more:int> month(s) to month "
    "<last:int>."
)


@told(HALF.format(", with vetoes"))
def half_with_vetoes(s: Scene, month: str, rule: str, more: str, last: str) -> None:
    assert len(s.run.scenario.decision.veto) > 0
    is_over_half(s, month, rule, more, last)


@told(HALF.format(""))
def half(s: Scene, month: str, rule: str, more: str, last: str) -> None:
    assert not s.run.scenario.decision.veto
    is_over_half(s, month, rule, more, last)
    accepting = first_debate(s)[0].accepting(int(month))
    missing = {
        "consensus": 1 - accepting.mean(),
        "consensus_minus_one": len(accepting) - 1 - accepting.sum(),
        "supermajority": s.level("decision.quorum", int(month)) - accepting.mean(),
    }
    assert missing[RULES[rule]] > ROUNDING, "the rule asked for no more than that"


def is_over_half(s: Scene, month: str, rule: str, more: str, last: str) -> None:
    s, months = first_debate(s)
    over = [month for month in months if s.accepting(month).mean() > 0.5]
    same(int(month), over[0])
    same(int(last), months[-1])
    same(int(more), months[-1] - over[0])
    assert more != "0"
    same(RULES[rule], s.level("decision.rule", over[0]))


def first_plan(s: Scene) -> Scene:
    planning = s.run.rounds[s.run.rounds["phase"] == "planning"]
    return replace(s, cycle=int(planning["cycle"].iloc[0]))


SHORT = (
    "The plan of cycle <cycle:int> was short of <kind:text> above all (<coverage:share> of the "
    "need)"
)


@told(
    SHORT + ".",
    SHORT + "; the largest group to promise less than it finds fair was <count:int> member "
    "<reason:reason>.",
    SHORT + "; the largest group to promise less than they find fair were <count:int> members "
    "<reason:reason>.",
)
def short_of(
    s: Scene,
    cycle: str,
    kind: str,
    coverage: str,
    count: str | None = None,
    reason: str | None = None,
) -> None:
    s = first_plan(s)
    same(int(cycle), s.cycle)
    is_scarcest(s, kind)
    is_said(coverage, min(covering(s).values()))
    given = [weighed_most(s, name) for name in held_back(s)]
    if count is None or reason is None:
        same(given, [])
        return
    sizes = Counter(only for reasons in given if len(reasons) == 1 for only in reasons)
    assert sum(reason in reasons for reasons in given) >= int(count)
    assert int(count) >= max(sizes.values(), default=0)


@told(
    *(
        f"Of what was needed, pledges covered <coverage:share>{grew}; had everybody delivered, "
        "<full:share> of the work would have been done; <delivery:share> was."
        for grew in ("", "; the needs then turned out <more:share> larger")
    )
)
def work_done(s: Scene, coverage: str, full: str, delivery: str, more: str | None = None) -> None:
    s = first_plan(s)
    rounds, planned = s.rounds("action"), s.run.scenario.action.rounds
    is_said(coverage, min(covering(s).values(), default=1.0))
    is_said(delivery, rounds["step"].sum() / planned)
    steps = []
    for month, row in rounds.iterrows():
        there, most = s.after(month), [1.0, s.level("action.administrative_capacity", month)]
        most += [there[k].sum() / row[f"need_{k}"] for k in KINDS if row[f"need_{k}"]]
        steps.append(min(most))
        assert min(most) >= row["step"] - ROUNDING
    is_said(full, sum(steps) / planned)
    if more is not None:
        is_said(more, needs_grew(s) - 1)


@told("At the end <members:int> of <total:int> stakeholder(s) were members.")
def at_the_end(s: Scene, members: str, total: str) -> None:
    people = s.run.stakeholders
    same((int(members), int(total)), (int(people["member"].sum()), len(people)))
    assert "dissolved" not in set(s.run.events["event"])


@told(
    "The collaboration dissolved in month <month:int>, because fewer than half of the <start:int> "
    "who had taken part at first were left."
)
def dissolved_by_renewal(s: Scene, month: str, start: str) -> None:
    same(int(month), len(s.run.rounds))
    people = s.run.stakeholders
    same(int(start), int(people["took_part"].sum()))
    assert 2 * (people["member"] & people["took_part"]).sum() < int(start)
    assert "dissolved" in set(s.run.events["event"])


@told(
    "The collaboration dissolved in month <month:int>, because fewer than three were left at the "
    "table, or one sector only.",
    "The collaboration dissolved before its first meeting, because fewer than three were left at "
    "the table, or one sector only.",
)
def dissolved(s: Scene, month: str = "0") -> None:
    same(int(month), len(s.run.rounds))
    people = s.run.stakeholders
    there = people["sector"][people["at_table"]]
    assert len(there) < 3 or there.nunique() == 1
    assert "dissolved" in set(s.run.events["event"])


EXODUS = "<count:int> left at the end of cycle <cycle:int>"


def exodus(s: Scene, count: str, cycle: str) -> Scene:
    s = replace(s, cycle=int(cycle))
    same(int(count), len(s.happened("left", "renewal")))
    return s


@told(EXODUS + ", after its deadlock.")
def left_after_deadlock(s: Scene, count: str, cycle: str) -> None:
    assert len(exodus(s, count, cycle).happened("deadlocked"))


@told(EXODUS + ", after its plan had not been funded.")
def left_unfunded(s: Scene, count: str, cycle: str) -> None:
    assert len(exodus(s, count, cycle).happened("unfunded"))


@told(EXODUS + ", which had delivered <delivery:share>.")
def left_after_action(s: Scene, count: str, cycle: str, delivery: str) -> None:
    s = exodus(s, count, cycle)
    is_said(delivery, s.rounds("action")["step"].sum() / s.run.scenario.action.rounds)


@told(EXODUS + ".")
def left_otherwise(s: Scene, count: str, cycle: str) -> None:
    s = exodus(s, count, cycle)
    assert s.rounds("action").empty
    assert s.happened("deadlocked").empty
