"""The least time that a run can take, computed from what the server makes it wait."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

WINDOW_SECONDS = 10


@dataclass(frozen=True)
class Waits:
    """What a server makes its clients wait for.

    Attributes:
        latency_ms: Time of each request.
        latency_per_1000_rows_ms: Time that rows take on top.
        rate_limit: Requests in each window of ten seconds; 0 for no limit.
    """

    latency_ms: float = 0
    latency_per_1000_rows_ms: float = 0
    rate_limit: int = 0

    def reading(self, rows: int, page_size: int, concurrency: int) -> float:
        """Return the least seconds in which so many rows can be read.

        The server works `pages * latency + rows / 1000 * latency per 1,000 rows` on them; a
        client with n requests under way waits for an nth of that. With a rate limit it waits for
        the windows as well, whichever is longer. Start-up, session and empty pages are not
        counted, so nothing gets below.
        """
        pages = ceil(rows / page_size)
        return max(self.served(pages, rows) / concurrency, self.requesting(pages))

    def served(self, requests: int, rows: int) -> float:
        """Return the seconds that the server works on so many requests, one after another."""
        return (requests * self.latency_ms + rows / 1000 * self.latency_per_1000_rows_ms) / 1000

    def requesting(self, requests: int, reserve: int = 0) -> float:
        """Return the least seconds from a window's start in which requests can be answered.

        A window takes `limit - reserve` of them, so the last is sent when
        `ceil(requests / (limit - reserve)) - 1` windows are over, and then waits once.
        """
        if not self.rate_limit or not requests:
            return 0.0
        windows = ceil(requests / (self.rate_limit - reserve))
        return (windows - 1) * WINDOW_SECONDS + self.latency_ms / 1000
