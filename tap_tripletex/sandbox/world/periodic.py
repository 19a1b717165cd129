"""What comes round: opening, depreciation, fees, VAT, taxes, closing of months and years."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tap_tripletex.sandbox.tables.company import RESULT_ACCOUNTS
from tap_tripletex.sandbox.tables.days import (
    ONE_DAY,
    add_months,
    is_working_day,
    month_end,
    working_day_from,
    working_day_until,
)
from tap_tripletex.sandbox.world.books import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tap_tripletex.sandbox.world.books import Books
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.purchases import Purchases
    from tap_tripletex.sandbox.world.registers import Registers

BANK = 1920
VAT_NUMBERS = range(2700, 2720)
DECEMBER = 12


class Periodic:
    """Does what the calendar asks for."""

    def __init__(
        self,
        context: Context,
        books: Books,
        registers: Registers,
        purchases: Purchases,
    ) -> None:
        """Bring in the opening balance and open the first year."""
        self.context = context
        self.books = books
        self.registers = registers
        self.company = context.company
        self._numbers = {identity: number for number, identity in books.accounts.items()}
        # Months, the day (or the next working day), and what is done on it.
        self._dates: tuple[tuple[Collection[int], int, Callable[[], None]], ...] = (
            (range(2, 13, 2), 10, self._settle_vat),
            (range(1, 13, 2), 15, self._pay_taxes),
            ((1,), 20, purchases.insure),
            ((5, 11), 5, purchases.license_ahead),
            ((self._month_of_the_year(3),), 20, self._close_year),
        )
        self._open_year(date.fromisoformat(self.company.fiscal_year(context.day.isoformat())))
        self._post(
            context.day,
            [
                Line(1200, 42_000_000),
                Line(1250, 18_500_000),
                Line(1280, 9_600_000),
                Line(BANK, 121_437_850),
                Line(2000, -30_000_000),
                Line(2050, -161_537_850),
            ],
            "Åpningsbalanse",
            "Åpningsbalanse",
        )

    def daily(self) -> None:
        """Do what is due today."""
        day = self.context.day
        if day.day == 1 and day.month == self._month_of_the_year(11):
            self._open_year(add_months(day, 2))
        if day == month_end(day):
            self._depreciate()
        if not is_working_day(day):
            return
        if day == working_day_until(month_end(day)):
            self._pay_bank_fees()
        for months, day_of_month, act in self._dates:
            if day.month in months and day == working_day_from(day.replace(day=day_of_month)):
                act()
        if self.context.chance(0.04):
            self._find_receipt()

    def _post(self, day: date, lines: list[Line], text: str, kind: str | None = None) -> None:
        self.books.post(day.isoformat(), lines, text, self.context.stamp(), kind)

    def _month_of_the_year(self, number: int) -> int:
        """Return the calendar month that is the first, second, … of the fiscal year."""
        return (self.company.fiscal_year_start + number - 2) % 12 + 1

    def _open_year(self, start: date) -> None:
        add = self.registers.add
        add(
            "AnnualAccount",
            year=start.year,
            start=start.isoformat(),
            end=add_months(start, 12).isoformat(),  # Recorded: the end is exclusive.
        )
        for month in range(12):
            first = add_months(start, month)
            add(
                "AccountingPeriod",
                name=f"{first:%m.%Y}",
                number=12 * (start.year - 2024) + month + 1,
                start=first.isoformat(),
                end=add_months(first, 1).isoformat(),
                isClosed=False,
            )

    def _depreciate(self) -> None:
        shares = {1200: 700_000, 1250: 308_056, 1280: 160_000}
        lines = [Line(6010, sum(shares.values()))]
        lines += [Line(number, -amount) for number, amount in shares.items()]
        self._post(self.context.day, lines, "Avskrivninger")

    def _pay_bank_fees(self) -> None:
        fee = self.context.random.randrange(4_500, 38_000, 50)
        self._post(self.context.day, [Line(7770, fee), Line(BANK, -fee)], "Bankgebyrer")
        if self.context.day.month == DECEMBER:
            interest = self.context.random.randrange(90_000, 410_000)
            self._post(self.context.day, [Line(BANK, interest), Line(8050, -interest)], "Renter")

    def _pay_taxes(self) -> None:
        """Pay what is owed for the two months before: withheld tax and employer's duty."""
        first = self.context.day.replace(day=1)
        owed = self._balances(None, first.isoformat(), (2600, 2770))
        lines = [Line(number, -amount) for number, amount in owed.items() if amount]
        if lines:
            lines.append(Line(BANK, -sum(line.amount for line in lines)))
            text = "Skattetrekk og arbeidsgiveravgift"
            self._post(self.context.day, lines, text, "Terminoppgave")

    def _settle_vat(self) -> None:
        """Report a two-month term, pay it, and close its months."""
        day = self.context.day
        end = add_months(day.replace(day=1), -1)
        start = add_months(end, -2)
        found = self._balances(start.isoformat(), end.isoformat(), VAT_NUMBERS)
        lines = [Line(number, -amount) for number, amount in found.items() if amount]
        if lines:
            owed = sum(line.amount for line in lines)
            self._post(end - ONE_DAY, [*lines, Line(2740, -owed)], "Mva-oppgjør", "Mva-melding")
            pay_day = working_day_from(day + timedelta(days=2))
            self.context.later(pay_day, lambda: self._pay_vat(owed))
        self._close_periods(end)

    def _pay_vat(self, owed: int) -> None:
        lines = [Line(2740, owed), Line(BANK, -owed)]
        self._post(self.context.day, lines, "Betaling av merverdiavgift", "Remittering")

    def _close_periods(self, before: date, *, last_month: bool = False) -> None:
        """Close months that end by a day. A year's last month waits for the annual accounts."""
        periods = self.company.table("AccountingPeriod")
        for row in list(periods):
            waits = int(row["start"][5:7]) == self._month_of_the_year(12) and not last_month
            if row["end"] <= before.isoformat() and not row["isClosed"] and not waits:
                periods.change(row["id"], {"isClosed": True}, self.context.stamp())
        self.context.open_from = before.isoformat()

    def _balances(
        self,
        start: str | None,
        end: str,
        numbers: range | tuple[int, ...],
    ) -> dict[int, int]:
        sums = self.company.trial_balance(start, end)
        return {
            self._numbers[account]: amount
            for account, amount in sums.items()
            if self._numbers[account] in numbers
        }

    def _close_year(self) -> None:
        """Book last year's tax and carry its result to equity, on its last day."""
        end = date.fromisoformat(self.company.fiscal_year(self.context.day.isoformat()))
        start, last = add_months(end, -12), end - ONE_DAY
        before = self._balances(start.isoformat(), end.isoformat(), RESULT_ACCOUNTS)
        result = -sum(before.values())
        if result > 0:
            tax = result * 22 // 100
            self._post(last, [Line(8300, tax), Line(2500, -tax)], "Årets skattekostnad")
            self.context.later(
                working_day_from(add_months(end, 9) + timedelta(days=19)),
                lambda: self._pay_year_tax(tax),
            )
            result -= tax
        if result:
            self._post(last, [Line(8960, result), Line(2050, -result)], "Disponering av resultat")
        self._close_periods(end, last_month=True)

    def _pay_year_tax(self, tax: int) -> None:
        lines = [Line(2500, tax), Line(BANK, -tax)]
        self._post(self.context.day, lines, "Betaling av skatt", "Remittering")

    def _find_receipt(self) -> None:
        """Book a forgotten receipt, dated some weeks back but in an open month."""
        context = self.context
        back = context.day - timedelta(days=context.random.randrange(8, 45))
        day = max(back.isoformat(), context.open_from)
        amount = context.random.randrange(9_900, 320_000)
        vat = amount - round(amount / 1.25)
        lines = [
            Line(6800, amount - vat, 1, amount),
            Line(BANK, -amount),
            Line(2710, vat, system=True),
        ]
        self._post(date.fromisoformat(day), lines, "Kvittering funnet i ettertid")
