"""The line of every value of a TOML file."""

import tomllib
from typing import Any

import pytest
from hypothesis import given

from sim.scenario import Scenario
from sim.scenario.errors import FieldPath
from sim.scenario.files import lines_of, to_toml
from tests.strategies import scenarios

EVERYTHING = r'''# a comment with [brackets] and key = 1
title = "one \" two # three"
description = """
[not.a.table]
key = 1 \
""" # after

phases = [
    "listening", # ]
    "debate",
]
"quoted key" = 'a ] literal'
form.kind = "team"
debate = { mu = 0.1, "amend" = [1, { deep = 2 }] }

[principles]
deliberation = 1

[stakeholders.government] # a sub-table
count = 3

[ stakeholders . private ]
count = 1

[[events]]
round = 1
when = 1979-05-27 07:32:00

[[events]]
field = """x"""
[events.more]
a = {}
b = []
'''

WHERE: list[tuple[FieldPath, int]] = [
    (("title",), 2),
    (("description",), 3),
    (("phases",), 8),
    (("phases", 0), 9),
    (("phases", 1), 10),
    (("quoted key",), 12),
    (("form",), 13),
    (("form", "kind"), 13),
    (("debate", "mu"), 14),
    (("debate", "amend", 1, "deep"), 14),
    (("principles",), 16),
    (("principles", "deliberation"), 17),
    (("stakeholders",), 19),
    (("stakeholders", "government", "count"), 20),
    (("stakeholders", "private"), 22),
    (("events",), 25),
    (("events", 0, "round"), 26),
    (("events", 0, "when"), 27),
    (("events", 1), 29),
    (("events", 1, "field"), 30),
    (("events", 1, "more"), 31),
    (("events", 1, "more", "b"), 33),
]


@pytest.mark.parametrize(("path", "line"), WHERE)
def test_the_line_of(path: FieldPath, line: int) -> None:
    assert lines_of(EVERYTHING)[path] == line


def paths(value: Any, path: FieldPath = ()) -> set[FieldPath]:
    """Every table, key and entry of what a TOML file says."""
    inner: Any = []
    if isinstance(value, dict):
        inner = value.items()
    if isinstance(value, list):
        inner = enumerate(value)
    return {path}.union(*(paths(below, (*path, name)) for name, below in inner))


def test_nothing_is_missed() -> None:
    assert set(lines_of(EVERYTHING)) == paths(tomllib.loads(EVERYTHING))


@given(scenarios())
def test_every_key_of_a_scenario_stands_on_its_line(scenario: Scenario) -> None:
    text = to_toml(scenario.resolved())
    lines = text.split("\n")
    found = lines_of(text)
    assert set(found) == paths(tomllib.loads(text))
    for path, line in found.items():
        if path and isinstance(path[-1], str):
            assert path[-1] in lines[line - 1]
