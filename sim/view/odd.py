"""The tables of the model description, written from the code: ``python -m sim.view.odd``.

``sim/ODD.md`` describes the model in prose. What the code knows better than any text (parameters,
constants, outcomes, columns) stands in it between two comment lines, ``<!-- generated: NAME -->``
and ``<!-- end -->``, and is written there by this module. With ``--check`` nothing is written, and
exit code 1 says that a table no longer is what the code has.

The description is in English whatever the reader's language; only what this module prints is
translated.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sim.language import _
from sim.scenario import (
    FORM_COLUMNS,
    FORMS,
    INVITATIONS,
    LAYOUTS,
    MEMBERSHIPS,
    NORMS,
    PRINCIPLES,
    RULES,
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
from sim.scenario.fields import Table
from sim.scenario.parameters import described
from sim.scenario.scales import SCALES, STEPS
from sim.view import calibration_tables, evidence_tables, rule_sources
from sim.view.evidence_tables import table
from sim.view.rule_sources import constants, functions

ODD = Path(__file__).parents[1] / "ODD.md"
_BEGIN = "<!-- generated: "
_BLOCK = re.compile(r"(?<=<!-- generated: )([a-z-]+) -->\n(.*?)(?=<!-- end -->)", re.DOTALL)

# What each word of a choice means. A word without a sentence here has no place in the model.
CHOICES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "rules": {
            "consensus": "everyone at the table accepts",
            "consensus_minus_one": "everyone at the table accepts, or all but one",
            "supermajority": "the share of the people at the table who accept is `quorum` or more",
            "majority": "more than half of the people at the table accept",
            "lead": "those who accept hold more than `lead_quorum` of the power at the table",
        },
        "invitations": {
            "equal": "every sector with stakeholders gets floor(`seats` / number of such sectors) "
            "seats, its most powerful first; seats left over go by power",
            "power": "the most powerful first",
            "random": "by a lot that each stakeholder draws once a run, the highest first",
            "connected": "the largest endowment of network first",
            "diverse": "first the most powerful; then, one by one, the stakeholder whose interest "
            "is farthest from the nearest interest already at the table",
        },
        "layouts": {
            "complete": "everyone at the table with everyone at the table",
            "small_world": "a ring of all stakeholders in random order, each tied to `k` others, "
            "half on each side; then the far end of each tie moves, with probability `rewiring`, "
            "to a random stakeholder",
            "brokered": "a ring in random order inside each sector; everyone with the most "
            "powerful of its sector, its broker; the brokers with each other; with `weak_ties`, "
            "each stakeholder with one random other",
        },
        "memberships": {
            "fixed": "an empty seat stays empty; who left stays away",
            "voluntary": "at the start of a cycle, empty seats are filled by the same invitation; "
            "who left stays away",
            "open": "as voluntary; and who left may return at the renewal of a later cycle",
        },
        "norms": {
            "equal_fraction": "everyone gives the same fraction of what it has",
            "equal_amount": "everyone gives the same amount",
            "equal_effect": "what everyone gives has the same effect on the pool",
        },
    }
)
_WORDS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "rules": RULES,
        "invitations": INVITATIONS,
        "layouts": LAYOUTS,
        "memberships": MEMBERSHIPS,
        "norms": NORMS,
    }
)


def shown(value: Any) -> str:
    """A value as the tables write it.

    >>> [shown(value) for value in (0.05, 2 / 3, 1e-9, 20_000, True, None, "all", 1.0)]
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


def bounds(parameter: Parameter) -> str:
    """What a parameter may be, as an interval; a bracket that is round leaves its bound out."""
    words = ", ".join(f"`{choice}`" for choice in parameter.choices)
    if parameter.kind == "flag":
        return "true, false"
    if parameter.low is None or parameter.high is None:
        return words
    first, last = "(" if parameter.low_open else "[", ")" if parameter.high_open else "]"
    interval = f"{first}{shown(parameter.low)}, {shown(parameter.high)}{last}"
    if parameter.kind == "integer":
        interval += " even" if parameter.step == 2 else " whole"
    return f"{words} or {interval}" if words else interval


def _source(parameter: Parameter) -> str:
    return parameter.source.replace("model description", "section")


