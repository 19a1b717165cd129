"""Query parameters: checked against the model, and turned into filters on rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.tables.days import java_date, lenient_date, parse_datetime
from tap_tripletex.sandbox.tables.table import getter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.model import ApiPath, Entity, Model, Parameter
    from tap_tripletex.sandbox.tables.rows import Row

    Predicate = Callable[[Row], bool]

PAGING = frozenset({"from", "count", "sorting", "fields"})
"""Parameters that shape the page and not the set of rows."""

ID_LIST = "Listen med ID-er må være en kommaseparert liste med positive heltall."

RANGE_SUFFIXES = (("From", "from"), ("To", "to"))

ALIASES: dict[str, str] = {
    "accountNumberFrom": "account.number",
    "accountNumberTo": "account.number",
    "accountingDimensionValue1Id": "freeAccountingDimension1",
    "accountingDimensionValue2Id": "freeAccountingDimension2",
    "accountingDimensionValue3Id": "freeAccountingDimension3",
    "customerAccountNumber": "customerNumber",
    "customerName": "name",
    "customerAccountManagerId": "customer.accountManager",
    "employeeInProjectId": "",
    "productNumber": "number",
    "hourId": "timesheetEntry",
    "requiresZone": "isRequiresZone",
    "typeId": "voucherType",
    "voucherDateFrom": "date",
    "voucherDateTo": "date",
    "wageTransactionId": "transaction",
}
"""Filters whose names do not lead to the property that they filter; empty: none does."""

PATH_ALIASES: dict[tuple[str, str], str] = {
    ("/activity", "isInactive"): "isDisabled",
    ("/inventory/location", "warehouseId"): "inventory",
    ("/invoice/details", "invoiceDateFrom"): "invoice.invoiceDate",
    ("/invoice/details", "invoiceDateTo"): "invoice.invoiceDate",
    ("/product/supplierProduct", "productId"): "resaleProduct",
    ("/product/supplierProduct", "resaleIds"): "resaleProduct",
    ("/product/supplierProduct", "vendorId"): "supplier",
    ("/project/hourlyRates", "type"): "hourlyRateModel",
    ("/purchaseOrder/deviation", "purchaseOrderId"): "purchaseOrderLine.purchaseOrder",
    ("/purchaseOrder/goodsReceipt", "receivedDateFrom"): "registrationDate",
    ("/purchaseOrder/goodsReceipt", "receivedDateTo"): "registrationDate",
    ("/reminder", "dateFrom"): "reminderDate",
    ("/reminder", "dateTo"): "reminderDate",
    ("/voucherMessage", "voucherIds"): "voucherId",
    ("/product/unit", "code"): "commonCode",
    ("/country", "code"): "isoAlpha2Code",
    ("/travelExpense", "state"): "",
    ("/travelExpense/rate", "type"): "rateCategory.type",
}


class Filter(NamedTuple):
    """What one parameter does to the rows.

    Attributes:
        prop: The property that it looks at, or `reference.property`.
        kind: How: `equals`, `ids`, `contains`, `from`, `to`, `until` or `changed_since`.
    """

    prop: str
    kind: str


def check(path: str, spec: ApiPath, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the documented parameters of a request, typed, with their defaults.

    Parameters that the document does not list are ignored, as the API does (recorded).

    Raises:
        ApiError: A value is missing or cannot be read.
    """
    problems: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, parameter in spec.parameters.items():
        if name in PAGING:
            continue
        text = given.get(name)
        try:
            if text is not None:
                values[name] = _typed(path, name, parameter, text)
            elif parameter.default is not None:
                values[name] = parameter.default
            elif parameter.required:
                problems[name] = errors.CANNOT_BE_NULL
        except ValueError as problem:
            problems[name] = str(problem)
    if problems:
        raise errors.invalid_parameters(problems)
    _check_ranges(spec, values)
    return values


def _typed(path: str, name: str, parameter: Parameter, text: str) -> Any:  # noqa: ANN401
    """Return a parameter's value.

    Raises:
        ApiError: The value fails the whole request.
        ValueError: The value is one of the request's validation messages.
    """
    if parameter.enum and text not in parameter.enum:
        raise errors.bad_enum()
    if (path, name) == ("/product", "number"):
        # Recorded: this one list of numbers is refused per field, with 15000.
        if not all(part.strip().isdigit() for part in text.split(",")):
            raise ValueError(ID_LIST)
        return tuple(text.split(","))
    if parameter.match == "ids":
        return _ids(text)
    return _READERS.get(parameter.type, _text_list)(text)


def _ids(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdigit() for part in parts):
        raise errors.bad_id_list(text)
    return tuple(int(part) for part in parts)


def _date(text: str) -> str:
    found = lenient_date(text)
    if found is None:
        raise ValueError(errors.INVALID_DATE)
    return found


def _datetime(text: str) -> float:
    try:
        return parse_datetime(text)
    except ValueError:
        raise ValueError(errors.INVALID_DATE) from None


