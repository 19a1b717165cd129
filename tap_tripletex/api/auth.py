"""Session tokens, and the companies that they open."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
import requests

from tap_tripletex.api.errors import (
    AuthenticationError,
    EndedError,
    RefusedError,
    TokensRefusedError,
    TripletexError,
    UnavailableError,
)
from tap_tripletex.api.keys import expiry
from tap_tripletex.api.pages import objects
from tap_tripletex.api.redaction import hide

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.api.answer import Answer
    from tap_tripletex.api.transport import Transport

logger = logging.getLogger(__name__)

METHOD_NOT_ALLOWED = 4000
"""Code of an answer to a wrong method, and to a path that does not exist."""

OSLO = ZoneInfo("Europe/Oslo")

OWN_COMPANY = "0"
"""User name that means the token's own company."""

MARGIN = timedelta(minutes=15)
"""A session is renewed this long before it ends, so that none ends under a slow request."""

SHORTEST, LONGEST = 300, 28_800
"""Seconds that a session of a company key may live: anything else is refused (seen by others)."""


class Grant(Protocol):
    """A way to be given a session token."""

    @property
    def path(self) -> str:
        """Return the path that gives session tokens."""

    def body(self, now: datetime) -> dict[str, Any]:
        """Return the body of the request."""

    @property
    def goes_in_a_url(self) -> bool:
        """Return whether sessions may be asked for by PUT, which has the secrets in the URL."""

    def ends(self, now: datetime) -> datetime:
        """Return when a session asked for now ends."""

    def refused(self, error: TripletexError, now: datetime) -> str:
        """Return in words what it means, and what to do, that no session was given."""


@dataclass(frozen=True)
class EmployeeGrant:
    """Consumer token and employee token, in a JSON body so that no secret is in a URL.

    A session dies at the start of its expirationDate in Norway (measured by others: a session for
    today is born dead), so "tomorrow" may be minutes away: the day after tomorrow is asked for.
    """

    consumer_token: str
    employee_token: str
    path: str = "/token/session/:create"
    goes_in_a_url: bool = True

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

    def refused(self, error: TripletexError, now: datetime) -> str:  # noqa: ARG002 - one interface
        """Return what to look at about the two tokens."""
        return (
            f"Tripletex does not accept the tokens: {error} Check that consumer_token and "
            "employee_token are whole, not revoked, and of the environment in api_url "
            "(production and test have tokens of their own)."
        )

    @staticmethod
    def _expiration(now: datetime) -> date:
        return now.astimezone(OSLO).date() + timedelta(days=2)


@dataclass(frozen=True)
class RefreshGrant:
    """A company's own API key (``tlxr_…``), for its own data and without a consumer token.

    Not in the official document; known from eight independent clients, one of them with a live
    company.

    Attributes:
        refresh_token: the key.
        seconds: how long a session shall live; the nearest that is accepted is asked for.
    """

    refresh_token: str
    path: str = "/token/session/:createFromRefreshToken"
    seconds: int = LONGEST
    goes_in_a_url: bool = False

    def body(self, now: datetime) -> dict[str, Any]:  # noqa: ARG002 - one interface
        """Return the key and the length of the session."""
        return {"refreshToken": self.refresh_token, "ttlSeconds": self._life}

    def ends(self, now: datetime) -> datetime:
        """Return the time after the seconds asked for."""
        return now + timedelta(seconds=self._life)

    def refused(self, error: TripletexError, now: datetime) -> str:
        """Return whether the key has expired, as far as it tells itself, and where to make one."""
        end = expiry(self.refresh_token)
        if isinstance(error, RefusedError) and _not_understood(error):
            return f"No sessions are made of company keys at the address in api_url: {error}"
        if end and end <= now:
            said = f"The company key in refresh_token expired on {end:%Y-%m-%d}: {error}"
        else:
            said = (
                f"Tripletex does not accept the company key in refresh_token: {error} It may be "
                "expired, deleted, not whole, or of another environment than api_url; the user who "
                "made it may be gone, or the company's module Integrations be off."
            )
        return f"{said} Make a new one in Tripletex under Selskap > API-tokens."

    @property
    def _life(self) -> int:
        return min(max(self.seconds, SHORTEST), LONGEST)


@dataclass(frozen=True)
class Identity:
    """Whom a session token belongs to.

    Attributes:
        company_id: the company that the token was made in.
        employee_id: the token's user; None where Tripletex does not say, as for a company key.
    """

    company_id: int
    employee_id: int | None


