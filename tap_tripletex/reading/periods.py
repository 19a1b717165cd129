"""Streams that are asked for by periods and days: totals of months, what was so on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_tripletex.reading.slices import BEGINNING, DAY, Ask, Cut, Deferred, Parents, Slice
from tap_tripletex.reading.strategies import Whole
from tap_tripletex.rows.shapes import DATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_tripletex.reading.slices import Calendar, Ids

Json = dict[str, Any]


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
