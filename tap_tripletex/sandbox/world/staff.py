"""The organisation: employments and their terms, rights, families, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_tripletex.sandbox.tables.days import holidays
from tap_tripletex.sandbox.world import choices
from tap_tripletex.sandbox.world.choices import rows_of
from tap_tripletex.sandbox.world.names import FIRST_NAMES, LAST_NAMES
from tap_tripletex.sandbox.world.people import MONTHLY_WAGE, WAGE_STEP

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

TRONDHEIM = 402
EARLIER_SHARE = 0.94
"""What employees earned before their last rise, as a share of what they earn now."""

# position of the employee, first and last day, percentage, kind
LEAVES = (
    (1, "2023-08-14", None, 20.0, "EDUCATIONAL"),
    (2, "2024-03-04", "2024-08-30", 100.0, "PARENTAL_BENEFITS"),
    (5, "2025-02-03", "2025-03-14", 50.0, "FURLOUGH"),
)
KIN = ("SPOUSE", "PARTNER", "PARENT", "CHILD", "SIBLING")


class Staff:
    """Says who is employed, and on what terms."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Fill the catalogues and employ the employees that the registers have."""
        self.context = context
        self.registers = registers
        self.company = context.company
        self._employees = self.company.table("Employee").rows
        self._catalogues()
        self._settings()
        categories = [
            registers.add("EmployeeCategory", name=name, displayName=name, number=str(number))
            for number, name in enumerate(("Fast ansatt", "Timeansatt"), 1)
        ]
        employments = []
        for position, employee in enumerate(registers.employees):
            employments.append(self._employ(employee, position))
            self._employees[employee]["employeeCategory"] = categories[0]
            self._grant(employee, position)
            self._describe(employee, position)
        for position, start, end, percentage, kind in LEAVES:
            registers.add(
                "LeaveOfAbsence",
                employment=employments[position],
                startDate=start,
                endDate=end,
                percentage=percentage,
                isWageDeduction=percentage == 100.0,  # noqa: PLR2004
                type=kind,
            )

    def _catalogues(self) -> None:
        add = self.registers.add
        for kind, identity, constant, code, name in rows_of(choices.EMPLOYMENT_TYPES):
            add(
                "EmploymentType",
                id=int(identity),
                employmentType=constant or None,
                code=code,
                nameNO=name,
                _kind=kind,
            )
        for entity, identity, constant, code, name in rows_of(choices.KINDS):
            values = {entity[0].lower() + entity[1:]: constant, "code": code, "nameNO": name}
            add(entity, id=int(identity), **values)
        for identity, code, name in rows_of(choices.OCCUPATIONS):
            add("OccupationCode", id=int(identity), code=code, nameNO=name)
        for identity, number, name, county, zone in rows_of(choices.MUNICIPALITIES):
            add(
                "Municipality",
                id=int(identity),
                number=number,
                name=name,
                county=county,
                payrollTaxZone=zone,
                # Recorded: the name of a municipality that is no more says so.
                displayName=f"{name} ({number})" + ("" if zone else " Inaktiv"),
            )
        for identity, name in rows_of(choices.BUSINESS_ACTIVITIES):
            add("BusinessActivityType", id=int(identity), displayName=name)

    def _settings(self) -> None:
        add = self.registers.add
        self.company.table("SalarySettings").add(
            {"municipality": TRONDHEIM, "payrollTaxCalcMethod": "AA"},
        )
        add("CompanyStandardTime", company=self.company.id, fromDate="2024-01-01", hoursPerDay=7.5)
        pension = "Nissens Tjenestepensjon"
        add("GlobalPension", displayName=pension, number="P-77", fromDate="2006-07-01", toDate=None)
        add("PensionScheme", pensionSchemeId=1, number="300000077", startDate="2020-01-01")

    def _employ(self, employee: int, position: int) -> int:
        """Employ someone; one had a summer job before."""
        if position == 3:  # noqa: PLR2004
            end, reason = "2018-08-31", "EMPLOYMENT_END_EXPIRED"
            self._employment(employee, position, "2018-06-01", end=end, reason=reason)
        return self._employment(employee, position, f"{2019 + position % 4}-0{1 + position}-01")

    def _employment(
        self,
        employee: int,
        position: int,
        start: str,
        end: str | None = None,
        reason: str | None = None,
    ) -> int:
        employment = self.context.ids.next("Employment")
        wage = MONTHLY_WAGE + WAGE_STEP * position
        earlier = int(wage * EARLIER_SHARE)
        steps = [(start, earlier)] if end else [(start, earlier), ("2023-05-01", wage)]
        details = tuple(self._terms(employment, day, monthly) for day, monthly in steps)
        self.registers.add(
            "Employment",
            id=employment,
            employee=employee,
            employmentId="",
            startDate=start,
            endDate=end,
            employmentEndReason=reason,
            isMainEmployer=True,
            taxDeductionCode="loennFraHovedarbeidsgiver",
            lastSalaryChangeDate=steps[-1][0],
            employmentDetails=details,
            latestSalary=details[-1],
        )
        row = self._employees[employee]
        row["employments"] = (*row.get("employments", ()), employment)
        return employment

    def _terms(self, employment: int, day: str, monthly: int) -> int:
        codes = [row["id"] for row in self.company.table("OccupationCode")]
        return self.registers.add(
            "EmploymentDetails",
            version=1,
            employment=employment,
            date=day,
            employmentType="ORDINARY",
            employmentForm="PERMANENT",
            remunerationType="MONTHLY_WAGE",
            workingHoursScheme="NOT_SHIFT",
            shiftDurationHours=37.5,
            occupationCode=codes[employment % len(codes)],
            percentageOfFullTimeEquivalent=100.0,
            annualSalary=monthly * 12,
            monthlySalary=monthly,
            payrollTaxMunicipalityId=TRONDHEIM,
        )

    def _grant(self, employee: int, position: int) -> None:
        for number, (name, who) in enumerate(choices.ENTITLEMENTS, 1):
            if who == "e" or position == 0:
                self.registers.add(
                    "Entitlement",
                    employee=employee,
                    name=name,
                    entitlementId=number,
                    customer=self.company.id,
                )

    def _describe(self, employee: int, position: int) -> None:
        add = self.registers.add
        add("StandardTime", employee=employee, fromDate="2024-01-01", hoursPerDay=7.5)
        if position % 2 == 0:
            add(
                "NextOfKin",
                employee=employee,
                name=f"{FIRST_NAMES[-1 - position]} {LAST_NAMES[position]}",
                phoneNumber=f"000099{position:02}",
                address="Eksempelveien 1",
                typeOfRelationship=KIN[position % len(KIN)],
            )

    def daily(self) -> None:
        """On New Year's Day, set the year's rates and days off."""
        day = self.context.day
        if (day.month, day.day) != (1, 1):
            return
        add, iso = self.registers.add, day.isoformat()
        for position, employee in enumerate(self.registers.employees):
            rate = 1350.0 + 25 * (day.year - 2024)
            cost = round(rate * 0.31 + 12 * position, 2)
            values = {"rate": rate, "budgetRate": rate, "hourCostRate": cost}
            add("HourlyCostAndRate", employee=employee, date=iso, **values)
        add(
            "CompanyHoliday",
            year=day.year,
            days=25.0,
            vacationPayPercentage1=12.0,
            vacationPayPercentage2=14.3,
            isMaxPercentage2Amount6G=True,
        )
        for off in sorted(holidays(day.year)):
            add("CompanyHolidays", date=off.isoformat(), percentage=100.0)
        add("CompanyHolidays", date=f"{day.year}-12-24", percentage=50.0)
