"""Products, their units, groups and prices."""

from __future__ import annotations

from tap_tripletex.reading.children import Child
from tap_tripletex.reading.strategies import List
from tap_tripletex.stream import TripletexStream

EVERY_WHOLESALER = {
    "wholesaler": (
        "AHLSELL",
        "BROEDRENE_DAHL",
        "ELEKTROSKANDIA",
        "HEIDENREICH",
        "ONNINEN",
        "SONEPAR",
        "SOLAR",
        "BERGAARD_AMUNDSEN",
        "BERGAARD_AMUNDSEN_STAVANGER",
        "SORLANDET_ELEKTRO",
        "ETMAN_DISTRIBUSJON",
        "ETM_OST",
        "CENIKA",
        "EP_ENGROS",
        "BETEK",
        "DGROUP",
        "FAGERHULT",
        "GLAMOX",
        "SCHNEIDER",
        "STOKKAN",
        "WURTH",
        "ELEKTROIMPORTOEREN",
        "THERMOFLOOR",
        "LYSKOMPONENTER",
        "NORDESIGN",
        "TECE",
    )
}
"""The catalogue is asked for by wholesaler (or an organisation number)."""


class Products(TripletexStream):
    """Goods and services that are sold or bought."""

    name = "products"
    path = "/product"
    entity = "Product"
    strategy = List()


PRODUCTS = Products.as_parents()


class ProductUnits(TripletexStream):
    """Units that products are counted in."""

    name = "product_units"
    path = "/product/unit"
    entity = "ProductUnit"
    strategy = List()
    reference = True


class ProductUnitMasters(TripletexStream):
    """Standard units to choose from."""

    name = "product_unit_masters"
    path = "/product/unit/master"
    entity = "ProductUnitMaster"
    strategy = List()
    seldom = True


class ProductGroups(TripletexStream):
    """Groups of products."""

    name = "product_groups"
    path = "/product/group"
    entity = "ProductGroup"
    strategy = List()
    reference = True
    needs = "LOGISTICS"


class ProductGroupRelations(TripletexStream):
    """Which product is in which group."""

    name = "product_group_relations"
    path = "/product/groupRelation"
    entity = "ProductGroupRelation"
    strategy = List()
    reference = True
    needs = "LOGISTICS"


class ProductDiscountGroups(TripletexStream):
    """Groups of products with a common discount."""

    name = "product_discount_groups"
    path = "/product/discountGroup"
    entity = "DiscountGroup"
    strategy = List()
    reference = True
    needs = "LOGISTICS"


class ProductInventoryLocations(TripletexStream):
    """Where in a warehouse each product lies."""

    name = "product_inventory_locations"
    path = "/product/inventoryLocation"
    entity = "ProductInventoryLocation"
    strategy = List()
    reference = True
    needs = "LOGISTICS"


class ProductPrices(TripletexStream):
    """Prices of each product over time."""

    name = "product_prices"
    path = "/product/productPrice"
    entity = "ProductPrice"
    strategy = Child(PRODUCTS, "productId", "product_id")
    needs = "LOGISTICS"
    include = "heavy"


class SupplierProducts(TripletexStream):
    """Products as suppliers offer them."""

    name = "supplier_products"
    path = "/product/supplierProduct"
    entity = "SupplierProduct"
    strategy = List()
    reference = True
    needs = "LOGISTICS"


class ExternalProducts(TripletexStream):
    """Catalogues of wholesalers; long."""

    name = "external_products"
    path = "/product/external"
    entity = "ExternalProduct"
    strategy = List(EVERY_WHOLESALER)
    sorting = None
    needs = "LOGISTICS"
    include = "heavy"


class DiscountPolicies(TripletexStream):
    """Discounts agreed with customers."""

    name = "discount_policies"
    path = "/discountPolicy"
    entity = "DiscountPolicy"
    strategy = List()
    reference = True
    needs = "LOGISTICS"
