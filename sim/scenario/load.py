"""A scenario from its files: TOML, the parents it extends, and the listings beside it."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from sim.language import _
from sim.scenario.errors import (
    UNREAD,
    Fault,
    FieldPath,
    Place,
    Places,
    ScenarioError,
    dotted,
    empty_texts,
    located,
)
from sim.scenario.files import (
    CASE,
    SUFFIX,
    FileAccessError,
    inside,
    read_text,
    shipped,
    shipped_file,
)
from sim.scenario.grid import flat, grid
from sim.scenario.lists import STAKEHOLDERS, TIES, name_faults, read_listing, tie_faults
from sim.scenario.schema import Scenario, inherit
from sim.scenario.toml_text import lines_of

Tables = dict[str, Any]

# A file is a scenario of its own, with its own title, whatever it extends.
_NOT_INHERITED = ("title", "description")


class RawTables(NamedTuple):
    """What was read: values, where each was written, what is wrong, what could not be read."""

    tables: Tables
    places: Places
    faults: list[Fault]
    unread: set[FieldPath]


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
        Whatever is wrong or still to be filled in, in all files, with file and line.

    Examples
    --------
    >>> load("team").form.seats
    8
    """
    found = _read(_find(os.fspath(name_or_path)), ())
    faults = [*found.faults, *empty_texts(found.tables, Scenario)]
    said = found.unread | {fault.path for fault in faults}
    try:
        scenario = Scenario(**found.tables)
        if not faults:
            _try_sweep(scenario, os.fspath(name_or_path))
            return scenario
    except ScenarioError as error:
        more = dict.fromkeys([*error.faults, *_naming_faults(found.tables)])
        faults += [fault for fault in more if fault.path not in said]
    raise ScenarioError(faults, found.places)


def _try_sweep(scenario: Scenario, name: str) -> None:
    """Whether all values of a sweep fit together: what does not is told with the sweep's line."""
    try:
        grid({Path(name).stem: scenario})
    except ScenarioError as error:
        own = {item.field for item in scenario.sweep}
        faults = []
        for fault in error.faults:
            field = dotted(fault.path)
            at: FieldPath = ("sweep", field) if field in own else ("sweep",)
            text = fault.text if field in own else f"{field}: {fault.text}"
            faults.append(fault._replace(path=at, text=text))
        raise ScenarioError(faults) from None


