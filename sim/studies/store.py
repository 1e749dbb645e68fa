"""A study on disk: a folder with one file for each batch of runs, and a manifest.

A batch is written under a temporary name, forced to the disk and renamed, so that it is there whole
or not at all. Its file name says what is in it (which scenario, by the digest of everything that
was asked; which seed; which runs) and holds a digest of its bytes: no list has to be kept in step,
and a file that was cut short, changed or put there by somebody else is found out.
"""

import hashlib
import io
import json
import re
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim import __version__
from sim.engine.folder import sync_folder, write_through
from sim.language import _
from sim.scenario import Scenario
from sim.scenario.files import LITTER
from sim.studies.batches import OUTCOME_NAMES, Batch, Done

MANIFEST = "manifest.json"
MADE_BY = "mufakat study"
FORMAT = 1  # of the files; a later one is not read as if it were this
_SHARD = re.compile(
    r"(?P<scenario>[0-9a-f]{16})-(?P<seed>\d+)-(?P<first>\d+)-(?P<size>\d+)-(?P<digest>[0-9a-f]{32})"
    r"\.parquet"
)
_HALF = re.compile(r"\.[0-9a-f]{8}\.half")


class StoreError(ValueError):
    """A folder that is no store of this study."""


class Shard(NamedTuple):
    """A file of a store, as its name describes it."""

    file: Path
    first: int
    size: int
    digest: str


