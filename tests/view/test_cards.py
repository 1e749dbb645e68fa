"""How things show themselves in a notebook: what they are at a glance, and escaped."""

import re
from html.parser import HTMLParser

import pytest

import sim
from sim.api.run import Run
from sim.api.studies import Comparison
from sim.scenario.tables import PRINCIPLES
from sim.view.report.words import NOTHING


class Balanced(HTMLParser):
    """Checks that every tag is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words(shown: str) -> str:
    """The words of a card, which must be whole HTML without scripts and addresses."""
    read = Balanced()
    read.feed(shown)
    assert not read.open
    assert "<script" not in shown
    assert "http" not in shown
    return " ".join(" ".join(read.words).split())


def test_a_scenario_says_who_meets_and_what_differs() -> None:
    told = words(sim.load("team")._repr_html_())
    assert "24 stakeholders" in told
    assert "consensus of all" in told
    assert re.search(r"form.seats 8 all", told)
    assert "form.deadline 36 60" in told


def test_the_start_values_differ_in_nothing() -> None:
    told = words(sim.Scenario()._repr_html_())
    assert "untitled" in told
    assert "differs in" not in told


def test_of_many_differences_the_first_are_shown_and_the_others_counted() -> None:
    changes = {f"principles.{name}": 0.9 for name in PRINCIPLES}
    told = words(sim.load("scarce_resources").variant(changes)._repr_html_())
    assert re.search(r"\d+ more rows are not shown", told)


def test_a_run_tells_itself(made_up: Run) -> None:
    told = words(made_up._repr_html_())
    assert "Made up, by hand (seed 18446744073709551615, run 7)" in told
    for line in made_up.summary().splitlines()[1:]:
        assert line.strip() in told


def test_a_study_has_a_column_for_each_scenario_and_says_how_sure_it_is() -> None:
    study = sim.study(["team", "community"], runs=30, progress=False)
    shown = study._repr_html_()
    told = words(shown)
    assert "Study of 2 scenarios, 60 runs, seed 1" in told
    assert "outcome team community participation (share)" in told
    assert len(re.findall(r"[\d.]+ \([\d.]+ to [\d.]+\)", told)) == 14


def test_a_study_shows_a_dash_where_no_run_has_a_number(never: sim.Scenario) -> None:
    told = words(sim.study({"never": never}, runs=5, progress=False)._repr_html_())
    assert f"months to agreement (months) {NOTHING}" in told


def test_of_many_scenarios_the_first_are_shown_and_the_others_counted() -> None:
    sweep = sim.sweep("team", {"principles.deliberation": "0:1:9"}, runs=2, progress=False)
    assert "3 more scenarios are not shown." in words(sweep.study._repr_html_())


def test_runs_that_failed_are_told() -> None:
    class Broken(sim.PrivateFirm):
        def accepts(self) -> bool:
            raise RuntimeError("<out of order>")

    study = sim.study(
        {"broken": "mandated"}, 1, behaviours={"broken": {"private": Broken}}, progress=False
    )
    shown = study._repr_html_()
    assert "1 run failed" in words(shown)
    assert "<out of order>" not in shown


def test_a_comparison_shows_its_verdicts_with_their_signs(found: Comparison) -> None:
    told = words(found._repr_html_())
    for name in ("agreement", "delivery"):
        assert found.verdict(name, "community") in told
    assert "▲ a difference, for the better" in told
    assert "2 more rows are not shown." in told
    assert "not of the world" in told


@pytest.mark.parametrize("awkward", ["<b>bold</b> & co", '<img src="x" onerror="alert(1)">'])
def test_what_a_person_wrote_is_escaped(awkward: str) -> None:
    scenario = sim.load("team").variant({"title": awkward, "description": awkward})
    study = sim.study({awkward: scenario, "team": "team"}, runs=20, progress=False)
    found = sim.compare({awkward: scenario, "team": "team"}, runs=20, progress=False)
    for each in (scenario, sim.run(scenario), study, found):
        shown = each._repr_html_()
        assert awkward not in shown
        assert awkward in words(shown)