def _described(fields: Iterable[Parameter]) -> Iterable[list[str]]:
    """What is said of a parameter behind its name and start value."""
    for field in fields:
        event = "yes" if field.changeable else ""
        yield [bounds(field), field.unit, field.meaning, event, _source(field)]


def _parameters() -> str:
    header = ["field", "start", "bounds", "unit", "meaning", "event", "source"]
    rows = zip(parameters(), _described(parameters()), strict=True)
    return table(header, ([f"`{field.path}`", shown(field.default), *row] for field, row in rows))


def _sectors() -> str:
    start = Scenario()
    header = ["field", *SECTORS, "bounds", "unit", "meaning", "event", "source"]
    rows = []
    for field, row in zip(sector_parameters(), _described(sector_parameters()), strict=True):
        values = [shown(start.value(field.path.format(sector=sector))) for sector in SECTORS]
        rows.append([f"`{field.name}`", *values, *row])
    return table(header, rows)


def _listed(entry: type[Table]) -> str:
    header = ["column", "bounds", "unit", "meaning"]
    fields = {field.path: field for field in described(entry)}
    rows = []
    for name, info in entry.model_fields.items():
        field = fields.get(name)
        what = [bounds(field), field.unit] if field else ["a text", ""]
        rows.append([f"`{info.alias or name}`", *what, info.description or ""])
    return table(header, rows)


def _answers() -> str:
    """What each answer of a scale stands for."""
    rows = (
        [f"`{scale.name}`", str(step), words, f"{scale.value(step):g}"]
        for scale in SCALES.values()
        for step, words in zip(STEPS, scale.words, strict=True)
    )
    return table(["column", "answer", "which says", "value"], rows)


def _forms() -> str:
    fields = {field.path: field for field in parameters()}
    rows = []
    for name in FORM_COLUMNS[FORMS[0]]:
        values = [shown(FORM_COLUMNS[form][name]) for form in FORMS]
        rows.append([f"`form.{name}`", *values, fields[f"form.{name}"].meaning])
    return table(["field", *FORMS, "meaning"], rows)


def _choices(choice: str) -> str:
    words = _WORDS[choice]
    return table(["word", "meaning"], ([f"`{word}`", CHOICES[choice][word]] for word in words))


def _principles() -> str:
    fields = {field.name: field for field in parameters()}
    rows = []
    for name in PRINCIPLES:
        readers = [f for f in functions() if f".{name}" in f.names and f.name != "capacity_left"]
        where = ", ".join(f"`{function.name}`" for function in readers)
        rows.append([f"`{name}`", fields[name].meaning, where])
    return table(["principle", "what its level says", "rules that read it"], rows)


def _constants() -> str:
    rows = []
    for constant in constants():
        readers = ", ".join(f"`{function.name}`" for function in constant.readers)
        sections = ", ".join(constant.sections)
        name, value = f"`{constant.name}`", shown(constant.value)
        rows.append([name, value, constant.note, constant.file, readers, sections])
    return table(["constant", "value", "remark", "file", "rules that read it", "section"], rows)


def _purposes() -> str:
    file = rule_sources.RULES / f"{rule_sources.PURPOSES}.py"
    module = import_module(f"sim.rules.{file.stem}")
    rows = []
    for name, note in rule_sources.named_numbers(file).items():
        readers = [f for f in functions() if f"draws.{name}" in f.names]
        draws = ", ".join(f"`{function.name}`" for function in readers) or "kept free"
        says = " ".join(function.summary for function in readers)
        rows.append([str(getattr(module, name)), f"`{name}`", draws, says, note])
    return table(["number", "purpose", "drawn by", "which says", "remark"], rows)


def _outcomes() -> str:
    items = import_module("sim.rules.outcomes").OUTCOMES
    header = ["outcome", "label", "unit", "better", "meaning"]
    rows = ([f"`{o.name}`", o.label, o.unit, o.direction, o.meaning] for o in items)
    return table(header, rows)


def _path_columns() -> str:
    """The columns that name a row of the paths, and those that the rules fill."""
    names = import_module("sim.engine.tables").PATH_COLUMNS
    rows = [(name, "", meaning) for name, meaning in names]
    rows += import_module("sim.rules.state").PATH_COLUMNS
    return table(["column", "unit", "meaning"], ([f"`{first}`", *rest] for first, *rest in rows))


