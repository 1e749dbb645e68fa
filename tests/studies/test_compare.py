"""Comparisons: what differs, in words that follow from the numbers."""

import math
from typing import Any, NamedTuple

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.api.studies import Comparison, compare
from sim.rules.outcomes import LOWER, OUTCOMES
from sim.studies import workers
from sim.studies.differences import (
    DIFFERENCE,
    MISSING,
    NONE,
    OPEN,
    judge,
    runs_missing,
    worth_knowing,
)
from sim.studies.statistics import CUT
from sim.view.console import format_comparison
from sim.view.verdicts import format_verdict

ITEMS = {item.name: item for item in OUTCOMES}
ASKED = ["team", "community", "majority"]


def majority() -> sim.Scenario:
    return sim.load("community").variant({"decision.rule": "majority"})


@pytest.fixture(scope="module")
def found() -> Comparison:
    scenarios = {"team": "team", "community": "community", "majority": majority()}
    return compare(scenarios, runs=300, progress=False)


def row_of(found: Comparison, scenario: str, outcome: str) -> pd.Series:
    table = found.differences().set_index(["scenario", "outcome"])
    return table.loc[(scenario, outcome)]


def test_differences_are_those_of_the_runs_with_the_same_number(found: Comparison) -> None:
    runs = found.study.runs.pivot(index="run", columns="scenario", values="months_to_agreement")
    gap = (runs["community"] - runs["team"]).dropna()
    row = row_of(found, "community", "months_to_agreement")
    assert row["pairs"] == len(gap) < row["runs"] == 300
    assert row["difference"] == pytest.approx(gap.mean())
    assert row["low"] < gap.mean() < row["high"]
    only = runs["community"].notna() & runs["team"].isna()
    assert row["only_scenario"] == pytest.approx(only.mean())


def test_better_follows_the_direction_of_the_outcome(found: Comparison) -> None:
    for item in OUTCOMES:
        row = row_of(found, "community", item.name)
        runs = found.study.runs.pivot(index="run", columns="scenario", values=item.name)
        both = runs[["team", "community"]].dropna()
        gap = (both["community"] - both["team"]) * (-1 if item.direction == LOWER else 1)
        assert row["better"] == pytest.approx(((gap > 0) + (gap == 0) / 2).mean(), nan_ok=True)


def test_corrected_intervals_are_wider_and_agree_with_corrected_p(found: Comparison) -> None:
    table = found.differences().dropna(subset="p")
    assert (table["corrected_low"] <= table["low"] + 1e-12).all()
    assert (table["corrected_high"] >= table["high"] - 1e-12).all()
    outside = (table["corrected_low"] > 0) | (table["corrected_high"] < 0)
    pd.testing.assert_series_equal(outside, table["corrected_p"] < 0.05, check_names=False)


def test_verdicts_follow_from_the_corrected_interval_alone(found: Comparison) -> None:
    kinds = found.verdicts().set_index(["scenario", "outcome"])["kind"]
    for row in found.differences().to_dict("records"):
        low, high = row["corrected_low"], row["corrected_high"]
        margin = worth_knowing(ITEMS[row["outcome"]])
        kind = DIFFERENCE if low > 0 or high < 0 else OPEN
        if kind == OPEN and -margin < low and high < margin:
            kind = NONE
        kind = MISSING if row["pairs"] == 0 else kind
        assert kinds[row["scenario"], row["outcome"]] == kind
    assert set(kinds) == {DIFFERENCE, NONE, OPEN, MISSING}


def test_a_verdict_is_a_sentence_with_its_numbers(found: Comparison) -> None:
    sentence = found.verdict("months_to_agreement", "community")
    assert sentence.startswith("Community takes longer to agree than team: ")
    assert f"{int(row_of(found, 'community', 'months_to_agreement')['pairs'])} pairs" in sentence
    tests = int(found.differences()["p"].notna().sum())
    assert tests == found.tests < 80  # no run of the majority is debated again
    assert f"corrected for {tests} comparisons" in sentence
    assert all(text[0].isupper() and text[-1] == "." for text in found.verdicts()["sentence"])
    assert len(found.verdict("agreement").splitlines()) == 2


