"""Keeps secrets out of everything that is printed or logged."""

from __future__ import annotations

import logging
import threading
import traceback
from typing import Any
from urllib.parse import quote

MASK = "[hidden]"

SHORTEST = 6
"""Characters of a secret at least; a shorter text would be hidden wherever it happens to be."""

_lock = threading.Lock()
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Never show this text again, neither plain nor as part of a URL, if it can be a secret."""
    if len(secret) >= SHORTEST:
        with _lock:
            _secrets.update((secret, quote(secret), quote(secret, safe="")))


def redact(text: str) -> str:
    """Return a text with every known secret masked, the longest first."""
    with _lock:
        secrets = sorted(_secrets, key=len, reverse=True)
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def install() -> None:
    """Redact all log records of the process, of every library and level, with their tracebacks.

    The HTTP library logs the path of each request at debug level, and the API has the session
    token in a path (DELETE /token/session/{token}): filters on single loggers would not do.
    """
    factory = logging.getLogRecordFactory()
    if getattr(factory, "redacts", False):
        return

    def redacting_factory(*args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401
        record = factory(*args, **kwargs)
        message = record.getMessage()
        shown = redact(message)
        if shown != message:
            record.msg, record.args = shown, ()
        if record.exc_info and record.exc_info[0]:
            text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
            shown = redact(text)
            record.exc_text = shown
            if shown != text:
                record.exc_info = None
        return record

    redacting_factory.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(redacting_factory)
