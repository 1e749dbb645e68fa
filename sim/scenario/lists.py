"""Stakeholders and ties that are listed one by one, in the scenario itself or in a file.

A file is CSV or a workbook. It may have answers on a scale from 1 to 5 instead of a column's own
values.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field

from sim.base.text import N_, _
from sim.scenario.choices import Norm, Sector
from sim.scenario.errors import (
    UNREAD,
    Fault,
    FieldPath,
    Place,
    Places,
    ScenarioError,
    closest,
    did_you_mean,
    field_errors,
    format_value,
)
from sim.scenario.fields import (
    LEVEL,
    PLAIN,
    POWER,
    RESOURCE,
    SHARE,
    VISIBLE,
    WORTH,
    Parameter,
    Table,
    flag,
    number,
    parameter_of,
    word,
)
from sim.scenario.spreadsheet import Row, Sheet, Unusable, read_sheet
from sim.scenario.tables import MODEL_2_1, MODEL_2_2, RESOURCES, normalise_name


class ListedStakeholder(Table):
    """One stakeholder by name. What is None is drawn from its sector's table.

    >>> ListedStakeholder(name="City", sector="government", power=2).power
    2.0
    """

    name: str = Field(pattern=VISIBLE, description=N_("what it is called"))
    sector: Sector = Field(description=N_("the sector it belongs to"))
    power: float | None = number(None, 0, 1e6, SHARE, N_("formal authority, against others"), POWER)
    funds: float | None = number(None, 0, 1e6, RESOURCE, N_("its money"), RESOURCES)
    capacity: float | None = number(
        None, 0, 1e6, RESOURCE, N_("its staff, skill and time"), RESOURCES
    )
    network: float | None = number(None, 0, 1e6, RESOURCE, N_("its contacts and access"), RESOURCES)
    productivity: float | None = number(
        None, 0.001, 1_000, PLAIN, N_("what a unit of its resources is worth"), MODEL_2_1
    )
    interest_x: float | None = number(None, 0, 1, PLAIN, N_("its interest, first axis"), MODEL_2_1)
    interest_y: float | None = number(None, 0, 1, PLAIN, N_("its interest, second axis"), MODEL_2_1)
    outside_option: float | None = number(
        None, 0.02, 0.9, WORTH, N_("what going alone is worth to it"), MODEL_2_1
    )
    norm: Norm | None = word(None, N_("the share it finds fair"), MODEL_2_1)
    seated: bool | None = flag(None, N_("whether it starts at the table"), MODEL_2_1)
    immovable: bool | None = flag(None, N_("whether it never moves"), MODEL_2_1)
    free_rider: bool | None = flag(None, N_("whether it contributes nothing"), MODEL_2_1)


class ListedTie(Table):
    """`from_` listens to `to`; None: this direction's trust is drawn."""

    from_: str = Field(alias="from", description=N_("who listens"))
    to: str = Field(description=N_("who is listened to"))
    trust: float | None = number(
        None, 0, 1, LEVEL, N_("trust of the first in the second"), MODEL_2_2
    )


COLUMNS = tuple(ListedStakeholder.model_fields)
TIE_COLUMNS = ("from", "to", "trust")


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
    if faults:
        raise field_errors(faults)


def check_ties(ties: tuple[ListedTie, ...], names: Iterable[str]) -> None:
    """Raise an error unless ties join two different known stakeholders, once per direction."""
    faults = list(tie_faults([(tie.from_, tie.to) for tie in ties], names))
    if faults:
        raise field_errors(faults)


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


# Scales


MIN_ANSWER, MAX_ANSWER = 1, 5
STEPS = range(MIN_ANSWER, MAX_ANSWER + 1)
_SCALE_SUFFIX = f"_{MIN_ANSWER}to{MAX_ANSWER}"
# Values are rounded: a step equals its literal, and a mean is the same on every machine.
_DIGITS = 12


class Scale(NamedTuple):
    """The meaning of answers from 1 to 5: in words, and as values of a column.

    Attributes
    ----------
    column
        The column whose values the answers become.
    words
        The meaning of each of the five answers.
    formula
        Computes the value of an answer. The mean of a panel may lie between two answers.
    """

    column: str
    words: tuple[str, str, str, str, str]
    formula: Callable[[float], float]

    @property
    def name(self) -> str:
        """The name of a column of answers."""
        return f"{self.column}{_SCALE_SUFFIX}"

    def value(self, answer: float) -> float:
        """Return the value of an answer.

        >>> [SCALES["trust_1to5"].value(answer) for answer in (1, 2, 2.5, 5)]
        [0.1, 0.3, 0.4, 0.9]
        """
        return round(self.formula(answer), _DIGITS)


def _doubling(answer: float) -> float:
    """Double with each step: 1, 2, 4, 8, 16."""
    return float(2 ** (answer - 1))


def _whole_axis(answer: float) -> float:
    """Divide an axis from end to end: 0, .25, .5, .75, 1."""
    return (answer - 1) / 4


def _middles(answer: float) -> float:
    """Return the middle of one of five equal parts of 0 to 1: .1, .3, .5, .7, .9."""
    return (2 * answer - 1) / 10


_ON_THE_AXIS = (
    N_("wholly what the axis calls low"),
    N_("rather low than high"),
    N_("halfway between them, or no preference"),
    N_("rather high than low"),
    N_("wholly what the axis calls high"),
)

SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale(
            "power",
            (
                N_("is informed at most"),
                N_("is asked, and need not be followed"),
                N_("decides on some of it, or can delay it"),
                N_("decides on much of it, or can stop it"),
                N_("has the last word on nearly all of it"),
            ),
            _doubling,
        ),
        Scale("interest_x", _ON_THE_AXIS, _whole_axis),
        Scale("interest_y", _ON_THE_AXIS, _whole_axis),
        Scale(
            "trust",
            (
                N_("expects to be let down"),
                N_("doubts it more than not"),
                N_("neither trusts nor distrusts"),
                N_("mostly relies on it"),
                N_("relies on it without asking"),
            ),
            _middles,
        ),
    )
}


# Files


_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


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
            yield Fault(path, _("this column stands there twice"), here)
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
