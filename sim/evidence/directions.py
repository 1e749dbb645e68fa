"""What published work says of the direction of effects: D1 to D16, and the variants they are about.

The facts are in ``data/directions.toml``. Each direction is tested in runs that share their draws;
a reader can repeat any of it with ``mufakat compare``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.evidence.targets import read_data
from sim.scenario import Scenario, load

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
    """What each variant changes, with the changes of those that it extends."""
    variants: dict[str, Changes] = {}
    for name, changes in written.items():
        inherited = [variants[other] for other in changes.pop("extends", ())]
        variants[name] = {path: x for part in (*inherited, changes) for path, x in part.items()}
    return MappingProxyType(variants)


def _direction(parts: list[dict[str, Any]], **texts: str) -> Direction:
    return Direction(**texts, parts=tuple(_part(**item) for item in parts))


def _part(claimed: str, cells: list[str], **rest: Any) -> Part:
    return Part(sign=MORE if claimed == "more" else LESS, cells=tuple(cells), **rest)


_written = read_data("directions")
VARIANTS: Mapping[str, Changes] = _variants(_written["variants"])
DIRECTIONS: tuple[Direction, ...] = tuple(_direction(**item) for item in _written["directions"])


def variants() -> dict[str, Scenario]:
    """All variants that are compared, by name.

    >>> variants()["talk"].principles.deliberation
    1.0
    """
    baseline = load("baseline")
    return {name: baseline.variant(changes) for name, changes in VARIANTS.items()}
