"""The rows of a slice on their way out: each once, added up, and only if they have changed."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.short_digests import HASH, agrees
from tap_tripletex.reading.row_keys import RowKeys

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from tap_tripletex.api.pages import Page
    from tap_tripletex.proof.control_totals import Totals, Verdict
    from tap_tripletex.reading.changed_since import Changes
    from tap_tripletex.reading.opening import Openings
    from tap_tripletex.reading.paging import Lists, Opened
    from tap_tripletex.rows.forms import Form

Json = dict[str, Any]
Answered = tuple["Opened", "Page"]

HELD_BYTES = 8 * 1024 * 1024
"""Of a slice without checksum, held back packed until it is known whether its rows changed."""


@dataclass
class Emission:
    """A slice while it is emitted.

    Attributes:
        synced_at: when the reading began.
        seen: the keys of its rows so far.
        stable: nothing changed while it was read, and no row was left out.
        gone: how many of its lists are those of an object that was deleted.
        held: rows were read by the objects that hold them: without a control that proves nothing.
        ties_out: it adds up to what its control says, at once.
        totals: of its postings, where they are controlled.
        verdict: of the control.
    """

    synced_at: str
    seen: RowKeys = field(default_factory=RowKeys)
    stable: bool = True
    gone: int = 0
    held: bool = False
    ties_out: bool = True
    totals: Totals | None = None
    verdict: Verdict | None = None

    @property
    def whole(self) -> bool:
        """Return whether every row has come that was there all the time."""
        proven = not self.held or self.verdict is not None
        return self.stable and self.ties_out and proven


class Emitter:
    """Emits the rows of a stream in one company."""

    def __init__(
        self, lists: Lists, form: Form, openings: Openings, width: int, changes: Changes | None
    ) -> None:
        """Prepare.

        Args:
            lists: reads lists.
            form: makes of rows what is emitted.
            openings: where to fetch the next pages.
            width: pages fetched ahead at most.
            changes: is told of all rows of a long list.
        """
        self._lists = lists
        self._form = form
        self._openings = openings
        self._width = width
        self._changes = changes

    def pages(self, lists: Iterable[Opened], emission: Emission) -> Iterator[Answered]:
        """Yield the pages of lists, and note what may be lacking in them."""
        for opened in lists:
            for page in self._lists.pages(opened, self._openings.lane, self._width):
                yield opened, opened.ask.rows(page)
            emission.stable = emission.stable and opened.course.stable
            emission.gone += opened.gone
            emission.held = emission.held or opened.ask.holders is not None

    def rows(self, opened: Opened, page: Page, emission: Emission) -> Iterator[Json]:
        """Emit the rows of a page, but for those that an earlier page had."""
        form = self._form
        for objects in page.pieces():
            rows = form.rows(opened, objects)
            fresh = emission.seen.fresh(form.keys(opened, rows))
            if fresh is not None:
                rows = [rows[place] for place in fresh]
            if self._changes is not None:
                self._changes.note(opened, rows)
            if emission.totals is not None:
                emission.totals.add(form.amounts(rows))
            yield from form.emit(opened, rows, emission.synced_at)

    def compared(
        self, pages: Iterator[Answered], emission: Emission, known: str | None
    ) -> Generator[Json, None, str]:
        """Emit pages unless their rows are those of the last run; return their digest.

        What a row gets from the question belongs to it: whose it is may stand nowhere else.
        """
        checksum = hashlib.sha256(usedforsecurity=False)
        held: deque[Answered] = deque()
        size, holding = 0, known is not None
        whose: object = {}
        for opened, page in pages:
            for rows in page.pieces():
                if rows and opened.ask.columns != whose:
                    whose = opened.ask.columns
                    checksum.update(repr(sorted(opened.ask.columns.items())).encode())
                for row in rows:
                    checksum.update(row)
            held.append((opened, page))
            size += page.facts.weight
            holding = holding and size <= HELD_BYTES
            while held and not holding:
                yield from self.rows(*held.popleft(), emission)
        digest = f"{HASH}{checksum.hexdigest()[:16]}"
        while held and not agrees(known, digest):
            yield from self.rows(*held.popleft(), emission)
        return digest
