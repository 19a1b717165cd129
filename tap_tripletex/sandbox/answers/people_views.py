"""Rows about people, hours and travel that a request picks or computes.

Where a filter has a documented default ("token owner", "today"), the default is applied.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from zlib import crc32

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.tables.days import ONE_DAY, working_day_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_tripletex.sandbox.answers.owner import Owner
    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.rows import Row

    Source = Callable[[Company, dict[str, Any], Owner], list[Row]]

FIRST_DAY = date(2024, 1, 1)
"""First day that time sheets and payslips exist of."""

NOK = 1

KRONER: dict[str, float] = {
    "SEK": 1.014,
    "DKK": 1.558,
    "USD": 10.61,
    "EUR": 11.62,
    "GBP": 13.58,
    "CHF": 12.31,
}
"""What one unit of a currency costs, about."""


def last_day(company: Company) -> date:
    """Return the last day that the company has lived."""
    return company.last_day or FIRST_DAY


def _today(company: Company) -> date:
    """Return the day whose morning it is."""
    return last_day(company) + ONE_DAY


def employees(company: Company, wanted: Iterable[int] | None = None) -> list[int]:
    """Return employees' ids, of all or of those that are wanted and known."""
    known = [row["id"] for row in company.table("Employee") if not row.get("isContact")]
    return sorted(known if wanted is None else set(known) & set(wanted))


def _by_id(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row["id"])


def own(entity: str) -> Source:
    """Return the rows of one employee: by default, of the token's owner."""

    def source(company: Company, params: dict[str, Any], owner: Owner) -> list[Row]:
        employee = params.get("employeeId", owner.employee)
        return _by_id(row for row in company.table(entity) if row["employee"] == employee)

    return source


def employment_types(kind: str = "") -> Source:
    """Return the choices of one kind: several paths share this entity."""

    def source(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
        wanted = kind or params["type"]
        return _by_id(row for row in company.table("EmploymentType") if row["_kind"] == wanted)

    return source


def leaves(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return the leaves that run on a day: by default, today."""
    day = params.get("date") or _today(company).isoformat()
    low, high = params["minPercentage"], params["maxPercentage"]
    return _by_id(
        row
        for row in company.table("LeaveOfAbsence")
        if row["startDate"] <= day <= (row["endDate"] or "~") and low <= row["percentage"] <= high
    )


def _overlaps(row: Row, params: dict[str, Any]) -> bool:
    """Return whether a row's validity and the asked window share a day."""
    start, end = params.get("dateFrom", ""), params.get("dateTo", "~")
    return bool((row["fromDate"] or "") < end and start <= (row["toDate"] or "~"))


def valid(entity: str) -> Source:
    """Return the rows that are valid at some time of a window."""

    def source(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
        return _by_id(row for row in company.table(entity) if _overlaps(row, params))

    return source


def travel_rates(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return the rates whose category is valid at some time of a window."""
    categories = company.table("TravelExpenseRateCategory")
    wanted = {row["id"] for row in categories if _overlaps(row, params)}
    rates = company.table("TravelExpenseRate")
    return _by_id(row for row in rates if row["rateCategory"] in wanted)


def travel_zones(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return the zones that are valid on a day: by default, today."""
    day = params.get("date") or _today(company).isoformat()
    zones = company.table("TravelExpenseZone")
    return _by_id(row for row in zones if row["fromDate"] <= day <= (row["toDate"] or "~"))


def travel_expenses(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return claims by state and journey; those without a journey only where none is asked."""
    state = params["state"]
    found = []
    for row in company.table("TravelExpense"):
        trip = row["travelDetails"] or {"departureDate": "", "returnDate": "~"}
        late_enough = trip["departureDate"] >= params.get("departureDateFrom", "")
        early_enough = trip["returnDate"] < params.get("returnDateTo", "~~")
        asked = state in {"ALL", row.get("state", "OPEN")}
        if asked and late_enough and early_enough:
            found.append(row)
    return _by_id(found)


def cost_participants(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return who took part in a cost."""
    cost = params["{costId}"]
    if cost not in company.table("Cost").rows:
        raise errors.not_found()
    return _by_id(row for row in company.table("CostParticipant") if row["cost"] == cost)


def documents(kind: str) -> Source:
    """Return the documents filed under one row of an entity, by the day they were filed."""

    def source(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
        parent = params["{id}"]
        if parent not in company.table(kind).rows:
            raise errors.not_found()
        start, end = params.get("periodDateFrom", ""), params.get("periodDateTo", "~")
        return _by_id(
            row
            for row in company.table("DocumentArchive")
            if row["_filed_under"] == (kind, parent) and start <= row["archiveDate"] < end
        )

    return source


def company_holidays(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return days off, of some years if asked."""
    years = params["years"].split(",") if "years" in params else None
    rows = company.table("CompanyHolidays")
    return _by_id(row for row in rows if years is None or row["date"][:4] in years)


def time_clocks(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return clocks, running or stopped ones if asked."""
    running = params.get("isRunning")
    rows = company.table("TimeClock")
    return _by_id(r for r in rows if running is None or (r["timeStop"] is None) == running)


def compilation(company: Company, params: dict[str, Any], _: Owner) -> Row:
    """Return what an employee earned in a year: by default, the year before this one."""
    employee = params["employeeId"]
    if employee not in company.table("Employee").rows:
        raise errors.not_found()
    year = params.get("year", _today(company).year - 1)
    types = company.table("SalaryType").rows
    sums: dict[int, int] = {}
    for row in company.table("SalarySpecification"):
        if row["employee"] == employee and row["year"] == year:
            sums[row["salaryType"]] = sums.get(row["salaryType"], 0) + row["amount"]
    lines = [(types[i]["isTaxable"], types[i]["name"], amount) for i, amount in sums.items()]
    made = [
        {
            "description": name,
            "amount": amount,
            "taxable": taxable,
            "taxableDescription": "Trekkpliktig" if taxable else "Trekkfri",
        }
        for taxable, name, amount in lines
    ]
    slips = company.table("Payslip")
    mine = [row for row in slips if row["employee"] == employee and row["year"] == year]
    return {
        "employee": employee,
        "year": year,
        "vacationPayBasis": sum(
            row["grossAmount"] for row in mine if row["vacationAllowanceAmount"]
        ),
        "wages": [line for line in made if line["amount"] > 0],
        "taxDeductions": [line for line in made if line["amount"] < 0],
    }


def exchange_rate(company: Company, params: dict[str, Any], _: Owner) -> Row:
    """Return what a currency cost in kroner on a day: on days off, as on the bank day before."""
    currency = company.table("Currency").rows.get(params["{id}"])
    if currency is None:
        raise errors.not_found()
    asked = date.fromisoformat(params["date"])
    day = working_day_until(min(asked, _today(company)))
    about = KRONER.get(currency["code"], 1.0) * currency["factor"]
    swing = crc32(f"{currency['code']}/{day}".encode()) % 2_001 - 1_000
    return {
        "id": currency["id"] * 10_000_000 + asked.toordinal(),
        "version": 0,
        "sourceCurrency": currency["id"],
        "targetCurrency": NOK,
        "rate": 1 if currency["id"] == NOK else round(about * (1 + swing / 20_000), 4),
        "source": "NORGES_BANK",
        "date": asked.isoformat(),
    }


def all_compilations(company: Company) -> list[Row]:
    """Return every year of every employee."""
    owner: Any = None
    years = sorted({row["year"] for row in company.table("Payslip")})
    return [
        compilation(company, {"employeeId": employee, "year": year}, owner)
        for employee in employees(company)
        for year in years
    ]
