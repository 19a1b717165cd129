"""Ways in which a run ends early: signals, exceptions, a loader that goes, a kill."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tap_tripletex.rows.forms import LineForm
from tap_tripletex.rows.output import Output, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_tripletex.sandbox import Sandbox
    from tap_tripletex.tap import TapTripletex

    Way = Callable[[TapTripletex], bool]
    """Runs the tap and returns whether it came to its end."""

SECONDS_TO_STOP = 60.0
"""So long may the last state take here, where many tests share one computer."""


def to_the_end(tap: TapTripletex) -> bool:
    """Run as from the command line, but for its exit code."""
    with handlers_kept():
        return tap.finish(tap.run)


def signalled(sandbox: Sandbox, after: int, times: int) -> Way:
    """Send signals at a request and at those that follow, wherever the main thread is then."""

    def run(tap: TapTripletex) -> bool:
        requests, lock, handle = count(), threading.Lock(), sandbox.handle
        armed = True

        def signal_and_handle(*request: Any) -> Any:
            with lock:
                if armed and after <= next(requests) < after + times:
                    signal.raise_signal(signal.SIGTERM)
            return handle(*request)

        with handlers_kept(), patch.object(sandbox, "handle", signal_and_handle):
            try:
                whole = tap.finish(tap.run)
            except Stopped:  # after the last state
                whole = False
            finally:
                with suppress(Stopped), lock:
                    armed = False
        return whole

    return run


def signalled_while_writing(after: int) -> Way:
    """Send signals with a line and with each that follows, the last state among them."""

    def run(tap: TapTripletex) -> bool:
        lines, format_message = count(), Output.format_message

        def signal_and_format(output: Output, message: Any) -> Any:
            line = format_message(output, message)
            if next(lines) >= after:
                signal.raise_signal(signal.SIGTERM)
            return line

        with handlers_kept(), patch.object(Output, "format_message", signal_and_format):
            return tap.finish(tap.run)

    return run


def failing(after: int, error: type[Exception]) -> Way:
    """Let the form of lines fail once, when it has been used so often."""

    def run(tap: TapTripletex) -> bool:
        used, keys = count(), LineForm.keys

        def fail(form: LineForm, *args: Any) -> Any:
            if next(used) == after:
                raise error
            return keys(form, *args)

        with handlers_kept(), patch.object(LineForm, "keys", fail):
            return tap.finish(tap.run)

    return run


@contextmanager
def handlers_kept() -> Iterator[None]:
    """Leave the handlers of signals as they were."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        with patch("tap_tripletex.rows.output.SECONDS_TO_STOP", SECONDS_TO_STOP):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
