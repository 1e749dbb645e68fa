"""The report on a comparison: what it says, and that it is one sound page."""

import itertools
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

import sim
from sim.api.studies import Comparison, Study
from sim.rules.outcomes import OUTCOMES
from sim.scenario import Scenario
from sim.studies.store import RunStore
from sim.view.report.drawing import looks
from sim.view.report.findings import findings, in_short
from sim.view.report.page import page
from sim.view.report.people import people
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
def text(found: Comparison) -> str:
    return page(found)


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
    assert 70 < found.tests <= 80  # few of so few runs are debated again
    assert said.count(f"corrected for {found.tests} comparisons,") == 14
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


@pytest.mark.parametrize("runs", [1, 2, 11])
def test_very_few_runs_are_no_trouble(runs: int) -> None:
    text = page(sim.compare(["team", "community"], runs=runs))
    sound(text)
    said = words(text)
    assert not re.search(r"\b(nan|inf)\b", said)
    assert not re.search(r"[-\u2212]0(\.0+)?\b(?!\.)", said.split("The verdicts")[-1])
    if runs < 10:
        assert "Nothing can be said about participation of community and team" in said
        assert "too few runs to compare the reference with itself" in said
        assert "What pairing is worth" not in said


def test_it_says_by_what_rule_runs_were_added() -> None:
    asked = {"agreement": 0.08, "trust": 0.0001}
    found = sim.compare(["team", "community"], runs=40, precision=asked, max_runs=150)
    text = page(found)
    said = words(text)
    assert "150 runs of each scenario" in said
    assert "from 40 on, up to 150, until" in said
    assert "trust ± 0.0001 (not reached)" in said
    assert "--runs 40 --seed 1 --precision agreement=0.08 --precision trust=0.0001" in text
    names: dict[str, Comparison] = {}
    lines = unescape(text.split("In Python:</p>")[1].split("<code>")[1].split("</code>")[0])
    exec(lines.split("print(")[0], names)
    assert page(names["found"]) == text
    assert "Runs added" not in words(page(sim.compare(["team", "community"], runs=10)))


def test_in_short_it_says_what_is_small_and_what_rests_on_part_of_the_runs(
    found: Comparison,
) -> None:
    table = findings(found)
    agrees = table["community", "months_to_agreement"]
    assert agrees.established
    assert agrees.row["pairs"] < agrees.row["runs"]
    said = in_short(found, table, "community", [agrees.item])
    assert said == (
        "Community takes longer to agree than team. Only pairs in which both runs have such a "
        "number tell of months to agreement."
    )
    small = agrees._replace(row={**agrees.row, "difference": 0.5, "pairs": 60})
    said = in_short(
        found, {("community", "months_to_agreement"): small}, "community", [agrees.item]
    )
    assert said.endswith("smaller than is worth knowing by our estimate: months to agreement.")


def test_scenarios_that_are_the_same() -> None:
    said = words(page(sim.compare({"one": "team", "other": "team"}, runs=40)))
    assert "They are the same in every value" in said
    assert "No difference between any two of them is established" in said
    assert "for the better ." not in said


def test_a_scenario_that_never_agrees(never: Scenario) -> None:
    text = page(sim.compare({"team": "team", "never": never}, runs=40))
    sound(text)
    said = words(text)
    assert "never never 0%" in said
    assert "Never is beaten by team: worse in something, better in nothing." in said
    assert "nan" not in said.replace("governance", "")
    sound(page(sim.compare({"a": never, "b": never}, runs=20)))


def test_a_run_that_failed_is_told(found: Comparison) -> None:
    study, kept = found.study, RunStore()
    kept.prepare(study.scenarios, study.size)
    for part in study.parts():
        if part.batch.scenario == "team":
            failed = [(59, "ArithmeticError: <no>")]
            part = part._replace(runs=part.runs[:-1], outcomes=part.outcomes[:-1], failures=failed)
        kept.add(part)
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


def test_without_names_there_is_nothing_to_say_of_stakeholders(
    found: Comparison, text: str
) -> None:
    assert people(found, looks(list(found.study.scenarios))) is None
    assert "Stakeholder by stakeholder" not in text
