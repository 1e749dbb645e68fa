"""The tables of the model description that are read from the code.

They list what the scenario schema, the engine's tables and the sources of the rules say of
themselves. The description is in English, whatever the reader's language.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.engine.tables import (
    EVENT_COLUMNS,
    OPTION_COLUMNS,
    PATH_COLUMNS,
    STAKEHOLDER_COLUMNS,
    TIE_COLUMNS,
)
from sim.rules import events, outcomes, state
from sim.scenario import (
    FORM_COLUMNS,
    FORMS,
    PRINCIPLES,
    SECTORS,
    Axis,
    ListedOption,
    ListedStakeholder,
    ListedTie,
    Parameter,
    Scenario,
    parameters,
    sector_parameters,
)
from sim.scenario.choices import (
    DECISION_RULES,
    INVITATION_MEANINGS,
    LAYOUT_MEANINGS,
    MEMBERSHIP_MEANINGS,
    NORM_MEANINGS,
    SCALES,
    STEPS,
)
from sim.scenario.fields import Table, parameters_of

RULE_FILES = Path(__file__).parents[1] / "sim" / "rules"
PURPOSES = "draws"  # the file whose numbers are names of draws
MACHINE = ("compile", "memory")  # files whose numbers no outcome depends on
_SECTION = re.compile(r"[1-8](\.[1-7])?")

# The words of each choice, with their meanings.
CHOICES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "rules": {name: rule.meaning for name, rule in DECISION_RULES.items()},
        "invitations": INVITATION_MEANINGS,
        "layouts": LAYOUT_MEANINGS,
        "memberships": MEMBERSHIP_MEANINGS,
        "norms": NORM_MEANINGS,
    }
)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a Markdown table.

    >>> print(table(["share", "of"], [["|T|", "people"]]))
    | share | of |
    |---|---|
    | \|T\| | people |
    """
    lines = [header, *rows]
    text = ["| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |" for cells in lines]
    text.insert(1, "|" + "---|" * len(header))
    return "\n".join(text)


def name_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table whose first column holds names of the code."""
    return table(header, ([f"`{name}`", *cells] for name, *cells in rows))


def format_value(value: Any) -> str:
    """Return a value as the tables write it.

    >>> values = 0.05, 2 / 3, 1e-9, 20_000, True, None, "all", 1.0
    >>> [format_value(value) for value in values]
    ['0.05', '2/3', '1e-09', '20000', 'true', 'none', '`all`', '1']
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"`{value}`"
    simple = Fraction(value).limit_denominator(9)
    if isinstance(value, float) and float(simple) == value and simple.denominator in (3, 6, 7, 9):
        return f"{simple.numerator}/{simple.denominator}"
    return str(value) if isinstance(value, int) else f"{value:.10g}"


def format_bounds(parameter: Parameter) -> str:
    """Return the values that a parameter may take; a round bracket excludes its bound."""
    words = ", ".join(f"`{choice}`" for choice in parameter.choices)
    if parameter.kind == "flag":
        return "true, false"
    if parameter.low is None or parameter.high is None:
        return words
    first, last = "(" if parameter.low_open else "[", ")" if parameter.high_open else "]"
    interval = f"{first}{format_value(parameter.low)}, {format_value(parameter.high)}{last}"
    if parameter.kind == "integer":
        interval += " even" if parameter.step == 2 else " whole"
    return f"{words} or {interval}" if words else interval


# Tables of the scenario schema


def _cells(field: Parameter) -> list[str]:
    """Return the cells that follow a parameter's name and start value."""
    event = "yes" if field.changeable else ""
    source = field.source.replace("model description", "section")
    return [format_bounds(field), field.unit, field.meaning, event, source]


def _parameters() -> str:
    header = ["field", "start", "bounds", "unit", "meaning", "event", "source"]
    rows = ([field.path, format_value(field.default), *_cells(field)] for field in parameters())
    return name_table(header, rows)


def _sectors() -> str:
    start = Scenario()
    header = ["field", *SECTORS, "bounds", "unit", "meaning", "event", "source"]
    rows = []
    for field in sector_parameters():
        values = [start.value(field.path.format(sector=sector)) for sector in SECTORS]
        rows.append([field.name, *map(format_value, values), *_cells(field)])
    return name_table(header, rows)


