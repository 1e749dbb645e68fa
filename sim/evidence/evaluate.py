"""Evaluating sets of values: runs of every scenario under each set, and the statistics of these.

What is evaluated is stored while a calibration goes on: in memory, or in a folder to be resumed
from. A folder holds a manifest, with a digest of the task, and one file for each piece of a wave,
whose name ends with a digest of its bytes. Files are written under another name, forced to the disk
and renamed. A damaged one counts as missing: its sets are evaluated again.
"""

import hashlib
import io
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import scipy
from tqdm import tqdm

from sim.base.files import MANIFEST, write_renamed
from sim.base.version import __version__
from sim.engine.ensemble import outcomes_under
from sim.evidence.statistics import Numbers
from sim.evidence.target_file import Task
from sim.language import _
from sim.rules.compiling import source_digest
from sim.scenario.files import LITTER
from sim.studies.store import StoreError
from sim.studies.workers import NUMBERS_COME_FROM, OUTCOME_NAMES

Bar: TypeAlias = "tqdm[Any]"

SOURCES = (
    *NUMBERS_COME_FROM,
    *(f"evidence/{name}.py" for name in ("calibrate", "evaluate", "statistics", "waves")),
)
PIECE = 32  # sets that are evaluated, and stored, together
MAX_RUNS_AT_ONCE = 2000  # whose outcomes are in memory at a time
MADE_BY = "mufakat calibrate"
_PIECE = re.compile(r"(?P<wave>\d{3})-(?P<first>\d{6})-(?P<digest>[0-9a-f]{32})\.npy")
_HALF = re.compile(r"\.[0-9a-f]{8}\.half")


class PieceStore:
    """The evaluated pieces of the waves of one calibration.

    Parameters
    ----------
    digest
        Of the task: see :func:`task_digest`.
    folder
        Where they are stored; only in memory, if not given.

    Raises
    ------
    StoreError
        The folder holds another calibration, or other files.
    OSError
        It cannot be read or written.
    """

    def __init__(self, digest: str, folder: Path | None) -> None:
        self.folder = folder
        self._pieces: dict[tuple[int, int], Numbers] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            _require_ours(folder, digest)
            content = {"made_by": MADE_BY, "version": __version__, "asked": digest}
            write_renamed(folder, MANIFEST, (json.dumps(content, indent=2) + "\n").encode())
            self._read(folder)

    def get(self, wave: int, first: int) -> Numbers | None:
        """A piece, or none if it is not stored."""
        return self._pieces.get((wave, first))

    def put(self, wave: int, first: int, piece: Numbers) -> None:
        """Store a piece."""
        self._pieces[wave, first] = piece
        if self.folder is not None:
            stream = io.BytesIO()
            np.save(stream, piece)
            content = stream.getvalue()
            name = f"{wave:03}-{first:06}-{_digest(content)}.npy"
            write_renamed(self.folder, name, content)

    def wave(self, wave: int, starts: list[int]) -> Numbers:
        """All pieces of a wave that is complete."""
        return np.concatenate([self._pieces[wave, start] for start in starts])

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
                self._pieces[int(named["wave"]), int(named["first"])] = piece


def _require_ours(folder: Path, digest: str) -> None:
    """Refuse a folder that holds anything but pieces of this calibration."""
    names = {entry.name for entry in folder.iterdir()} - LITTER
    for name in sorted(names - {MANIFEST}):
        if not _PIECE.fullmatch(name) and not _HALF.fullmatch(name):
            text = _("{folder} holds {file}, which no calibration writes: give another folder")
            raise StoreError(text.format(folder=folder, file=name))
    if MANIFEST not in names:
        return
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        stored = manifest["asked"] if manifest["made_by"] == MADE_BY else ""
    except (OSError, ValueError, KeyError, TypeError):
        stored = ""
    if stored != digest:
        text = _(
            "{folder} holds another calibration, or one of another version: give another folder"
        )
        raise StoreError(text.format(folder=folder))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def evaluate_sets(task: Task, values: Numbers, seed: int, first: int, runs: int) -> Numbers:
    """Evaluate every target under each set.

    Set k has the runs from (first + k) x runs on, so that no two sets share a run.

    Parameters
    ----------
    values
        Shape (sets, fields).

    Returns
    -------
    Number and error: shape (sets, targets, 2).
    """
    result = np.empty((len(values), len(task.targets), 2))
    step = max(MAX_RUNS_AT_ONCE // runs, 1)
    for start in range(0, len(values), step):
        part = values[start : start + step]
        repeated = np.repeat(part, runs, axis=0)
        outcomes = {
            name: outcomes_under(
                task.scenarios[name], task.fields, repeated, seed, (first + start) * runs
            )
            for name in task.measured
        }
        for place, target in enumerate(task.targets):
            column = OUTCOME_NAMES.index(target.outcome)
            own = {name: table[:, column].reshape(-1, runs) for name, table in outcomes.items()}
            against = own[target.against] if target.against else None
            number, error = target.measured(own[target.scenario], against)
            result[start : start + step, place] = np.stack([number, error], axis=1)
    return result


class Evaluator(NamedTuple):
    """Evaluates the waves of one calibration, and shows how far it is."""

    task: Task
    seed: int
    store: PieceStore
    bar: Bar

    def wave(self, number: int, values: Numbers, *, first: int, runs: int) -> Numbers:
        """Evaluate the sets of a wave on all processors, but for the pieces that are stored.

        Parameters and returned array are those of :func:`evaluate_sets`.
        """
        pieces = {start: values[start : start + PIECE] for start in range(0, len(values), PIECE)}
        missing = {k: piece for k, piece in pieces.items() if self.store.get(number, k) is None}
        self.bar.update(len(values) - sum(map(len, missing.values())))
        threads = ThreadPoolExecutor(os.cpu_count())
        try:
            futures = {
                start: threads.submit(
                    evaluate_sets, self.task, piece, self.seed, first + start, runs
                )
                for start, piece in missing.items()
            }
            for start, future in futures.items():
                self.store.put(number, start, future.result())
                self.bar.update(len(missing[start]))
        finally:
            threads.shutdown(cancel_futures=True)
        return self.store.wave(number, list(pieces))


def task_digest(task: Task, runs: int, sets: int, seed: int) -> str:
    """A digest of everything that the sets of a calibration and their numbers come from.

    The design and the square roots of matrices are those of these releases of NumPy and SciPy.
    """
    content = [
        source_digest(SOURCES), np.__version__, scipy.__version__, runs, sets, seed,
        [list(item[:3]) for item in task.free],
        [[*target[2:3], *target.statistic, *target[4:]] for target in task.targets],
        {name: task.scenarios[name].digest() for name in task.measured},
    ]  # fmt: skip
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
