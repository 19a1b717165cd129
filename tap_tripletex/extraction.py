"""What one run holds open, for all of its streams: settings, connection, report and output."""

from __future__ import annotations

from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any

from tap_tripletex.connection import Connection
from tap_tripletex.reading.lookahead import Lookahead
from tap_tripletex.reading.packing import Packing
from tap_tripletex.report import Report
from tap_tripletex.rows.output import States
from tap_tripletex.settings import Settings, read_include, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Future

    from tap_tripletex.proof.sync_windows import SyncWindows
    from tap_tripletex.reading.lookahead import Turn
    from tap_tripletex.reading.reader import Reading
    from tap_tripletex.rows.output import Output

OF_THE_SDK = (
    "stream_maps",
    "flattening_enabled",
    "batch_config",
    "emit_activate_version_messages",
)
"""Settings with which the SDK has something to do with single records."""


class Extraction:
    """One run of the tap.

    Attributes:
        config: the settings as Singer gives them.
        report: what happened so far.
        windows: the stream that says what was read whole; there once the streams are made.
    """

    windows: SyncWindows

    def __init__(self, config: Mapping[str, Any], output: Callable[[], Output]) -> None:
        """Begin; nothing is open yet.

        Args:
            config: the settings as Singer gives them.
            output: returns what writes the messages.
        """
        self.config = config
        self.report = Report()
        self._output = output
        self._lookahead: Lookahead[Reading] | None = None

    @cached_property
    def included(self) -> frozenset[str]:
        """Return the groups of what is private or costly that the settings include.

        Raises:
            SettingsError: when there is no such group.
        """
        return read_include(self.config.get("include"))

    @property
    def numbers_as_texts(self) -> bool:
        """Return whether numbers with decimals leave as texts (``use_singer_decimal``)."""
        return bool(self.config.get("use_singer_decimal"))

    @cached_property
    def settings(self) -> Settings:
        """Return the settings, checked.

        Raises:
            SettingsError: when one is missing or cannot be understood.
        """
        version = metadata.version("tap-tripletex")
        return read_settings(self.config, f"tap-tripletex/{version}")

    @cached_property
    def connection(self) -> Connection:
        """Return the one connection of the run."""
        return Connection(self.settings)

    @property
    def output(self) -> Output:
        """Return what writes the messages."""
        return self._output()

    @cached_property
    def packing(self) -> Packing:
        """Return what packs the state."""
        return Packing()

    @cached_property
    def states(self) -> States:
        """Return what writes the state, when it is time."""
        return States(self.output, self.packing.packed)

    @property
    def plain(self) -> bool:
        """Return whether the SDK has nothing to do with single records."""
        return not any(self.config.get(name) for name in OF_THE_SDK)

    def look_ahead(self, turns: Iterable[Turn], begin: Callable[[Turn], Future[Reading]]) -> None:
        """Look at the next streams of companies while one is read, in their order."""
        self._lookahead = Lookahead(turns, begin, self.connection.lookahead)

    def take(self, turn: Turn, begin: Callable[[int], Future[Reading]]) -> Reading:
        """Return the reading of a stream in a company, begun ahead or now."""
        if self._lookahead is None:
            return begin(turn[1]).result()
        return self._lookahead.take(turn).result()

    def skip(self, turn: Turn) -> None:
        """Give up the reading of a stream in a company, which may have begun ahead."""
        if self._lookahead is not None:
            self._lookahead.take(turn).cancel()

    def close(self, *, at_once: bool = False) -> None:
        """End what is open; with ``at_once`` the session at Tripletex is left to end by itself."""
        if "connection" in vars(self):
            self.connection.close(at_once=at_once)
