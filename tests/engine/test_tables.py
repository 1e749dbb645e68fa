"""The tables of a run agree with each other, and options with the problem they belong to."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.api.run import Run
from sim.engine.arrays import names
from sim.scenario import KINDS, SECTORS, Scenario
from tests.strategies import scenarios

OPTIONS = (
    {"name": "Dredge", "x": 0.9, "y": 0.2},
    {"name": "Replant"},
    {"name": "Both", "x": 0.0, "y": 1.0},
)


def last_rows(run: Run) -> pd.DataFrame:
    return run.paths[run.paths["round"] == run.paths["round"].max()].reset_index(drop=True)


@given(scenarios(), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_paths_hold_every_stakeholder_in_every_round(scenario: Scenario, number: int) -> None:
    run = sim.run(scenario, run=number)
    people = names(scenario)
    assert run.paths["name"].tolist() == people * len(run.rounds)
    assert run.paths["round"].tolist() == [r for r in run.rounds["round"] for _ in people]
    by_round = run.paths.groupby("round", sort=True)
    for column, total in (("member", "members"), ("at_table", "table")):
        assert by_round[column].sum().tolist() == run.rounds[total].tolist()
    accepting = by_round["accepts"].mean().astype("Float64").to_numpy(float, na_value=np.nan)
    np.testing.assert_allclose(accepting, run.rounds["accepting"], rtol=1e-12)
    delivering = by_round["delivers"].mean().astype("Float64").to_numpy(float, na_value=np.nan)
    np.testing.assert_allclose(delivering, run.rounds["delivering"], rtol=1e-12)


@given(scenarios(), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_the_pool_is_what_each_had_pledged_when_the_round_began(
    scenario: Scenario, number: int
) -> None:
    run = sim.run(scenario.variant({"events": []}), run=number)
    planning = run.rounds[run.rounds["phase"] == "planning"].set_index("round")
    pledged = run.paths.groupby("round")[list(KINDS)].sum(min_count=1)
    for month, row in planning.iterrows():
        if month - 1 in planning.index and row["phase_round"] > 1:
            pool = row[[f"pool_{kind}" for kind in KINDS]].to_numpy(float)
            np.testing.assert_allclose(pool, pledged.loc[month - 1], rtol=1e-9, atol=1e-12)
    for plan in run.events[run.events["event"] == "planned"].itertuples():
        needs = [planning.at[plan.round, f"need_{kind}"] for kind in KINDS]
        shares = [pledged.at[plan.round, k] / n for k, n in zip(KINDS, needs, strict=True) if n]
        assert plan.value == pytest.approx(min(shares, default=1.0), rel=1e-9, abs=1e-12)


def test_trust_in_a_sector_is_the_mean_over_its_ties() -> None:
    run = sim.run(sim.load("network").variant({"horizon": 5}))  # nobody leaves before
    last, ties = last_rows(run), run.ties
    assert last["member"].mean() > 0.5
    members = set(last["name"][last["member"]])
    ties = ties[ties["from"].isin(members) & ties["to"].isin(members)]
    ties = ties.assign(sector=ties["to"].map(run.stakeholders.set_index("name")["sector"]))
    for row in last[last["member"]].itertuples():
        mine = ties[ties["from"] == last.at[row.Index, "name"]]
        assert row.trust == pytest.approx(mine["trust"].mean(), rel=1e-12)
        for sector in SECTORS:
            theirs = mine["trust"][mine["sector"] == sector]
            expected = theirs.mean() if len(theirs) else np.nan
            assert getattr(row, f"trust_in_{sector}") == pytest.approx(expected, nan_ok=True)


def test_ties_exist_both_ways_and_tell_how_trust_moved() -> None:
    run = sim.run(sim.load("baseline"), run=3)
    pairs = set(zip(run.ties["from"], run.ties["to"], strict=True))
    assert {(b, a) for a, b in pairs} == pairs
    assert len(pairs) == len(run.ties)
    assert (run.ties["trust"] != run.ties["trust_before"]).mean() > 0.5
    assert run.ties[["trust", "trust_before"]].stack().between(0, 1).all()


@pytest.mark.parametrize("name", ["baseline", "team", "river_basin"])
def test_options_are_those_that_were_debated(name: str) -> None:
    run = sim.run(sim.load(name), run=1)
    first = run.rounds.dropna(subset=["option"]).groupby("problem").first()
    places = run.options.set_index(["problem", "option"])
    for problem, row in first.iterrows():
        place = places.loc[(problem, int(row["option"]))]
        away = np.hypot(place["x"] - row["option_x"], place["y"] - row["option_y"])
        dilution = run.scenario.debate.dilution * away  # the first draft may be amended at once
        assert row["dilution"] == pytest.approx(dilution, abs=1e-12)
    assert (run.options["opportunities"] + run.options["obstacles"]).sum() == 48 * len(
        run.options["problem"].unique()
    )


def test_decision_quality_rests_on_the_options_table() -> None:
    run = sim.run(sim.load("baseline").variant({"problem.g": 0.05}))  # far from the bounds
    end = run.events[run.events["event"] == "agreed"].iloc[0]
    row = run.rounds[run.rounds["round"] == end["round"]].iloc[0]
    of_problem = run.options[run.options["problem"] == row["problem"]]
    true = of_problem.set_index("option")["effectiveness"]
    quality = (true[int(end["option"])] - row["dilution"]) / true.max()
    assert run.outcomes["decision_quality"] == pytest.approx(quality, rel=1e-12)


def test_listed_options_have_their_names_and_places_in_every_problem() -> None:
    run = sim.run(Scenario(problem={"options": OPTIONS}), run=2)
    assert run.options["problem"].nunique() > 1
    for _problem, options in run.options.groupby("problem"):
        assert options["name"].tolist() == ["Dredge", "Replant", "Both"]
        assert options["sector"].isna().all()
        assert options["x"].iloc[[0, 2]].tolist() == [0.9, 0.0]
        assert options["y"].iloc[[0, 2]].tolist() == [0.2, 1.0]
    assert run.options[run.options["option"] == 2]["x"].nunique() > 1  # placed anew each time


def test_unlisted_options_are_the_sectors_own_proposals() -> None:
    run = sim.run(Scenario().variant({"stakeholders.private.count": 0}))
    first = run.options[run.options["problem"] == 1]
    sectors = dict(first[first["sector"].notna()][["option", "sector"]].to_numpy())
    assert sectors == {1: "government", 3: "community", 4: "civil_society"}
    assert first["name"].isna().all()


def test_naming_axes_moves_no_number() -> None:
    plain, named = (
        sim.run(Scenario(problem=problem))
        for problem in ({}, {"axes": [{"name": "a"}, {"name": "b"}]})
    )
    pd.testing.assert_series_equal(plain.outcomes, named.outcomes, check_exact=True)
    pd.testing.assert_frame_equal(plain.paths, named.paths, check_exact=True)


def test_a_variant_may_list_options() -> None:
    named = Scenario().variant({"problem.options": OPTIONS})
    assert named.problem.option_count == 3
    assert named.variant({"problem.options": OPTIONS[:2]}).problem.option_count == 2
    with pytest.raises(sim.ScenarioError, match="3 options are listed"):
        named.variant({"problem.option_count": 5})


def test_with_listed_interests_a_proposal_is_its_sectors_own() -> None:
    listed = [
        {"name": f"{sector} {k}", "sector": sector, "interest_x": x, "interest_y": y}
        for sector, x, y in (
            ("government", 0.1, 0.2),
            ("private", 0.3, 0.8),
            ("community", 0.9, 0.5),
        )
        for k in range(2)
    ]
    scenario = Scenario(listed=listed, stakeholders={"incentive": 0.9})
    tables = [sim.run(scenario.variant({"horizon": 1}), run=k).options for k in range(60)]
    places = pd.concat(tables).groupby("option")[["x", "y"]].mean()
    # 0.1 Z an axis, clipped at the edges: three standard errors of a mean over 60 are 0.04
    for option, x, y in ((1, 0.1, 0.2), (2, 0.3, 0.8), (3, 0.9, 0.5), (4, 0.5, 0.5), (5, 0.5, 0.5)):
        assert places.loc[option].to_numpy() == pytest.approx([x, y], abs=0.05)


def test_a_listed_option_without_a_place_is_nobodys_proposal() -> None:
    scenario = Scenario(problem={"options": [{"name": n} for n in "abcde"]}, horizon=1)
    places = pd.concat([sim.run(scenario, run=k).options for k in range(60)])
    means = places.groupby("option")[["x", "y"]].mean().to_numpy()
    assert means == pytest.approx(0.5, abs=0.05)
