"""The stream sync_windows: what was read whole, so that what is gone can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk import typing as th
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context


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
        control_total: debit balances of the postings that were read.
        control_total_expected: the same of Tripletex's trial balance.
    """

    stream: str
    company_id: int
    key: str
    start: str | None
    end: str | None
    synced_at: str
    rows: int
    complete: bool
    control_total: Decimal | None = None
    control_total_expected: Decimal | None = None


class SyncWindows(Stream):
    """Every complete reading of a slice: company, stream, window, time and number of rows."""

    name = "sync_windows"
    primary_keys = ("company_id", "stream", "slice", "synced_at")
    replication_key = "synced_at"

    schema = th.PropertiesList(
        th.Property("company_id", th.IntegerType, required=True),
        th.Property("stream", th.StringType, required=True),
        th.Property("slice", th.StringType, required=True),
        th.Property("window_start", th.DateType),
        th.Property("window_end", th.DateType),
        th.Property("synced_at", th.DateTimeType, required=True),
        th.Property("row_count", th.IntegerType),
        th.Property("complete", th.BooleanType),
        th.Property("control_total", th.NumberType),
        th.Property("control_total_expected", th.NumberType),
    ).to_dict()

    def __init__(self, tap: Tap) -> None:
        """Begin without a schema written."""
        super().__init__(tap)
        self._announced = False

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

    def write(self, read: WindowRead) -> None:
        """Write the row of a slice, before the state says that the slice was read."""
        if not self.selected:
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
                "control_total": read.control_total,
                "control_total_expected": read.control_total_expected,
            }
        )
