"""Whatever happens in the middle of a run, it ends, and nothing is begun after that."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.api.errors import EndedError
from tap_tripletex.reading.pool import Pool
from tap_tripletex.reading.prefetch import Ahead
from tap_tripletex.rows.forms import LineForm
from tap_tripletex.sandbox import Sandbox
from tap_tripletex.tap import TapTripletex
from tests.conftest import API, mounted

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.transport import Transport

STREAMS = ("accounts", "customers", "departments", "postings", "vouchers")
RUNS = 4
LONGEST = 60.0
"""Seconds until a run counts as one that hangs."""


def tap_of(sandbox: Sandbox) -> TapTripletex:
    config = {"api_url": "sandbox://", "start_date": "2026-06-01"}
    catalog = TapTripletex(config=config).catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = stream["tap_stream_id"] in STREAMS
    return mounted(TapTripletex(config=config, catalog=catalog), sandbox)


def ended(work: Any) -> bool:
    """Return whether work in a thread of its own comes to an end."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(LONGEST)
    return not thread.is_alive()


def broken(monkeypatch: pytest.MonkeyPatch, after: int, error: type[Exception]) -> None:
    """Let the form of lines fail when it has been used so often."""
    used = iter(range(10**9))
    keys = LineForm.keys

    def failing(self: LineForm, *args: Any) -> Any:
        if next(used) >= after:
            raise error
        return keys(self, *args)

    monkeypatch.setattr(LineForm, "keys", failing)


@pytest.mark.parametrize("error", [ValueError, BrokenPipeError])
def test_a_run_with_an_exception_in_the_middle_ends(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    sandbox = Sandbox(vouchers_per_day=0.2, rate_limit=None, latency_ms=100)
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)):
        for run in range(RUNS):
            tap = tap_of(sandbox)

            def whole(tap: TapTripletex = tap) -> None:
                with contextlib.suppress(error):
                    tap.finish(tap.run)

            with monkeypatch.context() as patched:
                broken(patched, 1 + 2 * run, error)
                assert ended(whole), run


def test_an_exception_is_the_trouble_of_its_stream(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    emit = LineForm.emit

    def failing(self: LineForm, *args: Any) -> Any:
        if self._stream == "departments":
            message = "no such thing"
            raise LookupError(message)
        return emit(self, *args)

    monkeypatch.setattr(LineForm, "emit", failing)
    output = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    tap = tap_of(Sandbox(vouchers_per_day=0.1, rate_limit=None))
    with contextlib.redirect_stdout(output), caplog.at_level(logging.DEBUG):
        assert tap.finish(tap.run)
    (trouble,) = tap.report.troubles
    assert trouble.stream == "departments"
    assert "LookupError: no such thing" in trouble.reason
    assert tap.report.failed
    (traceback,) = [r for r in caplog.records if r.exc_info and "departments" in r.message]
    assert traceback.levelno == logging.DEBUG
    written = output.buffer.getvalue()  # type: ignore[attr-defined]
    assert all(f'"stream":"{name}"'.encode() in written for name in set(STREAMS) - {"departments"})


def test_a_pool_that_ends_takes_no_more_and_waits_for_nobody() -> None:
    pool, started = Pool(1), threading.Event()
    leave = threading.Event()
    begun = []

    def fetch(item: int) -> int:
        begun.append(item)
        started.set()
        leave.wait(LONGEST)
        return item

    ahead = Ahead(pool, range(100), fetch, 4)
    ahead._wanted = 4
    ahead.begin()
    with ahead._lock:
        ahead._fill()
    started.wait(LONGEST)
    assert ended(pool.end)
    assert pool.submit(fetch, 1).cancelled()
    leave.set()
    pool.shutdown(wait=True)
    assert begun == [0]


def test_nothing_is_sent_once_the_run_has_ended(
    transport: Transport, requests_mock: Mocker
) -> None:
    requests_mock.get(f"{API}/x", json={"value": None})
    requests_mock.delete(f"{API}/token/session/1", status_code=204)
    transport.end()
    began = time.monotonic()
    with pytest.raises(EndedError, match="is not sent: the run ends"):
        transport.send("GET", "/x", read=bool)
    assert time.monotonic() - began < 1
    transport.send("DELETE", "/token/session/1", read=bool)
    assert [request.method for request in requests_mock.request_history] == ["DELETE"]
