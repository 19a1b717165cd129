"""What a stream remembers of a company: how far it has come, and the digest of each slice."""

from __future__ import annotations

import hashlib
import zlib
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.errors import StateError
from tap_tripletex.api.short_digests import HASH
from tap_tripletex.reading.list_summary import ListSummary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Json = dict[str, Any]

ROOT = "*"
"""Name of the digest of all slices together."""

PARTLY = "~"
"""Stands between a day and the digests of a list of which only the changes were read that day."""

YEAR = "/"
"""Ending of the names of digests of all slices of a year."""

FOLDED = YEAR
"""Stands for the digest of a slice that none is kept of: it is read when its year has changed, or
when its turn comes."""

EMPTY = f"{HASH}empty"
"""Digest of a slice without anything to ask."""

MARK = 8
"""Digits of the mark that all digests were taken under: one of four billion changes goes unseen."""

VERSION = 3
"""Form of the state. Version 1 had digests of months only, version 2 two fingerprints in place of
one mark, and partitions in place of companies; they are read like those of today."""


class SliceState:
    """One partition's state, in the dictionary that the SDK writes out.

    The digests hold for one fingerprint: of all that shapes the answers (path, parameters, fields,
    company, owner of the token and rights), and for one of all that shapes the rows (columns,
    stream maps, flattening). Under another one none of them is known.
    """

    def __init__(self, bookmark: Json, where: str) -> None:
        """Take over a partition's state.

        Args:
            bookmark: the SDK's dictionary; empty in a first run.
            where: stream and company in words, for messages.

        Raises:
            StateError: when the state was written by a later version, or cannot be read.
        """
        version = bookmark.get("version", VERSION)
        if not isinstance(version, int) or version > VERSION:
            message = (
                f"The state of {where} has version {version!r}, this tap-tripletex reads up to "
                f"{VERSION}. Update the tap, or start over with a full refresh."
            )
            raise StateError(message)
        digests = bookmark.setdefault("digests", {})
        refreshed = bookmark.get("refreshed")
        census = bookmark.get("census")
        if (
            not _is_text(digests)
            or not _are_names(bookmark.get("large", []))
            or not all(day is None or _is_date(day) for day in (refreshed, bookmark.get("since")))
            or not (census is None or _is_census(census))
        ):
            message = (
                f"The state of {where} is damaged. Restore it from a copy, or start over with a "
                "full refresh."
            )
            raise StateError(message)
        bookmark["version"] = VERSION
        self._bookmark = bookmark
        self._where = where
        self._fingerprint: str | None = bookmark.get("fingerprint")
        self._first: date | None = None
        self._shape = ""
        self._turns = False
        self._mark: str | None = bookmark.get("mark")

    @property
    def is_new(self) -> bool:
        """Return whether the stream has never been read."""
        marks = ("refreshed", "replication_key")
        return not self._bookmark["digests"] and not any(mark in self._bookmark for mark in marks)

    def begin(
        self, asked: str, first: date | None = None, shape: str = "", *, turns: bool = False
    ) -> None:
        """Know no digest unless it was taken under this fingerprint; changes nothing yet.

        Args:
            asked: fingerprint of all that shapes the answers.
            first: the day that is read from.
            shape: that of all that makes rows out of them; where an earlier version of the tap has
                not noted it, it is taken to have been the same.
            turns: slices that have settled are read when their turn comes, and at no other time.
        """
        self._fingerprint = asked
        self._first = first
        self._shape = shape
        self._turns = turns
        self._mark = fingerprint(asked, shape)[:MARK]

    @property
    def has_moved(self) -> bool:
        """Return whether it was another day that the last run read from.

        The digest of another list, or the calendar, then tells nothing of slices that do not have
        their days in their names.
        """
        since = self._bookmark.get("since")
        return since is not None and self._first is not None and since != self._first.isoformat()

    def commit(self) -> None:
        """Forget the digests that were taken under another fingerprint, for good.

        They go first: a signal in between must not leave them under the new one. Those of ranges
        that began on another day go too: should it be the first again, slices may be others.
        """
        if not self._holds:
            self._bookmark["digests"] = {}
            self._bookmark.pop("census", None)
            self._bookmark.pop("refused_fields", None)
        elif self.has_moved:
            self.forget_ranges()
        self._bookmark["mark"] = self._mark
        if self._turns:
            self._bookmark["turns"] = True
        else:
            self._bookmark.pop("turns", None)
        for name in ("shape", "fingerprint"):
            self._bookmark.pop(name, None)

    @property
    def _holds(self) -> bool:
        bookmark = self._bookmark
        if "mark" in bookmark:
            return bool(bookmark["mark"] == self._mark)
        asked = bookmark.get("fingerprint") == self._fingerprint
        return asked and bookmark.get("shape", self._shape) == self._shape

    def digest(self, key: str) -> str | None:
        """Return the digest of a slice as it was last read whole."""
        digest: str | None = self._bookmark["digests"].get(key) if self._holds else None
        return digest

    @property
    def known(self) -> list[str]:
        """Return the names of all that a digest is known of."""
        return list(self._bookmark["digests"]) if self._holds else []

    @property
    def large(self) -> frozenset[str]:
        """Return the names of ranges that turned out to be more than a page."""
        return frozenset(self._bookmark.get("large", ()))

    def outgrow(self, names: Iterable[str]) -> None:
        """Remember ranges that are more than a page: whatever the rows look like, they are many."""
        if large := self.large.union(names):
            self._bookmark["large"] = sorted(large)

    def keep_whole(self) -> None:
        """Remember that one row does not have the digest of the list that it is in."""
        self._bookmark["whole"] = True

    @property
    def probes(self) -> bool | None:
        """Return whether probes were seen to tell of what the rows tell; None until tried."""
        proven: bool | None = self._bookmark.get("probes")
        return proven

    def prove(self, *, works: bool) -> None:
        """Remember whether probes tell of what the rows tell."""
        self._bookmark["probes"] = works

    def refused_since(self, rights: str) -> date | None:
        """Return the day since when the API refuses the stream to these rights, if it does."""
        refused = self._bookmark.get("refused")
        if not isinstance(refused, dict) or refused.get("rights") != rights:
            return None
        on = refused.get("on")
        return date.fromisoformat(str(on)) if _is_date(on) else None

    def refuse(self, rights: str, today: date) -> None:
        """Note that the API refuses the stream to these rights."""
        self._bookmark["refused"] = {"rights": rights, "on": today.isoformat()}

    def admit(self) -> None:
        """Note that the API does not refuse the stream."""
        self._bookmark.pop("refused", None)

    def lacking(self, today: date, days: int) -> frozenset[str]:
        """Return the fields that the API refused less than so many days ago, and need no asking.

        They are asked for again under another fingerprint: another right may bring them.
        """
        stored = self._bookmark.get("refused_fields")
        if not self._holds or not isinstance(stored, dict) or not _is_date(stored.get("on")):
            return frozenset()
        if today - date.fromisoformat(stored["on"]) >= timedelta(days=days):
            return frozenset()
        names = stored.get("names")
        return frozenset(map(str, names)) if isinstance(names, list) else frozenset()

    def lack(self, names: Collection[str], today: date, days: int) -> None:
        """Remember the fields that the API refuses, since the day when the first of them was."""
        on = self._bookmark["refused_fields"]["on"] if self.lacking(today, days) else str(today)
        self._bookmark.pop("refused_fields", None)
        if names:
            self._bookmark["refused_fields"] = {"on": on, "names": sorted(names)}

    def finish(self, key: str, digest: str | None) -> None:
        """Note that a slice was read whole and all its rows were emitted; None forgets it."""
        if digest is None:
            self._bookmark["digests"].pop(key, None)
            self._bookmark.pop("census", None)
        else:
            self._bookmark["digests"][key] = digest

    def forget_ranges(self) -> None:
        """Forget what several slices are told by: one of them was read and may be another now."""
        digests = self._bookmark["digests"]
        for key in [key for key in digests if key == ROOT or key.endswith(YEAR)]:
            del digests[key]

    @property
    def census(self) -> ListSummary | None:
        """Return what the rows were that the digest belongs to, where that is remembered.

        It is kept for streams of one slice, and forgotten with the slice's digest.
        """
        census = self._bookmark.get("census")
        return None if census is None or not self._holds else ListSummary.read(census)

    def count(self, census: ListSummary) -> None:
        """Remember what the rows are, after ``finish``."""
        self._bookmark["census"] = census.stored()

    def is_due(self, key: str, today: date, days: int, of: str | None = None) -> bool:
        """Return whether a slice is to be read whatever its digest says.

        Each slice has its turn once in so many days, on a day of its own, or on that of all streams
        of the same list.
        """
        refreshed = self._bookmark.get("refreshed")
        if not days or refreshed is None:
            return False
        turn = zlib.crc32((of or f"{self._where} {key}").encode())
        latest = today - timedelta(days=(today.toordinal() - turn) % days)
        return latest > date.fromisoformat(refreshed)

    def ran_before(self, day: date) -> bool:
        """Return whether the last run was before a day."""
        refreshed = self._bookmark.get("refreshed")
        return refreshed is not None and date.fromisoformat(refreshed) < day

    def refresh(self, today: date) -> None:
        """Note that every slice whose turn has come was read, and from which day on."""
        self._bookmark["refreshed"] = today.isoformat()
        if self._first is not None:
            self._bookmark["since"] = self._first.isoformat()

    def advance(self, replication_key: str, value: str) -> None:
        """Note how far the stream has come, in the Singer way; nothing is read by it."""
        if self._bookmark.get("replication_key") == replication_key:
            value = max(value, self._bookmark["replication_key_value"])
        self._bookmark["replication_key"] = replication_key
        self._bookmark["replication_key_value"] = value

    def keep_only(self, keys: Iterable[str]) -> None:
        """Forget the digests of slices that are no longer part of the stream."""
        kept = {ROOT, *keys}
        self._bookmark["digests"] = {
            key: digest
            for key, digest in self._bookmark["digests"].items()
            if key in kept or key.endswith(YEAR)
        }


def fingerprint(*parts: object) -> str:
    """Return a short text that changes when any of the parts does."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]


def _is_text(digests: object) -> bool:
    return isinstance(digests, dict) and all(isinstance(d, str) for d in digests.values())


def _are_names(names: object) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def _is_census(stored: object) -> bool:
    try:
        ListSummary.read(stored)
    except ValueError:
        return False
    return True


def _is_date(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True
