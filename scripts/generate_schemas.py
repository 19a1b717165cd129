"""Generate the packaged schemas from Tripletex's official OpenAPI document.

    python scripts/generate_schemas.py https://tripletex.no/v2/openapi.json

writes one file per entity into ``tap_tripletex/rows/schemas``: names and types only, in the order
of the document. Every column carries its ``source``, the place in the API's object that it comes
from: ``name``, ``account.id`` (a reference), ``postings[].id`` (references). ``none`` is the
value that the API sends for no value; ``json`` makes text of whatever comes; ``include`` is the
group without which the column is left out. Review the diff.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from newer_than_document import bring_up_to_date

from tap_tripletex.streams import STREAMS

SCHEMAS = Path(__file__).parent.parent / "tap_tripletex" / "rows" / "schemas"

Json = dict[str, Any]

NAMES = {
    ("Employee", "vismaConnect2FAactive"): "visma_connect_2fa_active",  # no rule splits it
    ("Invoice", "creditedInvoice"): "credited_invoice_id",  # an id that does not say so
    ("SalaryCompilation", "employee"): "employee_id",  # an id that does not say so
}
"""Column names that the general rule would get wrong."""

TAKEN = {"company_id": "source_company_id"}
"""Names that every record needs for itself."""

DROPPED = {
    "actions",  # links of the web page
    "changes",  # becomes created_at and updated_at
    "url",  # noise of the host
}

SECRET = {"Subscription": {"authHeaderValue", "hmacSharedSecret", "targetUrl"}}
"""Never asked for: secrets of webhooks. The document says that the address holds tokens too."""

VALUE_OBJECTS = {
    "Address",  # has an id, but no list endpoint: the row would be lost
    "AutoPaySupport",  # the same
}
"""Entities with an id that stay nested objects all the same."""

ZERO_IS_A_ROW = {"VatType"}
"""Entities in which id 0 is a real row. Recorded: /ledger/vatType has "Ingen avgiftsbehandling"."""

ZERO_IDS = {"creditedInvoice"}
"""Integer properties besides ``…Id`` that hold an id, with 0 for none. Recorded on /invoice."""

DATES = {"date", "dateCounted", "depreciationFrom", "end", "start", "termOfPayment"}
"""Dates by whole name. Recorded (AccountingPeriod, AnnualAccount, Posting, …): all YYYY-MM-DD.
Names never seen with a value (sendTime, timeStart) stay text: no value is lost. ``termOfPayment``
is the due date (document: "the reminder term of payment date")."""

DATE_NAME = re.compile(r"(Date|DateFrom|DateTo)$|^date(From|To|OfBirth|OfAcquisition)$")

DAY_OF_PARENT = {
    # The list is filtered by the invoice's date, which its rows do not have.
    "ProjectInvoiceDetails": {"invoice_date": ("invoice.invoiceDate", "date")},
}
"""Columns taken from a reference: dates that a list is filtered by."""

UNTYPED = {
    # /crm/prospect answers with "object" since 2.75; these are the names and types of earlier
    # documents. A name that is gone costs its column and a warning.
    "Prospect": {
        "id": {"type": "integer"},
        "version": {"type": "integer"},
        "changes": {"type": "array"},
        "name": {"type": "string"},
        "description": {"type": "string"},
        "createdDate": {"type": "string"},
        "customer": {"$ref": "Customer"},
        "salesEmployee": {"$ref": "Employee"},
        "isClosed": {"type": "boolean"},
        "closedReason": {"type": "integer"},
        "closedDate": {"type": "string"},
        "competitor": {"type": "string"},
        "prospectType": {"type": "integer"},
        "project": {"$ref": "Project"},
        "projectOffer": {"$ref": "Project"},
        "finalIncomeDate": {"type": "string"},
        "finalInitialValue": {"type": "number"},
        "finalMonthlyValue": {"type": "number"},
        "finalAdditionalServicesValue": {"type": "number"},
        "totalValue": {"type": "number"},
    }
}
"""Entities that the document leaves open."""

INCLUDE = {
    "identity": {
        "Employee": {
            "address",
            "comments",
            "dateOfBirth",
            "dnumber",
            "internationalId",
            "nationalIdentityNumber",
            "phoneNumberHome",
            "phoneNumberMobile",
            "phoneNumberMobileCountry",
        },
    },
    "bank_accounts": {
        "Customer": {"bankAccountPresentation", "bankAccounts"},
        "Employee": {
            "bankAccountNumber",
            "bic",
            "creditorBankCountryId",
            "iban",
            "usesAbroadPayment",
        },
        "Supplier": {"bankAccountPresentation", "bankAccounts"},
    },
    "pay": {
        "Employee": {"holidayAllowanceEarned"},
        "Employment": {"lastSalaryChangeDate", "latestSalary", "taxDeductionCode"},
        "EmploymentDetails": {"annualSalary", "hourlyWage", "monthlySalary"},
        "ProjectSpecificRate": {"hourlyCostPercentage"},
        "TimesheetEntry": {"hourlyCost", "hourlyCostPercentage"},
    },
    "heavy": {
        "LedgerAccount": {"postings"},  # every posting once more, by its id
    },
}
"""Properties that are in the catalog only where the setting ``include`` names their group."""

GROUP_OF = {
    (entity, name): group
    for group, entities in INCLUDE.items()
    for entity, names in entities.items()
    for name in names
}


def main() -> None:
    """Write the schemas of all entities that the streams declare, and remove the others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("document", help="path or URL of openapi.json")
    entities = Entities(read_document(parser.parse_args().document))
    wanted = {stream.entity for stream in STREAMS}
    for stale in {path.stem for path in SCHEMAS.glob("*.json")} - wanted:
        (SCHEMAS / f"{stale}.json").unlink()
    for entity in sorted(wanted):
        path = SCHEMAS / f"{entity}.json"
        path.write_text(render(entities.columns(entity)), encoding="utf-8")
    print(f"{len(wanted)} schemas written to {SCHEMAS}")


