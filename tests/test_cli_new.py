"""The verb ``new``: what it writes, what it says, and what it refuses."""

import sys
from pathlib import Path

import pytest

from sim import cli
from tests.test_cli import refused


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (["new", "river"], "stakeholders.csv and ties.csv"),
        (["new", "river", "--form", "team", "--excel"], "stakeholders.xlsx and ties.xlsx"),
    ],
)
def test_new(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], files: str
) -> None:
    assert cli.main(arguments) == 0
    first = files.split()[0]
    assert capsys.readouterr().out.splitlines() == [
        f"The folder river holds scenario.toml, {files}.",
        f"  1. Fill in scenario.toml (in a text editor) and {first} (in a spreadsheet).",
        "  2. mufakat check river    says what is still missing",
        "  3. mufakat run river      plays it, and saves the tables",
    ]
    assert cli.main(["check", "river"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("river/scenario.toml:5: title: is still to be filled in")
    assert sum(line.startswith(f"river/{first}:") for line in said) == 12


def test_new_quotes_a_name_with_a_blank(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new", "our river"]) == 0
    assert 'mufakat check "our river"' in capsys.readouterr().out


def test_a_new_case_that_is_filled_in_runs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["new", "river"]) == 0
    scenario = Path("river", "scenario.toml")
    scenario.write_text(scenario.read_text().replace(' = ""', ' = "Something"'))
    listed = Path("river", "stakeholders.csv")
    rows = listed.read_text().splitlines()
    rows = [f"N{line}{row}3,2,4".replace(",,,3", ",3") for line, row in enumerate(rows[-12:])]
    listed.write_text("name;sector;power_1to5;interest_x_1to5;interest_y_1to5\n")
    with listed.open("a") as file:
        file.write("\n".join(rows).replace(",", ";"))
    assert cli.main(["check", "river"]) == 0
    assert "12 (government 3, private 3, community 3, civil_society 3)" in capsys.readouterr().out
    assert cli.main(["run", "river"]) == 0
    assert Path("results", "river", "manifest.json").exists()


def test_a_new_case_is_written_over_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("river").mkdir()
    Path("river", "thesis.docx").write_text("years of work")
    said = refused(capsys, "new", "river")
    assert said == "mufakat: river is there already, and not empty: give another name"
    assert [file.name for file in Path("river").iterdir()] == ["thesis.docx"]


def test_workbooks_need_openpyxl(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    said = refused(capsys, "new", "river", "--excel")
    assert said == "mufakat: needs openpyxl: pip install 'mufakat[excel]'"
    assert list(folder.iterdir()) == []
