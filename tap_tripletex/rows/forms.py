"""The two forms in which rows leave the tap: lines of text, or records for the SDK to work on."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tap_tripletex.api.errors import MalformedRowError
from tap_tripletex.api.pages import objects
from tap_tripletex.rows.lines import NULL, compile_lines
from tap_tripletex.rows.shapes import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from tap_tripletex.reading.paging import Opened
    from tap_tripletex.reading.strategies import Strategy
    from tap_tripletex.rows.lines import Lines

Json = dict[str, Any]
Row = Any

_decode_texts = msgspec.json.Decoder(list[str | None]).decode
_decode_ids = msgspec.json.Decoder(list[int]).decode
_decode_accounts = msgspec.json.Decoder(list[int | None]).decode
_decode_amounts = msgspec.json.Decoder(list[Decimal | None]).decode
_encoder = msgspec.json.Encoder(decimal_format="number")
encode = _encoder.encode
encode_lines = _encoder.encode_lines


class RecordMessage(msgspec.Struct, tag_field="type", tag="RECORD", gc=False):
    """A RECORD message of Singer."""

    stream: str
    record: msgspec.Struct
    time_extracted: str


class Form(Protocol):
    """Makes of the objects in an answer what is emitted."""

    def rows(self, opened: Opened, objects: Sequence[msgspec.Raw]) -> list[Row]:
        """Return the rows in some objects.

        Raises:
            MalformedRowError: when one is not as documented.
        """

    def keys(self, opened: Opened, rows: Sequence[Row]) -> list[Hashable]:
        """Return the keys of rows.

        Raises:
            MalformedRowError: when a part of one is missing.
        """

    def amounts(self, rows: Sequence[Row]) -> Iterable[tuple[int | None, Decimal | None]]:
        """Return the account and the amount of postings."""

    def texts(self, opened: Opened, rows: Sequence[Row], column: str) -> list[str | None]:
        """Return a column of texts."""

    def emit(self, opened: Opened, rows: Sequence[Row], synced_at: str) -> Iterator[Json]:
        """Emit rows that were read at a time; yield what is left to the caller to emit."""


class RecordForm:
    """Yields records, for stream maps, flattening and batches."""

    def __init__(self, strategy: Strategy, keys: Sequence[str], added: Json) -> None:
        """Prepare.

        Args:
            strategy: finds the records in an object.
            keys: columns of the key.
            added: columns of every record.
        """
        self._strategy = strategy
        self._keys = tuple(keys)
        self._added = added

    def rows(self, opened: Opened, objects: Sequence[msgspec.Raw]) -> list[Row]:
        """See Form."""
        return [record for text in objects for record in self._records(opened, text)]

    def _records(self, opened: Opened, text: msgspec.Raw) -> list[Json]:
        try:
            source = objects(text)
            return list(self._strategy.records(opened.shape, source, opened.ask))
        except (AttributeError, KeyError, TypeError, ValueError, msgspec.DecodeError) as fault:
            raise malformed(opened, text, fault) from fault

    def keys(self, opened: Opened, rows: Sequence[Row]) -> list[Hashable]:
        """See Form."""
        keys = [tuple(row[name] for name in self._keys) for row in rows]
        if any(None in key for key in keys):
            raise without_key(opened, self._keys)
        return [key[0] for key in keys] if len(self._keys) == 1 else list(keys)

    def amounts(self, rows: Sequence[Row]) -> Iterable[tuple[int | None, Decimal | None]]:
        """See Form."""
        return ((row["account_id"], row["amount"]) for row in rows)

    def texts(self, opened: Opened, rows: Sequence[Row], column: str) -> list[str | None]:  # noqa: ARG002
        """See Form."""
        return [row[column] for row in rows]

    def emit(self, opened: Opened, rows: Sequence[Row], synced_at: str) -> Iterator[Json]:  # noqa: ARG002
        """See Form."""
        for row in rows:
            row.update(self._added)
            row["synced_at"] = synced_at
            yield row


class LineForm:
    """Writes RECORD messages itself, many at once, and yields nothing."""

    def __init__(
        self,
        stream: str,
        strategy: Strategy,
        keys: Sequence[str],
        added: Json,
        *,
        write: Callable[[bytes, int], None],
    ) -> None:
        """Prepare.

        Args:
            stream: its name in the messages.
            strategy: tells where the records are in an object.
            keys: columns of the key.
            added: columns of every record.
            write: takes whole lines, and how many they are.
        """
        self._stream = stream
        self._strategy = strategy
        self._keys = tuple(keys)
        self._added = added
        self._write = write
        self._compiled: dict[frozenset[str], Lines] = {}

    def rows(self, opened: Opened, objects: Sequence[msgspec.Raw]) -> list[Row]:
        """See Form."""
        lines = self._lines(opened)
        try:
            return lines.inside(list(map(lines.decode, objects)))
        except msgspec.DecodeError:
            for text in objects:
                try:
                    lines.decode(text)
                except msgspec.DecodeError as fault:  # noqa: PERF203 - to name the one
                    raise malformed(opened, text, fault) from fault
            raise

    def keys(self, opened: Opened, rows: Sequence[Row]) -> list[Hashable]:
        """See Form."""
        columns = self._lines(opened).columns
        asked = tuple(str(opened.ask.columns[n]) for n in self._keys if n in opened.ask.columns)
        parts = [columns[name](rows) for name in self._keys if name not in opened.ask.columns]
        if len(parts) == 1 and not asked:
            try:
                return list(_decode_ids(encode(parts[0])))
            except msgspec.DecodeError:
                pass  # not a number, or null: found below
        texts = zip(*([encode(value) for value in part] for part in parts), strict=True)
        keys = [asked + key for key in texts]
        null = bytes(NULL)
        if any(null in key for key in keys):
            raise without_key(opened, self._keys)
        return list(keys)

    def amounts(self, rows: Sequence[Row]) -> Iterable[tuple[int | None, Decimal | None]]:
        """See Form."""
        columns = next(iter(self._compiled.values())).columns
        accounts = _decode_accounts(encode(columns["account_id"](rows)))
        amounts = _decode_amounts(encode(columns["amount"](rows)))
        return zip(accounts, amounts, strict=True)

    def texts(self, opened: Opened, rows: Sequence[Row], column: str) -> list[str | None]:
        """See Form."""
        return _decode_texts(encode(self._lines(opened).columns[column](rows)))

    def emit(self, opened: Opened, rows: Sequence[Row], synced_at: str) -> Iterator[Json]:
        """See Form."""
        if rows:
            stream, extracted = self._stream, utc_text(datetime.now(timezone.utc))
            constants = {**opened.ask.columns, **self._added, "synced_at": synced_at}
            texts = map(msgspec.Raw, map(encode, constants.values()))
            records = self._lines(opened).records(rows, *texts)
            messages = [RecordMessage(stream, record, extracted) for record in records]
            self._write(encode_lines(messages), len(rows))
        return iter(())

    def _lines(self, opened: Opened) -> Lines:
        refused = opened.shape.refused
        if refused not in self._compiled:
            assert self._strategy.inside is not None  # noqa: S101 - chosen by that
            constants = (*opened.ask.columns, *self._added, "synced_at")
            self._compiled[refused] = compile_lines(opened.shape, self._strategy.inside, constants)
        return self._compiled[refused]


def malformed(opened: Opened, text: msgspec.Raw, fault: Exception) -> MalformedRowError:
    """Return the error about an object that is not as documented."""
    try:
        id_ = objects(text).get("id")
    except msgspec.DecodeError:
        id_ = None
    message = (
        f"The row {id_} of {opened.where} is not as documented: {type(fault).__name__}: {fault}."
    )
    return MalformedRowError(message)


def without_key(opened: Opened, keys: Sequence[str]) -> MalformedRowError:
    """Return the error about a row that could not be loaded."""
    return MalformedRowError(f"A row of {opened.where} has no {', '.join(keys)}.")
