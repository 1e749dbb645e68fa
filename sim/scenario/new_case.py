"""A new case: a folder with a scenario file and its lists to fill in.

Their texts are templates: ``templates/scenario.toml.j2`` and ``templates/notes.txt.j2``.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from sim.base.files import LITTER, hidden_folder
from sim.base.text import _
from sim.scenario.choices import (
    DECISION_RULES,
    FORM_COLUMNS,
    FORM_TABLE,
    FORMS,
    KINDS,
    MAX_ANSWER,
    MIN_ANSWER,
    SECTORS,
    STEPS,
    FormKind,
)
from sim.scenario.errors import did_you_mean
from sim.scenario.fields import Parameter
from sim.scenario.files import CASE, FileAccessError, toml_value
from sim.scenario.lists import STAKEHOLDERS, TIES, Column, ListKind, columns_of, needs_openpyxl
from sim.scenario.schema import parameters
from sim.scenario.tables import PRINCIPLES

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

HEADERS: Mapping[str, tuple[str, ...]] = {
    STAKEHOLDERS.name: ("name", "sector", "power_1to5", "interest_x_1to5", "interest_y_1to5"),
    TIES.name: ("from", "to", "trust_1to5"),
}
_ROWS_PER_SECTOR = 3
_COMMENT_WIDTH = 96  # characters
_VALUE_WIDTH = 30
_HEADER_COLOUR = "DDE6EE"
_NAME_WIDTH, _COLUMN_WIDTH, _NOTES_WIDTH = 36, 18, 110
_LAST_ROW = 1_000  # up to this row, a cell of a workbook offers its words


# The folder


def write_case(
    folder: Path, form: FormKind = "community", *, excel: bool = False
) -> tuple[str, ...]:
    """Write a folder with files to fill in, all of them or none.

    Parameters
    ----------
    folder
        It is created, unless it exists and is empty. Its parent folder must exist.
    form
        The form of the collaboration.
    excel
        Write the lists as workbooks instead of CSV files.

    Returns
    -------
    tuple of str
        The names of the files.

    Raises
    ------
    FileAccessError
        The folder may not be written to, or there is no such form.
    OSError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> write_case(Path(tempfile.mkdtemp(), "river"))
    ('scenario.toml', 'stakeholders.csv', 'ties.csv')
    """
    if form not in FORMS:
        hint = did_you_mean(form, FORMS)
        raise FileAccessError(_('unknown form "{form}", {hint}', form=form, hint=hint))
    _check_folder(folder)
    files = _contents(form, excel)
    target = folder.resolve()
    with hidden_folder(target, files) as new:
        _move(new, target)
    return tuple(files)


def _check_folder(folder: Path) -> None:
    """Raise an error if the folder has content or its parent does not exist."""
    if not folder.resolve().parent.is_dir():
        raise FileAccessError(_("there is no folder {folder} to put it in", folder=folder.parent))
    if folder.exists() and not folder.is_dir():
        raise FileAccessError(_("{folder} is a file: give another name", folder=folder))
    if folder.is_dir() and {entry.name for entry in folder.iterdir()} - LITTER:
        text = _("{folder} is there already, and not empty: give another name", folder=folder)
        raise FileAccessError(text)


def _contents(form: FormKind, excel: bool) -> Mapping[str, bytes]:
    """Return the content of each file by its name."""
    suffix = ".xlsx" if excel else ".csv"
    files = {CASE: scenario_text(form, suffix).encode()}
    for kind in (STAKEHOLDERS, TIES):
        try:
            content = listing_book(kind) if excel else listing_text(kind).encode()
        except ImportError:
            raise FileAccessError(needs_openpyxl()) from None
        files[f"{kind.sheet}{suffix}"] = content
    return files


def _move(new: Path, target: Path) -> None:
    """Move the new folder to its place, or its files into a folder that already exists.

    A terminal may have that folder open, so it is not replaced.
    """
    if not target.exists():
        new.rename(target)
        return
    moved = []
    try:
        for file in sorted(new.iterdir()):
            moved.append(file.rename(target / file.name))
    except BaseException:
        for file in moved:
            file.unlink(missing_ok=True)
        raise
    new.rmdir()


# The scenario file


def scenario_text(form: FormKind, suffix: str) -> str:
    """Return the scenario file of a new case.

    Parameters
    ----------
    form
        The form of the collaboration, whose fields are shown.
    suffix
        Of the files that list stakeholders and ties.

    Examples
    --------
    >>> print(scenario_text("team", ".csv").splitlines()[3])
    extends = "baseline"
    """
    return _render(
        "scenario.toml.j2",
        form=form,
        form_fields=FORM_COLUMNS[form],
        forms={name: _(item.description) for name, item in FORM_TABLE.items()},
        rules={name: _(item.description) for name, item in DECISION_RULES.items()},
        principles=PRINCIPLES,
        stakeholders_file=f"{STAKEHOLDERS.sheet}{suffix}",
        ties_file=f"{TIES.sheet}{suffix}",
    )


def _render(name: str, **values: object) -> str:
    """Return the text of a template with these values."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sim.scenario"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        _=_, field_line=_field_line, column_notes=column_notes, allowed_in_cell=_allowed_in_cell
    )
    environment.filters.update(comment=_comment, choices=_choices, toml=toml_value)
    return environment.get_template(name).render(values)


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in wrap(text, _COMMENT_WIDTH))


