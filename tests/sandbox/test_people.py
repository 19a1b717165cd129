"""Organisation, salary, time sheets, travel, reference lists and documents."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.sandbox.conftest import Api

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox import Sandbox
    from tap_tripletex.sandbox.world.living_company import LivingCompany

EVER = {"dateFrom": "2024-01-01", "dateTo": "2028-01-01"}
PLAIN = [
    "/country",
    "/currency",
    "/department",
    "/employee",
    "/employee/category",
    "/employee/employment",
    "/employee/employment/details",
    "/employee/employment/employmentType",
    "/employee/employment/employmentType/employmentEndReasonType",
    "/employee/employment/employmentType/employmentFormType",
    "/employee/employment/employmentType/salaryType",
    "/employee/employment/employmentType/scheduleType",
    "/employee/employment/leaveOfAbsence",
    "/employee/employment/leaveOfAbsenceType",
    "/employee/employment/occupationCode",
    "/employee/employment/remunerationType",
    "/employee/employment/workingHoursScheme",
    "/employee/entitlement",
    "/employee/hourlyCostAndRate",
    "/employee/nextOfKin",
    "/employee/standardTime",
    "/event/subscription",
    "/municipality",
    "/pension",
    "/salary/payslip",
    "/salary/settings",
    "/salary/settings/holiday",
    "/salary/settings/pensionScheme",
    "/salary/settings/standardTime",
    "/salary/type",
    "/timesheet/companyHoliday",
    "/timesheet/settings",
    "/travelExpense",
    "/travelExpense/accommodationAllowance",
    "/travelExpense/cost",
    "/travelExpense/costCategory",
    "/travelExpense/mileageAllowance",
    "/travelExpense/passenger",
    "/travelExpense/paymentType",
    "/travelExpense/perDiemCompensation",
    "/travelExpense/rateCategory",
    "/travelExpense/rateCategoryGroup",
    "/travelExpense/settings",
    "/travelExpense/zone",
    "/yearEnd/enumType/businessActivityTypes",
]
WINDOWS = [
    "/timesheet/allocated",
    "/timesheet/entry",
    "/timesheet/salaryProjectTypeSpecification",
    "/timesheet/salaryTypeSpecification",
    "/timesheet/timeClock",
    "/travelExpense/rate",
]
DOCUMENTS = ("Account", "Customer", "Employee", "Product", "Project", "Supplier")
MARITIME = ("SHIP_REGISTER", "SHIP_TYPE", "TRADE_AREA")
COMPUTED = {"CurrencyExchangeRate", "MonthlyStatus", "SalaryCompilation", "Week"}
TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "num": (int, float),
    "str": (str,),
    "bool": (bool,),
    "any": (object,),
}


def first(company: LivingCompany, entity: str) -> int:
    return next(iter(company.table(entity).rows))


def staff(company: LivingCompany) -> str:
    return ",".join(str(identity) for identity in company.table("Employee").rows)


def parents(company: LivingCompany, today: date) -> list[tuple[str, str, dict[str, Any]]]:
    """Return path of the model, path to ask, and parameters of what needs a parent."""
    month = date.fromordinal(today.toordinal() - 1)
    year, week, _ = month.isocalendar()
    months = {"employeeIds": staff(company), "monthYear": month.isoformat()[:7]}
    weeks = {"employeeIds": staff(company), "weekYear": f"{year}-{week:02}"}
    cost = company.rows("CostParticipant")[0]["cost"]
    slip = f"/salary/transaction/{first(company, 'SalaryTransaction')}"
    guests = "/travelExpense/costParticipant/{costId}/costParticipants"
    maritime = "/employee/employment/employmentType/maritimeEmploymentType"
    earned = {"employeeId": company.api_user, "year": 2025}
    archive = "/documentArchive/"
    return [
        ("/timesheet/month/byMonthNumber", "", months),
        ("/timesheet/week", "", weeks),
        (guests, guests.replace("{costId}", str(cost)), {}),
        ("/salary/transaction/{id}", slip, {}),
        ("/salary/compilation", "", earned),
        ("/currency/{id}/rate", "/currency/5/rate", {"date": "2026-01-04"}),
        *((maritime, "", {"type": kind}) for kind in MARITIME),
        *(
            (f"{archive}{k.lower()}/{{id}}", f"{archive}{k.lower()}/{first(company, k)}", {})
            for k in DOCUMENTS
        ),
    ]


def check_row(company: LivingCompany, entity: str, row: dict[str, Any]) -> None:
    """Check a row's types, and that what it refers to exists."""
    properties = company.model.entity(entity).properties
    assert set(row) <= set(properties)
    for name, value in row.items():
        prop = properties[name]
        for item in value if prop.many else [value]:
            if item is None:
                continue
            if not prop.entity:
                assert type(item) in TYPES[prop.kind] or prop.kind == "any", (entity, name, item)
            elif company.model.entity(prop.entity).has_id:
                assert item["id"] in company.table(prop.entity).rows, (entity, name, item)
            else:
                check_row(company, prop.entity, item)


