"""Postings beside the trial balance of the same days."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.errors import ControlTotalError
from tap_tripletex.proof.control_totals import Totals, compare, in_words
from tap_tripletex.reading.emission import Emission

if TYPE_CHECKING:
    from collections.abc import Generator
    from concurrent.futures import Future

    from tap_tripletex.proof.control_totals import Balance, Control, Verdict
    from tap_tripletex.reading.emission import Emitter
    from tap_tripletex.reading.opening import Openings
    from tap_tripletex.reading.paging import Lists
    from tap_tripletex.reading.prefetch import Submits
    from tap_tripletex.reading.slices import Slice
    from tap_tripletex.reading.terms import Terms

Json = dict[str, Any]

logger = logging.getLogger(__name__)


class Ties:
    """Asks for trial balances, and compares; does nothing where there is no control."""

    def __init__(self, lists: Lists, terms: Terms, emitter: Emitter, openings: Openings) -> None:
        """Prepare, without a control."""
        self._lists = lists
        self._terms = terms
        self._emitter = emitter
        self._openings = openings
        self._balances: dict[str, Future[Balance]] = {}
        self.control: Control | None = None

    def totals(self) -> Totals | None:
        """Return what adds up the rows of a slice, None where nothing is compared."""
        return Totals() if self.control else None

    def ask(self, part: Slice, lane: Submits) -> None:
        """Ask for the trial balance of a slice that will be read, once."""
        if self.control and part.window and part.key not in self._balances:
            self._balances[part.key] = lane.submit(self.control.balance, part.window)

    def drop(self, part: Slice) -> None:
        """Do without a trial balance: the slice is cut up."""
        self._balances.pop(part.key, None)

    def out(self, part: Slice, emission: Emission) -> Generator[Json, None, bool]:
        """Compare the slice with the trial balance; return whether it may be remembered.

        A difference is tried once more, with all rows of the slice: someone may have booked
        between the two answers.
        """
        if self.control is None or emission.totals is None or part.window is None:
            return True
        asked = self._balances.pop(part.key, None)
        balance = asked.result() if asked else self.control.balance(part.window)
        emission.verdict = compare(emission.totals, balance)
        if not emission.verdict.differences:
            return True
        again = Emission(self._lists.now(), totals=Totals())
        for opened, page in self._emitter.pages(self._openings.once_more(part), again):
            yield from self._emitter.rows(opened, page, again)
        emission.synced_at, emission.seen = again.synced_at, again.seen
        balance = self.control.balance(part.window)
        emission.verdict = compare(again.totals or Totals(), balance)
        return False  # if there is no difference, the digest was that of the first reading

    def warn(self, part: Slice, verdict: Verdict | None) -> None:
        """Say what does not add up.

        Raises:
            ControlTotalError: instead, where that is to end the stream.
        """
        if verdict is None or not verdict.differences:
            return
        message = (
            f"{self._terms.name}: the postings of {part.key} do not add up to Tripletex's trial "
            f"balance ({in_words(verdict.differences)}). The next run reads them again."
        )
        if self._terms.control_error:
            raise ControlTotalError(message)
        logger.warning("%s", message)
