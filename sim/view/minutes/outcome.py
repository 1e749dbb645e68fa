"""The last paragraph of the minutes: what decided how the run went, by arithmetic on its tables.

Every sentence is a fact of this run that the rules make decisive: who still asked for more, what
closed the gap between demands and draft, which resource was short, what pledges would have done had
everybody delivered. None compares this run with another one.
"""

import pandas as pd

from sim.language import _, _n
from sim.scenario import KINDS
from sim.view.minutes.cycle import Cycle, in_force
from sim.view.minutes.work import REASONS, is_cut_off, needs_grew, reasons, scarcest
from sim.view.words import KIND_NAMES, RULE_NAMES, amount, share

TINY = 0.005


def what_decided(told: list[Cycle]) -> list[str]:
    """The sentences, over all cycles: beginning, first debate, first plan, end."""
    first = told[0]
    sentences = _debate_decided(first)
    for cycle in told:
        if len(cycle.phase("planning")):
            sentences += _plan_decided(cycle)
            break
    return sentences + _end_decided(told)


def _debate_decided(cycle: Cycle) -> list[str]:
    """What decided the first debate."""
    rounds = cycle.phase("debate")
    if rounds.empty or not cycle.run.scenario.decide:
        return []
    agreed = cycle.happened("agreed")
    if len(agreed):
        return [*_gap_closed(cycle, rounds), *_last_to_come(cycle), *_majority(cycle, rounds, True)]
    return [*_in_the_way(cycle, rounds), *_majority(cycle, rounds, False)]


def _gap_closed(cycle: Cycle, rounds: pd.DataFrame) -> list[str]:
    """How far lower demands, and how far a better draft, won over who objected at first."""
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
    text = _n(
        "{count} stakeholder objected to the first draft and accepted the last. At first it asked "
        "for {{gap}} more than the draft was worth to it; by the end it asked for {{lower}}, and "
        "the draft was worth {{better}} to it.",
        "{count} stakeholders objected to the first draft and accepted the last. At first they "
        "asked for {{gap}} more than the draft was worth to them; by the end they asked for "
        "{{lower}}, and the draft was worth {{better}} to them (means, on a scale from 0 to 1).",
        len(won),
    )
    return [text.format(gap=amount(gap), lower=_less(lower), better=_more(better))]


def _less(change: float) -> str:
    text = _("{amount} less") if change >= 0 else _("{amount} more")
    return text.format(amount=amount(abs(change)))


def _more(change: float) -> str:
    return _less(-change)


def _last_to_come(cycle: Cycle) -> list[str]:
    """Who objected in the last meeting before the agreement, and no longer in the last."""
    objected = cycle.happened("objected")
    end = int(cycle.happened("agreed")["round"].iloc[0])
    before = set(objected[objected["round"] == end - 1]["who"])
    still = set(objected[objected["round"] == end]["who"])
    names = sorted(before - still)
    return [_("The last to accept: {names}.", names=cycle.people(names))] if names else []


def _in_the_way(cycle: Cycle, rounds: pd.DataFrame) -> list[str]:
    """Who still objected at the end of a debate without agreement, and by how little."""
    last = int(rounds["round"].iloc[-1])
    objected = cycle.happened("objected")
    at_last = objected[objected["round"] == last]
    if at_last.empty:
        return []
    gaps = (at_last["bound"] - at_last["value"]).set_axis(at_last["who"]).sort_values(kind="stable")
    text = _n(
        "Still objecting in the last meeting of the first debate was {count} stakeholder, "
        "{{names}}, who asked for {{least}} more than the draft was worth to it.",
        "Still objecting in the last meeting of the first debate were {count} stakeholders "
        "({{names}}); they asked for more than the draft was worth to them, by {{least}} at the "
        "least and {{most}} at the most.",
        len(gaps),
    )
    names = cycle.people(map(str, gaps.index))
    return [text.format(names=names, least=amount(gaps.iloc[0]), most=amount(gaps.iloc[-1]))]


def _majority(cycle: Cycle, rounds: pd.DataFrame, agreed: bool) -> list[str]:
    """When more than half accepted for the first time, if the rule asked for more than that."""
    last = int(rounds["round"].iloc[-1])
    over = rounds[rounds["accepting"] > 0.5]
    month = last if over.empty else int(over["round"].iloc[0])
    rule = in_force(cycle.run, "decision.rule")(month)
    if rule in ("majority", "lead"):
        return []
    if over.empty:
        text = _(
            "In no meeting of the first debate did more than half of the table accept the draft."
        )
        return [text]
    if month == last:
        return []
    text = _(
        "More than half of the table accepted a draft for the first time in month {month}; the "
        "rule ({rule}) asked for more, and the debate went on for {more} to month {last}."
    )
    more = _n("{count} month", "{count} months", last - month)
    name = _(RULE_NAMES[rule])
    if cycle.run.scenario.decision.veto:
        name = _("{rule}, with vetoes", rule=name)
    return [text.format(month=month, rule=name, more=more, last=last)]


def _plan_decided(cycle: Cycle) -> list[str]:
    """What decided what became of the first plan."""
    planned = cycle.happened("planned")
    if planned.empty:
        return []
    sentences = []
    coverage = float(planned["value"].iloc[0])
    if coverage < 1.0 - TINY:
        text = _("The plan of cycle {cycle} was short of {kind} above all ({coverage} of the need)")
        sentence = text.format(
            cycle=cycle.number, kind=_(KIND_NAMES[scarcest(cycle)]), coverage=share(coverage)
        )
        found = reasons(cycle)
        if found:
            reason = max(REASONS, key=lambda reason: len(found.get(reason, [])))
            text = _n(
                "; the largest group to promise less than it finds fair was {count} member "
                "{{reason}}",
                "; the largest group to promise less than they find fair were {count} members "
                "{{reason}}",
                len(found[reason]),
            )
            sentence += text.format(reason=_(reason))
        sentences.append(f"{sentence}.")
    return [*sentences, *_delivery_decided(cycle, coverage)]


def full_delivery(cycle: Cycle) -> float:
    """What the pledges would have delivered had everybody kept them: the mean of the steps."""
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
    """Pledges, obstacles, shirking: what kept the delivery of the first plan from being whole."""
    delivered = cycle.happened("delivered")
    if delivered.empty or cycle.phase("action").empty or is_cut_off(cycle):
        return []
    delivery = float(delivered["value"].iloc[0])
    sentence = _("Of what was needed, pledges covered {coverage}", coverage=share(coverage))
    factor = needs_grew(cycle)
    if factor is not None and factor > 1.0 + TINY:
        sentence += _("; the needs then turned out {more} larger", more=share(factor - 1.0))
    text = _("; had everybody delivered, {full} of the work would have been done; {delivery} was.")
    return [sentence + text.format(full=share(full_delivery(cycle)), delivery=share(delivery))]


def _end_decided(told: list[Cycle]) -> list[str]:
    """Who left after what, and why the collaboration dissolved or how it stood at the end."""
    run = told[0].run
    sentences = [sentence for cycle in told for sentence in _exodus(cycle)]
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
    """How many left at the end of a cycle, and after what, if more than one did."""
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
