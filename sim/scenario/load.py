"""A scenario from its files: TOML, the parents it extends, and the CSV files beside it."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from sim.language import _
from sim.scenario.faults import Fault, Place, Places, ScenarioError
from sim.scenario.files import (
    CASE,
    SUFFIX,
    Refused,
    inside,
    read_text,
    shipped,
    shipped_file,
)
from sim.scenario.lines import lines_of
from sim.scenario.listed import ListedStakeholder, ListedTie
from sim.scenario.listing import read_listing
from sim.scenario.schema import Scenario
from sim.scenario.variants import inherit

Tables = dict[str, Any]

# Where a scenario names a CSV file, the list that the file's rows become, and what a row is.
_LISTINGS = (
    ("stakeholders", "file", "listed", ListedStakeholder),
    ("form", "ties_file", "listed_ties", ListedTie),
)
# A file is a scenario of its own, with its own title, whatever it extends.
_NOT_INHERITED = ("title", "description")


def load(name_or_path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario.

    A file that `extends` another has the other's values where it gives none of its own, except
    title and description. A new ``form.kind`` brings its own column of form fields.

    Parameters
    ----------
    name_or_path
        The name of a shipped scenario, or a path: of a file that ends in ``.toml``, or of a folder
        that holds a ``scenario.toml``.

    Raises
    ------
    ScenarioError
        Whatever is wrong, with file and line.

    Examples
    --------
    >>> load("team").form.seats
    8
    """
    file = _find(os.fspath(name_or_path))
    tables, places = _read(file, ())
    try:
        return Scenario(**tables)
    except ScenarioError as error:
        raise ScenarioError(error.faults, places) from None


def _find(name: str) -> Path:
    """The file that is meant."""
    path = Path(name)
    try:
        if (path / CASE).is_file() or (path.is_dir() and name not in shipped()):
            return path / CASE
        return path if path.suffix == SUFFIX else shipped_file(name)
    except (OSError, ValueError) as error:  # a name no file can have: too long, or with a zero byte
        raise ScenarioError([Fault((name,), str(error))]) from None
    except Refused as refused:
        text = _("{reason} A file's name ends in .toml.").format(reason=refused)
        raise ScenarioError([Fault((name,), text)]) from None


def _read(file: Path, children: tuple[Path, ...]) -> tuple[Tables, Places]:
    """A file's own values on top of its parents', and where each was written."""
    tables, places = _parse(file)
    _read_listings(file.parent, tables, places)
    if not isinstance(tables.get("extends"), str):
        return tables, places
    parent = _parent(tables.pop("extends"), file, places, (*children, file))
    above, places_above = _read(parent, (*children, file))
    for name in _NOT_INHERITED:
        above.pop(name, None)
    replaced = [(name,) for name, value in tables.items() if isinstance(value, list)]
    kept = {path: place for path, place in places_above.items() if path[:1] not in replaced}
    return inherit(above, tables), kept | places


def _read_listings(folder: Path, tables: Tables, places: Places) -> None:
    """Add the rows of the CSV files that the tables name; a resolved scenario has them already."""
    for table, key, name, entry in _LISTINGS:
        given = tables.get(table)
        listing = given.get(key) if isinstance(given, dict) else None
        if isinstance(listing, str) and name not in tables:
            try:
                file = inside(folder, listing)
            except Refused as refused:
                fault = Fault((table, key), str(refused))
                raise ScenarioError([fault], places) from None
            tables[name], found = read_listing(file, entry, name)
            places.update(found)


def _parent(name: str, file: Path, places: Places, chain: tuple[Path, ...]) -> Path:
    """The file of the scenario that this one extends."""
    try:
        parent = inside(file.parent, name) if name.endswith(SUFFIX) else shipped_file(name)
        if any(parent.samefile(child) for child in chain):
            names = " -> ".join(link.name for link in (*chain, parent))
            raise Refused(_("extends itself: {names}").format(names=names))
    except Refused as refused:
        raise ScenarioError([Fault(("extends",), str(refused))], places) from None
    return parent


def _parse(file: Path) -> tuple[Tables, Places]:
    """The tables of one TOML file, and the line of each value."""
    text = read_text(file)
    try:
        tables = tomllib.loads(text)
        lines = lines_of(text.replace("\r\n", "\n"))
    except RecursionError:
        fault = Fault((), _("lists or tables are nested too deeply"))
        raise ScenarioError([fault], {(): Place(str(file), 1)}) from None
    except ValueError as error:
        raise _syntax_error(error, file, text) from None
    return tables, {path: Place(str(file), line) for path, line in lines.items()}


def _syntax_error(error: ValueError, file: Path, text: str) -> ScenarioError:
    """What Python's reader says, with its line in front."""
    message = re.sub(r" \(at [^()]*\)$", "", str(error))
    at = re.search(r"\(at line (\d+), column \d+\)$", str(error))
    line = int(at[1]) if at else max(1, len(text.splitlines()))
    return ScenarioError([Fault((), message)], {(): Place(str(file), line)})
