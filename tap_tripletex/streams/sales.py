"""Orders and outgoing invoices."""

from __future__ import annotations

from tap_tripletex.reading.strategies import List, Nested, Window
from tap_tripletex.stream import TripletexStream

BY_INVOICE_DATE = Window("invoice_date", "invoiceDateFrom", "invoiceDateTo")
BY_ORDER_DATE = Window("order_date", "orderDateFrom", "orderDateTo")


class Invoices(TripletexStream):
    """Outgoing invoices and credit notes that have been charged."""

    name = "invoices"
    path = "/invoice"
    entity = "Invoice"
    strategy = BY_INVOICE_DATE


class InvoiceOrderLines(TripletexStream):
    """The order lines on each outgoing invoice."""

    name = "invoice_order_lines"
    path = "/invoice"
    entity = "OrderLine"
    key = ("invoice_id", "id")
    strategy = Nested(BY_INVOICE_DATE, "orderLines", "invoice_id", date="invoiceDate")


class InvoiceDetails(TripletexStream):
    """What each invoice of a project is made of: fees, expenses, on account."""

    name = "invoice_details"
    path = "/invoice/details"
    entity = "ProjectInvoiceDetails"
    strategy = BY_INVOICE_DATE


class InvoicePaymentTypes(TripletexStream):
    """Ways in which customers pay."""

    name = "invoice_payment_types"
    path = "/invoice/paymentType"
    entity = "PaymentType"
    strategy = List()
    reference = True


class Reminders(TripletexStream):
    """Reminders sent to customers that have not paid."""

    name = "reminders"
    path = "/reminder"
    entity = "Reminder"
    strategy = Window("reminder_date")


class Orders(TripletexStream):
    """Orders, invoiced or not."""

    name = "orders"
    path = "/order"
    entity = "Order"
    strategy = BY_ORDER_DATE


class OrderLines(TripletexStream):
    """The lines of each order."""

    name = "order_lines"
    path = "/order"
    entity = "OrderLine"
    strategy = Nested(BY_ORDER_DATE, "orderLines", "order_id", date="orderDate")


class OrderGroups(TripletexStream):
    """Groups that the lines of an order are sorted into."""

    name = "order_groups"
    path = "/order/orderGroup"
    entity = "OrderGroup"
    strategy = List()
    reference = True
