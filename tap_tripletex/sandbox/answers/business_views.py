"""Rows that single paths choose or compute: approval, incoming invoices, budgets, modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.tables.days import oslo_timestamp
from tap_tripletex.sandbox.tables.table import getter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_tripletex.sandbox.answers.owner import Owner
    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.rows import Row

# What a module or entitlement opens: beginnings of paths; `$` is where a path ends. After the
# official document, which says it of few, and recorded refusals (403/9000).
OPENS: dict[str, tuple[str, ...]] = {
    "FIXED_ASSETS_REGISTER": ("/asset",),
    "LOGISTICS": (
        "/discountPolicy",
        "/inventory",
        "/product/discountGroup",
        "/product/external",
        "/product/group",
        "/product/inventoryLocation",
        "/product/productPrice",
        "/product/supplierProduct",
        "/purchaseOrder",
        "/transportType",
    ),
    "PRO": ("/ledger/accountingDimension",),
    "PROJECT": ("/project/settings",),
    "TIME_TRACKING": ("/timesheet",),
    "WAGE": ("/salary",),
    "AUTH_ARCHIVE_READ": ("/documentArchive",),
    "AUTH_BANK_RECONCILIATION": ("/bank/reconciliation", "/bank/statement"),
    "AUTH_COMPANY_WAGE_ADMIN": (
        "/employee/employment",
        "/employee/hourlyCostAndRate",
        "/employee/nextOfKin",
    ),
    "AUTH_EMPLOYEE_INFO": ("/employee$",),
    "AUTH_INCOMING_INVOICE": ("/incomingInvoice",),
    "AUTH_PROJECT_CONTROL_SCHEMAS": ("/project/controlForm",),
    "AUTH_TRAVELREPORTS_COMPANY": ("/travelExpense",),
}

BUDGET_PARENTS = ("Department", "Project", "Product", "Employee")


def _held(company: Company, name: str) -> bool:
    """Return whether no path is forbidden that a module or entitlement opens."""
    refused, opened = tuple(company.forbidden), OPENS.get(name, ())
    paths = company.model.paths if refused and opened else ()
    return not any(p.startswith(refused) and f"{p}$".startswith(opened) for p in paths)


def sales_modules(company: Company, _: dict[str, Any], __: Owner) -> list[Row]:
    """Return the modules of which nothing is forbidden."""
    return [row for row in company.table("SalesModule") if _held(company, row["name"])]


def entitlements(company: Company, params: dict[str, Any], owner: Owner) -> list[Row]:
    """Return an employee's rights of which nothing is forbidden; by default, the owner's."""
    employee = params.get("employeeId", owner.employee)
    return [
        row
        for row in company.table("Entitlement")
        if row["employee"] == employee
        and row["name"] not in owner.lacks
        and _held(company, row["name"])
    ]


def reception(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return the documents that nobody has approved for booking yet; few of them have a date."""
    start, end = params.get("dateFrom", ""), params.get("dateTo", "~")
    return [
        row
        for row in sorted(company.inbox, key=lambda row: row.id)
        if row.id in company.unapproved and (row.date is None or start <= row.date < end)
    ]


def opening_balance(company: Company, _: dict[str, Any], __: Owner) -> Row | None:
    """Return the voucher that brought the balance in, or None (recorded: a null with 200)."""
    kinds = {row["id"] for row in company.table("VoucherType") if row["name"] == "Åpningsbalanse"}
    return next((row for row in company.table("Voucher") if row.voucherType in kinds), None)


