"""Where results are stored: in memory, or in a folder that a study or a calibration resumes from.

A folder holds a manifest and files of results. A file is written under a temporary name, forced to
the disk and renamed, so that it is there whole or not at all. Its name ends with a digest of its
bytes: a file that was cut short, changed or put there by somebody else is found out, and no list
has to be kept in step. A damaged file is never read.

The files of a study are Parquet, one for each batch of runs. Their names say which scenario (by the
digest of all its values), which seed and which runs they hold. Runs of a damaged file are carried
out again, and only when those are on the disk is it removed.
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
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.base import __version__
from sim.base.files import LITTER, MANIFEST, write_renamed
from sim.base.text import _
from sim.engine.arrays import MAX_RUN
from sim.engine.runs import Rounds
from sim.rules.state import SERIES_COLUMNS as COLUMNS
from sim.scenario import Scenario
from sim.scenario.errors import did_you_mean
from sim.studies.workers import OUTCOME_NAMES, Batch, BatchResult, fresh, gaps

ROUNDS = "rounds"
OPTIONAL = (ROUNDS,)  # results that are stored only if ``keep`` names them
MADE_BY = "mufakat study"
FORMAT = 1  # of the files of a study; a later format is not read as if it were this one
ROUND_NAMES = tuple(name for name, _unit, _meaning in COLUMNS)
_IN_ROUNDS = "rounds_"  # before the name of a round's column: some outcomes have the same names
_BATCH = re.compile(
    r"(?P<key>[0-9a-f]{16})-(?P<seed>\d+)-(?P<first>\d+)-(?P<size>\d+)-(?P<digest>[0-9a-f]{32})"
    r"\.parquet"
)
_HALF = re.compile(r"\.[0-9a-f]{8}\.half")  # written, but perhaps not to its end
_ASIDE = re.compile(r".+\.[0-9a-f]{8}\.damaged")  # a damaged file that could not be removed


class StoreError(ValueError):
    """A folder that is no store of this study or calibration, or no longer a whole one."""


class DamagedFileError(Exception):
    """A file that is not what its name says, or cannot be read."""


def require_keepable(keep: str | Iterable[str]) -> Collection[str]:
    """Return the names of the results that are stored besides outcomes, if all are known.

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
    names = (keep,) if isinstance(keep, str) else tuple(keep)
    for name in names:
        if name not in OPTIONAL:
            hint = did_you_mean(name, OPTIONAL)
            raise ValueError(_('keep: "{word}" cannot be kept, {hint}', word=name, hint=hint))
    return names


# The folder


def digest_of(content: bytes) -> str:
    """Return the digest that the name of a file with this content ends with."""
    return hashlib.sha256(content).hexdigest()[:32]


def manifest_text(content: Mapping[str, Any]) -> str:
    """Return a manifest as JSON; no time of day is in it."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


class StoreFolder(NamedTuple):
    """A folder of files whose names end with their digests, and a manifest.

    Attributes
    ----------
    path
        The folder. It need not exist.
    made_by
        The program that writes it, as its manifest says.
    pattern
        What the names of its files look like.
    """

    path: Path
    made_by: str
    pattern: re.Pattern[str]

    def files(self) -> list[re.Match[str]]:
        """Return the names of its files."""
        names = (entry.name for entry in self.path.iterdir()) if self.path.is_dir() else ()
        return [match for name in sorted(names) if (match := self.pattern.fullmatch(name))]

    def require_own_files(self, message: str, *, with_manifest: bool) -> None:
        """Raise an error if anything else is in the folder.

        Parameters
        ----------
        message
            Of the error; ``{folder}`` and ``{file}`` in it are filled in.
        with_manifest
            Whether its manifest may be there without other files.
        """
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise NotADirectoryError(_("{folder} is a file", folder=self.path))
        own = {MANIFEST} if with_manifest or self.files() else set()
        for name in sorted(entry.name for entry in self.path.iterdir()):
            patterns = (self.pattern, _HALF, _ASIDE)
            if name not in own | LITTER and not any(item.fullmatch(name) for item in patterns):
                raise StoreError(message.format(folder=self.path, file=name))

    def create(self) -> None:
        """Make the folder, and remove half-written files that a killed process left."""
        self.path.mkdir(parents=True, exist_ok=True)
        for entry in self.path.iterdir():
            if _HALF.fullmatch(entry.name):
                entry.unlink(missing_ok=True)

    def read_manifest(self) -> dict[str, Any] | None:
        """Return the manifest, or None if there is none, or one of another program."""
        try:
            content = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        ours = isinstance(content, dict) and content.get("made_by") == self.made_by
        return content if ours else None

    def read(self, name: str, digest: str) -> bytes:
        """Return the content of a file.

        Raises
        ------
        DamagedFileError
            It has another digest, or cannot be read.
        """
        try:
            content = (self.path / name).read_bytes()
        except OSError as error:
            raise DamagedFileError(name) from error
        if digest_of(content) != digest:
            raise DamagedFileError(name)
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a file so that it is there whole, on the disk, or not at all."""
        if (self.path / name).is_dir():  # which no file can replace
            self.remove(name)
        write_renamed(self.path / name, content)

    def remove(self, name: str) -> None:
        """Remove a damaged file; one that cannot be removed gets another name, or stays."""
        file = self.path / name
        try:
            file.unlink(missing_ok=True)
        except OSError:
            with suppress(OSError):
                file.rename(self.path / f"{name}.{secrets.token_hex(4)}.damaged")