def _columns(module: str, name: str, *header: str) -> str:
    """A list of names and remarks that a module holds."""
    rows = getattr(import_module(module), name)
    return table(header, ([f"`{first}`", *others] for first, *others in rows))


TABLES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "forms": _forms,
        **{choice: partial(_choices, choice) for choice in CHOICES},
        "principles": _principles,
        "purposes": _purposes,
        "outcomes": _outcomes,
        "rounds": lambda: _columns(
            "sim.rules.state", "SERIES_COLUMNS", "column", "unit", "meaning, after the round"
        ),
        "stakeholders": lambda: _columns(
            "sim.engine.tables", "STAKEHOLDER_COLUMNS", "column", "meaning"
        ),
        "event-columns": lambda: _columns(
            "sim.engine.tables", "EVENT_COLUMNS", "column", "meaning"
        ),
        "events": lambda: _columns("sim.rules.log", "EVENTS", "event", "meaning"),
        "path-columns": _path_columns,
        "tie-columns": lambda: _columns("sim.engine.tables", "TIE_COLUMNS", "column", "meaning"),
        "option-columns": lambda: _columns(
            "sim.engine.tables", "OPTION_COLUMNS", "column", "meaning"
        ),
        "parameters": _parameters,
        "sectors": _sectors,
        "stakeholder-file": lambda: _listed(ListedStakeholder),
        "tie-file": lambda: _listed(ListedTie),
        "answers": _answers,
        "option-list": lambda: _listed(ListedOption),
        "axis-list": lambda: _listed(Axis),
        "constants": _constants,
        **evidence_tables.TABLES,
        **calibration_tables.TABLES,
    }
)


def written(text: str) -> dict[str, str]:
    """The generated tables as they stand in the document.

    Raises
    ------
    ValueError
        A table is not closed, not known, stands there twice, or is missing.
    """
    blocks = [(block[1], block[2]) for block in _BLOCK.finditer(text)]
    names = [name for name, _body in blocks]
    if text.count(_BEGIN) != len(blocks) or any(_BEGIN in body for _name, body in blocks):
        raise ValueError(_("a generated table has no end mark"))
    for name in sorted({*names, *TABLES}):
        if name not in TABLES:
            raise ValueError(_('no table is called "{name}"').format(name=name))
        if names.count(name) != 1:
            text = _('the table "{name}" must stand there once, not {count} times')
            raise ValueError(text.format(name=name, count=names.count(name)))
    return dict(blocks)


def refreshed(text: str) -> str:
    """The document with every generated table as the code has it now."""
    written(text)
    return _BLOCK.sub(lambda block: f"{block[1]} -->\n{_body(block[1])}", text)


def stale(text: str) -> list[str]:
    """The generated tables of the document that are not what the code has now."""
    return [name for name, body in written(text).items() if body != _body(name)]


def _body(name: str) -> str:
    """What stands between the two marks; some renderers want a table to stand alone."""
    return f"\n{TABLES[name]()}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables anew, or only look whether that is needed.

    Returns
    -------
    int
        The exit code: 0; 1 if `--check` finds a table out of date; 2 if the document is broken.
    """
    parser = argparse.ArgumentParser(
        prog="python -m sim.view.odd",
        description=_("Write the tables of the model description from the code."),
    )
    parser.add_argument(
        "--check", action="store_true", help=_("write nothing; exit code 1 if a table is stale")
    )
    check = parser.parse_args(arguments).check
    try:
        before = ODD.read_text(encoding="utf-8")
        old = stale(before)
        if old and not check:
            ODD.write_text(refreshed(before), encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        print(f"{ODD.name}: {error}", file=sys.stderr)
        return 2
    if not old:
        print(_("{file}: every table is what the code has").format(file=ODD.name))
        return 0
    text = _("{file}: stale: {names}") if check else _("{file}: written anew: {names}")
    print(text.format(file=ODD.name, names=", ".join(old)))
    return 1 if check else 0


if __name__ == "__main__":
    sys.exit(main())
