"""The command that carries out a study, as a process of its own and within this one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import sim
from sim import cli
from sim.scenario import Scenario
from sim.studies import workers
from tests.conftest import Mufakat


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_study_is_told_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["study", "team", "low_trust", "--runs", "60", "--seed", "3"]) == 0
    said = capsys.readouterr().out
    done = sim.study(["team", "low_trust"], runs=60, seed=3)
    share = done.runs[done.runs["scenario"] == "team"]["agreement"].mean()
    assert f"  team       {share:.3f} (" in said
    months = done.runs[done.runs["scenario"] == "low_trust"]["months_to_agreement"].notna().sum()
    assert f"; {months} runs)" in said
    assert said.splitlines()[-1] == f"Runs: {Path('results', 'study_team_low_trust')}"
    kept = sim.study(["team", "low_trust"], runs=60, seed=3, store="results/study_team_low_trust")
    assert kept.runs.equals(done.runs)


def test_the_same_command_says_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["study", "team", "--runs", "30", "--out", "mine", "--workers", "1"]
    assert cli.main(command) == 0
    once = capsys.readouterr()
    assert cli.main(command) == 0
    assert capsys.readouterr() == once


def test_runs_that_fail_are_told_and_the_exit_code_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = workers.outcomes_of

    def fails(scenario: Scenario, seed: int, first: int, size: int) -> np.ndarray:
        if first <= 7 < first + size:
            raise ArithmeticError("no, never")
        return real(scenario, seed, first, size)

    monkeypatch.setattr(workers, "outcomes_of", fails)
    assert cli.main(["study", "team", "--runs", "20"]) == 1
    said = capsys.readouterr().out
    assert "1 run failed:\n  team, 7: ArithmeticError: no, never\n" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "FILE"),
        (["team", "--runs", "0"], "0 is not a whole number from 1 to 4294967296"),
        (["team", "--workers", "0"], "0 is not a whole number from 1 to 1024"),
        (["team", "team"], "two of the scenarios have the same name"),
        (["taem"], 'did you mean "team"?'),
    ],
)
def test_what_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["study", *arguments]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, err.count("\n")) == ("", 1)
    assert not Path("results").exists()


def test_a_folder_of_something_else_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("thesis").mkdir()
    Path("thesis", "chapter.txt").write_text("1")
    assert cli.main(["study", "team", "--out", "thesis"]) == 2
    assert "holds chapter.txt, which no study writes" in capsys.readouterr().err


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_leaves_what_is_done_and_the_command_goes_on(root: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "sim", "study", "baseline", "--runs", "200000", "--out", "big"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 100
    while not list(folder.glob("big/*.parquet")) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    again = sim.study("baseline", runs=100, store="big", progress=False)
    assert again.runs.equals(sim.study("baseline", runs=100, progress=False).runs)


def test_as_a_process(mufakat: Mufakat) -> None:
    ended = mufakat("study", "team", "--runs", "5")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "agreement (0 or 1)" in ended.stdout


def test_a_stored_study_is_exported_and_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["study", "team", "own.toml", "--runs", "120", "--out", "mine"]) == 2
    Path("own.toml").write_text('title = "Own"\nextends = "baseline"\ncycles = 1\n')
    assert cli.main(["study", "team", "own.toml", "--runs", "120", "--out", "mine"]) == 0
    capsys.readouterr()
    assert cli.main(["export", "mine", "--csv"]) == 0
    assert capsys.readouterr().out == "240 runs: mine.csv\n"
    done = sim.study({"team": "team", "own": sim.load("own.toml")}, runs=120)
    assert Path("mine.csv").read_text() == done.runs.to_csv(index=False)
    assert cli.main(["reproduce", "mine"]) == 0
    assert capsys.readouterr().out.startswith(
        "200 runs carried out again: every number is the same"
    )
    assert cli.main(["reproduce", "mine", "--all"]) == 0
    assert capsys.readouterr().out.startswith("240 runs")


def test_a_number_that_comes_out_another_way_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = workers.outcomes_of

    def other(scenario: Scenario, seed: int, first: int, size: int) -> np.ndarray:
        found = real(scenario, seed, first, size)
        if first <= 7 < first + size:  # the last bit of one number
            found[7 - first, 0] = np.nextafter(found[7 - first, 0], 2.0)
        return found

    with monkeypatch.context() as once:
        once.setattr(workers, "outcomes_of", other)
        assert cli.main(["study", "team", "--runs", "20", "--out", "mine"]) == 0
    capsys.readouterr()
    assert cli.main(["reproduce", "mine"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "20 runs carried out again: 1 numbers came out another way."
    assert said[1].startswith("  team, 7, participation: ")


@pytest.mark.parametrize("verb", ["export", "reproduce"])
def test_a_folder_without_a_study_is_refused(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([verb, "nowhere"]) == 2
    assert capsys.readouterr().err == "mufakat: nowhere holds no study\n"
    assert not Path("nowhere").exists()


def test_fields_are_varied_and_every_combination_is_a_scenario(
    capsys: pytest.CaptureFixture[str],
) -> None:
    vary = ["--vary", "principles.deliberation=0:1:2", "--vary", "decision.rule=lead,majority"]
    assert cli.main(["study", "team", "community", *vary, "--runs", "6"]) == 0
    said = capsys.readouterr().out
    kept = sim.study(
        {"x": sim.load("team").variant({"principles.deliberation": 1, "decision.rule": "lead"})},
        runs=6,
        store="results/study_team_community",
    )
    share = kept.runs["agreement"].mean()
    name = "team, deliberation=1, rule=lead"
    width = len("community, deliberation=1, rule=majority")
    assert f"  {name:{width}}  {share:.3f} (" in said
    assert said.count("community, deliberation=0, rule=majority") == 7


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ("principles.deliberaton=0,1", 'did you mean "principles.deliberation"? (0 to 1'),
        ("principles.deliberation=0,2", "principles.deliberation[2]: must be a number (0 to 1)"),
        ("principles.deliberation", "is no field with its values"),
        ("principles.deliberation=0:1:99999", "99,999 variants are too many"),
    ],
)
def test_what_cannot_be_varied_is_refused(
    vary: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["study", "team", "--vary", vary]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, err.count("\n")) == ("", 1)
    assert not Path("results").exists()


def test_check_says_how_many_variants_a_sweep_has(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.toml").write_text(
        'title = "Own"\n[sweep]\ncycles = "1:3:3"\ndecide = [true, false]\n'
    )
    assert cli.main(["check", "own.toml"]) == 0
    assert capsys.readouterr().out.endswith("  variants: 6 (by cycles, decide)\n")
    Path("own.toml").write_text(
        'title = "Own"\n[sweep]\npower_share.private = [0.7]\npower_share.community = [0.5]\n'
    )
    assert cli.main(["check", "own.toml"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "come to 1.2, more than 1 (in the variant own, power_share.private=0.7," in told.err


def test_a_table_is_written_over_no_other_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["study", "team", "--runs", "3", "--out", "kept", "--keep", "rounds"]) == 0
    for name in ("mine.toml", "people.csv", "runs_rounds.csv"):
        Path(name).write_text("name,sector\nMine,private\n")
    before = Path("kept/manifest.json").read_bytes()
    capsys.readouterr()
    for name, said in (
        ("mine.toml", "mine.toml: the name of a table ends in .csv"),
        ("people.csv", "people.csv: holds something else than runs"),
        ("runs.csv", "runs_rounds.csv: holds something else than runs"),
        ("kept/manifest.json", "the name of a table ends in .csv"),
        ("kept/runs.csv", "kept/runs.csv: its folder holds results"),
        ("mine.toml/runs.csv", "mine.toml/runs.csv: Not a directory"),
    ):
        assert cli.main(["export", "kept", "--csv", name]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert said in err
    assert Path("mine.toml").read_text() == Path("people.csv").read_text()
    assert Path("kept/manifest.json").read_bytes() == before
    assert not list(Path().glob("**/*.half"))
    assert cli.main(["export", "kept"]) == cli.main(["export", "kept", "--csv", "kept.csv"]) == 0


def test_the_table_of_a_folder_has_its_whole_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["study", "team", "--runs", "2", "--out", "kept, price=0.5"]) == 0
    assert cli.main(["export", "kept, price=0.5"]) == 0
    assert Path("kept, price=0.5.csv").is_file()
    Path("kept, price=0.5.csv").unlink()
    monkeypatch.chdir("kept, price=0.5")
    assert cli.main(["export", "."]) == 0
    assert Path("../kept, price=0.5.csv").is_file()
    assert capsys.readouterr().err == ""


def test_studies_that_vary_other_fields_are_kept_apart(capsys: pytest.CaptureFixture[str]) -> None:
    price = ["--vary", "principles.price=0:1:9"]
    assert cli.main(["study", "team", *price, "--runs", "1"]) == 0
    assert cli.main(["study", "team", *price, "--vary", "cycles=1,2", "--runs", "1"]) == 0
    names = sorted(folder.name for folder in Path("results").iterdir())
    assert names == ["study_team_by_price", "study_team_by_price_cycles"]
    assert "not shown" not in capsys.readouterr().out


def test_of_a_large_sweep_not_all_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["study", "team", "--vary", "principles.price=0:1:40", "--runs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "10 more scenarios are not shown here." in lines
    assert len(lines) < 7 * 31 + 4


def test_claims_are_not_tested_on_a_cluster_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.5)
    Path("claims.toml").write_text('[[claim]]\nsays = "team > network on trust"\n')
    assert cli.main(["claims", "claims.toml", "--dask", "127.0.0.1:1"]) == 2
    said = "mufakat: no Dask scheduler answers at 127.0.0.1:1\n"
    assert capsys.readouterr() == ("", said)
