"""One stream's lists in one company: asked for page by page, turned into records."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.client import ANY_DIGEST, PAST_THE_END
from tap_tripletex.api.clock import Clock
from tap_tripletex.api.errors import (
    IllegalFieldError,
    NotFoundError,
    RefusedError,
    SlowError,
    TripletexError,
)
from tap_tripletex.api.pages import Page
from tap_tripletex.api.paging import Course
from tap_tripletex.reading.prefetch import pace
from tap_tripletex.rows.shapes import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future

    from tap_tripletex.api.auth import Company
    from tap_tripletex.api.client import Client
    from tap_tripletex.api.transport import Traffic
    from tap_tripletex.reading.prefetch import Submits
    from tap_tripletex.reading.slices import Ask
    from tap_tripletex.reading.strategies import Strategy
    from tap_tripletex.rows.shapes import Shape

Json = dict[str, Any]

logger = logging.getLogger(__name__)

UNSORTABLE = 17000
"""Code of an answer that refuses the field to sort by."""

MOST_BYTES = 16 * 1024 * 1024
"""Size that pages are made for. They wait packed, a seventh of that, and are unpacked piecemeal."""

IGNORES_PAGING = -1
"""Stands for the length of a list that has rows past its end."""

FEWEST_ROWS = 100
"""Rows in a page below which it is not the number of rows that makes an answer late."""


@dataclass(frozen=True)
class Source:
    """What a stream reads.

    Attributes:
        name: of the stream, for messages.
        path: below the API's address; ``{id}`` is the company unless the strategy says otherwise.
        parameters: of every request, besides those of the slice.
        sorting: sent where the path sorts; keeps offsets stable from page to page.
        keys: columns of the primary key besides company_id.
        strategy: how it is cut into slices.
    """

    name: str
    path: str
    parameters: Mapping[str, str]
    sorting: str | None
    keys: tuple[str, ...]
    strategy: Strategy


@dataclass
class Opened:
    """A list whose first page is here.

    Attributes:
        first: the first page.
        count: rows that were asked for, and will be in each of the next pages.
        ask: what was asked.
        fields: the expression that it was asked with.
        shape: what that expression asks for.
        synced_at: when the reading began, in UTC.
        where: the list in words, for messages.
        second: the next page, under way.
        gone: there is no such list: the object in its path was deleted since it was listed.
        course: tells where the list ends, and whether rows moved while it was read.
    """

    first: Page
    count: int
    ask: Ask
    fields: str
    shape: Shape
    synced_at: str
    where: str
    second: Future[list[Page]] | None = None
    gone: bool = False
    course: Course = field(init=False)

    def __post_init__(self) -> None:
        """Begin the course."""
        self.course = Course(self.first, self.count)

    @property
    def weight(self) -> int:
        """Return the bytes that wait, packed."""
        return self.first.facts.weight * (1 if self.second is None else 2)


class NextPages:
    """The next pages of a list, under way: one, or several where it is known that there are."""

    def __init__(self, opened: Opened, begin: Callable[[int], Future[list[Page]]]) -> None:
        """Begin with the second page where it is under way; ``begin`` asks for rows from one on."""
        self._begin = begin
        self._step, self._overlap = opened.course.stride, opened.course.overlap
        self._waiting = deque([opened.second] if opened.second else [])
        self._offset = self._step * (1 + len(self._waiting))

    def ask(self, most: int, total: int) -> None:
        """Ask for more pages of so many rows, 0 where it is not known how many there are."""
        while not self._waiting or (
            len(self._waiting) < most and self._offset + self._overlap < total
        ):
            self._waiting.append(self._begin(self._offset))
            self._offset += self._step

    def next(self) -> list[Page]:
        """Return what came of the next page."""
        return self._waiting.popleft().result()

    def cancel(self) -> None:
        """Do without what is still under way."""
        for future in self._waiting:
            future.cancel()


class Lists:
    """Opens lists and reads them; what the API turns out not to have is asked for no more."""

    def __init__(  # noqa: PLR0913, PLR0917 - what shapes a request
        self,
        source: Source,
        company: Company,
        client: Client,
        shape: Shape,
        page_size: int,
        tally: Traffic | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            source: what to read.
            company: where to read it.
            client: carries the requests.
            shape: the selected columns.
            page_size: rows asked for in one request, fewer where they are large or late.
            tally: counts the requests.
            clock: tells when a reading begins.
        """
        self._clock = clock or Clock()
        self._source = source
        self._strategy = source.strategy
        self._company = company
        self._client = client
        self._shape = shape
        self._sorting = source.sorting
        self._lock = threading.Lock()
        # A guess until rows have been seen: of names and values, half as much again as the names.
        guess = 2 * MOST_BYTES // (3 * len(self._strategy.fields(shape)))
        self._count = min(page_size, max(guess, FEWEST_ROWS))
        self._tally = tally
        self._seconds = 0.0
        if shape.refused:
            names = ", ".join(sorted(shape.refused))
            logger.debug("%s: not asked for, as refused lately: %s.", source.name, names)

    @property
    def page(self) -> int:
        """Return the rows that are asked for in one request."""
        return self._count

    @property
    def refused(self) -> frozenset[str]:
        """Return the fields that the API turned out not to have."""
        return self._shape.refused

    def now(self) -> str:
        """Return when a reading begins, in UTC."""
        return utc_text(self._clock.tick())

    def open(self, ask: Ask, digest: str | None, pool: Submits | None = None) -> Opened:
        """Fetch the first page of a list.

        Args:
            ask: the list.
            digest: as it was last time; None where none is wanted.
            pool: where given, fetches the second page if there seems to be one.

        Raises:
            IllegalFieldError: when a key cannot be asked for.
            ResultTooLargeError: when the list is to be cut.
            RefusedError: and the other errors of ``Client.get``.
        """
        while True:
            shape, count = self._shape, ask.most or self._count
            fields = self._strategy.fields(shape)
            if ask.holders:
                fields, count = ask.holders.asked(fields, count)
            synced_at = self.now()
            try:
                first = self._get(ask, fields, 0, count, digest)
            except IllegalFieldError as error:
                self._drop(shape, error)
            except SlowError as error:
                self._ask_for_fewer(count, error)
            except NotFoundError:
                if not ask.path:
                    raise
                opened = self._opened(Page(), count, ask, fields, shape, synced_at)
                opened.gone = True
                return opened
            else:
                opened = self._opened(first, count, ask, fields, shape, synced_at)
                if pool and self._strategy.pages and first.facts.count == count:
                    stride = opened.course.stride
                    opened.second = pool.submit(self._range, opened, stride, count)
                return opened

    def _opened(  # noqa: PLR0913, PLR0917
        self, first: Page, count: int, ask: Ask, fields: str, shape: Shape, synced_at: str
    ) -> Opened:
        where = f"{self._source.name} ({self._path(ask)}) in company {self._company.id}"
        return Opened(first, count, ask, fields, shape, synced_at, where)

    def pages(self, opened: Opened, pool: Submits, width: int) -> Iterator[Page]:
        """Yield the pages of an opened list, the next ones fetched while one is used.

        Where the list tells how long it is, many of them; otherwise one. Afterwards the list's
        course tells whether every row has come that was there all the time.

        Args:
            opened: the list.
            pool: fetches.
            width: pages fetched ahead at most.
        """
        if not self._strategy.pages or not opened.course.more:
            yield opened.first
            return
        pages = self._many(opened, pool, width)
        if self._sorting is not None:
            yield from pages
            return
        # In no certain order, pages that meet prove nothing: each row must have come once.
        rows: set[int] = set()
        for page in pages:
            rows.update(hash(bytes(row)) for part in page.pieces() for row in part)
            yield page
        if self._total(opened) != len(rows):
            opened.course.stable = False

    def _many(self, opened: Opened, pool: Submits, width: int) -> Iterator[Page]:
        page, course = opened.first, opened.course
        end = step = opened.count
        more = True
        self._learn(page)
        ahead = NextPages(opened, lambda offset: pool.submit(self._range, opened, offset, step))
        telling: Future[int] | None = None
        total = 0
        try:
            while more:
                ahead.ask(pace(width, self._seconds), total)
                yield page
                if telling and not total:
                    total = telling.result()
                    ahead.ask(pace(width, self._seconds), total)
                if page.facts.size == total == end or total == IGNORES_PAGING:
                    return
                pages = ahead.next()
                if course.begins_again(pages[0]):
                    if course.overlap and self._total(opened) != IGNORES_PAGING:
                        course.stable = False
                    return
                pages = [course.take(part) for part in pages]
                yield from pages[:-1]
                page, end = pages[-1], end + course.stride
                more = sum(part.facts.count for part in pages) >= course.stride
                if more and telling is None:
                    telling = pool.submit(self._total, opened)
            yield page
        finally:
            ahead.cancel()

    def _total(self, opened: Opened) -> int:
        """Return the number of rows in a list, 0 where it cannot be told, or IGNORES_PAGING.

        Recorded: past the end of a list ``fullResultSize`` is the total, elsewhere never.
        """
        try:
            page = self._get(opened.ask, opened.fields, PAST_THE_END, 1, ANY_DIGEST)
        except TripletexError:
            return 0
        return IGNORES_PAGING if page.facts.count else page.facts.size or 0

    def _range(self, opened: Opened, offset: int, rows: int) -> list[Page]:
        """Return the pages of a range of rows: one, unless fewer had to be asked for at a time."""
        pages: list[Page] = []
        found = 0
        while found < rows:
            overlap = opened.course.overlap if pages else 0
            count = min(self._count, rows - found + overlap)
            start = offset + found - overlap
            try:
                page = self._get(opened.ask, opened.fields, start, count, ANY_DIGEST)
            except SlowError as error:
                self._ask_for_fewer(count, error)
                continue
            pages.append(page)
            if count == rows:
                break
            found += page.facts.count - overlap
            if page.facts.count < count:
                break
        return pages

    def _learn(self, page: Page) -> None:
        """Ask for fewer rows at a time where they are large."""
        if page.facts.count and page.facts.length:
            fitting = MOST_BYTES * page.facts.count // page.facts.length
            with self._lock:
                self._count = min(self._count, max(fitting, FEWEST_ROWS))

    def _ask_for_fewer(self, count: int, error: SlowError) -> None:
        if count <= FEWEST_ROWS or not self._strategy.pages:
            raise error
        with self._lock:
            if self._count >= count:
                self._count = max(count // 2, FEWEST_ROWS)
                logger.warning("%s Asking for %d rows at a time.", error, self._count)

    def _drop(self, shape: Shape, error: IllegalFieldError) -> None:
        with self._lock:
            if self._shape is not shape:
                return
            smaller = shape.without(error.words)
            if smaller is None or not smaller.gives(self._source.keys):
                raise error
            refused = ", ".join(sorted(smaller.refused - shape.refused))
            logger.warning(
                "%s: the API has no field %s in company %s; its column stays empty. %s",
                self._source.name,
                refused,
                self._company.id,
                error,
            )
            self._shape = smaller

    def _do_not_sort(self, error: RefusedError) -> None:
        with self._lock:
            if self._sorting is not None:
                name, field = self._source.name, self._sorting
                logger.warning("%s: the API does not sort by %s. %s", name, field, error)
                self._sorting = None

    def _get(self, ask: Ask, fields: str, offset: int, count: int, digest: str | None) -> Page:
        while True:
            params = {**self._source.parameters, **ask.params}
            sorting = self._sorting
            if self._strategy.pages:
                params |= {"from": str(offset), "count": str(count)}
                if sorting:
                    params["sorting"] = sorting
            params["fields"] = fields
            began = time.monotonic()
            try:
                page = self._client.get(
                    self._company,
                    self._path(ask),
                    params,
                    digest=digest,
                    tally=self._tally,
                    patient=not self._strategy.pages or count <= FEWEST_ROWS,
                    single=not self._strategy.pages,
                )
            except RefusedError as error:
                if error.code != UNSORTABLE or sorting is None:
                    raise
                self._do_not_sort(error)
            else:
                self._seconds = time.monotonic() - began
                return page

    def _path(self, ask: Ask) -> str:
        path = ask.holders.path if ask.holders else self._source.path
        return path.format(**{"id": self._company.id, **ask.path})
