"""The world: invented Norwegian companies and their life since 2024."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tap_tripletex.sandbox.answers import (
    business_views,
    people_views,
    project_views,
    stock_views,
    timesheet_views,
)
from tap_tripletex.sandbox.tables.company import Company
from tap_tripletex.sandbox.world.identity import company_id, profile
from tap_tripletex.sandbox.world.simulation import Simulation

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import date

    from tap_tripletex.sandbox.tables.model import Model


class Settings(Protocol):
    """What of the sandbox shapes a world."""

    model: Model
    seed: int
    today: date
    vouchers_per_day: float
    clock: Callable[[], float]
    lock: threading.RLock


def build_company(settings: Settings, index: int) -> Company:
    """Return a company as it is on the morning of the sandbox's day.

    Args:
        settings: Seed, day and size.
        index: Its place among the companies of the sandbox; the first has the asked size.
    """

    def now() -> int:
        return int(settings.clock())

    company = Company(company_id(index), index, settings.model, now, settings.lock)
    size = settings.vouchers_per_day * profile(index).size
    company.computed = {
        "IncomingInvoiceAggregateExternalRead": lambda: business_views.all_incoming(company),
        "Inventories": lambda: stock_views.all_inventories(company),
        "MonthlyStatus": lambda: timesheet_views.all_months(company),
        "ProjectBudgetStatus": lambda: project_views.all_budgets(company),
        "ProjectPeriodInvoicingReserve": lambda: project_views.all_reserves(company),
        "SalaryCompilation": lambda: people_views.all_compilations(company),
        "Week": lambda: timesheet_views.all_weeks(company),
    }
    company.simulation = Simulation(company, settings.seed, size)
    company.simulation.run_until(settings.today)
    return company
