"""The next streams looked at while one is read: what has changed in them, and their first rows."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

Result = TypeVar("Result")
Turn = tuple[str, int]
"""A stream, and the id of a company."""


class Lookahead(Generic[Result]):
    """Begins turns before they are taken, a bounded number of them, in their order."""

    def __init__(
        self,
        turns: Iterable[Turn],
        begin: Callable[[Turn], Future[Result]],
        width: int,
    ) -> None:
        """Prepare; nothing is begun yet.

        Args:
            turns: in the order in which they will be taken.
            begin: starts a turn in the background.
            width: how many turns are begun ahead.
        """
        self._turns = iter(turns)
        self._begin = begin
        self._width = width
        self._begun: deque[tuple[Turn, Future[Result]]] = deque()

    def take(self, turn: Turn) -> Future[Result]:
        """Return a turn that was begun, or begin it now if it is none of the announced ones."""
        self._fill()
        if all(turn != begun for begun, _ in self._begun):
            return self._begin(turn)
        while True:
            begun, future = self._begun.popleft()
            if begun == turn:
                self._fill()
                return future
            future.cancel()

    def _fill(self) -> None:
        while len(self._begun) < self._width:
            turn = next(self._turns, None)
            if turn is None:
                return
            self._begun.append((turn, self._begin(turn)))
