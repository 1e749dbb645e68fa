"""Where the runs of a study are stored: in memory, or in a folder that a study can go on from.

A folder holds a manifest and one Parquet file for each batch of runs. A file is written under a
temporary name, forced to the disk and renamed, so that it is there whole or not at all. Its name
says which scenario (by the digest of everything that was asked), which seed and which runs it
holds, and ends with a digest of its bytes: a file that was cut short, changed or put there by
somebody else is found out, and no list has to be kept in step. A damaged file is never read; its
runs are carried out again, and only when those are on the disk is it cleared away.
"""

import hashlib
import io
import json
import re
import secrets
from bisect import insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.base.files import LITTER, MANIFEST, write_renamed
from sim.base.text import _
from sim.base.version import __version__
from sim.engine.arrays import MAX_RUN
from sim.engine.ensemble import Rounds
from sim.rules.state import SERIES_COLUMNS as COLUMNS
from sim.scenario import Scenario
from sim.scenario.errors import did_you_mean
from sim.studies.workers import OUTCOME_NAMES, Batch, Done, fresh, gaps

ROUNDS = "rounds"
KEPT_IF_ASKED = (ROUNDS,)
MADE_BY = "mufakat study"
FORMAT = 1  # of the files of a store; a later one is not read as if it were this
ROUND_NAMES = tuple(name for name, _unit, _meaning in COLUMNS)
_IN_ROUNDS = "rounds_"  # before the name of a round's column: some outcomes have the same names
_NAME = re.compile(
    r"(?P<key>[0-9a-f]{16})-(?P<seed>\d+)-(?P<first>\d+)-(?P<size>\d+)-(?P<digest>[0-9a-f]{32})"
    r"\.parquet"
)
_HALF = re.compile(r"\.[0-9a-f]{8}\.half")  # written, but perhaps not to its end
_ASIDE = re.compile(r".+\.[0-9a-f]{8}\.damaged")  # was to be cleared away, and could not be removed


class StoreError(ValueError):
    """A folder that is no store of this study, or no longer a whole one."""


class RunStore(Protocol):
    """Where runs are kept, batch by batch: in memory, or in a folder."""

    @property
    def damaged(self) -> Sequence[str]:
        """Names of the files that were not what they should be."""

    def begin(self, scenarios: Mapping[str, Scenario], runs: int) -> None:
        """Make ready to keep so many runs of these scenarios, and look which are there already."""

    def keep(self, done: Done) -> None:
        """Keep what a batch came to."""

    def finish(self) -> None:
        """Clear away what is not needed once all runs are there."""

    def there(self, name: str, runs: int, rounds: bool = False) -> list[range]:
        """Which of the first so many runs of a scenario are there (with their rounds)."""

    def parts(
        self, name: str, runs: int, outcomes: Sequence[str] = OUTCOME_NAMES, rounds: bool = False
    ) -> Iterator[Done]:
        """What is there of the first so many runs of a scenario, in order, each run once.

        Parameters
        ----------
        outcomes
            The columns that are wanted.
        rounds
            Give only runs whose rounds are kept, and those.
        """


class MemoryStore:
    """Runs that are kept as long as the study is."""

    damaged = ()

    def __init__(self) -> None:
        self._parts: dict[str, list[Done]] = {}

    def begin(self, scenarios: Mapping[str, Scenario], runs: int) -> None:
        """Keep what is there."""
        self._parts = {name: self._parts.get(name, []) for name in scenarios}

    def keep(self, done: Done) -> None:
        """Keep what a batch came to."""
        self._parts[done.batch.scenario].append(done)

    def finish(self) -> None:
        """Put the batches in order."""
        for parts in self._parts.values():
            parts.sort(key=lambda part: part.batch.first)

    def there(self, name: str, runs: int, rounds: bool = False) -> list[range]:
        """Which runs of a scenario are there."""
        return [part.batch.runs for part in self._parts[name] if part.batch.rounds >= rounds]

    def parts(
        self, name: str, runs: int, outcomes: Sequence[str] = OUTCOME_NAMES, rounds: bool = False
    ) -> Iterator[Done]:
        """What is there of a scenario, in order."""
        places = [OUTCOME_NAMES.index(column) for column in outcomes]
        for part in self._parts[name]:
            if part.batch.rounds >= rounds:
                whole = len(places) == len(OUTCOME_NAMES)
                yield part if whole else part._replace(outcomes=part.outcomes[:, places])


