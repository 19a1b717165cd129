"""Threads that take no more work once they are told to end."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Pool(ThreadPoolExecutor):
    """A pool whose work is cancelled when it ends, and what is submitted after that as well.

    Work that ends submits further work. The standard pool tells it of its end while it holds the
    lock that ``submit`` takes, and waits for itself for ever.
    """

    _ending = False

    def submit(self, work: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:  # noqa: ANN401
        """Begin some work; return a cancelled future once the pool has been told to end."""
        if not self._ending:
            try:
                return super().submit(work, *args, **options)
            except RuntimeError:
                if not self._ending:
                    raise
        cancelled: Future[T] = Future()
        cancelled.cancel()
        return cancelled

    def end(self) -> None:
        """Cancel what has not begun, and take no more; what is under way is not waited for."""
        self._ending = True
        self.shutdown(wait=False, cancel_futures=True)
