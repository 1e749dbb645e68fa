"""Parameter sets in a file and on scenarios; comparisons that go over them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim import cli
from sim.engine.arrays import as_drawn, sets_drawn
from sim.scenario import ScenarioError
from sim.studies.differences import HOLDS, NEITHER, ONLY_SETS, ONLY_START, TURNS, among_sets
from sim.studies.posterior import Posterior, read_posterior, shipped_posterior
from sim.studies.study import stored

FIELDS = ("trust.prehistory", "problem.conflict")
START = tuple(float(sim.Scenario().value(field)) for field in FIELDS)
AS_IT_IS = START[1]


def posterior(*sets: tuple[float, float]) -> Posterior:
    count = len(sets)
    return Posterior(FIELDS, START, 1.0, np.array(sets), np.ones(count), np.ones(count))


def test_a_file_holds_what_there_is(tmp_path: Path) -> None:
    made = posterior((0.1, 0.2), (1 / 3, 0.9))
    made.save(tmp_path / "mine.csv")
    again = read_posterior(tmp_path / "mine.csv")
    assert again.text() == made.text()
    assert again.sets.tobytes() == made.sets.tobytes()
    assert again.start == made.start


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("trust.prehistory", "trust.prehistori", 1, 'did you mean "trust.prehistory"'),
        ("set,weight", "sets,weight", 1, "is no file of parameter sets"),
        ("1,1,1,0.1,0.2", "1,1,1,1.1,0.2", 3, "trust.prehistory: must be a number (0 to 1)"),
        ("1,1,1,0.1,0.2", "1,1,1,0.1", 3, "has to hold 5 numbers"),
        ("1,1,1,0.1,0.2", "1,1,1,x,0.2", 3, "has to hold 5 numbers"),
        ("1,1,1,0.1,0.2", "1,-1,1,0.1,0.2", 3, "weight: must be from 0 to 1,000,000,000"),
        ("1,1,1,0.1,0.2", "1,nan,1,0.1,0.2", 3, "weight: must be from 0 to 1,000,000,000"),
        ("1,1,1,0.1,0.2", "1,1e308,1,0.1,0.2", 3, "weight: must be from 0 to 1,000,000,000"),
        ("1,1,1,0.1,0.2", "1,1,nan,0.1,0.2", 3, "distance: must be 0 or more"),
        ("1,1,1,0.1,0.2", "1,1,1,nan,0.2", 3, "must be a number (0 to 1), not nan"),
        ("1,1,1,0.1,0.2", "1,0,1,0.1,0.2", 2, "needs the set 0"),
        ("1,1,1,0.1,0.2\n", "1,1,1,0.1,0.2\n" * 10_001, 2, "up to 10,000 sets"),
        ("1,1,1,0.1,0.2", f"1,1,1,{'1' * 200_000},0.2", 3, "larger than field limit"),
        ("problem.conflict", "trust.prehistory", 1, "is listed twice"),
        (f"0,0,1,{START[0]},{START[1]}\n", "", 2, "needs the set 0"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    old: str, new: str, line: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(posterior((0.1, 0.2)).text().replace(old, new))
    with pytest.raises(ScenarioError) as error:
        read_posterior(file)
    assert f"{file}:{line}: " in str(error.value)
    assert says in str(error.value)
    assert cli.main(["compare", "team", "network", "--parameters", str(file)]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"), [(",", ";"), ("\n", "\r\n"), ("\n", "\r"), ("\n", "\n\n"), (",", ", ")]
)
def test_a_file_that_a_spreadsheet_saved_is_read(old: str, new: str, tmp_path: Path) -> None:
    made = posterior((0.1, 0.2), (0.3, 0.9))
    if new == ";":  # where decimals have commas
        head, *rows = made.text().splitlines()
        rows = [row.replace(",", ";").replace(".", ",") for row in rows]
        text = "\n".join([head.replace(",", ";"), *rows])
    else:
        text = made.text().replace(old, new)
    (tmp_path / "mine.csv").write_text("\ufeff" + text, encoding="utf-8", newline="")
    assert read_posterior(tmp_path / "mine.csv").text() == made.text()


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_file_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(content)
    with pytest.raises(ScenarioError, match="is no file of parameter sets"):
        read_posterior(tmp_path / "mine.csv")


def test_what_scenarios_set_themselves_stays() -> None:
    both = {name: sim.load(name) for name in ("baseline", "low_trust")}
    made = posterior((0.1, 0.2), (0.3, 0.9))
    assert made.held(both) == ("trust.prehistory",)
    asked = made.on(both)
    for name, scenario in both.items():
        assert asked[name].uncertain is not None
        drawn = as_drawn(asked[name], 1, 3)
        assert drawn.trust.prehistory == scenario.trust.prehistory
        assert drawn.problem.conflict in (0.2, 0.9)
    own = sim.load("team").variant({"trust.prehistory": 0.1, "problem.conflict": 0.1})
    with pytest.raises(ValueError, match="set all fields"):
        made.on({"own": own})
    with pytest.raises(ValueError, match="sets of its own"):
        made.on(asked)


def test_the_shipped_sets_fit_the_schema_and_the_targets() -> None:
    found = shipped_posterior()
    from docs.evidence_tables import common_task

    assert found.fields == common_task().fields
    assert found.start == tuple(sim.Scenario().value(field) for field in found.fields)
    assert 50 <= len(found) <= 200
    mean = np.average(found.distances, weights=found.weights)
    assert found.start_distance < mean < 1.5  # the common set is nearer than its sets


def test_a_comparison_goes_over_the_sets_pair_by_pair(tmp_path: Path) -> None:
    made = posterior((0.1, AS_IT_IS), (0.4, 0.3), (0.7, 0.9))
    found = sim.compare(
        ["team", "network"], runs=60, parameters=made, store=tmp_path / "runs", progress=False
    )
    team, network = (found.study.scenarios[name] for name in ("team", "network"))
    assert (sets_drawn(team, 1, range(60)) == sets_drawn(network, 1, range(60))).all()
    runs = found.study.runs.set_index(["scenario", "run"])
    for number in (0, 17):
        plain = as_drawn(team, 1, number)
        alone = sim.run(plain, 1, number).outcomes
        row = runs.loc[("team", number), list(alone.index)].to_numpy(dtype=float)
        np.testing.assert_array_equal(row, alone.to_numpy())
    assert found.over is not None
    start = sim.compare(["team", "network"], runs=60, progress=False)
    pd.testing.assert_frame_equal(found.over.start.differences(), start.differences())
    again = stored(tmp_path / "runs")
    assert again.scenarios["team"] == team
    assert len(stored(tmp_path / "runs_start").runs) == 120
    from sim.studies.reproduce import reproduce

    assert reproduce(again, progress=False).different.empty


def test_what_becomes_of_each_verdict_is_said() -> None:
    """Under the start values trust differs by what is set; over these sets it hardly can."""
    made = posterior((0.0, AS_IT_IS), (1.0, AS_IT_IS))
    found = sim.compare(["team", "community"], runs=300, parameters=made, progress=False)
    table = found.robust()
    assert set(table["holds"]) <= {HOLDS, ONLY_START, TURNS, ONLY_SETS, NEITHER}
    kinds = found.verdicts().set_index("outcome")["kind"]
    rows = table.set_index("outcome")
    kinds[(rows["low"] <= 0) & (rows["high"] >= 0)] = "open"
    start = found.over.start.verdicts().set_index("outcome")["kind"]  # type: ignore[union-attr]
    for row in table.to_dict("records"):
        both = (start[row["outcome"]] == "difference", kinds[row["outcome"]] == "difference")
        words = {
            (True, True): (HOLDS, TURNS),
            (True, False): (ONLY_START,),
            (False, True): (ONLY_SETS,),
            (False, False): (NEITHER,),
        }
        assert row["holds"] in words[both]
    with pytest.raises(ValueError, match="over no parameter sets"):
        found.over.start.robust()  # type: ignore[union-attr]


def test_the_share_of_sets_with_the_same_sign_is_found() -> None:
    """400 sets of ten, true differences normal(0.5, 1), noise 2: 69 % are above 0. Error 2 %."""
    draws = np.random.default_rng(5)
    sets = np.repeat(np.arange(400), 10)
    gaps = np.repeat(draws.normal(0.5, 1.0, 400), 10) + draws.normal(0, 2.0, 4000)
    assert among_sets(gaps, sets, 400).same_sign == pytest.approx(0.69, abs=0.06)
    assert among_sets(draws.normal(1.0, 1.0, 4000), sets, 400).same_sign > 0.99
    assert np.isnan(among_sets(gaps[:5], np.arange(5), 5).same_sign)


def test_intervals_count_that_other_sets_would_fit_as_well() -> None:
    """100 sets with true differences normal(0.5, 0.5), noise 2, 2,000 runs that each draw one.

    Of 400 intervals 95 % are to hold 0.5, give or take 1.1 %; of those that take the sets as given
    fewer do.
    """
    draws = np.random.default_rng(8)
    held = np.zeros(2)
    for _again in range(400):
        truths, sets = draws.normal(0.5, 0.5, 100), draws.integers(0, 100, 2000)
        gaps = truths[sets] + draws.normal(0, 2.0, 2000)
        found = among_sets(gaps, sets, 100)
        given = found.whole - 1.96 * found.chance, found.whole + 1.96 * found.chance
        for place, (low, high) in enumerate([given, found.widened(*given)]):
            held[place] += low <= 0.5 <= high
    assert held[0] / 400 < 0.87
    assert 0.92 < held[1] / 400 < 0.98


def test_what_only_these_sets_show_does_not_hold() -> None:
    """Of two sets one speaks for each side: more runs do not make that certain of all sets."""
    made = posterior((0.05, AS_IT_IS), (0.95, AS_IT_IS))
    found = sim.compare(["team", "community"], runs=400, parameters=made, progress=False)
    table, plain = found.robust(), found.differences()
    assert (table["low"] <= plain["corrected_low"] + 1e-12).sum() == table["low"].notna().sum()
    kinds = found.verdicts()["kind"]
    lost = (kinds == "difference") & ~table["holds"].isin([HOLDS, TURNS, ONLY_SETS])
    assert lost.any()
    assert ((table["low"] <= 0) & (table["high"] >= 0))[lost].all()


def test_that_nothing_was_established_is_said() -> None:
    made = posterior((0.3, AS_IT_IS), (0.5, 0.3))
    both = {name: sim.load("team") for name in ("one", "other")}
    found = sim.compare(both, runs=20, parameters=made, progress=False)
    from sim.view.console import format_comparison

    assert "sets that fit the evidence: under the start values no difference" in format_comparison(
        found
    )


def test_the_command_and_its_report_say_over_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["compare", "team", "network", "--runs", "60", "--parameters", "shipped"]
    assert cli.main([*words, "--out", "mine"]) == 0
    said = capsys.readouterr().out
    count = len(shipped_posterior())
    assert f"Over {count} parameter sets that fit the evidence: of " in said
    page = Path("mine", "report.html").read_text()
    assert f"Over {count} parameter sets that fit the evidence" in page
    assert "--parameters shipped" in page
    assert sim.load("team").digest() in page
    assert "[uncertain]" not in page
    assert {"runs", "runs_start"} <= {entry.name for entry in Path("mine").iterdir()}