def require_keepable(keep: str | Iterable[str]) -> Collection[str]:
    """The words for what is kept besides outcomes, if all are known.

    Raises
    ------
    ValueError
        One is not.

    Examples
    --------
    >>> require_keepable("rounds")
    ('rounds',)
    >>> require_keepable(["round"])
    Traceback (most recent call last):
    ...
    ValueError: keep: "round" cannot be kept, did you mean "rounds"?
    """
    words = (keep,) if isinstance(keep, str) else tuple(keep)
    for word in words:
        if word not in KEPT_IF_ASKED:
            text = _('keep: "{word}" cannot be kept, {hint}')
            raise ValueError(text.format(word=word, hint=did_you_mean(word, KEPT_IF_ASKED)))
    return words


class Manifest(NamedTuple):
    """The contents of a study: its seed, and every value of its scenarios by name."""

    seed: int
    scenarios: Mapping[str, Mapping[str, Any]]


def manifest_text(manifest: Manifest) -> str:
    """The manifest as JSON; no time of day is in it."""
    content: dict[str, Any] = {
        "made_by": MADE_BY,
        "format": FORMAT,
        "version": __version__,
        "seed": manifest.seed,
        "scenarios": manifest.scenarios,
    }
    content["digest"] = _digest_of(content)
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, or nothing if it has none that is whole.

    Raises
    ------
    StoreError
        A later version wrote it.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("made_by") != MADE_BY:
        return None
    if content.pop("digest", None) != _digest_of(content):
        return None
    if content["format"] != FORMAT:
        text = _(
            "{folder} holds a study that mufakat {version} wrote, which this version cannot read"
        )
        raise StoreError(text.format(folder=folder, version=content.get("version")))
    return Manifest(content["seed"], content["scenarios"])


def scenarios_in(folder: Path, manifest: Manifest) -> dict[str, Scenario]:
    """The scenarios of a manifest.

    Raises
    ------
    StoreError
        One that this version does not take.
    """
    try:
        return {name: Scenario(**tables) for name, tables in manifest.scenarios.items()}
    except ValueError as error:
        text = _("{folder} holds a study whose scenarios this version does not know: {reason}")
        raise StoreError(text.format(folder=folder, reason=error)) from error


def _digest_of(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Damaged(Exception):
    """A file that is not what its name says, or cannot be read."""


class Shard(NamedTuple):
    """A file of a store, as its name describes it."""

    name: str
    key: str
    seed: int
    first: int
    size: int
    digest: str
    rounds: bool = False  # whether it holds those as well: known once it was read

    @property
    def runs(self) -> range:
        """The runs that it holds."""
        return range(self.first, self.first + self.size)


def shard_named(name: str) -> Shard | None:
    """What a file name says, if a store wrote it.

    >>> shard_named(f"{'a' * 16}-7-100-50-{'0' * 32}.parquet").runs
    range(100, 150)
    >>> shard_named("thesis.parquet")
    """
    found = _NAME.fullmatch(name)
    if not found:
        return None
    seed, first, size = (int(found[part]) for part in ("seed", "first", "size"))
    return Shard(name, found["key"], seed, first, size, found["digest"])


def key_of(scenario: Scenario) -> str:
    """What stands for a scenario in file names: the digest of everything that is asked."""
    return scenario.digest()[:16]


def packed(key: str, seed: int, done: Done) -> tuple[Shard, bytes]:
    """A batch as a file, and what that is called.

    One row a run, the failed ones last; of the rounds, a list in every row.
    """
    failed = len(done.failures)
    causes = [None] * len(done.runs) + [cause for _run, cause in done.failures]
    rows = np.concatenate([done.outcomes, np.full((failed, len(OUTCOME_NAMES)), np.nan)])
    columns: dict[str, Any] = {
        "run": np.concatenate([done.runs, np.array([run for run, _ in done.failures], np.int64)]),
        "cause": pa.array(causes, pa.string()),
    }
    columns |= {name: rows[:, place] for place, name in enumerate(OUTCOME_NAMES)}
    if done.rounds is not None:
        lengths = [0, *done.rounds.lengths, *[0] * failed]
        offsets = pa.array(np.cumsum(lengths), pa.int32())
        for name in ROUND_NAMES:
            lists = pa.ListArray.from_arrays(offsets, pa.array(done.rounds.columns[name]))
            columns[_IN_ROUNDS + name] = lists
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, compression="zstd")
    content = stream.getvalue()
    batch, digest = done.batch, _digest(content)
    name = f"{key}-{seed}-{batch.first}-{batch.size}-{digest}.parquet"
    return Shard(name, key, seed, batch.first, batch.size, digest, batch.rounds), content


