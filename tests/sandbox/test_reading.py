from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox import Sandbox

from tests.sandbox.conftest import Api

MAY = {"dateFrom": "2026-05-01", "dateTo": "2026-06-01"}
EVER = {"dateFrom": "2020-01-01", "dateTo": "2030-01-01"}


def test_without_fields_references_are_stubs_and_changes_absent(api: Api) -> None:
    row = api.get("/ledger/posting", count=1, **MAY)["values"][0]
    assert set(row["account"]) == {"id", "url"}
    assert "://" not in row["url"]
    assert "changes" not in row
    assert row["asset"] is None
    assert row["id"] > 2**31
    voucher = api.get("/ledger/voucher", count=1, **MAY)["values"][0]
    assert set(voucher["postings"][0]) == {"id", "url"}
    assert "displayName" not in voucher


def test_star_is_one_level_and_changes_come_by_name(api: Api) -> None:
    row = api.get("/customer", count=1, fields="*,changes,postalAddress(city)")["values"][0]
    assert set(row["postalAddress"]) == {"city"}
    assert set(row["physicalAddress"]) == {"id", "url"}
    change = row["changes"][0]
    assert set(change) == {"employeeId", "timestamp", "changeType"}
    assert change["changeType"] == "CREATE"
    assert change["timestamp"].endswith("+01:00")
    assert row.keys() >= api.get("/customer", count=1)["values"][0].keys()


def test_nested_lists_and_objects(api: Api) -> None:
    window = {"orderDateFrom": "2026-01-01", "orderDateTo": "2026-06-01"}
    fields = "id,orderLines(id,product(number,vatType(percentage)))"
    for order in api.values("/order", fields=fields, **window):
        assert set(order) == {"id", "orderLines"}
        for line in order["orderLines"]:
            assert line["product"]["number"].isdigit()
            assert line["product"]["vatType"]["percentage"] >= 0
    employee = api.get("/employee", count=1, fields="internationalId(number)")["values"][0]
    assert employee == {"internationalId": {"number": ""}}


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("/customer", "id,foo", "foo does not match a field in the model: CustomerDTO"),
        ("/customer", "postalAddress(bar)", "bar does not match a field in the model: AddressDTO"),
        ("/ledger", "id", "id does not match a field in the model: LedgerAccountDTO"),
        ("/purchaseOrder", "hasWholesalerExportUser", "in the model: PurchaseOrderDTO"),
        ("/customer", "id(", ""),
        ("/customer", "id)", ""),
    ],
)
def test_one_bad_name_fails_the_request(api: Api, path: str, fields: str, message: str) -> None:
    status, code, body = api.error(path, fields=fields, **MAY)
    assert (status, code) == (400, 11000)
    assert body["message"].endswith(message)


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("/ledger/account", "requiresFreeDimension1,requiresFreeDimension3", [False, False]),
        ("/product", "disableDiscount", [False]),
        ("/project", "contractReference", [""]),
        ("/order", "contractReference,backorderParentId,attachmentRelation", ["", 0, []]),
    ],
)
def test_what_is_newer_than_the_document_is_there(
    api: Api, path: str, fields: str, expected: list[Any]
) -> None:
    days = {"orderDateFrom": "2020-01-01", "orderDateTo": "2027-01-01"} if path == "/order" else {}
    row = api.get(path, count=1, fields=fields, **days)["values"][0]
    assert [row[name] for name in fields.split(",")] == expected


def test_a_subcontract_has_a_supplier_and_no_company_any_more(api: Api) -> None:
    projects = ",".join(str(row["id"]) for row in api.values("/project", fields="id"))
    suppliers = {row["id"] for row in api.values("/supplier", fields="id")}
    found = [
        row
        for project in projects.split(",")
        for row in api.values("/project/subcontract", projectId=project, fields="supplier(id)")
    ]
    assert found
    assert {row["supplier"]["id"] for row in found} <= suppliers
    status, code, _ = api.error(
        "/project/subcontract", projectId=projects.split(",")[0], fields="company(id)"
    )
    assert (status, code) == (400, 11000)


def test_module_gated_properties_are_absent_and_stock_comes_on_demand(api: Api) -> None:
    assert "ean" not in api.get("/product", count=1, fields="*,ean")["values"][0]
    plain = api.get("/product", count=1)["values"][0]
    assert "stockOfGoods" not in plain
    assert "stockOfGoods" in api.get("/product", count=1, fields="*,stockOfGoods")["values"][0]


def test_full_result_size_looks_one_row_ahead(api: Api) -> None:
    total = len(api.sandbox.company().table("Account"))
    for start, count in ((0, 50), (50, 50), (100, 10)):
        page = api.get("/ledger/account", count=count, **{"from": start})
        assert page["count"] == len(page["values"]) == count
        assert page["fullResultSize"] == start + count + 1
    last = api.get("/ledger/account", count=100, **{"from": 100})
    assert last["fullResultSize"] == total
    past = api.get("/ledger/account", count=10, **{"from": 5000})
    assert (past["count"], past["fullResultSize"]) == (0, total)


