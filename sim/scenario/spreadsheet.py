"""The rows of a spreadsheet file, CSV or Excel: what stands where, not what it means."""

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

from sim.language import _
from sim.scenario.errors import Fault, Place, ScenarioError
from sim.scenario.files import read_bytes, read_text

# A row's line in the file, or its number in the sheet; and its cells, "" where one is empty.
Row = tuple[int, list[str]]

_WORKBOOKS = (".xlsx", ".xlsm")
_OTHERS = (".xls", ".xlsb", ".ods", ".numbers")
_SEPARATORS = (",", ";", "\t")
# Some programs say on the first line what separates the cells; the header shows it anyway.
_SAYS_SEPARATOR = re.compile(r'"?sep=.?"?[,;\t]*', re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}\.\d{3}")
_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
_LARGEST = 64 * 2**20  # bytes of a workbook once unpacked; real ones have a thousandth of it
_ROWS, _COLUMNS = 2**20, 200  # the most rows that Excel can have; more columns than a file of ours


class Sheet(NamedTuple):
    """What a file holds: its rows without blanks and comments, and how it writes numbers.

    ``decimal_comma``: 0,5 may be a number; ``thousands_point``: one is, so 1.000 is a thousand.
    """

    rows: list[Row]
    decimal_comma: bool
    thousands_point: bool = False

    def number(self, cell: str) -> float | None:
        """The number that a cell holds, if it holds one."""
        if "_" in cell:  # 1_000 is a number to Python, but to no spreadsheet
            return None
        if self.thousands_point and _THOUSANDS.fullmatch(cell):
            return None  # 1.000 where decimals have commas: a thousand, not one
        try:
            return float(cell.replace(",", ".") if self.decimal_comma else cell)
        except ValueError:
            return None


class Unusable(str):
    """A cell whose content is neither a text nor a number; the text says what it is."""


def read_sheet(file: Path, name: str) -> Sheet:
    r"""Read a CSV file, or the sheet called `name` of a workbook, else its first.

    Blank rows are left out, and so are comments: rows whose first cell begins with ``#``.

    Parameters
    ----------
    file
        Ends in ``.xlsx`` if it is a workbook. All else is CSV: UTF-8, with or without a byte order
        mark; a comma, a semicolon or a tab separates the cells. Where it is not the comma, ``0,5``
        is a number.
    name
        Of the sheet, in small letters.

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
        raise _refusal(file, _("is in a format that is not read: save it as .xlsx or CSV UTF-8"))
    if suffix in _WORKBOOKS:
        return Sheet(list(_contents(_workbook_rows(file, name))), decimal_comma=True)
    lines = io.StringIO(read_text(file), newline="").readlines()
    separator = max(_SEPARATORS, key=lambda separator: _header_width(lines, separator))
    records = _Records(lines, separator)
    try:
        rows = list(_contents(records))
    except csv.Error as error:
        raise _refusal(file, str(error), records.begins) from None
    if separator == ",":
        return Sheet(rows, decimal_comma=False)
    commas = any(_DECIMAL_COMMA.fullmatch(cell) for _line, cells in rows for cell in cells)
    return Sheet(rows, decimal_comma=True, thousands_point=commas)


def _refusal(file: Path, text: str, line: int = 1) -> ScenarioError:
    return ScenarioError([Fault((), text, Place(str(file), line))])


def _contents(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows that say something, without the empty cells at their end."""
    for line, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if cells and not _is_comment(cells[0]):
            yield line, [_judged(cell) for cell in cells]


def _is_comment(text: str) -> bool:
    """Whether a row that begins so is one: what a spreadsheet could not compute is none."""
    return text.startswith("#") and not text.startswith(_ERRORS)


def _judged(cell: str) -> str:
    return Unusable(_("holds an error, {error}", error=cell)) if cell in _ERRORS else cell


class _Records:
    """The records of a CSV file, each with the line that it begins on."""

    def __init__(self, lines: Sequence[str], separator: str) -> None:
        self.lines = lines
        self.separator = separator
        self.begins = 1

    def __iter__(self) -> Iterator[Row]:
        self.fresh = True
        reader = csv.reader(
            self._fed(), delimiter=self.separator, strict=True, skipinitialspace=True
        )
        for record in reader:
            yield self.begins, [cell.strip() for cell in record]
            self.fresh = True

    def _fed(self) -> Iterator[str]:
        """The lines, without comments: a quotation mark in those opens no cell."""
        for number, line in enumerate(self.lines, start=1):
            if self.fresh:
                self.begins = number
                says_separator = number == 1 and _SAYS_SEPARATOR.fullmatch(line.strip())
                if says_separator or _is_comment(line.lstrip()):
                    continue
            self.fresh = False
            yield line


def _header_width(lines: Sequence[str], separator: str) -> int:
    """How many cells the header has, if that is what separates them."""
    try:
        return next((len(cells) for _line, cells in _contents(_Records(lines, separator))), 0)
    except csv.Error:
        return 0


def _workbook_rows(file: Path, name: str) -> Iterator[Row]:
    """The rows of a sheet, by their numbers."""
    content = read_bytes(file)
    try:
        import openpyxl
    except ImportError:
        raise _refusal(file, needs_openpyxl()) from None
    damaged = _("is no workbook that can be read: it is damaged, or protected by a password")
    try:
        with ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > _LARGEST:
            text = _("is too large: {size} MiB unpacked, where {most} are allowed")
            raise _refusal(file, text.format(size=unpacked >> 20, most=_LARGEST >> 20))
        with warnings.catch_warnings():  # about what a listing needs not: validation, styles
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            try:
                rows = list(_sheet_rows(book, name))
            finally:
                book.close()
    except ScenarioError:
        raise
    except Exception:  # a damaged file makes the reader stumble over anything at all
        raise _refusal(file, damaged) from None
    yield from rows


def _sheet_rows(book: Any, name: str) -> Iterator[Row]:
    """The rows of the sheet with this name, or of the first."""
    named = [sheet for sheet in book.worksheets if sheet.title.strip().lower() == name]
    sheet = (named or book.worksheets)[0]
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    rows = sheet.iter_rows(max_col=_COLUMNS, values_only=True)
    for number, values in zip(range(1, _ROWS + 1), rows, strict=False):
        filled = max(
            (place for place, value in enumerate(values, 1) if value is not None), default=0
        )
        if filled:
            yield number, [_text(value) for value in values[:filled]]


def _text(value: Any) -> str:
    """What a cell of a workbook holds, as CSV would have it."""
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
    """What to say where workbooks cannot be read or written."""
    return _("needs openpyxl: pip install 'mufakat[excel]'")
