"""The API as the streams see it: one request, one page."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from tap_tripletex.errors import AuthenticationError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor, Future

    from typing_extensions import Self

    from tap_tripletex.auth import Company, TokenSession
    from tap_tripletex.transport import Answer, Traffic, Transport

Json = dict[str, Any]

ANY_DIGEST = "none"
"""Sent where no digest is known yet: any text makes the API answer with one."""

LARGE = 64 * 1024
"""Bytes from which on an answer stays packed until its turn comes: small ones are read at once."""

BEGINNING = 512
COUNT = re.compile(rb'"count"\s*:\s*(\d+)')
"""Recorded: the number of rows stands before the rows."""

logger = logging.getLogger(__name__)


class Envelope(msgspec.Struct, gc=False):
    """What the API wraps rows in: ``values`` of a list, ``value`` of an object."""

    values: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    version_digest: str | None = msgspec.field(name="versionDigest", default=None)
    full_result_size: int | None = msgspec.field(name="fullResultSize", default=None)

    def rows(self) -> list[msgspec.Raw]:
        """Return the objects, each as its text."""
        if isinstance(self.value, msgspec.Raw):
            return [] if self.value == NULL else [self.value]
        return self.values or []


NULL = msgspec.Raw(b"null")

envelope = msgspec.json.Decoder(Envelope).decode
objects = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


@dataclass(frozen=True)
class Contents:
    """What is in an answer.

    Attributes:
        rows: the objects, each as its text on one line.
        digest: checksum of the whole filtered set, None where the path has none.
        size: ``fullResultSize``. Recorded: the number of the row after this page where there is
            one, otherwise of the last row; past the end of the list the number of its rows.
        length: bytes of the answer, unpacked.
    """

    rows: list[msgspec.Raw] = field(default_factory=list)
    digest: str | None = None
    size: int | None = None
    length: int = 0

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read an answer.

        Raises:
            msgspec.DecodeError: when it is not whole, or something else.
        """
        found = envelope(content)
        if found.values is msgspec.UNSET and found.value is msgspec.UNSET:
            message = "it is no answer envelope"
            raise msgspec.DecodeError(message)
        rows = found.rows()
        if b"\n" in content:
            rows = [msgspec.Raw(msgspec.json.format(bytes(row), indent=-1)) for row in rows]
        return cls(rows, _digest(found.version_digest), found.full_result_size, len(content))


@dataclass(frozen=True)
class Facts:
    """What stays known of an answer when its rows have been used; see Contents.

    Attributes:
        count: number of rows.
        head: text of the first one.
    """

    count: int
    digest: str | None
    size: int | None
    length: int
    head: bytes


class Page:
    """One answer. A large one stays packed until its rows are used."""

    def __init__(
        self,
        size: int = 0,
        unpack: Callable[[], Contents] = Contents,
        pool: Executor | None = None,
        *,
        unchanged: bool = False,
        promised: int = 0,
    ) -> None:
        """Keep what unpacks the answer.

        Args:
            size: bytes of the answer, packed.
            unpack: returns what is in it.
            pool: unpacks in the background.
            unchanged: the set still has the digest that was sent (304).
            promised: number of rows that the answer says it has, before they are counted.
        """
        self.size_packed = size
        self.promised = promised
        self.unchanged = unchanged
        self._unpack = unpack
        self._pool = pool
        self._pending: Future[Contents] | None = None
        self._rows: list[msgspec.Raw] | None = None

    def warm(self) -> None:
        """Unpack in the background: this page is the next to be used."""
        if self._pool is not None and self._rows is None and self._pending is None:
            self._pending = self._pool.submit(self._unpack)

    @cached_property
    def facts(self) -> Facts:
        """Return what is known without the rows; they are kept for their first use."""
        found = self._contents()
        self._rows = found.rows
        head = bytes(found.rows[0]) if found.rows else b""
        return Facts(len(found.rows), found.digest, found.size, found.length, head)

    def rows(self) -> list[msgspec.Raw]:
        """Return the objects, each as its text on one line."""
        rows, self._rows = self._rows, None
        return self._contents().rows if rows is None else rows

    def _contents(self) -> Contents:
        pending, self._pending = self._pending, None
        return pending.result() if pending else self._unpack()

    @cached_property
    def values(self) -> list[Json]:
        """Return the objects. Numbers are exact: one with a fraction is a Decimal."""
        return [objects(row) for row in self.rows()]


