"""Rows against the official document itself, where a copy is at hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.official_document import official_document
from tests.sandbox import test_people as people
from tests.sandbox.conftest import TODAY

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

DOCUMENT = os.environ.get("TRIPLETEX_OPENAPI", "")

pytestmark = pytest.mark.skipif(
    not DOCUMENT,
    reason="TRIPLETEX_OPENAPI does not point at the official openapi.json",
)

HALF_YEAR = {"dateFrom": "2026-01-01", "dateTo": "2026-06-01"}
DATED = (
    "/balanceSheet",
    "/ledger",
    "/ledger/closeGroup",
    "/ledger/posting",
    "/ledger/postingByDate",
    "/ledger/voucher",
    "/timesheet/entry",
)
WINDOWS: dict[str, dict[str, str]] = {
    "/invoice": {"invoiceDateFrom": "2026-01-01", "invoiceDateTo": "2026-06-01"},
    "/supplierInvoice": {"invoiceDateFrom": "2026-01-01", "invoiceDateTo": "2026-06-01"},
    "/order": {"orderDateFrom": "2026-01-01", "orderDateTo": "2026-06-01"},
    "/ledger/posting/openPost": {"date": "2026-06-01"},
    "/ledger/voucher/>nonPosted": {"includeNonApproved": "true"},
    **dict.fromkeys(DATED, HALF_YEAR),
}
LISTS = (
    *WINDOWS,
    "/activity",
    "/company/salesmodules",
    "/contact",
    "/country",
    "/currency",
    "/customer",
    "/customer/category",
    "/department",
    "/employee",
    "/ledger/account",
    "/ledger/accountingPeriod",
    "/ledger/annualAccount",
    "/ledger/vatType",
    "/ledger/voucherType",
    "/product",
    "/product/unit",
    "/project",
    "/project/category",
    "/supplier",
)
EXPANSIONS = {
    "/customer": "postalAddress(*,country(*)),changes",
    "/invoice": "orderLines(*),orders(*),voucher(*,postings(*))",
    "/order": "orderLines(*,product(*))",
    "/project": "participants(*),projectActivities(*)",
    "/ledger/posting": "account(*),voucher(*),vatType(*)",
}
TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return official_document(Path(DOCUMENT))


def check(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str) -> None:
    if value is None:
        return
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
    kind = schema.get("type", "object")
    assert type(value) in TYPES[kind], f"{where}: {value!r} is no {kind}"
    if "enum" in schema:
        assert value in schema["enum"], f"{where}: {value!r}"
    if kind == "array":
        for item in value:
            check(item, schema["items"], document, where)
    if kind == "object":
        for key, item in value.items():
            assert key in schema["properties"], f"{where}.{key} is not in the document"
            check(item, schema["properties"][key], document, f"{where}.{key}")


@pytest.mark.parametrize("path", LISTS)
def test_rows_have_the_documented_properties_and_types(
    api: Api, document: dict[str, Any], path: str
) -> None:
    content = document["paths"][path]["get"]["responses"]["200"]["content"]
    schema = next(iter(content.values()))["schema"]
    for fields in ("", f"*,{EXPANSIONS[path]}" if path in EXPANSIONS else "*"):
        answer = api.get(path, count=1000, fields=fields, **WINDOWS.get(path, {}))
        assert answer["values"]
        check(answer, schema, document, path)
    documented = {p["name"] for p in document["paths"][path]["get"]["parameters"]}
    assert set(api.sandbox.model.paths[path].parameters) == documented


def test_people_have_the_documented_properties_and_types(
    api: Api, document: dict[str, Any]
) -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = [
        *((path, path, {}) for path in people.PLAIN),
        *((path, path, people.EVER) for path in people.WINDOWS),
        *people.parents(api.sandbox.company(), TODAY),
    ]
    for template, path, params in asked:
        content = document["paths"][template]["get"]["responses"]["200"]["content"]
        schema = next(iter(content.values()))["schema"]
        check(api.get(path or template, fields="*", **params), schema, document, template)
