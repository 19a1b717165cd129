"""The units of work: which days, which lists, and how a list is cut that is too large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Protocol, overload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_tripletex.api.pages import Page
    from tap_tripletex.reading.guarding import Guarding
    from tap_tripletex.reading.plan import Range

DAY = timedelta(days=1)

ACCOUNT_NUMBERS = 1_000_000
"""More than the highest account number; four digits are usual, some charts have six."""

ANY_NUMBERS = 2**31 - 1
"""The highest number that a parameter of the API takes."""

MOST_HOLDERS = 1000
"""Objects in a page, each with all its rows."""

MOST_PARTS = 24
"""Parts that a range is cut into at once."""

BEGINNING = date(1900, 1, 1)
"""Before any posting. Recorded: a window from 1900 is answered with 200."""


def last_month(today: date) -> date:
    """Return the first day of the month before a day's."""
    return (today.replace(day=1) - DAY).replace(day=1)


def next_month(day: date) -> date:
    """Return the first day of the month after a day's."""
    return (day.replace(day=1) + 32 * DAY).replace(day=1)


def next_year(day: date) -> date:
    """Return the first day of the year after a day's."""
    return date(day.year + 1, 1, 1)


@dataclass(frozen=True)
class Calendar:
    """The days to read.

    Attributes:
        first: day to read from.
        today: in Norway.
        future_days: how far ahead rows are dated that count; vouchers, orders and invoices are.
        open_start: what lies before the first day is read as well, as one slice.
        opening: where that slice begins.
    """

    first: date
    today: date
    future_days: int
    open_start: bool
    opening: date = BEGINNING

    def months(self, last: date) -> Iterator[tuple[date, date]]:
        """Yield the calendar months up to a day as (first day, day after the last).

        The first one starts on the calendar's first day.
        """
        starts = [self.first]
        while starts[-1] <= last:
            starts.append(next_month(starts[-1]))
        yield from pairwise(starts)

    @property
    def horizon(self) -> date:
        """Return the last day that rows are expected on."""
        return self.today + self.future_days * DAY


@dataclass(frozen=True)
class Numbers:
    """Parameters that cut a single day by numbers.

    Attributes:
        start: parameter of the lowest number.
        end: parameter of the number after the highest.
        above: more than any number.
        of: what has the numbers.
    """

    start: str
    end: str
    above: int = ACCOUNT_NUMBERS
    of: str = "account"


@dataclass(frozen=True)
class Holders:
    """Objects that hold the rows of a list: the way to those of a day that cannot be cut further.

    Attributes:
        path: of the objects' list.
        lines: name of the rows in an object.
        day: name of a row's date.
        numbers: parameters of the objects' numbers.
    """

    path: str
    lines: str
    day: str
    numbers: Numbers

    def asked(self, fields: str, count: int) -> tuple[str, int]:
        """Return the ``fields`` expression that expands the rows, and how many objects to ask for.

        Args:
            fields: the expression of a row.
            count: rows asked for where they are a list of their own.
        """
        return f"id,{self.lines}({fields})", min(count, MOST_HOLDERS)


@dataclass(frozen=True)
class Cut:
    """A range of a list that can be cut in two where the answer would be too large.

    Attributes:
        start: parameter of the first day.
        first: the day.
        end: parameter of the day after the last.
        after: the day.
        numbers: how a single day is cut.
        low: the lowest number.
        high: the number after the highest, None for any.
        holders: where the rows are that a cut by numbers cannot reach.
    """

    start: str
    first: date
    end: str
    after: date
    numbers: Numbers | None = None
    low: int = 0
    high: int | None = None
    holders: Holders | None = None

    def __str__(self) -> str:
        """Return the range in words."""
        last = self.after - DAY
        days = f"{self.first}" if last == self.first else f"{self.first} to {last}"
        if not self.numbers or self.high is None:
            return days
        highest, of = self.high - 1, self.numbers.of
        one = highest == self.low
        return days + (f", {of} {highest}" if one else f", {of}s {self.low} to {highest}")

    def params(self) -> dict[str, str]:
        """Return the parameters of the range."""
        params = {self.start: self.first.isoformat(), self.end: self.after.isoformat()}
        if self.numbers and self.high is not None:
            params |= {self.numbers.start: str(self.low), self.numbers.end: str(self.high)}
        return params

    def parts(self) -> Sequence[Cut] | None:
        """Return the range cut into calendar years or months, or in two where those are too many.

        None where it cannot be cut.
        """
        for following in (next_year, next_month):
            starts = [self.first]
            while (start := following(starts[-1])) < self.after:
                starts.append(start)
            if 1 < len(starts) <= MOST_PARTS:
                edges = pairwise([*starts, self.after])
                return [replace(self, first=first, after=after) for first, after in edges]
        return self.halves()

    def halves(self) -> tuple[Cut, Cut] | None:
        """Return the range cut by days, or by numbers when it is a single day."""
        if self.after - self.first > DAY:
            middle = self.first + (self.after - self.first) // 2
            return replace(self, after=middle), replace(self, first=middle)
        high = self.numbers.above if self.numbers and self.high is None else self.high
        if high is not None and high - self.low > 1:
            number = (self.low + high) // 2
            return replace(self, high=number), replace(self, low=number, high=high)
        return None

    def held(self) -> Cut | None:
        """Return the day as a range of the objects that hold its rows, if there are any."""
        if self.holders is None:
            return None
        return Cut(self.start, self.first, self.end, self.after, self.holders.numbers)


