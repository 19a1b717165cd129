"""The shipped views in real databases."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import psycopg

if TYPE_CHECKING:
    from tests.e2e.conftest import DuckDB, Project
    from tests.postgres import Postgres


def views(dialect: str, *options: str) -> str:
    command = [
        sys.executable,
        "-m",
        "tap_tripletex.commands.views",
        f"--dialect={dialect}",
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_deleted_and_moved_rows_in_postgres(project: Project, postgres: Postgres) -> None:
    target = postgres.environment("gone")
    project.run("target-postgres", **target)
    company = project.sandbox.company()
    deleted, moved = company.rows("Voucher")[30], company.rows("Voucher")[31]
    company.delete_voucher(deleted["id"])
    company.move_voucher(moved["id"], "2026-10-05")
    project.run("target-postgres", **target)
    address = f"host=127.0.0.1 port={postgres.port} user=postgres dbname=postgres"
    with psycopg.connect(address) as connection:
        for _ in range(2):  # the views can be made again
            connection.execute(views("postgres", "--schema", "gone"))  # type: ignore[arg-type]
    current = [id_ for (id_,) in postgres.rows("SELECT id FROM gone.postings_current ORDER BY 1")]
    assert current == [row["id"] for row in company.rows("Posting")]
    gone = postgres.rows("SELECT id, deleted_at > synced_at FROM gone.postings_deleted ORDER BY 1")
    assert gone == [(id_, True) for id_ in sorted(deleted["postings"])]
    assert postgres.rows("SELECT id FROM gone.vouchers_deleted") == [(deleted["id"],)]
    totals = postgres.rows(
        "SELECT count(*), count(*) FILTER (WHERE control_total = control_total_expected) "
        "FROM gone.sync_windows WHERE stream = 'postings'"
    )
    assert totals[0][0] == totals[0][1] > 0


def test_deleted_rows_in_duckdb(project: Project, books: DuckDB) -> None:
    project.run("target-duckdb")
    company = project.sandbox.company()
    deleted = company.rows("Voucher")[30]
    company.delete_voucher(deleted["id"])
    project.run("target-duckdb")
    with duckdb.connect(str(books.path)) as connection:
        connection.execute(views("duckdb"))
    current = [id_ for (id_,) in books.rows("SELECT id FROM postings_current ORDER BY 1")]
    assert current == [row["id"] for row in company.rows("Posting")]
    assert books.rows("SELECT id FROM vouchers_deleted") == [(deleted["id"],)]


def test_readings_with_fewer_rights_in_postgres(postgres: Postgres) -> None:
    address = f"host=127.0.0.1 port={postgres.port} user=postgres dbname=postgres"
    made = views("postgres", "--schema", "fewer", "--stream", "departments", "--stream", "vouchers")
    with psycopg.connect(address, autocommit=True) as connection:
        run = connection.execute

        def read(hour: int, *rights: int) -> list[tuple[str, int]]:
            """Read nothing with so many rights, and return what is gone, and since when."""
            for stream, start in (("departments", "null"), ("vouchers", "'2026-01-01'")):
                values = ", ".join((f"1, '{stream}', {start}", "null", at(hour), "true"))
                more = "".join(f", {number}" for number in rights)
                run(f"INSERT INTO fewer.sync_windows VALUES ({values}{more})")  # type: ignore[arg-type]
            return [
                (table, hour)
                for table in ("departments", "vouchers")
                for (hour,) in run(
                    f"SELECT date_part('hour', deleted_at) FROM fewer.{table}_deleted"  # type: ignore[arg-type]
                )
            ]

        def at(hour: int) -> str:
            return f"timestamp '2026-06-01 {hour:02}:00'"

        run("CREATE SCHEMA fewer")
        run(
            "CREATE TABLE fewer.sync_windows (company_id bigint, stream text, window_start date, "
            "window_end date, synced_at timestamp, complete boolean)"
        )
        for table in ("departments", "vouchers"):
            run(
                f"CREATE TABLE fewer.{table} AS SELECT 1 AS company_id, 1 AS id, {at(1)} AS "  # type: ignore[arg-type]
                "synced_at, date '2026-01-05' AS date"
            )
        run(made)  # type: ignore[arg-type]
        assert read(2) == [("departments", 2), ("vouchers", 2)]  # as an earlier version did
        run(
            "TRUNCATE fewer.sync_windows; ALTER TABLE fewer.sync_windows "
            "ADD COLUMN rights_held bigint, ADD COLUMN rights_given_up bigint"
        )
        run(made)  # type: ignore[arg-type]
        assert read(1, 9, 0) == []
        assert read(2, 8, 0) == []
        assert read(3, 8, 1) == [("departments", 3), ("vouchers", 3)]
        assert read(4, 9, 0) == [("departments", 3), ("vouchers", 3)]
