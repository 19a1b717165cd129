"""What came that is not as documented: counted for each column, told once a stream and company."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NAMED = 5
"""Rows named of those that were left out."""

LONGEST = 20
"""Characters shown of what came."""


@dataclass
class Oddity:
    """Odd values of one column.

    Attributes:
        came: the first of them, in words.
        rows: where they came: the first few.
        count: how many.
    """

    came: str
    rows: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, row: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.rows) < MOST_NAMED:
            self.rows.append(row)


class Oddities:
    """The odd values of one stream in one company."""

    def __init__(self) -> None:
        """Begin without any."""
        self._mended: dict[str, Oddity] = {}
        self._left_out: dict[str, Oddity] = {}
        self.lost = 0
        """Rows that were left out so far."""
        self.unasked = 0
        """Objects without an id to ask by: what belongs to them is missing."""

    def mend(self, column: str, came: str, row: str) -> None:
        """Note a value that was mended."""
        self._mended.setdefault(column, Oddity(came)).add(row)

    def leave_out(self, column: str, came: str, row: str) -> None:
        """Note a row that was left out for what came in a column."""
        self.lost += 1
        self._left_out.setdefault(column, Oddity(came)).add(row)

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for each column with values that were mended."""
        for column, odd in self._mended.items():
            message = (
                f"{column} came {odd.count} times as something else than documented, first as "
                f"{odd.came} in {odd.rows[0]}; what cannot be kept is null."
            )
            yield message

    def failures(self) -> Iterator[str]:
        """Yield a sentence for each reason for which something is missing."""
        for column, odd in self._left_out.items():
            more = odd.count - len(odd.rows)
            named = ", ".join(odd.rows) + (f" and {more} more" if more else "")
            message = (
                f"Left out, for {column} came as {odd.came}, which cannot be mended without "
                f"guessing: {named}. The slices that they belong to are not complete and are read "
                "again in each run; tell Tripletex about the rows."
            )
            yield message
        if self.unasked:
            yield (
                f"{self.unasked} objects that this stream is asked for by came without a usable "
                "id; what belongs to them is missing."
            )


def in_words(text: bytes) -> str:
    """Return what a JSON value is, its digits and letters veiled: it may be private.

    >>> in_words(b'"1.2.26"')
    'text like "9.9.99"'
    """
    start = text[:1]
    if start == b"{":
        return "an object"
    if start == b"[":
        return "a list"
    if start == b"n":
        return "null"
    if start in {b"t", b"f"}:
        return "true or false"
    veiled = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text.decode("utf-8", "replace")))
    if len(veiled) > LONGEST:
        veiled = veiled[:LONGEST] + "…"
    return f"text like {veiled}" if start == b'"' else f"the number {veiled}"
