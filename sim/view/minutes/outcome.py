"""The last paragraph of the minutes: what decided the outcome of the run.

Every sentence is a fact of this run that the rules make decisive: who still asked for more, what
closed the gap between demands and the draft, which resource was short, what the pledges would have
achieved if everybody had delivered. No sentence compares the run with another one.
"""

import pandas as pd

from sim.base.text import _, _n
from sim.scenario import KINDS
from sim.scenario.choices import DECISION_RULES
from sim.view.minutes.cycle import Cycle, in_force
from sim.view.minutes.work import is_cut_off, needs_grew, reasons, scarcest
from sim.view.words import KIND_NAMES, MIN_SHOWN, amount, share


def what_decided(cycles: list[Cycle]) -> list[str]:
    """Return the sentences on the first debate, the first plan and the end of a run."""
    planned = [cycle for cycle in cycles if len(cycle.phase("planning"))]
    return [
        *_debate_decided(cycles[0]),
        *(_plan_decided(planned[0]) if planned else []),
        *_end_decided(cycles),
    ]


def _debate_decided(cycle: Cycle) -> list[str]:
    """Return what decided the first debate."""
    rounds = cycle.phase("debate")
    if rounds.empty or not cycle.run.scenario.decide:
        return []
    agreed = cycle.happened("agreed")
    if len(agreed):
        return [*_gap_closed(cycle, rounds), *_last_to_come(cycle), *_majority(cycle, rounds, True)]
    return [*_in_the_way(cycle, rounds), *_majority(cycle, rounds, False)]


def _gap_closed(cycle: Cycle, rounds: pd.DataFrame) -> list[str]:
    """Return how far lower demands and a better draft won over those who objected at first."""
    month, last = int(rounds["round"].iloc[0]), int(rounds["round"].iloc[-1])
    if month == last:
        return [_("The first draft was acceptable to enough of the table at once.")]
    before, after = cycle.at(month), cycle.at(last)
    objected = ~before["accepts"].fillna(True).astype(bool)
    won = before.index[objected & after["accepts"].fillna(False).astype(bool)]
    if won.empty:
        return []
    gap = (before.loc[won, "aspiration"] - before.loc[won, "worth"]).mean()
    lower = (before.loc[won, "aspiration"] - after.loc[won, "aspiration"]).mean()
    better = (after.loc[won, "worth"] - before.loc[won, "worth"]).mean()
    return [
        _n(
            "{count} stakeholder objected to the first draft and accepted the last. At first it "
            "asked for {gap} more than the draft was worth to it; by the end it asked for {lower}, "
            "and the draft was worth {better} to it.",
            "{count} stakeholders objected to the first draft and accepted the last. At first they "
            "asked for {gap} more than the draft was worth to them; by the end they asked for "
            "{lower}, and the draft was worth {better} to them (means, on a scale from 0 to 1).",
            len(won),
            gap=amount(gap),
            lower=_decrease(lower),
            better=_decrease(-better),
        )
    ]


def _decrease(change: float) -> str:
    """Return a decrease in words; a negative one is an increase."""
    size = amount(abs(change))
    return _("{amount} less", amount=size) if change >= 0 else _("{amount} more", amount=size)


def _last_to_come(cycle: Cycle) -> list[str]:
    """Return who objected one meeting before the agreement, but not to the agreement itself."""
    objected = cycle.happened("objected")
    end = int(cycle.happened("agreed")["round"].iloc[0])
    before, after = (set(objected[objected["round"] == month]["who"]) for month in (end - 1, end))
    names = sorted(before - after)
    return [_("The last to accept: {names}.", names=cycle.list_names(names))] if names else []


def _in_the_way(cycle: Cycle, rounds: pd.DataFrame) -> list[str]:
    """Return who still objected at the end of a debate without agreement, and by how much."""
    last = int(rounds["round"].iloc[-1])
    objected = cycle.happened("objected")
    at_last = objected[objected["round"] == last]
    if at_last.empty:
        return []
    gaps = (at_last["bound"] - at_last["value"]).set_axis(at_last["who"]).sort_values(kind="stable")
    return [
        _n(
            "Still objecting in the last meeting of the first debate was {count} stakeholder, "
            "{names}, who asked for {least} more than the draft was worth to it.",
            "Still objecting in the last meeting of the first debate were {count} stakeholders "
            "({names}); they asked for more than the draft was worth to them, by {least} at the "
            "least and {most} at the most.",
            len(gaps),
            names=cycle.list_names(map(str, gaps.index)),
            least=amount(gaps.iloc[0]),
            most=amount(gaps.iloc[-1]),
        )
    ]


