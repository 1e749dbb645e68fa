"""The parts of the report: what differs, who agrees when, who beats whom, who gains."""

import itertools
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from scipy import stats

import sim
from sim.api.studies import Comparison
from sim.scenario import Scenario
from sim.studies.study import stakeholders
from sim.view.report.drawing import (
    COLOURS,
    MAX_LABEL,
    agreements,
    key_height,
    lanes,
    looks,
    report_style,
    scenario_key,
    without_agreement,
)
from sim.view.report.findings import beats, leading, most_typical_row, typical_run
from sim.view.report.page import page
from sim.view.report.people import _gaps, people
from sim.view.report.words import side_by_side


def test_the_scenarios_differ_in_what_was_changed() -> None:
    base = sim.load("river_basin")
    listed = [dict(who) for who in base.resolved()["listed"]]
    listed[2]["power"] = 0.5
    event = {"round": 12, "field": "principles.deliberation", "scale": 0.5, "title": "A quarrel"}
    changes = {"listed": listed, "trust.prehistory": 0.9, "decision.veto": ["government"]}
    rows = side_by_side({"a": base, "b": base.variant({**changes, "events": [event]})})
    found = {row.path: row for row in rows}
    assert found["trust.prehistory"].values[1] == "0.9"
    assert found["trust.prehistory"].meaning == "trust from earlier dealings"
    assert found["trust.prehistory"].unit == "level"
    assert found["decision.veto"].values == ("none", "government")
    assert found["events"].values[1] == "A quarrel (month 12)"
    assert found[f"{listed[2]['name']}: power"].values[1] == "0.5"
    assert len(rows) == 4
    assert side_by_side({"a": base, "b": base}) == []


def test_other_stakeholders_are_one_difference() -> None:
    rows = side_by_side({"a": sim.load("river_basin"), "b": sim.load("baseline")})
    (row,) = [row for row in rows if row.path == "listed"]
    assert row.values[0].startswith("Maruvi Basin Authority; ")
    assert row.values[1] == "\N{EN DASH}"


def test_runs_that_never_agree_stay_in_the_curve_to_the_end() -> None:
    """Ten runs, four agreements: taken as censored, the other six would let it fall to 0."""
    curve = without_agreement(np.array([3.0, 5.0, 5.0, 9.0, *[np.nan] * 6]))
    assert curve.months.tolist() == [0, 3, 5, 9]
    assert curve.share == pytest.approx([1, 0.9, 0.7, 0.6])
    assert np.isnan(curve.half)
    for share, low, high in zip(*curve[1:], strict=True):
        wilson = stats.binomtest(round(10 * share), 10).proportion_ci(0.95, "wilson")
        assert (low, high) == pytest.approx((wilson.low, wilson.high))
    assert curve.until(20).months.tolist() == [0, 3, 5, 9, 20]
    assert curve.until(20).share[-1] == curve.share[-1]


def test_the_curve_at_its_ends() -> None:
    nobody = without_agreement(np.full(2, np.nan))
    assert nobody.share.tolist() == [1]
    assert np.isnan(nobody.half)
    everybody = without_agreement(np.array([4.0, 5.0]))
    assert everybody.share.tolist() == [1, 0.5, 0]
    assert everybody.half == 4
    assert without_agreement(np.array([])).share.tolist() == [1]


def test_half_have_agreed_only_where_half_of_all_runs_have(never: Scenario) -> None:
    hard = sim.load("team").variant({"problem.conflict": 1.0, "form.deadline": 2, "cycles": 1})
    found = sim.compare({"team": "team", "hard": hard, "never": never}, runs=100)
    with report_style(""):
        _drawn, table = agreements(found.study, looks(list(found.study.scenarios)))
    months = found.study.runs.groupby("scenario", observed=True)["months_to_agreement"]
    shares = {str(name): own.notna().mean() for name, own in months}
    assert 0 < shares["hard"] < 0.5 < shares["team"]
    for name, half, agreed in table:
        assert agreed == f"{shares[name]:.0%}"
        assert (half == "never") == (shares[name] < 0.5)


def test_beating_is_leading_in_something_and_trailing_in_nothing() -> None:
    draws = np.random.default_rng(2)
    for _case in range(100):
        order = draws.integers(0, 4, (draws.integers(2, 6), draws.integers(1, 4)))
        found = beats(order[:, None] > order[None, :])
        for one, other in itertools.product(range(len(order)), repeat=2):
            pairs = list(zip(order[one], order[other], strict=True))
            better, worse = any(a > b for a, b in pairs), any(a < b for a, b in pairs)
            assert found[one, other] == (better and not worse)


def test_trade_offs_rest_on_established_differences(found: Comparison) -> None:
    """Two scenarios that hardly differ: one may have the better means, and beats nobody."""
    base = sim.load("baseline")
    other = base.variant({"principles.deliberation": 0.52})
    alike = sim.compare({"base": base, "other": other}, runs=200)
    part = page(alike).split('id="trade"')[1].split("</section>")[0]
    assert "No difference between any two of them is established" in part
    assert "★" in part.split("<tbody>")[1]
    leads, tests = leading(found, found.items[:4])
    assert tests == 3 * 4
    assert leads[0, 1:, 3].all()  # team agrees sooner than both others
    assert not leads[1:, 0, 3].any()
    assert not leads[range(3), range(3)].any()


