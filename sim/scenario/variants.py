"""A variant: a difference on top of a scenario. Files that extend each other are variants too."""

from collections.abc import Mapping
from typing import Any

from sim.scenario.setting import FORM_COLUMNS


def nested(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted paths as tables in tables.

    >>> nested({"form.kind": "team", "form.seats": 6})
    {'form': {'kind': 'team', 'seats': 6}}
    """
    tree: dict[str, Any] = {}
    for path, value in changes.items():
        for name in reversed(path.split(".")):
            value = {name: value}
        tree = merge(tree, value)
    return tree


def merge(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """The parent's values and the child's: tables are merged, all else is replaced.

    >>> merge({"debate": {"mu": 0.1, "amend": 0}}, {"debate": {"mu": 0.2}, "cycles": 2})
    {'debate': {'mu': 0.2, 'amend': 0}, 'cycles': 2}
    """
    merged = dict(parent)
    for name, value in child.items():
        old = merged.get(name)
        if isinstance(value, Mapping):
            value = merge(old if isinstance(old, Mapping) else {}, value)
        merged[name] = value
    return merged


def inherit(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """The child's values on top of its parent's, as `extends` and a variant mean it.

    Where the child changes ``form.kind``, the fields that the parent has from the column of its own
    kind go, and the new kind's column comes; a field in which the parent differs from it stays.
    Where the child lists options, the parent's number of them goes.

    >>> team = {"kind": "team", "seats": 8, "invite": "power"}
    >>> inherit({"form": team}, {"form": {"kind": "network"}})
    {'form': {'kind': 'network', 'invite': 'power'}}
    """
    form, change = parent.get("form"), child.get("form")
    if isinstance(form, Mapping) and isinstance(change, Mapping):
        kind = form.get("kind", "community")
        if change.get("kind", kind) != kind and isinstance(kind, str):
            column = FORM_COLUMNS.get(kind, {})
            kept = {name: form[name] for name in form if form[name] != column.get(name, None)}
            parent = {**parent, "form": kept}
    problem, change = parent.get("problem"), child.get("problem")
    if isinstance(problem, Mapping) and isinstance(change, Mapping) and "options" in change:
        kept = {name: value for name, value in problem.items() if name != "option_count"}
        parent = {**parent, "problem": kept}
    return merge(parent, child)
