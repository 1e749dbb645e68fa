"""The report on a validation as one page of HTML."""

from pathlib import Path
from typing import Any

from sim.base.files import write_whole
from sim.evidence.directions import DIRECTIONS, VARIANTS
from sim.evidence.targets import (
    MAY_SET,
    NOT_FOR,
    NULL_RESULTS,
    SOURCES,
    STAGED,
    TARGETS,
    THE_DATA,
    WHAT_IS_DONE,
    file_of,
    what_it_sets,
)
from sim.evidence.validate import (
    ERROR_RATE,
    OUTSIDE,
    QUICK_RUNS,
    REPORTED,
    RUNS,
    ValidationData,
    count_tests,
)
from sim.language import _
from sim.scenario import load
from sim.view.evidence import Row, effect_numbers, records, target_numbers, validation_in_short
from sim.view.report import bands
from sim.view.report.drawing import report_style
from sim.view.report.html import render_page

# The look and sign of a verdict, so that it does not depend on colour.
BADGES = {
    "inside": ("better", "✓"),
    "consistent": ("better", "✓"),
    "outside": ("worse", "✗"),
    "contrary": ("worse", "✗"),
    "undetermined": ("open", "?"),
    REPORTED: ("none", "="),
}


def validation_page(result: ValidationData) -> str:
    """The report on a validation, as HTML. The same validation gives the same text.

    Examples
    --------
    >>> import sim
    >>> text = validation_page(sim.validate(runs=20))
    >>> text.startswith("<!DOCTYPE html>"), "<script" in text
    (True, False)
    """
    verdicts = dict(result.verdicts()[["id", "verdict"]].to_numpy())
    with report_style(""):
        pictures = {
            "targets": bands.targets(result),
            "groups": bands.groups(result),
            "directions": bands.directions(result),
        }
    parts = {
        "title": _("Held against the evidence"),
        "result": result,
        "in_short": validation_in_short(result),
        "verdicts": verdicts,
        "badges": BADGES,
        "pictures": pictures,
        "targets": [{**row, "numbers": target_numbers(row)} for row in records(result.targets())],
        "directions": [_direction(row) for row in records(result.directions())],
        "groups": records(result.groups()),
        "about": TARGETS,
        "outside": [target for target in TARGETS if verdicts[target.id] == OUTSIDE],
        "claims": DIRECTIONS,
        "doubted": [claim for claim in DIRECTIONS if verdicts[claim.id] != "consistent"],
        "tests": count_tests(),
        "rate": ERROR_RATE,
        "stagings": [_staging(name) for name in STAGED],
        "variants": {name: _changes(changes) for name, changes in VARIANTS.items()},
        "sources": SOURCES,
        "done": WHAT_IS_DONE,
        "data": THE_DATA,
        "null_results": NULL_RESULTS,
        "not_for": NOT_FOR,
        "command": _command(result),
    }
    return render_page("validation.html", parts)


def write_validation(result: ValidationData, path: str | Path) -> None:
    """Write the report, whole or not at all.

    Raises
    ------
    OSError
        It cannot be written.
    """
    write_whole(Path(path), validation_page(result).encode())


def _direction(row: Row) -> Row:
    return {**row, "numbers": effect_numbers(row), "cells": row["cells"].split(" | ")}


def _staging(name: str) -> dict[str, Any]:
    """A staging: its title, the fields that it sets and why it may, and its file."""
    sets = what_it_sets(name)
    return {
        "name": name,
        "title": load(file_of(name)).title,
        "sets": [(path, _value(path, value), _(MAY_SET[path])) for path, value in sets.items()],
        "file": file_of(name).read_text(encoding="utf-8"),
    }


def _value(path: str, value: Any) -> str:
    """A value of a staging; for a list of people, their number."""
    if path == "listed":
        return _("{count} people", count=len(value))
    return ", ".join(value) if isinstance(value, list) else str(value)


def _changes(changes: Any) -> str:
    return ", ".join(f"{path} = {value}" for path, value in changes.items()) or _("nothing")


def _command(result: ValidationData) -> str:
    seed = f" --seed {result.seed}" if result.seed != 1 else ""
    if result.runs == RUNS:
        return f"mufakat validate{seed}"
    if result.runs == QUICK_RUNS:
        return f"mufakat validate --quick{seed}"
    call = f"sim.validate(runs={result.runs}, seed={result.seed})"
    return f"python -c 'import sim; print({call}.told())'"
