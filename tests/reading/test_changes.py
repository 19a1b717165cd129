"""What happens to rows that are edited late, back-dated, moved or deleted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from tap_tripletex.sandbox import ACCOUNTANT_TOKEN, CONSUMER_TOKEN, Fault, Sandbox
from tests.warehouse import Warehouse

PAGE = 200
"""Rows of a page, so that postings and vouchers are read by month."""

STREAMS = ("postings", "vouchers", "customers", "balance_sheet", "open_postings", "order_lines")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(vouchers_per_day=0.1, rate_limit=None)


@pytest.fixture
def warehouse(sandbox: Sandbox) -> Warehouse:
    warehouse = Warehouse(sandbox, STREAMS, page_size=PAGE)
    warehouse.run()
    sandbox.requests.clear()
    return warehouse


def postings(warehouse: Warehouse, view: str = "postings_current") -> dict[int, Any]:
    rows = warehouse.rows(f"SELECT id, CAST(date AS VARCHAR), amount FROM {view}")
    return {id_: (day, round(amount * 100)) for id_, day, amount in rows}


def truth(sandbox: Sandbox) -> dict[int, Any]:
    rows = sandbox.company().rows("Posting")
    return {row["id"]: (row["date"], row["amount"]) for row in rows}


def asked(sandbox: Sandbox, path: str) -> list[dict[str, Any]]:
    return [entry for entry in sandbox.requests if entry["path"] == path]


def test_an_unchanged_stream_is_one_request(warehouse: Warehouse, sandbox: Sandbox) -> None:
    warehouse.run()
    assert warehouse.emitted == {}
    (probe,) = [r for r in asked(sandbox, "/ledger/posting") if "sorting" in r["params"]] or [None]
    assert probe is None
    probes = asked(sandbox, "/ledger/posting")
    assert len(probes) == 1  # for balance_sheet and open_postings as well
    assert {entry["status"] for entry in probes} == {304}
    assert {entry["params"]["count"] for entry in probes} == {"1"}
    assert len(asked(sandbox, "/ledger/voucher")) == 1
    assert asked(sandbox, "/balanceSheet") == []
    assert asked(sandbox, "/ledger/posting/openPost") == []
    assert len(asked(sandbox, "/order")) == 1
    assert len(asked(sandbox, "/customer")) == 2


def test_a_voucher_back_dated_by_years_costs_one_descent_and_one_slice(
    warehouse: Warehouse, sandbox: Sandbox
) -> None:
    company = sandbox.company()
    today, last = sandbox.today, sandbox.today.year - 1
    company.back_date(f"{last}-02-15")
    warehouse.run()
    own = asked(sandbox, "/ledger/voucher")
    descent = [r for r in own if "sorting" not in r["params"]]
    slices = [r for r in own if "sorting" in r["params"]]
    reads = [r for r in slices if r["params"]["count"] != "1" and r["status"] == 200]
    years = today.year - 2024 + 1
    assert len(descent) == 1 + years + 1  # the range, the years with months, and the range again
    assert [r["params"]["dateFrom"] for r in reads] == [f"{last}-02-01"]
    ahead = (today + timedelta(days=400)).year - today.year
    assert len(slices) == 12 + 1 + ahead + 1  # what lies before, the years to come; the one read
    in_month = [row for row in company.rows("Voucher") if row["date"][:7] == f"{last}-02"]
    assert warehouse.emitted["vouchers"] == len(in_month)
    assert postings(warehouse) == truth(sandbox)


def test_deleted_rows_are_told_with_the_time_of_the_deletion(
    warehouse: Warehouse, sandbox: Sandbox
) -> None:
    company = sandbox.company()
    voucher = company.rows("Voucher")[20]
    company.delete_voucher(voucher["id"])
    customer = next(row["id"] for row in company.rows("Customer") if row["isInactive"])
    company.delete("Customer", customer)
    warehouse.run()
    assert postings(warehouse) == truth(sandbox)
    assert set(postings(warehouse, "postings_deleted")) == set(voucher["postings"])
    deleted = warehouse.rows("SELECT id, deleted_at > synced_at FROM vouchers_deleted")
    assert deleted == [(voucher["id"], True)]
    assert warehouse.rows("SELECT id FROM customers_deleted") == [(customer,)]
    assert len(warehouse.rows("SELECT id FROM customers_current")) == len(company.rows("Customer"))


def test_a_moved_posting_is_one_row_afterwards(warehouse: Warehouse, sandbox: Sandbox) -> None:
    company = sandbox.company()
    first, last = company.rows("Voucher")[5], company.rows("Voucher")[-5]
    company.move_voucher(first["id"], "2026-08-03")
    company.move_voucher(last["id"], "2024-03-04")
    warehouse.run()
    assert postings(warehouse) == truth(sandbox)
    assert postings(warehouse, "postings_deleted") == {}


def test_rights_that_are_taken_away_for_a_while_delete_nothing(
    warehouse: Warehouse, sandbox: Sandbox
) -> None:
    before = postings(warehouse)
    warehouse.config |= {
        "consumer_token": CONSUMER_TOKEN,
        "employee_token": sandbox.add_employee_token(all_vouchers=False),
    }
    warehouse.run()
    assert 0 < warehouse.emitted["postings"] < len(before)
    assert postings(warehouse) == before
    assert warehouse.rows("SELECT count(*) FROM vouchers_deleted") == [(0,)]
    assert warehouse.rows(
        "SELECT bool_or(complete) FROM sync_windows WHERE synced_at > "
        "(SELECT max(synced_at) - INTERVAL 2 SECOND FROM sync_windows) AND stream = 'postings'"
    ) != [(None,)]
    company = sandbox.company()
    company.delete_voucher(company.rows("Voucher")[20]["id"])
    del warehouse.config["consumer_token"], warehouse.config["employee_token"]
    warehouse.run()
    assert postings(warehouse) == truth(sandbox)


def test_a_forbidden_stream_deletes_nothing(warehouse: Warehouse, sandbox: Sandbox) -> None:
    sandbox.forbid("/customer")
    warehouse.run()
    assert warehouse.failed
    assert warehouse.rows("SELECT count(*) FROM customers_deleted") == [(0,)]
    sandbox.allow("/customer")
    warehouse.run()
    assert not warehouse.failed


def test_control_totals_stand_beside_each_slice_of_postings(
    warehouse: Warehouse, sandbox: Sandbox
) -> None:
    rows = warehouse.rows(
        "SELECT slice, control_total, control_total_expected FROM sync_windows "
        "WHERE stream = 'postings'"
    )
    assert rows
    assert all(found == expected is not None for _, found, expected in rows)
    months = {slice_: found for slice_, found, _ in rows}
    debit = sum(
        c for c in sandbox.company().trial_balance("2026-03-01", "2026-04-01").values() if c > 0
    )
    assert months["2026-03"] == Decimal(debit) / 100


def test_a_wrong_amount_is_reported_and_read_again_by_the_next_run(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = Warehouse(sandbox, ("postings",), start_date="2026-01-01", page_size=PAGE)
    wrong = Fault(
        "wrong_amount",
        "/ledger/posting",
        "dateFrom=2026-03-01.*sorting",
        times=2,
        field="amount",
        value=100,
        row=3,
    )
    sandbox.faults.append(wrong)
    caplog.set_level("INFO", logger="tap-tripletex")
    warehouse.run()
    (warning,) = [entry.message for entry in caplog.records if "do not add up" in entry.message]
    posting = [row for row in sandbox.company().rows("Posting") if row["date"][:7] == "2026-03"][3]
    number = sandbox.company().get("Account", posting["account"])["number"]
    balance = sandbox.company().trial_balance("2026-03-01", "2026-04-01")[posting["account"]]
    assert "the postings of 2026-03" in warning
    assert f"account {number}: postings {Decimal(balance) / 100 + 100:.2f}, " in warning
    assert f"trial balance {Decimal(balance) / 100:.2f}" in warning
    assert "trial balance, of 1 they do not." in caplog.text
    assert not warehouse.failed
    assert wrong.fired == 2
    assert postings(warehouse) != {k: v for k, v in truth(sandbox).items() if v[0] >= "2026-01-01"}
    warehouse.run()
    assert postings(warehouse) == {k: v for k, v in truth(sandbox).items() if v[0] >= "2026-01-01"}
    assert warehouse.emitted["postings"] == len(
        [row for row in sandbox.company().rows("Posting") if row["date"][:7] == "2026-03"]
    )


def test_a_passing_difference_is_tried_once_more_and_no_warning(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = Warehouse(sandbox, ("postings",), start_date="2026-01-01", page_size=PAGE)
    sandbox.faults.append(
        Fault(
            "wrong_amount",
            "/ledger/posting",
            "dateFrom=2026-03-01.*sorting",
            field="amount",
            value=1,
        )
    )
    warehouse.run()
    assert "do not add up" not in caplog.text
    assert postings(warehouse) == {k: v for k, v in truth(sandbox).items() if v[0] >= "2026-01-01"}


def test_control_totals_can_be_an_error_or_off(sandbox: Sandbox) -> None:
    for setting, fails in (("error", True), ("off", False)):
        sandbox.faults[:] = [
            Fault(
                "wrong_amount",
                "/ledger/posting",
                "2026-03-01.*sorting",
                times=None,
                field="amount",
                value=1,
            )
        ]
        warehouse = Warehouse(
            sandbox,
            ("postings",),
            start_date="2026-03-01",
            control_totals=setting,
            page_size=PAGE,
        )
        sandbox.requests.clear()
        warehouse.run()
        assert warehouse.failed is fails
        assert bool(asked(sandbox, "/balanceSheet")) is fails


def test_every_slice_is_read_once_in_the_days_of_a_full_refresh(
    warehouse: Warehouse, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def days_later(days: int) -> None:
        day = date.fromordinal(sandbox.today.toordinal() + days)
        monkeypatch.setattr("tap_tripletex.connection.Connection.today", day)

    emitted = []
    for day in range(1, 8):
        days_later(day)
        warehouse.run()
        emitted.append(warehouse.emitted.get("vouchers", 0))
        assert postings(warehouse) == truth(sandbox)
    assert sum(emitted) == len(sandbox.company().rows("Voucher"))
    assert max(emitted) < sum(emitted)


def test_an_accountants_companies_are_told_apart(sandbox: Sandbox) -> None:
    sandbox = Sandbox(vouchers_per_day=0.1, companies=2, rate_limit=None)
    warehouse = Warehouse(
        sandbox,
        ("vouchers",),
        consumer_token=CONSUMER_TOKEN,
        employee_token=ACCOUNTANT_TOKEN,
        company_ids="all",
    )
    warehouse.run()
    second = sandbox.companies[1]
    gone = second.rows("Voucher")[3]["id"]
    second.delete_voucher(gone)
    warehouse.run()
    assert warehouse.rows("SELECT company_id, id FROM vouchers_deleted") == [(second.id, gone)]
    counts = dict(warehouse.rows("SELECT company_id, count(*) FROM vouchers_current GROUP BY 1"))
    assert counts == {company.id: len(company.rows("Voucher")) for company in sandbox.companies}


def test_results_that_are_too_large_are_cut_down_to_days_and_account_numbers(
    sandbox: Sandbox,
) -> None:
    sandbox.row_caps["/ledger/posting"] = 12
    warehouse = Warehouse(sandbox, ("postings",), start_date="2026-08-01")
    warehouse.run()
    expected = {id_: row for id_, row in truth(sandbox).items() if row[0] >= "2026-08-01"}
    assert postings(warehouse) == expected
    asked_by_number = [r for r in sandbox.requests if "accountNumberFrom" in r["params"]]
    assert asked_by_number
    warehouse.run()
    assert warehouse.emitted == {}
    posting = max(expected)
    sandbox.company().edit_posting(posting, description="Rettet")
    warehouse.run()
    month = expected[posting][0][:7]
    assert warehouse.emitted["postings"] == sum(row[0][:7] == month for row in expected.values())
    text = warehouse.rows(f"SELECT description FROM postings WHERE id = {posting}")
    assert text == [("Rettet",)]


def test_full_table_ignores_what_is_remembered(warehouse: Warehouse, sandbox: Sandbox) -> None:
    catalog = warehouse._catalog()
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    warehouse._catalog = lambda: catalog  # type: ignore[method-assign]
    warehouse.run()
    assert warehouse.emitted["postings"] == len(truth(sandbox))


def test_what_was_read_unasked_is_not_hidden_when_the_range_is_what_it_was(
    sandbox: Sandbox,
) -> None:
    streams, first = ("postings", "balance_sheet"), "2025-01-01"
    warehouse = Warehouse(sandbox, streams, full_refresh_days=0, page_size=PAGE, start_date=first)
    warehouse.run()
    voucher = sandbox.company().back_date("2025-05-05")
    with patch("tap_tripletex.stream.REPLICATION_FULL_TABLE", "INCREMENTAL"):
        warehouse.run()  # everything is read, nothing asked
    sandbox.company().delete_voucher(voucher)
    warehouse.run()
    fresh = Warehouse(sandbox, streams, start_date=first)
    fresh.run()
    assert postings(warehouse) == postings(fresh)
    query = "SELECT * EXCLUDE (synced_at) FROM balance_sheet_current ORDER BY ALL"
    assert warehouse.rows(query) == fresh.rows(query)


def test_what_came_while_a_slice_was_read_at_its_turn_is_not_hidden_when_it_is_gone(
    sandbox: Sandbox,
) -> None:
    company = sandbox.company()
    warehouse = Warehouse(sandbox, ("postings",), full_refresh_days=1, page_size=PAGE)
    warehouse.run()
    tomorrow = sandbox.today + timedelta(days=1)
    with patch("tap_tripletex.connection.Connection.today", tomorrow):
        vouchers: list[int] = []
        handle = sandbox.handle

        def book_and_handle(method: str, asked: str, *rest: Any) -> Any:
            if not vouchers and "sorting" in asked and "/ledger/posting?" in asked:
                vouchers.append(company.back_date("2025-05-05"))
            return handle(method, asked, *rest)

        with patch.object(sandbox, "handle", book_and_handle):
            warehouse.run()
        company.delete_voucher(vouchers[0])
        warehouse.run()
    assert postings(warehouse) == truth(sandbox)
