"""Values that differ from run to run: where they stand among a run's parameters, and who has which.

A scenario whose values are not known for sure (``uncertain``) has sets of them, and every run draws
one. The draw depends on seed and run number alone, so the runs that scenarios have in common as
pairs have the same set in all of them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.rules.state import NEEDS, PAR
from sim.rules.values import lot_of_values
from sim.scenario import KINDS, SECTORS, Scenario, parameters

Numbers = NDArray[np.float64]


def place_of(path: str) -> int:
    """Where a field stands in ``levels``, the parameters of a run as plain numbers.

    >>> place_of("stakeholders.private.capacity") - place_of("stakeholders.private.funds")
    1
    """
    offsets = {
        name: offset // 8 for name, (_type, offset, *_rest) in dict(PAR.fields or {}).items()
    }
    sector, _dot, leaf = path.removeprefix("stakeholders.").partition(".")
    if sector in SECTORS:
        row = SECTORS.index(sector)
        if leaf in KINDS:
            return offsets["sector_resource"] + row * len(KINDS) + KINDS.index(leaf)
        return offsets[f"sector_{leaf}"] + row
    name = next(field.name for field in parameters() if field.path == path)
    return offsets["need"] + NEEDS.index(name) if name in NEEDS else offsets[name]


def with_values(levels: Numbers, fields: Sequence[str], values: Numbers) -> Numbers:
    """The parameters of some runs, one row each, with values of their own in some fields.

    Parameters
    ----------
    levels
        What they have in common.
    values
        Shape (runs, fields).
    """
    rows = np.tile(levels, (len(values), 1))
    rows[:, [place_of(path) for path in fields]] = values
    return rows


def sets_drawn(scenario: Scenario, seed: int, runs: Sequence[int]) -> NDArray[np.int64]:
    """Which set of values each run of a scenario has, counted from 0.

    >>> from sim.scenario import Scenario
    >>> two = Scenario(uncertain={"fields": ["problem.g"], "sets": [[0.07], [0.14]]})
    >>> sets_drawn(two, 1, range(8)).tolist() == sets_drawn(two, 1, range(10)).tolist()[:8]
    True
    """
    if scenario.uncertain is None:
        raise ValueError("this scenario has no sets")
    ends = np.cumsum(scenario.uncertain.shares)
    lots = [lot_of_values(np.uint64(seed), run) for run in runs]
    return np.minimum(np.searchsorted(ends, lots), len(ends) - 1).astype(np.int64)


def values_drawn(scenario: Scenario, seed: int, runs: Sequence[int]) -> Numbers:
    """The values of the set that each run of a scenario has: shape (runs, fields)."""
    sets = scenario.uncertain.sets if scenario.uncertain else ()
    return np.array(sets, dtype=np.float64)[sets_drawn(scenario, seed, runs)]


def as_drawn(scenario: Scenario, seed: int, run: int) -> Scenario:
    """A scenario with the values that one of its runs has, and nothing left to be drawn.

    >>> from sim.scenario import Scenario
    >>> one = Scenario(uncertain={"fields": ["problem.g"], "sets": [[0.14]]})
    >>> as_drawn(one, seed=1, run=0) == Scenario(problem={"g": 0.14})
    True
    """
    if scenario.uncertain is None:
        return scenario
    values = values_drawn(scenario, seed, [run])[0].tolist()
    own = scenario.variant(dict(zip(scenario.uncertain.fields, values, strict=True)))
    tables = own.resolved()
    del tables["uncertain"]
    return type(scenario)(**tables)
