"""Sales: orders, invoices, credit notes, payments on time, late or never; the till."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.tables.days import working_day_from
from tap_tripletex.sandbox.world.books import VAT_ACCOUNTS, Line, vat_of
from tap_tripletex.sandbox.world.identity import kid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_tripletex.sandbox.world.books import Books
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

EUR = 5
EXPORT_VAT = 52
RECEIVABLES = 1500
BANK = 1920
TILL = 1910

OUTSTANDING = ("amountOutstanding", "amountOutstandingTotal")
OUTSTANDING_CURRENCY = ("amountCurrencyOutstanding", "amountCurrencyOutstandingTotal")


def euro_rate(day: date) -> float:
    """Return kroner for a euro on a day: invented, smooth, around 11.5."""
    days = (day - date(2024, 1, 1)).days
    return round(11.5 + 0.3 * math.sin(days / 57) + 0.12 * math.sin(days / 7.3), 4)


class Sales:
    """Sells products and hours, and collects the money."""

    def __init__(self, context: Context, books: Books, registers: Registers) -> None:
        """Sell for this company."""
        self.context = context
        self.books = books
        self.registers = registers
        self.company = context.company
        self._order_number = 0
        self._invoice_number = 10_000
        self._paid_with: dict[int, list[int]] = {}
        self.sellable = [
            identity
            for identity in registers.products
            if not self.company.table("Product").rows[identity]["isInactive"]
        ]

    def daily(self, orders: float, till_sales: float) -> None:
        """Take orders, and sell over the counter."""
        for _ in range(self.context.often(orders)):
            self._take_order()
        self._sell_over_counter(self.context.often(till_sales))

    def _take_order(self) -> None:
        random = self.context.random
        customer = random.choice(self.registers.active_customers)
        lines = []
        for product in random.sample(self.sellable, random.choice((1, 1, 2, 2, 3))):
            price = self.company.table("Product").rows[product]["priceExcludingVatCurrency"]
            count = random.randrange(1, 31) if price < 2000 else random.randrange(1, 9)  # noqa: PLR2004
            lines.append((product, float(count), price))
        order = self.order(customer, lines)
        if not self.context.chance(0.06):
            day = working_day_from(self.context.day + timedelta(days=random.randrange(8)))
            if day == self.context.day:
                self.invoice(order)
            else:
                self.context.later(day, lambda: self.invoice(order))

    def order(
        self,
        customer: int,
        lines: Sequence[tuple[int, float, float]],
        project: int | None = None,
        description: str = "",
    ) -> int:
        """Add an order with lines of (product, count, unit price) and return its id."""
        registers = self.registers
        row = self.company.table("Customer").rows[customer]
        currency = row.get("currency", 1)
        self._order_number += 1
        order = registers.add(
            "Order",
            customer=customer,
            number=str(self._order_number),
            displayName=f"{self._order_number} Ordre",
            customerName=row["name"],
            orderDate=self.context.day.isoformat(),
            deliveryDate=self.context.day.isoformat(),
            currency=currency,
            project=project,
            ourContactEmployee=self.context.random.choice(registers.employees),
            invoicesDueIn=row.get("invoicesDueIn", 14),
            isClosed=False,
        )
        identities = []
        for position, (product, count, price) in enumerate(lines):
            item = self.company.table("Product").rows[product]
            vat = EXPORT_VAT if currency == EUR else item["vatType"]
            unit = price / 11.5 if currency == EUR else price
            net = round(unit * count * 100)
            gross = net + vat_of(net, vat)
            identities.append(
                registers.add(
                    "OrderLine",
                    order=order,
                    product=product,
                    description=description,
                    displayName=description or item["name"],
                    count=count,
                    unitPriceExcludingVatCurrency=unit,
                    unitPriceIncludingVatCurrency=gross / count / 100,
                    amountExcludingVatCurrency=net,
                    amountIncludingVatCurrency=gross,
                    vatType=vat,
                    currency=currency,
                    sortIndex=position,
                ),
            )
        self.company.table("Order").rows[order]["orderLines"] = tuple(identities)
        return order

    def invoice(self, order_id: int) -> int | None:
        """Charge an order and return the invoice's id; None if the order is gone."""
        order = self.company.table("Order").rows.get(order_id)
        if order is None or not order["orderLines"]:
            return None
        context = self.context
        rows = self.company.table("OrderLine").rows
        lines = [rows[i] for i in order["orderLines"] if i in rows]
        rate = euro_rate(context.day) if order["currency"] == EUR else 1.0
        invoice_id = context.ids.next("Invoice")
        self._invoice_number += 1
        number = self._invoice_number
        day = context.day.isoformat()
        due = (context.day + timedelta(days=order["invoicesDueIn"])).isoformat()
        net_currency = sum(line["amountExcludingVatCurrency"] for line in lines)
        gross_currency = sum(line["amountIncludingVatCurrency"] for line in lines)
        revenue = self._revenue(lines, order, rate)
        gross = -sum(line.amount for line in revenue)
        receivable = Line(
            RECEIVABLES,
            gross,
            currency=order["currency"],
            amount_currency=gross_currency,
            customer=order["customer"],
            invoice_number=str(number),
            term=due,
            type="OUTGOING_INVOICE_CUSTOMER_POSTING",
        )
        text = f"Faktura nummer {number} til {order['customerName']}"
        stamp = context.stamp()
        voucher = self.books.post(day, [receivable, *revenue], text, stamp, "Utgående faktura")
        net = gross if order["currency"] == EUR else net_currency
        values = {
            "id": invoice_id,
            "version": 3,
            "_created": stamp,
            "invoiceNumber": number,
            "invoiceDate": day,
            "customer": order["customer"],
            "invoiceDueDate": due,
            "deliveryDate": order["deliveryDate"],
            "kid": kid(number) if order["currency"] == 1 else "",
            "orders": (order_id,),
            "orderLines": tuple(order["orderLines"]),
            "voucher": voucher.id,
            "postings": (voucher.postings[0],),
            "currency": order["currency"],
            "amount": gross,
            "amountCurrency": gross_currency,
            "amountExcludingVat": net,
            "amountExcludingVatCurrency": net_currency,
            "documentId": 1_024_000_000 + number,
            **dict.fromkeys(OUTSTANDING, gross),
            **dict.fromkeys(OUTSTANDING_CURRENCY, gross_currency),
        }
        self.company.table("Invoice").add(values)
        self.company.table("Order").change(order_id, {"isClosed": True}, stamp)
        self._expect_payment(invoice_id, date.fromisoformat(due))
        return invoice_id

    def _revenue(
        self,
        lines: Sequence[dict[str, Any]],
        order: dict[str, Any],
        rate: float,
    ) -> list[Line]:
        """Return revenue by account and VAT code, with the VAT postings, as credits."""
        sums: dict[tuple[int, int], list[int]] = {}
        for line in lines:
            number = self.registers.product_accounts[line["product"]]
            if line["vatType"] == EXPORT_VAT:
                number = 3110
            found = sums.setdefault((number, line["vatType"]), [0, 0])
            found[0] += line["amountExcludingVatCurrency"]
            found[1] += line["amountIncludingVatCurrency"]
        result: list[Line] = []
        vat_lines: list[Line] = []
        for (number, vat), (net_currency, gross_currency) in sums.items():
            net = round(net_currency * rate)
            tax = gross_currency - net_currency
            result.append(
                Line(
                    number,
                    -net,
                    vat,
                    -(net + tax),
                    order["currency"],
                    -net_currency,
                    -gross_currency,
                    customer=order["customer"],
                    project=order["project"],
                    product=lines[0]["product"] if len(lines) == 1 else None,
                    department=self.registers.departments[2 if number == 3010 else 1],  # noqa: PLR2004
                ),
            )
            if tax:
                vat_lines.append(Line(VAT_ACCOUNTS[vat], -tax, system=True))
        return result + vat_lines

    def _expect_payment(self, invoice: int, due: date) -> None:
        """Decide when the customer pays: on time, late, in parts, never; or gets a credit."""
        random, later = self.context.random, self.context.later
        luck = random.random()
        when = working_day_from(due + timedelta(days=random.randrange(-3, 2)))
        if luck < 0.03:  # noqa: PLR2004
            day = working_day_from(self.context.day + timedelta(days=random.randrange(2, 12)))
            later(day, lambda: self.credit(invoice))
        elif luck < 0.07:  # noqa: PLR2004
            pass
        elif luck < 0.12:  # noqa: PLR2004
            rest = working_day_from(when + timedelta(days=random.randrange(14, 45)))
            later(when, lambda: self.pay(invoice, part=True))
            later(rest, lambda: self.pay(invoice))
        else:
            if luck > 0.72:  # noqa: PLR2004
                when = working_day_from(when + timedelta(days=random.randrange(5, 70)))
            later(when, lambda: self.pay(invoice))

    def pay(self, invoice_id: int, *, part: bool = False) -> None:
        """Book a customer's payment of what is outstanding, or of half of it."""
        invoices = self.company.table("Invoice")
        invoice = invoices.rows.get(invoice_id)
        if invoice is None or not invoice["amountOutstanding"]:
            return
        amount = invoice["amountOutstanding"]
        in_currency = invoice["amountCurrencyOutstanding"]
        if part:
            amount, in_currency = amount // 2, in_currency // 2
        received = amount
        foreign = invoice["currency"] == EUR
        if foreign:
            received = round(in_currency * euro_rate(self.context.day))
        number = str(invoice["invoiceNumber"])
        lines = [
            Line(BANK, received, type="INCOMING_PAYMENT_OPPOSITE", invoice_number=number),
            Line(
                RECEIVABLES,
                -amount,
                currency=invoice["currency"],
                amount_currency=-in_currency,
                customer=invoice["customer"],
                invoice_number=number,
                type="INCOMING_PAYMENT",
            ),
        ]
        if received != amount:
            lines.append(Line(8060 if received > amount else 8160, amount - received))
        stamp = self.context.stamp()
        day = self.context.day.isoformat()
        kind = "Betaling" if foreign else "Betaling med KID-nummer"
        voucher = self.books.post(day, lines, f"Betaling av faktura {number}", stamp, kind)
        paid = self._paid_with.setdefault(invoice_id, [])
        paid.append(voucher.postings[1])
        left = invoice["amountOutstanding"] - amount
        left_currency = invoice["amountCurrencyOutstanding"] - in_currency
        values = dict.fromkeys(OUTSTANDING, left)
        values |= dict.fromkeys(OUTSTANDING_CURRENCY, left_currency)
        invoices.change(invoice_id, values, stamp)
        if not left:
            self.books.close([*invoice["postings"], *paid], day, stamp)
            del self._paid_with[invoice_id]

    def credit(self, invoice_id: int) -> None:
        """Take an unpaid invoice back with a credit note."""
        invoices = self.company.table("Invoice")
        invoice = invoices.rows.get(invoice_id)
        vouchers = self.company.table("Voucher").rows
        if invoice is None or invoice["voucher"] not in vouchers or invoice_id in self._paid_with:
            return
        context = self.context
        self._invoice_number += 1
        number = self._invoice_number
        day, stamp = context.day.isoformat(), context.stamp()
        postings = self.company.table("Posting").rows
        numbers = {identity: number for number, identity in self.books.accounts.items()}
        lines = []
        for identity in vouchers[invoice["voucher"]].postings:
            old = postings[identity]
            lines.append(
                Line(
                    numbers[old.account],
                    -old.amount,
                    old.vatType,
                    -old.amountGross,
                    old.currency,
                    -old.amountCurrency,
                    -old.amountGrossCurrency,
                    customer=old.customer,
                    project=old.project,
                    product=old.product,
                    department=old.department,
                    invoice_number=str(number) if old.invoiceNumber else "",
                    type=old.type,
                    system=old.systemGenerated,
                ),
            )
        text = f"Kreditnota nummer {number}, faktura {invoice['invoiceNumber']}"
        voucher = self.books.post(day, lines, text, stamp, "Utgående faktura")
        zero = dict.fromkeys(OUTSTANDING + OUTSTANDING_CURRENCY, 0)
        mirrored = ("amount", "amountCurrency", "amountExcludingVat", "amountExcludingVatCurrency")
        note = {
            **invoice,
            **zero,
            **{name: -invoice[name] for name in mirrored},
            "id": context.ids.next("Invoice"),
            "_created": stamp,
            "invoiceNumber": number,
            "invoiceDate": day,
            "invoiceDueDate": day,
            "kid": "",
            "creditedInvoice": invoice_id,
            "isCreditNote": True,
            "orders": (),
            "orderLines": (),
            "voucher": voucher.id,
            "postings": (voucher.postings[0],),
            "documentId": 1_024_000_000 + number,
            "version": 3,
        }
        invoices.add(note)
        invoices.change(invoice_id, {"isCredited": True, **zero}, stamp)
        self.books.close([*invoice["postings"], voucher.postings[0]], day, stamp)

    def _sell_over_counter(self, count: int) -> None:
        """Book sales of the till one by one, and bring the money to the bank."""
        if not count:
            return
        context = self.context
        random, stamp, post = context.random, context.stamp, self.books.post
        day = context.day.isoformat()
        department = self.registers.departments[2]
        total = 0
        for _ in range(count):
            net = random.randrange(2_000, 250_000)
            tax = (net * 25 + 50) // 100
            lines = [
                Line(TILL, net + tax),
                Line(3010, -net, 3, -net - tax, department=department),
                Line(2700, -tax, system=True),
            ]
            if net % 3 == 0:
                food = net // 4
                food_tax = (food * 15 + 50) // 100
                lines[0].amount += food + food_tax
                lines.append(Line(3030, -food, 31, -food - food_tax, department=department))
                lines.append(Line(2701, -food_tax, system=True))
            total += lines[0].amount
            post(day, lines, "Kassasalg", stamp())
        post(day, [Line(BANK, total), Line(TILL, -total)], "Kortoppgjør", stamp())
