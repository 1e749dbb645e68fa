"""Stakeholders and ties that are listed one by one, in the scenario itself or in a file.

A file is CSV or a workbook. It may have answers on a scale from 1 to 5 instead of a column's own
values.
"""

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

from sim.base.text import N_, _
from sim.scenario.choices import MAX_ANSWER, MIN_ANSWER, SCALES, Scale
from sim.scenario.errors import (
    UNREAD,
    Fault,
    FieldPath,
    Place,
    Places,
    ScenarioError,
    closest,
    did_you_mean,
    format_value,
    raise_faults,
)
from sim.scenario.fields import Parameter, parameter_of
from sim.scenario.files import read_bytes, read_text
from sim.scenario.tables import COLUMNS, ListedStakeholder, ListedTie, normalise_name


def check_stakeholders(listed: tuple[ListedStakeholder, ...]) -> None:
    """Raise an error unless names are unique and columns are complete or absent."""
    faults = list(name_faults([who.name for who in listed]))
    for column in COLUMNS:
        gaps = [row for row, who in enumerate(listed) if getattr(who, column) is None]
        if gaps and len(gaps) < len(listed):
            text = _("has a gap here: a column is given for every stakeholder or for none")
            faults.append(Fault(("listed", gaps[0], column), text))
    if listed and (listed[0].interest_x is None) != (listed[0].interest_y is None):
        faults.append(Fault(("listed",), _("interest_x and interest_y are given together")))
    raise_faults(faults)


def check_ties(ties: tuple[ListedTie, ...], names: Iterable[str]) -> None:
    """Raise an error unless ties join two different known stakeholders, once per direction."""
    raise_faults(tie_faults([(tie.from_, tie.to) for tie in ties], names))


def name_faults(names: Iterable[str]) -> Iterator[Fault]:
    """Yield a fault for each name listed twice; empty names are ignored."""
    seen = {""}
    for row, name in enumerate(map(normalise_name, names)):
        if name and name in seen:
            text = _('"{name}" is listed twice', name=name)
            yield Fault(("listed", row, "name"), text)
        seen.add(name)


def tie_faults(ties: Iterable[tuple[str, str]], names: Iterable[str]) -> Iterator[Fault]:
    """Yield a fault for each tie that does not join two stakeholders; empty ends are ignored."""
    known = dict.fromkeys(filter(None, names))
    hint = cache(partial(did_you_mean, known=known))  # many ties may have the same misspelt name
    seen = set()
    for row, tie in enumerate(ties):
        for column, name in zip(("from", "to"), tie, strict=True):
            if name and name not in known:
                text = _('unknown stakeholder "{name}", {hint}', name=name, hint=hint(name))
                yield Fault(("listed_ties", row, column), text)
        first, second = tie
        if first == second and first in known:
            text = _('"{name}" is tied to itself', name=first)
            yield Fault(("listed_ties", row, "to"), text)
        elif all(tie) and tie in seen:
            text = _('the tie from "{first}" to "{second}" is listed twice')
            yield Fault(("listed_ties", row), text.format(first=first, second=second))
        seen.add(tie)


# The line of a row in the file, or its number in the sheet, and its cells, "" if empty.
Row = tuple[int, list[str]]
_WORKBOOKS = (".xlsx", ".xlsm")
_OTHERS = (".xls", ".xlsb", ".ods", ".numbers")
_SEPARATORS = (",", ";", "\t")
# Some programs write the separator on the first line; the header shows it anyway.
_SAYS_SEPARATOR = re.compile(r'"?sep=.?"?[,;\t]*', re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}\.\d{3}")
_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
_LARGEST = 64 * 2**20  # bytes of an unpacked workbook; real ones have a thousandth of it
_ROWS, _COLUMNS = 2**20, 200  # the limit of Excel; more columns than any list has
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


class Sheet(NamedTuple):
    """The rows of a file without blank rows and comments, and how it writes numbers.

    With ``decimal_comma``, 0,5 may be a number. With ``thousands_point``, the file has such a
    number, so 1.000 is a thousand.
    """

    rows: list[Row]
    decimal_comma: bool
    thousands_point: bool = False

    def number(self, cell: str) -> float | None:
        """Return the number in a cell, if it is one."""
        if "_" in cell:  # Python reads 1_000 as a number, spreadsheets do not
            return None
        if self.thousands_point and _THOUSANDS.fullmatch(cell):
            return None  # 1.000 where decimals have commas: a thousand, not one
        try:
            return float(cell.replace(",", ".") if self.decimal_comma else cell)
        except ValueError:
            return None


