"""The state that a run is given, out of what it is wrapped in.

A state that is not understood must never count as none: everything would be read again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from tap_tripletex.api.errors import StateError
from tap_tripletex.reading.packing import unpacked

logger = logging.getLogger("tap-tripletex")

Json = dict[str, Any]

RESTORE = "Restore it from a copy, or run without a state to read everything again."


def parse_state(text: str) -> object:
    """Return the state in a file: one JSON value, or the last line of a loader's output.

    Nothing and null are an empty state.

    Raises:
        StateError: when it is no JSON.
    """
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError as fault:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()][-1]
        except ValueError:
            message = f"The state is no JSON ({fault}). {RESTORE}"
            raise StateError(message) from None
    return {} if found is None else found


def read_state(given: object) -> Json:
    """Return a Singer state, empty when there is none.

    Args:
        given: as JSON has it: a state, a Singer message of one, or what Meltano stores.

    Raises:
        StateError: when it is something else.
    """
    state = unpacked(dict(_unwrapped(given)))
    if not state:
        logger.info("The state is empty: everything is read.")
        return {}
    bookmarks = state.get("bookmarks")
    if not isinstance(bookmarks, Mapping):
        if bookmarks is None and set(state) <= {"bookmarks", "currently_syncing"}:
            return {}
        found = ", ".join(sorted(map(str, state))[:5])
        message = f"The state is no Singer state: it has {found}, but no bookmarks. {RESTORE}"
        raise StateError(message)
    for name, bookmark in bookmarks.items():
        _check(name, bookmark)
    return dict(state)


def _unwrapped(given: object) -> Mapping[str, Any]:
    """Take off what a state is wrapped in, however often."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        message = f"The state is no Singer state, but {json.dumps(given)[:60]}. {RESTORE}"
        raise StateError(message)
    if given.get("type") == "STATE" and "value" in given:  # a Singer message
        return _unwrapped(given["value"])
    if "singer_state" in given:  # `meltano state get`
        return _unwrapped(given["singer_state"])
    if given and set(given) <= {"completed", "partial", "state_id"}:  # where Meltano stores it
        whole, part = (_unwrapped(given.get(name) or {}) for name in ("completed", "partial"))
        return _merged(whole, part)
    return given


def _merged(whole: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a state with the bookmarks of a later run that did not come to its end."""
    bookmarks = {**(whole.get("bookmarks") or {}), **(part.get("bookmarks") or {})}
    merged = {**whole, **part}
    return {**merged, "bookmarks": bookmarks} if merged else {}


def _check(name: str, bookmark: object) -> None:
    partitions = bookmark.get("partitions", []) if isinstance(bookmark, Mapping) else None
    whole = isinstance(partitions, list) and all(
        isinstance(partition, Mapping) and isinstance(partition.get("context"), Mapping)
        for partition in partitions
    )
    if not whole:
        message = f"The state of {name} is damaged. {RESTORE}"
        raise StateError(message)
