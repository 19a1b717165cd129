"""The API as the streams see it: one request, one page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from tap_tripletex.errors import AuthenticationError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_tripletex.auth import Company, TokenSession
    from tap_tripletex.transport import Transport

Json = dict[str, Any]

ANY_DIGEST = "none"
"""Sent where no digest is known yet: any text makes the API answer with one."""


@dataclass(frozen=True)
class Page:
    """One answer.

    Attributes:
        values: the objects; empty when unchanged.
        digest: checksum of the whole filtered set, None where the path has none.
        unchanged: the set still has the digest that was sent (304).
    """

    values: list[Json]
    digest: str | None = None
    unchanged: bool = False


class Client:
    """Reads pages of any company that the session opens; safe to use from many threads."""

    def __init__(self, transport: Transport, session: TokenSession) -> None:
        """Tie the transport to a session."""
        self._transport = transport
        self._session = session
        self._decode = msgspec.json.Decoder(float_hook=Decimal).decode

    def get(
        self,
        company: Company,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        digest: str | None = None,
    ) -> Page:
        """Read one page.

        Numbers are exact: a JSON number with a fraction becomes a Decimal.

        Args:
            company: to read from.
            path: below the API's address.
            params: of the query.
            digest: of an earlier answer; when the set still has it, the page is ``unchanged``.

        Raises:
            RefusedError: see ``Transport.send``, as for the others.
            AuthenticationError: when a session made for this request is not accepted either.
            UnavailableError: when no complete answer came after all tries.
        """
        headers = {"If-None-Match": digest} if digest else {}

        def read(response: requests.Response) -> Page:
            if response.status_code == requests.codes.not_modified:
                return Page([], digest, unchanged=True)
            # Seen by one client: 204 on GET /company/0. No object is no record.
            if response.status_code == requests.codes.no_content:
                return Page([])
            return self._page(response, path)

        def send(token: str) -> Page:
            auth = (company.user, token)
            return self._transport.send(
                "GET",
                path,
                params=params,
                auth=auth,
                headers=headers,
                company_id=company.id,
                read=read,
            )

        token = self._session.token()
        try:
            return send(token)
        except AuthenticationError:
            return send(self._session.replace(token))

    def _page(self, response: requests.Response, path: str) -> Page:
        try:
            body = self._decode(response.content)
        except msgspec.DecodeError as fault:
            body, reason = None, str(fault)
        else:
            reason = "it is no answer envelope"
        if not isinstance(body, dict) or not body.keys() & {"value", "values"}:
            request_id = response.headers.get("x-tlx-request-id", "unknown")
            message = f"The answer to {path} cannot be read: {reason} (request id {request_id})."
            raise UnavailableError(message)
        if "values" in body:
            return Page(body["values"] or [], _digest(body.get("versionDigest")))
        return Page([body["value"]] if body["value"] is not None else [])


def _digest(version_digest: str | None) -> str | None:
    """Return a checksum; where there is none the API sends a sentence that says why."""
    return None if not version_digest or " " in version_digest else version_digest
