"""Keeps secrets, and what would pass for lines of its own, out of everything that is shown."""

from __future__ import annotations

import json
import re
import threading
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "[hidden]"

SHORTEST = 6
"""Characters of a secret at least; a shorter text would be hidden wherever it happens to be."""

LEAST_ENCODED = 8
"""Characters of base64 from which on they are a secret's, and no chance."""

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters but the tab, line ends, what turns the direction of text, half characters."""

_lock = threading.Lock()
_secrets: set[str] = set()
_known: list[re.Pattern[str]] = []


def hide(secret: str) -> None:
    """Never show this text again: plain, in a URL, in JSON, or in base64 behind a user name."""
    if len(secret) >= SHORTEST and secret not in _secrets:
        with _lock:
            _secrets.add(secret)
            forms = {form for known in _secrets for form in _forms(known)}
            longest_first = sorted(forms, key=len, reverse=True)
            _known[:] = [re.compile("|".join(map(re.escape, longest_first)))]


def forget() -> None:
    """Show every text again."""
    with _lock:
        _secrets.clear()
        _known.clear()


def redact(text: str) -> str:
    """Return a text with every known secret masked, the longest first."""
    for pattern in _known[:]:
        text = pattern.sub(MASK, text)
    return text


def printable(text: str) -> str:
    """Return a text on one line, without what would steer a terminal or forge a line of a log."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], repr(secret)[1:-1])
    # Three bytes are four characters, so it depends on where the secret begins what it looks like;
    # the characters at its ends are not its own alone.
    content = secret.encode(errors="surrogatepass")
    for before in range(3):
        encoded = b64encode(bytes(before) + content).decode()
        own = encoded[(8 * before + 5) // 6 : 8 * (before + len(content)) // 6]
        if len(own) >= LEAST_ENCODED:
            yield own
            yield own.replace("+", "-").replace("/", "_")
