"""SQL that makes the views, whatever the schema is called."""

from __future__ import annotations

import duckdb
import pytest
from click.testing import CliRunner

from tap_tripletex.commands.views import main

NAMES = [
    "books",
    "order",
    "my-schema",
    "Æøå 2",
    'quote"d',
    "x; DROP TABLE departments; --",
    "a.b",
    "Mixed",
]


def printed(dialect: str, schema: str) -> str:
    arguments = ["--dialect", dialect, "--schema", schema, "--stream", "departments"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("schema", NAMES)
def test_a_schema_may_have_any_name(schema: str) -> None:
    quoted = '"{}"'.format(schema.replace('"', '""'))
    with duckdb.connect() as connection:
        connection.execute(f"CREATE SCHEMA {quoted}")
        connection.execute(
            f"CREATE TABLE {quoted}.departments (company_id BIGINT, id BIGINT, synced_at TEXT)"
        )
        connection.execute(
            f"CREATE TABLE {quoted}.sync_windows (company_id BIGINT, stream TEXT, "
            "complete BOOLEAN, synced_at TEXT, window_start DATE, window_end DATE)"
        )
        connection.execute(f"INSERT INTO {quoted}.departments VALUES (1, 2, '2026-01-01')")
        connection.execute(printed("duckdb", schema))
        rows = connection.execute(f"SELECT id FROM {quoted}.departments_current").fetchall()
    assert rows == [(2,)]


@pytest.mark.parametrize(
    ("schema", "name"), [("tripletex", '"TRIPLETEX"'), ("my-schema", '"my-schema"')]
)
def test_snowflake_keeps_plain_names_in_capitals(schema: str, name: str) -> None:
    assert f'view {name}."DEPARTMENTS_CURRENT"' in printed("snowflake", schema)


def test_postgres_takes_the_name_as_it_is_given() -> None:
    assert 'from "Mixed"."departments" as loaded' in printed("postgres", "Mixed")
