"""What must be true of each kind of sentence about who came, what was learnt and debated."""

import re

import pandas as pd

from tests.view.sceptic import (
    AMOUNT,
    NUMBER,
    OPTION,
    ROUNDING,
    SECTORS_WITH_ARTICLE,
    SHARE,
    Scene,
    is_difference,
    is_listed,
    is_said,
    numbers,
    same,
    told,
    unnamed,
)

# Who came, and about what.


@told("## Who came, and about what", "## What decided the outcome")
def a_heading(s: Scene) -> None:
    pass


@told("## Cycle <cycle:int>")
def a_cycle_that_never_met(s: Scene, cycle: str) -> None:
    same(int(cycle), s.cycle)
    assert s.rounds().empty


@told("## Cycle <cycle:int>: <span:span>")
def a_cycle(s: Scene, cycle: str, span: str) -> None:
    months = s.rounds()["round"]
    same(int(cycle), s.cycle)
    is_span(span, months)


def is_span(span: str, months: pd.Series) -> None:
    first, last = int(months.iloc[0]), int(months.iloc[-1])
    same(span, f"month {first}" if first == last else f"months {first} to {last}")


@told(
    "<total:int> stakeholder(s) were invited (<sectors:sectors>); <came:came> took part.",
    "<convener:who> called <total:int> stakeholder(s) together (<sectors:sectors>); "
    "<came:came> took part.",
)
def invited(s: Scene, total: str, sectors: str, came: str, convener: str | None = None) -> None:
    people = s.run.stakeholders
    same(None if convener is None else s.name(convener), s.run.scenario.leadership.convener)
    same(int(total), len(people))
    said = re.findall(r"(\d+) of ([a-z ]+)", sectors)
    there = people["sector"].value_counts()
    same({SECTORS_WITH_ARTICLE[name]: int(count) for count, name in said}, there.to_dict())
    away = s.run.events["event"].eq("stayed_away").sum()
    same(0 if came == "nobody" else int(came), len(people) - away)


def expected_too_little(s: Scene, count: str, names: str, rows: pd.DataFrame) -> None:
    """Each with what it expected and what would have been enough, as the event says."""
    assert len(rows)
    same(int(count), len(rows))
    said = s.rows(names, rf"[(]({NUMBER}), needing ({NUMBER})[)]")
    is_listed([name for name, *_ in said], names, rows["who"])
    rows = rows.set_index("who")
    for name, value, bound in said:
        is_said(value, rows.at[name, "value"])
        is_said(bound, rows.at[name, "bound"])


@told("<count:int> stayed away, expecting too little of it: <names:expecting>.")
def stayed_away(s: Scene, count: str, names: str) -> None:
    rows = s.happened("stayed_away")
    expected_too_little(s, count, names, rows)
    assert (rows["value"] < rows["bound"]).all()
    gaps = (rows["bound"] - rows["value"]).to_numpy()
    named = rows["who"].isin(s.people(names)).to_numpy()
    assert gaps[named].min() >= gaps[~named].max(initial=0) - ROUNDING, "not those furthest off"


@told("<convener:who> itself stayed away.")
def convener_stayed_away(s: Scene, convener: str) -> None:
    same(s.name(convener), s.run.scenario.leadership.convener)
    assert s.name(convener) in set(s.happened("stayed_away")["who"])


@told("<seats:int> had a seat at the table (<names:people>); they spoke for the other members.")
def seats(s: Scene, seats: str, names: str) -> None:
    there = s.after(1)
    seated = there.index[there["at_table"]]
    same(int(seats), len(seated))
    is_listed(s.people(names), names, seated)
    assert there["member"].sum() > len(seated)


@told("Two questions were open: <axes:text>.")
def questions(s: Scene, axes: str) -> None:
    assert s.run.scenario.problem.axes is not None
    ends = [
        f"{axis.name} (0: {axis.low}, 1: {axis.high})" if axis.low and axis.high else axis.name
        for axis in s.run.scenario.problem.axes
    ]
    same(axes, " and ".join(ends))


