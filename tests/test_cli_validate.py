"""The command that holds the model against the evidence, within this process."""

from pathlib import Path

import pandas as pd
import pytest

import sim
from sim import cli
from sim.evidence import validate as module
from sim.evidence.targets import STAGED


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "QUICK_RUNS", 40)
    return tmp_path


def test_the_exit_code_counts_and_everything_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["validate", "--quick", "--seed", "1"])
    said = capsys.readouterr().out
    found = sim.validate(runs=40, seed=1, progress=False)
    assert code == found.outside
    assert 0 < code < 28
    assert said.splitlines()[:-1] == found.told().splitlines()
    place = Path("results", "validate")
    assert said.splitlines()[-1].endswith(str(place / "validation.html"))
    for name, table in (
        ("verdicts", found.verdicts()),
        ("targets", found.targets()),
        ("directions", found.directions()),
        ("groups", found.groups()),
    ):
        written = pd.read_csv(place / f"{name}.csv")
        assert list(written.columns) == list(table.columns)
        assert len(written) == len(table)
    assert {file.stem for file in (place / "stagings").iterdir()} == set(STAGED)
    tables = {f"{name}.csv" for name in ("verdicts", "targets", "directions", "groups")}
    assert {file.name for file in place.iterdir()} == {"validation.html", "stagings", *tables}


def test_a_staging_that_was_written_can_be_run(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["validate", "--quick", "--out", "mine"])
    assert cli.main(["run", "mine/stagings/game_unequal_talk.toml", "--out", "played"]) == 0
    assert Path("played", "rounds.csv").is_file()
    capsys.readouterr()


def test_the_same_command_writes_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    for place in ("a", "b", "b"):
        cli.main(["validate", "--quick", "--out", place])
    capsys.readouterr()
    one = {file.name: file.read_bytes() for file in Path("a").iterdir() if file.is_file()}
    two = {file.name: file.read_bytes() for file in Path("b").iterdir() if file.is_file()}
    assert one == two


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seed", "-1"], "is not a whole number from 0"),
        (["--out", "file"], "the result was not saved"),
        (["--out", "file/deep"], "the result was not saved"),
        (["--quik"], "unrecognized arguments"),
    ],
)
def test_what_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").touch()
    assert cli.main(["validate", *arguments]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, err.count("\n")) == ("", 1)


def test_its_help_says_what_the_exit_code_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", "--help"]) == 0
    assert "how many of the 12 targets" in " ".join(capsys.readouterr().out.split())
