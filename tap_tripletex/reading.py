"""One stream of one company, read slice by slice and turned into records."""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.client import ANY_DIGEST, Page
from tap_tripletex.errors import (
    IllegalFieldError,
    MalformedRowError,
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
    from tap_tripletex.strategies import Slice, Strategy

Json = dict[str, Any]

logger = logging.getLogger(__name__)

HELD_ROWS = 50_000
"""Rows of a slice without checksum that are held back until it is known whether they changed."""

HASH = "rows:"
"""Prefix of a digest of our own making, which is not sent to the API."""


@dataclass(frozen=True)
class Source:
    """What a stream reads.

    Attributes:
        name: of the stream, for messages.
        path: below the API's address; ``{id}`` is the company.
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
    """A slice whose first page is here.

    Attributes:
        first: the first page.
        fields: the expression that it was asked with.
        shape: what that expression asks for.
        synced_at: when the reading began, in UTC.
    """

    first: Page
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
        self._path = source.path.format(id=company.id)

    def records(self, slices: Iterable[Slice], pool: Executor, width: int) -> Iterator[Json]:
        """Yield the records of all slices that have changed, in order.

        A slice's state is advanced when the caller has taken its last record: whatever happens,
        the state is never ahead of the records.

        Args:
            slices: to read.
            pool: fetches ahead.
            width: how many slices are fetched ahead.
        """
        seen: set[str] = set()
        for part, opened in ahead(pool, slices, self._open, width):
            yield from self._emit(part, opened, pool, seen)
        self._state.keep_only(seen)

    def _emit(
        self, part: Slice, result: Callable[[], Opened], pool: Executor, seen: set[str]
    ) -> Iterator[Json]:
        seen.add(part.key)
        try:
            opened = result()
        except ResultTooLargeError:
            halves = part.halves()
            if halves is None:
                raise
            logger.info("%s: %s is too large for one answer; halved.", self._source.name, part.key)
            for half in halves:
                yield from self._emit(half, partial(self._open, half), pool, seen)
            return
        if not opened.first.unchanged:
            yield from self._changed(part, opened, pool)
        self._state.advance(self._strategy.replication_key, part.bookmark or opened.synced_at)

    def _changed(self, part: Slice, opened: Opened, pool: Executor) -> Iterator[Json]:
        """Yield the records of a slice and note its digest."""
        digests = {opened.first.digest}
        records = self._records(part, opened, pool, digests)
        mark = self._fingerprint(opened.fields)
        if opened.first.digest is None:
            yield from self._if_new(part, records, mark)
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
        self, part: Slice, opened: Opened, pool: Executor, digests: set[str | None]
    ) -> Iterator[Json]:
        """Yield the records of a slice, each key once: offsets move when rows are added."""
        keys: set[tuple[Any, ...]] = set()
        added = {"company_id": self._company.id, "synced_at": opened.synced_at}
        for page in self._pages(part, opened, pool):
            digests.add(page.digest)
            for source in page.values:
                for record in self._converted(opened.shape, source, part):
                    key = tuple(record[name] for name in self._source.keys)
                    if None in key:
                        message = (
                            f"{self._source.name}: a row of {self._path} in company "
                            f"{self._company.id} has no {', '.join(self._source.keys)}."
                        )
                        raise MalformedRowError(message)
                    if key not in keys:
                        keys.add(key)
                        record.update(added)
                        yield record

    def _converted(self, shape: Shape, source: Json, part: Slice) -> Iterator[Json]:
        try:
            yield from self._strategy.records(shape, source, part)
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            message = (
                f"{self._source.name}: the row {source.get('id')} of {self._path} in company "
                f"{self._company.id} is not as documented: {type(fault).__name__}: {fault}."
            )
            raise MalformedRowError(message) from fault

    def _pages(self, part: Slice, opened: Opened, pool: Executor) -> Iterator[Page]:
        """Yield the pages of a slice, the next one fetched while one is used."""
        page, offset, following = opened.first, 0, None
        try:
            while True:
                following = None
                # More rows than asked for: the path ignores paging, and this is all there is.
                if self._strategy.pages and len(page.values) == self._page_size:
                    offset += self._page_size
                    following = pool.submit(self._get, part, opened.fields, offset, ANY_DIGEST)
                yield page
                if following is None:
                    return
                first_row, page = page.values[0], following.result()
                if page.values and page.values[0] == first_row:
                    return
        finally:
            if following is not None:
                following.cancel()

    def _open(self, part: Slice) -> Opened:
        """Fetch the first page of a slice; drop the fields that the API turns out not to have."""
        while True:
            shape = self._shape
            fields = self._strategy.fields(shape)
            synced_at = utc_text(datetime.now(timezone.utc))
            try:
                first = self._get(part, fields, 0, self._known(part, fields))
            except IllegalFieldError as error:
                self._drop(shape, error)
            else:
                return Opened(first, fields, shape, synced_at)

    def _known(self, part: Slice, fields: str) -> str:
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

    def _get(self, part: Slice, fields: str, offset: int, digest: str) -> Page:
        params = {**self._source.parameters, **part.params}
        if self._strategy.pages:
            params |= {"from": str(offset), "count": str(self._page_size)}
            if self._source.sorting:
                params["sorting"] = self._source.sorting
        params["fields"] = fields
        return self._client.get(self._company, self._path, params, digest=digest)

    def _fingerprint(self, fields: str) -> str:
        source = self._source
        return fingerprint(
            self._path, sorted(source.parameters.items()), fields, self._company.id, self._owner
        )


_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode
