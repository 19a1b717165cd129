"""One stream of one company, read slice by slice and turned into records."""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.client import ANY_DIGEST, Page
from tap_tripletex.errors import (
    IllegalFieldError,
    MalformedRowError,
    NotFoundError,
    RefusedError,
    ResultTooLargeError,
)
from tap_tripletex.prefetch import ahead
from tap_tripletex.records import utc_text
from tap_tripletex.state import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Executor

    from tap_tripletex.auth import Company
    from tap_tripletex.client import Client
    from tap_tripletex.records import Shape
    from tap_tripletex.state import SliceState
    from tap_tripletex.strategies import Ask, Slice, Strategy

Json = dict[str, Any]
Keys = set[tuple[Any, ...]]

logger = logging.getLogger(__name__)

HELD_ROWS = 50_000
"""Rows of a slice without checksum that are held back until it is known whether they changed."""

UNSORTABLE = 17000
"""Code of an answer that refuses the field to sort by."""

HASH = "rows:"
"""Prefix of a digest of our own making, which is not sent to the API."""


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


@dataclass(frozen=True)
class Opened:
    """A list whose first page is here.

    Attributes:
        first: the first page.
        ask: what was asked.
        fields: the expression that it was asked with.
        shape: what that expression asks for.
        synced_at: when the reading began, in UTC.
    """

    first: Page
    ask: Ask
    fields: str
    shape: Shape
    synced_at: str


