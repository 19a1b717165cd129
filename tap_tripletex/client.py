"""The API as the streams see it: one request, one page."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from tap_tripletex.errors import AuthenticationError, UnavailableError
from tap_tripletex.transport import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_tripletex.auth import Company, TokenSession
    from tap_tripletex.transport import Traffic, Transport

Json = dict[str, Any]

ANY_DIGEST = "none"
"""Sent where no digest is known yet: any text makes the API answer with one."""

EMPTY = Answer(204, {})


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
class Page:
    """One answer; its rows stay packed until they are asked for.

    Attributes:
        answer: as it came.
        count: number of rows; 0 when unchanged.
        digest: checksum of the whole filtered set, None where the path has none.
        unchanged: the set still has the digest that was sent (304).
        size: ``fullResultSize``. Recorded: the number of the row after this page where there is
            one, otherwise of the last row; no total.
        head: text of the first object.
        length: bytes of the answer, unpacked.
    """

    answer: Answer = EMPTY
    count: int = 0
    digest: str | None = None
    unchanged: bool = False
    size: int | None = None
    head: bytes = b""
    length: int = 0

    def rows(self) -> list[msgspec.Raw]:
        """Return the objects, each as its text on one line."""
        if not self.count:
            return []
        content = self.answer.content
        rows = envelope(content).rows()
        if b"\n" in content:
            return [msgspec.Raw(msgspec.json.format(bytes(row), indent=-1)) for row in rows]
        return rows

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
        self._unpacking = threading.Lock()

    def get(  # noqa: PLR0913
        self,
        company: Company,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        digest: str | None = None,
        tally: Traffic | None = None,
        patient: bool = True,
    ) -> Page:
        """Read one page.

        Args:
            company: to read from.
            path: below the API's address.
            params: of the query.
            digest: of an earlier answer; when the set still has it, the page is ``unchanged``.
            tally: counts the requests.
            patient: tries again when no answer came in time.

        Raises:
            RefusedError: see ``Transport.send``, as for the others.
            AuthenticationError: when a session made for this request is not accepted either.
            UnavailableError: when no complete answer came after all tries.
            SlowError: when none came in time.
        """
        headers = {"If-None-Match": digest} if digest else {}

        def read(answer: Answer) -> Page:
            if answer.status == requests.codes.not_modified:
                return Page(digest=digest, unchanged=True)
            # Seen by one client: 204 on GET /company/0. No object is no record.
            if answer.status == requests.codes.no_content:
                return Page()
            return self._page(answer, path)

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

    def _page(self, answer: Answer, path: str) -> Page:
        """Check that an answer is whole; its rows are unpacked again when they are used."""
        try:
            # One at a time: what is unpacked is large.
            with self._unpacking:
                content = answer.content
                found = envelope(content)
                rows = found.rows()
                head = bytes(rows[0]) if rows else b""
        except msgspec.DecodeError as fault:
            reason = str(fault)
        else:
            if found.values is not msgspec.UNSET or found.value is not msgspec.UNSET:
                return Page(
                    answer,
                    len(rows),
                    _digest(found.version_digest),
                    size=found.full_result_size,
                    head=head,
                    length=len(content),
                )
            reason = "it is no answer envelope"
        request_id = answer.headers.get("x-tlx-request-id", "unknown")
        message = f"The answer to {path} cannot be read: {reason} (request id {request_id})."
        raise UnavailableError(message)


def _digest(version_digest: str | None) -> str | None:
    """Return a checksum; where there is none the API sends a sentence that says why."""
    return None if not version_digest or " " in version_digest else version_digest
