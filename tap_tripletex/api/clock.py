"""The time that rows are marked with: Tripletex's, and never one that was used before."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

MOST_APART = 5.0
"""Seconds that this computer's clock may differ from Tripletex's before the latter is followed.

``Date`` has whole seconds, and is written somewhere between the request and its answer.
"""


class Clock:
    """Gives times that only rise, from run to run as well; safe to use from many threads.

    What is gone is told by these times, so a clock that was set back must not make rows look
    older than a reading that came before them.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Begin with this computer's clock.

        Args:
            now: the time in seconds since the epoch.
        """
        self.now = now
        self._lock = threading.Lock()
        self._behind = 0.0
        self._last = 0
        self._warned = False

    def hear(self, headers: Mapping[str, str], sent: float) -> None:
        """Compare with the time in an answer to what was sent at ``sent``, by this clock."""
        try:
            told = parsedate_to_datetime(headers["Date"]).timestamp()
        except (KeyError, TypeError, ValueError):
            return
        received = self.now()
        behind = told - min(max(told, sent), received)
        with self._lock:
            self._behind = behind if abs(behind) > MOST_APART else 0.0
            warn = bool(self._behind) and not self._warned
            self._warned = self._warned or warn
        if warn:
            direction = "behind" if behind > 0 else "ahead of"
            logger.warning(
                "This computer's clock is %.0f s %s Tripletex's, which is followed: set it right.",
                abs(behind),
                direction,
            )

    def rise_above(self, moment: datetime) -> None:
        """Give no time that is not later than this one."""
        with self._lock:
            self._last = max(self._last, int(moment.timestamp() * 1000))

    def tick(self) -> datetime:
        """Return the time in UTC, to the millisecond: later than each one before."""
        with self._lock:
            milliseconds = max(int((self.now() + self._behind) * 1000), self._last + 1)
            if milliseconds % 1000 == 0:
                milliseconds += 1  # written without a fraction it would not compare as text
            self._last = milliseconds
        return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)

    @property
    def last(self) -> datetime:
        """Return the latest time that was given, or that is to be risen above."""
        return datetime.fromtimestamp(self._last / 1000, timezone.utc)
