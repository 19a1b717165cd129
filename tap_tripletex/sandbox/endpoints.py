"""What single paths do differently from "all rows of the entity, filtered"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_tripletex.sandbox import errors, ledger_views

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox.company import Company
    from tap_tripletex.sandbox.rows import Row
    from tap_tripletex.sandbox.sessions import Owner

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
    """

    source: Callable[[Company, dict[str, Any], Owner], list[Row]] | None = None
    filtered: bool = False
    digest: str | None = NOT_SPECIFIED
    paged: bool = True
    keeps_order: bool = False


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
    "/balanceSheet": Endpoint(_balance_sheet, filtered=True, digest=None, keeps_order=True),
    "/bank": Endpoint(digest=NOT_SUPPORTED),
    "/company/>withLoginAccess": Endpoint(digest=None),
    "/company/salesmodules": Endpoint(digest=None, paged=False, keeps_order=True),
    "/employee": Endpoint(_employees, digest=NOT_SUPPORTED),
    "/employee/employment": Endpoint(digest=None),
    "/employee/entitlement": Endpoint(digest=None),
    "/ledger": Endpoint(_ledger, filtered=True, keeps_order=True),
    "/ledger/accountingDimensionName": Endpoint(digest=None),
    "/ledger/accountingDimensionValue/search": Endpoint(digest=None),
    "/ledger/posting/openPost": Endpoint(_open_posts, filtered=True, keeps_order=True),
    "/ledger/postingByDate": Endpoint(_posting_by_date, filtered=True),
    "/ledger/vatType": Endpoint(_vat_types, keeps_order=True),
    "/ledger/voucher/>nonPosted": Endpoint(_non_posted, filtered=True, paged=False),
    "/salary/type": Endpoint(digest=None),
    "/supplierInvoice": Endpoint(digest=NOT_SUPPORTED),
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


def visible(rows: list[Row], entity: str, owner: Owner) -> list[Row]:
    """Return the rows that a user may see: without the right, no one else's vouchers."""
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
