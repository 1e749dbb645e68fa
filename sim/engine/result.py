"""The result of one run, as numbers: its outcomes and its tables, and how they are saved."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from sim.base.files import MADE_BY, MANIFEST, write_folder
from sim.base.version import __version__
from sim.scenario import Scenario

TABLES = (
    "outcomes.csv",
    "rounds.csv",
    "stakeholders.csv",
    "events.csv",
    "paths.csv",
    "ties.csv",
    "options.csv",
)


@dataclass(frozen=True, eq=False, repr=False)
class RunData:
    """One scenario, carried through its rounds under one seed and one run number.

    Attributes
    ----------
    scenario
        What was asked.
    seed, run
        With the scenario they determine every number of the run.
    outcomes
        The numbers the run ends with, by name; missing (NaN) where a run has no such number, for
        example the months to an agreement that was never reached.
    rounds
        One row a round.
    stakeholders
        One row a stakeholder.
    events
        One row for each thing somebody did or that happened, in the order in which it did.
    paths
        One row a round and stakeholder: where it stood, what it wanted, promised and did.
    ties
        One row a tie and direction, with the trust at first and at last.
    options
        One row a problem and option.
    """

    scenario: Scenario
    seed: int
    run: int
    outcomes: pd.Series
    rounds: pd.DataFrame
    stakeholders: pd.DataFrame
    events: pd.DataFrame
    paths: pd.DataFrame
    ties: pd.DataFrame
    options: pd.DataFrame

    def __repr__(self) -> str:
        return f"<Run {self.scenario.title!r}, seed {self.seed}, run {self.run}>"


def write_run(run: RunData, folder: str | Path, others: Mapping[str, bytes]) -> None:
    """Write the tables of a run, other files about it, and the manifest, or nothing.

    Parameters
    ----------
    others
        Contents of the other files, by name.

    Raises
    ------
    OSError
        The folder holds files of something else, or cannot be written.
    """
    files = {**dict(zip(TABLES, map(_csv, _tables(run)), strict=True)), **others}
    write_folder(folder, {**files, MANIFEST: _manifest(run, files)})


def _tables(run: RunData) -> tuple[pd.DataFrame, ...]:
    row = run.outcomes.to_frame().T
    for place, (name, value) in enumerate(
        (("scenario", run.scenario.title), ("seed", run.seed), ("run", run.run))
    ):
        row.insert(place, name, [value])
    return row, run.rounds, run.stakeholders, run.events, run.paths, run.ties, run.options


def _manifest(run: RunData, files: Mapping[str, bytes]) -> bytes:
    """Returns all that is needed to repeat the run and to check its files; no time of day."""
    key, value = MADE_BY
    versions = {name: version(name) for name in ("numpy", "numba", "pandas")}
    content: dict[str, Any] = {
        key: value,
        "title": run.scenario.title,
        "seed": run.seed,
        "run": run.run,
        "versions": {"mufakat": __version__, "python": platform.python_version(), **versions},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "digest": run.scenario.digest(),
        "scenario": run.scenario.resolved(),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _csv(table: pd.DataFrame) -> bytes:
    r"""Returns the table as CSV; each number in the shortest form that gives the same bits.

    >>> _csv(pd.DataFrame({"who": ["Bima, Ltd", None], "trust": [0.1 + 0.2, float("nan")]}))
    b'who,trust\n"Bima, Ltd",0.30000000000000004\n,\n'
    """
    return table.to_csv(index=False, lineterminator="\n").encode()