def _listed(entry: type[Table]) -> str:
    fields = {field.path: field for field in parameters_of(entry)}
    rows = []
    for name, info in entry.model_fields.items():
        field = fields.get(name)
        cells = [format_bounds(field), field.unit] if field else ["a text", ""]
        rows.append([info.alias or name, *cells, info.description or ""])
    return name_table(["column", "bounds", "unit", "meaning"], rows)


def _answers() -> str:
    rows = (
        [scale.name, str(step), words, f"{scale.value(step):g}"]
        for scale in SCALES.values()
        for step, words in zip(STEPS, scale.words, strict=True)
    )
    return name_table(["column", "answer", "which says", "value"], rows)


def _forms() -> str:
    meanings = {field.path: field.meaning for field in parameters()}
    rows = []
    for name in FORM_COLUMNS[FORMS[0]]:
        values = [format_value(FORM_COLUMNS[form][name]) for form in FORMS]
        rows.append([f"form.{name}", *values, meanings[f"form.{name}"]])
    return name_table(["field", *FORMS, "meaning"], rows)


def _choices(meanings: Mapping[str, str]) -> str:
    return name_table(["word", "meaning"], meanings.items())


# Tables of the rules


class Function(NamedTuple):
    """A function of ``sim/rules``.

    Attributes
    ----------
    names
        The names that it reads: plain names as they are, ``draws.TIE`` as such, ``par[0].assets``
        as ``.assets``.
    """

    file: str
    name: str
    docstring: str
    names: frozenset[str]

    @property
    def summary(self) -> str:
        """The first sentence of the docstring, as Markdown."""
        first = self.docstring.split("\n\n")[0].replace("\n", " ").replace("``", "`")
        return re.sub(r":\w+:`~?\.?([\w.]+)`", r"`\1`", first)


