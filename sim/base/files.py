"""Files and folders that are written whole or not at all.

They are written under a hidden name beside the wanted one, forced to the disk, and renamed into
place. Whatever stops that (a full disk, Ctrl-C, a power cut) leaves what was there before, or
nothing, under the wanted name.
"""

import json
import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.base.text import _

# Files that a desktop leaves in every folder that somebody looks into.
LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
MANIFEST = "manifest.json"
MADE_BY = ("made_by", "mufakat")
TRIES = 5


def refuse_foreign(folder: str | Path, names: Collection[str]) -> None:
    """Refuse a folder that may not be replaced: it holds more than an earlier result.

    Parameters
    ----------
    folder
        Where a result is to go. It need not exist.
    names
        The names of all files that such a result consists of.

    Raises
    ------
    FileExistsError
        The folder holds a file that no result has, or no manifest of ours.
    NotADirectoryError
        It is a file, or would lie in one.
    """
    folder = Path(folder)
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            raise NotADirectoryError(_("{folder} is a file, not a folder", folder=place))
    if not folder.exists():
        return
    present = {entry.name for entry in folder.iterdir()} - LITTER
    foreign = sorted(present.difference(names))
    if foreign:
        message = _(
            "{folder} holds {file}, which no run writes: give another folder, or an empty one"
        )
        raise FileExistsError(message.format(folder=folder, file=foreign[0]))
    if present and not _has_our_manifest(folder):
        message = _(
            "{folder} holds files but no manifest of a run: give another folder, or an empty one"
        )
        raise FileExistsError(message.format(folder=folder))


def write_folder(folder: str | Path, files: Mapping[str, bytes]) -> None:
    """Write all files into the folder, or none; an earlier result there is replaced.

    Parameters
    ----------
    folder
        Where the files go; made, with its parents, if it is not there.
    files
        Their contents by name; one of them is the manifest.

    Raises
    ------
    OSError
        The folder is refused (see `refuse_foreign`) or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp(), "mine")
    >>> write_folder(place, {"manifest.json": b'{"made_by": "mufakat"}'})
    >>> write_folder(place, {"manifest.json": b'{"made_by": "mufakat", "seed": 2}'})
    >>> [(file.name, file.stat().st_size) for file in place.iterdir()]
    [('manifest.json', 33)]
    """
    refuse_foreign(folder, files)
    target = Path(folder).resolve()  # a link to a folder goes on pointing there
    made = [parent for parent in target.parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with hidden_folder(target, files) as new:
            _swap(new, target, new.with_suffix(".old"))
            sync_folder(target.parent)
    except BaseException:  # Ctrl-C too
        for parent in made:
            with suppress(OSError):
                parent.rmdir()
        raise


@contextmanager
def hidden_folder(target: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """Yield a new hidden folder beside the target with these files, to be moved into place.

    If anything stops that, Ctrl-C too, nothing half-written is left.
    """
    new = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        new.mkdir()
        for name, content in files.items():
            write_through(new / name, content)
        sync_folder(new)
        yield new
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _has_our_manifest(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    key, value = MADE_BY
    return isinstance(manifest, dict) and manifest.get(key) == value


def write_through(file: Path, content: bytes) -> None:
    """Write the file and wait until the disk has it."""
    with file.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def write_renamed(file: Path, content: bytes) -> None:
    """Write a file so that it is there whole, on the disk, or not at all.

    Another process that begins on the folder clears away half-written files; if it meets this one,
    the file is written again.

    Raises
    ------
    OSError
        It cannot be written.
    """
    for left in reversed(range(TRIES)):
        half = file.with_name(f".{secrets.token_hex(4)}.half")
        try:
            write_through(half, content)
            half.replace(file)
            sync_folder(file.parent)
            return
        except BaseException as error:
            with suppress(OSError):
                half.unlink(missing_ok=True)
            if not (left and isinstance(error, FileNotFoundError) and file.parent.is_dir()):
                raise


def write_whole(file: Path, content: bytes) -> None:
    """Write a file like :func:`write_renamed`, into a folder that need not be there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_renamed(file, content)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's list of names, where a system can be asked for that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(new: Path, target: Path, old: Path) -> None:
    """Put `new` in the place of `target`; if that fails, put what was there back."""
    replaces = target.exists()
    if replaces:
        target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        if replaces and not target.exists():
            old.rename(target)
        raise
    if replaces:
        shutil.rmtree(old, ignore_errors=True)
