"""A study that crashes, is killed or has no room goes on as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim
from sim.api.studies import Study
from sim.studies.study import stored
from tests.studies.faults import (
    CALLS,
    DIED,
    FILES,
    POINTS,
    RUNS,
    carried,
    fault,
    same,
    shards,
)

SAMPLE = POINTS[::6]  # of them those that every test run has time for


@pytest.fixture(scope="module")
def undisturbed() -> Study:
    return carried(RUNS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "study"


def goes_on(folder: Path, undisturbed: Study) -> None:
    """The study ends as if nothing had happened, and what was there is still there."""
    there = {file.name: file.read_bytes() for file in shards(folder)}
    again = carried(RUNS, store=folder)
    same(again, undisturbed)
    assert again.damaged == ()
    assert not list(folder.glob(".*"))
    assert there.items() <= {file.name: file.read_bytes() for file in shards(folder)}.items()
    assert len(list(folder.iterdir())) == FILES


def test_the_points_at_which_a_study_can_crash_are_all_of_them(folder: Path) -> None:
    with fault(None) as calls:
        carried(RUNS, store=folder)
    assert tuple(calls) == CALLS


@pytest.mark.parametrize(
    ("at", "when"),
    [pytest.param(*p, marks=() if p in SAMPLE else pytest.mark.slow) for p in POINTS],
)
def test_a_call_that_fails_loses_nothing(
    at: int, when: str, folder: Path, undisturbed: Study
) -> None:
    with fault(at, when), pytest.raises(OSError, match="No space left"):
        carried(RUNS, store=folder)
    assert not list(folder.glob(".*"))
    assert len(shards(folder)) >= (at - len(CALLS) // FILES) // (len(CALLS) // FILES)
    goes_on(folder, undisturbed)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.parametrize(
    "points", [SAMPLE[::2], pytest.param(POINTS, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_a_sudden_death_loses_nothing(
    points: list[tuple[int, str]], tmp_path: Path, root: Path, undisturbed: Study
) -> None:
    plans = [(str(tmp_path / f"{at}-{when}"), at, when) for at, when in points]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.studies.faults"],
        input=json.dumps(plans),
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == [str(DIED)] * len(plans)
    for folder, _at, _when in plans:
        goes_on(Path(folder), undisturbed)


def killed_at(delay: float, runs: int, folder: Path, root: Path) -> None:
    """A process that carries out a study into the folder, and is killed once it goes on."""
    before = len(shards(folder))
    code = f"import sim; sim.study('baseline', {runs}, store={str(folder)!r})"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=root)
    until = time.monotonic() + 100
    while len(shards(folder)) == before and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    process.wait()


@pytest.mark.parametrize("kills", [1, pytest.param(6, marks=pytest.mark.slow)])
def test_a_study_that_is_killed_goes_on_where_it_stopped(
    kills: int, folder: Path, root: Path
) -> None:
    moments = random.Random(kills)
    kept: set[str] = set()
    for _kill in range(kills):
        killed_at(moments.uniform(0, 0.5), 200_000, folder, root)
        there = {file.name for file in shards(folder)}
        assert kept < there
        kept = there
    again = sim.study("baseline", 600, store=folder, progress=False)
    assert again.damaged == ()
    same(again, sim.study("baseline", 600, progress=False))
    assert not list(folder.glob(".*"))


COMMAND = ("study", "team", "own.toml", "--runs", "1500", "--out")


def ends_full(command: list[str], folder: Path, **start: object) -> None:
    """The command has no room: it says so once, and leaves no half file."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False, **start)
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "What is done is kept; the same command goes on from there." in ended.stderr
    assert not list(folder.glob(".*"))
    assert (folder / "manifest.json").is_file()


def ends_whole(command: list[str], folder: Path, **start: object) -> None:
    subprocess.run(command, capture_output=True, check=True, **start)
    same(
        stored(folder),
        sim.study({"team": "team", "own": sim.load(str(folder.parent / "own.toml"))}, 1500),
    )


@pytest.fixture
def started(tmp_path: Path, root: Path) -> dict[str, object]:
    """What a command is started with, in a folder with a scenario of our own."""
    text = 'title = "Own"\nextends = "baseline"\ncycles = 1\n'
    (tmp_path / "own.toml").write_text(text)
    return {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(root)}}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the size of files cannot be limited here")
def test_files_may_grow_no_further(tmp_path: Path, started: dict[str, object]) -> None:
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (12_000,) * 2); "
        "from sim.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    folder = tmp_path / "mine"
    ends_full([sys.executable, "-c", limited, *COMMAND, "mine"], folder, **started)
    ends_whole([sys.executable, "-m", "sim", *COMMAND, "mine"], folder, **started)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"no small disk: {error}")
        pytest.skip("this user may not mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_full(small_disk: Path, tmp_path: Path, started: dict[str, object]) -> None:
    (small_disk / "own.toml").write_text((tmp_path / "own.toml").read_text())
    folder = small_disk / "mine"
    command = [sys.executable, "-m", "sim", *COMMAND, str(folder)]
    ends_full(command, folder, **started)
    assert shards(folder)
    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    ends_whole(command, folder, **started)
