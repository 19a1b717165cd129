"""Time the accounting models on many generated postings, in DuckDB or PostgreSQL.

python -m tests.benchmarks.models duckdb [--postings 1000000]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import psycopg

from tests.postgres import postgres_server

ROOT = Path(__file__).parents[2]
MELTANO = ROOT / ".meltano" / "utilities"
COMPANY = 1
MONTHS = 60
WINDOWS = 1487
SCHEMA = "tripletex"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", choices=("duckdb", "postgres"))
    parser.add_argument("--postings", type=int, default=1_000_000)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {
            **os.environ,
            "DBT_TARGET_PATH": f"{folder}/target",
            "DBT_LOG_PATH": f"{folder}",
        }
        if options.database == "duckdb":
            path = folder / "books.duckdb"
            environment |= {"DBT_DUCKDB_PATH": str(path)}
            load_duckdb(path, books(options.postings, "range(1, {} + 1)", "main", "duckdb"))
        else:
            postgres = stack.enter_context(postgres_server())
            environment |= postgres.environment(SCHEMA)
            address = f"host=127.0.0.1 port={postgres.port} user=postgres dbname=postgres"
            with psycopg.connect(address) as connection:
                connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
                for statement in books(
                    options.postings, "generate_series(1, {})", SCHEMA, "postgres"
                ):
                    connection.execute(statement.encode())
        seconds, megabytes, code = measure(options.database, environment, "build")
        print(
            f"dbt build, {options.database}, {options.postings:,} postings: "
            f"{seconds:.0f} s, {megabytes:.0f} MB, exit code {code}"
        )
    return 0


def measure(
    database: str, environment: dict[str, str], *arguments: str
) -> tuple[float, float, int]:
    """Return seconds, peak megabytes and exit code of a run of dbt."""
    dbt = MELTANO / f"dbt-{database}" / "venv" / "bin" / "dbt"
    project = ROOT / "transform"
    began, peak = time.monotonic(), 0
    process = psutil.Popen(
        [dbt, "--quiet", *arguments, "--profiles-dir", project / "profiles" / database],
        cwd=project,
        env=environment,
    )
    while process.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.2)
    return time.monotonic() - began, peak / 2**20, process.wait()


def load_duckdb(path: Path, statements: list[str]) -> None:
    """Write with the DuckDB that dbt has: a newer one would shut it out."""
    python = MELTANO / "dbt-duckdb" / "venv" / "bin" / "python"
    code = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); [c.execute(s) for s in sys.argv[2:]]"
    )
    subprocess.run([python, "-c", code, path, *statements], check=True)


def books(postings: int, series: str, schema: str, database: str) -> list[str]:
    """Return statements that make a company's books: vouchers of two postings, five years."""
    day, amount = {"duckdb": ("VARCHAR", "DOUBLE"), "postgres": ("DATE", "NUMERIC")}[database]
    voucher = "cast(floor((n + 1) / 2.0) as bigint)"
    date = f"cast(date '2026-12-31' - cast({{}} % {MONTHS * 30} as integer) as {day})"
    days = f"SELECT account_id, amount, cast(date as date) AS date FROM {schema}.postings"
    dated = f"({days}) AS postings"
    month = "cast(date_trunc('month', date) as date)"
    since = "account_id, CASE WHEN 1000 + account_id * 40 >= 3000 THEN date_part('year', month) END"
    start = f"date '2021-12-01' + cast(30 * (n % {MONTHS + 2}) as integer)"
    selects = {
        "accounts": f"""n AS id, 1000 + n * 40 AS number, 'Konto ' || n AS name,
            'GENERAL' AS ledger_type FROM {rows(series, 190)}""",
        "vouchers": f"""n AS id, n AS number, {date.format("n")} AS date, 2026 AS year
            FROM {rows(series, postings // 2)}""",
        "postings": f"""n AS id, {voucher} AS voucher_id, {date.format(voucher)} AS date,
            1 + (n * 7) % 190 AS account_id,
            cast((CASE WHEN n % 2 = 1 THEN 1 ELSE -1 END) * ({voucher} % 9999 + 0.25) as {amount})
                AS amount
            FROM {rows(series, postings)}""",
        # Of every account in every month, as Tripletex has them, also where nothing was booked.
        "balance_sheet": f"""account_id, cast(month as {day}) AS start_date,
            cast(balance - change as {amount}) AS balance_in,
            cast(change as {amount}) AS balance_change,
            cast(balance as {amount}) AS balance_out
            FROM (
                SELECT account_id, month, change,
                    sum(change) OVER (PARTITION BY {since} ORDER BY month) AS balance
                FROM (
                    SELECT accounts.id AS account_id, month,
                        sum(coalesce(cast(amount as decimal(18, 2)), 0)) AS change
                    FROM {schema}.accounts AS accounts
                    CROSS JOIN (SELECT DISTINCT {month} AS month FROM {dated}) AS months
                    LEFT JOIN {dated} ON postings.account_id = accounts.id AND {month} = month
                    GROUP BY accounts.id, month
                ) AS changes
            ) AS balances""",
        "sync_windows": f"""'postings' AS stream, 'w' || n AS slice, true AS complete,
            cast({start} as {day}) AS window_start, cast({start} + 30 as {day}) AS window_end
            FROM {rows(series, WINDOWS)}""",
    }
    return [
        f"CREATE TABLE {schema}.{name} AS "
        f"SELECT {COMPANY} AS company_id, {seen(name)} AS synced_at, {select}"
        for name, select in selects.items()
    ]


def seen(name: str) -> str:
    """Return the time of rows: the readings are older than what they found."""
    now = "current_timestamp::timestamp"
    return f"{now} - interval '1 day'" if name == "sync_windows" else now


def rows(series: str, count: int) -> str:
    return f"{series.format(count)} AS series(n)"


if __name__ == "__main__":
    raise SystemExit(main())