class Reading:
    """Reads a source in one company."""

    def __init__(  # noqa: PLR0913 - everything that shapes an answer
        self,
        source: Source,
        company: Company,
        client: Client,
        shape: Shape,
        state: SliceState,
        *,
        owner: int,
        page_size: int,
        unconditional: bool = False,
    ) -> None:
        """Prepare a reading; nothing is sent yet.

        Args:
            source: what to read.
            company: where to read it.
            client: carries the requests.
            shape: the selected columns.
            state: what is known from earlier runs; advanced slice by slice.
            owner: employee that the token belongs to, whose rights filter the rows.
            page_size: rows asked for in one request.
            unconditional: read and emit every slice, changed or not.
        """
        self._source = source
        self._strategy = source.strategy
        self._company = company
        self._client = client
        self._shape = shape
        self._shape_lock = threading.Lock()
        self._state = state
        self._owner = owner
        self._page_size = page_size
        self._unconditional = unconditional
        self._sorting = source.sorting
        self._keys: Keys = set()

    def records(self, slices: Iterable[Slice], pool: Executor, width: int) -> Iterator[Json]:
        """Yield the records of all slices that have changed, in order.

        A slice's state is advanced when the caller has taken its last record: whatever happens,
        the state is never ahead of the records.

        Args:
            slices: to read.
            pool: fetches ahead.
            width: how many answers are fetched ahead.
        """
        seen: set[str] = set()
        jobs = ((part, ask) for part in slices for ask in part.asks)
        opened = ahead(pool, jobs, lambda job: self._open(*job), width)
        for part, answers in groupby(opened, key=lambda answer: answer[0][0]):
            yield from self._emit(part, (result for _, result in answers), pool, seen)
        self._state.keep_only(seen)

    def _emit(
        self,
        part: Slice,
        answers: Iterator[Callable[[], Opened]],
        pool: Executor,
        seen: set[str],
    ) -> Iterator[Json]:
        seen.add(part.key)
        try:
            opened = next(answers)()
        except ResultTooLargeError:
            halves = part.halves()
            if halves is None:
                raise
            logger.info("%s: %s is too large for one answer; halved.", self._source.name, part.key)
            for half in halves:
                answer = partial(self._open, half, half.asks[0])
                yield from self._emit(half, iter((answer,)), pool, seen)
            return
        if not opened.first.unchanged:
            rest = (replace(answer(), synced_at=opened.synced_at) for answer in answers)
            yield from self._changed(part, opened, rest, pool)
        self._state.advance(self._strategy.replication_key, part.bookmark or opened.synced_at)

    def _changed(
        self, part: Slice, opened: Opened, rest: Iterator[Opened], pool: Executor
    ) -> Iterator[Json]:
        """Yield the records of a slice and note its digest."""
        digests = {opened.first.digest}
        keys: Keys = set() if self._strategy.disjoint else self._keys
        mark = self._fingerprint(opened.fields)
        records = self._records(opened, pool, digests, keys)
        if opened.first.digest is None or len(part.asks) > 1:
            others = (self._records(answer, pool, digests, keys) for answer in rest)
            yield from self._if_new(part, chain(records, chain.from_iterable(others)), mark)
        else:
            yield from records
            # Two digests: the set changed while its pages were read. The next run reads it again.
            self._state.finish(part.key, mark, digests.pop() if len(digests) == 1 else None)

    def _if_new(self, part: Slice, records: Iterator[Json], mark: str) -> Iterator[Json]:
        """Yield the records of a slice without checksum unless they are those of the last run."""
        known = None if self._unconditional else self._state.digest(part.key, mark)
        checksum = hashlib.sha256(usedforsecurity=False)
        held: list[Json] = []
        for record in records:
            content = {name: value for name, value in record.items() if name != "synced_at"}
            checksum.update(_encode(content))
            if known is None:
                yield record
                continue
            held.append(record)
            if len(held) > HELD_ROWS:
                known = None
                yield from held
                held.clear()
        digest = f"{HASH}{checksum.hexdigest()[:32]}"
        if digest != known:
            yield from held
        self._state.finish(part.key, mark, digest)

    def _records(
        self, opened: Opened, pool: Executor, digests: set[str | None], keys: Keys
    ) -> Iterator[Json]:
        """Yield the records of an answer, each key once: offsets move when rows are added."""
        added = {"company_id": self._company.id, "synced_at": opened.synced_at}
        for page in self._pages(opened, pool):
            digests.add(page.digest)
            for source in page.values:
                for record in self._converted(opened, source):
                    key = tuple(record[name] for name in self._source.keys)
                    if None in key:
                        message = (
                            f"{self._source.name}: a row of {self._path(opened.ask)} in company "
                            f"{self._company.id} has no {', '.join(self._source.keys)}."
                        )
                        raise MalformedRowError(message)
                    if key not in keys:
                        keys.add(key)
                        record.update(added)
                        yield record

    def _converted(self, opened: Opened, source: Json) -> Iterator[Json]:
        try:
            yield from self._strategy.records(opened.shape, source, opened.ask)
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            message = (
                f"{self._source.name}: the row {source.get('id')} of {self._path(opened.ask)} in "
                f"company {self._company.id} is not as documented: {type(fault).__name__}: {fault}."
            )
            raise MalformedRowError(message) from fault

    def _pages(self, opened: Opened, pool: Executor) -> Iterator[Page]:
        """Yield the pages of an answer, the next one fetched while one is used."""
        page, offset, following = opened.first, 0, None
        try:
            while True:
                following = None
                # More rows than asked for: the path ignores paging, and this is all there is.
                if self._strategy.pages and len(page.values) == self._page_size:
                    offset += self._page_size
                    following = pool.submit(
                        self._get, opened.ask, opened.fields, offset, ANY_DIGEST
                    )
                yield page
                if following is None:
                    return
                first_row, page = page.values[0], following.result()
                if page.values and page.values[0] == first_row:
                    return
        finally:
            if following is not None:
                following.cancel()

    def _open(self, part: Slice, ask: Ask) -> Opened:
        """Fetch the first page of a list; drop what the API turns out not to have."""
        while True:
            shape, sorting = self._shape, self._sorting
            fields = self._strategy.fields(shape)
            synced_at = utc_text(datetime.now(timezone.utc))
            try:
                first = self._get(ask, fields, 0, self._known(part, fields))
            except IllegalFieldError as error:
                self._drop(shape, error)
            except NotFoundError:
                if not ask.path:
                    raise
                # The parent was deleted since its id was listed.
                return Opened(Page([]), ask, fields, shape, synced_at)
            except RefusedError as error:
                if error.code != UNSORTABLE or sorting is None:
                    raise
                self._do_not_sort(error)
            else:
                return Opened(first, ask, fields, shape, synced_at)

    def _known(self, part: Slice, fields: str) -> str | None:
        if len(part.asks) > 1:
            return None
        digest = self._state.digest(part.key, self._fingerprint(fields))
        if self._unconditional or digest is None or digest.startswith(HASH):
            return ANY_DIGEST
        return digest

    def _drop(self, shape: Shape, error: IllegalFieldError) -> None:
        with self._shape_lock:
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
        with self._shape_lock:
            if self._sorting is not None:
                name, field = self._source.name, self._sorting
                logger.warning("%s: the API does not sort by %s. %s", name, field, error)
                self._sorting = None

    def _get(self, ask: Ask, fields: str, offset: int, digest: str | None) -> Page:
        params = {**self._source.parameters, **ask.params}
        if self._strategy.pages:
            params |= {"from": str(offset), "count": str(self._page_size)}
            if self._sorting:
                params["sorting"] = self._sorting
        params["fields"] = fields
        return self._client.get(self._company, self._path(ask), params, digest=digest)

    def _path(self, ask: Ask) -> str:
        return self._source.path.format(**{"id": self._company.id, **ask.path})

    def _fingerprint(self, fields: str) -> str:
        source = self._source
        return fingerprint(
            source.path, sorted(source.parameters.items()), fields, self._company.id, self._owner
        )


_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode
