"""On which line of a TOML file each value stands: Python's own reader does not say."""

import re
import tomllib
from bisect import bisect_left
from typing import Any

from sim.scenario.faults import Path

_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_HEADER = re.compile(rf"\[(\[?)[ \t]*({_KEY.pattern})[ \t]*\]\]?")
_SCALAR = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""(?!")|"(?:[^"\\]|\\.)*"|[^,\]}\n#"']+|'''
    r"""'''.*?'''(?!')|'[^']*'""",
    re.DOTALL,
)


def lines_of(text: str) -> dict[Path, int]:
    r"""The line of every table, key and list entry of a valid TOML text.

    >>> lines_of('cycles = 2\n[form]\nkind = "team"')
    {(): 1, ('cycles',): 1, ('form',): 2, ('form', 'kind'): 3}
    """
    return _Reader(text).read()


class _Reader:
    """Walks through a text that is known to be valid TOML, and notes what begins where."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {(): 1}
        self.entries: dict[Path, int] = {}  # how many tables each [[list]] has so far
        self.ends = [match.start() for match in re.finditer("\n", text)]

    def read(self) -> dict[Path, int]:
        table: Path = ()
        while self.more(""):
            header = _HEADER.match(self.text, self.at)
            if header:
                table = self.header(_names(header[2]), is_entry=bool(header[1]))
                self.at = header.end()
            else:
                self.pair(table)
        return self.lines

    def header(self, names: Path, *, is_entry: bool) -> Path:
        """Open a table; inside a list of tables, that of its last entry."""
        path: Path = ()
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

    def pair(self, table: Path) -> None:
        """A key and its value."""
        key = _KEY.match(self.text, self.at)
        assert key is not None, "a key is expected in valid TOML"
        path = table
        for name in _names(key[0]):
            path = (*path, name)
            self.note(path)
        self.at = self.text.index("=", key.end()) + 1
        self.value(path)

    def value(self, path: Path) -> None:
        """Walk over a value; entries of lists and keys of inline tables have lines, too."""
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
        """Go to what comes next; nothing does at the end of the text or at the closing bracket."""
        self.skip()
        if closing and self.text[self.at] == ",":
            self.at += 1
            self.skip()
        if closing and self.text[self.at] == closing:
            self.at += 1
            return False
        return self.at < len(self.text)

    def skip(self) -> None:
        """Go past blanks, line ends and comments."""
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at

    def line(self) -> int:
        return bisect_left(self.ends, self.at) + 1

    def note(self, path: Path) -> None:
        """Something begins here, unless it began before."""
        self.lines.setdefault(path, self.line())


def _names(key: str) -> Path:
    """The parts of a dotted key, as TOML reads them."""
    names: Path = ()
    table: Any = tomllib.loads(f"{key} = 0")
    while isinstance(table, dict):
        (name, table), *_rest = table.items()
        names = (*names, name)
    return names
