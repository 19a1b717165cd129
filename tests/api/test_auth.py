from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from requests.auth import _basic_auth_str

from tap_tripletex.api.auth import (
    OSLO,
    Company,
    EmployeeGrant,
    Identity,
    RefreshGrant,
    TokenSession,
)
from tap_tripletex.api.errors import (
    AuthenticationError,
    CompanyRefusedError,
    EndedError,
    TokensRefusedError,
)
from tests.conftest import API, COMPANY, error, listed, session_answer

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.client import Client
    from tap_tripletex.api.transport import Transport

CREATE = f"{API}/token/session/:create"


def creations(mock: Mocker) -> list[Any]:
    return [request for request in mock.request_history if request.path.endswith(":create")]


def test_tokens_travel_in_the_body_only(session: TokenSession, requests_mock: Mocker) -> None:
    requests_mock.post(CREATE, **session_answer())
    assert session.token() == "session-secret"
    (sent,) = requests_mock.request_history
    assert sent.query == ""
    assert "Authorization" not in sent.headers
    body = sent.json()
    assert body["consumerToken"] == "consumer-secret"
    assert body["employeeToken"] == "employee-secret"


@pytest.mark.parametrize(
    ("now", "expiration", "ends"),
    [
        # Late evening in Norway is the next day there; in UTC it is still the day before.
        ("2026-07-01T22:30:00+00:00", "2026-07-04", "2026-07-03T22:00:00+00:00"),
        ("2026-01-31T22:30:00+00:00", "2026-02-02", "2026-02-01T23:00:00+00:00"),
        # The night in which the clocks go back.
        ("2026-10-24T12:00:00+00:00", "2026-10-26", "2026-10-25T23:00:00+00:00"),
    ],
)
def test_the_session_ends_at_midnight_in_norway(now: str, expiration: str, ends: str) -> None:
    grant = EmployeeGrant("c", "e")
    moment = datetime.fromisoformat(now)
    assert grant.body(moment)["expirationDate"] == expiration
    assert grant.ends(moment) == datetime.fromisoformat(ends)


def test_the_session_is_renewed_before_it_ends(transport: Transport, requests_mock: Mocker) -> None:
    requests_mock.post(CREATE, [session_answer("first"), session_answer("second")])
    now = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    session = TokenSession(transport, EmployeeGrant("c", "e"), clock=lambda: now)
    assert session.token() == "first"
    now = datetime(2026, 11, 24, 23, 44, tzinfo=OSLO)
    assert session.token() == "first"
    now = datetime(2026, 11, 24, 23, 46, tzinfo=OSLO)
    assert session.token() == "second"
    now += timedelta(hours=12)
    assert session.token() == "second"
    assert requests_mock.call_count == 2


def test_a_401_renews_the_session(client: Client, requests_mock: Mocker) -> None:
    requests_mock.post(CREATE, [session_answer("old"), session_answer("new")])

    def answer(request: Any, context: Any) -> Any:
        if request.headers["Authorization"] == _basic_auth_str("0", "new"):
            return listed({"id": 1})
        context.status_code = 401
        return error(401, 3000, "Unauthorized")["json"]

    requests_mock.get(f"{API}/department", json=answer)
    assert client.get(COMPANY, "/department").values == [{"id": 1}]
    assert len(creations(requests_mock)) == 2


def test_the_session_is_renewed_once_for_all_threads(
    session: TokenSession, requests_mock: Mocker
) -> None:
    requests_mock.post(CREATE, [session_answer("old"), session_answer("new")])
    assert session.token() == "old"
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(session.replace, ["old"] * 8)) == {"new"}
    assert len(creations(requests_mock)) == 2


def test_a_session_that_another_thread_has_renewed_again_is_no_end(
    client: Client, session: TokenSession, requests_mock: Mocker
) -> None:
    requests_mock.post(CREATE, [session_answer(name) for name in ("old", "new", "newest")])

    def answer(request: Any, context: Any) -> Any:
        if request.headers["Authorization"] == _basic_auth_str("0", "newest"):
            return listed({"id": 1})
        if request.headers["Authorization"] == _basic_auth_str("0", "new"):
            session.replace("new")
        context.status_code = 401
        return error(401, 3000, "Unauthorized")["json"]

    requests_mock.get(f"{API}/department", json=answer)
    assert client.get(COMPANY, "/department").values == [{"id": 1}]
    assert len(creations(requests_mock)) == 3


