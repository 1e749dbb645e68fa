"""Compares every bit that two versions of the package compute on this machine.

    python -m tests.same COMMIT [--words] [--fresh] [--digests FILE]

One version is the commit, the other the working tree. ``tests/same_driver.py`` computes the items
of each: tables, texts and files. The exit code is 0 if all items are identical, 1 if any differs or
exists in one version only, 2 if a version failed. Items of the group ``words`` are what people
read; they are compared, but a difference counts only with ``--words``.
"""

import argparse
import gzip
import hashlib
import io
import os
import pickle
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
DRIVER = ROOT / "tests" / "same_driver.py"
INPUTS = (DRIVER, ROOT / "tests" / "evidence" / "claims.toml")
LIBRARIES = ("mesa", "matplotlib", "numba", "numpy", "pandas", "pyarrow", "pydantic", "scipy")
WORDS = "words"  # the group of items that people read
BASES_KEPT = 3
SHOWN = 8  # differing items of a group that are listed at most

Item = pd.DataFrame | str | bytes


class Difference(NamedTuple):
    """An item that is not the same in both versions, and where it first differs."""

    name: str
    where: str

    @property
    def counts(self) -> bool:
        """Whether it is more than a matter of words."""
        return not self.name.startswith(f"{WORDS}/")


def fingerprint(item: Item) -> str:
    """The SHA-256 of every bit of an item; of a table also of its column names and types."""
    digest = hashlib.sha256()
    for part in _parts(item):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def first_difference(one: Item, other: Item) -> str:
    """Where two items that differ do so first."""
    if type(one) is not type(other):
        return f"{type(one).__name__} against {type(other).__name__}"
    if isinstance(one, pd.DataFrame) and isinstance(other, pd.DataFrame):
        return _first_cell(one, other)
    lines = [_as_text(item).splitlines(keepends=True) for item in (one, other)]
    for number, (line, instead) in enumerate(zip(*lines, strict=False), start=1):
        if line != instead:
            return f"line {number}: {line!r} against {instead!r}"[:400]
    return f"{len(lines[0])} lines against {len(lines[1])}"


def compare(one: dict[str, Item], other: dict[str, Item]) -> Iterator[Difference]:
    """The items that differ, or that only one of two versions has."""
    for name in sorted(one.keys() | other.keys()):
        if name not in other:
            yield Difference(name, "exists only in the base")
        elif name not in one:
            yield Difference(name, "exists only in the working tree")
        elif fingerprint(one[name]) != fingerprint(other[name]):
            yield Difference(name, first_difference(one[name], other[name]))


def _parts(item: Item) -> Iterator[bytes]:
    """What a fingerprint is made of."""
    yield type(item).__name__.encode()
    if isinstance(item, str):
        yield item.encode(errors="surrogatepass")
    elif isinstance(item, bytes):
        yield item
    else:
        for name, column in _columns(item):
            cells = _cells(column)
            yield f"{name!r} {_type_of(column)}".encode()
            yield "\n".join(cells).encode() if cells.dtype == object else cells.tobytes()


def _columns(table: pd.DataFrame) -> Iterator[tuple[Any, pd.Series]]:
    """The index, then the columns of a table."""
    yield f"index {table.index.names}", pd.Series(table.index)
    for place, name in enumerate(table.columns):
        yield name, table.iloc[:, place]


def _type_of(column: pd.Series) -> str:
    categories = getattr(column.dtype, "categories", None)
    return str(column.dtype) if categories is None else f"category {list(categories)}"


def _cells(column: pd.Series) -> np.ndarray[Any, Any]:
    """The cells of a column so that equal ones have equal bits: NaN is always the same NaN."""
    values = column.to_numpy()
    if values.dtype.kind == "f":
        one_nan = np.where(np.isnan(values), np.nan, values).astype(values.dtype)
        return one_nan.view(f"u{values.dtype.itemsize}")
    if values.dtype.kind in "biu":
        return values
    return np.array([*map(repr, values.tolist())], dtype=object)


def _first_cell(one: pd.DataFrame, other: pd.DataFrame) -> str:
    """The first row in which two tables differ, or what differs in their shape."""
    names = [[name for name, _column in _columns(table)] for table in (one, other)]
    if names[0] != names[1]:
        return f"columns {names[0]} against {names[1]}"
    pairs = list(zip(_columns(one), _columns(other), strict=True))
    for (name, column), (_name, instead) in pairs:
        if _type_of(column) != _type_of(instead):
            return f"column {name}: type {_type_of(column)} against {_type_of(instead)}"
    rows = min(len(one), len(other))
    found = []
    for place, ((name, column), (_name, instead)) in enumerate(pairs):
        differ = np.flatnonzero(_cells(column)[:rows] != _cells(instead)[:rows])
        if len(differ):
            row = int(differ[0])
            values = f"{column.iloc[row]!r} against {instead.iloc[row]!r}"
            found.append((row, place, f"row {row}, column {name}: {values}, {len(differ)} rows"))
    return min(found)[-1] if found else f"{len(one)} rows against {len(other)}"