def test_a_scenario_against_itself_is_no_difference() -> None:
    same = compare({"one": "team", "two": "team"}, runs=60, progress=False)
    table = same.differences()
    assert (table["difference"].dropna() == 0).all()
    assert DIFFERENCE not in set(same.verdicts()["kind"])


ROW = {
    "scenario": "a", "mean": 0.55, "reference": 0.5, "difference": 0.05, "pairs": 100,
    "runs": 100, "corrected_low": -0.05, "corrected_high": 0.15, "only_reference": 0.0,
    "only_scenario": 0.0,
}  # fmt: skip


class Judged(NamedTuple):
    kind: str
    sentence: str


def judged(outcome: str = "agreement", reference: str = "b", **changes: Any) -> Judged:
    verdict = judge(ITEMS[outcome], {**ROW, **changes})
    return Judged(verdict.kind, format_verdict(verdict, reference, 40))


def test_an_open_verdict_says_how_many_runs_would_settle_it() -> None:
    assert judged().kind == OPEN
    assert judged().sentence == (
        "No difference in agreement is established between a and b: 0.55 against 0.50, difference "
        "0.05 (95 % interval -0.05 to 0.15, corrected for 40 comparisons, 100 pairs); "
        "about 9,900 more runs would show one, or that it is smaller than 0.02."
    )
    # half-widths shrink with the root of the pairs: 100 times the pairs, a tenth of the width
    assert runs_missing(ROW, 0.01) == 9900
    assert "; more than 1,000,000 more runs would" in judged(corrected_high=3.0).sentence


@given(st.floats(-1, 1), st.floats(0.001, 0.999))
def test_with_the_runs_that_are_missing_no_verdict_stays_open(middle: float, part: float) -> None:
    """An interval as wide as the margin, wherever it lies, is a verdict; a wider one may not be."""
    half = 0.01 * part
    assert judged(corrected_low=middle - half, corrected_high=middle + half).kind != OPEN
    assert judged(corrected_low=-0.001, corrected_high=0.0201).kind == OPEN


def test_names_of_more_than_one_word_stand_in_quotation_marks() -> None:
    verdict = judged(corrected_low=0.01, scenario="a, seats=9", reference="b, seats=8")
    assert verdict.sentence.startswith(
        "“a, seats=9” reaches agreement more often than “b, seats=8”:"
    )


def test_a_verdict_says_what_it_cannot_know() -> None:
    nothing = {"corrected_low": math.nan, "corrected_high": math.nan}
    assert judged(**nothing, pairs=1).sentence == (
        "Nothing can be said about agreement of a and b: only 1 pair of runs with such a number, "
        "and 10 are needed."
    )
    gone = judged(**nothing, pairs=0, only_reference=1.0)
    assert gone.kind == MISSING
    assert gone.sentence == (
        "Nothing can be said about agreement of a and b: no pair of runs has such a number, "
        "in 100.0% of all pairs only b has such a number."
    )


def test_an_interval_that_is_cut_at_0_is_told_as_such() -> None:
    assert "interval above 0, up to 0.15, corr" in judged(corrected_low=CUT).sentence
    low = judged(corrected_low=-0.15, corrected_high=-CUT, difference=-0.05)
    assert low.kind == DIFFERENCE
    assert "interval -0.15 up to below 0, corr" in low.sentence
    assert judged("months_to_agreement").sentence.split(":")[0].endswith("by less than a month")


@pytest.mark.parametrize("runs", [1, 2, 5])
def test_a_handful_of_runs_gives_no_verdict(runs: int) -> None:
    few = compare(["team", "community"], runs=runs, progress=False)
    assert set(few.verdicts()["kind"]) <= {OPEN, MISSING}
    assert few.tests == 0


def test_the_placebo_raises_false_alarms_at_the_rate_that_intervals_claim(
    found: Comparison,
) -> None:
    """Some 40 correlated outcomes, 400 splits of 300 runs: the rate is known to about 0.01."""
    assert 0.02 < found.placebo.raw < 0.08
    assert found.placebo.corrected <= 0.07
    assert found.placebo == compare(ASKED[:2], runs=300, progress=False).placebo._replace(
        corrected=found.placebo.corrected
    )


