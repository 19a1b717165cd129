"""An odd value costs that value: what is not as documented becomes null, and the rest is kept.

Only objects that the compiled decoders of ``lines`` object to come here, value by value.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_tripletex.api.pages import REPLACED, exact, readable
from tap_tripletex.rows.decimals import FORMAT, fits
from tap_tripletex.rows.oddities import in_words
from tap_tripletex.rows.shapes import INT64, in_utc, root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tap_tripletex.rows.oddities import Oddities

Json = dict[str, Any]
Mended = tuple[Any, str | None]
"""What is kept of a value, and what came in words if that is something else."""

NULL = msgspec.Raw(b"null")
NUL = "\0"
ROW = "the row"
SHOWN = 40
"""Bytes of a key that are shown."""

LARGEST = Decimal(sys.float_info.max)
"""Largest number: loaders and warehouses have floating-point numbers."""

Integer = Annotated[int, msgspec.Meta(ge=-INT64 - 1, le=INT64)]

DAY_AND_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d[\d:.+Z-]*")

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What msgspec raises about a text that is not of the type asked for."""

_fields_in = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_elements_in = msgspec.json.Decoder(list[msgspec.Raw]).decode
_integer_in = msgspec.json.Decoder(Integer).decode
_number_in = msgspec.json.Decoder(float).decode
_text_in = msgspec.json.Decoder(str).decode
_date_in = msgspec.json.Decoder(date).decode
_exact_in = msgspec.json.Decoder(float_hook=exact).decode
_time_in = msgspec.json.Decoder(datetime).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


class _LeftOutError(Exception):
    """A row cannot be kept."""

    def __init__(self, column: str, came: str) -> None:
        super().__init__(column, came)
        self.column = column
        self.came = came


@dataclass(frozen=True)
class Mender:
    """Mends the objects of one list.

    Attributes:
        columns: of the records, by name, as far as they are asked for.
        keys: columns that must not be null.
        vital: columns without whose value a row is left out, should something odd come.
        oddities: takes what was odd.
        lines: name of the list that the records are; None where the object itself is the record.
        parent: columns of the object around those lines.
    """

    columns: Mapping[str, Json]
    keys: Collection[str]
    vital: Collection[str]
    oddities: Oddities
    lines: str | None = None
    parent: Mapping[str, Json] | None = None

    def mend(self, text: msgspec.Raw) -> msgspec.Raw | None:
        """Return the text of an object in which every value is as documented, None for no row."""
        try:
            if self.lines is None:
                return _raw(self._row(text, self.columns))
            return _raw(self._object(text, self.lines))
        except _LeftOutError as reason:
            self.oddities.leave_out(reason.column, reason.came, self._named(text))
            return None

    def _object(self, text: msgspec.Raw, lines: str) -> Json:
        mended = self._row(text, self.parent or {})
        rows = _fields(text).get(lines, NULL)
        if rows == NULL:
            return mended
        elements = _elements(rows)
        if elements is None:
            raise _LeftOutError(lines, in_words(bytes(rows)))
        mended[lines] = kept = []
        for element in elements:
            try:
                kept.append(self._row(element, self.columns))
            except _LeftOutError as reason:  # noqa: PERF203 - to leave out the one
                row = f"{self._named(element)} of {self._named(text)}"
                self.oddities.leave_out(reason.column, reason.came, row)
        return mended

    def _row(self, text: msgspec.Raw, columns: Mapping[str, Json]) -> Json:
        fields = _fields_or_none(text)
        if fields is None:
            raise _LeftOutError(ROW, in_words(bytes(text)))
        odd: list[tuple[str, str]] = []
        mended = _mended(fields, columns, "", lambda *one: odd.append(one))
        for column, came in odd:
            if column in self.vital or column in self.keys:
                raise _LeftOutError(column, came)
        for key in self.keys:
            if key in columns and _is_null(mended, columns[key]):
                raise _LeftOutError(key, "null")
        for column, came in odd:
            self.oddities.mend(column, came, self._named(text))
        return mended

    def _named(self, text: msgspec.Raw) -> str:
        """Return an object's key in words."""
        fields = _fields(text)
        keys = {key: self.columns[key]["source"] for key in self.keys if key in self.columns}
        parts = []
        for name, source in (keys or {"id": "id"}).items():
            value = fields.get(root_of(source), NULL)
            if "." in source:
                value = _fields(value).get(source.partition(".")[2], NULL)
            parts.append(f"{name} {bytes(value)[:SHOWN].decode('utf-8', 'replace')}")
        return " ".join(parts)


