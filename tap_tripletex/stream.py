"""The base of all streams: ties what a stream declares to the SDK."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.streams._state import StreamStateManager
from typing_extensions import override

from tap_tripletex.api.digests import ALL
from tap_tripletex.api.errors import (
    CompanyRefusedError,
    FinalError,
    ForbiddenError,
    RememberedError,
    TripletexError,
)
from tap_tripletex.api.redaction import redact
from tap_tripletex.catalogs import selected_columns
from tap_tripletex.proof.control_totals import COLUMNS as CONTROLLED
from tap_tripletex.proof.control_totals import Control
from tap_tripletex.proof.sync_windows import WindowRead
from tap_tripletex.reading.changed_since import Changes
from tap_tripletex.reading.paging import Lists, Source
from tap_tripletex.reading.reader import Reading, Terms
from tap_tripletex.reading.slices import BEGINNING, DAY, Cut, Parents
from tap_tripletex.reading.state import SliceState, fingerprint
from tap_tripletex.reading.strategies import SYNCED_AT, ChangedSince, List, Nested, Window
from tap_tripletex.reading.tree import Guard, Tree, Turns
from tap_tripletex.report import Progress, Trouble
from tap_tripletex.rows.forms import LineForm, RecordForm
from tap_tripletex.rows.groups import included
from tap_tripletex.rows.mapping import mapping
from tap_tripletex.rows.shapes import INTEGER, columns_of, json_schema, shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context
    from singer_sdk.metrics import Counter
    from singer_sdk.singerlib import MetadataMapping

    from tap_tripletex.api.auth import Company
    from tap_tripletex.api.transport import Traffic
    from tap_tripletex.proof.completeness import Lack
    from tap_tripletex.reading.reader import Emission
    from tap_tripletex.reading.slices import Slice
    from tap_tripletex.reading.strategies import Strategy
    from tap_tripletex.reading.tree import Watch
    from tap_tripletex.rows.forms import Form
    from tap_tripletex.rows.shapes import Shape
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


@dataclass(frozen=True)
class Guarding:
    """A list that changes whenever another one does.

    Attributes:
        path: below the API's address.
        start: parameter of the first day.
        end: parameter of the day after the last; None where the list has no dates.
        others: further parameters.
    """

    path: str
    start: str = "dateFrom"
    end: str | None = "dateTo"
    others: tuple[tuple[str, str], ...] = ()

    def params(self, after: date) -> dict[str, str]:
        """Return the parameters of the list from the beginning to before a day."""
        dates = {self.start: BEGINNING.isoformat(), self.end: after.isoformat()} if self.end else {}
        return {**dates, **dict(self.others)}


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
        seldom: changes hardly ever, or is worked out from other lists: what lies before the last
            month, or all of it where it has no windows, is asked for once in full_refresh_days.
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
    seldom: ClassVar[bool] = False
    include: ClassVar[str | None] = None
    row_version: ClassVar[int] = 1

    _counter: Counter | None = None
    needs: ClassVar[str | None] = None

    @classmethod
    def as_parents(cls, id_: str = "id") -> Parents:
        """Return the stream's own rows as objects that other streams are asked by.

        Args:
            id_: name of the id in the list, after a dot if it is that of a reference.
        """
        every = cls.strategy.every if isinstance(cls.strategy, List) else {}
        return Parents(cls.path, id_, tuple(cls.parameters.items()), tuple(every.items()))

    def __init__(self, tap: TapTripletex) -> None:
        """Build the schema once, as a plain dictionary: the SDK reads it for every record."""
        self._always = (*self.key, *self.strategy.columns)
        self._columns = included(columns_of(self.entity), tap.included, self._always)
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
        """Return the SDK's metadata; some columns cannot be left out."""
        metadata = super().metadata
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
    def get_record_counter(self, **options: Any) -> Counter:
        """Return the SDK's counter; the rows that are written as lines are counted here."""
        self._counter = super().get_record_counter(**options)
        return self._counter

    @override
    def get_records(self, context: Context | None) -> Iterable[Json]:
        """Emit the rows of one company that are new or changed; yield what the SDK works on.

        A failure ends this stream of this company and no other: it is reported at the end.
        """
        company = self.tap.connection.company((context or {})["company_id"])
        if self.tap.report.ended(company.id):
            return
        progress = self.tap.report.start(self.name, company.id)
        try:
            reading = self.tap.lookahead.take((self.name, company.id)).result()
            try:
                yield from self._emitted(reading, company, context, progress)
            finally:
                self.tap.report.odd(self.name, company.id, reading.oddities)
        except (FinalError, CompanyRefusedError) as error:
            self.tap.report.end(company.id, error)
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

    def _fail(self, trouble: Trouble) -> None:
        self.tap.report.troubles.append(trouble)
        self.logger.warning("%s", trouble.reason)

    def _emitted(
        self, reading: Reading, company: Company, context: Context | None, progress: Progress
    ) -> Iterator[Json]:
        tally = self.tap.report.tally(self.name)
        connection = self.tap.connection
        windows = self.tap.windows
        memory = windows.memory(company.id)
        connection.completeness.remember(company, memory, windows.rights)
        for lack in self._lacks(company, memory):
            self.tap.report.incomplete(lack, self.name, company.id)
        self._slice_state(company, context).admit()
        rows, read = tally.rows, tally.read

        def settled(done: int, total: int) -> None:
            progress.slice(done, total)
            if tally.read == read + 1 and total > 1:
                self.tap.state_writer.mark(self.tap_state)

        for record in reading.records(settled):
            tally.rows += 1
            yield record
        tally.slices += reading.slices
        if tally.rows > rows:
            windows.remember(company.id, connection.clock.last)
        if (tally.rows, tally.read) != (rows, read):
            self.tap.state_writer.mark(self.tap_state)

    def begin(self, company_id: int) -> Future[Reading]:
        """Start to look for what has changed in one company, in the background.

        The state is only changed by the thread that writes it out, so nothing is remembered yet.
        """
        connection = self.tap.connection
        try:
            company = connection.company(company_id)
            connection.prepare(company)
            memory = self.tap.windows.memory(company_id)
            state = self._slice_state(company, {"company_id": company_id})
        except Exception as error:  # noqa: BLE001 - raised when the stream's turn comes
            failed: Future[Reading] = Future()
            failed.set_exception(error)
            return failed
        return connection.scouts.submit(self._look, company, state, memory)

    def _look(self, company: Company, state: SliceState, memory: Json) -> Reading:
        connection, settings = self.tap.connection, self.tap.settings
        unconditional = self.replication_method == REPLICATION_FULL_TABLE
        rights = connection.completeness.rights(company)
        if rights and not unconditional:
            self._check_not_refused(state, rights)
        columns = selected_columns(self._columns, self.mask, self._always)
        selected = shape(columns)
        tally = self.tap.report.tally(self.name).traffic
        source = Source(
            self.name, self.path, self.parameters, self.sorting, self.key, self.strategy
        )
        open_lists = partial(
            Lists, source, company, connection.client, tally=tally, clock=connection.clock
        )
        calendar = connection.calendar(company)
        state.begin(
            fingerprint(
                self.path,
                sorted(self.parameters.items()),
                self.strategy.fields(selected),
                company.id,
                connection.identity.employee_id,
                rights or "unknown",
                # What was read while the token did not see everything is read again when it does:
                # only then is it told what is gone.
                self._sees_everything(company, memory),
            ),
            first=calendar.first,
            shape=fingerprint(
                sorted(columns.items()),
                self.row_version,
                mapping(self.tap.config, self.name),
            ),
        )
        lacking = state.lacking(connection.today, settings.full_refresh_days)
        # Two rows at least: pages have one in common where there is no checksum.
        lists = open_lists(shape(selected.columns, lacking), max(settings.page_size, 2))
        form = self._form(company)
        ids = partial(connection.parent_ids, company, oddities=form.oddities)
        reading = Reading(
            partial(self.strategy.slices, calendar, ids),
            lists,
            state,
            Terms(
                f"{self.name} of company {company.id}",
                connection.today,
                self.strategy.replication_key,
                settings.full_refresh_days,
                unconditional=unconditional,
                control_error=settings.control_totals == "error",
            ),
            form,
            pool=connection.pool,
            width=1 if self.ABORT_AT_RECORD_COUNT else settings.max_concurrency,
            watch=partial(self._watch, company, state, tally),
            control=partial(self._control, company),
            changes=self._changes(open_lists, lists, state, form),
            on_read=partial(self._on_read, company, memory),
        )
        reading.look()
        return reading

    def _form(self, company: Company) -> Form:
        """Return lines of text, unless the SDK has something to do with each record."""
        added = {"company_id": company.id}
        # Without a posting's amount the books do not add up; without the date that a slice is cut
        # by, a row belongs to no slice.
        vital = {*(CONTROLLED if self.controlled else ())}
        vital |= {self.strategy.replication_key} if self.strategy.windowed else set()
        if self.ABORT_AT_RECORD_COUNT or self.strategy.inside is None or not self.tap.plain:
            return RecordForm(self.strategy, self.key, added, vital=vital)
        return LineForm(self.name, self.strategy, self.key, added, write=self._write, vital=vital)

    def _write(self, lines: bytes, count: int) -> None:
        self.tap.output.announce(self.name)
        self.tap.output.write(lines)
        self.tap.state_writer.write_state(self.tap_state)
        if self._counter is not None:
            self._counter.increment(count)
        self.tap.report.tally(self.name).rows += count

    def _check_not_refused(self, state: SliceState, rights: str) -> None:
        """Spare the question that the API answered with 403, until tomorrow or rights change.

        Raises:
            RememberedError: when there is nothing to ask.
        """
        since = state.refused_since(fingerprint(rights))
        if since == self.tap.connection.today:
            message = (
                f"{self.path} was refused on {since}; it is asked for again tomorrow, or when "
                "the token's rights change."
            )
            raise RememberedError(message)

    def _watch(
        self, company: Company, state: SliceState, tally: Traffic, parts: Sequence[Slice]
    ) -> Watch | None:
        """Return what tells which slices may have changed, None where each is asked."""
        connection = self.tap.connection
        ask = partial(connection.probes.digest, company, tally=tally)
        if self.seldom and self.tap.settings.full_refresh_days:
            recent = (connection.today.replace(day=1) - DAY).replace(day=1)
            windows = ((part.key, part.window) for part in parts if part.window)
            if state.has_moved:
                return Turns(part.key for part in parts)
            return Turns(
                key for key, (first, end) in windows if first <= connection.today and end > recent
            )
        if self.strategy.tree and len(parts) > 1:
            if state.probes is False:
                return None
            anew = partial(self._probe, partial(ask, anew=True))
            return Tree(parts, partial(self._probe, ask), state, connection.pool, anew)
        after = date(connection.calendar(company).horizon.year + 1, 1, 1)
        probes: list[Callable[..., str | None]] = [
            partial(ask, guard.path, guard.params(after)) for guard in self.guards
        ]
        if self.strategy.parents:
            ids = connection.parent_ids
            probes.append(partial(ids.digest, company, self.strategy.parents))
        # With all fields: a checksum that depends on them is another one, and is not kept.
        again = [partial(probe, anew=True, fields=ALL) for probe in probes]
        if not probes or not parts:
            return None
        return Guard(parts, probes, state, again, anyway=state.has_moved)

    def _probe(
        self, ask: Callable[..., str | None], first: date, after: date, known: str | None
    ) -> str | None:
        window = self.strategy.of if isinstance(self.strategy, Nested) else self.strategy
        assert isinstance(window, Window)  # noqa: S101 - only windows have a tree
        cut = Cut(window.start, first, window.end, after)
        return ask(self.path, {**self.parameters, **cut.params()}, known)

    def _changes(
        self, open_lists: Callable[[Shape, int], Lists], lists: Lists, state: SliceState, form: Form
    ) -> Changes | None:
        """Return what reads the changes of a long list, where its path can tell them."""
        if not isinstance(self.strategy, ChangedSince):
            return None

        def narrow(names: Sequence[str], rows: int) -> Lists:
            return open_lists(shape({name: self._columns[name] for name in names}), rows)

        may_test = self.replication_method != REPLICATION_FULL_TABLE
        pool = self.tap.connection.pool
        return Changes(
            lists, narrow, state, pool, form, today=self.tap.connection.today, may_test=may_test
        )

    def _control(self, company: Company) -> Control | None:
        """Return the control of the postings, where it is wanted and can prove anything."""
        connection = self.tap.connection
        wanted = self.controlled and self.tap.settings.control_totals != "off"
        if not wanted or not all(self.mask["properties", name] for name in CONTROLLED):
            return None
        if not connection.completeness.of_vouchers(company):
            return None
        return Control(connection.client, company, self.tap.report.tally(self.name).traffic)

    def _on_read(
        self, company: Company, memory: Mapping[str, Any], part: Slice, emission: Emission
    ) -> None:
        """Tell the world that a slice was read whole."""
        start, end = part.window or (None, None)
        verdict = emission.verdict
        self.tap.report.tally(self.name).read += 1
        self.tap.windows.remember(company.id, self.tap.connection.clock.last)
        if verdict:
            self.tap.report.control(self.name, verdict)
        self.tap.windows.write(
            WindowRead(
                self.name,
                company.id,
                part.key,
                start.isoformat() if start and start != BEGINNING else None,
                end.isoformat() if end else None,
                emission.synced_at,
                len(emission.seen),
                emission.whole and self._sees_everything(company, memory),
                verdict.found if verdict else None,
                verdict.expected if verdict else None,
            )
        )

    def _sees_everything(self, company: Company, memory: Mapping[str, Any]) -> bool:
        return not self._lacks(company, memory)

    def _lacks(self, company: Company, memory: Mapping[str, Any]) -> list[Lack]:
        return self.tap.connection.completeness.lacks(
            company, memory, self.tap.windows.rights, all_vouchers=self.all_vouchers
        )

    def _slice_state(self, company: Company, context: Context | None) -> SliceState:
        return SliceState(self.get_context_state(context), f"{self.name} of company {company.id}")

    def _trouble(self, company: Company, context: Context | None, error: TripletexError) -> Trouble:
        """Return what an error means: a stream that was never readable is only skipped."""
        if isinstance(error, RememberedError):
            return Trouble(self.name, company.id, str(error), fatal=False)
        if not isinstance(error, ForbiddenError):
            return Trouble(self.name, company.id, str(error), fatal=True)
        connection, state = self.tap.connection, self._slice_state(company, context)
        was_readable = not state.is_new
        rights = connection.completeness.rights(company)
        if rights and not was_readable:
            state.refuse(fingerprint(rights), connection.today)
        advice = connection.access.advice(company, connection.identity, self.needs)
        if was_readable:
            advice = f"It was readable in an earlier run. {advice}"
        return Trouble(self.name, company.id, f"{error} {advice}", fatal=was_readable)
