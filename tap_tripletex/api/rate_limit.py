"""Budgets of requests, shared by all threads and companies: the token's, and those of paths."""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

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
    paths have a second, smaller one and send each header doubled ("100, 30", recorded): the first
    number is the token's, the second binds that path alone, for as long as its answers have it.
    """

    def __init__(
        self,
        reserve: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Start with unknown budgets.

        Args:
            reserve: requests of each window that are left for the user's other integrations; of
                a path's own budget the same share.
            clock: seconds that only ever go on; what is waited for is measured by it.
            wall: the time in seconds since the epoch, which may be set back: tells only where in
                a window the run is.
            sleep: waits for a number of seconds.
        """
        self._reserve = reserve
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._lock = threading.Lock()
        self._token = _Budget()
        self._paths: defaultdict[str, _Budget] = defaultdict(_Budget)
        self.waits = 0
        """How many times a request had to wait."""
        self.waited = 0.0
        """For how many seconds, added up over all threads."""

    def acquire(self, path: str = "") -> Taken:
        """Take one request from the budgets; wait for the next window when one is used up.

        Args:
            path: that is asked for, with its method; ids in it do not matter.

        Returns:
            What the request was taken from, to be given back with its answer.
        """
        kind = kind_of(path)
        while isinstance(taken := self._take(kind), float):
            logger.debug("Rate limit: waiting %.1f s for the next window", taken)
            self.waited += taken
            self._sleep(taken)
        return taken

    def release(self, taken: Taken, headers: Mapping[str, str] | None = None) -> None:
        """Learn from the headers of an answer what is left of the window.

        Args:
            taken: what ``acquire`` returned; an answer from an earlier window says nothing.
            headers: of the answer; None when there was no answer.
        """
        with self._lock:
            self._give_back(taken)
            for (budget, window), told in zip(taken, self._told(headers), strict=True):
                if told and window == budget.window:
                    budget.learn(told, self._clock())

    def exhausted(self, taken: Taken, headers: Mapping[str, str]) -> None:
        """Note a 429: nothing is left of its window, whatever was believed; that may be over.

        It is the path's own budget that is used up where the headers say so, else the token's.
        """
        with self._lock:
            self._give_back(taken)
            (token, window), (path, window_of_path) = taken
            of_token, of_path = self._told(headers)
            left = of_token.left + self._reserve if of_token else 0
            if left > 0 and of_path and of_path.limit is not None and of_path.left <= 0:
                if window_of_path == path.window:
                    path.learn(of_path, self._clock())
                    path.end(of_path.ends)
            elif window == token.window:
                token.end(self._end_of_window(_numbers(headers, "Reset")))

    def _take(self, kind: str) -> Taken | float:
        """Take a request, or return the seconds to wait before the next try."""
        with self._lock:
            now = self._clock()
            budgets = (self._token, self._paths[kind])
            wait = max(budget.wait(now) for budget in budgets)
            if wait <= 0:
                token, path = (budget.take() for budget in budgets)
                return token, path
            self.waits += 1
            spread = random.uniform(0.01, 0.05)  # noqa: S311 - threads should not wake all at once
            return wait + spread

    @staticmethod
    def _give_back(taken: Taken) -> None:
        for budget, _ in taken:
            budget.under_way -= 1

    def _told(self, headers: Mapping[str, str] | None) -> tuple[_Told | None, _Told | None]:
        """Return what headers say of the token's budget and of the path's own, less the reserve."""
        lefts = _numbers(headers, "Remaining")
        if not lefts:
            return None, None
        limits = _numbers(headers, "Limit") or lefts
        resets = _numbers(headers, "Reset")
        ends = self._end_of_window(resets[:1])
        token = _Told(limits[0] - self._reserve, lefts[0] - self._reserve, ends)
        if len(lefts) == 1:
            return token, NO_BUDGET
        limit = min(limits[1:] or lefts[1:])
        reserve = self._reserve * limit // max(limits[0], 1)
        ends = self._end_of_window(resets[1:] or resets)
        return token, _Told(limit - reserve, min(lefts[1:]) - reserve, ends)

    def _end_of_window(self, resets: list[int]) -> float:
        """Return when the window of an answer ends, not too early.

        A 429 may lack ``X-Rate-Limit-Reset`` (reported to Tripletex, open since 2025): then it is
        the next multiple of 10 s of the wall clock. Reset is whole seconds, so up to one short;
        a multiple of 10 s of this computer's clock within that second is the end.
        """
        now = self._wall()
        told = now + max(resets, default=0)
        boundary = round(told / WINDOW) * WINDOW
        if not resets:
            ends = now - now % WINDOW + WINDOW
        elif abs(boundary - told) <= 1:
            ends = boundary + MARGIN
        else:
            ends = told + 1
        return self._clock() + min(ends - now, WINDOW)


class _Told(NamedTuple):
    """What an answer says of a budget.

    Attributes:
        limit: requests of a whole window; None where there is no such budget.
        left: of this window.
        ends: when this window does.
    """

    limit: int | None
    left: int
    ends: float


NO_BUDGET = _Told(None, 0, 0.0)


class _Budget:
    """Requests of a window; unlimited while none is known."""

    def __init__(self) -> None:
        """Start with an unknown limit."""
        self.window = 0
        self.under_way = 0
        self._limit: int | None = None
        self._left: int | None = None
        self._ends = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until a request may be sent; none when it may be now."""
        if self._left is not None and now >= self._ends:
            self.window += 1
            self._left = None if self._limit is None else max(self._limit, 1)
            self._ends = now + WINDOW
        return 0.0 if self._left is None or self._left > 0 else self._ends - now

    def take(self) -> tuple[_Budget, int]:
        """Take a request, and return this budget with the window that it is taken from."""
        if self._left is not None:
            self._left -= 1
        self.under_way += 1
        return self, self.window

    def learn(self, told: _Told, now: float) -> None:
        """Take over what an answer says; what is under way may not be counted in it."""
        self._limit = told.limit
        if told.limit is None:
            self._left = None
            return
        left = told.left - self.under_way
        if self._left is None or now >= self._ends:
            self._left, self._ends = left, told.ends
        else:
            self._left, self._ends = min(self._left, left), min(self._ends, told.ends)

    def end(self, ends: float) -> None:
        """Send nothing until the window ends."""
        self._left, self._ends = 0, ends


Taken = tuple[tuple[_Budget, int], tuple[_Budget, int]]
"""The token's budget and the path's, each with the window that a request was taken from."""


def kind_of(path: str) -> str:
    """Return a path without the ids in it.

    >>> kind_of("GET /project/4711/period/monthlyStatus")
    'GET /project/*/period/monthlyStatus'
    """
    return re.sub(r"/[\d,]+(?=/|$)", "/*", path)


def _numbers(headers: Mapping[str, str] | None, name: str) -> list[int]:
    value = (headers or {}).get(f"X-Rate-Limit-{name}", "")
    return [int(part) for part in value.split(",") if part.strip().isdigit()]