def _choices(meanings: Mapping[str, str]) -> str:
    """Return a comment line for each word and its meaning."""
    width = max(map(len, meanings))
    return "\n".join(f"#   {word:{width}}  {meaning}" for word, meaning in meanings.items())


def _field_line(path: str, value: Any = None) -> str:
    """Return a line that sets a parameter to a value or its default, with meaning and bounds."""
    parameter = _parameter(path)
    value = toml_value(parameter.default if value is None else value)
    line = f"{path.rpartition('.')[2]} = {value}"
    return f"{line:{_VALUE_WIDTH}} # {_(parameter.meaning)}: {parameter.allowed}"


def _parameter(path: str) -> Parameter:
    return next(parameter for parameter in parameters() if parameter.path == path)


# The lists


def first_rows(kind: ListKind) -> list[list[str]]:
    """Return the rows of a new list: nameless stakeholders of every sector, or no ties."""
    if kind is TIES:
        return []
    rest = [""] * (len(HEADERS[kind.name]) - 2)
    return [["", sector, *rest] for sector in SECTORS for _number in range(_ROWS_PER_SECTOR)]


def listing_text(kind: ListKind) -> str:
    """Return a list as CSV: comments that explain it, a header, and rows to fill in.

    The first line tells spreadsheets that commas separate the cells, also where people write
    decimal commas.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([f"# {note}"] for note in list_notes(kind))
    writer.writerow(HEADERS[kind.name])
    writer.writerows(first_rows(kind))
    return f"sep=,\n{text.getvalue()}"


def list_notes(kind: ListKind) -> list[str]:
    """Return the lines that explain how to fill in a list."""
    known = columns_of(kind)
    columns = [known[name] for name in HEADERS[kind.name]]
    fields = {column.field for column in columns}
    text = _render(
        "notes.txt.j2",
        kind=kind,
        columns=columns,
        more=[column for column in known.values() if column.field not in fields],
        needs=[f"{_parameter(f'problem.need_{name}').default:g} {name}" for name in KINDS],
    )
    return text.splitlines()


def column_notes(column: Column, before: Sequence[Column] = ()) -> Iterator[str]:
    """Yield a column's meaning and allowed values; answers given `before` are not repeated."""
    if column.scale is None:
        allowed = _allowed_in_cell(column)
        yield f"{column.written}: {_(column.meaning)}" + (f" ({allowed})" if allowed else "")
        return
    yield _(
        "{column}: {meaning} (from {least} to {most}, or between: the mean of some answers)",
        column=column.written,
        meaning=_(column.meaning),
        least=MIN_ANSWER,
        most=MAX_ANSWER,
    )
    for other in before:
        if other.scale and other.scale.words == column.scale.words:
            yield "  " + _("the same answers as {column}", column=other.written)
            return
    for step, words in zip(STEPS, column.scale.words, strict=True):
        value = column.scale.value(step)
        yield f"  {step} = {_(words)} ({column.field} {value:g})"


def _allowed_in_cell(column: Column) -> str:
    """Return what a cell may contain, without the quotation marks of error messages."""
    if column.parameter is None:
        return ""
    return ", ".join(column.parameter.choices) or column.parameter.range or column.parameter.allowed


# The lists as workbooks; openpyxl is optional and therefore imported late


def listing_book(kind: ListKind) -> bytes:
    """Return a new list as an ``.xlsx`` file: a sheet to fill in and one of notes."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = kind.sheet
    sheet.append(HEADERS[kind.name])
    for row in first_rows(kind):
        sheet.append([cell or None for cell in row])
    sheet.freeze_panes = "A2"
    known = columns_of(kind)
    for number, name in enumerate(HEADERS[kind.name], start=1):
        _format_column(sheet, number, known[name])
    notes = book.create_sheet(_("notes"))
    notes.column_dimensions["A"].width = _NOTES_WIDTH
    for line in list_notes(kind):
        notes.append([line])
    for (cell,) in notes.iter_rows():
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _format_column(sheet: "Worksheet", number: int, column: Column) -> None:
    """Set a column's header, comment and width, and what its cells accept."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letter = get_column_letter(number)
    cell = sheet[f"{letter}1"]
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor=_HEADER_COLOUR)
    cell.comment = Comment("\n".join(column_notes(column)), "mufakat", width=420, height=160)
    free = column.parameter is None
    sheet.column_dimensions[letter].width = _NAME_WIDTH if free else _COLUMN_WIDTH
    if column.scale:
        rule = DataValidation("decimal", str(MIN_ANSWER), str(MAX_ANSWER), operator="between")
    elif column.parameter and column.parameter.choices:
        rule = DataValidation("list", f'"{",".join(column.parameter.choices)}"')
    else:
        return
    rule.allow_blank = True
    rule.error = " ".join(column_notes(column))[:255]  # no more is shown
    rule.errorTitle = column.written
    rule.showErrorMessage = True
    sheet.add_data_validation(rule)
    rule.add(f"{letter}2:{letter}{_LAST_ROW}")