def _as_text(item: Any) -> str:
    return item if isinstance(item, str) else item.decode(errors="backslashreplace")


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True).stdout


def _cache_of(commit: str) -> Path:
    """Where the items of a commit are kept, under everything else that they depend on."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in LIBRARIES:
        digest.update(f" {name} {version(name)}".encode())
    for file in INPUTS:
        digest.update(file.read_bytes())
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "mufakat" / "same" / f"{commit[:12]}-{digest.hexdigest()[:12]}"


def _compute(version_folder: Path, results: Path, **variables: str) -> bool:
    """Compute all items of a version; returns whether it could."""
    results.mkdir(parents=True)
    command = [sys.executable, "-P", str(DRIVER), str(version_folder), str(results)]
    env = {**os.environ, "PYTHONPATH": str(version_folder), **variables}
    return subprocess.run(command, env=env, cwd=results, check=False).returncode == 0


def _compute_base(commit: str, cache: Path, scratch: Path) -> bool:
    """Compute the items of a commit and keep them in the cache."""
    results, sources = scratch / "base", scratch / "sources"
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit))) as archive:
        archive.extractall(sources, filter="data")
    # numba keeps compiled rules by the path of their source: nobody could use these once more.
    if not _compute(sources, results, XDG_CACHE_HOME=str(scratch / "compiled")):
        return False
    shutil.rmtree(cache, ignore_errors=True)
    shutil.copytree(results, cache)
    kept = sorted(cache.parent.iterdir(), key=lambda folder: folder.stat().st_mtime)
    for older in kept[:-BASES_KEPT]:
        shutil.rmtree(older, ignore_errors=True)
    return True


def _read(file: Path) -> dict[str, Item]:
    with gzip.open(file) as stream:
        items: dict[str, Item] = pickle.load(stream)
        return items


def _report(base: Path, tree: Path, *, words: bool, digests: Path | None) -> int:
    """Compare the items of two versions and print what differs; returns the exit code."""
    count = 0
    found: list[Difference] = []
    lines: list[str] = []
    for name in sorted({file.name for folder in (base, tree) for file in folder.iterdir()}):
        one, other = _read(base / name), _read(tree / name)
        count += len(one.keys() | other.keys())
        found += compare(one, other)
        if digests:
            lines += [f"{item} {fingerprint(value)}\n" for item, value in other.items()]
    if digests:
        digests.write_text("".join(lines), encoding="utf-8")
    for group, some in groupby(found, lambda difference: difference.name.partition("/")[0]):
        differing = list(some)
        print(f"{group}: {len(differing)} items differ")
        for difference in differing[:SHOWN]:
            print(f"  {difference.name}\n      {difference.where}")
        if len(differing) > SHOWN:
            print(f"  ... and {len(differing) - SHOWN} more")
    grave = [difference for difference in found if words or difference.counts]
    if found:
        less = len(found) - len(grave)
        print(f"{count} items compared: {len(grave)} differ; {less} more in words, not counted")
    else:
        print(f"{count} items compared: all are identical")
    return 1 if grave else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the working tree with a commit; returns the exit code."""
    parser = argparse.ArgumentParser(prog="same", description=__doc__.splitlines()[0])
    parser.add_argument("base", metavar="COMMIT", help="the commit to compare with")
    parser.add_argument("--words", action="store_true", help="a difference in words counts, too")
    parser.add_argument("--fresh", action="store_true", help="do not use the cached base")
    parser.add_argument("--digests", type=Path, metavar="FILE", help="write NAME DIGEST lines")
    options = parser.parse_args(arguments)
    try:
        commit = _git("rev-parse", "--verify", f"{options.base}^{{commit}}").decode().strip()
    except subprocess.CalledProcessError:
        print(f"same: {options.base} is not a commit", file=sys.stderr)
        return 2
    cache = _cache_of(commit)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as both:
        scratch = Path(folder)
        work = [both.submit(_compute, ROOT, scratch / "tree")]
        if options.fresh or not cache.is_dir():
            work.append(both.submit(_compute_base, commit, cache, scratch))
        else:
            print(f"base: {commit[:12]} is cached in {cache}", file=sys.stderr)
            os.utime(cache.parent)  # the package removes folders beside it that lie unused
        done = [each.result() for each in work]  # waits for both, also if one fails
        if not all(done):
            print("same: a version failed, see above", file=sys.stderr)
            return 2
        return _report(cache, scratch / "tree", words=options.words, digests=options.digests)


if __name__ == "__main__":
    sys.exit(main())
