"""What a key is, told by its form alone."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import Any

import msgspec

COMPANY_KEY = "tlxr_"
"""Every company key begins with it, seen in independent clients; what follows is a JWT."""


def is_token(key: str) -> bool:
    """Return whether a key has the form of a consumer or employee token.

    Both are base64 of ``{"tokenId": …, "token": …}``, seen in two independent clients.
    """
    return "tokenId" in _decoded(key)


def expiry(company_key: str) -> datetime | None:
    """Return when a company key ends, where the JWT in it says so."""
    parts = company_key.removeprefix(COMPANY_KEY).split(".")
    end = _decoded(parts[1]).get("exp") if len(parts) > 1 else None
    try:
        return None if end is None else datetime.fromtimestamp(end, timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _decoded(text: str) -> dict[str, Any]:
    """Return the object that a text is base64 of, either alphabet; empty when it is not."""
    try:
        content = base64.b64decode(text.replace("-", "+").replace("_", "/") + "==")
        found = msgspec.json.decode(content)
    except (ValueError, msgspec.DecodeError):
        return {}
    return found if isinstance(found, dict) else {}
