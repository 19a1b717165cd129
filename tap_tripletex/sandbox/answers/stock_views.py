"""Stock computed from stocktaking, goods receipts and invoiced order lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.tables.stock import movements

if TYPE_CHECKING:
    from tap_tripletex.sandbox.answers.owner import Owner
    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.rows import Row


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
