"""The command: each verb, and every way in which it can be refused."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim
from sim import cli
from sim.api.run import FILES, Run
from sim.rules import compile
from tests.conftest import Mufakat
from tests.rules.staged import COMPILED

HEAVY = ("mesa", "numba", "numpy", "pandas", "pyarrow", "pydantic", "matplotlib")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a command was refused with."""
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    return err.strip()


# What is imported, and when.


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["new", "--help"], ["--version"], ["nonsense"]]
)
def test_help_imports_nothing_heavy(root: Path, arguments: list[str]) -> None:
    code = (
        "import sys; from sim.cli import main; main(sys.argv[1:]); "
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr.splitlines()[-1] == "[]"


def test_a_run_imports_neither_mesa_nor_the_distributions_of_scipy(
    root: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from sim.cli import main; main(sys.argv[1:]); "
        "print([name for name in ('mesa', 'scipy.stats') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, "run", "team", "--out", str(tmp_path / "mine")]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


# What each verb does.


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"mufakat {sim.__version__}\n"


def test_python_m_sim_is_the_same_command(mufakat: Mufakat) -> None:
    ended = mufakat("--version")
    assert (ended.returncode, ended.stdout) == (0, f"mufakat {sim.__version__}\n")


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"    {verb} " in text for verb in ("list", "new", "check", "run", "schema"))


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(sim.shipped())
    for line, name in zip(lines, sim.shipped(), strict=True):
        assert line.endswith(f"  {sim.load(name).title}")


def test_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "baseline"]) == 0
    scenario = sim.load("baseline")
    assert capsys.readouterr().out.splitlines() == [
        f"baseline is valid: {scenario.title}",
        "  stakeholders: 24 (government 5, private 5, community 10, civil_society 4)",
        f"  rounds at most: {scenario.latest_round}",
    ]


@pytest.mark.parametrize("name", ["baseline", "river_basin", "budget_cut", "election"])
def test_check_resolved_prints_a_scenario_that_is_equal(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert cli.main(["check", name, "--resolved"]) == 0
    text = capsys.readouterr().out
    assert sim.Scenario(**tomllib.loads(text)) == sim.load(name)


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema"]) == 0
    assert "principles" in json.loads(capsys.readouterr().out)["properties"]


def test_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "team", "--seed", "7", "--run", "3"]) == 0
    place = Path("results", "team")
    assert {file.name for file in place.iterdir()} == set(FILES)
    manifest = json.loads((place / "manifest.json").read_text())
    assert (manifest["seed"], manifest["run"]) == (7, 3)
    summary = sim.run(sim.load("team"), seed=7, run=3).summary()
    assert capsys.readouterr().out == f"{summary}\nMinutes, sheet and tables: {place}\n"


def test_run_into_a_folder(folder: Path) -> None:
    assert cli.main(["run", "team", "--out", "deep/down"]) == 0
    assert {file.name for file in Path("deep", "down").iterdir()} == set(FILES)
    assert not Path("results").exists()


