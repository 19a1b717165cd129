"""One stream of one company, read slice by slice: what has changed, and only that."""

from __future__ import annotations

import logging
from itertools import chain
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.errors import FinalError, UnreadError
from tap_tripletex.api.short_digests import agrees
from tap_tripletex.reading.emission import Emission, Emitter
from tap_tripletex.reading.failures import OF_ONE_SLICE, Failures
from tap_tripletex.reading.opening import MOST_DIGESTS, Openings, whose_rows
from tap_tripletex.reading.plan import plan
from tap_tripletex.reading.slice_digests import SliceDigests, shortened
from tap_tripletex.reading.state import EMPTY, FOLDED
from tap_tripletex.reading.ties import Ties

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from tap_tripletex.proof.control_totals import Control
    from tap_tripletex.reading.changed_since import Changes
    from tap_tripletex.reading.opening import Asked
    from tap_tripletex.reading.paging import Lists
    from tap_tripletex.reading.plan import Range
    from tap_tripletex.reading.slices import Ask, Slice
    from tap_tripletex.reading.state import SliceState
    from tap_tripletex.reading.terms import Terms
    from tap_tripletex.reading.tree import Watch
    from tap_tripletex.rows.forms import Form
    from tap_tripletex.rows.oddities import Oddities

Json = dict[str, Any]

logger = logging.getLogger(__name__)

FULL_YEARS = 0.5
"""Of a page: with more rows a year, months are read at once. Some years have more than others."""