def read(api: Api, template: str, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    if api.sandbox.model.paths[template].list:
        return api.values(path or template, **params)
    return [api.get(path or template, **params)["value"]]


@pytest.mark.parametrize("today", ["2026-01-01", "2026-06-01", "2026-12-31"])
def test_every_path_has_believable_rows(build: Callable[..., Sandbox], today: str) -> None:
    day = date.fromisoformat(today)
    api = Api(build(today=day))
    company = api.sandbox.company()
    asked = [(path, "", {}) for path in PLAIN] + [(path, "", EVER) for path in WINDOWS]
    for template, path, params in asked + parents(company, day):
        rows = read(api, template, path, params)
        assert rows, template
        entity = api.sandbox.model.paths[template].entity
        assert entity
        for row in rows:
            check_row(company, entity, row)
        ids = [row["id"] for row in rows if "id" in row]
        assert len(ids) == len(set(ids))
        if entity not in COMPUTED:
            truth = {row.get("id") for row in company.rows(entity)}
            assert {row.get("id") for row in rows} <= truth


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/currency/5/rate", {}),
        ("/employee/employment/employmentType/maritimeEmploymentType", {}),
        ("/salary/compilation", {"year": 2025}),
        ("/timesheet/month/byMonthNumber", {"monthYear": "2026-01"}),
        ("/timesheet/month/byMonthNumber", {"employeeIds": "1", "monthYear": "2026-13"}),
        ("/timesheet/week", {"weekYear": "2026-60"}),
    ],
)
def test_what_is_required_must_be_given(api: Api, path: str, params: dict[str, Any]) -> None:
    assert api.error(path, **params)[:2] == (422, 15000)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        *((f"/documentArchive/{kind.lower()}/7", {}) for kind in DOCUMENTS),
        ("/currency/77/rate", {"date": "2026-01-04"}),
        ("/salary/compilation", {"employeeId": 7}),
        ("/salary/transaction/7", {}),
        ("/travelExpense/costParticipant/7/costParticipants", {}),
    ],
)
def test_children_of_unknown_parents_are_not_found(
    api: Api, path: str, params: dict[str, Any]
) -> None:
    assert api.error(path, **params)[0] == 404


@pytest.mark.parametrize(
    ("path", "entity"),
    [
        ("/employee/employment", "Employment"),
        ("/employee/entitlement", "Entitlement"),
        ("/employee/hourlyCostAndRate", "HourlyCostAndRate"),
        ("/employee/nextOfKin", "NextOfKin"),
        ("/employee/standardTime", "StandardTime"),
    ],
)
def test_without_employee_only_the_token_owners_rows_are_listed(
    api: Api, path: str, entity: str
) -> None:
    company = api.sandbox.company()
    owner = {row["employee"]["id"] for row in api.values(path)}
    assert owner == {company.api_user}
    found = [
        row["id"]
        for employee in company.table("Employee").rows
        for row in api.values(path, employeeId=employee)
    ]
    assert sorted(found) == [row["id"] for row in company.rows(entity)]
    assert len(found) > len(api.values(path))


def test_leaves_and_zones_are_those_of_today_unless_a_day_is_given(api: Api) -> None:
    company = api.sandbox.company()
    leaves, zones = "/employee/employment/leaveOfAbsence", "/travelExpense/zone"
    assert len(api.values(leaves)) < len(company.rows("LeaveOfAbsence"))
    assert {row["type"] for row in api.values(leaves, date="2024-05-01")} == {
        "EDUCATIONAL",
        "PARENTAL_BENEFITS",
    }
    assert len(api.values(zones)) < len(company.rows("TravelExpenseZone"))
    assert "Vest-Berlin" in {row["zoneName"] for row in api.values(zones, date="2024-05-01")}
    employment = api.values(leaves)[0]["employment"]["id"]
    assert api.values(leaves, employmentIds=employment)
    assert not api.values(leaves, employmentIds=employment + 1)


