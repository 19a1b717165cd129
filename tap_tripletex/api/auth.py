"""Session tokens, and the companies that they open."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from tap_tripletex.api.errors import (
    AuthenticationError,
    RefusedError,
    TripletexError,
    UnavailableError,
)
from tap_tripletex.api.redaction import hide

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.api.transport import Answer, Transport

logger = logging.getLogger(__name__)

NOT_UNDERSTOOD = {4000, 15000, 22000}
"""Codes of an answer that finds fault with the form of a request, not with its tokens."""

OSLO = ZoneInfo("Europe/Oslo")

OWN_COMPANY = "0"
"""User name that means the token's own company."""

MARGIN = timedelta(minutes=15)
"""A session is renewed this long before it ends, so that none ends under a slow request."""


class Grant(Protocol):
    """A way to be given a session token."""

    @property
    def path(self) -> str:
        """Return the path that gives session tokens."""

    def body(self, now: datetime) -> dict[str, Any]:
        """Return the body of the request."""

    def ends(self, now: datetime) -> datetime:
        """Return when a session asked for now ends."""


@dataclass(frozen=True)
class EmployeeGrant:
    """Consumer token and employee token, in a JSON body so that no secret is in a URL.

    A session dies at the start of its expirationDate in Norway (measured by others: a session for
    today is born dead), so "tomorrow" may be minutes away: the day after tomorrow is asked for.
    """

    consumer_token: str
    employee_token: str
    path: str = "/token/session/:create"

    def body(self, now: datetime) -> dict[str, Any]:
        """Return both tokens and the date at whose start the session ends."""
        return {
            "consumerToken": self.consumer_token,
            "employeeToken": self.employee_token,
            "expirationDate": self._expiration(now).isoformat(),
        }

    def ends(self, now: datetime) -> datetime:
        """Return midnight in Norway at the start of the expiration date."""
        return datetime.combine(self._expiration(now), time(), OSLO)

    @staticmethod
    def _expiration(now: datetime) -> date:
        return now.astimezone(OSLO).date() + timedelta(days=2)


@dataclass(frozen=True)
class RefreshGrant:
    """A company's own API key (``tlxr_…``), for internal integrations without a consumer token.

    Known from one client's code only: not in the official document, not tried on a live company.
    """

    refresh_token: str
    path: str = "/token/session/:createFromRefreshToken"
    seconds: int = 28_800  # the most that is accepted

    def body(self, now: datetime) -> dict[str, Any]:  # noqa: ARG002 - one interface
        """Return the key and the length of the session."""
        return {"refreshToken": self.refresh_token, "ttlSeconds": self.seconds}

    def ends(self, now: datetime) -> datetime:
        """Return the time after the seconds asked for."""
        return now + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Identity:
    """Whom a session token belongs to."""

    company_id: int
    employee_id: int


@dataclass(frozen=True)
class Company:
    """A company to read.

    Attributes:
        id: of the company, as in every record.
        user: what selects the company in the request's user name.
    """

    id: int
    user: str


class TokenSession:
    """The one session of a run: made when first needed, renewed by one thread for all."""

    def __init__(
        self,
        transport: Transport,
        grant: Grant,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        """Prepare a session; nothing is sent yet."""
        self._transport = transport
        self.grant = grant
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self.made_by: str | None = None
        """HTTP method that sessions are made with; None before the first."""
        self._ends = datetime.min.replace(tzinfo=timezone.utc)

    def token(self) -> str:
        """Return a session token that is good for a while.

        Raises:
            AuthenticationError: when the tokens of the settings are not accepted.
            UnavailableError: when Tripletex cannot be reached.
        """
        with self._lock:
            if self._token is None or self._clock() >= self._ends - MARGIN:
                return self._create()
            return self._token

    def replace(self, rejected: str) -> str:
        """Return another token than the one that was rejected; made once for all threads."""
        with self._lock:
            if self._token is None or self._token == rejected:
                logger.info("The session has ended before its time; making a new one.")
                return self._create()
            return self._token

    def identity(self) -> Identity:
        """Ask Tripletex whom the session belongs to."""

        def ask(token: str) -> dict[str, Any]:
            auth = (OWN_COMPANY, token)
            return self._transport.send("GET", "/token/session/>whoAmI", auth=auth, read=_value)

        token = self.token()
        try:
            who = ask(token)
        except AuthenticationError:
            who = ask(self.replace(token))
        return Identity(company_id=who["companyId"], employee_id=who["employeeId"])

    def close(self) -> None:
        """End the session at Tripletex; failing to do so is only logged."""
        with self._lock:
            token, self._token = self._token, None
        if token is None:
            return
        try:
            auth = (OWN_COMPANY, token)
            self._transport.send("DELETE", f"/token/session/{token}", auth=auth, read=bool)
        except TripletexError as error:
            logger.info("The session could not be ended: %s", error)

    def _create(self) -> str:
        now = self._clock()
        try:
            token: str = self._ask(self.grant.body(now))["token"]
        except (AuthenticationError, RefusedError) as error:
            message = (
                f"Tripletex does not accept the tokens: {error} Check that consumer_token and "
                "employee_token are whole, not revoked, and of the environment in api_url "
                "(production and test have tokens of their own)."
            )
            raise AuthenticationError(message) from None
        hide(token)
        self._token = token
        self._ends = self.grant.ends(now)
        return token

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask by POST with a JSON body, or by the older PUT where that is not understood.

        The document prefers the JSON body; recordings exist of PUT with a query only.
        """
        try:
            value = self._transport.send("POST", self.grant.path, body=body, read=_value)
        except RefusedError as error:
            if error.code not in NOT_UNDERSTOOD:
                raise
            logger.info("Sessions are not made by POST here; trying PUT.")
            self.made_by = "PUT"
            return self._transport.send("PUT", self.grant.path, params=body, read=_value)
        self.made_by = "POST"
        return value


def _value(answer: Answer) -> dict[str, Any]:
    try:
        value: dict[str, Any] = msgspec.json.decode(answer.content)["value"]
    except (msgspec.DecodeError, KeyError, TypeError):
        message = "The answer about the session cannot be read."
        raise UnavailableError(message) from None
    return value
