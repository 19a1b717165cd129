"""Requests and responses as the core sees them, whatever carries them."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote


@dataclass
class Response:
    """An answer.

    Attributes:
        status: HTTP status.
        headers: Its headers.
        body: The bytes that it promises.
        cut_at: Send only so many bytes and close the connection; None for all.
        delay: Seconds to wait before it is sent.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut_at: int | None = None
    delay: float = 0.0


@dataclass
class Request:
    """A request, taken apart.

    Attributes:
        method: HTTP method.
        path: Decoded path below `/v2`.
        raw_path: The path as it was sent.
        params: Query parameters; the first of each name.
        headers: Headers with lower-case names.
        body: The bytes that came with it.
    """

    method: str
    path: str
    raw_path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @classmethod
    def parse(
        cls,
        method: str,
        path_and_query: str,
        headers: dict[str, str],
        body: bytes,
    ) -> Request:
        """Take a request apart; a leading `/v2` is dropped."""
        raw, _, query = path_and_query.partition("?")
        raw = raw.removeprefix("/v2") or "/"
        params: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            params.setdefault(name, value)
        lower = {name.lower(): value for name, value in headers.items()}
        return cls(method.upper(), unquote(raw).rstrip("/") or "/", raw, params, lower, body)
