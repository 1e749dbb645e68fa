"""The scenarios side by side: only what differs."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from pydantic import BaseModel

from sim.language import _, _n
from sim.scenario import Event, ListedStakeholder, Scenario
from sim.scenario.fields import PLAIN, table_of
from sim.view.report.words import NOTHING

WORDS = frozenset({"title", "description", "extends"})  # they move no number


class Row(NamedTuple):
    """One value that is not the same in all scenarios.

    Attributes
    ----------
    path
        Where it stands in a scenario file.
    meaning, unit
        Of the field, in words.
    values
        One text a scenario.
    """

    path: str
    meaning: str
    unit: str
    values: tuple[str, ...]


def side_by_side(scenarios: Mapping[str, Scenario]) -> list[Row]:
    """What the scenarios differ in, in the order of a scenario file.

    Examples
    --------
    >>> rows = side_by_side({"a": Scenario(), "b": Scenario(principles={"deliberation": 1})})
    >>> [(row.path, row.meaning, row.values) for row in rows]
    [('principles.deliberation', 'how far everyone is heard alike', ('0.5', '1'))]
    """
    names = [[who.name for who in scenario.listed or ()] for scenario in scenarios.values()]
    alike = all(own == names[0] for own in names)
    flat = [dict(_flat(scenario.resolved(), (), alike)) for scenario in scenarios.values()]
    order = {name: place for place, name in enumerate(Scenario.model_fields)}
    paths = dict.fromkeys(path for values in flat for path in values if path[0] not in WORDS)
    rows = []
    for path in sorted(paths, key=lambda path: order[path[0]]):  # stable: the file's order
        found = [values.get(path) for values in flat]
        if any(value != found[0] for value in found):
            meaning, unit = _described(path)
            rows.append(Row(_written(path), meaning, unit, tuple(map(_text, found))))
    return rows


def _flat(value: Any, path: tuple[str, ...], alike: bool) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value with its path; of stakeholders, if all scenarios list the same, those of each."""
    if path == ("listed",) and alike:
        value = {who["name"]: {k: v for k, v in who.items() if k != "name"} for who in value}
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, (*path, name), alike)
    else:
        yield path, value


def _described(path: tuple[str, ...]) -> tuple[str, str]:
    """Meaning and unit of a field, from the schema."""
    model: type[BaseModel] = Scenario
    if path[0] == "listed" and len(path) > 1:
        model, path = ListedStakeholder, path[2:]
    field = table_of(model, path).model_fields[path[-1]]
    notes = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = str(notes.get("unit", ""))
    return _(field.description or ""), "" if unit == PLAIN else _(unit)


def _written(path: tuple[str, ...]) -> str:
    """A path as a person reads it: a listed stakeholder by its name."""
    if path[0] == "listed" and len(path) > 1:
        return f"{' '.join(path[1].split())}: {path[2]}"
    return ".".join(path)


def _text(value: Any) -> str:
    """A value in a cell.

    >>> [_text(value) for value in (0.5, True, ["a", "b"], [], 0.3333333333333333)]
    ['0.5', 'yes', 'a, b', 'none', '0.3333']
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return _list(value)
    return str(value)


def _list(value: list[Any]) -> str:
    if not value:
        return _("none")
    first = value[0]
    if not isinstance(first, Mapping):
        return ", ".join(map(_text, value))
    if "field" in first:
        return "; ".join(_event(Event(**entry)) for entry in value)
    if "from" in first:
        return _n("{count} tie", "{count:,} ties", len(value))
    return "; ".join(cast(str, entry.get("name", entry)) for entry in value)


def _event(event: Event) -> str:
    """What happens from outside, and when."""
    what = event.title or event.field
    if event.round is None:
        return _("{what} (cycle {number})", what=what, number=event.cycle)
    return _("{what} (month {number})", what=what, number=event.round)
