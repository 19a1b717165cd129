"""Hours worked."""

from __future__ import annotations

from tap_tripletex.reading.children import Batch
from tap_tripletex.reading.periods import Named
from tap_tripletex.reading.strategies import List, Single, Window
from tap_tripletex.stream import TripletexStream
from tap_tripletex.streams.organisation import EMPLOYEES


class TimesheetEntries(TripletexStream):
    """Hours of an employee on a project and an activity on a day."""

    name = "timesheet_entries"
    path = "/timesheet/entry"
    entity = "TimesheetEntry"
    strategy = Window("date")
    needs = "TIME_TRACKING"


class TimesheetAllocations(TripletexStream):
    """Hours that were planned."""

    name = "timesheet_allocations"
    path = "/timesheet/allocated"
    entity = "TimesheetAllocated"
    strategy = Window("date")
    reference = True
    needs = "TIME_TRACKING"


class TimesheetMonths(TripletexStream):
    """Whether each employee's month is completed and approved, with its sums."""

    name = "timesheet_months"
    path = "/timesheet/month/byMonthNumber"
    entity = "MonthlyStatus"
    strategy = Batch(EMPLOYEES, "employeeIds", within=Named("monthYear"), told=False)
    needs = "TIME_TRACKING"
    include = "heavy"


class TimesheetWeeks(TripletexStream):
    """Whether each employee's week is completed and approved."""

    name = "timesheet_weeks"
    path = "/timesheet/week"
    entity = "Week"
    strategy = Batch(EMPLOYEES, "employeeIds", within=Named("weekYear", week=True), told=False)
    needs = "TIME_TRACKING"
    include = "heavy"


class TimeClocks(TripletexStream):
    """When employees have stamped in and out."""

    name = "time_clocks"
    path = "/timesheet/timeClock"
    entity = "TimeClock"
    strategy = Window("date")
    needs = "TIME_TRACKING"


class CompanyHolidays(TripletexStream):
    """Days that the company does not work."""

    name = "company_holidays"
    path = "/timesheet/companyHoliday"
    entity = "CompanyHolidays"
    strategy = List()
    reference = True


class TimesheetSalaryTypeSpecifications(TripletexStream):
    """Pay that is entered with the hours."""

    name = "timesheet_salary_type_specifications"
    path = "/timesheet/salaryTypeSpecification"
    entity = "TimesheetSalaryTypeSpecification"
    strategy = Window("date")
    needs = "TIME_TRACKING"


class TimesheetProjectSalaryTypeSpecifications(TripletexStream):
    """Pay that is entered with the hours of a project."""

    name = "timesheet_project_salary_type_specifications"
    path = "/timesheet/salaryProjectTypeSpecification"
    entity = "TimesheetProjectSalaryTypeSpecification"
    strategy = Window("date")
    needs = "TIME_TRACKING"


class TimesheetSettings(TripletexStream):
    """How the company registers hours."""

    name = "timesheet_settings"
    path = "/timesheet/settings"
    entity = "TimesheetSettings"
    strategy = Single()
    reference = True
