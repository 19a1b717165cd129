"""From the text of an API object to the line of a RECORD message, compiled once per stream.

No value is turned into a Python object on the way: what the API sent is copied, so numbers keep
every digit. What ``records.shape`` does with objects, this does with text, many times faster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.records import root_of, to_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tap_tripletex.records import Shape

Json = dict[str, Any]
Row = Any
"""A decoded object, or a pair of one and a line in it."""

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
        render: all columns of each record as JSON, without the closing brace.
        columns: each renders one column of each record.
    """

    decode: Callable[[msgspec.Raw], Any]
    inside: Callable[[list[Any]], list[Row]]
    render: Callable[[Sequence[Row]], list[bytes]]
    columns: Mapping[str, Callable[[Sequence[Row]], list[bytes | msgspec.Raw]]]


def compile_lines(shape: Shape, inside: Inside, without: Iterable[str] = ()) -> Lines:
    """Compile a shape.

    Args:
        shape: the columns.
        inside: where the records are.
        without: columns that every record gets from elsewhere.
    """
    columns = {name: column for name, column in shape.columns.items() if name not in set(without)}
    if inside.lines is None:
        made = _Struct(columns, shape.refused, "r")
        decode = msgspec.json.Decoder(made.type).decode
        return Lines(decode, lambda rows: rows, made.renderer(), made.renderers())
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

    return Lines(msgspec.json.Decoder(parent).decode, pairs, line.renderer(), line.renderers())


class _Struct:
    """The type that a set of columns is decoded to, and the expressions that render them."""

    def __init__(self, columns: Mapping[str, Json], refused: frozenset[str], row: str) -> None:
        """Compile columns; ``row`` is the expression of the decoded object."""
        self._row = row
        self._names: Json = {
            "NULL": NULL,
            "PLAIN": (DATE_LENGTH, len(NULL)),
            "ZERO": ZERO,
            "date": _date,
            "first": _first,
            "last": _last,
            "many": _many,
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
            self._expressions[name] = "NULL" if gone else self._expression(column, inside)
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
        """Render more columns, or others in their place."""
        self._expressions |= expressions

    def renderer(self) -> Callable[[Sequence[Row]], list[bytes]]:
        """Return what renders all columns.

        Joining names and values takes them as they are; formatting would copy each value first.
        """
        names = {f"NAME{n}": name for n, name in enumerate(self._expressions)}
        heads = {
            place: (b"," if n else b"{") + b'"%b":' % name.encode()
            for n, (place, name) in enumerate(names.items())
        }
        parts = (f"{p},{e}," for p, e in zip(names, self._expressions.values(), strict=True))
        return self._function(f"JOIN(({''.join(parts)}))", JOIN=b"".join, **heads)

    def renderers(self) -> dict[str, Callable[[Sequence[Row]], list[bytes | msgspec.Raw]]]:
        """Return what renders each column by itself."""
        return {name: self._function(text) for name, text in self._expressions.items()}

    def _function(self, expression: str, **names: object) -> Callable[[Sequence[Row]], list[Any]]:
        found: Callable[[Sequence[Row]], list[Any]] = eval(  # noqa: S307 - made of places only
            f"lambda rows: [{expression} for r in rows]", {**self._names, **names}
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
            return f"(NULL if (x := {place}) is None else {self._place_of(root)}(x))"
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
            return f"(NULL if (x := {place}) == ZERO else x)"
        return place

    def _reference(self, root: str, leaf: str, column: Json, place: str) -> str:
        leaves = dict.fromkeys(self._leaves[root])
        type_ = msgspec.defstruct(
            "Reference", [(name, msgspec.Raw, NULL) for name in leaves], gc=False
        )
        self._fields[root] = (type_ | None, None)
        found = f"x.{leaf}"
        if column.get("none") == 0:
            found = f"(NULL if x.{leaf} == ZERO else x.{leaf})"
        elif column.get("format") == "date":
            found = f"(x.{leaf} if len(x.{leaf}) in PLAIN else date(x.{leaf}))"
        return f"(NULL if (x := {place}) is None else {found})"

    def _list(self, root: str, leaf: str, items: Json, refused: frozenset[str], place: str) -> str:
        if "properties" in items:
            inner = self._inner(root, items["properties"], refused)
            type_, render = inner.type, self._place_of(root)
        else:
            type_ = msgspec.defstruct("Element", [(leaf, msgspec.Raw)], gc=False)
            self._names[self._place_of(root)] = lambda element: getattr(element, leaf)
            render = self._place_of(root)
        self._fields[root] = (list[type_] | None, None)  # type: ignore[valid-type]
        return f"(NULL if (x := {place}) is None else many({render}, x))"

    def _inner(self, root: str, properties: Mapping[str, Json], refused: frozenset[str]) -> _Struct:
        inner = _Struct(properties, refused, "r")
        render = inner.renderer()
        self._names[self._place_of(root)] = lambda row: render((row,))[0] + b"}"
        return inner

    def _place_of(self, root: str) -> str:
        return f"render_{self._places[root]}"


def _many(render: Callable[[Any], Any], elements: Sequence[Any]) -> bytes:
    return b"[" + b",".join([render(element) for element in elements]) + b"]"


def _date(text: msgspec.Raw) -> msgspec.Raw | bytes:
    """Return a date that is not just a date or null: empty, or with a time."""
    if text == EMPTY_TEXT:
        return NULL
    return bytes(text)[: DATE_LENGTH - 1] + b'"'


def _first(changes: list[Change] | None) -> msgspec.Raw | bytes:
    return b'"%b"' % to_utc(changes[0].timestamp).encode() if changes else NULL


def _last(changes: list[Change] | None) -> msgspec.Raw | bytes:
    return b'"%b"' % to_utc(changes[-1].timestamp).encode() if changes else NULL