def _majority(cycle: Cycle, rounds: pd.DataFrame, agreed: bool) -> list[str]:
    """When more than half accepted for the first time, if the rule required more than that."""
    last = int(rounds["round"].iloc[-1])
    over = rounds[rounds["accepting"] > 0.5]
    month = last if over.empty else int(over["round"].iloc[0])
    rule = DECISION_RULES[in_force(cycle.run, "decision.rule")(month)]
    if rule.by_power or rule.needed(1.0, 1.0, 1.0) == 0.5:
        return []
    if over.empty:
        return [
            _("In no meeting of the first debate did more than half of the table accept the draft.")
        ]
    if month == last:
        return []
    name = _(rule.label)
    if cycle.run.scenario.decision.veto:
        name = _("{rule}, with vetoes", rule=name)
    more = _n("{count} month", "{count} months", last - month)
    text = _(
        "More than half of the table accepted a draft for the first time in month {month}; the "
        "rule ({rule}) asked for more, and the debate went on for {more} to month {last}."
    )
    return [text.format(month=month, rule=name, more=more, last=last)]


def _plan_decided(cycle: Cycle) -> list[str]:
    """Return what decided the fate of the first plan."""
    planned = cycle.happened("planned")
    if planned.empty:
        return []
    sentences = []
    coverage = float(planned["value"].iloc[0])
    if coverage < 1.0 - MIN_SHOWN:
        sentence = _(
            "The plan of cycle {cycle} was short of {kind} above all ({coverage} of the need)",
            cycle=cycle.number,
            kind=_(KIND_NAMES[scarcest(cycle)]),
            coverage=share(coverage),
        )
        by_reason = reasons(cycle)
        if by_reason:
            reason = max(by_reason, key=lambda reason: len(by_reason[reason]))
            sentence += _n(
                "; the largest group to promise less than it finds fair was {count} member "
                "{reason}",
                "; the largest group to promise less than they find fair were {count} members "
                "{reason}",
                len(by_reason[reason]),
                reason=_(reason),
            )
        sentences.append(f"{sentence}.")
    return [*sentences, *_delivery_decided(cycle, coverage)]


def full_delivery(cycle: Cycle) -> float:
    """Return the share of the work that the pledges would have achieved if all had been kept."""
    rounds = cycle.phase("action")
    pooled = cycle.paths.groupby("round")[list(KINDS)].sum()
    ceiling = in_force(cycle.run, "action.administrative_capacity")
    steps: list[float] = []
    for month, row in rounds.iterrows():
        most = ceiling(int(str(month)))
        for kind in KINDS:
            if row[f"need_{kind}"] > 0:
                most = min(most, pooled.at[month, kind] / row[f"need_{kind}"])
        steps.append(min(1.0, most))
    return sum(steps) / float(cycle.run.scenario.action.rounds)


def _delivery_decided(cycle: Cycle, coverage: float) -> list[str]:
    """Return how pledges, obstacles and shirking limited the delivery of the first plan."""
    delivered = cycle.happened("delivered")
    if delivered.empty or cycle.phase("action").empty or is_cut_off(cycle):
        return []
    delivery = float(delivered["value"].iloc[0])
    sentence = _("Of what was needed, pledges covered {coverage}", coverage=share(coverage))
    factor = needs_grew(cycle)
    if factor is not None and factor > 1.0 + MIN_SHOWN:
        sentence += _("; the needs then turned out {more} larger", more=share(factor - 1.0))
    sentence += _(
        "; had everybody delivered, {full} of the work would have been done; {delivery} was.",
        full=share(full_delivery(cycle)),
        delivery=share(delivery),
    )
    return [sentence]


def _end_decided(cycles: list[Cycle]) -> list[str]:
    """Return how many left and when, and why the collaboration dissolved or who stayed."""
    run = cycles[0].run
    sentences = [sentence for cycle in cycles for sentence in _exodus(cycle)]
    dissolved = run.events[run.events["event"] == "dissolved"]
    if dissolved.empty:
        text = _("At the end {members} of {total} stakeholders were members.")
        members = int(run.stakeholders["member"].sum())
        return [*sentences, text.format(members=members, total=len(run.stakeholders))]
    row = dissolved.iloc[0]
    if row["phase"] == "renewal":
        text = _(
            "The collaboration dissolved in month {month}, because fewer than half of the {start} "
            "who had taken part at first were left."
        )
    elif run.rounds.empty:
        text = _(
            "The collaboration dissolved before its first meeting, because fewer than three were "
            "left at the table, or one sector only."
        )
    else:
        text = _(
            "The collaboration dissolved in month {month}, because fewer than three were left at "
            "the table, or one sector only."
        )
    return [*sentences, text.format(month=row["round"], start=int(row["bound"]))]


def _exodus(cycle: Cycle) -> list[str]:
    """Return how many left at the end of a cycle, and after which event, if more than one did."""
    left = cycle.happened("left", phase="renewal")
    if len(left) < 2:
        return []
    delivered = cycle.happened("delivered")
    if len(cycle.happened("deadlocked")):
        text = _("{count} left at the end of cycle {cycle}, after its deadlock.")
    elif len(cycle.happened("unfunded")):
        text = _("{count} left at the end of cycle {cycle}, after its plan had not been funded.")
    elif len(delivered):
        text = _("{count} left at the end of cycle {cycle}, which had delivered {delivery}.")
    else:
        text = _("{count} left at the end of cycle {cycle}.")
    delivery = share(delivered["value"].iloc[0]) if len(delivered) else ""
    return [text.format(count=len(left), cycle=cycle.number, delivery=delivery)]
