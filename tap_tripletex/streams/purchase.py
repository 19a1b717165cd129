"""Invoices from suppliers."""

from __future__ import annotations

from tap_tripletex.strategies import Window
from tap_tripletex.stream import TripletexStream


class SupplierInvoices(TripletexStream):
    """Invoices received from suppliers."""

    name = "supplier_invoices"
    path = "/supplierInvoice"
    entity = "SupplierInvoice"
    strategy = Window("invoice_date", "invoiceDateFrom", "invoiceDateTo")
