"""Work done ahead by a small pool and handed over in order."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

Item = TypeVar("Item")
Result = TypeVar("Result")
Other = TypeVar("Other")

MOST_HELD = 4 * 1024 * 1024
"""Bytes that wait for their turn before nothing more is begun."""

SLOW = 0.5
"""Seconds of a fetch from which on six times as many bytes may wait: it is the server that is
waited for, and never should it have nothing to do."""

FAST = 0.1
FEW = 3
"""Seconds of a fetch up to which so few under way are enough: the server is not waited for."""


class Submits(Protocol):
    """An executor, or what passes work on to one."""

    def submit(self, work: Callable[..., Other], /, *args: object) -> Future[Other]:
        """Begin some work in another thread."""


def _weightless(_: object) -> int:
    return 0


class Ahead(Generic[Item, Result]):
    """Fetches items in a pool, some of them ahead, and hands them over in their order.

    So many are under way at a time; those that are done and wait do not count, but their bytes
    do. What belongs to an item in hand is submitted here as well, and goes before the next items.
    What is under way when nobody wants it any more is cancelled or left to end unheard.
    """

    def __init__(
        self,
        pool: Submits,
        items: Iterable[Item],
        fetch: Callable[[Item], Result],
        width: int,
        *,
        weigh: Callable[[Result], int] = _weightless,
    ) -> None:
        """Prepare; nothing is begun before ``begin``, or before the first is taken.

        Args:
            pool: fetches.
            items: what to fetch; found out in any thread, one at a time.
            fetch: fetches one.
            width: how many are under way at a time.
            weigh: returns the bytes of a result.
        """
        self._pool = pool
        self._items = iter(items)
        self._fetch = fetch
        self._width = width
        self._weigh = weigh
        self._lock = threading.RLock()
        self._waiting: deque[tuple[Item, Future[Result]]] = deque()
        self._wanted = 0
        self._running = 0
        self._held = 0
        self._most = MOST_HELD
        self._pace = width
        self._filling = False
        self._error: Exception | None = None

    def begin(self) -> None:
        """Begin the first item, and no other before it is taken."""
        with self._lock:
            self._next()

    def submit(self, work: Callable[..., Other], /, *args: object) -> Future[Other]:
        """Begin something else, and no further items until less is under way."""
        with self._lock:
            self._running += 1
        future = self._pool.submit(work, *args)
        future.add_done_callback(self._left)
        return future

    def __iter__(self) -> Iterator[tuple[Item, Callable[[], Result]]]:
        """Yield each item with what waits for its result, or raises what the fetch raised.

        Raises:
            Exception: what finding out the items raised, after those that were found.
        """
        try:
            self._wanted = self._width
            while True:
                with self._lock:
                    self._fill()
                    if not self._waiting and not self._next():
                        break
                    item, future = self._waiting.popleft()
                yield item, future.result
                weight = self._weight(future)
                with self._lock:
                    self._held -= weight
            if self._error is not None:
                raise self._error
        finally:
            with self._lock:
                self._wanted = 0
                for _, future in self._waiting:
                    future.cancel()

    def _fill(self) -> None:
        """Begin as many items as are wanted; in whatever thread has the lock."""
        if self._filling:
            return
        self._filling = True
        try:
            most = min(self._wanted, self._pace)
            while self._running < most and self._held < self._most and self._next():
                pass
        finally:
            self._filling = False

    def _next(self) -> bool:
        """Begin the next item; return whether there was one."""
        try:
            item = next(self._items)
        except StopIteration:
            return False
        except Exception as error:  # noqa: BLE001 - raised when its turn comes
            self._error, self._items = error, iter(())
            return False
        future = self.submit(self._timed, item)
        self._waiting.append((item, future))
        if future.cancelled():
            self._items = iter(())  # the pool has been told to end
        return True

    def _timed(self, item: Item) -> Result:
        began = time.monotonic()
        result = self._fetch(item)
        with self._lock:
            self._held += self._weigh(result)
        seconds = time.monotonic() - began
        self._pace = pace(self._width, seconds)
        if seconds > SLOW:
            self._most = 6 * MOST_HELD
        return result

    def _left(self, _: Future[Any]) -> None:
        with self._lock:
            self._running -= 1
            self._fill()

    def _weight(self, future: Future[Result]) -> int:
        failed = future.cancelled() or future.exception() is not None
        return 0 if failed else self._weigh(future.result())


def pace(width: int, seconds: float) -> int:
    """Return how many are to be under way when one takes so long."""
    return width if seconds > FAST else min(width, FEW)