def test_tokens_that_were_refused_are_not_sent_again(
    client: Client, session: TokenSession, requests_mock: Mocker
) -> None:
    requests_mock.post(CREATE, [session_answer("old"), error(401, 3000, "Unauthorized")])
    requests_mock.get(f"{API}/department", **error(401, 3000, "Unauthorized"))
    for _ in range(5):
        with pytest.raises(TokensRefusedError, match="does not accept the tokens"):
            client.get(COMPANY, "/department")
    with pytest.raises(TokensRefusedError):
        session.token()
    assert len(creations(requests_mock)) == 2


def test_a_company_that_a_new_session_does_not_open_costs_no_more_logins(
    client: Client, requests_mock: Mocker
) -> None:
    requests_mock.post(CREATE, [session_answer(f"session-{n}") for n in range(99)])

    def answer(request: Any, context: Any) -> Any:
        context.status_code = 200 if request.headers["Authorization"].startswith(OTHER) else 401
        return listed({"id": 1})

    requests_mock.get(f"{API}/department", json=answer)
    closed = Company(5, "5")
    for _ in range(20):
        with pytest.raises(CompanyRefusedError, match="not accepted in this company"):
            client.get(closed, "/department")
        assert client.get(Company(6, "6"), "/department").values == [{"id": 1}]
    assert len(creations(requests_mock)) == 2


OTHER = _basic_auth_str("6", "session")[:10]


def test_after_the_end_a_late_401_makes_no_session(
    client: Client, session: TokenSession, requests_mock: Mocker
) -> None:
    requests_mock.post(CREATE, [session_answer("old"), session_answer("new")])
    requests_mock.delete(f"{API}/token/session/old", status_code=204)

    def late(_: Any, context: Any) -> Any:
        session.close()
        context.status_code = 401
        return error(401, 3000, "Unauthorized")["json"]

    requests_mock.get(f"{API}/department", json=late)
    with pytest.raises(EndedError):
        client.get(COMPANY, "/department")
    methods = [request.method for request in requests_mock.request_history]
    assert methods == ["POST", "GET", "DELETE"]


def test_a_second_401_is_final(client: Client, requests_mock: Mocker) -> None:
    requests_mock.post(CREATE, [session_answer("old"), session_answer("new")])
    requests_mock.get(f"{API}/department", **error(401, 3000, "Unauthorized"))
    with pytest.raises(AuthenticationError):
        client.get(COMPANY, "/department")
    assert requests_mock.call_count == 4


@pytest.mark.parametrize(
    "answer",
    [
        error(
            422,
            18000,
            "Validering feilet.",
            validationMessages=[
                {
                    "field": "arg:consumerToken",
                    "message": "The consumer token is invalid or does not exist.",
                }
            ],
        ),
        error(404, 6000, "Object not found"),
        error(401, 3000, "Unauthorized"),
    ],
)
def test_a_wrong_token_is_one_sentence_without_the_token(
    session: TokenSession, requests_mock: Mocker, answer: dict[str, Any]
) -> None:
    requests_mock.post(CREATE, **answer)
    with pytest.raises(AuthenticationError, match="Tripletex does not accept the tokens") as caught:
        session.token()
    assert "secret" not in str(caught.value)
    assert "ba8da6a5" in str(caught.value)
    assert "api_url" in str(caught.value)
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    "answer",
    [error(400, 4000, "HTTP 405 Method Not Allowed"), {"status_code": 405, "text": "<html>"}],
)
def test_where_a_post_is_not_understood_put_is_tried(
    session: TokenSession, requests_mock: Mocker, answer: dict[str, Any]
) -> None:
    requests_mock.post(CREATE, **answer)
    requests_mock.put(CREATE, json={"value": {"token": "put-token"}})
    assert session.token() == "put-token"
    assert session.made_by == "PUT"
    assert requests_mock.request_history[1].qs["consumertoken"] == ["consumer-secret"]
    assert "expirationdate" in requests_mock.request_history[1].qs


