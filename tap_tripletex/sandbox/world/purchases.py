"""Purchases: supplier invoices, some through the inbox first, and their payment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_tripletex.sandbox.tables.days import add_months, working_day_from
from tap_tripletex.sandbox.tables.rows import Voucher
from tap_tripletex.sandbox.world.books import Line, with_vat
from tap_tripletex.sandbox.world.names import SUPPLIERS

if TYPE_CHECKING:
    from datetime import date

    from tap_tripletex.sandbox.world.books import Books
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

PAYABLES = 2400
BANK = 1920
MONTHLY = {"Påhitt Eiendom AS": 1, "Oppspinn Strøm AS": 8, "Luftspeil Telefoni AS": 11}
"""Suppliers that bill on a day of every month; the others do so at random."""

YEARLY = "Sagnland Forsikring ASA"
MONTHS_AHEAD = 10


class Purchases:
    """Receives and pays supplier invoices."""

    def __init__(self, context: Context, books: Books, registers: Registers) -> None:
        """Buy for this company."""
        self.context = context
        self.books = books
        self.company = context.company
        self._temp_number = 0
        self._terms = dict(zip(registers.suppliers, SUPPLIERS, strict=True))
        self._by_name = {terms[0]: identity for identity, terms in self._terms.items()}
        suppliers = self.company.table("Supplier").rows
        self._occasional = [
            identity
            for name, identity in self._by_name.items()
            if name not in {*MONTHLY, YEARLY} and not suppliers[identity]["isInactive"]
        ]

    def daily(self, invoices: float) -> None:
        """Receive the day's invoices."""
        context = self.context
        for name, day_of_month in MONTHLY.items():
            if working_day_from(context.day.replace(day=day_of_month)) == context.day:
                self.receive(self._by_name[name])
        for _ in range(context.often(invoices)):
            supplier = context.random.choice(self._occasional)
            if context.chance(0.25):
                self._expect(supplier)
            else:
                self.receive(supplier)
        if context.chance(0.15):
            # An advertisement or a second copy: it lies there for weeks and is thrown away.
            identity = self._into_inbox(context.random.choice(self._occasional))
            day = context.day + timedelta(days=context.random.randrange(20, 50))
            context.later(day, lambda: self._out_of_inbox(identity))

    def _expect(self, supplier: int) -> None:
        """Put a document into the inbox, to be booked some days later."""
        context = self.context
        identity = self._into_inbox(supplier)
        day = working_day_from(context.day + timedelta(days=context.random.randrange(2, 7)))
        context.later(day, lambda: self._book_from_inbox(identity, supplier))

    def _into_inbox(self, supplier: int) -> int:
        """Put a document into the inbox and return the id of its voucher."""
        context = self.context
        identity = context.ids.next("Voucher")
        self._temp_number += 1
        approved = self._temp_number % 2 == 0
        # Recorded: such vouchers have number 0, may have no date, and year 0 then.
        date_ = context.day.isoformat() if approved else None
        name = self._terms[supplier][0]
        self.company.inbox.add(
            Voucher(
                identity,
                date_,
                0,
                self._temp_number,
                context.day.year if approved else 0,
                f"Faktura fra {name}" if approved else "",
                self.books.voucher_types["Leverandørfaktura"],
                (),
                context.stamp(),
                0,
            ),
        )
        if not approved:
            self.company.unapproved.add(identity)
        return identity

    def _out_of_inbox(self, identity: int) -> bool:
        self.company.unapproved.discard(identity)
        if identity not in self.company.inbox.rows:
            return False
        self.company.inbox.remove(identity)
        return True

    def _book_from_inbox(self, identity: int, supplier: int) -> None:
        if self._out_of_inbox(identity):
            self.receive(supplier, identity)

    def receive(self, supplier: int, voucher_id: int | None = None) -> None:
        """Book an invoice of a supplier and plan its payment."""
        context = self.context
        name, account, low, high, vat = self._terms[supplier]
        net = context.random.randrange(low * 100, high * 100 + 1, 5) if high > low else low * 100
        self.book(supplier, name, Line(account, net, vat), voucher_id)

    def book(self, supplier: int, name: str, cost: Line, voucher_id: int | None = None) -> None:
        """Book an invoice with one cost line and plan its payment."""
        context = self.context
        random = context.random
        number = str(random.randrange(1_000, 999_999))
        due = context.day + timedelta(days=random.choice((10, 14, 14, 20, 30)))
        cost.type = "INVOICE_EXPENSE"
        cost.supplier = supplier
        cost.invoice_number = number
        costs = with_vat(cost)
        gross = sum(line.amount for line in costs)
        debt = Line(
            PAYABLES,
            -gross,
            supplier=supplier,
            invoice_number=number,
            term=due.isoformat(),
            type="INCOMING_INVOICE_CUSTOMER_POSTING",
        )
        stamp = context.stamp()
        day = context.day.isoformat()
        voucher = self.books.post(
            day,
            [*costs[:1], debt, *costs[1:]],
            f"Faktura {number} fra {name}",
            stamp,
            "Leverandørfaktura",
            extra={
                "vendorInvoiceNumber": number,
                "supplierVoucherType": "TYPE_SUPPLIER_INVOICE_SIMPLE",
            },
            identity=voucher_id,
        )
        identity = context.ids.next("SupplierInvoice")
        self.company.table("SupplierInvoice").add(
            {
                "id": identity,
                "version": 0,
                "_created": stamp,
                "invoiceNumber": number,
                "invoiceDate": day,
                "supplier": supplier,
                "invoiceDueDate": due.isoformat(),
                "voucher": voucher.id,
                "amount": gross,
                "amountCurrency": gross,
                "amountExcludingVat": cost.amount,
                "amountExcludingVatCurrency": cost.amount,
                "outstandingAmount": gross,
                "isCreditNote": False,
            },
        )
        self._plan_payment(identity, voucher.postings[1], due)

    def _plan_payment(self, invoice: int, debt: int, due: date) -> None:
        random = self.context.random
        if random.random() < 0.02:  # noqa: PLR2004
            return
        day = working_day_from(due + timedelta(days=random.choice((-2, -1, 0, 0, 0, 3))))
        self.context.later(day, lambda: self._pay(invoice, debt))

    def _pay(self, identity: int, debt: int) -> None:
        table = self.company.table("SupplierInvoice")
        invoice = table.rows.get(identity)
        posting = self.company.table("Posting").rows.get(debt)
        if invoice is None or posting is None:
            return
        amount, number = -posting.amount, invoice["invoiceNumber"]
        lines = [
            Line(PAYABLES, amount, supplier=invoice["supplier"], invoice_number=number),
            Line(BANK, -amount, invoice_number=number),
        ]
        day, stamp = self.context.day.isoformat(), self.context.stamp()
        voucher = self.books.post(day, lines, f"Betaling av {number}", stamp, "Remittering")
        paid = {"outstandingAmount": 0, "payments": (voucher.postings[0],)}
        table.change(identity, paid, stamp)
        self.books.close([debt, voucher.postings[0]], day, stamp)

    def insure(self) -> None:
        """Book the yearly insurance as prepaid, and its cost in months to come."""
        self._spread(YEARLY, 3_600_000, cost_account=7500, prepaid_account=1740)

    def _spread(self, name: str, net: int, *, cost_account: int, prepaid_account: int) -> None:
        """Book an invoice as prepaid, with a voucher in each of the ten coming months.

        Those vouchers are made now and dated ahead, so that the books reach past today.
        """
        first = self.context.day.replace(day=1)
        self.book(self._by_name[name], name, Line(prepaid_account, net))
        share, rest = divmod(net, MONTHS_AHEAD)
        for month in range(1, MONTHS_AHEAD + 1):
            day = add_months(first, month)
            amount = share + (rest if month == MONTHS_AHEAD else 0)
            lines = [Line(cost_account, amount), Line(prepaid_account, -amount)]
            text = f"Periodisering {name}"
            self.books.post(day.isoformat(), lines, text, self.context.stamp())

    def license_ahead(self) -> None:
        """Book a software licence for the ten months to come."""
        name = "Myte Datasystemer AS"
        self._spread(name, 4_800_000, cost_account=6420, prepaid_account=1749)