# The runs of a study


class BatchFile(NamedTuple):
    """A file of runs, as its name describes it.

    ``batch.scenario`` is the key of the scenario. Whether its rounds are stored is known once the
    file was read.
    """

    folder: StoreFolder
    name: str
    seed: int
    batch: Batch
    digest: str

    def read(
        self, scenario: str = "", outcomes: Sequence[str] = (), rounds: bool = False
    ) -> BatchResult:
        """Return the runs, with some of the outcomes.

        Raises
        ------
        DamagedFileError
            The file is not what its name says.
        """
        content = self.folder.read(self.name, self.digest)
        try:
            return _unpack(content, self.batch._replace(scenario=scenario), outcomes, rounds)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise DamagedFileError(self.name) from error


class RunStore:
    """The runs of a study, batch by batch.

    Parameters
    ----------
    folder
        If not given, runs are stored in memory. The folder need not exist. An earlier study of the
        same seed is resumed; it may have had other scenarios and other numbers of runs.
    seed
        The seed of a study in a folder.

    Attributes
    ----------
    seed
        The same.

    Raises
    ------
    StoreError
        The folder holds other files, or a study of another seed.
    OSError
        It cannot be read.
    """

    def __init__(self, folder: str | Path | None = None, seed: int = 0) -> None:
        self.seed = seed
        self._folder = None if folder is None else _study_folder(folder)
        self._keys: dict[str, str] = {}  # of the scenarios, by their names
        self._stored: dict[str, list[BatchFile | BatchResult]] = {}  # by key, in order of the runs
        self._damaged: dict[str, BatchFile | None] = {}  # None: the manifest
        if self._folder is not None:
            _require_study(self._folder, seed)

    @classmethod
    def open(cls, folder: str | Path) -> tuple["RunStore", dict[str, Scenario]]:
        """Return a stored study with all its runs, and its scenarios; change nothing.

        Raises
        ------
        StoreError
            There is none, or its manifest is damaged.
        """
        own = _study_folder(folder)
        manifest = _read_study(own)
        if manifest is None and not own.files():
            raise StoreError(_("{folder} holds no study", folder=own.path))
        if manifest is None:
            text = _(
                "{file} is damaged or missing: carry out the study of the same scenarios and seed "
                "once more, which writes it anew and loses no run"
            )
            raise StoreError(text.format(file=own.path / MANIFEST))
        store = cls(folder, manifest["seed"])
        scenarios = _scenarios_of(manifest, own.path)
        store._find_batches(own, scenarios, MAX_RUN + 1)
        return store, scenarios

    @property
    def damaged(self) -> Sequence[str]:
        """Names of the files that were damaged."""
        return tuple(self._damaged)

    def prepare(self, scenarios: Mapping[str, Scenario], runs: int) -> None:
        """Get ready for so many runs of these scenarios, and find those that are stored."""
        folder = self._folder
        if folder is None:
            self._keys = {name: name for name in scenarios}
            self._stored = {name: self._stored.get(name, []) for name in scenarios}
            return
        folder.create()
        before = _read_study(folder)
        if before is None and folder.files():
            self._damaged[MANIFEST] = None
        known = before["scenarios"] if before else {}
        own = {name: scenario.resolved() for name, scenario in scenarios.items()}
        text = manifest_text(study_manifest(self.seed, {**known, **own}))
        folder.write(MANIFEST, text.encode())
        self._find_batches(folder, scenarios, runs)

    def add(self, result: BatchResult) -> None:
        """Store the result of a batch."""
        key = self._keys[result.batch.scenario]
        stored: BatchFile | BatchResult = result
        if self._folder is not None:
            stored, content = _pack(self._folder, key, self.seed, result)
            self._folder.write(stored.name, content)
        insort(self._stored[key], stored, key=_order)

    def finish(self) -> None:
        """Remove each damaged file whose runs are all stored again."""
        for file in self._damaged.values():
            if file is None:  # prepare() wrote the manifest again
                continue
            batch = file.batch
            others = [other.batch.runs for other in self._stored[batch.scenario]]
            if gaps(batch.runs.stop, [range(batch.first), *others]):
                continue
            with suppress(DamagedFileError):
                file.read()  # another file of this name replaced it
                continue
            file.folder.remove(file.name)

    def stored_runs(self, name: str, runs: int, rounds: bool = False) -> list[range]:
        """Return which of the first so many runs of a scenario are stored (with their rounds)."""
        return [item.batch.runs for item in self._of_scenario(name, runs, rounds)]

    def batches(
        self, name: str, runs: int, outcomes: Sequence[str] = OUTCOME_NAMES, rounds: bool = False
    ) -> Iterator[BatchResult]:
        """Yield the first so many runs of a scenario as far as stored, in order, each run once.

        Parameters
        ----------
        outcomes
            The columns to read.
        rounds
            Yield only runs whose rounds are stored, with those.

        Raises
        ------
        StoreError
            A file is no longer what it was when the study was carried out or opened.
        """
        stored = self._of_scenario(name, runs, rounds)
        for item, new in zip(stored, fresh(item.batch.runs for item in stored), strict=True):
            wanted = range(new.start, min(new.stop, runs))
            if wanted:
                result = _load(item, name, outcomes, rounds)
                yield result if wanted == item.batch.runs else result.within(wanted)

    def _of_scenario(self, name: str, runs: int, rounds: bool) -> list[BatchFile | BatchResult]:
        return [
            item
            for item in self._stored[self._keys[name]]
            if item.batch.first < runs and item.batch.rounds >= rounds
        ]

    def _find_batches(
        self, folder: StoreFolder, scenarios: Mapping[str, Scenario], runs: int
    ) -> None:
        """Read every file with one of the first so many runs; note which are damaged."""
        self._keys = {name: _key_of(scenario) for name, scenario in scenarios.items()}
        self._stored = {key: [] for key in self._keys.values()}
        for file in _batch_files(folder):
            batch = file.batch
            if batch.scenario in self._stored and file.seed == self.seed and batch.first < runs:
                try:
                    has_rounds = file.read().batch.rounds
                except DamagedFileError:
                    self._damaged[file.name] = file
                else:
                    known = file._replace(batch=batch._replace(rounds=has_rounds))
                    self._stored[batch.scenario].append(known)
        for stored in self._stored.values():
            stored.sort(key=_order)