class Client:
    """Reads pages of any company that the session opens; safe to use from many threads."""

    def __init__(self, transport: Transport, session: TokenSession) -> None:
        """Tie the transport to a session."""
        self._transport = transport
        self._session = session
        # One thread for all: what is unpacked is large, and each thread has memory of its own.
        self._unpacker = ThreadPoolExecutor(1, thread_name_prefix="unpack")

    def get(  # noqa: PLR0913
        self,
        company: Company,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        digest: str | None = None,
        tally: Traffic | None = None,
        patient: bool = True,
        at_once: bool = False,
    ) -> Page:
        """Read one page.

        Args:
            company: to read from.
            path: below the API's address.
            params: of the query.
            digest: of an earlier answer; when the set still has it, the page is ``unchanged``.
            tally: counts the requests.
            patient: tries again when no answer came in time.
            at_once: unpacks the answer, however large, before it is returned.

        Raises:
            RefusedError: see ``Transport.send``, as for the others.
            AuthenticationError: when a session made for this request is not accepted either.
            UnavailableError: when no complete answer came after all tries.
            SlowError: when none came in time.
        """
        headers = {"If-None-Match": digest} if digest else {}

        def read(answer: Answer) -> Page:
            if answer.status == requests.codes.not_modified:
                return Page(unpack=partial(Contents, digest=digest), unchanged=True)
            # Seen by one client: 204 on GET /company/0. No object is no record.
            if answer.status == requests.codes.no_content:
                return Page()
            if at_once or len(answer.packed) < LARGE:
                contents = self._read(answer, path)
                rows = len(contents.rows)
                page = Page(len(answer.packed), lambda: contents, promised=rows)
                _ = page.facts
                return page
            found = COUNT.search(answer.beginning(BEGINNING))
            return Page(
                len(answer.packed),
                partial(unpack, answer),
                self._unpacker,
                promised=int(found[1]) if found else 0,
            )

        instead: list[Page] = []

        def unpack(answer: Answer) -> Contents:
            if not instead:
                try:
                    return self._read(answer, path)
                except UnavailableError as error:
                    logger.warning("%s Asking for it again.", error)
                    instead.append(self.get(company, path, params, tally=tally, at_once=True))
            (again,) = instead
            return Contents(again.rows(), again.facts.digest, again.facts.size)

        def send(token: str) -> Page:
            auth = (company.user, token)
            return self._transport.send(
                "GET",
                path,
                params=params,
                auth=auth,
                headers=headers,
                company_id=company.id,
                tally=tally,
                patient=patient,
                read=read,
            )

        token = self._session.token()
        try:
            return send(token)
        except AuthenticationError:
            return send(self._session.replace(token))

    def close(self) -> None:
        """End the thread that unpacks."""
        self._unpacker.shutdown(wait=False, cancel_futures=True)

    def _read(self, answer: Answer, path: str) -> Contents:
        try:
            return Contents.read(answer.content)
        except msgspec.DecodeError as fault:
            request_id = answer.headers.get("x-tlx-request-id", "unknown")
            message = f"The answer to {path} cannot be read: {fault} (request id {request_id})."
            raise UnavailableError(message) from None


def _digest(version_digest: str | None) -> str | None:
    """Return a checksum; where there is none the API sends a sentence that says why."""
    return None if not version_digest or " " in version_digest else version_digest
