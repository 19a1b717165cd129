"""What loaders make of the schemas: every column has a type that every kind of loader can make."""

from __future__ import annotations

import contextlib
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from singer_sdk.sql.connector import JSONSchemaToSQL
from sqlalchemy.dialects import mssql, postgresql
from sqlalchemy.schema import CreateTable

from tap_tripletex.commands.current_rows import TYPES, table_of, windows_table
from tap_tripletex.proof.sync_windows import SyncWindows
from tap_tripletex.streams import STREAMS
from tap_tripletex.tap import TapTripletex

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_NAME = 63
"""Bytes of a name in PostgreSQL; the others allow more."""

LONGEST_KEY = 900
"""Bytes of a primary key in SQL Server."""

TEXT_KEY = 255
"""Characters that target-mssql gives a text in a key."""

EVERYTHING = {"api_url": "sandbox://", "include": "identity,bank_accounts,pay,heavy"}


@pytest.fixture(scope="module")
def schemas() -> dict[str, dict[str, Any]]:
    """Return the entries of the catalog by stream, with everything included."""
    catalog = TapTripletex(config=EVERYTHING).catalog_dict
    return {stream["tap_stream_id"]: stream for stream in catalog["streams"]}


@pytest.fixture(scope="module")
def with_texts() -> dict[str, dict[str, Any]]:
    """Return the SCHEMA messages with the setting that makes texts of numbers."""
    tap = TapTripletex(config={**EVERYTHING, "use_singer_decimal": True})
    output = io.BytesIO()
    text = io.TextIOWrapper(output, "utf-8", write_through=True)
    with contextlib.redirect_stdout(text):
        for stream in tap.streams.values():
            stream._write_schema_message()
    messages = map(json.loads, output.getvalue().splitlines())
    return {message["stream"]: {"tap_stream_id": "", **message} for message in messages}


def open_objects(name: str, schema: dict[str, Any]) -> Iterator[str]:
    """Yield where an object has no columns, or a list no type: such have no type in a warehouse."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "object" in types:
        if not schema.get("properties"):
            yield name
        for column, inner in schema.get("properties", {}).items():
            yield from open_objects(f"{name}.{column}", inner)
    if "array" in types:
        if "type" not in schema.get("items", {}):
            yield f"{name}[]"
        else:
            yield from open_objects(f"{name}[]", schema["items"])
    assert len(set(types) - {"null"}) == 1, f"{name} has several types"


def test_every_object_has_columns_and_every_list_a_type(schemas: dict[str, dict[str, Any]]) -> None:
    """BigQuery's and Parquet's loaders make nothing of an object whose content is not told."""
    assert len(schemas) > 150
    found = [one for name, entry in schemas.items() for one in open_objects(name, entry["schema"])]
    assert found == []


def test_names_fit_everywhere(schemas: dict[str, dict[str, Any]]) -> None:
    names = {*schemas, *(column for e in schemas.values() for column in e["schema"]["properties"])}
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []
    assert [name for name in names if len(name) > LONGEST_NAME] == []


def sql_server() -> JSONSchemaToSQL:
    """Return the mapping of target-mssql, by its source of June 2026."""
    mapping = JSONSchemaToSQL()
    mapping.fallback_type = sa.types.VARCHAR
    mapping.register_type_handler("integer", sa.types.BIGINT)
    mapping.register_type_handler("number", lambda _: sa.types.NUMERIC(38, 16))
    mapping.register_type_handler("boolean", lambda _: sa.types.VARCHAR(1))
    mapping.register_type_handler("object", sa.types.VARCHAR)
    mapping.register_type_handler("array", sa.types.JSON)
    mapping.register_format_handler("date", sa.types.DATE)
    mapping.register_format_handler("date-time", lambda _: mssql.DATETIMEOFFSET())
    return mapping


def table(entry: dict[str, Any], mapping: JSONSchemaToSQL) -> sa.Table:
    """Return the table that a loader makes of a stream."""
    columns = []
    for name, schema in entry["schema"]["properties"].items():
        type_ = mapping.to_sql_type(schema)
        is_key = name in entry["key_properties"]
        if is_key and isinstance(type_, sa.types.VARCHAR):
            type_ = sa.types.VARCHAR(TEXT_KEY)
        columns.append(sa.Column(name, type_, primary_key=is_key, autoincrement=False))
    return sa.Table(entry["tap_stream_id"], sa.MetaData(), *columns)


WIDTHS = {"BIGINT": 8, "DATE": 3, f"VARCHAR({TEXT_KEY})": TEXT_KEY, "DATETIMEOFFSET": 10}


def test_sql_server_can_make_every_table(schemas: dict[str, dict[str, Any]]) -> None:
    """What target-mssql would send, compiled by SQLAlchemy for SQL Server."""
    dialect = mssql.dialect()  # type: ignore[no-untyped-call]
    kinds: dict[str, set[str]] = {}
    for entry in schemas.values():
        made = table(entry, sql_server())
        statement = str(CreateTable(made).compile(dialect=dialect))
        assert "PRIMARY KEY (company_id" in statement
        width = 0
        for column in made.columns:
            kind = str(column.type.compile(dialect=dialect))
            told = entry["schema"]["properties"][column.name]
            types = told["type"] if isinstance(told["type"], list) else [told["type"]]
            format_ = told.get("format") or next(type_ for type_ in types if type_ != "null")
            kinds.setdefault(format_, set()).add(kind)
            width += WIDTHS[kind] if column.primary_key else 0
        assert width <= LONGEST_KEY, entry["tap_stream_id"]
    assert kinds == {
        "integer": {"BIGINT"},
        "number": {"NUMERIC(38, 16)"},
        "boolean": {"VARCHAR(1)"},
        "string": {"VARCHAR(max)", f"VARCHAR({TEXT_KEY})"},
        "date": {"DATE"},
        "date-time": {"DATETIMEOFFSET"},
        "object": {"VARCHAR(max)"},
        "array": {"NVARCHAR(max)"},
    }


def test_postgresql_can_make_every_table_with_the_mapping_of_the_sdk(
    schemas: dict[str, dict[str, Any]],
) -> None:
    for entry in schemas.values():
        statement = CreateTable(table(entry, JSONSchemaToSQL()))
        assert str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


def numbers(entry: dict[str, Any]) -> list[str]:
    columns = entry["schema"]["properties"].items()
    return [name for name, schema in columns if "number" in schema["type"]]


def test_numbers_as_texts_are_the_decimals_that_the_staging_models_have(
    schemas: dict[str, dict[str, Any]], with_texts: dict[str, dict[str, Any]]
) -> None:
    """With the mapping of the SDK, which most loaders use."""
    tables = {table.name: table for table in (*map(table_of, STREAMS), windows_table())}
    made = 0
    for name, entry in schemas.items():
        other = with_texts[name]
        assert '["number"' not in json.dumps(other["schema"]["properties"])
        columns = table(other, JSONSchemaToSQL()).columns
        for column in numbers(entry):
            staged = TYPES["duckdb"][tables[name].columns[column]]
            assert str(columns[column].type).lower() == staged, (name, column)
            made += 1
        same = set(entry["schema"]["properties"]) - set(numbers(entry))
        texts = [str(columns[column].type) for column in same]
        assert not [type_ for type_ in texts if type_.startswith("DECIMAL")]
    assert made > 200


def test_windows_are_among_the_tables(schemas: dict[str, dict[str, Any]]) -> None:
    assert SyncWindows.name in schemas
