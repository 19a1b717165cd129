"""What is in an answer: rows as text, and what the API says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tap_tripletex.api.errors import MalformedRowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from typing_extensions import Self

T = TypeVar("T")
Json = dict[str, Any]
Rows = list[msgspec.Raw]
"""Objects, each as its text on one line."""

BEFORE_ROWS = re.compile(rb'\s*\{[^\[\]{}]*"values"\s*:\s*\[')
"""Recorded: all but a few answers say everything else before the rows."""

BETWEEN_ROWS = b"},{"
FEW_CUTS = 8
"""Places tried in a piece of text before more text is waited for."""

NULL = msgspec.Raw(b"null")

REPLACED = b"\\ufffd"
"""The escape of the replacement character: stands for what is no character."""

ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""An escape in JSON; one half of a surrogate pair, as of an emoji cut in two, is the group."""

HALF = re.compile(rb"\\u[dD][89a-fA-F]")
TOO_DEEP = "its values lie too deep in one another"
NO_UTF_8 = re.compile("[\udc80-\udcff]+")


def readable(text: bytes) -> bytes:
    """Return a text with REPLACED for each half of a surrogate pair, and for what is no UTF-8."""
    if HALF.search(text):
        text = ESCAPE.sub(lambda found: REPLACED if found[1] else found[0], text)
    decoded = text.decode("utf-8", "surrogateescape")
    return NO_UTF_8.sub(lambda _: REPLACED.decode(), decoded).encode()


def exact(number: str) -> Decimal:
    """Return a number with every digit; 0 where it is nearer to that than a Decimal can tell."""
    try:
        return Decimal(number)
    except InvalidOperation:
        return Decimal(0)


class Envelope(msgspec.Struct, gc=False):
    """What the API wraps rows in: ``values`` of a list, ``value`` of an object."""

    values: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    version_digest: msgspec.Raw = msgspec.field(name="versionDigest", default=NULL)
    full_result_size: msgspec.Raw = msgspec.field(name="fullResultSize", default=NULL)
    count: msgspec.Raw = NULL

    @property
    def is_null(self) -> bool:
        """Return whether there is null where a list should be: not the same as an empty list."""
        return self.values is None and self.value is msgspec.UNSET

    def rows(self) -> list[msgspec.Raw]:
        """Return the objects, each as its text."""
        if isinstance(self.value, msgspec.Raw):
            return [] if self.value == NULL else [self.value]
        return self.values or []

    @property
    def digest(self) -> str | None:
        """Return the checksum; where there is none the API sends a sentence that says why."""
        digest = _said(self.version_digest, str)
        return None if not digest or " " in digest else digest

    @property
    def size(self) -> int | None:
        """Return ``fullResultSize``; see Facts."""
        return _said(self.full_result_size, int)


