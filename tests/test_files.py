"""A result folder is complete or not there, whatever stops the writing of it."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.base.files import refuse_foreign, write_folder

OLD = {"a.csv": b"old a\n", "b.csv": b"old b\n", "manifest.json": b'{"made_by": "mufakat", "n": 1}'}
NEW = {"a.csv": b"new a\n", "b.csv": b"new b\n", "manifest.json": b'{"made_by": "mufakat", "n": 2}'}


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an earlier result in it."""
    write_folder(tmp_path / "mine", OLD)
    return tmp_path / "mine"


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB; skipped where nobody may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_makes_the_folder_and_its_parents(tmp_path: Path) -> None:
    write_folder(tmp_path / "a" / "b", NEW)
    assert content(tmp_path / "a" / "b") == NEW


def test_takes_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    write_folder(tmp_path / "mine", NEW)
    assert content(tmp_path / "mine") == NEW


def test_replaces_an_earlier_result_and_leaves_nothing_beside_it(place: Path) -> None:
    (place / ".DS_Store").write_bytes(b"left by a desktop")
    write_folder(place, NEW)
    assert content(place) == NEW
    assert list(place.parent.iterdir()) == [place]


def test_a_link_goes_on_pointing_where_it_did(place: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(place)
    write_folder(link, NEW)
    assert link.is_symlink()
    assert content(place) == NEW


def test_everybody_may_read_what_the_umask_allows(place: Path) -> None:
    usual = place.parent / "usual"
    usual.mkdir()
    assert place.stat().st_mode == usual.stat().st_mode


@pytest.mark.parametrize(
    ("present", "said"),
    [
        ({"notes.txt": b"mine"}, "notes.txt"),
        (OLD | {"notes.txt": b"mine"}, "notes.txt"),
        ({"a.csv": b"somebody's"}, "no manifest"),
        ({"a.csv": b"somebody's", "manifest.json": b'{"made_by": "a browser"}'}, "no manifest"),
        ({"manifest.json": b"[1, 2]"}, "no manifest"),
        ({"manifest.json": b"\xff not JSON"}, "no manifest"),
    ],
)
def test_refuses_what_is_not_an_earlier_result(
    tmp_path: Path, present: dict[str, bytes], said: str
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    for name, data in present.items():
        (folder / name).write_bytes(data)
    with pytest.raises(FileExistsError, match=said):
        write_folder(folder, NEW)
    assert content(folder) == present
    assert list(tmp_path.iterdir()) == [folder]


def test_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("a text")
    with pytest.raises(NotADirectoryError, match="not a folder"):
        refuse_foreign(tmp_path / "mine", NEW)
    with pytest.raises(NotADirectoryError, match="not a folder"):
        refuse_foreign(tmp_path / "mine" / "deep" / "down", NEW)


def test_a_full_disk_leaves_the_earlier_result(full_disk: Path) -> None:
    place = full_disk / "mine"
    write_folder(place, OLD)
    with pytest.raises(OSError, match="No space") as caught:
        write_folder(place, NEW | {"b.csv": bytes(100_000)})
    assert caught.value.errno == errno.ENOSPC
    assert content(place) == OLD
    assert list(full_disk.iterdir()) == [place]


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", range(1, 5))
def test_a_fault_leaves_the_earlier_result(
    place: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, step: int
) -> None:
    steps = iter(range(1, 100))

    def fails_in_time(handle: int) -> None:
        if next(steps) == step:
            raise fault

    monkeypatch.setattr(os, "fsync", fails_in_time)
    with pytest.raises(type(fault)):
        write_folder(place, NEW)
    assert content(place) == OLD
    assert list(place.parent.iterdir()) == [place]


def test_a_fault_takes_back_the_folders_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(handle: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="broken"):
        write_folder(tmp_path / "a" / "b" / "mine", NEW)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_renaming_puts_the_earlier_result_back(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fails_for_the_new_one(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            raise OSError(errno.EIO, "the disk is broken")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_the_new_one)
    with pytest.raises(OSError, match="broken"):
        write_folder(place, NEW)
    assert content(place) == OLD
    assert list(place.parent.iterdir()) == [place]


DIES = """
import os, pathlib, signal, sys
from sim.base.files import write_folder

step, steps = int(sys.argv[2]), iter(range(1, 100))

def killed_in_time(does):
    def call(*arguments, **options):
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return does(*arguments, **options)
    return call

os.fsync = killed_in_time(os.fsync)
pathlib.Path.mkdir = killed_in_time(pathlib.Path.mkdir)
pathlib.Path.rename = killed_in_time(pathlib.Path.rename)
write_folder(sys.argv[1], {new!r})
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no signal here that cannot be caught")
def test_killed_at_any_step_it_is_the_old_result_the_new_one_or_none(
    place: Path, root: Path
) -> None:
    found = []
    for step in range(1, 100):
        command = [sys.executable, "-c", DIES.replace("{new!r}", repr(NEW)), str(place), str(step)]
        ended = subprocess.run(command, cwd=root, check=False)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
        if place.exists():
            found.append(json.loads(content(place)["manifest.json"])["n"])
            assert content(place) in (OLD, NEW)
        else:
            found.append(0)
        write_folder(place, OLD)
    # Killed before two folders are made, three files and a folder are forced to the disk, and the
    # earlier result is renamed: that result stands. Between the renamings there is none.
    assert found == [1, 1, 1, 1, 1, 1, 1, 0, 2]
    assert content(place) == NEW
