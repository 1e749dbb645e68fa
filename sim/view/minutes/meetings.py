"""Sentences on the meetings of a cycle: who came, what was learnt, debated and decided."""

from typing import Any

import pandas as pd

from sim.base.text import _, _n
from sim.rules.problem import distance, fit
from sim.scenario import SECTORS
from sim.view.minutes.cycle import Cycle, in_force, rows_of
from sim.view.words import (
    MIN_SHOWN,
    amount,
    axis_name,
    months,
    several,
    share,
    the_sector,
    worth,
)

MAX_DRAFTS = 2  # drafts that are described one by one


def invitation(cycle: Cycle) -> list[str]:
    """Return who was invited, who stayed away and who has a seat at the table."""
    run = cycle.run
    scenario, stakeholders = run.scenario, run.stakeholders
    counts = [
        _("{count} of {sector}", count=count, sector=the_sector(sector))
        for sector in SECTORS
        if (count := scenario.count(sector))
    ]
    convener = scenario.leadership.convener
    if convener is None:
        text = _("{total} were invited ({sectors}); {came} took part.")
        caller = ""
    else:
        text = _("{convener} called {total} together ({sectors}); {came} took part.")
        caller = cycle.who(convener)
    total = _n("{count} stakeholder", "{count} stakeholders", len(stakeholders))
    came = int(stakeholders["took_part"].sum()) or _("nobody")
    sentences = [
        text.format(total=total, sectors=", ".join(counts), came=came, convener=caller),
        *_stayed_away(cycle),
    ]
    present = stakeholders.loc[stakeholders["took_part"], "name"]
    if convener is not None and convener not in set(present):
        sentences.append(_("{convener} itself stayed away.", convener=caller))
    first = cycle.rounds.iloc[0] if len(cycle.rounds) else None
    if first is not None and first["table"] < first["members"]:
        seated = cycle.at(int(first["round"]))
        names = cycle.list_names(seated.index[seated["at_table"]])
        text = _("{seats} had a seat at the table ({names}); they spoke for the other members.")
        sentences.append(text.format(seats=int(first["table"]), names=names))
    return sentences


def _stayed_away(cycle: Cycle) -> list[str]:
    away = cycle.happened("stayed_away")
    if away.empty:
        return []
    away = away.assign(gap=away["bound"] - away["value"]).sort_values("gap", ascending=False)
    text = _("{count} stayed away, expecting too little of it: {names}.")
    return [text.format(count=len(away), names=cycle.list_expectations(away))]


def agenda(cycle: Cycle) -> list[str]:
    """Return the axes, and the options with the sectors that propose them."""
    problem = cycle.run.scenario.problem
    sentences = []
    if problem.axes is not None:
        axes = several(cycle.quoted(axis_name(axis)) for axis in problem.axes)
        sentences.append(_("Two questions were open: {axes}.", axes=axes))
    if cycle.problem is None:
        return sentences
    options = cycle.run.options[cycle.run.options["problem"] == cycle.problem]
    own = options[options["sector"].notna()]
    text = _n("There was {count} option", "There were {count} options", len(options))
    names = [
        _("{number} ({sector})", number=row.option, sector=the_sector(row.sector))
        for row in rows_of(own)
    ]
    if problem.options is not None:
        text += _(": {names}")
        names = [cycle.option(number) for number in options["option"]]
    elif len(own) == len(options):
        text += _(": {names}, each sector's own proposal")
    elif names:
        text += _n(
            ": {{names}} is a sector's own proposal, any other a middle way",
            ": {{names}} are each a sector's own proposal, any other a middle way",
            len(names),
        )
    sentences.append(text.format(names=several(names, len(names))) + ".")
    return sentences


def listening(cycle: Cycle) -> list[str]:
    """Return what was explained and understood in the listening phase, and by whom."""
    rounds = cycle.phase("listening")
    if rounds.empty or cycle.brief:
        return []
    explained = cycle.happened("explained")
    understood = explained[explained["value"] == 1]
    sentences = [
        _n(
            "In {count} meeting facts were explained {told} and understood {understood}.",
            "In {count} meetings facts were explained {told} and understood {understood}.",
            len(rounds),
            told=_n("{count} time", "{count} times", len(explained)),
            understood=_n("{count} time", "{count} times", len(understood)),
        )
    ]
    if len(understood):
        teacher, taught = _most_frequent(understood["who"])
        # Two who explain the same fact in one meeting are both understood; it is learnt once.
        pupil, learnt = _most_frequent(understood.drop_duplicates(["whom", "fact"])["whom"])
        sentences.append(
            _(
                "Most was learnt from {teacher}, who was understood {times}; {pupil} learnt most "
                "({facts}).",
                teacher=cycle.who(teacher),
                times=_n("{count} time", "{count} times", taught),
                pupil=cycle.who(pupil),
                facts=_n("{count} fact", "{count} facts", learnt),
            )
        )
    text = _("At the end each knew, on average, {known} of what anyone at the table knew.")
    return [*sentences, text.format(known=share(rounds["understanding"].iloc[-1]))]