def test_wages_agree_with_the_books(api: Api) -> None:
    company = api.sandbox.company()
    slips = company.rows("Payslip")
    lines = {row["id"]: row for row in company.rows("SalarySpecification")}
    wages = [p for p in company.postings() if p.type == "WAGE"]
    assert {(p.date, p.employee, p.amount) for p in wages} == {
        (slip["date"], slip["employee"], slip["grossAmount"]) for slip in slips
    }
    for slip in slips:
        assert sum(lines[i]["amount"] for i in slip["specifications"]) == slip["amount"]
        assert slip["id"] in company.get("SalaryTransaction", slip["transaction"])["payslips"]
    row = api.get("/salary/payslip", count=1, fields="*,specifications(*)")["values"][0]
    assert row["specifications"][0]["salaryType"]["id"]
    assert row["grossAmount"] * 100 == slips[0]["grossAmount"]


def test_compilations_sum_up_payslips(api: Api) -> None:
    company = api.sandbox.company()
    slips = [s for s in company.rows("Payslip") if s["year"] == 2025]
    for employee in {slip["employee"] for slip in slips}:
        row = api.get("/salary/compilation", employeeId=employee)["value"]
        gross = sum(slip["grossAmount"] for slip in slips if slip["employee"] == employee)
        assert row["year"] == 2025
        assert sum(round(line["amount"] * 100) for line in row["wages"]) == gross
    empty = api.get("/salary/compilation", employeeId=company.api_user, year=2020)["value"]
    assert (empty["wages"], empty["vacationPayBasis"]) == ([], 0)
    assert len(company.rows("SalaryCompilation")) == 8 * 3


def test_time_sheets_come_many_employees_at_a_time(api: Api) -> None:
    company = api.sandbox.company()
    entries = {row["id"]: row for row in company.rows("TimesheetEntry")}
    one, two = list(company.table("Employee").rows)[1:3]
    for path, window in (
        ("/timesheet/month/byMonthNumber", {"monthYear": "2026-03"}),
        ("/timesheet/week", {"weekYear": "2026-10"}),
    ):
        rows = api.values(path, employeeIds=f"{one},{two}", **window)
        assert {row["employee"]["id"] for row in rows} == {one, two}
        for row in rows:
            mine = [entries[ref["id"]] for ref in row["timesheetEntries"]]
            assert mine
            assert {entry["employee"] for entry in mine} == {row["employee"]["id"]}
            assert {entry["date"][:7] for entry in mine} == {"2026-03"}
        assert api.values(path, employeeIds="7", **window) == []
    month = api.values("/timesheet/month/byMonthNumber", employeeIds=one, monthYear="2026-03")[0]
    booked = [
        row["hours"]
        for row in entries.values()
        if row["employee"] == one and row["date"].startswith("2026-03")
    ]
    assert month["hourSummary"]["sumHours"] == sum(booked)


def test_time_sheets_are_true_to_the_hours(fresh: Sandbox) -> None:
    company = fresh.company()
    entry = company.rows("TimesheetEntry")[0]["id"]
    covered = [i for row in company.rows("MonthlyStatus") for i in row["timesheetEntries"]]
    assert sorted(covered) == sorted(company.table("TimesheetEntry").rows)
    weekly = [i for row in company.rows("Week") for i in row["timesheetEntries"]]
    assert sorted(weekly) == sorted(covered)
    company.delete("TimesheetEntry", entry)
    assert entry not in {i for row in company.rows("Week") for i in row["timesheetEntries"]}
    api = Api(fresh)
    assert len(api.values("/timesheet/week")) == len(company.rows("Week"))


def test_claims_are_the_sum_of_their_parts(api: Api) -> None:
    company = api.sandbox.company()
    parts = ("perDiemCompensations", "mileageAllowances", "accommodationAllowances")
    fields = f"id,amount,state,costs(*),{','.join(f'{part}(*)' for part in parts)}"
    rows = api.values("/travelExpense", fields=fields)
    assert {row["state"] for row in rows} >= {"APPROVED", "DELIVERED", "REJECTED"}
    for row in rows:
        total = sum(item["amount"] for part in parts for item in row[part])
        total += sum(cost["amountNOKInclVAT"] for cost in row["costs"])
        assert round(total * 100) == company.get("TravelExpense", row["id"])["amount"]
    rejected = api.values("/travelExpense", state="REJECTED")
    assert 0 < len(rejected) < len(rows)
    left = api.values("/travelExpense", departureDateFrom="2026-01-01", fields="travelDetails(*)")
    assert all(row["travelDetails"]["departureDate"] >= "2026-01-01" for row in left)


