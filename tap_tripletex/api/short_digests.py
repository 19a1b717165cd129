"""Digests in a few characters: enough to tell that a list has changed, too few to be sent."""

from __future__ import annotations

from hashlib import blake2b

HASH = "#"
"""Prefix of a digest of our own making, which is not sent to the API."""

SHORT = "^"
"""Prefix of what is left of a digest of the API's own."""

HEX = 6
"""Digits that are left: of 16.8 million changes one goes unseen, until its slice has its turn."""


def short(digest: str) -> str:
    """Return what is left of a digest; of one that is short, itself.

    Hashed, as nobody knows which characters of the API's differ from one to the next.
    """
    if digest.startswith((HASH, SHORT)):
        return digest[: 1 + HEX]
    return SHORT + blake2b(digest.encode(), digest_size=HEX // 2).hexdigest()


def agrees(known: str | None, found: str | None) -> bool:
    """Return whether a digest is the one that is known, whole or in short.

    >>> agrees("#0123456789abcdef", "#0123456789abcdef"), agrees("#012345", "#0123456789abcdef")
    (True, True)
    """
    if known is None or found is None:
        return False
    return known in {found, short(found)}


def sendable(known: str | None) -> str | None:
    """Return a digest that the API would know again, None for any other."""
    return None if not known or known.startswith((HASH, SHORT)) else known
