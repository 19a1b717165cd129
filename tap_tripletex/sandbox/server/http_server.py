"""The sandbox over HTTP, for clients in other processes."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_tripletex.sandbox.answers.wire import Response
    from tap_tripletex.sandbox.server.sandbox import Sandbox


class _Handler(BaseHTTPRequestHandler):
    """One keep-alive connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: SandboxServer

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        headers = dict(self.headers.items())
        response = self.server.sandbox.handle(self.command, self.path, headers, body)
        if response.delay:
            time.sleep(response.delay)
        self._send(response)

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        self.send_header("Server", "tap-tripletex sandbox")
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status not in {204, 304}:
            self.send_header("Content-Length", str(len(response.body)))
        body = response.body if response.cut_at is None else response.body[: response.cut_at]
        self.end_headers_with(body)
        if response.cut_at is not None:
            self.close_connection = True
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def end_headers_with(self, body: bytes) -> None:
        """Send headers and body in one go: two writes would wait for each other."""
        self._headers_buffer.append(b"\r\n")  # type: ignore[attr-defined]
        self._headers_buffer.append(body)  # type: ignore[attr-defined]
        self.flush_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the sandbox keeps its own log, and paths may hold tokens."""

    # The names that the base class looks for.
    do_GET = _serve  # noqa: N815
    do_POST = _serve  # noqa: N815
    do_PUT = _serve  # noqa: N815
    do_DELETE = _serve  # noqa: N815


class SandboxServer(ThreadingHTTPServer):
    """A server on 127.0.0.1 for one sandbox."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, port: int = 0) -> None:
        """Listen on a port; 0 lets the system choose."""
        self.sandbox = sandbox
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return f"http://127.0.0.1:{self.server_port}/v2"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that go away in the middle of an answer."""
        del request, client_address


@contextmanager
def serve(sandbox: Sandbox, port: int = 0) -> Iterator[SandboxServer]:
    """Serve a sandbox from a thread; the server's `url` is the API's base URL."""
    server = SandboxServer(sandbox, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
