"""One stream of one company, read slice by slice: what has changed, and only that."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.client import ANY_DIGEST
from tap_tripletex.control import Totals, Verdict, in_words
from tap_tripletex.errors import ControlTotalError, ResultTooLargeError
from tap_tripletex.prefetch import ahead
from tap_tripletex.records import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Executor
    from datetime import date

    from tap_tripletex.changed_since import Changes
    from tap_tripletex.control import Control
    from tap_tripletex.paging import Lists, Opened
    from tap_tripletex.slices import Ask, Slice
    from tap_tripletex.state import SliceState
    from tap_tripletex.strategies import Strategy
    from tap_tripletex.tree import Watch

Json = dict[str, Any]
Keys = set[tuple[Any, ...]]

logger = logging.getLogger(__name__)

HELD_ROWS = 50_000
"""Rows of a slice without checksum that are held back until it is known whether they changed."""

HASH = "#"
"""Prefix of a digest of our own making, which is not sent to the API."""

EMPTY = f"{HASH}empty"
"""Digest of a slice without anything to ask."""

MOST_DIGESTS = 40
"""Lists of a slice that a digest is kept for; of more, the rows are compared."""


@dataclass(frozen=True)
class Terms:
    """On what terms a stream is read.

    Attributes:
        name: stream and company in words, for messages.
        today: in Norway.
        full_refresh_days: in how many days each slice is read whatever its digest says; 0: never.
        unconditional: every slice is read and emitted, changed or not.
        added: columns of every record.
        control_error: a control total that differs ends the stream; otherwise it is a warning.
    """

    name: str
    today: date
    added: Json
    full_refresh_days: int = 0
    unconditional: bool = False
    control_error: bool = False


@dataclass
class Emission:
    """A slice while it is emitted.

    Attributes:
        synced_at: when the reading began.
        keys: those of its rows so far.
        stable: nothing changed while it was read.
        totals: of its postings, where they are controlled.
        verdict: of the control.
    """

    synced_at: str
    keys: Keys = field(default_factory=set)
    stable: bool = True
    totals: Totals | None = None
    verdict: Verdict | None = None


@dataclass
class Place:
    """How many lists of a slice have been opened."""

    index: int = 0


class Reading:
    """Reads a stream in one company."""

    def __init__(  # noqa: PLR0913 - the parts of a reading
        self,
        strategy: Strategy,
        lists: Lists,
        state: SliceState,
        terms: Terms,
        *,
        pool: Executor,
        width: int,
        watch: Callable[[Sequence[Slice]], Watch | None] = lambda _: None,
        control: Control | None = None,
        changes: Changes | None = None,
        on_read: Callable[[Slice, Emission], None] = lambda *_: None,
    ) -> None:
        """Prepare a reading; nothing is sent yet.

        Args:
            strategy: how the stream is cut into slices.
            lists: opens and reads lists.
            state: what is known from earlier runs; advanced slice by slice.
            terms: see there.
            pool: fetches ahead.
            width: how many lists are fetched ahead.
            watch: tells which slices may have changed; otherwise each is asked.
            control: compares postings with the trial balance.
            changes: reads of a long list what has changed.
            on_read: called when a slice was read whole, before the state says so.
        """
        self._strategy = strategy
        self._lists = lists
        self._state = state
        self._terms = terms
        self._pool = pool
        self._width = width
        self._watch = watch
        self._control = control
        self._changes = changes
        self._on_read = on_read

    def records(self, slices: Iterable[Slice]) -> Iterator[Json]:
        """Yield the records of all slices that have changed, in order.

        A slice's state is advanced when the caller has taken its last record: whatever happens,
        the state is never ahead of the records.
        """
        parts = list(slices)
        due = {part.key for part in parts if self._is_due(part.key)}
        watch = None if self._terms.unconditional else self._watch(parts)
        chosen = list(parts)
        if watch is not None:
            wanted = watch.stale() | due
            known = self._state.digest
            chosen = [part for part in parts if part.key in wanted or known(part.key) is None]
        if self._changes is not None and not self._terms.unconditional:
            for part in parts:
                if part.key not in due and (yield from self._changes.records(part)):
                    chosen.remove(part)
        unread = {part.key for part in chosen}
        for part in parts:
            if not part.asks:
                self._empty(part)
                unread.discard(part.key)
        jobs = ((part, ask, index) for part in chosen for index, ask in enumerate(part.asks))
        opened = ahead(self._pool, jobs, partial(self._open, due), self._width)
        for part, answers in groupby(opened, key=lambda answer: answer[0][0]):
            lists = ((job[1], result) for job, result in answers)
            yield from self._emit(part, lists, forced=part.key in due)
            if self._state.digest(part.key) is not None:
                unread.discard(part.key)
        if watch is not None:
            watch.settle(unread)
        self._state.keep_only(part.key for part in parts)
        self._state.refresh(self._terms.today)

    def _is_due(self, key: str) -> bool:
        terms = self._terms
        return self._state.is_due(key, terms.today, terms.full_refresh_days)

    def _emit(
        self, part: Slice, lists: Iterator[tuple[Ask, Callable[[], Opened]]], *, forced: bool
    ) -> Iterator[Json]:
        """Yield the records of a slice if it has changed, and remember that it was read."""
        previous = self._state.digest(part.key)
        digests: list[str | None] = []
        fresh = self._fresh(lists, self._known(part, forced=forced), digests)
        first = next(fresh, None)
        if first is None:
            return
        # Forgotten first: should the data change back while they are read, it must not be hidden.
        self._state.finish(part.key, None)
        emission = self._begun(first)
        rows = self._rows(chain([first], fresh), emission)
        if self._changes is not None:
            rows = self._changes.noted(rows)
        if first.first.digest is None or len(part.asks) > MOST_DIGESTS:
            known = None if self._terms.unconditional else previous
            digest: str | None = yield from self._compared(rows, known)
            if digest == known:
                self._state.finish(part.key, digest)
                return
        else:
            yield from rows
            digest = " ".join(filter(None, digests)) if all(digests) else None
        ties_out = yield from self._controlled(part, emission)
        self._on_read(part, emission)
        self._state.finish(part.key, digest if emission.stable and ties_out else None)
        bookmark: str | None = part.bookmark or emission.synced_at
        if self._changes is not None:
            bookmark = self._changes.remember(part, emission.keys)
        if bookmark is not None:
            self._state.advance(self._strategy.replication_key, bookmark)

    def _empty(self, part: Slice) -> None:
        """Remember that there is nothing to ask: the parents are gone, and so are their rows."""
        if self._state.digest(part.key) not in {None, EMPTY}:
            self._on_read(part, Emission(utc_text(datetime.now(timezone.utc))))
        self._state.finish(part.key, EMPTY)

    def _begun(self, first: Opened) -> Emission:
        return Emission(first.synced_at, totals=Totals() if self._control else None)

    def _fresh(
        self,
        lists: Iterator[tuple[Ask, Callable[[], Opened]]],
        known: list[str],
        digests: list[str | None],
    ) -> Iterator[Opened]:
        """Yield the lists of a slice if any of them has changed: then all of them."""
        place = Place()
        unchanged: list[Opened] = []
        changed = False
        for ask, answer in lists:
            for opened in self._cut(ask, answer, known, place):
                digests.append(opened.first.digest)
                if opened.first.unchanged and not changed:
                    unchanged.append(opened)
                    continue
                if not changed:
                    changed = True
                    for index, earlier in enumerate(unchanged):
                        yield self._again(earlier, digests, index)
                if opened.first.unchanged:
                    yield self._again(opened, digests, len(digests) - 1)
                else:
                    yield opened

    def _again(self, opened: Opened, digests: list[str | None], index: int) -> Opened:
        """Open a list that was unchanged, but whose slice is not."""
        again = self._lists.open(opened.ask, ANY_DIGEST)
        if again.first.digest != digests[index]:
            digests[index] = None
        return again

    def _cut(
        self, ask: Ask, answer: Callable[[], Opened], known: list[str], place: Place
    ) -> Iterator[Opened]:
        """Yield a list, or its parts where it is too large for one answer."""
        try:
            opened = answer()
        except ResultTooLargeError:
            halves = ask.halves()
            if halves is None:
                raise
            logger.info("%s: too large for one answer, halved: %s", self._terms.name, ask.params)
            for half in halves:
                digest = known[place.index] if place.index < len(known) else ANY_DIGEST
                yield from self._cut(half, partial(self._lists.open, half, digest), known, place)
            return
        place.index += 1
        yield opened

    def _rows(self, lists: Iterable[Opened], emission: Emission) -> Iterator[Json]:
        """Yield the records of lists, each key once: offsets move when rows are added."""
        for opened in lists:
            for page, record in self._lists.records(opened, self._pool):
                # Two digests: the set changed while its pages were read.
                if page.digest != opened.first.digest:
                    emission.stable = False
                key = self._lists.key(record, opened.ask)
                if key in emission.keys:
                    continue
                emission.keys.add(key)
                record.update(self._terms.added)
                record["synced_at"] = emission.synced_at
                if emission.totals is not None:
                    emission.totals.add(record)
                yield record

    def _compared(self, rows: Iterator[Json], known: str | None) -> Generator[Json, None, str]:
        """Yield rows unless they are those of the last run; return their digest."""
        checksum = hashlib.sha256(usedforsecurity=False)
        held: list[Json] = []
        holding = known is not None
        for record in rows:
            content = {name: value for name, value in record.items() if name != "synced_at"}
            checksum.update(_encode(content))
            if not holding:
                yield record
                continue
            held.append(record)
            if len(held) > HELD_ROWS:
                holding = False
                yield from held
                held.clear()
        digest = f"{HASH}{checksum.hexdigest()[:16]}"
        if digest != known:
            yield from held
        return digest

    def _controlled(self, part: Slice, emission: Emission) -> Generator[Json, None, bool]:
        """Compare the slice with the trial balance; return whether it may be remembered.

        A difference is tried once more, with all records of the slice: someone may have booked
        between the two answers.
        """
        if self._control is None or emission.totals is None or part.window is None:
            return True
        emission.verdict = self._control.verdict(emission.totals, part.window)
        if not emission.verdict.differences:
            return True
        opened = [self._lists.open(ask, ANY_DIGEST) for ask in part.asks]
        again = self._begun(opened[0])
        yield from self._rows(opened, again)
        emission.synced_at, emission.keys = again.synced_at, again.keys
        emission.verdict = self._control.verdict(again.totals or Totals(), part.window)
        if not emission.verdict.differences:
            return False  # the digest was that of the first reading
        message = (
            f"{self._terms.name}: the postings of {part.key} do not add up to Tripletex's trial "
            f"balance ({in_words(emission.verdict.differences)}). The next run reads them again."
        )
        if self._terms.control_error:
            raise ControlTotalError(message)
        logger.warning("%s", message)
        return False

    def _open(self, due: Collection[str], job: tuple[Slice, Ask, int]) -> Opened:
        part, ask, index = job
        if len(part.asks) > MOST_DIGESTS:
            return self._lists.open(ask, None)
        known = self._known(part, forced=part.key in due)
        return self._lists.open(ask, known[index] if len(known) == len(part.asks) else ANY_DIGEST)

    def _known(self, part: Slice, *, forced: bool) -> list[str]:
        """Return the digests that the lists of a slice had, none where they are not to be sent."""
        digest = self._state.digest(part.key)
        if forced or self._terms.unconditional or digest is None or digest.startswith(HASH):
            return []
        return digest.split(" ")


_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode
