"""Using a stored study: export it as CSV, or carry its runs out again and compare."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from sim.base.files import MANIFEST
from sim.base.text import _
from sim.engine.runs import outcomes_and_rounds_of, outcomes_of
from sim.scenario import Scenario
from sim.studies.store import ROUND_NAMES
from sim.studies.study import StudyData, rounds_of, runs_of
from sim.studies.workers import OUTCOME_NAMES, BatchResult

SAMPLE = 100  # runs of each scenario that are carried out again if not all are
HEAD = ("scenario", "run")

Difference = tuple[int, str, float, float]


class Reproduced(NamedTuple):
    """How many runs were carried out again, and every number that is different now.

    ``different`` has one row each: scenario, run, outcome, kept, now.
    """

    checked: int
    different: pd.DataFrame


def reproduce(study: StudyData, every_run: bool = False, progress: bool = True) -> Reproduced:
    """Carry out runs of a study once more, and compare every stored number bit by bit.

    Parameters
    ----------
    every_run
        All runs, instead of ``SAMPLE`` of each scenario, evenly spread.
    progress
        Show a progress bar, if stderr is a terminal.

    Raises
    ------
    ValueError
        The study has behaviours of its own; :func:`sim.study` carries these out again.

    Examples
    --------
    >>> import sim
    >>> result = reproduce(sim.study("team", runs=20))
    >>> result.checked, len(result.different)
    (20, 0)
    """
    if study.behaviours:
        raise ValueError(_("a study with behaviours of your own is repeated by sim.study"))
    rows, checked = [], 0
    for name, scenario in study.scenarios.items():
        for rounds in (False, True):
            ended = sum(len(part.runs) for part in study.kept.batches(name, study.size, (), rounds))
            size = ended if every_run else min(ended, SAMPLE)
            parts = study.kept.batches(name, study.size, rounds=rounds)
            with tqdm(total=size, unit=_("runs"), disable=None if progress else True) as bar:
                for part in _stretches(parts, np.linspace(0, ended - 1, size).astype(int)):
                    compared = _other_rounds if rounds else _other_outcomes
                    rows += [(name, *row) for row in compared(scenario, study.seed, part)]
                    checked += 0 if rounds else len(part.runs)
                    bar.update(len(part.runs))
    columns = ["scenario", "run", "outcome", "kept", "now"]
    return Reproduced(checked, pd.DataFrame(rows, columns=columns))


def _stretches(parts: Iterable[BatchResult], places: NDArray[np.int64]) -> Iterator[BatchResult]:
    """Yield the runs at these places among all runs, consecutive ones of a batch together."""
    before = 0
    for part in parts:
        inside = places[(places >= before) & (places < before + len(part.runs))] - before
        numbers = part.runs[inside]
        for stretch in np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1):
            if len(stretch):
                yield part.within(range(int(stretch[0]), int(stretch[-1]) + 1))
        before += len(part.runs)


def _other_outcomes(scenario: Scenario, seed: int, stored: BatchResult) -> Iterator[Difference]:
    """Yield every outcome of some consecutive runs that is different now."""
    now = outcomes_of(scenario, seed, int(stored.runs[0]), len(stored.runs))
    for k, n in np.argwhere(_other(stored.outcomes, now)):
        yield int(stored.runs[k]), OUTCOME_NAMES[n], float(stored.outcomes[k, n]), float(now[k, n])


def _other_rounds(scenario: Scenario, seed: int, stored: BatchResult) -> Iterator[Difference]:
    """Yield every number of their rounds, or number of rounds, that is different now."""
    _outcomes, now = outcomes_and_rounds_of(scenario, seed, int(stored.runs[0]), len(stored.runs))
    before = stored.rounds or now
    for k, run in enumerate(stored.runs):
        one, other = before.within(k, k + 1), now.within(k, k + 1)
        if one.lengths != other.lengths:
            yield int(run), _("rounds"), float(one.lengths[0]), float(other.lengths[0])
            continue
        for name, values in one.columns.items():
            for m in np.flatnonzero(_other(values, other.columns[name])):
                label = _("{name} in round {number}", name=name, number=m + 1)
                yield int(run), label, float(values[m]), float(other.columns[name][m])


def _other(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where two arrays differ in a bit; all missing numbers are equal."""
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    bits: NDArray[np.bool_] = one.view(np.uint64) != other.view(np.uint64)
    return bits & ~(np.isnan(one) & np.isnan(other))


def beside(folder: Path) -> Path:
    """Return the default file for the table of a study: beside its folder, with its name.

    >>> beside(Path("results/study_team, deliberation=0.5")).name
    'study_team, deliberation=0.5.csv'
    """
    folder = folder if folder.name not in ("", "..") else folder.resolve()
    return folder.with_name(f"{folder.name}.csv")


def refuse(file: Path) -> None:
    """Refuse to write over anything but a table of runs, or into a folder of results.

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


def export(study: StudyData, file: Path) -> dict[Path, int]:
    """Write one row a run, and, where rounds are kept, one row a round into a file beside it.

    Returns
    -------
    dict
        The files, ``file`` and one whose name ends with ``_rounds``, and how many rows each has.
        They are written whole or not at all.

    Raises
    ------
    OSError
        They cannot be written, or other content would be lost.
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
    """Write tables below each other and return the number of rows."""
    rows = 0
    with file.open("wb") as stream:
        stream.write(",".join((*HEAD, *columns)).encode() + b"\n")
        for table in tables:
            text = table.to_csv(index=False, header=False, lineterminator="\n")
            stream.write(text.encode())
            rows += len(table)
    return rows
