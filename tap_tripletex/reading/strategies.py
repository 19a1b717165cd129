"""How a stream is cut into slices: the units that are read whole and remembered.

A stream declares one strategy. The strategy knows which requests make up the stream, which
columns it adds, and which of them tells how far the stream has come.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from tap_tripletex.api.errors import MalformedRowError
from tap_tripletex.reading.plan import Range
from tap_tripletex.reading.slices import (
    Ask,
    Cut,
    Holders,
    Numbers,
    Parents,
    Slice,
    combinations,
)
from tap_tripletex.rows.lines import Inside
from tap_tripletex.rows.shapes import DATE, DATE_TIME, INTEGER, TEXT, parents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from tap_tripletex.reading.slices import Calendar, Others
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

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:
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

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:  # noqa: ARG002
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
        numbers: where a day can be cut by them.
        holders: see there.
        tree: whether slices can be probed together; where the path has no checksum, each of them
            is a request in each run.
    """

    replication_key: str
    start: str = "dateFrom"
    end: str = "dateTo"
    numbers: Numbers | None = None
    holders: Holders | None = None
    tree: bool = True
    windowed: bool = True

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:  # noqa: ARG002
        """Yield all days as one slice, which is cut where its rows are more than a page."""
        if days := Range.of(self._cut, calendar):
            yield days.slice()

    def _cut(self, first: date, after: date) -> Cut:
        return Cut(self.start, first, self.end, after, self.numbers, holders=self.holders)


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

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:
        """Yield those of the objects."""
        return self.of.slices(calendar, others)

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
