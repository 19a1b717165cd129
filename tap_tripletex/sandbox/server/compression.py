"""Compressed bodies, for clients that take them."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tap_tripletex.sandbox.answers.wire import Request, Response

SMALLEST = 512


class Compressor:
    """Compresses bodies; those with a key only once, within a bound of memory."""

    def __init__(self, cache_bytes: int) -> None:
        """Start with nothing remembered, and remember at most so many bytes."""
        self._limit = cache_bytes
        self._lock = threading.Lock()
        self._cache: OrderedDict[Any, bytes] = OrderedDict()
        self._size = 0

    def __call__(self, request: Request, response: Response, key: Any) -> None:  # noqa: ANN401
        """Compress a body if the client accepts gzip."""
        accepted = "gzip" in request.headers.get("accept-encoding", "")
        if not accepted or len(response.body) < SMALLEST:
            return
        with self._lock:
            found = self._cache.get(key) if key is not None else None
        if found is None:
            found = gzip.compress(response.body, compresslevel=1, mtime=0)
            if key is not None:
                self._remember(key, found)
        if response.cut_at is not None:
            response.cut_at = len(found) // 2
        response.body = found
        response.headers["Content-Encoding"] = "gzip"

    def _remember(self, key: Any, content: bytes) -> None:  # noqa: ANN401 - any hashable
        with self._lock:
            self._cache[key] = content
            self._size += len(content)
            while self._size > self._limit and len(self._cache) > 1:
                self._size -= len(self._cache.popitem(last=False)[1])
