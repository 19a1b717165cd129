"""Payroll: payslips, what they are made of, and its settings."""

from __future__ import annotations

from tap_tripletex.reading.children import Child
from tap_tripletex.reading.periods import Years
from tap_tripletex.reading.strategies import List, Nested, Single
from tap_tripletex.stream import TripletexStream
from tap_tripletex.streams.organisation import EMPLOYEES

YEARLY = Years(pages=False)


class Payslips(TripletexStream):
    """Payslips."""

    name = "payslips"
    path = "/salary/payslip"
    entity = "Payslip"
    strategy = List()
    needs = "WAGE"
    include = "pay"


TRANSACTIONS = Payslips.as_parents("transaction.id")


class PayslipSpecifications(TripletexStream):
    """The lines of each payslip."""

    name = "payslip_specifications"
    path = "/salary/payslip"
    entity = "SalarySpecification"
    strategy = Nested(List(), "specifications", "payslip_id")
    needs = "WAGE"
    include = "pay"


class SalaryTransactions(TripletexStream):
    """Payroll runs."""

    name = "salary_transactions"
    path = "/salary/transaction/{id}"
    entity = "SalaryTransaction"
    strategy = Child(TRANSACTIONS, "{id}", within=Single())
    needs = "WAGE"
    include = "pay"


class SalaryTypes(TripletexStream):
    """Kinds of pay and deductions."""

    name = "salary_types"
    path = "/salary/type"
    entity = "SalaryType"
    strategy = List()
    reference = True
    needs = "WAGE"


class SalarySettings(TripletexStream):
    """How the company runs its payroll."""

    name = "salary_settings"
    path = "/salary/settings"
    entity = "SalarySettings"
    key = ()
    strategy = Single()
    reference = True
    needs = "WAGE"


class HolidaySettings(TripletexStream):
    """Holiday rules of the company by year."""

    name = "holiday_settings"
    path = "/salary/settings/holiday"
    entity = "CompanyHoliday"
    strategy = List()
    reference = True
    needs = "WAGE"


class PensionSchemes(TripletexStream):
    """Pension schemes of the company."""

    name = "pension_schemes"
    path = "/salary/settings/pensionScheme"
    entity = "PensionScheme"
    strategy = List()
    reference = True
    needs = "WAGE"


class Pensions(TripletexStream):
    """Providers of pensions."""

    name = "pensions"
    path = "/pension"
    entity = "GlobalPension"
    strategy = List()
    reference = True


class CompanyStandardTimes(TripletexStream):
    """Hours a day that the company works, from when."""

    name = "company_standard_times"
    path = "/salary/settings/standardTime"
    entity = "CompanyStandardTime"
    strategy = List()
    reference = True


class SalaryCompilations(TripletexStream):
    """What each employee was paid in each year, as on the annual statement."""

    name = "salary_compilations"
    path = "/salary/compilation"
    entity = "SalaryCompilation"
    key = ("employee_id", "year")
    strategy = Child(EMPLOYEES, "employeeId", "employee_id", YEARLY, told=False)
    needs = "WAGE"
    include = "pay"
