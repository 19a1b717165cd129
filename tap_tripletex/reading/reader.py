"""One stream of one company, read slice by slice: what has changed, and only that."""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.client import ANY_DIGEST
from tap_tripletex.api.errors import (
    ControlTotalError,
    FinalError,
    ResultTooLargeError,
    UnreadError,
)
from tap_tripletex.proof.control_totals import Totals, Verdict, compare, in_words
from tap_tripletex.reading.failures import OF_ONE_SLICE, Failures
from tap_tripletex.reading.plan import plan
from tap_tripletex.reading.prefetch import Ahead
from tap_tripletex.reading.row_keys import Seen
from tap_tripletex.reading.slice_digests import Told
from tap_tripletex.reading.state import HASH, PARTLY, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Executor, Future
    from datetime import date

    from tap_tripletex.api.pages import Page
    from tap_tripletex.proof.control_totals import Balance, Control
    from tap_tripletex.reading.changed_since import Changes
    from tap_tripletex.reading.paging import Lists, Opened
    from tap_tripletex.reading.plan import Range
    from tap_tripletex.reading.prefetch import Submits
    from tap_tripletex.reading.slices import Ask, Slice
    from tap_tripletex.reading.state import SliceState
    from tap_tripletex.reading.tree import Watch
    from tap_tripletex.rows.forms import Form
    from tap_tripletex.rows.oddities import Oddities

Json = dict[str, Any]
Job = tuple["Slice", "Ask", int]
Answered = tuple["Opened", "Page"]
Asked = tuple[Job, "Callable[[], Opened]"]

logger = logging.getLogger(__name__)

HELD_BYTES = 8 * 1024 * 1024
"""Of a slice without checksum, held back packed until it is known whether its rows changed."""

EMPTY = f"{HASH}empty"
"""Digest of a slice without anything to ask."""

WHOSE = "@"
"""Stands between what the rows of a slice get from its questions, hashed, and its digests."""

FULL_YEARS = 0.5
"""Of a page: with more rows a year, months are read at once. Some years have more than others."""

MOST_DIGESTS = 40
"""Lists of a slice that a digest is kept for; of more, the rows are compared."""


@dataclass(frozen=True)
class Terms:
    """On what terms a stream is read.

    Attributes:
        name: stream and company in words, for messages.
        today: in Norway.
        replication_key: column that tells how far the stream has come.
        full_refresh_days: in how many days each slice is read whatever its digest says; 0: never.
        unconditional: every slice is read and emitted, changed or not.
        control_error: a control total that differs ends the stream; otherwise it is a warning.
    """

    name: str
    today: date
    replication_key: str = "synced_at"
    full_refresh_days: int = 0
    unconditional: bool = False
    control_error: bool = False


