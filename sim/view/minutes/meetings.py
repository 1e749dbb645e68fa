"""Minutes of the meetings of a cycle: who came, what was learnt, debated and decided."""

from typing import Any

import pandas as pd

from sim.language import _, _n
from sim.rules.problem import distance, fit
from sim.scenario import SECTORS
from sim.view.minutes.cycle import Cycle, in_force, rows_of
from sim.view.words import (
    amount,
    axis_name,
    escaped,
    months,
    several,
    share,
    stakeholder_name,
    the_sector,
    worth,
)

DRAFTS = 2  # changes of the draft that minutes tell one by one
NOTHING = 0.005  # a number that would be written 0.00


def invitation(cycle: Cycle) -> list[str]:
    """Who was invited, who stayed away and who has a seat: the very start of a run."""
    run = cycle.run
    scenario, people = run.scenario, run.stakeholders
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
        caller = escaped(stakeholder_name(scenario, convener))
    total = _n("{count} stakeholder", "{count} stakeholders", len(people))
    came = int(people["took_part"].sum()) or _("nobody")
    sentences = [
        text.format(total=total, sectors=", ".join(counts), came=came, convener=caller),
        *_stayed_away(cycle),
    ]
    there = people[people["took_part"]]["name"]
    if convener is not None and convener not in set(there):
        sentences.append(_("{convener} itself stayed away.", convener=caller))
    first = cycle.rounds.iloc[0] if len(cycle.rounds) else None
    if first is not None and first["table"] < first["members"]:
        seated = cycle.at(int(first["round"]))
        names = cycle.people(seated.index[seated["at_table"]])
        text = _("{seats} had a seat at the table ({names}); they spoke for the other members.")
        sentences.append(text.format(seats=int(first["table"]), names=names))
    return sentences


def _stayed_away(cycle: Cycle) -> list[str]:
    away = cycle.happened("stayed_away")
    if away.empty:
        return []
    away = away.assign(gap=away["bound"] - away["value"]).sort_values("gap", ascending=False)
    text = _("{count} stayed away, expecting too little of it: {names}.")
    return [text.format(count=len(away), names=cycle.expecting(away))]


def agenda(cycle: Cycle) -> list[str]:
    """What it is about: the axes by name, and whose proposals the numbered options are."""
    problem = cycle.run.scenario.problem
    sentences = []
    if problem.axes is not None:
        text = _("Two questions were open: {axes}.")
        sentences.append(
            text.format(axes=several(cycle.quoted(axis_name(a)) for a in problem.axes))
        )
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
    """What was explained and understood in phase 1, and by whom."""
    rounds = cycle.phase("listening")
    if rounds.empty or cycle.brief:
        return []
    told = cycle.happened("explained")
    understood = told[told["value"] == 1]
    text = _n(
        "In {count} meeting facts were explained {{told}} and understood {{understood}}.",
        "In {count} meetings facts were explained {{told}} and understood {{understood}}.",
        len(rounds),
    )
    told_times, times = (
        _n("{count} time", "{count} times", len(rows)) for rows in (told, understood)
    )
    sentences = [text.format(told=told_times, understood=times)]
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
    sentences.append(text.format(known=share(rounds["understanding"].iloc[-1])))
    return sentences


def _most_frequent(names: pd.Series) -> tuple[str, int]:
    """The most frequent name, the first of the alphabet among equals, and how often it stands."""
    counts = names.value_counts()
    best = min(counts.index[counts == counts.max()])
    return str(best), int(counts[best])


