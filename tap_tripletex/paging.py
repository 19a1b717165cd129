"""One stream's lists in one company: asked for page by page, turned into records."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tap_tripletex.client import ANY_DIGEST, Page
from tap_tripletex.errors import (
    IllegalFieldError,
    MalformedRowError,
    NotFoundError,
    RefusedError,
    ResultTooLargeError,
)
from tap_tripletex.records import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor

    from tap_tripletex.auth import Company
    from tap_tripletex.client import Client
    from tap_tripletex.records import Shape
    from tap_tripletex.slices import Ask
    from tap_tripletex.strategies import Strategy

Json = dict[str, Any]

logger = logging.getLogger(__name__)

UNSORTABLE = 17000
"""Code of an answer that refuses the field to sort by."""


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


class Lists:
    """Opens lists and reads them; what the API turns out not to have is asked for no more."""

    def __init__(
        self, source: Source, company: Company, client: Client, shape: Shape, page_size: int
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            source: what to read.
            company: where to read it.
            client: carries the requests.
            shape: the selected columns.
            page_size: rows asked for in one request.
        """
        self._source = source
        self._strategy = source.strategy
        self._company = company
        self._client = client
        self._shape = shape
        self._sorting = source.sorting
        self._lock = threading.Lock()
        self._page_size = page_size

    def open(self, ask: Ask, digest: str | None) -> Opened:
        """Fetch the first page of a list.

        Args:
            ask: the list.
            digest: as it was last time; None where none is wanted.

        Raises:
            IllegalFieldError: when a key cannot be asked for.
            ResultTooLargeError: when the list is to be cut.
            RefusedError: and the other errors of ``Client.get``.
        """
        while True:
            shape, sorting = self._shape, self._sorting
            fields = self._strategy.fields(shape)
            synced_at = utc_text(datetime.now(timezone.utc))
            try:
                first = self._get(ask, fields, 0, digest)
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

    def probe(self, params: Mapping[str, str], digest: str, path: str | None = None) -> Page | None:
        """Ask for no more than the digest of a list, None where it is too large to be asked.

        Args:
            params: of the list.
            digest: as it was last time.
            path: of another list than the stream's own.
        """
        asked = {**({} if path else self._source.parameters), **params}
        asked |= {"from": "0", "count": "1", "fields": "id"}
        try:
            return self._client.get(self._company, path or self._source.path, asked, digest=digest)
        except ResultTooLargeError:
            return None

    def records(self, opened: Opened, pool: Executor) -> Iterator[tuple[Page, Json]]:
        """Yield the records of an opened list, each with the page that it came in."""
        for page in self._pages(opened, pool):
            for source in page.values:
                for record in self._converted(opened, source):
                    yield page, record

    def key(self, record: Json, ask: Ask) -> tuple[Any, ...]:
        """Return a record's key.

        Raises:
            MalformedRowError: when a part of it is missing.
        """
        key = tuple(record[name] for name in self._source.keys)
        if None in key:
            message = (
                f"{self._source.name}: a row of {self._path(ask)} in company {self._company.id} "
                f"has no {', '.join(self._source.keys)}."
            )
            raise MalformedRowError(message)
        return key

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
        """Yield the pages of a list, the next one fetched while one is used."""
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
