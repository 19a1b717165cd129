"""Many companies in one run: their order, and what happens to one of them."""

from __future__ import annotations

import contextlib
import io
import threading
from concurrent.futures import wait
from datetime import datetime, timezone
from itertools import groupby
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from tap_tripletex.api.auth import RefreshGrant
from tap_tripletex.reading.lookahead import Lookahead
from tap_tripletex.sandbox import (
    ACCOUNTANT_TOKEN,
    CONSUMER_TOKEN,
    REFRESH_TOKEN,
    Fault,
    Sandbox,
)
from tap_tripletex.tap import TapTripletex
from tests.conftest import mounted
from tests.test_tap import Run, catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = {
    "api_url": "sandbox://",
    "consumer_token": CONSUMER_TOKEN,
    "employee_token": ACCOUNTANT_TOKEN,
    "company_ids": "all",
}
STREAMS = {"departments": "Department", "customers": "Customer", "products": "Product"}


@pytest.fixture(scope="module")
def office() -> Sandbox:
    return Sandbox(companies=5, vouchers_per_day=0.01, rate_limit=None)


@pytest.fixture(autouse=True)
def _repaired(office: Sandbox) -> Iterator[None]:
    yield
    office.faults.clear()
    office.requests.clear()


def read(office: Sandbox, state: dict[str, Any] | None = None) -> tuple[TapTripletex, Run]:
    made = TapTripletex(config=CONFIG, catalog=catalog(*STREAMS, "sync_windows"), state=state)
    tap = mounted(made, office)
    output = io.BytesIO()
    text = io.TextIOWrapper(output, encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(text):
        tap.run()
        tap.close()
    return tap, Run(output.getvalue().decode())


def rows(run: Run, stream: str, company_id: int) -> set[int]:
    return {row["id"] for row in run.records(stream) if row["company_id"] == company_id}


def test_companies_are_read_one_after_another_and_a_schema_is_said_once(office: Sandbox) -> None:
    tap, first = read(office)
    assert not any(bookmark.get("partitions") for bookmark in tap.state["bookmarks"].values())
    parts = first.state["bookmarks"]["departments"]["partitions"]
    assert len(parts) == len(office.companies)
    records = [m["record"] for m in first.of_type("RECORD") if m["stream"] in STREAMS]
    order = [company_id for company_id, _ in groupby(row["company_id"] for row in records)]
    assert sorted(order) == [company.id for company in office.companies]
    schemas = [message["stream"] for message in first.of_type("SCHEMA")]
    assert sorted(schemas) == sorted({*STREAMS, "sync_windows"})

    for company in office.companies[1:3]:
        company.add("Department", name="Ny")
    _, second = read(office, first.state)
    changed = {row["company_id"] for row in second.records("departments")}
    assert changed == {company.id for company in office.companies[1:3]}
    assert [m["stream"] for m in second.of_type("SCHEMA")].count("departments") == 1


def test_companies_that_fail_are_named_once_and_the_next_run_heals(office: Sandbox) -> None:
    revoked, slow, garbage = (company.id for company in office.companies[:3])
    office.faults = [
        Fault("unauthorized", "/", company=revoked, times=None),
        Fault("slow", "/", company=slow, times=None, delay_ms=30),
        Fault("truncated", "/", company=garbage, times=None),
    ]
    looked: list[bool] = []
    take = Lookahead.take

    def taken(self: Lookahead[Any], turn: tuple[str, int]) -> Any:
        looked.append(any(turn == begun for begun, _ in self._begun))
        return take(self, turn)

    with patch.object(Lookahead, "take", taken):
        tap, first = read(office)
    assert tap.report.failed
    fatal = [(t.stream, t.company_id) for t in tap.report.troubles if t.fatal]
    assert sorted(fatal, key=str) == [(None, revoked), (None, garbage)]
    assert looked.count(False) == 1  # the first: the others went on being begun ahead
    good = [company for company in office.companies if company.id not in {revoked, garbage}]
    for stream, entity in STREAMS.items():
        for company in good:
            assert rows(first, stream, company.id) == {*company.table(entity).rows}
        assert {row["company_id"] for row in first.records(stream)} == {c.id for c in good}
    # Nothing but the first question is asked in a company that is lost.
    assert {r["path"] for r in office.requests if r["company"] == garbage} == {
        "/employee/entitlement"
    }

    office.faults.clear()
    tap, second = read(office, first.state)
    assert not tap.report.failed
    for stream, entity in STREAMS.items():
        for company in office.companies:
            ids = set() if company in good else {*company.table(entity).rows}
            assert rows(second, stream, company.id) == ids


def test_a_company_that_does_not_answer_lets_others_go_first(office: Sandbox) -> None:
    connection = mounted(TapTripletex(config=CONFIG), office).connection
    first, slow, *others = [*connection.companies, connection.own]
    answered = threading.Event()
    with patch.object(connection, "_herald", lambda company: company is slow and answered.wait()):
        turns = connection.in_turn()
        assert next(turns) is first
        wait(connection._asked[company] for company in others)
        assert list(turns) == [*others, slow]
    answered.set()
    connection.close()


def test_a_long_run_has_a_new_session_before_the_last_one_ends() -> None:
    time = [datetime(2026, 6, 1, tzinfo=timezone.utc).timestamp()]
    sandbox = Sandbox(vouchers_per_day=0.01, rate_limit=None, clock=lambda: time[0])
    handle = sandbox.handle

    def slowly(*request: Any) -> Any:
        time[0] += 60
        return handle(*request)

    selected = catalog("balance_sheet", "ledger_accounts", "open_postings")
    config = {"api_url": "sandbox://", "refresh_token": REFRESH_TOKEN, "max_concurrency": 2}
    tap = mounted(TapTripletex(config=config, catalog=selected), sandbox)
    session = tap.connection.session
    session.grant = RefreshGrant(REFRESH_TOKEN, seconds=3600)
    session._clock = lambda: datetime.fromtimestamp(time[0], timezone.utc)
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(output), patch.object(sandbox, "handle", slowly):
        tap.run()
        tap.close()
    assert not tap.report.failed
    assert sandbox.sessions._made > 2
    assert {entry["status"] for entry in sandbox.requests} <= {200, 201, 204, 304}
