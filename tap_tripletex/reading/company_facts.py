"""What hardly ever changes of a company, and is asked for once in ``reference_days``."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FACTS = "facts"
"""What they are called in the state."""

ON = "on"
"""Name of the day on which they were asked for."""


class CompanyFacts:
    """Texts by name, kept from run to run where lists of reference are not asked in each run."""

    def __init__(self, days: int, today: Callable[[], date]) -> None:
        """Begin without any.

        Args:
            days: in how many days they are asked for; 0: in each run, and nothing is kept.
            today: gives the day in Norway.
        """
        self._days = days
        self._today = today
        self._found: defaultdict[int, dict[str, str]] = defaultdict(dict)
        self._kept: Mapping[int, object] = {}

    def recall(self, kept: Mapping[int, object]) -> None:
        """Take what earlier runs have kept of companies, by their ids."""
        self._kept = kept

    def known(self, company_id: int, name: str) -> str | None:
        """Return what is known, None where it is not or where its turn has come.

        Each company has its turn on a day of its own.
        """
        facts = self._kept.get(company_id) if self._days else None
        if not isinstance(facts, dict):
            return None
        try:
            on = date.fromisoformat(str(facts.get(ON)))
        except ValueError:
            return None
        today = self._today()
        if on < today - timedelta(days=(today.toordinal() - company_id) % self._days):
            return None
        text = facts.get(name)
        return text if isinstance(text, str) else None

    def note(self, company_id: int, name: str, text: str) -> None:
        """Take what was asked for; nothing is kept yet."""
        self._found[company_id][name] = text

    def keep(self, company_id: int, memory: dict[str, Any]) -> None:
        """Keep what was asked for in what is remembered of a company."""
        if not self._days:
            memory.pop(FACTS, None)
        elif found := self._found.pop(company_id, None):
            known = memory.get(FACTS)
            known = known if isinstance(known, dict) else {}
            memory[FACTS] = {**known, **found, ON: self._today().isoformat()}
