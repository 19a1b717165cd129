"""SQL for the warehouse: the rows that still exist, and those that are gone.

    tap-tripletex-views --dialect postgres --schema tripletex > views.sql

For those who do not use dbt; what the views show is what the staging models of ``transform/`` show.
Tables that have not been loaded are left out in PostgreSQL; elsewhere an empty one is made, which
the loader fills when it has rows for it. Columns that have not been loaded are null. For BigQuery
and SQL Server a view has the columns that need no ``include``; these two have not been run.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

import click

from tap_tripletex.commands import current_rows
from tap_tripletex.commands.current_rows import TRUE, TYPES, cast, quoted, table_of
from tap_tripletex.rows.shapes import columns_of
from tap_tripletex.streams import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tap_tripletex.commands.current_rows import Table

DIALECTS = ("bigquery", "duckdb", "postgres", "snowflake", "sqlserver")

FILLED_BY_NAME = {"duckdb", "snowflake"}
"""Dialects that put tables together by the names of their columns, also where some are missing."""


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

    They may be run again at any time, also while a view of someone else stands on them.

    Args:
        dialect: one of DIALECTS.
        schema: of the tables and the views; None for the current one.
        names: of the streams.
    """
    tables = [table_of(BY_NAME[name]) for name in names]
    if dialect == "postgres":
        yield POSTGRES_FUNCTION
    elif dialect in FILLED_BY_NAME:
        for table in (current_rows.windows_table(), *tables):
            yield _empty_table(dialect, schema, table)
    for table in tables:
        for view in _views(dialect, schema, table):
            if dialect == "postgres":
                yield _postgres_view(schema, view, table)
            else:
                name = _in_schema(dialect, schema, view.name)
                yield _made(dialect).format(name=name, query=view.query())


def _made(dialect: str) -> str:
    """Return the statement that makes a view; SQL Server takes each in a batch of its own."""
    if dialect == "sqlserver":
        return "create or alter view {name} as\n{query};\ngo"
    return "create or replace view {name} as\n{query};"


@dataclass(frozen=True)
class _View:
    """A view to be made.

    Attributes:
        name: of the view.
        columns: name, type and expression of each column.
        head: what stands before the columns.
        body: what stands after them.
    """

    name: str
    columns: tuple[tuple[str, str, str], ...]
    head: str
    body: str

    def query(self) -> str:
        """Return the query behind the view."""
        columns = ",\n".join(f"    {value} as {name}" for name, _, value in self.columns)
        return f"{self.head}select\n{columns}\n{self.body}"


def _views(dialect: str, schema: str | None, table: Table) -> Iterator[_View]:
    """Yield the view of the rows that exist, and the view of the others."""
    fill = _filler(dialect, schema, table)
    rule = current_rows.READ_DAYS if table.date else current_rows.READ_WHOLE
    join = current_rows.JOIN + (current_rows.JOIN_DAY if table.date else "")
    missed = current_rows.MISSED + (current_rows.MISSED_DAY if table.date else "")
    head = fill(f"with {current_rows.RIGHTS}{rule}")
    body = f"from $table as loaded\n{join}\nwhere "
    columns = tuple(
        (quoted(dialect, name), TYPES[dialect][kind], cast(dialect, _value(dialect, name), kind))
        for name, kind in _columns(dialect, table).items()
    )
    exists = fill(body + current_rows.EXISTS)
    gone = fill(f"{body}not {current_rows.EXISTS}")
    deleted_at = (
        quoted(dialect, "deleted_at"),
        TYPES[dialect]["timestamp"],
        fill(f"({missed})").replace("\n", "\n    "),
    )
    yield _View(f"{table.name}_current", columns, head, exists)
    yield _View(f"{table.name}_deleted", (*columns, deleted_at), head, gone)


def _columns(dialect: str, table: Table) -> Mapping[str, str]:
    """Return the columns of a view: where each must be loaded, those that always are."""
    if dialect == "postgres" or dialect in FILLED_BY_NAME:
        return table.columns
    stream = BY_NAME[table.name]
    asked = {name for name, column in columns_of(stream.entity).items() if "include" in column}
    asked -= set(stream.strategy.columns)
    return {name: kind for name, kind in table.columns.items() if name not in asked}


def _filler(dialect: str, schema: str | None, table: Table) -> Callable[[str], str]:
    """Return what fills the placeholders of the rule in."""
    windows = current_rows.windows_table()
    typed = ", ".join(
        f"{cast(dialect, _value(dialect, name), kind)} as {name}"
        for name, kind in windows.columns.items()
        if name in current_rows.READING_COLUMNS
    )
    values = {
        "windows": f"select {typed} from {_source(dialect, schema, windows)} as loaded",
        "table": _source(dialect, schema, table),
        "stream": table.name,
        "complete": TRUE.get(dialect, "$value").replace("$value", "complete"),
        "synced_at": cast(dialect, _value(dialect, "synced_at"), "timestamp"),
        "date": cast(dialect, _value(dialect, table.date or ""), "date"),
    }
    values["proven"] = Template(current_rows.PROVEN).substitute(values)
    return lambda text: Template(text).substitute(values)


