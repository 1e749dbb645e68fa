"""What is still to be filled in: the empty texts of a scenario."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from sim.language import _
from sim.scenario.complaints import follow
from sim.scenario.faults import Fault, Path
from sim.scenario.parameters import describe


def gaps(tables: Mapping[str, Any], model: type[BaseModel]) -> Iterator[Fault]:
    """A fault for every empty text, with what its field wants.

    >>> from sim.scenario import Scenario
    >>> for fault in gaps({"title": "", "cycles": 2}, Scenario):
    ...     print(fault.text)
    is still to be filled in (the scenario in a few words)
    """
    for path in _empty(tables, ()):
        known, _table, field = follow(model, path)
        if known == path and field:  # else its name is the fault
            text = _("is still to be filled in")
            parameter = describe(str(path[-1]), field)
            if parameter:
                text = f"{text}: {parameter.allowed}"
            yield Fault(path, f"{text} ({_(field.description)})" if field.description else text)


def without_gaps(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The tables without their empty texts, which say in a file that something is missing.

    >>> without_gaps({"title": "", "events": [{"title": "", "round": 3}]})
    {'events': [{'round': 3}]}
    """
    return {name: _without(value) for name, value in tables.items() if not _is_gap(value)}


def _without(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_gaps(value)
    return [_without(entry) for entry in value] if isinstance(value, list) else value


def _empty(value: Any, path: Path) -> Iterator[Path]:
    """Where an empty text stands."""
    if _is_gap(value):
        yield path
    inner = value.items() if isinstance(value, Mapping) else ()
    for name, entry in enumerate(value) if isinstance(value, list) else inner:
        yield from _empty(entry, (*path, name))


def _is_gap(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()
