"""How a stream is cut into slices: the units that are read whole and remembered.

A stream declares one strategy. The strategy knows which requests make up the stream, which
columns it adds, and which of them tells how far the stream has come.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from tap_tripletex.api.errors import MalformedRowError
from tap_tripletex.reading.plan import Range
from tap_tripletex.reading.slices import (
    BEGINNING,
    DAY,
    Ask,
    Cut,
    Deferred,
    Parents,
    Slice,
    combinations,
)
from tap_tripletex.rows.lines import Inside
from tap_tripletex.rows.shapes import DATE, DATE_TIME, INTEGER, TEXT, parents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_tripletex.reading.slices import Calendar, Ids
    from tap_tripletex.rows.shapes import Shape

Json = dict[str, Any]


class Strategy(Protocol):
    """How a stream is read."""

    @property
    def replication_key(self) -> str:
        """Return the column that tells how far the stream has come."""

    @property
    def columns(self) -> Mapping[str, Json]:
        """Return the columns that it adds to those of the entity."""

    @property
    def pages(self) -> bool:
        """Return whether the answer comes in pages."""

    @property
    def tree(self) -> bool:
        """Return whether the slices are windows that can be probed together."""

    @property
    def windowed(self) -> bool:
        """Return whether the slices are windows of the replication key."""

    @property
    def inside(self) -> Inside | None:
        """Return where in an object the records are, None where they are made of its content."""

    @property
    def parents(self) -> Parents | None:
        """Return the objects whose list changes whenever this one does, if there are any."""

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:
        """Yield the slices, oldest first."""

    def fields(self, shape: Shape) -> str:
        """Return the ``fields`` expression of the request."""

    def records(self, shape: Shape, source: Json, ask: Ask) -> Iterator[Json]:
        """Yield the records in one object of the answer."""


class Whole:
    """Each object of the answer is one record."""

    pages: bool = True
    tree: bool = False
    windowed: bool = False
    inside: Inside | None = Inside()
    parents: Parents | None = None

    @property
    def columns(self) -> Mapping[str, Json]:
        """Return no columns."""
        return {}

    def fields(self, shape: Shape) -> str:
        """Return the shape's own expression."""
        return shape.fields

    def records(self, shape: Shape, source: Json, ask: Ask) -> Iterator[Json]:
        """Yield the object as one record, with the columns of what was asked."""
        record = shape.convert(source)
        for name, asked in parents(ask.columns):
            if record.get(name) not in {None, asked}:
                message = f"A row is not of {name} {asked}, which was asked for."
                raise MalformedRowError(message)
        record.update(ask.columns)
        yield record


@dataclass(frozen=True)
class List(Whole):
    """The whole list, without dates.

    Attributes:
        every: parameters with all their values; each combination is asked for. For filters that
            the official document gives a default, so that a plain request may hide rows.
    """

    every: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    replication_key: str = "synced_at"

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:  # noqa: ARG002
        """Yield one slice of all combinations of values."""
        yield Slice("all", [Ask(asked) for asked in combinations(self.every)])


@dataclass(frozen=True)
class ChangedSince(List):
    """The whole list; of a long one, what has changed since it was last read.

    Its path takes ``changedSince``, and its rows say when they were changed.
    """

    replication_key: str = "updated_at"

    @property
    @override
    def columns(self) -> Mapping[str, Json]:
        """Return the time of the last change: without it nothing could be told to be newer."""
        return {self.replication_key: DATE_TIME}


@dataclass(frozen=True)
class Single(List):
    """One object, which is the company's own."""

    pages: bool = False


@dataclass(frozen=True)
class Keyless(List):
    """A list of rows without id: each row's content is its key.

    Attributes:
        key: column of the key.
    """

    key: str = "row_key"
    inside: None = None

    @property
    @override
    def columns(self) -> Mapping[str, Json]:
        """Return the column of the key."""
        return {self.key: TEXT}

    @override
    def records(self, shape: Shape, source: Json, ask: Ask) -> Iterator[Json]:
        """Yield the object with a key made of its content."""
        for record in super().records(shape, source, ask):
            content = sorted((name, str(value)) for name, value in record.items())
            yield record | {self.key: hashlib.sha256(repr(content).encode()).hexdigest()[:16]}


