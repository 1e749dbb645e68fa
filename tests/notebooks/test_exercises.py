"""The exercises: right answers pass, wrong ones get a hint, and nothing else happens."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from notebooks import exercises
from sim.engine.runs import outcomes_of
from sim.studies.workers import OUTCOME_NAMES

Exercise = Callable[[object], None]


class Half(sim.PrivateFirm):
    def pledge(self) -> float:
        return super().pledge() / 2


class Whole(sim.PrivateFirm):
    pass


class Loyal(sim.CommunityGroup):
    def reconsider(self) -> bool:
        return True


class Fickle(sim.CommunityGroup):
    def reconsider(self) -> bool:
        return self.model.cycle == 0 or super().reconsider()


def people(*sectors: str) -> pd.DataFrame:
    return pd.DataFrame({"name": [f"{k}" for k in range(len(sectors))], "sector": sectors})


def baseline(changes: dict[str, Any]) -> sim.Scenario:
    return sim.load("baseline").variant(changes)


def cut(**event: Any) -> sim.Scenario:
    usual = {"round": 24, "field": "stakeholders.government.funds", "scale": 0.7}
    return baseline({"events": [usual | event]})


POWER = {
    "stakeholders.government.power": 6.0,
    "stakeholders.private.power": 2.0,
    "stakeholders.community.power": 1.0,
    "stakeholders.civil_society.power": 1.0,
}
TEAM = {"form.seats": 12, "form.invite": "random"}
CIVIL = "civil_society"


def agreed(scenario: sim.Scenario, runs: int) -> float:
    """By another way than the exercises: run by run."""
    return float(sum(sim.run(scenario, run=number).outcomes["agreement"] for number in range(runs)))


# exercise: right answers, and wrong ones with a word of their hints
CASES: dict[str, tuple[list[Any], list[tuple[Any, str]]]] = {
    "phase_of_explaining": (
        ["listening", " Listening "],
        [("debate", "first months"), ("lunch", "Choose one"), (3, "quotation marks")],
    ),
    "agreements_among_ten": (
        [agreed(sim.load("river_basin"), 10)],
        [(11, "Sum"), ("eight", "number"), (True, "number")],
    ),
    "only_the_rule": (
        [sim.load("river_basin").variant({"decision.rule": "majority", "title": "Mine"})],
        [
            (sim.load("river_basin"), "decision.rule"),
            (
                sim.load("river_basin").variant({"decision.rule": "majority", "form.deadline": 24}),
                "nothing else",
            ),
            ("majority", "scenario"),
        ],
    ),
    "objections_enough": ([1, 1.0, np.int64(1)], [(24, "everyone"), ("one", "number")]),
    "government_holds_most": (
        [baseline(POWER)],
        [(sim.load("baseline"), "0.40 of all power"), (0.6, "scenario")],
    ),
    "share_that_agrees": ([], [(3.0, "mean of agreement"), ("most", "number")]),
    "quickest_form": (["team", "Team"], [("network", "panel of months"), ("club", "Choose one")]),
    "most_trusting_form": ([], [("team", "trust"), ("club", "Choose one")]),
    "team_by_lot": (
        [sim.load("team").variant(TEAM)],
        [
            (sim.load("team").variant({"form.seats": 12}), "random"),
            (sim.load("team").variant({"form.invite": "random"}), "form.seats"),
            (sim.load("network").variant(TEAM), "something else differs"),
        ],
    ),
    "keeps_most_members": (
        ["assets"],
        [("partnership", "farthest to the right"), ("trust", "Choose one"), (5, "quotation marks")],
    ),
    "price_of_half": (
        [4 * sim.load("baseline").principles.price],
        [(0.5, "sum"), ("much", "number")],
    ),
    "claim_on_accountability": (
        ["accountability raises delivery", "principles.accountability raises delivery"],
        [
            ("accountability is nice", "Three words"),
            ("deliberation raises delivery", "begins with"),
            ("accountability lowers delivery", "raises"),
            ("accountability raises trust", "delivery"),
            (5, "Three words"),
        ],
    ),
    "fair_fraction": ([0.5, 1 / 2], [(12, "divided by all"), (None, "number")]),
    "fair_amount": ([12, 12.0], [(0.5, "number of people")]),
    "cut_in_month_24": (
        [cut()],
        [
            (sim.load("baseline"), "one event"),
            (cut(round=12), "month"),
            (cut(scale=0.3), "0.7"),
            (cut(field="stakeholders.private.funds"), "government"),
            (0.7, "scenario"),
        ],
    ),
    "meant_sector": (["community"], [("government", "end of the message"), ("x", "Choose one")]),
    "one_more": (
        [people("government", CIVIL, CIVIL, CIVIL)],
        [
            (people("government", CIVIL, CIVIL), "there are 2"),
            (people("gouvernment", CIVIL, CIVIL, CIVIL), "is no sector"),
            (pd.concat([people(CIVIL), people(CIVIL, CIVIL)]), "same name"),
            (3, "table"),
        ],
    ),
    "power_decides": (
        [baseline({"decision.rule": "lead"})],
        [(sim.load("baseline"), "consensus"), ("lead", "scenario")],
    ),
    "times_as_many": ([4], [(2, "sqrt")]),
    "undetermined_means": (["c", "C"], [("a", "Chance"), ("b", "Chance"), ("d", "Choose one")]),
    "good_use": (["b"], [("a", "8.5"), ("c", "8.5")]),
    "method_of_promising": (["pledge", "pledge()"], [("deliver", "Read"), ("give", "Choose one")]),
    "half_hearted": ([Half], [(Whole, "half"), (Loyal, "PrivateFirm"), (0.5, "class")]),
    "loyal_group": ([Loyal], [(Fickle, "return True"), (Half, "CommunityGroup")]),
    "variants_in_grid": ([24], [(9, "multiply")]),
    "runs_added": ([300], [(500, "200 of the 500")]),
    "five_shares": (
        [{"power_share.private": "0.1:0.9:5"}, {"power_share.private": [0.1, 0.3, 0.5, 0.7, 0.9]}],
        [
            ({"power_share.private": "0.1:0.9:9"}, "These are the values"),
            ({"power_share.private": "0.1:2"}, "The model says"),
            ({"power": "0.1:0.9:5"}, "from:to:steps"),
            ("0.1:0.9:5", "from:to:steps"),
        ],
    ),
}


def said(name: str, answer: object, capsys: pytest.CaptureFixture[str]) -> str:
    exercise: Exercise = getattr(exercises, name)
    exercise(answer)
    return capsys.readouterr().out


def test_all_27_are_tested() -> None:
    found = [
        name
        for name, each in inspect.getmembers(exercises, inspect.isfunction)
        if each.__module__ == exercises.__name__ and hasattr(each, "__wrapped__")
    ]
    assert sorted(CASES) == found
    assert len(found) == 27


@pytest.mark.parametrize("name", CASES)
def test_right_answers_pass_and_wrong_ones_get_their_hint(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    right, wrong = CASES[name]
    assert said(name, ..., capsys).startswith("Write your answer")
    for answer in right:
        assert said(name, answer, capsys).startswith("Right. ")
    for answer, hint in wrong:
        told = said(name, answer, capsys)
        assert told.startswith("Not yet. ")
        assert hint in told


def test_a_share_of_runs_is_checked_against_the_runs(capsys: pytest.CaptureFixture[str]) -> None:
    heard = sim.load("power_captured").variant({"principles.deliberation": 1.0})
    share = float(outcomes_of(heard, 1, 0, 500)[:, OUTCOME_NAMES.index("agreement")].mean())
    assert said("share_that_agrees", share, capsys).startswith("Right. ")
    assert said("share_that_agrees", round(share, 2), capsys).startswith("Right. ")
    assert said("share_that_agrees", share + 0.02, capsys).startswith("Not yet. ")


def test_the_most_trusting_form_is_the_one_that_the_runs_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = sim.study(["team", "community", "network"], runs=600, progress=False)
    table = done.summary().query("outcome == 'trust'").set_index("scenario")["mean"]
    for form in table.index:
        right = table[form] == table.max()
        told = said("most_trusting_form", form, capsys)
        assert told.startswith("Right. " if right else "Not yet. ")
