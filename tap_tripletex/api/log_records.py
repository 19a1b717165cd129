"""Cleans every log record of the process, of every library and level."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from tap_tripletex.api.redaction import MASK, printable, redact

USUAL = vars(logging.LogRecord("", 0, "", 0, "", None, None)).keys()
"""What a record has without ``extra``."""

EXTRA = 9
"""Place of ``extra`` among the arguments that a record is made of."""


def install() -> None:
    """Let no secret into a log record, and no record into more than one line.

    The HTTP library logs the path of each request at debug level, and the API has the session
    token in a path (DELETE /token/session/{token}): filters on single loggers would not do.
    ``extra`` is added to a record after its factory: so it is done where records are made.
    """
    make = logging.Logger.makeRecord
    if getattr(make, "cleans", False):
        return

    def make_clean(*args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401
        try:
            record = make(*args, **kwargs)
        except KeyError:  # extra has a name that every record has
            record = make(*args[:EXTRA], **{**kwargs, "extra": None})
        _clean_message(record)
        _clean_traceback(record)
        for name in vars(record).keys() - USUAL:
            vars(record)[name] = _clean(vars(record)[name])
        return record

    make_clean.cleans = True  # type: ignore[attr-defined]
    logging.Logger.makeRecord = make_clean  # type: ignore[method-assign]


def _clean_message(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - whatever the caller's objects raise; handlers would show them
        message = f"{_shown(record.msg)} does not go with {_shown(record.args)}"
        record.msg, record.args = message, None
    shown = printable(redact(message))
    if shown != message:
        record.msg, record.args = shown, None


def _clean_traceback(record: logging.LogRecord) -> None:
    """Set in what has many lines, so that none of them passes for a line of the log."""
    if record.exc_info and record.exc_info[0]:
        text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        shown = redact(text)
        record.exc_text = _set_in(shown)
        if shown != text:
            record.exc_info = None
    if record.stack_info:
        record.stack_info = _set_in(redact(record.stack_info))


def _set_in(text: str) -> str:
    return "\n".join(f"  {printable(line)}" for line in text.split("\n"))


def _clean(value: Any) -> Any:  # noqa: ANN401 - anything may be logged
    """Return a value of ``extra`` without secrets; whatever has one inside becomes its text."""
    if isinstance(value, str):
        return printable(redact(value))
    if type(value) in {list, tuple}:
        return type(value)(_clean(part) for part in value)
    if type(value) is dict:
        return {_clean(name): _clean(part) for name, part in value.items()}
    shown = _shown(value)
    return shown if MASK in shown else value


def _shown(value: object) -> str:
    """Return a value as text, whatever its class does to that."""
    try:
        return redact(f"{value!r}")
    except Exception:  # noqa: BLE001 - a class of any library
        return f"<{type(value).__name__}>"