def _said(text: msgspec.Raw, type_: type[T]) -> T | None:
    """Return what an answer says of itself, None where that is something else."""
    try:
        return msgspec.json.decode(text, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _decoded(type_: type[T]) -> Callable[[bytes | msgspec.Raw], T]:
    """Return what decodes a type, halves of characters replaced; it raises DecodeError only."""
    decode = msgspec.json.Decoder(type_, float_hook=exact).decode

    def decoded(text: bytes | msgspec.Raw) -> T:
        try:
            return decode(text)
        except RecursionError:
            raise msgspec.DecodeError(TOO_DEEP) from None
        except UnicodeDecodeError:
            pass
        except msgspec.DecodeError:
            if not HALF.search(text):
                raise
        except ValueError as fault:  # a number of thousands of digits
            raise msgspec.DecodeError(str(fault)) from None
        return decode(readable(bytes(text)))

    return decoded


envelope = _decoded(Envelope)
objects = _decoded(dict[str, Any])
_rows_of = _decoded(list[msgspec.Raw])
_members = _decoded(dict[str, msgspec.Raw])


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
        absent: there is null where a list should be, which is not the same as an empty list.
    """

    count: int = 0
    digest: str | None = None
    size: int | None = None
    length: int = 0
    weight: int = 0
    absent: bool = False


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
    def read(cls, content: bytes, *, single: bool = True) -> Self:
        """Read a whole answer.

        Args:
            content: its text.
            single: it is one object, which may be missing; otherwise a list, which may not: one
                that is not there is no list without rows.

        Raises:
            msgspec.DecodeError: when it is not whole, or something else.
        """
        found = envelope(content)
        if found.values is msgspec.UNSET and found.value is msgspec.UNSET:
            message = "it is no answer envelope"
            raise msgspec.DecodeError(message)
        if not single and found.values is msgspec.UNSET and found.value == NULL:
            message = "it has no list of rows"
            raise msgspec.DecodeError(message)
        rows = _on_lines(found.rows(), content)
        said = _said(found.count, int) or 0
        if not single and said > len(rows):
            message = f"it has {len(rows)} rows and says {said}"
            raise msgspec.DecodeError(message)
        length = len(content)
        facts = Facts(len(rows), found.digest, found.size, length, length, absent=found.is_null)
        return cls(facts, lambda: (rows,))

    @cached_property
    def head(self) -> bytes:
        """Return the text of the first object."""
        rows = next(iter(self.pieces()), None)
        return bytes(rows[0]) if rows else b""

    @cached_property
    def tail(self) -> bytes:
        """Return the text of the last object."""
        last = b""
        for rows in self.pieces():
            last = bytes(rows[-1]) if rows else last
        return last

    @classmethod
    def joined(cls, pages: Sequence[Page]) -> Self:
        """Return several pages as one."""
        count = sum(page.facts.count for page in pages)
        digest = pages[0].facts.digest
        return cls(Facts(count, digest), lambda: (rows for page in pages for rows in page.pieces()))

    def without_first(self) -> Page:
        """Return the page without its first object."""

        def pieces() -> Iterator[Rows]:
            parts = iter(self.pieces())
            yield next(parts, [])[1:]
            yield from parts

        return Page(replace(self.facts, count=self.facts.count - 1), pieces)

    def lines(self, name: str, wanted: Callable[[Json], bool]) -> Page:
        """Return the lines inside the objects of this page, those of them that are wanted.

        Raises:
            MalformedRowError: while they are used, when an object has no such lines.
        """

        def pieces() -> Iterator[Rows]:
            for rows in self.pieces():
                yield [line for row in rows for line in _lines(row, name, wanted)]

        return Page(self.facts, pieces, unchanged=self.unchanged)

    def rows(self) -> Rows:
        """Return all objects."""
        return [row for rows in self.pieces() for row in rows]

    @cached_property
    def values(self) -> list[Json]:
        """Return the objects. Numbers are exact: one with a fraction is a Decimal.

        Raises:
            MalformedRowError: when one is something else.
        """
        found, odd = self.of_type(dict[str, Any])
        if odd:
            raise MalformedRowError(odd[0])
        return found

    def of_type(self, type_: type[T]) -> tuple[list[T], list[str]]:
        """Return the objects that are of a type, and of each of the others what is wrong."""
        decode = _decoded(type_)
        found, odd = [], []
        for row in self.rows():
            try:
                found.append(decode(row))
            except msgspec.DecodeError as fault:  # noqa: PERF203 - to name the one
                odd.append(f"A row of the answer is not as documented: {fault}.")
        return found, odd


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
        count = _said(said.count, int)
        if not count or b'"versionDigest"' not in found[0]:
            return None
        return cls(found.end(), count, said.digest, said.size)


def pieces_of(blocks: Iterable[bytes], beginning: Beginning) -> Iterator[Rows]:
    """Yield the rows of an answer while it is unpacked: it is never held as a whole.

    Args:
        blocks: the text of the answer.
        beginning: how it begins.

    Raises:
        msgspec.DecodeError: when it is not whole.
    """
    begun: list[bytes] = []
    skip, count, size, least = beginning.length, 0, 0, 0
    for block in blocks:
        skipped, skip = block[skip:], max(skip - len(block), 0)
        begun.append(skipped)
        size += len(skipped)
        if size < least:
            continue
        rows, rest = _cut(b"".join(begun))
        begun, size = [rest], len(rest)
        # No row ends here: twice as much is waited for, or the work would grow with the square.
        least = 0 if rows else 2 * size
        if rows:
            count += len(rows)
            yield rows
    rest = b"".join(begun)
    rows = _on_lines(envelope(b'{"values":[' + rest).rows(), rest)
    count += len(rows)
    if count != beginning.count:
        message = f"it has {count} rows and says {beginning.count}"
        raise msgspec.DecodeError(message)
    if rows:
        yield rows


def _lines(row: msgspec.Raw, name: str, wanted: Callable[[Json], bool]) -> Rows:
    try:
        return [line for line in _rows_of(_members(row)[name]) if wanted(objects(line))]
    except (KeyError, msgspec.DecodeError) as fault:
        message = f"A row of the answer has no {name} that can be read: {fault}."
        raise MalformedRowError(message) from fault


def _cut(text: bytes) -> tuple[Rows, bytes]:
    """Return the whole rows at the beginning of a text, and what is left of it.

    What looks like the end of a row may be inside one; then what lies before is no list of rows.
    """
    end, view = len(text), memoryview(text)
    for _ in range(FEW_CUTS):
        end = text.rfind(BETWEEN_ROWS, 0, end)
        if end < 0:
            break
        whole = b"".join((b"[", view[: end + 1], b"]"))
        try:
            rows = _rows_of(whole)
        except msgspec.DecodeError:
            continue
        return _on_lines(rows, whole), text[end + 2 :]
    return [], text


def _on_lines(rows: Rows, text: bytes) -> Rows:
    """Return rows, each on one line."""
    if b"\n" not in text:
        return rows
    return [msgspec.Raw(msgspec.json.format(bytes(row), indent=-1)) for row in rows]
