"""A scenario written out as TOML, with every value filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(table: Mapping[str, Any]) -> str:
    """Write nested tables as TOML; reading the text gives the same values again.

    Parameters
    ----------
    table
        Texts, numbers, booleans, lists and tables. What is None is left out, for TOML has no word
        for it.

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
    """The lines of one table: plain values first, because a later line belongs to a subtable."""
    below = []
    for name, value in table.items():
        if isinstance(value, Mapping) or _is_rows(value):
            below.append((name, value))
        elif value is not None:
            yield f"{_key(name)} = {_value(value)}"
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


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, int | float):
        return repr(value)
    raise TypeError(f"TOML cannot hold {value!r}")


def _text(text: str) -> str:
    """A TOML text: JSON's way of writing one, save that TOML wants the delete character escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