def _load(
    item: BatchFile | BatchResult, scenario: str, outcomes: Sequence[str], rounds: bool
) -> BatchResult:
    """Return a batch with some of the outcomes."""
    if isinstance(item, BatchResult):
        return item.only(outcomes)
    try:
        return item.read(scenario, outcomes, rounds)
    except DamagedFileError as error:
        text = _("{file} is gone or damaged since it was read: carry out the study again")
        raise StoreError(text.format(file=item.folder.path / item.name)) from error


def _order(item: BatchFile | BatchResult) -> tuple[int, str]:
    """Return the place of a batch among those of its scenario."""
    return item.batch.first, item.name if isinstance(item, BatchFile) else ""


def _study_folder(folder: str | Path) -> StoreFolder:
    return StoreFolder(Path(folder), MADE_BY, _BATCH)


def _require_study(folder: StoreFolder, seed: int) -> None:
    """Refuse a folder that holds anything but a study of this seed."""
    manifest = _read_study(folder)
    text = _("{folder} holds {file}, which no study writes: give another folder")
    folder.require_own_files(text, with_manifest=manifest is not None)
    seeds = {manifest["seed"]} if manifest else {file.seed for file in _batch_files(folder)}
    for other in seeds - {seed}:
        text = _("{folder} holds a study of seed {seed}: give another folder, or that seed")
        raise StoreError(text.format(folder=folder.path, seed=other))