@told("There were <count:int> options.", "There were <count:int> options: <which:text>.")
def options(s: Scene, count: str, which: str = "") -> None:
    there = s.run.options[s.run.options["problem"] == 1]
    same(int(count), len(there))
    if s.run.scenario.problem.options is not None:
        same(numbers(which), list(there["option"]))
        return
    own = there.dropna(subset="sector")
    said = re.findall(r"(\d+) \(([a-z ]+)\)", which)
    same(
        {int(number): SECTORS_WITH_ARTICLE[sector] for number, sector in said},
        dict(zip(own["option"], own["sector"], strict=True)),
    )
    same("middle way" in which, 0 < len(own) < len(there))


# Listening.


@told("**Listening.**", "**Debate.**", "**Planning.**", "**Action.**")
def a_phase(s: Scene) -> None:
    pass  # the sentences that follow can only be true of it


@told(
    "In <meetings:int> meeting(s) facts were explained <told:int> time(s) and understood "
    "<understood:int> time(s)."
)
def explained(s: Scene, meetings: str, told: str, understood: str) -> None:
    explained = s.happened("explained")
    same(int(meetings), len(s.rounds("listening")))
    same(int(told), len(explained))
    same(int(understood), int(explained["value"].sum()))


@told(
    "Most was learnt from <teacher:who>, who was understood <taught:int> time(s); <pupil:who> "
    "learnt most (<learnt:int> fact(s))."
)
def learnt(s: Scene, teacher: str, taught: str, pupil: str, learnt: str) -> None:
    understood = s.happened("explained").query("value == 1")
    times = understood.groupby("who").size()
    same(times[s.name(teacher)], times.max())
    same(int(taught), times.max())
    facts = understood.groupby("whom")["fact"].nunique()
    same(facts[s.name(pupil)], facts.max())
    same(int(learnt), facts.max())
    first, last = (s.after(month) for month in s.rounds("listening")["round"].iloc[[0, -1]])
    known = last.at[s.name(pupil), "facts"] - first.at[s.name(pupil), "facts"]
    assert known <= int(learnt), "it knows more"


@told("At the end each knew, on average, <known:share> of what anyone at the table knew.")
def understanding(s: Scene, known: str) -> None:
    rounds = s.rounds("listening")
    is_said(known, rounds["understanding"].iloc[-1])


# Debate.


@told("Facts were shown above all <sides:sides>.")
def shown(s: Scene, sides: str) -> None:
    argued = s.happened("argued")
    kinds = {"for": "opportunity", "against": "obstacle"}
    for side in sides.split("; "):
        found = re.fullmatch(rf"(for|against) ({OPTION}) by (.+)", side)
        assert found
        of_kind = argued[argued["kind"] == kinds[found[1]]]
        speakers = of_kind.groupby("option")["who"].nunique()
        (option,) = numbers(found[2])
        is_listed(
            s.people(found[3]), found[3], of_kind["who"][of_kind["option"] == option].unique()
        )
        said = [n for word, n in re.findall(r"(for|against) #(\d+)#", sides) if word == found[1]]
        unsaid = speakers.drop([int(number) for number in said])
        assert speakers[option] >= unsaid.max() if len(unsaid) else True, "others had more"


def spells(s: Scene) -> list[pd.DataFrame]:
    """The debate's rounds, cut where the lead changes."""
    found: list[list[int]] = []
    rounds = s.rounds("debate")
    for month, option in rounds["option"].items():
        if not found or rounds.at[found[-1][-1], "option"] != option:
            found.append([])
        found[-1].append(int(str(month)))
    return [rounds.loc[months] for months in found]


