"""One HTTP exchange: connection, rate limit, retries, and answers turned into errors."""

from __future__ import annotations

import logging
import threading
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

import backoff
import requests
from urllib3.exceptions import HTTPError

from tap_tripletex.api import whole_answer
from tap_tripletex.api.answer import (
    MOST_AT_ONCE,
    MOST_UNPACKED,
    TOO_LARGE_TO_UNPACK,
    Answer,
)
from tap_tripletex.api.circuit_breaker import CircuitBreaker
from tap_tripletex.api.clock import Clock
from tap_tripletex.api.errors import (
    EndedError,
    FinalError,
    RateLimitedError,
    SlowError,
    UnavailableError,
    UnreachableError,
)
from tap_tripletex.api.faults import unanswered
from tap_tripletex.api.redaction import redact
from tap_tripletex.api.refusals import error_body, error_of
from tap_tripletex.api.whole_answer import TimedAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests.adapters import BaseAdapter

    from tap_tripletex.api.rate_limit import RateLimiter

logger = logging.getLogger(__name__)

T = TypeVar("T")

CONNECT_TIMEOUT = 10.0
"""Seconds."""

TRIES = 7
"""Tries of one request on network faults and server errors: about two minutes in all."""

RATE_LIMITED_TRIES = 30
"""Tries of one request on 429: five minutes in which other integrations took every window."""

