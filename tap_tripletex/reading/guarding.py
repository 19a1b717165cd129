"""Lists that change whenever another one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_tripletex.reading.slices import BEGINNING, combinations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from typing_extensions import Self


@dataclass(frozen=True)
class Guarding:
    """A list that changes whenever another one does.

    Attributes:
        path: below the API's address.
        start: parameter of the first day.
        end: parameter of the day after the last; None where the list has no dates.
        others: further parameters.
        key: field that every row has.
    """

    path: str
    start: str = "dateFrom"
    end: str | None = "dateTo"
    others: tuple[tuple[str, str], ...] = ()
    key: str = "id"

    @classmethod
    def each(cls, path: str, every: Mapping[str, tuple[str, ...]]) -> tuple[Self, ...]:
        """Return a list without dates, by all values of its parameters."""
        return tuple(
            cls(path, end=None, others=tuple(asked.items())) for asked in combinations(every)
        )

    def params(self, after: date, first: date = BEGINNING) -> dict[str, str]:
        """Return the parameters of the list from a day to before another."""
        dates = {self.start: first.isoformat(), self.end: after.isoformat()} if self.end else {}
        return {**dates, **dict(self.others)}


POSTINGS = Guarding("/ledger/posting")
"""The list that tells how large a company is."""
