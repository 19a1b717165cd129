"""The base of all streams: ties what a stream declares to the SDK."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.streams._state import StreamStateManager
from typing_extensions import override

from tap_tripletex.changed_since import Changes
from tap_tripletex.control import COLUMNS as CONTROLLED
from tap_tripletex.control import Control
from tap_tripletex.errors import ForbiddenError, TripletexError
from tap_tripletex.manifest import WindowRead
from tap_tripletex.paging import Lists, Source
from tap_tripletex.reading import Reading, Terms
from tap_tripletex.records import INTEGER, columns_of, json_schema, shape
from tap_tripletex.report import Trouble
from tap_tripletex.slices import BEGINNING, Cut
from tap_tripletex.state import SliceState, fingerprint
from tap_tripletex.strategies import SYNCED_AT, ChangedSince, Nested, Window
from tap_tripletex.tree import Guard, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import MetadataMapping

    from tap_tripletex.auth import Company
    from tap_tripletex.client import Page
    from tap_tripletex.reading import Emission
    from tap_tripletex.records import Shape
    from tap_tripletex.slices import Slice
    from tap_tripletex.strategies import Strategy
    from tap_tripletex.tap import TapTripletex
    from tap_tripletex.tree import Watch

Json = dict[str, Any]

YEARS_AHEAD = 11
"""Years that a guard looks ahead: more than future_days can be."""


class Bookmarks(StreamStateManager):
    """The SDK's state, advanced by finished slices instead of by records."""

    @override
    def increment_state(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: a record tells nothing about what lies before it."""

    @override
    def write_starting_replication_value(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: no stream starts at its bookmark, late changes would be missed."""


@dataclass(frozen=True)
class Guarding:
    """A list that guards another one.

    Attributes:
        path: below the API's address.
        start: parameter of the first day.
        end: parameter of the day after the last.
    """

    path: str
    start: str = "dateFrom"
    end: str = "dateTo"


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
        controlled: its rows are postings, to be compared with the trial balance.
        all_vouchers: its rows are filtered by the vouchers that the token's user may see.
        guard: another list that changes whenever this one does, where this one has no checksum.
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
    controlled: ClassVar[bool] = False
    all_vouchers: ClassVar[bool] = False
    guard: ClassVar[Guarding | None] = None
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
        connection, settings = self.tap.connection, self.tap.settings
        full_table = self.replication_method == REPLICATION_FULL_TABLE
        selected = shape({name: c for name, c in self._columns.items() if self._is_selected(name)})
        source = Source(
            self.name, self.path, self.parameters, self.sorting, self.key, self.strategy
        )
        open_lists = partial(Lists, source, company, connection.client)
        lists = open_lists(selected, settings.page_size)
        state = self._slice_state(company, context)
        state.begin(
            fingerprint(
                self.path,
                sorted(self.parameters.items()),
                self.strategy.fields(selected),
                company.id,
                connection.identity.employee_id,
                connection.completeness.rights(company),
                # What was read while the token did not see everything is read again when it does:
                # only then is it told what is gone.
                self._sees_everything(company),
            )
        )
        added = {"company_id": company.id}
        reading = Reading(
            self.strategy,
            lists,
            state,
            Terms(
                f"{self.name} of company {company.id}",
                connection.today,
                added,
                full_refresh_days=settings.full_refresh_days,
                unconditional=full_table,
                control_error=settings.control_totals == "error",
            ),
            pool=connection.pool,
            width=1 if self.ABORT_AT_RECORD_COUNT else settings.max_concurrency,
            watch=partial(self._watch, lists, state, connection.pool),
            control=self._control(company),
            changes=self._changes(open_lists, lists, state, added, may_test=not full_table),
            on_read=partial(self._on_read, company),
        )
        ids = partial(connection.parent_ids, company)
        slices = self.strategy.slices(connection.calendar(company), ids)
        for record in reading.records(slices):
            self.tap.report.records[self.name] += 1
            yield record

    def _watch(
        self, lists: Lists, state: SliceState, pool: Executor, parts: Sequence[Slice]
    ) -> Watch | None:
        """Return what tells which slices may have changed, None where each is asked."""
        if self.strategy.tree and len(parts) > 1:
            return Tree(parts, partial(self._probe, lists), state, pool)
        if self.guard and parts:
            guard = self.guard
            end = date(self.tap.connection.today.year + YEARS_AHEAD, 1, 1).isoformat()
            params = {guard.start: BEGINNING.isoformat(), guard.end: end}
            return Guard(parts, lambda digest: lists.probe(params, digest, guard.path), state)
        return None

    def _probe(self, lists: Lists, first: date, after: date, digest: str) -> Page | None:
        window = self.strategy.of if isinstance(self.strategy, Nested) else self.strategy
        assert isinstance(window, Window)  # noqa: S101 - only windows have a tree
        cut = Cut(window.start, first, window.end, after)
        return lists.probe(cut.params(), digest)

    def _changes(
        self,
        open_lists: Callable[[Shape, int], Lists],
        lists: Lists,
        state: SliceState,
        added: Json,
        *,
        may_test: bool,
    ) -> Changes | None:
        """Return what reads the changes of a long list, where its path can tell them."""
        if not isinstance(self.strategy, ChangedSince):
            return None

        def narrow(names: Sequence[str], rows: int) -> Lists:
            return open_lists(shape({name: self._columns[name] for name in names}), rows)

        pool = self.tap.connection.pool
        return Changes(lists, narrow, state, pool, added=added, may_test=may_test)

    def _control(self, company: Company) -> Control | None:
        """Return the control of the postings, where it is wanted and can prove anything."""
        connection = self.tap.connection
        wanted = self.controlled and self.tap.settings.control_totals != "off"
        if not wanted or not all(map(self._is_selected, CONTROLLED)):
            return None
        if not connection.completeness.of_vouchers(company):
            return None
        return Control(connection.client, company)

    def _on_read(self, company: Company, part: Slice, emission: Emission) -> None:
        """Tell the world that a slice was read whole."""
        start, end = part.window or (None, None)
        verdict = emission.verdict
        if verdict:
            self.tap.report.control(verdict)
        self.tap.windows.write(
            WindowRead(
                self.name,
                company.id,
                part.key,
                start.isoformat() if start and start != BEGINNING else None,
                end.isoformat() if end else None,
                emission.synced_at,
                len(emission.keys),
                emission.stable and self._sees_everything(company),
                verdict.found if verdict else None,
                verdict.expected if verdict else None,
            )
        )

    def _sees_everything(self, company: Company) -> bool:
        completeness = self.tap.connection.completeness
        whole = completeness.of_lists(company, self.tap.windows.memory(company.id))
        return whole and (not self.all_vouchers or completeness.of_vouchers(company))

    def _is_selected(self, name: str) -> bool:
        forced = (*self.key, *self.strategy.columns)
        return name in forced or self.mask.get(("properties", name), True)

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
