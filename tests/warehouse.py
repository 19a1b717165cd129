"""A tap run in this process, loaded into DuckDB the way an upserting loader would."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import duckdb

from tap_tripletex.commands.views import statements
from tap_tripletex.states import read_state
from tap_tripletex.tap import TapTripletex
from tests.conftest import mounted

if TYPE_CHECKING:
    from tap_tripletex.sandbox import Sandbox
    from tests.interruptions import Way

TYPES = {"integer": "BIGINT", "number": "DECIMAL(38, 12)", "boolean": "BOOLEAN"}


class Warehouse:
    """Tables and views, and the state of the tap that fills them.

    Attributes:
        state: of the last run.
        failed: whether the last run has failed.
        reasons: why, in words, where streams or companies are to blame.
        emitted: rows of each stream in the last run.
        windows: whether sync_windows is selected.
        without: streams and columns that are not selected.
    """

    def __init__(self, sandbox: Sandbox, streams: tuple[str, ...], **config: Any) -> None:
        self.sandbox = sandbox
        self.streams = streams
        self.config = {"api_url": "sandbox://", **config}
        self.state: dict[str, Any] = {}
        self.failed = False
        self.reasons: list[str] = []
        self.emitted: dict[str, int] = {}
        self.windows = True
        self.without: set[tuple[str, str]] = set()
        self._tables: dict[str, list[str]] = {}
        self._keys: dict[str, list[str]] = {}
        self.connection = duckdb.connect()

    @property
    def tables(self) -> set[str]:
        """Return the tables that have views."""
        return {*self._tables} if "sync_windows" in self._tables else set()

    def run(self, way: Way | None = None, lines: int | None = None) -> None:
        """Run the tap on the sandbox and load what it writes.

        Args:
            way: how it is run; None for one that ends by itself.
            lines: messages until the loader is killed; None for all.
        """
        made = TapTripletex(config=self.config, catalog=self._catalog(), state=self.state)
        tap = mounted(made, self.sandbox)
        output = io.BytesIO()
        text = io.TextIOWrapper(output, encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(text):
            if way:
                whole = way(tap)
            else:
                tap.run()
                tap.close()
                whole = True
        messages = output.getvalue().decode().splitlines()
        self.failed = tap.report.failed or not whole or len(messages) > len(messages[:lines])
        self.reasons = [trouble.reason for trouble in tap.report.troubles if trouble.fatal]
        self.load("\n".join(messages[:lines]))

    def load(self, messages: str) -> None:
        """Upsert the records of messages, in order, and keep the last state."""
        self.emitted = {}
        pending: dict[str, list[dict[str, Any]]] = {}
        for line in messages.splitlines():
            message = json.loads(line, parse_float=Decimal)
            if message["type"] == "SCHEMA" and message["stream"] not in self._tables:
                self._create(message)
            elif message["type"] == "RECORD":
                pending.setdefault(message["stream"], []).append(message["record"])
            elif message["type"] == "STATE":
                self.state = read_state(message["value"])
        for stream, records in pending.items():
            latest = {tuple(r[name] for name in self._keys[stream]): r for r in records}
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.writelines(f"{json.dumps(_row(r), default=str)}\n" for r in latest.values())
                file.flush()
                self.connection.execute(
                    f"INSERT OR REPLACE INTO {stream} BY NAME SELECT * FROM "
                    f"read_json('{file.name}', format = 'newline_delimited', columns = {{"
                    f"{', '.join(self._tables[stream])}}})"
                )
            self.emitted[stream] = len(records)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def _create(self, message: dict[str, Any]) -> None:
        stream, properties = message["stream"], message["schema"]["properties"]
        columns = [f'"{name}" {_type(definition)}' for name, definition in properties.items()]
        self._keys[stream] = message["key_properties"]
        self._tables[stream] = [column.replace('" ', "\": '") + "'" for column in columns]
        keys = ", ".join(f'"{name}"' for name in message["key_properties"])
        self.connection.execute(
            f"CREATE TABLE {stream} ({', '.join(columns)}, PRIMARY KEY ({keys}))"
        )
        if "sync_windows" in self._tables:
            new = self._tables if stream == "sync_windows" else {stream}
            for name in set(new) - {"sync_windows"}:
                for statement in statements("duckdb", None, (name,)):
                    self.connection.execute(statement)

    def _catalog(self) -> dict[str, Any]:
        catalog = json.loads(_discovered(json.dumps(self.config, sort_keys=True, default=str)))
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    wanted = (*self.streams, *(["sync_windows"] if self.windows else []))
                    entry["metadata"]["selected"] = stream["stream"] in wanted
                elif (stream["stream"], entry["breadcrumb"][-1]) in self.without:
                    entry["metadata"]["selected"] = False
        return cast("dict[str, Any]", catalog)


@lru_cache
def _discovered(config: str) -> str:
    """Return the catalog for a configuration, both as JSON: it takes as long as a run."""
    return json.dumps(TapTripletex(config=json.loads(config)).catalog_dict)


def _type(definition: dict[str, Any]) -> str:
    types = definition["type"]
    kind = next(t for t in ([types] if isinstance(types, str) else types) if t != "null")
    if definition.get("format") == "date-time":
        return "TIMESTAMP"
    return "DATE" if definition.get("format") == "date" else TYPES.get(kind, "VARCHAR")


def _row(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with what is nested as text."""
    return {
        name: json.dumps(value, default=str) if isinstance(value, dict | list) else value
        for name, value in record.items()
    }
