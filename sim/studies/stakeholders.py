"""How runs went for each stakeholder that a scenario lists by name."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from sim.engine.arrays import for_run, template
from sim.engine.one_run import play
from sim.engine.tables import stakeholder_table
from sim.scenario import Scenario

# What is kept of each run: columns of ``STAKEHOLDER_COLUMNS``, and what follows from them.
KEPT = ("satisfaction", "stayed_away", "left", "gains")


def stakeholders(scenario: Scenario, seed: int, runs: Iterable[int]) -> pd.DataFrame:
    """Runs of these numbers, seen by the stakeholders.

    Returns
    -------
    DataFrame
        One row a run and stakeholder: run, name, sector; satisfaction (the fit of the first
        agreement to its interest) and gains (whether that agreement is worth to it at least what
        going alone is), both missing without an agreement; stayed_away (it was no member when the
        first cycle began); left (it was one, and is none at the end).

    Examples
    --------
    >>> import sim
    >>> table = stakeholders(sim.load("river_basin"), seed=1, runs=range(3))
    >>> len(table), list(table.columns[3:])
    (66, ['satisfaction', 'stayed_away', 'left', 'gains'])
    """
    blank = template(scenario)
    parts = []
    for number in runs:
        played = for_run(blank, seed, number)
        play(*played)
        own = stakeholder_table(scenario, played)
        own.insert(0, "run", number)
        parts.append(own)
    table = pd.concat(parts, ignore_index=True)
    gains = (table["utility"] >= table["outside_option"]).astype(np.float64)
    table["gains"] = gains.where(table["utility"].notna())
    table["stayed_away"] = ~table["took_part"]
    table["left"] = table["took_part"] & ~table["member"]
    return table[["run", "name", "sector", *KEPT]]