GOOD = {200, 201, 204, 304}


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
        clock: Clock | None = None,
        pause: float = 1.0,
    ) -> None:
        """Open the pool of connections.

        Args:
            base_url: address of the API, with its version (``…/v2``).
            limiter: the budgets that all requests are taken from.
            user_agent: sent with every request.
            connections: how many requests may be under way at once.
            adapter: carries the requests instead of the network.
            clock: hears the time of each answer.
            pause: seconds before the first retry; doubled each time, with full jitter.
        """
        self._base_url = base_url.rstrip("/")
        self._limiter = limiter
        self._pause = pause
        self._clock = clock or Clock()
        self._session = requests.Session()
        self._session.headers.update(
            {
                "User-Agent": user_agent,
                "Accept": "application/json",
                "Accept-Encoding": "gzip",  # what Answer unpacks
            }
        )
        # Every answer sets JSESSIONID; sessions of different companies must not mix.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount(
            self._base_url, adapter or TimedAdapter(pool_maxsize=connections, max_retries=0)
        )
        # Proxies and certificates of the environment, looked up once.
        self._environment = self._session.merge_environment_settings(
            self._base_url, {}, stream=True, verify=None, cert=None
        )
        self._slots = threading.BoundedSemaphore(connections)
        self._breaker = CircuitBreaker()
        self._ending = False
        self._closed = False
        self.traffic = Traffic()
        """What was sent and received so far, retries included."""

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
        tally: Traffic | None = None,
        patient: bool = True,
        read: Callable[[Answer], T],
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
            tally: counts the request as well.
            patient: tries again when no answer came in time.
            read: makes of the answer what is returned; an UnavailableError that it raises is
                retried like a lost connection.

        Raises:
            AuthenticationError: on 401.
            ForbiddenError: on code 9000, whatever the status (recorded with 401 as well).
            IllegalFieldError: on code 11000.
            ResultTooLargeError: on code 23000.
            RefusedError: on any other 4xx.
            UnavailableError: on network faults, 5xx, 429, and what is not the API's own answer,
                after all tries.
            UnreachableError: at once where no further try can help.
            SlowError: when no answer came in time.
            DownError: when too many requests in a row had no answer.
            EndedError: when the run has ended meanwhile.
        """
        # Commas, parentheses and asterisks are legal in a query; encoded they fill the URL.
        query = f"?{urlencode(params, safe=',()*')}" if params else ""
        url = f"{self._base_url}{quote(path, safe='/:')}{query}"
        shown = f"{method} {redact(path)}" + (f" (company {company_id})" if company_id else "")

        def count(size: int) -> None:
            for traffic in filter(None, (self.traffic, tally)):
                traffic.add(size)

        exchange = partial(self._exchange, method, url, body, auth, headers)

        def attempt() -> T:
            if self._closed or (self._ending and method != "DELETE"):
                message = f"{shown} is not sent: the run ends."
                raise EndedError(message)
            with self._slots:
                answer = self._answer(f"{method} {path}", exchange, shown, count)
            if answer.status in GOOD:
                self._breaker.answered()
                return read(answer)
            error = error_of(answer, shown)
            # A gateway answers for an API that does not; what the API says itself has a code.
            if not isinstance(error, UnavailableError) or error_body(answer).get("code"):
                self._breaker.answered()
            raise error

        return self._patiently(attempt, patient=patient)

    def _answer(
        self, kind: str, exchange: Callable[[], Answer], shown: str, count: Callable[[int], None]
    ) -> Answer:
        """Send a request within the rate limit.

        Raises:
            DownError: when Tripletex has not answered for long.
        """
        taken = self._limiter.acquire(kind)
        sent = self._clock.now()
        try:
            self._breaker.check()
            answer = exchange()
        except FinalError:
            self._limiter.release(taken)
            raise
        except (OSError, HTTPError, ValueError, SlowError) as fault:
            self._limiter.release(taken)
            count(0)
            raise unanswered(fault, shown) from None
        count(len(answer.packed))
        self._clock.hear(answer.headers, sent)
        if answer.status == requests.codes.too_many_requests:
            self._limiter.exhausted(taken, answer.headers)
        else:
            self._limiter.release(taken, answer.headers)
        return answer

    def _exchange(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None,
        auth: tuple[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        request = requests.Request(
            method,
            url,
            json=body,
            auth=auth,
            headers={**self._session.headers, **(headers or {})},
        )
        # Prepared by itself: the session would look into .netrc for credentials.
        with self._session.send(
            request.prepare(),
            timeout=(CONNECT_TIMEOUT, whole_answer.READ_TIMEOUT),
            allow_redirects=False,
            **self._environment,
        ) as response:
            zipped = response.headers.get("Content-Encoding", "").lower() in {"gzip", "x-gzip"}
            packed = b"".join(self._body(response.raw))
            return Answer(response.status_code, response.headers, packed, zipped)

    @staticmethod
    def _body(raw: Any) -> Iterator[bytes]:  # noqa: ANN401 - of urllib3, or like it
        """Yield the body, some at a time.

        Raises:
            SlowError: when it is larger than any answer may be.
        """
        size = 0
        while part := raw.read(MOST_AT_ONCE, decode_content=False):
            size += len(part)
            if size > MOST_UNPACKED:
                message = f"The answer cannot be read: {TOO_LARGE_TO_UNPACK}."
                raise SlowError(message)
            yield part

    def _patiently(self, attempt: Callable[[], T], *, patient: bool) -> T:
        """Call an attempt until it no longer raises UnavailableError, with growing pauses."""
        slow = () if patient else (SlowError,)
        in_vain = (RateLimitedError, UnreachableError, FinalError, *slow)
        on_faults = backoff.on_exception(
            backoff.expo,
            UnavailableError,
            max_tries=TRIES,
            giveup=lambda error: isinstance(error, in_vain),
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
        try:
            return on_rate_limit(on_faults(attempt))()
        except UnavailableError as error:
            impatient = isinstance(error, SlowError) and not patient
            if not (impatient or isinstance(error, (RateLimitedError, FinalError))):
                self._breaker.given_up(error)
            raise

    def end(self) -> None:
        """Send nothing more, but for what ends a session; threads may still be trying."""
        self._ending = True

    def close(self) -> None:
        """Close all connections; nothing more is sent."""
        self._closed = True
        self._session.close()


class Traffic:
    """Counts requests, and the bytes of their answers as they came over the network."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._lock = threading.Lock()
        self.requests = 0
        """Requests sent, retries included."""
        self.bytes = 0
        """Bytes received, as they came over the network."""

    def add(self, size: int) -> None:
        """Count a request whose answer had so many bytes."""
        with self._lock:
            self.requests += 1
            self.bytes += size


def _log_retry(details: Any) -> None:  # noqa: ANN401 - typed by the library as a private mapping
    logger.warning("%s Trying again (%d).", details["exception"], details["tries"])