@dataclass(frozen=True)
class Window(Whole):
    """The days from the first one to the end of the horizon's year; ``to`` is exclusive.

    Attributes:
        replication_key: the column of the date that the days are cut by.
        start: parameter of the first day.
        end: parameter of the day after the last.
        numbers: parameters of account numbers, where a day can be cut by them.
        tree: whether slices can be probed together; where the path has no checksum, each of them
            is a request in each run.
    """

    replication_key: str
    start: str = "dateFrom"
    end: str = "dateTo"
    numbers: tuple[str, str] | None = None
    tree: bool = True
    windowed: bool = True

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:  # noqa: ARG002
        """Yield all days as one slice, which is cut where its rows are more than a page."""
        if days := Range.of(self._cut, calendar):
            yield days.slice()

    def _cut(self, first: date, after: date) -> Cut:
        return Cut(self.start, first, self.end, after, self.numbers)


@dataclass(frozen=True)
class Ever(Whole):
    """All days in one request, from before the first row to the end of the horizon's year.

    Attributes:
        start: parameter of the first day.
        end: parameter of the day after the last.
    """

    start: str
    end: str
    replication_key: str = "synced_at"

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:  # noqa: ARG002
        """Yield the one slice."""
        end = date(calendar.horizon.year + 1, 1, 1)
        yield Slice("all", (Ask({self.start: BEGINNING.isoformat(), self.end: end.isoformat()}),))


@dataclass(frozen=True)
class Period(Whole):
    """A total for each calendar month.

    Attributes:
        replication_key: the column of the month's first day.
        last: the column of the month's last day, where the rows do not have it.
        start: parameter of the first day.
        end: parameter of the last day, or of the day after it.
        inclusive: whether the last day is asked for by itself.
        ahead: list without whose rows there is nothing to say of the months to come; None where
            there never is.
    """

    replication_key: str = "start_date"
    last: str | None = None
    start: str = "dateFrom"
    end: str = "dateTo"
    inclusive: bool = False
    ahead: str | None = None
    windowed: bool = True

    @property
    @override
    def columns(self) -> Mapping[str, Json]:
        """Return the columns of the month's first and last day."""
        return {self.replication_key: DATE} | ({self.last: DATE} if self.last else {})

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:
        """Yield the months; they cannot be halved, the halves would be other totals.

        Each stands for the whole month, so that the total of a part of it, from another first day,
        is gone when the month is read again.
        """
        for first, after in calendar.months(calendar.horizon):
            last = after - DAY
            end = last if self.inclusive else after
            columns = {self.replication_key: first.isoformat()}
            if self.last:
                columns[self.last] = last.isoformat()
            params = {self.start: first.isoformat(), self.end: end.isoformat()}
            ask = Ask(params, columns=columns)
            asks: Sequence[Ask] = (ask,)
            if first > calendar.today:
                asks = Deferred(partial(self._if_ahead, ask, first, calendar, ids))
            window = (first.replace(day=1), after)
            yield Slice(f"{first:%Y-%m}", asks, first.isoformat(), window)

    def _if_ahead(self, ask: Ask, first: date, calendar: Calendar, ids: Ids) -> Sequence[Ask]:
        """Return the question of a month to come, unless nothing is dated so far ahead."""
        if self.ahead is None:
            return ()
        after = date(calendar.horizon.year + 1, 1, 1)
        months = (month for month, _ in calendar.months(calendar.horizon))
        next_month = next(month for month in months if month > calendar.today)
        # One question for the rest of this year, one for each later year.
        begins = max(next_month, first.replace(month=1, day=1))
        days = (("dateFrom", begins.isoformat()), ("dateTo", after.isoformat()))
        return (ask,) if ids(Parents(self.ahead, params=days)) else ()


@dataclass(frozen=True)
class Years(Whole):
    """One request a calendar year, from the first day's to the horizon's.

    Attributes:
        year: parameter of the year; None where there are parameters of days.
        start: parameter of the year's first day.
        end: parameter of the year's last day, or of the day after it.
        inclusive: whether the last day is asked for by itself.
    """

    year: str | None = "year"
    start: str = ""
    end: str = ""
    inclusive: bool = False
    replication_key: str = "synced_at"
    pages: bool = True

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:  # noqa: ARG002
        """Yield one slice of all years."""
        years = range(calendar.first.year, calendar.horizon.year + 1)
        yield Slice("all", [self._ask(year) for year in years])

    def _ask(self, year: int) -> Ask:
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
        if self.year:
            return Ask({self.year: f"{year}"})
        if self.inclusive:
            return Ask({self.start: first.isoformat(), self.end: (after - DAY).isoformat()})
        cut = Cut(self.start, first, self.end, after)
        return Ask(cut.params(), cut=cut)