@dataclass(frozen=True)
class Company:
    """A company to read.

    Attributes:
        id: of the company, as in every record.
        user: what selects the company in the request's user name.
        name: where it was told.
    """

    id: int
    user: str
    name: str = field(default="", compare=False)


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
        self._renewal = datetime.min.replace(tzinfo=timezone.utc)
        self._closed = False
        self._refused: TokensRefusedError | None = None

    def token(self) -> str:
        """Return a session token that is good for a while.

        Raises:
            TokensRefusedError: when the tokens of the settings are not accepted, now or earlier.
            UnavailableError: when Tripletex cannot be reached.
            EndedError: after ``close``.
        """
        with self._lock:
            over = self._closed or self._refused is not None
            if over or self._token is None or self._clock() >= self._renewal:
                return self._create()
            return self._token

    def replace(self, rejected: str) -> str:
        """Return another token than the one that was rejected; made once for all threads."""
        with self._lock:
            if self._closed or self._refused is not None:
                return self._create()
            if self._token is None or self._token == rejected:
                logger.info("The session has ended before its time; making a new one.")
                return self._create()
            return self._token

    def identity(self) -> Identity:
        """Ask Tripletex whom the session belongs to.

        Raises:
            AuthenticationError: when the session is not accepted, or is of no company.
        """

        def ask(token: str) -> dict[str, Any]:
            auth = (OWN_COMPANY, token)
            return self._transport.send("GET", "/token/session/>whoAmI", auth=auth, read=_content)

        token = self.token()
        try:
            who = ask(token)
        except AuthenticationError:
            who = ask(self.replace(token))
        company = _id_of(who.get("value"), "company")
        if company is None:
            message = "Tripletex does not say which company the tokens open (whoAmI)."
            raise AuthenticationError(message)
        return Identity(company, _id_of(who.get("value"), "employee"))

    def close(self, *, at_once: bool = False) -> None:
        """Make no more sessions, and end the last at Tripletex; failing to do so is only logged.

        Args:
            at_once: leaves the session to end by itself.
        """
        with self._lock:
            self._closed = True
            token, self._token = self._token, None
        if token is None or at_once:
            return
        try:
            auth = (OWN_COMPANY, token)
            self._transport.send("DELETE", f"/token/session/{token}", auth=auth, read=bool)
        except TripletexError as error:
            logger.info("The session could not be ended: %s", error)

    def _create(self) -> str:
        if self._closed:
            message = "The run has ended; no session is made any more."
            raise EndedError(message)
        if self._refused is not None:
            raise self._refused
        now = self._clock()
        try:
            token = _token_in(self._ask(self.grant.body(now)))
        except (AuthenticationError, RefusedError) as error:
            self._refused = TokensRefusedError(self.grant.refused(error, now))
            raise self._refused from None
        hide(token)
        self._token = token
        ends = self.grant.ends(now)
        self._renewal = ends - min(MARGIN, (ends - now) / 2)
        return token

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask by POST with a JSON body, or by the older PUT where that is not understood.

        The document prefers the JSON body; recordings exist of PUT with a query only.
        """
        path = self.grant.path
        try:
            content = self._transport.send("POST", path, body=body, read=_content)
        except RefusedError as error:
            if not (self.grant.goes_in_a_url and _not_understood(error)):
                raise
            logger.info("Sessions are not made by POST here; trying PUT.")
            try:
                content = self._transport.send("PUT", path, params=body, read=_content)
            except (AuthenticationError, RefusedError) as second:
                message = f"{error} Asked again the older way: {second}"
                raise RefusedError(message, error.code, error.status) from None
            self.made_by = "PUT"
        else:
            self.made_by = "POST"
        return content


def _not_understood(error: RefusedError) -> bool:
    """Return whether an answer finds fault with the method, not with the tokens."""
    # Recorded: a wrong method is answered 400/4000 "HTTP 405 Method Not Allowed".
    return error.status == requests.codes.not_allowed or (
        (error.status, error.code) == (requests.codes.bad_request, METHOD_NOT_ALLOWED)
    )


def _content(answer: Answer) -> dict[str, Any]:
    try:
        return objects(answer.content)
    except msgspec.DecodeError:
        message = "The answer about the session cannot be read."
        raise UnavailableError(message) from None


def _token_in(content: dict[str, Any]) -> str:
    """Return the session token in an answer; some clients also take one that is not in ``value``.

    Raises:
        AuthenticationError: when there is none.
    """
    for place in (content.get("value"), content):
        token = place.get("token") if isinstance(place, dict) else None
        if isinstance(token, str) and token:
            return token
    message = "the answer has no session token."
    raise AuthenticationError(message)


def _id_of(who: object, name: str) -> int | None:
    """Return an id out of whoAmI: ``…Id``, or the id of the reference, which may come alone."""
    if not isinstance(who, dict):
        return None
    reference = who.get(name)
    nested = reference.get("id") if isinstance(reference, dict) else None
    for found in map(str, (who.get(f"{name}Id"), nested)):
        if found.isdecimal() and int(found):
            return int(found)
    return None