def _naming_faults(tables: Tables) -> Iterator[Fault]:
    """What is wrong with the names in the lists, for where other faults keep them from a check."""
    listed, ties = (
        [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        for rows in (tables.get("listed"), tables.get("listed_ties"))
    )
    names = [_name(row.get("name")) for row in listed]
    yield from name_faults(names)
    if any(names):  # else nobody could be known
        yield from tie_faults(
            [(_name(row.get("from")), _name(row.get("to"))) for row in ties], names
        )


def _name(value: object) -> str:
    return value if isinstance(value, str) else ""


def _find(name: str) -> Path:
    """The file that is meant."""
    path = Path(name)
    try:
        if (path / CASE).is_file() or (path.is_dir() and name not in shipped()):
            return path / CASE
        return path if path.suffix == SUFFIX else shipped_file(name)
    except (OSError, ValueError) as error:  # a name no file can have: too long, or with a zero byte
        raise ScenarioError([Fault((name,), str(error))]) from None
    except FileAccessError as refused:
        text = _("{reason} (a file's name ends in .toml)", reason=refused)
        raise ScenarioError([Fault((name,), text)]) from None


def _read(file: Path, children: tuple[Path, ...]) -> RawTables:
    """A file's own values on top of its parents', and where each was written."""
    own = read_tables(file)
    _flatten_sweep(own)
    _read_listings(file.parent, own)
    name = own.tables.get("extends")
    if not _is_filled_in(name):
        return own
    del own.tables["extends"]
    try:
        above = _read(_parent(name, file, (*children, file)), (*children, file))
    except FileAccessError as refused:
        return _without_parent(own, [located(Fault(("extends",), str(refused)), own.places)])
    except ScenarioError as error:
        return _without_parent(own, error.faults)
    for name in _NOT_INHERITED:
        above.tables.pop(name, None)
    replaced = tuple(_lists(own.tables))
    return RawTables(
        inherit(above.tables, own.tables),
        {at: place for at, place in above.places.items() if not _below(at, replaced)} | own.places,
        above.faults + own.faults,
        {at for at in above.unread if not _below(at, replaced)} | own.unread,
    )


def _lists(tables: Tables, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Where lists stand: a child's takes the place of its parent's whole list."""
    for name, value in tables.items():
        if isinstance(value, list):
            yield (*path, name)
        elif isinstance(value, dict):
            yield from _lists(value, (*path, name))


def _below(path: FieldPath, tables: Iterable[FieldPath]) -> bool:
    return any(path[: len(table)] == table for table in tables)


def _without_parent(own: RawTables, faults: Iterable[Fault]) -> RawTables:
    """A file's own values, which cannot say what they come to."""
    own.tables["extends"] = UNREAD
    return own._replace(faults=[*own.faults, *faults], unread={*own.unread, ("extends",)})


def _is_filled_in(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def _read_listings(folder: Path, own: RawTables) -> None:
    """Add the rows of the files that the tables name; a resolved scenario has them already."""
    for kind in (STAKEHOLDERS, TIES):
        given = own.tables.get(kind.table)
        file = given.get(kind.key) if isinstance(given, dict) else None
        if not _is_filled_in(file) or kind.name in own.tables:
            continue
        try:
            listing = read_listing(inside(folder, file), kind)
        except FileAccessError as refused:
            path = (kind.table, kind.key)
            faults: tuple[Fault, ...] = (located(Fault(path, str(refused)), own.places),)
        except ScenarioError as error:
            faults = error.faults
        else:
            own.tables[kind.name] = listing.rows
            own.places.update(listing.places)
            own.faults.extend(listing.faults)
            own.unread.update(listing.unread)
            continue
        own.tables[kind.name] = UNREAD
        own.faults.extend(faults)
        own.unread.add((kind.name,))


def _parent(name: str, file: Path, chain: tuple[Path, ...]) -> Path:
    """The file of the scenario that this one extends."""
    parent = inside(file.parent, name) if name.endswith(SUFFIX) else shipped_file(name)
    if any(parent.samefile(child) for child in chain):
        names = " -> ".join(link.name for link in (*chain, parent))
        raise FileAccessError(_("extends itself: {names}", names=names))
    return parent


def _flatten_sweep(own: RawTables) -> None:
    """Name what is varied by its whole path, however a file wrote it: so children replace it."""
    if isinstance(own.tables.get("sweep"), dict):
        fields = flat(own.tables["sweep"])
        paths = [".".join(names) for names in fields]
        own.tables["sweep"] = dict(zip(paths, fields.values(), strict=True))
        for at, place in list(own.places.items()):
            for names in fields:
                if at[: len(names) + 1] == ("sweep", *names):
                    own.places["sweep", ".".join(names), *at[len(names) + 1 :]] = place
        for path in dict.fromkeys(path for path in paths if paths.count(path) > 1):
            fault = Fault(("sweep", path), _("is varied twice"))  # in quotation marks and without
            own.faults.append(located(fault, own.places))


def read_tables(file: Path) -> RawTables:
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
    return RawTables(tables, {at: Place(str(file), line) for at, line in lines.items()}, [], set())


def _syntax_error(error: ValueError, file: Path, text: str) -> ScenarioError:
    """What Python's reader says, with its line in front, and what was perhaps meant."""
    message = re.sub(r" \(at [^()]*\)$", "", str(error))
    at = re.search(r"\(at line (\d+), column \d+\)$", str(error))
    lines = text.splitlines()
    number = int(at[1]) if at else max(1, len(lines))
    hint = _hint(message, "".join(lines[number - 1 : number]))
    text = f"{message}; {hint}" if hint else message
    return ScenarioError([Fault((), text, Place(str(file), number))])


def _hint(message: str, line: str) -> str:
    """What to do about a line that is no TOML."""
    if message == "Cannot overwrite a value":
        return _(
            "the name is there twice; perhaps a line such as [[problem.options]] above it has a #"
        )
    if message == r"Illegal character '\n'" and line.count('"') % 2:
        return _("a text ends on the line that it begins on, with a quotation mark")
    value = line.partition("=")[2].strip()
    if re.match(r"[+-]?\d+,\d", value):
        return _("a number has a decimal point, as in 0.5")
    if re.match(r"[+-]?[\d.]+\s*%", value):
        return _("a share is a number from 0 to 1: 0.7, not 70%")
    if re.match(r"[^\W\d]|[\u2018-\u201f]", value):
        return _('a text stands between straight quotation marks, as in title = "Our river"')
    if re.match(r'"[^"]*"[^#]', value):
        return _("inside a text, use ' in place of \"")
    return ""