class Reading:
    """Reads a stream in one company: looks for what has changed, then reads that."""

    def __init__(  # noqa: PLR0913 - the parts of a reading
        self,
        slices: Callable[[], Iterable[Slice]],
        lists: Lists,
        state: SliceState,
        terms: Terms,
        form: Form,
        *,
        pool: Executor,
        width: int,
        watch: Callable[[Sequence[Slice]], Watch | None] = lambda _: None,
        control: Callable[[], Control | None] = lambda: None,
        changes: Changes | None = None,
        count: Callable[[Ask], int | None] = lambda _: None,
        on_read: Callable[[Slice, Emission], None] = lambda *_: None,
    ) -> None:
        """Prepare a reading; nothing is sent yet.

        Args:
            slices: what the stream is cut into.
            lists: opens and reads lists.
            state: what is known from earlier runs; advanced slice by slice.
            terms: see there.
            form: makes of rows what is emitted.
            pool: fetches ahead.
            width: how many lists, and pages of one, are fetched ahead.
            watch: tells which slices may have changed; otherwise each is asked.
            control: compares postings with the trial balance.
            changes: reads of a long list what has changed.
            count: tells how many rows a list has, where that is worth a question.
            on_read: called when a slice was read whole, before the state says so.
        """
        self._cut_up = slices
        self._lists = lists
        self._state = state
        self._terms = terms
        self._form = form
        self._watch_of = watch
        self._control_of = control
        self._changes = changes
        self._count = count
        self._on_read = on_read
        self._watch: Watch | None = None
        self._told: set[str] = set()
        self._surprised = False
        self._leaf: tuple[Slice, str] | None = None
        self._parts: list[Slice] = []
        self._chosen: list[Slice] = []
        self._large: frozenset[str] = state.large
        self._partial: set[str] = set()
        self._failures = Failures(terms.name)
        self._openings = Openings(
            lists,
            state,
            terms,
            self._failures,
            pool=pool,
            width=width,
        )
        self._emitter = Emitter(lists, form, self._openings, width, changes)
        self._ties = Ties(lists, terms, self._emitter, self._openings)
        self._openings.on_fresh = self._ties.ask

    def look(self) -> None:
        """Find out which slices are to be read, and begin to fetch the first one.

        May be called from another thread, ahead of ``records``: nothing is remembered yet.

        Raises:
            TripletexError: when the API refuses or does not answer.
        """
        self._ties.control = self._control_of()
        parts = self._parts = [part for whole in self._cut_up() for part in self._planned(whole)]
        due = self._openings.due = frozenset(part.key for part in parts if self._is_due(part.key))
        watch = self._watch = None if self._terms.unconditional else self._watch_of(parts)
        self._chosen = list(parts)
        if watch is not None:
            self._told = watch.stale()
            wanted = self._told | due
            known = self._state.digest
            self._chosen = [
                p for p in parts if p.key in wanted or known(p.key) is None or self._has_begun(p)
            ]
        self._partial = {part.key for part in self._chosen if self._is_partial(part)}
        if self._partial:
            return
        self._openings.begin(self._chosen)

    def _has_begun(self, part: Slice) -> bool:
        """Return whether a slice that was still to come, without anything to ask, is so no more."""
        if part.window is None or self._state.digest(part.key) != EMPTY:
            return False
        return self._state.ran_before(part.window[0]) and part.window[0] <= self._terms.today

    def _planned(self, whole: Slice) -> list[Slice]:
        """Return what to read of a slice: itself, or what it is to be cut into."""
        if whole.days is None:
            return [whole]
        known = self._state.known
        if not known and not self._large:
            self._large = self._foreseen(whole.days, whole.asks[0])
        parts = plan(whole.days, known, self._large, self._is_due)
        return [part.slice() for part in parts]

    def _foreseen(self, days: Range, ask: Ask) -> frozenset[str]:
        """Return what will be more than a page, so that no page is read in vain."""
        rows, page = self._count(ask), self._lists.page
        if rows is None or rows <= page:
            return frozenset()
        years = days.years()
        return frozenset([days.large, *(years if rows > FULL_YEARS * page * len(years) else ())])

    def _is_partial(self, part: Slice) -> bool:
        """Return whether it may do to read what has changed in a slice."""
        if self._changes is None or self._terms.unconditional or part.key in self._openings.due:
            return False
        return self._changes.look(part)

    @property
    def oddities(self) -> Oddities:
        """Return what came that is not as documented."""
        return self._form.oddities

    @property
    def slices(self) -> int:
        """Return the number of slices, changed or not."""
        return len(self._parts)

    def records(self, progress: Callable[[int, int], None] = lambda *_: None) -> Iterator[Json]:
        """Emit the rows of all slices that have changed, in order; yield what the form leaves.

        A slice's state is advanced when its last row was emitted: whatever happens, the state is
        never ahead of the rows.

        Args:
            progress: told how many slices are settled, and of how many.
        """
        watch, unread = self._watch, {part.key for part in self._chosen}
        self._state.commit()
        self._state.outgrow(self._large)
        if watch is not None:
            watch.forget()
        for part in list(self._chosen):
            if self._changes and part.key in self._partial:
                explained = yield from self._changes.records(part)
                if explained:
                    self._chosen.remove(part)
                    unread.discard(part.key)
        for part in self._chosen:
            if not part.asks:
                self._empty(part)
                unread.discard(part.key)
        self._openings.begin(self._chosen)
        total = len(self._parts)
        settled = total - len(self._chosen)
        for part, answers in self._openings.begun():
            is_settled = yield from self._read(part, answers)
            settled += 1
            progress(settled, total)
            if is_settled:
                unread.discard(part.key)
        if watch is not None and self._may_probe(watch) and not self._surprised:
            watch.settle(unread)
        self._state.keep_only(part.key for part in self._parts)
        self._state.refresh(self._terms.today)
        self._state.lack(self._lists.refused, self._terms.today, self._terms.full_refresh_days)
        self._failures.tell()

    def _may_probe(self, watch: Watch) -> bool:
        """Return whether probes tell of what the rows tell; tried once, on a slice just read.

        Where they do not, each slice is asked from the next run on.
        """
        if self._state.probes is None:
            part, digest = self._leaf or (None, "")
            proven = watch.proves(part, digest)
            if proven:
                self._state.prove(works=True)
            elif (
                proven is False and part and self._lists.open(part.asks[0], digest).first.unchanged
            ):
                self._state.prove(works=False)
                logger.warning(
                    "%s: the checksum depends on the fields that are asked for; from now on each "
                    "part is asked by itself.",
                    self._terms.name,
                )
        return self._state.probes is not False

    def _is_due(self, key: str) -> bool:
        terms = self._terms
        return self._state.is_due(key, terms.today, terms.full_refresh_days)

    def _read(self, part: Slice, lists: Iterator[Asked]) -> Generator[Json, None, bool]:
        """Emit a slice, cut up where it is more than a page; return whether it is settled.

        What goes wrong with one slice alone does not keep the next from being read.
        """
        try:
            outgrown, lists = self._openings.outgrown(part, lists)
            if not outgrown:
                yield from self._emit(part, lists)
        except FinalError:
            raise
        except OF_ONE_SLICE as error:
            self._state.finish(part.key, None)
            self._failures.add(part.key, error)
            return False
        self._failures.answered()
        if outgrown and part.days:
            return (yield from self._finer(part, part.days))
        return self._state.digest(part.key) is not None

    def _finer(self, part: Slice, days: Range) -> Generator[Json, None, bool]:
        """Emit what a slice is cut into; return whether all of it is settled."""
        logger.info("%s: %s is more than a page, cut up.", self._terms.name, part.key)
        self._state.finish(part.key, None)
        self._state.outgrow([days.large])
        self._ties.drop(part)
        finer = [one.slice() for one in plan(days, self._state.known, self._state.large)]
        place = self._parts.index(part)
        self._parts[place : place + 1] = finer
        settled = True
        for one, answers in self._openings.others(finer):
            settled &= yield from self._read(one, answers)
        return settled

    def _emit(self, part: Slice, lists: Iterator[Asked]) -> Iterator[Json]:
        """Emit the rows of a slice if it has changed, and remember that it was read."""
        previous = self._state.digest(part.key)
        told = SliceDigests()
        fresh = self._openings.fresh(lists, told)
        first = next(fresh, None)
        if first is None:
            self._failures.tell_of_parts()
            self._note_leaf(part, told)
            return
        # Forgotten first: should the data change back while they are read, it must not be hidden.
        self._state.finish(part.key, None)
        emission = Emission(first.synced_at, totals=self._ties.totals())
        lost = self._form.oddities.lost
        pages = self._emitter.pages(chain([first], fresh), emission)
        if first.first.facts.digest is None or len(part.asks) > MOST_DIGESTS:
            known = None if self._is_forced(part) else previous
            digest: str | None = yield from self._emitter.compared(pages, emission, known)
            if agrees(known, digest):
                self._state.finish(part.key, digest)
                return
        else:
            for opened, page in pages:
                yield from self._emitter.rows(opened, page, emission)
            if emission.seen:
                self._note_leaf(part, told)
            text = told.text()
            digest = text and whose_rows(part) + text
            if digest and previous == shortened(digest) != digest and not self._is_forced(part):
                self._state.keep_whole()
        self._check_whole(part, emission)
        emission.ties_out = yield from self._ties.out(part, emission)
        if self._form.oddities.lost > lost or self._form.oddities.unasked:
            emission.stable = False
        self._on_read(part, emission)
        self._doubt_ranges(part, previous, digest)
        self._state.finish(part.key, digest if emission.whole else None)
        self._ties.warn(part, emission.verdict)
        bookmark: str | None = part.bookmark or emission.synced_at
        if self._changes is not None:
            bookmark = self._changes.remember(part, emission.seen)
        if bookmark is not None:
            self._state.advance(self._terms.replication_key, bookmark)

    def _doubt_ranges(self, part: Slice, previous: str | None, digest: str | None) -> None:
        """Forget the ranges where a slice has changed and none has told so, or none was asked.

        Should that change be undone, they would be what they were, and hide it.
        """
        if digest and previous in {digest, shortened(digest)}:
            return
        if self._watch is not None and self._watch.keeps:
            if part.key in self._told or previous in {None, EMPTY, FOLDED}:
                return
            self._surprised = True
        self._state.forget_ranges()

    def _note_leaf(self, part: Slice, told: SliceDigests) -> None:
        """Keep the digest of a slice of one list, which may show whether probes tell of rows."""
        if len(told.parts) == 1 and (digest := told.parts[0].digest):
            self._leaf = (part, digest)

    def _is_forced(self, part: Slice) -> bool:
        return self._terms.unconditional or part.key in self._openings.due

    def _check_whole(self, part: Slice, emission: Emission) -> None:
        """See that a slice has its lists, but for those of a few objects that were deleted.

        Raises:
            UnreadError: when some could not be read, or most objects seem to be gone at once.
        """
        self._failures.tell_of_parts()
        if 2 * emission.gone > len(part.asks):
            message = (
                f"of {len(part.asks)} lists {emission.gone} were answered as if their objects had "
                "been deleted just now, which is not believed"
            )
            raise UnreadError(message)

    def _empty(self, part: Slice) -> None:
        """Remember that there is nothing to ask: the parents are gone, and so are their rows."""
        if self._state.digest(part.key) not in {None, EMPTY}:
            self._on_read(part, Emission(self._lists.now()))
        self._state.finish(part.key, EMPTY)
