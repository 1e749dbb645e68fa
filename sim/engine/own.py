"""Runs with custom stakeholder classes: through Mesa, without tables of people and events."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.engine.agents import Stakeholder
from sim.engine.ensemble import Rounds
from sim.engine.model import CollaborationModel
from sim.rules.outcomes import outcomes
from sim.rules.state import SERIES
from sim.scenario import Scenario


def played_with(
    scenario: Scenario, seed: int, run: int, behaviours: Mapping[str, type[Stakeholder]]
) -> tuple[NDArray[np.float64], Rounds]:
    """Return the outcomes and rounds of one run with custom classes for some sectors.

    Returns
    -------
    array of shape (1, outcomes), and the rounds
        With the usual classes, bit for bit what the compiled loop returns
        (:func:`sim.engine.ensemble.outcomes_and_rounds_of`).

    Examples
    --------
    >>> from sim import PrivateFirm, load
    >>> found, rounds = played_with(load("team"), 1, 7, {"private": PrivateFirm})
    >>> from sim.engine.ensemble import outcomes_of
    >>> found.tobytes() == outcomes_of(load("team"), 1, 7, 1).tobytes()
    True
    """
    with let_go(CollaborationModel(scenario, seed, run, behaviours)) as model:
        while model.running:
            model.step()
        seen = model.arrays.series[: model.round]
        columns = {name: np.array(seen[name]) for name in SERIES.names or ()}
        return outcomes(model.arrays.run), Rounds(np.array([model.round]), columns)


@contextmanager
def let_go(model: CollaborationModel) -> Iterator[CollaborationModel]:
    """Release a model from Mesa's memory afterwards."""
    try:
        yield model
    finally:
        # Mesa 3.3 numbers agents in a table of the class, which keeps every model alive.
        getattr(mesa.Agent, "_ids", {}).pop(model, None)
