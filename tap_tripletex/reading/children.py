"""Streams that are asked for by the ids of other objects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_tripletex.reading.slices import Ask, Deferred, Others, Parents, Slice
from tap_tripletex.reading.strategies import List, Strategy
from tap_tripletex.rows.shapes import INTEGER, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_tripletex.reading.slices import Calendar
    from tap_tripletex.rows.lines import Inside
    from tap_tripletex.rows.shapes import Shape

Json = dict[str, Any]

URL_LENGTH = 6000
"""Characters of a list of ids in one request; servers of this kind take URLs of 8 kB."""


@dataclass(frozen=True)
class Child:
    """One request for each parent.

    Attributes:
        of: the parents.
        by: parameter, or placeholder of the path in braces, that takes the parent's id.
        column: column of the parent's id; None where the rows have it.
        within: what is asked of each parent.
        told: whether the list of the parents changes when what is asked of one of them does.
    """

    of: Parents
    by: str
    column: str | None = None
    within: Strategy = field(default_factory=List)
    told: bool = True

    @property
    def inside(self) -> Inside | None:
        """Return where what is asked has its records."""
        return self.within.inside

    @property
    def parents(self) -> Parents | None:
        """Return the parents, if they tell."""
        return self.of if self.told else None

    @property
    def replication_key(self) -> str:
        """Return that of what is asked."""
        return self.within.replication_key

    @property
    def pages(self) -> bool:
        """Return whether the answer comes in pages."""
        return self.within.pages

    @property
    def tree(self) -> bool:
        """Return that the slices cannot be probed together."""
        return False

    @property
    def windowed(self) -> bool:
        """Return whether the slices are windows of the replication key."""
        return self.within.windowed

    @property
    def columns(self) -> Mapping[str, Json]:
        """Return the column of the parent's id, and those of what is asked."""
        parent = {self.column: INTEGER} if self.column else {}
        return {**parent, **self.within.columns}

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:
        """Yield the slices of what is asked, each asked of every parent; empty without parents."""
        for part in self.within.slices(calendar, others):
            yield replace(part, asks=Deferred(partial(self._asks, part.asks, others)))

    def _asks(self, asks: Sequence[Ask], others: Others) -> Sequence[Ask]:
        parents = others.ids(self.of)
        return [self._of_parent(ask, id_) for ask in asks for id_ in parents]

    def _of_parent(self, ask: Ask, id_: int) -> Ask:
        columns = {**ask.columns, **({self.column: id_} if self.column else {})}
        if self.by.startswith("{"):
            return replace(ask, path={self.by.strip("{}"): str(id_)}, columns=columns)
        return replace(ask, params={**ask.params, self.by: str(id_)}, columns=columns)

    def fields(self, shape: Shape) -> str:
        """Return that of what is asked."""
        return self.within.fields(shape)

    def records(self, shape: Shape, source: Json, ask: Ask) -> Iterator[Json]:
        """Yield those of what is asked."""
        return self.within.records(shape, source, ask)


@dataclass(frozen=True)
class Batch(Child):
    """Many parents in each request, as many as a URL carries."""

    @override
    def _asks(self, asks: Sequence[Ask], others: Others) -> Sequence[Ask]:
        batches = [",".join(map(str, batch)) for batch in _batches(others.ids(self.of))]
        return [
            replace(ask, params={**ask.params, self.by: batch}) for ask in asks for batch in batches
        ]


@dataclass(frozen=True)
class ForEach(List):
    """One request for each parent of several kinds, on one path.

    Attributes:
        kinds: the parents, by the value of the path's placeholder ``{entity}``.
    """

    kinds: Mapping[str, Parents] = field(default_factory=dict)

    @property
    def columns(self) -> Mapping[str, Json]:
        """Return the columns of the parent's kind and id."""
        return {"entity": TEXT, "entity_id": INTEGER}

    def slices(self, calendar: Calendar, others: Others) -> Iterator[Slice]:  # noqa: ARG002
        """Yield one slice of all kinds; empty without parents."""
        yield Slice("all", Deferred(partial(self._asks, others)))

    def _asks(self, others: Others) -> Sequence[Ask]:
        return [
            Ask({}, {"entity": kind, "id": str(id_)}, {"entity": kind, "entity_id": id_})
            for kind, parents in self.kinds.items()
            for id_ in others.ids(parents)
        ]


def _batches(ids: Sequence[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    length = 0
    for id_ in ids:
        length += len(str(id_)) + 1
        if batch and length > URL_LENGTH:
            yield batch
            batch, length = [], len(str(id_)) + 1
        batch.append(id_)
    if batch:
        yield batch
