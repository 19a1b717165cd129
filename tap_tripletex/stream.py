"""The base of all streams: ties what a stream declares to the SDK."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.streams._state import StreamStateManager
from typing_extensions import override

from tap_tripletex.errors import ForbiddenError, TripletexError
from tap_tripletex.reading import Reading, Source
from tap_tripletex.records import INTEGER, columns_of, json_schema, shape
from tap_tripletex.report import Trouble
from tap_tripletex.state import SliceState
from tap_tripletex.strategies import SYNCED_AT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import MetadataMapping

    from tap_tripletex.auth import Company
    from tap_tripletex.strategies import Strategy
    from tap_tripletex.tap import TapTripletex

Json = dict[str, Any]


class Bookmarks(StreamStateManager):
    """The SDK's state, advanced by finished slices instead of by records."""

    @override
    def increment_state(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: a record tells nothing about what lies before it."""

    @override
    def write_starting_replication_value(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: no stream starts at its bookmark, late changes would be missed."""


class TripletexStream(Stream):
    """A list of the API in each company.

    Attributes:
        path: below the API's address; ``{id}`` is the company.
        entity: whose packaged schema the rows have.
        strategy: how it is cut into slices.
        key: columns of the primary key besides company_id.
        parameters: of every request.
        sorting: keeps offsets stable from page to page; None where the path does not sort.
        of_token: read once, from the token's own company, whatever companies are read.
        needs: entitlement of the token's user (AUTH_…) or module of the company without which
            Tripletex refuses the path, where known.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    path: ClassVar[str]
    entity: ClassVar[str]
    strategy: ClassVar[Strategy]
    key: ClassVar[tuple[str, ...]] = ("id",)
    parameters: ClassVar[Mapping[str, str]] = {}
    sorting: ClassVar[str | None] = "id"
    of_token: ClassVar[bool] = False
    needs: ClassVar[str | None] = None

    def __init__(self, tap: TapTripletex) -> None:
        """Build the schema once, as a plain dictionary: the SDK reads it for every record."""
        self._columns = columns_of(self.entity)
        columns = {"company_id": INTEGER, **self._columns, **self.strategy.columns, **SYNCED_AT}
        keys = ("company_id", *self.key)
        super().__init__(tap, schema=json_schema(columns, {*keys, "synced_at"}))
        self.primary_keys = keys
        self.replication_key = self.strategy.replication_key
        self.tap = tap

    @cached_property
    def state_manager(self) -> StreamStateManager:
        """Return the state that is advanced by slices."""
        return Bookmarks(tap_name=self.tap_name, stream_name=self.name, tap_state=self.tap_state)

    @property
    @override
    def metadata(self) -> MetadataMapping:
        """Return the SDK's metadata; some columns are off until selected, others cannot be."""
        metadata = super().metadata
        for name, column in self._columns.items():
            if not column.get("selected", True):
                metadata["properties", name].selected_by_default = False
        for name in (*self.strategy.columns, *SYNCED_AT):
            metadata["properties", name].inclusion = metadata["properties", "company_id"].inclusion
        return metadata

    @property
    @override
    def partitions(self) -> list[Json]:
        """Return one partition for each company that is read."""
        connection = self.tap.connection
        companies = [connection.own] if self.of_token else connection.companies
        return [{"company_id": company.id} for company in companies]

    @override
    def get_records(self, context: Context | None) -> Iterable[Json]:
        """Yield the records of one company that are new or changed.

        A failure ends this stream of this company and no other: it is reported at the end.
        """
        company = self.tap.connection.company((context or {})["company_id"])
        try:
            yield from self._read(company, context)
        except TripletexError as error:
            trouble = self._trouble(company, context, error)
            self.tap.report.troubles.append(trouble)
            self.logger.warning("%s", trouble.reason)

    def _read(self, company: Company, context: Context | None) -> Iterator[Json]:
        connection = self.tap.connection
        reading = Reading(
            Source(self.name, self.path, self.parameters, self.sorting, self.key, self.strategy),
            company,
            connection.client,
            shape({name: c for name, c in self._columns.items() if self._is_selected(name)}),
            self._slice_state(company, context),
            owner=connection.identity.employee_id,
            page_size=self.tap.settings.page_size,
            unconditional=self.replication_method == REPLICATION_FULL_TABLE,
        )
        ids = partial(connection.parent_ids, company)
        slices = self.strategy.slices(connection.calendar(company), ids)
        width = 1 if self.ABORT_AT_RECORD_COUNT else self.tap.settings.max_concurrency
        for record in reading.records(slices, connection.pool, width):
            self.tap.report.records[self.name] += 1
            yield record

    def _is_selected(self, name: str) -> bool:
        return name in self.key or self.mask.get(("properties", name), True)

    def _slice_state(self, company: Company, context: Context | None) -> SliceState:
        return SliceState(self.get_context_state(context), f"{self.name} of company {company.id}")

    def _trouble(self, company: Company, context: Context | None, error: TripletexError) -> Trouble:
        """Return what an error means: a stream that was never readable is only skipped."""
        if not isinstance(error, ForbiddenError):
            return Trouble(self.name, company.id, str(error), fatal=True)
        was_readable = not self._slice_state(company, context).is_new
        connection = self.tap.connection
        advice = connection.access.advice(company, connection.identity, self.needs)
        if was_readable:
            advice = f"It was readable in an earlier run. {advice}"
        return Trouble(self.name, company.id, f"{error} {advice}", fatal=was_readable)