# What is refused.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "VERB"),
        (["fly"], "fly"),
        (["new"], "NAME"),
        (["new", "river", "--form", "tema"], 'mufakat: unknown form "tema", did you mean "team"?'),
        (["new", "nowhere/river"], "mufakat: there is no folder nowhere to put it in"),
        (["new", "x" * 300], "mufakat: xxx"),
        (["run"], "FILE"),
        (["run", "team", "--sed", "1"], "--sed"),
        (["run", "team", "--seed"], "--seed"),
        (["run", "team", "--seed", "-1"], "whole number from 0 to 18446744073709551615"),
        (["run", "team", "--seed", str(2**64)], "whole number from 0 to 18446744073709551615"),
        (["run", "team", "--seed", "1.5"], "1.5 is not a whole number"),
        (["run", "team", "--seed", "9" * 5000], "is not a whole number"),
        (["run", "team", "--run", "-1"], "whole number from 0 to 4294967295"),
        (["run", "team", "--run", str(2**32)], "whole number from 0 to 4294967295"),
    ],
)
def test_a_bad_argument(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert said in refused(capsys, *arguments)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("verb", ["check", "run"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'title = "Mine"\n[principles]\ndeliberaton = 1\n',
            "mine.toml:3: principles.deliberaton: ",
        ),
        ("title = \n", "mine.toml:1: "),
        ('extends = "nowhere"\n', "mine.toml:1: extends: "),
    ],
)
def test_a_bad_scenario(
    folder: Path, capsys: pytest.CaptureFixture[str], verb: str, text: str, said: str
) -> None:
    Path("mine.toml").write_text(text)
    assert refused(capsys, verb, "mine.toml").startswith(said)
    assert [file.name for file in folder.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize("name", ["nowhere", "nowhere.toml", "", "."])
def test_a_scenario_that_is_not_there(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    refused(capsys, "run", name)
    assert list(folder.iterdir()) == []


def test_a_folder_with_other_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("thesis.docx").write_text("years of work")
    assert "thesis.docx" in refused(capsys, "run", "team", "--out", ".")
    assert [file.name for file in folder.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize("out", ["a_file", "a_file/mine", "x" * 300])
def test_a_folder_that_cannot_be(
    folder: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    Path("a_file").write_text("a text")
    said = refused(capsys, "run", "team", "--out", out)
    assert said.startswith(f"mufakat: the result was not saved: {out.removesuffix('/mine')}")
    assert [file.name for file in folder.iterdir()] == ["a_file"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or not os.geteuid(), reason="root may write anywhere"
)
def test_a_folder_where_nobody_may_write(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.chmod(0o500)
    assert refused(capsys, "new", "mine") == "mufakat: mine: Permission denied"
    assert "Permission denied" in refused(capsys, "run", "team", "--out", "mine")


def test_a_full_disk(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert cli.main(["run", "team", "--out", "mine"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    # Before it there may be a word on compiling.
    said = err.splitlines()[-1]
    assert said == "mufakat: the result was not saved: mine: No space left on device"
    assert list(folder.iterdir()) == []


# What happens to the output.


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("verb", ["list", "schema", "--help", "--version"])
def test_output_to_a_full_disk(mufakat: Mufakat, verb: str, unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        ended = mufakat(verb, stdout=full, PYTHONUNBUFFERED=unbuffered)
    assert (ended.returncode, ended.stderr) == (2, "mufakat: No space left on device\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("verb", ["list", "schema", "--help"])
def test_a_reader_that_goes_away(mufakat: Mufakat, verb: str, unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = mufakat(verb, stdout=writer, PYTHONUNBUFFERED=unbuffered)
    finally:
        os.close(writer)
    assert ended.returncode == 2
    assert ended.stderr == "mufakat: output pipe closed\n"


def test_a_terminal_that_cannot_show_a_letter(mufakat: Mufakat, tmp_path: Path) -> None:
    text = 'title = "Sungai é"\nextends = "team"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    ended = mufakat("check", "mine.toml", PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert r"Sungai \xe9" in ended.stdout


# What happens on Ctrl-C.


def test_ctrl_c_is_quiet(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "read_scenario", interrupted)
    assert cli.main(["check", "team"]) == 130
    assert capsys.readouterr() == ("", "")


SLOW_RUN = """
import sys, time
from sim import cli
from sim.engine import runs

def run(scenario, seed, run):
    print("started", flush=True)
    time.sleep(60)

runs.run = run
sys.exit(cli.main(["run", "team"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_during_a_run_leaves_nothing(root: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "started\n"
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err) == (130, "", "")
    assert list(tmp_path.iterdir()) == []


# Words.


def test_every_sentence_goes_through_the_catalogue(
    made_up: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a catalogue that answers everything in capitals, no small letter is left but names."""
    from sim.view import console

    def shouted(text: str, **values: object) -> str:
        return _capitals(text).format(**values) if values else _capitals(text)

    for module in (cli, console):
        monkeypatch.setattr(module, "_", shouted)
    summary = made_up.summary().replace(made_up.scenario.title, "")
    assert summary == summary.upper()
    assert cli.main(["check", "baseline"]) == 0
    said = capsys.readouterr().out
    assert "BASELINE" not in said
    assert "IS VALID" in said
    assert "ROUNDS AT MOST" in said


def _capitals(text: str) -> str:
    """The text in capitals, its places for values left as they are."""
    parts = _places(text)
    return "".join(part if part.startswith("{") else part.upper() for part in parts)


def _places(text: str) -> Iterator[str]:
    while "{" in text:
        before, text = text.split("{", 1)
        place, text = text.split("}", 1)
        yield from (before, f"{{{place}}}")
    yield text


def test_warm_up_compiles_everything_and_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["warm-up"]) == 0
    text = capsys.readouterr().out
    if COMPILED:
        assert int(re.findall(r"[0-9]+", text)[0]) > 150
        assert str(compile.CACHE_FOLDER) in text
    else:
        assert text == "Nothing is compiled, because NUMBA_DISABLE_JIT is set.\n"
