"""Scenarios are found, extended, and read together with the files beside them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sim.scenario import SECTORS, Scenario, ScenarioError, load, shipped
from sim.scenario.files import to_toml
from tests.strategies import scenarios

STAKEHOLDERS = """\
name,sector,power
City,government,2
Mill,private,1
Village,community,1
"""
CASE = '[stakeholders]\nfile = "stakeholders.csv"\n'


def write(folder: Path, **files: str) -> Path:
    """Files by their stem: toml for scenarios, csv for lists. The folder's `mine.toml`."""
    for name, text in files.items():
        suffix = ".csv" if name in ("stakeholders", "ties") else ".toml"
        (folder / f"{name}{suffix}").write_text(text, encoding="utf-8")
    return folder / "mine.toml"


def test_a_name_is_a_shipped_scenario() -> None:
    assert load("team").form.kind == "team"


def test_a_path_wins_only_as_toml_or_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team").write_text("cycles = 7")
    assert load("team").form.kind == "team"
    (tmp_path / "network").mkdir()  # perhaps the results of a run: no scenario in it
    assert load("network").form.kind == "network"
    (tmp_path / "community").mkdir()
    (tmp_path / "community" / "scenario.toml").write_text("cycles = 7")
    assert load("community").cycles == 7
    (tmp_path / "team.toml").write_text("cycles = 8")
    assert load("team.toml").cycles == 8
    assert load(tmp_path / "team.toml").cycles == 8


def test_a_child_differs_from_its_parent_in_what_it_says(tmp_path: Path) -> None:
    mine = write(tmp_path, mine='extends = "facilitated"\n[debate]\nmu = 0.5\n')
    assert load(mine) == load("facilitated").variant(
        {"debate.mu": 0.5, "title": "", "description": ""}
    )


def test_parents_have_parents(tmp_path: Path) -> None:
    mine = write(
        tmp_path,
        mine='extends = "middle.toml"\nphases = ["planning"]\n',
        middle='extends = "team"\ncycles = 2\n[form]\ninvite = "power"\n',
    )
    scenario = load(mine)
    assert (scenario.form.kind, scenario.form.invite, scenario.cycles) == ("team", "power", 2)
    assert scenario.phases == ("planning",)
    assert scenario.extends is None


def test_a_child_may_change_the_kind(tmp_path: Path) -> None:
    mine = write(
        tmp_path,
        mine='extends = "parent.toml"\nform.kind = "network"\n',
        parent='[form]\nkind = "team"\nseats = 5\nmembership = "fixed"\n',
    )
    form = load(mine).form
    # Five seats are the parent's own; fixed membership is any team's.
    assert (form.seats, form.membership, form.deadline) == (5, "open", 60)


def test_events_of_a_child_replace_its_parents(tmp_path: Path) -> None:
    mine = write(tmp_path, mine='extends = "election"\nevents = []\n')
    assert load(mine).events == ()


def test_stakeholders_and_ties_come_from_files(tmp_path: Path) -> None:
    mine = write(
        tmp_path,
        mine=f'{CASE}[form]\nties_file = "ties.csv"\n',
        stakeholders=STAKEHOLDERS,
        ties="from,to,trust\nCity,Mill,0.5\nMill,City,\n",
    )
    scenario = load(mine)
    assert scenario.listed is not None
    assert scenario.listed_ties is not None
    assert [(who.name, who.power, who.funds) for who in scenario.listed] == [
        ("City", 2.0, None),
        ("Mill", 1.0, None),
        ("Village", 1.0, None),
    ]
    assert [scenario.count(sector) for sector in SECTORS] == [1, 1, 1, 0]
    assert [(tie.from_, tie.to, tie.trust) for tie in scenario.listed_ties] == [
        ("City", "Mill", 0.5),
        ("Mill", "City", None),
    ]


def test_what_spreadsheets_do_to_csv_is_tolerated(tmp_path: Path) -> None:
    plain = load(write(tmp_path, mine=CASE, stakeholders=STAKEHOLDERS))
    rows = [line.replace(",", " , ") for line in STAKEHOLDERS.splitlines()]
    text = "\ufeff# made by hand\n#\n\n" + "\r\n".join([*rows, ",,", ""])
    (tmp_path / "stakeholders.csv").write_bytes(text.encode())
    assert load(tmp_path / "mine.toml") == plain


def test_every_column_is_read(tmp_path: Path) -> None:
    head = (
        "name,sector,power,funds,capacity,network,productivity,interest_x,interest_y,"
        "outside_option,norm,seated,immovable,free_rider\n"
    )
    rows = "".join(
        f'"{who}, Ltd",private,1,2,3,4,3,0.1,.9,5e-1,equal_effect,yes,FALSE,1\n' for who in "ABC"
    )
    listed = load(write(tmp_path, mine=CASE, stakeholders=head + rows)).listed
    assert listed is not None
    first = listed[0]
    assert (first.name, first.productivity, first.interest_y) == ("A, Ltd", 3.0, 0.9)
    assert (first.outside_option, first.norm) == (0.5, "equal_effect")
    assert (first.seated, first.immovable, first.free_rider) == (True, False, True)


def test_a_parents_files_are_beside_the_parent(tmp_path: Path) -> None:
    mine = write(tmp_path, mine='extends = "river_basin"\ncycles = 1\n')
    assert load(mine).listed == load("river_basin").listed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenario=scenarios())
def test_a_scenario_written_out_is_read_again(tmp_path: Path, scenario: Scenario) -> None:
    file = tmp_path / "again.toml"
    file.write_text(to_toml(scenario.resolved()), encoding="utf-8")
    assert load(file) == scenario


def test_a_resolved_case_needs_no_files(tmp_path: Path) -> None:
    case = load("river_basin")
    mine = write(tmp_path, mine=to_toml(case.resolved()))
    assert load(mine) == case


def test_only_load_reads_files() -> None:
    for changes in ({"stakeholders.file": "x.csv"}, {"form.ties_file": "x.csv"}, {"extends": "x"}):
        with pytest.raises(ScenarioError, match="only"):
            Scenario().variant(changes)


def test_an_installed_package_has_its_scenarios_beside_it(tmp_path: Path, root: Path) -> None:
    shutil.copytree(root / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "scenarios", tmp_path / "sim" / "shipped")
    program = "import sim; print(*sim.shipped()); print(sim.load('river_basin').digest())"
    (tmp_path / "elsewhere").mkdir()
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path / "elsewhere",
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [*shipped(), load("river_basin").digest()]
