"""Travel: rates, trips and employees' expenses. Nothing here is in the ledger yet."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_tripletex.sandbox.tables.days import is_working_day, working_day_from
from tap_tripletex.sandbox.world import choices
from tap_tripletex.sandbox.world.choices import rows_of

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

RATE_YEARS = range(2024, 2028)
YEARLY_RISE = 0.035
EURO = 5
EURO_RATE = 11.62
VAT_PROPERTIES = {12: "Low", 11: "Medium", 1: "High"}
VAT_RATES = {12: 12, 11: 15, 1: 25}
TRIPS = ("Kundebesøk Oslo", "Innkjøp til kontoret", "Messe i Berlin")
STATES = {
    "OPEN": "Åpent",
    "DELIVERED": "Levert",
    "APPROVED": "Godkjent",
    "REJECTED": "Avvist",
}


class _Rate(NamedTuple):
    """A rate that a trip may claim, in øre."""

    id: int
    category: int
    amount: int


class Travel:
    """Sends employees away and lets them claim what it cost."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Fill rates and categories."""
        self.context = context
        self.registers = registers
        self.company = context.company
        self._trips = 0
        self._numbers: dict[int, int] = {}
        self._rates: dict[tuple[int, str], _Rate] = {}
        self._costs: dict[str, int] = {}
        for year in RATE_YEARS:
            self._year_of_rates(year)
        self._catalogues()

    def _year_of_rates(self, year: int) -> None:
        add = self.registers.add
        valid = {"fromDate": f"{year}-01-01", "toDate": f"{year}-12-31"}
        for name, abroad in (("Innland", False), ("Utland", True)):
            title = f"{name} {year}"
            add("TravelExpenseRateCategoryGroup", name=title, isForeignTravel=abroad, **valid)
        zones = [row[2] for row in rows_of(choices.TRAVEL_ZONES)]
        for name, kind, code, flags, text in rows_of(choices.RATE_CATEGORIES):
            category = add(
                "TravelExpenseRateCategory",
                name=name,
                type=kind,
                ameldingWageCode=int(code),
                wageCodeNumber=code,
                isValidDayTrip="d" in flags,
                isValidAccommodation="o" in flags,
                isValidDomestic="f" not in flags,
                isValidForeignTravel="f" in flags,
                isRequiresZone="z" in flags,
                isRequiresOvernightAccommodation="o" in flags,
                **valid,
            )
            amount = round(int(text) * (1 + YEARLY_RISE * (year - RATE_YEARS[0])))
            meals = amount if kind == "PER_DIEM" else 0
            for number, zone in enumerate(zones if "z" in flags else [None]):
                rate = add(
                    "TravelExpenseRate",
                    rateCategory=category,
                    zone=zone,
                    rate=amount + 2_300 * number,
                    breakfastDeductionRate=meals // 5,
                    lunchDeductionRate=meals * 3 // 10,
                    dinnerDeductionRate=meals // 2,
                )
                self._rates.setdefault((year, name), _Rate(rate, category, amount))

    def _catalogues(self) -> None:
        add, account = self.registers.add, self.company.account_id
        for position, (name, number, vat, flags) in enumerate(rows_of(choices.COST_CATEGORIES)):
            self._costs[name] = add(
                "TravelCostCategory",
                description=name,
                displayName=name,
                account=account(int(number)),
                vatType=int(vat),
                showOnTravelExpenses="t" in flags,
                showOnEmployeeExpenses="e" in flags,
                isInactive="i" in flags,
                sequence=position,
            )
        payments = [
            add(
                "TravelPaymentType",
                description=name,
                displayName=name,
                account=account(int(number)),
                showOnTravelExpenses="t" in flags,
                showOnEmployeeExpenses="e" in flags,
                isInactive="i" in flags,
            )
            for name, number, flags in rows_of(choices.TRAVEL_PAYMENTS)
        ]
        self._private = payments[0]
        for identity, code, name, continent, currency, last in rows_of(choices.TRAVEL_ZONES):
            add(
                "TravelExpenseZone",
                id=int(identity),
                countryCode=code,
                zoneName=name,
                governmentName=name,
                continent=continent,
                currencyId=int(currency),
                isDisabled=bool(last),
                fromDate="2020-01-01",
                toDate=last or None,
            )
        add(
            "TravelExpenseSettings",
            useRates=True,
            approvalRequired=True,
            taxFreePerDiemRates=True,
            taxFreeMileageRates=350,
        )

    def daily(self) -> None:
        """Now and then let someone hand in a claim; each is of the next of three kinds."""
        day = self.context.day
        first = working_day_from(day.replace(day=5))
        if not is_working_day(day) or not (day == first or self.context.chance(0.03)):
            return
        self._trips += 1
        kind = self._trips % len(TRIPS)
        staff = self.registers.employees[1:]
        if staff:
            self._claim(staff[self._trips % len(staff)], kind)

    def _claim(self, employee: int, kind: int) -> None:
        day = self.context.day
        left = day - timedelta(days=4)
        expense = self.context.ids.next("TravelExpense")
        lists = (self._at_home, self._expenses, self._abroad)[kind](expense, left)
        amount, vat = self._sums(lists)
        number = self._numbers[day.year] = self._numbers.get(day.year, 0) + 1
        title = TRIPS[kind]
        trip = {
            "isForeignTravel": kind == TRIPS.index("Messe i Berlin"),
            "isCompensationFromRates": True,
            "departureDate": left.isoformat(),
            "returnDate": (left + timedelta(days=1)).isoformat(),
            "departureFrom": "Kontoret",
            "destination": title.rpartition(" ")[2],
            "purpose": title,
        }
        self.registers.add(
            "TravelExpense",
            id=expense,
            employee=employee,
            department=self.company.table("Employee").rows[employee].get("department"),
            date=day.isoformat(),
            title=title,
            number=number,
            numberAsString=f"{number}-{day.year}",
            displayName=f"{number} - {title}",
            displayNameWithoutNumber=title,
            travelDetails=None if kind == 1 else trip,
            type=1 if kind == 1 else 0,
            amount=amount,
            paymentAmount=amount,
            paymentAmountCurrency=amount,
            lowRateVAT=vat["Low"],
            mediumRateVAT=vat["Medium"],
            highRateVAT=vat["High"],
            **lists,
        )
        self._decide_later(expense, employee)

    def _decide_later(self, expense: int, employee: int) -> None:
        """Hand in after two working days; decide a week later; leave some undecided."""
        day, chief = self.context.day, self.company.api_user
        delivered = working_day_from(day + timedelta(days=2))
        decided = working_day_from(day + timedelta(days=9))
        steps: list[tuple[date, str, dict[str, Any]]] = [
            (delivered, "DELIVERED", {"isCompleted": True, "completedBy": employee}),
        ]
        iso = decided.isoformat()
        if self._trips % 7 == 0:
            refusal = {"rejectedBy": chief, "rejectedComment": "Kvittering mangler."}
            steps.append((decided, "REJECTED", refusal))
        elif self._trips % 5:
            approval = {"isApproved": True, "approvedBy": chief, "approvedDate": iso}
            steps.append((decided, "APPROVED", approval))
        for when, state, values in steps:
            change = {"state": state, "stateName": STATES[state], **values}
            self.context.later(when, lambda change=change: self._change(expense, change))  # type: ignore[misc]

    def _change(self, expense: int, values: dict[str, Any]) -> None:
        table = self.company.table("TravelExpense")
        if expense in table.rows:
            table.change(expense, values, self.context.stamp())

    def _sums(self, lists: dict[str, tuple[int, ...]]) -> tuple[int, dict[str, int]]:
        """Return what a claim's parts amount to, and the VAT in its costs, in øre."""
        table = self.company.table
        costs = [table("Cost").rows[i] for i in lists.get("costs", ())]
        total = sum(cost["amountNOKInclVAT"] for cost in costs)
        parts = {
            "perDiemCompensations": "PerDiemCompensation",
            "mileageAllowances": "MileageAllowance",
            "accommodationAllowances": "AccommodationAllowance",
        }
        for name, entity in parts.items():
            total += sum(table(entity).rows[i]["amount"] for i in lists.get(name, ()))
        rates = VAT_PROPERTIES.values()
        return total, {r: sum(c.get(f"amountNOKInclVAT{r}", 0) for c in costs) for r in rates}

    def _at_home(self, expense: int, day: date) -> dict[str, tuple[int, ...]]:
        """Drive to Oslo, sleep in a hotel, have dinner with customers."""
        toll = self._cost(expense, day, "Bomavgift", 7_400)
        return {
            "perDiemCompensations": (
                self._per_diem(expense, day, "Overnatting på hotell, innland", "Oslo", "NO", None),
            ),
            "mileageAllowances": self._drive(expense, day, toll),
            "costs": (
                toll,
                self._cost(expense, day, "Hotell", 189_000),
                self._cost(expense, day, "Representasjon - fradragsb.", 124_550, guests=True),
            ),
        }

    def _expenses(self, expense: int, day: date) -> dict[str, tuple[int, ...]]:
        amount = 100 * self.context.random.randrange(80, 900)
        return {"costs": (self._cost(expense, day, "Kontorrekvisita", amount),)}

    def _abroad(self, expense: int, day: date) -> dict[str, tuple[int, ...]]:
        """Fly to Berlin and sleep at a friend's."""
        night = self._rates[self._year(day), "Nattillegg, utland"]
        where = "Overnatting på hotell, utland"
        bed = self.registers.add(
            "AccommodationAllowance",
            travelExpense=expense,
            rateType=night.id,
            rateCategory=night.category,
            zone="Tyskland",
            location="Berlin",
            count=1,
            rate=night.amount,
            amount=night.amount,
        )
        return {
            "perDiemCompensations": (self._per_diem(expense, day, where, "Berlin", "DE", 3),),
            "accommodationAllowances": (bed,),
            "costs": (
                self._cost(expense, day, "Fly", 248_600),
                self._cost(expense, day, "Taxi", 3_850, EURO),
            ),
        }

    def _year(self, day: date) -> int:
        return min(max(day.year, RATE_YEARS[0]), RATE_YEARS[-1])

    def _per_diem(  # noqa: PLR0913, PLR0917 - what an allowance consists of
        self,
        expense: int,
        day: date,
        name: str,
        place: str,
        country: str,
        zone: int | None,
    ) -> int:
        rate = self._rates[self._year(day), name]
        return self.registers.add(
            "PerDiemCompensation",
            travelExpense=expense,
            rateType=rate.id,
            rateCategory=rate.category,
            countryCode=country,
            travelExpenseZoneId=zone,
            overnightAccommodation="HOTEL",
            location=place,
            count=2,
            rate=rate.amount,
            amount=2 * rate.amount,
            isDeductionForBreakfast=True,
        )

    def _drive(self, expense: int, day: date, toll: int) -> tuple[int, int]:
        """Add a drive and the supplement for the passenger; return both."""
        add, rates, year = self.registers.add, self._rates, self._year(day)
        drive, supplement = (self.context.ids.next("MileageAllowance") for _ in range(2))
        passenger = add("Passenger", name="Ærlig Påfunnet", mileageAllowance=drive)
        stops = tuple(
            add("DrivingStop", locationName=place, sortIndex=i, type=0, mileageAllowance=drive)
            for i, place in enumerate(("Kontoret", "Oslo"))
        )
        more: dict[str, Any] = {
            "passengers": (passenger,),
            "drivingStops": stops,
            "passengerSupplement": supplement,
            "tollCost": toll,
        }
        for identity, name, extra in ((drive, "Bil", more), (supplement, "Passasjertillegg", {})):
            rate = rates[year, name]
            add(
                "MileageAllowance",
                id=identity,
                travelExpense=expense,
                rateType=rate.id,
                rateCategory=rate.category,
                date=day.isoformat(),
                departureLocation="Kontoret",
                destination="Oslo",
                km=497.5,
                rate=rate.amount,
                amount=round(497.5 * rate.amount),
                **extra,
            )
        return drive, supplement

    def _cost(  # noqa: PLR0913 - what a cost consists of
        self,
        expense: int,
        day: date,
        category: str,
        amount: int,
        currency: int = 1,
        *,
        guests: bool = False,
    ) -> int:
        identity = self.context.ids.next("Cost")
        vat = self.company.table("TravelCostCategory").rows[self._costs[category]]["vatType"]
        rate = EURO_RATE if currency == EURO else 1
        kroner = round(amount * rate)
        parts = {}
        if vat in VAT_RATES:
            share = round(kroner * VAT_RATES[vat] / (100 + VAT_RATES[vat]))
            # Recorded: these three hold the VAT itself.
            parts[f"amountNOKInclVAT{VAT_PROPERTIES[vat]}"] = share
        people = self.registers.employees[:2] if guests else ()
        return self.registers.add(
            "Cost",
            id=identity,
            travelExpense=expense,
            vatType=vat,
            currency=currency,
            costCategory=self._costs[category],
            paymentType=self._private,
            rate=rate,
            amountCurrencyIncVat=amount,
            amountNOKInclVAT=kroner,
            isPaidByEmployee=True,
            date=day.isoformat(),
            participants=tuple(self._guest(identity, employee) for employee in people),
            **parts,
        )

    def _guest(self, cost: int, employee: int) -> int:
        name = self.company.table("Employee").rows[employee]["displayName"]
        return self.registers.add(
            "CostParticipant", cost=cost, employeeId=employee, displayName=name
        )
