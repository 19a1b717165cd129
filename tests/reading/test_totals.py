"""Totals of months: none is asked for where there is nothing, and what is gone is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tap_tripletex.sandbox import Fault, Sandbox
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    from datetime import date
    from typing import Any

STREAMS = ("balance_sheet", "ledger_accounts", "open_postings")
FIRST = {
    "balance_sheet": "start_date",
    "ledger_accounts": "date_from",
    "open_postings": "as_of_date",
}


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a company with a few vouchers, the first of them in its second fiscal year."""
    sandbox = Sandbox(vouchers_per_day=0.1, rate_limit=None)
    empty(sandbox, "2025")
    return sandbox


def empty(sandbox: Sandbox, until: str) -> None:
    company = sandbox.company()
    for row in list(company.rows("Voucher")):
        if str(row["date"]) < until:
            company.delete_voucher(row["id"])


def first(warehouse: Warehouse, stream: str) -> str:
    ((day,),) = warehouse.rows(
        f"SELECT CAST(min({FIRST[stream]}) AS VARCHAR) FROM {stream}_current"
    )
    return str(day)


def asked(sandbox: Sandbox, path: str, name: str) -> list[str]:
    return sorted(r["params"][name] for r in sandbox.requests if r["path"] == path)


def current(warehouse: Warehouse) -> list[Any]:
    return [
        warehouse.rows(
            f"SELECT * EXCLUDE (synced_at) FROM {stream}_current ORDER BY {FIRST[stream]}, "
            f"{'id' if stream == 'open_postings' else 'account_id'}"
        )
        for stream in STREAMS
    ]


def test_months_before_the_first_year_with_postings_are_not_asked_for(sandbox: Sandbox) -> None:
    warehouse = Warehouse(sandbox, STREAMS)
    sandbox.requests.clear()
    warehouse.run()
    assert asked(sandbox, "/balanceSheet", "dateFrom")[0] == "2025-01-01"
    assert asked(sandbox, "/ledger", "dateFrom")[0] == "2025-01-01"
    assert asked(sandbox, "/ledger/posting/openPost", "date")[0] == "2025-02-01"
    questions = [r for r in sandbox.requests if r["path"] == "/ledger/posting"]
    assert sum(r["params"]["count"] == "1" and r["status"] == 200 for r in questions) <= 4

    company = sandbox.company()
    voucher = company.back_date("2024-05-05")
    warehouse.run()
    assert {first(warehouse, stream)[:4] for stream in STREAMS[:2]} == {"2024"}
    fresh = Warehouse(sandbox, STREAMS)
    fresh.run()
    assert current(warehouse) == current(fresh)

    company.delete_voucher(voucher)
    warehouse.run()
    assert {first(warehouse, stream)[:4] for stream in STREAMS} == {"2025"}
    warehouse.run()
    assert warehouse.emitted == {}


def test_months_to_come_are_gone_when_nothing_is_booked_so_far_ahead(sandbox: Sandbox) -> None:
    company = sandbox.company()
    voucher = company.back_date("2027-11-11")
    warehouse = Warehouse(sandbox, STREAMS)
    warehouse.run()
    last = "SELECT CAST(max(start_date) AS VARCHAR) FROM balance_sheet_current"
    assert warehouse.rows(last) == [("2027-11-01",)]
    company.delete_voucher(voucher)
    warehouse.run()
    assert warehouse.rows(last)[0][0] < "2027-11-01"
    fresh = Warehouse(sandbox, STREAMS)
    fresh.run()
    assert current(warehouse) == current(fresh)


def test_a_change_asks_for_the_totals_since_last_month(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, lines = sandbox.company(), [(6300, 50_000), (1920, -50_000)]
    warehouse = Warehouse(sandbox, STREAMS, full_refresh_days=0)
    warehouse.run()

    def months_asked(day: date) -> str:
        """Return the first month that is asked for after something was booked."""
        company.post_voucher(day.isoformat(), lines)
        sandbox.requests.clear()
        warehouse.run()
        paths = ("/balanceSheet", "/ledger")
        first, other = (asked(sandbox, path, "dateFrom")[0] for path in paths)
        assert first == other
        # What was open may be another at the end of any month.
        assert asked(sandbox, "/ledger/posting/openPost", "date")[0] < "2026"
        return first

    today = sandbox.today
    this_month = today.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    assert months_asked(today) == "2025-01-01"  # what nobody has asked for settles nothing
    assert months_asked(last_month) == str(last_month)
    assert months_asked(last_month - timedelta(days=1)) == "2025-01-01"
    assert months_asked(today) == str(last_month)
    next_month = (this_month + timedelta(days=31)).replace(day=1)
    monkeypatch.setattr("tap_tripletex.connection.Connection.today", next_month)
    assert months_asked(next_month) == str(last_month)
    assert months_asked(next_month) == str(this_month)
    fresh = Warehouse(sandbox, STREAMS)
    fresh.run()
    assert current(warehouse)[:2] == current(fresh)[:2]


def test_the_digest_of_a_past_that_was_read_without_asking_for_it_is_forgotten(
    sandbox: Sandbox,
) -> None:
    company, today = sandbox.company(), sandbox.today
    warehouse = Warehouse(sandbox, STREAMS[:1], full_refresh_days=0)
    warehouse.run()
    for _ in range(2):  # the first of which asks for the digest of the past
        company.back_date(f"{today}")
        warehouse.run()
    company.back_date(f"{today}")
    this_month = f"dateFrom={today:%Y-%m}"
    sandbox.faults = [Fault("server_error_json", "/balanceSheet", this_month, times=None)]
    warehouse.run()
    assert warehouse.failed
    sandbox.faults.clear()
    voucher = company.back_date("2025-05-05")
    warehouse.run()
    company.delete_voucher(voucher)
    warehouse.run()
    fresh = Warehouse(sandbox, STREAMS[:1])
    fresh.run()
    query = "SELECT * EXCLUDE (synced_at) FROM balance_sheet_current ORDER BY ALL"
    assert warehouse.rows(query) == fresh.rows(query)


def test_to_who_does_not_see_all_vouchers_it_proves_nothing_that_there_is_no_posting(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.append(Fault("forbidden", "^/ledger/postingByDate$", times=None))
    warehouse = Warehouse(sandbox, STREAMS)
    sandbox.requests.clear()
    warehouse.run()
    assert asked(sandbox, "/balanceSheet", "dateFrom")[0] == "2024-01-01"


def test_where_there_has_never_been_a_stock_no_month_of_it_is_asked_for() -> None:
    sandbox = Sandbox(vouchers_per_day=0.1, rate_limit=None)
    company = sandbox.company()
    for entity in ("Stocktaking", "GoodsReceipt", "ProductInventoryLocation"):
        for row in list(company.rows(entity)):
            company.delete(entity, row["id"])
    warehouse = Warehouse(sandbox, ("inventory_movements",))
    sandbox.requests.clear()
    warehouse.run()
    assert len(asked(sandbox, "/inventory/inventories", "dateFrom")) <= 4
