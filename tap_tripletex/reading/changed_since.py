"""Long lists, of which only what has changed is read.

``changedSince`` is not to be trusted unseen: on the test environment it has been seen to be ignored
(tripletex-api2#113). So it must first show on the very list that it works, every answer to it is
checked, and the ids of the whole list are compared with those of the last reading: whatever does
not fit is answered by reading the whole list.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from tap_tripletex.api.client import ANY_DIGEST, MOST_ROWS
from tap_tripletex.api.errors import RefusedError, TripletexError
from tap_tripletex.api.short_digests import HASH
from tap_tripletex.reading.list_summary import ListSummary, moment
from tap_tripletex.reading.state import PARTLY
from tap_tripletex.reading.strategies import List
from tap_tripletex.rows.forms import RecordForm
from tap_tripletex.rows.shapes import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor
    from datetime import date

    from tap_tripletex.reading.paging import Lists, Opened
    from tap_tripletex.reading.slices import Ask, Slice
    from tap_tripletex.reading.state import SliceState
    from tap_tripletex.rows.forms import Form

Json = dict[str, Any]

logger = logging.getLogger(__name__)

PARAMETER = "changedSince"

UPDATED_AT = "updated_at"

SHORT_ROWS = 1000
"""A list of no more rows is read whole: that is one request for each of its parts too."""

OVERLAP = timedelta(hours=6)
"""How far before the newest change that is known the next one is looked for.

