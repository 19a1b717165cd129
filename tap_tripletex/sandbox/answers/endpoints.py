"""What single paths do differently from "all rows of the entity, filtered"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_tripletex.sandbox.answers import business_views as business
from tap_tripletex.sandbox.answers import (
    errors,
    ledger_views,
    project_views,
    stock_views,
    timesheet_views,
)
from tap_tripletex.sandbox.answers import people_views as people

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox.answers.owner import Owner
    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.rows import Row

NOT_SPECIFIED = "'If-None-Match' header not specified"
NOT_SUPPORTED = "Checksum not yet supported for this endpoint"


class Endpoint(NamedTuple):
    """How a path is answered.

    Attributes:
        source: Its rows, where they are not simply the entity's.
        filtered: Whether the source has applied all parameters already.
        digest: What `versionDigest` says without If-None-Match (recorded for each path):
            a checksum is kept, is not supported, or (None) is not spoken of.
        paged: Whether `from` and `count` do anything.
        keeps_order: Whether rows come in the source's order rather than by id.
        single: Its object, on a path that answers with one which is not found by its id.
    """

    source: Callable[[Company, dict[str, Any], Owner], list[Row]] | None = None
    filtered: bool = False
    digest: str | None = NOT_SPECIFIED
    paged: bool = True
    keeps_order: bool = False
    single: Callable[[Company, dict[str, Any], Owner], Row | None] | None = None


def _balance_sheet(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    return ledger_views.balance_sheet(company, params)


def _ledger(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    return ledger_views.ledger(company, params)


def _open_posts(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    return ledger_views.open_posts(company, params)


def _posting_by_date(company: Company, params: dict[str, Any], owner: Owner) -> list[Row]:
    if not owner.all_vouchers:
        # Official document: needs access to all vouchers, else a validation error.
        raise errors.invalid(None, "Du må ha tilgang til alle bilag.")
    return list(company.postings(params["dateFrom"], params["dateTo"]))


def _non_posted(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    inbox = sorted(company.inbox, key=lambda row: row.id)
    since = params.get("changedSince")
    start, end = params.get("dateFrom", ""), params.get("dateTo", "~")
    return [
        row
        for row in inbox
        if (params["includeNonApproved"] or row.id not in company.unapproved)
        and (since is None or company.inbox.updated(row) >= since)
        and (row.date is None or start <= row.date < end)
    ]


def _employees(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    rows = sorted(company.table("Employee"), key=lambda row: row["id"])
    if params.get("onlyContacts"):
        return [row for row in rows if row.get("isContact")]
    if params.get("includeContacts"):
        return rows
    return [row for row in rows if not row.get("isContact")]


def _vat_types(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    # Recorded: the plain list is not in order of id.
    rows = sorted(company.table("VatType"), key=lambda row: (row["id"] == 0, row["id"]))
    kind = params.get("typeOfVat")
    if kind is None:
        return rows
    outgoing = kind in {"OUTGOING", "PROJECT"}
    wanted = {0, 3, 5, 6, 7, 31, 32, 51, 52} if outgoing else {0, 1, 11, 12, 34}
    return [row for row in rows if row["id"] in wanted or kind == "LEDGER"]


ENDPOINTS: dict[str, Endpoint] = {
    "/asset/{id}/postings": Endpoint(business.asset_postings, filtered=True),
    "/balanceSheet": Endpoint(_balance_sheet, filtered=True, digest=None, keeps_order=True),
    "/bank": Endpoint(digest=NOT_SUPPORTED),
    "/company/>withLoginAccess": Endpoint(digest=None),
    "/company/salesmodules": Endpoint(
        business.sales_modules,
        digest=None,
        paged=False,
        keeps_order=True,
    ),
    "/employee": Endpoint(_employees, digest=NOT_SUPPORTED),
    "/currency/{id}/rate": Endpoint(single=people.exchange_rate),
    "/documentArchive/account/{id}": Endpoint(people.documents("Account")),
    "/documentArchive/customer/{id}": Endpoint(people.documents("Customer")),
    "/documentArchive/employee/{id}": Endpoint(people.documents("Employee")),
    "/documentArchive/product/{id}": Endpoint(people.documents("Product")),
    "/documentArchive/project/{id}": Endpoint(people.documents("Project")),
    "/documentArchive/supplier/{id}": Endpoint(people.documents("Supplier")),
    "/employee/employment": Endpoint(people.own("Employment"), digest=None),
    **{
        f"/employee/employment/{path}": Endpoint(people.employment_types(path.rpartition("/")[2]))
        for path in (
            "employmentType",
            "employmentType/employmentEndReasonType",
            "employmentType/employmentFormType",
            "employmentType/salaryType",
            "employmentType/scheduleType",
        )
    },
    "/employee/employment/employmentType/maritimeEmploymentType": Endpoint(
        people.employment_types(),
    ),
    "/employee/employment/leaveOfAbsence": Endpoint(people.leaves),
    "/employee/entitlement": Endpoint(business.entitlements, digest=None),
    "/employee/hourlyCostAndRate": Endpoint(people.own("HourlyCostAndRate")),
    "/employee/nextOfKin": Endpoint(people.own("NextOfKin")),
    "/employee/standardTime": Endpoint(people.own("StandardTime")),
    "/incomingInvoice/search": Endpoint(
        business.incoming_invoices,
        filtered=True,
        keeps_order=True,
    ),
    "/inventory/inventories": Endpoint(
        stock_views.inventories,
        filtered=True,
        keeps_order=True,
    ),
    "/ledger": Endpoint(_ledger, filtered=True, keeps_order=True),
    "/ledger/accountingDimensionName": Endpoint(
        business.active_only("AccountingDimensionName"),
        digest=None,
    ),
    "/ledger/accountingDimensionValue/search": Endpoint(
        business.active_only("AccountingDimensionValue"),
        digest=None,
    ),
    "/ledger/posting/openPost": Endpoint(_open_posts, filtered=True, keeps_order=True),
    "/ledger/postingByDate": Endpoint(_posting_by_date, filtered=True),
    "/ledger/vatType": Endpoint(_vat_types, keeps_order=True),
    "/ledger/voucher/>nonPosted": Endpoint(_non_posted, filtered=True, paged=False),
    "/ledger/voucher/>voucherReception": Endpoint(business.reception, filtered=True),
    "/ledger/voucher/openingBalance": Endpoint(single=business.opening_balance),
    "/product/external": Endpoint(business.of_wholesaler),
    "/project/batchPeriod/budgetStatusByProjectIds": Endpoint(
        project_views.budget_status,
        filtered=True,
        keeps_order=True,
    ),
    "/project/batchPeriod/invoicingReserveByProjectIds": Endpoint(
        project_views.invoicing_reserves,
        filtered=True,
        keeps_order=True,
    ),
    "/project/controlForm": Endpoint(project_views.of_project("ProjectControlForm")),
    "/project/task": Endpoint(project_views.of_project("Task")),
    "/project/{id}/period/monthlyStatus": Endpoint(
        project_views.monthly_status,
        filtered=True,
        keeps_order=True,
    ),
    "/purchaseOrder/goodsReceipt": Endpoint(business.goods_receipts),
    "/reminder": Endpoint(business.reminders),
    "/resultbudget": Endpoint(business.result_budgets, filtered=True),
    "/salary/compilation": Endpoint(single=people.compilation),
    "/salary/type": Endpoint(digest=None),
    "/supplierInvoice": Endpoint(digest=NOT_SUPPORTED),
    "/supplierInvoice/forApproval": Endpoint(business.for_approval, filtered=True),
    "/timesheet/companyHoliday": Endpoint(people.company_holidays),
    "/timesheet/month/byMonthNumber": Endpoint(timesheet_views.months, digest=None),
    "/timesheet/timeClock": Endpoint(people.time_clocks),
    "/timesheet/week": Endpoint(timesheet_views.weeks, digest=None),
    "/transportType": Endpoint(business.transport_types),
    "/travelExpense": Endpoint(people.travel_expenses),
    "/travelExpense/costParticipant/{costId}/costParticipants": Endpoint(people.cost_participants),
    "/travelExpense/rate": Endpoint(people.travel_rates),
    "/travelExpense/rateCategory": Endpoint(people.valid("TravelExpenseRateCategory")),
    "/travelExpense/rateCategoryGroup": Endpoint(people.valid("TravelExpenseRateCategoryGroup")),
    "/travelExpense/zone": Endpoint(people.travel_zones),
}

PLAIN = Endpoint()

ROW_CAPS: dict[str, int] = {"/travelExpense/rate": 10_000}
"""Paths that refuse a result of more rows, whatever `count` is (recorded: 422/23000)."""


def endpoint_of(path: str, params: dict[str, Any]) -> Endpoint:
    """Return how a path is answered."""
    found = ENDPOINTS.get(path, PLAIN)
    if path == "/ledger/vatType" and "typeOfVat" in params:
        # Recorded: with this parameter the list ignores paging and has no digest.
        return found._replace(digest=None, paged=False)
    return found


OPENS_ALL = {"Project": "AUTH_PROJECT_MANAGER_COMPANY"}
"""Entitlements without which a list has the rows of the user alone, and says nothing of it."""


def visible(rows: list[Row], entity: str, owner: Owner) -> list[Row]:
    """Return the rows that a user may see: without the right, no one else's."""
    if OPENS_ALL.get(entity) in owner.lacks:
        return [row for row in rows if row["id"] % 2]
    if owner.all_vouchers:
        return rows
    if entity == "Posting":
        return [row for row in rows if row.voucher % 2]
    return [row for row in rows if row.id % 2] if entity == "Voucher" else rows


def envelope_extras(path: str, company: Company, rows: list[Row]) -> dict[str, Any]:
    """Return what the envelopes of two lists carry besides the page (recorded)."""
    if path == "/ledger/voucher":
        return {"totalNumberOfPostings": sum(len(row.postings) for row in rows)}
    if path == "/timesheet/entry":
        table = company.table("TimesheetEntry")
        return {"sumAllHours": sum(table.value(row, "hours") for row in rows)}
    return {}
