"""What of a stream could not be read, while the rest of it was."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_tripletex.api.errors import (
    ControlTotalError,
    MalformedRowError,
    ResultTooLargeError,
    TripletexError,
    UnavailableError,
    UnreadError,
)

if TYPE_CHECKING:
    from tap_tripletex.reading.slices import Cut

logger = logging.getLogger(__name__)

OF_ONE_SLICE = (
    ControlTotalError,
    MalformedRowError,
    ResultTooLargeError,
    UnavailableError,
    UnreadError,
)
"""Errors that need not be those of the next slice."""

MOST_UNANSWERED = 3
"""Slices in a row without an answer, each asked for several times, before a stream is given up."""

MOST_NAMED = 5


class Failures:
    """Collects them, and ends the stream when nothing more is to be expected."""

    def __init__(self, name: str) -> None:
        """Begin without any, of a stream and company in words."""
        self._name = name
        self._failed: list[tuple[str, TripletexError]] = []
        self._parts: list[str] = []
        self._unanswered: list[str] = []

    def add(self, key: str, error: TripletexError) -> None:
        """Note that a slice could not be read.

        Raises:
            TripletexError: the error, when the slices before this one had no answer either.
        """
        self._failed.append((key, error))
        self._parts.clear()
        if not isinstance(error, UnavailableError):
            return
        self._unanswered.append(key)
        if len(self._unanswered) == MOST_UNANSWERED:
            self.tell()
        logger.warning("%s: %s cannot be read, going on with the next. %s", self._name, key, error)

    def answered(self) -> None:
        """Note that a slice was read."""
        self._unanswered.clear()

    def add_part(self, cut: Cut, error: ResultTooLargeError) -> None:
        """Note that a range can neither be read nor be cut."""
        self._parts.append(f"{cut} ({error})")

    def tell_of_parts(self) -> None:
        """Say which ranges of the slice in hand could not be read.

        Raises:
            UnreadError: when there are any.
        """
        if self._parts:
            parts, self._parts = self._parts, []
            message = f"too many rows for one answer, and no way to cut it further: {_some(parts)}"
            raise UnreadError(message)

    def tell(self) -> None:
        """Say which slices could not be read.

        Raises:
            TripletexError: when there are any.
        """
        if not self._failed:
            return
        if len(self._failed) == 1 and not isinstance(self._failed[0][1], UnreadError):
            raise self._failed[0][1]
        told = _some([f"{key}: {error}" for key, error in self._failed])
        message = (
            f"{self._name}: {len(self._failed)} slices could not be read; the next run reads them. "
            f"{told}"
        )
        raise UnreadError(message)


def _some(texts: list[str]) -> str:
    """Return the first few texts as one."""
    more = len(texts) - MOST_NAMED
    return "; ".join(texts[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
