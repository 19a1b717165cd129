"""The lists of slices, opened ahead: with the digests that are known, and cut where too large."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.client import ANY_DIGEST
from tap_tripletex.api.errors import ResultTooLargeError
from tap_tripletex.api.pages import Facts, Page
from tap_tripletex.api.short_digests import HASH, SHORT, agrees
from tap_tripletex.reading.prefetch import Ahead
from tap_tripletex.reading.slice_digests import WHOSE, SliceDigests
from tap_tripletex.reading.state import FOLDED, PARTLY, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from tap_tripletex.reading.failures import Failures
    from tap_tripletex.reading.paging import Lists, Opened
    from tap_tripletex.reading.prefetch import Submits
    from tap_tripletex.reading.slices import Ask, Slice
    from tap_tripletex.reading.state import SliceState
    from tap_tripletex.reading.terms import Terms

Job = tuple["Slice", "Ask", int]
Asked = tuple[Job, "Callable[[], Opened]"]

logger = logging.getLogger(__name__)

MOST_DIGESTS = 40
"""Lists of a slice that a digest is kept for; of more, the rows are compared."""


class Openings:
    """Opens the lists of slices in their order, some ahead.

    Attributes:
        due: keys of slices that are read whatever their digest says.
        on_fresh: told of each slice that will be read, and where more may be asked for it.
    """

    def __init__(  # noqa: PLR0913 - the parts of a reading
        self,
        lists: Lists,
        state: SliceState,
        terms: Terms,
        failures: Failures,
        *,
        pool: Executor,
        width: int,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            lists: opens lists.
            state: has the digests.
            terms: see there.
            failures: told of what can neither be read nor be cut.
            pool: fetches ahead.
            width: how many lists are fetched ahead.
        """
        self._lists = lists
        self._state = state
        self._terms = terms
        self._failures = failures
        self._pool = pool
        self._width = width
        self.on_fresh: Callable[[Slice, Submits], None] = lambda *_: None
        self._opening: Ahead[Job, Opened] | None = None
        self.due: frozenset[str] = frozenset()

    def begin(self, parts: Iterable[Slice]) -> None:
        """Begin with the first list, unless it has begun."""
        if self._opening is None:
            self._opening = self._ahead(_jobs(parts), self._open)
            self._opening.begin()

    def begun(self) -> Iterator[tuple[Slice, Iterator[Asked]]]:
        """Yield the slices that were begun with, each with its lists."""
        return _by_slice(self._opening or ())

    def others(self, parts: Iterable[Slice]) -> Iterator[tuple[Slice, Iterator[Asked]]]:
        """Yield other slices with their lists, which go before those that were begun with."""
        return _by_slice(self._ahead(_jobs(parts), self._open))

    @property
    def lane(self) -> Submits:
        """Return where to submit what belongs to lists in hand: before the lists ahead of them."""
        return self._pool if self._opening is None else self._opening

    def _ahead(self, jobs: Iterable[Any], fetch: Callable[[Any], Opened]) -> Ahead[Any, Opened]:
        return Ahead(self.lane, jobs, fetch, self._width, weigh=attrgetter("weight"))

    def outgrown(self, part: Slice, lists: Iterator[Asked]) -> tuple[bool, Iterator[Asked]]:
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

    def fresh(self, lists: Iterator[Asked], told: SliceDigests) -> Iterator[Opened]:
        """Yield the lists of a slice if any of them has changed: then all of them."""
        unchanged: list[tuple[Opened, SliceDigests]] = []
        changed = False
        for (part, ask, index), answer in lists:
            own = SliceDigests()
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

    def _again(self, opened: Opened, told: SliceDigests) -> Opened:
        """Open a list that was unchanged, but whose slice is not."""
        again = self._lists.open(opened.ask, ANY_DIGEST)
        if again.first.facts.digest != told.digest:
            told.digest = None
        return again

    def _cut(
        self, ask: Ask, answer: Callable[[], Opened], known: SliceDigests, told: SliceDigests
    ) -> Iterator[tuple[Opened, SliceDigests]]:
        """Yield a list, or its parts where it is too large for one answer."""
        try:
            yield answer(), told
        except ResultTooLargeError as error:
            parts = ask.parts()
            if parts is None:
                if ask.cut is None:
                    raise
                if held := ask.held():
                    logger.info("%s: %s is read by what holds its rows.", self._terms.name, ask.cut)
                    answer = partial(self._lists.open, held, ANY_DIGEST)
                    yield from self._cut(held, answer, SliceDigests(), SliceDigests())
                    return
                self._failures.add_part(ask.cut, error)
                return
            logger.info("%s: too large for one answer, cut up: %s", self._terms.name, ask.params)
            each = (
                known.parts if len(known.parts) == len(parts) else [SliceDigests() for _ in parts]
            )
            jobs = list(zip(parts, each, strict=True))
            opening = self._ahead(jobs, lambda job: self._open_if_small(job[0], job[1], self.lane))
            for (part, was), result in opening:
                own = SliceDigests()
                told.parts.append(own)
                yield from self._cut(part, result, was, own)

    def once_more(self, part: Slice) -> Iterator[Opened]:
        """Yield the lists of a slice, whatever their digests."""
        for ask in part.asks:
            answer = partial(self._lists.open, ask, ANY_DIGEST)
            for opened, _ in self._cut(ask, answer, SliceDigests(), SliceDigests()):
                yield opened

    def _open(self, job: Job) -> Opened:
        part, ask, index = job
        if len(part.asks) > MOST_DIGESTS:
            return self._lists.open(ask, None, self.lane)
        known = self._known(part, index)
        if known == SliceDigests():
            self.on_fresh(part, self.lane)
        lane = None if part.days and part.days.finer() else self.lane
        if known.digest and known.digest.startswith(SHORT):
            opened = self._open_if_changed(ask, known.digest, whose_rows(part), lane)
        else:
            opened = self._open_if_small(ask, known, lane)
        if not opened.first.unchanged:
            self.on_fresh(part, self.lane)
        return opened

    def _open_if_small(self, ask: Ask, known: SliceDigests, lane: Submits | None) -> Opened:
        """Open a list, unless it was too large for one answer last time."""
        if known.parts and ask.parts():
            message = f"{self._terms.name}: {ask.params} was too large in the last run."
            raise ResultTooLargeError(message)
        return self._lists.open(ask, known.digest or ANY_DIGEST, lane)

    def _open_if_changed(self, ask: Ask, known: str, whose: str, lane: Submits | None) -> Opened:
        """Open a list whose digest is known in short; one row of it tells whether it is the same.

        The digest is that of the whole list, however many rows are asked for.
        """
        one = self._lists.open(replace(ask, most=1), ANY_DIGEST)
        digest = one.first.facts.digest
        if digest is None or not agrees(known, whose + digest):
            return self._lists.open(ask, ANY_DIGEST, lane)
        return replace(one, first=Page(Facts(digest=digest), unchanged=True), ask=ask)

    def _known(self, part: Slice, index: int) -> SliceDigests:
        """Return what is known of a list of a slice, nothing where that is not to be sent."""
        digest = self._state.digest(part.key)
        forced = part.key in self.due or self._terms.unconditional
        if forced or digest in {None, FOLDED} or digest.startswith(HASH) or PARTLY in digest:
            return SliceDigests()
        whose, _, text = digest.rpartition(f"{WHOSE} ")
        if whose and whose != whose_rows(part).partition(WHOSE)[0]:
            return SliceDigests()
        parts = SliceDigests.read(text).parts
        return parts[index] if len(parts) == len(part.asks) else SliceDigests()


def whose_rows(part: Slice) -> str:
    """Return what the rows of a slice get from its questions, hashed, ahead of its digests.

    The same rows may belong to another parent, whose list has the digest that theirs had.
    """
    columns = [sorted(ask.columns.items()) for ask in part.asks]
    return f"{fingerprint(columns)}{WHOSE} " if any(columns) else ""


def _jobs(parts: Iterable[Slice]) -> Iterator[Job]:
    return ((part, ask, n) for part in parts for n, ask in enumerate(part.asks))


def _by_slice(opening: Iterable[Asked]) -> Iterator[tuple[Slice, Iterator[Asked]]]:
    return groupby(opening, key=lambda answer: answer[0][0])
