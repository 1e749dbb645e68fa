"""A study on disk ends with the table of an undisturbed one, whatever happened to it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.scenario import Scenario
from sim.studies import batches, store
from sim.studies.store import Store, StoreError
from sim.studies.study import Study

ASKED = {"team": sim.load("team"), "own": Scenario(title="Mine", cycles=1)}
RUNS = 230  # two whole batches and a part of one
carried = partial(sim.study, ASKED, progress=False)


@pytest.fixture(scope="module")
def undisturbed() -> Study:
    return carried(RUNS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "study"


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def same(one: Study, other: Study) -> None:
    pd.testing.assert_frame_equal(one.runs, other.runs, check_exact=True)
    pd.testing.assert_frame_equal(one.failures, other.failures, check_exact=True)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many runs are carried out from now on, batch by batch."""
    real, sizes = batches.outcomes_of, []

    def count(scenario: Scenario, seed: int, first: int, size: int) -> np.ndarray:
        sizes.append(size)
        return real(scenario, seed, first, size)

    monkeypatch.setattr(batches, "outcomes_of", count)
    return sizes


def test_what_is_kept_is_what_was_found(
    folder: Path, undisturbed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    same(carried(RUNS, store=folder), undisturbed)
    assert len(shards(folder)) == 6
    sizes = counted(monkeypatch)
    same(carried(RUNS, store=folder), undisturbed)
    assert sizes == []


def test_more_runs_later_carry_out_only_what_is_missing(
    folder: Path, undisturbed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried(120, store=folder)
    sizes = counted(monkeypatch)
    same(carried(RUNS, store=folder), undisturbed)
    assert sum(sizes) == 2 * (RUNS - 120)
    same(carried(120, store=folder), carried(120))  # and fewer are the first of them


def test_scenarios_may_come_later_and_are_known_by_what_they_ask(
    folder: Path, undisturbed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.study({"other name": ASKED["own"]}, RUNS, store=folder, progress=False)
    sizes = counted(monkeypatch)
    same(carried(RUNS, store=folder), undisturbed)
    assert sum(sizes) == RUNS
    sim.study({"own": ASKED["own"].variant({"cycles": 2})}, 10, store=folder, progress=False)
    assert sum(sizes) == RUNS + 10


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_file_that_was_cut_short_is_found_out(folder: Path, undisturbed: Study, cut: int) -> None:
    carried(RUNS, store=folder)
    file = shards(folder)[2]
    file.write_bytes(file.read_bytes()[:cut])
    again = carried(RUNS, store=folder)
    same(again, undisturbed)
    assert again.damaged == (file.name,)
    healed = carried(RUNS, store=folder)
    same(healed, undisturbed)
    assert healed.damaged == ()


@pytest.mark.parametrize("place", [5, 1000, -30])
def test_a_bit_that_flipped_is_found_out(folder: Path, undisturbed: Study, place: int) -> None:
    carried(RUNS, store=folder)
    file = shards(folder)[0]
    content = bytearray(file.read_bytes())
    content[place] ^= 4
    file.write_bytes(content)
    again = carried(RUNS, store=folder)
    same(again, undisturbed)
    assert again.damaged == (file.name,)


def test_a_file_under_anothers_name_is_found_out(folder: Path, undisturbed: Study) -> None:
    carried(RUNS, store=folder)
    first, second, *_rest = shards(folder)
    first.write_bytes(second.read_bytes())
    same(carried(RUNS, store=folder), undisturbed)


def test_runs_that_stand_in_two_files_count_once(
    folder: Path, undisturbed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried(RUNS, store=folder)
    monkeypatch.setattr(batches, "BATCH", 70)
    other = folder.with_name("other")
    carried(RUNS, store=other)
    for file in shards(other):
        file.rename(folder / file.name)
    same(carried(RUNS, store=folder), undisturbed)


def test_a_run_that_failed_is_kept_as_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = batches.outcomes_of

    def fails(scenario: Scenario, seed: int, first: int, size: int) -> np.ndarray:
        if first <= 150 < first + size:
            raise ArithmeticError("no, never")
        return real(scenario, seed, first, size)

    monkeypatch.setattr(batches, "outcomes_of", fails)
    once = carried(RUNS, store=folder)
    assert once.failures["run"].tolist() == [150, 150]
    again = carried(RUNS, store=folder)
    same(again, once)
    assert again.failures["cause"].tolist() == ["ArithmeticError: no, never"] * 2


STEPS = ("write_through", "sync_folder")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("which", [0, 1, 3, 5])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_a_write_loses_nothing_that_was_kept(
    step: str, which: int, after: bool, folder: Path, undisturbed: Study,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real: Callable[..., None] = getattr(store, step)
    calls = []

    def crash(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) - 1 != which:
            return real(*arguments)
        if after:
            real(*arguments)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(store, step, crash)
        with pytest.raises(OSError, match="No space left"):
            carried(RUNS, store=folder)
    assert not list(folder.glob(".*"))
    same(carried(RUNS, store=folder), undisturbed)


@pytest.mark.parametrize("delay", [0.0, 0.15, 0.4])
def test_a_process_that_is_killed_goes_on_where_it_stopped(
    delay: float, folder: Path, root: Path
) -> None:
    code = f"import sim; sim.study('baseline', 4000, store={str(folder)!r})"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=root)
    until = time.monotonic() + 100
    while not shards(folder) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    process.wait()
    kept = sum(int(file.name.split("-")[3]) for file in shards(folder))
    assert 0 < kept <= 4000
    again = sim.study("baseline", 600, store=folder, progress=False)
    assert again.damaged == ()
    same(again, sim.study("baseline", 600, progress=False))
    assert not list(folder.glob(".*"))


def test_a_folder_of_something_else_is_refused_and_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.docx").write_text("years of work")
    with pytest.raises(StoreError, match=r"holds thesis\.docx"):
        carried(3, store=folder)
    assert [file.name for file in folder.iterdir()] == ["thesis.docx"]


def test_a_study_of_another_seed_is_refused(folder: Path) -> None:
    carried(3, seed=4, store=folder)
    with pytest.raises(StoreError, match="a study of seed 4"):
        carried(3, seed=5, store=folder)


def test_a_file_is_no_folder(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(NotADirectoryError):
        carried(3, store=folder)


def test_the_manifest_repeats_the_study(folder: Path) -> None:
    import json

    carried(3, seed=9, store=folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["seed"] == 9
    assert {n: Scenario(**tables) for n, tables in manifest["scenarios"].items()} == ASKED
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    carried(3, seed=9, store=folder)
    assert before == {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_same_study_leaves_the_same_bytes(tmp_path: Path) -> None:
    for place in ("one", "two"):
        carried(130, store=tmp_path / place)
    one, two = (
        {file.name: file.read_bytes() for file in (tmp_path / place).iterdir()}
        for place in ("one", "two")
    )
    assert one == two


def test_an_unreadable_manifest_is_written_anew(folder: Path, undisturbed: Study) -> None:
    carried(RUNS, store=folder)
    (folder / "manifest.json").write_text("{")
    same(carried(RUNS, store=folder), undisturbed)


def test_what_a_killed_process_left_half_written_is_swept_away(folder: Path) -> None:
    folder.mkdir()
    (folder / ".0123abcd.half").write_bytes(b"half")
    Store(folder, 1)
    assert list(folder.iterdir()) == []
