"""How the tables of an area hang together: a diagram made from the columns that are references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_tripletex.rows.shapes import columns_of
from tap_tripletex.streams import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from tap_tripletex.stream import TripletexStream

ROLES = {
    "approved_by": "employees",
    "category1": "customer_categories",
    "category2": "customer_categories",
    "category3": "customer_categories",
    "completed_by": "employees",
    "counter": "employees",
    "delivery_address": "delivery_addresses",
    "free_accounting_dimension1": "accounting_dimension_values",
    "free_accounting_dimension2": "accounting_dimension_values",
    "free_accounting_dimension3": "accounting_dimension_values",
    "free_dimension1": "accounting_dimension_values",
    "free_dimension2": "accounting_dimension_values",
    "free_dimension3": "accounting_dimension_values",
    "manager": "employees",
    "project_manager": "employees",
    "received_by": "employees",
    "rejected_by": "employees",
    "vendor": "suppliers",
}
"""References that are named after what the object does there."""

IRREGULAR = {"activity": "activities", "category": "categories", "country": "countries"}


def diagram(streams: Iterable[type[TripletexStream]]) -> Iterator[str]:
    """Yield the lines of a Mermaid diagram of streams and of how their columns refer to each other.

    The boxes have the keys, the references and the dates; beside a reference that leads out of the
    diagram stands the table that it leads to. Columns of a group that `include` may name are left
    out.
    """
    shown = {stream.name: stream for stream in streams}
    yield "```mermaid"
    yield "erDiagram"
    for name, stream in shown.items():
        yield f"  {name} {{"
        yield "    integer company_id PK"
        for column, kind, mark in boxed(stream, shown):
            yield f"    {kind} {column} {mark}".rstrip()
        yield "  }"
    for name, stream in shown.items():
        for target, columns in sorted(references(stream).items()):
            if target in shown:
                yield f'  {target} |o--o{{ {name} : "{", ".join(columns)}"'
    yield "```"


def boxed(stream: type[TripletexStream], shown: Container[str]) -> Iterator[tuple[str, str, str]]:
    """Yield column, type and mark of what stands in a stream's box."""
    targets = {column: to for to, columns in references(stream).items() for column in columns}
    for name, column in {**columns_of(stream.entity), **stream.strategy.columns}.items():
        if name in stream.key:
            yield name, kind(column), "PK"
        elif name in targets:
            outside = "" if targets[name] in shown else f' "{targets[name]}"'
            yield name, kind(column), f"FK{outside}"
        elif column.get("format") == "date" and is_on(column):
            yield name, kind(column), ""


def references(stream: type[TripletexStream]) -> dict[str, list[str]]:
    """Return the streams that a stream's columns refer to, with those columns."""
    found: dict[str, list[str]] = {}
    for name, column in columns_of(stream.entity).items():
        if name.endswith("_id") and is_on(column) and str(column["source"]).endswith(".id"):
            target = referred(name.removesuffix("_id"))
            if target and target != stream.name:
                found.setdefault(target, []).append(name)
    return found


def referred(role: str) -> str | None:
    """Return the stream that a reference leads to, by its name or the end of it."""
    words = role.split("_")
    for start in range(len(words)):
        name = "_".join(words[start:])
        if name in ROLES:
            return ROLES[name]
        for plural in (IRREGULAR.get(name, f"{name}s"), f"{name[:-1]}ies"):
            if plural in BY_NAME:
                return plural
    return None


def is_on(column: dict[str, Any]) -> bool:
    """Return whether a column is read unless it is asked for."""
    return "include" not in column


def kind(column: dict[str, Any]) -> str:
    """Return a column's type in a word."""
    return str(column.get("format", column["type"])).replace("-", "")
