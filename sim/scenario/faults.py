"""What is wrong with an input, said in a message a person can act on."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from pydantic_core import PydanticCustomError

from sim.language import _

Path = tuple[str | int, ...]

_LONGEST = 25  # names that a message lists


class Place(NamedTuple):
    """Where a value was written; `known` parts of its path need no mention there."""

    file: str
    line: int
    known: int = 0


class Fault(NamedTuple):
    """One thing that is wrong, the field it is about, and, once that is known, where it stands."""

    path: Path
    text: str
    place: Place | None = None


Places = dict[Path, Place]

# Stands where a value could not be read. No field takes it: so the other values are still judged,
# each by itself, but not what they come to together.
UNREAD = object()


class ScenarioError(ValueError):
    """An input that is not a scenario, and where, why, what is allowed, what was perhaps meant.

    Parameters
    ----------
    faults
        What is wrong; one line of the message each, by file and line.
    places
        Where values were written; one without a place stands in the nearest table around it.

    Examples
    --------
    >>> places = {("debate",): Place("mine.toml", 7), ("title",): Place("mine.toml", 1)}
    >>> faults = [Fault(("debate", "mu"), "is missing"), Fault(("title",), "must be a text")]
    >>> print(ScenarioError(faults, places))
    mine.toml:1: title: must be a text
    mine.toml:7: debate.mu: is missing
    """

    def __init__(self, faults: Iterable[Fault], places: Mapping[Path, Place] | None = None) -> None:
        self.faults = tuple(sorted((located(fault, places or {}) for fault in faults), key=_where))
        super().__init__("\n".join(map(_line, self.faults)))


def located(fault: Fault, places: Mapping[Path, Place]) -> Fault:
    """The fault with its place, if it has none yet and one is known.

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
        return _('did you mean "{name}"?', name=close)
    more = ["..."] if len(names) > _LONGEST else []
    told = [f'"{known}"' if "," in known else known for known in names[:_LONGEST]]
    return _("known: {names}", names=", ".join(told + more))


def refused(text: str, *path: str | int) -> PydanticCustomError:
    """What a check of several fields raises: the text, and the field it is about."""
    return all_refused([Fault(path, text)])


def all_refused(faults: Sequence[Fault]) -> PydanticCustomError:
    """What a check raises that finds several faults at once."""
    return PydanticCustomError("refused", "{faults}", {"faults": faults})
