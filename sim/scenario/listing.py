"""Files that list stakeholders or ties: what their rows mean, whatever their format."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sim.language import N_, _
from sim.scenario.complaints import shown
from sim.scenario.faults import UNREAD, Fault, Place, Places, ScenarioError, closest, meant
from sim.scenario.faults import Path as FieldPath
from sim.scenario.listed import ListedStakeholder, ListedTie
from sim.scenario.parameters import Parameter, describe
from sim.scenario.scales import LEAST, MOST, SCALES, Scale
from sim.scenario.spreadsheet import Row, Sheet, Unusable, read_sheet

_FLAGS: Mapping[str, bool] = {
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}


class Kind(NamedTuple):
    """What a file can list.

    Attributes
    ----------
    table, key
        Where a scenario names the file.
    name
        The scenario's list that the rows become.
    sheet
        The sheet of a workbook that holds it.
    entry
        What a row is.
    whole
        Whether a column is given for every row or for none.
    nobody
        What to say if there is no row.
    """

    table: str
    key: str
    name: str
    sheet: str
    entry: type[ListedStakeholder] | type[ListedTie]
    whole: bool
    nobody: str


STAKEHOLDERS = Kind(
    "stakeholders",
    "file",
    "listed",
    "stakeholders",
    ListedStakeholder,
    True,
    N_("lists nobody: add a row for each stakeholder"),
)
TIES = Kind(
    "form",
    "ties_file",
    "listed_ties",
    "ties",
    ListedTie,
    False,
    N_("lists no tie: add some, or take out the line ties_file, and ties follow the form"),
)


class Listing(NamedTuple):
    """What a file lists: rows for a scenario to judge, and what is wrong with them already.

    Of every value in `unread` a fault speaks; in its place stands `UNREAD`.
    """

    rows: list[dict[str, Any]]
    places: Places
    faults: list[Fault]
    unread: set[FieldPath]


class Column(NamedTuple):
    """A column of a file: as its header has it, and as the scenario has it."""

    written: str
    field: str
    meaning: str
    parameter: Parameter | None
    required: bool
    scale: Scale | None


def read_listing(file: Path, kind: Kind) -> Listing:
    """The rows of a CSV file or a workbook, as entries of a scenario's list.

    An empty cell is left out if it may be; a cell that should be a number and is none stays a text,
    for the scenario to judge.

    Raises
    ------
    ScenarioError
        The file cannot be read, or its header is not that of such a list.
    """
    sheet = read_sheet(file, kind.sheet)
    if not sheet.rows:
        raise ScenarioError([Fault((), _("is empty"), Place(str(file), 1))])
    line, header = sheet.rows[0]
    here = Place(str(file), line, known=1)
    known = columns_of(kind)
    faults = list(_header_faults(kind, header, known, here))
    if not faults and len(sheet.rows) == 1:
        faults = [Fault((), _(kind.nobody), here)]
    if faults:
        raise ScenarioError(faults)
    listing = Listing([], {(kind.name,): here}, [], set())
    columns = [known[name] for name in header]
    for row in sheet.rows[1:]:
        _add(listing, kind, columns, row, sheet, file)
    _add_gaps(listing, kind, columns, sheet.rows[1:])
    return listing


def columns_of(kind: Kind) -> dict[str, Column]:
    """The columns that a file may have, by the names that its header may give them.

    >>> list(columns_of(TIES))
    ['from', 'to', 'trust', 'trust_1to5']
    """
    columns = {}
    for name, field in kind.entry.model_fields.items():
        name = field.alias or name
        meaning, required = field.description or "", field.is_required()
        columns[name] = Column(name, name, meaning, describe(name, field), required, None)
    for scale in SCALES.values():
        if scale.column in columns:
            columns[scale.name] = columns[scale.column]._replace(written=scale.name, scale=scale)
    return columns


def _header_faults(
    kind: Kind, header: Sequence[str], known: Mapping[str, Column], here: Place
) -> Iterator[Fault]:
    """Every column is known and stands once, and none is missing that must be there."""
    hinted = {closest(name, known) for name in header if name not in known}
    fields = [known[name].field for name in header if name in known]
    for number, name in enumerate(header):
        path = (kind.name, name)
        if not name:
            text = _("column {number} has no name", number=number + 1)
            yield Fault((kind.name,), text, here)
        elif name not in known:
            text = _("unknown column, {hint}", hint=meant(name, known))
            yield Fault(path, text, here)
        elif name in header[:number]:
            yield Fault(path, _("this column stands there twice"), here)
        elif known[name].scale and known[name].field in header:
            text = _("stands for {column}, which is there as well: delete one of the two")
            yield Fault(path, text.format(column=known[name].field), here)
    for name, column in known.items():
        if column.required and column.field not in fields and name not in hinted:
            text = _("this column is missing ({meaning})", meaning=_(column.meaning))
            yield Fault((kind.name, name), text, here)


def _add(
    listing: Listing, kind: Kind, columns: Sequence[Column], row: Row, sheet: Sheet, file: Path
) -> None:
    """Read one row into the listing."""
    line, cells = row
    path: FieldPath = (kind.name, len(listing.rows))
    here = listing.places[path] = Place(str(file), line, known=2)
    if len(cells) > len(columns):
        text = _("has {cells} cells, the header has {columns}")
        text = text.format(cells=len(cells), columns=len(columns))
        listing.faults.append(Fault(path, text, here))
    values: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=False):
        if not cell:
            continue
        fault = cell if isinstance(cell, Unusable) else _answer_fault(column, cell, sheet)
        values[column.field] = UNREAD if fault else _value(column, cell, sheet)
        if fault:
            listing.unread.add((*path, column.field))
            listing.faults.append(Fault((*path, column.written), fault, here))
    listing.rows.append(values)


def _answer_fault(column: Column, cell: str, sheet: Sheet) -> str | None:
    """What is wrong with an answer on a scale."""
    if column.scale is None:
        return None
    number = sheet.number(cell)
    if number is not None and LEAST <= number <= MOST:
        return None
    first, *_between, last = map(_, column.scale.words)
    return _(
        "must be a number from {least} to {most}, not {value} ({meaning}: {steps})",
        least=LEAST,
        most=MOST,
        value=shown(cell) if number is None else cell,
        meaning=_(column.meaning),
        steps=f"{LEAST} = {first}; {MOST} = {last}",
    )


def _value(column: Column, cell: str, sheet: Sheet) -> Any:
    """A cell as its column wants it, or as it is."""
    kind = column.parameter.kind if column.parameter else None
    if kind == "flag":
        return _FLAGS.get(cell.lower(), cell)
    if kind == "choice":
        return _word(column, cell)
    if kind != "number":
        return cell
    number = sheet.number(cell)
    if number is None:
        return cell
    return column.scale.value(number) if column.scale else number


def _word(column: Column, cell: str) -> str:
    """The word of a choice that a cell holds, however it writes capitals and blanks, or the cell.

    >>> _word(columns_of(STAKEHOLDERS)["sector"], "Civil society")
    'civil_society'
    """
    word = "_".join(cell.lower().split())
    choices = column.parameter.choices if column.parameter else ()
    return word if word in choices else cell


def _add_gaps(listing: Listing, kind: Kind, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """Say of every cell that must be filled in and is not: with its row, or with its column."""
    filled = [
        {column.written for column, cell in zip(columns, cells, strict=False) if cell}
        for _line, cells in rows
    ]
    must = [column for column in columns if column.required or kind.whole]
    required = {column.written for column in columns if column.required}
    everywhere = set().union(*filled)
    # Where not one row is begun, each row says all that it lacks.
    begun = any(required <= row for row in filled)
    unused = [column for column in must if begun and column.written not in everywhere]
    for column in unused:
        text = _("is empty in every row: fill it in, or delete the column and its values are drawn")
        listing.faults.append(Fault((kind.name, column.written), text, listing.places[kind.name,]))
    for number, row in enumerate(filled):
        missing = [column for column in must if column.written not in row]
        for column in missing:
            listing.unread.add((kind.name, number, column.field))
            listing.rows[number][column.field] = UNREAD
        names = [column.written for column in missing if column not in unused]
        if names:
            text = _("still to be filled in: {columns} (or delete the row)")
            text = text.format(columns=", ".join(names))
            path = (kind.name, number)
            listing.faults.append(Fault(path, text, listing.places[path]))
