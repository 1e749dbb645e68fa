"""What is wrong with an input, said in a message a person can act on."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from sim.language import _

Path = tuple[str | int, ...]

_LONGEST = 25  # names that a message lists


class Place(NamedTuple):
    """Where a value was written; `known` parts of its path need no mention there."""

    file: str
    line: int
    known: int = 0


class Fault(NamedTuple):
    """One thing that is wrong, and the field it is about."""

    path: Path
    text: str


Places = dict[Path, Place]


class ScenarioError(ValueError):
    """An input that is not a scenario, and where, why, what is allowed, what was perhaps meant.

    Parameters
    ----------
    faults
        What is wrong; one line of the message each.
    places
        Where values were written; one without a place stands in the nearest table around it.

    Examples
    --------
    >>> places = {("debate",): Place("mine.toml", 7)}
    >>> print(ScenarioError([Fault(("debate", "mu"), "is missing")], places))
    mine.toml:7: debate.mu: is missing
    """

    def __init__(self, faults: Iterable[Fault], places: Mapping[Path, Place] | None = None) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(_line(fault, places or {}) for fault in self.faults))


def _line(fault: Fault, places: Mapping[Path, Place]) -> str:
    place = _place(fault.path, places)
    where = f"{place.file}:{place.line}" if place else ""
    field = dotted(fault.path[place.known :] if place else fault.path)
    return ": ".join(part for part in (where, field, fault.text) if part)


def _place(path: Path, places: Mapping[Path, Place]) -> Place | None:
    for length in range(len(path), -1, -1):
        if path[:length] in places:
            return places[path[:length]]
    return None


def dotted(path: Path) -> str:
    """A path as it is written in a file; the entries of a list count from 1.

    >>> dotted(("events", 0, "round"))
    'events[1].round'
    """
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was perhaps meant to be.

    >>> closest("deliberaton", ["deliberation", "assets"])
    'deliberation'
    """
    close = get_close_matches(name, list(known), n=1)
    return close[0] if close else None


def meant(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name.

    >>> meant("comunity", ["team", "community"])
    'did you mean "community"?'
    """
    names = list(known)
    close = closest(name, names)
    if close:
        return _('did you mean "{name}"?').format(name=close)
    more = ["..."] if len(names) > _LONGEST else []
    return _("known: {names}").format(names=", ".join(names[:_LONGEST] + more))
