from __future__ import annotations

import json
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from tap_tripletex.api.circuit_breaker import MOST_UNANSWERED
from tap_tripletex.api.errors import (
    AuthenticationError,
    DownError,
    EndedError,
    ForbiddenError,
    IllegalFieldError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    ResultTooLargeError,
    TripletexError,
    UnavailableError,
    UnreachableError,
)
from tap_tripletex.api.rate_limit import RateLimiter
from tap_tripletex.api.transport import RATE_LIMITED_TRIES, TRIES
from tests.conftest import API, error, listed

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.answer import Answer
    from tap_tripletex.api.transport import Transport

HTML = "<!DOCTYPE html>\n<html><head><title>Feilsituasjon - Tripletex</title></head></html>"


def get(transport: Transport, path: str = "/department", **options: Any) -> Answer:
    return transport.send("GET", path, read=lambda answer: answer, **options)


def test_paths_and_queries_are_encoded_once(transport: Transport, requests_mock: Mocker) -> None:
    requests_mock.get(requests_mock_any := f"{API}/company/%3EwithLoginAccess", json=listed())
    get(transport, "/company/>withLoginAccess", params={"fields": "id,account(id)", "name": "Å&B"})
    url = requests_mock.request_history[0].url
    assert url.startswith(f"{requests_mock_any}?")
    assert urlsplit(url).query == "fields=id,account(id)&name=%C3%85%26B"


def test_the_company_is_the_user_name(transport: Transport, requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/department", json=listed())
    get(transport, auth=("123", "token"))
    sent = requests_mock.request_history[0].headers
    assert sent["Authorization"] == requests.auth._basic_auth_str("123", "token")
    assert sent["User-Agent"] == "test"
    assert "gzip" in sent["Accept-Encoding"]


def test_cookies_of_answers_are_not_sent_back(transport: Transport, requests_mock: Mocker) -> None:
    requests_mock.get(
        f"{API}/department",
        json=listed(),
        headers={"Set-Cookie": "JSESSIONID=1; Path=/"},
        cookies=requests.cookies.cookiejar_from_dict({"tlx_locale": "no"}),
    )
    get(transport)
    get(transport)
    assert "Cookie" not in requests_mock.request_history[1].headers


@pytest.mark.parametrize(
    "fault",
    [
        {"status_code": 500, "text": HTML, "headers": {"Content-Type": "text/html"}},
        {"status_code": 502, "text": "<html><center>nginx</center></html>"},
        error(500, 1000, None),
        {"exc": requests.exceptions.ConnectTimeout},
        {"exc": requests.exceptions.ChunkedEncodingError},
    ],
)
def test_passing_faults_are_retried(
    transport: Transport, requests_mock: Mocker, fault: dict[str, Any]
) -> None:
    requests_mock.get(f"{API}/department", [fault, fault, {"json": listed({"id": 1})}])
    assert json.loads(get(transport).content)["values"] == [{"id": 1}]
    assert requests_mock.call_count == 3


def test_lasting_faults_end_after_all_tries(transport: Transport, requests_mock: Mocker) -> None:
    requests_mock.get(
        f"{API}/department", status_code=502, text=HTML, headers={"x-tlx-request-id": "abc-1"}
    )
    with pytest.raises(UnavailableError, match=r"GET /department was answered 502.*abc-1"):
        get(transport)
    assert requests_mock.call_count == TRIES


def test_a_body_that_cannot_be_read_is_retried(transport: Transport, requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/department", [{"text": '{"values": [{"id"'}, {"json": listed()}])

    def read(answer: Answer) -> Any:
        try:
            return json.loads(answer.content)
        except json.JSONDecodeError as fault:
            raise UnavailableError(str(fault)) from None

    assert transport.send("GET", "/department", read=read)["values"] == []
    assert requests_mock.call_count == 2


def test_429_is_retried_for_longer_than_faults(transport: Transport, requests_mock: Mocker) -> None:
    clock = iter(range(0, 100_000, 20)).__next__
    transport._limiter = RateLimiter(clock=clock, sleep=lambda _: None)
    requests_mock.get(f"{API}/department", status_code=429)
    with pytest.raises(RateLimitedError):
        get(transport)
    assert requests_mock.call_count == RATE_LIMITED_TRIES


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error(401, 3000, "Unauthorized"), AuthenticationError),
        (error(401, 9000, "Attempt to read unauthorized object."), ForbiddenError),
        (error(403, 9000, "You do not have permission to access this feature."), ForbiddenError),
        ({"status_code": 403, "text": ""}, ForbiddenError),
        (error(404, 6000, "Object not found"), NotFoundError),
        (error(404, 21000, "HTTP 404 Not Found"), RefusedError),
        (error(422, 15000, "Validation failed"), RefusedError),
        (error(422, 23000, "Result set too large. Limit of 10000 reached."), ResultTooLargeError),
        ({"status_code": 302, "headers": {"Location": "https://elsewhere.test"}}, RefusedError),
    ],
)
def test_refusals_are_never_retried(
    transport: Transport, requests_mock: Mocker, answer: dict[str, Any], expected: type[Exception]
) -> None:
    requests_mock.get(f"{API}/department", **answer)
    with pytest.raises(expected) as caught:
        get(transport)
    assert type(caught.value) is expected
    assert requests_mock.call_count == 1


