"""Stock computed from stocktaking, goods receipts and invoiced order lines."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_tripletex.sandbox.server.sessions import Owner
    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.rows import Row


class Movement(NamedTuple):
    """Goods that come (positive) or go on a day."""

    date: str
    product: int
    inventory: int
    quantity: float


def _counts(company: Company) -> Iterator[Movement]:
    stocktakings = company.table("Stocktaking").rows
    for line in company.table("ProductLine"):
        taken = stocktakings.get(line["stocktaking"])
        if taken:
            found = line["count"] - line["expectedStock"]
            yield Movement(taken["date"], line["product"], taken["inventory"], found)


def _receipts(company: Company) -> Iterator[Movement]:
    lines = company.table("GoodsReceiptLine").rows
    for receipt in company.table("GoodsReceipt"):
        for line in (lines[i] for i in receipt["goodsReceiptLines"] if i in lines):
            yield Movement(
                receipt["registrationDate"],
                line["product"],
                line["inventory"],
                line["quantityReceived"],
            )


def sales(company: Company, start: str | None, end: str | None) -> Iterator[Movement]:
    """Yield what was invoiced of goods in stock in a window, end exclusive."""
    homes = {row["product"]: row["inventory"] for row in company.table("ProductInventoryLocation")}
    lines = company.table("OrderLine").rows
    for invoice in company.table("Invoice").between(start, end):
        for line in (lines[i] for i in invoice["orderLines"] if i in lines):
            product = line["product"]
            if product in homes:
                yield Movement(invoice["invoiceDate"], product, homes[product], -line["count"])


def movements(company: Company) -> Iterator[Movement]:
    """Yield everything that ever came or went."""
    return chain(_counts(company), _receipts(company), sales(company, None, None))


def stock_at(company: Company, day: str) -> dict[tuple[int, int], float]:
    """Return the stock at the start of a day by product and inventory."""
    stock: dict[tuple[int, int], float] = {}
    for move in movements(company):
        if move.date < day:
            place = (move.product, move.inventory)
            stock[place] = stock.get(place, 0) + move.quantity
    return stock


def inventories(company: Company, params: dict[str, Any], _: Owner | None = None) -> list[Row]:
    """Return the rows of `/inventory/inventories`: products with their stock in each inventory.

    Official document: `dateTo` is inclusive. Products without any movement are left out.
    """
    start, end = params["dateFrom"], params["dateTo"]
    changes: dict[tuple[int, int], list[float]] = {}
    for move in movements(company):
        if move.date <= end:
            sums = changes.setdefault((move.product, move.inventory), [0, 0])
            sums[move.date >= start] += move.quantity
    names = {row["id"]: row["name"] for row in company.table("Inventory")}
    by_product: dict[int, list[dict[str, Any]]] = {}
    for (product, inventory), (opening, change) in sorted(changes.items()):
        if params.get("productId", product) != product:
            continue
        if params.get("inventoryId", inventory) != inventory:
            continue
        if params.get("onlyProductWithChangedStatus") and not change:
            continue
        stock = {
            "inventory": names.get(inventory, ""),
            "inventoryId": inventory,
            "openingStock": opening,
            "changesInPeriod": change,
            "closingStock": opening + change,
        }
        by_product.setdefault(product, []).append(stock)
    return [{"product": product, "stock": tuple(rows)} for product, rows in by_product.items()]


def all_inventories(company: Company) -> list[Row]:
    """Return the stock of every product over all time."""
    return inventories(company, {"dateFrom": "2000-01-01", "dateTo": "2100-01-01"})
