"""The report on a comparison: what it says, and that it is one sound page."""

import itertools
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.rules.outcomes import OUTCOMES
from sim.scenario import Scenario
from sim.studies.compare import Comparison
from sim.studies.keeping import Memory
from sim.studies.stakeholders import stakeholders
from sim.studies.study import Study
from sim.view.report.drawing import looks, report_style
from sim.view.report.page import page
from sim.view.report.people import people
from sim.view.report.scenarios import side_by_side
from sim.view.report.survival import kaplan_meier
from sim.view.report.tradeoffs import unbeaten
from sim.view.report.typical import most_typical, typical_run
from sim.view.report.words import GROUPS, groups

EMPTY = {"meta", "br", "link", "img", "input", "hr"}  # elements of HTML that have no end tag
HOSTILE = "<script>alert(1)</script>"


class Page(HTMLParser):
    """A page, read strictly: every element that opens closes, in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[str, str]] = []  # the innermost element, and text in it
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.inside.append((self.open[-1] if self.open else "", data))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        return [attributes for name, attributes in self.tags if name == tag]


def words(text: str) -> str:
    """What a page says, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.fixture(scope="module")
def found() -> Comparison:
    return sim.compare(["team", "community", "network"], runs=60)


@pytest.fixture(scope="module")
def text(found: Comparison) -> str:
    return page(found)


@pytest.fixture(scope="module")
def never() -> Scenario:
    """A scenario in which no agreement is ever reached."""
    alone = {f"stakeholders.{sector}.outside_option": 0.9 for sector in sim.scenario.SECTORS}
    return sim.load("team").variant(
        {"problem.conflict": 1.0, "stakeholders.incentive": 0.0, **alone}
    )


