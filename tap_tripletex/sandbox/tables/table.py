"""All rows of one entity in one company, with what a query needs to be quick."""

from __future__ import annotations

from bisect import bisect_left
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.tables.rows import STRUCTS
from tap_tripletex.sandbox.tables.specs import spec_of, usual_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_tripletex.sandbox.tables.model import Entity
    from tap_tripletex.sandbox.tables.rows import Row

MASK = (1 << 64) - 1


def getter(entity: Entity, name: str) -> Callable[[Row], Any]:
    """Return a function that reads one property of a row of an entity."""
    struct = STRUCTS.get(entity.name)
    usual = usual_value(entity.name, entity.properties[name])
    if struct is None:
        return lambda row: row.get(name, usual)
    if name in struct.__struct_fields__:
        return attrgetter(name)
    return lambda row: row.extra.get(name, usual) if row.extra else usual


class Table:
    """Rows by id, and by day where the entity has a date that requests cut it by."""

    def __init__(self, entity: Entity) -> None:
        """Make an empty table."""
        self.entity = entity
        self.spec = spec_of(entity.name)
        self.rows: dict[int, Row] = {}
        self.updates: dict[int, list[tuple[int, str]]] = {}
        self._struct = STRUCTS.get(entity.name)
        self._touched: dict[int, int] = {}
        self._days: dict[str, list[Row]] = {}
        self._day_order: list[str] | None = []
        self._day_digests: dict[str, tuple[int, int]] = {}
        self._window = getter(entity, self.spec.window) if self.spec.window else None
        self._identity = getter(entity, "id") if "id" in entity.properties else None
        self._version = getter(entity, "version") if "version" in entity.properties else None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        """Iterate over the rows in order of creation."""
        return iter(self.rows.values())

    def identity(self, row: Row) -> int:
        """Return a row's id."""
        return row.id if self._struct else row["id"]  # type: ignore[no-any-return]

    def value(self, row: Row, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return one property of a row, as it is held: ids for references, øre for money."""
        return getter(self.entity, name)(row)

    def add(self, row: Row) -> Row:
        """Add a row. Rows of an entity without id are numbered."""
        if self._identity is None:
            self.rows[len(self.rows) + 1] = row
            return row
        self.rows[self._identity(row)] = row
        if self._window:
            self._file(row)
        return row

    def _file(self, row: Row) -> None:
        day = self._window(row)  # type: ignore[misc]
        if day is None:
            return
        rows = self._days.get(day)
        if rows is None:
            self._days[day] = [row]
            self._day_order = None
        else:
            rows.append(row)
        self._day_digests.pop(day, None)

    def _unfile(self, row: Row) -> None:
        if self._window and (day := self._window(row)) is not None:
            self._days[day].remove(row)
            self._day_digests.pop(day, None)

    def remove(self, identity: int) -> Row:
        """Take a row out and return it.

        Raises:
            KeyError: There is no such row.
        """
        row = self.rows.pop(identity)
        self._unfile(row)
        self.updates.pop(identity, None)
        return row

    def change(self, identity: int, values: dict[str, Any], stamp: int) -> None:
        """Set properties of a row, raise its version and note the time of the change.

        Raises:
            KeyError: There is no such row or property.
        """
        row = self.rows[identity]
        moves = self.spec.window in values
        if moves:
            self._unfile(row)
        for name, value in values.items():
            if name not in self.entity.properties:
                raise KeyError(name)
            if self._struct is None:
                row[name] = value
            elif name in self._struct.__struct_fields__:
                setattr(row, name, value)
            else:
                row.extra = {**(row.extra or {}), name: value}
        if self._version:
            # Recorded: versions jump by more than one an edit, so only equality means anything.
            version = self._version(row) + 1 + identity % 2
            if self._struct:
                row.version = version
            else:
                row["version"] = version
            self.updates.setdefault(identity, []).append((stamp, "UPDATE"))
        if moves:
            self._file(row)
        elif self._window and (day := self._window(row)) is not None:
            self._day_digests.pop(day, None)

    def touch(self, identity: int) -> None:
        """Note that a direct child changed: the digest moves, the version does not."""
        row = self.rows.get(identity)
        if row is not None:
            self._touched[identity] = self._touched.get(identity, 0) + 1
            if self._window and (day := self._window(row)) is not None:
                self._day_digests.pop(day, None)

    def created(self, row: Row) -> int:
        """Return when a row was made, in seconds since 1970."""
        return row.created if self._struct else row.get("_created", 0)  # type: ignore[no-any-return]

    def updated(self, row: Row) -> int:
        """Return when a row was last changed, in seconds since 1970."""
        updates = self.updates.get(self.identity(row))
        return updates[-1][0] if updates else self.created(row)

    def between(self, start: str | None, end: str | None) -> list[Row]:
        """Return the rows of a window, end exclusive, in order of id."""
        rows = [row for day in self._days_between(start, end) for row in self._days[day]]
        rows.sort(key=self._identity)
        return rows

    def digest_between(self, start: str | None, end: str | None) -> tuple[int, int]:
        """Return row count and checksum of a window, end exclusive."""
        count = total = 0
        for day in self._days_between(start, end):
            found = self._day_digests.get(day)
            if found is None:
                found = self._day_digests[day] = self.digest(self._days[day])
            count += found[0]
            total += found[1]
        return count, total & MASK

    def digest(self, rows: Iterable[Row]) -> tuple[int, int]:
        """Return count and checksum of some rows: their ids, versions and touches."""
        touched = self._touched
        identity, version = self._identity, self._version
        count = total = 0
        if identity is None or version is None:
            for row in rows:
                count += 1
                content = blake2b(repr(sorted(row.items())).encode(), digest_size=8)
                total += int.from_bytes(content.digest(), "big")
            return count, total & MASK
        for row in rows:
            key = identity(row)
            count += 1
            total += hash((key, version(row), touched.get(key, 0)))
        return count, total & MASK

    def _days_between(self, start: str | None, end: str | None) -> list[str]:
        if self._day_order is None:
            self._day_order = sorted(self._days)
        order = self._day_order
        low = bisect_left(order, start) if start is not None else 0
        high = bisect_left(order, end) if end is not None else len(order)
        return order[low:high]
