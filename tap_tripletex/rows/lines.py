"""From the text of an API object to what a record is written from, compiled once per stream.

No value is turned into a Python object on the way: what the API sent is copied, so numbers keep
every digit. What ``records.shape`` does with objects, this does with text, many times faster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.rows.shapes import root_of, to_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_tripletex.rows.shapes import Shape

Json = dict[str, Any]
Row = Any
"""A decoded object, or a pair of one and a line in it."""
Value = Any
"""What msgspec writes as JSON; mostly Raw, text that is written as it is."""

NULL = msgspec.Raw(b"null")
ZERO = msgspec.Raw(b"0")
EMPTY_TEXT = msgspec.Raw(b'""')

DATE_LENGTH = len('"2026-01-31"')


class Change(msgspec.Struct, gc=False):
    """An entry of an object's ``changes``."""

    timestamp: str


@dataclass(frozen=True)
class Inside:
    """Where in the objects of an answer the records are.

    Attributes:
        lines: name of the list that the records are; None where the object itself is the record.
        columns: of the object, added to each of its lines: names in the object, by column.
    """

    lines: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lines:
    """A shape compiled for text.

    Attributes:
        decode: reads an object's text; raises ValidationError where it is not as documented.
        inside: the records in decoded objects.
        records: makes what is written of rows, given the value of each constant.
        columns: each returns one column of rows, a value for each.
    """

    decode: Callable[[msgspec.Raw], Any]
    inside: Callable[[list[Any]], list[Row]]
    records: Callable[..., list[msgspec.Struct]]
    columns: Mapping[str, Callable[[Sequence[Row]], list[Value]]]


def compile_lines(shape: Shape, inside: Inside, constants: Sequence[str] = ()) -> Lines:
    """Compile a shape.

    Args:
        shape: the columns.
        inside: where the records are.
        constants: columns that are the same in all records and come from elsewhere.
    """
    columns = {name: column for name, column in shape.columns.items() if name not in constants}
    if inside.lines is None:
        made = _Struct(columns, shape.refused, "r")
        decode = msgspec.json.Decoder(made.type).decode
        return Lines(decode, lambda rows: rows, made.maker(constants), made.getters())
    line = _Struct(columns, shape.refused, "r[1]")
    fields = [(f"f{n}", msgspec.Raw, NULL) for n in range(len(inside.columns))]
    names = {f"f{n}": source for n, source in enumerate(inside.columns.values())}
    parent = msgspec.defstruct(
        "Parent",
        [*fields, ("lines", list[line.type] | None, None)],  # type: ignore[name-defined]
        rename={**names, "lines": inside.lines},
        gc=False,
    )
    line.add({column: f"r[0].f{n}" for n, column in enumerate(inside.columns)})

    def pairs(parents: list[Any]) -> list[Row]:
        return [(found, element) for found in parents for element in found.lines or ()]

    decode = msgspec.json.Decoder(parent).decode
    return Lines(decode, pairs, line.maker(constants), line.getters())


