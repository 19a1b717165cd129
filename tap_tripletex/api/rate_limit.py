"""One budget of requests per token, shared by all threads and companies."""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

WINDOW = 10.0
"""Length of a window in seconds. Recorded: Date + Reset always fell on a multiple of 10 s."""


MARGIN = 0.1
"""Seconds that this computer's clock may be ahead of Tripletex's."""


class RateLimiter:
    """Waits for the next window rather than earn a 429.

    The API announces its budget in ``X-Rate-Limit-Limit``, ``-Remaining`` and ``-Reset``. Some
    paths have a second bucket and send each header doubled ("100, 30"): the tightest counts.
    """

    def __init__(
        self,
        reserve: int = 0,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Start with an unknown budget.

        Args:
            reserve: requests of each window that are left for the user's other integrations.
            clock: the time in seconds since the epoch.
            sleep: waits for a number of seconds.
        """
        self._reserve = reserve
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._budget: int | None = None
        self._ends = 0.0
        self._window = 0
        self._under_way = 0
        self.waits = 0
        """How many times a request had to wait."""
        self.waited = 0.0
        """For how many seconds, added up over all threads."""

    def acquire(self) -> int:
        """Take one request from the budget; wait for the next window when it is used up.

        Returns:
            The window that the request belongs to, to be given back with its answer.
        """
        while wait := self._take():
            logger.debug("Rate limit: waiting %.1f s for the next window", wait)
            self.waited += wait
            self._sleep(wait)
        return self._window

    def release(self, window: int, headers: Mapping[str, str] | None = None) -> None:
        """Learn from the headers of an answer what is left of the window.

        Args:
            window: what ``acquire`` returned; an answer from an earlier window says nothing.
            headers: of the answer; None when there was no answer.
        """
        remaining = _numbers(headers, "Remaining")
        with self._lock:
            self._under_way -= 1
            if not remaining or window != self._window:
                return
            self._limit = min(_numbers(headers, "Limit") or remaining)
            left = min(remaining) - self._reserve - self._under_way
            ends = self._end_of_window(headers)
            if self._budget is None or self._clock() >= self._ends:
                self._budget, self._ends = left, ends
            else:
                self._budget, self._ends = min(self._budget, left), min(self._ends, ends)

    def exhausted(self, headers: Mapping[str, str]) -> None:
        """Note a 429: nothing is left of this window, whatever was believed."""
        with self._lock:
            self._under_way -= 1
            self._budget = 0
            self._ends = self._end_of_window(headers)

    def _take(self) -> float:
        with self._lock:
            now = self._clock()
            if self._budget is not None and now >= self._ends:
                self._window += 1
                self._budget = max(self._limit - self._reserve, 1) if self._limit else None
                self._ends = now + WINDOW
            if self._budget is None or self._budget > 0:
                if self._budget is not None:
                    self._budget -= 1
                self._under_way += 1
                return 0.0
            self.waits += 1
            spread = random.uniform(0.01, 0.05)  # noqa: S311 - threads should not wake all at once
            return self._ends - now + spread

    def _end_of_window(self, headers: Mapping[str, str] | None) -> float:
        """Return when the window of an answer ends, not too early.

        A 429 may lack ``X-Rate-Limit-Reset`` (reported to Tripletex, open since 2025): then it is
        the next multiple of 10 s of the wall clock. Reset is whole seconds, so up to one short;
        a multiple of 10 s of this computer's clock within that second is the end.
        """
        now = self._clock()
        resets = _numbers(headers, "Reset")
        if not resets:
            return now - now % WINDOW + WINDOW
        told = now + max(resets)
        boundary = round(told / WINDOW) * WINDOW
        return boundary + MARGIN if abs(boundary - told) <= 1 else told + 1


def _numbers(headers: Mapping[str, str] | None, name: str) -> list[int]:
    value = (headers or {}).get(f"X-Rate-Limit-{name}", "")
    return [int(part) for part in value.split(",") if part.strip().isdigit()]
