"""Time sheets by week and by month, computed from the hours booked.

Recorded: a month's shape, and that it has no digest. Approval and balances are invented.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.answers.people_views import FIRST_DAY, employees, last_day
from tap_tripletex.sandbox.tables.days import add_months, is_working_day, month_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_tripletex.sandbox.answers.owner import Owner
    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.rows import Row

WEEK = timedelta(days=7)
HOURS_A_DAY = 7.5
DAYS_OFF = 25.0
JULY = 7
APPROVAL_TAKES = timedelta(days=10)


def weeks(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return one row an employee and week: `weekYear` is `2026-05`, without it every week."""
    if "weekYear" not in params:
        return _weeks(company, _starts(company, WEEK), params.get("employeeIds"))
    match = re.fullmatch(r"(\d{4})-(\d{1,2})", params["weekYear"])
    try:
        first = date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else None
    except ValueError:
        first = None
    if first is None:
        raise errors.invalid_parameters({"weekYear": errors.INVALID_DATE})
    return _weeks(company, [first], params.get("employeeIds"))


def months(company: Company, params: dict[str, Any], _: Owner) -> list[Row]:
    """Return one row an employee for a month: `monthYear` is `2026-01`."""
    match = re.fullmatch(r"(\d{4})-(\d{2})", params["monthYear"])
    if match is None or not 1 <= int(match[2]) <= 12:  # noqa: PLR2004
        raise errors.invalid_parameters({"monthYear": errors.INVALID_DATE})
    return _months(company, [date(int(match[1]), int(match[2]), 1)], params["employeeIds"])


def _starts(company: Company, step: timedelta | None) -> list[date]:
    """Return the first days of all weeks or months that have begun."""
    found, day, last = [], FIRST_DAY, last_day(company)
    while day <= last:
        found.append(day)
        day = day + step if step else add_months(day, 1)
    return found


def _entries(company: Company, start: date, end: date) -> dict[int, list[Row]]:
    """Return each employee's hours in a window, end exclusive."""
    found: dict[int, list[Row]] = {}
    table = company.table("TimesheetEntry")
    for row in table.between(start.isoformat(), end.isoformat()):
        found.setdefault(row["employee"], []).append(row)
    return found


def _approval(company: Company, end: date) -> dict[str, Any]:
    """Return who approved a time sheet: all are approved some days after their end."""
    approved = end + APPROVAL_TAKES <= last_day(company)
    return {
        "version": int(approved),
        "completed": approved,
        "approved": approved,
        "approvedBy": company.api_user if approved else None,
        "approvedDate": (end + APPROVAL_TAKES).isoformat() if approved else None,
    }


def _weeks(company: Company, starts: list[date], wanted: Iterable[int] | None) -> list[Row]:
    rows: list[Row] = []
    for first in starts:
        if not FIRST_DAY <= first <= last_day(company):
            continue
        end = first + WEEK
        entries = _entries(company, first, end)
        year, week, _ = first.isocalendar()
        rows += [
            {
                "id": first.toordinal() * 1_000 + employee % 1_000,
                "employee": employee,
                "year": year,
                "week": week,
                "timesheetEntries": tuple(row["id"] for row in entries.get(employee, ())),
                **_approval(company, end),
            }
            for employee in employees(company, wanted)
        ]
    return rows


def _months(company: Company, starts: list[date], wanted: Iterable[int] | None) -> list[Row]:
    rows: list[Row] = []
    for first in starts:
        if not FIRST_DAY <= first <= last_day(company):
            continue
        end = add_months(first, 1)
        entries = _entries(company, first, end)
        before = _entries(company, FIRST_DAY, first)
        rows += [
            {
                "id": (first.year * 12 + first.month) * 1_000 + employee % 1_000,
                "employee": employee,
                "monthYear": first.isoformat()[:7],
                "timesheetEntries": tuple(row["id"] for row in entries.get(employee, ())),
                "approvedUntilDate": None,
                "hoursPayout": 0,
                "vacationPayout": 0,
                **_approval(company, end),
                **_summaries(company, first, entries.get(employee, []), before.get(employee, [])),
            }
            for employee in employees(company, wanted)
        ]
    return rows


def _flex(entries: list[Row]) -> float:
    """Return the hours worked beyond the standard, on days that have any."""
    return float(sum(r["hours"] for r in entries) - HOURS_A_DAY * len({r["date"] for r in entries}))


def _summaries(
    company: Company,
    first: date,
    entries: list[Row],
    before: list[Row],
) -> dict[str, Any]:
    """Return what a month sums up to."""
    hours = sum(row["hours"] for row in entries)
    chargeable = sum(row["chargeableHours"] for row in entries)
    incoming, change = _flex(before), _flex(entries)
    taken = _july_off(company, first, [*before, *entries]) if first.month >= JULY else 0
    in_period = taken if first.month == JULY else 0
    return {
        "hourSummary": {
            "sumHours": hours,
            "hoursWithPay": hours,
            "standardTime": _working_days(company, first) * HOURS_A_DAY,
            "nonChargeableHours": hours - chargeable,
            "chargeableHours": chargeable,
            "nonChargeableHoursWithPay": hours - chargeable,
        },
        "flexSummary": {
            "incomingHourBalance": incoming,
            "outgoingHourBalance": incoming + change,
            "change": change,
        },
        "vacationSummary": {
            "incomingVacationBalance": DAYS_OFF - taken + in_period,
            "outgoingVacationBalance": DAYS_OFF - taken,
            "vacationTakenInPeriod": in_period,
            "vacationTakenThisYear": taken,
        },
    }


def _working_days(company: Company, first: date) -> int:
    """Return how many working days of a month the company has lived."""
    last = min(month_end(first), last_day(company))
    return sum(is_working_day(first + timedelta(days=i)) for i in range((last - first).days + 1))


def _july_off(company: Company, day: date, entries: list[Row]) -> int:
    """Return the working days of a year's July without hours: those are holidays."""
    july = date(day.year, JULY, 1)
    worked = {row["date"] for row in entries if row["date"].startswith(f"{day.year}-07")}
    return _working_days(company, july) - len(worked)


def all_weeks(company: Company) -> list[Row]:
    """Return every week of every employee: the truth that requests show parts of."""
    return _weeks(company, _starts(company, WEEK), None)


def all_months(company: Company) -> list[Row]:
    """Return every month of every employee."""
    return _months(company, _starts(company, None), None)
