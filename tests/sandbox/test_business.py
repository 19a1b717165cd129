"""Paths around the ledger: bank, assets, goods, projects, reminders, catalogues."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.sandbox.answers.business_views import OPENS
from tap_tripletex.sandbox.server.sessions import ACCOUNTANT_TOKEN
from tests.sandbox.conftest import Api
from tests.sandbox.test_contract import DOCUMENT, check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_tripletex.sandbox import Sandbox
    from tap_tripletex.sandbox.tables.model import Entity

LIFE = {"dateFrom": "2024-01-01", "dateTo": "2027-01-01"}
INVOICED = {"invoiceDateFrom": "2024-01-01", "invoiceDateTo": "2027-01-01"}
NOTHING: dict[str, str] = {}
# Path to the query parameters of each request; children name their parents instead.
LISTS: dict[str, dict[str, str]] = {
    **dict.fromkeys(
        (
            "/asset",
            "/bank",
            "/bank/reconciliation",
            "/bank/reconciliation/match",
            "/bank/reconciliation/paymentType",
            "/bank/statement",
            "/company/salesmodules",
            "/crm/prospect",
            "/deliveryAddress",
            "/discountPolicy",
            "/division",
            "/inventory",
            "/inventory/location",
            "/inventory/stocktaking",
            "/invoice/paymentType",
            "/ledger/accountingDimensionName",
            "/ledger/accountingDimensionValue/search",
            "/ledger/paymentTypeOut",
            "/ledger/voucher/>nonPosted",
            "/ledger/voucher/>voucherReception",
            "/order/orderGroup",
            "/product/discountGroup",
            "/product/group",
            "/product/groupRelation",
            "/product/inventoryLocation",
            "/product/supplierProduct",
            "/product/unit/master",
            "/project",
            "/project/controlFormType",
            "/project/hourlyRates",
            "/project/hourlyRates/projectSpecificRates",
            "/purchaseOrder",
            "/purchaseOrder/goodsReceipt",
            "/purchaseOrder/purchaseOrderIncomingInvoiceRelation",
            "/resultbudget",
            "/supplierInvoice/forApproval",
            "/vatReturns/comment/>all",
            "/vatTermSizeSettings",
            "/voucherMessage",
            "/voucherStatus",
        ),
        NOTHING,
    ),
    **dict.fromkeys(("/invoice", "/invoice/details", "/incomingInvoice/search"), INVOICED),
    "/inventory/inventories": LIFE,
    "/order": {"orderDateFrom": "2024-01-01", "orderDateTo": "2027-01-01"},
    "/product/external": {"wholesaler": "AHLSELL"},
    "/reminder": LIFE,
    "/transportType": {"supplier": "SOLAR"},
}
# Path to the parents' path, the parameter (or placeholder) that names one, and the rest.
CHILDREN: dict[str, tuple[str, str, dict[str, str]]] = {
    "/asset/{id}/postings": (
        "/asset",
        "{id}",
        {"dateFrom": "2024-01-01", "dateToExclusive": "2027-01-01"},
    ),
    "/bank/statement/transaction": ("/bank/statement", "bankStatementId", {}),
    "/inventory/stocktaking/productline": ("/inventory/stocktaking", "stocktakingId", {}),
    "/product/productPrice": ("/product", "productId", {}),
    "/project/batchPeriod/budgetStatusByProjectIds": ("/project", "ids", {}),
    "/project/batchPeriod/invoicingReserveByProjectIds": ("/project", "ids", LIFE),
    "/project/controlForm": ("/project", "projectId", {}),
    "/project/orderline": ("/project", "projectId", {}),
    "/project/subcontract": ("/project", "projectId", {}),
    "/project/task": ("/project", "projectId", {}),
    "/project/{id}/period/monthlyStatus": (
        "/project",
        "{id}",
        {"dateFrom": "2026-01-01", "dateTo": "2026-12-31"},
    ),
    "/purchaseOrder/deviation": ("/purchaseOrder", "purchaseOrderId", {}),
    "/purchaseOrder/goodsReceiptLine": ("/purchaseOrder", "purchaseOrderId", {}),
}
SINGLES = (
    "/ledger/postingRules",
    "/ledger/vatSettings",
    "/ledger/voucher/openingBalance",
    "/project/settings",
)
EXPANSIONS = {
    "/bank/reconciliation/match": "transactions(*),postings(id,amount)",
    "/bank/statement": "transactions(*),bank(*)",
    "/invoice": "projectInvoiceDetails(*),reminders(*)",
    "/order": "orderGroups(*,orderLines(*))",
    "/project": "projectHourlyRates(*,projectSpecificRates(*)),orderLines(*)",
    "/purchaseOrder": "orderLines(*,product(*)),supplier(*)",
    "/purchaseOrder/goodsReceipt": "goodsReceiptLines(*)",
    "/supplierInvoice/forApproval": "approvalListElements(*)",
}
PYTHON = {"int": int, "num": (int, float), "str": str, "bool": bool}


def answers(api: Api, path: str, fields: str) -> Iterator[dict[str, Any]]:
    shape = {"fields": fields} if fields else {}
    if path not in CHILDREN:
        yield api.get(path, **LISTS.get(path, {}), **shape)
        return
    parents, name, more = CHILDREN[path]
    for parent in api.values(parents, fields="id"):
        target = path.replace("{id}", str(parent["id"]))
        query = {} if name == "{id}" else {name: parent["id"]}
        yield api.get(target, **query, **more, **shape)


def examine(sandbox: Sandbox, row: dict[str, Any], entity: Entity, where: str) -> None:
    """Check a row's properties against the model, and that what it refers to is there."""
    for name, value in row.items():
        prop = entity.properties[name]
        for item in value if prop.many else [value]:
            place = f"{where}.{name}"
            if item is None:
                continue
            if prop.entity is None:
                kind = PYTHON.get(prop.kind)
                assert kind is None or (
                    isinstance(item, kind) and (prop.kind == "bool") == isinstance(item, bool)
                ), f"{place}: {item!r}"
                continue
            target = sandbox.model.entity(prop.entity)
            if set(item) == {"id", "url"} and target.has_id:
                # Customers, suppliers and companies share their ids.
                also = ("Customer", "Supplier") if target.name == "Company" else ()
                company = sandbox.company()
                known = any(item["id"] in company.table(kind).rows for kind in (target.name, *also))
                assert known, f"{place}: no {target.name} {item['id']}"
            else:
                examine(sandbox, item, target, place)