class Unusable(str):
    """A cell that is neither a text nor a number; the text is the message about it."""


class ListKind(NamedTuple):
    """What a file can list: stakeholders or ties.

    Attributes
    ----------
    table, key
        The table and the key of a scenario that name the file.
    name
        The scenario's list that the rows become.
    sheet
        The sheet of a workbook with the list.
    entry
        The type of a row.
    whole
        Whether a column must be filled in for every row or for none.
    nobody
        The message if there is no row.
    """

    table: str
    key: str
    name: str
    sheet: str
    entry: type[ListedStakeholder] | type[ListedTie]
    whole: bool
    nobody: str


STAKEHOLDERS = ListKind(
    "stakeholders",
    "file",
    "listed",
    "stakeholders",
    ListedStakeholder,
    True,
    N_("lists nobody: add a row for each stakeholder"),
)
TIES = ListKind(
    "form",
    "ties_file",
    "listed_ties",
    "ties",
    ListedTie,
    False,
    N_("lists no tie: add some, or take out the line ties_file, and ties follow the form"),
)


class Listing(NamedTuple):
    """The rows of a file for a scenario to validate, their places, and the faults found so far.

    `unread` has the paths of the values that have a fault; the value in `rows` is `UNREAD`.
    """

    rows: list[dict[str, Any]]
    places: Places
    faults: list[Fault]
    unread: set[FieldPath]


class Column(NamedTuple):
    """A column of a file: its name in the header, and the field it becomes."""

    written: str
    field: str
    meaning: str
    parameter: Parameter | None
    required: bool
    scale: Scale | None


