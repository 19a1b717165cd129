"""Answers that many threads need and one of them asks for."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class Once(Generic[T]):
    """Works each thing out once; whoever else wants it waits, and gets the same error."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = threading.Lock()
        self._known: dict[tuple[Hashable, ...], Future[T]] = {}

    def __call__(self, key: tuple[Hashable, ...], work: Callable[[], T]) -> T:
        """Return what the work for a key gave, whoever did it.

        Raises:
            Exception: what the work raised.
        """
        with self._lock:
            known = self._known.get(key)
            mine = known is None
            future = self._known[key] = known or Future()
        if mine:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - passed on to everyone
                future.set_exception(error)
        return future.result()

    def forget(self, company_id: int) -> None:
        """Let go of what a company is the first part of the key of."""
        with self._lock:
            for key in [key for key in self._known if key[0] == company_id]:
                del self._known[key]
