"""Run a finished run once more, for what its tables leave out."""

import numpy as np
from numpy.typing import NDArray

from sim.engine.model import CollaborationModel
from sim.engine.own import let_go
from sim.engine.result import RunData
from sim.language import _


def trust_over_time(done: RunData) -> NDArray[np.float64]:
    """Trust in every tie: at first, after each round, and at the end.

    Returns
    -------
    Shape (rounds + 2, rows of ``done.ties``).

    Raises
    ------
    ValueError
        The run is not the same when it is repeated, because it had custom stakeholder classes.

    Examples
    --------
    >>> import sim
    >>> done = sim.run(sim.load("team"))
    >>> bool((trust_over_time(done)[-1] == done.ties["trust"]).all())
    True
    """
    with let_go(CollaborationModel(done.scenario, done.seed, done.run)) as model:
        seen = [model.arrays.ties["trust"].copy()]
        while model.running:
            model.step()
            seen.append(model.arrays.ties["trust"].copy())
        found = np.array(seen)[:, : int(model.arrays.start[-1])]
    same = (len(found) == len(done.rounds) + 2) and np.array_equal(found[-1], done.ties["trust"])
    if not same:
        raise ValueError(_("this run goes another way when it is played again"))
    return found