@dataclass
class Emission:
    """A slice while it is emitted.

    Attributes:
        synced_at: when the reading began.
        seen: the keys of its rows so far.
        stable: nothing changed while it was read, and no row was left out.
        gone: how many of its lists are those of an object that was deleted.
        ties_out: it adds up to what its control says, at once.
        totals: of its postings, where they are controlled.
        verdict: of the control.
    """

    synced_at: str
    seen: Seen = field(default_factory=Seen)
    stable: bool = True
    gone: int = 0
    ties_out: bool = True
    totals: Totals | None = None
    verdict: Verdict | None = None

    @property
    def whole(self) -> bool:
        """Return whether every row has come that was there all the time."""
        return self.stable and self.ties_out


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
        self._pool = pool
        self._width = width
        self._watch_of = watch
        self._control_of = control
        self._changes = changes
        self._count = count
        self._on_read = on_read
        self._watch: Watch | None = None
        self._leaf: tuple[Slice, str] | None = None
        self._control: Control | None = None
        self._parts: list[Slice] = []
        self._chosen: list[Slice] = []
        self._large: frozenset[str] = state.large
        self._due: set[str] = set()
        self._partial: set[str] = set()
        self._opening: Ahead[Job, Opened] | None = None
        self._balances: dict[str, Future[Balance]] = {}
        self._failures = Failures(terms.name)

    def look(self) -> None:
        """Find out which slices are to be read, and begin to fetch the first one.

        May be called from another thread, ahead of ``records``: nothing is remembered yet.

        Raises:
            TripletexError: when the API refuses or does not answer.
        """
        self._control = self._control_of()
        parts = self._parts = [part for whole in self._cut_up() for part in self._planned(whole)]
        self._due = {part.key for part in parts if self._is_due(part.key)}
        watch = self._watch = None if self._terms.unconditional else self._watch_of(parts)
        self._chosen = list(parts)
        if watch is not None:
            wanted = watch.stale() | self._due
            known = self._state.digest
            self._chosen = [
                p for p in parts if p.key in wanted or known(p.key) is None or self._has_begun(p)
            ]
        self._partial = {part.key for part in self._chosen if self._is_partial(part)}
        if self._partial:
            return
        self._opening = self._ahead(self._jobs(), self._open)
        self._opening.begin()

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
        if self._changes is None or self._terms.unconditional or part.key in self._due:
            return False
        return self._changes.look(part)

    def _ahead(self, jobs: Iterable[Any], fetch: Callable[[Any], Opened]) -> Ahead[Any, Opened]:
        return Ahead(self._lane, jobs, fetch, self._width, weigh=attrgetter("weight"))

    @property
    def _lane(self) -> Submits:
        """Return where to submit what belongs to lists in hand: before the lists ahead of them."""
        return self._pool if self._opening is None else self._opening

    def _jobs(self) -> Iterator[Job]:
        return ((part, ask, n) for part in self._chosen for n, ask in enumerate(part.asks))

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
        self._opening = self._opening or self._ahead(self._jobs(), self._open)
        total = len(self._parts)
        settled = total - len(self._chosen)
        for part, answers in groupby(self._opening, key=lambda answer: answer[0][0]):
            is_settled = yield from self._read(part, answers)
            settled += 1
            progress(settled, total)
            if is_settled:
                unread.discard(part.key)
        if watch is not None and self._may_probe(watch):
            watch.settle(unread)
        self._state.keep_only(part.key for part in self._parts)
        self._state.refresh(self._terms.today)
        self._state.lack(self._lists.refused, self._terms.today, self._terms.full_refresh_days)
        self._failures.tell()

    def _may_probe(self, watch: Watch) -> bool:
        """Return whether probes tell of what the rows tell; tried once, on a slice just read.

        Where they do not, each slice is asked from the next run on.
        """
        if self._state.probes is None and self._leaf is not None:
            part, digest = self._leaf
            if watch.proves(part, digest):
                self._state.prove(works=True)
            elif self._lists.open(part.asks[0], digest).first.unchanged:
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
            outgrown, lists = self._outgrown(part, lists)
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
        self._balances.pop(part.key, None)
        finer = [one.slice() for one in plan(days, self._state.known, self._state.large)]
        place = self._parts.index(part)
        self._parts[place : place + 1] = finer
        opening = self._ahead(((one, one.asks[0], 0) for one in finer), self._open)
        settled = True
        for one, answers in groupby(opening, key=lambda answer: answer[0][0]):
            settled &= yield from self._read(one, answers)
        return settled

    def _outgrown(self, part: Slice, lists: Iterator[Asked]) -> tuple[bool, Iterator[Asked]]:
        """Return whether a slice is to be cut, and its lists.

        One that an earlier version of the tap has cut up stays so while its digests hold.
        """
        if part.days is None or not part.days.finer() or self._known(part, 0).parts:
            return False, lists
        job, answer = next(lists)
        try:
            opened = answer()
        except ResultTooLargeError:
            return True, lists
        return opened.first.facts.count == opened.count, iter([(job, lambda: opened)])

    def _emit(self, part: Slice, lists: Iterator[Asked]) -> Iterator[Json]:
        """Emit the rows of a slice if it has changed, and remember that it was read."""
        previous = self._state.digest(part.key)
        told = Told()
        fresh = self._fresh(lists, told)
        first = next(fresh, None)
        if first is None:
            self._failures.tell_of_parts()
            return
        # Forgotten first: should the data change back while they are read, it must not be hidden.
        self._state.finish(part.key, None)
        emission = Emission(first.synced_at, totals=Totals() if self._control else None)
        lost = self._form.oddities.lost
        pages = self._pages(chain([first], fresh), emission)
        if first.first.facts.digest is None or len(part.asks) > MOST_DIGESTS:
            forced = self._terms.unconditional or part.key in self._due
            known = None if forced else previous
            digest: str | None = yield from self._compared(pages, emission, known)
            if digest == known:
                self._state.finish(part.key, digest)
                return
        else:
            for opened, page in pages:
                yield from self._rows(opened, page, emission)
            text = told.text()
            if text and len(told.parts) == 1 and told.parts[0].digest and emission.seen:
                self._leaf = (part, text)
            digest = text and _whose(part) + text
        self._check_whole(part, emission)
        emission.ties_out = yield from self._controlled(part, emission)
        if self._form.oddities.lost > lost or self._form.oddities.unasked:
            emission.stable = False
        self._on_read(part, emission)
        self._state.finish(part.key, digest if emission.whole else None)
        self._warn(part, emission.verdict)
        bookmark: str | None = part.bookmark or emission.synced_at
        if self._changes is not None:
            bookmark = self._changes.remember(part, emission.seen)
        if bookmark is not None:
            self._state.advance(self._terms.replication_key, bookmark)

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

    def _fresh(self, lists: Iterator[Asked], told: Told) -> Iterator[Opened]:
        """Yield the lists of a slice if any of them has changed: then all of them."""
        unchanged: list[tuple[Opened, Told]] = []
        changed = False
        for (part, ask, index), answer in lists:
            own = Told()
            told.parts.append(own)
            for opened, one in self._cut(ask, answer, self._known(part, index), own):
                one.digest = opened.first.facts.digest
                if opened.first.unchanged and not changed:
                    unchanged.append((opened, one))
                    continue
                if not changed:
                    changed = True
                    for earlier in unchanged:
                        yield self._again(*earlier)
                yield self._again(opened, one) if opened.first.unchanged else opened

    def _again(self, opened: Opened, told: Told) -> Opened:
        """Open a list that was unchanged, but whose slice is not."""
        again = self._lists.open(opened.ask, ANY_DIGEST)
        if again.first.facts.digest != told.digest:
            told.digest = None
        return again

    def _cut(
        self, ask: Ask, answer: Callable[[], Opened], known: Told, told: Told
    ) -> Iterator[tuple[Opened, Told]]:
        """Yield a list, or its parts where it is too large for one answer."""
        try:
            yield answer(), told
        except ResultTooLargeError as error:
            parts = ask.parts()
            if parts is None:
                if ask.cut is None:
                    raise
                self._failures.add_part(ask.cut, error)
                return
            logger.info("%s: too large for one answer, cut up: %s", self._terms.name, ask.params)
            each = known.parts if len(known.parts) == len(parts) else [Told() for _ in parts]
            jobs = list(zip(parts, each, strict=True))
            opening = self._ahead(jobs, lambda job: self._open_if_small(*job))
            for (part, was), result in opening:
                own = Told()
                told.parts.append(own)
                yield from self._cut(part, result, was, own)

    def _pages(self, lists: Iterable[Opened], emission: Emission) -> Iterator[Answered]:
        for opened in lists:
            for page in self._lists.pages(opened, self._lane, self._width):
                yield opened, page
            emission.stable = emission.stable and opened.course.stable
            emission.gone += opened.gone

    def _rows(self, opened: Opened, page: Page, emission: Emission) -> Iterator[Json]:
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

    def _compared(
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
                yield from self._rows(*held.popleft(), emission)
        digest = f"{HASH}{checksum.hexdigest()[:16]}"
        while held and digest != known:
            yield from self._rows(*held.popleft(), emission)
        return digest

    def _controlled(self, part: Slice, emission: Emission) -> Generator[Json, None, bool]:
        """Compare the slice with the trial balance; return whether it may be remembered.

        A difference is tried once more, with all rows of the slice: someone may have booked
        between the two answers.
        """
        if self._control is None or emission.totals is None or part.window is None:
            return True
        asked = self._balances.pop(part.key, None)
        balance = asked.result() if asked else self._control.balance(part.window)
        emission.verdict = compare(emission.totals, balance)
        if not emission.verdict.differences:
            return True
        again = Emission(self._lists.now(), totals=Totals())
        for opened, page in self._pages(self._once_more(part), again):
            yield from self._rows(opened, page, again)
        emission.synced_at, emission.seen = again.synced_at, again.seen
        balance = self._control.balance(part.window)
        emission.verdict = compare(again.totals or Totals(), balance)
        return False  # if there is no difference, the digest was that of the first reading

    def _warn(self, part: Slice, verdict: Verdict | None) -> None:
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

    def _once_more(self, part: Slice) -> Iterator[Opened]:
        for ask in part.asks:
            answer = partial(self._lists.open, ask, ANY_DIGEST)
            for opened, _ in self._cut(ask, answer, Told(), Told()):
                yield opened

    def _open(self, job: Job) -> Opened:
        part, ask, index = job
        if len(part.asks) > MOST_DIGESTS:
            return self._lists.open(ask, None, self._lane)
        known = self._known(part, index)
        if known == Told():
            self._ask_balance(part)
        opened = self._open_if_small(ask, known, ahead=not part.days or not part.days.finer())
        if not opened.first.unchanged:
            self._ask_balance(part)
        return opened

    def _ask_balance(self, part: Slice) -> None:
        """Ask for the trial balance of a slice that will be read, once."""
        if self._control and part.window and part.key not in self._balances:
            self._balances[part.key] = self._lane.submit(self._control.balance, part.window)

    def _open_if_small(self, ask: Ask, known: Told, *, ahead: bool = True) -> Opened:
        """Open a list, unless it was too large for one answer last time."""
        if known.parts and ask.parts():
            message = f"{self._terms.name}: {ask.params} was too large in the last run."
            raise ResultTooLargeError(message)
        return self._lists.open(ask, known.digest or ANY_DIGEST, self._lane if ahead else None)

    def _known(self, part: Slice, index: int) -> Told:
        """Return what is known of a list of a slice, nothing where that is not to be sent."""
        digest = self._state.digest(part.key)
        forced = part.key in self._due or self._terms.unconditional
        if forced or digest is None or digest.startswith(HASH) or PARTLY in digest:
            return Told()
        whose, _, text = digest.rpartition(f"{WHOSE} ")
        if whose and whose != _whose(part).partition(WHOSE)[0]:
            return Told()
        parts = Told.read(text).parts
        return parts[index] if len(parts) == len(part.asks) else Told()


def _whose(part: Slice) -> str:
    """Return what the rows of a slice get from its questions, hashed, ahead of its digests.

    The same rows may belong to another parent, whose list has the digest that theirs had.
    """
    columns = [sorted(ask.columns.items()) for ask in part.asks]
    return f"{fingerprint(columns)}{WHOSE} " if any(columns) else ""
