"""The rows of entities that no table holds: what lists work out of other rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tap_tripletex.sandbox.answers import (
    business_views,
    people_views,
    project_views,
    stock_views,
    timesheet_views,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.rows import Row


def computed_rows(company: Company) -> dict[str, Callable[[], list[Row]]]:
    """Return what makes the rows of each such entity."""
    return {
        "IncomingInvoiceAggregateExternalRead": partial(business_views.all_incoming, company),
        "Inventories": partial(stock_views.all_inventories, company),
        "MonthlyStatus": partial(timesheet_views.all_months, company),
        "ProjectBudgetStatus": partial(project_views.all_budgets, company),
        "ProjectPeriodInvoicingReserve": partial(project_views.all_reserves, company),
        "SalaryCompilation": partial(people_views.all_compilations, company),
        "Week": partial(timesheet_views.all_weeks, company),
    }
