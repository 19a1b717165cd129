"""Warehouses and what is in them."""

from __future__ import annotations

from tap_tripletex.reading.children import Child
from tap_tripletex.reading.guarding import Guarding
from tap_tripletex.reading.periods import Period
from tap_tripletex.reading.strategies import List
from tap_tripletex.stream import TripletexStream

IN_STOCK = Guarding(
    "/inventory/inventories",
    others=(("onlyProductWithChangedStatus", "false"),),
    key="product(id)",
)
"""Every product with a stock, changed or not: sums that come to nothing are rows too."""


class Inventories(TripletexStream):
    """Warehouses."""

    name = "inventories"
    path = "/inventory"
    entity = "Inventory"
    strategy = List()
    reference = True
    needs = "LOGISTICS"


class InventoryLocations(TripletexStream):
    """Places in a warehouse."""

    name = "inventory_locations"
    path = "/inventory/location"
    entity = "InventoryLocation"
    strategy = List()
    reference = True
    needs = "LOGISTICS"


class InventoryMovements(TripletexStream):
    """Stock of each product in each month, by warehouse: opening, change, closing."""

    name = "inventory_movements"
    path = "/inventory/inventories"
    entity = "Inventories"
    key = ("product_id", "date_from")
    strategy = Period("date_from", last="date_to", inclusive=True, of=IN_STOCK)
    seldom = True
    sorting = "product.id"
    parameters = {"onlyProductWithChangedStatus": "false"}
    needs = "LOGISTICS"


class Stocktakings(TripletexStream):
    """Counts of the stock."""

    name = "stocktakings"
    path = "/inventory/stocktaking"
    entity = "Stocktaking"
    strategy = List()
    reference = True
    shared = True
    needs = "LOGISTICS"


STOCKTAKINGS = Stocktakings.as_parents()


class StocktakingProductLines(TripletexStream):
    """What was counted of each product."""

    name = "stocktaking_product_lines"
    path = "/inventory/stocktaking/productline"
    entity = "ProductLine"
    strategy = Child(STOCKTAKINGS, "stocktakingId", "stocktaking_id")
    reference = True
    parameters = {"productLineStatus": "ALL_PRODUCTS"}
    needs = "LOGISTICS"
