"""What is in an answer: rows as text, and what the API says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typing_extensions import Self

Json = dict[str, Any]
Rows = list[msgspec.Raw]
"""Objects, each as its text on one line."""

BEFORE_ROWS = re.compile(rb'\s*\{[^\[\]{}]*"values"\s*:\s*\[')
"""Recorded: all but a few answers say everything else before the rows."""

BETWEEN_ROWS = b"},{"
FEW_CUTS = 8
"""Places tried in a piece of text before more text is waited for."""

NULL = msgspec.Raw(b"null")


class Envelope(msgspec.Struct, gc=False):
    """What the API wraps rows in: ``values`` of a list, ``value`` of an object."""

    values: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    version_digest: str | None = msgspec.field(name="versionDigest", default=None)
    full_result_size: int | None = msgspec.field(name="fullResultSize", default=None)
    count: int | None = None

    def rows(self) -> list[msgspec.Raw]:
        """Return the objects, each as its text."""
        if isinstance(self.value, msgspec.Raw):
            return [] if self.value == NULL else [self.value]
        return self.values or []

    @property
    def digest(self) -> str | None:
        """Return the checksum; where there is none the API sends a sentence that says why."""
        digest = self.version_digest
        return None if not digest or " " in digest else digest


envelope = msgspec.json.Decoder(Envelope).decode
objects = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
_rows_of = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(frozen=True)
class Facts:
    """What is known of an answer without its rows.

    Attributes:
        count: number of rows.
        digest: checksum of the whole filtered set, None where the path has none.
        size: ``fullResultSize``. Recorded: the number of the row after this page where there is
            one, otherwise of the last row; past the end of the list the number of its rows.
        length: bytes of the answer, unpacked.
        weight: bytes that are held until the rows are used.
    """

    count: int = 0
    digest: str | None = None
    size: int | None = None
    length: int = 0
    weight: int = 0


class Page:
    """One answer. A large one stays packed until its rows are used, and is unpacked piecemeal."""

    def __init__(
        self,
        facts: Facts = Facts(),
        pieces: Callable[[], Iterable[Rows]] = tuple,
        *,
        unchanged: bool = False,
    ) -> None:
        """Keep what unpacks the answer.

        Args:
            facts: of the answer.
            pieces: unpacks the rows, some at a time, whenever they are wanted.
            unchanged: the set still has the digest that was sent (304).
        """
        self.facts = facts
        self.unchanged = unchanged
        self.pieces = pieces

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read a whole answer.

        Raises:
            msgspec.DecodeError: when it is not whole, or something else.
        """
        found = envelope(content)
        if found.values is msgspec.UNSET and found.value is msgspec.UNSET:
            message = "it is no answer envelope"
            raise msgspec.DecodeError(message)
        rows = _on_lines(found.rows(), content)
        length = len(content)
        facts = Facts(len(rows), found.digest, found.full_result_size, length, length)
        return cls(facts, lambda: (rows,))

    @cached_property
    def head(self) -> bytes:
        """Return the text of the first object."""
        rows = next(iter(self.pieces()), None)
        return bytes(rows[0]) if rows else b""

    def rows(self) -> Rows:
        """Return all objects."""
        return [row for rows in self.pieces() for row in rows]

    @cached_property
    def values(self) -> list[Json]:
        """Return the objects. Numbers are exact: one with a fraction is a Decimal."""
        return [objects(row) for row in self.rows()]


@dataclass(frozen=True)
class Beginning:
    """What an answer says before its rows.

    Attributes:
        length: bytes up to the first row.
        count: number of rows.
        digest: see Facts.
        size: see Facts.
    """

    length: int
    count: int
    digest: str | None
    size: int | None

    @classmethod
    def of(cls, text: bytes) -> Self | None:
        """Read the beginning of an answer, None where not everything is said there."""
        found = BEFORE_ROWS.match(text)
        if not found:
            return None
        try:
            said = envelope(found[0] + b"]}")
        except msgspec.DecodeError:
            return None
        if not said.count or b'"versionDigest"' not in found[0]:
            return None
        return cls(found.end(), said.count, said.digest, said.full_result_size)


def pieces_of(blocks: Iterable[bytes], beginning: Beginning) -> Iterator[Rows]:
    """Yield the rows of an answer while it is unpacked: it is never held as a whole.

    Args:
        blocks: the text of the answer.
        beginning: how it begins.

    Raises:
        msgspec.DecodeError: when it is not whole.
    """
    rest, skip, count = b"", beginning.length, 0
    for block in blocks:
        skipped, skip = block[skip:], max(skip - len(block), 0)
        rows, rest = _cut(rest, skipped)
        if rows:
            count += len(rows)
            yield rows
    rows = _on_lines(envelope(b'{"values":[' + rest).rows(), rest)
    count += len(rows)
    if count != beginning.count:
        message = f"it has {count} rows and says {beginning.count}"
        raise msgspec.DecodeError(message)
    if rows:
        yield rows


def _cut(begun: bytes, text: bytes) -> tuple[Rows, bytes]:
    """Return the whole rows in a text, the first of them begun before, and what is left of it.

    What looks like the end of a row may be inside one; then what lies before is no list of rows.
    """
    end, view = len(text), memoryview(text)
    for _ in range(FEW_CUTS):
        end = text.rfind(BETWEEN_ROWS, 0, end)
        if end < 0:
            break
        whole = b"".join((b"[", begun, view[: end + 1], b"]"))
        try:
            rows = _rows_of(whole)
        except msgspec.DecodeError:
            continue
        return _on_lines(rows, whole), text[end + 2 :]
    return [], begun + text


def _on_lines(rows: Rows, text: bytes) -> Rows:
    """Return rows, each on one line."""
    if b"\n" not in text:
        return rows
    return [msgspec.Raw(msgspec.json.format(bytes(row), indent=-1)) for row in rows]
