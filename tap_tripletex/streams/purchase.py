"""Purchase orders, goods received and invoices from suppliers."""

from __future__ import annotations

from tap_tripletex.reading.children import Child
from tap_tripletex.reading.guarding import Guarding
from tap_tripletex.reading.strategies import List, Nested, Window
from tap_tripletex.stream import TripletexStream

DEVIATING_OR_NOT = {"withDeviationOnly": ("false", "true")}
WITHOUT_PURCHASE_OR_NOT = {"withoutPurchase": ("false", "true")}
"""The document gives these filters a default; each value is asked for."""

RECEIPT_LISTS = Guarding.each("/purchaseOrder/goodsReceipt", WITHOUT_PURCHASE_OR_NOT)

EVERY_WHOLESALER = {
    "supplier": (
        "DEFAULT_SUPPLIER",
        "AHLSELL",
        "SONEPAR",
        "ONNINEN",
        "SOLAR",
        "ELEKTROSKANDIA",
        "BERGAARD_AMUNDSEN",
        "BROEDRENE_DAHL",
        "HEIDENREICH",
        "ELEKTROIMPORTOEREN",
    )
}
"""The parameter is required and takes one of these."""


class SupplierInvoices(TripletexStream):
    """Invoices received from suppliers."""

    name = "supplier_invoices"
    path = "/supplierInvoice"
    entity = "SupplierInvoice"
    strategy = Window("invoice_date", "invoiceDateFrom", "invoiceDateTo", tree=False)
    all_vouchers = True


class SupplierInvoicesForApproval(TripletexStream):
    """Invoices from suppliers that wait for approval, by anyone."""

    name = "supplier_invoices_for_approval"
    path = "/supplierInvoice/forApproval"
    entity = "SupplierInvoice"
    strategy = List()
    parameters = {"showAll": "true"}
    all_vouchers = True


class IncomingInvoices(TripletexStream):
    """Invoices from suppliers in every state, from the inbox to the ledger, with their lines."""

    name = "incoming_invoices"
    path = "/incomingInvoice/search"
    entity = "IncomingInvoiceAggregateExternalRead"
    key = ("voucher_id",)
    strategy = List()
    sorting = "voucherId"
    parameters = {"status": "inbox,nonPosted,approval,ledger"}  # the default is ledger alone
    needs = "AUTH_INCOMING_INVOICE"


class PurchaseOrders(TripletexStream):
    """Orders placed with suppliers."""

    name = "purchase_orders"
    path = "/purchaseOrder"
    entity = "PurchaseOrder"
    strategy = List(DEVIATING_OR_NOT)
    reference = True
    shared = True
    needs = "LOGISTICS"


PURCHASE_ORDERS = PurchaseOrders.as_parents()


class PurchaseOrderLines(TripletexStream):
    """The lines of each purchase order."""

    name = "purchase_order_lines"
    path = "/purchaseOrder"
    entity = "PurchaseOrderline"
    strategy = Nested(List(DEVIATING_OR_NOT), "orderLines", "purchase_order_id")
    reference = True
    shared = True
    needs = "LOGISTICS"


class PurchaseOrderDeviations(TripletexStream):
    """Differences between what was ordered and what came."""

    name = "purchase_order_deviations"
    path = "/purchaseOrder/deviation"
    entity = "Deviation"
    strategy = Child(PURCHASE_ORDERS, "purchaseOrderId", "purchase_order_id")
    reference = True
    guards = RECEIPT_LISTS
    needs = "LOGISTICS"
    include = "heavy"


class GoodsReceipts(TripletexStream):
    """Goods received, with or without a purchase order."""

    name = "goods_receipts"
    path = "/purchaseOrder/goodsReceipt"
    entity = "GoodsReceipt"
    strategy = List(WITHOUT_PURCHASE_OR_NOT)
    reference = True
    shared = True
    needs = "LOGISTICS"


class GoodsReceiptLines(TripletexStream):
    """The lines of goods received, with or without a purchase order."""

    name = "goods_receipt_lines"
    path = "/purchaseOrder/goodsReceipt"
    entity = "GoodsReceiptLine"
    strategy = Nested(List(WITHOUT_PURCHASE_OR_NOT), "goodsReceiptLines", "goods_receipt_id")
    reference = True
    shared = True
    needs = "LOGISTICS"


class PurchaseOrderIncomingInvoices(TripletexStream):
    """Which supplier's invoice belongs to which purchase order."""

    name = "purchase_order_incoming_invoices"
    path = "/purchaseOrder/purchaseOrderIncomingInvoiceRelation"
    entity = "PurchaseOrderIncomingInvoiceRelation"
    strategy = List()
    reference = True
    needs = "LOGISTICS"


class TransportTypes(TripletexStream):
    """Ways in which the wholesalers that Tripletex knows deliver."""

    name = "transport_types"
    path = "/transportType"
    entity = "TransportType"
    strategy = List(EVERY_WHOLESALER)
    seldom = True
    needs = "LOGISTICS"
    include = "heavy"
