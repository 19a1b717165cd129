"""A server that sends drop by drop holds nobody for ever."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tap_tripletex.api import whole_answer
from tap_tripletex.api.errors import SlowError
from tap_tripletex.api.rate_limit import RateLimiter
from tap_tripletex.api.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = gzip.compress(b'{"value": {"id": 1}}')
HEAD = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def server(answer: bytes, at_once: int, size: int, pause: float) -> Iterator[str]:
    """Send the first bytes of an answer at once, then so many after each pause."""
    done = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def send(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(answer[:at_once])
            for start in range(at_once, len(answer), size):
                if done.wait(pause):
                    return
                try:
                    connection.sendall(answer[start : start + size])
                except OSError:
                    return
            done.wait(5)

    def serve() -> None:
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threads.append(threading.Thread(target=send, args=(connection,)))
            threads[-1].start()

    threads = [threading.Thread(target=serve)]
    threads[0].start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v2"
    finally:
        done.set()
        for thread in threads:
            thread.join()
        listener.close()


def ask(url: str) -> bytes:
    transport = Transport(url, RateLimiter(), user_agent="test", connections=1, pause=0.0)
    try:
        return transport.send("GET", "/x", patient=False, read=lambda answer: answer.content)
    finally:
        transport.close()


@pytest.mark.parametrize("at_once", [0, 20, len(HEAD), len(HEAD) + 10])
def test_drops_are_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(whole_answer, "READ_TIMEOUT", 0.3)
    answer = HEAD % len(BODY) + BODY
    began = time.monotonic()
    with (
        server(answer, at_once, 1, pause=0.1) as url,
        pytest.raises(SlowError, match=r"no complete answer: .*"),
    ):
        ask(url)
    assert time.monotonic() - began < 1.5


def test_what_comes_earns_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_answer, "READ_TIMEOUT", 0.3)
    monkeypatch.setattr(whole_answer, "SLOWEST", 100)
    body = gzip.compress(b'{"value": "%s"}' % bytes(range(35, 91)), compresslevel=0)
    answer = HEAD % len(body) + body
    began = time.monotonic()
    with server(answer, 0, 15, pause=0.05) as url:
        assert ask(url).startswith(b'{"value"')
    assert time.monotonic() - began > 0.3  # longer than silence may be, and yet whole


def test_silence_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_answer, "READ_TIMEOUT", 0.2)
    with server(HEAD % 999, len(HEAD), 1, pause=0) as url, pytest.raises(SlowError):
        ask(url)
