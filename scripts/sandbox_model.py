"""Write the sandbox's model of the API from the official OpenAPI document.

    python scripts/sandbox_model.py openapi.json
    python scripts/sandbox_model.py https://tripletex.no/v2/openapi.json

The result, ``tap_tripletex/sandbox/tables/model.json``, holds names and types only: the properties
of every entity that the listed paths can return, and the parameters of those paths.
It is what the sandbox validates requests against, so that it does not share the tap's
own idea of the API.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import requests
from newer_than_document import bring_up_to_date

TARGET = Path(__file__).parent.parent / "tap_tripletex" / "sandbox" / "tables" / "model.json"

PATHS = (
    "/activity",
    "/asset",
    "/asset/{id}/postings",
    "/balanceSheet",
    "/bank",
    "/bank/reconciliation",
    "/bank/reconciliation/match",
    "/bank/reconciliation/paymentType",
    "/bank/statement",
    "/bank/statement/transaction",
    "/company/>withLoginAccess",
    "/company/salesmodules",
    "/company/{id}",
    "/contact",
    "/country",
    "/crm/prospect",
    "/crm/prospect/{id}",
    "/currency",
    "/currency/{id}/rate",
    "/customer",
    "/customer/category",
    "/deliveryAddress",
    "/department",
    "/discountPolicy",
    "/division",
    "/documentArchive/account/{id}",
    "/documentArchive/customer/{id}",
    "/documentArchive/employee/{id}",
    "/documentArchive/product/{id}",
    "/documentArchive/project/{id}",
    "/documentArchive/supplier/{id}",
    "/employee",
    "/employee/category",
    "/employee/employment",
    "/employee/employment/details",
    "/employee/employment/employmentType",
    "/employee/employment/employmentType/employmentEndReasonType",
    "/employee/employment/employmentType/employmentFormType",
    "/employee/employment/employmentType/maritimeEmploymentType",
    "/employee/employment/employmentType/salaryType",
    "/employee/employment/employmentType/scheduleType",
    "/employee/employment/leaveOfAbsence",
    "/employee/employment/leaveOfAbsenceType",
    "/employee/employment/occupationCode",
    "/employee/employment/remunerationType",
    "/employee/employment/workingHoursScheme",
    "/employee/entitlement",
    "/employee/hourlyCostAndRate",
    "/employee/nextOfKin",
    "/employee/standardTime",
    "/event/subscription",
    "/incomingInvoice/search",
    "/inventory",
    "/inventory/inventories",
    "/inventory/location",
    "/inventory/stocktaking",
    "/inventory/stocktaking/productline",
    "/invoice",
    "/invoice/details",
    "/invoice/paymentType",
    "/ledger",
    "/ledger/account",
    "/ledger/accountingDimensionName",
    "/ledger/accountingDimensionValue/search",
    "/ledger/accountingPeriod",
    "/ledger/annualAccount",
    "/ledger/closeGroup",
    "/ledger/paymentTypeOut",
    "/ledger/posting",
    "/ledger/posting/openPost",
    "/ledger/postingByDate",
    "/ledger/postingRules",
    "/ledger/vatSettings",
    "/ledger/vatType",
    "/ledger/voucher",
    "/ledger/voucher/>nonPosted",
    "/ledger/voucher/>voucherReception",
    "/ledger/voucher/openingBalance",
    "/ledger/voucherType",
    "/municipality",
    "/order",
    "/order/orderGroup",
    "/pension",
    "/product",
    "/product/discountGroup",
    "/product/external",
    "/product/group",
    "/product/groupRelation",
    "/product/inventoryLocation",
    "/product/productPrice",
    "/product/supplierProduct",
    "/product/unit",
    "/product/unit/master",
    "/project",
    "/project/batchPeriod/budgetStatusByProjectIds",
    "/project/batchPeriod/invoicingReserveByProjectIds",
    "/project/category",
    "/project/controlForm",
    "/project/controlFormType",
    "/project/hourlyRates",
    "/project/hourlyRates/projectSpecificRates",
    "/project/orderline",
    "/project/settings",
    "/project/subcontract",
    "/project/task",
    "/project/{id}/period/monthlyStatus",
    "/purchaseOrder",
    "/purchaseOrder/deviation",
    "/purchaseOrder/goodsReceipt",
    "/purchaseOrder/goodsReceiptLine",
    "/purchaseOrder/purchaseOrderIncomingInvoiceRelation",
    "/reminder",
    "/resultbudget",
    "/salary/compilation",
    "/salary/payslip",
    "/salary/settings",
    "/salary/settings/holiday",
    "/salary/settings/pensionScheme",
    "/salary/settings/standardTime",
    "/salary/transaction/{id}",
    "/salary/type",
    "/supplier",
    "/supplierInvoice",
    "/supplierInvoice/forApproval",
    "/timesheet/allocated",
    "/timesheet/companyHoliday",
    "/timesheet/entry",
    "/timesheet/month/byMonthNumber",
    "/timesheet/salaryProjectTypeSpecification",
    "/timesheet/salaryTypeSpecification",
    "/timesheet/settings",
    "/timesheet/timeClock",
    "/timesheet/week",
    "/token/session/>whoAmI",
    "/transportType",
    "/travelExpense",
    "/travelExpense/accommodationAllowance",
    "/travelExpense/cost",
    "/travelExpense/costCategory",
    "/travelExpense/costParticipant/{costId}/costParticipants",
    "/travelExpense/mileageAllowance",
    "/travelExpense/passenger",
    "/travelExpense/paymentType",
    "/travelExpense/perDiemCompensation",
    "/travelExpense/rate",
    "/travelExpense/rateCategory",
    "/travelExpense/rateCategoryGroup",
    "/travelExpense/settings",
    "/travelExpense/zone",
    "/vatReturns/comment/>all",
    "/vatTermSizeSettings",
    "/voucherMessage",
    "/voucherStatus",
    "/yearEnd/enumType/businessActivityTypes",
)

# Entities that are returned inside others, with the path that recorded `url`s of them carry.
URL_PATHS = {
    "Address": "address",
    "Client": "company",
    "Country": "country",
    "EmployeeToken": "employeeToken",
    "ConsumerToken": "consumerToken",
    "Document": "document",
}

SCALARS = {"integer": "int", "number": "num", "boolean": "bool", "string": "str", "object": "any"}
SCHEMA_PREFIX = "#/components/schemas/"

# How the document words a filter -> how the sandbox applies it. First hit wins.
MATCHES = (
    (re.compile(r"\(to and incl|to and including", re.IGNORECASE), "until"),
    (re.compile(r"\(from and incl|^from and including", re.IGNORECASE), "from"),
    (re.compile(r"\(to and excl|^to and excluding", re.IGNORECASE), "to"),
    (re.compile(r"^containing", re.IGNORECASE), "contains"),
    (re.compile(r"^list of (ids|customer numbers)|^id of the elem", re.IGNORECASE), "ids"),
    (re.compile(r"have changed since", re.IGNORECASE), "changed_since"),
)


def load(source: str) -> dict[str, Any]:
    """Return the document at a path or URL.

    Raises:
        requests.RequestException: The URL could not be read.
        OSError: The file could not be read.
    """
    if source.startswith(("http://", "https://")):
        response = requests.get(source, timeout=60)
        response.raise_for_status()
        return bring_up_to_date(response.json())
    return bring_up_to_date(json.loads(Path(source).read_text(encoding="utf-8")))


def type_code(schema: dict[str, Any]) -> str:
    """Return the short code of a property: `int`, `@Entity`, `[str]`, `[@Entity]`."""
    if "$ref" in schema:
        return "@" + str(schema["$ref"]).removeprefix(SCHEMA_PREFIX)
    if schema.get("type") == "array":
        return f"[{type_code(schema.get('items', {'type': 'object'}))}]"
    return SCALARS[schema.get("type", "object")]


def entity_of(code: str) -> str | None:
    """Return the entity that a type code refers to, if it refers to one."""
    inner = code.strip("[]")
    return inner[1:] if inner.startswith("@") else None


def parameter(spec: dict[str, Any]) -> dict[str, Any]:
    """Return one query parameter in the model's form."""
    schema = spec.get("schema", {})
    words = (spec.get("description") or "").strip()
    match = next((name for pattern, name in MATCHES if pattern.search(words)), None)
    kind = type_code({k: v for k, v in schema.items() if k != "format"})
    dated = "yyyy-mm-dd" in words.lower()
    if kind == "str" and (dated or (match in {"from", "to", "until"})):
        kind = "date"
    if match == "changed_since":
        kind = "datetime"
    result: dict[str, Any] = {"type": kind}
    if spec.get("required"):
        result["required"] = True
    if schema.get("default") not in (None, ""):
        result["default"] = schema["default"]
    if schema.get("enum"):
        result["enum"] = schema["enum"]
    if match:
        result["match"] = match
    return result


