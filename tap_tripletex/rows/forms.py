"""The two forms in which rows leave the tap: lines of text, or records for the SDK to work on."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tap_tripletex.api.errors import MalformedRowError
from tap_tripletex.api.pages import NULL, objects
from tap_tripletex.rows.lines import Inside, compile_lines
from tap_tripletex.rows.mending import UNREADABLE, Mender
from tap_tripletex.rows.oddities import Oddities
from tap_tripletex.rows.shapes import parents, utc_text

if TYPE_CHECKING:
    from collections.abc import (
        Callable,
        Collection,
        Hashable,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )

    from tap_tripletex.rows.lines import Lines
    from tap_tripletex.rows.shapes import Shape

Json = dict[str, Any]
Row = Any

_decode_amounts = msgspec.json.Decoder(list[Decimal | None]).decode
_encoder = msgspec.json.Encoder(decimal_format="number")
encode = _encoder.encode
encode_lines = _encoder.encode_lines


class RecordMessage(msgspec.Struct, tag_field="type", tag="RECORD", gc=False):
    """A RECORD message of Singer."""

    stream: str
    record: msgspec.Struct
    time_extracted: str


class Asked(Protocol):
    """What an answer was asked for."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """Return the values that every record of the answer gets from the question."""


class Answered(Protocol):
    """An answer whose objects become rows."""

    @property
    def shape(self) -> Shape:
        """Return what was asked of each object."""

    @property
    def ask(self) -> Asked:
        """Return the question."""

    @property
    def where(self) -> str:
        """Return the list in words, for messages."""


class Layout(Protocol):
    """Where in an object the records are."""

    @property
    def inside(self) -> Inside | None:
        """Return the place, None where records are made of an object's content."""

    def records(self, shape: Shape, source: Json, ask: Any) -> Iterator[Json]:  # noqa: ANN401
        """Yield the records in an object that was asked for."""


class Form(Protocol):
    """Makes of the objects in an answer what is emitted."""

    oddities: Oddities

    def rows(self, opened: Answered, objects: Sequence[msgspec.Raw]) -> list[Row]:
        """Return the rows in some objects; what is odd is mended or left out, and noted."""

    def keys(self, opened: Answered, rows: Sequence[Row]) -> list[Hashable]:
        """Return the keys of rows."""

    def amounts(self, rows: Sequence[Row]) -> Iterable[tuple[int | None, Decimal | None]]:
        """Return the account and the amount of postings."""

    def texts(self, opened: Answered, rows: Sequence[Row], column: str) -> list[str | None]:
        """Return a column of texts."""

    def emit(self, opened: Answered, rows: Sequence[Row], synced_at: str) -> Iterator[Json]:
        """Emit rows that were read at a time; yield what is left to the caller to emit."""


class _Checked:
    """Reads objects whose every value is as documented, or is made so."""

    def __init__(self, strategy: Layout, keys: Sequence[str], vital: Collection[str]) -> None:
        self._strategy = strategy
        self._keys = tuple(keys)
        self._vital = frozenset(vital)
        self._compiled: dict[frozenset[str], tuple[Lines, Mender]] = {}
        self.oddities = Oddities()
        """What was not as documented so far."""

    def _read(
        self, opened: Answered, objects: Sequence[msgspec.Raw]
    ) -> tuple[list[Row], Sequence[msgspec.Raw]]:
        """Return what decoded objects have in them, and their texts, mended where necessary."""
        lines, mender = self._checks(opened)
        try:
            return lines.read(objects), objects
        except UNREADABLE:
            pass  # one by one, then
        rows: list[Row] = []
        texts: list[msgspec.Raw] = []
        for text in objects:
            try:
                rows += lines.read((text,))
                texts.append(text)
            except UNREADABLE:  # noqa: PERF203 - to mend the one
                mended = mender.mend(text)
                if mended is not None:
                    rows += lines.inside([lines.decode(mended)])
                    texts.append(mended)
        return rows, texts

    def _checks(self, opened: Answered) -> tuple[Lines, Mender]:
        refused = opened.shape.refused
        if refused not in self._compiled:
            inside = self._strategy.inside or Inside()
            keys = [name for name in self._keys if name not in opened.ask.columns]
            lines = compile_lines(opened.shape, inside, self._constants(opened), keys)
            asked = opened.shape.asked
            mender = Mender(asked, keys, self._vital, self.oddities, inside.lines, inside.columns)
            self._compiled[refused] = lines, mender
        return self._compiled[refused]

    def _constants(self, opened: Answered) -> Sequence[str]:  # noqa: ARG002
        return ()


