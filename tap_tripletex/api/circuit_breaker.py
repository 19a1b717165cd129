"""Ends a run whose requests are no longer answered."""

from __future__ import annotations

import threading

from tap_tripletex.api.errors import DownError

MOST_UNANSWERED = 10
"""Requests in a row that may be given up, each after all its tries, before the run is."""


class CircuitBreaker:
    """Counts the requests that were given up since the last answer; shared by all threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._unanswered = 0
        self._open: DownError | None = None

    def check(self) -> None:
        """Let a request pass.

        Raises:
            DownError: when too many were given up in a row.
        """
        if self._open is not None:
            raise self._open

    def answered(self) -> None:
        """Note that the API has answered, if only to refuse."""
        with self._lock:
            self._unanswered = 0

    def given_up(self, reason: Exception) -> None:
        """Note that a request had no answer after all its tries."""
        with self._lock:
            self._unanswered += 1
            if self._unanswered >= MOST_UNANSWERED and self._open is None:
                self._open = DownError(
                    f"Tripletex did not answer {self._unanswered} requests in a row, each tried "
                    f"several times; no more are sent. The last: {reason} What was read is kept: "
                    "run again when it answers."
                )
