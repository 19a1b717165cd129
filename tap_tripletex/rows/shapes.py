"""From an API object to a record, and the ``fields`` expression that asks for no more than that.

Both are made once per stream from the packaged schema of its entity and the selected columns.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from importlib import resources
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.api.auth import OSLO
from tap_tripletex.rows.decimals import FORMAT, decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

Json = dict[str, Any]

_encode = msgspec.json.Encoder(decimal_format="number").encode

INT64 = 2**63 - 1
"""Largest id. Recorded: ids of postings and invoices exceed 32 bits."""

INTEGER: Json = {"type": "integer"}
TEXT: Json = {"type": "string"}
DATE: Json = {"type": "string", "format": "date"}
DATE_TIME: Json = {"type": "string", "format": "date-time"}


@cache
def columns_of(entity: str) -> Json:
    """Return the packaged columns of an entity: type, source and group, by name."""
    text = resources.files(__package__).joinpath(f"schemas/{entity}.json").read_text("utf-8")
    columns: Json = json.loads(text)
    return columns


def json_schema(columns: Mapping[str, Json], keys: Collection[str] = ()) -> Json:
    """Return columns as a JSON schema in which everything but the keys may be null.

    The official document declares next to nothing nullable, and nulls are everywhere.
    """
    return {
        "type": "object",
        "properties": {
            name: _property(column, required=name in keys) for name, column in columns.items()
        },
    }


def _property(column: Json, *, required: bool) -> Json:
    definition: Json = {"type": column["type"] if required else [column["type"], "null"]}
    if column["type"] == "integer":
        definition["maximum"] = INT64  # some targets would make a smaller or a larger column
    if "format" in column:
        definition["format"] = column["format"]
    if "properties" in column:
        definition["properties"] = json_schema(column["properties"])["properties"]
    if "items" in column:
        definition["items"] = _property(column["items"], required=False)
    return definition


@dataclass(frozen=True)
class Shape:
    """The selected columns of an entity, compiled.

    Attributes:
        columns: packaged columns, by name.
        refused: names that the API does not have after all: their columns are null. A name inside
            a nested object is kept with a leading dot.
        fields: the ``fields`` expression.
        convert: makes the columns out of an API object that is as documented; a name that is
            missing there gives None.
    """

    columns: Mapping[str, Json]
    refused: frozenset[str]
    fields: str
    convert: Callable[[Json], Json]

    @property
    def asked(self) -> Mapping[str, Json]:
        """Return the columns that the API has."""
        return {n: c for n, c in self.columns.items() if root_of(c["source"]) not in self.refused}

    def without(self, words: Collection[str]) -> Shape | None:
        """Return the shape without the names that an error message names, None if it names none."""
        top = {root_of(column["source"]) for column in self.columns.values()} - self.refused
        names = top.intersection(words)
        if not names:
            nested = {f".{name}" for name in re.findall(r"\w+", self.fields)} - self.refused
            names = nested.intersection(f".{word}" for word in words)
        return shape(self.columns, self.refused | names) if names else None

    def gives(self, names: Collection[str]) -> bool:
        """Return whether none of these columns lost its source."""
        return not any(
            root_of(self.columns[n]["source"]) in self.refused for n in names if n in self.columns
        )


def shape(columns: Mapping[str, Json], refused: Collection[str] = ()) -> Shape:
    """Compile columns; see the attributes of Shape."""
    asked = {n: c for n, c in columns.items() if root_of(c["source"]) not in refused}
    inside = frozenset(name[1:] for name in refused if name.startswith("."))
    converters = [(name, _converter(column, inside)) for name, column in asked.items()]
    empty = dict.fromkeys(columns)

    def convert(source: Json) -> Json:
        record = empty.copy()
        for name, converter in converters:
            record[name] = converter(source)
        return record

    return Shape(columns, frozenset(refused), _fields(asked, inside), convert)


def root_of(source: str) -> str:
    """Return the name in the API's object that a column comes from."""
    return source.partition(".")[0].partition("[")[0]


