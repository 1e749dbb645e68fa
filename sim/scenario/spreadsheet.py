"""Read the rows of a spreadsheet file, CSV or Excel, whatever they mean."""

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

from sim.base.text import _
from sim.scenario.errors import Fault, Place, ScenarioError
from sim.scenario.files import read_bytes, read_text

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
    separator = max(_SEPARATORS, key=lambda separator: _header_width(lines, separator))
    records = _Records(lines, separator)
    try:
        rows = list(_contents(records))
    except csv.Error as error:
        raise _error(file, str(error), records.first_line) from None
    if separator == ",":
        return Sheet(rows, decimal_comma=False)
    commas = any(_DECIMAL_COMMA.fullmatch(cell) for _line, cells in rows for cell in cells)
    return Sheet(rows, decimal_comma=True, thousands_point=commas)


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


class _Records:
    """The records of a CSV file, each with its first line."""

    def __init__(self, lines: Sequence[str], separator: str) -> None:
        self.lines = lines
        self.separator = separator
        self.first_line = 1

    def __iter__(self) -> Iterator[Row]:
        self.at_start = True
        reader = csv.reader(
            self._data_lines(), delimiter=self.separator, strict=True, skipinitialspace=True
        )
        for record in reader:
            yield self.first_line, [cell.strip() for cell in record]
            self.at_start = True

    def _data_lines(self) -> Iterator[str]:
        """Yield the lines without comments, in which a quotation mark opens no cell."""
        for number, line in enumerate(self.lines, start=1):
            if self.at_start:
                self.first_line = number
                says_separator = number == 1 and _SAYS_SEPARATOR.fullmatch(line.strip())
                if says_separator or _is_comment(line.lstrip()):
                    continue
            self.at_start = False
            yield line


def _header_width(lines: Sequence[str], separator: str) -> int:
    """Return the number of cells of the header with this separator."""
    try:
        return next((len(cells) for _line, cells in _contents(_Records(lines, separator))), 0)
    except csv.Error:
        return 0


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