def study_manifest(seed: int, scenarios: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest of a study, with all values of its scenarios and its own digest."""
    content: dict[str, Any] = {
        "made_by": MADE_BY,
        "format": FORMAT,
        "version": __version__,
        "seed": seed,
        "scenarios": scenarios,
    }
    return {**content, "digest": _manifest_digest(content)}


def _manifest_digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _read_study(folder: StoreFolder) -> dict[str, Any] | None:
    """Return the manifest of a study, or None if there is none or it is damaged.

    Raises
    ------
    StoreError
        A later version wrote it.
    """
    manifest = folder.read_manifest()
    if manifest is None or manifest.pop("digest", None) != _manifest_digest(manifest):
        return None
    if manifest["format"] != FORMAT:
        text = _(
            "{folder} holds a study that mufakat {version} wrote, which this version cannot read"
        )
        raise StoreError(text.format(folder=folder.path, version=manifest.get("version")))
    return manifest


def _scenarios_of(manifest: Mapping[str, Any], folder: Path) -> dict[str, Scenario]:
    """Return the scenarios of a manifest.

    Raises
    ------
    StoreError
        This version cannot read one.
    """
    try:
        return {name: Scenario(**tables) for name, tables in manifest["scenarios"].items()}
    except ValueError as error:
        text = _("{folder} holds a study whose scenarios this version does not know: {reason}")
        raise StoreError(text.format(folder=folder, reason=error)) from error


def _key_of(scenario: Scenario) -> str:
    """Return what names a scenario in file names: the digest of all its values."""
    return scenario.digest()[:16]


def _batch_files(folder: StoreFolder) -> list[BatchFile]:
    """Return the files of a folder that hold runs, by their names."""
    files = []
    for match in folder.files():
        seed, first, size = (int(match[part]) for part in ("seed", "first", "size"))
        batch = Batch(match["key"], first, size)
        files.append(BatchFile(folder, match[0], seed, batch, match["digest"]))
    return files


def _pack(folder: StoreFolder, key: str, seed: int, result: BatchResult) -> tuple[BatchFile, bytes]:
    """Return a batch as a file, and its content.

    There is one row a run, the failed ones last; the rounds are a list in every row.
    """
    failed = len(result.failures)
    causes = [None] * len(result.runs) + [cause for _run, cause in result.failures]
    rows = np.concatenate([result.outcomes, np.full((failed, len(OUTCOME_NAMES)), np.nan)])
    numbers = np.array([run for run, _cause in result.failures], np.int64)
    columns: dict[str, Any] = {
        "run": np.concatenate([result.runs, numbers]),
        "cause": pa.array(causes, pa.string()),
    }
    columns |= {name: rows[:, place] for place, name in enumerate(OUTCOME_NAMES)}
    if result.rounds is not None:
        lengths = [0, *result.rounds.lengths, *[0] * failed]
        offsets = pa.array(np.cumsum(lengths), pa.int32())
        for name in ROUND_NAMES:
            lists = pa.ListArray.from_arrays(offsets, pa.array(result.rounds.columns[name]))
            columns[_IN_ROUNDS + name] = lists
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, compression="zstd")
    content = stream.getvalue()
    batch, digest = result.batch._replace(scenario=key), digest_of(content)
    name = f"{key}-{seed}-{batch.first}-{batch.size}-{digest}.parquet"
    return BatchFile(folder, name, seed, batch, digest), content


def _unpack(content: bytes, batch: Batch, outcomes: Sequence[str], rounds: bool) -> BatchResult:
    file = pq.ParquetFile(pa.BufferReader(content))
    names = set(file.schema_arrow.names)
    lists = [_IN_ROUNDS + name for name in ROUND_NAMES]
    table = file.read(["run", "cause", *outcomes, *(lists if rounds else ())], use_threads=False)
    runs = table["run"].to_numpy()
    if not names.issuperset(OUTCOME_NAMES) or sorted(runs) != list(batch.runs):
        raise ValueError(batch)
    causes = table["cause"].to_pylist()
    failures = [(int(runs[n]), cause) for n, cause in enumerate(causes) if cause is not None]
    ended = len(runs) - len(failures)
    values = np.empty((ended, len(outcomes)))
    for place, name in enumerate(outcomes):
        values[:, place] = table[name].to_numpy()[:ended]
    batch = batch._replace(rounds=names.issuperset(lists))
    return BatchResult(
        batch, runs[:ended], values, failures, _rounds(table, ended) if rounds else None
    )


def _rounds(table: Any, ended: int) -> Rounds:
    """Return the rounds of the runs that ended; the lists of the others are empty."""
    columns = {name: table[_IN_ROUNDS + name].combine_chunks() for name in ROUND_NAMES}
    lengths = np.diff(columns[ROUND_NAMES[0]].offsets.to_numpy())[:ended].astype(np.int64)
    return Rounds(lengths, {name: lists.flatten().to_numpy() for name, lists in columns.items()})
