"""What is wrong with an input: faults with file and line, and the messages that describe them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from sim.base.text import N_, _
from sim.scenario.fields import Parameter, parameter_of, parameters_of

FieldPath = tuple[str | int, ...]

_MAX_NAMES = 25  # names that a message lists
_MAX_LENGTH = 60  # characters of a value that a message shows
_SHAPES: Mapping[str, str] = {
    "string_type": N_("a text"),
    "string_pattern_mismatch": N_("a text that is not empty"),
    "tuple_type": N_("a list"),
    "model_type": N_("a table"),
}
_NUMBERS = ("float_type", "int_type", "finite_number")


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
    return field_errors([Fault(path, text)])


def field_errors(faults: Sequence[Fault]) -> PydanticCustomError:
    """Return the exception for a validator to raise that found several faults."""
    return PydanticCustomError("field_errors", "{faults}", {"faults": faults})


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


def unknown_name(close: str, parameter: Parameter | None) -> str:
    """Return the message about an unknown name that resembles a known one."""
    text = _("unknown name, {hint}", hint=did_you_mean(close, [close]))
    if parameter is None:
        return text
    return f"{text} ({parameter.range or parameter.allowed}: {_(parameter.meaning)})"


def not_allowed(allowed: str, value: Any, choices: Iterable[str]) -> str:
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


def _with_meaning(text: str, field: FieldInfo | None) -> str:
    return f"{text} ({_(field.description)})" if field and field.description else text


# The errors of pydantic


def validation_error(error: ValidationError, model: type[BaseModel]) -> ScenarioError:
    """Translate an error of pydantic into a `ScenarioError` with one fault for each field."""
    faults: dict[FieldPath, Fault] = {}
    for item in error.errors(include_url=False):
        for fault in _faults(item, model):
            faults.setdefault(fault.path, fault)
    return ScenarioError(faults.values())


def _faults(item: ErrorDetails, model: type[BaseModel]) -> list[Fault]:
    """Return what one error of pydantic reports; `field_errors` may report several faults."""
    path, table, field = follow(model, item["loc"])
    if item["type"] == "field_errors":
        return [Fault((*path, *fault.path), fault.text) for fault in item["ctx"]["faults"]]
    if item["type"] == "extra_forbidden":
        name = str(item["loc"][-1])
        return [Fault((*path, name), _unknown(name, table, model))]
    if item["type"] == "missing":
        text = _("is missing")
    elif item["type"] == "too_long":
        count, most = len(item["input"]), item["ctx"]["max_length"]
        text = _("has {count:,} entries, and may have {most:,}", count=count, most=most)
    else:
        literals = _literals(field.annotation) if field else ()
        words = [word for word in literals if isinstance(word, str)]
        text = not_allowed(_allowed(item, path, field), item["input"], words)
    return [Fault(path, _with_meaning(text, field))]


def follow(
    model: type[BaseModel], location: tuple[str | int, ...]
) -> tuple[FieldPath, type[BaseModel], FieldInfo | None]:
    """Return a field's path without what pydantic adds for unions, its table, and the field."""
    path: list[str | int] = []
    field: FieldInfo | None = None
    for part in location:
        fields = {known.alias or name: known for name, known in model.model_fields.items()}
        if isinstance(part, int):
            path.append(part)
        elif part in fields:
            field = fields[part]
            path.append(part)
            model = next(_tables(field.annotation), model)
    return tuple(path), model, field


def _tables(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the tables that a field may contain, also in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _tables(inner)


def _allowed(item: ErrorDetails, path: FieldPath, field: FieldInfo | None) -> str:
    """Return what the field allows, in words."""
    parameter = parameter_of(str(path[-1]), field) if field and path else None
    if parameter:
        return parameter.allowed
    if item["type"] == "literal_error":
        return _("one of {words}", words=item["ctx"]["expected"].replace("'", '"'))
    if item["type"] in _NUMBERS:
        words = field is not None and str in _literals(field.annotation)
        return _("a number or a word") if words else _("a number")
    return _(_SHAPES[item["type"]]) if item["type"] in _SHAPES else item["msg"]


def _literals(annotation: Any) -> Iterator[Any]:
    """Yield the words of every ``Literal`` in a type."""
    for inner in get_args(annotation):
        yield from _literals(inner)
        yield inner


def _unknown(name: str, table: type[BaseModel], model: type[BaseModel]) -> str:
    """Return the message about a name that is misspelt or belongs to another table."""
    fields = {known.alias or own: known for own, known in table.model_fields.items()}
    parameter = next((other for other in parameters_of(model) if other.name == name), None)
    close = parameter.path if parameter else closest(name, fields)
    if not close:
        return _("unknown name, {hint}", hint=did_you_mean(name, fields))
    if close in fields:
        parameter = parameter_of(close, fields[close])
    return unknown_name(close, parameter)


# Texts that are still to be filled in


def empty_texts(tables: Mapping[str, Any], model: type[BaseModel]) -> Iterator[Fault]:
    """Yield a fault for each empty text, with what its field allows.

    >>> from sim.scenario import Scenario
    >>> for fault in empty_texts({"title": "", "cycles": 2}, Scenario):
    ...     print(fault.text)
    is still to be filled in (the scenario in a few words)
    """
    for path in _empty(tables, ()):
        known, _table, field = follow(model, path)
        if known == path and field:  # an unknown name is another fault
            text = _("is still to be filled in")
            parameter = parameter_of(str(path[-1]), field)
            if parameter:
                text = f"{text}: {parameter.allowed}"
            yield Fault(path, _with_meaning(text, field))


def without_empty_texts(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables without their empty texts, which mark gaps in a file.

    >>> without_empty_texts({"title": "", "events": [{"title": "", "round": 3}]})
    {'events': [{'round': 3}]}
    """
    return {name: _without(value) for name, value in tables.items() if not _is_empty_text(value)}


def _without(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_empty_texts(value)
    return [_without(entry) for entry in value] if isinstance(value, list) else value


def _empty(value: Any, path: FieldPath) -> Iterator[FieldPath]:
    """Yield the path of each empty text."""
    if _is_empty_text(value):
        yield path
    inner = value.items() if isinstance(value, Mapping) else ()
    for name, entry in enumerate(value) if isinstance(value, list) else inner:
        yield from _empty(entry, (*path, name))


def _is_empty_text(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()
