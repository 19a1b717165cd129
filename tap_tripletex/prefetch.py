"""Work done ahead by a small pool and handed over in order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor, Future

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    pool: Executor,
    items: Iterable[Item],
    fetch: Callable[[Item], Result],
    width: int,
    begun: Iterable[tuple[Item, Future[Result]]] = (),
) -> Iterator[tuple[Item, Callable[[], Result]]]:
    """Fetch items in a pool, at most ``width`` of them ahead, and yield them in their order.

    Each item comes with a function that waits for its result, or raises what the fetch raised.
    What is under way when the caller stops is cancelled or left to end unheard.

    Args:
        pool: fetches.
        items: what to fetch.
        fetch: fetches one.
        width: how many are under way or waiting at a time.
        begun: items before the first that are under way already.
    """
    waiting = deque(begun)
    try:
        for item in items:
            while len(waiting) >= width:
                first, future = waiting.popleft()
                yield first, future.result
            waiting.append((item, pool.submit(fetch, item)))
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result
    finally:
        for _, future in waiting:
            future.cancel()