@pytest.mark.parametrize(
    "answer",
    [
        error(422, 15000, "Validation failed"),
        error(422, 22000, "Invalid JSON"),
        error(422, 4000, "No"),
        error(400, 24000, "No"),
        error(401, 3000, "Unauthorized"),
        error(403, 9000, "No"),
        {"status_code": 403, "text": "<html>"},
    ],
)
def test_no_other_refusal_puts_the_tokens_into_a_url(
    session: TokenSession, requests_mock: Mocker, answer: dict[str, Any]
) -> None:
    requests_mock.post(CREATE, **answer)
    with pytest.raises(AuthenticationError, match="does not accept the tokens"):
        session.token()
    assert [request.method for request in requests_mock.request_history] == ["POST"]


def test_the_first_error_is_told_first_where_both_ways_are_refused(
    session: TokenSession, requests_mock: Mocker
) -> None:
    requests_mock.post(CREATE, **error(400, 4000, "HTTP 405 Method Not Allowed"))
    requests_mock.put(CREATE, **error(422, 18000, "Nøkkelen er ugyldig"))
    with pytest.raises(AuthenticationError, match=r"400/4000.*older way.*422/18000") as caught:
        session.token()
    assert "consumer-secret" not in str(caught.value)


REFRESH = f"{API}/token/session/:createFromRefreshToken"


def company_key(**claims: Any) -> str:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"tlxr_{part({'alg': 'HS256'})}.{part(claims)}.c2ln"


def test_a_companys_own_key_makes_sessions_too(transport: Transport, requests_mock: Mocker) -> None:
    requests_mock.post(REFRESH, **session_answer("short"))
    session = TokenSession(transport, RefreshGrant("tlxr_key"))
    assert session.token() == "short"
    (sent,) = requests_mock.request_history
    assert sent.json() == {"refreshToken": "tlxr_key", "ttlSeconds": 28800}
    assert "tlxr" not in sent.url
    assert "Authorization" not in sent.headers


@pytest.mark.parametrize(("asked", "sent"), [(1, 300), (300, 300), (3600, 3600), (86400, 28800)])
def test_a_session_of_a_company_key_has_a_length_that_is_accepted(asked: int, sent: int) -> None:
    grant = RefreshGrant("tlxr_key", seconds=asked)
    now = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    assert grant.body(now)["ttlSeconds"] == sent
    assert grant.ends(now) == now + timedelta(seconds=sent)


def test_a_short_session_is_used_for_half_its_life(
    transport: Transport, requests_mock: Mocker
) -> None:
    requests_mock.post(REFRESH, [session_answer("first"), session_answer("second")])
    now = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    session = TokenSession(transport, RefreshGrant("tlxr_key", seconds=300), clock=lambda: now)
    assert session.token() == "first"
    now += timedelta(seconds=149)
    assert session.token() == "first"
    now += timedelta(seconds=2)
    assert session.token() == "second"


@pytest.mark.parametrize(
    "answer",
    [
        {"value": {"token": "short"}},
        {"token": "short"},
        {"value": None, "token": "short"},
        {"value": {"token": ""}, "token": "short"},
    ],
)
def test_a_session_token_may_stand_bare(
    transport: Transport, requests_mock: Mocker, answer: dict[str, Any]
) -> None:
    requests_mock.post(REFRESH, json=answer)
    assert TokenSession(transport, RefreshGrant("tlxr_key")).token() == "short"


