from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from tap_tripletex.sandbox import (
    CONSUMER_TOKEN,
    EMPLOYEE_TOKEN,
    Fault,
    Sandbox,
    SandboxAdapter,
    serve,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKENS = {
    "consumerToken": CONSUMER_TOKEN,
    "employeeToken": EMPLOYEE_TOKEN,
    "expirationDate": "2100-01-01",
}
Client = tuple[requests.Session, str, Sandbox]


def log_in(session: requests.Session, url: str) -> None:
    answer = session.post(f"{url}/token/session/:create", json=TOKENS, timeout=5)
    session.auth = ("0", answer.json()["value"]["token"])


@pytest.fixture(params=["process", "http"])
def client(request: pytest.FixtureRequest, fresh: Sandbox) -> Iterator[Client]:
    with requests.Session() as session:
        if request.param == "process":
            session.mount("https://sandbox.invalid/", SandboxAdapter(fresh))
            log_in(session, "https://sandbox.invalid/v2")
            yield session, "https://sandbox.invalid/v2", fresh
        else:
            with serve(fresh) as server:
                log_in(session, server.url)
                yield session, server.url, fresh


def test_both_ways_answer_the_same(client: Client) -> None:
    session, url, sandbox = client
    answer = session.get(f"{url}/ledger/account", params={"count": 1000}, timeout=5)
    assert answer.status_code == 200
    assert answer.json()["count"] == len(sandbox.company().table("Account"))
    assert answer.headers["x-tlx-request-id"]
    assert session.get(f"{url}/token/session/>whoAmI", timeout=5).status_code == 200
    digest = session.get(f"{url}/customer", headers={"If-None-Match": "x"}, timeout=5)
    known = {"If-None-Match": digest.json()["versionDigest"]}
    unchanged = session.get(f"{url}/customer", headers=known, timeout=5)
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_a_connection_cut_inside_the_body(client: Client) -> None:
    session, url, sandbox = client
    sandbox.faults.append(Fault("cut", path="/ledger/account"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(f"{url}/ledger/account", timeout=5)
    assert session.get(f"{url}/ledger/account", timeout=5).status_code == 200


def test_a_slow_answer_runs_into_the_time_out(client: Client) -> None:
    session, url, sandbox = client
    sandbox.faults.append(Fault("slow", path="/customer", delay_ms=600))
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.get(f"{url}/customer", timeout=(5, 0.1))
    sandbox.faults.append(Fault("slow", path="/customer", delay_ms=30))
    answer = session.get(f"{url}/customer", timeout=5)
    assert answer.status_code == 200


def test_pages_that_the_cache_has_no_room_for_are_rendered_again() -> None:
    with requests.Session() as session:
        session.mount("https://sandbox.invalid/", SandboxAdapter(Sandbox(cache_mb=0)))
        log_in(session, "https://sandbox.invalid/v2")
        pages = [
            session.get(
                "https://sandbox.invalid/v2/ledger/account",
                params={"from": start, "count": 10},
                timeout=5,
            ).content
            for start in (0, 10, 0, 0)
        ]
    assert pages[0] == pages[2] == pages[3] != pages[1]


def test_latency(client: Client) -> None:
    session, url, sandbox = client
    sandbox.latency_ms, sandbox.latency_per_1000_rows_ms = 20, 1000
    answer = session.get(f"{url}/ledger/account", timeout=5)
    assert answer.elapsed.total_seconds() > 0.15


def test_control_from_another_process(client: Client) -> None:
    session, url, sandbox = client
    root = url.removesuffix("/v2")
    fault = {"kind": "server_error_html", "path": "/customer"}
    assert session.post(f"{root}/sandbox/faults", json=[fault], timeout=5).status_code == 201
    assert session.get(f"{url}/customer", timeout=5).status_code == 500
    call = {"method": "back_date", "args": ["2025-02-03"]}
    posted = session.post(f"{root}/sandbox/mutations", json=call, timeout=5).json()
    assert posted["result"] in sandbox.company().table("Voucher").rows
    log = session.get(f"{root}/sandbox/requests", timeout=5).json()
    assert log[-1]["path"] == "/customer"
    bad = {"kind": "nonsense"}
    assert session.post(f"{root}/sandbox/faults", json=bad, timeout=5).status_code == 400
    assert session.get(f"{root}/sandbox/nothing", timeout=5).status_code == 404
    assert session.post(f"{root}/sandbox/reset", json={}, timeout=5).status_code == 204
    assert sandbox.requests == []


def test_the_command_prints_where_it_serves_and_logs_requests(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    log = tmp_path_factory.mktemp("sandbox") / "requests.jsonl"
    options = ["--port", "0", "--today", "2024-03-01", "--request-log", str(log)]
    command = [sys.executable, "-m", "tap_tripletex.sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = dict(process.stdout.readline().split(maxsplit=1) for _ in range(1))
        url = lines["url:"].strip()
        with requests.Session() as session:
            log_in(session, url)
            assert session.get(f"{url}/customer", timeout=5).status_code == 200
        process.terminate()
        process.wait(10)
    assert '"/customer"' in log.read_text()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.test:8765"}, 403),
        ({"Host": "127.0.0.1.evil.test"}, 403),
        ({"Host": ""}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": None}, 415),
        ({"Host": "localhost:8765"}, 204),
        ({"Host": "[::1]:8765", "Content-Type": "application/json; charset=utf-8"}, 204),
    ],
)
def test_a_page_in_a_browser_does_not_control_the_sandbox(
    client: Client, headers: dict[str, str], status: int
) -> None:
    session, url, sandbox = client
    session.get(f"{url}/department", timeout=5)
    sent = {"Content-Type": "application/json", **headers}
    root = url.removesuffix("/v2")
    answer = session.post(f"{root}/sandbox/reset", headers=sent, timeout=5)
    assert answer.status_code == status
    assert (sandbox.requests == []) == (status == 204)
    if status == 403:
        assert session.get(f"{root}/sandbox/requests", headers=sent, timeout=5).status_code == 403
