"""The API as the streams see it: one request, one page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec
import requests

from tap_tripletex.api.answer import MOST_UNPACKED, TOO_LARGE_TO_UNPACK
from tap_tripletex.api.errors import (
    AuthenticationError,
    CompanyRefusedError,
    SlowError,
    UnavailableError,
)
from tap_tripletex.api.pages import Beginning, Facts, Page, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_tripletex.api.answer import Answer
    from tap_tripletex.api.auth import Company, TokenSession
    from tap_tripletex.api.pages import Rows
    from tap_tripletex.api.transport import Traffic, Transport

ANY_DIGEST = "none"
"""Sent where no digest is known yet: any text makes the API answer with one."""

MOST_ROWS = 10_000
"""Most rows of one request; more is an error. Reported: airbytehq/airbyte#21067."""

PAST_THE_END = 10_000_000
"""Offset of a row that no list has. Recorded: there ``fullResultSize`` is the number of rows."""

LARGE = 8 * 1024
"""Bytes from which on an answer stays packed until its turn comes: small ones are read at once."""

BEGINNING = 512
"""Bytes in which an answer says what there is to say before its rows."""

logger = logging.getLogger(__name__)


class Client:
    """Reads pages of any company that the session opens; safe to use from many threads."""

    def __init__(self, transport: Transport, session: TokenSession) -> None:
        """Tie the transport to a session."""
        self._transport = transport
        self._session = session
        self._refused: dict[int, CompanyRefusedError] = {}

    def get(  # noqa: PLR0913
        self,
        company: Company,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        digest: str | None = None,
        tally: Traffic | None = None,
        patient: bool = True,
        single: bool = False,
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
            single: the path has one object, which may be missing, and no list.
            at_once: unpacks the answer, however large, before it is returned.

        Raises:
            RefusedError: see ``Transport.send``, as for the others.
            CompanyRefusedError: when a session made for this request is not accepted either, or
                was not for an earlier one: each would cost another login.
            TokensRefusedError: when no session is given any more.
            UnavailableError: when no complete answer came after all tries.
            SlowError: when none came in time.
        """
        headers = {"If-None-Match": digest} if digest else {}

        def again() -> Page:
            return self.get(company, path, params, tally=tally, single=single, at_once=True)

        def read(answer: Answer) -> Page:
            if answer.status == requests.codes.not_modified:
                return Page(Facts(digest=digest), unchanged=True)
            # Seen by one client: 204 on GET /company/0. No object is no record, but a list that
            # is empty says so.
            if answer.status == requests.codes.no_content and single:
                return Page()
            large = not at_once and len(answer.packed) >= LARGE
            page = _large(answer, path, again) if large else None
            return page or _whole(answer, path, single=single)

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

        self._check(company)
        token, renewed = self._session.token(), False
        while True:
            try:
                return send(token)
            except AuthenticationError as error:  # noqa: PERF203 - rarely more than once
                rejected, token = token, self._session.token()
                if token != rejected:
                    continue  # another thread has renewed it meanwhile
                if renewed:
                    refused = f"{error} A session made just now is not accepted in this company."
                    self._refused[company.id] = CompanyRefusedError(refused)
                self._check(company)
                token, renewed = self._session.replace(rejected), True

    def _check(self, company: Company) -> None:
        if refused := self._refused.get(company.id):
            raise refused from None


def _whole(answer: Answer, path: str, *, single: bool) -> Page:
    """Read an answer.

    Raises:
        UnavailableError: when it is not whole.
        SlowError: when it is too large.
    """
    _bound(answer, path)
    try:
        page = Page.read(answer.content, single=single)
    except msgspec.DecodeError as fault:
        raise UnavailableError(_unreadable(answer, path, fault)) from None
    if page.facts.absent and not single:
        raise UnavailableError(_unreadable(answer, path, "it has no list of rows"))
    return page


def _large(answer: Answer, path: str, again: Callable[[], Page]) -> Page | None:
    """Return an answer that is read piecemeal, None where its beginning does not tell enough.

    Should it turn out not to be whole while its rows are used, it is asked for again: rows that
    come twice are told apart by their keys.
    """
    _bound(answer, path)
    beginning = Beginning.of(answer.beginning(BEGINNING))
    if beginning is None:
        return None
    instead: list[Page] = []

    def pieces() -> Iterator[Rows]:
        if not instead:
            try:
                yield from pieces_of(answer.blocks(), beginning)
            except (msgspec.DecodeError, UnavailableError) as fault:
                logger.warning("%s Asking for it again.", _unreadable(answer, path, fault))
                instead.append(again())
            else:
                return
        yield from instead[0].pieces()

    facts = Facts(
        beginning.count, beginning.digest, beginning.size, answer.length, len(answer.packed)
    )
    return Page(facts, pieces)


def _bound(answer: Answer, path: str) -> None:
    if answer.length > MOST_UNPACKED:
        raise SlowError(_unreadable(answer, path, TOO_LARGE_TO_UNPACK))


def _unreadable(answer: Answer, path: str, fault: object) -> str:
    request_id = answer.headers.get("x-tlx-request-id", "unknown")
    return f"The answer to {path} cannot be read: {fault} (request id {request_id})."
