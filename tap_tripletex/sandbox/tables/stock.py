"""Goods that come and go: stock worked out of stocktaking, receipts and invoiced order lines."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_tripletex.sandbox.tables.company import Company


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
