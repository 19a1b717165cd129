"""Properties that the document lists and answers leave out.

Recorded over 12,772 answers: `changes` comes only when asked for by name; some properties
need a module and were never seen: their key is absent, not null.
"""

from __future__ import annotations

from typing import NamedTuple


class Availability(NamedTuple):
    """What an answer leaves out.

    Attributes:
        on_demand: Left out unless asked for by name.
        absent: Left out always.
    """

    on_demand: frozenset[str]
    absent: frozenset[str]


_ON_DEMAND: dict[str, set[str]] = {
    # Changelog of the API, 2.70.18: stock figures are computed only on demand.
    "Product": {"availableStock", "stockOfGoods"},
}

_ABSENT: dict[str, set[str]] = {
    "Customer": {"bankAccounts"},
    "Supplier": {"bankAccounts"},
    "Invoice": {"ehfSendStatus", "paidAmount", "paymentTypeId"},
    "Order": {"canCreateBackorder", "internalComment", "ourContact", "status"},
    "OrderLine": {"inventoryLocation"},
    "Product": {
        "discountGroup",
        "discountPrice",
        "ean",
        "elNumber",
        "expenses",
        "expensesInPercent",
        "hsnCode",
        "isStockItem",
        "markupListPercentage",
        "markupNetPercentage",
        "minStockLevel",
        "nrfNumber",
        "profit",
        "profitInPercent",
        "volume",
        "volumeUnit",
        "weight",
        "weightUnit",
    },
    "Voucher": {"displayName"},
}

_CACHE: dict[str, Availability] = {}


def availability(entity: str) -> Availability:
    """Return what answers leave out of an entity."""
    found = _CACHE.get(entity)
    if found is None:
        on_demand = frozenset(_ON_DEMAND.get(entity, set()) | {"changes"})
        found = _CACHE[entity] = Availability(on_demand, frozenset(_ABSENT.get(entity, set())))
    return found
