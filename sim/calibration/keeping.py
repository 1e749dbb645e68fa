"""What is kept of a calibration while it goes on: in memory, or in a folder to be resumed from.

A folder holds a manifest, with a digest of everything that was asked, and one file for each piece
of a wave, whose name ends with a digest of its bytes. Files are written under another name, forced
to the disk and renamed. One that is damaged is as if it were not there: its sets are tried again.
"""

import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np

from sim.base.files import LITTER, MANIFEST, write_renamed
from sim.base.version import __version__
from sim.calibration.statistics import Numbers
from sim.language import _
from sim.studies.store import StoreError

MADE_BY = "mufakat calibrate"
_PIECE = re.compile(r"(?P<wave>\d{3})-(?P<first>\d{6})-(?P<digest>[0-9a-f]{32})\.npy")
_HALF = re.compile(r"\.[0-9a-f]{8}\.half")


class Pieces:
    """The pieces of the waves of one calibration.

    Parameters
    ----------
    digest
        Of everything that was asked.
    folder
        Where they are kept; in memory alone, if not given.

    Raises
    ------
    StoreError
        The folder holds another calibration, or other files.
    OSError
        It cannot be read or written.
    """

    def __init__(self, digest: str, folder: Path | None) -> None:
        self.folder = folder
        self._there: dict[tuple[int, int], Numbers] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._require_ours(folder, digest)
            content = {"made_by": MADE_BY, "version": __version__, "asked": digest}
            write_renamed(folder, MANIFEST, (json.dumps(content, indent=2) + "\n").encode())
            self._read(folder)

    def get(self, wave: int, first: int) -> Numbers | None:
        """A piece, if it is there."""
        return self._there.get((wave, first))

    def keep(self, wave: int, first: int, piece: Numbers) -> None:
        """Keep a piece."""
        self._there[wave, first] = piece
        if self.folder is not None:
            stream = io.BytesIO()
            np.save(stream, piece)
            content = stream.getvalue()
            name = f"{wave:03}-{first:06}-{_digest(content)}.npy"
            write_renamed(self.folder, name, content)

    def _read(self, folder: Path) -> None:
        for entry in sorted(folder.iterdir()):
            if _HALF.fullmatch(entry.name):  # of a process that was killed while it wrote
                entry.unlink(missing_ok=True)
            named = _PIECE.fullmatch(entry.name)
            if named is None:
                continue
            content = entry.read_bytes()
            if _digest(content) == named["digest"]:
                piece = np.load(io.BytesIO(content), allow_pickle=False)
                self._there[int(named["wave"]), int(named["first"])] = piece

    def _require_ours(self, folder: Path, digest: str) -> None:
        names = {entry.name for entry in folder.iterdir()} - LITTER
        for name in sorted(names - {MANIFEST}):
            if not _PIECE.fullmatch(name) and not _HALF.fullmatch(name):
                text = _("{folder} holds {file}, which no calibration writes: give another folder")
                raise StoreError(text.format(folder=folder, file=name))
        if MANIFEST not in names:
            return
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            asked = manifest["asked"] if manifest["made_by"] == MADE_BY else ""
        except (OSError, ValueError, KeyError, TypeError):
            asked = ""
        if asked != digest:
            text = _(
                "{folder} holds another calibration, or one of another version: give another folder"
            )
            raise StoreError(text.format(folder=folder))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
