"""TOML beyond Python's reader: the line of each value, and writing tables."""

import json
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

from sim.scenario.errors import FieldPath

_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_HEADER = re.compile(rf"\[(\[?)[ \t]*({_KEY.pattern})[ \t]*\]\]?")
_SCALAR = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""(?!")|"(?:[^"\\]|\\.)*"|[^,\]}\n#"']+|'''
    r"""'''.*?'''(?!')|'[^']*'""",
    re.DOTALL,
)


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


_BARE = re.compile(r"[A-Za-z0-9_-]+")


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
