"""What stood at a field of the scenario in a round, after what its events had changed."""

from collections.abc import Callable
from typing import Any

from sim.engine.result import RunData
from sim.scenario import parameters


def in_force(run: RunData, field: str) -> Callable[[int], Any]:
    """The value of a field in any round of a run.

    Parameters
    ----------
    run
        The run whose events count.
    field
        A dotted path, for example ``"decision.rule"``.

    Returns
    -------
    callable
        Takes a round, gives the value. An event at a round comes before anything else in it.

    Examples
    --------
    >>> import sim
    >>> event = {"round": 3, "field": "decision.rule", "set": "majority"}
    >>> rule = in_force(sim.run(sim.load("team").variant({"events": [event]})), "decision.rule")
    >>> rule(2), rule(3)
    ('consensus', 'majority')
    """
    value: Any = run.scenario.value(field)
    steps = [(0, value)]
    bounds = next((item for item in parameters() if item.path == field), None)
    changed = run.events[run.events["event"] == "changed"]
    for told, number in zip(changed["round"], changed["option"], strict=True):
        event = run.scenario.events[int(number) - 1]
        if event.field != field:
            continue
        value = event.set if event.scale is None else value * event.scale
        if bounds is not None and bounds.low is not None and bounds.high is not None:
            value = min(max(value, bounds.low), bounds.high)
        steps.append((int(told) + 1, value))  # told with the round before
    return lambda month: next(value for since, value in reversed(steps) if since <= month)
