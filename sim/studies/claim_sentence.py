"""The small language of claims: what a sentence says, before anything is looked up."""

import re
from typing import NamedTuple

from sim.rules.outcomes import LOWER, OUTCOMES
from sim.scenario.errors import closest
from sim.scenario.grid import NUMBER

_NAME = r"(?:'([^']+)'|(\S+))"
_BY = rf"(?:\s+by\s+{NUMBER})?"
_RELATION = r"(>=|>|<=|<|(?:is\s+)?better\s+than)"
WORDS = ("raises", "lowers", "better", "than", "on", "by")
_OF_SCENARIOS = re.compile(rf"{_NAME}\s+{_RELATION}\s+{_NAME}\s+on\s+(\S+){_BY}")
_OF_FIELD = re.compile(rf"(\S+)\s+(raises|lowers)\s+(\S+){_BY}")


class OfScenarios(NamedTuple):
    """``one >= other on outcome by margin``; in place of >= also >, <, <= or better than."""

    one: str
    relation: str
    other: str
    outcome: str
    margin: float | None


class OfField(NamedTuple):
    """``field raises outcome by margin``; in place of raises also lowers."""

    field: str
    relation: str
    outcome: str
    margin: float | None


def parse(says: str) -> OfScenarios | OfField | None:
    """What a sentence says, or nothing if it is none of the language.

    >>> parse("community >= team on retention by 0.05")
    OfScenarios(one='community', relation='>=', other='team', outcome='retention', margin=0.05)
    >>> parse("deliberation raises agreement")
    OfField(field='deliberation', relation='raises', outcome='agreement', margin=None)
    >>> parse("teams are nice")
    """
    found = _OF_SCENARIOS.fullmatch(says.strip())
    if found:
        relation = "better than" if found[3].endswith("than") else found[3]
        one, other = found[1] or found[2], found[4] or found[5]
        return OfScenarios(one, relation, other, found[6], _margin(found[7]))
    found = _OF_FIELD.fullmatch(says.strip())
    return OfField(found[1], found[2], found[3], _margin(found[4])) if found else None


def misspelt(says: str) -> str | None:
    """The word of the language that a word of a sentence was perhaps meant to be.

    >>> misspelt("deliberation rises agreement"), misspelt("teams are nice")
    ('raises', None)
    """
    if any(word in WORDS[:2] for word in says.split()):
        return None
    found = (closest(word, WORDS[:4]) for word in says.split() if word not in WORDS)
    return next((word for word in found if word), None)


def _margin(text: str | None) -> float | None:
    return None if text is None else float(text)


def sign_of(relation: str, outcome: str) -> int:
    """1 if a relation says that the first has more of an outcome, -1 if it has less.

    >>> sign_of("<=", "trust"), sign_of("better than", "inequity"), sign_of("raises", "inequity")
    (-1, -1, 1)
    """
    if relation == "better than":
        lower = any(item.name == outcome and item.direction == LOWER for item in OUTCOMES)
        return -1 if lower else 1
    return -1 if relation in ("<", "<=", "lowers") else 1
