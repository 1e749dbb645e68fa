"""One file of a store: a batch of runs as Parquet, its name told from what is in it.

The name says which scenario (by the digest of everything that was asked), which seed and which runs
it holds, and ends with a digest of its bytes: a file that was cut short, changed or put there by
somebody else is found out.
"""

import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.engine.ensemble import Rounds
from sim.rules.state import SERIES_COLUMNS as COLUMNS
from sim.scenario import Scenario
from sim.studies.batches import OUTCOME_NAMES, Batch, Done

ROUND_NAMES = tuple(name for name, _unit, _meaning in COLUMNS)
_IN_ROUNDS = "rounds_"  # before the name of a round's column: some outcomes have the same names
_NAME = re.compile(
    r"(?P<key>[0-9a-f]{16})-(?P<seed>\d+)-(?P<first>\d+)-(?P<size>\d+)-(?P<digest>[0-9a-f]{32})"
    r"\.parquet"
)


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
