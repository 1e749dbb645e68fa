"""The texts of a new case: a scenario and its lists, explained and still to be filled in."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from sim.language import N_, _
from sim.scenario.listing import STAKEHOLDERS, TIES, Column, Kind, columns_of
from sim.scenario.parameters import Parameter
from sim.scenario.scales import LEAST, MOST, STEPS, Scale
from sim.scenario.schema import parameters
from sim.scenario.setting import FORM_COLUMNS, KINDS, PRINCIPLES, SECTORS, Rule
from sim.scenario.setting import Kind as Form
from sim.scenario.written import to_toml

Lines = list[str]

HEADERS: Mapping[str, tuple[str, ...]] = {
    STAKEHOLDERS.name: ("name", "sector", "power_1to5", "interest_x_1to5", "interest_y_1to5"),
    TIES.name: ("from", "to", "trust_1to5"),
}
_ROWS_A_SECTOR = 3
_WIDTH = 96
_VALUE_WIDTH = 30

_FORMS: Mapping[Form, str] = {
    "team": N_("a few delegates sit at the table and all hear each other; they speak for the rest"),
    "community": N_("everybody sits at the table, and hears those close by and a few farther off"),
    "network": N_(
        "everybody sits at the table, and hears the own sector; brokers join the sectors"
    ),
}
_RULES: Mapping[Rule, str] = {
    "consensus": N_("everybody at the table accepts"),
    "consensus_minus_one": N_("everybody but one accepts"),
    "supermajority": N_("at least a given share accepts: quorum, two thirds if not given"),
    "majority": N_("more than half accept"),
    "lead": N_("those who accept hold more than a given share of the power: lead_quorum, one half"),
}


def scenario_text(form: Form, suffix: str) -> str:
    """The scenario file of a new case.

    Parameters
    ----------
    form
        The form of the collaboration, whose fields are shown.
    suffix
        That of the files that list stakeholders and ties.

    Examples
    --------
    >>> print(scenario_text("team", ".csv").splitlines()[3])
    extends = "baseline"
    """
    parts = [
        _opening(),
        _who(suffix),
        _form(form, suffix),
        _decision(),
        _leadership(),
        _principles(),
        *_problem(),
        _event(),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _opening() -> Lines:
    text = _(
        "A case to fill in: write between the quotation marks, and inside them ' in place of \". "
        "Numbers have a decimal point. Lines that begin with # are not read; where one gives a "
        "value, take the # away and it counts. Whatever is not given here is as in the shipped "
        "scenario baseline."
    )
    return [*_comment(text), *_values({"extends": "baseline", "title": "", "description": ""})]


def _who(suffix: str) -> Lines:
    text = _(
        "Who takes part: one row each, in this file of the same folder. A workbook (.xlsx) or a "
        "CSV file will do: the file that is named here is read."
    )
    file = f"{STAKEHOLDERS.sheet}{suffix}"
    return [*_comment(text), *_values({"stakeholders": {"file": file}})]


def _form(form: Form, suffix: str) -> Lines:
    file = f"{TIES.sheet}{suffix}"
    text = _(
        "Who trusts whom: take the # away once you have filled in {file}. Without this line, ties "
        "follow the form."
    )
    return [
        *_comment(_("The structure of the collaboration:"), _FORMS),
        *_values({"form": {"kind": form}}),
        *_comment(_("What this form brings:")),
        *(_field(f"form.{name}", value) for name, value in FORM_COLUMNS[form].items()),
        *_comment(text.format(file=file)),
        *_commented({"ties_file": file}),
    ]


def _decision() -> Lines:
    text = _("When the table has agreed on a draft:")
    return [*_comment(text, _RULES), *_values({"decision": {"rule": "consensus"}})]


def _principles() -> Lines:
    text = _("The eight principles of collaborative governance, as in the baseline:")
    return ["[principles]", *_comment(text), *(_field(f"principles.{name}") for name in PRINCIPLES)]


def _leadership() -> Lines:
    return [
        "[leadership]",
        *(_field(f"leadership.{name}", commented=False) for name in ("facilitation", "mandate")),
        *_comment(_("Who calls the meetings: a name from the list of stakeholders.")),
        *_commented({"convener": _("one of the stakeholders")}),
    ]


def _problem() -> list[Lines]:
    text = _(
        "What it is about: two questions on which people differ. For each its name in a few words, "
        "and what its ends stand for: low (0; the answer 1) and high (1; the answer 5). The first "
        "is the axis of interest_x, the second that of interest_y. Example: name = "
        '"Whom the water is for", low = "the villages", high = "industry".'
    )
    options = _(
        "The options that are debated, 2 to 16: one such table each. With x and y (0 to 1: from "
        "low to high on the two axes) an option has its place; without, it lies near the middle."
    )
    examples: list[dict[str, Any]] = [
        {"name": _("A small dam"), "x": 0.5, "y": 0.75},
        {"name": _("No dam, but wells")},
    ]
    return [
        ["[problem]", *_comment(text)],
        *(_entry("problem.axes", {"name": "", "low": "", "high": ""}) for _number in range(2)),
        [
            *_comment(options),
            *(f"# {line}" for row in examples for line in _entry("problem.options", row)),
        ],
    ]


def _event() -> Lines:
    event = {
        "title": _("The government's funds are halved"),
        "round": 24,
        "field": "stakeholders.government.funds",
        "scale": 0.5,
    }
    text = _(
        "What changes from outside on the way: one such table for each event. It happens in a "
        "round (a month) or a cycle, and scales a field or sets it."
    )
    return [*_comment(text), *(f"# {line}" for line in _entry("events", event))]


def _entry(name: str, values: Mapping[str, Any]) -> Lines:
    """A table of a list of tables."""
    return [f"[[{name}]]", *_values(values)]


def _comment(text: str, choices: Mapping[Any, str] | None = None) -> Lines:
    """A text as comment lines, and a line for each word that may be chosen."""
    lines = wrap(text, _WIDTH)
    width = max(map(len, choices or {}), default=0)
    lines += [f"  {word:{width}}  {_(meaning)}" for word, meaning in (choices or {}).items()]
    return [f"# {line}" for line in lines]


def _values(tables: Mapping[str, Any]) -> Lines:
    return to_toml(tables).splitlines()


def _commented(tables: Mapping[str, Any]) -> Lines:
    return [f"# {line}" for line in _values(tables)]


def _field(path: str, value: Any = None, *, commented: bool = True) -> str:
    """A line that gives a parameter its value, or the baseline's, and says what it means."""
    parameter = _parameter(path)
    given = to_toml({path.rpartition(".")[2]: parameter.default if value is None else value})
    mark = "# " if commented else ""
    return f"{mark}{given:{_VALUE_WIDTH}} # {_(parameter.meaning)}: {parameter.allowed}"