@pytest.mark.parametrize("answer", [{}, {"value": None}, {"value": {"token": None}}, {"token": 7}])
def test_an_answer_without_a_session_token_is_one_sentence(
    transport: Transport, requests_mock: Mocker, answer: dict[str, Any]
) -> None:
    requests_mock.post(REFRESH, json=answer)
    with pytest.raises(AuthenticationError, match="no session token"):
        TokenSession(transport, RefreshGrant("tlxr_key")).token()
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ("claims", "answer", "said"),
    [
        ({"exp": 1767225600}, error(401, 3000, "Unauthorized"), "expired on 2026-01-01"),
        ({"exp": 4102444800}, error(401, 3000, "Unauthorized"), "does not accept the company key"),
        ({}, error(422, 18000, "Nøkkelen er ugyldig"), "does not accept the company key"),
        ({"exp": "soon"}, error(404, 6000, "Not found"), "does not accept the company key"),
        ({"exp": 1e300}, error(403, 9000, "No"), "does not accept the company key"),
        ({}, error(400, 4000, "HTTP 405 Method Not Allowed"), "No sessions are made of company"),
        ({}, {"status_code": 405, "text": "<html>"}, "No sessions are made of company keys"),
    ],
)
def test_a_refused_company_key_has_a_sentence_of_its_own_and_is_in_no_url(
    transport: Transport,
    requests_mock: Mocker,
    claims: dict[str, Any],
    answer: dict[str, Any],
    said: str,
) -> None:
    key = company_key(**claims)
    requests_mock.post(REFRESH, **answer)
    now = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    session = TokenSession(transport, RefreshGrant(key), clock=lambda: now)
    with pytest.raises(AuthenticationError, match=said) as caught:
        session.token()
    assert "consumer_token" not in str(caught.value)
    assert key not in str(caught.value)
    (sent,) = requests_mock.request_history
    assert sent.method == "POST"
    assert sent.query == ""


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({"company": {"id": 7}}, Identity(7, None)),
        ({"companyId": 7}, Identity(7, None)),
        ({"companyId": None, "company": {"id": 7}, "employee": {"id": 5}}, Identity(7, 5)),
        ({"companyId": 0, "company": {"id": 7}, "employeeId": 0}, Identity(7, None)),
        ({"companyId": "7", "employeeId": "x", "employee": "x"}, Identity(7, None)),
    ],
)
def test_who_am_i_of_a_company_key_may_say_little(
    session: TokenSession, logged_in: Mocker, who: dict[str, Any], expected: Identity
) -> None:
    logged_in.get(f"{API}/token/session/%3EwhoAmI", json={"value": who})
    assert session.identity() == expected


@pytest.mark.parametrize("who", [{}, {"value": None}, {"value": {"companyId": True}}, {"value": 7}])
def test_who_am_i_without_a_company_is_one_sentence(
    session: TokenSession, logged_in: Mocker, who: dict[str, Any]
) -> None:
    logged_in.get(f"{API}/token/session/%3EwhoAmI", json=who)
    with pytest.raises(AuthenticationError, match="does not say which company"):
        session.identity()


def test_who_am_i(session: TokenSession, logged_in: Mocker) -> None:
    who = {"employeeId": 5, "actualEmployeeId": 6, "companyId": 7, "company": {"id": 7}}
    logged_in.get(f"{API}/token/session/%3EwhoAmI", json={"value": who})
    assert session.identity() == Identity(company_id=7, employee_id=5)


def test_who_am_i_survives_a_session_that_has_just_ended(
    session: TokenSession, requests_mock: Mocker
) -> None:
    requests_mock.post(CREATE, [session_answer("old"), session_answer("new")])
    who = {"employeeId": 5, "companyId": 7}
    answers = [error(401, 3000, "Unauthorized"), {"json": {"value": who}}]
    requests_mock.get(f"{API}/token/session/%3EwhoAmI", answers)
    assert session.identity().company_id == 7


def test_the_session_is_deleted_at_the_end(session: TokenSession, logged_in: Mocker) -> None:
    logged_in.delete(f"{API}/token/session/session-secret", status_code=204)
    session.token()
    session.close()
    session.close()
    assert [request.method for request in logged_in.request_history] == ["POST", "DELETE"]


def test_a_session_that_was_never_made_is_not_ended(
    session: TokenSession, logged_in: Mocker
) -> None:
    session.close()
    assert logged_in.call_count == 0


def test_a_session_that_cannot_be_deleted_is_no_failure(
    session: TokenSession, logged_in: Mocker
) -> None:
    logged_in.delete(f"{API}/token/session/session-secret", **error(401, 3000, "Unauthorized"))
    session.token()
    session.close()
