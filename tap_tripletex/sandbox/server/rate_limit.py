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
        path_limits: Second, smaller limits by beginning of the path, each counted by itself;
            the headers of such a path are doubled, as "100, 30" (recorded on one path).
        with_reset: Send X-Rate-Limit-Reset; answers without it are reported.
    """

    limit: int | None
    now: Callable[[], float]
    path_limits: dict[str, int] = field(default_factory=dict)
    with_reset: bool = True
    _window: int = 0
    _used: dict[tuple[int, str], int] = field(default_factory=dict)

    def take(self, owner: int, path: str) -> bool:
        """Count one request; return whether it was within the limits."""
        if self.limit is None:
            return True
        window = int(self.now() // WINDOW_SECONDS)
        if window != self._window:
            self._window = window
            self._used.clear()
        for key in self._limits(owner, path):
            self._used[key] = self._used.get(key, 0) + 1
        return all(self._used[key] <= limit for key, limit in self._limits(owner, path).items())

    def headers(self, owner: int, path: str) -> dict[str, str]:
        """Return the X-Rate-Limit headers of an answer to this owner."""
        if self.limit is None:
            return {}
        limits = self._limits(owner, path)
        left = [max(0, limit - self._used.get(key, 0)) for key, limit in limits.items()]
        found = {"Limit": list(limits.values()), "Remaining": left}
        if self.with_reset:
            reset = int(WINDOW_SECONDS - self.now() % WINDOW_SECONDS)
            found["Reset"] = [reset] * len(limits)
        return {f"X-Rate-Limit-{name}": ", ".join(map(str, found[name])) for name in found}

    def _limits(self, owner: int, path: str) -> dict[tuple[int, str], int]:
        """Return the limits that a request counts against: the token's first."""
        own = {(owner, ""): self.limit or 0}
        for prefix, limit in self.path_limits.items():
            if path.startswith(prefix):
                return own | {(owner, prefix): limit}
        return own
