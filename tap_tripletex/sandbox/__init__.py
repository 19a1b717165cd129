"""An embedded Tripletex for tests and demonstrations: deterministic, in memory, no account.

    sandbox = Sandbox(today=date(2026, 6, 1))
    session = requests.Session()
    session.mount("https://sandbox.invalid/", SandboxAdapter(sandbox))

or over HTTP, `with serve(sandbox) as server: server.url`, or from the shell,
`python -m tap_tripletex.sandbox`.
"""

from __future__ import annotations

from tap_tripletex.sandbox.server.adapter import SandboxAdapter
from tap_tripletex.sandbox.server.faults import Fault
from tap_tripletex.sandbox.server.http_server import serve
from tap_tripletex.sandbox.server.sandbox import Sandbox
from tap_tripletex.sandbox.server.sessions import (
    ACCOUNTANT_TOKEN,
    CONSUMER_TOKEN,
    EMPLOYEE_TOKEN,
    REFRESH_TOKEN,
)

__all__ = [
    "ACCOUNTANT_TOKEN",
    "CONSUMER_TOKEN",
    "EMPLOYEE_TOKEN",
    "REFRESH_TOKEN",
    "Fault",
    "Sandbox",
    "SandboxAdapter",
    "serve",
]
