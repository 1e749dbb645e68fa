"""Adding runs until an interval is narrow enough."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from sim.language import _

ENOUGH = 1000  # with so many runs and still too few pairs, more are not waited for


class Adding(NamedTuple):
    """By what rule runs are added.

    Attributes
    ----------
    precision
        For each of some outcomes the half-width that its 95 % interval is to reach.
    first
        How many runs there are at first.
    most
        Where adding ends.
    """

    precision: Mapping[str, float]
    first: int
    most: int


def runs_for(table: pd.DataFrame, adding: Adding, size: int) -> int:
    """How many runs bring the intervals of some outcomes down to what is asked.

    Parameters
    ----------
    table
        Of ``Comparison.differences()``, over the ``size`` runs that there are.
    """
    needed = 0.0
    for outcome, asked in adding.precision.items():
        for half in _halves(table, outcome):
            if not math.isnan(half):
                needed = max(needed, size * (half / asked) ** 2)
            elif size < ENOUGH:  # too few pairs to say
                needed = max(needed, 2 * size)
    return min(math.ceil(needed), adding.most)


def unreached(table: pd.DataFrame, adding: Adding) -> dict[str, float]:
    """Outcomes whose widest interval is wider than was asked for, and its half-width.

    NaN is that of an outcome that too few pairs have.
    """
    widest = {name: max(_halves(table, name), key=_rank) for name in adding.precision}
    return {name: half for name, half in widest.items() if not half <= adding.precision[name]}


def _halves(table: pd.DataFrame, outcome: str) -> list[float]:
    own = table[table["outcome"] == outcome]
    return [float(half) for half in (own["high"] - own["low"]) / 2]


def _rank(half: float) -> float:
    return math.inf if math.isnan(half) else half


def require_half(name: str, half: float) -> None:
    """Refuse a half-width that cannot be reached."""
    if not half > 0:
        raise ValueError(
            _("precision of {name} is {half}; it must be above 0", name=name, half=half)
        )
