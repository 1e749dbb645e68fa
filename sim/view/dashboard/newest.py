"""Work that is asked for faster than it is done: only the newest wish counts."""

import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, TypeVar

Wish = TypeVar("Wish")
Gift = TypeVar("Gift")


class Newest(Generic[Wish, Gift]):
    """Fulfils wishes one at a time, in a thread; of those that wait, only the latest.

    So nothing piles up while a slider moves, and the last position is always answered.

    Parameters
    ----------
    work
        What fulfils a wish. It must not raise.
    give
        Takes the wish and what came of it.
    quiet
        For so many seconds nothing else may be wished for before the work begins.
    """

    def __init__(
        self,
        work: Callable[[Wish], Gift],
        give: Callable[[Wish, Gift], None],
        quiet: float = 0.0,
    ) -> None:
        self._work, self._give, self._quiet = work, give, quiet
        self._waiting: list[Wish] = []
        self._busy = self._closed = False
        self._lock = Lock()

    def ask(self, wish: Wish) -> None:
        """Fulfil this wish as soon as the present one is, and none that waits."""
        with self._lock:
            if self._closed:
                return
            self._waiting = [wish]
            if self._busy:
                return
            self._busy = True
        Thread(target=self._fulfil, daemon=True).start()

    def close(self) -> None:
        """Give nothing any more."""
        with self._lock:
            self._closed = True
            self._waiting = []

    def _fulfil(self) -> None:
        while True:
            self._wait()
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                wish = self._waiting.pop()
            gift = self._work(wish)
            with self._lock:
                closed = self._closed
            if not closed:
                self._give(wish, gift)

    def _wait(self) -> None:
        """Until nothing was wished for in a while."""
        before: list[Wish] | None = None
        while self._quiet and before is not self._waiting:
            before = self._waiting
            time.sleep(self._quiet)
