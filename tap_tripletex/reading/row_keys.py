"""The keys of a slice's rows."""

from __future__ import annotations

from array import array
from itertools import islice
from operator import lt
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence


class RowKeys:
    """Finds rows that come twice: offsets move when rows are added while pages are read.

    Ids that only rise, as they do where the API sorts by them, take eight bytes each; the first
    one that does not makes a set of them.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._rising = array("q")
        self._keys: set[Hashable] | None = None

    def __iter__(self) -> Iterator[Hashable]:
        """Yield the different keys."""
        return iter(self._rising if self._keys is None else self._keys)

    def __len__(self) -> int:
        """Return the number of different keys."""
        return len(self._rising) if self._keys is None else len(self._keys)

    def fresh(self, keys: Sequence[Hashable]) -> list[int] | None:
        """Return the places of keys that have not been seen before, None for all of them."""
        if self._keys is None:
            if self._rise(keys):
                return None
            self._keys = set(self._rising)
        places = []
        for place, key in enumerate(keys):
            if key not in self._keys:
                self._keys.add(key)
                places.append(place)
        return None if len(places) == len(keys) else places

    def _rise(self, keys: Sequence[Hashable]) -> bool:
        if not keys:
            return True
        if not isinstance(keys[0], int) or (self._rising and keys[0] <= self._rising[-1]):
            return False
        ids = cast("Sequence[int]", keys)
        if not all(map(lt, ids, islice(ids, 1, None))):
            return False
        self._rising.extend(ids)
        return True
