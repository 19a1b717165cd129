"""The database that the models are in: DuckDB or PostgreSQL, opened for reading only."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Row = dict[str, Any]

PARAMETERS = {
    "host": "HOST",
    "port": "PORT",
    "user": "USER",
    "password": "PASSWORD",
    "dbname": "DATABASE",
    "sslmode": "SSL_MODE",
}
"""What libpq calls each part of a connection, and target-postgres."""


class UnreadableError(Exception):
    """The models cannot be read; the text says why and what to do."""


@dataclass(frozen=True)
class Database:
    """A connection whose unqualified names are those of the models."""

    connection: Any

    def rows(self, query: str) -> list[Row]:
        """Return what a query gives, each row by its columns' names."""
        cursor = (
            self.connection.cursor()
            if isinstance(self.connection, psycopg.Connection)
            else (self.connection)
        )
        found = cursor.execute(query)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@contextmanager
def duckdb_file(path: Path, schema: str) -> Iterator[Database]:
    """Open a DuckDB file.

    Raises:
        UnreadableError: there is no such file or schema, or another program holds the file.
    """
    if not path.exists():
        message = f"There is no database {path}. Run the loader and dbt-duckdb:build first."
        raise UnreadableError(message)
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise UnreadableError(str(error)) from error
    with connection:
        try:
            connection.execute(f'USE "{schema.replace(chr(34), chr(34) * 2)}"')
            yield Database(connection)
        except duckdb.CatalogException as error:
            message = f"The models are not in {path}, schema {schema}: run dbt-duckdb:build first."
            raise UnreadableError(message) from error


@contextmanager
def postgres(schema: str) -> Iterator[Database]:
    """Connect to the server that the variables of target-postgres, dbt-postgres or libpq name.

    Raises:
        UnreadableError: the server does not answer, or has no such schema.
    """
    named = {
        key: os.environ.get(f"TARGET_POSTGRES_{of_target}")
        or os.environ.get(f"DBT_POSTGRES_{key.upper()}")
        for key, of_target in PARAMETERS.items()
    }
    try:
        with psycopg.connect(**{k: v for k, v in named.items() if v}) as connection:  # type: ignore[arg-type]
            connection.read_only = True
            connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
            yield Database(connection)
    except psycopg.errors.UndefinedTable as error:
        message = f"The models are not in schema {schema}: run dbt-postgres:build first. ({error})"
        raise UnreadableError(message) from error
    except psycopg.OperationalError as error:
        raise UnreadableError(str(error)) from error