@dataclass(frozen=True)
class Ask:
    """One list of the API, to be read page by page.

    Attributes:
        params: what the request asks for besides paging and fields.
        path: values for the placeholders in the stream's path.
        columns: values that every record of the answer gets.
        cut: how it can be cut; its parameters are among the others.
        holders: what the list is of, where it is of the objects that hold the rows.
        most: rows to ask for, where not a page.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)
    cut: Cut | None = None
    holders: Holders | None = None
    most: int | None = None

    def parts(self) -> list[Ask] | None:
        """Return the list cut up, None where it cannot be."""
        parts = self.cut.parts() if self.cut else None
        if parts is None:
            return None
        return [replace(self, params={**self.params, **c.params()}, cut=c) for c in parts]

    def held(self) -> Ask | None:
        """Return the list of the objects that hold the rows of this one, if there are any."""
        cut = self.cut.held() if self.cut else None
        if cut is None or self.cut is None:
            return None
        own = self.cut.params()
        others = {name: asked for name, asked in self.params.items() if name not in own}
        return replace(self, params={**others, **cut.params()}, cut=cut, holders=self.cut.holders)

    def rows(self, page: Page) -> Page:
        """Return the rows in a page of the list: those of the day, where objects hold them.

        Raises:
            MalformedRowError: while they are used, when an object is not as documented.
        """
        holders, cut = self.holders, self.cut
        if holders is None or cut is None:
            return page
        day = cut.first.isoformat()
        return page.lines(holders.lines, lambda row: row.get(holders.day) == day)


def combinations(every: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Return all combinations of values: one that is empty where there are no parameters."""
    return [dict(zip(every, values, strict=True)) for values in product(*every.values())]


class Deferred(Sequence[Ask]):
    """Lists that are found out when they are needed: some depend on the ids of parents."""

    def __init__(self, find: Callable[[], Sequence[Ask]]) -> None:
        """Keep what finds them."""
        self._find = find

    @cached_property
    def _asks(self) -> Sequence[Ask]:
        return self._find()

    @overload
    def __getitem__(self, index: int) -> Ask: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Ask]: ...

    def __getitem__(self, index: int | slice) -> Ask | Sequence[Ask]:
        """Return one of them, or some."""
        return self._asks[index]

    def __len__(self) -> int:
        """Return their number."""
        return len(self._asks)


@dataclass(frozen=True)
class Slice:
    """One unit of work of a stream in a company.

    Attributes:
        key: its name in the state.
        asks: the lists that it is made of.
        bookmark: what the stream's replication key has reached when the slice is read.
        window: first day, and day after the last, of its rows' replication key; None where the
            slice is all there is.
        days: how it can be cut where it is more than a page.
    """

    key: str
    asks: Sequence[Ask] = (Ask(),)
    bookmark: str | None = None
    window: tuple[date, date] | None = None
    days: Range | None = None


@dataclass(frozen=True)
class Parents:
    """Objects whose ids other streams are asked by; listed once a run for all of them.

    Attributes:
        path: of their list.
        id: name of the id in the list, after a dot if it is that of a reference.
        params: of the list.
        every: parameters with all their values, as in ``List``.
    """

    path: str
    id: str = "id"
    params: tuple[tuple[str, str], ...] = ()
    every: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def lists(self) -> list[dict[str, str]]:
        """Return the parameters of each list that they are in."""
        return [dict(self.params) | asked for asked in combinations(dict(self.every))]


class Others(Protocol):
    """What other lists of the company say."""

    def ids(self, parents: Parents) -> Sequence[int]:
        """Return the ids of parents."""

    def has_rows(self, rows: Guarding, before: date) -> bool:
        """Return whether a list has rows before a day; True where that cannot be told."""

    def last_day(self, rows: Guarding, first: date, after: date) -> date | None:
        """Return the latest day of a list's rows in a range, None where there is no row."""