class RecordForm(_Checked):
    """Yields records, for stream maps, flattening and batches."""

    def __init__(
        self, strategy: Layout, keys: Sequence[str], added: Json, *, vital: Collection[str] = ()
    ) -> None:
        """Prepare.

        Args:
            strategy: finds the records in an object.
            keys: columns of the key.
            added: columns of every record.
            vital: columns without which a row is left out, should something odd come.
        """
        super().__init__(strategy, keys, vital)
        self._added = added

    def rows(self, opened: Answered, objects: Sequence[msgspec.Raw]) -> list[Row]:
        """See Form."""
        _, texts = self._read(opened, objects)
        return [record for text in texts for record in self._records(opened, text)]

    def _records(self, opened: Answered, text: msgspec.Raw) -> list[Json]:
        try:
            source = objects(text)
        except msgspec.DecodeError:
            # What was not asked for cannot be read.
            mended = self._checks(opened)[1].mend(text)
            if mended is None:
                return []
            source = objects(mended)
        return list(self._strategy.records(opened.shape, source, opened.ask))

    def keys(self, opened: Answered, rows: Sequence[Row]) -> list[Hashable]:  # noqa: ARG002
        """See Form."""
        if len(self._keys) == 1:
            return [row[self._keys[0]] for row in rows]
        return [tuple(row[name] for name in self._keys) for row in rows]

    def amounts(self, rows: Sequence[Row]) -> Iterable[tuple[int | None, Decimal | None]]:
        """See Form."""
        amounts = (row["amount"] for row in rows)
        decimals = (None if amount is None else Decimal(amount) for amount in amounts)
        return zip((row["account_id"] for row in rows), decimals, strict=True)

    def texts(self, opened: Answered, rows: Sequence[Row], column: str) -> list[str | None]:  # noqa: ARG002
        """See Form."""
        return [row[column] for row in rows]

    def emit(self, opened: Answered, rows: Sequence[Row], synced_at: str) -> Iterator[Json]:  # noqa: ARG002
        """See Form."""
        for row in rows:
            row.update(self._added)
            row["synced_at"] = synced_at
            yield row


class LineForm(_Checked):
    """Writes RECORD messages itself, many at once, and yields nothing."""

    def __init__(  # noqa: PLR0913
        self,
        stream: str,
        strategy: Layout,
        keys: Sequence[str],
        added: Json,
        *,
        write: Callable[[bytes, int], None],
        vital: Collection[str] = (),
    ) -> None:
        """Prepare.

        Args:
            stream: its name in the messages.
            strategy: tells where the records are in an object.
            keys: columns of the key.
            added: columns of every record.
            write: takes whole lines, and how many they are.
            vital: columns without which a row is left out, should something odd come.
        """
        super().__init__(strategy, keys, vital)
        self._stream = stream
        self._added = added
        self._write = write

    def rows(self, opened: Answered, objects: Sequence[msgspec.Raw]) -> list[Row]:
        """See Form."""
        rows = self._read(opened, objects)[0]
        columns = self._checks(opened)[0].columns
        for name, asked in parents(opened.ask.columns):
            own = columns[name](rows) if name in columns else ()
            if any(value not in (None, asked, NULL, str(asked).encode()) for value in own):
                message = f"A row of {opened.where} is not of {name} {asked}, which was asked for."
                raise MalformedRowError(message)
        return rows

    def keys(self, opened: Answered, rows: Sequence[Row]) -> list[Hashable]:
        """See Form."""
        columns = self._checks(opened)[0].columns
        asked = tuple(str(opened.ask.columns[n]) for n in self._keys if n in opened.ask.columns)
        parts = [columns[name](rows) for name in self._keys if name not in opened.ask.columns]
        if len(parts) == 1 and not asked:
            return parts[0]
        found = zip(*parts, strict=True) if parts else [()] * len(rows)
        return [asked + key for key in found]

    def amounts(self, rows: Sequence[Row]) -> Iterable[tuple[int | None, Decimal | None]]:
        """See Form."""
        columns = next(iter(self._compiled.values()))[0].columns
        amounts = _decode_amounts(encode(columns["amount"](rows)))
        return zip(columns["account_id"](rows), amounts, strict=True)

    def texts(self, opened: Answered, rows: Sequence[Row], column: str) -> list[str | None]:
        """See Form."""
        return self._checks(opened)[0].columns[column](rows)

    def emit(self, opened: Answered, rows: Sequence[Row], synced_at: str) -> Iterator[Json]:
        """See Form."""
        if rows:
            stream, extracted = self._stream, utc_text(datetime.now(timezone.utc))
            constants = {**opened.ask.columns, **self._added, "synced_at": synced_at}
            texts = map(msgspec.Raw, map(encode, constants.values()))
            records = self._checks(opened)[0].records(rows, *texts)
            messages = [RecordMessage(stream, record, extracted) for record in records]
            self._write(encode_lines(messages), len(rows))
        return iter(())

    def _constants(self, opened: Answered) -> Sequence[str]:
        return (*opened.ask.columns, *self._added, "synced_at")
