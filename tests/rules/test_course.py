"""The course of a run: what comes when, at its edges."""

import math

import numpy as np
import pandas as pd

import sim
from sim.scenario import Scenario


def power(scenario: Scenario, run: int = 0) -> dict[str, float]:
    table = sim.run(scenario, run=run).stakeholders
    return dict(table.groupby("sector")["power"].sum())


def test_power_that_is_set_at_one_moment_is_shared_out_once() -> None:
    found = power(sim.load("election"))
    wanted = {"government": 0.25, "private": 0.15, "community": 0.45, "civil_society": 0.15}
    assert all(math.isclose(found[sector], share) for sector, share in wanted.items())


def test_power_that_is_taken_from_all_is_everyones() -> None:
    events = [
        {"cycle": 1, "field": f"stakeholders.{sector}.power", "set": 0.0}
        for sector in ("government", "private", "community", "civil_society")
    ]
    table = sim.run(sim.load("baseline").variant({"events": events})).stakeholders
    assert np.allclose(table["power"], 1 / 24)


FORUM = {
    "phases": ("debate", "planning", "action"), "decide": False, "form.deadline": 3,
    "planning.rounds": 1, "action.rounds": 4, "planning.viable": 0.0, "cycles": 1,
}  # fmt: skip


def test_an_event_comes_before_anything_else_in_its_round() -> None:
    base = sim.load("baseline").variant(FORUM)

    def pledges(month: int) -> float:
        event = {"round": month, "field": "planning.eagerness", "set": 0.0}
        return sim.run(base.variant({"events": [event]})).rounds["pledge"].max()

    def need(month: int) -> float:
        event = {"round": month, "field": "action.surprise", "set": 1.0}
        return sim.run(base.variant({"events": [event]})).rounds["need_funds"].iloc[-1]

    # Planning is round 4, action begins with round 5.
    assert pledges(3) == pledges(4) < pledges(5)
    assert need(4) == need(5) > need(6)


def test_an_action_that_is_cut_off_counts_what_was_done() -> None:
    base = sim.load("baseline").variant(FORUM)
    whole = sim.run(base)
    steps = whole.rounds["step"].dropna().to_numpy()
    for horizon in (4, 5, 6, 7):
        done = sim.run(base.variant({"horizon": horizon})).outcomes["delivery"]
        assert math.isclose(done, steps[: horizon - 4].sum() / 4, abs_tol=1e-12)
    assert math.isnan(sim.run(base.variant({"horizon": 3})).outcomes["delivery"])


def ends(scenario: Scenario, runs: int) -> pd.DataFrame:
    """The outcomes of the first runs of a scenario, one row a run."""
    return sim.study({"": scenario}, runs, progress=False).runs.set_index("run")


def test_outcomes_of_the_first_agreement_do_not_change_later() -> None:
    at_agreement = (
        "acceptance", "support", "satisfaction", "inequity", "worst_off", "co_optation",
        "capture", "decision_quality", "months_to_agreement",
    )  # fmt: skip
    agreed = 0
    for name in ("team", "baseline", "election"):
        scenario = sim.load(name)
        for run, whole in ends(scenario, 40).query("agreement == 1").iterrows():
            month = int(whole["months_to_agreement"])
            short = sim.run(scenario.variant({"horizon": max(month, 24)}), run=run).outcomes
            agreed += 1
            for outcome in at_agreement:
                assert whole[outcome] == short[outcome], outcome
    assert agreed > 60


def test_after_a_deadlock_the_same_problem_is_debated_again() -> None:
    retried = 0
    scenario = sim.load("baseline").variant({"renewal.setback": 0.1})  # most stay
    for run in ends(scenario, 200).query("retried == 1").index:
        retried += 1
        rounds = sim.run(scenario, run=run).rounds
        assert set(rounds.query("cycle <= 2")["problem"]) == {1}
        second = rounds.query("cycle == 2")
        before = rounds.query("cycle == 1 and phase == 'debate'").iloc[-1]
        assert second["understanding"].iloc[0] > 0.9 * before["understanding"]
    assert retried > 5


def test_a_spread_over_nothing_is_missing() -> None:
    ignorant = sim.load("baseline").variant({"problem.knowledge": 0.0, "cycles": 1})
    for run in range(10):
        assert math.isnan(sim.run(ignorant, run=run).outcomes["opinion_spread"])
