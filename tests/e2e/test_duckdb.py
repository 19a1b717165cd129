from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tests.e2e.conftest import ROOT

if TYPE_CHECKING:
    from tests.e2e.conftest import DuckDB, Project

TRIAL_BALANCE = ROOT / "sql" / "trial_balance.sql"


def test_the_documented_query_gives_a_trial_balance_that_ties_out(
    project: Project, books: DuckDB
) -> None:
    project.run("target-duckdb")
    company = project.sandbox.company()
    rows = books.rows(TRIAL_BALANCE.read_text())
    assert sum(row[2] for row in rows) == 0
    assert all(row[2] == row[3] and row[4] == 0 for row in rows)
    numbers = {account["id"]: account["number"] for account in company.rows("Account")}
    truth = {numbers[account]: cents for account, cents in company.trial_balance().items()}
    assert {row[0]: row[2] for row in rows} == {
        number: Decimal(cents) / 100 for number, cents in truth.items() if cents
    }


def test_inactive_and_future_rows_arrive(project: Project, books: DuckDB) -> None:
    project.run("target-duckdb")
    inactive = books.rows("SELECT count(*) FROM customers WHERE is_inactive")[0][0]
    truth = [row for row in project.sandbox.company().rows("Customer") if row["isInactive"]]
    assert inactive == len(truth) > 0
    today = project.sandbox.today.isoformat()
    future = books.rows(f"SELECT count(*) FROM postings WHERE date > '{today}'")[0][0]
    truth = [row for row in project.sandbox.company().rows("Posting") if row["date"] > today]
    assert future == len(truth) > 0
