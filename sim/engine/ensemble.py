"""Many runs of a scenario through the compiled loop, without Python objects or the GIL."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.arrays import (
    BLANK,
    for_run,
    records,
    require_run,
    template,
    values_drawn,
    with_values,
)
from sim.engine.one_run import MONTHS, play
from sim.rules.draws import Word, run_key
from sim.rules.outcomes import outcomes
from sim.rules.state import RUN, SERIES, R, rule
from sim.scenario import Scenario


@rule
def play_runs(
    people: R, ties: R, start: R, options: R, par: R, run: R, log: R,
    series: R, paths: R, schedule: R, levels: R, edges: R, slots: R,
    blank_people: R, blank_options: R, blank_run: R, blank_schedule: R, blank_levels: R,
    blank_edges: R, ends: R, seen: R, seed: Word, first: int,
) -> None:  # fmt: skip
    """Play the runs first, first + 1, ... one after the other, one for each row of ``ends``.

    Each begins from the blank arrays, so none sees another; ``blank_levels`` has one row for all
    runs, or one for each. Writes ``ends``: the record that each run ends with, which
    its outcomes are read from; and ``seen``: the rounds of one run after the other, as many of each
    as ``series`` has room for.
    """
    filled = 0
    for k in range(len(ends)):
        for i in range(len(people)):
            people[i] = blank_people[i]
        for m in range(len(options)):
            options[m] = blank_options[m]
        for e in range(len(schedule)):
            schedule[e] = blank_schedule[e]
        row = k if len(blank_levels) > 1 else 0
        for n in range(len(levels)):
            levels[n] = blank_levels[row, n]
        for e in range(len(edges)):
            edges[e] = blank_edges[e]
        run[0] = blank_run[0]
        run[0].key_0, run[0].key_1 = run_key(seed, first + k)
        play(
            people, ties, start, options, par, run, log,
            series, paths, schedule, levels, edges, slots,
        )  # fmt: skip
        ends[k] = run[0]
        for m in range(min(run[0].month, len(series))):
            seen[filled] = series[m]
            filled += 1


class Rounds(NamedTuple):
    """The rounds of several runs, one run after the other.

    Attributes
    ----------
    lengths
        The rounds of each run.
    columns
        One number a round, by the names of ``sim.rules.state.SERIES_COLUMNS``.
    """

    lengths: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.float64]]

    @classmethod
    def joined(cls, parts: Sequence["Rounds"]) -> "Rounds":
        """The rounds of all these runs.

        >>> len(Rounds.joined([]).columns["trust"])
        0
        """
        names = SERIES.names or ()
        return cls(
            np.concatenate([np.empty(0, np.int64), *(part.lengths for part in parts)]),
            {
                name: np.concatenate([np.empty(0), *(part.columns[name] for part in parts)])
                for name in names
            },
        )

    def within(self, first: int, stop: int) -> "Rounds":
        """The rounds of some consecutive runs only, by their position here."""
        ends = np.concatenate([[0], np.cumsum(self.lengths)])
        rows = slice(ends[first], ends[stop])
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Rounds(self.lengths[first:stop], columns)


def outcomes_of(scenario: Scenario, seed: int, first: int, count: int) -> NDArray[np.float64]:
    """Return the outcomes of consecutive runs.

    Parameters
    ----------
    scenario
        The scenario to run.
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
    ends, _seen = _played(scenario, seed, first, count)
    return outcomes(ends)


def outcomes_under(
    scenario: Scenario, fields: Sequence[str], values: NDArray[np.float64], seed: int, first: int
) -> NDArray[np.float64]:
    """Return the outcomes of consecutive runs, each with its own values of some fields.

    Parameters
    ----------
    fields
        Dotted paths of real numbers.
    values
        Shape (runs, fields), within the fields' bounds.
    scenario, seed, first
        As for :func:`outcomes_of`.

    Examples
    --------
    >>> import sim
    >>> values = np.array([[0.07], [0.14]])
    >>> many = outcomes_under(sim.load("team"), ["problem.g"], values, seed=1, first=0)
    >>> one = sim.run(sim.load("team").variant({"problem.g": 0.14}), seed=1, run=1).outcomes
    >>> np.array_equal(many[1], one, equal_nan=True)
    True
    """
    ends, _seen = _played(scenario, seed, first, len(values), own=(fields, values))
    return outcomes(ends)


def outcomes_and_rounds_of(
    scenario: Scenario, seed: int, first: int, count: int
) -> tuple[NDArray[np.float64], Rounds]:
    """Return the outcomes and the rounds of consecutive runs.

    Parameters and errors are those of :func:`outcomes_of`.

    Examples
    --------
    >>> import sim
    >>> _many, rounds = outcomes_and_rounds_of(sim.load("team"), seed=1, first=0, count=3)
    >>> int(rounds.lengths[2]) == len(sim.run(sim.load("team"), seed=1, run=2).rounds)
    True
    """
    room = min(MONTHS, scenario.latest_round)
    ends, seen = _played(scenario, seed, first, count, room, count * room)
    lengths = ends["month"].astype(np.int64)
    rounds = int(lengths.sum())
    if lengths.max() > room:  # the same runs again, with enough
        ends, seen = _played(scenario, seed, first, count, int(lengths.max()), rounds)
    columns = {name: np.ascontiguousarray(seen[name][:rounds]) for name in SERIES.names or ()}
    return outcomes(ends), Rounds(lengths, columns)


def _played(
    scenario: Scenario, seed: int, first: int, count: int, most: int = 0, rounds: int = 0,
    own: tuple[Sequence[str], NDArray[np.float64]] | None = None,
) -> tuple[R, R]:  # fmt: skip
    """Return the final record of each run, and its rounds: up to ``most``, ``rounds`` in all."""
    require_run(seed, first + count - 1)
    blank = template(scenario)
    arrays = for_run(blank, seed, first)._replace(series=records(most, SERIES))
    ends, seen = records(count, RUN), records(rounds, SERIES)
    if own is None and scenario.uncertain is not None:
        runs = range(first, first + count)
        own = scenario.uncertain.fields, values_drawn(scenario, seed, runs)
    levels = with_values(blank.levels, *own) if own else blank.levels[None]
    blanks: list[Any] = [getattr(blank._replace(levels=levels), name) for name in BLANK]
    numbers: list[Any] = [ends, seen, np.uint64(seed), np.int64(first)]
    play_runs(*arrays, *blanks, *numbers)
    return ends, seen
