from __future__ import annotations

import base64
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec
import pytest

from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox.answers.wire import Response

TODAY = date(2026, 6, 1)


class Api:
    """A client of one sandbox that is logged in and reads JSON."""

    def __init__(self, sandbox: Sandbox, token: str = EMPLOYEE_TOKEN, user: str = "0") -> None:
        self.sandbox = sandbox
        body = {
            "consumerToken": CONSUMER_TOKEN,
            "employeeToken": token,
            "expirationDate": "2100-01-01",
        }
        made = sandbox.handle("POST", "/v2/token/session/:create", {}, msgspec.json.encode(body))
        assert made.status == 201
        self.token = msgspec.json.decode(made.body)["value"]["token"]
        self.user = user

    def send(
        self,
        path: str,
        headers: dict[str, str] | None = None,
        user: str | None = None,
        **params: Any,
    ) -> Response:
        selector = self.user if user is None else user
        basic = base64.b64encode(f"{selector}:{self.token}".encode()).decode()
        query = f"?{urlencode(params)}" if params else ""
        target = quote(path, safe="/:") + query
        return self.sandbox.handle(
            "GET", target, {"Authorization": f"Basic {basic}", **(headers or {})}
        )

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        response = self.send(path, **params)
        assert response.status == 200, response.body
        return msgspec.json.decode(response.body)  # type: ignore[no-any-return]

    def values(self, path: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(path, count=1000, **params, **{"from": len(found)})["values"]
            found += page
            if len(page) != 1000:
                return found

    def error(self, path: str, **params: Any) -> tuple[int, int, dict[str, Any]]:
        response = self.send(path, **params)
        body = msgspec.json.decode(response.body)
        assert set(body) == {
            "status",
            "code",
            "message",
            "link",
            "developerMessage",
            "validationMessages",
            "requestId",
        }
        assert body["requestId"] == response.headers["x-tlx-request-id"]
        return response.status, body["code"], body


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """Return a sandbox that tests only read."""
    return Sandbox(today=TODAY, rate_limit=None)


@pytest.fixture(scope="session")
def api(sandbox: Sandbox) -> Api:
    return Api(sandbox)


@pytest.fixture
def fresh() -> Sandbox:
    """Return a sandbox that a test may change."""
    return Sandbox(today=TODAY, rate_limit=None)


@pytest.fixture
def build() -> Callable[..., Sandbox]:
    def make(**settings: Any) -> Sandbox:
        return Sandbox(**{"today": TODAY, "rate_limit": None, **settings})

    return make
