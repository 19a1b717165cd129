"""Payslips: they agree with the wages that the books have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_tripletex.sandbox.tables.days import working_day_until
from tap_tripletex.sandbox.world.choices import SALARY_TYPES, rows_of
from tap_tripletex.sandbox.world.people import JUNE, MONTHLY_WAGE, WAGE_STEP

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

PAY_DAY = 15
FIXED_WAGE, HOLIDAY_PAY, TAX = "2000", "2015", "6000"


class Payroll:
    """Writes payslips."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Fill the list of salary types."""
        self.context = context
        self.registers = registers
        self._types: dict[str, int] = {}
        for number, name, account, flags in rows_of(SALARY_TYPES):
            self._types[number] = registers.add(
                "SalaryType",
                number=number,
                name=name,
                showInTimesheet="h" in flags,
                isSickPayable="v" in flags,
                isVacationPayable="v" in flags,
                isTaxable="t" in flags,
                isPayrollTaxable="p" in flags,
                payStatementCodeCode="111-A" if "p" in flags else "",
                accountNumberDebit=context.company.account_id(int(account)),
            )

    def daily(self) -> None:
        """On the day that `People` books wages, write a payslip for everyone."""
        day = self.context.day
        if day != working_day_until(day.replace(day=PAY_DAY)):
            return
        transaction = self.context.ids.next("SalaryTransaction")
        period = {"year": day.year, "month": day.month}
        payslips = tuple(
            self._payslip(transaction, employee, position, period)
            for position, employee in enumerate(self.registers.employees)
        )
        self.registers.add(
            "SalaryTransaction",
            id=transaction,
            date=day.isoformat(),
            paySlipsAvailableDate=day.isoformat(),
            payslips=payslips,
            **period,
        )

    def _payslip(
        self,
        transaction: int,
        employee: int,
        position: int,
        period: dict[str, int],
    ) -> int:
        wage = MONTHLY_WAGE + WAGE_STEP * position
        june = self.context.day.month == JUNE
        tax = 0 if june else wage * 32 // 100
        payslip = self.context.ids.next("Payslip")
        department = self.registers.departments[position % 3]
        parts = [(HOLIDAY_PAY if june else FIXED_WAGE, wage)] + ([(TAX, -tax)] if tax else [])
        names = self.context.company.table("SalaryType").rows
        specifications = tuple(
            self.registers.add(
                "SalarySpecification",
                payslip=payslip,
                employee=employee,
                department=department,
                salaryType=self._types[number],
                description=names[self._types[number]]["name"],
                rate=amount,
                count=1.0,
                amount=amount,
                **period,
            )
            for number, amount in parts
        )
        return self.registers.add(
            "Payslip",
            id=payslip,
            version=2,
            transaction=transaction,
            employee=employee,
            date=self.context.day.isoformat(),
            specifications=specifications,
            vacationAllowanceAmount=0 if june else wage * 12 // 100,
            grossAmount=wage,
            amount=wage - tax,
            department=department,
            **period,
        )
