"""Tokens and session tokens: who may read which company, and until when."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.tables.days import oslo_midnight

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tap_tripletex.sandbox.answers.owner import Owner

MIN_TTL_SECONDS = 300
MAX_TTL_SECONDS = 28_800
TTL = "ttlSeconds"
CONSUMER = "consumerToken"


def _demo(kind: str, number: int) -> str:
    """Return a token of the look of real ones: base64 of JSON that begins with `tokenId`."""
    text = json.dumps({"tokenId": number, "token": f"test-sandbox-{kind}"})
    return base64.b64encode(text.encode()).decode()


CONSUMER_TOKEN = _demo("consumer", 1)
"""The consumer token that the sandbox knows."""

EMPLOYEE_TOKEN = _demo("employee", 2)
"""The employee token of the sandbox's first company."""

ACCOUNTANT_TOKEN = _demo("accountant", 3)
"""An employee token of an accountant whose clients are all companies of the sandbox."""


def _company_key(end: int) -> str:
    """Return a company key of the look of real ones: a JWT behind a prefix."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": "test-sandbox", "exp": end})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return "tlxr_" + ".".join([*(text.rstrip("=") for text in encoded), "c2FuZGJveA"])


REFRESH_TOKEN = _company_key(4_102_444_800)  # expires in the year 2100
"""A company key of the first company, in place of the two tokens."""


@dataclass
class Session:
    """A session token's owner and end, in seconds since 1970."""

    number: int
    owner: Owner
    expires: float


@dataclass
class Sessions:
    """All employee tokens and the sessions made with them. Several may live side by side.

    Attributes:
        now: The time in seconds since 1970.
        owners: The employee tokens and whose they are.
        refresh_tokens: The secrets of internal integrations and whose they are.
        takes_json: Set it to False, and sessions are made with PUT and a query only.
        takes_refresh_tokens: Set it to False, and there is no path for them.
    """

    now: Callable[[], float]
    owners: dict[str, Owner] = field(default_factory=dict)
    refresh_tokens: dict[str, Owner] = field(default_factory=dict)
    takes_json: bool = True
    takes_refresh_tokens: bool = True
    _live: dict[str, Session] = field(default_factory=dict)
    _made: int = 0

    def create(self, consumer: str | None, employee: str | None, expires: date) -> tuple[str, int]:
        """Return a new session token and its number.

        It dies at 00:00 Norwegian time at the start of the date: one that expires today is
        made (201) and dead (observed against the test environment).

        Raises:
            ApiError: Unknown consumer token (422/18000) or employee token (404/6000).
        """
        if consumer != CONSUMER_TOKEN:
            message = "The consumer token is invalid or does not exist."
            raise errors.invalid_argument(CONSUMER, message)
        owner = self.owners.get(employee or "")
        if owner is None:
            raise errors.not_found()
        return self._open(owner, oslo_midnight(expires))

    def create_from_refresh_token(self, token: str | None, ttl_seconds: int) -> tuple[str, int]:
        """Return a new session token for an internal integration, and its number.

        Raises:
            ApiError: Unknown secret (401/3000), or a life of less than five minutes or of more
                than eight hours (422).
        """
        if ttl_seconds < MIN_TTL_SECONDS:
            message = f"Må være minimum {MIN_TTL_SECONDS}"
            raise errors.invalid(TTL, message)
        if ttl_seconds > MAX_TTL_SECONDS:
            message = f"Kan ikke være over {MAX_TTL_SECONDS}"
            raise errors.invalid(TTL, message)
        owner = self.refresh_tokens.get(token or "")
        if owner is None:
            raise errors.unauthorized()
        return self._open(owner, self.now() + ttl_seconds)

    def find(self, token: str) -> Session:
        """Return the session of a token.

        Raises:
            ApiError: There is none, or it has ended (401/3000).
        """
        session = self._live.get(token)
        if session is None or session.expires <= self.now():
            raise errors.unauthorized()
        return session

    def delete(self, token: str) -> None:
        """End a session.

        Raises:
            ApiError: There is none (404/6000).
        """
        if self._live.pop(token, None) is None:
            raise errors.not_found()

    def expire_all(self) -> None:
        """End every session."""
        self._live.clear()

    def owner_of(self, header: str) -> tuple[Owner, str]:
        """Return whose session an Authorization header names, and the user name in it.

        Raises:
            ApiError: The header is missing or malformed, or the session dead (401/3000).
        """
        user, token = credentials(header)
        return self.find(token).owner, user

    def _open(self, owner: Owner, expires: float) -> tuple[str, int]:
        self._made += 1
        token = _demo(f"session-{owner.token_id}-{self._made}", 1000 + self._made)
        self._live[token] = Session(self._made, owner, expires)
        return token, self._made


def credentials(header: str) -> tuple[str, str]:
    """Return user name and password of a Basic Authorization header.

    Raises:
        ApiError: The header is missing or malformed (401/3000).
    """
    scheme, _, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise errors.unauthorized() from None
    user, colon, password = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise errors.unauthorized()
    return user.strip(), password
