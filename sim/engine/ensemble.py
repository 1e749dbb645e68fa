"""Many runs of a scenario through the compiled loop: no Python object a run, no lock held."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from sim.engine.arrays import for_run, records, require_run, template
from sim.engine.one_run import WHOLE_RUN, play
from sim.rules.changes import LEVELS, SCHEDULE_ROWS
from sim.rules.compiling import compile_for, rule
from sim.rules.draws import run_key
from sim.rules.outcomes import outcomes
from sim.rules.state import OPTIONS_ROWS, PEOPLE_ROWS, RUN, RUN_ROWS, R
from sim.rules.ties import EDGE_ROWS
from sim.scenario import Scenario

# What a run changes and the next one needs as it was; all else is written anew by every run.
BLANK = ("people", "options", "run", "schedule", "levels", "edges")
MANY_RUNS = (
    *WHOLE_RUN,
    *(PEOPLE_ROWS, OPTIONS_ROWS, RUN_ROWS, SCHEDULE_ROWS, LEVELS, EDGE_ROWS),
    *(RUN_ROWS, numba.uint64, numba.int64),
)


@rule
def play_runs(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R,
    series: R, paths: R, schedule: R, levels: R, edges: R, slots: R,
    blank_people: R, blank_options: R, blank_run: R, blank_schedule: R, blank_levels: R,
    blank_edges: R, ends: R, seed: Any, first: int,
) -> None:  # fmt: skip
    """Play the runs first, first + 1, ... one after the other, one for each row of ``ends``.

    Each begins from the blank arrays, so none sees another. Writes ``ends``: the record that each
    run ends with, which its outcomes are read from.
    """
    for k in range(len(ends)):
        for i in range(len(people)):
            people[i] = blank_people[i]
        for m in range(len(options)):
            options[m] = blank_options[m]
        for e in range(len(schedule)):
            schedule[e] = blank_schedule[e]
        for n in range(len(levels)):
            levels[n] = blank_levels[n]
        for e in range(len(edges)):
            edges[e] = blank_edges[e]
        run[0] = blank_run[0]
        run[0].key_0, run[0].key_1 = run_key(seed, first + k)
        play(
            people, ties, start, options, par, run, log,
            series, paths, schedule, levels, edges, slots,
        )  # fmt: skip
        ends[k] = run[0]


def outcomes_of(scenario: Scenario, seed: int, first: int, count: int) -> NDArray[np.float64]:
    """What each of some consecutive runs ends with.

    Parameters
    ----------
    scenario
        What is asked.
    seed
        From 0 to 2^64 - 1.
    first, count
        Run numbers ``first`` to ``first + count - 1``, within 0 to 2^32 - 1; at least one.

    Returns
    -------
    array of shape (count, outcomes)
        Row k is, in every bit, ``sim.run(scenario, seed, first + k).outcomes``.

    Raises
    ------
    ValueError
        A seed or a run number outside its range.

    Examples
    --------
    >>> import sim
    >>> many = outcomes_of(sim.load("team"), seed=1, first=0, count=3)
    >>> bool((many[2] == sim.run(sim.load("team"), seed=1, run=2).outcomes).sum() > 20)
    True
    """
    require_run(seed, first + count - 1)
    compile_for(WHOLE_RUN, play)
    compile_for(MANY_RUNS, play_runs)
    blank = template(scenario)
    own = for_run(blank, seed, first)
    ends = records(count, RUN)
    blanks: list[Any] = [getattr(blank, name) for name in BLANK]
    numbers: list[Any] = [ends, np.uint64(seed), np.int64(first)]
    play_runs(*own, *blanks, *numbers)
    return outcomes(ends)
