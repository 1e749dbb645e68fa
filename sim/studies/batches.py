"""Batches of runs: how the work of a study is cut up, and what a piece of it comes to."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.ensemble import Rounds, outcomes_and_rounds_of, outcomes_of
from sim.rules.outcomes import OUTCOMES
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.engine.agents import Stakeholder

WORK = 2_400  # stakeholders whose runs are carried out in one go: a moment's work
LARGER = 10  # times as much at most, in a large study, which would else be very many files
BEHAVING = 10  # the same of runs through Mesa
OUTCOME_NAMES = tuple(item.name for item in OUTCOMES)

Behaviours = Mapping[str, "type[Stakeholder]"]  # by sector
Played = tuple[NDArray[np.float64], Rounds | None]  # outcomes, one row a run, and what is seen


class Batch(NamedTuple):
    """Some consecutive runs of one scenario, and whether their rounds are kept."""

    scenario: str
    first: int
    size: int
    rounds: bool = False

    @property
    def runs(self) -> range:
        """The run numbers."""
        return range(self.first, self.first + self.size)


class Done(NamedTuple):
    """What a batch came to: the runs that ended, what they ended with, and those that failed.

    ``rounds`` has those of the runs that ended, if they are kept.
    """

    batch: Batch
    runs: NDArray[np.int64]
    outcomes: NDArray[np.float64]
    failures: list[tuple[int, str]]
    rounds: Rounds | None = None

    def within(self, runs: range) -> "Done":
        """The same of these of its runs only."""
        first, stop = (int(place) for place in np.searchsorted(self.runs, (runs.start, runs.stop)))
        return self._replace(
            runs=self.runs[first:stop],
            outcomes=self.outcomes[first:stop],
            failures=[(run, cause) for run, cause in self.failures if run in runs],
            rounds=None if self.rounds is None else self.rounds.within(first, stop),
        )


def size_of_batches(runs: int, people: int) -> int:
    """How many runs a batch has: fewer of many stakeholders, more in a large study.

    Parameters
    ----------
    runs
        Of each scenario.
    people
        How many stakeholders the scenario has.

    Examples
    --------
    >>> [size_of_batches(runs, people=24) for runs in (1, 50_000, 10**6)]
    [100, 500, 1000]
    >>> size_of_batches(50, people=10_000)
    1
    """
    smallest = max(WORK // people, 1)
    return min(max(runs // 100, smallest), LARGER * smallest)


def fresh(stretches: Iterable[range]) -> Iterator[range]:
    """Of each stretch of runs, in order of their first, what none before it has.

    >>> list(fresh([range(0, 9), range(2, 4), range(6, 12)]))
    [range(0, 9), range(9, 9), range(9, 12)]
    """
    reached = 0
    for stretch in stretches:
        yield range(max(reached, stretch.start), max(reached, stretch.stop))
        reached = max(reached, stretch.stop)


def gaps(runs: int, there: Iterable[range]) -> list[range]:
    """The runs from 0 to runs - 1 that are not there.

    >>> gaps(250, there=[range(40, 110), range(90, 120)])
    [range(0, 40), range(120, 250)]
    """
    found, reached = [], 0
    for stretch in sorted(there, key=lambda stretch: stretch.start):
        found.append(range(reached, min(stretch.start, runs)))
        reached = max(reached, stretch.stop)
    return [gap for gap in (*found, range(reached, runs)) if gap]


def cut(
    scenario: str, missing: Iterable[range], size: int, rounds: bool = False
) -> Iterator[Batch]:
    """Missing runs of a scenario in batches, each within one multiple of the size and the next.

    >>> [(batch.first, batch.size) for batch in cut("team", [range(0, 40), range(110, 250)], 100)]
    [(0, 40), (110, 90), (200, 50)]
    """
    for gap in missing:
        for start in range(gap.start - gap.start % size, gap.stop, size):
            first, stop = max(start, gap.start), min(start + size, gap.stop)
            yield Batch(scenario, first, stop - first, rounds)


def carry_out(
    scenario: Scenario, seed: int, batch: Batch, behaviours: Behaviours | None = None
) -> Done:
    """Carry out one batch, here or in another process; a run that raises is a failure, not an end.

    Parameters
    ----------
    scenario
        The one that the batch names.
    behaviours
        Stakeholder classes in place of the usual ones; if given, the runs go through Mesa.
    """
    if behaviours is not None:
        from sim.engine.own import played_with

        return _one_by_one(batch, lambda run: played_with(scenario, seed, run, behaviours))
    try:
        found, rounds = _played(scenario, seed, batch)
    except Exception:  # one of them did: each by itself
        return _one_by_one(
            batch, lambda run: _played(scenario, seed, batch._replace(first=run, size=1))
        )
    return Done(batch, np.array(batch.runs, dtype=np.int64), found, [], rounds)


def _one_by_one(batch: Batch, play: Callable[[int], Played]) -> Done:
    """A batch in which any run may fail."""
    numbers, rows, failures, seen = [], [], [], []
    for number in batch.runs:
        try:
            found, rounds = play(number)
        except Exception as error:
            failures.append((number, f"{type(error).__name__}: {error}"))
        else:
            numbers.append(number)
            rows.append(found)
            seen += [] if rounds is None else [rounds]
    outcomes = np.concatenate([np.empty((0, len(OUTCOME_NAMES))), *rows])
    joined = Rounds.joined(seen) if batch.rounds else None
    return Done(batch, np.array(numbers, dtype=np.int64), outcomes, failures, joined)


def _played(scenario: Scenario, seed: int, batch: Batch) -> Played:
    """What the runs of a batch end with, and their rounds if those are kept."""
    if batch.rounds:
        return outcomes_and_rounds_of(scenario, seed, batch.first, batch.size)
    return outcomes_of(scenario, seed, batch.first, batch.size), None


def comes_out_the_same(scenario: Scenario, seed: int, done: Done) -> bool:
    """Whether the first and the last run of a batch still end as they did, in every bit.

    Examples
    --------
    >>> import sim
    >>> done = carry_out(sim.load("team"), 1, Batch("team", 0, 5))
    >>> comes_out_the_same(sim.load("team"), 1, done)
    True
    >>> comes_out_the_same(sim.load("team"), 1, done._replace(outcomes=done.outcomes + 1e-12))
    False
    """
    for place in {0, len(done.runs) - 1} if len(done.runs) else ():
        now = outcomes_of(scenario, seed, int(done.runs[place]), 1)[0]
        if not np.array_equal(now, done.outcomes[place], equal_nan=True):
            return False
    return True
