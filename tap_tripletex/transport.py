"""One HTTP exchange: connection, rate limit, retries, and answers turned into errors."""

from __future__ import annotations

import logging
import re
from collections import Counter
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

import backoff
import msgspec
import requests
from requests.adapters import HTTPAdapter

from tap_tripletex.errors import (
    AuthenticationError,
    ForbiddenError,
    IllegalFieldError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    ResultTooLargeError,
    TripletexError,
    UnavailableError,
)
from tap_tripletex.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests.adapters import BaseAdapter

    from tap_tripletex.rate_limit import RateLimiter

logger = logging.getLogger(__name__)

T = TypeVar("T")

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 120.0
"""Seconds. Recorded: answers of small companies took up to 30 s."""

TRIES = 7
"""Tries of one request on network faults and server errors: about two minutes in all."""

RATE_LIMITED_TRIES = 30
"""Tries of one request on 429: five minutes in which other integrations took every window."""

GOOD = {200, 201, 204, 304}

SECURITY = 9000
ILLEGAL_FIELD = 11000
TOO_LARGE = 23000


class Transport:
    """Sends requests to one API address; safe to use from many threads."""

    def __init__(  # noqa: PLR0913
        self,
        base_url: str,
        limiter: RateLimiter,
        *,
        user_agent: str,
        connections: int,
        adapter: BaseAdapter | None = None,
        pause: float = 1.0,
    ) -> None:
        """Open the pool of connections.

        Args:
            base_url: address of the API, with its version (``…/v2``).
            limiter: the budget that all requests are taken from.
            user_agent: sent with every request.
            connections: how many requests may be under way at once.
            adapter: carries the requests instead of the network.
            pause: seconds before the first retry; doubled each time, with full jitter.
        """
        self._base_url = base_url.rstrip("/")
        self._limiter = limiter
        self._pause = pause
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
        # Every answer sets JSESSIONID; sessions of different companies must not mix.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount(
            self._base_url, adapter or HTTPAdapter(pool_maxsize=connections, max_retries=0)
        )
        self.requests = 0
        """Number of requests sent, retries included."""

    def send(  # noqa: PLR0913
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        company_id: int | None = None,
        read: Callable[[requests.Response], T],
    ) -> T:
        """Send a request until there is an answer, 2xx or 304, that can be read.

        Args:
            method: HTTP method.
            path: below the API's address; ``>`` and spaces are encoded here.
            params: of the query.
            body: sent as JSON.
            auth: user name (the company) and password (the session token).
            headers: sent besides the usual ones.
            company_id: named in messages.
            read: makes of the answer what is returned; an UnavailableError that it raises is
                retried like a lost connection.

        Raises:
            AuthenticationError: on 401.
            ForbiddenError: on code 9000, whatever the status (recorded with 401 as well).
            IllegalFieldError: on code 11000.
            ResultTooLargeError: on code 23000.
            RefusedError: on any other 4xx.
            UnavailableError: on network faults, 5xx and 429, after all tries.
        """
        # Commas, parentheses and asterisks are legal in a query; encoded they fill the URL.
        query = f"?{urlencode(params, safe=',()*')}" if params else ""
        url = f"{self._base_url}{quote(path, safe='/:')}{query}"
        shown = f"{method} {redact(path)}" + (f" (company {company_id})" if company_id else "")

        def attempt() -> T:
            window = self._limiter.acquire()
            self.requests += 1
            try:
                response = self._session.request(
                    method,
                    url,
                    json=body,
                    # A callable without effect, so that no .netrc entry replaces "no credentials".
                    auth=auth or (lambda request: request),
                    headers=dict(headers or {}),
                    timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                    allow_redirects=False,
                )
            except requests.RequestException as fault:
                self._limiter.release(window)
                reason = redact(f"{type(fault).__name__}: {fault}")
                message = f"{shown} got no complete answer: {reason}."
                raise UnavailableError(message) from None
            if response.status_code == requests.codes.too_many_requests:
                self._limiter.exhausted(response.headers)
            else:
                self._limiter.release(window, response.headers)
            if response.status_code in GOOD:
                return read(response)
            raise error_of(response, shown)

        return self._patiently(attempt)

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """Call an attempt until it no longer raises UnavailableError, with growing pauses."""
        on_faults = backoff.on_exception(
            backoff.expo,
            UnavailableError,
            max_tries=TRIES,
            giveup=lambda error: isinstance(error, RateLimitedError),
            factor=self._pause,
            max_value=60,
            on_backoff=_log_retry,
            logger=None,
        )
        # No pause of its own: the limiter lets the next try wait for the next window.
        on_rate_limit = backoff.on_exception(
            backoff.constant,
            RateLimitedError,
            max_tries=RATE_LIMITED_TRIES,
            interval=0,
            jitter=None,
            on_backoff=_log_retry,
            logger=None,
        )
        return on_rate_limit(on_faults(attempt))()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()


def error_of(  # noqa: PLR0911 - one return for each meaning
    response: requests.Response, shown: str
) -> TripletexError:
    """Return what an answer other than 2xx and 304 means.

    Args:
        response: the answer; its body may be the API's error object or an HTML page.
        shown: the request in words.
    """
    body = _error_body(response)
    code = body.get("code")
    status = response.status_code
    request_id = body.get("requestId") or response.headers.get("x-tlx-request-id") or "unknown"
    said = _said(body) or f"no readable message ({response.headers.get('Content-Type', 'no type')})"
    what = f"{status}/{code}" if code else str(status)
    message = f"{shown} was answered {what}: {redact(said)} (request id {request_id})."
    if code == ILLEGAL_FIELD:
        counts = Counter(re.findall(r"\w+", said))
        twice = {word for word, count in counts.items() if count > 1}
        return IllegalFieldError(message, frozenset(twice or counts))
    if code == SECURITY or status == requests.codes.forbidden:
        return ForbiddenError(message, code)
    if code == TOO_LARGE:
        return ResultTooLargeError(message, code)
    if status == requests.codes.too_many_requests:
        return RateLimitedError(message)
    if status >= requests.codes.internal_server_error:
        return UnavailableError(message)
    if status == requests.codes.unauthorized:
        return AuthenticationError(message)
    if status == requests.codes.not_found:
        return NotFoundError(message, code)
    return RefusedError(message, code)


def _error_body(response: requests.Response) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _said(body: Mapping[str, Any]) -> str:
    validations = body.get("validationMessages") or ()
    parts = [body.get("message"), body.get("developerMessage")]
    parts += [f"{part.get('field')}: {part.get('message')}" for part in validations]
    return "; ".join(str(part).rstrip(".") for part in parts if part)


def _log_retry(details: Any) -> None:  # noqa: ANN401 - typed by the library as a private mapping
    logger.warning("%s Trying again (%d).", details["exception"], details["tries"])
