"""What goes wrong while a store writes: a write, sync or rename that fails, or ends the process.

Run as a program, it lets one process after another die so, as the plans on stdin ask; each dies as
by a pull of the plug, without a chance to tidy up.
"""

import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

import sim
from sim.api.studies import Study
from sim.scenario import Scenario

ASKED = {"team": sim.load("team"), "own": Scenario(title="Mine", cycles=1)}
RUNS = 130  # a whole batch and a part of one
FILES = 2 * len(ASKED) + 1  # with the manifest
carried = partial(sim.study, ASKED, progress=False)

# What it takes to put down a file: its bytes, these on the disk, its name, that on the disk.
CALLS = ("write", "sync", "rename", "sync") * FILES
BEFORE, HALF, AFTER = "before", "half", "after"
# Every call, and whether it had taken effect.
POINTS = [
    (at, when)
    for at, call in enumerate(CALLS)
    for when in ((BEFORE, HALF, AFTER) if call == "write" else (BEFORE, AFTER))
]
DIED = 9


def disk_full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def die() -> None:
    os._exit(DIED)


@contextmanager
def fault(at: int | None, when: str = BEFORE, end: Callable[[], None] = disk_full) -> Iterator[Any]:
    """End so at the call of that number; gives the list of the calls that were made."""
    calls: list[str] = []

    def call(name: str, act: Callable[..., Any], *arguments: Any) -> Any:
        calls.append(name)
        if len(calls) - 1 != at:
            return act(*arguments)
        if when == HALF:
            act(arguments[0][: len(arguments[0]) // 2])
        elif when == AFTER:
            act(*arguments)
        return end()

    open_, replace, sync = Path.open, os.replace, os.fsync

    def opened(path: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        stream = open_(path, mode, *arguments, **named)
        if "x" in mode:
            stream = Written(stream, partial(call, "write"))
        return stream

    with (
        patch.object(Path, "open", opened),
        patch.object(os, "replace", partial(call, "rename", replace)),
        patch.object(os, "fsync", partial(call, "sync", sync)),
    ):
        yield calls


class Written(io.BufferedIOBase):
    """A file being written; what was put down of it before a crash has reached the disk."""

    def __init__(self, stream: Any, call: Callable[..., Any]) -> None:
        self.stream, self.call = stream, call

    def write(self, content: Any) -> Any:
        return self.call(self._write, content)

    def _write(self, content: bytes) -> None:
        self.stream.write(content)
        self.stream.flush()

    def fileno(self) -> int:
        return self.stream.fileno()

    def close(self) -> None:
        self.stream.close()
        super().close()


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def same(one: Study, other: Study) -> None:
    pd.testing.assert_frame_equal(one.runs, other.runs, check_exact=True)
    pd.testing.assert_frame_equal(one.failures, other.failures, check_exact=True)


def let_die(plans: list[tuple[str, int, str]]) -> None:
    """One process after the other carries out the study in its folder, and dies at its point."""
    carried(1)  # compiled once, not by each of them
    for folder, at, when in plans:
        child = os.fork()
        if child == 0:
            try:
                with fault(at, when, die):
                    carried(RUNS, store=folder)
            finally:
                os._exit(0)
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    let_die(json.load(sys.stdin))
