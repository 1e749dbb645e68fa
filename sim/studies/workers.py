"""Who carries out the runs of a study: batches of runs, and the workers that take them.

The compiled loop holds no lock, so threads of this process are enough for it. Behaviours are
Python, and need processes; what these are sent is pickled by value where a class was written in a
script or a notebook. So is everything that goes to an executor from outside, such as a Dask
cluster.
"""

import asyncio
import logging
import os
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    as_completed,
    wait,
)
from contextlib import contextmanager
from functools import cache, partial
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import cloudpickle
import numpy as np
from numpy.typing import NDArray

from sim.base import __version__
from sim.base.text import _
from sim.engine.runs import Rounds, outcomes_and_rounds_of, outcomes_of
from sim.rules.compile import source_digest
from sim.rules.outcomes import LOWER, OUTCOMES, SHARE, YES
from sim.scenario import Scenario
from sim.studies.process import live_with

if TYPE_CHECKING:
    from sim.engine.mesa_model import Stakeholder

WORK = 2_400  # stakeholders whose runs are carried out in one go: a moment's work
LARGER = 10  # times as much at most, in a large study, which would else be very many files
BEHAVING = 10  # the same of runs through Mesa
OUTCOME_NAMES = tuple(item.name for item in OUTCOMES)
BINARY = frozenset(item.name for item in OUTCOMES if item.unit == YES)  # outcomes that are 0 or 1
FROM_0_TO_1 = BINARY | {item.name for item in OUTCOMES if item.unit == SHARE}
LOWER_IS_BETTER = frozenset(item.name for item in OUTCOMES if item.direction == LOWER)
WAITING = 4  # batches, for each worker, that are handed out before the first comes back
ASKED_AGAIN = 50  # batches after which an executor is asked again how many workers it has
NUMBERS_COME_FROM = ("base/*.py", "scenario/*.py", "rules/*.py", "engine/*.py", "studies/*.py")
PATIENCE = 8  # seconds that a cluster has to answer

Behaviours = Mapping[str, "type[Stakeholder]"]  # by sector
Played = tuple[NDArray[np.float64], Rounds | None]  # outcomes, one row a run, and what is seen
Task = Callable[[], "BatchResult"]
Behaving = Mapping[str, Behaviours]  # by scenario


class WorkerError(RuntimeError):
    """The workers of a study cannot go on: one of them died, or is not what it should be."""


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


class BatchResult(NamedTuple):
    """The result of a batch: the runs that ended, their outcomes, and those that failed.

    ``rounds`` has those of the runs that ended, if they are kept.
    """

    batch: Batch
    runs: NDArray[np.int64]
    outcomes: NDArray[np.float64]
    failures: list[tuple[int, str]]
    rounds: Rounds | None = None

    def only(self, outcomes: Sequence[str]) -> "BatchResult":
        """Return the same with some of the outcomes."""
        if len(outcomes) == len(OUTCOME_NAMES):
            return self
        places = [OUTCOME_NAMES.index(name) for name in outcomes]
        return self._replace(outcomes=self.outcomes[:, places])

    def within(self, runs: range) -> "BatchResult":
        """Return the same for some of its runs."""
        first, stop = (int(place) for place in np.searchsorted(self.runs, (runs.start, runs.stop)))
        return self._replace(
            runs=self.runs[first:stop],
            outcomes=self.outcomes[first:stop],
            failures=[(run, cause) for run, cause in self.failures if run in runs],
            rounds=None if self.rounds is None else self.rounds.within(first, stop),
        )


