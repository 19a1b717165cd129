from __future__ import annotations

from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

import pytest

from tap_tripletex.sandbox import Sandbox
from tests.sandbox.conftest import TODAY, Api

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.living_company import LivingCompany

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc).timestamp()


@pytest.fixture
def changed() -> Sandbox:
    return Sandbox(today=TODAY, rate_limit=None, clock=lambda: NOW)


def balanced(company: LivingCompany) -> bool:
    sums: dict[int, int] = {}
    for posting in company.postings():
        sums[posting.voucher] = sums.get(posting.voucher, 0) + posting.amount
    return set(sums.values()) == {0}


def test_an_edited_posting_keeps_its_voucher_in_balance(changed: Sandbox) -> None:
    company, api = changed.company(), Api(changed)
    posting = company.postings("2025-03-01", "2025-04-01")[0]
    version, other = posting.version, company.version
    company.edit_posting(posting.id, amount=posting.amount + 1234)
    assert balanced(company)
    assert company.version > other
    window = {"dateFrom": "2025-03-01", "dateTo": "2025-04-01"}
    row = api.get("/ledger/posting", count=1, fields="*,changes", **window)["values"][0]
    assert row["version"] > version
    assert row["changes"][-1] == {
        "employeeId": company.api_user,
        "timestamp": "2026-06-01T14:00:00+02:00",
        "changeType": "UPDATE",
    }
    assert round(row["amount"] * 100) == posting.amount


def test_new_vouchers_show_at_once(changed: Sandbox) -> None:
    company, api = changed.company(), Api(changed)
    window = {"dateFrom": "2025-03-01", "dateTo": "2025-04-01"}
    before = len(api.values("/ledger/posting", **window))
    voucher = company.back_date("2025-03-14")
    company.post_voucher("2026-05-30", [(6300, 5000), (1920, -5000)], "Leie")
    assert len(api.values("/ledger/posting", **window)) == before + 2
    found = api.get(f"/ledger/voucher/{voucher}")["value"]
    assert found["date"] == "2025-03-14"
    assert balanced(company)
    with pytest.raises(ValueError, match="off by 1 øre"):
        company.post_voucher("2026-05-30", [(6300, 5001), (1920, -5000)])
    with pytest.raises(KeyError):
        company.post_voucher("2026-05-30", [(9, 1), (1920, -1)])


def test_a_moved_voucher_leaves_one_window_for_another(changed: Sandbox) -> None:
    company = changed.company()
    voucher = company.rows("Voucher")[300]
    march = company.trial_balance("2026-03-01", "2026-04-01")
    company.move_voucher(voucher["id"], "2026-03-31")
    moved = company.get("Voucher", voucher["id"])
    assert (moved["date"], moved["year"]) == ("2026-03-31", 2026)
    postings = [company.get("Posting", i) for i in moved["postings"]]
    assert {p["date"] for p in postings} == {"2026-03-31"}
    assert voucher["id"] not in {p.voucher for p in company.postings(voucher["date"], "2026-03-31")}
    assert company.trial_balance("2026-03-01", "2026-04-01") != march


def test_a_deleted_voucher_is_absent_and_reopens_what_it_closed(changed: Sandbox) -> None:
    company, api = changed.company(), Api(changed)
    group = company.rows("CloseGroup")[-1]
    invoice_posting, payment = group["postings"][0], group["postings"][-1]
    voucher = company.get("Posting", payment)["voucher"]
    company.delete("Voucher", voucher)
    assert api.error(f"/ledger/voucher/{voucher}")[:2] == (404, 6000)
    assert payment not in company.table("Posting").rows
    assert company.get("Posting", invoice_posting)["closeGroup"] is None
    assert group["id"] not in company.table("CloseGroup").rows
    assert balanced(company)


def test_rows_of_registers(changed: Sandbox) -> None:
    company, api = changed.company(), Api(changed)
    identity = company.add("Customer", name="Ny AS", displayName="Ny AS", customerNumber=99)
    assert api.get(f"/customer/{identity}")["value"]["name"] == "Ny AS"
    company.edit("Customer", identity, name="Nyere AS")
    assert api.get(f"/customer/{identity}")["value"]["name"] == "Nyere AS"
    company.delete("Customer", identity)
    assert api.error(f"/customer/{identity}")[0] == 404
    with pytest.raises(KeyError):
        company.edit("Customer", identity, name="x")
    with pytest.raises(KeyError):
        company.add("Customer", nme="x")


def test_changed_since(changed: Sandbox) -> None:
    company, api = changed.company(), Api(changed)
    identity = company.rows("Customer")[5]["id"]
    company.edit("Customer", identity, phoneNumber="1")
    since = {"changedSince": "2026-06-01T12:00:00Z"}
    assert [row["id"] for row in api.values("/customer", **since)] == [identity]
    assert api.values("/customer", changedSince="2026-06-01T12:00:01Z") == []
    assert api.values("/supplier", **since) == []
    changed.changed_since_inclusive = False
    assert api.values("/customer", **since) == []
    just_before = api.values("/customer", changedSince="2026-06-01T11:59:59Z")
    assert [row["id"] for row in just_before] == [identity]
    changed.changed_since_works = False
    assert len(api.values("/customer", **since)) > 1


def test_what_must_not_be_done_has_a_reason(changed: Sandbox) -> None:
    company = changed.company()
    posting = company.postings()[0]
    with pytest.raises(ValueError, match="move_voucher"):
        company.edit_posting(posting.id, date="2026-01-01")
    with pytest.raises(ValueError, match="move_voucher"):
        company.edit_voucher(posting.voucher, date="2026-01-01")
    with pytest.raises(ValueError, match="post_voucher"):
        company.add("Posting", amount=1)
    with pytest.raises(ValueError, match="delete_voucher"):
        company.delete("Posting", posting.id)


def test_life_goes_on_after_a_deletion(changed: Sandbox) -> None:
    company = changed.company()
    for entity in ("Invoice", "SupplierInvoice", "Customer", "Order"):
        for row in company.rows(entity)[-3:]:
            company.delete(entity, row["id"])
    for voucher in company.rows("Voucher")[-40:]:
        company.delete_voucher(voucher["id"])
    changed.advance(date(2026, 7, 20))
    assert balanced(company)
