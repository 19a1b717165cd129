"""Rows to JSON: a selection compiled once into columns, pages encoded by msgspec.

A page is rendered column by column and put together as instances of a struct made for the
selection: the quickest way from plain rows to JSON that stays in Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tap_tripletex.sandbox.answers.fields import defaults
from tap_tripletex.sandbox.tables.days import oslo_timestamp
from tap_tripletex.sandbox.tables.specs import spec_of
from tap_tripletex.sandbox.tables.table import getter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_tripletex.sandbox.answers.fields import Selection
    from tap_tripletex.sandbox.tables.model import Entity, Model, Property
    from tap_tripletex.sandbox.tables.rows import Row
    from tap_tripletex.sandbox.tables.table import Table

    Column = Callable[[Sequence[Row]], Iterable[Any]]

STUB_CACHE_LIMIT = 50_000
ID_ONLY: Selection = {"id": None}


class Source(Protocol):
    """Where referred rows are found: a company."""

    model: Model
    api_user: int

    def table(self, entity: str) -> Table:
        """Return all rows of an entity."""
        ...


class _Stubs(dict[Any, Any]):
    """Ready-made JSON of references by id. Null stays null."""

    def __init__(self, entity: Entity, *, with_url: bool) -> None:
        super().__init__({None: None})
        self._tail = f',"url":"{entity.url(0)[:-1]}' if with_url else None

    def __missing__(self, identity: int) -> msgspec.Raw:
        text = f'{{"id":{identity}' + (f'{self._tail}{identity}"}}' if self._tail else "}")
        stub = msgspec.Raw(text.encode())
        if len(self) < STUB_CACHE_LIMIT:
            self[identity] = stub
        return stub


class Renderer:
    """Turns rows of one entity into encodable objects with the selected properties."""

    def __init__(self, source: Source, entity: Entity, selection: Selection | None = None) -> None:
        """Compile a selection; without one, all default properties."""
        names = defaults(entity) if selection is None else selection
        self._source = source
        self._entity = entity
        self._money = spec_of(entity.name).money
        self._columns = [self._column(name, inner) for name, inner in names.items()]
        keys = {f"f{i}": name for i, name in enumerate(names)}
        self._make: Callable[..., Any] = msgspec.defstruct(
            entity.name,
            [(key, Any) for key in keys],
            rename=keys,
            gc=False,
        )

    def __call__(self, rows: Sequence[Row]) -> list[Any]:
        """Return one encodable object a row."""
        if not self._columns:
            return [{} for _ in rows]
        return list(map(self._make, *(column(rows) for column in self._columns)))

    def _column(self, name: str, inner: Selection | None) -> Column:
        entity = self._entity
        prop = entity.properties[name]
        if name == "changes":
            return self._changes
        if name == "url" and entity.has_id:
            read_id, base = getter(entity, "id"), entity.url(0)[:-1]
            return lambda rows: [f"{base}{read_id(row)}" for row in rows]
        read = getter(entity, name)
        if prop.entity:
            return self._references(prop, read, inner)
        if name in self._money:
            return lambda rows: [value / 100 if value else 0 for value in map(read, rows)]
        return lambda rows: map(read, rows)

    def _references(
        self,
        prop: Property,
        read: Callable[[Row], Any],
        inner: Selection | None,
    ) -> Column:
        target = self._source.model.entity(prop.entity or "")
        if not target.has_id:
            return _embedded(prop, read, Renderer(self._source, target, inner))
        stubs = _Stubs(target, with_url=inner is None)
        if inner is None or inner == ID_ONLY:
            if prop.many:
                return lambda rows: [[stubs[i] for i in read(row)] for row in rows]
            return lambda rows: [stubs[i] for i in map(read, rows)]
        table = self._source.table(target.name)
        render = Renderer(self._source, target, inner)

        def expand(identities: Iterable[int]) -> dict[int | None, Any]:
            present = [i for i in dict.fromkeys(identities) if i in table.rows]
            return dict(zip(present, render([table.rows[i] for i in present]), strict=True))

        def one(rows: Sequence[Row]) -> list[Any]:
            identities = list(map(read, rows))
            found = expand(i for i in identities if i is not None)
            return [found.get(i) for i in identities]

        def several(rows: Sequence[Row]) -> list[Any]:
            lists = list(map(read, rows))
            found = expand(i for identities in lists for i in identities)
            return [[found[i] for i in identities if i in found] for identities in lists]

        return several if prop.many else one

    def _changes(self, rows: Sequence[Row]) -> list[Any]:
        table = self._source.table(self._entity.name)
        user = self._source.api_user
        result = []
        for row in rows:
            entries = [(table.created(row), "CREATE")]
            entries += table.updates.get(table.identity(row), ())
            result.append(
                [
                    {"employeeId": user, "timestamp": oslo_timestamp(stamp), "changeType": kind}
                    for stamp, kind in entries
                ],
            )
        return result


def _embedded(prop: Property, read: Callable[[Row], Any], render: Renderer) -> Column:
    """Return a column of objects without id, which live inside their owner."""
    if prop.many:
        return lambda rows: [render(read(row)) for row in rows]

    def one(rows: Sequence[Row]) -> list[Any]:
        values = list(map(read, rows))
        made = iter(render([value for value in values if value is not None]))
        return [None if value is None else next(made) for value in values]

    return one
