from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tap_tripletex.reading.company_facts import CompanyFacts

TODAY = date(2026, 11, 26)


def facts(memory: dict[str, Any], days: int = 7, later: int = 0) -> CompanyFacts:
    found = CompanyFacts(days, lambda: TODAY + timedelta(days=later))
    found.recall({n: memory.get("facts") for n in range(5, 12)})
    return found


def test_what_was_asked_for_is_known_until_the_companys_turn_comes() -> None:
    memory: dict[str, Any] = {}
    first = facts(memory)
    assert first.known(5, "begun") is None
    first.note(5, "begun", "2024-01-01")
    assert memory == {}
    first.keep(5, memory)
    known = [facts(memory, later=days).known(5, "begun") for days in range(8)]
    assert known[0] == "2024-01-01"
    assert known.count(None) in range(1, 8)
    turn = known.index(None)
    assert set(known[turn:]) == {None}  # nobody asked on that day
    turns = {
        [facts(memory, later=days).known(5 + n, "begun") for days in range(8)].index(None)
        for n in range(7)
    }
    assert turns == set(range(1, 8))


def test_nothing_is_kept_where_all_is_asked_in_each_run() -> None:
    memory: dict[str, Any] = {"facts": {"on": str(TODAY), "begun": "2024-01-01"}}
    always = facts(memory, days=0)
    assert always.known(5, "begun") is None
    always.note(5, "begun", "2024-01-01")
    always.keep(5, memory)
    assert memory == {}


@pytest.mark.parametrize(
    "stored", [None, 7, [], {}, {"on": 7, "begun": "x"}, {"on": str(TODAY), "begun": 7}]
)
def test_what_is_damaged_is_not_known(stored: Any) -> None:
    assert facts({"facts": stored}).known(5, "begun") is None