def test_medians_have_intervals_of_the_bootstrap(found: Comparison) -> None:
    table = found.quantiles("months_to_agreement", [0.5]).set_index("scenario")
    runs = found.study.runs.pivot(index="run", columns="scenario", values="months_to_agreement")
    both = runs[["team", "community"]].dropna()
    row = table.loc["community"]
    assert row["difference"] == both["community"].median() - both["team"].median()
    assert row["low"] <= row["difference"] <= row["high"]
    pd.testing.assert_frame_equal(
        table.reset_index(), found.quantiles("months_to_agreement", [0.5])
    )


def test_precision_adds_runs_until_the_interval_is_narrow_enough() -> None:
    few = compare(["team", "community"], runs=100, progress=False)
    half = (few.differences()["high"] - few.differences()["low"])[1] / 2
    found = compare(
        ["team", "community"], runs=100, precision={"agreement": half / 2}, progress=False
    )
    row = row_of(found, "community", "agreement")
    assert (row["high"] - row["low"]) / 2 <= half / 2
    assert 300 < row["runs"] < 800
    most = compare(
        ["team", "community"], runs=100, precision={"agreement": 1e-4}, max_runs=150, progress=False
    )
    assert row_of(most, "community", "agreement")["runs"] == 150
    assert found.unreached() == {}
    wide = row_of(most, "community", "agreement")
    assert most.unreached() == {"agreement": pytest.approx((wide["high"] - wide["low"]) / 2)}
    assert "agreement did not reach the precision that was asked for: ± 0." in format_comparison(
        most
    )


def test_precision_goes_on_from_too_few_runs_and_gives_up_on_what_no_run_has() -> None:
    found = compare(["team", "community"], runs=2, precision={"agreement": 0.1}, progress=False)
    assert found.study.size > 30
    assert found.unreached() == {}
    free = sim.load("team").variant({"decide": False})
    never = compare({"a": free, "b": free}, runs=500, precision={"agreement": 0.1}, progress=False)
    assert never.study.size == 1000
    assert math.isnan(never.unreached()["agreement"])
    assert "agreement did not reach" in format_comparison(never)
    assert "too few pairs have it" in format_comparison(never)


def test_fewer_outcomes_need_less_correction(found: Comparison) -> None:
    one = compare(ASKED[:2], runs=300, outcomes=["agreement"], progress=False)
    row = one.differences().iloc[0]
    assert row["corrected_low"] == row["low"]
    assert row["low"] == row_of(found, "community", "agreement")["low"]
    assert "corrected" not in one.verdict("agreement")


def test_a_run_that_failed_is_no_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    real, team = workers.outcomes_of, sim.load("team")

    def fails(scenario: sim.Scenario, seed: int, first: int, *rest: Any) -> Any:
        if scenario == team and first <= 7 < first + rest[0]:
            raise ArithmeticError("no, never")
        return real(scenario, seed, first, *rest)

    monkeypatch.setattr(workers, "outcomes_of", fails)
    found = compare(ASKED[:2], runs=40, progress=False)
    row = row_of(found, "community", "participation")
    assert (row["pairs"], row["runs"]) == (39, 40)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reference": "teem"}, 'reference: "teem" is none of the scenarios, did you mean "team"'),
        ({"outcomes": ["agrement"]}, '"agrement" is no outcome here, did you mean "agreement"'),
        ({"precision": {"trus": 0.1}}, '"trus" is no outcome here, did you mean "trust"'),
        ({"precision": {"trust": 0.0}}, "precision of trust is 0.0; it must be above 0"),
    ],
)
def test_unknown_words_are_refused_before_anything_runs(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        compare(["team", "community"], progress=False, **options)  # type: ignore[arg-type]


def test_one_scenario_is_no_comparison() -> None:
    with pytest.raises(ValueError, match="two scenarios or more"):
        compare("team", runs=10)
