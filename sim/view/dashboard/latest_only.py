"""Work in the background that is requested faster than it is done: only the latest request counts.

Solara's ``use_task`` does not replace it: it starts a thread for every request and lets the earlier
ones run on, and of a slider that keeps moving it shows no answer.
"""

import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, TypeVar

Request = TypeVar("Request")
Result = TypeVar("Result")


class LatestOnly(Generic[Request, Result]):
    """Handles requests one at a time in a thread, and of those that wait only the latest.

    Nothing piles up while a slider moves, and its last position is always answered.

    Parameters
    ----------
    work
        Returns the result of a request. It must not raise.
    deliver
        Takes a request and its result.
    quiet
        Seconds without a new request before the work starts.
    """

    def __init__(
        self,
        work: Callable[[Request], Result],
        deliver: Callable[[Request, Result], None],
        quiet: float = 0.0,
    ) -> None:
        self._work, self._deliver, self._quiet = work, deliver, quiet
        self._waiting: list[Request] = []
        self._busy = self._closed = False
        self._lock = Lock()

    def submit(self, request: Request) -> None:
        """Handle this request after the present one, instead of any that waits."""
        with self._lock:
            if self._closed:
                return
            self._waiting = [request]
            if self._busy:
                return
            self._busy = True
        Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Stop: deliver no further results."""
        with self._lock:
            self._closed = True
            self._waiting = []

    def _run(self) -> None:
        """Handle requests until none waits."""
        while True:
            self._wait()
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                request = self._waiting.pop()
            result = self._work(request)
            with self._lock:
                closed = self._closed
            if not closed:
                self._deliver(request, result)

    def _wait(self) -> None:
        """Wait until no request came for a while."""
        before: list[Request] | None = None
        while self._quiet and before is not self._waiting:
            before = self._waiting
            time.sleep(self._quiet)
