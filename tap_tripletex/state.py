"""What a stream remembers of a company: how far it has come, and the digest of each slice."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tap_tripletex.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

VERSION = 1
"""Form of the state; a later form reads the earlier ones."""


class SliceState:
    """One partition's state, in the dictionary that the SDK writes out.

    The digests hold for one fingerprint: of all that shapes the answers (path, parameters, fields,
    company and owner of the token). Under another fingerprint none of them is known.
    """

    def __init__(self, bookmark: Json, where: str) -> None:
        """Take over a partition's state.

        Args:
            bookmark: the SDK's dictionary; empty in a first run.
            where: stream and company in words, for messages.

        Raises:
            StateError: when the state was written by a later version, or cannot be read.
        """
        version = bookmark.setdefault("version", VERSION)
        if not isinstance(version, int) or version > VERSION:
            message = (
                f"The state of {where} has version {version!r}, this tap-tripletex reads up to "
                f"{VERSION}. Update the tap, or start over with --full-refresh."
            )
            raise StateError(message)
        if not isinstance(bookmark.setdefault("digests", {}), dict):
            message = f"The state of {where} is damaged. Restore it or start over."
            raise StateError(message)
        self._bookmark = bookmark

    @property
    def is_new(self) -> bool:
        """Return whether no slice has been read before."""
        return not self._bookmark["digests"]

    def digest(self, key: str, fingerprint: str) -> str | None:
        """Return the digest of a slice as it was last read whole."""
        if self._bookmark.get("fingerprint") != fingerprint:
            return None
        digest: str | None = self._bookmark["digests"].get(key)
        return digest

    def finish(self, key: str, fingerprint: str, digest: str | None) -> None:
        """Note that a slice was read whole and all its rows were emitted."""
        if self._bookmark.get("fingerprint") != fingerprint:
            self._bookmark["fingerprint"] = fingerprint
            self._bookmark["digests"] = {}
        if digest is None:
            self._bookmark["digests"].pop(key, None)
        else:
            self._bookmark["digests"][key] = digest

    def advance(self, replication_key: str, value: str) -> None:
        """Note how far the stream has come, in the Singer way; nothing is read by it."""
        if self._bookmark.get("replication_key") == replication_key:
            value = max(value, self._bookmark["replication_key_value"])
        self._bookmark["replication_key"] = replication_key
        self._bookmark["replication_key_value"] = value

    def keep_only(self, keys: Iterable[str]) -> None:
        """Forget the digests of slices that are no longer part of the stream."""
        kept = set(keys)
        digests = self._bookmark["digests"]
        self._bookmark["digests"] = {key: d for key, d in digests.items() if key in kept}


def fingerprint(*parts: object) -> str:
    """Return a short text that changes when any of the parts does."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]
