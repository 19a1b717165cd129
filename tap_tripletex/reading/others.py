"""What other lists of a company say while one is cut into slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from tap_tripletex.api.auth import Company
    from tap_tripletex.api.digests import Probes
    from tap_tripletex.api.transport import Traffic
    from tap_tripletex.reading.guarding import Guarding
    from tap_tripletex.reading.parents import ParentIds
    from tap_tripletex.reading.slices import Parents
    from tap_tripletex.rows.oddities import Oddities


@dataclass(frozen=True)
class OtherLists:
    """Asks for them once a run, whichever stream wants to know.

    Attributes:
        company: to ask in.
        parent_ids: lists parents.
        probes: asks for single rows.
        oddities: of the stream.
        tally: of the stream.
        lacks: whether the token may not see everything: then no row proves nothing.
    """

    company: Company
    parent_ids: ParentIds
    probes: Probes
    oddities: Oddities
    tally: Traffic
    lacks: Callable[[], bool]

    def ids(self, parents: Parents) -> Sequence[int]:
        """Return the ids of parents."""
        return self.parent_ids(self.company, parents, self.oddities, self.tally)

    def has_rows(self, rows: Guarding, before: date) -> bool:
        """Return whether a list has rows before a day; True where that cannot be told."""
        if self.lacks():
            return True
        params = rows.params(before)
        return self.probes.has_rows(self.company, rows.path, params, self.tally, fields=rows.key)

    def last_day(self, rows: Guarding, first: date, after: date) -> date | None:
        """Return the latest day of a list's rows in a range, None where there is no row."""
        params = rows.params(after, first)
        return self.probes.last_day(self.company, rows.path, params, self.tally)
