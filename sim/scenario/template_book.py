"""A list to fill in as a workbook: a header that stays in sight, notes, words to choose from."""

import io
from collections.abc import Iterable

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from sim.language import _
from sim.scenario.listing import Column, Kind, columns_of
from sim.scenario.scales import LEAST, MOST
from sim.scenario.template import HEADERS, column_notes, first_rows, notes

_NAME_WIDTH, _WIDTH, _NOTES_WIDTH = 36, 18, 110
_FILL = PatternFill("solid", fgColor="DDE6EE")
_LAST = 1_000  # row up to which a cell offers its words


def listing_book(kind: Kind) -> bytes:
    """A new list as the content of an ``.xlsx`` file: the sheet to fill in, and one of notes."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = kind.sheet
    header = HEADERS[kind.name]
    sheet.append(header)
    for row in first_rows(kind):
        sheet.append([cell or None for cell in row])
    sheet.freeze_panes = "A2"
    known = columns_of(kind)
    for number, name in enumerate(header, start=1):
        _dress(sheet, number, known[name])
    _add_notes(book.create_sheet(_("notes")), notes(kind))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _dress(sheet: Worksheet, number: int, column: Column) -> None:
    """A column's header, its note, its width, and what its cells may hold."""
    letter = get_column_letter(number)
    cell = sheet[f"{letter}1"]
    cell.font = Font(bold=True)
    cell.fill = _FILL
    cell.comment = Comment("\n".join(column_notes(column)), "mufakat", width=420, height=160)
    free = column.parameter is None
    sheet.column_dimensions[letter].width = _NAME_WIDTH if free else _WIDTH
    rule = _validation(column)
    if rule:
        rule.allow_blank = True
        rule.error = " ".join(column_notes(column))[:255]  # no more is shown
        rule.errorTitle = column.written
        rule.showErrorMessage = True
        sheet.add_data_validation(rule)
        rule.add(f"{letter}2:{letter}{_LAST}")


def _validation(column: Column) -> DataValidation | None:
    """What a spreadsheet lets people write into a column."""
    if column.scale:
        return DataValidation("decimal", str(LEAST), str(MOST), operator="between")
    if column.parameter and column.parameter.choices:
        return DataValidation("list", f'"{",".join(column.parameter.choices)}"')
    return None


def _add_notes(sheet: Worksheet, lines: Iterable[str]) -> None:
    sheet.column_dimensions["A"].width = _NOTES_WIDTH
    for line in lines:
        sheet.append([line])
    for (cell,) in sheet.iter_rows():
        cell.alignment = Alignment(wrap_text=True, vertical="top")
