"""What a warehouse shows of a stream: the rows that still exist, each column in its real type.

A loader keeps what was deleted. A row is gone when a reading that was complete, and of a window
that the row lies in, began after the row was last seen; sync_windows has the readings. Windows may
overlap: a year that was read whole yesterday, its months today. Tripletex filters lists by rights
without a word: a reading with fewer rights than an earlier one of the stream proves nothing, also
where the tap has lost the state that would have told it so.

The SQL here is the only place of that rule. Both ``tap-tripletex-views`` and the dbt project in
``transform/`` are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_tripletex.proof.sync_windows import SyncWindows
from tap_tripletex.rows.decimals import AMOUNT, QUANTITY, decimals
from tap_tripletex.rows.shapes import INTEGER, columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_tripletex.stream import TripletexStream

WINDOWS = SyncWindows.name

READING_COLUMNS = (
    "company_id",
    "stream",
    "window_start",
    "window_end",
    "synced_at",
    "complete",
    "rights_held",
    "rights_given_up",
)
"""The columns of sync_windows that the rule looks at."""

COUNTED = ("rights_held", "rights_given_up")
"""Those that a table has not that an earlier version of the tap has made."""

TYPES: Mapping[str, Mapping[str, str]] = {
    "duckdb": {
        "integer": "bigint",
        "boolean": "boolean",
        "text": "varchar",
        "date": "date",
        "timestamp": "timestamp",
        "amount": f"decimal{AMOUNT}",
        "quantity": f"decimal{QUANTITY}",
        "json": "json",
    },
    "postgres": {
        "integer": "bigint",
        "boolean": "boolean",
        "text": "text",
        "date": "date",
        "timestamp": "timestamp without time zone",
        "amount": f"numeric{AMOUNT}",
        "quantity": f"numeric{QUANTITY}",
        "json": "jsonb",
    },
    "snowflake": {
        "integer": "number(38, 0)",
        "boolean": "boolean",
        "text": "varchar",
        "date": "date",
        "timestamp": "timestamp_ntz",
        "amount": f"number{AMOUNT}",
        "quantity": f"number{QUANTITY}",
        "json": "variant",
    },
    "bigquery": {
        "integer": "int64",
        "boolean": "bool",
        "text": "string",
        "date": "date",
        "timestamp": "timestamp",
        "amount": "numeric",
        "quantity": "numeric",
        "json": "json",
    },
    "sqlserver": {
        "integer": "bigint",
        "boolean": "bit",
        "text": "varchar(8000)",
        "date": "date",
        "timestamp": "datetime2(6)",
        "amount": f"decimal{AMOUNT}",
        "quantity": f"decimal{QUANTITY}",
        "json": "varchar(8000)",
    },
}
"""Names of the types in each dialect. Times are UTC everywhere."""

CASTS: Mapping[tuple[str, str], str] = {
    # The loader of DuckDB leaves dates as text: one that is none must not cost the table.
    ("duckdb", "date"): "try_cast($value as $type)",
    ("postgres", "json"): "to_jsonb($value)",
    ("snowflake", "json"): "to_variant($value)",
    ("bigquery", "json"): "to_json($value)",
}
"""How a value becomes a type where a plain cast will not do."""

CAST = "cast($value as $type)"

QUOTES: Mapping[str, tuple[str, str]] = {"bigquery": ("`", "`"), "sqlserver": ("[", "]")}
"""What stands around a name; double quotes where nothing is said."""

TRUE: Mapping[str, str] = {"sqlserver": "$value = 1"}
"""A condition that a column is true, where the column alone is none."""

RIGHTS = """\
rights as (
    select company_id, rights_held, rights_given_up, min(synced_at) as since
    from ($windows) as windows
    where stream = '$stream'
    group by company_id, rights_held, rights_given_up
),
fewer_rights as (
    select fewer.company_id, fewer.rights_held, fewer.rights_given_up, min(more.since) as since
    from rights as fewer
    inner join rights as more
        on more.company_id = fewer.company_id
        and more.rights_held > fewer.rights_held
        and more.rights_held + more.rights_given_up > fewer.rights_held + fewer.rights_given_up
    group by fewer.company_id, fewer.rights_held, fewer.rights_given_up
),
"""
"""How many rights are fewer than a stream was read with before, and since when."""

PROVEN = """\
from ($windows) as windows
left join fewer_rights as fewer
    on fewer.company_id = windows.company_id
    and fewer.rights_held = windows.rights_held
    and fewer.rights_given_up = windows.rights_given_up
    and fewer.since < windows.synced_at
