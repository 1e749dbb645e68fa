"""A damaged store is found out, never read as if it were whole, and mended without losing a run."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sim import cli
from sim.api.studies import Study
from sim.studies.store import StoreError, manifest_text, study_manifest
from sim.studies.study import stored
from tests.studies.faults import FILES, RUNS, carried, same, shards


@pytest.fixture(scope="module")
def undisturbed() -> Study:
    return carried(RUNS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "study"


def heals(folder: Path, undisturbed: Study, damaged: str) -> None:
    """The damage is only told by who looks, mended and told by the study, and then gone."""
    content = {file.name for file in folder.iterdir()}
    for _time in range(2):
        looked_at = stored(folder)
        assert looked_at.damaged == (damaged,)
        assert len(looked_at.runs) < len(undisturbed.runs)
    assert {file.name for file in folder.iterdir()} == content
    again = carried(RUNS, store=folder)
    assert again.damaged == (damaged,)
    same(again, undisturbed)
    healed = carried(RUNS, store=folder)
    assert healed.damaged == ()
    same(healed, undisturbed)
    same(stored(folder), undisturbed)
    assert len(shards(folder)) == FILES - 1


def flipped(file: Path, place: random.Random) -> None:
    """One bit of the file is another one now."""
    content = bytearray(file.read_bytes())
    content[place.randrange(len(content))] ^= 1 << place.randrange(8)
    file.write_bytes(content)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def halved(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def lengthened(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\0")


def anothers(file: Path) -> None:
    other = next(other for other in shards(file.parent) if other != file)
    file.write_bytes(other.read_bytes())


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_folder_that_holds_something(file: Path) -> None:
    a_folder(file)
    (file / "thesis.docx").write_text("years of work")


def a_link_to_itself(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def unreadable(file: Path) -> None:
    file.chmod(0)
    if os.access(file, os.R_OK):
        pytest.skip("this user may read every file")


DAMAGES = (
    emptied, halved, cut_short, lengthened, anothers, a_folder, a_folder_that_holds_something,
    a_link_to_itself, unreadable,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_file_is_found_out_and_mended(
    damage: Callable[[Path], None], folder: Path, undisturbed: Study
) -> None:
    carried(RUNS, store=folder)
    file = shards(folder)[2]
    damage(file)
    heals(folder, undisturbed, file.name)
    kept = list(folder.glob("*.damaged/*"))  # what no store wrote is never removed
    assert [file.name for file in kept] == ["thesis.docx"] * ("something" in damage.__name__)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("times", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_a_bit_that_flipped_is_found_out(
    seed: int, times: int, folder: Path, undisturbed: Study
) -> None:
    carried(RUNS, store=folder)
    place = random.Random(seed)
    file = shards(folder)[seed]
    whole = file.read_bytes()
    for _time in range(times):
        flipped(file, place)
        heals(folder, undisturbed, file.name)
        assert file.read_bytes() == whole


def right_looking(folder: Path, first: int, size: int) -> Path:
    """A file that no study wrote, under a name that one could have given."""
    key, seed, *_rest = shards(folder)[0].name.split("-")
    file = folder / f"{key}-{seed}-{first}-{size}-{'0' * 32}.parquet"
    file.write_bytes(b"something else")
    return file


def test_a_file_of_somebody_else_is_cleared_away_once_its_runs_are_there(
    folder: Path, undisturbed: Study
) -> None:
    carried(RUNS, store=folder)
    file = right_looking(folder, 0, 100)
    assert stored(folder).damaged == (file.name,)
    again = carried(RUNS, store=folder)
    assert again.damaged == (file.name,)
    same(again, undisturbed)
    assert not file.exists()


def test_a_damaged_file_stays_while_some_of_its_runs_are_nowhere_else(folder: Path) -> None:
    carried(RUNS, store=folder)
    file = right_looking(folder, 100, 100)
    for _time in range(2):
        assert carried(RUNS, store=folder).damaged == (file.name,)
        assert file.exists()
    assert carried(200, store=folder).damaged == (file.name,)
    assert not file.exists()
    assert carried(200, store=folder).damaged == ()


def test_a_damaged_file_that_cannot_be_removed_gets_out_of_the_way(
    folder: Path, undisturbed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried(RUNS, store=folder)
    file = right_looking(folder, 0, 100)
    real = Path.unlink

    def refuses(path: Path, missing_ok: bool = False) -> None:
        if path == file:
            raise PermissionError(1, "Operation not permitted")
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuses)
    assert carried(RUNS, store=folder).damaged == (file.name,)
    assert carried(RUNS, store=folder).damaged == ()
    assert [other.read_bytes() for other in folder.glob("*.damaged")] == [b"something else"]
    same(stored(folder), undisturbed)


def test_a_file_that_is_gone_when_its_table_is_asked_for_is_named(folder: Path) -> None:
    done = carried(RUNS, store=folder)
    gone = shards(folder)[1]
    gone.unlink()
    with pytest.raises(StoreError, match=gone.name):
        done.summary()


def manifest_heals(folder: Path, undisturbed: Study, whole: bytes) -> None:
    """Who looks is told what is wrong; the study writes it anew, and every run is still there."""
    with pytest.raises(StoreError, match=r"manifest\.json is damaged or missing: carry out"):
        stored(folder)
    there = [file.name for file in shards(folder)]
    again = carried(RUNS, store=folder)
    assert again.damaged == ("manifest.json",)
    same(again, undisturbed)
    assert [file.name for file in shards(folder)] == there
    assert (folder / "manifest.json").read_bytes() == whole
    assert carried(RUNS, store=folder).damaged == ()


@pytest.mark.parametrize(
    "damage",
    [Path.unlink, emptied, halved, lengthened, a_folder],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_manifest_is_written_anew(
    damage: Callable[[Path], None], folder: Path, undisturbed: Study
) -> None:
    carried(RUNS, store=folder)
    file = folder / "manifest.json"
    whole = file.read_bytes()
    damage(file)
    manifest_heals(folder, undisturbed, whole)


@pytest.mark.parametrize("times", [10, pytest.param(300, marks=pytest.mark.slow)])
def test_a_bit_of_the_manifest_that_flipped_is_found_out(
    times: int, folder: Path, undisturbed: Study
) -> None:
    carried(RUNS, store=folder)
    file = folder / "manifest.json"
    whole, place = file.read_bytes(), random.Random(times)
    for _time in range(times):
        flipped(file, place)
        if file.read_bytes().lower() == whole.lower():  # 1E-9 for 1e-9 is no damage
            continue
        manifest_heals(folder, undisturbed, whole)


def test_without_its_manifest_a_study_of_another_seed_is_still_refused(folder: Path) -> None:
    carried(3, seed=4, store=folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(StoreError, match="a study of seed 4"):
        carried(3, seed=5, store=folder)


def test_a_manifest_of_something_else_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    file = folder / "manifest.json"
    file.write_text('{"name": "a web page"}')
    with pytest.raises(StoreError, match=r"holds manifest\.json, which no study writes"):
        carried(3, store=folder)
    assert file.read_text() == '{"name": "a web page"}'


def test_the_commands_tell_of_damage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    carried(RUNS, store=folder)
    file = shards(folder)[0]
    emptied(file)
    for verb in (["export"], ["reproduce"]):
        assert cli.main([*verb, str(folder)]) == 0
        out, err = capsys.readouterr()
        assert err.startswith("mufakat: 1 file is damaged, and its runs are missing here")
        assert err.splitlines()[1:] == [f"  {file.name}"]
    assert "1 file" not in out
    (folder / "manifest.json").write_text("{")
    for verb in (["export"], ["reproduce"]):
        assert cli.main([*verb, str(folder)]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert "manifest.json is damaged or missing" in err


def test_the_command_tells_what_it_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["study", "team", "--runs", "20", "--out", str(tmp_path / "mine")]
    cli.main(command)
    once = capsys.readouterr().out
    emptied(shards(tmp_path / "mine")[0])
    (tmp_path / "mine" / "manifest.json").write_text("{")
    assert cli.main(command) == 0
    said = capsys.readouterr().out
    assert "1 file of the store was damaged; its runs were carried out again.\n" in said
    assert "The manifest of the store was damaged or missing; it was written anew.\n" in said
    assert cli.main(command) == 0
    assert capsys.readouterr().out == once


def test_what_a_later_version_wrote_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        later.setattr("sim.studies.store.FORMAT", 2)
        carried(3, store=folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    for look in (stored, lambda folder: carried(3, store=folder)):
        with pytest.raises(StoreError, match="which this version cannot read"):
            look(folder)
    assert before == {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_scenario_that_this_version_does_not_know_is_told(folder: Path) -> None:
    carried(3, store=folder)
    old = {"old": {"title": "Old", "luck": 7}}
    text = manifest_text(study_manifest(1, old))
    (folder / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match="luck"):
        stored(folder)
