"""The rate limit: fixed windows of ten seconds aligned to the clock (recorded 73 of 73 times)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_SECONDS = 10


@dataclass
class RateLimit:
    """Requests left in the current window, by owner of the token.

    Attributes:
        limit: Requests a window; None for no limit and no headers.
        doubled: Send the headers twice over, as "100, 30": paths with a second bucket do.
        with_reset: Send X-Rate-Limit-Reset; answers without it are reported.
    """

    limit: int | None
    now: Callable[[], float]
    doubled: bool = False
    with_reset: bool = True
    _window: int = 0
    _used: dict[int, int] = field(default_factory=dict)

    def take(self, owner: int) -> bool:
        """Count one request; return whether it was within the limit."""
        if self.limit is None:
            return True
        window = int(self.now() // WINDOW_SECONDS)
        if window != self._window:
            self._window = window
            self._used.clear()
        used = self._used[owner] = self._used.get(owner, 0) + 1
        return used <= self.limit

    def headers(self, owner: int) -> dict[str, str]:
        """Return the X-Rate-Limit headers of an answer to this owner."""
        if self.limit is None:
            return {}
        now = self.now()
        left = max(0, self.limit - self._used.get(owner, 0))
        limit, remaining = str(self.limit), str(left)
        if self.doubled:
            # Recorded on one path: a second, smaller bucket in the same headers.
            limit = f"{limit}, {max(1, self.limit * 3 // 10)}"
            remaining = f"{remaining}, {max(0, left - self.limit * 7 // 10)}"
        found = {"X-Rate-Limit-Limit": limit, "X-Rate-Limit-Remaining": remaining}
        if self.with_reset:
            reset = str(int(WINDOW_SECONDS - now % WINDOW_SECONDS))
            found["X-Rate-Limit-Reset"] = f"{reset}, {reset}" if self.doubled else reset
        return found
