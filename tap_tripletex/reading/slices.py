"""The units of work: which days, which lists, and how a list is cut that is too large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_tripletex.reading.plan import Range

DAY = timedelta(days=1)

ACCOUNT_NUMBERS = 1_000_000
"""More than the highest account number; four digits are usual, some charts have six."""

MOST_PARTS = 24
"""Parts that a range is cut into at once."""

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
            starts.append((starts[-1].replace(day=1) + 32 * DAY).replace(day=1))
        yield from pairwise(starts)

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

    def __str__(self) -> str:
        """Return the range in words."""
        last = self.after - DAY
        days = f"{self.first}" if last == self.first else f"{self.first} to {last}"
        if not self.numbers or (self.low, self.high) == (0, ACCOUNT_NUMBERS):
            return days
        highest = self.high - 1
        one = highest == self.low
        return days + (f", account {highest}" if one else f", accounts {self.low} to {highest}")

    def params(self) -> dict[str, str]:
        """Return the parameters of the range."""
        params = {self.start: self.first.isoformat(), self.end: self.after.isoformat()}
        if self.numbers and (self.low, self.high) != (0, ACCOUNT_NUMBERS):
            params |= {self.numbers[0]: str(self.low), self.numbers[1]: str(self.high)}
        return params

    def parts(self) -> Sequence[Cut] | None:
        """Return the range cut into calendar months, or in two when it is within one."""
        starts = [self.first]
        while (start := (starts[-1].replace(day=1) + 32 * DAY).replace(day=1)) < self.after:
            starts.append(start)
        if len(starts) == 1 or len(starts) > MOST_PARTS:
            return self.halves()
        return [
            replace(self, first=first, after=after)
            for first, after in pairwise([*starts, self.after])
        ]

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

    def parts(self) -> list[Ask] | None:
        """Return the list cut up, None where it cannot be."""
        parts = self.cut.parts() if self.cut else None
        if parts is None:
            return None
        return [replace(self, params={**self.params, **c.params()}, cut=c) for c in parts]


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


Ids = Callable[[Parents], Sequence[int]]
"""Gives the ids of parents in the company that is read."""
