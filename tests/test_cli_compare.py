"""The command that compares scenarios, within this process."""

from pathlib import Path

import pytest

import sim
from sim import cli


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_verdicts_are_told_and_the_report_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", "team", "low_trust", "--runs", "60", "--seed", "3"]) == 0
    said = capsys.readouterr().out.splitlines()
    found = sim.compare(["team", "low_trust"], runs=60, seed=3)
    assert said[1] == found.verdict("agreement")
    assert len(said) == 8
    report = Path("results", "compare_team_low_trust", "report.html")
    assert said[-1] == f"Report: {report}"
    found.report("again.html")
    assert report.read_bytes() == Path("again.html").read_bytes()


def test_the_same_command_says_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["compare", "team", "community", "--runs", "30", "--out", "mine", "--workers", "1"]
    assert cli.main(command) == 0
    once, report = capsys.readouterr(), Path("mine", "report.html").read_bytes()
    assert cli.main(command) == 0
    assert capsys.readouterr() == once
    assert Path("mine", "report.html").read_bytes() == report


def test_reference_outcomes_and_the_reports_place(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "team", "community", "--runs", "40", "--reference", "community"]
    words += ["--outcome", "trust", "--outcome", "agreement", "--report", "deep/mine.html"]
    assert cli.main(words) == 0
    said = capsys.readouterr().out.splitlines()
    found = sim.compare(
        ["team", "community"], runs=40, reference="community", outcomes=["trust", "agreement"]
    )
    assert said == [found.verdict("agreement"), f"Report: {Path('deep', 'mine.html')}"]
    assert Path("deep/mine.html").exists()


def test_runs_are_added_until_the_precision_is_reached(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "team", "community", "--runs", "30", "--outcome", "trust"]
    assert cli.main([*words, "--precision", "trust=0.02", "--out", "a"]) == 0
    assert capsys.readouterr().out
    count = len(sim.studies.study.stored("a/runs").runs) / 2
    assert count > 60
    assert cli.main([*words, "--precision", "trust=0.001", "--max-runs", "50", "--out", "b"]) == 0
    assert len(sim.studies.study.stored("b/runs").runs) / 2 == 50


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "FILE"),
        (["team"], "two scenarios or more"),
        (["team", "team"], "two of the scenarios have the same name"),
        (["taem", "team"], 'did you mean "team"?'),
        (["team", "community", "--reference", "tem"], 'did you mean "team"?'),
        (["team", "community", "--outcome", "agrement"], 'did you mean "agreement"?'),
        (["team", "community", "--precision", "agreement"], "agreement is not an outcome, =,"),
        (["team", "community", "--precision", "agreement=0"], "agreement=0 is not an outcome, =,"),
        (["team", "community", "--precision", "agrement=1"], 'did you mean "agreement"?'),
        (["team", "community", "--report", "mine.toml"], "the name of a report ends in .html"),
    ],
)
def test_what_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["compare", *arguments]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, err.count("\n")) == ("", 1)
    assert not Path("results").exists()


def test_a_report_that_cannot_be_written_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    Path("there.html").mkdir()
    Path("file").touch()
    for place in ("there.html", "file/report.html"):
        words = ["compare", "team", "community", "--runs", "5", "--report", place]
        assert cli.main(words) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("mufakat: the result was not saved: ")
        assert err.count("\n") == 1
    assert [entry.name for entry in Path("there.html").iterdir()] == []
