"""A study on disk: a folder with one file for each batch of runs, and a manifest.

A file is written under a temporary name, forced to the disk and renamed, so that it is there whole
or not at all. What a file holds is said by its name (``sim.studies.shards``): no list has to be
kept in step. A file that is damaged is never read; its runs are carried out again, and only when
those are on the disk is it cleared away.
"""

import re
import secrets
from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sim.engine.arrays import MOST_RUN
from sim.engine.folder import write_renamed
from sim.language import _
from sim.scenario import Scenario
from sim.scenario.files import LITTER
from sim.studies.batches import OUTCOME_NAMES, Done, fresh, gaps
from sim.studies.manifest import (
    MANIFEST,
    Manifest,
    StoreError,
    manifest_text,
    read_manifest,
    scenarios_in,
)
from sim.studies.shards import Damaged, Shard, checked, key_of, packed, shard_named, unpacked

_HALF = re.compile(r"\.[0-9a-f]{8}\.half")  # written, but perhaps not to its end
_ASIDE = re.compile(r".+\.[0-9a-f]{8}\.damaged")  # was to be cleared away, and could not be removed


class Store:
    """The folder of a study.

    Parameters
    ----------
    folder
        It need not be there. An earlier study of the same seed is gone on with; it may have had
        other scenarios and other numbers of runs.
    seed
        The seed of the study.

    Raises
    ------
    StoreError
        The folder holds other files, or a study of another seed.
    OSError
        It cannot be read.
    """

    def __init__(self, folder: str | Path, seed: int) -> None:
        self.folder = Path(folder)
        self.seed = seed
        self._keys: dict[str, str] = {}  # of the scenarios, by their names
        self._whole: dict[str, list[Shard]] = {}  # by key, and in it by run
        self._damaged: dict[str, Shard | None] = {}
        self._require_ours()

    @classmethod
    def opened(cls, folder: str | Path) -> tuple["Store", dict[str, Scenario]]:
        """A study that is there, with all its runs, and what it asks; nothing is changed.

        Raises
        ------
        StoreError
            There is none, or its manifest is damaged.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        if manifest is None and not _shards_in(folder):
            raise StoreError(_("{folder} holds no study", folder=folder))
        if manifest is None:
            text = _(
                "{file} is damaged or missing: carry out the study of the same scenarios and seed "
                "once more, which writes it anew and loses no run"
            )
            raise StoreError(text.format(file=folder / MANIFEST))
        store, scenarios = cls(folder, manifest.seed), scenarios_in(folder, manifest)
        store._look_through(scenarios, MOST_RUN + 1)
        return store, scenarios

    @property
    def damaged(self) -> Sequence[str]:
        """Names of the files that were not what they should be."""
        return tuple(self._damaged)

    def begin(self, scenarios: Mapping[str, Scenario], runs: int) -> None:
        """Make the folder, say in its manifest what is asked, and look which runs are there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for entry in self.folder.iterdir():  # left by a process that was killed while it wrote
            if _HALF.fullmatch(entry.name):
                entry.unlink(missing_ok=True)
        before = read_manifest(self.folder)
        if before is None and _shards_in(self.folder):
            self._damaged[MANIFEST] = None
        asked = {name: scenario.resolved() for name, scenario in scenarios.items()}
        known = before.scenarios if before else {}
        manifest = Manifest(self.seed, {**known, **asked})
        self._write(MANIFEST, manifest_text(manifest).encode())
        self._look_through(scenarios, runs)

    def keep(self, done: Done) -> None:
        """Write what a batch came to."""
        shard, content = packed(self._keys[done.batch.scenario], self.seed, done)
        self._write(shard.name, content)
        insort(self._whole[shard.key], shard, key=_place)

    def finish(self) -> None:
        """Clear away each damaged file whose runs are all there once more."""
        for shard in self._damaged.values():
            if shard is None:  # the manifest, which was written anew at the beginning
                continue
            others = [range(shard.first), *(other.runs for other in self._whole[shard.key])]
            if gaps(shard.runs.stop, others):
                continue
            with suppress(Damaged):
                checked(self.folder, shard)  # another of the same name is in its place
                continue
            self._clear_away(shard.name)

    def there(self, name: str, runs: int, rounds: bool = False) -> list[range]:
        """Which of the first so many runs of a scenario are there (with their rounds)."""
        return [shard.runs for shard in self._shards(name, runs, rounds)]

    def parts(
        self, name: str, runs: int, outcomes: Sequence[str] = OUTCOME_NAMES, rounds: bool = False
    ) -> Iterator[Done]:
        """What is there of the first so many runs of a scenario, in order, each run once.

        Raises
        ------
        StoreError
            A file is no longer what it was when the study was carried out or opened.
        """
        shards = self._shards(name, runs, rounds)
        for shard, new in zip(shards, fresh(shard.runs for shard in shards), strict=True):
            wanted = range(new.start, min(new.stop, runs))
            if not wanted:
                continue
            try:
                done = unpacked(self.folder, shard, name, outcomes, rounds)
            except Damaged as error:
                text = _("{file} is gone or damaged since it was read: carry out the study again")
                raise StoreError(text.format(file=self.folder / shard.name)) from error
            yield done if wanted == shard.runs else done.within(wanted)

    def _shards(self, name: str, runs: int, rounds: bool) -> list[Shard]:
        return [
            shard
            for shard in self._whole[self._keys[name]]
            if shard.first < runs and shard.rounds >= rounds
        ]

    def _look_through(self, scenarios: Mapping[str, Scenario], runs: int) -> None:
        """Read every file with one of the first so many runs, and tell whole from damaged."""
        self._keys = {name: key_of(scenario) for name, scenario in scenarios.items()}
        self._whole = {key: [] for key in self._keys.values()}
        for shard in _shards_in(self.folder):
            if shard.key in self._whole and shard.seed == self.seed and shard.first < runs:
                try:
                    self._whole[shard.key].append(checked(self.folder, shard))
                except Damaged:
                    self._damaged[shard.name] = shard
        for shards in self._whole.values():
            shards.sort(key=_place)

    def _require_ours(self) -> None:
        """Refuse a folder that holds anything but a study of this seed."""
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise NotADirectoryError(_("{folder} is a file", folder=self.folder))
        shards, manifest = _shards_in(self.folder), read_manifest(self.folder)
        ours = {MANIFEST} if shards or manifest else set()
        for entry in sorted(self.folder.iterdir()):
            name = entry.name
            known = name in {*ours, *LITTER} or _HALF.fullmatch(name) or _ASIDE.fullmatch(name)
            if not known and not shard_named(name):
                text = _("{folder} holds {file}, which no study writes: give another folder")
                raise StoreError(text.format(folder=self.folder, file=name))
        seeds = {manifest.seed} if manifest else {shard.seed for shard in shards}
        for seed in seeds - {self.seed}:
            text = _("{folder} holds a study of seed {seed}: give another folder, or that seed")
            raise StoreError(text.format(folder=self.folder, seed=seed))

    def _write(self, name: str, content: bytes) -> None:
        """Write a file so that it is there whole, on the disk, or not at all."""
        if (self.folder / name).is_dir():  # which no file can take the place of
            self._clear_away(name)
        write_renamed(self.folder, name, content)

    def _clear_away(self, name: str) -> None:
        """Remove a damaged file; what cannot be removed gets another name, or stays."""
        file = self.folder / name
        try:
            file.unlink(missing_ok=True)
        except OSError:
            with suppress(OSError):
                file.rename(self.folder / f"{name}.{secrets.token_hex(4)}.damaged")


def _place(shard: Shard) -> tuple[int, str]:
    """Where a file stands among those of its scenario."""
    return shard.first, shard.name


def _shards_in(folder: Path) -> list[Shard]:
    """The files in a folder that hold runs, by their names."""
    if not folder.is_dir():
        return []
    return [shard for entry in folder.iterdir() if (shard := shard_named(entry.name))]