def _parameter(path: str) -> Parameter:
    return next(parameter for parameter in parameters() if parameter.path == path)


def first_rows(kind: Kind) -> list[list[str]]:
    """The rows of a new list: stakeholders of every sector, without names; no ties."""
    if kind is TIES:
        return []
    rest = [""] * (len(HEADERS[kind.name]) - 2)
    return [["", sector, *rest] for sector in SECTORS for _number in range(_ROWS_A_SECTOR)]


def listing_text(kind: Kind) -> str:
    """A list as CSV: comments that explain it, a header, and rows to fill in.

    The first line tells spreadsheets that commas separate the cells, also where people write
    decimal commas.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([f"# {note}"] for note in notes(kind))
    writer.writerow(HEADERS[kind.name])
    writer.writerows(first_rows(kind))
    return f"sep=,\n{text.getvalue()}"


def notes(kind: Kind) -> Iterator[str]:
    """What a person must know who fills in a list, line by line."""
    known = columns_of(kind)
    columns = [known[name] for name in HEADERS[kind.name]]
    if kind is STAKEHOLDERS:
        yield _("One row for each stakeholder. Add and delete rows as you need them.")
    else:
        yield _("One row for each tie: who listens to whom. Example: Mill, Village, 4")
        yield _("Names are those of the list of stakeholders. Where trust is empty it is drawn.")
    for number, column in enumerate(columns):
        yield from column_notes(column, columns[:number])
    fields = {column.field for column in columns}
    more = [column for name, column in known.items() if column.field not in fields]
    if more:
        yield _("Columns that you may add, each for every stakeholder or for none:")
    for column in more:
        yield f"  {column.written}: {_(column.meaning)} ({_allowed(column)})"
    if kind is STAKEHOLDERS:
        needs = [f"{_parameter(f'problem.need_{kind}').default:g} {kind}" for kind in KINDS]
        text = _("  What each has counts against what a problem needs in all: {needs} a year.")
        yield text.format(needs=", ".join(needs))


def column_notes(column: Column, before: Sequence[Column] = ()) -> Iterator[str]:
    """What a column means and what may stand in it; answers alike `before` are not repeated."""
    if column.scale is None:
        allowed = _allowed(column)
        yield f"{column.written}: {_(column.meaning)}" + (f" ({allowed})" if allowed else "")
        return
    text = _("{column}: {meaning} (from {least} to {most}, or between: the mean of some answers)")
    yield text.format(column=column.written, meaning=_(column.meaning), least=LEAST, most=MOST)
    alike = [other.written for other in before if _words(other.scale) == column.scale.words]
    if alike:
        yield "  " + _("the same answers as {column}", column=alike[0])
        return
    for step, words in zip(STEPS, column.scale.words, strict=True):
        value = column.scale.value(step)
        yield f"  {step} = {_(words)} ({column.field} {value:g})"


def _words(scale: Scale | None) -> Iterable[str]:
    return scale.words if scale else ()


def _allowed(column: Column) -> str:
    """What may stand in a cell, without the quotation marks that a message needs."""
    if column.parameter is None:
        return ""
    return ", ".join(column.parameter.choices) or column.parameter.range or column.parameter.allowed
