"""Paths outside the API, for tests that run the sandbox in another process."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import msgspec

from tap_tripletex.sandbox.answers.wire import Response
from tap_tripletex.sandbox.server.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_tripletex.sandbox.answers.wire import Request


PREFIX = "/sandbox/"

MUTATIONS = frozenset(
    {
        "add",
        "back_date",
        "delete",
        "delete_voucher",
        "edit",
        "edit_posting",
        "edit_voucher",
        "move_voucher",
        "post_voucher",
    },
)


class Controlled(Protocol):
    """What of the sandbox can be controlled."""

    faults: list[Fault]
    requests: list[dict[str, Any]]

    @property
    def companies(self) -> Sequence[object]:
        """Return the companies, in order."""

    def reset(self) -> None:
        """Generate the world again."""


class _Mutation(msgspec.Struct):
    """A call of one of a company's methods."""

    method: str
    company: int = 0
    args: list[object] = []
    kwargs: dict[str, object] = {}


def answer(request: Request, sandbox: Controlled) -> Response:  # noqa: PLR0911 - one an action
    """Add faults, start over, change a company, or show the request log.

    POST /sandbox/faults (one fault or a list), DELETE /sandbox/faults, POST /sandbox/reset,
    POST /sandbox/mutations ({method, company, args, kwargs}), GET /sandbox/requests.

    A page in a browser of this computer can send requests too: not with a host's name of its own,
    and not as JSON.
    """
    if not _is_of_this_computer(request.headers.get("host")):
        return _json(403, {"error": "the sandbox is controlled from its own computer only"})
    if request.method == "POST" and not _is_json(request.headers.get("content-type", "")):
        return _json(415, {"error": "send JSON, as application/json"})
    action = (request.method, request.path[len(PREFIX) :])
    try:
        if action == ("POST", "faults"):
            given = msgspec.json.decode(request.body)
            faults = msgspec.convert(given if isinstance(given, list) else [given], list[Fault])
            sandbox.faults.extend(faults)
            return _json(201, {"faults": len(sandbox.faults)})
        if action == ("DELETE", "faults"):
            sandbox.faults.clear()
            return Response(204)
        if action == ("POST", "reset"):
            sandbox.reset()
            return Response(204)
        if action == ("POST", "mutations"):
            call = msgspec.json.decode(request.body, type=_Mutation)
            if call.method in MUTATIONS:
                method = getattr(sandbox.companies[call.company], call.method)
                return _json(200, {"result": method(*call.args, **call.kwargs)})
        if action == ("GET", "requests"):
            return _json(200, sandbox.requests)
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError, IndexError) as error:
        return _json(400, {"error": f"{type(error).__name__}: {error}"})
    return _json(404, {"error": "no such sandbox control"})


def _is_of_this_computer(host: str | None) -> bool:
    """Return whether a Host header names a loopback address; in process there is none."""
    if host is None:
        return True
    name = ""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _json(status: int, content: object) -> Response:
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    return Response(status, headers, msgspec.json.encode(content))
