"""What it means that a request had no whole answer."""

from __future__ import annotations

import ssl

import requests
from urllib3.exceptions import ReadTimeoutError

from tap_tripletex.api.errors import SlowError, UnavailableError, UnreachableError
from tap_tripletex.api.redaction import printable, redact


def unanswered(fault: Exception, shown: str) -> UnavailableError:
    """Return what it means that a request had no whole answer."""
    if isinstance(fault, SlowError):
        return fault
    reason = printable(redact(f"{type(fault).__name__}: {fault}"))
    message = f"{shown} got no complete answer: {reason}."
    if isinstance(fault, (requests.ReadTimeout, ReadTimeoutError)):
        return SlowError(message)
    return (UnreachableError if _lasts(fault) else UnavailableError)(message)


def _lasts(fault: BaseException | None) -> bool:
    """Return whether a fault is of the request or of the certificates, and not of the way."""
    if isinstance(fault, ValueError):
        return True  # an invalid URL, header or proxy
    if isinstance(fault, OSError) and fault.errno is None and fault.args:
        lost = (requests.RequestException, ConnectionError, TimeoutError)
        if not isinstance(fault, lost):
            return True  # requests finds no certificates where the environment says
    while fault is not None:
        if isinstance(fault, ssl.SSLError) and (
            isinstance(fault, ssl.SSLCertVerificationError) or fault.library in {"X509", "PEM"}
        ):
            return True
        fault = fault.__context__
    return False
