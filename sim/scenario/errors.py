"""What is wrong with an input: faults with file and line, and the messages that describe them."""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic_core import PydanticCustomError

from sim.base.text import _

FieldPath = tuple[str | int, ...]

_MAX_NAMES = 25  # names that a message lists
_MAX_LENGTH = 60  # characters of a value that a message shows


class Place(NamedTuple):
    """Where a value was written; the first `known` parts of its path are clear from the place."""

    file: str
    line: int
    known: int = 0


class Fault(NamedTuple):
    """One thing that is wrong: the path of its field, a message, and its place if known."""

    path: FieldPath
    text: str
    place: Place | None = None


Places = dict[FieldPath, Place]

# Replaces a value that could not be read. No field accepts it, so pydantic still checks the other
# values one by one, but runs no check of several fields.
UNREAD = object()


class ScenarioError(ValueError):
    """Raised when an input is not a valid scenario; the message has a line for each fault.

    Parameters
    ----------
    faults
        What is wrong. The message sorts them by file and line.
    places
        Where values were written. A fault without a place gets that of the nearest table around it.

    Examples
    --------
    >>> places = {("debate",): Place("mine.toml", 7), ("title",): Place("mine.toml", 1)}
    >>> faults = [Fault(("debate", "mu"), "is missing"), Fault(("title",), "must be a text")]
    >>> print(ScenarioError(faults, places))
    mine.toml:1: title: must be a text
    mine.toml:7: debate.mu: is missing
    """

    def __init__(
        self, faults: Iterable[Fault], places: Mapping[FieldPath, Place] | None = None
    ) -> None:
        self.faults = tuple(sorted((located(fault, places or {}) for fault in faults), key=_where))
        super().__init__("\n".join(map(_line, self.faults)))


def located(fault: Fault, places: Mapping[FieldPath, Place]) -> Fault:
    """Return the fault with its place, if it has none yet and one is known.

    >>> located(Fault(("debate", "mu"), "is missing"), {(): Place("mine.toml", 1)}).place.file
    'mine.toml'
    """
    if fault.place:
        return fault
    around = (fault.path[:length] for length in range(len(fault.path), -1, -1))
    return fault._replace(place=next((places[path] for path in around if path in places), None))


def _where(fault: Fault) -> tuple[str, int]:
    return (fault.place.file, fault.place.line) if fault.place else ("", 0)


def _line(fault: Fault) -> str:
    where = f"{fault.place.file}:{fault.place.line}" if fault.place else ""
    field = dotted(fault.path[fault.place.known :] if fault.place else fault.path)
    return ": ".join(part for part in (where, field, fault.text) if part)


def field_error(text: str, *path: str | int) -> PydanticCustomError:
    """Return the exception for a validator to raise: a message about the field at `path`."""
    return PydanticCustomError("field_errors", "{faults}", {"faults": [Fault(path, text)]})


def raise_faults(faults: Iterable[Fault]) -> None:
    """Raise the exception of a validator that found these faults, if there are any."""
    found = list(faults)
    if found:
        raise PydanticCustomError("field_errors", "{faults}", {"faults": found})


# Messages


def dotted(path: FieldPath) -> str:
    """Return a path as it is written in a file; list entries count from 1.

    >>> dotted(("events", 0, "round"))
    'events[1].round'
    """
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most similar to `name`, if any is similar.

    >>> closest("deliberaton", ["deliberation", "assets"])
    'deliberation'
    """
    close = get_close_matches(name, list(known), n=1)
    return close[0] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name.

    >>> did_you_mean("comunity", ["team", "community"])
    'did you mean "community"?'
    """
    names = list(known)
    close = closest(name, names)
    if close:
        return _('did you mean "{name}"?', name=close)
    more = ["..."] if len(names) > _MAX_NAMES else []
    listed = [f'"{known}"' if "," in known else known for known in names[:_MAX_NAMES]]
    return _("known: {names}", names=", ".join(listed + more))


def not_allowed(allowed: str, value: Any, choices: Iterable[str] = ()) -> str:
    """Return the message about a value that is not allowed, with the most similar choice."""
    text = _("must be {allowed}, not {value}", allowed=allowed, value=format_value(value))
    close = closest(value, choices) if isinstance(value, str) else None
    return f"{text}, {did_you_mean(close, [close])}" if close else text


def format_value(value: Any) -> str:
    """Return a value as a file would contain it, shortened if long."""
    if isinstance(value, dict):
        return _("a table")
    if isinstance(value, (list, tuple)):
        return _("a list")
    if isinstance(value, (str, bool)):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value)
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}..."
