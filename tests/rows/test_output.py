"""Lines stay whole, and states stay few."""

from __future__ import annotations

import contextlib
import io
import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.rows import output as module
from tap_tripletex.rows.output import Output, States, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable


class Stdout:
    """Takes what is written; may do something in the middle of it."""

    def __init__(self) -> None:
        self.buffer = self
        self.written = io.BytesIO()
        self.meanwhile: Callable[[], Any] = lambda: None

    def write(self, text: bytes) -> None:
        self.written.write(text[:3])
        self.meanwhile()
        self.written.write(text[3:])

    def flush(self) -> None:
        """Do nothing."""


@pytest.fixture
def stdout() -> Stdout:
    return Stdout()


def written_to(stdout: Any) -> contextlib.redirect_stdout[Any]:
    return contextlib.redirect_stdout(stdout)


def test_a_signal_waits_until_the_line_is_whole(stdout: Stdout) -> None:
    output = Output()
    signal.signal(signal.SIGUSR1, output.stop)
    stdout.meanwhile = lambda: signal.raise_signal(signal.SIGUSR1)
    with written_to(stdout):
        with pytest.raises(Stopped):
            output.write(b'{"type":"RECORD"}\n')
        stdout.meanwhile = lambda: None
        States(output).flush({"bookmarks": {}})
    first, second = stdout.written.getvalue().splitlines()
    assert json.loads(first) == {"type": "RECORD"}
    assert json.loads(second)["type"] == "STATE"
    output.stopped()
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)


def test_a_signal_ends_a_run_that_is_not_writing_at_once() -> None:
    output = Output()
    with pytest.raises(Stopped):
        output.stop()
    output.stopped()
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_further_signals_do_not_lose_the_last_state(
    stdout: Stdout, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output()
    states = States(output)
    signal.signal(signal.SIGUSR1, output.stop)
    stdout.meanwhile = lambda: signal.raise_signal(signal.SIGUSR1)
    make = output.format_message

    def signalled(message: Any) -> bytes:
        signal.raise_signal(signal.SIGUSR1)
        return bytes(make(message))

    with written_to(stdout):
        with pytest.raises(Stopped):
            output.write(b"{}\n")
        monkeypatch.setattr(output, "format_message", signalled)
        states.flush({"bookmarks": {"n": 1}}, again=True)
        states.flush({"bookmarks": {"n": 2}}, again=True)
    output.stopped()
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    found = [json.loads(line) for line in stdout.written.getvalue().splitlines()]
    assert [m["value"]["bookmarks"] for m in found if m] == [{"n": 1}, {"n": 2}]


def test_states_are_written_when_they_do_not_weigh(
    stdout: Stdout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST", 1000)
    output = Output()
    states = States(output)

    def written() -> int:
        return stdout.written.getvalue().count(b'"STATE"')

    with written_to(stdout):
        states.write_state({"n": 0})
        assert written() == 1
        states.write_state({"n": 1})
        assert written() == 1
        output.write(b"x" * 1100 + b"\n")
        states.write_state({"n": 1})
        assert written() == 2
        states.flush({"n": 1})
        assert written() == 2
        states.flush({"n": 2})
        assert written() == 3


def test_a_state_is_written_after_a_while_whatever_its_size(
    stdout: Stdout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.0)
    states = States(Output())
    with written_to(stdout):
        for number in range(3):
            states.write_state({"n": number})
    assert stdout.written.getvalue().count(b'"STATE"') == 3


def test_a_small_state_is_written_at_each_mark_and_a_large_one_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    now = [0.0]
    monkeypatch.setattr("tap_tripletex.rows.output.time.monotonic", lambda: now[0])
    states = States(Output())
    for number in range(10):
        states.mark({"bookmarks": {"n": number}})
    assert len(capfdbinary.readouterr().out.splitlines()) == 10
    large = "x" * (module.SMALL * 8)  # 2 MB, so 2 seconds
    written = 0
    for number in range(100):
        now[0] += 0.1
        told = states.mark({"bookmarks": {"n": number, "text": large}})
        lines = len(capfdbinary.readouterr().out.splitlines())
        assert lines == told
        written += lines
    assert 4 <= written <= 6


def test_a_state_that_takes_long_to_pack_is_written_seldom(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    now = [0.0]
    monkeypatch.setattr("tap_tripletex.rows.output.time.monotonic", lambda: now[0])

    def pack(state: dict[str, Any]) -> dict[str, Any]:
        now[0] += 0.5  # of many companies
        return {"packed": state["bookmarks"]["n"]}

    states = States(Output(), pack)
    written = []
    for number in range(100):
        now[0] += 0.5
        states.mark({"bookmarks": {"n": number}})
        written += [json.loads(line)["value"] for line in capfdbinary.readouterr().out.splitlines()]
    assert written[0] == {"packed": 0}
    assert 4 <= len(written) <= 6  # not more than a twentieth of the time
