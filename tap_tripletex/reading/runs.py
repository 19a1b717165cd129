"""Digests of one period after the other, told by the name of the first."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from tap_tripletex.reading.slices import DAY, next_month

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = re.compile(r"(?P<year>\d{4})(?P<of_all>/?)|(?P<month>\d{4}-\d\d)|(?P<end>\d{4}-\d\d-\d\d)")
"""Names of years, of all that is in a year, of months, and of the last days of months."""


def in_runs(digests: Mapping[str, str]) -> dict[str, str | list[str]]:
    """Return digests by their names; those of periods in a row as a list, by that of the first.

    >>> in_runs({"2026": "a", "2025-12": "b", "2026-01": "c"})
    {'2025-12': ['b', 'c'], '2026': 'a'}
    """
    left = dict(sorted(digests.items()))
    runs: dict[str, str | list[str]] = {}
    while left:
        name = first = next(iter(left))
        run = [left.pop(name)]
        while (name := following(name)) in left:
            run.append(left.pop(name))
        runs[first] = run if len(run) > 1 else run[0]
    return runs


def out_of_runs(runs: Mapping[str, object]) -> dict[str, object]:
    """Return what ``in_runs`` was given."""
    digests: dict[str, object] = {}
    for first, run in runs.items():
        name = first
        for digest in run if isinstance(run, list) else [run]:
            digests[name] = digest
            name = following(name)
    return digests


@lru_cache(4096)
def following(name: str) -> str:
    """Return the name of the next period, nothing where there is none."""
    match = NAME.fullmatch(name)
    if match is None:
        return ""
    if match["year"]:
        return f"{int(match['year']) + 1:04}{match['of_all']}"
    try:
        day = date.fromisoformat(match["end"] or f"{name}-01")
        if match["month"]:
            return f"{next_month(day):%Y-%m}"
        begins = day + DAY
        return f"{next_month(begins) - DAY}" if begins.day == 1 else ""
    except (ValueError, OverflowError):  # there is no such day, or none after it
        return ""
