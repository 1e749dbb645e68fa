"""Power, resources and the power index of each stakeholder at the start, as a table."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.engine.arrays import arrays, names, records
from sim.rules.course import initialise
from sim.rules.membership import update_totals
from sim.rules.power import MOST_EXACT, SAMPLED_ORDERS, gini, power_indices
from sim.rules.state import NOBODY, POWER_INDEX
from sim.scenario import KINDS, SECTORS, Scenario

MAX_INDEXED = 2_000  # at the table: among more, sampled orders say nothing of any one


@dataclass(frozen=True, eq=False)
class PowerTable:
    """Who has how much power and resources, and how often each is decisive.

    Attributes
    ----------
    table
        One row a stakeholder: name, sector, power, and its power index with the standard error.
        The index is missing (NaN) for those who are not at the table, and for all if there are
        more than ``MAX_INDEXED`` at it; the error is missing where the index is exact. ``seated``
        says who is at the table, ``speaker`` who represents those who are not; it is empty where
        nobody does.
    gini
        Inequality of power, of each resource and of all resources; NaN if nobody has any.
    seats
        How many are at the table.
    orders
        From how many sampled orders the indices come; None if from all of them.
    """

    table: pd.DataFrame
    gini: Mapping[str, float]
    seats: int
    orders: int | None


def power_table(scenario: Scenario) -> PowerTable:
    """The balance of power at the start, as drawn in run 0 of seed 1.

    Examples
    --------
    >>> from sim.scenario import load
    >>> found = power_table(load("team"))
    >>> len(found.table), found.seats, found.orders
    (24, 8, None)
    """
    a = arrays(scenario, seed=1, run=0)
    initialise(a.people, a.ties, a.start, a.par, a.run, a.edges, a.slots)
    update_totals(a.people, a.ties, a.start, a.par, a.run)
    people, seats = a.people, int(a.run[0].table)
    indices = records(len(people), POWER_INDEX)
    if seats <= MAX_INDEXED:
        power_indices(people, a.ties, a.start, a.par, a.run, indices, SAMPLED_ORDERS)
    called, seated = names(scenario), people["seated"] != 0
    speakers = [called[who] if who != NOBODY else "" for who in people["delegate"]]
    sampled = seats > MOST_EXACT
    table = pd.DataFrame(
        {
            "name": called,
            "sector": [SECTORS[code] for code in people["sector"]],
            "power": people["power"],
            "index": np.where(seated & (seats <= MAX_INDEXED), indices["index"], np.nan),
            "error": np.where(seated & sampled, indices["error"], np.nan),
            "seated": seated,
            "speaker": np.where(seated, "", speakers),
        }
    )
    shares = {
        "power": people["power"],
        **{kind: people["endowment"][:, k] for k, kind in enumerate(KINDS)},
        "all resources": people["endowment"].sum(axis=1),
    }
    inequality = {what: float(gini(values)) for what, values in shares.items()}
    return PowerTable(table, inequality, seats, SAMPLED_ORDERS if sampled else None)
