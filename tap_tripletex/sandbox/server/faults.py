"""Faults on purpose: what goes wrong between a server and its client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

import msgspec

from tap_tripletex.sandbox.answers import errors
from tap_tripletex.sandbox.answers.fields import parse_cached, requested_names
from tap_tripletex.sandbox.answers.wire import Response

if TYPE_CHECKING:
    from tap_tripletex.sandbox.answers.wire import Request

Kind = Literal[
    "bad_gateway_html",
    "cut",
    "empty_204",
    "expire_session",
    "forbidden",
    "missing_row",
    "not_found",
    "not_found_html",
    "null_field",
    "null_list",
    "rate_limited",
    "refuse_field",
    "server_error_html",
    "server_error_json",
    "slow",
    "truncated",
    "unauthorized",
    "unknown_field",
    "wrong_amount",
]


@dataclass
class Fault:
    """Something that goes wrong with requests that match.

    Attributes:
        kind: What goes wrong.
        path: Prefix of the path below `/v2`, or a regular expression if it begins with `^`.
        query: Regular expression that the decoded query must contain.
        method: HTTP method, or empty for any.
        company: Id of the company that is read, or None for any.
        after: So many matching requests go well first.
        times: So many go wrong then; None for all.
        field: The property of `refuse_field`, `unknown_field`, `null_field`, `wrong_amount`.
        value: The value of `unknown_field`; kroner added by `wrong_amount`.
        row: The row, counted from 0, that `wrong_amount` changes and `missing_row` leaves out.
        reset: Whether `rate_limited` says when the window ends.
        delay_ms: How long `slow` waits.
        seen: Requests that matched so far.
        fired: Requests that went wrong so far.
    """

    kind: Kind
    path: str = ""
    query: str = ""
    method: str = "GET"
    company: int | None = None
    after: int = 0
    times: int | None = 1
    field: str = ""
    value: Any = None
    row: int = 0
    reset: bool = True
    delay_ms: int = 1000
    seen: int = 0
    fired: int = 0

    def fires(self, request: Request, company: int | None) -> bool:
        """Count a request if it matches, and return whether it goes wrong."""
        if self.times is not None and self.fired >= self.times:
            return False
        if not self._matches(request, company):
            return False
        self.seen += 1
        if self.seen <= self.after:
            return False
        self.fired += 1
        return True

    def _matches(self, request: Request, company: int | None) -> bool:
        query = urlencode(request.params, safe="(),*>:/")
        on_path = (
            re.search(self.path, request.path)
            if self.path.startswith("^")
            else request.path.startswith(self.path)
        )
        return bool(
            on_path
            and self.method in {"", request.method}
            and self.company in {None, company}
            and (not self.query or re.search(self.query, query))
            and (self.kind != "refuse_field" or self.field in _names(request)),
        )


def _names(request: Request) -> set[str]:
    return requested_names(parse_cached(request.params.get("fields", "")))


SERVER_ERROR_HTML = (
    "<!DOCTYPE html>\n<html>\n<head>\n    <title>Feilsituasjon - Tripletex</title>\n"
    "</head>\n<body><h1>Feilsituasjon</h1></body>\n</html>\n"
)
BAD_GATEWAY_HTML = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n"
)

NOT_FOUND_HTML = BAD_GATEWAY_HTML.replace("502 Bad Gateway", "404 Not Found")

HTML: dict[str, tuple[int, str]] = {
    "server_error_html": (500, SERVER_ERROR_HTML),
    "bad_gateway_html": (502, BAD_GATEWAY_HTML),
    "not_found_html": (404, NOT_FOUND_HTML),
}

ON_THE_WAY_OUT = frozenset(
    {"cut", "missing_row", "null_field", "truncated", "unknown_field", "wrong_amount"},
)
"""Faults that spoil an answer which is otherwise right."""


def failure(fault: Fault, entity: str, request_id: str, limit: int) -> Response:
    """Return the answer of a fault that takes the place of the right one.

    Args:
        fault: What goes wrong.
        entity: What the path would have returned.
        request_id: Id of the request.
        limit: Requests allowed in a window, for the headers of a 429.
    """
    if fault.kind in HTML:
        status, page = HTML[fault.kind]
        return Response(status, {"Content-Type": "text/html;charset=UTF-8"}, page.encode())
    if fault.kind == "empty_204":
        return Response(204)
    if fault.kind == "null_list":
        return Response(200, {}, b'{"values":null}')
    headers: dict[str, str] = {}
    if fault.kind == "rate_limited":
        headers = {"X-Rate-Limit-Limit": str(limit), "X-Rate-Limit-Remaining": "0"}
        if fault.reset:
            headers["X-Rate-Limit-Reset"] = str(fault.value or 1)
        error = errors.too_many_requests()
    elif fault.kind == "refuse_field":
        error = errors.illegal_field(fault.field, entity)
    elif fault.kind == "forbidden":
        error = errors.forbidden()
    elif fault.kind == "not_found":
        error = errors.not_found()
    elif fault.kind == "unauthorized":
        error = errors.unauthorized()
    else:
        error = errors.server_error()
    return Response(error.status, headers, msgspec.json.encode(error.body(request_id)))


def spoil(response: Response, fault: Fault) -> None:
    """Change an answer on its way out."""
    if fault.kind == "cut":
        response.cut_at = len(response.body) // 2
    elif fault.kind == "truncated":
        response.body = response.body[: len(response.body) // 2]
    elif response.body:
        content = msgspec.json.decode(response.body)
        if isinstance(content, dict):
            if fault.kind == "missing_row" and fault.row < len(content.get("values") or ()):
                del content["values"][fault.row]
                content["count"] -= 1
            rows = content.get("values") or [content.get("value")]
            _spoil_rows([row for row in rows if isinstance(row, dict)], fault)
            response.body = msgspec.json.encode(content)


def _spoil_rows(rows: list[dict[str, Any]], fault: Fault) -> None:
    if fault.kind == "unknown_field":
        for row in rows:
            row[fault.field or "sandboxExtra"] = fault.value
    elif fault.kind == "null_field":
        for row in rows:
            row[fault.field] = None
    elif fault.kind == "wrong_amount" and fault.row < len(rows):
        name = fault.field or "amount"
        row = rows[fault.row]
        shift = 1 if fault.value is None else fault.value
        row[name] = round((row.get(name) or 0) + shift, 2)