def read_document(location: str) -> Json:
    """Return the document at a path or a URL.

    Raises:
        OSError: when it cannot be fetched.
        ValueError: when it is something else: a page of a gateway, an error, half of it.
    """
    if location.startswith("https://"):
        with urlopen(location, timeout=60) as answer:  # noqa: S310 - https only, see above
            document: Json = json.load(answer)
    else:
        document = json.loads(Path(location).read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not document.get("openapi") or not document.get("paths"):
        message = f"{location} is no OpenAPI document."
        raise ValueError(message)
    return bring_up_to_date(document)


def render(columns: Json) -> str:
    """Return a schema file's text: one column a line, so that a change is one line of diff."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(c)}" for name, c in columns.items())
    return f"{{\n{lines}\n}}\n"


class Entities:
    """The document's object types, read as columns."""

    def __init__(self, document: Json) -> None:
        """Read the object types out of the document."""
        self._schemas: Json = document["components"]["schemas"]

    def knows(self, entity: str) -> bool:
        """Return whether there is such an entity."""
        return entity in UNTYPED or entity in self._schemas

    def columns(self, entity: str) -> Json:
        """Return the columns of an entity's rows, by name."""
        columns = self._columns(entity, top=True)
        for name, (source, format_) in DAY_OF_PARENT.get(entity, {}).items():
            columns[name] = {"source": source, "type": "string", "format": format_, "none": ""}
        if "changes" in self._properties(entity):
            # Oldest first. Reported: a real answer in the issues of Tripletex/tripletex-api2.
            for name, source in (("created_at", "changes[0]"), ("updated_at", "changes[-1]")):
                column = {"source": source, "type": "string", "format": "date-time"}
                columns[name] = {**column, "include": "heavy"}
        return columns

    def _columns(self, entity: str, *, top: bool) -> Json:
        columns: Json = {}
        for name, definition in self._properties(entity).items():
            left_out = DROPPED | SECRET.get(entity, set()) | (set() if top else {"version"})
            if name in left_out or definition.get("writeOnly"):
                continue
            column_name, column = self._column(entity, name, definition)
            if top:
                column_name = TAKEN.get(column_name, column_name)
            if (entity, name) in GROUP_OF:
                column["include"] = GROUP_OF[entity, name]
            columns[column_name] = column
        return columns

    def _properties(self, entity: str) -> Json:
        properties: Json = UNTYPED.get(entity) or self._schemas[entity]["properties"]
        return properties

    def _column(self, entity: str, name: str, definition: Json) -> tuple[str, Json]:
        column = NAMES.get((entity, name), snake_case(name))
        if "$ref" in definition:
            return self._reference(name, column, entity_of(definition))
        if definition["type"] != "array":
            return column, scalar(name, definition)
        items = definition["items"]
        if not items:
            return column, {"source": name, "type": "string", "json": True}
        if "$ref" not in items:
            return column, {"source": name, "type": "array", "items": {"type": items["type"]}}
        if self._is_value_object(entity_of(items)):
            columns = self._columns(entity_of(items), top=False)
            return column, {
                "source": name,
                "type": "array",
                "items": {"type": "object", "properties": columns},
            }
        return f"{singular(column)}_ids", {
            "source": f"{name}[].id",
            "type": "array",
            "items": {"type": "integer"},
        }

    def _reference(self, name: str, column: str, entity: str) -> tuple[str, Json]:
        if self._is_value_object(entity):
            columns = self._columns(entity, top=False)
            return column, {"source": name, "type": "object", "properties": columns}
        reference: Json = {"source": f"{name}.id", "type": "integer"}
        if entity not in ZERO_IS_A_ROW:
            reference["none"] = 0
        return f"{column}_id", reference

    def _is_value_object(self, entity: str) -> bool:
        if not self.knows(entity):
            return False
        return entity in VALUE_OBJECTS or "id" not in self._properties(entity)


def scalar(name: str, definition: Json) -> Json:
    """Return the column of a plain value; an object with names of any kind is text."""
    if definition["type"] == "object":
        return {"source": name, "type": "string", "json": True}
    column: Json = {"source": name, "type": definition["type"]}
    if column["type"] == "integer" and (name.endswith("Id") or name in ZERO_IDS):
        column["none"] = 0
    if column["type"] == "string" and "enum" not in definition and is_date(name):
        column |= {"format": "date", "none": ""}
    return column


def is_date(name: str) -> bool:
    """Return whether a text property holds a date; the document gives it no format."""
    return name in DATES or bool(DATE_NAME.search(name))


def entity_of(definition: Json) -> str:
    """Return the name of the object type that a definition refers to."""
    return str(definition["$ref"]).rsplit("/", 1)[-1]


def snake_case(name: str) -> str:
    """Return an API name as a column name.

    >>> [snake_case(name) for name in ("amountGrossCurrency", "bankAccountIBAN", "quantityType1")]
    ['amount_gross_currency', 'bank_account_iban', 'quantity_type1']
    """
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()


def singular(column: str) -> str:
    """Return a column's name in the singular.

    >>> [singular(name) for name in ("order_lines", "categories", "addresses", "invoicing_plan")]
    ['order_line', 'category', 'address', 'invoicing_plan']
    """
    for plural, ending in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if column.endswith(plural):
            return column[: -len(plural)] + ending
    return column


if __name__ == "__main__":
    main()