def sound(text: str) -> Page:
    """The page, if a browser, a printer and a screen reader can do with it."""
    read = Page(text)
    ids = [value["id"] for _tag, value in read.tags if value.get("id")]
    assert len(ids) == len(set(ids))
    assert read.of("html")[0]["lang"] == "en"
    for name, attributes in read.tags:
        assert name not in ("script", "link", "iframe", "object", "embed", "img")
        for key, value in attributes.items():
            assert not key.startswith("on")
            if key in ("src", "href", "xlink:href", "data", "action"):
                assert value is not None
                assert value.startswith("#")
                assert value[1:] in ids
        if name == "svg":
            assert attributes["role"] == "img"
            assert set((attributes["aria-labelledby"] or "").split()) <= set(ids)
        if name == "th":
            assert attributes["scope"] in ("col", "row", "colgroup")
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    levels = [int(name[1]) for name, _attributes in read.tags if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    return read


def test_it_is_one_sound_page_that_needs_nothing_else(text: str) -> None:
    read = sound(text)
    assert len(read.of("svg")) == len(GROUPS) + 4
    told = [data.strip() for tag, data in read.inside if tag == "desc"]
    assert len(told) == len(read.of("svg"))
    assert all(len(message) > 40 for message in told)
    assert "http" not in text
    assert len(text) < 2_000_000


def test_the_same_comparison_gives_the_same_bytes(found: Comparison, text: str) -> None:
    assert page(found) == text
    assert page(sim.compare(["team", "community", "network"], runs=60)) == text


def test_its_parts_stand_in_their_order(text: str) -> None:
    headings = re.findall(r"<h2>(.*?)</h2>", text)
    assert headings == [
        "The question",
        "The scenarios side by side",
        "The verdicts",
        "The pictures",
        "Trade-offs",
        "A typical run of each",
        "What it rests on",
        "How to reproduce it",
        "What the model cannot say",
    ]


def test_it_says_what_was_asked_and_what_came_out(found: Comparison, text: str) -> None:
    said = words(text)
    for scenario in found.study.scenarios.values():
        assert scenario.title in said
        assert " ".join(scenario.description.split()) in said
        assert scenario.digest() in said
    for outcome in ("agreement", "months_to_agreement", "retention"):
        for sentence in found.verdict(outcome).splitlines():
            assert sentence in said
    assert said.count("corrected for 80 comparisons") == 14
    full = text.split("All 80 differences")[1].split("</tbody>")[0]
    assert full.count("<tr>") == 81
    assert f"in {found.placebo.corrected:.1%} of the comparisons" in said


def test_it_says_how_to_get_the_same_again(found: Comparison, text: str) -> None:
    assert "mufakat compare team community network --runs 60 --seed 1" in text
    lines = unescape(text.split("In Python:</p>")[1].split("<code>")[1].split("</code>")[0])
    before = lines.split("print(")[0]
    names: dict[str, Comparison] = {}
    exec(before, names)
    assert names["found"].differences().equals(found.differences())


def test_a_scenario_of_ones_own_is_in_the_page_in_full(tmp_path: Path) -> None:
    own = sim.load("musrenbang").variant({"leadership.facilitation": 1.0})
    text = page(sim.compare({"musrenbang": "musrenbang", "mine": own}, runs=10))
    assert "mufakat compare musrenbang mine.toml --runs 10" in text
    toml = unescape(text.split("<bdi>mine</bdi>.toml")[1].split("<code>")[1].split("</code>")[0])
    (tmp_path / "mine.toml").write_text(toml, encoding="utf-8")
    assert sim.load(tmp_path / "mine.toml").digest() == own.digest()


def test_what_a_file_says_stays_text() -> None:
    one = sim.load("river_basin").variant(
        {"title": HOSTILE, "description": "{{7*7}} {% raw %} \" ' --> ]]> <b>bold</b>"}
    )
    listed = [dict(who) for who in one.resolved()["listed"]]
    listed[0]["name"], listed[1]["name"] = HOSTILE, '*{{7*7}}* $x$ id="y" url(#z)'
    one = one.variant({"listed": listed, "listed_ties": [], "leadership.convener": HOSTILE})
    other = one.variant({"title": "عنوان " * 40, "principles.deliberation": 1.0})
    text = page(sim.compare({HOSTILE: one, "a" * 300: other}, runs=12))
    sound(text)
    assert "<script" not in text
    said = words(text)
    assert HOSTILE in said
    assert "{{7*7}} {% raw %} \" ' --> ]]> <b>bold</b>" in said
    assert '*{{7*7}}* $x$ id="y" url(#z)' in said


@pytest.mark.parametrize("runs", [1, 2])
def test_very_few_runs_are_no_trouble(runs: int) -> None:
    sound(page(sim.compare(["team", "community"], runs=runs)))


def test_scenarios_that_are_the_same() -> None:
    said = words(page(sim.compare({"one": "team", "other": "team"}, runs=40)))
    assert "They are the same in every value" in said
    assert "All scenarios have the same means." in said
    assert "for the better ." not in said


def test_a_scenario_that_never_agrees(never: Scenario) -> None:
    text = page(sim.compare({"team": "team", "never": never}, runs=40))
    sound(text)
    said = words(text)
    assert "never never 0%" in said
    assert "never is beaten on all of them by team." in said
    assert "nan" not in said.replace("governance", "")
    sound(page(sim.compare({"a": never, "b": never}, runs=20)))


def test_a_run_that_failed_is_told(found: Comparison) -> None:
    study, kept = found.study, Memory()
    kept.begin(study.scenarios, study.size)
    for part in study.parts():
        if part.batch.scenario == "team":
            failed = [(59, "ArithmeticError: <no>")]
            part = part._replace(runs=part.runs[:-1], outcomes=part.outcomes[:-1], failures=failed)
        kept.keep(part)
    broken = Study(study.scenarios, study.seed, kept, study.size)
    said = words(page(Comparison(broken, "team")))
    assert "1 run failed and is missing from all numbers: team , 59: ArithmeticError: <no>" in said
    assert "team 59, community 60" in said


def test_it_keeps_to_the_outcomes_that_are_compared() -> None:
    found = sim.compare(["team", "community"], runs=20, outcomes=["trust"])
    text = page(found)
    assert len(sound(text).of("svg")) == 2
    assert "--outcome trust" in text
    assert found.verdict("trust") in words(text)


def test_every_outcome_is_in_one_group() -> None:
    names = [name for _title, own in GROUPS for name in own]
    assert sorted(names) == sorted(item.name for item in OUTCOMES)
    assert [item for _title, own in groups(OUTCOMES) for item in own] != []


def test_it_is_written_whole_and_replaces_an_earlier_one(
    found: Comparison, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "deep" / "report.html"
    found.report(file)
    found.report(str(file))
    assert file.read_text(encoding="utf-8") == text
    assert [entry.name for entry in file.parent.iterdir()] == ["report.html"]


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


def test_kaplan_meier_against_a_case_done_by_hand() -> None:
    """Six runs: agreements in months 3, 5, 5; ended without one in months 3, 4 and 9."""
    months = np.array([3.0, 5.0, 5.0, 3.0, 4.0, 9.0])
    agreed = np.array([True, True, True, False, False, False])
    curve = kaplan_meier(months, agreed)
    assert curve.months.tolist() == [0, 3, 5]
    assert curve.share == pytest.approx([1, 5 / 6, 5 / 6 * 1 / 3])
    greenwood = 1 / (6 * 5) + 2 / (3 * 1)
    share = 5 / 18
    away = 1.959964 * np.sqrt(greenwood) / abs(np.log(share))
    assert curve.low[2] == pytest.approx(share ** np.exp(away), rel=1e-6)
    assert curve.high[2] == pytest.approx(share ** np.exp(-away), rel=1e-6)
    assert curve.half == 5


def test_kaplan_meier_at_its_ends() -> None:
    nobody = kaplan_meier(np.array([4.0, 5.0]), np.array([False, False]))
    assert nobody.share.tolist() == [1]
    assert np.isnan(nobody.half)
    everybody = kaplan_meier(np.array([4.0, 5.0]), np.array([True, True]))
    assert everybody.share.tolist() == [1, 0.5, 0]
    assert not np.isnan(everybody.low).any()


def test_without_censoring_the_curve_is_the_share_that_is_left() -> None:
    months = np.random.default_rng(1).integers(1, 30, 200).astype(float)
    curve = kaplan_meier(months, np.ones(200, dtype=bool))
    left = [(months > month).mean() for month in curve.months]
    assert curve.share == pytest.approx(left)
    assert ((curve.low <= curve.share) & (curve.share <= curve.high)).all()


def brute_force(values: np.ndarray) -> Iterator[bool]:
    for one in values.tolist():
        yield not any(
            all(a >= b for a, b in zip(other, one, strict=True)) and other != one
            for other in values.tolist()
        )


def test_the_pareto_set_is_that_of_brute_force() -> None:
    draws = np.random.default_rng(2)
    for _case in range(200):
        shape = draws.integers(1, 7), draws.integers(1, 4)
        values = draws.integers(0, 4, shape).astype(float)
        values[draws.random(shape) < 0.1] = -np.inf
        assert unbeaten(values).tolist() == list(brute_force(values))


def test_the_typical_run_is_the_one_in_the_middle() -> None:
    missing = np.nan
    values = np.array([[0.0, 10.0], [1.0, 30.0], [2.0, 20.0], [1.0, 20.0], [missing, 20.0]])
    assert most_typical(values) == 3
    assert most_typical(np.array([[0.0, 5.0], [1.0, missing], [1.0, missing], [0.9, 5.0]])) in (
        1,
        2,
    )
    assert most_typical(np.full((3, 2), missing)) == 0


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


def test_without_names_there_is_nothing_to_say_of_stakeholders(
    found: Comparison, text: str
) -> None:
    assert people(found, looks(list(found.study.scenarios))) is None
    assert "Stakeholder by stakeholder" not in text
