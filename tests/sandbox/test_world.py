from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from tests.sandbox.conftest import TODAY, Api

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox import Sandbox


def test_every_voucher_sums_to_zero(sandbox: Sandbox) -> None:
    sums: Counter[int] = Counter()
    for posting in sandbox.company().postings():
        sums[posting.voucher] += posting.amount
    assert len(sums) == len(sandbox.company().table("Voucher"))
    assert set(sums.values()) == {0}


def test_postings_belong_to_their_voucher_and_share_its_date(sandbox: Sandbox) -> None:
    company = sandbox.company()
    postings = {p["id"]: p for p in company.rows("Posting")}
    for voucher in company.rows("Voucher"):
        for identity in voucher["postings"]:
            assert postings[identity]["voucher"] == voucher["id"]
            assert postings.pop(identity)["date"] == voucher["date"]
    assert not postings


def test_the_balance_sheet_is_the_sum_of_the_postings(api: Api) -> None:
    company = api.sandbox.company()
    for start, end in (("2026-04-01", "2026-05-01"), ("2024-01-01", "2025-01-01")):
        rows = api.values("/balanceSheet", dateFrom=start, dateTo=end)
        changes = {r["account"]["id"]: round(r["balanceChange"] * 100) for r in rows}
        expected = company.trial_balance(start, end)
        assert {k: v for k, v in changes.items() if v} == {k: v for k, v in expected.items() if v}
        assert sum(changes.values()) == 0
        for row in rows:
            total = round(row["balanceIn"] * 100) + round(row["balanceChange"] * 100)
            assert total == round(row["balanceOut"] * 100)
        assert rows[0]["endDate"] < end


def test_account_numbers_of_the_balance_sheet_end_exclusively(api: Api) -> None:
    window = {"dateFrom": "2026-01-01", "dateTo": "2026-06-01", "fields": "account(number)"}
    rows = api.values("/balanceSheet", accountNumberFrom=1500, accountNumberTo=1920, **window)
    numbers = [row["account"]["number"] for row in rows]
    assert 1500 in numbers
    assert 1920 not in numbers


def test_the_ledger_agrees_with_the_balance_sheet(api: Api) -> None:
    window = {"dateFrom": "2026-03-01", "dateTo": "2026-04-01"}
    sheet = {r["account"]["id"]: r for r in api.values("/balanceSheet", **window)}
    for row in api.values("/ledger", **window):
        other = sheet[row["account"]["id"]]
        assert row["sumAmount"] == other["balanceChange"]
        assert row["closingBalance"] == other["balanceOut"]


def test_open_posts_are_what_close_groups_leave_open(api: Api) -> None:
    company = api.sandbox.company()
    day = "2026-03-01"
    rows = api.values("/ledger/posting/openPost", date=day, fields="id,date,amount,account(number)")
    assert {row["id"] for row in rows} == set(company.open_postings(day))
    assert {row["account"]["number"] for row in rows} == {1500, 2400}
    assert max(row["date"] for row in rows) < day
    outstanding = sum(
        invoice["amountOutstanding"]
        for invoice in company.rows("Invoice")
        if not invoice["isCreditNote"]
    )
    today = TODAY.isoformat()
    receivable = company.account_id(1500)
    postings = company.table("Posting").rows
    open_now = [postings[i] for i in company.open_postings(today)]
    assert sum(p.amount for p in open_now if p.account == receivable) == outstanding


def test_close_groups_sum_to_zero_but_for_currency_gains(sandbox: Sandbox) -> None:
    company = sandbox.company()
    postings = {p["id"]: p for p in company.rows("Posting")}
    for group in company.rows("CloseGroup"):
        assert sum(postings[i]["amount"] for i in group["postings"]) == 0
        assert max(postings[i]["date"] for i in group["postings"]) == group["date"]