@pytest.mark.parametrize("path", [*LISTS, *CHILDREN, *SINGLES])
@pytest.mark.parametrize("expanded", [False, True])
def test_rows_are_there_and_fit_the_model(api: Api, path: str, expanded: bool) -> None:  # noqa: FBT001
    fields = f"*,{EXPANSIONS[path]}" if path in EXPANSIONS else "*"
    spec = api.sandbox.model.paths[path]
    entity = api.sandbox.model.entity(spec.entity or "")
    rows = []
    for answer in answers(api, path, fields if expanded else ""):
        rows += answer["values"] if spec.list else [answer["value"]]
    assert rows
    for row in rows:
        examine(api.sandbox, row, entity, path)
    if entity.has_id:
        identities = [row["id"] for row in rows]
        assert len(set(identities)) == len(identities)
        assert path in CHILDREN or identities == sorted(identities)


@pytest.mark.skipif(not DOCUMENT, reason="TRIPLETEX_OPENAPI does not point at a copy")
def test_rows_fit_the_official_document(api: Api) -> None:
    document = json.loads(Path(DOCUMENT).read_text(encoding="utf-8"))
    for path in [*LISTS, *CHILDREN, *SINGLES]:
        operation = document["paths"][path]["get"]
        schema = next(iter(operation["responses"]["200"]["content"].values()))["schema"]
        fields = f"*,{EXPANSIONS[path]}" if path in EXPANSIONS else "*"
        for answer in () if path == "/crm/prospect" else answers(api, path, fields):
            check(answer, schema, document, path)


@pytest.mark.parametrize("path", CHILDREN)
def test_children_are_those_of_their_parent(api: Api, path: str) -> None:
    _, name, more = CHILDREN[path]
    if name == "{id}":
        assert api.error(path.replace("{id}", "7"), **more)[:2] == (404, 6000)
        return
    assert api.get(path, **{name: 7}, **more)["values"] == []
    status, code, body = api.error(path, **more)
    assert (status, code) == (422, 15000)
    assert [entry["field"] for entry in body["validationMessages"]] == [name]


@pytest.mark.parametrize("month", range(1, 13))
def test_there_are_rows_on_any_day_of_the_year(build: Callable[..., Sandbox], month: int) -> None:
    api = Api(build(today=date(2026, month, 1)))
    empty = [
        path
        for path in [*LISTS, *CHILDREN]
        if not any(answer["values"] for answer in answers(api, path, ""))
    ]
    assert not empty