def _most_frequent(names: pd.Series) -> tuple[str, int]:
    """Return the most frequent name, the first by alphabet among equals, and its count."""
    counts = names.value_counts()
    best = min(counts.index[counts == counts.max()])
    return str(best), int(counts[best])


def debate(cycle: Cycle) -> list[str]:
    """Return who argued for what, which drafts were discussed, who objected, what was amended."""
    rounds = cycle.phase("debate")
    if rounds.empty:
        return []
    sentences = _drafts(cycle, rounds)
    if cycle.brief:
        return sentences
    sentences = [*_arguments(cycle), *sentences]
    if cycle.run.scenario.decide:
        sentences += [*_objections(cycle, rounds), *_amendments(cycle)]
    return sentences


def _arguments(cycle: Cycle) -> list[str]:
    """Return the options for and against which most stakeholders showed facts."""
    argued = cycle.happened("argued")
    sides = []
    for kind, text in (
        ("opportunity", _("for {option} by {who}")),
        ("obstacle", _("against {option} by {who}")),
    ):
        spoken = argued[argued["kind"] == kind]
        speakers: dict[int, list[str]] = {
            int(str(option)): list(names.value_counts().index)
            for option, names in spoken.groupby("option")["who"]
        }
        order = sorted(speakers, key=lambda option: (-len(speakers[option]), option))
        for option in order[: cycle.max_names // 4]:
            who = several(map(cycle.who, speakers[option]), cycle.max_names // 2)
            sides.append(text.format(option=cycle.option(option), who=who))
    return [_("Facts were shown above all {sides}.", sides="; ".join(sides))] if sides else []


def _drafts(cycle: Cycle, rounds: pd.DataFrame) -> list[str]:
    """Return the drafts on the table; if there were many, the first, the longest and the last."""
    turn = rounds["option"].ne(rounds["option"].shift()).fillna(True).cumsum()
    periods = [period for _number, period in rounds.groupby(turn)]
    if len(periods) <= MAX_DRAFTS:
        texts = [_("First on the table was {draft}."), *[_("Then came {draft}.")] * len(periods)]
        return [
            text.format(draft=_draft_period(cycle, period))
            for text, period in zip(texts, periods, strict=False)
        ]
    counts = rounds["option"].value_counts()
    longest = min(counts.index[counts == counts.max()])
    return [
        _(
            "First on the table was {first}. Then the lead changed {count} times among {options}; "
            "{longest} led in {led} of {meetings} meetings. Last came {last}.",
            first=_draft_period(cycle, periods[0]),
            count=len(periods) - 1,
            options=several(map(cycle.option, sorted(counts.index)), max(cycle.max_names, 6)),
            longest=cycle.option(longest),
            led=int(counts[longest]),
            meetings=len(rounds),
            last=_draft_period(cycle, periods[-1]),
        )
    ]


def _draft_period(cycle: Cycle, period: pd.DataFrame) -> str:
    """Return a draft, the months when it was on the table, and how many accepted it."""
    first, last = period.iloc[0], period.iloc[-1]
    values = {
        "option": cycle.option(first["option"]),
        "span": months(int(first["round"]), int(last["round"])),
        "first": share(first["accepting"]),
        "last": share(last["accepting"]),
    }
    if not cycle.run.scenario.decide:
        return _("{option} ({span})", **values)
    if len(period) == 1:
        return _("{option} ({span}; {last} of the table accepted)", **values)
    return _("{option} ({span}; at first {first} of the table accepted, at last {last})", **values)


def _objections(cycle: Cycle, rounds: pd.DataFrame) -> list[str]:
    """Return who objected most often, and how far the last draft was from being acceptable."""
    objected = cycle.happened("objected")
    if objected.empty:
        return [_("Nobody objected.")]
    often = objected["who"].value_counts()
    order = sorted(often.index, key=lambda name: (-often[name], name))
    latest: Any = objected.groupby("who").last()
    names = [
        _(
            "{name} ({times}, at last {gap} short of what it asked for)",
            name=cycle.who(name),
            times=_n("{count} time", "{count} times", int(often[name])),
            gap=amount(latest.at[name, "bound"] - latest.at[name, "value"]),
        )
        for name in order
    ]
    if len(names) == 1:
        return [_("Only {names} objected.", names=names[0])]
    return [
        _n(
            "In {count} meeting {some} stakeholders objected, most often {names}.",
            "In {count} meetings {some} different stakeholders objected, most often {names}.",
            len(rounds),
            some=len(often),
            names=several(names[: cycle.max_names // 2], cycle.max_names),
        )
    ]


def _amendments(cycle: Cycle) -> list[str]:
    """Return how often drafts were moved toward the objectors, and what that cost."""
    amended = cycle.happened("amended")
    amended = amended[amended["value"] > 0]
    if amended.empty:
        return []
    last = cycle.phase("debate").iloc[-1]
    return [
        _n(
            "Drafts were moved toward their objectors {count} time; compromise has so far cost "
            "{option} {price} of effectiveness, on a scale from 0 to 1.",
            "Drafts were moved toward their objectors {count} times; compromise has so far cost "
            "{option} {price} of effectiveness, on a scale from 0 to 1.",
            len(amended),
            option=cycle.option(last["option"]),
            price=amount(last["dilution"]),
        )
    ]


def decision(cycle: Cycle) -> list[str]:
    """Return how the debate ended: in an agreement, in deadlock or without a vote."""
    agreed, deadlocked = cycle.happened("agreed"), cycle.happened("deadlocked")
    if len(agreed):
        return _agreement(cycle, agreed.iloc[0])
    if len(deadlocked):
        row = deadlocked.iloc[0]
        if in_force(cycle.run, "renewal.setback")(int(row["round"])):
            text = _(
                "**Deadlock** in month {month}: the deadline passed with {accepting} of the table "
                "accepting. Trust at the table fell, and so did what members expect."
            )
        else:
            text = _(
                "**Deadlock** in month {month}: the deadline passed with {accepting} of the table "
                "accepting. Trust at the table fell."
            )
        return [text.format(month=row["round"], accepting=share(row["value"]))]
    if cycle.phase("debate").empty:
        return []
    if not cycle.run.scenario.decide:
        return [_("Nobody was asked to accept.")]
    return [_("The run ended before the debate did.")]


def _agreement(cycle: Cycle, agreed: Any) -> list[str]:
    """Return what was agreed, against whom, and whom it suits."""
    month = int(agreed["round"])
    rounds: Any = cycle.rounds
    table = int(rounds.at[month, "table"])
    accepting = round(agreed["value"] * table)
    if accepting == table:
        text = _(
            "**Agreement** in month {month} on {option}, accepted by all {table} at the table."
        )
    else:
        text = _(
            "**Agreement** in month {month} on {option}, accepted by {people} of the {table} at "
            "the table, with {power} of its power."
        )
    sentences = [
        text.format(
            month=month,
            option=cycle.option(agreed["option"]),
            people=accepting,
            table=table,
            power=share(agreed["bound"]),
        )
    ]
    objected = cycle.happened("objected")
    objected = objected[objected["round"] == month]
    if len(objected):
        names = cycle.list_names(objected["who"])
        sentences.append(_("It was agreed against {names}.", names=names))
    if cycle.brief:
        return sentences
    return sentences + _suits(cycle, month) + _first_agreement(cycle)


def _suits(cycle: Cycle, month: int) -> list[str]:
    """Return whom the agreement suits best and worst, and whose positions debate moved most."""
    members = cycle.at(month)
    place: Any = cycle.rounds.loc[month]
    x, y = place["option_x"], place["option_y"]
    fits = pd.Series(
        [fit(row.interest_x, row.interest_y, x, y) for row in rows_of(members)], members.index
    )
    best = fits.sort_values(ascending=False, kind="stable")
    worst = fits.sort_values(kind="stable")
    text = _("On a scale from 0 to 1 it suits {best} best and {worst} worst.")
    sentences = [text.format(best=_first_two(cycle, best), worst=_first_two(cycle, worst))]
    table = members[members["at_table"]]
    moved = pd.Series(
        [
            distance(row.interest_x, row.interest_y, row.position_x, row.position_y)
            for row in rows_of(table)
        ],
        table.index,
    ).sort_values(ascending=False, kind="stable")
    if len(moved) and moved.iloc[0] > MIN_SHOWN:
        sentences.append(
            _(
                "Debate had moved {names} furthest from what they want.",
                names=_first_two(cycle, moved),
            )
        )
    return sentences


def _first_agreement(cycle: Cycle) -> list[str]:
    """Return how many gain from the run's first agreement, and how effective it is."""
    outcomes = cycle.run.outcomes
    if outcomes["months_to_agreement"] != cycle.happened("agreed")["round"].iloc[0]:
        return []
    sentences = []
    if pd.notna(outcomes["support"]):
        text = _("{support} of all stakeholders are at least as well off with it as alone.")
        sentences.append(text.format(support=share(outcomes["support"])))
    if pd.notna(outcomes["decision_quality"]):
        text = _("By all the facts there are it is {quality} as effective as the best option.")
        sentences.append(text.format(quality=share(outcomes["decision_quality"])))
    return sentences


def _first_two(cycle: Cycle, values: Any) -> str:
    """Join the first two names, each with its number."""
    return several(
        f"{cycle.who(str(name))} ({worth(value)})" for name, value in values.iloc[:2].items()
    )
