"""The base of all streams: ties what a stream declares to the SDK."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.streams._state import StreamStateManager
from typing_extensions import override

from tap_tripletex.api.errors import (
    CompanyLostError,
    FinalError,
    ForbiddenError,
    RememberedError,
    TripletexError,
)
from tap_tripletex.api.redaction import redact
from tap_tripletex.catalogs import selected_columns
from tap_tripletex.company_reading import CompanyReading, Selection
from tap_tripletex.reading.slices import Parents
from tap_tripletex.reading.state import SliceState, fingerprint
from tap_tripletex.reading.strategies import SYNCED_AT, List
from tap_tripletex.report import Progress, Rows, Seconds, Trouble
from tap_tripletex.rows.decimals import as_texts
from tap_tripletex.rows.groups import included
from tap_tripletex.rows.shapes import INTEGER, columns_of, json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context
    from singer_sdk.metrics import Counter, Timer
    from singer_sdk.singerlib import MetadataMapping

    from tap_tripletex.api.auth import Company
    from tap_tripletex.extraction import Extraction
    from tap_tripletex.reading.guarding import Guarding
    from tap_tripletex.reading.reader import Reading
    from tap_tripletex.reading.strategies import Strategy

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
        controlled: its rows are postings, to be compared with the trial balance.
        all_vouchers: its rows are filtered by the vouchers that the token's user may see.
        guards: other lists, one of which changes whenever this one does, where this one has no
            checksum or would take many requests.
        shared: its list is asked for by other streams, or by the tap itself: whether it has changed
            is asked once for all of them.
        seldom: changes hardly ever, or is worked out from other lists: what lies before the last
            month, or all of it where it has no windows, is asked for once in full_refresh_days.
        reference: a small list that other rows refer to, settings, or a register in which little
            happens: asked for once in reference_days where that is set.
        include: group of the setting ``include`` without which the stream is not in the catalog.
        row_version: raised when the tap makes other rows of the same answer: they are read again.
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
    guards: ClassVar[tuple[Guarding, ...]] = ()
    shared: ClassVar[bool] = False
    seldom: ClassVar[bool] = False
    reference: ClassVar[bool] = False
    include: ClassVar[str | None] = None
    row_version: ClassVar[int] = 1

    _rows: Rows | None = None
    needs: ClassVar[str | None] = None

    @classmethod
    def as_parents(cls, id_: str = "id") -> Parents:
        """Return the stream's own rows as objects that other streams are asked by.

        Args:
            id_: name of the id in the list, after a dot if it is that of a reference.
        """
        every = cls.strategy.every if isinstance(cls.strategy, List) else {}
        return Parents(cls.path, id_, tuple(cls.parameters.items()), tuple(every.items()))

    def __init__(self, tap: Tap, extraction: Extraction) -> None:
        """Build the schema once, as a plain dictionary: the SDK reads it for every record.

        Args:
            tap: as the SDK wants it.
            extraction: what the run holds open.
        """
        self._always = (*self.key, *self.strategy.columns)
        self._columns = included(columns_of(self.entity), extraction.included, self._always)
        if extraction.numbers_as_texts:
            self._columns = as_texts(self._columns)
        columns = {"company_id": INTEGER, **self._columns, **self.strategy.columns, **SYNCED_AT}
        keys = ("company_id", *self.key)
        super().__init__(tap, schema=json_schema(columns, {*keys, "synced_at"}))
        self.primary_keys = keys
        self.replication_key = self.strategy.replication_key
        self._run = extraction
        self._readings: dict[int, CompanyReading] = {}

    @cached_property
    def state_manager(self) -> StreamStateManager:
        """Return the state that is advanced by slices."""
        return Bookmarks(tap_name=self.tap_name, stream_name=self.name, tap_state=self.tap_state)

    @property
    @override
    def metadata(self) -> MetadataMapping:
        """Return the SDK's metadata; some columns cannot be left out."""
        metadata = super().metadata
        for name in (*self.strategy.columns, *SYNCED_AT):
            metadata["properties", name].inclusion = metadata["properties", "company_id"].inclusion
        return metadata

    @property
    @override
    def partitions(self) -> list[Json]:
        """Return one partition for each company that is read."""
        connection = self._run.connection
        companies = [connection.own] if self.of_token else connection.companies
        return [{"company_id": company.id} for company in companies]

    def reads(self, company: Company) -> bool:
        """Return whether it is read in a company."""
        connection = self._run.connection
        return company == connection.own if self.of_token else company in connection.chosen

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **options: Any) -> None:
        """Say at level debug what the SDK has to say of each stream in each company."""
        quiet = logging.DEBUG if level == logging.INFO else level
        super().log(message, *args, level=quiet, **options)

    @override
    def get_record_counter(self, **options: Any) -> Counter:
        """Return the SDK's counter; the rows that are written as lines are counted here."""
        counter = super().get_record_counter(**options)
        self._rows = Rows(counter, told=self._rows is not None)
        return self._rows

    @override
    def get_sync_timer(self) -> Timer:
        """Return the SDK's timer."""
        return Seconds(super().get_sync_timer(), self._rows)

    @override
    def get_records(self, context: Context | None) -> Iterable[Json]:
        """Emit the rows of one company that are new or changed; yield what the SDK works on.

        A failure ends this stream of this company and no other: it is reported at the end.
        """
        company = self._run.connection.company((context or {})["company_id"])
        if self._run.report.ended(company.id):
            self._run.skip((self.name, company.id))
            self._readings.pop(company.id, None)
            return
        progress = self._run.report.start(self.name, company.id)
        try:
            reading = self._run.take((self.name, company.id), self.begin)
            try:
                yield from self._emitted(reading, company, context, progress)
            finally:
                self._run.report.odd(self.name, company.id, reading.oddities)
        except (FinalError, CompanyLostError) as error:
            self._run.report.end(company.id, error)
        except TripletexError as error:
            self._fail(self._trouble(company, context, error))
        except BrokenPipeError:
            raise  # the loader has ended: no stream's trouble
        except Exception as fault:  # whatever it is, the other streams go on
            self.logger.debug("%s of company %s", self.name, company.id, exc_info=True)
            reason = (
                f"Something happened that the tap does not foresee (the log says where, at level "
                f"debug): {type(fault).__name__}: {redact(str(fault))}"
            )
            self._fail(Trouble(self.name, company.id, reason, fatal=True))
        finally:
            progress.end()
            self._readings.pop(company.id, None)

    def _fail(self, trouble: Trouble) -> None:
        self._run.report.troubles.append(trouble)
        self.logger.warning("%s", trouble.reason)

    def _emitted(
        self, reading: Reading, company: Company, context: Context | None, progress: Progress
    ) -> Iterator[Json]:
        tally = self._run.report.tally(self.name)
        connection = self._run.connection
        windows = self._run.windows
        memory = windows.memory(company.id)
        connection.completeness.remember(company, memory, windows.rights)
        connection.facts.keep(company.id, memory)
        for lack in self._reading_of(company).lacks():
            self._run.report.incomplete(lack, self.name, company.id)
        self._slice_state(company, context).admit()
        rows, read = tally.rows, tally.read
        marked = False

        def settled(done: int, total: int) -> None:
            nonlocal marked
            progress.slice(done, total)
            if tally.read > read and total > 1 and not marked:
                marked = self._run.states.mark(self.tap_state)

        for record in reading.records(settled):
            tally.rows += 1
            yield record
        tally.slices += reading.slices
        if tally.rows > rows:
            windows.remember(company.id, connection.clock.last)
        if (tally.rows, tally.read) != (rows, read):
            self._run.states.mark(self.tap_state)

    def begin(self, company_id: int) -> Future[Reading]:
        """Start to look for what has changed in one company, in the background.

        The state is only changed by the thread that writes it out, so nothing is remembered yet.
        """
        connection = self._run.connection
        none: Future[Reading] = Future()
        if self._run.report.ended(company_id):
            none.cancel()
            return none
        try:
            company = connection.company(company_id)
            connection.prepare(company)
            reading = self._reading_of(company)
        except Exception as error:  # noqa: BLE001 - raised when the stream's turn comes
            none.set_exception(error)
            return none
        return connection.scouts.submit(reading.look)

    @cached_property
    def _selection(self) -> Selection:
        return Selection(
            self._columns,
            selected_columns(self._columns, self.mask, self._always),
            unconditional=self.replication_method == REPLICATION_FULL_TABLE,
            sampled=self.ABORT_AT_RECORD_COUNT is not None,
        )

    def _reading_of(self, company: Company) -> CompanyReading:
        """Return what puts together the reading of a company; made by one thread, once."""
        if company.id not in self._readings:
            self._readings[company.id] = CompanyReading(
                self,
                company,
                self._run,
                self._selection,
                self._slice_state(company, {"company_id": company.id}),
                self._write,
            )
        return self._readings[company.id]

    def _write(self, lines: bytes, count: int) -> None:
        self._run.output.announce(self.name)
        self._run.output.write(lines)
        self._run.states.write_state(self.tap_state)
        if self._rows is not None:
            self._rows.increment(count)
        self._run.report.tally(self.name).rows += count

    def _slice_state(self, company: Company, context: Context | None) -> SliceState:
        return SliceState(self.get_context_state(context), f"{self.name} of company {company.id}")

    def _trouble(self, company: Company, context: Context | None, error: TripletexError) -> Trouble:
        """Return what an error means: a stream that was never readable is only skipped."""
        if isinstance(error, RememberedError):
            return Trouble(self.name, company.id, str(error), fatal=False)
        if not isinstance(error, ForbiddenError):
            return Trouble(self.name, company.id, str(error), fatal=True)
        connection, state = self._run.connection, self._slice_state(company, context)
        was_readable = not state.is_new
        rights = connection.completeness.rights(company)
        if rights and not was_readable:
            state.refuse(fingerprint(rights), connection.today)
        advice = connection.access.advice(company, connection.identity, self.needs)
        if was_readable:
            advice = f"It was readable in an earlier run. {advice}"
        return Trouble(self.name, company.id, f"{error} {advice}", fatal=was_readable)
