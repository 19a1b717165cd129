"""What follows documents: project details, reminders, approval, messages; leads and addresses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.tables.days import ONE_DAY, oslo_timestamp, working_day_from
from tap_tripletex.sandbox.tables.rows import Voucher

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

# What is sent to late payers: days after the due date or the one before, kind, charge in øre.
REMINDERS = (
    (14, "SOFT_REMINDER", 0),
    (14, "REMINDER", 3_500),
    (14, "NOTICE_OF_DEBT_COLLECTION", 3_500),
    (30, "DEBT_COLLECTION", 7_000),
)
GROUPED_LINES = 3
"""Orders of so many lines are divided into groups."""

EACH = 5
"""Every fifth customer has a delivery address, every fifth supplier invoice a message."""

LEAD_DAYS = 75
LEADS = ("Ny kaffeavtale", "Kurs for ansatte", "Utskifting av kasser", "Årlig rådgivning")


class Aftersales:
    """Adds to the day's orders and invoices what stage one of a document leaves open."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Fill delivery addresses, first leads and what was forgotten in the inbox."""
        self.context = context
        self.registers = registers
        self.company = context.company
        self._leads = 0
        self._deliver_to()
        for _ in range(2):
            self._lead()
        opening = next(iter(self.company.table("Voucher").rows))
        self._status(opening, "TRIPLETEX", "DONE", "NONE")
        self._message(opening, "Stemmer med fjorårets regnskap.")
        self._forget_in_inbox()
        self.daily()

    def daily(self) -> None:
        """Work on the day's documents."""
        day = self.context.day
        window = day.isoformat(), (day + ONE_DAY).isoformat()
        for order in self.company.table("Order").between(*window):
            if len(order["orderLines"]) >= GROUPED_LINES:
                self._group(order)
        for invoice in self.company.table("Invoice").between(*window):
            self._detail(invoice)
            due = date.fromisoformat(invoice["invoiceDueDate"])
            if not invoice.get("isCreditNote") and invoice["amountOutstanding"]:
                self._plan_reminder(invoice["id"], due, 0)
        for invoice in self.company.table("SupplierInvoice").between(*window):
            self._approve(invoice)
        if day == working_day_from(day.replace(day=12)):
            self._lead()

    def _change(self, entity: str, identity: int, **values: Any) -> None:  # noqa: ANN401
        """Change a row unless a test has removed it meanwhile."""
        table = self.company.table(entity)
        if identity in table.rows:
            table.change(identity, values, self.context.stamp())

    def _deliver_to(self) -> None:
        addresses = self.company.table("Address").rows
        for customer in list(self.company.table("Customer"))[::EACH]:
            address = addresses[customer["postalAddress"]]
            customer["deliveryAddress"] = self.registers.add(
                "DeliveryAddress",
                **{k: v for k, v in address.items() if k not in {"id", "_created", "version"}},
                name=customer["name"],
                customerVendor=customer["id"],
            )

    def _forget_in_inbox(self) -> None:
        """Lay two documents into the inbox that nobody ever books, one of them approved."""
        day = self.context.day
        kinds = {row["name"]: row["id"] for row in self.company.table("VoucherType")}
        for number, text in ((900_001, ""), (900_002, "Uklar faktura, må avklares")):
            identity = self.context.ids.next("Voucher")
            approved = bool(text)
            self.company.inbox.add(
                Voucher(
                    identity,
                    day.isoformat() if approved else None,
                    0,
                    number,
                    day.year if approved else 0,
                    text,
                    kinds["Leverandørfaktura"],
                    (),
                    self.context.stamp(),
                    0,
                ),
            )
            if not approved:
                self.company.unapproved.add(identity)

    def _lead(self) -> None:
        """Note a possible sale; it is lost or won some months later."""
        day = self.context.day
        customers = self.registers.active_customers
        name = LEADS[self._leads % len(LEADS)]
        self._leads += 1
        won = self._leads % 2 == 0
        identity = self.registers.add(
            "Prospect",
            name=name,
            description=f"{name}, tatt opp {day.isoformat()}",
            createdDate=day.isoformat(),
            customer=customers[self._leads % len(customers)],
            salesEmployee=self.registers.employees[1],
            isClosed=False,
            competitor="" if won else "Konkurrenten AS",
            prospectType=1,
            finalIncomeDate=(day + timedelta(days=120)).isoformat(),
            finalInitialValue=1_500_000,
            finalMonthlyValue=250_000,
            totalValue=4_500_000,
        )
        closed = day + timedelta(days=LEAD_DAYS)
        values = {"isClosed": True, "closedReason": int(won), "closedDate": closed.isoformat()}
        self.context.later(closed, lambda: self._change("Prospect", identity, **values))

    def _group(self, order: dict[str, Any]) -> None:
        groups = []
        lines = order["orderLines"]
        rows = self.company.table("OrderLine").rows
        for index, (title, some) in enumerate((("Levering", lines[:-1]), ("Tillegg", lines[-1:]))):
            group = self.registers.add(
                "OrderGroup",
                order=order["id"],
                title=title,
                sortIndex=index,
                orderLines=tuple(some),
            )
            groups.append(group)
            for line in some:
                rows[line]["orderGroup"] = group
        order["orderGroups"] = tuple(groups)

    def _detail(self, invoice: dict[str, Any]) -> None:
        """Say what an invoice or credit note of a project is made of."""
        invoices = self.company.table("Invoice").rows
        # A credit note starts as a copy of its invoice: these lists are not its own.
        invoice["projectInvoiceDetails"] = invoice["reminders"] = ()
        charged = invoices.get(invoice.get("creditedInvoice", 0), invoice)
        orders = self.company.table("Order").rows
        projects = [orders[i]["project"] for i in charged["orders"] if i in orders]
        if not projects or projects[0] is None:
            return
        amounts = {"amountOrderLinesAndReinvoicing": invoice["amountExcludingVat"]}
        amounts["amountOrderLinesAndReinvoicingCurrency"] = invoice["amountExcludingVatCurrency"]
        detail = self.registers.add(
            "ProjectInvoiceDetails",
            project=projects[0],
            **amounts,
            invoiceText="Timer etter avtale",
            includeOrderLinesAndReinvoicing=True,
            includeHours=True,
            vatType=3,
            invoice=invoice["id"],
        )
        invoice["projectInvoiceDetails"] = (detail,)

    def _plan_reminder(self, invoice: int, after: date, stage: int) -> None:
        day = working_day_from(after + timedelta(days=REMINDERS[stage][0]))
        self.context.later(day, lambda: self._remind(invoice, stage))

    def _remind(self, invoice_id: int, stage: int) -> None:
        """Remind a customer who has still not paid, ever more severely."""
        invoice = self.company.table("Invoice").rows.get(invoice_id)
        if invoice is None or invoice["amountOutstanding"] <= 0:
            return
        day = self.context.day
        _, kind, charge = REMINDERS[stage]
        reminder = self.registers.add(
            "Reminder",
            reminderDate=day.isoformat(),
            charge=charge,
            chargeCurrency=charge,
            totalCharge=charge,
            totalChargeCurrency=charge,
            totalAmountCurrency=invoice["amountCurrencyOutstanding"] + charge,
            interestRate=0.0,
            termOfPayment=(day + timedelta(days=14)).isoformat(),
            currency=invoice["currency"],
            type=kind,
            kid=invoice["kid"],
            bankAccountNumber="12345678903",
            bank="Gullberget Sparebank",
        )
        self._change("Invoice", invoice_id, reminders=(*invoice["reminders"], reminder))
        if stage + 1 < len(REMINDERS):
            self._plan_reminder(invoice_id, day, stage + 1)
        else:
            self._status(invoice["voucher"], "DEBT_COLLECTION", "WAITING", "ONGOING")

    def _approve(self, invoice: dict[str, Any]) -> None:
        """Ask someone to approve a supplier's invoice: the user of the API, or another."""
        employees = self.registers.employees
        alone = len(employees) == 1 or invoice["id"] % 2
        approver = employees[0] if alone else employees[1 + invoice["id"] % (len(employees) - 1)]
        invoice["approvalListElements"] = (
            self.registers.add(
                "VoucherApprovalListElement",
                voucher=invoice["voucher"],
                employee=approver,
                department=self.registers.departments[0],
            ),
        )
        if invoice["id"] % EACH == 0:
            self._message(invoice["voucher"], "Er dette riktig beløp?")
            self._status(invoice["voucher"], "SUPPLIERINVOICE_EXTERNAL", "DONE", "SETTLED")

    def _status(self, voucher: int, kind: str, status: str, message: str) -> None:
        self.registers.add(
            "VoucherStatus",
            voucher=voucher,
            type=kind,
            status=status,
            message=message,
            timestamp=oslo_timestamp(self.context.stamp()),
            referenceNumber=str(voucher),
        )

    def _message(self, voucher: int, content: str) -> None:
        self.registers.add(
            "VoucherMessage",
            voucherId=voucher,
            content=content,
            sender=self.registers.employees[1],
            sendTime=oslo_timestamp(self.context.stamp()),
        )