def debate(cycle: Cycle) -> list[str]:
    """Who argued for what, which drafts were on the table, who objected, what was amended."""
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
    """For which options most people showed facts that speak for them; against which drafts."""
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
        for option in order[: cycle.most // 4]:
            who = several(map(cycle.who, speakers[option]), cycle.most // 2)
            sides.append(text.format(option=cycle.option(option), who=who))
    return [_("Facts were shown above all {sides}.", sides="; ".join(sides))] if sides else []


def _drafts(cycle: Cycle, rounds: pd.DataFrame) -> list[str]:
    """Each draft while it was on the table; of many the first, the longest, the last."""
    turn = rounds["option"].ne(rounds["option"].shift()).fillna(True).cumsum()
    spells = [spell for _number, spell in rounds.groupby(turn)]
    if len(spells) <= DRAFTS:
        texts = [_("First on the table was {draft}."), *[_("Then came {draft}.")] * len(spells)]
        return [
            text.format(draft=_draft_period(cycle, spell))
            for text, spell in zip(texts, spells, strict=False)
        ]
    counts = rounds["option"].value_counts()
    longest = min(counts.index[counts == counts.max()])
    return [
        _(
            "First on the table was {first}. Then the lead changed {count} times among {options}; "
            "{longest} led in {led} of {meetings} meetings. Last came {last}.",
            first=_draft_period(cycle, spells[0]),
            count=len(spells) - 1,
            options=several(map(cycle.option, sorted(counts.index)), max(cycle.most, 6)),
            longest=cycle.option(longest),
            led=int(counts[longest]),
            meetings=len(rounds),
            last=_draft_period(cycle, spells[-1]),
        )
    ]


def _draft_period(cycle: Cycle, spell: pd.DataFrame) -> str:
    """A draft, when it was on the table, and how many accepted it."""
    first, last = spell.iloc[0], spell.iloc[-1]
    values = {
        "option": cycle.option(first["option"]),
        "span": months(int(first["round"]), int(last["round"])),
        "first": share(first["accepting"]),
        "last": share(last["accepting"]),
    }
    if not cycle.run.scenario.decide:
        return _("{option} ({span})", **values)
    if len(spell) == 1:
        return _("{option} ({span}; {last} of the table accepted)", **values)
    return _("{option} ({span}; at first {first} of the table accepted, at last {last})", **values)


def _objections(cycle: Cycle, rounds: pd.DataFrame) -> list[str]:
    """Who objected most often, and how far the draft was at last from what would be enough."""
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
    text = _n(
        "In {count} meeting {{some}} stakeholders objected, most often {{names}}.",
        "In {count} meetings {{some}} different stakeholders objected, most often {{names}}.",
        len(rounds),
    )
    return [text.format(some=len(often), names=several(names[: cycle.most // 2], cycle.most))]


def _amendments(cycle: Cycle) -> list[str]:
    """How often drafts were moved toward the objectors, and at what price."""
    amended = cycle.happened("amended")
    amended = amended[amended["value"] > 0]
    if amended.empty:
        return []
    last = cycle.phase("debate").iloc[-1]
    text = _n(
        "Drafts were moved toward their objectors {count} time; compromise has so far cost "
        "{{option}} {{price}} of effectiveness, on a scale from 0 to 1.",
        "Drafts were moved toward their objectors {count} times; compromise has so far cost "
        "{{option}} {{price}} of effectiveness, on a scale from 0 to 1.",
        len(amended),
    )
    return [text.format(option=cycle.option(last["option"]), price=amount(last["dilution"]))]


def decision(cycle: Cycle) -> list[str]:
    """How the debate ended: in an agreement, in deadlock, or without being asked."""
    agreed, deadlocked = cycle.happened("agreed"), cycle.happened("deadlocked")
    if len(agreed):
        return _agreement(cycle, agreed.iloc[0])
    if len(deadlocked):
        row = deadlocked.iloc[0]
        text = _(
            "**Deadlock** in month {month}: the deadline passed with {accepting} of the table "
            "accepting. Trust at the table fell, and so did what members expect."
        )
        if not in_force(cycle.run, "renewal.setback")(int(row["round"])):
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
    """What was agreed, against whom, whom it suits, and whom it moved off its interests."""
    month = int(agreed["round"])
    rounds: Any = cycle.rounds
    table = int(rounds.at[month, "table"])
    accepting = round(agreed["value"] * table)
    text = _("**Agreement** in month {month} on {option}, accepted by all {table} at the table.")
    if accepting < table:
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
    against = cycle.happened("objected")
    against = against[against["round"] == month]
    if len(against):
        names = cycle.people(against["who"])
        sentences.append(_("It was agreed against {names}.", names=names))
    if cycle.brief:
        return sentences
    return sentences + _suits(cycle, month) + _first_agreement(cycle)


def _suits(cycle: Cycle, month: int) -> list[str]:
    """Fit of the agreement to interests: best, worst; and how far positions had moved."""
    there = cycle.at(month)
    place: Any = cycle.rounds.loc[month]
    x, y = place["option_x"], place["option_y"]
    fits = pd.Series(
        [fit(row.interest_x, row.interest_y, x, y) for row in rows_of(there)], there.index
    )
    best = fits.sort_values(ascending=False, kind="stable")
    worst = fits.sort_values(kind="stable")
    text = _("On a scale from 0 to 1 it suits {best} best and {worst} worst.")
    sentences = [text.format(best=_first_two(cycle, best), worst=_first_two(cycle, worst))]
    table = there[there["at_table"]]
    moved = pd.Series(
        [
            distance(row.interest_x, row.interest_y, row.position_x, row.position_y)
            for row in rows_of(table)
        ],
        table.index,
    ).sort_values(ascending=False, kind="stable")
    if len(moved) and moved.iloc[0] > NOTHING:
        sentences.append(
            _(
                "Debate had moved {names} furthest from what they want.",
                names=_first_two(cycle, moved),
            )
        )
    return sentences


def _first_agreement(cycle: Cycle) -> list[str]:
    """What outcomes say of the run's first agreement: who gains, how good and how real it is."""
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
    """The first two names, each with its number."""
    return several(
        f"{cycle.who(str(name))} ({worth(value)})" for name, value in values.iloc[:2].items()
    )