@dataclass(frozen=True)
class Named(Whole):
    """One request for each month or week that has begun, named by one parameter.

    Attributes:
        param: the parameter.
        week: weeks as 2026-05 (ISO 8601), otherwise months as 2026-01.
    """

    param: str
    week: bool = False
    replication_key: str = "synced_at"

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:  # noqa: ARG002
        """Yield one slice of all months or weeks."""
        if self.week:
            days = (calendar.today - calendar.first).days
            dates = (calendar.first + n * DAY for n in range(days + 1))
            names = [f"{day:%G-%V}" for day in dates]
        else:
            names = [f"{first:%Y-%m}" for first, _ in calendar.months(calendar.today)]
        yield Slice("all", [Ask({self.param: name}) for name in dict.fromkeys(names)])


@dataclass(frozen=True)
class Snapshot(Whole):
    """What was so at the end of each past month and is so today.

    Attributes:
        replication_key: the column of the day; what happened on that day is in the snapshot.
        date: parameter of the day.
        exclusive: whether the day after is to be asked for.
    """

    replication_key: str = "as_of_date"
    date: str = "date"
    exclusive: bool = True
    pages: bool = True
    windowed: bool = True

    @property
    @override
    def columns(self) -> Mapping[str, Json]:
        """Return the column of the day."""
        return {self.replication_key: DATE}

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:  # noqa: ARG002
        """Yield the ends of the past months, then today."""
        ends = [after - DAY for _, after in calendar.months(calendar.today)]
        for day in (*(end for end in ends if end < calendar.today), calendar.today):
            asked = day + DAY if self.exclusive else day
            columns = {self.replication_key: day.isoformat()}
            ask = Ask({self.date: asked.isoformat()}, columns=columns)
            yield Slice(day.isoformat(), (ask,), day.isoformat(), (day, day + DAY))


@dataclass(frozen=True)
class AsOf(Whole):
    """What was so at the end of each past month or is so today, each row once.

    Attributes:
        date: parameter of the day.
    """

    date: str
    replication_key: str = "synced_at"

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:  # noqa: ARG002
        """Yield one slice of all days."""
        days = [*(after - DAY for _, after in calendar.months(calendar.today)), calendar.today]
        asked = sorted({min(day, calendar.today) for day in days})
        yield Slice("all", [Ask({self.date: day.isoformat()}) for day in asked])


@dataclass(frozen=True)
class Nested:
    """The lines inside the objects of another stream: one record a line.

    Attributes:
        of: how the objects are read.
        lines: name of the list in the object.
        parent: column of the object's id.
        date: name of the object's date, whose column is the replication key of ``of``.
    """

    of: Strategy
    lines: str
    parent: str
    date: str | None = None

    @property
    def replication_key(self) -> str:
        """Return that of the objects."""
        return self.of.replication_key

    @property
    def pages(self) -> bool:
        """Return whether the objects come in pages."""
        return self.of.pages

    @property
    def tree(self) -> bool:
        """Return whether the slices are windows that can be probed together."""
        return self.of.tree

    @property
    def windowed(self) -> bool:
        """Return whether the slices are windows of the objects' date."""
        return self.of.windowed

    @property
    def inside(self) -> Inside:
        """Return where the lines are."""
        day = {self.replication_key: {"source": self.date, "none": "", **DATE}}
        parent = {self.parent: {"source": "id", **INTEGER}}
        return Inside(self.lines, {**parent, **(day if self.date else {})})

    @property
    def parents(self) -> Parents | None:
        """Return those of the objects."""
        return self.of.parents

    @property
    def columns(self) -> Mapping[str, Json]:
        """Return the columns of the object's id and date."""
        dates = {self.replication_key: DATE} if self.date else {}
        return {self.parent: INTEGER, **dates}

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:
        """Yield those of the objects."""
        return self.of.slices(calendar, ids)

    def fields(self, shape: Shape) -> str:
        """Return an expression that expands the lines, and asks for nothing else but the keys."""
        date = f",{self.date}" if self.date else ""
        return f"id{date},{self.lines}({shape.fields})"

    def records(self, shape: Shape, source: Json, ask: Ask) -> Iterator[Json]:
        """Yield the object's lines."""
        columns: Json = {self.parent: source.get("id"), **ask.columns}
        if self.date:
            columns[self.replication_key] = source.get(self.date)
        for line in source.get(self.lines) or ():
            record = shape.convert(line)
            record.update(columns)
            yield record


SYNCED_AT: Mapping[str, Json] = {"synced_at": DATE_TIME}
"""When the slice was read, in UTC: the same for all rows of one read of one slice."""