def checked(folder: Path, shard: Shard) -> Shard:
    """The same, read once, with whether it holds the rounds.

    Raises
    ------
    Damaged
        It is not what its name says.
    """
    return shard._replace(rounds=unpacked(folder, shard, "").batch.rounds)


def unpacked(
    folder: Path, shard: Shard, scenario: str, outcomes: Sequence[str] = (), rounds: bool = False
) -> Done:
    """What a file holds: of its columns only those that are wanted.

    Raises
    ------
    Damaged
        It is not what its name says.
    """
    try:
        content = (folder / shard.name).read_bytes()
        if _digest(content) != shard.digest:
            raise Damaged(shard.name)
        return _read(content, shard, scenario, outcomes, rounds)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise Damaged(shard.name) from error


def _read(
    content: bytes, shard: Shard, scenario: str, outcomes: Sequence[str], rounds: bool
) -> Done:
    file = pq.ParquetFile(pa.BufferReader(content))
    names = set(file.schema_arrow.names)
    lists = [_IN_ROUNDS + name for name in ROUND_NAMES]
    has_rounds = names.issuperset(lists)
    table = file.read(["run", "cause", *outcomes, *(lists if rounds else ())], use_threads=False)
    runs = table["run"].to_numpy()
    if not names.issuperset(OUTCOME_NAMES) or sorted(runs) != list(shard.runs):
        raise ValueError(shard.name)
    causes = table["cause"].to_pylist()
    failures = [(int(runs[n]), cause) for n, cause in enumerate(causes) if cause is not None]
    ended = len(runs) - len(failures)
    found = np.empty((ended, len(outcomes)))
    for place, name in enumerate(outcomes):
        found[:, place] = table[name].to_numpy()[:ended]
    batch = Batch(scenario, shard.first, shard.size, has_rounds)
    seen = _rounds(table, ended) if rounds else None
    return Done(batch, runs[:ended], found, failures, seen)


def _rounds(table: Any, ended: int) -> Rounds:
    """The rounds of the runs that ended; the lists of the others are empty."""
    columns = {name: table[_IN_ROUNDS + name].combine_chunks() for name in ROUND_NAMES}
    lengths = np.diff(columns[ROUND_NAMES[0]].offsets.to_numpy())[:ended].astype(np.int64)
    return Rounds(lengths, {name: lists.flatten().to_numpy() for name, lists in columns.items()})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


class FolderStore:
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
    def opened(cls, folder: str | Path) -> tuple["FolderStore", dict[str, Scenario]]:
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
        store._look_through(scenarios, MAX_RUN + 1)
        return store, scenarios

    @property
    def damaged(self) -> Sequence[str]:
        """Names of the files that were not what they should be."""
        return tuple(self._damaged)

    def begin(self, scenarios: Mapping[str, Scenario], runs: int) -> None:
        """Make the folder, write the study into its manifest, and find the runs that are there."""
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
