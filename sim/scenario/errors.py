"""What is wrong with an input, said in a message a person can act on."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from sim.language import N_, _
from sim.scenario.fields import parameter_of, parameters_of

FieldPath = tuple[str | int, ...]

_MAX_NAMES = 25  # names that a message lists


class Place(NamedTuple):
    """Where a value was written; `known` parts of its path need no mention there."""

    file: str
    line: int
    known: int = 0


class Fault(NamedTuple):
    """One thing that is wrong, the field it is about, and, once that is known, where it stands."""

    path: FieldPath
    text: str
    place: Place | None = None


Places = dict[FieldPath, Place]

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

    def __init__(
        self, faults: Iterable[Fault], places: Mapping[FieldPath, Place] | None = None
    ) -> None:
        self.faults = tuple(sorted((located(fault, places or {}) for fault in faults), key=_where))
        super().__init__("\n".join(map(_line, self.faults)))


def located(fault: Fault, places: Mapping[FieldPath, Place]) -> Fault:
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


def dotted(path: FieldPath) -> str:
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


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name.

    >>> did_you_mean("comunity", ["team", "community"])
    'did you mean "community"?'
    """
    names = list(known)
    close = closest(name, names)
    if close:
        return _('did you mean "{name}"?', name=close)
    more = ["..."] if len(names) > _MAX_NAMES else []
    told = [f'"{known}"' if "," in known else known for known in names[:_MAX_NAMES]]
    return _("known: {names}", names=", ".join(told + more))


def field_error(text: str, *path: str | int) -> PydanticCustomError:
    """What a check of several fields raises: the text, and the field it is about."""
    return field_errors([Fault(path, text)])


def field_errors(faults: Sequence[Fault]) -> PydanticCustomError:
    """What a check raises that finds several faults at once."""
    return PydanticCustomError("refused", "{faults}", {"faults": faults})


_SHAPES: Mapping[str, str] = {
    "string_type": N_("a text"),
    "string_pattern_mismatch": N_("a text that is not empty"),
    "tuple_type": N_("a list"),
    "model_type": N_("a table"),
}
_NUMBERS = ("float_type", "int_type", "finite_number")
_MAX_LENGTH = 60


def validation_error(error: ValidationError, model: type[BaseModel]) -> ScenarioError:
    """The error of a person's input, one fault a field."""
    faults: dict[FieldPath, Fault] = {}
    for item in error.errors(include_url=False):
        for fault in _faults(item, model):
            faults.setdefault(fault.path, fault)
    return ScenarioError(faults.values())


def _faults(item: ErrorDetails, model: type[BaseModel]) -> list[Fault]:
    """What one error of pydantic's says; a check of several fields may have found several."""
    if item["type"] == "refused":
        path, _table, _field = follow(model, item["loc"])
        return [Fault((*path, *fault.path), fault.text) for fault in item["ctx"]["faults"]]
    return [_fault(item, model)]


def _fault(item: ErrorDetails, model: type[BaseModel]) -> Fault:
    path, table, field = follow(model, item["loc"])
    if item["type"] == "extra_forbidden":
        name = str(item["loc"][-1])
        return Fault((*path, name), _unknown(name, table, model))
    meaning = _(field.description or "") if field else ""
    if item["type"] == "missing":
        text = _("is missing")
        return Fault(path, f"{text} ({meaning})" if meaning else text)
    if item["type"] == "too_long":
        text = _("has {count:,} entries, and may have {most:,}")
        text = text.format(count=len(item["input"]), most=item["ctx"]["max_length"])
        return Fault(path, f"{text} ({meaning})" if meaning else text)
    text = _("must be {allowed}, not {value}")
    text = text.format(allowed=_allowed(item, path, field), value=format_value(item["input"]))
    close = _close(item["input"], field)
    if close:
        text += ", " + did_you_mean(close, [close])
    return Fault(path, f"{text} ({meaning})" if meaning else text)


