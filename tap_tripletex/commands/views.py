"""SQL for the warehouse: the rows that still exist, and those that are gone.

    tap-tripletex-views --dialect postgres --schema tripletex > views.sql

A row is gone when its window was read whole after the row was last seen. Which windows were read
whole, and when, is the stream sync_windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tap_tripletex.streams import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DIALECTS = ("duckdb", "postgres", "snowflake")


@click.command()
@click.option("--dialect", type=click.Choice(DIALECTS), required=True, help="of the warehouse.")
@click.option("--schema", help="that the tables are in; the views are made there too.")
@click.option("--stream", "names", multiple=True, help="to make views for; may be repeated.")
def main(dialect: str, schema: str | None, names: tuple[str, ...]) -> None:
    """Print SQL that makes two views for each stream: <stream>_current and <stream>_deleted.

    Without --stream, for all streams but those that the setting include must name.
    """
    if unknown := sorted(set(names) - set(BY_NAME)):
        message = f"There is no stream {', '.join(unknown)}."
        raise click.BadParameter(message)
    usual = tuple(name for name, stream in BY_NAME.items() if stream.include is None)
    click.echo("\n".join(statements(dialect, schema, names or usual)))


def statements(dialect: str, schema: str | None, names: Iterable[str]) -> Iterator[str]:
    """Yield the statements that make the views.

    Args:
        dialect: one of DIALECTS.
        schema: of the tables and the views; None for the current one.
        names: of the streams.
    """
    prefix = f"{quoted(dialect, schema)}." if schema else ""
    for name in names:
        table = f"{prefix}{name}"
        gone = _later_reads(name, prefix)
        row = f"SELECT t.* FROM {table} t"
        dated = f"SELECT t.*, (SELECT min(w.synced_at) {gone}) AS deleted_at FROM {table} t"
        yield from _view(dialect, f"{table}_current", f"{row} WHERE NOT EXISTS (SELECT 1 {gone})")
        yield from _view(dialect, f"{table}_deleted", f"{dated} WHERE EXISTS (SELECT 1 {gone})")


def quoted(dialect: str, name: str) -> str:
    """Return a name as SQL, whatever is in it; Snowflake keeps plain names in capitals."""
    if dialect == "snowflake" and name.isidentifier():
        name = name.upper()
    return '"{}"'.format(name.replace('"', '""'))


def _view(dialect: str, name: str, select: str) -> Iterator[str]:
    if dialect == "postgres":  # cannot replace a view whose columns have changed
        yield f"DROP VIEW IF EXISTS {name};"
        yield f"CREATE VIEW {name} AS {select};"
    else:
        yield f"CREATE OR REPLACE VIEW {name} AS {select};"


def _later_reads(name: str, prefix: str) -> str:
    """Return the FROM and WHERE of complete readings that should have had a row, and had not."""
    strategy = BY_NAME[name].strategy
    conditions = [
        "w.company_id = t.company_id",
        f"w.stream = '{name}'",
        "w.complete",
        "w.synced_at > t.synced_at",
    ]
    if strategy.windowed:
        day = f"t.{strategy.replication_key}"
        conditions += [
            f"{day} IS NOT NULL",
            f"(w.window_start IS NULL OR {day} >= w.window_start)",
            f"(w.window_end IS NULL OR {day} < w.window_end)",
        ]
    return f"FROM {prefix}sync_windows w WHERE {' AND '.join(conditions)}"


if __name__ == "__main__":
    main()