def test_parameters_with_hiding_defaults(api: Api) -> None:
    receipts = "/purchaseOrder/goodsReceipt"
    ordered, unordered = api.values(receipts), api.values(receipts, withoutPurchase="true")
    assert all(row["purchaseOrder"] for row in ordered)
    assert unordered
    assert not any(row["purchaseOrder"] for row in unordered)
    own = api.values("/supplierInvoice/forApproval")
    every = api.values("/supplierInvoice/forApproval", showAll="true")
    assert 0 < len(own) < len(every)
    search, window = "/incomingInvoice/search", LISTS["/incomingInvoice/search"]
    ledger = {row["voucherId"] for row in api.values(search, **window)}
    for status in ("inbox", "nonPosted"):
        found = {row["voucherId"] for row in api.values(search, status=status, **window)}
        assert found
        assert not found & ledger
    waiting = api.values(search, status="approval", **window)
    assert {row["voucherId"] for row in waiting} == {row["voucher"]["id"] for row in every}


def test_result_budgets_of_a_year(api: Api) -> None:
    kinds = ("Department", "Project", "Product", "Employee")
    flags = {f"includeAll{kind}ResultBudgets": "true" for kind in kinds}
    plain = api.values("/resultbudget", year=2026)
    assert {row["resultBudgetType"] for row in plain} == {"COMPANY"}
    everything = api.values("/resultbudget", year=2026, **flags)
    assert {row["resultBudgetType"] for row in everything} == {
        "COMPANY",
        *(kind.upper() for kind in kinds),
    }
    assert api.values("/resultbudget", year=2025, **flags)
    assert api.values("/resultbudget", year=2019, **flags) == []
    department = api.sandbox.company().rows("Department")[0]["id"]
    some = api.values("/resultbudget", year=2026, departmentIds=department)
    assert len(plain) < len(some) < len(everything)


def test_wholesalers_and_their_ways_of_transport(api: Api) -> None:
    seen: set[int] = set()
    for supplier in api.sandbox.model.paths["/transportType"].parameters["supplier"].enum:
        found = {row["id"] for row in api.values("/transportType", supplier=supplier)}
        assert found
        assert not found & seen
        seen |= found
    assert seen == {row["id"] for row in api.sandbox.company().rows("TransportType")}
    assert api.error("/product/external")[:2] == (422, 15000)


def test_statements_continue_each_other(api: Api) -> None:
    company = api.sandbox.company()
    transactions = {row["id"]: row["amountCurrency"] for row in company.rows("BankTransaction")}
    statements = company.rows("BankStatement")
    for statement in statements:
        change = statement["closingBalanceCurrency"] - statement["openingBalanceCurrency"]
        assert change == sum(transactions.pop(i) for i in statement["transactions"])
    assert not transactions
    for earlier, later in pairwise(statements):
        assert earlier["closingBalanceCurrency"] == later["openingBalanceCurrency"]
    amounts = {posting.id: posting.amount for posting in company.postings()}
    rows = {row["id"]: row for row in company.rows("BankTransaction")}
    for match in company.rows("BankReconciliationMatch"):
        matched = [rows[i]["amountCurrency"] for i in match["transactions"]]
        assert matched == [amounts[i] for i in match["postings"]]


def test_assets_agree_with_the_ledger(api: Api) -> None:
    company = api.sandbox.company()
    balances = company.trial_balance(None, "2026-06-01")
    for asset in company.rows("Asset"):
        assert asset["balanceOut"] == balances.get(asset["account"], 0)
        window = {"dateFrom": "2024-01-01", "dateToExclusive": "2026-06-01"}
        postings = api.values(f"/asset/{asset['id']}/postings", **window)
        assert round(sum(row["amount"] for row in postings) * 100) == asset["balanceOut"]


def test_stock_goes_on_from_month_to_month(api: Api) -> None:
    def stock(start: str, end: str) -> dict[tuple[int, int], tuple[float, float]]:
        rows = api.values("/inventory/inventories", dateFrom=start, dateTo=end)
        return {
            (row["product"]["id"], item["inventoryId"]): (
                item["openingStock"],
                item["closingStock"],
            )
            for row in rows
            for item in row["stock"]
        }

    january = stock("2026-01-01", "2026-01-31")
    february = stock("2026-02-01", "2026-02-28")
    assert {place: closing for place, (_, closing) in january.items()} == {
        place: opening for place, (opening, _) in february.items()
    }
    assert any(opening != closing for opening, closing in january.values())
    # The last day is included: receipts of the first of a month are in a window of that day.
    assert stock("2024-01-01", "2024-01-01")


