from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.conftest import DuckDB, Project


def test_inactive_and_future_rows_arrive(project: Project, books: DuckDB) -> None:
    project.run("target-duckdb")
    inactive = books.rows("SELECT count(*) FROM customers WHERE is_inactive")[0][0]
    truth = [row for row in project.sandbox.company().rows("Customer") if row["isInactive"]]
    assert inactive == len(truth) > 0
    today = project.sandbox.today.isoformat()
    future = books.rows(f"SELECT count(*) FROM postings WHERE date > '{today}'")[0][0]
    truth = [row for row in project.sandbox.company().rows("Posting") if row["date"] > today]
    assert future == len(truth) > 0
