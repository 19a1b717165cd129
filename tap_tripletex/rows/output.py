"""What leaves the tap: whole lines, and a state now and then."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import zlib
from typing import TYPE_CHECKING, Any

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers._state import StateWriter
from singer_sdk.singerlib import SchemaMessage, StateMessage
from typing_extensions import override

from tap_tripletex.rows.decimals import with_precision

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk.singerlib.encoding.simple import Message

Json = dict[str, Any]

SHARE = 20
"""Bytes written for each byte of state, and seconds for each second that packing it takes."""

LEAST = 8 * 1024 * 1024
"""Bytes written between two states at least, however small they are."""

SMALL = 256 * 1024
"""Bytes of a state that is written at each mark: that of a few companies."""

BYTES_PER_SECOND = 1024 * 1024
"""Of larger states that are written at marks, however many companies there are."""

SECONDS = 60.0
"""Time after which a state is written anyway, if it has changed."""


SECONDS_TO_STOP = 8.0
"""Between a signal and the end of the process, at most: Docker waits for ten."""

NOT_READ = (
    b"Stopped while the target did not read. The last state that it was given holds; the next run "
    b"goes on from there.\n"
)


class Stopped(SystemExit):
    """A signal asked the run to end."""


class LoaderEnded(SystemExit):
    """What reads the messages has gone: no stream is to blame."""


class Output(MsgSpecWriter):
    """Writes messages to stdout; a signal waits until the line is whole, but not for ever.

    A SCHEMA that the loader has had in an earlier run waits until its first row: for each one a
    loader asks the database about the table (target-postgres 25 statements), and one that
    overwrites empties it.
    """

    def __init__(self) -> None:
        """Begin with nothing written."""
        super().__init__()
        self.bytes = 0
        """Bytes written so far."""
        self.schemas: dict[str, str] | None = None
        """Checksum of the SCHEMA last written, by stream; None where each is to be written."""
        self._held: dict[str, bytes] = {}
        self._announced: set[str] = set()
        self._writing = False
        self._signalled = False
        self._stopping = False

    @override
    def write_message(self, message: Message) -> None:
        if isinstance(message, SchemaMessage):
            properties = with_precision(message.schema.get("properties", {}))
            message.schema = {**message.schema, "properties": properties}
        line = bytes(self.format_message(message))
        stream = getattr(message, "stream", "")
        if isinstance(message, SchemaMessage) and self.schemas is not None:
            checksum = f"{zlib.crc32(line):08x}"
            if self.schemas.get(stream) == checksum:
                if stream not in self._announced:  # it comes with each company
                    self._held[stream] = line
                return
            self._held.pop(stream, None)
            self._announced.add(stream)
            self.write(line)
            self.schemas[stream] = checksum
            return
        self.announce(stream)
        self.write(line)

    def announce(self, stream: str) -> None:
        """Write the SCHEMA of a stream if it waits, before the first row."""
        if held := self._held.pop(stream, None):
            self._announced.add(stream)
            self.write(held)

    def write(self, lines: bytes | bytearray) -> None:
        """Write whole lines.

        Raises:
            Stopped: after the lines, when a signal came meanwhile.
            LoaderEnded: when nobody reads them any more.
        """
        self._writing = True
        try:
            sys.stdout.buffer.write(lines)
            sys.stdout.flush()
            self.bytes += len(lines)
        except BrokenPipeError:
            raise LoaderEnded(1) from None
        finally:
            self._writing = False
        if self._signalled and not self._stopping:
            self._stop()

    def stop(self, *_: object) -> None:
        """End the run as soon as no line is half written; a handler of signals.

        Only the first signal does. Two are usual: Ctrl-C reaches every process of a terminal, and
        Meltano ends the tap as well; the second comes while the last state is written.

        Raises:
            Stopped: at once, when nothing is being written.
        """
        if self._signalled:
            return
        self._signalled = True
        _bound(SECONDS_TO_STOP)
        if not self._writing:
            self._stop()

    def stopped(self) -> None:
        """Note that all is written that is to be."""
        if self._signalled:
            _bound(0)

    def _stop(self) -> None:
        self._stopping = True
        raise Stopped(1)


def _bound(seconds: float) -> None:
    """End the process after so many seconds, 0 for no longer; a target may never read again.

    What was written whole stays good: a target knows half a line by its missing end.
    """
    if hasattr(signal, "setitimer"):  # not on Windows, where nothing but Ctrl-C is a signal
        signal.signal(signal.SIGALRM, _end_process)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _end_process(*_: object) -> None:
    stderr = 2
    if select.select((), (stderr,), (), 0)[1]:  # a log that is not read would hold the end up
        os.write(stderr, NOT_READ)
    os._exit(1)


class States(StateWriter):
    """Writes the state when enough else was written that it does not weigh, and at the end."""

    def __init__(self, output: Output, pack: Callable[[Json], Json] = lambda state: state) -> None:
        """Begin without a state written.

        Args:
            output: writes the messages.
            pack: returns a state as it is to be written.
        """
        super().__init__(output)
        self._output = output
        self._pack = pack
        self._seconds = 0.0
        self._last = b""
        self._due_at = 0
        self._since = time.monotonic()

    @override
    def write_state(self, state: Any) -> None:
        """Write the state if it is time."""
        if self._output.bytes >= self._due_at or time.monotonic() - self._since > SECONDS:
            self.flush(state)

    def mark(self, state: Any) -> bool:  # noqa: ANN401 - a private type
        """Write the state at a place that a next run should know of, if it does not weigh.

        Returns:
            Whether it did not, and the next run knows.
        """
        size = len(self._last)
        waited = time.monotonic() - self._since
        rested = waited >= SHARE * self._seconds
        light = waited > SECONDS or (rested and (size <= SMALL or waited * BYTES_PER_SECOND > size))
        if light:
            self.flush(state)
        return light

    def flush(self, state: Any, *, again: bool = False) -> None:  # noqa: ANN401 - a private type
        """Write the state if it differs from the last one written, or in any case again."""
        began = time.monotonic()
        message = bytes(self._output.format_message(StateMessage(value=self._pack(state))))
        self._seconds = time.monotonic() - began
        if again or message != self._last:
            self._last = message
            self._output.write(message)
        self._due_at = self._output.bytes + max(SHARE * len(message), LEAST)
        self._since = time.monotonic()
