"""Load a scenario from its files: TOML, the parents it extends, and the lists in its folder."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeGuard

from sim.base.text import _
from sim.scenario.errors import (
    UNREAD,
    Fault,
    FieldPath,
    ScenarioError,
    dotted,
    located,
)
from sim.scenario.fields import follow, parameter_of, with_meaning
from sim.scenario.files import (
    CASE,
    SUFFIX,
    FileAccessError,
    RawTables,
    Tables,
    inside,
    read_tables,
    shipped,
    shipped_file,
)
from sim.scenario.grid import flat, grid
from sim.scenario.lists import STAKEHOLDERS, TIES, name_faults, read_listing, tie_faults
from sim.scenario.schema import Scenario, inherit, is_empty_text

# A file is a scenario of its own, with its own title, even if it extends another.
_NOT_INHERITED = ("title", "description")


def load(name_or_path: str | os.PathLike[str]) -> Scenario:
    """Load a scenario; see :func:`sim.load`.

    >>> load("team").form.seats
    8
    """
    found = _read(_find(os.fspath(name_or_path)), ())
    faults = [*found.faults, *_empty_texts(found.tables)]
    reported = found.unread | {fault.path for fault in faults}
    try:
        scenario = Scenario(**found.tables)
        if not faults:
            _check_sweep(scenario, os.fspath(name_or_path))
            return scenario
    except ScenarioError as error:
        more = dict.fromkeys([*error.faults, *_naming_faults(found.tables)])
        faults += [fault for fault in more if fault.path not in reported]
    raise ScenarioError(faults, found.places)


def _empty_texts(tables: Tables) -> Iterator[Fault]:
    """Yield a fault for each empty text, with what its field allows.

    >>> for fault in _empty_texts({"title": "", "cycles": 2}):
    ...     print(fault.text)
    is still to be filled in (the scenario in a few words)
    """
    for path in _empty(tables, ()):
        known, _table, field = follow(Scenario, path)
        if known == path and field:  # an unknown name is another fault
            text = _("is still to be filled in")
            parameter = parameter_of(str(path[-1]), field)
            if parameter:
                text = f"{text}: {parameter.allowed}"
            yield Fault(path, with_meaning(text, field))


def _empty(value: Any, path: FieldPath) -> Iterator[FieldPath]:
    """Yield the path of each empty text."""
    if is_empty_text(value):
        yield path
    inner = value.items() if isinstance(value, dict) else ()
    for name, entry in enumerate(value) if isinstance(value, list) else inner:
        yield from _empty(entry, (*path, name))


def _check_sweep(scenario: Scenario, name: str) -> None:
    """Raise an error, with the line of the sweep, if values of a sweep do not fit together."""
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
    """Yield the faults of listed names, which a scenario with other faults does not check."""
    listed, ties = (
        [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        for rows in (tables.get("listed"), tables.get("listed_ties"))
    )
    names = [_name(row.get("name")) for row in listed]
    yield from name_faults(names)
    if any(names):  # otherwise every name is unknown
        yield from tie_faults(
            [(_name(row.get("from")), _name(row.get("to"))) for row in ties], names
        )


def _name(value: object) -> str:
    return value if isinstance(value, str) else ""


def _find(name: str) -> Path:
    """Return the file of a shipped scenario or a path."""
    path = Path(name)
    try:
        if (path / CASE).is_file() or (path.is_dir() and name not in shipped()):
            return path / CASE
        return path if path.suffix == SUFFIX else shipped_file(name)
    except (OSError, ValueError) as error:  # the name is too long or has a zero byte
        raise ScenarioError([Fault((name,), str(error))]) from None
    except FileAccessError as error:
        text = _("{reason} (a file's name ends in .toml)", reason=error)
        raise ScenarioError([Fault((name,), text)]) from None


def _read(file: Path, children: tuple[Path, ...]) -> RawTables:
    """Return the values of a file and of its parents, and where each was written."""
    own = read_tables(file)
    _flatten_sweep(own)
    _read_listings(file.parent, own)
    name = own.tables.get("extends")
    if not _is_filled_in(name):
        return own
    del own.tables["extends"]
    try:
        above = _read(_parent(name, file, (*children, file)), (*children, file))
    except FileAccessError as error:
        return _without_parent(own, [located(Fault(("extends",), str(error)), own.places)])
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
    """Yield the paths of lists: a list replaces the parent's whole list."""
    for name, value in tables.items():
        if isinstance(value, list):
            yield (*path, name)
        elif isinstance(value, dict):
            yield from _lists(value, (*path, name))


def _below(path: FieldPath, tables: Iterable[FieldPath]) -> bool:
    return any(path[: len(table)] == table for table in tables)


def _without_parent(own: RawTables, faults: Iterable[Fault]) -> RawTables:
    """Return a file's own values; those of its parent could not be read."""
    own.tables["extends"] = UNREAD
    return own._replace(faults=[*own.faults, *faults], unread={*own.unread, ("extends",)})


def _is_filled_in(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def _read_listings(folder: Path, own: RawTables) -> None:
    """Add the rows of the list files, unless the scenario has them itself."""
    for kind in (STAKEHOLDERS, TIES):
        given = own.tables.get(kind.table)
        file = given.get(kind.key) if isinstance(given, dict) else None
        if not _is_filled_in(file) or kind.name in own.tables:
            continue
        try:
            listing = read_listing(inside(folder, file), kind)
        except FileAccessError as error:
            path = (kind.table, kind.key)
            faults: tuple[Fault, ...] = (located(Fault(path, str(error)), own.places),)
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
    """Return the file of the scenario that this one extends."""
    parent = inside(file.parent, name) if name.endswith(SUFFIX) else shipped_file(name)
    if any(parent.samefile(child) for child in chain):
        names = " -> ".join(link.name for link in (*chain, parent))
        raise FileAccessError(_("extends itself: {names}", names=names))
    return parent


def _flatten_sweep(own: RawTables) -> None:
    """Use the dotted path of varied fields as their key, so that children can replace them."""
    if isinstance(own.tables.get("sweep"), dict):
        fields = flat(own.tables["sweep"])
        paths = [".".join(names) for names in fields]
        own.tables["sweep"] = dict(zip(paths, fields.values(), strict=True))
        for at, place in list(own.places.items()):
            for names in fields:
                if at[: len(names) + 1] == ("sweep", *names):
                    own.places["sweep", ".".join(names), *at[len(names) + 1 :]] = place
        for path in dict.fromkeys(path for path in paths if paths.count(path) > 1):
            # once as a dotted name in quotation marks, once without
            fault = Fault(("sweep", path), _("is varied twice"))
            own.faults.append(located(fault, own.places))
