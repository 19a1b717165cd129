"""Departments, employees and their employments."""

from __future__ import annotations

from dataclasses import replace

from tap_tripletex.reading.children import Child
from tap_tripletex.reading.periods import AsOf
from tap_tripletex.reading.strategies import List
from tap_tripletex.stream import TripletexStream

EVERY_MARITIME_TYPE = {"type": ("SHIP_REGISTER", "SHIP_TYPE", "TRADE_AREA")}
"""The parameter is required and takes one of these."""


class Departments(TripletexStream):
    """Departments, inactive ones too."""

    name = "departments"
    path = "/department"
    entity = "Department"
    strategy = List()
    reference = True


class Employees(TripletexStream):
    """Employees; what is private about them only where it is included."""

    name = "employees"
    path = "/employee"
    entity = "Employee"
    strategy = List()
    # The document's default, asked for explicitly: contact persons are the stream contacts.
    parameters = {"includeContacts": "false"}
    needs = "AUTH_EMPLOYEE_INFO"


EMPLOYEES = Employees.as_parents()
OF_EACH = Child(EMPLOYEES, "employeeId", "employee_id")
"""Without an employee these lists are those of the token's user (document), or a single row (seen
in production on /employee/employment)."""

OF_EACH_UNTOLD = replace(OF_EACH, told=False)


class EmployeeCategories(TripletexStream):
    """Categories of employees."""

    name = "employee_categories"
    path = "/employee/category"
    entity = "EmployeeCategory"
    strategy = List()
    reference = True


class Employments(TripletexStream):
    """Employments, from when to when."""

    name = "employments"
    path = "/employee/employment"
    entity = "Employment"
    strategy = OF_EACH
    reference = True
    needs = "AUTH_COMPANY_WAGE_ADMIN"


class EmploymentDetails(TripletexStream):
    """Terms of each employment from a date on; pay only where it is included."""

    name = "employment_details"
    path = "/employee/employment/details"
    entity = "EmploymentDetails"
    strategy = List()
    reference = True
    needs = "AUTH_COMPANY_WAGE_ADMIN"


class EmploymentTypes(TripletexStream):
    """Kinds of employment, as reported to the authorities."""

    name = "employment_types"
    path = "/employee/employment/employmentType"
    entity = "EmploymentType"
    strategy = List()
    seldom = True


class EmploymentEndReasonTypes(TripletexStream):
    """Reasons why an employment ends."""

    name = "employment_end_reason_types"
    path = "/employee/employment/employmentType/employmentEndReasonType"
    entity = "EmploymentType"
    strategy = List()
    seldom = True


class EmploymentFormTypes(TripletexStream):
    """Forms of employment: permanent or temporary."""

    name = "employment_form_types"
    path = "/employee/employment/employmentType/employmentFormType"
    entity = "EmploymentType"
    strategy = List()
    seldom = True


class EmploymentSalaryTypes(TripletexStream):
    """Kinds of pay in an employment."""

    name = "employment_salary_types"
    path = "/employee/employment/employmentType/salaryType"
    entity = "EmploymentType"
    strategy = List()
    seldom = True


class EmploymentScheduleTypes(TripletexStream):
    """Kinds of working schedules."""

    name = "employment_schedule_types"
    path = "/employee/employment/employmentType/scheduleType"
    entity = "EmploymentType"
    strategy = List()
    seldom = True


class MaritimeEmploymentTypes(TripletexStream):
    """Ship registers, ship types and trade areas of employments at sea."""

    name = "maritime_employment_types"
    path = "/employee/employment/employmentType/maritimeEmploymentType"
    entity = "EmploymentType"
    strategy = List(EVERY_MARITIME_TYPE)
    seldom = True


class LeavesOfAbsence(TripletexStream):
    """Leaves of employees that ran at the end of a month, or run today."""

    name = "leaves_of_absence"
    path = "/employee/employment/leaveOfAbsence"
    entity = "LeaveOfAbsence"
    strategy = AsOf("date")  # without a date the list is that of today
    parameters = {"minPercentage": "0", "maxPercentage": "100"}
    needs = "AUTH_COMPANY_WAGE_ADMIN"
    include = "identity"


class LeaveOfAbsenceTypes(TripletexStream):
    """Kinds of leave."""

    name = "leave_of_absence_types"
    path = "/employee/employment/leaveOfAbsenceType"
    entity = "LeaveOfAbsenceType"
    strategy = List()
    seldom = True


class OccupationCodes(TripletexStream):
    """The official list of occupations."""

    name = "occupation_codes"
    path = "/employee/employment/occupationCode"
    entity = "OccupationCode"
    strategy = List()
    seldom = True


class RemunerationTypes(TripletexStream):
    """Kinds of remuneration."""

    name = "remuneration_types"
    path = "/employee/employment/remunerationType"
    entity = "RemunerationType"
    strategy = List()
    seldom = True


class WorkingHoursSchemes(TripletexStream):
    """Kinds of working hours."""

    name = "working_hours_schemes"
    path = "/employee/employment/workingHoursScheme"
    entity = "WorkingHoursScheme"
    strategy = List()
    seldom = True


class Entitlements(TripletexStream):
    """What each user may do in Tripletex."""

    name = "entitlements"
    path = "/employee/entitlement"
    entity = "Entitlement"
    strategy = OF_EACH_UNTOLD
    include = "heavy"


class HourlyCostAndRates(TripletexStream):
    """What an hour of each employee costs and is sold for."""

    name = "hourly_cost_and_rates"
    path = "/employee/hourlyCostAndRate"
    entity = "HourlyCostAndRate"
    strategy = OF_EACH_UNTOLD
    needs = "AUTH_COMPANY_WAGE_ADMIN"
    include = "pay"


class NextOfKin(TripletexStream):
    """Whom to call about an employee."""

    name = "next_of_kin"
    path = "/employee/nextOfKin"
    entity = "NextOfKin"
    strategy = OF_EACH_UNTOLD
    needs = "AUTH_COMPANY_WAGE_ADMIN"
    include = "identity"


class StandardTimes(TripletexStream):
    """Hours a day that each employee is to work, from when."""

    name = "standard_times"
    path = "/employee/standardTime"
    entity = "StandardTime"
    strategy = OF_EACH
    reference = True
