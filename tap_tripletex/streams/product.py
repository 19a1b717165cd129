"""Products and their units."""

from __future__ import annotations

from tap_tripletex.strategies import List
from tap_tripletex.stream import TripletexStream


class Products(TripletexStream):
    """Goods and services that are sold or bought."""

    name = "products"
    path = "/product"
    entity = "Product"
    strategy = List()


class ProductUnits(TripletexStream):
    """Units that products are counted in."""

    name = "product_units"
    path = "/product/unit"
    entity = "ProductUnit"
    strategy = List()
