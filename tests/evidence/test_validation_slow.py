"""What the documents say came out, held against other runs; and what explanations rest on."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim.evidence.directions import VARIANTS
from sim.evidence.measures import column, tails
from sim.evidence.stagings import stagings
from sim.evidence.targets import TARGETS
from sim.evidence.validate import Validation
from sim.scenario import Scenario
from sim.view.evidence_tables import ODD
from tests.evidence.paired import Effect, effect, ends

EVIDENCE = Path(__file__).parents[3] / "shared" / "evidence"
RUNS = 2_000
STATED = re.compile(r"-?[\d.]+")

slow = pytest.mark.slow


@pytest.fixture(scope="module")
def found() -> Validation:
    """Other runs than those that the documents rest on."""
    return sim.validate(runs=RUNS, seed=2, progress=False)


def rows(header: str) -> list[list[str]]:
    """The cells of a table that the description was given."""
    block = ODD.read_text(encoding="utf-8").split("<!-- measured -->")[1].split("<!-- end -->")[0]
    table = block.split(header)[1].split("\n\n")[0]
    lines = [line for line in table.splitlines() if re.match(r"\| [VD]\d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def apart(stated: tuple[float, float, float], new: tuple[float, float, float]) -> float:
    """How many standard errors two numbers lie apart, each with both ends of its interval.

    The interval of a direction is wider than 95 %, so its error is taken as too large, not too
    small. What is written is rounded; half a digit is let pass.
    """
    errors = [(high - low) / (2 * 1.96) for _value, low, high in (stated, new)]
    rounding = (stated[2] - stated[1]) / 4
    return max(abs(stated[0] - new[0]) - rounding, 0) / max(math.hypot(*errors), 1e-12)


@slow
def test_the_numbers_of_targets_in_the_description_hold(found: Validation) -> None:
    """More than 4.5 standard errors apart is any of 14 once in 10,000 tries."""
    stated = rows("| id | quantity |")
    for cells, row in zip(stated, found.targets().to_dict("records"), strict=True):
        assert cells[:2] == [row["id"], row["quantity"]]
        low, high = map(float, STATED.findall(cells[3]))
        new = (row["measured"], row["low"], row["high"])
        assert apart((float(cells[2]), low, high), new) < 4.5, cells
        if row["sure"] and "not surely" not in cells[6]:
            assert cells[6] == row["verdict"], cells


@slow
def test_the_numbers_of_directions_in_the_description_hold(found: Validation) -> None:
    """More than 4.5 standard errors apart is any of 29 once in 5,000 tries.

    Two sound verdicts on one claim never contradict each other, but for an error in twenty.
    """
    stated = rows("| id | part |")
    for cells, row in zip(stated, found.directions().to_dict("records"), strict=True):
        assert cells[:2] == [row["id"], row["part"]]
        assert {cells[5], row["verdict"]} != {"consistent", "contrary"}, cells
        if cells[4]:
            low, high = map(float, re.findall(r"-?[\d.]+", cells[4]))
            new = (row["difference"], row["low"], row["high"])
            assert apart((float(cells[3]), low, high), new) < 4.5, cells


def moved(scenario: Scenario, low: Mapping[str, Any], high: Mapping[str, Any], name: str) -> Effect:
    one, two = ends(scenario.variant(low), 4_000), ends(scenario.variant(high), 4_000)
    return effect(one[name], two[name])


@slow
@pytest.mark.parametrize(("tremble", "inside"), [(0.0, False), (0.03, True)])
def test_all_games_hang_on_the_tremble(tremble: float, inside: bool) -> None:
    games = {
        name: stagings()[name].variant({"planning.tremble": tremble})
        for name in ("game_equal", "game_unequal")
    }
    runs = sim.study(games, RUNS, progress=False).runs
    equal, unequal = (column(runs, name, "covered_rounds") for name in games)
    few, most = tails(unequal)
    bands = [target.quantities[0] for target in TARGETS[:3]]
    for value, band in zip((equal.mean(), unequal.mean(), (few | most).mean()), bands, strict=True):
        assert (band.low <= value <= band.high) == inside


@slow
def test_asymmetry_costs_agreement_where_power_changes_no_outside_option() -> None:
    """What D1 and D2 are explained by: 99 % intervals."""
    base = sim.load("baseline").variant({"stakeholders.outside_power": 0.0})
    bare = [VARIANTS[f"{who}, no talk or help"] for who in ("even power", "one sector")]
    assert moved(base, *bare, "agreement").sign == -1
    talk = [VARIANTS[f"{who}, talk only"] for who in ("even power", "one sector")]
    assert moved(base, *talk, "agreement").mean == 0


@slow
def test_small_tables_where_people_may_stay_away_agree_less_often() -> None:
    """Why everyone comes in D9."""
    base = sim.load("team")
    assert moved(base, {"form.seats": 8}, {"form.seats": 16}, "agreement").sign == 1


@slow
def test_opinions_spread_where_few_facts_are_known_and_close_where_many_are() -> None:
    """What V4 is explained by: the spread of knowing a fact or not is widest at half."""
    forum = stagings()["forum"]
    few = forum.variant({"problem.knowledge": 0.2, "problem.spill": 1.0})
    many = forum.variant({"problem.knowledge": 0.9, "problem.spill": 1.0})
    assert ends(few, RUNS)["opinion_spread"].mean() > 1.1
    assert ends(many, RUNS)["opinion_spread"].mean() < 0.95


@slow
def test_success_among_unequals_hangs_on_the_norms_of_the_rich() -> None:
    """What V2 is explained by."""
    game = stagings()["game_unequal"]
    shares = {}
    for name, rich in (
        ("one", ("equal_effect", "equal_fraction")),
        ("none", ("equal_amount",) * 2),
    ):
        norms = zip((*rich, "equal_fraction", "equal_amount"), game.listed or (), strict=True)
        listed = [{**who.model_dump(exclude_none=True), "norm": norm} for norm, who in norms]
        shares[name] = ends(game.variant({"listed": listed}), RUNS)["covered_rounds"].mean()
    assert shares["one"] < 0.4
    assert shares["none"] > 0.6


@slow
def test_opinions_of_forums_hang_on_what_a_fact_moves() -> None:
    """What V6 says of itself and V4."""
    table = ends(stagings()["forum"].variant({"problem.g": 0.14}), RUNS)
    for target, name in ((TARGETS[3], "opinion_spread"), (TARGETS[5], "opinion_change")):
        assert target.quantities[0].low <= table[name].mean() <= target.quantities[0].high


def test_the_figures_of_the_games_and_forums_are_those_of_the_data() -> None:
    games = EVIDENCE / "threshold_public_goods_groups.csv"
    forums = EVIDENCE / "deliberation_case_summary.csv"
    if not (games.exists() and forums.exists()):
        pytest.skip("the evidence files are not here")
    value = {target.id: [item.value for item in target.quantities] for target in TARGETS}
    groups = pd.read_csv(games).groupby("treatment")["success_rate"]
    assert value["V1"] == [round(groups.get_group("FE").mean(), 3)]
    assert value["V2"] == [round(groups.get_group("AI").mean(), 3)]
    few, most = tails(groups.get_group("AI").to_numpy())
    assert value["V3"] == [pytest.approx((few | most).mean())]
    table = pd.read_csv(forums)
    ratio = table["sd_post"].mean() / table["sd_pre"].mean()
    assert value["V4"] == [pytest.approx(ratio, abs=0.0005)]
    before, after = table["W_pre"].mean(), table["W_post"].mean()
    assert value["V5"] == pytest.approx([before, after - before], abs=0.001)
    assert value["V6"] == [pytest.approx(table["mean_abs_change"].mean(), abs=0.0005)]
    assert np.isfinite(ratio)