def _whole_number(text: str) -> int:
    if not text.removeprefix("-").isdigit():
        raise errors.not_a_number(text)
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise errors.not_a_number(text) from None


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise errors.not_a_boolean(text)
    return text == "true"


def _text_list(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


_READERS: dict[str, Callable[[str], Any]] = {
    "bool": _boolean,
    "date": _date,
    "datetime": _datetime,
    "int": _whole_number,
    "num": _number,
    "str": str,
}


def _check_ranges(spec: ApiPath, values: dict[str, Any]) -> None:
    for name, start in values.items():
        if not name.endswith("From"):
            continue
        other = name[: -len("From")] + "To"
        end = values.get(other)
        if end is None or spec.parameters[other].type != "date":
            continue
        if spec.parameters[other].match != "until" and start >= end:
            message = (
                f"'From and including' value ({java_date(start)}) is greater than or equal "
                f"'To and excluding' value ({java_date(end)}) in filter."
            )
            raise errors.invalid(None, message)


def filters_of(path: str, spec: ApiPath, entity: Entity) -> dict[str, Filter]:
    """Return the filters of a path whose parameters lead to a property of its entity."""
    found: dict[str, Filter] = {}
    for name, parameter in spec.parameters.items():
        if name in PAGING:
            continue
        if parameter.match == "changed_since":
            found[name] = Filter("", "changed_since")
            continue
        target = PATH_ALIASES.get((path, name), ALIASES.get(name))
        kind = parameter.match or "equals"
        if target is None:
            target, kind = _by_name(name, kind, entity)
        elif kind == "equals":
            kind = next((k for suffix, k in RANGE_SUFFIXES if name.endswith(suffix)), kind)
        if target and target.partition(".")[0] in entity.properties:
            found[name] = Filter(target, kind)
    return found


def _by_name(name: str, kind: str, entity: Entity) -> tuple[str, str]:
    """Return the property that a parameter's name points at, and how it filters."""
    if name in entity.properties:
        return name, kind
    if name == "ids":
        return "id", "ids"
    for suffix, range_kind in RANGE_SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and base in entity.properties:
            return base, kind if kind in {"from", "to", "until"} else range_kind
    base = name.removesuffix("s").removesuffix("Id")
    if base != name and base in entity.properties and entity.properties[base].entity:
        return base, "ids" if kind == "ids" else "equals"
    return "", kind


def predicate(company: Company, entity: Entity, rule: Filter, value: Any) -> Predicate:  # noqa: ANN401
    """Return the test that a row must pass for one parameter."""
    if rule.kind == "changed_since":
        table = company.table(entity.name)
        return lambda row: table.updated(row) >= value
    read = _reader(company, entity, rule.prop)
    if rule.kind == "from":
        return lambda row: (found := read(row)) is not None and found >= value
    if rule.kind == "to":
        return lambda row: (found := read(row)) is not None and found < value
    if rule.kind == "until":
        return lambda row: (found := read(row)) is not None and found <= value
    if rule.kind == "contains":
        needle = str(value).casefold()
        return lambda row: needle in str(read(row) or "").casefold()
    wanted = value if isinstance(value, tuple) else (value,)
    accepted = {*wanted, *(int(v) for v in wanted if isinstance(v, str) and v.isdigit())}
    return lambda row: read(row) in accepted


def _reader(company: Company, entity: Entity, prop: str) -> Callable[[Row], Any]:
    first, _, rest = prop.partition(".")
    read = getter(entity, first)
    if not rest:
        return read
    target = company.model.entity(entity.properties[first].entity or "")
    inner = _reader(company, target, rest)
    rows = company.table(target.name).rows

    def through(row: Row) -> Any:  # noqa: ANN401 - any JSON value
        referred = rows.get(read(row))
        return None if referred is None else inner(referred)

    return through


def sort_rows(company: Company, entity: Entity, rows: list[Row], sorting: str) -> list[Row]:
    """Return rows in the order asked for; ids ascending where nothing is asked.

    Raises:
        ApiError: A sort key is not a property (422/17000).
    """
    keys = [key.strip() for key in sorting.split(",") if key.strip()]
    for key in keys:
        _check_sort_key(company.model, entity, key)
    if not keys or keys == ["id"]:
        return rows
    ordered = list(rows)
    for key in reversed(keys):
        read = _reader(company, entity, key.removeprefix("-"))
        ordered.sort(
            key=lambda row, read=read: ((value := read(row)) is not None, value),  # type: ignore[misc]
            reverse=key.startswith("-"),
        )
    return ordered


def _check_sort_key(model: Model, entity: Entity, key: str) -> None:
    current: Entity | None = entity
    for part in key.removeprefix("-").split("."):
        prop = current.properties.get(part) if current else None
        if prop is None:
            raise errors.bad_sorting(key)
        current = model.entities.get(prop.entity) if prop.entity else None
