"""The stream sync_windows: what was read whole, so that what is gone can be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk import Stream
from singer_sdk import typing as th
from typing_extensions import override

from tap_tripletex.api.errors import StateError
from tap_tripletex.proof.completeness import Rights

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date
    from decimal import Decimal

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context


TOTALS = ("control_total", "control_total_expected")

INT64 = th.IntegerType(maximum=2**63 - 1)
"""As all whole numbers of the tap: some targets would make a smaller column."""

LATEST = "synced_at"
"""What the latest time is called in the state."""


@dataclass(frozen=True)
class WindowRead:
    """A slice that was read whole.

    Attributes:
        stream: name of the stream.
        company_id: the company.
        key: name of the slice.
        start: first day; None for open.
        end: day after the last; None for open.
        synced_at: when the reading began: that of its rows.
        rows: number of rows.
        complete: the token saw everything, so that what is not among the rows is gone.
        rights: how many the token had.
        control_total: the other one, and by how much each account of the postings that were read
            differs from it, added up without signs.
        control_total_expected: debit balances of Tripletex's trial balance.
    """

    stream: str
    company_id: int
    key: str
    start: str | None
    end: str | None
    synced_at: str
    rows: int
    complete: bool
    rights: Rights
    control_total: Decimal | None = None
    control_total_expected: Decimal | None = None


class OwedRow(msgspec.Struct, array_like=True):
    """A row that is still to be written; earlier versions kept no rights."""

    start: str | None
    end: str | None
    synced_at: str
    rows: int
    held: int | None = None
    given_up: int | None = None


Owed = dict[str, dict[str, OwedRow]]
"""By stream and slice."""


class SyncWindows(Stream):
    """Every complete reading of a slice: company, stream, window, time and number of rows."""

    name = "sync_windows"
    primary_keys = ("company_id", "stream", "slice", "synced_at")
    replication_key = "synced_at"

    schema = th.PropertiesList(
        th.Property("company_id", INT64, required=True),
        th.Property("stream", th.StringType, required=True),
        th.Property("slice", th.StringType, required=True),
        th.Property("window_start", th.DateType),
        th.Property("window_end", th.DateType),
        th.Property("synced_at", th.DateTimeType, required=True),
        th.Property("row_count", INT64),
        th.Property("complete", th.BooleanType),
        th.Property("rights_held", INT64),
        th.Property("rights_given_up", INT64),
        th.Property("control_total", th.NumberType),
        th.Property("control_total_expected", th.NumberType),
    ).to_dict()

    def __init__(self, tap: Tap, text_format: str | None = None) -> None:
        """Begin without a schema written.

        Args:
            tap: as the SDK wants it.
            text_format: format of the control totals where they leave as texts.
        """
        if text_format:
            totals = {name: {"type": ["string", "null"], "format": text_format} for name in TOTALS}
            properties = {**self.schema["properties"], **totals}
            self.schema = {**self.schema, "properties": properties}
        super().__init__(tap)
        self._as_text = text_format is not None
        self._announced = False
        self._owes = False

    @override
    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Yield nothing: rows are written when their slice has been read."""
        return ()

    @property
    def announced(self) -> dict[str, str]:
        """Return what is kept of the SCHEMA messages from run to run, of all streams."""
        schemas: dict[str, str] = self.stream_state.setdefault("schemas", {})
        return schemas

    def memory(self, company_id: int) -> dict[str, Any]:
        """Return what is kept of a company from run to run."""
        return self.get_context_state({"company_id": company_id})

    def kept(self, name: str) -> dict[int, Any]:
        """Return what is kept under a name of each company."""
        memories = self.stream_state.get("partitions", ())
        return {memory["context"]["company_id"]: memory.get(name) for memory in memories}

    def pay(self) -> None:
        """Write the rows that runs without this stream owe.

        Raises:
            StateError: when they cannot be understood.
        """
        if not self.selected:
            return
        for memory in self.stream_state.get("partitions", ()):
            company_id = memory["context"]["company_id"]
            try:
                owed = msgspec.convert(memory.get("owed", {}), Owed)
            except msgspec.ValidationError as fault:
                message = (
                    f"The state of {self.name} is damaged ({fault}). Restore it from a copy, or "
                    "start over with a full refresh."
                )
                raise StateError(message) from None
            for stream, slices in owed.items():
                for key, row in slices.items():
                    self.write(
                        WindowRead(
                            stream,
                            company_id,
                            key,
                            row.start,
                            row.end,
                            row.synced_at,
                            row.rows,
                            complete=True,
                            rights=Rights(row.held, row.given_up),
                        )
                    )
            memory.pop("owed", None)

    def _owe(self, read: WindowRead) -> None:
        """Keep a row until the stream is selected: the checksums move on without it.

        Of each slice the last one will do: what it did not find is gone, whatever came before.
        """
        if not self._owes:
            self.logger.warning(
                "%s is not selected: what is deleted meanwhile is told by the next run that has "
                "it. Select it together with the tables.",
                self.name,
            )
            self._owes = True
        if read.complete:
            owed = self.memory(read.company_id).setdefault("owed", {}).setdefault(read.stream, {})
            owed[read.key] = [read.start, read.end, read.synced_at, read.rows, *read.rights]

    @property
    def rights(self) -> dict[str, str]:
        """Return the names of rights by their short forms, kept from run to run."""
        names: dict[str, str] = self.stream_state.setdefault("rights", {})
        return names

    def remember(self, company_id: int, synced_at: datetime) -> None:
        """Keep the latest time that a row of a company was marked with."""
        memory = self.memory(company_id)
        memory[LATEST] = max(memory.get(LATEST, ""), synced_at.isoformat())

    def left(self, opened: Collection[int], today: date) -> Iterator[tuple[int, bool]]:
        """Yield the companies of earlier runs that are not opened, and whether that is known.

        Args:
            opened: companies that the token opens today; of the others it is known from then on.
            today: in Norway.
        """
        bookmarks = list(self.tap_state.get("bookmarks", {}).values())
        parts = [part for bookmark in bookmarks for part in bookmark.get("partitions", ())]
        for company_id in sorted({part["context"]["company_id"] for part in parts}):
            memory = self.memory(company_id)
            if company_id in opened:
                memory.pop("left", None)
                continue
            yield company_id, "left" in memory
            memory.setdefault("left", today.isoformat())

    def latest(self) -> Iterator[datetime]:
        """Yield the latest times that rows were marked with in earlier runs."""
        for bookmark in self.tap_state.get("bookmarks", {}).values():
            for part in bookmark.get("partitions", ()):
                # Of a state of an earlier version there is only that of each stream.
                texts = [part.get(LATEST)]
                if part.get("replication_key") == self.replication_key:
                    texts.append(part.get("replication_key_value"))
                yield from filter(None, map(_time, texts))

    def write(self, read: WindowRead) -> None:
        """Write the row of a slice, before the state says that the slice was read."""
        if not self.selected:
            self._owe(read)
            return
        if not self._announced:
            self._write_schema_message()
            self._announced = True
        self._write_record_message(
            {
                "company_id": read.company_id,
                "stream": read.stream,
                "slice": read.key,
                "window_start": read.start,
                "window_end": read.end,
                "synced_at": read.synced_at,
                "row_count": read.rows,
                "complete": read.complete,
                "rights_held": read.rights.held,
                "rights_given_up": read.rights.given_up,
                "control_total": self._total(read.control_total),
                "control_total_expected": self._total(read.control_total_expected),
            }
        )

    def _total(self, total: Decimal | None) -> Decimal | str | None:
        return f"{total:.2f}" if self._as_text and total is not None else total


def _time(text: object) -> datetime | None:
    """Return a time with its zone, None for anything else."""
    try:
        time = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else None