def test_an_illegal_field_is_named_whatever_the_language(
    transport: Transport, requests_mock: Mocker
) -> None:
    english = "Illegal field in fields filter: isSent. isSent does not match a field in: InvoiceDTO"
    for message in ("Ugyldig felt: isSent", english):
        requests_mock.get(f"{API}/invoice", **error(400, 11000, message))
        with pytest.raises(IllegalFieldError) as caught:
            get(transport, "/invoice")
        assert "isSent" in caught.value.words
    assert "InvoiceDTO" not in caught.value.words


def test_messages_say_what_where_and_which_request(
    transport: Transport, requests_mock: Mocker
) -> None:
    validation = [{"field": "dateTo", "message": "Kan ikke være null.", "path": None}]
    requests_mock.get(
        f"{API}/ledger/posting",
        **error(422, 15000, "Validation failed", validationMessages=validation),
    )
    with pytest.raises(RefusedError) as caught:
        get(transport, "/ledger/posting", auth=("0", "token"), company_id=77)
    assert str(caught.value) == (
        "GET /ledger/posting (company 77) was answered 422/15000: Validation failed; "
        "dateTo: Kan ikke være null (request id ba8da6a5)."
    )
    assert caught.value.code == 15000


def test_what_no_further_try_can_mend_is_tried_once(
    transport: Transport, requests_mock: Mocker
) -> None:
    unverified = ssl.SSLCertVerificationError(1, "certificate verify failed: unable to get issuer")
    for fault in (
        requests.exceptions.InvalidURL("Failed to parse"),
        requests.exceptions.InvalidHeader("Invalid return character"),
        requests.exceptions.InvalidProxyURL("Please check proxy URL"),
        UnicodeEncodeError("latin-1", "æ€", 1, 2, "ordinal not in range(256)"),
        OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /none"),
        caused(requests.exceptions.SSLError(unverified), unverified),
    ):
        requests_mock.reset_mock()
        requests_mock.get(f"{API}/department", exc=fault)
        with pytest.raises(UnreachableError, match="GET /department got no complete answer"):
            get(transport)
        assert requests_mock.call_count == 1


def caused(fault: Exception, cause: Exception) -> Exception:
    fault.__context__ = cause
    return fault


@pytest.mark.parametrize(
    "fault",
    [
        requests.exceptions.SSLError("EOF occurred in violation of protocol"),
        ConnectionResetError(104, "Connection reset by peer"),
        TimeoutError("timed out"),
    ],
)
def test_what_another_try_can_mend_is_tried_again(
    transport: Transport, requests_mock: Mocker, fault: Exception
) -> None:
    requests_mock.get(f"{API}/department", [{"exc": fault}, {"json": listed()}])
    get(transport)
    assert requests_mock.call_count == 2


NO_ANSWERS: list[dict[str, Any]] = [
    {"exc": requests.exceptions.ConnectionError},
    {"status_code": 503, "text": HTML},
]


@pytest.mark.parametrize("fault", NO_ANSWERS)
def test_a_server_that_is_down_is_not_asked_for_ever(
    transport: Transport, requests_mock: Mocker, fault: dict[str, Any]
) -> None:
    requests_mock.get(f"{API}/department", **fault)
    for _ in range(MOST_UNANSWERED):
        with pytest.raises(UnavailableError):
            get(transport)
    asked = requests_mock.call_count
    assert asked == MOST_UNANSWERED * TRIES
    for _ in range(1000):
        with pytest.raises(DownError, match="did not answer 10 requests in a row"):
            get(transport)
    assert requests_mock.call_count == asked


@pytest.mark.parametrize(
    "answer",
    [{"json": listed()}, error(404, 6000, "Object not found"), error(500, 1000, "Internal error")],
)
def test_an_answer_of_any_kind_between_them_proves_that_it_is_not_down(
    transport: Transport, requests_mock: Mocker, answer: dict[str, Any]
) -> None:
    requests_mock.get(f"{API}/down", exc=requests.exceptions.ConnectionError)
    requests_mock.get(f"{API}/department", **answer)
    for _ in range(2 * MOST_UNANSWERED):
        with pytest.raises(UnavailableError) as caught:
            get(transport, "/down")
        assert not isinstance(caught.value, DownError)
        with suppress(TripletexError):
            get(transport)


def test_nothing_is_sent_after_the_end(transport: Transport, requests_mock: Mocker) -> None:
    requests_mock.get(f"{API}/department", json=listed())
    transport.close()
    with pytest.raises(EndedError):
        get(transport)
    assert requests_mock.call_count == 0


def test_a_retry_that_comes_after_the_end_is_not_sent(
    transport: Transport, requests_mock: Mocker
) -> None:
    def fail(*_: Any) -> Any:
        transport.close()
        raise requests.exceptions.ConnectionError

    requests_mock.get(f"{API}/department", text=fail)
    with pytest.raises(EndedError):
        get(transport)
    assert requests_mock.call_count == 1
