"""Minutes say nothing but what the tables of the run say, whatever became of the run."""

import gettext
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.api.run import Run
from sim.scenario import SECTORS, Scenario
from tests.prototype import PROTOTYPE
from tests.strategies import scenarios
from tests.view import (  # noqa: F401 - each module adds its kinds of sentences to the sceptic's
    sceptic,
    sentences_of_decision,
    sentences_of_meetings,
    sentences_of_outcome,
    sentences_of_rounds,
    sentences_of_work,
)

# Phases of two to four months, so that a run is told in a moment.
SMALL = Scenario(title="Small", cycles=2).variant(
    {
        **PROTOTYPE,
        "listening.rounds": 2,
        "listening.enough": 1.0,
        "form.deadline": 4,
        "planning.rounds": 3,
        "planning.viable": 0.2,
        "action.rounds": 4,
        "action.temptation": 0.9,
        "stakeholders.incentive": 0.8,
        "stakeholders.community.count": 5,
        "decision.rule": "supermajority",
    }
)
NEEDS = ("problem.need_funds", "problem.need_capacity", "problem.need_network")
TOO_MUCH = dict.fromkeys(NEEDS, 1e6)
EAGER = {"planning.eagerness": 10.0, "planning.resent": 0.0}
AT_ONCE = {"debate.concession": 10.0}
CONTENT = {f"stakeholders.{sector}.outside_option": 0.05 for sector in SECTORS}
CONTENT |= AT_ONCE | {"stakeholders.outside_sd": 0.0, "stakeholders.outside_power": 0.0}
HOPELESS = {"decision.rule": "consensus", "stakeholders.immovable_share": 1.0}
WITHOUT_SETBACK = {"renewal.setback": 0.0}
NAMED = {
    "listed": [{"name": f"Ward {n}", "sector": SECTORS[n % 4]} for n in range(12)],
    "leadership.convener": "Ward 3",
    "problem.axes": [{"name": "Where"}, {"name": "For whom", "low": "few", "high": "all"}],
    "problem.options": [{"name": "Build a school"}, {"name": "Mend the road", "x": 0.2, "y": 1.0}],
    "problem.option_count": 2,
}


def but_one(
    column: str, its: Any = True, theirs: Any = False, one: int = 5
) -> list[dict[str, Any]]:
    """Twelve stakeholders, of whom one is, or does, what the column says."""
    return [who | {column: its if n == one else theirs} for n, who in enumerate(NAMED["listed"])]


def better_alone(month: int) -> dict[str, Any]:
    """From this month on, nearly everyone is better off alone."""
    fields = [f"stakeholders.{sector}.outside_option" for sector in SECTORS]
    return {
        "stakeholders.interdependence": 0.0,
        "stakeholders.incentive": 0.7,
        "events": [{"round": month, "field": field, "set": 0.8} for field in fields],
    }


