"""Which numbers are amounts of money, how many decimals a column needs, and numbers as texts."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]

AMOUNT = (18, 2)
"""Precision and scale of an amount: Tripletex books whole øre."""

QUANTITY = (28, 9)
"""Precision and scale of all other numbers: rates, prices of a unit, percentages, hours."""

FORMAT = "x-singer.decimal"
"""Format of a text that is a number; ``precision`` and ``scale`` beside it are those of a column.

The SDK makes DECIMAL of it: ``singer_sdk.sql.connector``, JSONSchemaToSQL.
"""

SMALL = 10 ** (AMOUNT[0] - AMOUNT[1])
"""Below it, a number fits into any column."""

_AMOUNT_WORDS = re.compile(r"(?:^|_)(?:amount|balance|outstanding|paid|sum|total)(?:_|$)")
_OTHER_WORDS = re.compile(r"(?:^|_)(?:hours?|percent|percentage|quantity|vacation_balance)(?:_|$)")


def decimals(column: str) -> tuple[int, int]:
    """Return precision and scale of a column of numbers, by its name.

    What the name does not call an amount may have any number of decimals, as prices of a unit have.
    """
    amount = _AMOUNT_WORDS.search(column) and not _OTHER_WORDS.search(column)
    return AMOUNT if amount else QUANTITY


def as_texts(columns: Mapping[str, Json]) -> Json:
    """Return packaged columns, and those inside them, with texts in place of numbers."""

    def text(name: str, column: Json) -> Json:
        number = column["type"] == "number"
        return {**column, "type": "string", **_format(name)} if number else column

    return _each(columns, text)


def with_precision(properties: Mapping[str, Json]) -> Json:
    """Return properties of a JSON schema with the precision and scale of texts that are numbers.

    The SDK's own schemas know no such words (``singer_sdk.singerlib.schema``, STANDARD_KEYS).
    """

    def sized(name: str, schema: Json) -> Json:
        return {**schema, **_format(name)} if schema.get("format") == FORMAT else schema

    return _each(properties, sized)


def _format(name: str) -> Json:
    precision, scale = decimals(name)
    return {"format": FORMAT, "precision": precision, "scale": scale}


def _each(columns: Mapping[str, Json], change: Callable[[str, Json], Json]) -> Json:
    """Return columns and those inside them, each changed."""

    def changed(name: str, column: Json) -> Json:
        if "properties" in column:
            return {**column, "properties": _each(column["properties"], change)}
        if "items" in column:
            return {**column, "items": changed(name, column["items"])}
        return change(name, column)

    return {name: changed(name, column) for name, column in columns.items()}


def fits(number: int | Decimal, precision: int, scale: int) -> bool:
    """Return whether a number, rounded to its scale, has no more digits than its precision."""
    overflow = Decimal(f"{'9' * (precision - scale)}.{'9' * scale}5")
    return -overflow < number < overflow


def decimal_text(number: int | Decimal, scale: int) -> str:
    """Return a number that fits as text without exponent, rounded only if it has more decimals.

    >>> decimal_text(Decimal("5984.310000000027"), 2)
    '5984.31'
    """
    text = str(number)
    if is_plain(text.encode(), scale):
        return text
    return f"{Decimal(number).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP):f}"


def is_plain(number: bytes, scale: int) -> bool:
    """Return whether the JSON of a number is what ``decimal_text`` would return."""
    return _plain(scale).fullmatch(number) is not None


@cache
def _plain(scale: int) -> re.Pattern[bytes]:
    return re.compile(rb"0|-?[1-9]\d*|-?\d+\.\d{1,%d}" % scale)