def size_of_batches(runs: int, people: int) -> int:
    """Return how many runs a batch has: fewer of many stakeholders, more in a large study.

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
    """Yield the part of each stretch of runs, in order, that no stretch before it has.

    >>> list(fresh([range(0, 9), range(2, 4), range(6, 12)]))
    [range(0, 9), range(9, 9), range(9, 12)]
    """
    reached = 0
    for stretch in stretches:
        yield range(max(reached, stretch.start), max(reached, stretch.stop))
        reached = max(reached, stretch.stop)


def gaps(runs: int, present: Iterable[range]) -> list[range]:
    """Return the runs from 0 to runs - 1 that are missing.

    >>> gaps(250, present=[range(40, 110), range(90, 120)])
    [range(0, 40), range(120, 250)]
    """
    missing, reached = [], 0
    for stretch in sorted(present, key=lambda stretch: stretch.start):
        missing.append(range(reached, min(stretch.start, runs)))
        reached = max(reached, stretch.stop)
    return [gap for gap in (*missing, range(reached, runs)) if gap]


def cut(
    scenario: str, missing: Iterable[range], size: int, rounds: bool = False
) -> Iterator[Batch]:
    """Yield missing runs of a scenario in batches, each between two multiples of the size.

    >>> [(batch.first, batch.size) for batch in cut("team", [range(0, 40), range(110, 250)], 100)]
    [(0, 40), (110, 90), (200, 50)]
    """
    for gap in missing:
        for start in range(gap.start - gap.start % size, gap.stop, size):
            first, stop = max(start, gap.start), min(start + size, gap.stop)
            yield Batch(scenario, first, stop - first, rounds)


def carry_out(
    scenario: Scenario, seed: int, batch: Batch, behaviours: Behaviours | None = None
) -> BatchResult:
    """Carry out one batch, here or in another process; a run that raises an error has failed.

    Parameters
    ----------
    scenario
        The one that the batch names.
    behaviours
        Stakeholder classes in place of the usual ones; if given, the runs go through Mesa.
    """
    if behaviours is not None:
        from sim.engine.mesa_model import played_with

        return _one_by_one(batch, lambda run: played_with(scenario, seed, run, behaviours))
    try:
        outcomes, rounds = _played(scenario, seed, batch)
    except Exception:  # one of them did: each by itself
        return _one_by_one(
            batch, lambda run: _played(scenario, seed, batch._replace(first=run, size=1))
        )
    return BatchResult(batch, np.array(batch.runs, dtype=np.int64), outcomes, [], rounds)


def _one_by_one(batch: Batch, play: Callable[[int], Played]) -> BatchResult:
    """Carry out a batch run by run, as any of them may fail."""
    numbers, rows, failures, rounds_of_runs = [], [], [], []
    for number in batch.runs:
        try:
            outcomes, rounds = play(number)
        except Exception as error:
            failures.append((number, f"{type(error).__name__}: {error}"))
        else:
            numbers.append(number)
            rows.append(outcomes)
            rounds_of_runs += [] if rounds is None else [rounds]
    outcomes = np.concatenate([np.empty((0, len(OUTCOME_NAMES))), *rows])
    joined = Rounds.joined(rounds_of_runs) if batch.rounds else None
    return BatchResult(batch, np.array(numbers, dtype=np.int64), outcomes, failures, joined)


def _played(scenario: Scenario, seed: int, batch: Batch) -> Played:
    """Return the outcomes of a batch, and its rounds if those are kept."""
    if batch.rounds:
        return outcomes_and_rounds_of(scenario, seed, batch.first, batch.size)
    return outcomes_of(scenario, seed, batch.first, batch.size), None


def comes_out_the_same(scenario: Scenario, seed: int, result: BatchResult) -> bool:
    """Return whether the first and the last run of a batch have the same outcomes now, bit by bit.

    Examples
    --------
    >>> import sim
    >>> result = carry_out(sim.load("team"), 1, Batch("team", 0, 5))
    >>> comes_out_the_same(sim.load("team"), 1, result)
    True
    >>> comes_out_the_same(sim.load("team"), 1, result._replace(outcomes=result.outcomes + 1e-12))
    False
    """
    for place in {0, len(result.runs) - 1} if len(result.runs) else ():
        now = outcomes_of(scenario, seed, int(result.runs[place]), 1)[0]
        if not np.array_equal(now, result.outcomes[place], equal_nan=True):
            return False
    return True


def require_behaviours(behaviours: Behaving, scenarios: Iterable[str]) -> Behaving:
    """Return the behaviours without empty entries, if they fit the scenarios.

    Raises
    ------
    ValueError
        They are for an unknown scenario or sector, or are no stakeholder classes.
    """
    unknown = [str(name) for name in behaviours if name not in scenarios]
    if unknown:
        text = _("behaviours are given by scenario ({known}), not for {unknown}")
        raise ValueError(text.format(known=", ".join(scenarios), unknown=", ".join(unknown)))
    if any(behaviours.values()):
        from sim.engine.mesa_model import require_behaviours as require_classes

        for of_scenario in behaviours.values():
            require_classes(of_scenario)
    return MappingProxyType({name: dict(kinds) for name, kinds in behaviours.items() if kinds})


def carried_out(
    scenarios: Mapping[str, Scenario],
    seed: int,
    batches: Iterable[Batch],
    behaviours: Behaving,
    executor: Executor | None,
) -> Generator[BatchResult, None, None]:
    """Yield the result of each batch when it is ready; close the generator to stop.

    Parameters
    ----------
    batches
        Those with behaviours and those without, not mixed: each kind has workers of its own.
    executor
        What carries out all of them, if given.

    Raises
    ------
    WorkerError
        The workers cannot go on.
    """
    parcels = {name: _parcel(name, scenarios[name], behaviours.get(name)) for name in scenarios}
    for behave, kind in groupby(batches, lambda batch: batch.scenario in behaviours):
        if executor is None and not behave:
            here = (partial(carry_out, scenarios[batch.scenario], seed, batch) for batch in kind)
            with _threads() as workers:
                yield from _results(workers, here)
            continue
        away = (
            partial(carry_out_away, model_id(), parcels[batch.scenario], seed, batch)
            for batch in kind
        )
        if executor is not None:
            yield from _results(executor, away, lent=True)
            continue
        tasks = list(away)
        with _processes(len(tasks)) as workers:
            yield from _results(workers, tasks)


def carry_out_away(sender: str, parcel: bytes, seed: int, batch: Batch) -> BatchResult:
    """Carry out a batch that another process sent, if both have the same model.

    Parameters
    ----------
    sender
        The sender's :func:`model_id`.
    parcel
        The scenario and its behaviours.

    Raises
    ------
    WorkerError
        The model here is another one, or the behaviours cannot be read here.
    """
    if sender != model_id():
        text = _("a worker has another mufakat ({there}) than this study ({here})")
        raise WorkerError(text.format(there=model_id(), here=sender))
    try:
        scenario, behaviours = cloudpickle.loads(parcel)
    except Exception as error:
        text = _('a worker cannot read the behaviours of "{scenario}": {reason}')
        raise WorkerError(text.format(scenario=batch.scenario, reason=error)) from error
    return carry_out(scenario, seed, batch, behaviours)


@cache
def model_id() -> str:
    """Return the version of the model, and a digest of all sources that numbers depend on."""
    return f"{__version__}, {source_digest(NUMBERS_COME_FROM)[:8]}"


def _parcel(name: str, scenario: Scenario, behaviours: Behaviours | None) -> bytes:
    try:
        return bytes(cloudpickle.dumps((scenario, behaviours)))
    except Exception as error:  # whatever a class of the user's refers to
        text = _('the behaviours of "{scenario}" cannot be sent to a worker: {reason}')
        raise ValueError(text.format(scenario=name, reason=error)) from error


@contextmanager
def _threads() -> Iterator[Executor]:
    """Yield threads of our own, which end at Ctrl-C without more work."""
    threads = ThreadPoolExecutor(os.cpu_count())
    try:
        yield threads
    finally:
        threads.shutdown(cancel_futures=True)


@contextmanager
def _processes(batches: int) -> Iterator[Executor]:
    """Yield processes of our own, at most one a batch; they end with the study.

    Python's own would begin by carrying out the user's script once more.
    """
    import loky

    from sim.engine.runs import outcomes_of

    outcomes_of(Scenario(), seed=1, first=0, count=1)  # compiles the rules before the work is split
    count = min(os.cpu_count() or 1, batches)
    workers = loky.ProcessPoolExecutor(count, initializer=live_with, initargs=(os.getpid(),))
    try:
        yield workers
    except BaseException:
        with warnings.catch_warnings():  # where there is no pgrep, loky warns, and ends them
            warnings.simplefilter("ignore")
            workers.shutdown(kill_workers=True)
        raise
    workers.shutdown()


def _results(workers: Executor, tasks: Iterable[Task], lent: bool = False) -> Iterator[BatchResult]:
    """Hand out the tasks, a few at a time, and yield each result when it is ready.

    When the study ends, tasks that lent workers have not begun are cancelled.
    """
    waiting: set[Future[BatchResult]] = set()
    ahead = 1
    try:
        for number, task in enumerate(tasks):
            with _worker_errors():
                if number % ASKED_AGAIN == 0:
                    ahead = WAITING * _size(workers)
                waiting.add(workers.submit(task))
            if len(waiting) >= ahead:
                ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from map(_result, ready)
        yield from map(_result, as_completed(waiting))
    finally:
        for future in waiting if lent else ():
            future.cancel()


def _result(future: Future[BatchResult]) -> BatchResult:
    with _worker_errors():
        return future.result()


@contextmanager
def _worker_errors() -> Iterator[None]:
    """Raise a `WorkerError` for any error of the workers; a failed run is not one."""
    try:
        yield
    except WorkerError:
        raise
    except BrokenExecutor as error:
        text = _("a worker process ended in mid-work: it was killed, crashed or ran out of memory")
        raise WorkerError(text) from error
    except CancelledError as error:
        raise WorkerError(_("the workers went away, or their work was cancelled")) from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise WorkerError(_("the workers cannot do their work: {reason}", reason=reason)) from error


def _size(workers: Executor) -> int:
    """Return how many batches an executor carries out at a time, as far as it says so."""
    client: Any = getattr(workers, "_client", None)  # of a Dask cluster, whose workers come and go
    if client is not None:
        return sum(map(int, client.nthreads().values())) or 1
    count: int | None = getattr(workers, "_max_workers", None)
    return count or os.cpu_count() or 1


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Yield the workers of a cluster; its scheduler has an address such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    WorkerError
        Dask is not installed, the address is invalid, no scheduler answers, or there are no
        workers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        text = _("a cluster needs Dask: pip install 'mufakat[cluster]'")
        raise WorkerError(text) from error
    with _silenced():
        _require_scheduler(address)
        with Client(address, timeout=PATIENCE, set_as_default=False) as client:
            try:
                client.wait_for_workers(1, timeout=PATIENCE)
            except TimeoutError as error:
                raise WorkerError(
                    _("the cluster at {address} has no workers", address=address)
                ) from error
            yield client.get_executor(pure=False)


def _require_scheduler(address: str) -> None:
    """Raise an error if no scheduler answers; a client would wait for it without end."""
    from distributed.comm import connect
    from distributed.security import Security

    async def connect_once() -> None:
        talk = await connect(address, timeout=PATIENCE, **Security().get_connection_args("client"))
        await talk.close()

    try:
        asyncio.run(asyncio.wait_for(connect_once(), PATIENCE))
    except ValueError as error:
        text = _("{address} is no address of a scheduler, such as tcp://10.0.0.1:8786")
        raise WorkerError(text.format(address=address)) from error
    except Exception as error:  # whatever may come from something that is no scheduler
        raise WorkerError(_("no Dask scheduler answers at {address}", address=address)) from error


@contextmanager
def _silenced() -> Iterator[None]:
    """Silence the log messages and warnings of Dask."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():  # other versions: the model's own is what matters
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
