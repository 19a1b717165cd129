"""People at work: projects, hours, wages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from tap_tripletex.sandbox.tables.days import working_day_from, working_day_until
from tap_tripletex.sandbox.world.books import Line
from tap_tripletex.sandbox.world.names import PROJECT_NAMES

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.books import Books
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers
    from tap_tripletex.sandbox.world.sales import Sales

JULY = 7
JUNE = 6
MONTHLY_WAGE = 4_650_000
WAGE_STEP = 215_000
FIRST_PROJECTS = 4


class _Project(NamedTuple):
    """A project that hours are booked on, and the hours that are not charged yet."""

    id: int
    customer: int | None
    team: tuple[int, ...]
    uncharged: list[int]


class People:
    """Runs projects, books hours and pays wages."""

    def __init__(
        self,
        context: Context,
        books: Books,
        registers: Registers,
        sales: Sales,
    ) -> None:
        """Start with some projects."""
        self.context = context
        self.books = books
        self.registers = registers
        self.sales = sales
        self.company = context.company
        self._open: list[_Project] = []
        self._started = 0
        self._rate = 1350.0
        add = registers.add
        self._category, _ = (
            add("ProjectCategory", name=name, number=number, displayName=f"{number} {name}")
            for number, name in (("1", "Kundeprosjekt"), ("2", "Internt"))
        )
        self._administration = self._activity("Administrasjon", general=True)
        self._activity("Ferie", general=True)
        self._consulting = self._activity("Rådgivning", chargeable=True)
        self._travel = self._activity("Reisetid")
        for _ in range(FIRST_PROJECTS):
            self._start_project()

    def _activity(
        self,
        name: str,
        *,
        general: bool = False,
        chargeable: bool = False,
    ) -> int:
        return self.registers.add(
            "Activity",
            name=name,
            displayName=name,
            activityType="GENERAL_ACTIVITY" if general else "PROJECT_GENERAL_ACTIVITY",
            isGeneral=general,
            isProjectActivity=not general,
            isChargeable=chargeable,
            rate=0.0,
            costPercentage=0.0,
            deletable=not general,
        )

    def _start_project(self) -> None:
        context, add = self.context, self.registers.add
        random = context.random
        internal = context.chance(0.15)
        norwegian = [
            identity
            for identity in self.registers.active_customers
            if self.company.table("Customer").rows[identity].get("currency") == 1
        ]
        customer = None if internal else random.choice(norwegian)
        name = PROJECT_NAMES[self._started % len(PROJECT_NAMES)]
        self._started += 1
        number = str(self._started)
        project = context.ids.next("Project")
        staff = self.registers.employees[1:]
        team = tuple(random.sample(staff, min(3, len(staff))))
        owner = "" if customer is None else self.company.table("Customer").rows[customer]["name"]
        participants = tuple(
            add("ProjectParticipant", project=project, employee=employee, adminAccess=False)
            for employee in team
        )
        activities = tuple(
            add(
                "ProjectActivity",
                project=project,
                activity=activity,
                budgetHours=random.choice((0, 40, 120)),
            )
            for activity in (self._consulting, self._travel)
        )
        add(
            "Project",
            id=project,
            name=name,
            number=number,
            displayName=f"{number} {name}",
            hierarchyNameAndNumber=f"{number} {name}",
            projectManager=team[0],
            projectManagerNameAndNumber=self.company.table("Employee").rows[team[0]]["displayName"],
            department=self.registers.departments[1],
            startDate=context.day.isoformat(),
            endDate=None,
            customer=customer,
            customerName=owner,
            isInternal=internal,
            isClosed=False,
            projectCategory=self._category if customer else None,
            vatType=3,
            numberOfProjectParticipants=len(team),
            participants=participants,
            projectActivities=activities,
        )
        self._open.append(_Project(project, customer, team, []))

    def daily(self) -> None:
        """Book hours; start and end projects; charge last month's hours; pay wages."""
        context = self.context
        if context.chance(0.02) or not self._open:
            self._start_project()
        if len(self._open) > FIRST_PROJECTS and context.chance(0.03):
            self._end_project(self._open[context.random.randrange(len(self._open))])
        for employee in self.registers.employees[1:]:
            self._work(employee)
        day = context.day
        if day == working_day_from(day.replace(day=3)):
            for project in self._open:
                self._charge_hours(project)
        if day == working_day_until(day.replace(day=15)):
            self._pay_wages()

    def _end_project(self, project: _Project) -> None:
        self._charge_hours(project)
        self._open.remove(project)
        values = {"isClosed": True, "endDate": self.context.day.isoformat()}
        self.company.table("Project").change(project.id, values, self.context.stamp())

    def _work(self, employee: int) -> None:
        """Book an employee's day: a project if there is one, the rest administration."""
        context = self.context
        random = context.random
        if context.chance(0.7 if context.day.month == JULY else 0.08):
            return
        projects = [project for project in self._open if employee in project.team]
        hours = 0.0
        if projects and context.chance(0.8):
            project = random.choice(projects)
            hours = random.choice((3.0, 4.0, 5.5, 6.0, 7.5))
            charged = project.customer is not None
            entry = self._entry(employee, project.id, self._consulting, hours, charged=charged)
            if charged:
                project.uncharged.append(entry)
        if hours < 7.5:  # noqa: PLR2004
            self._entry(employee, None, self._administration, 7.5 - hours, charged=False)

    def _entry(
        self,
        employee: int,
        project: int | None,
        activity: int,
        hours: float,
        *,
        charged: bool,
    ) -> int:
        return self.registers.add(
            "TimesheetEntry",
            employee=employee,
            project=project,
            activity=activity,
            date=self.context.day.isoformat(),
            hours=int(hours) if hours.is_integer() else hours,
            chargeableHours=hours if charged else 0,
            projectChargeableHours=hours if charged else 0,
            chargeable=charged,
            hourlyRate=self._rate if charged else 0,
            comment="Arbeid hos kunde" if charged else "",
        )

    def _charge_hours(self, project: _Project) -> None:
        """Invoice a customer's hours that were not invoiced before."""
        entries = self.company.table("TimesheetEntry")
        found = [i for i in project.uncharged if i in entries.rows]
        customers = self.company.table("Customer").rows
        if not found or project.customer is None or project.customer not in customers:
            return
        hours = sum(entries.rows[i]["hours"] for i in found)
        product = self.registers.products[0]
        line = (product, float(hours), self._rate)
        order = self.sales.order(project.customer, [line], project.id, "Timer etter avtale")
        invoice = self.sales.invoice(order)
        stamp = self.context.stamp()
        for identity in found:
            entries.change(identity, {"invoice": invoice, "locked": True}, stamp)
        project.uncharged.clear()

    def _pay_wages(self) -> None:
        """Book the month's wages; in June it is holiday pay, from what was set aside."""
        day = self.context.day
        june = day.month == JUNE
        wages = {
            employee: MONTHLY_WAGE + WAGE_STEP * position
            for position, employee in enumerate(self.registers.employees)
        }
        total = sum(wages.values())
        tax = 0 if june else total * 32 // 100
        departments = self.registers.departments
        lines = [
            Line(
                2940 if june else 5000,
                wage,
                employee=employee,
                department=departments[position % 3],
                type="WAGE",
            )
            for position, (employee, wage) in enumerate(wages.items())
        ]
        lines.append(Line(2930, tax - total))
        if tax:
            lines.append(Line(2600, -tax))
            holiday, duty = total * 12 // 100, total * 141 // 1000
            lines += [Line(5180, holiday), Line(2940, -holiday)]
            lines += [Line(5400, duty), Line(2770, -duty)]
        stamp, iso = self.context.stamp(), day.isoformat()
        self.books.post(iso, lines, f"Lønn {day.month}/{day.year}", stamp, "Lønnsbilag")
        pay = [Line(2930, total - tax), Line(1920, tax - total)]
        pay_day = working_day_from(day + timedelta(days=1))
        self.context.later(pay_day, lambda: self._pay_out(pay))

    def _pay_out(self, lines: list[Line]) -> None:
        day, stamp = self.context.day.isoformat(), self.context.stamp()
        self.books.post(day, lines, "Utbetaling av lønn", stamp, "Remittering")
