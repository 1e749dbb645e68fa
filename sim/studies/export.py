"""The tables of a study as CSV files, written batch by batch however many runs there are."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from sim.language import _
from sim.studies.batches import OUTCOME_NAMES
from sim.studies.manifest import MANIFEST
from sim.studies.shards import ROUND_NAMES
from sim.studies.study import Study
from sim.studies.tables import rounds_of, runs_of

HEAD = ("scenario", "run")


def beside(folder: Path) -> Path:
    """The file for the table of a study if no other is named: beside its folder, by its name.

    >>> beside(Path("results/study_team, deliberation=0.5")).name
    'study_team, deliberation=0.5.csv'
    """
    folder = folder if folder.name not in ("", "..") else folder.resolve()
    return folder.with_name(f"{folder.name}.csv")


def refuse(file: Path) -> None:
    """Write over nothing but a table of runs, and into no folder of results.

    Raises
    ------
    OSError
        The file is none for a table.
    """
    text = ""
    if file.suffix.lower() != ".csv":
        text = _("the name of a table ends in .csv")
    elif (file.parent / MANIFEST).is_file():
        text = _("its folder holds results, which a table is kept apart from")
    elif file.is_file():
        with file.open("rb") as stream:
            if not stream.readline().startswith(",".join((*HEAD, "")).encode()):
                text = _("holds something else than runs: give another name")
    if text:
        raise OSError(f"{file}: {text}")


def export(study: Study, file: Path) -> dict[Path, int]:
    """Write one row a run, and, where rounds are kept, one row a round into a file beside it.

    Returns
    -------
    dict
        The files, ``file`` and its namesake that ends with ``_rounds``, and how many rows each
        has. They are there whole, or what was there before.

    Raises
    ------
    OSError
        They cannot be written, or something else would be written over.
    """
    refuse(file)
    names = list(study.scenarios)
    tables = {file: (OUTCOME_NAMES, (runs_of(part, names) for part in study.parts()))}
    if next(study.parts(rounds=True), None) is not None:
        second = file.with_name(f"{file.stem}_rounds{file.suffix}")
        refuse(second)
        rounds = (rounds_of([part], names) for part in study.parts(rounds=True))
        tables[second] = ROUND_NAMES, rounds
    halves = {file.with_name(f".{file.name}.half"): file for file in tables}
    with ExitStack() as after:
        for half in halves:  # a full disk leaves no half of a table
            after.callback(half.unlink, missing_ok=True)
        rows = {whole: _write(half, *tables[whole]) for half, whole in halves.items()}
        for half, whole in halves.items():
            half.replace(whole)
    return rows


def _write(file: Path, columns: Iterable[str], tables: Iterable[pd.DataFrame]) -> int:
    """Write tables below each other; gives how many rows there are."""
    rows = 0
    with file.open("wb") as stream:
        stream.write(",".join((*HEAD, *columns)).encode() + b"\n")
        for table in tables:
            text = table.to_csv(index=False, header=False, lineterminator="\n")
            stream.write(text.encode())
            rows += len(table)
    return rows