def test_pages_cover_everything_once(api: Api) -> None:
    rows = api.values("/ledger/posting", fields="id", sorting="id", **EVER)
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids)) == [p.id for p in api.sandbox.company().postings()]


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/ledger/posting", {}, 422, 15000),
        ("/ledger/posting", {**MAY, "dateFrom": ""}, 422, 15000),
        ("/ledger/posting", {**MAY, "dateTo": "2026-05-01"}, 422, 18000),
        ("/ledger/posting", {**MAY, "accountId": "x"}, 422, 21000),
        ("/ledger/posting", {**MAY, "type": "wage"}, 404, 21000),
        ("/ledger/posting", {**MAY, "from": "-1"}, 422, 18000),
        ("/ledger/posting", {**MAY, "count": "10001"}, 422, 18000),
        ("/ledger/posting", {**MAY, "sorting": "date:desc"}, 422, 17000),
        ("/ledger/vatType", {"typeOfVat": "outgoing"}, 404, 21000),
        ("/ledger/account", {"number": "120*"}, 422, 12000),
        ("/product", {"number": "STL-001"}, 422, 15000),
        ("/customer", {"isInactive": "maybe"}, 422, 21000),
        ("/customer", {"changedSince": "yesterday"}, 422, 15000),
        ("/company", {}, 400, 4000),
        ("/company/1", {}, 404, 6000),
        ("/customer/abc", {}, 422, 21000),
        ("/nowhere", {}, 404, 6000),
    ],
)
def test_refusals(api: Api, path: str, params: dict[str, Any], status: int, code: int) -> None:
    assert api.error(path, **params)[:2] == (status, code)


def test_missing_dates_are_named_one_by_one(api: Api) -> None:
    messages = api.error("/invoice")[2]["validationMessages"]
    assert {m["field"] for m in messages} == {"invoiceDateFrom", "invoiceDateTo"}
    assert {m["message"] for m in messages} == {"Kan ikke være null."}


def test_the_end_of_a_window_is_exclusive(api: Api) -> None:
    for path, name, prefix in (
        ("/ledger/posting", "date", "date"),
        ("/ledger/voucher", "date", "date"),
        ("/invoice", "invoiceDate", "invoiceDate"),
        ("/order", "orderDate", "orderDate"),
        ("/timesheet/entry", "date", "date"),
    ):
        window = {f"{prefix}From": "2026-04-07", f"{prefix}To": "2026-05-05"}
        days = {row[name] for row in api.values(path, **window)}
        assert days
        assert min(days) >= "2026-04-07"
        assert max(days) < "2026-05-05"


def test_a_day_past_the_end_of_february_is_accepted(api: Api) -> None:
    lenient = api.get("/ledger/voucher", dateFrom="2026-02-29", dateTo="2026-03-03", fields="id")
    strict = api.get("/ledger/voucher", dateFrom="2026-03-01", dateTo="2026-03-03", fields="id")
    assert lenient["values"] == strict["values"]


def test_sorting(api: Api) -> None:
    rows = api.values("/ledger/posting", sorting="account.number,-amount", **MAY)
    numbers = {a["id"]: a["number"] for a in api.sandbox.company().rows("Account")}
    keys = [(numbers[row["account"]["id"]], -row["amount"]) for row in rows]
    assert keys == sorted(keys)
    by_account = api.values("/balanceSheet", sorting="-account.id", **MAY)
    ids = [row["account"]["id"] for row in by_account]
    assert ids == sorted(ids, reverse=True)


def test_filters(api: Api) -> None:
    company = api.sandbox.company()
    postings = [p for p in company.rows("Posting") if "2026-05" in p["date"]]
    numbers = {a["id"]: a["number"] for a in company.rows("Account")}

    def ids(path: str, **params: Any) -> list[int]:
        return [row["id"] for row in api.values(path, fields="id", **params)]

    bank = company.account_id(1920)
    assert ids("/ledger/posting", accountId=bank, **MAY) == [
        p["id"] for p in postings if p["account"] == bank
    ]
    assert ids("/ledger/posting", accountNumberFrom=3000, accountNumberTo=3020, **MAY) == [
        p["id"] for p in postings if 3000 <= numbers[p["account"]] < 3020
    ]
    customer = next(p["customer"] for p in postings if p["customer"])
    assert ids("/ledger/posting", customerId=customer, **MAY) == [
        p["id"] for p in postings if p["customer"] == customer
    ]
    employees = {row["id"] for row in company.rows("Employee")}
    one = sorted(employees)[2]
    entries = [e for e in company.rows("TimesheetEntry") if "2026-05" in e["date"]]
    assert ids("/timesheet/entry", employeeId=one, **MAY) == [
        e["id"] for e in entries if e["employee"] == one
    ]
    closed = [p["id"] for p in company.rows("Project") if p["isClosed"]]
    assert ids("/project", isClosed="true") == closed
    assert ids("/ledger/account", number="1500,2400") == [
        company.account_id(1500),
        company.account_id(2400),
    ]
    assert ids("/product", name="kaffe") == [
        p["id"] for p in company.rows("Product") if "kaffe" in p["name"].lower()
    ]
    assert ids("/ledger/annualAccount", yearFrom=2025, yearTo=2026) == [
        y["id"] for y in company.rows("AnnualAccount") if y["year"] == 2025
    ]