def _raw(mended: Json) -> msgspec.Raw:
    return msgspec.Raw(_encode(mended))


def _fields_or_none(text: msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    with suppress(*UNREADABLE):
        return _fields_in(text)
    with suppress(*UNREADABLE):
        return _fields_in(readable(bytes(text)))
    return None


def _fields(text: msgspec.Raw) -> dict[str, msgspec.Raw]:
    return _fields_or_none(text) or {}


def _elements(text: msgspec.Raw) -> list[msgspec.Raw] | None:
    try:
        return _elements_in(text)
    except UNREADABLE:
        return None


def _is_null(mended: Json, column: Json) -> bool:
    root, leaf = root_of(column["source"]), column["source"].partition(".")[2]
    value = mended.get(root)
    if leaf and value is not None:
        value = value.get(leaf)
    return value is None or value == NULL or ("none" in column and value == b"0")


def _mended(
    fields: Mapping[str, msgspec.Raw],
    columns: Mapping[str, Json],
    above: str,
    odd: Callable[[str, str], None],
) -> Json:
    """Return an object with what its columns are made of, each as documented.

    Args:
        fields: the object.
        columns: to be made of it.
        above: the object's own column, with a dot, where it is inside another.
        odd: told of each odd value: column, and what came.
    """
    mended: Json = {}
    for name, column in columns.items():
        root, leaf = root_of(column["source"]), column["source"].partition(".")[2]
        text = fields.get(root, NULL)
        if text == NULL:
            continue

        def tell(came: str, name: str = name) -> None:
            odd(above + name, came)

        if root == "changes":
            _change(mended.setdefault(root, [{}, {}]), text, column["source"], tell)
        elif "properties" in column:
            inner = _fields_or_none(text)
            if inner is None:
                tell(in_words(bytes(text)))
            else:
                mended[root] = _mended(inner, column["properties"], f"{above}{name}.", odd)
        elif column["type"] == "array":
            mended[root] = _list(text, leaf, column["items"], f"{above}{name}", odd)
        elif leaf:
            inner = _fields_or_none(text)
            if inner is None:
                tell(in_words(bytes(text)))
            else:
                reference = mended.setdefault(root, {})
                reference[leaf] = _scalar(inner.get(leaf, NULL), column, tell)
        else:
            mended[root] = _scalar(text, column, tell)
    return mended


def _list(
    text: msgspec.Raw, leaf: str, items: Json, path: str, odd: Callable[[str, str], None]
) -> list[Any] | None:
    elements = _elements(text)
    if elements is None:
        odd(path, in_words(bytes(text)))
        return None

    def tell(came: str) -> None:
        odd(path, came)

    if not leaf and "properties" not in items:
        return [_scalar(element, items, tell) for element in elements]
    found: list[Any] = []
    for element in elements:
        fields = None if element == NULL else _fields_or_none(element)
        if fields is None:
            if element != NULL:
                tell(in_words(bytes(element)))
            found.append(None)
        elif leaf:
            found.append({leaf: _scalar(fields.get(leaf, NULL), items, tell)})
        else:
            found.append(_mended(fields, items["properties"], f"{path}.", odd))
    return found


def _change(pair: list[Json], text: msgspec.Raw, source: str, tell: Callable[[str], None]) -> None:
    """Set the first or the last of two changes to what is in a list of them."""
    place = 0 if source == "changes[0]" else -1
    changes = _elements(text)
    if not changes:
        if changes is None:
            tell(in_words(bytes(text)))
        return
    fields = _fields_or_none(changes[place])
    if fields is None:
        tell(in_words(bytes(changes[place])))
        return
    time = fields.get("timestamp", NULL)
    if time == NULL:
        return
    try:
        usable = in_utc(_time_in(time)) is not None
    except UNREADABLE:
        usable = False
    if usable:
        pair[place]["timestamp"] = time
    else:
        tell(in_words(bytes(time)))


def _scalar(text: msgspec.Raw, column: Json, tell: Callable[[str], None]) -> Any:  # noqa: ANN401
    if text == NULL:
        return None
    kind = "json" if column.get("json") else column.get("format") or column["type"]
    kept, came = _KINDS[kind](text)
    if kind == FORMAT and kept and not fits(_exact_in(kept), column["precision"], column["scale"]):
        kept, came = None, in_words(bytes(text))
    if came is not None:
        tell(came)
    return kept


def _integer(text: msgspec.Raw) -> Mended:
    try:
        _integer_in(text)
    except UNREADABLE:
        return _without_fraction(text)
    return text, None


def _without_fraction(text: msgspec.Raw) -> Mended:
    """Return a number like 1.0 as 1: JSON has no integers."""
    try:
        _number_in(text)
    except UNREADABLE:
        return None, in_words(bytes(text))
    number = _exact_in(text)
    if abs(number) <= INT64 and number == int(number):
        return int(number), None
    return None, in_words(bytes(text))


def _number(text: msgspec.Raw) -> Mended:
    try:
        _number_in(text)
    except UNREADABLE:
        return None, in_words(bytes(text))
    return text, None


def _boolean(text: msgspec.Raw) -> Mended:
    known = bytes(text) in {b"true", b"false"}
    return (text, None) if known else (None, in_words(bytes(text)))


def _text(text: msgspec.Raw) -> Mended:
    whole = text
    try:
        value = _text_in(whole)
    except UNREADABLE:
        whole = msgspec.Raw(readable(bytes(text)))
        try:
            value = _text_in(whole)
        except UNREADABLE:
            return None, in_words(bytes(text))
    if NUL in value:
        return value.replace(NUL, ""), "text with a NUL in it"
    if REPLACED in bytes(whole):
        return value, "text with half a character in it"
    return text, None


def _date(text: msgspec.Raw) -> Mended:
    try:
        _date_in(text)
    except UNREADABLE:
        return _day(text)
    return text, None


def _day(text: msgspec.Raw) -> Mended:
    """Return the day of a date with a time, nothing of an empty text."""
    try:
        value = _text_in(text)
        if not value:
            return None, None
        found = DAY_AND_TIME.fullmatch(value)
        if found:
            return _date_in(_encode(found[1])), None
    except UNREADABLE:
        pass
    return None, in_words(bytes(text))


def _free(text: msgspec.Raw) -> Mended:
    """Return an object without documented content, with text and numbers that can be loaded."""
    return _json(text) if bytes(text)[:1] == b"{" else (None, in_words(bytes(text)))


def _json(text: msgspec.Raw) -> Mended:
    whole = readable(bytes(text))
    try:
        value = _exact_in(whole)
        kept = _loadable(value)
    except UNREADABLE:
        return None, in_words(bytes(text))
    same = kept == value and REPLACED not in whole
    return kept, None if same else "a value with odd ones in it"


def _loadable(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return value.replace(NUL, "")
    if isinstance(value, dict):
        return {_loadable(name): _loadable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_loadable(inner) for inner in value]
    if isinstance(value, int):
        return value if -INT64 <= value <= INT64 else None
    if isinstance(value, Decimal):
        return value if abs(value) <= LARGEST else None
    return value


_KINDS: Mapping[str, Callable[[msgspec.Raw], Mended]] = {
    "integer": _integer,
    "number": _number,
    FORMAT: _number,
    "boolean": _boolean,
    "string": _text,
    "date": _date,
    "object": _free,
    "json": _json,
}
