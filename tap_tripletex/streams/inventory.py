"""Warehouses and what is in them."""

from __future__ import annotations

from tap_tripletex.reading.children import Child
from tap_tripletex.reading.guarding import Guarding
from tap_tripletex.reading.periods import Period
from tap_tripletex.reading.strategies import List
from tap_tripletex.stream import TripletexStream


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
    strategy = Period("date_from", last="date_to", inclusive=True)
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
    guards = (Guarding("/inventory/stocktaking", end=None),)
    needs = "LOGISTICS"


STOCKTAKINGS = Stocktakings.as_parents()


class StocktakingProductLines(TripletexStream):
    """What was counted of each product."""

    name = "stocktaking_product_lines"
    path = "/inventory/stocktaking/productline"
    entity = "ProductLine"
    strategy = Child(STOCKTAKINGS, "stocktakingId", "stocktaking_id")
    parameters = {"productLineStatus": "ALL_PRODUCTS"}
    needs = "LOGISTICS"
