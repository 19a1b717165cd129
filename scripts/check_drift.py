"""Tell what changed in Tripletex's official document since the schemas were generated.

    python scripts/check_drift.py https://tripletex.no/v2/openapi.json

prints columns that are new, gone or of another type, paths of streams that are gone, and lists
that no stream reads. The exit code is 0 without a difference, 3 with any, and 2 when there is no
document that could be compared (Python's own for a failed script is 1).
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from generate_schemas import Entities, entity_of, read_document

from tap_tripletex.reading.children import ForEach
from tap_tripletex.rows.shapes import columns_of
from tap_tripletex.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]

UNREADABLE = 2
DRIFTED = 3

UNREAD = {
    "another form of a list that is read": {
        "/activity/>forTimeSheet",
        "/bank/statement/transaction",  # read with the statements
        "/company/divisions",
        "/department/query",
        "/employee/searchForEmployeesAndContacts",
        "/ledger/accountingDimensionName/search",
        "/ledger/openPost",
        "/ledger/postingByDate",
        "/ledger/voucher/>externalVoucherNumber",
        "/municipality/query",
        "/product/group/query",
        "/product/unit/query",
        "/project/>forTimeSheet",
        "/project/orderline/query",
        "/purchaseOrder/goodsReceiptLine",  # read with the receipts
        "/project/subcontract/query",
        "/resultbudget/company",
        "/resultbudget/department/{id}",
        "/resultbudget/employee/{id}",
        "/resultbudget/product/{id}",
        "/resultbudget/project/{id}",
        "/supplierCustomer/search",
        "/timesheet/month/byMonthNumberList",
        "/vatReturns/comment",
    },
    "about the user of the token, not the company": {
        "/employee/entitlement/client",
        "/timesheet/entry/>recentActivities",
        "/timesheet/entry/>recentProjects",
    },
    "for accounting offices and Tripletex itself": {
        "/accountantDashboard/news",
        "/accountantDashboard/news/tags",
        "/accountingOffice/reconciliations/{reconciliationId}/control",
        "/balance/reconciliation/{reconciliationId}/account/{accountId}/vouchers",
        "/supportDashboard/bankruptAndExcludedCustomers",
        "/yearEnd/{yearEndReportId}/researchAndDevelopment2024",
    },
    "a choice offered while something is entered": {
        "/bank/reconciliation/match/query",
        "/documentArchive/dynamicControlForm/{id}",
        "/pickupPoint",
    },
}
"""Lists that no stream reads, by the reason."""


def main() -> int:
    """Print the differences and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("document", help="path or URL of openapi.json")
    location = parser.parse_args().document
    try:
        found = list(differences(read_document(location)))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as fault:
        print(f"{location} cannot be compared: {type(fault).__name__}: {fault}", file=sys.stderr)
        return UNREADABLE
    print("\n".join(found) or "The schemas are those of the document.")
    return DRIFTED if found else 0


def differences(document: Json) -> Iterator[str]:
    """Yield a line for each difference between a document and the packaged schemas."""
    entities = Entities(document)
    for entity in sorted({stream.entity for stream in STREAMS}):
        if entities.knows(entity):
            yield from column_differences(entity, columns_of(entity), entities.columns(entity))
        else:
            yield f"gone: entity {entity}"
    listed = list_paths(document)
    read = {path for stream in STREAMS for path in paths_of(stream)}
    for path in sorted(read - set(document["paths"])):
        yield f"gone: path {path}"
    for path in sorted(listed - read - set().union(*UNREAD.values())):
        yield f"new: list {path}, which no stream reads"


def column_differences(
    entity: str, old: Mapping[str, Json], new: Mapping[str, Json]
) -> Iterator[str]:
    """Yield a line for each column that is new, gone or of another type."""
    for name in new.keys() - old.keys():
        yield f"new: {entity}.{name} ({described(new[name])})"
    for name in old.keys() - new.keys():
        yield f"gone: {entity}.{name} ({described(old[name])})"
    for name in old.keys() & new.keys():
        if old[name] != new[name]:
            yield f"changed: {entity}.{name} was {described(old[name])}, is {described(new[name])}"


def described(column: Json) -> str:
    """Return a column's type and source in words."""
    kind = column.get("format", column["type"])
    inside = column.get("properties") or column.get("items", {}).get("properties") or {}
    return f"{kind} from {column['source']}" + (f" with {', '.join(inside)}" if inside else "")


def paths_of(stream: Any) -> list[str]:  # noqa: ANN401 - a class of streams
    """Return the paths of the document that a stream reads."""
    if isinstance(stream.strategy, ForEach):
        return [stream.path.replace("{entity}", kind) for kind in stream.strategy.kinds]
    return [stream.path]


def list_paths(document: Json) -> set[str]:
    """Return the paths of the document that answer with a list."""
    return {
        path
        for path, methods in document["paths"].items()
        if "values" in envelope(document, methods.get("get", {}))
    }


def envelope(document: Json, method: Json) -> Json:
    """Return the properties of what a method answers with."""
    responses = method.get("responses", {})
    answer = responses.get("200") or responses.get("default") or {}
    for content in answer.get("content", {}).values():
        if "$ref" in content.get("schema", {}):
            name = entity_of(content["schema"])
            properties: Json = document["components"]["schemas"][name].get("properties", {})
            return properties
    return {}


if __name__ == "__main__":
    sys.exit(main())
