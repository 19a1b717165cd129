"""What ends a run early is said once, costs no storm of requests, and loses no state."""

from __future__ import annotations

import json
import logging
import signal
from base64 import b64decode
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_tripletex import connection as module
from tap_tripletex.api.auth import OSLO
from tap_tripletex.api.circuit_breaker import MOST_UNANSWERED
from tap_tripletex.api.transport import TRIES
from tap_tripletex.connection import SANDBOX_ADDRESS, Connection
from tap_tripletex.sandbox import Sandbox, SandboxAdapter
from tap_tripletex.settings import read_settings
from tap_tripletex.tap import TapTripletex
from tests.test_settings import DEFAULTS
from tests.test_tap import OFFICE, Run, catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest, Response

THREADS = 2
STREAMS = ("departments", "employees", "customers", "products", "postings", "vouchers", "projects")


class Wire(SandboxAdapter):
    """Carries requests to a sandbox, but for those that a test answers itself."""

    def __init__(
        self, sandbox: Sandbox, instead: Callable[[int, PreparedRequest], Response | None]
    ) -> None:
        super().__init__(sandbox)
        self.instead = instead
        self.sent: list[PreparedRequest] = []

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        self.sent.append(request)
        answer = self.instead(len(self.sent), request)
        return super().send(request, *args, **options) if answer is None else answer

    @property
    def logins(self) -> int:
        return sum(":create" in str(request.url) for request in self.sent)


def unauthorized(wire: Wire, request: PreparedRequest) -> Response:
    """Answer as Tripletex does when a session or a token is not good."""
    answer = SandboxAdapter.send(wire, requests.Request("GET", f"{SANDBOX_ADDRESS}/x").prepare())
    assert answer.status_code == requests.codes.unauthorized
    answer.request = request
    return answer


def run(
    capfd: pytest.CaptureFixture[str], wire: Wire, state: dict[str, Any] | None = None
) -> tuple[TapTripletex, Run]:
    config = {**OFFICE, "max_concurrency": THREADS, "full_refresh_days": 0}
    tap = TapTripletex(config=config, catalog=catalog(*STREAMS), state=state)
    tap.connection.transport._session.mount(SANDBOX_ADDRESS, wire)
    tap.connection.transport._pause = 0.0
    capfd.readouterr()
    tap.finish(tap.run)
    return tap, Run(capfd.readouterr().out)


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]


def keys(found: Run, stream: str) -> set[tuple[int, int]]:
    return {(record["company_id"], record["id"]) for record in found.records(stream)}


