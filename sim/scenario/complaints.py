"""What pydantic found wrong, in the project's words."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sim.language import N_, _
from sim.scenario.faults import Fault, Path, ScenarioError, closest, meant
from sim.scenario.parameters import describe, described

_SHAPES: Mapping[str, str] = {
    "string_type": N_("a text"),
    "string_pattern_mismatch": N_("a text that is not empty"),
    "tuple_type": N_("a list"),
    "model_type": N_("a table"),
}
_NUMBERS = ("float_type", "int_type", "finite_number")
_LONGEST = 60


def complaint(error: ValidationError, model: type[BaseModel]) -> ScenarioError:
    """The error of a person's input, one fault a field."""
    faults: dict[Path, Fault] = {}
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
    text = text.format(allowed=_allowed(item, path, field), value=shown(item["input"]))
    close = _close(item["input"], field)
    if close:
        text += ", " + meant(close, [close])
    return Fault(path, f"{text} ({meaning})" if meaning else text)


def follow(
    model: type[BaseModel], location: tuple[str | int, ...]
) -> tuple[Path, type[BaseModel], FieldInfo | None]:
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


def _allowed(item: ErrorDetails, path: Path, field: FieldInfo | None) -> str:
    """What may stand there."""
    parameter = describe(str(path[-1]), field) if field and path else None
    if parameter:
        return parameter.allowed
    if item["type"] == "literal_error":
        return _("one of {words}", words=item["ctx"]["expected"].replace("'", '"'))
    if item["type"] in _NUMBERS:
        words = field is not None and str in _words(field.annotation)
        return _("a number or a word") if words else _("a number")
    return _(_SHAPES[item["type"]]) if item["type"] in _SHAPES else item["msg"]


def _close(value: Any, field: FieldInfo | None) -> str | None:
    """The word of a choice that was perhaps meant."""
    words = [word for word in _words(field.annotation) if isinstance(word, str)] if field else []
    return closest(value, words) if isinstance(value, str) else None


def _words(annotation: Any) -> Iterator[Any]:
    """What stands in the Literals of a type."""
    for inner in get_args(annotation):
        yield from _words(inner)
        yield inner


def _unknown(name: str, table: type[BaseModel], model: type[BaseModel]) -> str:
    """A name that its table does not have; perhaps it is misspelt, or belongs to another table."""
    fields = {known.alias or own: known for own, known in table.model_fields.items()}
    parameter = next((other for other in described(model) if other.name == name), None)
    close = parameter.path if parameter else closest(name, fields)
    if close and close in fields:
        parameter = describe(close, fields[close])
    if not close:
        return _("unknown name, {hint}", hint=meant(name, fields))
    text = _("unknown name, {hint}", hint=meant(close, [close]))
    if parameter is None:
        return text
    return f"{text} ({parameter.range or parameter.allowed}: {_(parameter.meaning)})"


def shown(value: Any) -> str:
    """A value as it would stand in a file."""
    if isinstance(value, dict):
        return _("a table")
    if isinstance(value, (list, tuple)):
        return _("a list")
    if isinstance(value, (str, bool)):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
