"""The workers of a Dask cluster, for the command: a clear word if there are none, no chatter."""

import asyncio
import logging
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from sim.language import _
from sim.studies.workers import WorkerError

PATIENCE = 8  # seconds


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """All workers of the cluster whose scheduler is at an address such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    WorkerError
        Dask is not installed, the address is none, nobody answers there, or there are no workers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        text = _("a cluster needs Dask: pip install 'mufakat[cluster]'")
        raise WorkerError(text) from error
    with _silence():
        _greet(address)
        with Client(address, timeout=PATIENCE, set_as_default=False) as client:
            try:
                client.wait_for_workers(1, timeout=PATIENCE)
            except TimeoutError as error:
                raise WorkerError(
                    _("the cluster at {address} has no workers", address=address)
                ) from error
            yield client.get_executor(pure=False)


def _greet(address: str) -> None:
    """Say who does not answer as a scheduler does; a client would wait for it without end."""
    from distributed.comm import connect
    from distributed.security import Security

    async def greet() -> None:
        talk = await connect(address, timeout=PATIENCE, **Security().get_connection_args("client"))
        await talk.close()

    try:
        asyncio.run(asyncio.wait_for(greet(), PATIENCE))
    except ValueError as error:
        text = _("{address} is no address of a scheduler, such as tcp://10.0.0.1:8786")
        raise WorkerError(text.format(address=address)) from error
    except Exception as error:  # whatever may come from something that is no scheduler
        raise WorkerError(_("no Dask scheduler answers at {address}", address=address)) from error


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing of what Dask would say beside the command's own words."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():  # other versions: the model's own is what matters
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