STAGED: dict[str, dict[str, Any]] = {
    "small": {},
    "nobody comes": {"stakeholders.incentive": 0.0, "stakeholders.incentive_sd": 0.0},
    "agrees at once": AT_ONCE,
    "agrees at once and is eager": CONTENT | EAGER,
    "never agrees": HOPELESS,
    "never agrees, without a setback": HOPELESS | WITHOUT_SETBACK,
    "never agrees, for one": NAMED
    | {"listed": but_one("immovable"), "decision.rule": "consensus", "problem.conflict": 0.0},
    "never funded": AT_ONCE | TOO_MUCH,
    "never funded, without a setback": AT_ONCE | TOO_MUCH | WITHOUT_SETBACK,
    "never covered": CONTENT | EAGER | TOO_MUCH | {"planning.viable": 0.0},
    "nothing needed": AT_ONCE | dict.fromkeys(NEEDS, 0.0),
    "everybody delivers": AT_ONCE | {"action.temptation": 0.0},
    "routine": CONTENT
    | EAGER
    | {"principles.institutional_change": 1.0, "action.surprise": 0.0, "action.temptation": 0.0},
    "left after action": AT_ONCE | better_alone(8),
    "ends before its second cycle": AT_ONCE
    | {
        "stakeholders.interdependence": 0.0,
        "principles.partnership": 0.0,
        "events": [
            {"cycle": 2, "field": f"stakeholders.{sector}.outside_option", "set": 0.9}
            for sector in SECTORS
        ],
    },
    "nothing learnt": {
        "phases": ["listening"],
        "listening.eta_face": 0.0,
        "listening.eta_learn": 0.0,
        "listening.clarity": 0.0,
    },
    "an empty sector": {"stakeholders.private.count": 0, "problem.option_count": 4},
    "one proposal": {"stakeholders.private.count": 0, "problem.option_count": 2},
    "no proposal": {
        "stakeholders.government.count": 0,
        "stakeholders.private.count": 0,
        "problem.option_count": 2,
    },
    "four options": {"problem.option_count": 4},
    "nobody is asked": {"decide": False},
    "a forum that many leave": {"phases": ["debate", "renewal"], "decide": False} | better_alone(2),
    "a team that changes": {
        "cycles": 3,
        "form.kind": "team",
        "form.membership": "open",
        "form.seats": 6,
        "stakeholders.incentive": 0.6,
    },
    "a small team that fails": {
        "cycles": 3,
        "decision.rule": "consensus",
        "form.kind": "team",
        "form.seats": 4,
        "stakeholders.incentive": 0.5,
    },
    "a network to which some return": {
        "cycles": 3,
        "decision.rule": "consensus",
        "form.kind": "network",
        "stakeholders.incentive": 0.55,
    },
    "names": NAMED,
    "a convener who stays away": NAMED
    | {"listed": but_one("outside_option", 0.9, 0.1, one=3), "stakeholders.interdependence": 0.0},
    "one free rider": NAMED
    | EAGER
    | CONTENT
    | TOO_MUCH
    | {"listed": but_one("free_rider"), "planning.viable": 0.0},
    "free riders": {"stakeholders.free_rider_share": 0.4, "planning.stop_when_covered": False},
    "little trust": AT_ONCE | {"trust.prehistory": 0.0, "stakeholders.incentive": 0.9},
    "a veto": {
        "decision.veto": ["community", "private"],
        "decision.quorum": 0.51,
        "form.deadline": 8,
    },
}
SINGLE = {phase: {"phases": [phase]} for phase in ("listening", "debate", "planning")}
COURSES = {
    "talk alone": {"phases": ["listening", "debate"]},
    "work alone": {"phases": ["planning", "action"]},
    "work and renewal": {"phases": ["planning", "action", "renewal"]},
}
NUMBERS = {
    "a small team that fails": 5,
    "a network to which some return": 6,
    "ends before its second cycle": 5,
    "a veto": 11,
    "a convener who stays away": 1,
}
EVERY = STAGED | SINGLE | COURSES


@cache
def staged(name: str) -> Run:
    changes: dict[str, Any] = EVERY[name]
    return sim.run(SMALL.variant(changes), run=NUMBERS.get(name, 10))


@cache
def shipped(name: str, number: int = 0) -> Run:
    return sim.run(sim.load(name), run=number)


def cut_off(month: int) -> Run:
    return sim.run(SMALL.variant({"horizon": month}), run=4)


# What is said is true.


@pytest.mark.parametrize("name", EVERY)
def test_full_minutes_of_a_staged_run_say_what_the_tables_say(name: str) -> None:
    sceptic.check(staged(name), full=True)


@pytest.mark.parametrize(
    "name",
    [
        "small",
        "nobody comes",
        "never agrees",
        "never funded",
        "nothing needed",
        "nobody is asked",
        "names",
        "a small team that fails",
        "a network to which some return",
        *SINGLE,
    ],
)
def test_short_minutes_of_a_staged_run_say_what_the_tables_say(name: str) -> None:
    sceptic.check(staged(name), full=False)


@pytest.mark.parametrize("name", sim.shipped())
def test_minutes_of_shipped_scenarios_say_what_the_tables_say(name: str) -> None:
    sceptic.check(shipped(name), full=False)


@pytest.mark.parametrize("name", ["election", "team", "network", "river_basin", "musrenbang"])
def test_full_minutes_of_shipped_scenarios_say_what_the_tables_say(name: str) -> None:
    sceptic.check(sim.run(sim.load(name).variant({"horizon": 40}), run=1), full=True)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", ["river_basin", "musrenbang"])
def test_minutes_of_the_cases_say_what_the_tables_say(name: str, number: int) -> None:
    sceptic.check(shipped(name, number), full=False)


def test_full_minutes_of_a_whole_run_say_what_the_tables_say() -> None:
    sceptic.check(shipped("team", 10), full=True)