def test_a_server_that_goes_down_is_named_once_and_the_next_run_goes_on(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sandbox = Sandbox(companies=3, rate_limit=None)
    down_from = 30

    def instead(number: int, _: PreparedRequest) -> None:
        if number > down_from:
            raise requests.exceptions.ConnectionError

    wire = Wire(sandbox, instead)
    tap, first = run(capfd, wire)
    assert tap.report.failed
    most = MOST_UNANSWERED + 3 * THREADS  # those that were under way when it was noticed
    assert len(wire.sent) - down_from <= most * TRIES
    down = [text for text in failures(caplog) if "requests in a row" in text]
    assert len(down) == 1
    assert len(failures(caplog)) <= MOST_UNANSWERED + 1
    assert first.messages[-1]["type"] == "STATE"
    _, second = run(capfd, Wire(sandbox, lambda *_: None), first.state)
    _, whole = run(capfd, Wire(sandbox, lambda *_: None))
    for stream in STREAMS:
        assert keys(first, stream) | keys(second, stream) == keys(whole, stream)
    assert any(keys(second, stream) < keys(whole, stream) for stream in STREAMS)


def test_tokens_that_are_revoked_while_a_run_reads_are_tried_once_more(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    revoked_from = 30

    def instead(number: int, request: PreparedRequest) -> Response | None:
        return unauthorized(wire, request) if number > revoked_from else None

    wire = Wire(Sandbox(companies=3, rate_limit=None), instead)
    tap, found = run(capfd, wire)
    assert tap.report.failed
    assert wire.logins == 2
    assert len(wire.sent) - revoked_from <= 5 * THREADS
    (said,) = failures(caplog)
    assert "Tripletex does not accept the tokens" in said
    assert found.messages[-1]["type"] == "STATE"


def test_a_company_that_refuses_every_session_is_named_once_and_the_others_are_read(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sandbox = Sandbox(companies=3, rate_limit=None)
    closed = sandbox.companies[-1].id

    def instead(_: int, request: PreparedRequest) -> Response | None:
        kind, _, code = request.headers.get("Authorization", "").partition(" ")
        user = b64decode(code).decode().partition(":")[0] if kind == "Basic" else ""
        return unauthorized(wire, request) if user == str(closed) else None

    wire = Wire(sandbox, instead)
    tap, found = run(capfd, wire)
    assert tap.report.failed
    assert wire.logins <= 2 + THREADS
    (said,) = failures(caplog)
    assert said.startswith(f"Failed: company (company {closed}). ")
    assert {company for company, _ in keys(found, "departments")} == {
        company.id for company in sandbox.companies if company.id != closed
    } - {tap.connection.own.id}


def connected() -> Connection:
    return Connection(read_settings(DEFAULTS | {"api_url": "sandbox://"}, "test"))


def test_what_threads_share_is_made_once() -> None:
    connection = connected()
    assert connection.pool is connection.pool
    assert {"pool", "scouts", "_began"} <= vars(connection).keys()
    with connection.scouts as threads:
        found = list(threads.map(lambda _: id(connection.completeness), range(16)))
    assert len(set(found)) == 1
    logins = [r for r in log_of(connection) if r["path"].endswith(":create")]
    asked = [r for r in log_of(connection) if "whoAmI" in r["path"]]
    assert (len(logins), len(asked)) == (1, 1)
    connection.close()


def log_of(connection: Connection) -> list[dict[str, Any]]:
    adapter = connection.transport._session.get_adapter(f"{SANDBOX_ADDRESS}/x")
    found: list[dict[str, Any]] = list(adapter.sandbox.requests)  # type: ignore[attr-defined]
    return found


def test_threads_are_ended_that_have_not_begun() -> None:
    connection = connected()
    connection.close()
    assert connection.pool.submit(print).cancelled()


@pytest.mark.parametrize("end", ["2026-11-26T00:00:01", "2027-01-01T00:00:01"])
def test_a_run_has_one_day_whatever_it_ends_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], end: str
) -> None:
    """A horizon that moved in between would leave a gap between one slice and the next."""
    after = datetime.fromisoformat(end).replace(tzinfo=OSLO)
    before = after.replace(year=2026, month=after.month if after.day != 1 else 12)
    began = before.replace(day=25 if after.day != 1 else 31, hour=23, minute=59, second=59)
    now = [began]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return now[0].astimezone(tz)

    monkeypatch.setattr(module, "datetime", Clock)

    def instead(number: int, _: PreparedRequest) -> None:
        if number > 5:
            now[0] = after

    sandbox = Sandbox(companies=1, rate_limit=None, today=began.date())
    wire = Wire(sandbox, instead)
    tap, _ = run(capfd, wire)
    assert tap.connection.today == began.date()
    assert not tap.report.failed
    text = json.dumps([str(request.url) for request in wire.sent])
    horizon = tap.connection.calendar(tap.connection.companies[0]).horizon
    assert (horizon - began.date()).days == 400
    assert str(after.year + 3) not in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_run_is_no_success(
    number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    handlers = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        TapTripletex(config={"api_url": "sandbox://"}, state={"bookmarks": {}})
        with pytest.raises(SystemExit) as end:
            signal.raise_signal(number)
    finally:
        for n, handler in handlers.items():
            signal.signal(n, handler)
    assert end.value.code == 1
    assert capfd.readouterr().out == ""