def read_listing(file: Path, kind: ListKind) -> Listing:
    """Read a CSV file or a workbook into entries of a scenario's list.

    Optional cells that are empty are left out. A cell that should be a number but is not remains a
    text, which the scenario rejects.

    Raises
    ------
    ScenarioError
        The file cannot be read, or its header has faults.
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
    for entry, (line, cells) in enumerate(sheet.rows[1:]):
        listing.places[kind.name, entry] = Place(str(file), line, known=2)
        _add_row(listing, (kind.name, entry), columns, cells, sheet)
    _add_gaps(listing, kind, columns, sheet.rows[1:])
    return listing


def columns_of(kind: ListKind) -> dict[str, Column]:
    """Return the columns that a file may have, by the names that its header may contain.

    >>> list(columns_of(TIES))
    ['from', 'to', 'trust', 'trust_1to5']
    """
    columns = {}
    for name, field in kind.entry.model_fields.items():
        name = field.alias or name
        meaning, required = field.description or "", field.is_required()
        columns[name] = Column(name, name, meaning, parameter_of(name, field), required, None)
    for scale in SCALES.values():
        if scale.column in columns:
            columns[scale.name] = columns[scale.column]._replace(written=scale.name, scale=scale)
    return columns


def _header_faults(
    kind: ListKind, header: Sequence[str], known: Mapping[str, Column], here: Place
) -> Iterator[Fault]:
    """Yield a fault for each unknown, repeated or missing column."""
    hinted = {closest(name, known) for name in header if name not in known}
    fields = [known[name].field for name in header if name in known]
    for place, name in enumerate(header):
        path = (kind.name, name)
        if not name:
            text = _("column {number} has no name", number=place + 1)
            yield Fault((kind.name,), text, here)
        elif name not in known:
            yield Fault(path, _("unknown column, {hint}", hint=did_you_mean(name, known)), here)
        elif name in header[:place]:
            yield Fault(path, _("this column is listed twice"), here)
        elif known[name].scale and known[name].field in header:
            text = _("stands for {column}, which is there as well: delete one of the two")
            yield Fault(path, text.format(column=known[name].field), here)
    for name, column in known.items():
        if column.required and column.field not in fields and name not in hinted:
            text = _("this column is missing ({meaning})", meaning=_(column.meaning))
            yield Fault((kind.name, name), text, here)


def _add_row(
    listing: Listing, path: FieldPath, columns: Sequence[Column], cells: Sequence[str], sheet: Sheet
) -> None:
    """Add the values and the faults of one row."""
    here = listing.places[path]
    if len(cells) > len(columns):
        count, most = len(cells), len(columns)
        text = _("has {cells} cells, the header has {columns}", cells=count, columns=most)
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
    """Return the message about an invalid answer on a scale."""
    if column.scale is None:
        return None
    number = sheet.number(cell)
    if number is not None and MIN_ANSWER <= number <= MAX_ANSWER:
        return None
    first, *_between, last = map(_, column.scale.words)
    return _(
        "must be a number from {least} to {most}, not {value} ({meaning}: {steps})",
        least=MIN_ANSWER,
        most=MAX_ANSWER,
        value=format_value(cell) if number is None else cell,
        meaning=_(column.meaning),
        steps=f"{MIN_ANSWER} = {first}; {MAX_ANSWER} = {last}",
    )


def _value(column: Column, cell: str, sheet: Sheet) -> Any:
    """Return the value of a cell, or the cell itself if it has none."""
    kind = column.parameter.kind if column.parameter else None
    if kind == "flag":
        word = cell.lower()
        return word in _TRUE if word in _TRUE + _FALSE else cell
    if kind == "choice":
        return _word(column, cell)
    if kind != "number":
        return cell
    number = sheet.number(cell)
    if number is None:
        return cell
    return column.scale.value(number) if column.scale else number


def _word(column: Column, cell: str) -> str:
    """Return the choice in a cell, whatever its capitals and blanks, or the cell itself.

    >>> _word(columns_of(STAKEHOLDERS)["sector"], "Civil society")
    'civil_society'
    """
    word = "_".join(cell.lower().split())
    choices = column.parameter.choices if column.parameter else ()
    return word if word in choices else cell


def _add_gaps(
    listing: Listing, kind: ListKind, columns: Sequence[Column], rows: Sequence[Row]
) -> None:
    """Add a fault for each row or column with empty cells that must be filled in."""
    filled = [
        {column.written for column, cell in zip(columns, cells, strict=False) if cell}
        for _line, cells in rows
    ]
    must = [column for column in columns if column.required or kind.whole]
    required = {column.written for column in columns if column.required}
    everywhere = set().union(*filled)
    # As long as no row has its required cells, each row lists all of its gaps.
    begun = any(required <= row for row in filled)
    unused = [column for column in must if begun and column.written not in everywhere]
    for column in unused:
        text = _("is empty in every row: fill it in, or delete the column and its values are drawn")
        listing.faults.append(Fault((kind.name, column.written), text, listing.places[kind.name,]))
    for place, row in enumerate(filled):
        missing = [column for column in must if column.written not in row]
        for column in missing:
            listing.unread.add((kind.name, place, column.field))
            listing.rows[place][column.field] = UNREAD
        names = [column.written for column in missing if column not in unused]
        if names:
            text = _("still to be filled in: {columns} (or delete the row)")
            text = text.format(columns=", ".join(names))
            path = (kind.name, place)
            listing.faults.append(Fault(path, text, listing.places[path]))


# Rows of a file, whatever they mean


def read_sheet(file: Path, name: str) -> Sheet:
    r"""Read a CSV file, or the sheet `name` of a workbook, or its first sheet.

    Blank rows are left out, and so are comments: rows whose first cell begins with ``#``.

    Parameters
    ----------
    file
        A workbook ends in ``.xlsx`` or ``.xlsm``. Other files are CSV in UTF-8, with or without a
        byte order mark, separated by commas, semicolons or tabs. Unless commas separate the cells,
        ``0,5`` is a number.
    name
        The name of the sheet, in lower case.

    Raises
    ------
    ScenarioError
        The file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "list.csv")
    >>> _size = file.write_text("# who there is;;\nname;power\nCity;0,5\n")
    >>> read_sheet(file, "stakeholders")
    Sheet(rows=[(2, ['name', 'power']), (3, ['City', '0,5'])], decimal_comma=True,
          thousands_point=True)
    """
    suffix = file.suffix.lower()
    if suffix in _OTHERS:
        raise _error(file, _("is in a format that is not read: save it as .xlsx or CSV UTF-8"))
    if suffix in _WORKBOOKS:
        return Sheet(list(_contents(_workbook_rows(file, name))), decimal_comma=True)
    lines = io.StringIO(read_text(file), newline="").readlines()
    separator = max(_SEPARATORS, key=lambda separator: _header_width(file, lines, separator))
    rows = list(_contents(_csv_rows(file, lines, separator)))
    comma = separator != ","
    cells = (cell for _line, cells in rows for cell in cells)
    return Sheet(rows, comma, comma and any(map(_DECIMAL_COMMA.fullmatch, cells)))


def _header_width(file: Path, lines: Sequence[str], separator: str) -> int:
    """Return the number of cells of the header with this separator."""
    with suppress(ScenarioError):
        return next(
            (len(cells) for _line, cells in _contents(_csv_rows(file, lines, separator))), 0
        )
    return 0


def _csv_rows(file: Path, lines: Sequence[str], separator: str) -> Iterator[Row]:
    """Yield the records of a CSV file, each with its first line."""
    first = 1

    def without_comments() -> Iterator[str]:
        """Yield a blank line for each comment, in which a quotation mark opens no cell."""
        for number, line in enumerate(lines, start=1):
            says_separator = number == 1 and _SAYS_SEPARATOR.fullmatch(line.strip())
            is_comment = number == first and _is_comment(line.lstrip())
            yield "\n" if says_separator or is_comment else line

    reader = csv.reader(without_comments(), delimiter=separator, strict=True, skipinitialspace=True)
    try:
        for record in reader:
            yield first, [cell.strip() for cell in record]
            first = reader.line_num + 1
    except csv.Error as error:
        raise _error(file, str(error), first) from None


def _error(file: Path, text: str, line: int = 1) -> ScenarioError:
    return ScenarioError([Fault((), text, Place(str(file), line))])


def _contents(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows with content, without the empty cells at their end."""
    for line, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if cells and not _is_comment(cells[0]):
            yield line, [_checked(cell) for cell in cells]


