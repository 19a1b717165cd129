"""From the text of an API object to what a record is written from, compiled once per stream.

What the API sent is decoded to types that are checked in C and written as fast as they were read;
numbers are copied as text, so they keep every digit. What ``shapes.shape`` does with objects, this
does with text, many times faster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_tripletex.api.pages import REPLACED, exact
from tap_tripletex.rows.decimals import FORMAT, SMALL, decimal_text, is_plain
from tap_tripletex.rows.mending import Integer
from tap_tripletex.rows.shapes import in_utc, json_text, root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from tap_tripletex.rows.shapes import Shape

Json = dict[str, Any]
Row = Any
"""A decoded object, or a pair of one and a line in it."""
Value = Any
"""What msgspec writes as JSON."""

NULL = msgspec.Raw(b"null")

SUSPECT = (b"\\u0000", REPLACED)
"""Escapes in texts that are not for loading."""

TYPES: Mapping[str, Any] = {
    "integer": Integer,
    "boolean": bool,
    "string": str,
    "date": date,
}
"""What the values of columns are decoded to; numbers stay text."""

Number = Annotated[float, msgspec.Meta(gt=-SMALL, lt=SMALL)]
"""What needs no closer look, whatever the column."""

_numbers_in = msgspec.json.Decoder(list[Number | None]).decode
_value_in = msgspec.json.Decoder(float_hook=exact).decode
_encode = msgspec.json.encode


class Change(msgspec.Struct, gc=False):
    """An entry of an object's ``changes``."""

    timestamp: datetime | None = None


@dataclass(frozen=True)
class Inside:
    """Where in the objects of an answer the records are.

    Attributes:
        lines: name of the list that the records are; None where the object itself is the record.
        columns: of the object, added to each of its lines; as in a packaged schema.
    """

    lines: str | None = None
    columns: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Lines:
    """A shape compiled for text.

    Attributes:
        decode: reads an object's text; raises ValidationError where it is not as documented.
        inside: the records in decoded objects.
        numbers: of rows, where something else may have come: it is not for ``decode`` to see.
        keys: columns of the key that may be null in what ``decode`` has returned.
        records: makes what is written of rows, given the value of each constant.
        columns: each returns one column of rows, a value for each.
    """

    decode: Callable[[msgspec.Raw], Any]
    inside: Callable[[list[Any]], list[Row]]
    numbers: Callable[[Sequence[Row]], list[Value]]
    keys: Collection[str]
    records: Callable[..., list[msgspec.Struct]]
    columns: Mapping[str, Callable[[Sequence[Row]], list[Value]]]

    def read(self, objects: Sequence[msgspec.Raw]) -> list[Row]:
        """Return the records in some objects, if all of them are as documented.

        Raises:
            DecodeError: when one is not.
            UnicodeDecodeError: when it is no text.
            RecursionError: when its values lie too deep in one another.
        """
        text = b"".join(objects)
        if b"\\" in text and any(escape in text for escape in SUSPECT):
            message = "a text with what cannot be loaded"
            raise msgspec.ValidationError(message)
        rows = self.inside(list(map(self.decode, objects)))
        _numbers_in(_encode(self.numbers(rows)))
        if any(None in self.columns[name](rows) for name in self.keys):
            message = "a row without key"
            raise msgspec.ValidationError(message)
        return rows


def compile_lines(
    shape: Shape, inside: Inside, constants: Sequence[str] = (), keys: Collection[str] = ()
) -> Lines:
    """Compile a shape.

    Args:
        shape: the columns.
        inside: where the records are.
        constants: columns that are the same in all records and come from elsewhere.
        keys: columns that must not be null.
    """
    columns = shape.columns  # those of constants are checked and not written
    keys = [name for name in keys if name not in constants]
    if inside.lines is None:
        made = _Struct(columns, shape.refused, "r", keys)
        own = made.getters()
        made.leave(constants)
        decode = msgspec.json.Decoder(made.type).decode
        return _lines(decode, lambda rows: rows, made, own, constants, keys)
    line = _Struct(columns, shape.refused, "r[1]", keys)
    around = _Struct(inside.columns, frozenset(), "r[0]")
    parent = msgspec.defstruct(
        "Parent",
        [*around.fields, ("lines", list[line.type] | None, None)],  # type: ignore[name-defined]
        rename={**around.names, "lines": inside.lines},
        gc=False,
    )
    line.add(around.expressions)
    own = line.getters()
    line.leave(constants)

    def pairs(parents: list[Any]) -> list[Row]:
        return [(found, element) for found in parents for element in found.lines or ()]

    return _lines(msgspec.json.Decoder(parent).decode, pairs, line, own, constants, keys)