def _fields(columns: Mapping[str, Json], refused_inside: Collection[str]) -> str:
    """Return the expression for columns, each name once with all that is asked for in it."""
    parts: dict[str, list[str]] = {}
    for column in columns.values():
        root, leaf = root_of(column["source"]), column["source"].partition(".")[2]
        properties = column.get("properties") or column.get("items", {}).get("properties")
        if properties:
            leaf = shape(properties, refused_inside).fields
        parts.setdefault(root, []).extend([leaf] if leaf else [])
    return ",".join(f"{root}({','.join(p)})" if p else root for root, p in parts.items())


def _converter(column: Json, refused_inside: Collection[str]) -> Callable[[Json], Any]:
    source: str = column["source"]
    root, leaf = root_of(source), source.partition(".")[2]
    if root == "changes":
        return _change_time(int(source[len("changes[") : -1]))
    if "properties" in column:
        return _object(root, shape(column["properties"], refused_inside))
    if column["type"] == "array":
        return _list(root, leaf, column["items"], refused_inside)
    if leaf:
        return _reference(root, leaf, column.get("none"))
    return _value(root, column)


def _value(root: str, column: Json) -> Callable[[Json], Any]:
    if column.get("format") == "date":
        # Recorded: dates are YYYY-MM-DD. Should one come with a time, the date is kept.
        return lambda source: (source.get(root) or "")[:10] or None
    if column.get("json"):
        return lambda source: None if (x := source.get(root)) is None else json_text(x)
    if column.get("format") == FORMAT:
        scale = column["scale"]
        return lambda source: None if (x := source.get(root)) is None else decimal_text(x, scale)
    if "none" in column:
        none = column["none"]
        return lambda source: None if (found := source.get(root)) == none else found
    return lambda source: source.get(root)


def json_text(value: object) -> str:
    """Return any value as the text of its JSON, without blanks between."""
    return _encode(value).decode()


def _reference(root: str, leaf: str, none: object) -> Callable[[Json], Any]:
    def reference(source: Json) -> Any:  # noqa: ANN401
        found = source.get(root)
        value = found.get(leaf) if found else None
        return None if value == none else value

    return reference


def _object(root: str, inner: Shape) -> Callable[[Json], Any]:
    def value(source: Json) -> Json | None:
        found = source.get(root)
        return inner.convert(found) if found is not None else None

    return value


def _list(
    root: str, leaf: str, items: Json, refused_inside: Collection[str]
) -> Callable[[Json], Any]:
    if "properties" in items:
        convert: Callable[[Json], Any] = shape(items["properties"], refused_inside).convert
    elif leaf:
        convert = methodcaller("get", leaf)
    else:
        return lambda source: source.get(root)

    def values(source: Json) -> list[Any] | None:
        found = source.get(root)
        if found is None:
            return None
        return [None if element is None else convert(element) for element in found]

    return values


def _change_time(index: int) -> Callable[[Json], str | None]:
    def time(source: Json) -> str | None:
        changes = source.get("changes")
        stamp = changes[index].get("timestamp") if changes else None
        return None if stamp is None else to_utc(stamp)

    return time


def to_utc(value: str) -> str | None:
    """Return a time of the API as UTC; see ``in_utc``.

    Raises:
        msgspec.ValidationError: when it is no time (RFC 3339).

    >>> to_utc("2025-03-12T15:09:57+01:00")
    '2025-03-12T14:09:57Z'
    """
    return in_utc(msgspec.convert(value, datetime))


def in_utc(time: datetime) -> str | None:
    """Return a time as UTC; a time without zone is one of Europe/Oslo.

    Recorded: times carry the offset of Oslo (+01:00 or +02:00), never Z, never fractions. None
    for what is before the first or after the last year that there is.
    """
    try:
        return utc_text(time.replace(tzinfo=OSLO) if time.tzinfo is None else time)
    except OverflowError:
        return None


def parents(columns: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the columns of ids among those of what was asked: what a row says itself is no other.

    Without its parameter, or with one that is ignored, a list may be that of someone else.
    """
    return [(name, value) for name, value in columns.items() if isinstance(value, int)]


def utc_text(time: datetime) -> str:
    """Return a time as text in UTC, ending in Z: one form, so that texts compare like times."""
    precision = "milliseconds" if time.microsecond else "seconds"
    return time.astimezone(timezone.utc).isoformat(timespec=precision).replace("+00:00", "Z")
