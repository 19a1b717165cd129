"""The bank's side of account 1920: statements, and their reconciliation with the ledger.

The looks of statements, reconciliations and matches are recorded. A statement covers a
calendar month; it is read in on the third and reconciled on the eighth of the next one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.tables.days import ONE_DAY, add_months, working_day_from

if TYPE_CHECKING:
    from datetime import date

    from tap_tripletex.sandbox.tables.rows import Posting
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

ACCOUNT = 1920
READ_IN, RECONCILED = 3, 8
LATE = timedelta(days=62)
"""How far back a receipt may be dated that is booked after its month was read in."""


class Banking:
    """Reads statements in, one transaction for each posting, and matches the two."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Start from the opening balance."""
        self.context = context
        self.registers = registers
        self.company = context.company
        self._account = self.company.account_id(ACCOUNT)
        self._bank = next(iter(self.company.table("Bank").rows))
        self._balance = sum(p.amount for p in self._postings(context.day, context.day + ONE_DAY))
        # A posting was read in before if it is older than the last and dated before this day.
        self._last_posting = self._newest_posting()
        self._read_until = context.day + ONE_DAY
        self._open: tuple[int, list[tuple[int, Posting]]] | None = None

    def daily(self) -> None:
        """Do what the day of the month asks for."""
        day = self.context.day
        if day == working_day_from(day.replace(day=READ_IN)):
            first = day.replace(day=1)
            if first > self._read_until:
                self._read_in(add_months(first, -1), first)
        if self._open and day == working_day_from(day.replace(day=RECONCILED)):
            self._reconcile(*self._open)

    def _newest_posting(self) -> int:
        return next(reversed(self.company.table("Posting").rows), 0)

    def _postings(self, start: date, end: date) -> list[Posting]:
        found = self.company.postings(start.isoformat(), end.isoformat())
        return [posting for posting in found if posting.account == self._account]

    def _read_in(self, start: date, end: date) -> None:
        """Add a month's statement; receipts found late appear on the next one."""
        add = self.registers.add
        unread_from = self._read_until.isoformat()
        fresh = [
            posting
            for posting in self._postings(start - LATE, end)
            if posting.id > self._last_posting or posting.date >= unread_from
        ]
        self._last_posting, self._read_until = self._newest_posting(), end
        if not fresh:
            return
        statement = self.context.ids.next("BankStatement")
        transactions = [
            add(
                "BankTransaction",
                postedDate=max(posting.date, start.isoformat()),
                description=posting.description,
                amountCurrency=posting.amount,
                bankStatement=statement,
                account=self._account,
                companyId=self.company.id,
                matchType="NO_MATCH",
                paymentId=f"{posting.id:x}",
            )
            for posting in fresh
        ]
        opening = self._balance
        self._balance += sum(posting.amount for posting in fresh)
        add(
            "BankStatement",
            id=statement,
            openingBalanceCurrency=opening,
            closingBalanceCurrency=self._balance,
            fileName=f"kontoutskrift-{start:%Y-%m}.csv",
            bank=self._bank,
            fromDate=start.isoformat(),
            toDate=(end - ONE_DAY).isoformat(),
            transactions=tuple(transactions),
        )
        reconciliation = add(
            "BankReconciliation",
            account=self._account,
            accountingPeriod=self._period(start),
            transactions=tuple(transactions),
            isClosed=False,
            type="MANUAL",
            bankAccountClosingBalanceCurrency=self._balance,
        )
        self._open = (reconciliation, list(zip(transactions, fresh, strict=True)))

    def _period(self, start: date) -> int | None:
        return next(
            (
                int(row["id"])
                for row in self.company.table("AccountingPeriod")
                if row["start"] == start.isoformat()
            ),
            None,
        )

    def _reconcile(self, reconciliation: int, pairs: list[tuple[int, Posting]]) -> None:
        table = self.company.table("BankTransaction")
        postings = self.company.table("Posting").rows
        stamp = self.context.stamp()
        for transaction, posting in pairs:
            if transaction not in table.rows or posting.id not in postings:
                continue
            self.registers.add(
                "BankReconciliationMatch",
                bankReconciliation=reconciliation,
                type="AUTO_MATCHED" if posting.invoiceNumber else "MANUAL",
                transactions=(transaction,),
                postings=(posting.id,),
            )
            values: dict[str, Any] = {
                "matched": True,
                "matchType": "ONE_TRANSACTION_TO_ONE_POSTING",
                "bankReconciliationMatchSum": posting.amount,
                "sourceVoucher": posting.voucher,
                "groupedPostings": (
                    {
                        "voucher": posting.voucher,
                        "date": posting.date,
                        "description": posting.description,
                        "account": posting.account,
                        "amount": posting.amount,
                        "amountCurrency": posting.amount,
                        "currency": 1,
                        "invoiceNumber": posting.invoiceNumber,
                        "postingMatchType": "DEFAULT",
                    },
                ),
            }
            table.change(transaction, values, stamp)
        closed = {
            "isClosed": True,
            "closedDate": self.context.day.isoformat(),
            "closedByEmployee": self.registers.employees[0],
        }
        reconciliations = self.company.table("BankReconciliation")
        if reconciliation in reconciliations.rows:
            reconciliations.change(reconciliation, closed, stamp)
        self._open = None