def test_what_a_scenario_does_not_have_is_not_held_against_it() -> None:
    """A forum decides nothing: it has no agreements, and is beaten by nobody for that."""
    base = sim.load("baseline")
    compared = sim.compare({"base": base, "forum": base.variant({"decide": False})}, runs=60)
    asked = ["participation", "agreement", "months_to_agreement"]
    leads, tests = leading(compared, [item for item in compared.items if item.name in asked])
    assert tests == 1
    assert not leads.any()
    part = page(compared).split('id="trade"')[1].split("</section>")[0]
    (agreement,) = re.findall(r'"row">agreement \(.*?</tr>', part)
    assert "★" not in agreement
    assert "Base is better" not in part


def test_the_typical_run_is_the_one_in_the_middle() -> None:
    missing = np.nan
    values = np.array([[0.0, 10.0], [1.0, 30.0], [2.0, 20.0], [1.0, 20.0], [missing, 20.0]])
    assert most_typical_row(values) == 3
    assert most_typical_row(np.array([[0.0, 5.0], [1.0, missing], [1.0, missing], [0.9, 5.0]])) in (
        1,
        2,
    )
    assert most_typical_row(np.full((3, 2), missing)) == 0


def test_where_most_runs_never_agree_a_typical_one_does_not(never: Scenario) -> None:
    study = sim.study({"never": never}, runs=30)
    run = sim.run(never, seed=1, run=typical_run(study, "never"))
    assert np.isnan(run.outcomes["months_to_agreement"])


def test_stakeholders_are_those_of_single_runs() -> None:
    scenario = sim.load("musrenbang")
    table = stakeholders(scenario, seed=3, runs=[0, 5])
    for number in (0, 5):
        own = table[table["run"] == number].set_index("name")
        run = sim.run(scenario, seed=3, run=number).stakeholders.set_index("name")
        assert own["satisfaction"].equals(run["satisfaction"])
        assert (own["stayed_away"] == ~run["took_part"]).all()
        assert (own["left"] == (run["took_part"] & ~run["member"])).all()


def test_who_gains_stays_away_and_leaves() -> None:
    base = sim.load("river_basin")
    found = sim.compare(
        {"base": base, "ordered": base.variant({"leadership.mandate": 1.0})}, runs=40
    )
    with report_style(""):
        told = people(found, looks(list(found.study.scenarios)))
    assert told is not None
    assert told.runs == 40
    assert [name for name, _sector, _cells in told.rows][:2] == [
        who.name for who in (base.listed or ())[:2]
    ]
    means = stakeholders(base, 1, range(40)).groupby("name")["stayed_away"].mean()
    top = means.idxmax()
    assert f"In base these stay away most often: {top} ({means[top]:.0%})" in " ".join(
        told.sentences
    )
    assert len(told.pictures) == 3
    assert told.error == pytest.approx(0.15, abs=0.005)


def test_who_gains_is_corrected_for_all_stakeholders() -> None:
    """Halves of the runs of a case against each other: nobody gains, and hardly anybody seems to.

    Thirty families of 22 stakeholders: with uncorrected intervals half of them would name
    somebody; with corrected ones 5 % do, and more than 5 of 30 in less than 1 of 100 cases.
    """
    scenario = sim.load("river_basin")
    runs = stakeholders(scenario, 1, range(30 * 80))
    alarms = 0
    for start in range(0, 30 * 80, 80):
        halves = [runs[runs["run"].between(at, at + 39)] for at in (start, start + 40)]
        second = halves[1].assign(run=halves[1]["run"] - 40)
        (found,) = _gaps({"a": halves[0], "b": second}, "a").values()
        alarms += bool(((found["low"] > 0) | (found["high"] < 0)).any())
    assert alarms <= 5


def test_pictures_tell_the_scenarios_of_a_sweep_apart() -> None:
    """Long names that begin alike, cut to a line, would all be the same word."""
    grid = {
        f"a scenario, facilitation={level}, rule={rule}": sim.load("team")
        for level in (0.2, 0.8)
        for rule in ("consensus", "majority")
    }
    for names in (list(grid), ["x" * 99, "x" * 98 + "y"], ["one", "two, three"]):
        drawn = scenario_legend(names)
        assert len(set(drawn)) == len(names)
        assert all(len(label) <= MAX_LABEL for label in drawn)
    assert scenario_legend(list(grid))[0] == "facilitation=0.2, rule=consensus"


def scenario_legend(names: list[str]) -> list[str]:
    """What a picture's legend calls scenarios, if all of it lies within the picture."""
    shown = looks(names)
    with report_style(""):
        ax = lanes(5, left=2.05, top=key_height(shown))
        scenario_key(ax, shown, lines=True)
        legend = ax.get_legend()
        assert legend is not None
        figure = ax.figure.figure
        figure.draw_without_rendering()
        box = legend.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
        return [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_stand_out_from_white(colour: str) -> None:
    """The contrast of WCAG 2.1, which asks for 3 to 1 of lines and marks."""
    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 3