@given(scenarios(), st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_minutes_of_any_scenario_say_what_the_tables_say(scenario: Scenario, number: int) -> None:
    run = sim.run(scenario, run=number)
    for full in (False, True):
        sceptic.check(run, full)


def test_a_run_may_end_in_any_month() -> None:
    last = len(cut_off(100).rounds)
    assert last > 15
    for month in range(1, last + 1):
        sceptic.check(cut_off(month), full=month % 6 == 0)


@pytest.mark.slow
def test_every_kind_of_sentence_is_told_somewhere() -> None:
    """The sceptic's list does not outlive the sentences."""
    for run in every_run():
        if not untold():
            break
        for full in (False, True):
            sceptic.check(run, full)
    assert untold() == []


def untold() -> list[str]:
    kinds = sceptic.SENTENCES + sceptic.ITEMS
    return [kind.sentence for kind in kinds if not kind.met]


def every_run() -> Iterator[Run]:
    yield from (shipped("team", number) for number in (10, 12))
    yield from map(staged, EVERY)
    yield from map(cut_off, range(1, 20))


# How it is said.


@pytest.mark.parametrize("full", [False, True])
def test_the_same_run_has_the_same_minutes(full: bool) -> None:
    again = sim.run(SMALL.variant(EVERY["names"]), run=10)
    assert again.minutes(full) == staged("names").minutes(full)


@pytest.mark.parametrize("kind", ["network", "team"])
def test_short_minutes_of_long_runs_stay_short(kind: str) -> None:
    """Two pages for the first cycle and the end, and a paragraph for each later cycle.

    The number of names in a sentence is bounded, so the number of stakeholders does not count: 300
    of them and 12 cycles took 1,162 words in a network, 1,750 in a team, whose members come and go;
    the shipped scenarios, with up to 32 and 3 cycles, take 480 to 1,090.
    """
    people = {f"stakeholders.{sector}.count": 75 for sector in SECTORS}
    changes = people | {"cycles": 12, "leadership.mandate": 1.0, "form.kind": kind}
    run = sim.run(sim.load("baseline").variant(changes | {"stakeholders.incentive": 0.9}))
    assert run.rounds["cycle"].max() == 12
    assert len(run.minutes().split()) < 1_000 + 11 * 90


AWKWARD = (
    "<b>Rara</b> *",
    "Ås\nvillage",
    "1. Ministry",
    "- Union",
    "+ Plus",
    "2) Second",
    "_a_ __b__",
    "`code`",
    "[text](http://a.b)",
    "![image](c)",
    "&amp; &lt;",
    "~~gone~~",
    "# Head",
    "> quote",
    "| cell |",
    "$x^2$",
    "back\\",
    "<!-- no -->",
    "{x} %s",
)


@pytest.mark.parametrize("convener", AWKWARD[:6])  # who calls the meetings begins a paragraph
def test_no_name_is_taken_for_formatting(convener: str) -> None:
    awkward = {
        "title": "<h1>*A*</h1>\n# B",
        "listed": [{"name": name, "sector": SECTORS[n % 4]} for n, name in enumerate(AWKWARD)],
        "leadership.convener": convener,
        "problem.axes": [{"name": "<i>x</i>", "low": "*l*", "high": "_h_"}, {"name": "1. y"}],
        "problem.options": [{"name": name} for name in AWKWARD[:3]],
        "problem.option_count": 3,
        "events": [{"round": 3, "title": "<u>*z*</u>", "field": "leadership.mandate", "set": 0.5}],
    }
    text = sim.run(SMALL.variant(awkward | {"horizon": 8})).minutes(full=convener == AWKWARD[0])
    own = r"\*\*|^#+ |^- |^\*|\*$"  # what minutes themselves are formatted with
    rest = re.sub(r"\\[!-/:-@\[-`{-~]", "", re.sub(own, "", text, flags=re.MULTILINE))
    assert not re.findall(r"[*`<>#|~$&\[\]\\]|(?<![a-z])_|_(?![a-z])", rest)
    starts = r"^(?:[-+*] (?!Month \d)|\d+[.)] |    |\t|>|=|~~~|```)"
    assert not re.search(starts, text, flags=re.MULTILINE)
    assert "\\<u\\>\\*z\\*\\</u\\>" in text


# Every sentence goes through the catalogue.


class Capitals(gettext.NullTranslations):
    """A language in which everything is written in capitals."""

    def gettext(self, message: str) -> str:
        places = re.split(r"(\{+\w+\}+)", message)
        return "".join(part if part.startswith("{") else part.upper() for part in places)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.mark.parametrize(
    "name",
    [
        "small",
        "nobody comes",
        "agrees at once and is eager",
        "never agrees, for one",
        "never funded",
        "nothing needed",
        "routine",
        "one proposal",
        "nobody is asked",
        "a forum that many leave",
        "a team that changes",
        "a network to which some return",
        "one free rider",
        "a veto",
    ],
)
def test_every_sentence_of_minutes_goes_through_the_catalogue(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No small letter is left but in what the scenario says itself."""
    run, capitals = staged(name), Capitals()
    monkeypatch.setattr("sim.base.text._present", lambda: capitals)
    text = run.minutes(full=True)
    for event in run.scenario.events:
        text = text.replace(event.field, "")
    own = "Small|Ward|Build a school|Mend the road|Where|For whom|few|all"
    text = re.sub(rf"\b(?:{own})\b", "", text)
    assert text == text.upper()