def _value(dialect: str, column: str) -> str:
    return f"loaded.{quoted(dialect, column)}"


def _in_schema(dialect: str, schema: str | None, name: str) -> str:
    return ".".join(quoted(dialect, part) for part in (schema, name) if part)


def _source(dialect: str, schema: str | None, table: Table) -> str:
    """Return a table, where that is possible with all its columns, null where not loaded."""
    name = _in_schema(dialect, schema, table.name)
    if dialect == "postgres" and table.name == current_rows.WINDOWS:
        columns = ", ".join(f"{quoted(dialect, n)}" for n in current_rows.READING_COLUMNS)
        absent = ", ".join(f"null as {quoted(dialect, n)}" for n in current_rows.COUNTED)
        # A name that the table has not is looked for outside: there it is null.
        return f"(select {absent}) as absent cross join lateral (select {columns} from {name})"
    if dialect not in FILLED_BY_NAME:
        return name
    columns = ", ".join(f"null as {quoted(dialect, column)}" for column in table.columns)
    return f"(select * from {name} union all by name select {columns} where 1 = 0)"


def _empty_table(dialect: str, schema: str | None, table: Table) -> str:
    """Return a statement that makes a table with its key, if the loader has not made it."""
    names = dict.fromkeys((*table.key, *([table.date] if table.date else ()), "synced_at"))
    loaded_as = {"date": "text"} if dialect == "duckdb" else {}
    columns = ", ".join(
        f"{quoted(dialect, name)} {TYPES[dialect][loaded_as.get(kind, kind)]}"
        for name, kind in ((name, table.columns[name]) for name in names)
    )
    key = ", ".join(quoted(dialect, name) for name in table.key)
    name = _in_schema(dialect, schema, table.name)
    return f"create table if not exists {name} ({columns}, primary key ({key}));"


POSTGRES_FUNCTION = """\
create or replace function pg_temp.tripletex_view(
    schema_name text, table_name text, view_name text,
    names text[], types text[], expressions text[], head text, body text
) returns void language plpgsql as $make$
declare
    view_path text := concat_ws('.', quote_ident(schema_name), quote_ident(view_name));
    source regclass := to_regclass(
        concat_ws('.', quote_ident(schema_name), quote_ident(table_name))
    );
    windows regclass := to_regclass(concat_ws('.', quote_ident(schema_name), 'sync_windows'));
    wanted record;
    columns text[] := '{}';
begin
    if source is null or windows is null then
        return;
    end if;
    begin
        execute 'drop view if exists ' || view_path;
    exception when dependent_objects_still_exist then
        null; -- someone's view stands on it: it keeps its columns, in their order and types
    end;
    for wanted in
        with standing as (
            select attname::text as name, format_type(atttypid, atttypmod) as type, attnum as place
            from pg_attribute
            where attrelid = to_regclass(view_path) and attnum > 0 and not attisdropped
        ),
        made as (
            select name, type, expression, place
            from unnest(names, types, expressions) with ordinality
                as c (name, type, expression, place)
        )
        select
            coalesce(standing.name, made.name) as name,
            coalesce(standing.type, made.type) as type,
            case when made.name = 'deleted_at' or exists (
                select from pg_attribute
                where attrelid = source and attname = made.name and not attisdropped
            ) then made.expression else 'null' end as expression
        from standing full join made on made.name = standing.name
        order by standing.place, made.place
    loop
        columns := columns || format(
            'cast(%s as %s) as %I', wanted.expression, wanted.type, wanted.name
        );
    end loop;
    execute format(
        'create or replace view %s as %s select %s %s',
        view_path, head, array_to_string(columns, ', '), body
    );
end
$make$;"""
"""Makes one view, of the columns that its table has."""


def _postgres_view(schema: str | None, view: _View, table: Table) -> str:
    names, types, values = zip(*view.columns, strict=True)
    arguments = ",\n    ".join(
        (
            _text(schema) if schema else "null",
            _text(table.name),
            _text(view.name),
            _texts(name.strip('"') for name in names),
            _texts(types),
            _texts(values),
            _text(view.head),
            _text(view.body),
        )
    )
    return f"select pg_temp.tripletex_view(\n    {arguments}\n);"


def _texts(values: Iterable[str]) -> str:
    return f"array[{', '.join(map(_text, values))}]"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


if __name__ == "__main__":
    main()