where fewer.company_id is null and windows.stream = '$stream' and $complete"""
"""The complete readings of a stream, but for those with fewer rights than an earlier one."""

READ_DAYS = """\
readings as (
    select
        windows.company_id, windows.window_start, windows.window_end,
        max(windows.synced_at) as read_at
    $proven
    group by windows.company_id, windows.window_start, windows.window_end
),
days as (
    select distinct loaded.company_id, $date as day
    from $table as loaded
),
read_days as (
    select days.company_id, days.day, max(readings.read_at) as read_at
    from days
    inner join readings
        on readings.company_id = days.company_id
        and (readings.window_start is null or days.day >= readings.window_start)
        and (readings.window_end is null or days.day < readings.window_end)
    group by days.company_id, days.day
)
"""
"""The newest such reading of each day, of a stream that is read by windows."""

READ_WHOLE = """\
read_days as (
    select windows.company_id, max(windows.synced_at) as read_at
    $proven
    group by windows.company_id
)
"""
"""The newest such reading of a stream that is read as one."""

JOIN = "left join read_days on read_days.company_id = loaded.company_id"

JOIN_DAY = " and read_days.day = $date"

EXISTS = "(read_days.read_at is null or $synced_at >= read_days.read_at)"
"""The row was there when its day was last read."""

MISSED = """\
select min(windows.synced_at)
$proven
and windows.company_id = loaded.company_id and windows.synced_at > $synced_at"""
"""The first such reading that should have had a row, and had not."""

MISSED_DAY = """
and (windows.window_start is null or $date >= windows.window_start)
and (windows.window_end is null or $date < windows.window_end)"""


@dataclass(frozen=True)
class Table:
    """A stream as a table.

    Attributes:
        name: of the stream and of the table that a loader makes.
        key: columns of the primary key.
        columns: kinds of all columns, by name.
        date: column that the windows are cut by; None where the stream is read as one.
        description: what a row is.
        optional: whether the stream is read only when it was asked for.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    date: str | None
    description: str
    optional: bool = False


def table_of(stream: type[TripletexStream]) -> Table:
    """Return the table of a stream."""
    strategy = stream.strategy
    columns = {"company_id": INTEGER, **columns_of(stream.entity), **strategy.columns}
    return Table(
        vars(stream)["name"],
        ("company_id", *(name for name in stream.key if name != "company_id")),
        {name: kind(name, column) for name, column in columns.items()} | {"synced_at": "timestamp"},
        strategy.replication_key if strategy.windowed else None,
        (stream.__doc__ or "").splitlines()[0],
        optional=not stream.selected_by_default,
    )


def windows_table() -> Table:
    """Return the table of sync_windows, to which no rule applies."""
    properties: dict[str, Any] = SyncWindows.schema["properties"]
    return Table(
        WINDOWS,
        tuple(SyncWindows.primary_keys),
        {name: kind(name, definition) for name, definition in properties.items()},
        None,
        (SyncWindows.__doc__ or "").splitlines()[0],
    )


def kind(name: str, column: Mapping[str, Any]) -> str:
    """Return which of the kinds in TYPES a column is, by its name and JSON schema."""
    types = column["type"]
    declared = types if isinstance(types, str) else next(t for t in types if t != "null")
    if declared == "string":
        return {"date": "date", "date-time": "timestamp"}.get(column.get("format", ""), "text")
    if declared == "number":
        return "amount" if decimals(name) == AMOUNT else "quantity"
    return {"array": "json", "object": "json"}.get(declared, declared)


def quoted(dialect: str, name: str) -> str:
    """Return a name as SQL, whatever is in it; Snowflake keeps plain names in capitals."""
    opening, closing = QUOTES.get(dialect, ('"', '"'))
    if dialect == "snowflake" and name.isidentifier():
        name = name.upper()
    return f"{opening}{name.replace(closing, closing * 2)}{closing}"


def cast(dialect: str, value: str, to: str) -> str:
    """Return an expression that gives a value its type.

    Args:
        dialect: one of TYPES.
        value: an expression.
        to: a kind of column.
    """
    text = CASTS.get((dialect, to), CAST)
    return text.replace("$value", value).replace("$type", TYPES[dialect][to])