def test_invoices_agree_with_orders_and_vouchers(sandbox: Sandbox) -> None:
    company = sandbox.company()
    lines = {line["id"]: line for line in company.rows("OrderLine")}
    postings = {p["id"]: p for p in company.rows("Posting")}
    invoices = company.rows("Invoice")
    for invoice in invoices:
        assert postings[invoice["postings"][0]]["amount"] == invoice["amount"]
        if not invoice["isCreditNote"]:
            total = sum(lines[i]["amountIncludingVatCurrency"] for i in invoice["orderLines"])
            assert total == invoice["amountCurrency"]
    assert any(invoice["isCreditNote"] for invoice in invoices)
    assert any(invoice["currency"] == 5 for invoice in invoices)
    assert min(invoice["id"] for invoice in invoices) > 2**31


def test_the_books_have_late_and_future_vouchers(sandbox: Sandbox) -> None:
    company = sandbox.company()
    today = TODAY.isoformat()
    assert any(p.date >= today for p in company.postings())
    assert max(p.date for p in company.postings()) < "2027-04"
    ids = [p.id for p in sorted(company.postings(), key=lambda p: p.date)]
    assert ids != sorted(ids)
    closed = [p for p in company.rows("AccountingPeriod") if p["isClosed"]]
    assert 0 < len(closed) < len(company.rows("AccountingPeriod"))


def test_numbers_come_as_integers_and_decimals(api: Api) -> None:
    rows = api.values("/ledger/vatType", fields="percentage")
    assert {type(row["percentage"]) for row in rows} == {int, float}
    prices = [row["priceExcludingVatCurrency"] for row in api.values("/product")]
    assert 24.466666666666665 in prices


def test_amounts_keep_every_ore(api: Api) -> None:
    truth = {p["id"]: p["amount"] for p in api.sandbox.company().rows("Posting")}
    window = {"dateFrom": "2024-01-01", "dateTo": "2028-01-01"}
    rows = api.values("/ledger/posting", fields="id,amount", **window)
    assert {row["id"]: round(row["amount"] * 100) for row in rows} == truth
    assert all(len(str(row["amount"]).partition(".")[2]) <= 2 for row in rows)


def test_the_same_seed_is_the_same_world(build: Callable[..., Sandbox]) -> None:
    one, two, other = (build(seed=seed, companies=2) for seed in (4, 4, 5))
    for entity in ("Posting", "Customer", "Invoice", "TimesheetEntry", "Address"):
        for index in (0, 1):
            rows = one.companies[index].rows(entity)
            assert rows == two.companies[index].rows(entity)
            assert rows != other.companies[index].rows(entity)


def test_a_later_world_contains_an_earlier_one(build: Callable[..., Sandbox]) -> None:
    early = build(today=date(2026, 5, 18)).company()
    late = build(today=date(2026, 5, 22)).company()
    stable = ("id", "voucher", "date", "account", "amount", "description", "row", "customer")
    after = {p["id"]: [p[name] for name in stable] for p in late.rows("Posting")}
    before = {p["id"]: [p[name] for name in stable] for p in early.rows("Posting")}
    assert len(after) > len(before)
    assert before == {identity: after[identity] for identity in before}
    for entity in ("Customer", "Invoice", "Order", "OrderLine", "TimesheetEntry", "Project"):
        assert set(early.table(entity).rows) <= set(late.table(entity).rows)


def test_living_on_is_the_same_as_a_later_start(build: Callable[..., Sandbox]) -> None:
    lived, started = build(today=date(2026, 3, 2)), build(today=date(2026, 3, 20))
    lived.advance(date(2026, 3, 20))
    for entity in ("Posting", "Invoice", "CloseGroup", "AccountingPeriod"):
        assert lived.company().rows(entity) == started.company().rows(entity)


def test_size_follows_vouchers_per_day(build: Callable[..., Sandbox]) -> None:
    usual = len(build(today=date(2025, 1, 1)).company().table("Posting"))
    large = len(build(today=date(2025, 1, 1), vouchers_per_day=20).company().table("Posting"))
    assert 1_000 < usual < 2_500
    assert large > 8 * usual