def _lines(  # noqa: PLR0913, PLR0917
    decode: Callable[[msgspec.Raw], Any],
    inside: Callable[[list[Any]], list[Row]],
    made: _Struct,
    getters: Mapping[str, Callable[[Sequence[Row]], list[Value]]],
    constants: Sequence[str],
    keys: Sequence[str],
) -> Lines:
    doubtful = [name for name in keys if name in getters and name not in made.required]
    return Lines(decode, inside, made.numbers(), doubtful, made.maker(constants), getters)


class _Struct:
    """The type that a set of columns is decoded to, and the expressions that give their values."""

    def __init__(
        self,
        columns: Mapping[str, Json],
        refused: frozenset[str],
        row: str,
        keys: Collection[str] = (),
    ) -> None:
        """Compile columns; ``row`` is the expression of the decoded object."""
        self._row = row
        self._globals: Json = {**FUNCTIONS, "NULL": NULL}
        self._types: dict[str, Any] = {}
        self._numbers: list[str] = []
        self.expressions: dict[str, str] = {}
        inside = frozenset(name[1:] for name in refused if name.startswith("."))
        asked = {n: c for n, c in columns.items() if root_of(c["source"]) not in refused}
        self._leaves: dict[str, dict[str, Json]] = {}
        for column in asked.values():
            root, leaf = root_of(column["source"]), column["source"].partition(".")[2]
            self._leaves.setdefault(root, {})[leaf] = column
        self._places = {root: f"f{n}" for n, root in enumerate(self._leaves)}
        self.required = {n for n in keys if n in asked and asked[n]["source"].isidentifier()}
        self.required -= {n for n in self.required if "none" in asked[n]}
        for name, column in columns.items():
            gone = name not in asked
            self.expressions[name] = "None" if gone else self._expression(column, inside)
        must = {asked[name]["source"] for name in self.required}
        self.fields: list[Any] = [
            (self._places[root], type_)
            if root in must
            else (self._places[root], msgspec.Raw, NULL)
            if type_ is msgspec.Raw
            else (self._places[root], type_ | None, None)
            for root, type_ in self._types.items()
        ]
        self.names = {self._places[root]: root for root in self._types}
        self.type = msgspec.defstruct("Row", self.fields, rename=self.names, gc=False, kw_only=True)

    def add(self, expressions: Mapping[str, str]) -> None:
        """Give more columns, or others in their place."""
        self.expressions |= expressions

    def leave(self, names: Iterable[str]) -> None:
        """Give some columns no more."""
        for name in names:
            self.expressions.pop(name, None)

    def maker(self, constants: Sequence[str] = ()) -> Callable[..., list[msgspec.Struct]]:
        """Return what makes records of rows and the values of constants."""
        names = [*self.expressions, *constants]
        places = [f"f{n}" for n in range(len(names))]
        record = msgspec.defstruct(
            "Record",
            [(place, Any) for place in places],
            rename=dict(zip(places, names, strict=True)),
            gc=False,
        )
        values = [f"c{n}" for n in range(len(constants))]
        made = f"r and RECORD({','.join([*self.expressions.values(), *values])})"
        return self._function(made, *values, RECORD=record)

    def getters(self) -> dict[str, Callable[[Sequence[Row]], list[Value]]]:
        """Return what returns each column by itself."""
        return {name: self._function(text) for name, text in self.expressions.items()}

    def numbers(self) -> Callable[[Sequence[Row]], list[Value]]:
        """Return what returns the numbers of rows, those of objects in them included."""
        found: Callable[..., Any] = eval(  # noqa: S307 - made of places only
            f"lambda rows: [v for r in rows if r is not None for v in ({''.join(self._numbers)})]",
            self._globals,
        )
        return found if self._numbers else lambda _: []

    def _function(self, expression: str, *arguments: str, **names: object) -> Callable[..., Any]:
        found: Callable[..., Any] = eval(  # noqa: S307 - made of places only
            f"lambda {','.join(('rows', *arguments))}: [{expression} for r in rows]",
            {**self._globals, **names},
        )
        return found

    def _expression(self, column: Json, refused: frozenset[str]) -> str:
        root, leaf = root_of(column["source"]), column["source"].partition(".")[2]
        place = f"{self._row}.{self._places[root]}"
        if root == "changes":
            self._types[root] = list[Change]
            return f"{'first' if column['source'] == 'changes[0]' else 'last'}({place})"
        if "properties" in column:
            inner = self._inner(root, column["properties"], refused, f"({place},)")
            self._types[root] = inner.type
            return f"(None if (x := {place}) is None else {self._maker_of(root)}((x,))[0])"
        if column["type"] == "array":
            return self._list(root, leaf, column["items"], refused, place)
        if leaf:
            self._types[root] = _struct("Reference", self._leaves[root])
            value = f"x.{leaf}"
            return f"(None if (x := {place}) is None else {_or_none(value, column)})"
        if column["type"] in TYPES and not column.get("json") and column.get("format") != FORMAT:
            self._types[root] = _type_of(column)
            return _or_none(place, column)
        self._types[root] = msgspec.Raw
        return self._of_text(column, place)

    def _of_text(self, column: Json, place: str) -> str:
        if column.get("json"):
            self._numbers.append(f"{place} == NULL and None,")
            return f"(None if (x := {place}) == NULL else text(x))"
        if column.get("format") == FORMAT:
            self._numbers.append(f"{place},")
            return f"(x if (x := {place}) == NULL else decimal(x, {column['scale']}))"
        is_number = column["type"] == "number"
        self._numbers.append(f"{place}," if is_number else f"{place} == NULL and None,")
        return place

    def _list(self, root: str, leaf: str, items: Json, refused: frozenset[str], place: str) -> str:
        if "properties" in items:
            inner = self._inner(root, items["properties"], refused, f"{place} or ()")
            self._types[root] = list[inner.type | None]  # type: ignore[name-defined]
            return f"(None if (x := {place}) is None else {self._maker_of(root)}(x))"
        if leaf:
            element = _struct("Element", {leaf: items})
            self._types[root] = list[element | None]  # type: ignore[valid-type]
            found = f"[e and e.{leaf} for e in x]"
            return f"(None if (x := {place}) is None else {found})"
        self._types[root] = list[_type_of(items) | None]  # type: ignore[misc]
        return place

    def _inner(
        self, root: str, properties: Mapping[str, Json], refused: frozenset[str], rows: str
    ) -> _Struct:
        inner = _Struct(properties, refused, "r")
        self._globals[self._maker_of(root)] = inner.maker()
        if inner._numbers:
            self._globals[f"numbers_{self._places[root]}"] = inner.numbers()
            self._numbers.append(f"*numbers_{self._places[root]}({rows}),")
        return inner

    def _maker_of(self, root: str) -> str:
        return f"make_{self._places[root]}"


