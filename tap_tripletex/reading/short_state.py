"""What of the state of a stream in a company is worth writing: digests no longer than they need be.

A list of the API's is asked with its digest, and answered in a few bytes when it is the same. So
the digest of what may well have changed is kept whole. What hardly ever changes is known in short:
one row is asked for, whose digest is the whole list's, and the rows only when that is another.
What is read when its turn comes and at no other time needs no digest at all.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from tap_tripletex.api.short_digests import HASH
from tap_tripletex.reading.slice_digests import shortened
from tap_tripletex.reading.state import EMPTY, FOLDED, PARTLY, ROOT, YEAR

Json = dict[str, Any]

RECENT = timedelta(days=31)
"""Days after which the rows of a slice have settled, as have those of the months to come."""

FEW_LISTS = 2
"""Lists of a slice whose digests are kept whole; of more, each is known in short."""

UNFOLDED_YEARS = 2
"""Past years whose months have digests of their own; older ones are told by their year alone.

When such a year changes, all its months are read.
"""

MONTH = re.compile(r"\d{4}-\d\d")


def shorter(bookmark: Json) -> Json:
    """Return a partition's state as the next run needs it; of one that is damaged, itself."""
    digests, refreshed = bookmark.get("digests"), bookmark.get("refreshed")
    try:
        run = date.fromisoformat(str(refreshed))
    except ValueError:
        return bookmark  # it has not been read to its end
    if not isinstance(digests, dict) or not all(isinstance(d, str) for d in digests.values()):
        return bookmark
    recent = f"{run - RECENT}"
    kept = {key: _shorter(key, text, bookmark, run, recent) for key, text in digests.items()}
    return {**bookmark, "digests": kept}


def _shorter(key: str, text: str, bookmark: Json, run: date, recent: str) -> str:
    """Return a digest as it is worth writing.

    Args:
        key: of the slice, or of a range.
        text: the digest.
        bookmark: what it is in.
        run: the day of the run that it is of.
        recent: the day since when rows may well change.
    """
    if text in {EMPTY, FOLDED} or PARTLY in text or "(" in text:
        return text
    end = "" if key.endswith(YEAR) else key.rpartition("..")[2]
    has_days = end[:4].isdigit()
    has_settled = has_days and (end < recent[: len(end)] or key > bookmark["refreshed"])
    waits = bookmark.get("turns") and has_settled == has_days
    if waits or (has_settled and _is_told_by_year(key, bookmark, run)):
        return FOLDED
    if not text.startswith(HASH) and (bookmark.get("whole") or key == ROOT):
        return text
    many = text.count(" ") >= FEW_LISTS and "census" not in bookmark
    is_short = has_settled or (many and not has_days) or not end or text.startswith(HASH)
    return shortened(text) if is_short else text


def _is_told_by_year(key: str, bookmark: Json, run: date) -> bool:
    is_old = bool(MONTH.fullmatch(key)) and int(key[:4]) < run.year - UNFOLDED_YEARS
    has_year = f"{key[:4]}{YEAR}" in bookmark["digests"]
    return is_old and has_year and bookmark.get("probes") is not False
