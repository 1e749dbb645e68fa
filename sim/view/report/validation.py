"""The report on a validation as one page of HTML."""

from pathlib import Path
from typing import Any

from sim.base.files import write_whole
from sim.evidence.directions import DIRECTIONS, VARIANTS
from sim.evidence.judging import ERROR_RATE, OUTSIDE, REPORTED, count_tests
from sim.evidence.sources import SOURCES
from sim.evidence.stagings import MAY_SET, file_of, what_it_sets
from sim.evidence.targets import STAGED, TARGETS
from sim.evidence.told import effect, numbers
from sim.evidence.validate import QUICK_RUNS, RUNS, Validation
from sim.evidence.words import NOT_FOR, NULL_RESULTS, THE_DATA, WHAT_IS_DONE
from sim.language import _
from sim.scenario import load
from sim.view.report import bands
from sim.view.report.drawing import report_style
from sim.view.report.rendering import rendered

# A verdict's look and sign, so that it can be told without colour.
BADGES = {
    "inside": ("better", "✓"),
    "consistent": ("better", "✓"),
    "outside": ("worse", "✗"),
    "contrary": ("worse", "✗"),
    "undetermined": ("open", "?"),
    REPORTED: ("none", "="),
}


def validation_page(found: Validation) -> str:
    """The report on a validation, as HTML. The same validation gives the same text.

    Examples
    --------
    >>> import sim
    >>> text = validation_page(sim.validate(runs=20))
    >>> text.startswith("<!DOCTYPE html>"), "<script" in text
    (True, False)
    """
    verdicts = dict(found.verdicts()[["id", "verdict"]].to_numpy())
    with report_style(""):
        pictures = {
            "targets": bands.targets(found),
            "groups": bands.groups(found),
            "directions": bands.directions(found),
        }
    parts = {
        "title": _("Held against the evidence"),
        "found": found,
        "verdicts": verdicts,
        "badges": BADGES,
        "pictures": pictures,
        "targets": [_target(row) for row in found.targets().to_dict("records")],
        "directions": [_direction(row) for row in found.directions().to_dict("records")],
        "groups": found.groups().to_dict("records"),
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
        "command": _command(found),
    }
    return rendered("validation.html", parts)


def write_validation(found: Validation, path: str | Path) -> None:
    """Write the report, whole or not at all.

    Raises
    ------
    OSError
        It cannot be written.
    """
    write_whole(Path(path), validation_page(found).encode())


def _target(row: dict[Any, Any]) -> dict[str, Any]:
    return {**row, "numbers": numbers(row)}


def _direction(row: dict[Any, Any]) -> dict[str, Any]:
    return {**row, "numbers": effect(row), "cells": row["cells"].split(" | ")}


def _staging(name: str) -> dict[str, Any]:
    """A staging: its title, what it sets and why it may, and its file."""
    sets = what_it_sets(name)
    return {
        "name": name,
        "title": load(file_of(name)).title,
        "sets": [(path, _value(path, value), _(MAY_SET[path])) for path, value in sets.items()],
        "file": file_of(name).read_text(encoding="utf-8"),
    }


def _value(path: str, value: Any) -> str:
    """A value of a staging in a cell: of a list of people, how many there are."""
    if path == "listed":
        return _("{count} people", count=len(value))
    return ", ".join(value) if isinstance(value, list) else str(value)


def _changes(changes: Any) -> str:
    return ", ".join(f"{path} = {value}" for path, value in changes.items()) or _("nothing")


def _command(found: Validation) -> str:
    seed = f" --seed {found.seed}" if found.seed != 1 else ""
    if found.runs == RUNS:
        return f"mufakat validate{seed}"
    if found.runs == QUICK_RUNS:
        return f"mufakat validate --quick{seed}"
    return (
        f"python -c 'import sim; print(sim.validate(runs={found.runs}, seed={found.seed}).told())'"
    )
