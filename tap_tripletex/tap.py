"""The tap: settings, discovery, the run and its end."""

from __future__ import annotations

import json
import sys
from functools import cached_property
from importlib import metadata
from typing import IO, TYPE_CHECKING, Any, cast

from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from typing_extensions import override

from tap_tripletex.companies import client_companies
from tap_tripletex.connection import Connection
from tap_tripletex.errors import RefusedError, TripletexError
from tap_tripletex.manifest import SyncWindows
from tap_tripletex.report import Report, Trouble
from tap_tripletex.settings import SCHEMA, Settings, read_settings
from tap_tripletex.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click
    from singer_sdk import Stream


class TapTripletex(Tap):
    """Reads a company's books from Tripletex, the Norwegian accounting system."""

    name = "tap-tripletex"
    config_jsonschema = SCHEMA
    message_writer_class = MsgSpecWriter

    @cached_property
    def report(self) -> Report:
        """Return what happened so far."""
        return Report()

    @override
    def discover_streams(self) -> Sequence[Stream]:
        """Return every stream; no login is needed to know them."""
        return [*(stream(self) for stream in STREAMS), SyncWindows(self)]

    @property
    def windows(self) -> SyncWindows:
        """Return the stream that says what was read whole."""
        return cast("SyncWindows", self.streams[SyncWindows.name])

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

    @override
    def setup_mapper(self) -> None:
        """Prepare the schemas of what is written, after what cannot be left out was put back.

        The catalog may be of an earlier version, and have columns deselected that must be there.
        """
        for stream in self.streams.values():
            _ = stream.metadata
        super().setup_mapper()

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Take over a state; what it says of streams that do not exist is kept but not used."""
        super().load_state(state)
        unknown = sorted(set(state.get("bookmarks", {})) - set(self.streams))
        if unknown:
            self.logger.warning(
                "The state has bookmarks of streams that this version does not have: %s. They are "
                "kept as they are.",
                ", ".join(unknown),
            )

    def run(self) -> None:
        """Read everything that is selected, then say what happened.

        Raises:
            TripletexError: when the tokens do not open Tripletex at all.
        """
        for error in self.connection.unknown_companies:
            self.report.troubles.append(Trouble(None, None, str(error), fatal=True))
        self.sync_all()
        transport, limiter = self.connection.transport, self.connection.limiter
        self.report.log(transport.requests, limiter.waits)

    def say_who(self) -> str:
        """Return in words which company and which client companies the tokens open.

        Raises:
            TripletexError: when they open none.
        """
        connection = self.connection
        own = connection.own
        clients = client_companies(connection.client, own)
        try:
            value = connection.client.get(own, f"/company/{own.id}", {"fields": "name"}).values
            name = value[0]["name"] if value else ""
        except RefusedError:
            name = ""  # an accounting office's token may not read its own company
        lines = [f"The tokens work. They open company {own.id} {name}".rstrip() + "."]
        if clients:
            lines.append(f"They open {len(clients)} client companies (company_ids: all):")
            lines += [f"  {id_} {clients[id_]}" for id_ in sorted(clients)]
        lines += [str(error) for error in connection.unknown_companies]
        return "\n".join(lines)

    def close(self) -> None:
        """End the session at Tripletex, if there is one."""
        if "connection" in vars(self):
            self.connection.close()

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
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config,
            state=None if state is None else json.load(state),
            catalog=None if catalog is None else json.load(catalog),
            parse_env_config=config.parse_env,
        )
        if not tap.finish(tap.run) or tap.report.failed:
            sys.exit(1)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Say in seconds whether the tokens work; ``--test=schema`` is the SDK's."""
        if value != "all":
            super().cb_test(ctx, param, value)
            return
        config = ctx.params["config"]
        tap = cls(config=config.config, parse_env_config=config.parse_env)
        works = tap.finish(lambda: print(tap.say_who()))  # noqa: T201 - the command's output
        ctx.exit(0 if works and not tap.connection.unknown_companies else 1)

    def finish(self, work: Any) -> bool:  # noqa: ANN401 - any callable without arguments
        """Do the work and close; return False after one clear sentence when it is impossible."""
        try:
            work()
        except TripletexError as error:
            self.logger.error("%s", error)  # noqa: TRY400 - the sentence is all there is to know
            return False
        except SystemExit:
            # A signal: the SDK has written the state and leaves with 0, but the run is not whole.
            self.logger.warning("Stopped before the end; the next run goes on from here.")
            return False
        finally:
            self.close()
        return True
