"""How the days of a list are cut: into as few slices as have room for its rows, a page each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from tap_tripletex.reading.slices import Ask, Cut, Slice, next_month, next_year

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from typing_extensions import Self

    from tap_tripletex.reading.slices import Calendar

DAY = timedelta(days=1)

EVERYTHING = ".."
"""Stands between the days in a slice's name, and for all days among the names of large ranges."""

NAME = re.compile(
    r"(?P<month>\d{4}-\d\d)|(?P<year>\d{4})|(?P<first>\d{4}-\d\d-\d\d)?\.\.(?P<after>\d{4}-\d\d-\d\d)"
)
"""Names of slices: 2026-03, 2026, 2026-03-15..2027-01-01, and ..2027-01-01 from the beginning."""


@dataclass(frozen=True)
class Range:
    """Days of a list that can be read as one slice, or cut where they are more than one page.

    Attributes:
        cut: the days.
        calendar: what lies before its first day is never cut.
    """

    cut: Cut
    calendar: Calendar

    @classmethod
    def of(cls, cut: Callable[[date, date], Cut], calendar: Calendar) -> Self | None:
        """Return all days to read: from the first one to the end of the horizon's year."""
        first = calendar.opening if calendar.open_start else calendar.first
        after = max(calendar.first, date(calendar.horizon.year + 1, 1, 1))
        return cls(cut(first, after), calendar) if first < after else None

    @property
    def key(self) -> str:
        """Return the name of the slice; that of a year or month, whenever it is the whole of it."""
        first, after = self.cut.first, self.cut.after
        if self._is_open:
            return f"{EVERYTHING}{after}"
        begins = first == self.calendar.first
        if (begins or first.day == 1) and after == next_month(first):
            return f"{first:%Y-%m}"
        if (begins or (first.month, first.day) == (1, 1)) and after == next_year(first):
            return f"{first.year}"
        return f"{first}{EVERYTHING}{after}"

    @property
    def large(self) -> str:
        """Return the name under which it is remembered to be more than a page."""
        first = self.cut.first
        within = not self._is_open and self.cut.after <= next_year(first)
        return f"{first.year}" if within else EVERYTHING

    @property
    def _is_open(self) -> bool:
        return self.calendar.open_start and self.cut.first < self.calendar.first

    def between(self, first: date, after: date) -> Range:
        """Return a part of it."""
        return replace(self, cut=replace(self.cut, first=first, after=after))

    def slice(self) -> Slice:
        """Return it as one slice."""
        ask = Ask(self.cut.params(), cut=self.cut)
        window = (self.cut.first, self.cut.after)
        return Slice(self.key, (ask,), (self.cut.after - DAY).isoformat(), window, self)

    def finer(self) -> list[Range]:
        """Return its years, or its months; nothing for what is not to be cut."""
        first, after = self.cut.first, self.cut.after
        starts = [first]
        if self._is_open:
            starts.append(self.calendar.first)
        following = next_month if self.large != EVERYTHING else next_year
        while starts[-1] < after:
            starts.append(min(following(starts[-1]), after))
        edges = [start for start in starts if start <= after]
        if len(edges) <= 2:  # noqa: PLR2004 - it begins and it ends
            return []
        return [self.between(first, after) for first, after in pairwise(edges)]

    def years(self) -> list[str]:
        """Return the names of the years in it that have begun."""
        first = max(self.cut.first, self.calendar.first)
        last = min(self.cut.after - DAY, self.calendar.today)
        return [f"{year}" for year in range(first.year, last.year + 1)]


def plan(
    whole: Range,
    known: Iterable[str],
    large: Collection[str],
    is_due: Callable[[str], bool] = lambda _: False,
) -> list[Range]:
    """Return the ranges to read, oldest first: each day is in one of them.

    What is known stays as it is, so that nothing is read only because a year has begun. What lies
    between is one range, or its years or months where it is large.

    Args:
        whole: all days.
        known: names of the slices that were read.
        large: names of what is more than a page.
        is_due: tells whether it is time to read what has a name; if so, it may as well become one
            slice. The whole range goes first: it will not have to be read twice.
    """
    found = list(_disjoint(whole, known))
    if EVERYTHING not in large:
        return [whole] if len(found) > 1 and is_due(whole.key) else _filled(whole, found, large)
    for year in whole.finer():
        inside = [part for part in found if _has(year, part)]
        if len(inside) > 1 and year.large not in large and is_due(year.key):
            found = [part for part in found if part not in inside]
            found.append(year)
    return _filled(whole, sorted(found, key=lambda part: part.cut.first), large)


def _disjoint(whole: Range, names: Iterable[str]) -> Iterator[Range]:
    """Yield the ranges with these names that lie in another one, and do not overlap."""
    ranges = [part for name in names if (part := _named(whole, name)) and _has(whole, part)]
    until = whole.cut.first
    for part in sorted(ranges, key=lambda part: (part.cut.first, -part.cut.after.toordinal())):
        if part.cut.first >= until:
            until = part.cut.after
            yield part


def _filled(whole: Range, found: Iterable[Range], large: Collection[str]) -> list[Range]:
    """Return ranges in order, and between them what they leave out."""
    parts: list[Range] = []
    until = whole.cut.first
    for part in found:
        if until < part.cut.first:
            parts += _cut(whole.between(until, part.cut.first), large)
        parts.append(part)
        until = part.cut.after
    if until < whole.cut.after:
        parts += _cut(whole.between(until, whole.cut.after), large)
    return parts


def _cut(part: Range, large: Collection[str]) -> list[Range]:
    finer = part.finer() if part.large in large else []
    return [leaf for piece in finer for leaf in _cut(piece, large)] or [part]


def _named(whole: Range, name: str) -> Range | None:
    """Return the range that has a name, None where that is no day of the calendar."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    begins = whole.calendar.first
    try:
        if month := match["month"]:
            first = date.fromisoformat(f"{month}-01")
            part = whole.between(_clipped(first, begins, next_month), next_month(first))
        elif year := match["year"]:
            first = date(int(year), 1, 1)
            part = whole.between(_clipped(first, begins, next_year), next_year(first))
        else:
            first = date.fromisoformat(match["first"]) if match["first"] else whole.cut.first
            part = whole.between(first, date.fromisoformat(match["after"]))
    except ValueError:
        return None
    return part if part.key == name else None


def _clipped(first: date, begins: date, following: Callable[[date], date]) -> date:
    return max(first, begins) if begins < following(first) else first


def _has(whole: Range, part: Range) -> bool:
    return whole.cut.first <= part.cut.first < part.cut.after <= whole.cut.after