def _struct(name: str, leaves: Mapping[str, Json]) -> type[msgspec.Struct]:
    """Return a type with values by name, each of which may be null or missing."""
    fields = [(leaf, _type_of(column) | None, None) for leaf, column in leaves.items()]
    return msgspec.defstruct(name, fields, gc=False)


def _type_of(column: Json) -> Any:  # noqa: ANN401
    return TYPES[column.get("format") or column["type"]]


def _or_none(value: str, column: Json) -> str:
    """Return the expression of a value, None where the API says 0 for none."""
    return f"({value} or None)" if column.get("none") == 0 else value


def _text(value: msgspec.Raw) -> str:
    return json_text(_value_in(value))


def _decimal(number: msgspec.Raw, scale: int) -> msgspec.Raw:
    text = bytes(number)
    if not is_plain(text, scale):
        text = decimal_text(_value_in(text), scale).encode()
    return msgspec.Raw(b'"%b"' % text)


def _first(changes: list[Change] | None) -> str | None:
    return _time(changes[0]) if changes else None


def _last(changes: list[Change] | None) -> str | None:
    return _time(changes[-1]) if changes else None


def _time(change: Change) -> str | None:
    return None if change.timestamp is None else in_utc(change.timestamp)


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "text": _text,
    "decimal": _decimal,
    "first": _first,
    "last": _last,
}
"""What expressions call."""