def test_rates_are_those_valid_in_the_window(api: Api) -> None:
    expanded = {"fields": "id,rateCategory(fromDate)"}
    path = "/travelExpense/rate"
    rows = api.values(path, dateFrom="2026-03-01", dateTo="2026-04-01", **expanded)
    assert {row["rateCategory"]["fromDate"] for row in rows} == {"2026-01-01"}
    assert len(api.values(path)) > 3 * len(rows)
    drives = api.values(path, type="MILEAGE_ALLOWANCE", fields="rateCategory(type)")
    assert {row["rateCategory"]["type"] for row in drives} == {"MILEAGE_ALLOWANCE"}


def test_an_exchange_rate_a_currency_and_day(api: Api) -> None:
    def ask(currency: int, day: str) -> dict[str, Any]:
        value = api.get(f"/currency/{currency}/rate", date=day)["value"]
        assert (value["sourceCurrency"]["id"], value["date"]) == (currency, day)
        return value  # type: ignore[no-any-return]

    friday, sunday, monday = (ask(5, f"2026-03-{day:02}") for day in (6, 8, 9))
    assert friday["rate"] == sunday["rate"] != monday["rate"]
    assert len({row["id"] for row in (friday, sunday, monday, ask(6, "2026-03-06"))}) == 4
    assert ask(1, "2026-03-06")["rate"] == 1


def test_documents_are_filed_under_one_row(api: Api) -> None:
    company = api.sandbox.company()
    rows = company.table("DocumentArchive")
    kind, parent = next(r["_filed_under"] for r in rows if r["archiveDate"] > "2024-06-01")
    path = f"/documentArchive/{kind.lower()}/{parent}"
    found = {row["id"] for row in api.values(path)}
    assert found == {row["id"] for row in rows if row["_filed_under"] == (kind, parent)}
    later = api.values(path, periodDateFrom="2024-06-01", periodDateTo="2027-01-01")
    assert later
    assert all(row["archiveDate"] >= "2024-06-01" for row in later)


def test_subscriptions_hold_secrets(api: Api) -> None:
    rows = api.values("/event/subscription")
    secrets = {row[name] for row in rows for name in ("authHeaderValue", "hmacSharedSecret")}
    assert len(secrets) == 4
    assert min(map(len, secrets)) > 40
    assert all("@" in row["targetUrl"] for row in rows)


def test_days_off_of_some_years(api: Api) -> None:
    days = {row["date"] for row in api.values("/timesheet/companyHoliday", years="2025")}
    assert {"2025-05-17", "2025-12-24"} <= days
    assert {day[:4] for day in days} == {"2025"}


def test_clocks_run_until_they_are_stopped(api: Api) -> None:
    running = api.values("/timesheet/timeClock", isRunning="true", fields="timeStop")
    stopped = api.values("/timesheet/timeClock", isRunning="false", fields="timeStop")
    assert {row["timeStop"] for row in running} == {None}
    assert None not in {row["timeStop"] for row in stopped}


def test_lists_without_a_known_digest(api: Api) -> None:
    staffed = staff(api.sandbox.company())
    response = api.send(
        "/timesheet/month/byMonthNumber",
        headers={"If-None-Match": "x"},
        employeeIds=staffed,
        monthYear="2026-01",
    )
    assert msgspec.json.decode(response.body)["versionDigest"] is None


def test_a_later_world_contains_the_people_of_an_earlier_one(
    build: Callable[..., Sandbox],
) -> None:
    early = build(today=date(2026, 5, 18)).company()
    late = build(today=date(2026, 5, 19)).company()
    for path in ("/travelExpense/cost", *PLAIN, *WINDOWS):
        entity = early.model.paths[path].entity or ""
        assert set(early.table(entity).rows) <= set(late.table(entity).rows)
    for entity in ("Payslip", "DocumentArchive", "TimeClock", "Week", "MonthlyStatus"):
        after = {row["id"] for row in late.rows(entity)}
        assert {row["id"] for row in early.rows(entity)} <= after
