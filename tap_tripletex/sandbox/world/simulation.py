"""A company's life, day by day: the same seed lives the same days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol

from tap_tripletex.sandbox.tables.days import ONE_DAY, is_working_day
from tap_tripletex.sandbox.world.aftersales import Aftersales
from tap_tripletex.sandbox.world.archive import Archive
from tap_tripletex.sandbox.world.assets import Assets
from tap_tripletex.sandbox.world.banking import Banking
from tap_tripletex.sandbox.world.books import Books
from tap_tripletex.sandbox.world.catalogues import Catalogues
from tap_tripletex.sandbox.world.context import Context
from tap_tripletex.sandbox.world.hours import Hours
from tap_tripletex.sandbox.world.logistics import Logistics
from tap_tripletex.sandbox.world.payroll import Payroll
from tap_tripletex.sandbox.world.people import People
from tap_tripletex.sandbox.world.periodic import Periodic
from tap_tripletex.sandbox.world.project_work import ProjectWork
from tap_tripletex.sandbox.world.purchases import Purchases
from tap_tripletex.sandbox.world.registers import Registers
from tap_tripletex.sandbox.world.sales import Sales
from tap_tripletex.sandbox.world.staff import Staff
from tap_tripletex.sandbox.world.travel import Travel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox.tables.company import Company

START = date(2024, 1, 1)
"""First day of every company."""


class Part(Protocol):
    """Some of a company's life that no other depends on; it is lived last every day."""

    def daily(self) -> None:
        """Live a day, also one off."""
        ...


PARTS: tuple[Callable[[Context, Registers], Part], ...] = (
    Staff,
    Payroll,
    Hours,
    Travel,
    Archive,
    Catalogues,
    Assets,
    Banking,
    Logistics,
    ProjectWork,
    Aftersales,
)


class Simulation:
    """Lives a company's days, one after another.

    Each day has its own randomness, drawn from seed, company and date: the world of a later
    day contains the world of an earlier one, with the same ids.
    """

    def __init__(self, company: Company, seed: int, vouchers_per_day: float) -> None:
        """Found the company."""
        self.context = Context(company, seed, START)
        self.context.begin(START)
        # Most of a large company's vouchers are till sales: invoices bring many rows along.
        documents = min(vouchers_per_day, 1.5 + vouchers_per_day * 0.04)
        self._orders = self._purchases = documents / 2
        self._till_sales = vouchers_per_day - documents
        registers = Registers(self.context)
        self.books = Books(company, self.context.ids)
        self.registers = registers
        self.sales = Sales(self.context, self.books, registers)
        self.purchases = Purchases(self.context, self.books, registers)
        self.people = People(self.context, self.books, registers, self.sales)
        self.periodic = Periodic(self.context, self.books, registers, self.purchases)
        self._more = [part(self.context, registers) for part in PARTS]
        self._next = START

    def run_until(self, today: date) -> None:
        """Live on until the morning of a day."""
        while self._next < today:
            self._live(self._next)
            self._next += ONE_DAY

    def forget(self, identity: int) -> None:
        """Have nothing more to do with a deleted customer, product or employee."""
        lists = (
            self.registers.active_customers,
            self.registers.products,
            self.registers.employees,
            self.sales.sellable,
        )
        for known in lists:
            if identity in known:
                known.remove(identity)

    def _live(self, day: date) -> None:
        self.context.begin(day)
        self.context.do_due()
        if is_working_day(day):
            self.registers.daily()
            self.sales.daily(self._orders, self._till_sales)
            self.purchases.daily(self._purchases)
            self.people.daily()
        self.periodic.daily()
        for part in self._more:
            part.daily()
