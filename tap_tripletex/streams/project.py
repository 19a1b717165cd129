"""Projects, who works on them, on what, and how they pay."""

from __future__ import annotations

from tap_tripletex.reading.children import Batch, Child
from tap_tripletex.reading.periods import Period, Years
from tap_tripletex.reading.strategies import List, Nested, Single
from tap_tripletex.stream import TripletexStream


class Projects(TripletexStream):
    """Projects, open and closed, with those offered but not won."""

    name = "projects"
    path = "/project"
    entity = "Project"
    strategy = List()
    shared = True


PROJECTS = Projects.as_parents()
MONTHLY_STATUS = Child(
    PROJECTS,
    "{id}",
    "project_id",
    # Both days are inclusive, and must be in the same year.
    Years(year=None, start="dateFrom", end="dateTo"),
    told=False,
)


class ProjectParticipants(TripletexStream):
    """Employees on each project."""

    name = "project_participants"
    path = "/project"
    entity = "ProjectParticipant"
    strategy = Nested(List(), "participants", "project_id")
    shared = True


class ProjectActivities(TripletexStream):
    """Activities of each project, with their budgets."""

    name = "project_activities"
    path = "/project"
    entity = "ProjectActivity"
    strategy = Nested(List(), "projectActivities", "project_id")
    shared = True


class ProjectCategories(TripletexStream):
    """Categories of projects."""

    name = "project_categories"
    path = "/project/category"
    entity = "ProjectCategory"
    strategy = List()
    reference = True


class ProjectHourlyRates(TripletexStream):
    """How the hours of each project are priced, from when."""

    name = "project_hourly_rates"
    path = "/project/hourlyRates"
    entity = "ProjectHourlyRate"
    strategy = List()
    reference = True


class ProjectSpecificRates(TripletexStream):
    """Prices of hours by employee and activity."""

    name = "project_specific_rates"
    path = "/project/hourlyRates/projectSpecificRates"
    entity = "ProjectSpecificRate"
    strategy = List()
    reference = True


class ProjectOrderLines(TripletexStream):
    """Goods and services on each project that are not hours."""

    name = "project_order_lines"
    path = "/project/orderline"
    entity = "ProjectOrderLine"
    strategy = Child(PROJECTS, "projectId", "project_id")


class ProjectSubcontracts(TripletexStream):
    """Subcontracts of each project."""

    name = "project_subcontracts"
    path = "/project/subcontract"
    entity = "ProjectSubContract"
    strategy = Child(PROJECTS, "projectId", "project_id")
    include = "heavy"


class ProjectTasks(TripletexStream):
    """Tasks of each project."""

    name = "project_tasks"
    path = "/project/task"
    entity = "Task"
    strategy = Child(PROJECTS, "projectId", "project_id")
    include = "heavy"


class ProjectControlForms(TripletexStream):
    """Control forms of each project."""

    name = "project_control_forms"
    path = "/project/controlForm"
    entity = "ProjectControlForm"
    strategy = Child(PROJECTS, "projectId", "project_id", told=False)
    needs = "AUTH_PROJECT_CONTROL_SCHEMAS"
    include = "heavy"


class ProjectControlFormTypes(TripletexStream):
    """Kinds of control forms."""

    name = "project_control_form_types"
    path = "/project/controlFormType"
    entity = "ProjectControlFormType"
    strategy = List()
    reference = True
    needs = "AUTH_PROJECT_CONTROL_SCHEMAS"


class ProjectBudgetStatus(TripletexStream):
    """Income and costs of each project beside its budget."""

    name = "project_budget_status"
    path = "/project/batchPeriod/budgetStatusByProjectIds"
    entity = "ProjectBudgetStatus"
    key = ("project_id",)
    strategy = Batch(PROJECTS, "ids", told=False)
    sorting = "project.id"


class ProjectInvoicingReserves(TripletexStream):
    """What has been done on each project in each month and not been invoiced."""

    name = "project_invoicing_reserves"
    path = "/project/batchPeriod/invoicingReserveByProjectIds"
    entity = "ProjectPeriodInvoicingReserve"
    key = ("project_id", "date_from")
    strategy = Batch(PROJECTS, "ids", within=Period("date_from", last="date_to"), told=False)
    seldom = True
    sorting = "project.id"


class ProjectMonthlyStatus(TripletexStream):
    """Income and costs of each project by month."""

    name = "project_monthly_status"
    path = "/project/{id}/period/monthlyStatus"
    entity = "ProjectPeriodMonthlyStatus"
    key = ("project_id", "date_from")
    strategy = MONTHLY_STATUS
    sorting = "dateFrom"
    include = "heavy"


class ProjectSettings(TripletexStream):
    """How the company runs its projects."""

    name = "project_settings"
    path = "/project/settings"
    entity = "ProjectSettings"
    key = ()
    strategy = Single()
    reference = True
    parameters = {"useNkode": "false"}


class Activities(TripletexStream):
    """What hours are spent on."""

    name = "activities"
    path = "/activity"
    entity = "Activity"
    strategy = List()
    reference = True
