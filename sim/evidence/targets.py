"""The evidence: measured targets, published directions, their stagings, variants and sources.

The facts are data in ``evidence/data``; this module reads them into typed tuples. The stagings are
scenario files like any other, in ``evidence/stagings``. All share one set of values, the model's
own; ``MAY_SET`` lists what a staging may set, and a test holds them to it. Each direction is tested
in runs that share their draws; a reader can repeat any of it with ``mufakat compare``.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.evidence.measures import MEAN, Measure, Statistic
from sim.scenario import Scenario, load
from sim.scenario.files import SUFFIX, read_tables

DATA, STAGINGS = Path(__file__).parent / "data", Path(__file__).parent / "stagings"
NOT_SET = ("title", "description", "extends")  # of a staging: what changes no number


class Source(NamedTuple):
    """A publication: where it is to be found, and its DOI, if that is certain."""

    where: str
    doi: str = ""


class Quantity(NamedTuple):
    """A number to be met: its name, the measured value, the band, and how the model measures it."""

    name: str
    value: float
    low: float
    high: float
    measure: Measure


class Target(NamedTuple):
    """A measured thing that the model is held against.

    Attributes
    ----------
    id, name
        V1 to V12, and what it is.
    source
        A key of ``SOURCES``.
    data
        What was measured, and what these data are not.
    how
        How the model measures the same.
    why
        What in the model decides it, and where model and data differ in kind.
    quantities
        The numbers.
    """

    id: str
    name: str
    source: str
    data: str
    how: str
    why: str
    quantities: tuple[Quantity, ...]


class Group(NamedTuple):
    """The data on the groups of a threshold game: the shares in the tails.

    ``few`` is the share of groups that cover their need in at most a tenth of the rounds, ``most``
    that of groups that do so in at least nine tenths.
    """

    game: str
    few: float
    most: float


def read_data(name: str) -> dict[str, Any]:
    """Read a data file of the evidence."""
    return tomllib.loads((DATA / f"{name}{SUFFIX}").read_text(encoding="utf-8"))


def _target(quantities: list[dict[str, Any]], **texts: str) -> Target:
    return Target(**texts, quantities=tuple(_quantity(**item) for item in quantities))


def _quantity(
    *, name: str, scenario: str, outcome: str, value: float = math.nan, statistic: str = MEAN,
    at_most: float = -math.inf, at_least: float = math.inf, against: str = "", **band: Any,
) -> Quantity:  # fmt: skip
    """Return a quantity from its table in ``data/targets.toml``."""
    measure = Measure(scenario, outcome, Statistic(statistic, at_most, at_least), against)
    return Quantity(name, float(value), *_ends(value, **band), measure)


def _ends(
    value: float, band: tuple[float, float] | None = None, factor: float = 1.0, above: float = 0.0
) -> tuple[float, float]:
    """Return the ends of a band, which has one of three notations."""
    if band is not None:
        return float(band[0]), float(band[1])
    return (above, math.inf) if math.isnan(value) else (value / factor, value * factor)


_written, _limits = read_data("targets"), read_data("limits")
TARGETS: tuple[Target, ...] = tuple(_target(**item) for item in _written["targets"])
STAGED: tuple[str, ...] = tuple(_written["staged"])
LAID_OUT: tuple[str, ...] = tuple(_written["laid_out"])
MAY_SET: Mapping[str, str] = MappingProxyType(_written["may_set"])
GROUPS: tuple[Group, ...] = tuple(Group(**item) for item in _written["groups"])
SOURCES: Mapping[str, Source] = MappingProxyType(
    {key: Source(**item) for key, item in read_data("sources").items()}
)

# What the evidence is and is not, and what the model must not be used for.
WHAT_IS_DONE: tuple[str, ...] = tuple(_limits["done"])
THE_DATA: tuple[str, ...] = tuple(_limits["data"])
NOT_FOR: tuple[str, ...] = tuple(_limits["not_for"])
NULL_RESULTS: tuple[tuple[str, str], ...] = tuple(
    (item["source"], item["says"]) for item in _limits["null_results"]
)


def file_of(name: str) -> Path:
    """Return the file of a staging."""
    return STAGINGS / f"{name}{SUFFIX}"


def stagings() -> dict[str, Scenario]:
    """Return all stagings by name.

    >>> stagings()["forum"].form.deadline
    3
    """
    return {name: load(file_of(name)) for name in STAGED}


def what_it_sets(name: str) -> dict[str, Any]:
    """Return the values that the file of a staging sets, by dotted path.

    >>> what_it_sets("partnership")
    {'cycles': 12, 'horizon': 120}
    """
    values = dict(_dotted(read_tables(file_of(name)).tables))
    return {path: value for path, value in values.items() if path not in NOT_SET}


def _dotted(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of nested tables with their dotted paths."""
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


# What is tested of a part. An effect: the second variant minus the first. An interaction: that
# effect in the second pair minus that in the first. A level: the mean against a bound. An order:
# each variant at least as high as the one before it, in every run. A price: reported, not tested.
EFFECT, INTERACTION, LEVEL, ORDER, PRICE = "effect", "interaction", "level", "order", "price"
MORE, LESS = 1, -1

Changes = Mapping[str, Any]


class Part(NamedTuple):
    """One part of a claim.

    Attributes
    ----------
    says
        The part, in words.
    kind
        How it is tested.
    outcome
        The outcome that it is about.
    sign
        Whether more of it is claimed, or less.
    cells
        Names of ``VARIANTS``; how they are compared depends on the kind.
    bound
        Of a level.
    """

    says: str
    kind: str
    outcome: str
    sign: int
    cells: tuple[str, ...]
    bound: float = 0.0


class Direction(NamedTuple):
    """A claim, its source, what in the model decides it, and its parts.

    It is consistent if all parts are, contrary if any is, else undetermined.
    """

    id: str
    claim: str
    source: str
    why: str
    parts: tuple[Part, ...]


def _variants(written: Mapping[str, Any]) -> Mapping[str, Changes]:
    """Return the changes of each variant, with those of the variants that it extends."""
    variants: dict[str, Changes] = {}
    for name, changes in written.items():
        inherited = [variants[other] for other in changes.pop("extends", ())]
        variants[name] = {path: x for part in (*inherited, changes) for path, x in part.items()}
    return MappingProxyType(variants)


def _direction(parts: list[dict[str, Any]], **texts: str) -> Direction:
    return Direction(**texts, parts=tuple(_part(**item) for item in parts))


def _part(claimed: str, cells: list[str], **rest: Any) -> Part:
    return Part(sign=MORE if claimed == "more" else LESS, cells=tuple(cells), **rest)


_written_part = read_data("directions")
VARIANTS: Mapping[str, Changes] = _variants(_written_part["variants"])
DIRECTIONS: tuple[Direction, ...] = tuple(
    _direction(**item) for item in _written_part["directions"]
)


def variants() -> dict[str, Scenario]:
    """Return all variants that are compared, by name.

    >>> variants()["talk"].principles.deliberation
    1.0
    """
    baseline = load("baseline")
    return {name: baseline.variant(changes) for name, changes in VARIANTS.items()}
