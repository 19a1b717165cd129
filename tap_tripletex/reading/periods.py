"""Streams that are asked for by periods and days: totals of months, what was so on a day."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_tripletex.reading.slices import (
    BEGINNING,
    DAY,
    Ask,
    Cut,
    Deferred,
    Slice,
    last_month,
    next_year,
)
from tap_tripletex.reading.strategies import Whole
from tap_tripletex.reading.tree import Past
from tap_tripletex.rows.shapes import DATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_tripletex.reading.guarding import Guarding
    from tap_tripletex.reading.slices import Calendar, Others
    from tap_tripletex.reading.strategies import Strategy

Json = dict[str, Any]


@dataclass(frozen=True)
class Ever(Whole):
    """All days in one request, to the end of the horizon's year; cut where that is too large.

    Attributes:
        start: parameter of the first day.
        end: parameter of the day after the last.
        since_first: no earlier than the first year that is read.
    """

    start: str
    end: str
    since_first: bool = False
    replication_key: str = "synced_at"

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:  # noqa: ARG002
        """Yield the one slice."""
        first = calendar.first.replace(month=1, day=1) if self.since_first else BEGINNING
        cut = Cut(self.start, first, self.end, next_year(calendar.horizon))
        yield Slice("all", (Ask(cut.params(), cut=cut),))


@dataclass(frozen=True)
class Period(Whole):
    """A total for each calendar month.

    Attributes:
        replication_key: the column of the month's first day.
        last: the column of the month's last day, where the rows do not have it.
        start: parameter of the first day.
        end: parameter of the last day, or of the day after it.
        inclusive: whether the last day is asked for by itself.
        of: list without whose rows there is nothing to say of a month; None where there is none.
        ahead: whether there is something to say of the months to come, as far as it has rows.
    """

    replication_key: str = "start_date"
    last: str | None = None
    start: str = "dateFrom"
    end: str = "dateTo"
    inclusive: bool = False
    of: Guarding | None = None
    ahead: bool = False
    windowed: bool = True

    @property
    @override
    def columns(self) -> Mapping[str, Json]:
        """Return the columns of the month's first and last day."""
        return {self.replication_key: DATE} | ({self.last: DATE} if self.last else {})

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:
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
            asks = Deferred(
                partial(self._if_any, Ask(params, columns=columns), first, calendar, others)
            )
            window = (first.replace(day=1), after)
            yield Slice(f"{first:%Y-%m}", asks, first.isoformat(), window)

    def _if_any(self, ask: Ask, first: date, calendar: Calendar, others: Others) -> Sequence[Ask]:
        """Return the question of a month, unless there is nothing to say of it."""
        if first <= calendar.today:
            return _unless_before(ask, self.of, first, calendar, others)
        if self.of is None or not self.ahead:
            return ()
        months = (month for month, _ in calendar.months(calendar.horizon))
        ahead = next(month for month in months if month > calendar.today)
        last = others.last_day(self.of, ahead, next_year(calendar.horizon))
        return (ask,) if last and last >= first else ()


def past_of_totals(strategy: Strategy, today: date, ask: Callable[..., str | None]) -> Past | None:
    """Return what the past of totals is told by, None for all else.

    A total needs no row after its month. Not so what was open on a day: whether Tripletex leaves
    out what was settled later is not recorded.

    Args:
        strategy: of the stream.
        today: in Norway.
        ask: asks for the digest of a path with parameters, given the one that it had.
    """
    if not isinstance(strategy, Period) or strategy.of is None:
        return None
    rows = strategy.of
    return Past(last_month(today), lambda day, known: ask(rows.path, rows.params(day), known))


def _unless_before(
    ask: Ask, rows: Guarding | None, day: date, calendar: Calendar, others: Others
) -> Sequence[Ask]:
    """Return a question about a day or month, none where it is before the first year with rows.

    What is so today, and was a month ago, is asked for itself: that is no more than this question.
    """
    if rows is None or day >= last_month(calendar.today):
        return (ask,)
    has_rows = partial(_has_rows, rows, others)
    years = range(calendar.first.year, calendar.horizon.year + 1)
    if has_rows(years[0]):
        return (ask,)
    if not has_rows(years[-1]):
        return ()
    return (ask,) if day.year >= years[bisect_left(years, 1, 1, key=has_rows)] else ()


def _has_rows(rows: Guarding, others: Others, year: int) -> bool:
    return others.has_rows(rows, date(year + 1, 1, 1))


@dataclass(frozen=True)
class Years(Whole):
    """One request a calendar year, from the first day's to the horizon's.

    Attributes:
        year: parameter of the year; None where there are parameters of days.
        start: parameter of the year's first day.
        end: parameter of the year's last day.
    """

    year: str | None = "year"
    start: str = ""
    end: str = ""
    replication_key: str = "synced_at"
    pages: bool = True

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:  # noqa: ARG002
        """Yield one slice of all years."""
        years = range(calendar.first.year, calendar.horizon.year + 1)
        yield Slice("all", [self._ask(year) for year in years])

    def _ask(self, year: int) -> Ask:
        if self.year:
            return Ask({self.year: f"{year}"})
        return Ask({self.start: f"{year}-01-01", self.end: f"{year}-12-31"})


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

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:  # noqa: ARG002
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
        of: list without whose rows there is nothing to say of a day; None where there is none.
    """

    replication_key: str = "as_of_date"
    date: str = "date"
    exclusive: bool = True
    of: Guarding | None = None
    pages: bool = True
    windowed: bool = True

    @property
    @override
    def columns(self) -> Mapping[str, Json]:
        """Return the column of the day."""
        return {self.replication_key: DATE}

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:
        """Yield the ends of the past months, then today."""
        ends = [after - DAY for _, after in calendar.months(calendar.today)]
        for day in (*(end for end in ends if end < calendar.today), calendar.today):
            asked = day + DAY if self.exclusive else day
            columns = {self.replication_key: day.isoformat()}
            ask = Ask({self.date: asked.isoformat()}, columns=columns)
            asks = Deferred(partial(_unless_before, ask, self.of, day, calendar, others))
            yield Slice(day.isoformat(), asks, day.isoformat(), (day, day + DAY))


@dataclass(frozen=True)
class AsOf(Whole):
    """What was so at the end of each past month or is so today, each row once.

    Attributes:
        date: parameter of the day.
    """

    date: str
    replication_key: str = "synced_at"

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:  # noqa: ARG002
        """Yield one slice of all days."""
        days = [*(after - DAY for _, after in calendar.months(calendar.today)), calendar.today]
        asked = sorted({min(day, calendar.today) for day in days})
        yield Slice("all", [Ask({self.date: day.isoformat()}) for day in asked])