def follow(
    model: type[BaseModel], location: tuple[str | int, ...]
) -> tuple[FieldPath, type[BaseModel], FieldInfo | None]:
    """The path of a field, its table, itself; without what pydantic adds about unions."""
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
    """The tables that a field holds: itself one, or a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _tables(inner)


def _allowed(item: ErrorDetails, path: FieldPath, field: FieldInfo | None) -> str:
    """What may stand there."""
    parameter = parameter_of(str(path[-1]), field) if field and path else None
    if parameter:
        return parameter.allowed
    if item["type"] == "literal_error":
        return _("one of {words}", words=item["ctx"]["expected"].replace("'", '"'))
    if item["type"] in _NUMBERS:
        words = field is not None and str in _literals(field.annotation)
        return _("a number or a word") if words else _("a number")
    return _(_SHAPES[item["type"]]) if item["type"] in _SHAPES else item["msg"]


def _close(value: Any, field: FieldInfo | None) -> str | None:
    """The word of a choice that was perhaps meant."""
    words = [word for word in _literals(field.annotation) if isinstance(word, str)] if field else []
    return closest(value, words) if isinstance(value, str) else None


def _literals(annotation: Any) -> Iterator[Any]:
    """What stands in the Literals of a type."""
    for inner in get_args(annotation):
        yield from _literals(inner)
        yield inner


def _unknown(name: str, table: type[BaseModel], model: type[BaseModel]) -> str:
    """A name that its table does not have; perhaps it is misspelt, or belongs to another table."""
    fields = {known.alias or own: known for own, known in table.model_fields.items()}
    parameter = next((other for other in parameters_of(model) if other.name == name), None)
    close = parameter.path if parameter else closest(name, fields)
    if close and close in fields:
        parameter = parameter_of(close, fields[close])
    if not close:
        return _("unknown name, {hint}", hint=did_you_mean(name, fields))
    text = _("unknown name, {hint}", hint=did_you_mean(close, [close]))
    if parameter is None:
        return text
    return f"{text} ({parameter.range or parameter.allowed}: {_(parameter.meaning)})"


def format_value(value: Any) -> str:
    """A value as it would stand in a file."""
    if isinstance(value, dict):
        return _("a table")
    if isinstance(value, (list, tuple)):
        return _("a list")
    if isinstance(value, (str, bool)):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value)
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}..."


def empty_texts(tables: Mapping[str, Any], model: type[BaseModel]) -> Iterator[Fault]:
    """A fault for every empty text, with what its field wants.

    >>> from sim.scenario import Scenario
    >>> for fault in empty_texts({"title": "", "cycles": 2}, Scenario):
    ...     print(fault.text)
    is still to be filled in (the scenario in a few words)
    """
    for path in _empty(tables, ()):
        known, _table, field = follow(model, path)
        if known == path and field:  # else its name is the fault
            text = _("is still to be filled in")
            parameter = parameter_of(str(path[-1]), field)
            if parameter:
                text = f"{text}: {parameter.allowed}"
            yield Fault(path, f"{text} ({_(field.description)})" if field.description else text)


def without_empty_texts(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The tables without their empty texts, which say in a file that something is missing.

    >>> without_empty_texts({"title": "", "events": [{"title": "", "round": 3}]})
    {'events': [{'round': 3}]}
    """
    return {name: _without(value) for name, value in tables.items() if not _is_empty_text(value)}


def _without(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_empty_texts(value)
    return [_without(entry) for entry in value] if isinstance(value, list) else value


def _empty(value: Any, path: FieldPath) -> Iterator[FieldPath]:
    """Where an empty text stands."""
    if _is_empty_text(value):
        yield path
    inner = value.items() if isinstance(value, Mapping) else ()
    for name, entry in enumerate(value) if isinstance(value, list) else inner:
        yield from _empty(entry, (*path, name))


def _is_empty_text(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()
