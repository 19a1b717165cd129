"""A bound on the time of a whole answer, from the first byte of its headers to its last.

A timeout of a socket counts silence only: a server that sends a byte a minute would hold a thread
for ever.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    import socket

    from urllib3.poolmanager import PoolManager

READ_TIMEOUT = 120.0
"""Seconds of silence. Recorded: answers of small companies took up to 30 s."""

SLOWEST = 2 * 1024
"""Bytes a second, on the average and after READ_TIMEOUT, of the slowest line that is worth it."""


class _Timed(io.RawIOBase):
    """What is received, with so much time as has been earned by what has arrived."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._received = sock.makefile("rb", buffering=0)
        self._began = time.monotonic()
        self._size = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int | None:
        """Receive some bytes.

        Raises:
            TimeoutError: when there is silence, or nothing but drops.
        """
        earned = READ_TIMEOUT + self._size / SLOWEST
        left = self._began + earned - time.monotonic()
        if left <= 0:
            message = f"{self._size} bytes in {earned:.0f} s"
            raise TimeoutError(message)
        self._sock.settimeout(min(READ_TIMEOUT, left))
        size = self._received.readinto(buffer)
        self._size += size or 0
        return size

    @override
    def close(self) -> None:
        self._received.close()
        super().close()


class _Response(HTTPResponse):
    @override
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class TimedAdapter(HTTPAdapter):
    """Carries requests, also by way of a proxy, and waits for no answer without end."""

    @override
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _time(self.poolmanager)

    @override
    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        _time(manager)
        return manager


def _time(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
