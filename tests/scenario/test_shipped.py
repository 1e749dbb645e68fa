"""The shipped scenarios are what they say."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sim.scenario import KINDS, PRINCIPLES, SECTORS, Scenario, load, shipped

NAMES = {
    "baseline",
    "team",
    "community",
    "network",
    "power_captured",
    "power_balanced",
    "scarce_resources",
    "low_trust",
    "facilitated",
    "no_principles",
    "budget_cut",
    "election",
    "mandated",
    "river_basin",
    "musrenbang",
}
CASES = ("river_basin", "musrenbang")


@pytest.fixture
def folder(root: Path) -> Path:
    return root / "scenarios"


def file_of(folder: Path, name: str) -> Path:
    case = folder / name / "scenario.toml"
    return case if case.is_file() else folder / f"{name}.toml"


def test_all_are_there_by_name() -> None:
    assert set(shipped()) >= NAMES
    assert list(shipped()) == sorted(shipped())


@pytest.mark.parametrize("name", shipped())
def test_it_loads_and_says_what_it_is(name: str) -> None:
    scenario = load(name)
    assert scenario.title
    assert len(scenario.description) > 40
    assert Scenario(**scenario.resolved()) == scenario


@pytest.mark.parametrize("name", shipped())
def test_an_editor_finds_its_schema(folder: Path, name: str) -> None:
    file = file_of(folder, name)
    directive, _blank, schema = file.read_text().splitlines()[0].partition(" ")
    assert directive == "#:schema"
    assert (file.parent / schema).resolve() == (folder / "scenario.schema.json").resolve()


@pytest.mark.parametrize("name", sorted(set(shipped()) - {"baseline"}))
def test_it_says_only_what_differs_from_its_parent(folder: Path, name: str) -> None:
    own = tomllib.loads(file_of(folder, name).read_text())
    parent = load(own.pop("extends"))
    for path, value in leaves(own):
        if name != "community":  # which is the baseline's form by its own name
            assert parent.value(path) != value, path


def leaves(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        inner = isinstance(value, dict)
        found += leaves(value, f"{prefix}{name}.") if inner else [(f"{prefix}{name}", value)]
    return found


def test_titles_are_told_apart() -> None:
    assert len({load(name).title for name in shipped()}) == len(shipped())


def test_the_schema_file_is_true(folder: Path) -> None:
    """After a change: ``mufakat schema > scenarios/scenario.schema.json``."""
    written = json.loads((folder / "scenario.schema.json").read_text())
    assert written == Scenario.model_json_schema()


def test_the_baseline_is_where_every_value_starts() -> None:
    words = {"title": "", "description": ""}
    assert load("baseline").variant(words) == Scenario()


def test_each_does_what_its_name_says() -> None:
    start = Scenario()
    assert load("team").form.kind == "team"
    assert load("community").form == start.form
    assert load("network").form.kind == "network"
    assert load("power_captured").stakeholders.private.power > 0.5
    assert len({load("power_balanced").value(f"stakeholders.{s}.power") for s in SECTORS}) == 1
    assert load("low_trust").trust.prehistory < start.trust.prehistory
    assert load("facilitated").leadership.facilitation > start.leadership.facilitation
    assert {load("no_principles").value(f"principles.{name}") for name in PRINCIPLES} == {0.0}
    assert load("mandated").leadership.mandate > 0.5


def test_scarce_resources_are_scarce_alike() -> None:
    scarce, start = load("scarce_resources"), Scenario()
    for sector in SECTORS:
        for kind in KINDS:
            path = f"stakeholders.{sector}.{kind}"
            assert scarce.value(path) == pytest.approx(0.6 * start.value(path))


def test_events_happen_in_mid_run() -> None:
    (cut,) = load("budget_cut").events
    assert cut.field == "stakeholders.government.funds"
    assert cut.scale is not None
    assert cut.scale < 1
    moved = {event.field: event.set for event in load("election").events}
    power = {sector: f"stakeholders.{sector}.power" for sector in SECTORS}
    after = [moved.get(path, Scenario().value(path)) for path in power.values()]
    assert sum(after) == pytest.approx(1)
    for name in ("budget_cut", "election"):
        assert all(12 < (event.round or 0) < 72 for event in load(name).events)


@pytest.mark.parametrize("name", CASES)
def test_a_case_says_that_it_is_illustrative(folder: Path, name: str) -> None:
    for file in ("scenario.toml", "stakeholders.csv", "ties.csv"):
        first, second = (folder / name / file).read_text().splitlines()[:2]
        assert "illustrative case, not data" in (second if file == "scenario.toml" else first)
    assert load(name).description.startswith("An illustrative case, not data")


@pytest.mark.parametrize(("name", "people"), [("river_basin", 22), ("musrenbang", 32)])
def test_a_case_hangs_together(name: str, people: int) -> None:
    case = load(name)
    assert case.listed is not None
    assert case.listed_ties is not None
    assert len(case.listed) == people
    assert all(case.count(sector) >= 4 for sector in SECTORS)
    reached = {case.listed[0].name}
    for _step in case.listed:
        reached |= {tie.to for tie in case.listed_ties if tie.from_ in reached}
    assert reached == {who.name for who in case.listed}
    directions = {(tie.from_, tie.to) for tie in case.listed_ties}
    assert directions == {(to, from_) for from_, to in directions}


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_in_words(name: str) -> None:
    case = load(name)
    assert case.leadership.convener is not None
    assert case.problem.axes is not None
    assert all(axis.name and axis.low and axis.high for axis in case.problem.axes)
    options = case.problem.options or ()
    assert 5 <= len(options) <= 7
    assert all(option.x is not None for option in options)
    labels = [it.name for it in (*(case.listed or ()), *options)]
    assert max(map(len, labels)) < 35


@pytest.mark.parametrize("name", CASES)
def test_no_sector_of_a_case_can_do_it_alone_but_all_together_can(name: str) -> None:
    case = load(name)
    for kind in KINDS:
        need = case.value(f"problem.need_{kind}")
        has = {
            sector: sum(getattr(who, kind) for who in case.listed or () if who.sector == sector)
            for sector in SECTORS
        }
        assert 2 * need < sum(has.values()) < 5 * need
    alone = [
        min(
            sum(getattr(who, kind) for who in case.listed or () if who.sector == sector)
            / case.value(f"problem.need_{kind}")
            for kind in KINDS
        )
        for sector in SECTORS
    ]
    assert max(alone) < 1
