from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tap_tripletex.streams import STREAMS

if TYPE_CHECKING:
    from tests.e2e.conftest import Project
    from tests.postgres import Postgres

TYPES = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = %s
"""
KEYS = """
    SELECT tc.table_name, array_agg(kcu.column_name::text ORDER BY kcu.ordinal_position)
    FROM information_schema.table_constraints tc
    JOIN information_schema.key_column_usage kcu USING (constraint_schema, constraint_name)
    WHERE tc.constraint_schema = %s AND tc.constraint_type = 'PRIMARY KEY'
    GROUP BY tc.table_name
"""


def test_typed_tables_with_keys_that_a_second_run_leaves_as_they_are(
    project: Project, postgres: Postgres
) -> None:
    target = postgres.environment("twice")
    project.run("target-postgres", **target)
    company = project.sandbox.company()
    types = {(table, column): kind for table, column, kind in postgres.rows(TYPES, "twice")}
    assert types["postings", "id"] == "bigint"
    assert types["postings", "company_id"] == "bigint"
    assert types["postings", "amount"] == "numeric"
    assert types["postings", "date"] == "date"
    assert types["postings", "matched"] == "boolean"
    assert types["postings", "synced_at"] == "timestamp without time zone"
    assert types["customers", "postal_address"] == "jsonb"
    assert types["vouchers", "posting_ids"] == "ARRAY"
    assert not {column for _, column in types} & {"national_identity_number", "iban", "url"}
    keys = dict(postgres.rows(KEYS, "twice"))
    assert keys["postings"] == ["company_id", "id"]
    assert keys["balance_sheet"] == ["company_id", "account_id", "start_date"]
    assert keys["open_postings"] == ["company_id", "id", "as_of_date"]
    assert set(keys["invoice_order_lines"]) == {"company_id", "invoice_id", "id"}
    tables = sorted({table for table, _ in types})
    expected = {stream.name for stream in STREAMS if stream.include is None}
    assert set(tables) == expected | {"sync_windows"}
    assert all(columns[0] == "company_id" for columns in keys.values())

    counts = {table: postgres.rows(f"SELECT count(*) FROM twice.{table}")[0][0] for table in tables}
    assert counts["postings"] == len(company.rows("Posting"))
    assert counts["customers"] == len(company.rows("Customer"))
    assert counts["timesheet_entries"] == len(company.rows("TimesheetEntry"))
    sums = dict(postgres.rows("SELECT account_id, sum(amount) FROM twice.postings GROUP BY 1"))
    truth = company.trial_balance()
    assert sums == {account: Decimal(cents) / 100 for account, cents in truth.items()}

    project.run("target-postgres", **target)
    again = {table: postgres.rows(f"SELECT count(*) FROM twice.{table}")[0][0] for table in tables}
    assert again == counts


def test_what_changed_between_two_runs_arrives(project: Project, postgres: Postgres) -> None:
    target = postgres.environment("changed")
    # As in a company with ten times as many postings, whose months are slices of their own.
    project.environment["TAP_TRIPLETEX_PAGE_SIZE"] = "1000"
    project.run("target-postgres", **target)
    company = project.sandbox.company()
    back_dated = company.back_date("2025-02-15")
    edited = next(row["id"] for row in company.rows("Posting") if row["date"] > "2026-03")
    company.edit_posting(edited, description="Rettet")
    customer = company.rows("Customer")[3]["id"]
    company.edit("Customer", customer, name="Nytt Navn AS")
    before = len(project.requests)
    project.run("target-postgres", **target)
    read = [entry for entry in project.requests[before:] if entry["path"] == "/ledger/posting"]
    assert sum(entry["rows"] for entry in read) < len(company.rows("Posting")) / 5
    found = postgres.rows(
        "SELECT date, amount FROM changed.postings WHERE voucher_id = %s ORDER BY 2", back_dated
    )
    assert found == [
        (date(2025, 2, 15), Decimal("-1234.5")),
        (date(2025, 2, 15), Decimal("1234.5")),
    ]
    text = "SELECT description FROM changed.postings WHERE id = %s"
    assert postgres.rows(text, edited) == [("Rettet",)]
    text = "SELECT name FROM changed.customers WHERE id = %s"
    assert postgres.rows(text, customer) == [("Nytt Navn AS",)]


def test_an_accountants_token_reads_every_client_into_one_database(
    project: Project, postgres: Postgres
) -> None:
    sandbox = project.sandbox
    sandbox.__init__(companies=2, rate_limit=None)  # type: ignore[misc]
    from tap_tripletex.sandbox import ACCOUNTANT_TOKEN  # noqa: PLC0415

    tokens = {"TAP_TRIPLETEX_EMPLOYEE_TOKEN": ACCOUNTANT_TOKEN}
    target = postgres.environment("clients")
    project.run("target-postgres", **target, **tokens, TAP_TRIPLETEX_COMPANY_IDS="all")
    counts = dict(postgres.rows("SELECT company_id, count(*) FROM clients.postings GROUP BY 1"))
    assert counts == {c.id: len(c.rows("Posting")) for c in sandbox.companies}
    names = dict(postgres.rows("SELECT id, name FROM clients.companies"))
    assert names == {c.id: c.name for c in sandbox.companies}
