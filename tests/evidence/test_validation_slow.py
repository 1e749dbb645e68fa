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
@pytest.mark.parametrize(
    ("path", "value", "inside"),
    [
        ("planning.tremble", 0.0, False),
        ("planning.tremble", 0.03, True),
        ("planning.thrift", 0.1, True),
    ],
)
def test_all_games_hang_on_tremble_and_thrift(path: str, value: float, inside: bool) -> None:
    """What V1 and V3 are explained by."""
    games = {
        name: stagings()[name].variant({path: value}) for name in ("game_equal", "game_unequal")
    }
    runs = sim.study(games, RUNS, progress=False).runs
    equal, unequal = (column(runs, name, "covered_rounds") for name in games)
    few, most = tails(unequal)
    bands = [target.quantities[0] for target in TARGETS[:3]]
    for value, band in zip((equal.mean(), unequal.mean(), (few | most).mean()), bands, strict=True):
        assert (band.low <= value <= band.high) == inside
    if value == 0:
        assert equal.min() == 1  # without the tremble no round fails


@slow
def test_asymmetry_costs_agreement_where_power_changes_no_outside_option() -> None:
    """What D1 and D2 are explained by: 99 % intervals."""
    base = sim.load("baseline").variant({"stakeholders.outside_power": 0.0})
    bare = [VARIANTS[f"{who}, no talk or help"] for who in ("even power", "one sector")]
    assert moved(base, *bare, "agreement").sign == -1
    talk = [VARIANTS[f"{who}, talk only"] for who in ("even power", "one sector")]
    assert moved(base, *talk, "agreement").mean == 0
    more = sim.load("baseline").variant({"stakeholders.outside_power": 0.1})
    assert moved(more, *bare, "agreement").sign == 1


@slow
def test_help_brings_agreement_but_not_by_more_where_power_is_uneven() -> None:
    """What D2 is explained by: in either case far more than asymmetry costs; 99 % intervals."""
    for who in ("even power", "one sector"):
        bare, helped = (VARIANTS[f"{who}, {what}"] for what in ("no talk or help", "help only"))
        found = moved(sim.load("baseline"), bare, helped, "agreement")
        assert 0.15 < found.mean < 0.26
    base = sim.load("baseline").variant({"stakeholders.outside_power": 0.0})
    gains = [
        ends(base.variant(VARIANTS[f"{who}, help only"]), 4_000)["agreement"]
        - ends(base.variant(VARIANTS[f"{who}, no talk or help"]), 4_000)["agreement"]
        for who in ("even power", "one sector")
    ]
    assert effect(*gains).sign == 0


@slow
def test_without_conflict_nearly_all_agree_but_not_in_the_first_months() -> None:
    """How D5 reads its claim."""
    table = ends(sim.load("baseline").variant(VARIANTS["conflict 0"]), RUNS)
    assert table["agreement"].mean() > 0.97
    assert 26 <= table["months_to_agreement"].median() <= 28


@slow
@pytest.mark.parametrize(
    ("setting", "faster"),
    [
        ({"leadership.mandate": 1.0}, False),
        ({"decision.rule": "lead", "stakeholders.outside_power": 0.0}, True),
    ],
)
def test_the_powerful_get_their_way_where_they_come_or_decide(
    setting: dict[str, Any], faster: bool
) -> None:
    """What D14 is explained by."""
    base = sim.load("baseline").variant(setting)
    power = [VARIANTS[name] for name in ("even power", "power in one sector")]
    assert moved(base, *power, "satisfaction_government").sign == 1
    assert moved(base, *power, "months_to_agreement").sign == (-1 if faster else 1)


@slow
def test_the_powerful_stay_away_where_they_do_better_alone() -> None:
    shares = []
    for name in ("even power", "power in one sector"):
        scenario = sim.load("baseline").variant(VARIANTS[name])
        people = pd.concat([sim.run(scenario, run=k).stakeholders for k in range(200)])
        shares.append(people.groupby("sector")["took_part"].mean()["government"])
    assert shares[1] < shares[0] - 0.1


@slow
def test_small_tables_where_people_may_stay_away_agree_less_often() -> None:
    """Why everyone comes in D9."""
    base = sim.load("team")
    assert moved(base, {"form.seats": 8}, {"form.seats": 16}, "agreement").sign == 1


@slow
def test_opinions_spread_where_few_facts_are_known_and_close_where_many_are() -> None:
    """What V4 is explained by: what is known, who hears whom, and for how long."""
    forum = stagings()["forum"]
    few, many, apart_, long, start = (
        ends(forum.variant(changes), RUNS)
        for changes in (
            {"problem.knowledge": 0.2, "problem.spill": 1.0},
            {"problem.knowledge": 0.9, "problem.spill": 1.0},
            {"form.ties": "small_world"},
            {"form.deadline": 20},
            {"listening.rounds": 0},
        )
    )
    assert few["opinion_spread"].mean() > 1.05
    assert many["opinion_spread"].mean() < 0.85
    assert 1.03 < apart_["opinion_spread"].mean() < 1.06
    assert long["opinion_spread"].mean() < 0.75
    assert 0.30 < start["understanding"].mean() < 0.36  # known at first, of what anyone knows


@slow
def test_agreement_on_rankings_hangs_on_how_far_interests_lie_apart() -> None:
    """What V5 is explained by: nearer interests bring the start into its band, the rise out."""
    before, rise = TARGETS[4].quantities
    table = ends(stagings()["forum"].variant({"problem.conflict": 0.3}), RUNS)
    assert table["ranking_before"].mean() == pytest.approx(before.low, abs=0.01)
    assert table["ranking_gain"].mean() > rise.high


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
    """What V6 says of itself and of V5."""
    table = ends(stagings()["forum"].variant({"problem.g": 0.1}), RUNS)
    change, (_before, rise) = TARGETS[5].quantities[0], TARGETS[4].quantities
    assert change.low <= table["opinion_change"].mean() <= change.high
    assert table["ranking_gain"].mean() > rise.high


@slow
def test_two_facts_about_each_option_are_learned_in_a_forum() -> None:
    """What V6 says: of eight."""
    learned = 0
    for number in range(100):
        told = sim.run(stagings()["forum"], run=number).events
        understood = told[told["event"].isin(["explained", "argued"]) & (told["value"] == 1)]
        learned += len(understood.drop_duplicates(["whom", "fact"]))
    assert 1.5 < learned / (100 * 16 * 6) < 2.5  # runs, people, options


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
