"""How a stream is cut into slices: the units that are read whole and remembered.

A stream declares one strategy. The strategy knows which requests make up the stream, which
columns it adds, and which of them tells how far the stream has come.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from tap_tripletex.records import DATE, DATE_TIME, INTEGER, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_tripletex.records import Shape

Json = dict[str, Any]

DAY = timedelta(days=1)

ACCOUNT_NUMBERS = 1_000_000
"""More than the highest account number; four digits are usual, some charts have six."""

BEGINNING = date(1900, 1, 1)
"""Before any posting. Recorded: a window from 1900 is answered with 200."""


@dataclass(frozen=True)
class Calendar:
    """The days to read.

    Attributes:
        first: day to read from.
        today: in Norway.
        future_days: how far ahead rows are dated that count; vouchers, orders and invoices are.
        open_start: what lies before the first day is read as well, as one slice.
        still_open: years that have an accounting period which is not closed.
    """

    first: date
    today: date
    future_days: int
    open_start: bool
    still_open: frozenset[int] = frozenset()

    def months(self, last: date) -> Iterator[tuple[date, date]]:
        """Yield the calendar months up to a day as (first day, day after the last).

        The first one starts on the calendar's first day.
        """
        starts = [self.first]
        while starts[-1] <= last:
            starts.append((starts[-1].replace(day=1) + 32 * DAY).replace(day=1))
        yield from pairwise(starts)

    def windows(self) -> Iterator[tuple[date, date, str]]:
        """Yield the months that may still change, and the far and closed years in one piece each.

        Each comes as first day, day after the last, and name.
        """
        for first, after in self.months(self.horizon):
            year = first.year
            if not self.is_far(year):
                yield first, after, f"{first:%Y-%m}"
            elif first == max(self.first, date(year, 1, 1)):
                yield first, date(year + 1, 1, 1), f"{year}"

    def is_far(self, year: int) -> bool:
        """Return whether a year lies two or more years back and is not known to be open."""
        return year < self.today.year - 1 and year not in self.still_open

    @property
    def horizon(self) -> date:
        """Return the last day that rows are expected on."""
        return self.today + self.future_days * DAY


@dataclass(frozen=True)
class Cut:
    """A range of a list that can be cut in two where the answer would be too large.

    Attributes:
        start: parameter of the first day.
        first: the day.
        end: parameter of the day after the last.
        after: the day.
        numbers: parameters of account numbers, from and before, for when a single day is too large.
        low: the lowest account number.
        high: the number after the highest.
    """

    start: str
    first: date
    end: str
    after: date
    numbers: tuple[str, str] | None = None
    low: int = 0
    high: int = ACCOUNT_NUMBERS

    def params(self) -> dict[str, str]:
        """Return the parameters of the range."""
        params = {self.start: self.first.isoformat(), self.end: self.after.isoformat()}
        if self.numbers and (self.low, self.high) != (0, ACCOUNT_NUMBERS):
            params |= {self.numbers[0]: str(self.low), self.numbers[1]: str(self.high)}
        return params

    def halves(self) -> tuple[Cut, Cut] | None:
        """Return the range cut by days, or by account numbers when it is a single day."""
        if self.after - self.first > DAY:
            middle = self.first + (self.after - self.first) // 2
            return replace(self, after=middle), replace(self, first=middle)
        if self.numbers and self.high - self.low > 1:
            number = (self.low + self.high) // 2
            return replace(self, high=number), replace(self, low=number)
        return None


@dataclass(frozen=True)
class Ask:
    """One list of the API, to be read page by page.

    Attributes:
        params: what the request asks for besides paging and fields.
        path: values for the placeholders in the stream's path.
        columns: values that every record of the answer gets.
        cut: how it can be cut; its parameters are among the others.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)
    cut: Cut | None = None

    def halves(self) -> list[Ask] | None:
        """Return the list cut in two, None where it cannot be."""
        halves = self.cut.halves() if self.cut else None
        if halves is None:
            return None
        return [replace(self, params={**self.params, **c.params()}, cut=c) for c in halves]


@dataclass(frozen=True)
class Slice:
    """One unit of work of a stream in a company.

    Attributes:
        key: its name in the state.
        asks: the lists that it is made of.
        bookmark: what the stream's replication key has reached when the slice is read.
        window: first day, and day after the last, of its rows' replication key; None where the
            slice is all there is.
    """

    key: str
    asks: Sequence[Ask] = (Ask(),)
    bookmark: str | None = None
    window: tuple[date, date] | None = None


def _window(cut: Cut, key: str) -> Slice:
    bookmark = (cut.after - DAY).isoformat()
    return Slice(key, (Ask(cut.params(), cut=cut),), bookmark, (cut.first, cut.after))


@dataclass(frozen=True)
class Parents:
    """Objects whose ids other streams are asked by; listed once a run for all of them.

    Attributes:
        path: of their list.
        id: name of the id in the list, after a dot if it is that of a reference.
        params: of the list.
    """

    path: str
    id: str = "id"
    params: tuple[tuple[str, str], ...] = ()


Ids = Callable[[Parents], "Sequence[int]"]
"""Gives the ids of parents in the company that is read."""


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
        combinations = product(*self.every.values())
        yield Slice("all", [Ask(dict(zip(self.every, c, strict=True))) for c in combinations])


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
    """Windows from the first day to the horizon: months near, years far; ``to`` is exclusive.

    Attributes:
        replication_key: the column of the date that the windows are cut by.
        start: parameter of the first day.
        end: parameter of the day after the last.
        numbers: parameters of account numbers, where a day can be cut by them.
    """

    replication_key: str
    start: str = "dateFrom"
    end: str = "dateTo"
    numbers: tuple[str, str] | None = None
    tree: bool = True
    windowed: bool = True

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:  # noqa: ARG002
        """Yield what lies before the first day, if it is to be read, then years and months."""
        if calendar.open_start:
            yield self._slice(BEGINNING, calendar.first, f"..{calendar.first}")
        for first, after, key in calendar.windows():
            yield self._slice(first, after, key)

    def _slice(self, first: date, after: date, key: str) -> Slice:
        return _window(Cut(self.start, first, self.end, after, self.numbers), key)


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
    """

    replication_key: str = "start_date"
    last: str | None = None
    start: str = "dateFrom"
    end: str = "dateTo"
    inclusive: bool = False
    windowed: bool = True

    @property
    @override
    def columns(self) -> Mapping[str, Json]:
        """Return the columns of the month's first and last day."""
        return {self.replication_key: DATE} | ({self.last: DATE} if self.last else {})

    def slices(self, calendar: Calendar, ids: Ids) -> Iterator[Slice]:  # noqa: ARG002
        """Yield the months; they cannot be halved, the halves would be other totals."""
        for first, after in calendar.months(calendar.horizon):
            last = after - DAY
            end = last if self.inclusive else after
            columns = {self.replication_key: first.isoformat()}
            if self.last:
                columns[self.last] = last.isoformat()
            params = {self.start: first.isoformat(), self.end: end.isoformat()}
            ask = Ask(params, columns=columns)
            yield Slice(f"{first:%Y-%m}", (ask,), first.isoformat(), (first, after))


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
