"""Who carries out the batches of a study: threads, processes, or any executor; and what they say.

The compiled loop holds no lock, so threads of this process are enough for it. Behaviours are
Python, and need processes; what these are sent is pickled by value where a class was written in a
script or a notebook. So is everything that goes to an executor from outside.
"""

import os
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
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
from typing import Any

import cloudpickle

from sim import __version__
from sim.language import _
from sim.rules.compiling import source_digest
from sim.scenario import Scenario
from sim.studies.batches import Batch, Behaviours, Done, carry_out
from sim.studies.process import live_with

WAITING = 4  # batches, for each worker, that are handed out before the first comes back
ASKED_AGAIN = 50  # batches after which an executor is asked again how many workers it has
NUMBERS_COME_FROM = ("language.py", "scenario/*.py", "rules/*.py", "engine/*.py", "studies/*.py")

Task = Callable[[], Done]
Behaving = Mapping[str, Behaviours]  # by scenario


class WorkerError(RuntimeError):
    """The workers of a study cannot go on: one of them died, or is not what it should be."""


def require_behaviours(behaviours: Behaving, asked: Iterable[str]) -> Behaving:
    """The behaviours as they are if they fit what is asked; scenarios that have none left out.

    Raises
    ------
    ValueError
        They are for something that is not there, or are no stakeholder classes.
    """
    unknown = [str(name) for name in behaviours if name not in asked]
    if unknown:
        text = _("behaviours are given by scenario ({known}), not for {unknown}")
        raise ValueError(text.format(known=", ".join(asked), unknown=", ".join(unknown)))
    if any(behaviours.values()):
        from sim.engine.model import require_behaviours as require_classes

        for of_scenario in behaviours.values():
            require_classes(of_scenario)
    return MappingProxyType({name: dict(kinds) for name, kinds in behaviours.items() if kinds})


def carried_out(
    asked: Mapping[str, Scenario],
    seed: int,
    batches: Iterable[Batch],
    behaviours: Behaving,
    executor: Executor | None,
) -> Generator[Done, None, None]:
    """What each batch came to, when it is ready; close it, and no more of them are carried out.

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
    parcels = {name: _parcel(name, asked[name], behaviours.get(name)) for name in asked}
    for behave, kind in groupby(batches, lambda batch: batch.scenario in behaviours):
        if executor is None and not behave:
            here = (partial(carry_out, asked[batch.scenario], seed, batch) for batch in kind)
            with _threads() as workers:
                yield from _handed_out(workers, here)
            continue
        away = (
            partial(carry_out_away, made_of(), parcels[batch.scenario], seed, batch)
            for batch in kind
        )
        if executor is not None:
            yield from _handed_out(executor, away, lent=True)
            continue
        tasks = list(away)
        with _processes(len(tasks)) as workers:
            yield from _handed_out(workers, tasks)


def carry_out_away(sender: str, parcel: bytes, seed: int, batch: Batch) -> Done:
    """Carry out a batch that was sent here, if this is the model that it was sent for.

    Parameters
    ----------
    sender
        What the sender's model is :func:`made_of`.
    parcel
        The scenario and its behaviours.

    Raises
    ------
    WorkerError
        The model here is another one, or the behaviours need what is not here.
    """
    if sender != made_of():
        text = _("a worker has another mufakat ({there}) than this study ({here})")
        raise WorkerError(text.format(there=made_of(), here=sender))
    try:
        scenario, behaviours = cloudpickle.loads(parcel)
    except Exception as error:
        text = _('a worker cannot read the behaviours of "{scenario}": {reason}')
        raise WorkerError(text.format(scenario=batch.scenario, reason=error)) from error
    return carry_out(scenario, seed, batch, behaviours)


@cache
def made_of() -> str:
    """The version of the model, and a digest of all that its numbers come from."""
    return f"{__version__}, {source_digest(NUMBERS_COME_FROM)[:8]}"


def _parcel(name: str, scenario: Scenario, behaviours: Behaviours | None) -> bytes:
    try:
        return bytes(cloudpickle.dumps((scenario, behaviours)))
    except Exception as error:  # whatever a class of the user's refers to
        text = _('the behaviours of "{scenario}" cannot be sent to a worker: {reason}')
        raise ValueError(text.format(scenario=name, reason=error)) from error


@contextmanager
def _threads() -> Iterator[Executor]:
    """Threads of our own, which Ctrl-C leaves without waiting for more work."""
    threads = ThreadPoolExecutor(os.cpu_count())
    try:
        yield threads
    finally:
        threads.shutdown(cancel_futures=True)


@contextmanager
def _processes(batches: int) -> Iterator[Executor]:
    """Processes of our own, no more than there are batches; they end with the study.

    Python's own would begin by carrying out the user's script once more.
    """
    import loky

    from sim.engine.ensemble import outcomes_of

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


def _handed_out(workers: Executor, tasks: Iterable[Task], lent: bool = False) -> Iterator[Done]:
    """Hand out the tasks, a few at a time, and give back what each came to when it is ready.

    What lent workers, which outlive the study, have not begun when it ends is called back.
    """
    waiting: set[Future[Done]] = set()
    ahead = 1
    try:
        for number, task in enumerate(tasks):
            with _clear_faults():
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


def _result(future: Future[Done]) -> Done:
    with _clear_faults():
        return future.result()


@contextmanager
def _clear_faults() -> Iterator[None]:
    """Whatever keeps workers from their work is one kind of error; failed runs are none."""
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
    """How many batches an executor carries out at a time, if it says so anywhere."""
    client: Any = getattr(workers, "_client", None)  # of a Dask cluster, whose workers come and go
    if client is not None:
        return sum(map(int, client.nthreads().values())) or 1
    count: int | None = getattr(workers, "_max_workers", None)
    return count or os.cpu_count() or 1
