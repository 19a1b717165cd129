"""Orders and outgoing invoices."""

from __future__ import annotations

from tap_tripletex.strategies import Nested, Window
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