def _is_comment(text: str) -> bool:
    """Return whether a row is a comment by its beginning; ``#N/A`` and the like are errors."""
    return text.startswith("#") and not text.startswith(_ERRORS)


def _checked(cell: str) -> str:
    return Unusable(_("holds an error, {error}", error=cell)) if cell in _ERRORS else cell


def _workbook_rows(file: Path, name: str) -> Iterator[Row]:
    """Yield the numbered rows of a sheet."""
    content = read_bytes(file)
    try:
        import openpyxl
    except ImportError:
        raise _error(file, needs_openpyxl()) from None
    damaged = _("is no workbook that can be read: it is damaged, or protected by a password")
    try:
        with ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > _LARGEST:
            text = _("is too large: {size} MiB unpacked, where {most} are allowed")
            raise _error(file, text.format(size=unpacked >> 20, most=_LARGEST >> 20))
        with warnings.catch_warnings():  # about validation and styles, which a list does not need
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            try:
                rows = list(_sheet_rows(book, name))
            finally:
                book.close()
    except ScenarioError:
        raise
    except Exception:  # a damaged file may raise any exception
        raise _error(file, damaged) from None
    yield from rows


def _sheet_rows(book: Any, name: str) -> Iterator[Row]:
    """Yield the rows of the sheet with this name, or of the first."""
    named = [sheet for sheet in book.worksheets if sheet.title.strip().lower() == name]
    sheet = (named or book.worksheets)[0]
    sheet.reset_dimensions()  # the size recorded in a file is often wrong
    rows = sheet.iter_rows(max_col=_COLUMNS, values_only=True)
    for number, values in zip(range(1, _ROWS + 1), rows, strict=False):
        filled = max(
            (place for place, value in enumerate(values, 1) if value is not None), default=0
        )
        if filled:
            yield number, [_text(value) for value in values[:filled]]


def _text(value: Any) -> str:
    """Return the content of a cell of a workbook as CSV would contain it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if value == value // 1 and abs(value) < 1e15 else repr(value)
    return Unusable(_("holds a date or a time, not a text or a number"))


def needs_openpyxl() -> str:
    """Return the message if workbooks cannot be read or written."""
    return _("needs openpyxl: pip install 'mufakat[excel]'")
