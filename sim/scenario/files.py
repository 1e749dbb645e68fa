"""The files of scenarios: where they are, which may be read, and their TOML with its lines."""

import json
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim.base.text import _
from sim.scenario.errors import Fault, FieldPath, Place, Places, ScenarioError, did_you_mean

Tables = dict[str, Any]

SUFFIX = ".toml"
CASE = "scenario.toml"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_HEADER = re.compile(rf"\[(\[?)[ \t]*({_KEY.pattern})[ \t]*\]\]?")
_SCALAR = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""(?!")|"(?:[^"\\]|\\.)*"|[^,\]}\n#"']+|'''
    r"""'''.*?'''(?!')|'[^']*'""",
    re.DOTALL,
)


class FileAccessError(Exception):
    """Raised when a file does not exist or may not be read or written; the message says why."""


def shipped_folder() -> Path:
    """Return the folder of the shipped scenarios, in an installed package or a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent / "scenarios"


def shipped() -> tuple[str, ...]:
    """Return the names of the shipped scenarios, sorted.

    >>> "baseline" in shipped()
    True
    """
    folder = shipped_folder()
    names = [file.stem for file in folder.glob(f"*{SUFFIX}")]
    return tuple(sorted(names + [file.parent.name for file in folder.glob(f"*/{CASE}")]))


def shipped_file(name: str) -> Path:
    """Return the file of a shipped scenario."""
    if name not in shipped():
        text = _('no shipped scenario is called "{name}", {hint}')
        raise FileAccessError(text.format(name=name, hint=did_you_mean(name, shipped())))
    case = shipped_folder() / name / CASE
    return case if case.is_file() else shipped_folder() / f"{name}{SUFFIX}"


def inside(folder: Path, name: str) -> Path:
    """Return a file in a folder or below it; no link may lead out of the folder."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in name:
        raise FileAccessError(
            _('"{name}" is not in the folder of the file that names it', name=name)
        )
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise FileAccessError(
            _('"{name}" leads out of the folder of the file that names it', name=name)
        )
    if not file.is_file():
        raise FileAccessError(_('there is no file "{name}" in {folder}', name=name, folder=folder))
    return file


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark."""
    content = read_bytes(file)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        text = _(
            'is not UTF-8 text: save it as "CSV UTF-8" (a spreadsheet) or as UTF-8 (an editor)'
        )
        raise ScenarioError([Fault((), text, Place(str(file), line))]) from None


def read_bytes(file: Path) -> bytes:
    """Return the content of a file."""
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: the name has a zero byte
        text = getattr(error, "strerror", None) or str(error)
        raise ScenarioError([Fault((str(file),), text)]) from None


# Reading TOML: Python's reader does not give the lines of values


class RawTables(NamedTuple):
    """The values of a file, their places, the faults, and the paths of unreadable values."""

    tables: Tables
    places: Places
    faults: list[Fault]
    unread: set[FieldPath]


def read_tables(file: Path) -> RawTables:
    """Return the tables of one TOML file, and the line of each value."""
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
    """Return the error of Python's TOML reader with its line and a hint."""
    message = re.sub(r" \(at [^()]*\)$", "", str(error))
    at = re.search(r"\(at line (\d+), column \d+\)$", str(error))
    lines = text.splitlines()
    number = int(at[1]) if at else max(1, len(lines))
    hint = _hint(message, "".join(lines[number - 1 : number]))
    text = f"{message}; {hint}" if hint else message
    return ScenarioError([Fault((), text, Place(str(file), number))])


def _hint(message: str, line: str) -> str:
    """Return how to correct a line that is not TOML."""
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


def lines_of(text: str) -> dict[FieldPath, int]:
    r"""Return the line of every table, key and list entry of a valid TOML text.

    >>> lines_of('cycles = 2\n[form]\nkind = "team"')
    {(): 1, ('cycles',): 1, ('form',): 2, ('form', 'kind'): 3}
    """
    return _Reader(text).read()


class _Reader:
    """Walks through a valid TOML text and records the line of everything in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[FieldPath, int] = {(): 1}
        self.entries: dict[FieldPath, int] = {}  # how many tables each [[list]] has so far
        self.ends = [match.start() for match in re.finditer("\n", text)]

    def read(self) -> dict[FieldPath, int]:
        table: FieldPath = ()
        while self.more(""):
            header = _HEADER.match(self.text, self.at)
            if header:
                table = self.header(_names(header[2]), is_entry=bool(header[1]))
                self.at = header.end()
            else:
                self.pair(table)
        return self.lines

    def header(self, names: FieldPath, *, is_entry: bool) -> FieldPath:
        """Open a table; inside a list of tables, the table of its last entry."""
        path: FieldPath = ()
        for depth, name in enumerate(names, start=1):
            path = (*path, name)
            self.note(path)
            if depth == len(names) and is_entry:
                self.entries[path] = self.entries.get(path, 0) + 1
            if path in self.entries:
                path = (*path, self.entries[path] - 1)
                self.note(path)
        self.lines[path] = self.line()
        return path

    def pair(self, table: FieldPath) -> None:
        """Read a key and its value."""
        key = _KEY.match(self.text, self.at)
        assert key is not None, "a key is expected in valid TOML"
        path = table
        for name in _names(key[0]):
            path = (*path, name)
            self.note(path)
        self.at = self.text.index("=", key.end()) + 1
        self.value(path)

    def value(self, path: FieldPath) -> None:
        """Read a value; list entries and keys of inline tables have lines as well."""
        self.skip()
        opening = self.text[self.at]
        if opening == "[":
            self.at += 1
            number = 0
            while self.more("]"):
                self.note((*path, number))
                self.value((*path, number))
                number += 1
        elif opening == "{":
            self.at += 1
            while self.more("}"):
                self.pair(path)
        else:
            scalar = _SCALAR.match(self.text, self.at)
            assert scalar is not None, "a value is expected in valid TOML"
            self.at = scalar.end()

    def more(self, closing: str) -> bool:
        """Go to the next item; return False at the end of the text or the closing bracket."""
        self.skip()
        if closing and self.text[self.at] == ",":
            self.at += 1
            self.skip()
        if closing and self.text[self.at] == closing:
            self.at += 1
            return False
        return self.at < len(self.text)

    def skip(self) -> None:
        """Skip blanks, line ends and comments."""
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at

    def line(self) -> int:
        return bisect_left(self.ends, self.at) + 1

    def note(self, path: FieldPath) -> None:
        """Record the line of a path, unless it has one."""
        self.lines.setdefault(path, self.line())


def _names(key: str) -> FieldPath:
    """Return the parts of a dotted key."""
    names: FieldPath = ()
    table: Any = tomllib.loads(f"{key} = 0")
    while isinstance(table, dict):
        (name, table), *_rest = table.items()
        names = (*names, name)
    return names


# Writing TOML; tomlkit takes about 20 times as long (2.5 ms for the baseline, not 0.14 ms)


def to_toml(table: Mapping[str, Any]) -> str:
    """Write nested tables as TOML, from which the same values can be read.

    Parameters
    ----------
    table
        Texts, numbers, booleans, lists and tables. None is left out, because TOML has no null.

    Examples
    --------
    >>> print(to_toml({"title": "Mine", "form": {"k": 6}, "events": [{"round": 3}]}))
    title = "Mine"
    <BLANKLINE>
    [form]
    k = 6
    <BLANKLINE>
    [[events]]
    round = 3
    """
    return "\n".join(_lines(table, ())).strip("\n")


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of one table: plain values first, as later lines belong to a subtable."""
    below = []
    for name, value in table.items():
        if isinstance(value, Mapping) or _is_rows(value):
            below.append((name, value))
        elif value is not None:
            yield f"{_key(name)} = {toml_value(value)}"
    for name, value in below:
        heading = ".".join(map(_key, (*path, name)))
        single = isinstance(value, Mapping)
        for row in [value] if single else value:
            yield f"\n[{heading}]" if single else f"\n[[{heading}]]"
            yield from _lines(row, (*path, name))


def _is_rows(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(row, Mapping) for row in value)
    )


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def toml_value(value: Any) -> str:
    """Write one value as TOML.

    >>> toml_value(["Our river", 0.5, True])
    '["Our river", 0.5, true]'
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(k)} = {toml_value(v)}" for k, v in value.items() if v is not None)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, int | float):
        return repr(value)
    raise TypeError(f"TOML cannot hold {value!r}")


def _text(text: str) -> str:
    """Write a text as JSON does; TOML also requires the delete character to be escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
