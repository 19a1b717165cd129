"""What a list looked like when it was last read: enough to tell what is gone, in a few bytes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from typing_extensions import Self

COUNT = msgspec.Meta(ge=0)
CHECKSUM = msgspec.Meta(pattern="^[0-9a-f]{16}$")


@dataclass(frozen=True)
class ListSummary:
    """The ids of a list, and how new its newest row is.

    Attributes:
        rows: number of ids.
        highest: the highest of them; 0 where there is none.
        checksum: of the set of ids, whatever their order: 64 bits in hexadecimal.
        newest: latest ``updated_at`` of a row, in UTC; None where no row has one.
        proven: ``changedSince`` has been seen to work on this list.
    """

    rows: Annotated[int, COUNT]
    highest: Annotated[int, COUNT]
    checksum: Annotated[str, CHECKSUM]
    newest: str | None
    proven: bool

    @classmethod
    def of(cls, ids: Collection[int], newest: str | None, *, proven: bool) -> Self:
        """Count the ids of a list."""
        return cls(len(ids), max(ids, default=0), checksum(ids), newest, proven)

    @classmethod
    def read(cls, stored: object) -> Self:
        """Take over what ``stored`` has given.

        Raises:
            ValueError: when it is something else.
        """
        try:
            census = msgspec.convert(stored, cls)
        except msgspec.ValidationError as fault:
            raise ValueError(str(fault)) from None
        if census.newest is not None:
            moment(census.newest)
        return census

    def stored(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    def still_in(self, ids: Iterable[int]) -> bool:
        """Return whether all rows are still there and none has come in below the highest.

        Args:
            ids: those of today's list.
        """
        low = [id_ for id_ in ids if id_ <= self.highest]
        return len(low) == self.rows and checksum(low) == self.checksum


def checksum(ids: Iterable[int]) -> str:
    """Return a sum that tells sets of ids apart, in 16 hexadecimal digits."""
    digests = (blake2b(b"%d" % id_, digest_size=8).digest() for id_ in ids)
    return f"{sum(int.from_bytes(digest, 'big') for digest in digests) % 2**64:016x}"


def moment(time: str) -> datetime:
    """Return a time in UTC, written as everywhere in the tap, ending in Z.

    Raises:
        ValueError: when it is something else.
    """
    if not time.endswith("Z"):
        message = f"{time!r} is no time in UTC."
        raise ValueError(message)
    return datetime.fromisoformat(time.replace("Z", "+00:00"))