def test_unknown_parameters_are_ignored(api: Api) -> None:
    assert api.get("/customer", name="x", count=3) == api.get("/customer", count=3)


def test_documented_defaults_hide_rows(api: Api) -> None:
    company = api.sandbox.company()
    inactive = {c["id"] for c in company.rows("Customer") if c["isInactive"]}
    shown = {row["id"] for row in api.values("/customer", fields="id")}
    hidden = {row["id"] for row in api.values("/customer", fields="id", isInactive="true")}
    assert inactive
    assert hidden == inactive
    assert shown == {c["id"] for c in company.rows("Customer")} - inactive
    assert len(api.values("/supplier", isInactive="true")) == 1
    assert len(api.values("/employee", includeContacts="true")) == len(api.values("/employee")) + 1
    inbox = "/ledger/voucher/>nonPosted"
    assert len(api.values(inbox)) < len(api.values(inbox, includeNonApproved="true"))
    everything = api.values("/balanceSheet", includeActiveAccountsWithoutMovements="true", **MAY)
    assert len(everything) > len(api.values("/balanceSheet", **MAY))


def test_unpaged_lists_ignore_paging(api: Api) -> None:
    for path, params in (
        ("/company/salesmodules", {}),
        ("/ledger/vatType", {"typeOfVat": "LEDGER"}),
    ):
        answer = api.get(path, count=1, **params)
        assert answer["count"] > 1
        assert answer["fullResultSize"] == 0
        assert answer["versionDigest"] is None
    assert api.get("/ledger/vatType")["values"][-1]["id"] == 0


def test_row_caps(fresh: Sandbox) -> None:
    fresh.row_caps["/ledger/posting"] = 100
    api = Api(fresh)
    status, code, _ = api.error("/ledger/posting", count=1, **EVER)
    assert (status, code) == (422, 23000)
    assert api.get("/ledger/posting", dateFrom="2026-05-12", dateTo="2026-05-13")


def test_vouchers_in_the_inbox_are_only_listed_there(api: Api) -> None:
    inbox = api.values("/ledger/voucher/>nonPosted", includeNonApproved="true")
    assert inbox
    assert all(row["number"] == 0 and row["tempNumber"] > 0 for row in inbox)
    assert any(row["date"] is None and row["year"] == 0 for row in inbox)
    listed = {row["id"] for row in api.values("/ledger/voucher", fields="id", **EVER)}
    assert listed.isdisjoint({row["id"] for row in inbox})
    assert api.get(f"/ledger/voucher/{inbox[0]['id']}")["value"]["number"] == 0


def test_one_object_by_id(api: Api) -> None:
    row = api.get("/customer", count=1)["values"][0]
    assert api.get(f"/customer/{row['id']}")["value"] == row
    assert api.get(f"/customer/{row['id']}", fields="name")["value"] == {"name": row["name"]}


def test_paths_without_rows_answer_empty_lists(api: Api) -> None:
    assert api.get("/travelExpense", state="SALARY_PAID")["values"] == []
    assert api.get("/crm/prospect", prospectType=99)["values"] == []


def test_envelope_extras(api: Api) -> None:
    vouchers = api.get("/ledger/voucher", count=1, **MAY)
    assert vouchers["totalNumberOfPostings"] == len(
        api.sandbox.company().postings("2026-05-01", "2026-06-01"),
    )
    hours = api.get("/timesheet/entry", count=1, **MAY)["sumAllHours"]
    assert hours == sum(row["hours"] for row in api.values("/timesheet/entry", **MAY))


def test_a_token_without_all_vouchers(fresh: Sandbox) -> None:
    full = Api(fresh)
    partial = Api(fresh, fresh.add_employee_token(all_vouchers=False))
    assert full.get("/ledger/postingByDate", **MAY)["values"]
    assert partial.error("/ledger/postingByDate", **MAY)[:2] == (422, 18000)
    seen = partial.values("/ledger/posting", **MAY)
    assert 0 < len(seen) < len(full.values("/ledger/posting", **MAY))


def test_forbidden_paths(build: Callable[..., Sandbox]) -> None:
    sandbox = build(companies=2)
    api = Api(sandbox)
    sandbox.forbid("/asset")
    sandbox.forbid("/customer", company=sandbox.companies[1].id)
    assert api.error("/asset")[:2] == (403, 9000)
    api.get("/customer", count=1)
    sandbox.allow("/asset")
    api.get("/asset")


def test_headers_and_compression(api: Api) -> None:
    plain = api.send("/ledger/account")
    packed = api.send("/ledger/account", headers={"Accept-Encoding": "gzip, deflate"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert plain.headers["Set-Cookie"].startswith("JSESSIONID=")
    assert plain.headers["Cache-Control"] == "no-store"
    assert msgspec.json.decode(plain.body)["count"] == 138
