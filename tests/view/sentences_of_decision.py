"""What must be true of each kind of sentence about how a debate ended."""

import numpy as np
import pandas as pd

from tests.view.sceptic import (
    NUMBER,
    ROUNDING,
    Scene,
    is_listed,
    is_said,
    numbers,
    same,
    told,
    unnamed,
)


def ended(s: Scene, month: str, option: str, table: str) -> pd.Series:
    """The rounds say the same of the agreement as the sentence; who accepts in its month."""
    debate = s.rounds("debate")
    same(int(month), int(debate["round"].iloc[-1]))
    same(numbers(option), [debate["option"].iloc[-1]])
    accepting = s.accepting(int(month))
    same(int(table), len(accepting))
    assert len(s.happened("agreed")) == 1
    return accepting


@told(
    "**Agreement** in month <month:int> on <option:option>, accepted by all <table:int> at the "
    "table."
)
def agreed_by_all(s: Scene, month: str, option: str, table: str) -> None:
    assert ended(s, month, option, table).all()


@told(
    "**Agreement** in month <month:int> on <option:option>, accepted by <people:int> of the "
    "<table:int> at the table, with <power:share> of its power."
)
def agreed(s: Scene, month: str, option: str, people: str, table: str, power: str) -> None:
    accepting = ended(s, month, option, table)
    same(int(people), int(accepting.sum()))
    assert not accepting.all()
    is_said(power, s.rounds().at[int(month), "accepting_power"])
    if not len(s.run.scenario.events):
        powers = s.run.stakeholders.set_index("name")["power"][accepting.index]
        if powers.sum() > 0:
            is_said(power, powers[accepting].sum() / powers.sum())


@told("It was agreed against <names:people>.")
def against(s: Scene, names: str) -> None:
    month = s.happened("agreed")["round"].iloc[0]
    is_listed(s.people(names), names, s.objectors(month))


def is_top(s: Scene, text: str, values: pd.Series) -> None:
    """The first two of the values, largest first."""
    said = s.rows(text, rf"[(]({NUMBER})[)]")
    assert unnamed(text) == 0
    assert len(said) == min(2, len(values))
    for (name, value), there in zip(said, sorted(values, reverse=True), strict=False):
        is_said(value, abs(values[name]))
        assert abs(values[name] - there) < ROUNDING, f"{name} is not there yet"


@told("On a scale from 0 to 1 it suits <best:valued> best and <worst:valued> worst.")
def suits(s: Scene, best: str, worst: str) -> None:
    month = s.happened("agreed")["round"].iloc[0]
    there, place = s.after(month), s.rounds().loc[month]
    away = np.hypot(
        there["interest_x"] - place["option_x"], there["interest_y"] - place["option_y"]
    )
    fits = (1 - away).clip(lower=0)
    is_top(s, best, fits)
    is_top(s, worst, -fits)
    if month == s.run.outcomes["months_to_agreement"]:
        people = s.run.stakeholders.set_index("name")
        np.testing.assert_allclose(people["satisfaction"][fits.index], fits, atol=1e-9)


@told("Debate had moved <names:valued> furthest from what they want.")
def moved(s: Scene, names: str) -> None:
    there = s.after(s.happened("agreed")["round"].iloc[0])
    there = there[there["at_table"]]
    moved = np.hypot(
        there["interest_x"] - there["position_x"], there["interest_y"] - there["position_y"]
    )
    is_top(s, names, moved)


@told("<support:share> of all stakeholders are at least as well off with it as alone.")
def support(s: Scene, support: str) -> None:
    is_first_agreement(s)
    is_said(support, s.run.outcomes["support"])
    if not len(s.run.scenario.events):
        people = s.run.stakeholders
        is_said(support, (people["utility"] >= people["outside_option"] - ROUNDING).mean())


@told("By all the facts there are it is <quality:share> as effective as the best option.")
def quality(s: Scene, quality: str) -> None:
    is_first_agreement(s)
    row = s.rounds().loc[s.happened("agreed")["round"].iloc[0]]
    options = s.run.options[s.run.options["problem"] == row["problem"]].set_index("option")
    true, sc = options["effectiveness"], s.run.scenario.problem
    facts = options["opportunities"] - options["obstacles"]
    best = (sc.q0 + sc.g * facts).clip(0.05, 0.95)
    np.testing.assert_allclose(best, true, atol=1e-9)
    diluted = sc.q0 + sc.g * facts[int(row["option"])] - row["dilution"]
    is_said(quality, min(max(diluted, 0.05), 0.95) / best.max())


def is_first_agreement(s: Scene) -> None:
    agreed = s.run.events[s.run.events["event"] == "agreed"]
    same(s.cycle, agreed["cycle"].iloc[0])


DEADLOCK = (
    "**Deadlock** in month <month:int>: the deadline passed with <accepting:share> of the table "
    "accepting."
)


@told(
    DEADLOCK + " Trust at the table fell, and so did what members expect.",
)
def deadlock(s: Scene, month: str, accepting: str) -> None:
    is_deadlock(s, month, accepting)
    there = s.after(month)
    assert s.level("renewal.setback", int(month)) > 0
    if len(s.rounds("debate")) > 1:
        before = s.after(int(month) - 1)["expectation"][there["member"]]
        after = there["expectation"][there["member"]]
        assert ((after < before) | (before == 0)).all()


@told(DEADLOCK + " Trust at the table fell.")
def deadlock_without_setback(s: Scene, month: str, accepting: str) -> None:
    is_deadlock(s, month, accepting)
    same(s.level("renewal.setback", int(month)), 0)


def is_deadlock(s: Scene, month: str, accepting: str) -> None:
    debate = s.rounds("debate")
    same(int(month), int(debate["round"].iloc[-1]))
    same(len(debate), s.run.scenario.form.deadline)
    is_said(accepting, s.accepting(int(month)).mean())
    assert s.happened("agreed").empty
    assert len(s.happened("deadlocked")) == 1


@told("Nobody was asked to accept.")
def undecided(s: Scene) -> None:
    assert not s.run.scenario.decide
    assert len(s.rounds("debate"))
    assert s.rounds("debate")["accepting"].isna().all()


@told("The run ended before the debate did.")
def debate_cut_off(s: Scene) -> None:
    month = int(s.rounds("debate")["round"].iloc[-1])
    same(month, s.run.scenario.horizon)
    same(month, len(s.run.rounds))
    assert s.happened("agreed").empty
    assert s.happened("deadlocked").empty
