"""CSV files that list stakeholders or ties, read into rows that a scenario can judge."""

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from sim.language import _
from sim.scenario.faults import Fault, Place, Places, ScenarioError, meant
from sim.scenario.files import read_text
from sim.scenario.listed import ListedStakeholder, ListedTie
from sim.scenario.parameters import Parameter, describe

Row = dict[str, Any]
Entry = type[ListedStakeholder] | type[ListedTie]

_FLAGS: Mapping[str, bool] = {
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}


def read_listing(file: Path, entry: Entry, name: str) -> tuple[list[Row], Places]:
    """The rows of a CSV file, and where they stand, as entries of the scenario's list `name`.

    The file is UTF-8, with or without a byte order mark; lines at its top that begin with ``#`` are
    comments. An empty cell is left out; a cell that should be a number and is none stays a text,
    for the scenario to judge.
    """
    rows: list[Row] = []
    places: Places = {}
    columns: list[str] = []
    for line, cells in _cells(file):
        if not columns:
            columns = cells
            _check_columns(columns, entry, Place(str(file), line))
            places[name,] = Place(str(file), line, known=1)
            continue
        if len(cells) != len(columns):
            text = _("has {cells} cells, the header has {columns}")
            text = text.format(cells=len(cells), columns=len(columns))
            raise ScenarioError([Fault((), text)], {(): Place(str(file), line)})
        places[name, len(rows)] = Place(str(file), line, known=2)
        rows.append(_row(dict(zip(columns, cells, strict=True)), entry))
    if not columns:
        raise ScenarioError([Fault((), _("is empty"))], {(): Place(str(file), 1)})
    return rows, places


def _cells(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of every row that is not blank, and the line it begins on."""
    text = read_text(file)
    lines = io.StringIO(text, newline="").readlines()
    comments = sum(1 for _line in takewhile(lambda line: line.startswith("#"), lines))
    reader = csv.reader(lines[comments:], strict=True, skipinitialspace=True)
    begins = comments + 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield begins, cells
            begins = comments + reader.line_num + 1
    except csv.Error as error:
        raise ScenarioError([Fault((), str(error))], {(): Place(str(file), begins)}) from None


def _fields(entry: Entry) -> dict[str, Any]:
    """The columns that a file may have."""
    return {field.alias or name: field for name, field in entry.model_fields.items()}


def _check_columns(columns: list[str], entry: Entry, place: Place) -> None:
    """Every column is known and stands once, and none is missing that must be there."""
    fields = _fields(entry)
    faults = []
    if len(columns) == 1 and ";" in columns[0]:
        faults.append(Fault((), _("columns are separated by commas, not semicolons")))
    for number, column in enumerate(columns):
        if column not in fields:
            hint = meant(column, fields)
            faults.append(Fault((column,), _("unknown column, {hint}").format(hint=hint)))
        elif column in columns[:number]:
            faults.append(Fault((column,), _("this column stands there twice")))
    for column, field in fields.items():
        if field.is_required() and column not in columns:
            text = _("this column is missing ({meaning})")
            faults.append(Fault((column,), text.format(meaning=_(field.description))))
    if faults:
        raise ScenarioError(faults[:1], {(): place})


def _row(cells: dict[str, str], entry: Entry) -> Row:
    """The values of the cells that are not empty."""
    fields = _fields(entry)
    return {
        column: _value(cell, describe(column, fields[column]))
        for column, cell in cells.items()
        if cell
    }


def _value(cell: str, parameter: Parameter | None) -> Any:
    """A cell as its column wants it, or as it is."""
    kind = parameter.kind if parameter else None
    if kind == "flag":
        return _FLAGS.get(cell.lower(), cell)
    if kind != "number" or "_" in cell:  # 1_000 is a number to Python, but to no spreadsheet
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell
