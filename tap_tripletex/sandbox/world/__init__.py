"""The world: invented Norwegian companies and their life since 2024."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tap_tripletex.sandbox.world.identity import company_id, profile
from tap_tripletex.sandbox.world.living_company import LivingCompany
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
    fiscal_year_starts: tuple[int, ...]


def build_company(settings: Settings, index: int) -> LivingCompany:
    """Return a company as it is on the morning of the sandbox's day.

    Args:
        settings: Seed, day and size.
        index: Its place among the companies of the sandbox; the first has the asked size.
    """

    def now() -> int:
        return int(settings.clock())

    company = LivingCompany(company_id(index), index, settings.model, now, settings.lock)
    if index < len(settings.fiscal_year_starts):
        company.fiscal_year_start = settings.fiscal_year_starts[index]
    size = settings.vouchers_per_day * profile(index).size
    company.simulation = Simulation(company, settings.seed, size)
    company.simulation.run_until(settings.today)
    return company
