"""What a project has besides people: hourly rates, order lines, subcontracts, tasks, forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.world.books import vat_of

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

RATE = 1350.0
"""What `People` charges an hour."""

TASKS = (("Oppstartsmøte", "DONE"), ("Kravliste", "IN_PROGRESS"), ("Overlevering", "OPEN"))
# Product number, whether it is budgeted rather than delivered.
ORDER_LINES = (("110", True), ("130", False))
SUBCONTRACTOR = "Vrøvl Underleverandør AS"


class ProjectWork:
    """Furnishes every new project on the day it starts."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Furnish the projects that are there at the founding."""
        self.context = context
        self.registers = registers
        self.company = context.company
        self._furnished: set[int] = set()
        products = self.company.table("Product").rows
        self._products = {products[i]["number"]: i for i in registers.products}
        suppliers = self.company.table("Supplier")
        self._subcontractor = next(r["id"] for r in suppliers if r["name"] == SUBCONTRACTOR)
        self.daily()

    def daily(self) -> None:
        """Furnish today's new projects."""
        for project in list(self.company.table("Project")):
            if project["id"] not in self._furnished:
                self._furnished.add(project["id"])
                if project.get("participants"):
                    self._furnish(project)

    def _furnish(self, project: dict[str, Any]) -> None:
        """Give a project its rates; one that is sold to a customer gets the rest too."""
        project["projectHourlyRates"] = (self._rates(project),)
        if not project["customer"]:
            return
        add, identity = self.registers.add, project["id"]
        products = self.company.table("Product").rows
        project["orderLines"] = tuple(
            self._order_line(project, number, budget=budget)
            for number, budget in ORDER_LINES
            if self._products[number] in products
        )
        if len(self._furnished) % 2:
            add(
                "ProjectSubContract",
                project=identity,
                supplier=self._subcontractor,
                name=SUBCONTRACTOR,
                displayName=SUBCONTRACTOR,
                description="Hjelp ved behov",
                budgetFeeCurrency=4_000_000,
                budgetExpensesCurrency=500_000,
                budgetNetAmountCurrency=4_500_000,
            )
        for name, status in TASKS:
            add("Task", _project=identity, name=name, status=status)
        for kind in self.company.table("ProjectControlFormType"):
            add(
                "ProjectControlForm",
                _project=identity,
                title=f"{kind['name']} {project['number']}",
                controlForm=kind["name"],
                signatureRequired=kind["name"] == "HMS",
            )

    def _rates(self, project: dict[str, Any]) -> int:
        specific = len(self._furnished) % 2 == 0
        rate = self.context.ids.next("ProjectHourlyRate")
        participants = self.company.table("ProjectParticipant").rows
        activities = self.company.table("ProjectActivity").rows
        activity = activities[project["projectActivities"][0]]["activity"]
        specific_rates = [
            self.registers.add(
                "ProjectSpecificRate",
                projectHourlyRate=rate,
                employee=participants[participant]["employee"],
                activity=activity,
                hourlyRate=RATE + 50.0 * position,
            )
            for position, participant in enumerate(project["participants"] if specific else ())
        ]
        kind = "PROJECT_SPECIFIC_HOURLY_RATES" if specific else "FIXED_HOURLY_RATE"
        return self.registers.add(
            "ProjectHourlyRate",
            id=rate,
            project=project["id"],
            startDate=project["startDate"],
            hourlyRateModel=f"TYPE_{kind}",
            projectSpecificRates=tuple(specific_rates),
            fixedRate=0.0 if specific else RATE,
        )

    def _order_line(self, project: dict[str, Any], number: str, *, budget: bool) -> int:
        product = self._products[number]
        row = self.company.table("Product").rows[product]
        net = round(row["priceExcludingVatCurrency"] * 100)
        return self.registers.add(
            "ProjectOrderLine",
            product=product,
            description=row["name"],
            displayName=row["name"],
            count=1,
            unitPriceExcludingVatCurrency=row["priceExcludingVatCurrency"],
            currency=1,
            vatType=row["vatType"],
            amountExcludingVatCurrency=net,
            amountIncludingVatCurrency=net + vat_of(net, row["vatType"]),
            project=project["id"],
            date=project["startDate"],
            isChargeable=True,
            isBudget=budget,
        )
