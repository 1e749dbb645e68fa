"""Which of the main levers move next to nothing, because lists in the scenario decide instead."""

import numpy as np
from numpy.typing import NDArray

from sim.engine.ensemble import outcomes_of
from sim.scenario import Scenario, ScenarioError
from sim.scenario.grid import varied
from sim.view.dashboard.answer import require_quick
from sim.view.dashboard.levers import MAIN, levers, reach_of

TRIED = 20  # runs at either end: what moves no outcome of any is as good as idle


def idle(opened: Scenario) -> frozenset[str]:
    """The paths of the main sliders that change no outcome of any run, from end to end.

    Examples
    --------
    >>> from sim.scenario import load
    >>> sorted(idle(load("musrenbang")))
    ['problem.conflict', 'trust.prehistory']
    """
    try:
        require_quick(opened)
    except ValueError:
        return frozenset()
    usual = outcomes_of(opened, 1, 0, TRIED)
    return frozenset(path for path in MAIN if _moves_nothing(path, opened, usual))


def _moves_nothing(path: str, opened: Scenario, usual: NDArray[np.float64]) -> bool:
    parameter = levers()[path].parameter
    if parameter.kind != "number":
        return False
    for value in (parameter.low, reach_of(parameter, opened.value(path))):
        try:
            moved = varied(opened, {path: value})
        except ScenarioError:  # fixed there, which is said elsewhere
            return False
        if not np.array_equal(outcomes_of(moved, 1, 0, TRIED), usual, equal_nan=True):
            return False
    return True
