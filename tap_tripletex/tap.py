"""The tap: settings, discovery, the run and its end."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from contextlib import contextmanager
from functools import cached_property
from itertools import groupby, tee
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any, cast

from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError, MappingError
from typing_extensions import Self, override

from tap_tripletex import who
from tap_tripletex.api.companies import ALL
from tap_tripletex.api.errors import TripletexError
from tap_tripletex.api.log_records import install
from tap_tripletex.api.memory import share_one_heap
from tap_tripletex.catalogs import parse_catalog, read_catalog, say_what_is_not_there
from tap_tripletex.config_text import from_environment, typed
from tap_tripletex.extraction import Extraction
from tap_tripletex.proof.sync_windows import SyncWindows
from tap_tripletex.reading.company_facts import FACTS
from tap_tripletex.report import Report, Trouble
from tap_tripletex.rows.decimals import FORMAT
from tap_tripletex.rows.output import LoaderEnded, Output, Stopped
from tap_tripletex.settings import SCHEMA, Settings, hide_secrets
from tap_tripletex.states import parse_state, read_state
from tap_tripletex.stream import TripletexStream
from tap_tripletex.streams import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from types import FrameType

    import click
    from singer_sdk import Stream

    from tap_tripletex.connection import Connection
    from tap_tripletex.reading.reader import Reading
    from tap_tripletex.rows.output import States


LEFT = (
    "The tokens no longer open this company, which an earlier run read. Its rows stay as they are, "
    "and its state is kept."
)


class TapTripletex(Tap):
    """Reads a company's books from Tripletex, the Norwegian accounting system."""

    name = "tap-tripletex"
    config_jsonschema = SCHEMA
    message_writer_class = Output
    stopped = False
    """A signal has ended the run."""
    _announced: Iterator[tuple[str, int]] = iter(())
    """What is left to read, in its order."""

    def __init__(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        catalog: object = None,
        state: object = None,
        parse_env_config: bool = False,
        **options: Any,  # noqa: ANN401 - the SDK's
    ) -> None:
        """Build the tap.

        The SDK is given no catalog: it would take over its schemas and keys, whatever the records
        have.

        Args:
            config: settings; those in the environment come before them.
            catalog: as JSON has it; None for everything that is included.
            state: as JSON has it; None for none.
            parse_env_config: whether the environment is looked at.
            options: of the SDK.

        Raises:
            SettingsError: when a setting cannot be understood.
            CatalogError: when the catalog is not made as Singer says.
            StateError: when the state is something else.
        """
        install()
        self._entries = read_catalog(catalog)
        self.append_builtin_config(self.config_jsonschema)
        given = dict(config or {})
        if parse_env_config:
            given |= from_environment(self.config_jsonschema, self._env_var_prefix)
        hide_secrets(given)
        super().__init__(
            config=typed(given, self.config_jsonschema),
            state=None if state is None else read_state(state),
            **options,
        )

    @cached_property
    def extraction(self) -> Extraction:
        """Return what the run holds open."""
        return Extraction(self.config, lambda: cast("Output", self.message_writer))

    @property
    def report(self) -> Report:
        """Return what happened so far."""
        return self.extraction.report

    @property
    def settings(self) -> Settings:
        """Return the settings, checked.

        Raises:
            SettingsError: when one is missing or cannot be understood.
        """
        return self.extraction.settings

    @property
    def connection(self) -> Connection:
        """Return the one connection of the run."""
        return self.extraction.connection

    @property
    def output(self) -> Output:
        """Return what writes the messages."""
        return self.extraction.output

    @property
    def state_writer(self) -> States:
        """Return what writes the state, when it is time."""
        return self.extraction.states

    @override
    def discover_streams(self) -> Sequence[Stream]:
        """Return every stream that is included, or those that the catalog selects.

        The others are not even made: the SDK copies all schemas several times, which takes longer
        than to read most of them.
        """
        extraction = self.extraction
        groups = (None, *extraction.included)
        usual = {name: stream for name, stream in BY_NAME.items() if stream.include in groups}
        text_format = FORMAT if extraction.numbers_as_texts else None
        windows = extraction.windows = SyncWindows(self, text_format)
        if self._entries is None:
            return [*(stream(self, extraction) for stream in usual.values()), windows]
        selected = [name for name, entry in self._entries.items() if entry.selected]
        known = {*usual, windows.name}
        say_what_is_not_there(selected, known, {n: s.include for n, s in BY_NAME.items()})
        streams = [*(usual[name](self, extraction) for name in selected if name in usual), windows]
        for stream in streams:
            if entry := self._entries.get(stream.name):
                entry.apply(stream)
            else:
                stream.selected = False
        return streams

    def _begin(self, turn: tuple[str, int]) -> Future[Reading]:
        name, company_id = turn
        return cast("TripletexStream", self.streams[name]).begin(company_id)

    def _turns(self) -> Iterator[tuple[str, int]]:
        """Yield the streams and companies in their order: one company after another."""
        streams = [stream for stream in self.tables if stream.selected]
        for company in self.connection.in_turn():
            for stream in streams:
                if stream.reads(company):
                    yield stream.name, company.id

    @property
    def tables(self) -> list[TripletexStream]:
        """Return the streams that are lists of Tripletex, selected or not."""
        return [s for s in self.streams.values() if isinstance(s, TripletexStream)]

    @property
    def windows(self) -> SyncWindows:
        """Return the stream that says what was read whole."""
        return cast("SyncWindows", self.streams[SyncWindows.name])

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Take over a state; what it says of streams that do not exist is kept but not used."""
        super().load_state(state)
        unknown = sorted(set(state.get("bookmarks", {})) - {*BY_NAME, SyncWindows.name})
        if unknown:
            self.logger.warning(
                "The state has bookmarks of streams that this version does not have: %s. They are "
                "kept as they are.",
                ", ".join(unknown),
            )

    def _read(self) -> None:
        """Read one company after another.

        ``sync_all`` of the SDK goes from stream to stream. With hundreds of companies the books of
        each would be read over hours, and one that is slow would hold up every stream.
        """
        self._reset_state_progress_markers()
        self._set_compatible_replication_methods()
        self.extraction.states.write_state(self.state)
        for company_id, turns in groupby(self._announced, key=itemgetter(1)):
            for name, _ in turns:
                self.streams[name].sync({"company_id": company_id})
            self.connection.leave(company_id)
            self.extraction.packing.put_away(self.state, company_id)
            if len(self.connection.companies) > 1:
                gc.collect()  # a thread's errors and futures make cycles: 0.7 MB a company
        self.windows.sync()
        for stream in self.tables:
            stream.log_sync_costs()

    def run(self) -> None:
        """Read everything that is selected, then say what happened.

        Raises:
            TripletexError: when the tokens do not open Tripletex at all.
        """
        connection = self.connection
        connection.facts.recall(self.windows.kept(FACTS))
        self.logger.info("%s", who.read(connection, self.settings))
        for error in connection.unknown_companies:
            self.report.troubles.append(Trouble(None, None, str(error), fatal=True))
        if self.settings.companies == ALL:
            opened = {company.id for company in (*connection.companies, connection.own)}
            for company_id, known in self.windows.left(opened, connection.today):
                self.report.troubles.append(Trouble(None, company_id, LEFT, fatal=not known))
        self.output.schemas = self.windows.announced
        for moment in self.windows.latest():
            connection.clock.rise_above(moment)
        gc.freeze()  # what is there by now stays until the end
        ahead, self._announced = tee(self._turns())
        self.extraction.look_ahead(ahead, self._begin)
        self.windows.pay()
        self._read()
        self.extraction.states.flush(self.state)
        limiter = connection.limiter
        self.report.log(connection.transport.traffic, limiter.waits, limiter.waited)

    def close(self, *, at_once: bool = False) -> None:
        """End what is open; with ``at_once`` the session at Tripletex is left to end by itself."""
        self.extraction.close(at_once=at_once)

    @classmethod
    def given(
        cls,
        config: Any,  # noqa: ANN401 - the SDK's
        state: IO[str] | None,
        catalog: IO[str] | None,
    ) -> Self:
        """Return the tap for what a command line has given.

        Args:
            config: of the files of settings, and whether the environment has some.
            state: its file.
            catalog: its file.

        Raises:
            TripletexError: when one of them cannot be understood.
        """
        return cls(
            config=config.config,
            state=None if state is None else parse_state(state.read()),
            catalog=None if catalog is None else parse_catalog(catalog.read()),
            parse_env_config=config.parse_env,
        )

    @classmethod
    @override
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap from the command line; the exit code is 1 when anything was not read."""
        share_one_heap()
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        with in_one_sentence():
            tap = cls.given(config, state, catalog)
        whole = tap.finish(tap.run) and not tap.report.failed
        if tap.stopped:
            logging.shutdown()
            os._exit(1)  # without waiting for requests that are under way
        if not whole:
            sys.exit(1)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Say in seconds whether the tokens work; ``--test=schema`` is the SDK's."""
        with in_one_sentence():
            if value != "all":
                super().cb_test(ctx, param, value)
                return
            config = ctx.params["config"]
            tap = cls(config=config.config, parse_env_config=config.parse_env)

        def say() -> None:
            print(who.opened(tap.connection, tap.settings))  # noqa: T201 - the command's output

        works = tap.finish(say)
        ctx.exit(0 if works and not tap.connection.unknown_companies else 1)

    @classmethod
    @override
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:
        """Print the catalog; it needs no tokens."""
        with in_one_sentence():
            super().cb_discover(ctx, param, value)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End with a failure when a signal comes before the run: the SDK would end with 0."""
        self.logger.warning("Stopped before anything was read.")
        sys.exit(1)

    def finish(self, work: Any) -> bool:  # noqa: ANN401 - any callable without arguments
        """Do the work and close; return False after one clear sentence when it is impossible."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.output.stop)
        try:
            work()
        except TripletexError as error:
            self.logger.error("%s", error)  # noqa: TRY400 - the sentence is all there is to know
            return False
        except LoaderEnded:
            self.stopped = True
            self.logger.error(  # noqa: TRY400 - where it was does not matter
                "The loader has ended and takes nothing more; its own messages say why. The next "
                "run goes on from the state that it wrote last."
            )
            return False
        except Stopped:
            self.stopped = True
            self.extraction.states.flush(self.state, again=True)
            self.logger.warning("Stopped before the end; the next run goes on from here.")
            return False
        finally:
            self.close(at_once=self.stopped)
            self.output.stopped()
        return True


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """End the command with what is wrong with what it was given, without a traceback."""
    try:
        yield
    except ConfigValidationError as error:
        faults = error.errors
    except (TripletexError, MappingError) as error:
        faults = [str(error)]
    else:
        return
    for fault in faults:
        TapTripletex.logger.error("%s", fault)
    sys.exit(1)
