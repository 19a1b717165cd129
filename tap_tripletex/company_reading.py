"""One stream in one company: what its reading is made of, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from tap_tripletex.api.digests import ALL
from tap_tripletex.api.errors import RememberedError
from tap_tripletex.proof.control_totals import COLUMNS as CONTROLLED
from tap_tripletex.proof.control_totals import Control
from tap_tripletex.proof.sync_windows import WindowRead
from tap_tripletex.reading.changed_since import Changes
from tap_tripletex.reading.guarding import POSTINGS
from tap_tripletex.reading.others import OtherLists
from tap_tripletex.reading.paging import Lists, Source
from tap_tripletex.reading.periods import past_of_totals
from tap_tripletex.reading.reader import Reading
from tap_tripletex.reading.slices import BEGINNING, Cut
from tap_tripletex.reading.state import SliceState, fingerprint
from tap_tripletex.reading.strategies import ChangedSince, Nested, Window
from tap_tripletex.reading.terms import Terms
from tap_tripletex.reading.tree import Guard, Shared, Tree, Turns
from tap_tripletex.rows.forms import LineForm, RecordForm
from tap_tripletex.rows.mapping import mapping
from tap_tripletex.rows.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_tripletex.api.auth import Company
    from tap_tripletex.extraction import Extraction
    from tap_tripletex.proof.completeness import Lack
    from tap_tripletex.reading.emission import Emission
    from tap_tripletex.reading.guarding import Guarding
    from tap_tripletex.reading.slices import Ask, Slice
    from tap_tripletex.reading.strategies import Strategy
    from tap_tripletex.reading.tree import Watch
    from tap_tripletex.rows.forms import Form
    from tap_tripletex.rows.shapes import Shape

Json = dict[str, Any]


class Declared(Protocol):
    """What a stream declares; see there for what each means."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def path(self) -> str:
        """Return where its list is, below the API's address."""

    @property
    def strategy(self) -> Strategy:
        """Return how it is cut into slices."""

    @property
    def key(self) -> tuple[str, ...]:
        """Return columns of the primary key besides company_id."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """Return parameters of every request."""

    @property
    def sorting(self) -> str | None:
        """Return what keeps offsets stable, None where the path does not sort."""

    @property
    def controlled(self) -> bool:
        """Return whether its rows are compared with the trial balance."""

    @property
    def all_vouchers(self) -> bool:
        """Return whether its rows are filtered by the vouchers that may be seen."""

    @property
    def guards(self) -> tuple[Guarding, ...]:
        """Return other lists, one of which changes whenever this one does."""

    @property
    def shared(self) -> bool:
        """Return whether its list is asked for by other streams as well."""

    @property
    def seldom(self) -> bool:
        """Return whether it changes hardly ever."""

    @property
    def reference(self) -> bool:
        """Return whether it is a small list that other rows refer to."""

    @property
    def row_version(self) -> int:
        """Return what is raised when other rows are made of the same answer."""


@dataclass(frozen=True)
class Selection:
    """What of a stream is wanted.

    Attributes:
        included: columns that there are, by name.
        columns: those that are selected.
        unconditional: everything is read and emitted in each run (FULL_TABLE).
        sampled: no more than a few rows are wanted (``--test``).
    """

    included: Mapping[str, Json]
    columns: Mapping[str, Json]
    unconditional: bool
    sampled: bool


class CompanyReading:
    """Puts together the reading of a stream in a company."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a reading
        self,
        stream: Declared,
        company: Company,
        extraction: Extraction,
        selection: Selection,
        state: SliceState,
        write: Callable[[bytes, int], None],
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            stream: what it declares.
            company: where to read it.
            extraction: what the run holds open.
            selection: what of it is wanted.
            state: what is known from earlier runs.
            write: takes whole lines, and how many they are.
        """
        self._stream = stream
        self._company = company
        self._run = extraction
        self._selection = selection
        self._state = state
        self._write = write
        self._memory = extraction.windows.memory(company.id)
        self._tally = extraction.report.tally(stream.name)

    def look(self) -> Reading:
        """Find out which slices are to be read; runs in the background, and remembers nothing yet.

        Raises:
            TripletexError: when the API refuses or does not answer.
        """
        stream, company, state, selection = (
            self._stream,
            self._company,
            self._state,
            self._selection,
        )
        connection, settings = self._run.connection, self._run.settings
        rights, calendar = connection.basics(company)
        if rights and not selection.unconditional:
            self._check_not_refused(rights)
        selected = shape(selection.columns)
        source = Source(
            stream.name, stream.path, stream.parameters, stream.sorting, stream.key, stream.strategy
        )
        open_lists = partial(
            Lists,
            source,
            company,
            connection.client,
            tally=self._tally.traffic,
            clock=connection.clock,
        )
        state.begin(
            fingerprint(
                stream.path,
                sorted(stream.parameters.items()),
                stream.strategy.fields(selected),
                company.id,
                connection.identity.employee_id,
                rights or "unknown",
                # What was read while the token did not see everything is read again when it does:
                # only then is it told what is gone.
                not self.lacks(),
            ),
            first=calendar.first,
            shape=fingerprint(
                sorted(selection.columns.items()),
                stream.row_version,
                mapping(self._run.config, stream.name),
            ),
            turns=self._has_turns,
        )
        lacking = state.lacking(connection.today, settings.full_refresh_days)
        # Two rows at least: pages have one in common where there is no checksum.
        lists = open_lists(shape(selected.columns, lacking), max(settings.page_size, 2))
        form = self._form()
        others = OtherLists(
            company,
            connection.parent_ids,
            connection.probes,
            form.oddities,
            self._tally.traffic,
            lambda: bool(self.lacks()),
        )
        reading = Reading(
            partial(stream.strategy.slices, calendar, others),
            lists,
            state,
            Terms(
                f"{stream.name} of company {company.id}",
                connection.today,
                stream.strategy.replication_key,
                settings.full_refresh_days,
                unconditional=selection.unconditional,
                control_error=settings.control_totals == "error",
            ),
            form,
            pool=connection.pool,
            width=1 if selection.sampled else settings.max_concurrency,
            watch=self._watch,
            control=self._control,
            changes=self._changes(open_lists, lists, form),
            count=self._count,
            on_read=self._on_read,
        )
        reading.look()
        return reading

    def lacks(self) -> list[Lack]:
        """Return what the token lacks to see all rows."""
        return self._run.connection.completeness.lacks(
            self._company,
            self._memory,
            self._run.windows.rights,
            all_vouchers=self._stream.all_vouchers,
        )

    def _form(self) -> Form:
        """Return lines of text, unless the SDK has something to do with each record."""
        stream, strategy = self._stream, self._stream.strategy
        added = {"company_id": self._company.id}
        # Without a posting's amount the books do not add up; without the date that a slice is cut
        # by, a row belongs to no slice.
        vital = {*(CONTROLLED if stream.controlled else ())}
        vital |= {strategy.replication_key} if strategy.windowed else set()
        if self._selection.sampled or strategy.inside is None or not self._run.plain:
            return RecordForm(strategy, stream.key, added, vital=vital)
        return LineForm(stream.name, strategy, stream.key, added, write=self._write, vital=vital)

    def _check_not_refused(self, rights: str) -> None:
        """Spare the question that the API answered with 403, until tomorrow or rights change.

        Raises:
            RememberedError: when there is nothing to ask.
        """
        since = self._state.refused_since(fingerprint(rights))
        if since == self._run.connection.today:
            message = (
                f"{self._stream.path} was refused on {since}; it is asked for again tomorrow, or "
                "when the token's rights change."
            )
            raise RememberedError(message)

    def _count(self, ask: Ask) -> int | None:
        """Return how many rows a list has, None where that is not worth the question.

        It is where the company has more than one page of postings, which is asked once for all.
        """
        connection, stream = self._run.connection, self._stream
        count = partial(connection.probes.count, self._company, tally=self._tally.traffic)
        after = date(connection.calendar(self._company).horizon.year + 1, 1, 1)
        postings = count(POSTINGS.path, POSTINGS.params(after))
        if postings is None or postings <= self._run.settings.page_size:
            return None
        return count(stream.path, {**stream.parameters, **ask.params})

    def _watch(self, parts: Sequence[Slice]) -> Watch | None:
        """Return what tells which slices may have changed, None where each is asked."""
        stream, state, connection = self._stream, self._state, self._run.connection
        ask = partial(connection.probes.digest, self._company, tally=self._tally.traffic)
        if self._has_turns:
            if state.has_moved:
                return Turns(part.key for part in parts)
            days, today = self._run.settings.reference_days, connection.today
            return Turns.recent(
                parts, today, lambda key: not days or state.is_due(key, today, days)
            )
        if self._waits(parts) or not parts:
            return Turns(())
        if stream.strategy.tree or stream.shared:
            return None if state.probes is False else self._watch_own(ask, parts)
        after = date(connection.calendar(self._company).horizon.year + 1, 1, 1)
        probes: list[Callable[..., str | None]] = [
            partial(ask, guard.path, guard.params(after)) for guard in stream.guards
        ]
        if stream.strategy.parents:
            ids = partial(connection.parent_ids.digest, tally=self._tally.traffic)
            probes.append(partial(ids, self._company, stream.strategy.parents))
        # With all fields: a checksum that depends on them is another one, and is not kept.
        again = [partial(probe, anew=True, fields=ALL) for probe in probes]
        if not probes:
            return None
        past = past_of_totals(stream.strategy, connection.today, ask)
        return Guard(parts, probes, state, again, anyway=state.has_moved, past=past)

    @property
    def _has_turns(self) -> bool:
        return self._stream.seldom and self._run.settings.full_refresh_days > 0

    def _waits(self, parts: Sequence[Slice]) -> bool:
        """Return whether a list of reference has its turn on another day."""
        days, state = self._run.settings.reference_days, self._state
        if not self._stream.reference or not days or state.has_moved:
            return False
        # Streams that depend on one list have their turn, and the question, in common.
        parents = self._stream.strategy.parents
        of = f"{self._company.id} {parents.path if parents else self._stream.path}"
        return not any(state.is_due(p.key, self._run.connection.today, days, of) for p in parts)

    def _watch_own(self, ask: Callable[..., str | None], parts: Sequence[Slice]) -> Watch:
        stream, state, pool = self._stream, self._state, self._run.connection.pool
        if len(parts) > 1:
            probe = partial(self._probe, ask)
            return Tree(parts, probe, state, pool, partial(self._probe, partial(ask, anew=True)))
        lists = ({**stream.parameters, **one.params} for one in parts[0].asks)
        return Shared(parts[0], [partial(ask, stream.path, params) for params in lists], state)

    def _probe(
        self, ask: Callable[..., str | None], first: date, after: date, known: str | None
    ) -> str | None:
        stream = self._stream
        window = stream.strategy.of if isinstance(stream.strategy, Nested) else stream.strategy
        assert isinstance(window, Window)  # noqa: S101 - only windows have a tree
        cut = Cut(window.start, first, window.end, after)
        return ask(stream.path, {**stream.parameters, **cut.params()}, known)

    def _changes(
        self, open_lists: Callable[[Shape, int], Lists], lists: Lists, form: Form
    ) -> Changes | None:
        """Return what reads the changes of a long list, where its path can tell them."""
        if not isinstance(self._stream.strategy, ChangedSince):
            return None

        def narrow(names: Sequence[str], rows: int) -> Lists:
            return open_lists(shape({name: self._selection.included[name] for name in names}), rows)

        connection = self._run.connection
        return Changes(
            lists,
            narrow,
            self._state,
            connection.pool,
            form,
            today=connection.today,
            may_test=not self._selection.unconditional,
        )

    def _control(self) -> Control | None:
        """Return the control of the postings, where it is wanted and can prove anything."""
        connection = self._run.connection
        wanted = self._stream.controlled and self._run.settings.control_totals != "off"
        if not wanted or not all(name in self._selection.columns for name in CONTROLLED):
            return None
        if not connection.completeness.of_vouchers(self._company):
            return None
        return Control(connection.client, self._company, self._tally.traffic)

    def _on_read(self, part: Slice, emission: Emission) -> None:
        """Tell the world that a slice was read whole."""
        start, end = part.window or (None, None)
        verdict, windows = emission.verdict, self._run.windows
        self._tally.read += 1
        windows.remember(self._company.id, self._run.connection.clock.last)
        if verdict:
            self._run.report.control(self._stream.name, verdict)
        windows.write(
            WindowRead(
                self._stream.name,
                self._company.id,
                part.key,
                start.isoformat() if start and start != BEGINNING else None,
                end.isoformat() if end else None,
                emission.synced_at,
                len(emission.seen),
                emission.whole and not self.lacks(),
                self._run.connection.completeness.counted(self._company),
                verdict.found if verdict else None,
                verdict.expected if verdict else None,
            )
        )
