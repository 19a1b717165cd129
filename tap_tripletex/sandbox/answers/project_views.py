"""Project figures computed from postings' invoices, hours and budgets."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.tables.days import ONE_DAY, add_months, month_end

if TYPE_CHECKING:
    from tap_tripletex.sandbox.answers.owner import Owner
    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.rows import Row

HOUR_COST = 62_000
"""What an hour of work costs the company, in øre."""

EVER = {"dateFrom": "2000-01-01", "dateTo": "2100-01-01"}


def all_budgets(company: Company) -> list[Row]:
    """Return the budget status of every project."""
    return budget_status(company, {"ids": sorted(company.table("Project").rows)})


def all_reserves(company: Company) -> list[Row]:
    """Return what is not invoiced yet of every project, over all time."""
    return invoicing_reserves(company, {"ids": sorted(company.table("Project").rows), **EVER})


def _asked(company: Company, params: dict[str, Any]) -> list[int]:
    rows = company.table("Project").rows
    return [identity for identity in dict.fromkeys(params["ids"]) if identity in rows]


def _income(company: Company, start: str, end: str) -> dict[int, int]:
    """Return what was invoiced on each project in a window, net of credit notes, in øre."""
    invoices = company.table("Invoice").rows
    sums: dict[int, int] = {}
    for detail in company.table("ProjectInvoiceDetails"):
        invoice = invoices.get(detail["invoice"])
        if invoice and start <= invoice["invoiceDate"] < end:
            sums[detail["project"]] = (
                sums.get(detail["project"], 0) + invoice["amountExcludingVatCurrency"]
            )
    return sums


def budget_status(company: Company, params: dict[str, Any], _: Owner | None = None) -> list[Row]:
    """Return income so far and budget of the asked projects."""
    income = _income(company, EVER["dateFrom"], EVER["dateTo"])
    hours: dict[int, float] = {}
    for row in company.table("ProjectActivity"):
        project, budget = row["project"], row.get("budgetHours", 0)
        hours[project] = hours.get(project, 0) + budget
    return [
        {
            "project": project,
            "totalTotalIncomeCurrency": income.get(project, 0),
            "budgetTotalIncomeCurrency": round(hours.get(project, 0) * 135_000),
            "budgetTotalCostCurrency": round(hours.get(project, 0) * HOUR_COST),
        }
        for project in _asked(company, params)
    ]


def invoicing_reserves(
    company: Company,
    params: dict[str, Any],
    _: Owner | None = None,
) -> list[Row]:
    """Return what work of a window is not invoiced yet, for the asked projects."""
    reserve: dict[int, int] = {}
    for entry in company.table("TimesheetEntry").between(params["dateFrom"], params["dateTo"]):
        if entry["chargeable"] and entry.get("invoice") is None:
            amount = round(entry["chargeableHours"] * entry["hourlyRate"] * 100)
            reserve[entry["project"]] = reserve.get(entry["project"], 0) + amount
    return [
        {
            "project": project,
            "invoiceFeeReserveCurrency": reserve.get(project, 0),
            "invoiceReserveTotalAmountCurrency": reserve.get(project, 0),
        }
        for project in _asked(company, params)
    ]


def monthly_status(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return income and costs of a project by month.

    Official document: both dates are widened to whole months, and lie in one year; the
    last day is included.

    Raises:
        ApiError: No such project, or dates in two years.
    """
    project = params["{id}"]
    if project not in company.table("Project").rows:
        raise errors.not_found()
    first, last = (date.fromisoformat(params[name]) for name in ("dateFrom", "dateTo"))
    if first.year != last.year:
        raise errors.invalid_parameters({"dateTo": "Må være i samme år som fra-dato."})
    entries = company.table("TimesheetEntry")
    rows: list[Row] = []
    first = first.replace(day=1)
    while first <= last:
        end = month_end(first)
        window = first.isoformat(), (end + ONE_DAY).isoformat()
        worked = sum(row["hours"] for row in entries.between(*window) if row["project"] == project)
        rows.append(
            {
                "income": _income(company, *window).get(project, 0),
                "costs": round(worked * HOUR_COST),
                "dateFrom": first.isoformat(),
                "dateTo": end.isoformat(),
            },
        )
        first = add_months(first, 1)
    return rows


def of_project(entity: str) -> Any:  # noqa: ANN401 - a source of rows
    """Return a source of rows that know their project only by themselves."""

    def source(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
        found = [r for r in company.table(entity) if r.get("_project") == params["projectId"]]
        return sorted(found, key=lambda row: row["id"])

    return source
