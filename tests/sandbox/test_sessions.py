from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tap_tripletex.sandbox import (
    ACCOUNTANT_TOKEN,
    CONSUMER_TOKEN,
    EMPLOYEE_TOKEN,
    REFRESH_TOKEN,
    Sandbox,
)
from tap_tripletex.sandbox.tables.days import oslo_midnight
from tests.sandbox.conftest import TODAY, Api

if TYPE_CHECKING:
    from collections.abc import Callable

CREATE = "/v2/token/session/:create"


def post(sandbox: Sandbox, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    response = sandbox.handle("POST", path, {}, msgspec.json.encode(body))
    return response.status, msgspec.json.decode(response.body)


def read(sandbox: Sandbox, token: str, user: str = "0") -> int:
    basic = base64.b64encode(f"{user}:{token}".encode()).decode()
    return sandbox.handle("GET", "/v2/currency", {"Authorization": f"Basic {basic}"}).status


def create(sandbox: Sandbox, **changes: Any) -> tuple[int, dict[str, Any]]:
    body = {
        "consumerToken": CONSUMER_TOKEN,
        "employeeToken": EMPLOYEE_TOKEN,
        "expirationDate": "2026-06-03",
        **changes,
    }
    return post(sandbox, CREATE, **{k: v for k, v in body.items() if v is not None})


@pytest.fixture
def clocked() -> tuple[Sandbox, list[float]]:
    now = [datetime(2026, 6, 1, 10, tzinfo=timezone.utc).timestamp()]
    return Sandbox(today=TODAY, rate_limit=None, clock=lambda: now[0]), now


def test_a_token_dies_at_the_start_of_its_last_date_in_oslo(
    clocked: tuple[Sandbox, list[float]],
) -> None:
    sandbox, now = clocked
    status, body = create(sandbox)
    token = body["value"]["token"]
    assert status == 201
    assert body["value"]["expirationDate"] == "2026-06-03"
    now[0] = oslo_midnight(datetime(2026, 6, 3, tzinfo=timezone.utc).date()) - 1
    assert read(sandbox, token) == 200
    now[0] += 1
    assert read(sandbox, token) == 401


def test_a_token_that_expires_today_is_made_and_dead(
    clocked: tuple[Sandbox, list[float]],
) -> None:
    sandbox, _ = clocked
    status, body = create(sandbox, expirationDate="2026-06-01")
    assert status == 201
    assert read(sandbox, body["value"]["token"]) == 401


def test_put_with_a_query_answers_200(fresh: Sandbox) -> None:
    query = f"consumerToken={CONSUMER_TOKEN}&employeeToken={EMPLOYEE_TOKEN}"
    query = query.replace("=", "%3D").replace("Token%3D", "Token=")
    response = fresh.handle("PUT", f"{CREATE}?{query}&expirationDate=2100-01-01")
    assert response.status == 200
    assert read(fresh, msgspec.json.decode(response.body)["value"]["token"]) == 200


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"expirationDate": None}, 422, 18000),
        ({"expirationDate": "soon"}, 422, 18000),
        ({"consumerToken": "x"}, 422, 18000),
        ({"employeeToken": "x"}, 404, 6000),
    ],
)
def test_a_bad_request_for_a_session(
    fresh: Sandbox, changes: dict[str, Any], status: int, code: int
) -> None:
    found, body = create(fresh, **changes)
    assert (found, body["code"]) == (status, code)
    if status == 422:
        assert body["validationMessages"][0]["field"]


def test_sessions_live_side_by_side_and_end_one_by_one(fresh: Sandbox) -> None:
    first, second = (
        create(fresh, expirationDate="2100-01-01")[1]["value"]["token"] for _ in range(2)
    )
    assert first != second
    assert fresh.handle("DELETE", f"/v2/token/session/{first}").status == 204
    assert (read(fresh, first), read(fresh, second)) == (401, 200)
    assert fresh.handle("DELETE", f"/v2/token/session/{first}").status == 404


