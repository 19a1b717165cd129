"""Load what the tap writes into an imitation of Snowflake, with the loader that meltano.yml has.

    python -m venv try
    try/bin/pip install meltanolabs-target-snowflake==0.20.4 fakesnow==0.12.1
    tap-tripletex --config config.json > messages.jsonl
    try/bin/python scripts/try_snowflake.py messages.jsonl [--streams postings,accounts]

Says which type each number has, and whether the amounts add up to those of the messages; the exit
code is 1 when they do not. ``config.json`` may be ``{"api_url": "sandbox://", "use_singer_decimal":
true}``.

Real are the loader's statements that make and alter the tables, and those that cast and merge the
rows. Imitated are Snowflake itself (fakesnow, which is DuckDB behind) and the way of the files:
fakesnow knows no stage of a user, so the loader's files become a table, which takes the stage's
place in its statement.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

import fakesnow
import snowflake.connector
import sqlalchemy as sa
from target_snowflake.connector import SnowflakeConnector
from target_snowflake.target import TargetSnowflake

DATABASE, SCHEMA = "BOOKS", "TRIPLETEX"
LOGIN = {"account": "account", "user": "user", "password": "password", "database": DATABASE}
CONFIG = {**LOGIN, "default_target_schema": SCHEMA, "validate_records": False}
NOT_IMITATED = [r"^\s*remove\b", r"^\s*(create or replace|drop) file format\b"]
AT_ONCE = 200
STAGE = re.compile(r" from '@~/[^']*'\(file_format => [^)]*\)")
NEWEST = re.compile(r" ORDER BY SEQ8\(\) DESC")
MERGE = re.compile(r"(merge into .* using )\((select .*)\)( s on .*)", re.DOTALL)


class Imitated(SnowflakeConnector):
    """The loader's connector, with a table where the stage would be."""

    def get_connect_args(self) -> dict[str, Any]:
        """Connect with the schema too: fakesnow merges in it."""
        return {**super().get_connect_args(), "schema": SCHEMA}

    def put_batches_to_stage(self, sync_id: str, files: list[str]) -> None:  # noqa: ARG002
        """Copy the files' lines into the table, in the place of PUT."""
        with self._connect() as connection, connection.begin():
            connection.exec_driver_sql("create or replace table staged (n integer, v variant)")
            rows = []
            for file in files:
                with gzip.open(url2pathname(urlparse(file).path), "rt") as lines:
                    rows += lines.readlines()
            for start in range(0, len(rows), AT_ONCE):
                some = rows[start : start + AT_ONCE]
                values = ", ".join(f"({start + n}, %s)" for n in range(len(some)))
                insert = "insert into staged select column1, parse_json(column2) from values "
                connection.exec_driver_sql(insert + values, tuple(some))

    def _get_merge_from_stage_statement(
        self,
        **options: Any,  # noqa: ANN401 - the loader's
    ) -> tuple[Any, dict[str, Any]]:
        statement, more = super()._get_merge_from_stage_statement(**options)
        text = STAGE.sub(" from staged", NEWEST.sub(" ORDER BY n DESC", statement.text))
        merge = MERGE.fullmatch(text.replace("$1:", "v:"))
        if merge is None:
            sys.exit(f"The loader's statement is not as it was: {statement.text[:2000]}")
        with self._connect() as connection, connection.begin():
            connection.exec_driver_sql(f"create or replace table casted as {merge[2]}")
        return sa.text(f"{merge[1]}(select * from casted){merge[3]}"), more


def main() -> int:
    """Load the messages twice and compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("messages", type=Path, help="what the tap has written")
    parser.add_argument("--streams", default="postings,accounts,sync_windows")
    options = parser.parse_args()
    streams = set(options.streams.split(","))
    lines = [
        line
        for line in options.messages.read_text(encoding="utf-8").splitlines()
        if json.loads(line).get("stream") in streams
    ]
    TargetSnowflake.default_sink_class.connector_class = Imitated
    with fakesnow.patch(nop_regexes=NOT_IMITATED), tempfile.NamedTemporaryFile("w+") as file:
        books = snowflake.connector.connect(**LOGIN, schema=SCHEMA)
        file.write("\n".join(lines))
        for _ in range(2):  # the second finds tables and rows
            file.seek(0)
            target = TargetSnowflake(config=CONFIG)
            target._max_parallelism = 1  # noqa: SLF001 - one connection of DuckDB at a time
            target.listen(file)
        return compare(books.cursor(), lines)


def compare(cursor: Any, lines: list[str]) -> int:  # noqa: ANN401 - of fakesnow
    """Print types and sums; return 1 when a sum is another."""
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    records: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    wrong = 0
    tables: dict[str, list[str]] = {}
    for line in lines:
        message = json.loads(line, parse_float=Decimal)
        if message["type"] == "RECORD":
            records[message["stream"]].append(message["record"])
        else:
            columns = message["schema"]["properties"].items()
            tables[message["stream"]] = [name for name, column in columns if is_number(column)]
    for stream, numbers in tables.items():
        types = (
            "select lower(column_name), data_type, numeric_precision, numeric_scale "
            f"from information_schema.columns where table_name = '{stream.upper()}'"
        )
        found = {name: rest for name, *rest in cursor.execute(types).fetchall()}
        for name in numbers:
            kinds[stream][" ".join(map(str, found[name]))] += 1
            rows = cursor.execute(f"select {name} from {stream}").fetchall()
            loaded = [value for (value,) in rows if value is not None]
            sent = [Decimal(row[name]) for row in records[stream] if row[name] is not None]
            exact = all(isinstance(value, Decimal) for value in loaded)
            if not exact or sum(loaded) != sum(sent):
                wrong += 1
                print(f"{stream}.{name}: {sum(sent)} was sent, {sum(loaded)} is there")
        print(f"{stream}: {len(records[stream])} rows, {dict(kinds[stream])}")
    return int(wrong > 0)


def is_number(column: dict[str, Any]) -> bool:
    """Return whether a column is a number with decimals, by its JSON schema."""
    return "number" in column["type"] or column.get("format") == "x-singer.decimal"


if __name__ == "__main__":
    sys.exit(main())
