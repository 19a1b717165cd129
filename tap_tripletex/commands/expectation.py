"""How many requests a run will take, told from what streams declare and from the state.

Nothing is asked for it. What cannot be known without asking is taken from the made-up company: how
many objects of a kind there are whose lists are asked for one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_tripletex.reading.state import SliceState
from tap_tripletex.reading.tree import Turns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tap_tripletex.reading.guarding import Guarding
    from tap_tripletex.reading.slices import Calendar, Parents, Slice
    from tap_tripletex.settings import Settings
    from tap_tripletex.stream import TripletexStream

OBJECTS = range(1, 15)
"""Of a kind in a small company."""

OF_COMPANY = 4
"""Questions in each company: entitlements, modules, vouchers that are seen, fiscal years."""

OF_RUN = 3
"""Login, who has logged in, and the end of the session."""

Question = tuple[Any, ...]


class Expectation:
    """The requests of one company."""

    def __init__(self, calendar: Calendar, settings: Settings) -> None:
        """Begin with what every company is asked.

        Args:
            calendar: the days to read.
            settings: of the run.
        """
        self._calendar = calendar
        self._settings = settings
        self._requests = float(OF_COMPANY)
        self._questions: set[Question] = set()

    @property
    def requests(self) -> int:
        """Return how many there are; a question that several streams have is asked once."""
        return round(self._requests) + len(self._questions)

    def add(self, stream: TripletexStream, bookmark: dict[str, Any]) -> None:
        """Add those of a stream.

        Args:
            stream: that will be read.
            bookmark: of the stream in the company, in the state.
        """
        state = SliceState(dict(bookmark), stream.name)
        parts = list(stream.strategy.slices(self._calendar, self))
        if state.is_new:
            self._first(stream, parts)
        else:
            self._again(stream, parts, state)

    def _first(self, stream: TripletexStream, parts: Sequence[Slice]) -> None:
        guards = self._guards(stream)
        self._questions |= guards
        # What guards it is asked again after the reading; so is a range that has a checksum.
        self._requests += len(guards) + stream.strategy.tree
        self._requests += sum(len(part.asks) for part in parts)

    def _again(self, stream: TripletexStream, parts: Sequence[Slice], state: SliceState) -> None:
        today, settings = self._calendar.today, self._settings
        days = settings.full_refresh_days
        if stream.seldom and days:
            recent = Turns.recent(parts, today, lambda _: True).stale()
            self._requests += sum(len(part.asks) for part in parts if part.key in recent)
            return
        due = [part for part in parts if state.is_due(part.key, today, days)]
        self._requests += sum(len(part.asks) for part in due)
        questions = self._guards(stream)
        asked = 0
        if stream.strategy.tree and state.probes is not False:
            questions = {(stream.path, *sorted(stream.parameters.items()))}
        elif not questions:
            asked = sum(len(part.asks) for part in parts if part not in due)
        if stream.reference and settings.reference_days:
            self._requests += (asked + len(questions)) / settings.reference_days
        else:
            self._requests += asked
            self._questions |= questions

    def _guards(self, stream: TripletexStream) -> set[Question]:
        """Return the lists whose checksums tell whether the stream is to be read."""
        found: set[Question] = {(guard.path, *guard.others) for guard in stream.guards}
        if parents := stream.strategy.parents:
            found |= {(parents.path, *asked.items()) for asked in parents.lists()}
        return found

    def ids(self, parents: Parents) -> Sequence[int]:
        """Return as many ids as there are in a small company."""
        self._questions |= {(parents.path, *asked.items()) for asked in parents.lists()}
        return OBJECTS

    def has_rows(self, rows: Guarding, before: date) -> bool:
        """Return that there are rows in every year."""
        self._questions.add((rows.path, *rows.others, before))
        return True

    def last_day(self, rows: Guarding, first: date, after: date) -> date | None:
        """Return no day: nothing is dated in the months to come."""
        self._questions.add((rows.path, *rows.others, first, after))
        return None