def test_a_session_of_a_company_key_lives_five_minutes_to_eight_hours(fresh: Sandbox) -> None:
    path = "/v2/token/session/:createFromRefreshToken"
    status, body = post(fresh, path, refreshToken=REFRESH_TOKEN, ttlSeconds=28800)
    assert status == 201
    assert read(fresh, body["value"]["token"]) == 200
    assert post(fresh, path, refreshToken=REFRESH_TOKEN, ttlSeconds=28801)[0] == 422
    assert post(fresh, path, refreshToken=REFRESH_TOKEN, ttlSeconds=299)[0] == 422
    assert post(fresh, path, refreshToken="x", ttlSeconds=300)[0] == 401


def test_company_selectors_of_a_plain_token(build: Callable[..., Sandbox]) -> None:
    sandbox = build(companies=2)
    api = Api(sandbox)
    own, other = (str(company.id) for company in sandbox.companies)
    assert [api.send("/currency", user=user).status for user in ("", "0", own, other)] == [
        200,
        200,
        200,
        401,
    ]
    assert api.get("/company/>withLoginAccess")["values"] == []
    assert api.get("/token/session/>whoAmI")["value"]["companyId"] == int(own)


def test_an_accountant_reads_clients_by_the_id_of_the_list(build: Callable[..., Sandbox]) -> None:
    sandbox = build(companies=3)
    api = Api(sandbox, ACCOUNTANT_TOKEN)
    status, code, body = api.error("/ledger/account")
    assert (status, code) == (403, 9000)
    assert body["message"].startswith("Company owned users(employeeToken) can only access")
    clients = api.values("/company/>withLoginAccess", fields="id,name,customerCompanyId")
    assert [client["id"] for client in clients] == [c.id for c in sandbox.companies]
    assert {client["customerCompanyId"] for client in clients}.isdisjoint(
        {client["id"] for client in clients},
    )
    for client in clients:
        user = str(client["id"])
        found = msgspec.json.decode(api.send(f"/company/{user}", user=user).body)
        assert found["value"]["name"] == client["name"]
    assert api.send("/currency", user=str(clients[0]["customerCompanyId"])).status == 401


def test_another_office_opens_its_own_clients_only(build: Callable[..., Sandbox]) -> None:
    sandbox = build(companies=3)
    ids = [company.id for company in sandbox.companies]
    api = Api(sandbox, sandbox.add_accountant_token([0, 2]))
    clients = api.values("/company/>withLoginAccess", fields="id")
    assert [client["id"] for client in clients] == [ids[0], ids[2]]
    assert [api.send("/currency", user=str(id_)).status for id_ in ids] == [200, 401, 200]
    assert api.error("/ledger/account")[:2] == (403, 9000)


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic !", "Basic eA==", "Basic MDp4"])
def test_bad_credentials(sandbox: Sandbox, header: str) -> None:
    response = sandbox.handle("GET", "/v2/currency", {"Authorization": header})
    assert (response.status, msgspec.json.decode(response.body)["code"]) == (401, 3000)


def test_the_log_never_holds_a_token(fresh: Sandbox) -> None:
    api = Api(fresh)
    api.get("/currency")
    fresh.handle("PUT", f"{CREATE}?consumerToken=secret-a&employeeToken=secret-b")
    fresh.handle("DELETE", "/v2/token/session/secret-c")
    assert "secret" not in str(fresh.requests)
    assert fresh.requests[1]["path"] == "/currency"
    assert fresh.requests[1]["rows"] == 7


def test_a_raw_action_character_is_refused(api: Api) -> None:
    basic = base64.b64encode(f"0:{api.token}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    for path, status in (("%3EwhoAmI", 200), (">whoAmI", 400)):
        assert api.sandbox.handle("GET", f"/v2/token/session/{path}", headers).status == status