def test_income_of_projects_is_what_was_booked_on_them(api: Api) -> None:
    company = api.sandbox.company()
    numbers = {row["id"]: row["number"] for row in company.rows("Account")}
    booked: dict[int, int] = {}
    for posting in company.postings():
        if posting.project and 3000 <= numbers[posting.account] < 4000:
            booked[posting.project] = booked.get(posting.project, 0) - posting.amount
    totals = {
        row["project"]: row["totalTotalIncomeCurrency"]
        for row in company.rows(
            "ProjectBudgetStatus",
        )
    }
    assert {project: total for project, total in totals.items() if total} == booked
    project = max(booked, key=lambda identity: booked[identity])
    months = [
        row
        for year in (2024, 2025, 2026)
        for row in api.values(
            f"/project/{project}/period/monthlyStatus",
            dateFrom=f"{year}-01-15",
            dateTo=f"{year}-12-02",
        )
    ]
    assert len(months) == 36
    assert months[0]["dateFrom"] == "2024-01-01"
    assert months[-1]["dateTo"] == "2026-12-31"
    assert round(sum(row["income"] for row in months) * 100) == booked[project]
    two_years = {"dateFrom": "2025-12-01", "dateTo": "2026-01-31"}
    assert api.error(f"/project/{project}/period/monthlyStatus", **two_years)[0] == 422


def test_batches_answer_for_every_project_asked(api: Api) -> None:
    projects = [row["id"] for row in api.sandbox.company().rows("Project")]
    for path in CHILDREN:
        if "/batchPeriod/" in path:
            ids = ",".join(map(str, projects))
            rows = api.values(path, ids=ids, dateFrom="2026-05-01", dateTo="2026-06-01")
            assert [row["project"]["id"] for row in rows] == projects


def test_reminders_of_an_invoice(api: Api) -> None:
    invoice = next(row for row in api.sandbox.company().rows("Invoice") if row["reminders"])
    rows = api.values("/reminder", invoiceId=invoice["id"], **LIFE)
    assert [row["id"] for row in rows] == invoice["reminders"]
    assert min(row["reminderDate"] for row in rows) > invoice["invoiceDueDate"]


def test_the_opening_balance_is_a_voucher_of_its_kind(fresh: Sandbox) -> None:
    api = Api(fresh)
    path = "/ledger/voucher/openingBalance"
    voucher = api.get(path, fields="*,voucherType(name)")["value"]
    assert voucher["voucherType"]["name"] == "Åpningsbalanse"
    assert voucher["date"] == "2024-01-01"
    fresh.company().delete_voucher(voucher["id"])
    assert api.get(path) == {"value": None}


def test_modules_and_rights_agree_with_what_is_forbidden(fresh: Sandbox) -> None:
    api = Api(fresh)
    company = fresh.company()

    def held() -> set[str]:
        rows = api.values("/employee/entitlement") + api.get("/company/salesmodules")["values"]
        return {row["name"] for row in rows}

    before = held()
    assert set(OPENS) <= before
    fresh.forbid("/asset")
    assert before - held() == {"FIXED_ASSETS_REGISTER"}
    fresh.forbid("/purchaseOrder/deviation", company=company.id)
    fresh.forbid("/employee/nextOfKin")
    assert before - held() == {"FIXED_ASSETS_REGISTER", "LOGISTICS", "AUTH_COMPANY_WAGE_ADMIN"}
    fresh.allow("/asset")
    fresh.allow("/purchaseOrder/deviation", company=company.id)
    fresh.allow("/employee/nextOfKin")
    assert held() == before


def test_clients_of_an_accountant(build: Callable[..., Sandbox]) -> None:
    sandbox = build(companies=2)
    rows = Api(sandbox, ACCOUNTANT_TOKEN).values("/company/>withLoginAccess")
    assert [row["id"] for row in rows] == [company.id for company in sandbox.companies]


def test_a_later_day_only_adds(build: Callable[..., Sandbox]) -> None:
    entities = (
        "BankTransaction",
        "Deviation",
        "GoodsReceiptLine",
        "OrderGroup",
        "ProjectInvoiceDetails",
        "Reminder",
        "ResultBudget",
    )
    early, late = (build(today=date(2026, 5, day)).company() for day in (18, 22))
    for entity in entities:
        before, after = early.rows(entity), late.rows(entity)
        assert {row["id"] for row in before} <= {row["id"] for row in after}
    lived = build(today=date(2026, 3, 2))
    lived.advance(date(2026, 5, 18))
    for entity in entities:
        assert lived.company().rows(entity) == early.rows(entity)