class _Struct:
    """The type that a set of columns is decoded to, and the expressions that give their values."""

    def __init__(self, columns: Mapping[str, Json], refused: frozenset[str], row: str) -> None:
        """Compile columns; ``row`` is the expression of the decoded object."""
        self._row = row
        self._names: Json = {
            "PLAIN": (DATE_LENGTH, len(NULL)),
            "ZERO": ZERO,
            "NULL": NULL,
            "text": _text,
            "date": _date,
            "first": _first,
            "last": _last,
        }
        self._fields: dict[str, Any] = {}
        self._expressions: dict[str, str] = {}
        inside = frozenset(name[1:] for name in refused if name.startswith("."))
        leaves: dict[str, list[str]] = {}
        for column in columns.values():
            root, leaf = root_of(column["source"]), column["source"].partition(".")[2]
            leaves.setdefault(root, []).append(leaf)
        self._places = {root: f"f{n}" for n, root in enumerate(leaves)}
        self._leaves = leaves
        for name, column in columns.items():
            gone = root_of(column["source"]) in refused
            self._expressions[name] = "None" if gone else self._expression(column, inside)
        self.type = msgspec.defstruct(
            "Row",
            [
                (self._places[root], type_, default)
                for root, (type_, default) in self._fields.items()
            ],
            rename={place: root for root, place in self._places.items() if root in self._fields},
            gc=False,
        )

    def add(self, expressions: Mapping[str, str]) -> None:
        """Give more columns, or others in their place."""
        self._expressions |= expressions

    def maker(self, constants: Sequence[str] = ()) -> Callable[..., list[msgspec.Struct]]:
        """Return what makes records of rows and the values of constants."""
        names = [*self._expressions, *constants]
        places = [f"f{n}" for n in range(len(names))]
        record = msgspec.defstruct(
            "Record",
            [(place, Any) for place in places],
            rename=dict(zip(places, names, strict=True)),
            gc=False,
        )
        values = [f"c{n}" for n in range(len(constants))]
        made = f"RECORD({','.join([*self._expressions.values(), *values])})"
        return self._function(made, *values, RECORD=record)

    def getters(self) -> dict[str, Callable[[Sequence[Row]], list[Value]]]:
        """Return what returns each column by itself."""
        return {name: self._function(text) for name, text in self._expressions.items()}

    def _function(self, expression: str, *arguments: str, **names: object) -> Callable[..., Any]:
        found: Callable[..., Any] = eval(  # noqa: S307 - made of places only
            f"lambda {','.join(('rows', *arguments))}: [{expression} for r in rows]",
            {**self._names, **names},
        )
        return found

    def _expression(self, column: Json, refused: frozenset[str]) -> str:
        root, leaf = root_of(column["source"]), column["source"].partition(".")[2]
        place = f"{self._row}.{self._places[root]}"
        if root == "changes":
            self._fields[root] = (list[Change] | None, None)
            return f"{'first' if column['source'] == 'changes[0]' else 'last'}({place})"
        if "properties" in column:
            inner = self._inner(root, column["properties"], refused)
            self._fields[root] = (inner.type | None, None)
            return f"(None if (x := {place}) is None else {self._maker_of(root)}((x,))[0])"
        if column["type"] == "array" and ("properties" in column["items"] or leaf):
            return self._list(root, leaf, column["items"], refused, place)
        return (
            self._reference(root, leaf, column, place) if leaf else self._value(root, column, place)
        )

    def _value(self, root: str, column: Json, place: str) -> str:
        self._fields[root] = (msgspec.Raw, NULL)
        if column.get("format") == "date":
            return f"(x if len(x := {place}) in PLAIN else date(x))"
        if column.get("none") == 0:
            return f"(None if (x := {place}) == ZERO else x)"
        if column.get("json"):
            return f"(None if (x := {place}) == NULL else text(x))"
        return place

    def _reference(self, root: str, leaf: str, column: Json, place: str) -> str:
        leaves = dict.fromkeys(self._leaves[root])
        type_ = msgspec.defstruct(
            "Reference", [(name, msgspec.Raw, NULL) for name in leaves], gc=False
        )
        self._fields[root] = (type_ | None, None)
        found = f"x.{leaf}"
        if column.get("none") == 0:
            found = f"(None if x.{leaf} == ZERO else x.{leaf})"
        elif column.get("format") == "date":
            found = f"(x.{leaf} if len(x.{leaf}) in PLAIN else date(x.{leaf}))"
        return f"(None if (x := {place}) is None else {found})"

    def _list(self, root: str, leaf: str, items: Json, refused: frozenset[str], place: str) -> str:
        if "properties" in items:
            type_ = self._inner(root, items["properties"], refused).type
            found = f"{self._maker_of(root)}(x)"
        else:
            type_ = msgspec.defstruct("Element", [(leaf, msgspec.Raw)], gc=False)
            found = f"[element.{leaf} for element in x]"
        self._fields[root] = (list[type_] | None, None)  # type: ignore[valid-type]
        return f"(None if (x := {place}) is None else {found})"

    def _inner(self, root: str, properties: Mapping[str, Json], refused: frozenset[str]) -> _Struct:
        inner = _Struct(properties, refused, "r")
        self._names[self._maker_of(root)] = inner.maker()
        return inner

    def _maker_of(self, root: str) -> str:
        return f"make_{self._places[root]}"


def _date(text: msgspec.Raw) -> msgspec.Raw | None:
    """Return a date that is not just a date or null: empty, or with a time."""
    if text == EMPTY_TEXT:
        return None
    return msgspec.Raw(bytes(text)[: DATE_LENGTH - 1] + b'"')


def _text(value: msgspec.Raw) -> str:
    """Return any value as the text of its JSON, without blanks between."""
    return msgspec.json.format(bytes(value), indent=-1).decode()


def _first(changes: list[Change] | None) -> str | None:
    return to_utc(changes[0].timestamp) if changes else None


def _last(changes: list[Change] | None) -> str | None:
    return to_utc(changes[-1].timestamp) if changes else None
