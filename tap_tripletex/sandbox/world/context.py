"""What the parts of the simulation share: the day, its randomness, what is due later."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tap_tripletex.sandbox.tables.days import oslo_midnight
from tap_tripletex.sandbox.world.identity import Ids

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tap_tripletex.sandbox.tables.company import Company

OFFICE_OPENS = 7 * 3600
OFFICE_HOURS = 9 * 3600


class Context:
    """The state of one company's simulation.

    Attributes:
        day: The day that is being lived.
        random: The day's own randomness: days do not disturb each other.
        open_from: First day that is not in a closed accounting period, ISO.
    """

    def __init__(self, company: Company, seed: int, start: date) -> None:
        """Begin at a day."""
        self.company = company
        self.seed = seed
        self.day = start
        self.ids = Ids(company.index)
        self.random = Random()  # noqa: S311 - nothing secret
        self.open_from = start.isoformat()
        self._agenda: dict[date, list[Callable[[], object]]] = {}
        self._midnight = 0
        self._acts = 0

    def begin(self, day: date) -> None:
        """Start a day."""
        self.day = self.company.last_day = day
        self.random = Random(f"{self.seed}/{self.company.index}/{day.isoformat()}")  # noqa: S311
        self._midnight = int(oslo_midnight(day))
        self._acts = 0

    def stamp(self) -> int:
        """Return the time of the next act of the day, in seconds since 1970."""
        self._acts += 1
        return self._midnight + OFFICE_OPENS + min(self._acts * 17, OFFICE_HOURS)

    def later(self, day: date, act: Callable[[], object]) -> None:
        """Do something on a later day; today's or past days' acts are dropped."""
        if day > self.day:
            self._agenda.setdefault(day, []).append(act)

    def do_due(self) -> None:
        """Do what was put off until today."""
        for act in self._agenda.pop(self.day, ()):
            act()

    def often(self, rate: float) -> int:
        """Return how often something happens today that happens `rate` times on average."""
        whole = int(rate)
        return whole + (self.random.random() < rate - whole)

    def chance(self, probability: float) -> bool:
        """Return whether something of a probability happens."""
        return self.random.random() < probability
