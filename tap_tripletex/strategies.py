"""How a stream is cut into slices: the units that are read whole and remembered.

A stream declares one strategy. The strategy knows which requests make up the stream, which
columns it adds, and which of them tells how far the stream has come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from typing_extensions import override

from tap_tripletex.records import DATE, DATE_TIME, INTEGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_tripletex.records import Shape

Json = dict[str, Any]

DAY = timedelta(days=1)

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
    """

    first: date
    today: date
    future_days: int
    open_start: bool

    def months(self, last: date) -> Iterator[tuple[date, date]]:
        """Yield the calendar months up to a day as (first day, day after the last).

        The first one starts on the calendar's first day.
        """
        starts = [self.first]
        while starts[-1] <= last:
            starts.append((starts[-1].replace(day=1) + 32 * DAY).replace(day=1))
        yield from pairwise(starts)

    @property
    def horizon(self) -> date:
        """Return the last day that rows are expected on."""
        return self.today + self.future_days * DAY


@dataclass(frozen=True)
class Slice:
    """One unit of work of a stream in a company.

    Attributes:
        key: its name in the state.
        params: what the request asks for besides paging and fields.
        bookmark: what the stream's replication key has reached when the slice is read.
        columns: values that every record of the slice gets.
        window: the parameters' names and days where the slice can be halved.
    """

    key: str
    params: Mapping[str, str] = field(default_factory=dict)
    bookmark: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    window: tuple[str, date, str, date] | None = None

    def halves(self) -> tuple[Slice, Slice] | None:
        """Return the slice cut in two, None when it is a single day or has no window."""
        if self.window is None or self.window[3] - self.window[1] <= DAY:
            return None
        start, first, end, after = self.window
        middle = first + (after - first) // 2
        return (
            _window(start, first, end, middle, key=f"{first}..{middle}"),
            _window(start, middle, end, after, key=f"{middle}..{after}"),
        )


def _window(start: str, first: date, end: str, after: date, key: str) -> Slice:
    return Slice(
        key,
        params={start: first.isoformat(), end: after.isoformat()},
        bookmark=(after - DAY).isoformat(),
        window=(start, first, end, after),
    )


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

    def slices(self, calendar: Calendar) -> Iterator[Slice]:
        """Yield the slices, oldest first."""

    def fields(self, shape: Shape) -> str:
        """Return the ``fields`` expression of the request."""

    def records(self, shape: Shape, source: Json, part: Slice) -> Iterator[Json]:
        """Yield the records in one object of the answer."""


class Whole:
    """Each object of the answer is one record."""

    pages: ClassVar[bool] = True

    @property
    def columns(self) -> Mapping[str, Json]:
        """Return no columns."""
        return {}

    def fields(self, shape: Shape) -> str:
        """Return the shape's own expression."""
        return shape.fields

    def records(self, shape: Shape, source: Json, part: Slice) -> Iterator[Json]:
        """Yield the object as one record, with the columns of the slice."""
        record = shape.convert(source)
        record.update(part.columns)
        yield record


@dataclass(frozen=True)
class List(Whole):
    """The whole list, without dates.

    Attributes:
        every: parameters with all their values; each combination is a slice. For filters that the
            official document gives a default, so that a plain request may hide rows.
    """

    every: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    replication_key: str = "synced_at"

    def slices(self, calendar: Calendar) -> Iterator[Slice]:  # noqa: ARG002 - one interface
        """Yield one slice for each combination of values."""
        for values in product(*self.every.values()):
            params = dict(zip(self.every, values, strict=True))
            yield Slice("&".join(f"{k}={v}" for k, v in params.items()) or "all", params)


@dataclass(frozen=True)
class Single(List):
    """One object, which is the company's own."""

    pages: ClassVar[bool] = False


@dataclass(frozen=True)
class Window(Whole):
    """Calendar months from the first day to the horizon; ``to`` is exclusive.

    Attributes:
        replication_key: the column of the date that the windows are cut by.
        start: parameter of the first day.
        end: parameter of the day after the last.
    """

    replication_key: str
    start: str = "dateFrom"
    end: str = "dateTo"

    def slices(self, calendar: Calendar) -> Iterator[Slice]:
        """Yield what lies before the first day, if it is to be read, then the months."""
        if calendar.open_start:
            first, key = calendar.first, f"..{calendar.first}"
            yield _window(self.start, BEGINNING, self.end, first, key=key)
        for first, after in calendar.months(calendar.horizon):
            yield _window(self.start, first, self.end, after, key=f"{first:%Y-%m}")


@dataclass(frozen=True)
class Period(Whole):
    """A total for each calendar month.

    Attributes:
        replication_key: the column of the month's first day.
        start: parameter of the first day.
        end: parameter of the day after the last.
    """

    replication_key: str = "start_date"
    start: str = "dateFrom"
    end: str = "dateTo"

    def slices(self, calendar: Calendar) -> Iterator[Slice]:
        """Yield the months; they cannot be halved, the halves would be other totals."""
        for first, after in calendar.months(calendar.horizon):
            params = {self.start: first.isoformat(), self.end: after.isoformat()}
            day = first.isoformat()
            yield Slice(f"{first:%Y-%m}", params, day, {self.replication_key: day})


@dataclass(frozen=True)
class Snapshot(Whole):
    """What was open at the end of each past month and is open today.

    Attributes:
        replication_key: the column of the day; what happened on that day is in the snapshot.
        date: parameter of the day after.
    """

    replication_key: str = "as_of_date"
    date: str = "date"

    @property
    @override
    def columns(self) -> Mapping[str, Json]:
        """Return the column of the day."""
        return {self.replication_key: DATE}

    def slices(self, calendar: Calendar) -> Iterator[Slice]:
        """Yield the ends of the past months, then today."""
        ends = [after - DAY for _, after in calendar.months(calendar.today)]
        for day in (*(end for end in ends if end < calendar.today), calendar.today):
            yield Slice(
                day.isoformat(),
                {self.date: (day + DAY).isoformat()},
                day.isoformat(),
                {self.replication_key: day.isoformat()},
            )


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
    def columns(self) -> Mapping[str, Json]:
        """Return the columns of the object's id and date."""
        dates = {self.replication_key: DATE} if self.date else {}
        return {self.parent: INTEGER, **dates}

    def slices(self, calendar: Calendar) -> Iterator[Slice]:
        """Yield those of the objects."""
        return self.of.slices(calendar)

    def fields(self, shape: Shape) -> str:
        """Return an expression that expands the lines, and asks for nothing else but the keys."""
        date = f",{self.date}" if self.date else ""
        return f"id{date},{self.lines}({shape.fields})"

    def records(self, shape: Shape, source: Json, part: Slice) -> Iterator[Json]:
        """Yield the object's lines."""
        columns: Json = {self.parent: source.get("id"), **part.columns}
        if self.date:
            columns[self.replication_key] = source.get(self.date)
        for line in source.get(self.lines) or ():
            record = shape.convert(line)
            record.update(columns)
            yield record


SYNCED_AT: Mapping[str, Json] = {"synced_at": DATE_TIME}
"""When the slice was read, in UTC: the same for all rows of one read of one slice."""
