"""The paths below /token/session: the only ones that are reached without a session."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.answers.wire import Response
from tap_tripletex.sandbox.tables.days import lenient_date
from tap_tripletex.sandbox.tables.model import HOST

if TYPE_CHECKING:
    from tap_tripletex.sandbox.answers.wire import Request
    from tap_tripletex.sandbox.server.sessions import Sessions

PREFIX = "/token/session/"
WHO_AM_I = PREFIX + ">whoAmI"
EXPIRATION_DATE = "expirationDate"
CREATE = PREFIX + ":create"
CREATE_FROM_REFRESH_TOKEN = PREFIX + ":createFromRefreshToken"


def answer(request: Request, sessions: Sessions) -> Response:
    """Make or end a session.

    Raises:
        ApiError: The method, the body, a token or the date is wrong.
    """
    posts = request.method == "POST"
    if request.path == CREATE and (request.method == "PUT" or (posts and sessions.takes_json)):
        return _create(request, sessions)
    if request.path == CREATE_FROM_REFRESH_TOKEN and posts and sessions.takes_refresh_tokens:
        given = _json(request)
        ttl = given.get("ttlSeconds")
        token, number = sessions.create_from_refresh_token(
            given.get("refreshToken"),
            int(ttl) if ttl is not None else 3600,
        )
        return _created(201, token, number, None)
    if request.method == "DELETE" and request.path.startswith(PREFIX):
        sessions.delete(request.path[len(PREFIX) :])
        return Response(204)
    raise errors.method_not_allowed()


def _create(request: Request, sessions: Sessions) -> Response:
    # A POST with query parameters was also answered with 201 on the test environment.
    given = {**request.params, **(_json(request) if request.method == "POST" else {})}
    text = given.get(EXPIRATION_DATE)
    if text is None:
        raise errors.cannot_be_null(EXPIRATION_DATE)
    day = lenient_date(str(text))
    if day is None:
        raise errors.invalid(EXPIRATION_DATE, errors.INVALID_DATE)
    token, number = sessions.create(
        given.get("consumerToken"),
        given.get("employeeToken"),
        date.fromisoformat(day),
    )
    return _created(201 if request.method == "POST" else 200, token, number, day)


def _created(status: int, token: str, number: int, day: str | None) -> Response:
    value = {
        "id": number,
        "version": 0,
        "url": f"{HOST}/token/session/{number}",
        "consumerToken": {"id": 1, "url": f"{HOST}/consumerToken/1"},
        "employeeToken": {"id": 2, "url": f"{HOST}/employeeToken/2"},
        "expirationDate": day,
        "token": token,
    }
    return Response(status, {}, msgspec.json.encode({"value": value}))


def _json(request: Request) -> dict[str, Any]:
    if not request.body.strip():
        return {}
    try:
        found = msgspec.json.decode(request.body)
    except msgspec.DecodeError:
        raise errors.invalid_json() from None
    if not isinstance(found, dict):
        raise errors.unmappable_body()
    return found


def handles(path: str) -> bool:
    """Return whether a path is one of these."""
    return path.startswith(PREFIX) and path != WHO_AM_I


def safe_path(path: str) -> str:
    """Return a path for a log: a session token in it is masked."""
    rest = path.removeprefix(PREFIX)
    return path if rest == path or rest[:1] in {">", ":"} else PREFIX + "***"
