"""A study on disk ends with the table of an undisturbed one, whatever happened to it."""

import json
import weakref
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.api.studies import Study
from sim.scenario import Scenario
from sim.studies import study as studies
from sim.studies import workers
from sim.studies.store import StoreError
from tests.studies.faults import same, shards

ASKED = {"team": sim.load("team"), "own": Scenario(title="Mine", cycles=1)}
RUNS = 230  # two whole batches and a part of one
carried = partial(sim.study, ASKED, progress=False)


@pytest.fixture(scope="module")
def undisturbed() -> Study:
    return carried(RUNS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "study"


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many runs are carried out from now on, batch by batch.

    Without single ones: those are kept runs, looked at again before others are added to them.
    """
    real, sizes = workers.outcomes_of, []

    def count(scenario: Scenario, seed: int, first: int, size: int) -> np.ndarray:
        sizes.extend([size] if size > 1 else [])
        return real(scenario, seed, first, size)

    monkeypatch.setattr(workers, "outcomes_of", count)
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


def test_runs_of_other_rules_are_not_gone_on_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried(120, store=folder)
    before = {file: file.read_bytes() for file in folder.iterdir()}
    real = workers.outcomes_of
    monkeypatch.setattr(workers, "outcomes_of", lambda *asked: np.nextafter(real(*asked), 2.0))
    with pytest.raises(StoreError, match="team that are kept come out differently now"):
        carried(RUNS, store=folder)
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_scenarios_may_come_later_and_are_known_by_what_they_ask(
    folder: Path, undisturbed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.study({"other name": ASKED["own"]}, RUNS, store=folder, progress=False)
    sizes = counted(monkeypatch)
    same(carried(RUNS, store=folder), undisturbed)
    assert sum(sizes) == RUNS
    sim.study({"own": ASKED["own"].variant({"cycles": 2})}, 10, store=folder, progress=False)
    assert sum(sizes) == RUNS + 10


def test_runs_that_stand_in_two_files_count_once(
    folder: Path, undisturbed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried(RUNS, store=folder)
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: 70)
    other = folder.with_name("other")
    carried(RUNS, store=other)
    for file in shards(other):
        file.rename(folder / file.name)
    same(carried(RUNS, store=folder), undisturbed)


def test_a_run_that_failed_is_kept_as_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = workers.outcomes_of

    def fails(scenario: Scenario, seed: int, first: int, size: int) -> np.ndarray:
        if first <= 150 < first + size:
            raise ArithmeticError("no, never")
        return real(scenario, seed, first, size)

    monkeypatch.setattr(workers, "outcomes_of", fails)
    once = carried(RUNS, store=folder)
    assert once.failures["run"].tolist() == [150, 150]
    again = carried(RUNS, store=folder)
    same(again, once)
    assert again.failures["cause"].tolist() == ["ArithmeticError: no, never"] * 2


def test_what_a_store_has_kept_is_not_in_memory_as_well(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, found = workers.outcomes_of, []

    def watched(scenario: Scenario, seed: int, first: int, size: int) -> np.ndarray:
        outcomes = real(scenario, seed, first, size)
        found.append(weakref.ref(outcomes))
        return outcomes

    monkeypatch.setattr(workers, "outcomes_of", watched)
    in_memory = carried(RUNS)
    assert all(outcomes() is not None for outcomes in found)
    found.clear()
    on_disk = carried(RUNS, store=folder)
    assert all(outcomes() is None for outcomes in found)
    assert len(found) == len(shards(folder))
    same(on_disk, in_memory)


def test_a_large_study_has_larger_files(folder: Path) -> None:
    brief = Scenario(cycles=1, horizon=1)
    sim.study(brief, 30_000, store=folder, progress=False)
    assert len(shards(folder)) == 100


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


def test_what_a_killed_process_left_half_written_is_swept_away(folder: Path) -> None:
    folder.mkdir()
    (folder / ".0123abcd.half").write_bytes(b"half")
    carried(3, store=folder)
    assert not list(folder.glob(".*"))