def asset_postings(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return an asset's postings; both ends of the window are today unless given.

    Raises:
        ApiError: No such asset.
    """
    asset = params["{id}"]
    if asset not in company.table("Asset").rows:
        raise errors.not_found()
    today = company.last_day.isoformat() if company.last_day else ""
    window = params.get("dateFrom", today), params.get("dateToExclusive", today)
    return [row for row in company.postings(*window) if (row.extra or {}).get("asset") == asset]


def of_wholesaler(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return a wholesaler's products.

    Official document: an organisation number is mandatory where no wholesaler is chosen.
    The sandbox knows none, so that such a list is empty.

    Raises:
        ApiError: Neither is given.
    """
    wholesaler = params.get("wholesaler")
    if wholesaler is None and "organizationNumber" not in params:
        raise errors.invalid_parameters({"wholesaler": errors.CANNOT_BE_NULL})
    return [row for row in company.table("ExternalProduct") if row["_wholesaler"] == wholesaler]


def transport_types(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return how a supplier, one of the document's enum, delivers."""
    return [r for r in company.table("TransportType") if r["_supplier"] == params["supplier"]]


def goods_receipts(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return receipts of purchase orders, or only those without one ("equals", default no)."""
    wanted = params["withoutPurchase"]
    return [r for r in company.table("GoodsReceipt") if (r["purchaseOrder"] is None) == wanted]


def reminders(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return reminders; which invoice one belongs to is known to the invoice only."""
    rows = list(company.table("Reminder"))
    wanted = {
        name: params[key]
        for name, key in (("id", "invoiceId"), ("customer", "customerId"))
        if key in params
    }
    if wanted:
        owned = {
            reminder
            for invoice in company.table("Invoice")
            if all(invoice[name] == value for name, value in wanted.items())
            for reminder in invoice["reminders"]
        }
        rows = [row for row in rows if row["id"] in owned]
    return rows


def result_budgets(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return a year's budgets: the company's, and others where they are asked for.

    Official document: the year defaults to the current one; of departments, projects,
    products and employees only those with asked ids, or all active ones.
    """
    today = company.last_day
    year = str(params.get("year", today.year if today else ""))
    periods = company.table("AccountingPeriod").rows
    chosen: dict[str, set[int] | None] = {}
    for parent in BUDGET_PARENTS:
        kind = parent.lower()
        if params.get(f"includeAll{parent}ResultBudgets"):
            closed = ("isInactive", "isClosed")
            table = company.table(parent)
            chosen[kind] = {r["id"] for r in table if not any(r.get(flag) for flag in closed)}
        else:
            asked = params.get(f"{kind}Ids", "").split(",")
            chosen[kind] = {int(text) for text in asked if text.strip().isdigit()}
    result = []
    for row in company.table("ResultBudget"):
        period = periods.get(row["accountingPeriod"])
        if period is None or not period["start"].startswith(year):
            continue
        kind = row["resultBudgetType"].lower()
        if kind == "company" or row[kind] in (chosen[kind] or ()):
            result.append(row)
    return result


def waits_for_approval(row: Row) -> bool:
    """Return whether a supplier's invoice is still to be approved: until it is paid."""
    return bool(row.get("approvalListElements") and row["outstandingAmount"])


def for_approval(company: Company, params: dict[str, Any], owner: Owner) -> list[Row]:
    """Return supplier invoices that wait for approval, by default one's own (`showAll`)."""
    employee = params.get("employeeId", owner.employee)
    elements = company.table("VoucherApprovalListElement")
    own = {row["id"] for row in elements if row["employee"] == employee}
    return [
        row
        for row in sorted(company.table("SupplierInvoice"), key=lambda row: row["id"])
        if waits_for_approval(row)
        and (params["showAll"] or not own.isdisjoint(row["approvalListElements"]))
    ]


def incoming_invoices(company: Company, params: dict[str, Any], _: Owner | None) -> list[Row]:
    """Return documents by their statuses, a comma list: inbox, nonPosted, approval, ledger.

    The statuses overlap: what waits for approval is in the ledger already.
    """
    found: dict[int, Row] = {}
    for status in params["status"].split(","):
        for row in _incoming(company, status.strip()):
            found.setdefault(row["voucherId"], row)
    start, end = params.get("invoiceDateFrom", ""), params.get("invoiceDateTo", "~")
    wanted = [(name, params[name]) for name in ("invoiceNumber", "vendorId") if name in params]
    return [
        row
        for _, row in sorted(found.items())
        if start <= row["invoiceHeader"]["invoiceDate"] < end
        and params.get("voucherId", row["voucherId"]) == row["voucherId"]
        and all(row["invoiceHeader"].get(name) == value for name, value in wanted)
    ]


def all_incoming(company: Company) -> list[Row]:
    """Return the documents of every status."""
    return incoming_invoices(company, {"status": "inbox,nonPosted,ledger"}, None)


def _incoming(company: Company, status: str) -> Iterator[Row]:
    if status in {"inbox", "nonPosted"}:
        life_cycle = "DRAFT_IN_INBOX" if status == "inbox" else "DRAFT_IN_NON_POSTED"
        for voucher in company.inbox:
            if (voucher.id in company.unapproved) == (status == "inbox"):
                header = {
                    "invoiceDate": voucher.date or oslo_timestamp(voucher.created)[:10],
                    "dueDate": None,
                    "description": voucher.description,
                    "voucherTypeId": voucher.voucherType,
                }
                yield _aggregate(voucher, header, (), life_cycle)
    for invoice in company.table("SupplierInvoice"):
        voucher = company.table("Voucher").rows.get(invoice["voucher"])
        shown = status == "ledger" or (status == "approval" and waits_for_approval(invoice))
        if voucher is not None and shown:
            yield _booked(company, invoice, voucher)


def _booked(company: Company, invoice: Row, voucher: Row) -> Row:
    header = {
        "vendorId": invoice["supplier"],
        "invoiceDate": invoice["invoiceDate"],
        "invoiceNumber": invoice["invoiceNumber"],
        "invoiceAmount": invoice["amount"],
        "dueDate": invoice["invoiceDueDate"],
        "currencyId": 1,
        "companyCurrencyId": 1,
        "description": voucher.description,
        "voucherTypeId": voucher.voucherType,
    }
    postings = company.table("Posting").rows
    first = postings.get(next(iter(voucher.postings), 0))
    lines: tuple[dict[str, Any], ...] = ()
    if first is not None:
        line = {
            "externalId": str(first.id),
            "row": 1,
            "description": first.description,
            "accountId": first.account,
            "count": 1,
            "unitPrice": first.amount / 100,
            "amountInclVat": invoice["amount"],
            "amountExclVat": invoice["amountExcludingVat"],
            "amountVat": invoice["amount"] - invoice["amountExcludingVat"],
            "vatTypeId": first.vatType,
            "vendorId": invoice["supplier"],
        }
        lines = (line,)
    return _aggregate(voucher, header, lines, "IN_LEDGER")


def _aggregate(
    voucher: Row,
    header: dict[str, Any],
    lines: tuple[dict[str, Any], ...],
    life_cycle: str,
) -> Row:
    return {
        "voucherId": voucher.id,
        "invoiceHeader": {"currencyId": 1, "companyCurrencyId": 1, **header},
        "orderLines": lines,
        "metadata": {
            "voucherNumber": voucher.number,
            "voucherTempNumber": voucher.tempNumber,
            "voucherYear": voucher.year,
            "invoiceLifeCycle": life_cycle,
            "defaultVatReportType": "GENERAL_INDUSTRY",
        },
        "permissions": {"hasReadPermission": True},
    }


def active_only(entity: str) -> Any:  # noqa: ANN401 - a source of rows
    """Return a source that leaves inactive rows out where `activeOnly` is true."""

    def source(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
        table = company.table(entity)
        read = getter(table.entity, "active")
        return [row for row in table if read(row) or not params.get("activeOnly")]

    return source