class Store:
    """The folder of a study.

    Parameters
    ----------
    folder
        Made, with its parents, if it is not there. An earlier study of the same seed is gone on
        with; it may have had other scenarios and other numbers of runs.
    seed
        The seed of the study.

    Attributes
    ----------
    damaged
        Names of files that were not what their names say. They are computed again.

    Raises
    ------
    StoreError
        The folder holds other files, or a study of another seed.
    OSError
        It cannot be written.
    """

    def __init__(self, folder: str | Path, seed: int) -> None:
        self.folder = Path(folder)
        self.seed = seed
        self.damaged: list[str] = []
        self._require_ours()
        self.folder.mkdir(parents=True, exist_ok=True)
        for entry in self.folder.iterdir():  # left by a process that was killed while it wrote
            if _HALF.fullmatch(entry.name):
                entry.unlink(missing_ok=True)

    @classmethod
    def opened(cls, folder: str | Path) -> tuple["Store", dict[str, Scenario]]:
        """A study that is there, and what it asks, by name.

        Raises
        ------
        StoreError
            There is none.
        """
        folder = Path(folder)
        manifest = cls._manifest_of(folder)
        if not manifest:
            raise StoreError(_("{folder} holds no study").format(folder=folder))
        scenarios = {name: Scenario(**tables) for name, tables in manifest["scenarios"].items()}
        return cls(folder, manifest["seed"]), scenarios

    def describe(self, scenarios: Mapping[str, Scenario]) -> None:
        """Write the manifest: what was asked, and with what; no time of day is in it."""
        old = self._manifest_of(self.folder)
        asked = {name: scenario.resolved() for name, scenario in scenarios.items()}
        content: dict[str, Any] = {
            "made_by": MADE_BY,
            "format": FORMAT,
            "version": __version__,
            "seed": self.seed,
            "scenarios": {**old.get("scenarios", {}), **asked},
        }
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        self._write(self.folder / MANIFEST, text.encode() + b"\n")

    def keep(self, scenario: Scenario, done: Done) -> None:
        """Write what a batch came to."""
        batch = done.batch
        runs = np.array([*done.runs, *(number for number, _cause in done.failures)], dtype=np.int64)
        nothing = np.full((len(done.failures), len(OUTCOME_NAMES)), np.nan)
        rows = np.concatenate([done.outcomes, nothing])
        causes = [None] * len(done.runs) + [cause for _number, cause in done.failures]
        table = pa.table(
            {"run": runs, "cause": pa.array(causes, pa.string())}
            | {name: rows[:, place] for place, name in enumerate(OUTCOME_NAMES)}
        )
        stream = io.BytesIO()
        pq.write_table(table, stream, compression="zstd")
        content = stream.getvalue()
        name = f"{_key(scenario)}-{self.seed}-{batch.first}-{batch.size}-{_digest(content)}.parquet"
        self._write(self.folder / name, content)

    def read(self, name: str, scenario: Scenario, runs: int) -> list[Done]:
        """What is there, whole, of the first `runs` runs of a scenario, each run once."""
        found: list[Done] = []
        seen: set[int] = set()
        for shard in self._shards(scenario):
            if shard.first >= runs:
                continue
            done = self._read(name, shard)
            if done is not None:
                found.append(_only(done, [n for n in done.all_runs if n < runs and n not in seen]))
                seen.update(found[-1].all_runs)
        return found

    def _shards(self, scenario: Scenario) -> list[Shard]:
        """The files that hold runs of a scenario, by run."""
        key, shards = _key(scenario), []
        for entry in self.folder.iterdir():
            found = _SHARD.fullmatch(entry.name)
            if found and found["scenario"] == key and int(found["seed"]) == self.seed:
                shards.append(
                    Shard(entry, int(found["first"]), int(found["size"]), found["digest"])
                )
        return sorted(shards, key=lambda shard: (shard.first, shard.file.name))

    def _read(self, name: str, shard: Shard) -> Done | None:
        """What a file holds, or nothing if it is not what its name says."""
        try:
            content = shard.file.read_bytes()
            if _digest(content) != shard.digest:
                raise ValueError(shard.file.name)
            table = pq.read_table(io.BytesIO(content))
            runs = table["run"].to_numpy()
            rows = np.column_stack([table[column].to_numpy() for column in OUTCOME_NAMES])
            causes = table["cause"].to_pylist()
        except (OSError, ValueError, KeyError, pa.ArrowException):
            self.damaged.append(shard.file.name)
            return None
        ended = [place for place, cause in enumerate(causes) if cause is None]
        failures = [(int(runs[n]), cause) for n, cause in enumerate(causes) if cause is not None]
        batch = Batch(name, shard.first, shard.size)
        return Done(batch, [int(runs[place]) for place in ended], rows[ended], failures)

    def _require_ours(self) -> None:
        """Refuse a folder that holds anything but a study of this seed."""
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise NotADirectoryError(_("{folder} is a file").format(folder=self.folder))
        for entry in sorted(self.folder.iterdir()):
            known = _SHARD.fullmatch(entry.name) or _HALF.fullmatch(entry.name)
            if not known and entry.name not in {MANIFEST, *LITTER}:
                text = _("{folder} holds {file}, which no study writes: give another folder")
                raise StoreError(text.format(folder=self.folder, file=entry.name))
        manifest = self._manifest_of(self.folder)
        if manifest.get("seed", self.seed) != self.seed:
            text = _("{folder} holds a study of seed {seed}: give another folder, or that seed")
            raise StoreError(text.format(folder=self.folder, seed=manifest["seed"]))

    @staticmethod
    def _manifest_of(folder: Path) -> dict[str, Any]:
        """The manifest of a folder as it stands, if it is one."""
        try:
            found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        ours = isinstance(found, dict) and found.get("made_by") == MADE_BY
        return found if ours and found.get("format") == FORMAT else {}

    def _write(self, file: Path, content: bytes) -> None:
        """Write a file so that it is there whole, on the disk, or not at all."""
        half = self.folder / f".{secrets.token_hex(4)}.half"
        try:
            write_through(half, content)
            half.replace(file)
            sync_folder(self.folder)
        except BaseException:
            with suppress(OSError):
                half.unlink(missing_ok=True)
            raise


def _key(scenario: Scenario) -> str:
    """What stands for a scenario in file names: the digest of everything that is asked."""
    return scenario.digest()[:16]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _only(done: Done, runs: Collection[int]) -> Done:
    """Only these of the runs."""
    wanted = set(runs)
    inside = [place for place, run in enumerate(done.runs) if run in wanted]
    return Done(
        done.batch,
        [done.runs[place] for place in inside],
        done.outcomes[inside],
        [(run, cause) for run, cause in done.failures if run in wanted],
    )