def is_spell(s: Scene, said: str, spell: pd.DataFrame) -> None:
    found = re.fullmatch(rf"({OPTION}) \(([^;]+?)(?:; (.+))?\)", said)
    assert found
    same(numbers(found[1]), [spell["option"].iloc[0]])
    is_span(found[2], spell["round"])
    shares = re.findall(SHARE, found[3] or "")
    ends = [spell["round"].iloc[0], spell["round"].iloc[-1]]
    if s.run.scenario.decide:
        assert len(shares) == (1 if len(spell) == 1 else 2)
        for share, month in zip(shares, ends, strict=False):
            is_said(share, s.accepting(month).mean())
    else:
        assert found[3] is None


@told("First on the table was <draft:spell>.")
def first_draft(s: Scene, draft: str) -> None:
    is_spell(s, draft, spells(s)[0])


@told("Then came <draft:spell>.")
def second_draft(s: Scene, draft: str) -> None:
    _first, second = spells(s)
    is_spell(s, draft, second)


@told(
    "Then the lead changed <changes:int> time(s) among <options:options>; <longest:option> led in "
    "<led:int> of <meetings:int> meeting(s)."
)
def drafts(s: Scene, changes: str, options: str, longest: str, led: str, meetings: str) -> None:
    leading = s.rounds("debate")["option"].to_numpy()
    same(int(changes), int((leading[1:] != leading[:-1]).sum()))
    is_listed(numbers(options), options, sorted(set(leading.astype(int))), in_order=True)
    times = {number: int((leading == number).sum()) for number in set(leading)}
    (number,) = numbers(longest)
    same((int(led), int(meetings)), (times[number], len(leading)))
    same(int(led), max(times.values()))


@told("Last came <draft:spell>.")
def last_draft(s: Scene, draft: str) -> None:
    is_spell(s, draft, spells(s)[-1])


def objections(s: Scene) -> pd.DataFrame:
    """Every stakeholder that ever objected in this debate: how often, and its latest gap."""
    found: dict[str, list[float]] = {}
    for month in s.rounds("debate")["round"]:
        there = s.after(month)
        for name in s.objectors(month):
            found.setdefault(name, []).append(
                there.at[name, "aspiration"] - there.at[name, "worth"]
            )
    rows = {name: (len(gaps), gaps[-1]) for name, gaps in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["times", "gap"])


def are_objectors(s: Scene, text: str) -> list[str]:
    there = objections(s)
    said = s.rows(text, rf"[(](\d+) times?, at last ({AMOUNT}) short of what it asked for[)]")
    assert said
    for name, times, gap in said:
        same(int(times), there.at[name, "times"])
        is_difference(gap, there.at[name, "gap"])
    return [name for name, *_ in said]


@told("Nobody objected.")
def no_objection(s: Scene) -> None:
    assert len(s.rounds("debate"))
    assert objections(s).empty


@told("Only <names:objectors> objected.")
def one_objector(s: Scene, names: str) -> None:
    same(are_objectors(s, names), list(objections(s).index))


@told(
    "In <meetings:int> meeting <count:int> stakeholders objected, most often <names:objectors>.",
    "In <meetings:int> meetings <count:int> different stakeholders objected, most often "
    "<names:objectors>.",
)
def objectors(s: Scene, meetings: str, count: str, names: str) -> None:
    there = objections(s)
    same(int(meetings), len(s.rounds("debate")))
    same(int(count), len(there))
    named = are_objectors(s, names)
    assert unnamed(names) == 0
    others = there.drop(named)["times"].max() if len(named) < len(there) else 0
    assert there.loc[named, "times"].is_monotonic_decreasing
    assert there.loc[named, "times"].min() >= others, "others objected more often"


@told(
    "Drafts were moved toward their objectors <count:int> time(s); compromise has so far cost "
    "<option:option> <price:amount> of effectiveness, on a scale from 0 to 1."
)
def amended(s: Scene, count: str, option: str, price: str) -> None:
    amended = s.happened("amended").query("value > 0")
    same(int(count), len(amended))
    last = s.rounds("debate").iloc[-1]
    same(numbers(option), [last["option"]])
    is_difference(price, last["dilution"])
    assert not s.happened("agreed")["round"].isin(amended["round"]).any()