def endpoint(operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return one GET path in the model's form."""
    content = next(iter(operation["responses"]["200"]["content"].values()))
    wrapper = schemas[content["schema"]["$ref"].removeprefix(SCHEMA_PREFIX)]["properties"]
    is_list = "values" in wrapper
    code = type_code(wrapper["values" if is_list else "value"])
    entity = entity_of(code)  # The document leaves the rows of /crm/prospect untyped.
    specs = [spec for spec in operation.get("parameters", []) if spec["in"] == "query"]
    parameters = {spec["name"]: parameter(spec) for spec in specs}
    return {
        "entity": entity,
        "list": is_list,
        "paged": {"from", "count"} <= parameters.keys(),
        "parameters": parameters,
    }


def build(document: dict[str, Any]) -> dict[str, Any]:
    """Return the model: entities and endpoints reachable from `PATHS`.

    Raises:
        SystemExit: The document lacks one of the paths.
    """
    paths, schemas = document["paths"], document["components"]["schemas"]
    missing = [path for path in PATHS if "get" not in paths.get(path, {})]
    if missing:
        sys.exit(f"The document has no GET for: {', '.join(missing)}")
    wanted = {*PATHS, *(f"{path}/{{id}}" for path in PATHS)}
    endpoints: dict[str, Any] = {}
    for path in sorted(wanted):
        operation = paths.get(path, {}).get("get")
        if operation and "content" in operation["responses"].get("200", {}):
            endpoints[path] = endpoint(operation, schemas)
    entities: dict[str, dict[str, str]] = {}
    returned = {item["entity"] for item in endpoints.values() if item["entity"]}
    waiting = returned | {"SessionToken"}
    while waiting:
        name = waiting.pop()
        properties = {k: type_code(v) for k, v in schemas[name].get("properties", {}).items()}
        entities[name] = properties
        waiting |= {e for code in properties.values() if (e := entity_of(code))} - entities.keys()
    return {
        "version": document["info"]["version"],
        "entities": {
            name: {"path": url_path(name, paths), "properties": entities[name]}
            for name in sorted(entities)
        },
        "endpoints": endpoints,
    }


def url_path(entity: str, paths: dict[str, Any]) -> str:
    """Return the path that a row's `url` carries: that of the entity's GET by id."""
    if entity in URL_PATHS:
        return URL_PATHS[entity]
    wrapper = f'{SCHEMA_PREFIX}ResponseWrapper{entity}"'
    found: list[str] = sorted(
        (
            path.removesuffix("/{id}").strip("/")
            for path, item in paths.items()
            if path.endswith("/{id}") and wrapper in json.dumps(item.get("get", {}))
        ),
        key=len,
    )
    return found[0] if found else entity[0].lower() + entity[1:]


def main() -> None:
    """Write the model file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("document", help="path or URL of the OpenAPI document")
    model = build(load(parser.parse_args().document))
    lines = json.dumps(model, ensure_ascii=False, separators=(",", ":"))
    # One entity or endpoint a line: compact, and still a readable diff.
    lines = re.sub(r'(\},)(?="[^"]+":\{"(?:path|entity)")', "\\1\n", lines)
    TARGET.write_text(lines + "\n", encoding="utf-8")
    print(f"{len(model['entities'])} entities, {len(model['endpoints'])} endpoints -> {TARGET}")


if __name__ == "__main__":
    main()