For clocks that differ and changes that were under way. Whether the time asked for is part of the
answer is not documented; the overlap makes that indifferent too.
"""

TEST_ROWS = 100
"""Rows asked for to see whether ``changedSince`` works; where more come, it is not known."""


@dataclass
class Ages:
    """How old the rows of a reading are: times in UTC, None before any is known.

    Attributes:
        oldest: least time of a row.
        newest: greatest time of a row.
        id: of the row with the greatest time.
    """

    oldest: str | None = None
    newest: str | None = None
    id: int | None = None

    def add(self, id_: int, time: str | None) -> None:
        """Take in a row."""
        if time is None:
            return
        if self.oldest is None or time < self.oldest:
            self.oldest = time
        if self.newest is None or time > self.newest:
            self.newest, self.id = time, id_


class Changes:
    """What has changed in one stream of one company."""

    def __init__(  # noqa: PLR0913 - the parts of a reading
        self,
        lists: Lists,
        narrow: Callable[[Sequence[str], int], Lists],
        state: SliceState,
        pool: Executor,
        form: Form,
        *,
        today: date,
        may_test: bool = True,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            lists: opens lists with all columns of the stream.
            narrow: returns what opens the same lists with some columns only, and with so many
                rows in a request.
            state: what is known from earlier runs.
            pool: carries the requests.
            form: makes of rows what is emitted.
            today: in Norway.
            may_test: whether to ask if ``changedSince`` works where that is not known.
        """
        self._lists = lists
        self._ids = narrow(["id"], MOST_ROWS)
        self._times = narrow(["id", UPDATED_AT], TEST_ROWS)
        self._state = state
        self._pool = pool
        self._form = form
        self._today = today.isoformat()
        self._may_test = may_test
        self._proven = state.census is not None and state.census.proven
        self._guards: list[Opened] | None = None
        self._ages = Ages()

    def look(self, part: Slice) -> bool:
        """Ask whether a long list has changed; return whether it need not be read whole for that.

        It must be when it is short, or when ``changedSince`` has not been proven; and once it has
        not changed since only its changes were read, or on the day after: what ``changedSince`` did
        not show may have changed with them. Nothing is remembered yet.
        """
        census = self._state.census
        day, _, digests = (self._state.digest(part.key) or "").rpartition(PARTLY)
        known = digests.split(" ")
        if (
            census is None
            or census.newest is None
            or not census.proven
            or census.rows <= SHORT_ROWS
            or len(known) != len(part.asks)
            or day not in {"", self._today}
        ):
            return False
        try:
            self._guards = list(self._pool.map(self._ids.open, part.asks, known))
        except RefusedError as error:
            logger.info("%s: read whole, %s", part.key, error)
            return False
        if day and all(guard.first.unchanged for guard in self._guards):
            self._guards = None
        return self._guards is not None

    def records(self, part: Slice) -> Generator[Json, None, bool]:
        """Emit what has changed in a long list; return whether the slice is settled by that.

        It is not when ``look`` said so, or when something is gone or cannot be explained: then the
        list is to be read whole.
        """
        guards, census = self._guards, self._state.census
        if guards is None or census is None or census.newest is None:
            return False
        if all(guard.first.unchanged for guard in guards):
            return True
        # Forgotten first: should the data change back while they are read, it must not be hidden.
        self._state.finish(part.key, None)
        try:
            return (yield from self._changed(part, guards, census, census.newest))
        except RefusedError as error:
            logger.info("%s: read whole, %s", part.key, error)
            self._proven = False
            return False

    def note(self, opened: Opened, rows: Sequence[Any]) -> None:
        """Take in rows of a whole reading: how old they are."""
        times = self._form.texts(opened, rows, UPDATED_AT)
        for id_, time in zip(self._form.keys(opened, rows), times, strict=True):
            self._ages.add(cast("int", id_), time)

    def remember(self, part: Slice, keys: Iterable[Hashable]) -> str | None:
        """Keep in the state what a whole reading has shown, if the state has its digest.

        Args:
            part: what was read.
            keys: those of all its rows.

        Returns:
            The time of the newest row.
        """
        digest = self._state.digest(part.key)
        if digest is not None and not digest.startswith(HASH) and PARTLY not in digest:
            ids = [cast("int", key) for key in keys]
            if not self._proven and self._may_test and len(ids) > SHORT_ROWS:
                self._proven = self._works(part, digest.split(" "))
            self._state.count(ListSummary.of(ids, self._ages.newest, proven=self._proven))
        return self._ages.newest

    def _changed(
        self, part: Slice, guards: Sequence[Opened], census: ListSummary, known: str
    ) -> Generator[Json, None, bool]:
        """Yield what has changed; return whether it explains all that is different.

        Args:
            part: what is read.
            guards: its lists of ids, each opened, or unchanged.
            census: what the list was when it was last read.
            known: the newest change that is known.
        """
        digests = [guard.first.facts.digest or "" for guard in guards]
        ids = self._all_ids(guards)
        if not all(digests) or not census.still_in(ids):
            return False
        times: dict[int, str] = {}
        if not (yield from self._since(part, _before(known, OVERLAP), times)):
            return False
        new = {id_ for id_ in ids if id_ > census.highest}
        newest = max(known, *times.values()) if times else known
        if not new <= times.keys() or (newest == known and not new):
            # Something changed that changedSince does not show: recorded for the bank accounts of
            # a supplier (tripletex-api2#107).
            return False
        self._state.finish(part.key, f"{self._today}{PARTLY}{' '.join(digests)}")
        self._state.count(ListSummary.of(ids, newest, proven=True))
        self._state.advance(UPDATED_AT, newest)
        return True

    def _all_ids(self, guards: Sequence[Opened]) -> set[int]:
        """Return the ids of lists whose first page is here, unless it was not sent again."""
        ids: set[int] = set()
        for guard in guards:
            unchanged = guard.first.unchanged
            opened = self._ids.open(guard.ask, ANY_DIGEST) if unchanged else guard
            ids.update(row["id"] for row in self._records(self._ids, opened))
        return ids

    def _records(self, lists: Lists, opened: Opened) -> Iterator[Json]:
        form = RecordForm(List(), ("id",), {})
        for page in lists.pages(opened, self._pool, 1):
            yield from form.rows(opened, page.rows())

    def _since(self, part: Slice, since: str, times: dict[int, str]) -> Generator[Json, None, bool]:
        """Yield the rows since a time; return whether they are what was asked for.

        Args:
            part: what is read.
            since: the time.
            times: takes the time of each row by its id.
        """
        asks = [_asking(ask, since) for ask in part.asks]
        lists = list(self._pool.map(partial(self._lists.open, digest=ANY_DIGEST), asks))
        for opened in lists:
            for page in self._lists.pages(opened, self._pool, 1):
                if page.facts.digest != opened.first.facts.digest:
                    return False  # it changed between two pages: a row may have slipped through
                lost = self._form.oddities.lost
                rows = self._form.rows(opened, page.rows())
                if self._form.oddities.lost > lost:
                    return False
                found = self._form.texts(opened, rows, UPDATED_AT)
                if any(time is None or time < since for time in found):
                    logger.info("%s is ignored, the list is read whole: %s", PARAMETER, opened.ask)
                    self._proven = False
                    return False
                new = {}
                for id_, time, row in zip(self._form.keys(opened, rows), found, rows, strict=True):
                    if id_ not in times:
                        times[cast("int", id_)], new[id_] = time or "", row
                yield from self._form.emit(opened, list(new.values()), lists[0].synced_at)
        return True

    def _works(self, part: Slice, digests: Sequence[str]) -> bool:
        """Return whether ``changedSince`` is seen to give newer rows and no others.

        Also, whether a request for ids alone is answered with the same digests: they are what
        guards the list from now on. No answer, or one that may come of something else, is no.
        """
        ages = self._ages
        if ages.newest is None or ages.oldest is None or len(digests) != len(part.asks):
            return False
        since = _before(ages.newest, timedelta(seconds=1))
        if ages.oldest >= since:
            return False
        asks = [_asking(ask, since) for ask in part.asks]
        try:
            lists = list(self._pool.map(partial(self._times.open, digest=None), asks))
            if any(opened.first.facts.count == TEST_ROWS for opened in lists):
                return False
            rows = [row for opened in lists for row in self._records(self._times, opened)]
            times = {row["id"]: row[UPDATED_AT] or "" for row in rows}
            if ages.id not in times or min(times.values()) < since:
                return False
            guards = list(self._pool.map(self._ids.open, part.asks, digests))
        except TripletexError as error:
            logger.info("%s is not used: %s", PARAMETER, error)
            return False
        return all(guard.first.unchanged for guard in guards)


def _asking(ask: Ask, since: str) -> Ask:
    return replace(ask, params={**ask.params, PARAMETER: since})


def _before(time: str, span: timedelta) -> str:
    """Return an earlier time in the form that the parameter takes: whole seconds, UTC, Z."""
    return utc_text((moment(time) - span).replace(microsecond=0))
