"""One run with everything that happens in it, or many with what they end with.

Both go through the compiled loop, without the GIL.
"""

import pkgutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import rules
from sim.base.text import _
from sim.engine.arrays import (
    Arrays,
    arrays,
    as_drawn,
    for_run,
    records,
    require_run,
    template,
    values_drawn,
    with_values,
)
from sim.engine.loop import play_runs
from sim.engine.tables import RunData, run_data
from sim.rules.compile import compile_all
from sim.rules.outcomes import outcomes
from sim.rules.state import RUN, SERIES, R
from sim.scenario import Scenario

ROOM = 20_000  # events that most runs stay below
MONTHS = 400  # and months that most runs end within
MAX_ROWS = 10_000_000  # rows of stakeholders by months: two gigabytes


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
        """Return the rounds of all these runs.

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
        """Return the rounds of some consecutive runs only, by their position here."""
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
    ends, _seen = _played(scenario, seed, range(first, first + count))
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
    ends, _seen = _played(scenario, seed, range(first, first + len(values)), own=(fields, values))
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
    runs = range(first, first + count)
    ends, seen = _played(scenario, seed, runs, most=room, rounds=count * room)
    lengths = ends["month"].astype(np.int64)
    rounds = int(lengths.sum())
    if lengths.max() > room:  # the same runs again, with enough
        ends, seen = _played(scenario, seed, runs, most=int(lengths.max()), rounds=rounds)
    columns = {name: np.ascontiguousarray(seen[name][:rounds]) for name in SERIES.names or ()}
    return outcomes(ends), Rounds(lengths, columns)


def _played(
    scenario: Scenario, seed: int, runs: range, *, most: int = 0, rounds: int = 0,
    own: tuple[Sequence[str], NDArray[np.float64]] | None = None,
) -> tuple[R, R]:  # fmt: skip
    """Return the final record of each run, and its rounds: up to ``most``, ``rounds`` in all."""
    require_run(seed, runs[-1])
    blank = template(scenario)
    shared = for_run(blank, seed, runs[0])._replace(series=records(most, SERIES))
    ends, seen = records(len(runs), RUN), records(rounds, SERIES)
    if own is None and scenario.uncertain is not None:
        own = scenario.uncertain.fields, values_drawn(scenario, seed, runs)
    levels = with_values(blank.levels, *own) if own else blank.levels[None]
    play_runs(*shared, *_blanks(blank, levels), ends, seen, np.uint64(seed), runs[0])
    return ends, seen


def play(own: Arrays, seed: int, run: int) -> None:
    """Play one run in arrays that were made for it; they then hold what happened.

    It goes through the same compiled function as many runs, with itself as the blank arrays.
    """
    ends, seen = records(1, RUN), records(0, SERIES)
    play_runs(*own, *_blanks(own, own.levels[None]), ends, seen, np.uint64(seed), run)


def _blanks(blank: Arrays, levels: R) -> tuple[R, R, R, R, R, R]:
    """Return the arrays that each run begins with; ``levels`` has a row a run, or one for all."""
    return blank.people, blank.options, blank.run, blank.schedule, levels, blank.edges


class TooLarge(ValueError):
    """A run of too many stakeholders over too many months for tables of every month."""


def _require_room(scenario: Scenario) -> None:
    people = scenario.people
    months = min(MONTHS, scenario.latest_round)
    if people * months > MAX_ROWS:
        text = _(
            "{people:,} stakeholders over up to {months} months are too many for tables of every "
            "month ({rows:,} rows; at most {most:,} are allowed). `mufakat study` or sim.study "
            "returns what the runs end with"
        )
        rows = people * months
        raise TooLarge(text.format(people=people, months=months, rows=rows, most=MAX_ROWS))


def run(scenario: Scenario, seed: int = 1, run: int = 0) -> RunData:
    """Run a scenario once, with tables of everything that happens.

    Parameters
    ----------
    scenario
        If its values are uncertain, the run draws one set of them; the scenario of the result has
        these values.
    seed
        From 0 to 2^64 - 1: the world that all runs of a study share.
    run
        From 0 to 2^32 - 1: which run of that world. Two scenarios under the same seed and run
        share every draw that both make.

    Raises
    ------
    ValueError
        A seed or run outside its range, or too many stakeholders for tables of every month.

    Examples
    --------
    >>> from sim import load, run
    >>> done = run(load("team"), seed=1, run=0)
    >>> len(done.rounds) == int(done.outcomes["months_survived"])
    True
    """
    _require_room(scenario)
    require_run(seed, run)
    scenario = as_drawn(scenario, seed, run)
    room, months = ROOM, min(MONTHS, scenario.latest_round)
    while True:
        played = arrays(scenario, seed, run, log_rows=room, months=months)
        play(played, seed, run)
        end = played.run[0]
        if end.logged <= room and end.month <= months:
            return run_data(scenario, seed, run, played)
        # too little room: the same run again, with enough
        room, months = max(room, int(end.logged)), max(months, int(end.month))


def warm_up() -> int:
    """Compile every rule, so that no later run waits for it; return how many functions there are.

    A function that is compiled already is loaded from disk. With ``NUMBA_DISABLE_JIT=1`` nothing is
    compiled, and 0 is returned.
    """
    for module in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        import_module(module.name)
    return compile_all()
