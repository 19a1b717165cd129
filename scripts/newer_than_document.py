"""What production is known to have beyond the newest official document, 2.75.00.

The document on the network is of the same version; when a newer one is out, this is left behind.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

NEWEST = "2.75.00"

GONE = {
    "ProjectSubContract": {"company"},  # changelog of Tripletex/tripletex-api2: 2.75.07
    "PurchaseOrder": {"hasWholesalerExportUser"},  # the same, 2.75.06
}
"""Properties that are refused now."""

NEW: dict[str, Json] = {
    "Account": {  # changelog: 2.75.02
        "requiresFreeDimension1": {"type": "boolean"},
        "requiresFreeDimension2": {"type": "boolean"},
        "requiresFreeDimension3": {"type": "boolean"},
    },
    "Order": {  # live answers of July 2026
        "contractReference": {"type": "string"},
        "backorderParentId": {"type": "integer"},  # 0 for none
        "attachmentRelation": {"type": "array", "items": {}},  # its elements were never seen
    },
    "Product": {"disableDiscount": {"type": "boolean"}},  # live answers of July 2026
    "Project": {"contractReference": {"type": "string"}},  # live answers of July 2026
    "ProjectSubContract": {  # changelog: 2.75.07
        "supplier": {"$ref": "#/components/schemas/Supplier"},
    },
}
"""Properties that the document does not have yet."""


def bring_up_to_date(document: Json) -> Json:
    """Return a document with what is known beyond it; a later one is returned as it is."""
    if str(document.get("info", {}).get("version", "")) > NEWEST:
        return document
    schemas = document["components"]["schemas"]
    for entity in GONE.keys() | NEW.keys():
        if entity in schemas:
            known = schemas[entity]["properties"]
            kept = {name: known[name] for name in known if name not in GONE.get(entity, ())}
            schemas[entity]["properties"] = {**kept, **NEW.get(entity, {})}
    return document
