"""A dated list is one slice while one page holds it, and is cut when it has outgrown that."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from tap_tripletex.reading.plan import Range
from tap_tripletex.reading.slices import Calendar, Cut
from tap_tripletex.reading.state import FOLDED
from tap_tripletex.sandbox import Sandbox
from tests.warehouse import Warehouse

STREAMS = ("vouchers", "postings", "supplier_invoices", "invoice_order_lines")

BY_MONTH = ["..2024-01-01", *(f"{y}-{m:02}" for y in (2024, 2025, 2026) for m in range(1, 13))]


@pytest.fixture(scope="module")
def small() -> Sandbox:
    """Return a company that nothing happens to."""
    return Sandbox(vouchers_per_day=0.1, rate_limit=None)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(vouchers_per_day=0.1, rate_limit=None)


def reads(sandbox: Sandbox, path: str) -> list[tuple[str, str]]:
    """Return the windows whose rows came."""
    return sorted(
        (entry["params"]["dateFrom"], entry["params"]["dateTo"])
        for entry in sandbox.requests
        if entry["path"] == path and "sorting" in entry["params"] and entry["status"] == 200
        if entry["params"]["count"] != "1"
    )


def digests(warehouse: Warehouse, stream: str) -> dict[str, str]:
    (partition,) = warehouse.state["bookmarks"][stream]["partitions"]
    return {key: found for key, found in partition["digests"].items() if key[-1] not in "*/"}


def vouchers(warehouse: Warehouse) -> list[int]:
    return [id_ for (id_,) in warehouse.rows("SELECT id FROM vouchers_current ORDER BY 1")]


def truth(sandbox: Sandbox) -> list[int]:
    return [row["id"] for row in sandbox.company().rows("Voucher")]


def test_a_list_that_one_page_holds_is_one_slice(small: Sandbox) -> None:
    warehouse = Warehouse(small, STREAMS)
    small.requests.clear()
    warehouse.run()
    for stream in STREAMS:
        assert list(digests(warehouse, stream)) == ["..2028-01-01"]
    assert warehouse.rows(
        "SELECT slice, window_start, CAST(window_end AS VARCHAR), control_total IS NOT NULL "
        "FROM sync_windows WHERE stream = 'postings'"
    ) == [("..2028-01-01", None, "2028-01-01", True)]
    small.requests.clear()
    warehouse.run()
    assert warehouse.emitted == {}
    asked = [r["path"] for r in small.requests if r["path"] in {"/invoice", "/supplierInvoice"}]
    assert sorted(asked) == ["/invoice", "/supplierInvoice"]


def test_a_slice_that_has_outgrown_a_page_is_cut_when_it_is_read(sandbox: Sandbox) -> None:
    company = sandbox.company()
    count = len(company.rows("Voucher"))
    warehouse = Warehouse(sandbox, ("vouchers",), page_size=count + 1)
    warehouse.run()
    assert list(digests(warehouse, "vouchers")) == ["..2028-01-01"]
    company.back_date("2026-03-03")
    sandbox.requests.clear()
    warehouse.run()
    assert reads(sandbox, "/ledger/voucher") == [
        ("1900-01-01", "2024-01-01"),
        ("1900-01-01", "2028-01-01"),
        ("2024-01-01", "2025-01-01"),
        ("2025-01-01", "2026-01-01"),
        ("2026-01-01", "2027-01-01"),
        ("2027-01-01", "2028-01-01"),
    ]
    assert warehouse.emitted["vouchers"] == count + 1  # what the page had is emitted once
    assert list(digests(warehouse, "vouchers")) == ["..2024-01-01", "2024", "2025", "2026", "2027"]
    assert vouchers(warehouse) == truth(sandbox)
    gone = company.back_date("2025-05-05")
    warehouse.run()
    company.delete_voucher(gone)
    sandbox.requests.clear()
    warehouse.run()
    assert reads(sandbox, "/ledger/voucher") == [("2025-01-01", "2026-01-01")]
    assert warehouse.rows("SELECT id FROM vouchers_deleted") == [(gone,)]
    warehouse.run()
    assert warehouse.emitted == {}


def test_what_the_api_calls_too_large_is_cut_as_well(sandbox: Sandbox) -> None:
    sandbox.row_caps["/ledger/voucher"] = 300
    warehouse = Warehouse(sandbox, ("vouchers",))
    warehouse.run()
    assert vouchers(warehouse) == truth(sandbox)
    found = list(digests(warehouse, "vouchers"))
    assert set(found) <= {*BY_MONTH, "2024", "2025", "2026", "2027"}
    sandbox.requests.clear()
    warehouse.run()
    warehouse.run()
    assert warehouse.emitted == {}
    assert 422 not in {r["status"] for r in sandbox.requests if "sorting" in r["params"]}


def test_of_a_large_company_no_page_is_read_in_vain(small: Sandbox) -> None:
    warehouse = Warehouse(small, STREAMS, page_size=200)
    small.requests.clear()
    warehouse.run()
    assert list(digests(warehouse, "vouchers")) == [*BY_MONTH, "2027"]
    asked = reads(small, "/ledger/voucher")
    assert len(asked) == len(set(asked)) == len(BY_MONTH) + 1
    counts = [r for r in small.requests if int(r["params"].get("from", 0)) >= 10_000_000]
    assert sorted(r["path"] for r in counts) == [
        "/invoice",
        "/ledger/posting",
        "/ledger/voucher",
        "/supplierInvoice",
    ]
    assert vouchers(warehouse) == truth(small)


def test_the_months_of_an_earlier_version_become_one_slice_when_it_is_their_turn(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(small, ("vouchers",), page_size=200)
    warehouse.run()
    del warehouse.state["bookmarks"]["vouchers"]["partitions"][0]["large"]
    warehouse.config["page_size"] = 10_000
    warehouse.run()
    assert warehouse.emitted == {}
    emitted = []
    for days in range(1, 8):
        day = small.today.fromordinal(small.today.toordinal() + days)
        monkeypatch.setattr("tap_tripletex.connection.Connection.today", day)
        warehouse.run()
        emitted.append(warehouse.emitted.get("vouchers", 0))
    assert len(digests(warehouse, "vouchers")) <= 2  # a year may have begun on the way
    count = len(truth(small))
    assert count <= sum(emitted) < 2 * count
    assert vouchers(warehouse) == truth(small)


def test_a_large_company_goes_on_with_the_months_of_an_earlier_version(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(small, ("vouchers",), page_size=200)
    warehouse.run()
    count = len(truth(small))
    del warehouse.state["bookmarks"]["vouchers"]["partitions"][0]["large"]
    emitted = []
    for days in range(1, 8):
        day = small.today.fromordinal(small.today.toordinal() + days)
        monkeypatch.setattr("tap_tripletex.connection.Connection.today", day)
        warehouse.run()
        emitted.append(warehouse.emitted.get("vouchers", 0))
    assert sum(emitted) <= count  # each month on its turn, as before
    assert set(BY_MONTH) <= set(digests(warehouse, "vouchers"))


def test_on_new_years_day_nothing_is_read_again(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for page_size in (10_000, 200):
        warehouse = Warehouse(small, ("vouchers",), page_size=page_size, full_refresh_days=0)
        warehouse.run()
        for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2), date(2028, 1, 1)):
            monkeypatch.setattr("tap_tripletex.connection.Connection.today", day)
            warehouse.run()
            assert "vouchers" not in warehouse.emitted
        monkeypatch.undo()


def test_a_run_that_is_cut_short_goes_on_with_what_it_has_cut(sandbox: Sandbox) -> None:
    count = len(truth(sandbox))
    warehouse = Warehouse(sandbox, ("vouchers",), page_size=count + 1)
    warehouse.run()
    sandbox.company().back_date("2026-03-03")
    handle = sandbox.handle

    def until_2026(method: str, target: str, *rest: Any) -> Any:
        if "2026-01-01&dateTo=2027" in target:
            sandbox.forbid("/ledger/voucher")
        return handle(method, target, *rest)

    sandbox.handle = until_2026  # type: ignore[method-assign]
    warehouse.config["max_concurrency"] = 1
    warehouse.run()
    assert warehouse.failed
    sandbox.handle = handle  # type: ignore[method-assign]
    sandbox.allow("/ledger/voucher")
    warehouse.state = json.loads(json.dumps(warehouse.state))
    warehouse.run()
    assert warehouse.emitted["vouchers"] < count
    assert vouchers(warehouse) == truth(sandbox)


def test_a_year_whose_months_are_told_by_it_alone_is_read_when_it_has_changed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_tripletex.reading.short_state.UNFOLDED_YEARS", 0)
    warehouse = Warehouse(sandbox, ("vouchers",), page_size=200)
    warehouse.run()
    found = digests(warehouse, "vouchers")
    assert [name for name in BY_MONTH if found[name] == FOLDED] == BY_MONTH[1:25]
    sandbox.requests.clear()
    warehouse.run()
    assert warehouse.emitted == {}
    assert [r["path"] for r in sandbox.requests].count("/ledger/voucher") == 1
    sandbox.company().back_date("2025-03-03")
    sandbox.requests.clear()
    warehouse.run()
    assert [first[:7] for first, _ in reads(sandbox, "/ledger/voucher")] == BY_MONTH[13:25]
    assert vouchers(warehouse) == truth(sandbox)
    assert digests(warehouse, "vouchers")["2025-03"] == FOLDED
    warehouse.run()
    assert warehouse.emitted == {}


def test_a_range_without_days_is_none() -> None:
    def cut(first: date, after: date) -> Cut:
        return Cut("a", first, "b", after)

    later = Calendar(date(2028, 1, 1), date(2026, 1, 1), future_days=0, open_start=False)
    assert Range.of(cut, later) is None


def busy_day(sandbox: Sandbox) -> list[int]:
    """Book forty vouchers on one day and one pair of accounts, more than an answer may hold."""
    sandbox.row_caps |= {"/ledger/posting": 30, "/ledger/voucher": 30}
    company = sandbox.company()
    return [
        company.post_voucher("2026-03-03", [(6800, 100 * n), (1920, -100 * n)])
        for n in range(1, 41)
    ]


def postings(warehouse: Warehouse) -> list[tuple[int, int, str]]:
    query = "SELECT id, voucher_id, CAST(date AS VARCHAR) FROM postings_current ORDER BY 1"
    return warehouse.rows(query)  # type: ignore[no-any-return]


def booked(sandbox: Sandbox) -> list[tuple[int, int, str]]:
    return [(r["id"], r["voucher"], r["date"]) for r in sandbox.company().rows("Posting")]


def test_a_day_of_one_account_that_is_too_large_is_read_by_its_vouchers(sandbox: Sandbox) -> None:
    made = busy_day(sandbox)
    warehouse = Warehouse(sandbox, ("postings",))
    warehouse.run()
    assert postings(warehouse) == sorted(booked(sandbox))
    by_voucher = [
        entry["params"]
        for entry in sandbox.requests
        if entry["path"] == "/ledger/voucher" and "postings(" in entry["params"].get("fields", "")
    ]
    assert {(asked["dateFrom"], asked["dateTo"]) for asked in by_voucher} == {
        ("2026-03-03", "2026-03-04")
    }
    assert any("numberFrom" in asked for asked in by_voucher)
    assert not any("accountNumberFrom" in asked for asked in by_voucher)
    proven = "SELECT complete, control_total IS NOT NULL FROM sync_windows WHERE slice = '2026-03'"
    assert warehouse.rows(proven) == [(True, True)]

    sandbox.company().delete_voucher(made[7])
    sandbox.company().edit_posting(booked(sandbox)[-1][0], description="Rettet")
    warehouse.run()
    assert postings(warehouse) == sorted(booked(sandbox))
    assert warehouse.rows("SELECT count(*) FROM postings_deleted") == [(2,)]


def test_without_a_trial_balance_a_day_read_by_its_vouchers_proves_nothing(
    sandbox: Sandbox,
) -> None:
    made = busy_day(sandbox)
    warehouse = Warehouse(sandbox, ("postings",), control_totals="off")
    warehouse.run()
    assert postings(warehouse) == sorted(booked(sandbox))
    sandbox.company().delete_voucher(made[7])
    warehouse.run()
    assert warehouse.rows("SELECT count(*) FROM postings_deleted") == [(0,)]
    unproven = "SELECT DISTINCT complete FROM sync_windows WHERE slice = '2026-03'"
    assert warehouse.rows(unproven) == [(False,)]


def test_in_a_company_of_twenty_pages_an_edit_reads_one_page_more_than_its_month(
    sandbox: Sandbox,
) -> None:
    company = sandbox.company()
    months = Counter(str(row["date"])[:7] for row in company.rows("Posting"))
    page = months.total() // 20
    warehouse = Warehouse(sandbox, ("postings",), page_size=page)
    warehouse.run()
    for month in ("2024-03", "2025-06", "2026-10"):
        row = next(row for row in company.rows("Posting") if str(row["date"])[:7] == month)
        company.edit_posting(row["id"], description=f"Endret i {month}")
        sandbox.requests.clear()
        warehouse.run()
        read = [
            entry["rows"]
            for entry in sandbox.requests
            if entry["path"] == "/ledger/posting" and entry["params"]["count"] == str(page)
        ]
        assert len(read) <= -(-months[month] // page) + 1
        assert sum(read) <= months[month] + page
        assert warehouse.emitted["postings"] == months[month]
