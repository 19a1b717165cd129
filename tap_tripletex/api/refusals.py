"""What an answer other than 2xx and 304 means, in words that a person can act on."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from tap_tripletex.api.errors import (
    AuthenticationError,
    ForbiddenError,
    IllegalFieldError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    ResultTooLargeError,
    SlowError,
    TripletexError,
    UnavailableError,
)
from tap_tripletex.api.pages import objects
from tap_tripletex.api.redaction import printable, redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_tripletex.api.answer import Answer

SECURITY = 9000
ILLEGAL_FIELD = 11000
TOO_LARGE = 23000
NOT_FOUND = 6000


def error_of(  # noqa: PLR0911 - one return for each meaning
    answer: Answer, shown: str
) -> TripletexError:
    """Return what an answer other than 2xx and 304 means.

    Args:
        answer: the answer; its body may be the API's error object or an HTML page.
        shown: the request in words.
    """
    body = error_body(answer)
    code = body["code"] if isinstance(body.get("code"), int) else None
    status = answer.status
    request_id = body.get("requestId") or answer.headers.get("x-tlx-request-id") or "unknown"
    said = _said(body) or f"no readable message ({answer.headers.get('Content-Type', 'no type')})"
    what = f"{status}/{code}" if code else str(status)
    message = printable(redact(f"{shown} was answered {what}: {said} (request id {request_id})."))
    if code == ILLEGAL_FIELD:
        counts = Counter(re.findall(r"\w+", said))
        twice = {word for word, count in counts.items() if count > 1}
        return IllegalFieldError(message, frozenset(twice or counts))
    if not body and status == requests.codes.not_found:
        # The page of a gateway: it does not tell what there is.
        return UnavailableError(message)
    if code == SECURITY or status == requests.codes.forbidden:
        return ForbiddenError(message, code)
    if code == TOO_LARGE:
        return ResultTooLargeError(message, code)
    if status == requests.codes.too_many_requests:
        return RateLimitedError(message)
    if status == requests.codes.gateway_timeout:
        return SlowError(message)
    if status >= requests.codes.internal_server_error:
        return UnavailableError(message)
    if status == requests.codes.unauthorized:
        return AuthenticationError(message)
    if status == requests.codes.not_found and code == NOT_FOUND:
        return NotFoundError(message, code)
    return RefusedError(message, code, status)


def error_body(answer: Answer) -> dict[str, Any]:
    """Return what the API says of an error; empty where a gateway or nobody says it."""
    try:
        return objects(answer.content)
    except (msgspec.DecodeError, UnavailableError):
        return {}


def _said(body: Mapping[str, Any]) -> str:
    parts = [body.get("message"), body.get("developerMessage")]
    validations = body.get("validationMessages")
    for part in validations if isinstance(validations, list) else ():
        known = isinstance(part, dict)
        parts.append(f"{part.get('field')}: {part.get('message')}" if known else part)
    return "; ".join(str(part).rstrip(".") for part in parts if part)
