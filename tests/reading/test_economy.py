"""How few requests a run makes, of all streams that are on."""

from __future__ import annotations

import contextlib
import io
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tap_tripletex.sandbox import Sandbox
from tap_tripletex.sandbox.answers.endpoints import ENDPOINTS, Endpoint
from tap_tripletex.tap import TapTripletex
from tests.conftest import mounted

WITHOUT_CHECKSUM = (
    "/ledger/voucher",
    "/ledger/closeGroup",
    "/invoice",
    "/invoice/details",
    "/order",
    "/reminder",
    "/timesheet/entry",
    "/timesheet/timeClock",
    "/timesheet/allocated",
    "/timesheet/salaryTypeSpecification",
)


class Runs:
    """Runs of the default streams, each from the state of the one before."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.state: dict[str, Any] = {}
        self.tap = TapTripletex(config={"api_url": "sandbox://"})

    def run(self, days: int = 0, **config: Any) -> list[dict[str, Any]]:
        """Run, so many days later; return the messages."""
        self.sandbox.requests.clear()
        tap = TapTripletex(config={"api_url": "sandbox://", **config}, state=self.state)
        tap.connection._began += timedelta(days=days)
        self.tap = mounted(tap, self.sandbox)
        output = io.BytesIO()
        text = io.TextIOWrapper(output, "utf-8", write_through=True)
        with contextlib.redirect_stdout(text):
            tap.run()
            tap.close()
        messages = [json.loads(line) for line in output.getvalue().splitlines()]
        self.state = [m["value"] for m in messages if m["type"] == "STATE"][-1]
        return [m for m in messages if m["type"] == "RECORD"]

    def asked(self, path: str) -> int:
        return sum(entry["path"] == path for entry in self.sandbox.requests)


@pytest.fixture(scope="module")
def runs() -> Runs:
    runs = Runs(Sandbox(vouchers_per_day=0.1, rate_limit=None))
    assert runs.run()
    return runs


def test_an_unchanged_run_asks_less_than_one_question_a_stream(runs: Runs) -> None:
    assert runs.run() == []
    selected = [stream for stream in runs.tap.streams.values() if stream.selected]
    assert len(selected) > 130
    assert len(runs.sandbox.requests) < len(selected)
    assert {entry["status"] for entry in runs.sandbox.requests} <= {200, 201, 204, 304}


def test_children_are_not_asked_for_while_their_parents_are_the_same(runs: Runs) -> None:
    runs.run()
    assert runs.asked("/bank/statement") == 1
    assert runs.asked("/employee/employment") == 0
    assert runs.asked("/project/orderline") == 0
    company = runs.sandbox.company()
    project = company.rows("Project")[0]
    company.edit("Project", project["id"], name="Nytt navn")
    runs.run()
    assert runs.asked("/project/orderline") == len(company.rows("Project"))
    assert runs.asked("/employee/employment") == 0


def test_what_hardly_ever_changes_has_its_turn_within_the_week(runs: Runs) -> None:
    runs.run()
    assert runs.asked("/country") == 0
    turns = [bool(runs.run(days) and runs.asked("/country")) for days in range(1, 8)]
    assert sum(turns) == 1
    runs.run(full_refresh_days=0)
    assert runs.asked("/country") == 1


def test_what_was_refused_is_not_asked_for_until_the_rights_change() -> None:
    runs = Runs(Sandbox(vouchers_per_day=0.1, rate_limit=None))
    runs.sandbox.forbid("/reminder")
    runs.run()
    assert runs.asked("/reminder") > 0
    runs.run()
    assert runs.asked("/reminder") == 0
    (trouble,) = [t for t in runs.tap.report.troubles if t.stream == "reminders"]
    assert not trouble.fatal
    assert "was refused on" in trouble.reason
    runs.run(days=7)
    assert runs.asked("/reminder") > 0
    runs.sandbox.allow("/reminder")
    runs.run(days=14)
    assert runs.asked("/reminder") > 0
    assert not [t for t in runs.tap.report.troubles if t.stream == "reminders"]


@pytest.fixture(scope="module")
def usual() -> Runs:
    """Return a company of the usual size, read once."""
    runs = Runs(Sandbox(rate_limit=None))
    assert runs.run()
    return runs


def test_the_first_run_of_a_small_company_asks_for_no_month_that_it_does_not_need() -> None:
    runs = Runs(Sandbox(rate_limit=None))
    runs.run()
    assert len(runs.sandbox.requests) <= 400
    once = ("/ledger/voucher", "/invoice/details", "/reminder", "/timesheet/entry")
    for path in once:
        reads = [r for r in runs.sandbox.requests if r["path"] == path and "sorting" in r["params"]]
        assert len(reads) == 1, path


def test_an_unchanged_run_takes_few_requests(usual: Runs) -> None:
    assert usual.run() == []
    assert len(usual.sandbox.requests) <= 110


def test_an_unchanged_run_takes_few_requests_where_lists_have_no_checksum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for path in WITHOUT_CHECKSUM:
        own = ENDPOINTS.get(path, Endpoint())
        monkeypatch.setitem(ENDPOINTS, path, own._replace(digest="Checksum not yet supported"))
    runs = Runs(Sandbox(rate_limit=None))
    runs.run()
    assert runs.run() == []
    assert len(runs.sandbox.requests) <= 130


def test_lists_of_reference_have_their_turn_once_in_reference_days(usual: Runs) -> None:
    usual.run(days=1, reference_days=7)  # a year comes into sight
    asked: Counter[str] = Counter()
    for days in range(2, 9):
        usual.run(days=days, reference_days=7, full_refresh_days=0)
        asked.update({entry["path"] for entry in usual.sandbox.requests})
    reference = {s.path for s in usual.tap.streams.values() if getattr(s, "reference", False)}
    assert len(reference) > 65
    assert {path: asked[path] for path in reference if asked[path] != 1} == {
        "/company/{id}": 0,  # under the company's own path
        "/company/salesmodules": 7,  # the tap's own question
        "/ledger/annualAccount": 2,
        "/asset/{id}/postings": 0,  # their parents are the same
        "/employee/employment": 0,
        "/employee/standardTime": 0,
        "/inventory/stocktaking/productline": 0,
    }
    each_run = (
        "/ledger/voucher",
        "/ledger/account",
        "/employee/entitlement",
        "/token/session/>whoAmI",
    )
    assert {path: asked[path] for path in each_run} == dict.fromkeys(each_run, 7)


def test_where_reference_days_is_set_a_run_takes_half_of_the_requests(usual: Runs) -> None:
    requests = []
    for days in range(9, 16):
        usual.run(days=days, reference_days=7, full_refresh_days=365)
        requests.append(len(usual.sandbox.requests))
    assert sum(requests) / 7 <= 50


def test_what_was_never_read_does_not_wait_for_its_turn() -> None:
    runs = Runs(Sandbox(vouchers_per_day=0.1, rate_limit=None))
    runs.run(reference_days=7)
    assert runs.asked("/department") == 1
    runs.run(reference_days=7)
    assert runs.asked("/department") == 0
