from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from tap_tripletex.api import redaction
from tap_tripletex.api.auth import Company, EmployeeGrant, TokenSession
from tap_tripletex.api.client import Client
from tap_tripletex.api.rate_limit import RateLimiter
from tap_tripletex.api.transport import Transport
from tap_tripletex.connection import SANDBOX_ADDRESS
from tap_tripletex.sandbox import SandboxAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_mock import Mocker

    from tap_tripletex.sandbox import Sandbox
    from tap_tripletex.tap import TapTripletex

# The tap lets memory be: a run ends with its company. Here, thousands of companies come and go.
gc.set_threshold(10_000)

API = "https://tripletex.test/v2"
COMPANY = Company(107896302, "0")


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    """Undo what the tap does to the process: secrets hidden, log records made, objects kept."""
    make = logging.Logger.makeRecord
    with patch("gc.freeze"):
        yield
    logging.Logger.makeRecord = make  # type: ignore[method-assign]
    redaction.forget()


def mounted(tap: TapTripletex, sandbox: Sandbox) -> TapTripletex:
    """Return a tap that reads a sandbox of the test's own, without pauses."""
    with patch("tap_tripletex.connection._sandbox", return_value=SandboxAdapter(sandbox)):
        tap.connection  # noqa: B018 - made here, so that no other company is made up
    tap.connection.transport._session.mount(SANDBOX_ADDRESS, SandboxAdapter(sandbox))
    tap.connection.transport._pause = 0.0
    return tap


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport(API, RateLimiter(), user_agent="test", connections=2, pause=0.0)
    yield transport
    transport.close()


@pytest.fixture
def session(transport: Transport) -> TokenSession:
    return TokenSession(transport, EmployeeGrant("consumer-secret", "employee-secret"))


@pytest.fixture
def client(transport: Transport, session: TokenSession) -> Client:
    return Client(transport, session)


def session_answer(token: str = "session-secret") -> dict[str, Any]:
    return {"status_code": 201, "json": {"value": {"id": 1, "token": token}}}


@pytest.fixture
def logged_in(requests_mock: Mocker) -> Mocker:
    """Answer the login; the test adds what it reads."""
    requests_mock.post(f"{API}/token/session/:create", **session_answer())
    return requests_mock


def listed(*values: dict[str, Any], digest: str | None = None) -> dict[str, Any]:
    """Return the envelope of a list."""
    return {
        "fullResultSize": len(values),
        "from": 0,
        "count": len(values),
        "versionDigest": digest,
        "values": list(values),
    }


def error(status: int, code: int, message: str | None, **more: Any) -> dict[str, Any]:
    """Return an answer with the API's error body, as requests-mock takes it."""
    body = {
        "status": status,
        "code": code,
        "message": message,
        "link": "https://tripletex.no/v2-docs/",
        "developerMessage": None,
        "validationMessages": None,
        "requestId": "ba8da6a5",
    }
    return {"status_code": status, "json": body | more}