class Constant(NamedTuple):
    """A named number of the rules that no scenario can change."""

    name: str
    value: float
    file: str
    note: str
    readers: tuple[Function, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that the functions which read it cite; otherwise those of its file."""
        cited = [cited_sections(reader.docstring) for reader in self.readers]
        docstring = ast.get_docstring(_parsed(self.file)) or ""
        return tuple(dict.fromkeys(sum(cited, ()))) or cited_sections(docstring)


def cited_sections(docstring: str) -> tuple[str, ...]:
    """Return the sections of the description that a docstring cites in parentheses.

    >>> cited_sections("Who leaves (2.1, 4), and who objects (4.3, step 4), of (1 - d).")
    ('2.1', '4', '4.3')
    """
    text = docstring.split("Examples\n")[0]
    cited = ", ".join(re.findall(r"\(([\d., step]+)\)", text)).split(", ")
    return tuple(dict.fromkeys(part for part in cited if _SECTION.fullmatch(part)))


@cache
def _parsed(file: str) -> ast.Module:
    return ast.parse((RULE_FILES / file).read_text(encoding="utf-8"))


@cache
def functions() -> tuple[Function, ...]:
    """Return every function of ``sim/rules``, by file and line."""
    return tuple(
        Function(
            file.name,
            node.name,
            ast.get_docstring(node) or "",
            frozenset(filter(None, map(_name_read, ast.walk(node)))),
        )
        for file in sorted(RULE_FILES.glob("*.py"))
        for node in _parsed(file.name).body
        if isinstance(node, ast.FunctionDef)
    )


def _name_read(node: ast.AST) -> str:
    """Return the name that an expression reads, if it is one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        of_draws = isinstance(node.value, ast.Name) and node.value.id == "draws"
        return f"draws.{node.attr}" if of_draws else f".{node.attr}"
    return ""


def named_numbers(stem: str) -> dict[str, tuple[float, str]]:
    """Return the named numbers of a rule file, each with the remark on its line.

    Names that only tell things apart are left out: whole numbers that are named together, such as
    the codes of the norms, and those below zero, which mean nobody or all.
    """
    file = RULE_FILES / f"{stem}.py"
    lines = file.read_text(encoding="utf-8").splitlines()
    module = import_module(f"sim.rules.{stem}")
    found: dict[str, tuple[float, str]] = {}
    for node in _parsed(file.name).body:
        if not isinstance(node, ast.Assign) or not isinstance(
            node.value, ast.Constant | ast.UnaryOp | ast.BinOp | ast.Tuple
        ):
            continue
        (target,) = node.targets
        parts = target.elts if isinstance(target, ast.Tuple) else [target]
        values = {part.id: getattr(module, part.id) for part in parts if isinstance(part, ast.Name)}
        numeric = all(isinstance(value, int | float) for value in values.values())
        whole = all(isinstance(value, int) for value in values.values())
        code = whole and (len(values) > 1 or min(values.values(), default=0) < 0)
        private = any(name.startswith("_") for name in values)
        if numeric and not code and not private:
            note = lines[node.lineno - 1].partition("  # ")[2]
            found |= {name: (value, note) for name, value in values.items()}
    return found


@cache
def constants() -> tuple[Constant, ...]:
    """Return every named constant of ``sim/rules``, by file and line."""
    found = []
    for file in sorted(RULE_FILES.glob("*.py")):
        if file.stem in (PURPOSES, *MACHINE):
            continue
        for name, (value, note) in named_numbers(file.stem).items():
            readers = tuple(function for function in functions() if name in function.names)
            found.append(Constant(name, value, file.name, note, readers))
    return tuple(found)


def _names(readers: Iterable[Function]) -> str:
    return ", ".join(f"`{function.name}`" for function in readers)


def _principles() -> str:
    meanings = {field.name: field.meaning for field in parameters()}
    rows = []
    for name in PRINCIPLES:
        readers = [f for f in functions() if f".{name}" in f.names and f.name != "capacity_left"]
        rows.append([name, meanings[name], _names(readers)])
    return name_table(["principle", "what its level says", "rules that read it"], rows)


def _constants() -> str:
    rows = (
        [c.name, format_value(c.value), c.note, c.file, _names(c.readers), ", ".join(c.sections)]
        for c in constants()
    )
    header = ["constant", "value", "remark", "file", "rules that read it", "section"]
    return name_table(header, rows)


def _purposes() -> str:
    rows = []
    for name, (number, note) in named_numbers(PURPOSES).items():
        readers = [f for f in functions() if f"draws.{name}" in f.names]
        says = " ".join(function.summary for function in readers)
        rows.append([str(number), f"`{name}`", _names(readers) or "kept free", says, note])
    return table(["number", "purpose", "drawn by", "which says", "remark"], rows)


def _outcomes() -> str:
    header = ["outcome", "label", "unit", "better", "meaning"]
    rows = ([o.name, o.label, o.unit, o.direction, o.meaning] for o in outcomes.OUTCOMES)
    return name_table(header, rows)


def _path_columns() -> str:
    """Return the columns that name a row of the paths, and those that the rules fill."""
    rows = [(name, "", meaning) for name, meaning in PATH_COLUMNS]
    return name_table(["column", "unit", "meaning"], [*rows, *state.PATH_COLUMNS])


def _columns(columns: Iterable[Sequence[str]]) -> Callable[[], str]:
    return partial(name_table, ["column", "meaning"], columns)


TABLES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "forms": _forms,
        **{name: partial(_choices, choice) for name, choice in CHOICES.items()},
        "principles": _principles,
        "purposes": _purposes,
        "outcomes": _outcomes,
        "rounds": partial(
            name_table, ["column", "unit", "meaning, after the round"], state.SERIES_COLUMNS
        ),
        "stakeholders": _columns(STAKEHOLDER_COLUMNS),
        "event-columns": _columns(EVENT_COLUMNS),
        "events": partial(name_table, ["event", "meaning"], events.EVENTS),
        "path-columns": _path_columns,
        "tie-columns": _columns(TIE_COLUMNS),
        "option-columns": _columns(OPTION_COLUMNS),
        "parameters": _parameters,
        "sectors": _sectors,
        "stakeholder-file": partial(_listed, ListedStakeholder),
        "tie-file": partial(_listed, ListedTie),
        "answers": _answers,
        "option-list": partial(_listed, ListedOption),
        "axis-list": partial(_listed, Axis),
        "constants": _constants,
    }
)
