"""The accounting models, in DuckDB and in PostgreSQL, beside what the companies know."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
import yaml

from report.database import duckdb_file
from report.tables import companies_of
from tap_tripletex.sandbox import ACCOUNTANT_TOKEN, CONSUMER_TOKEN, Sandbox, serve
from tests.e2e.conftest import ROOT, Project, apart
from tests.e2e.truths import TRUTHS, add_what_the_usual_days_lack, month_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.postgres import Postgres

    Row = tuple[Any, ...]

MARTS = ROOT / "transform" / "models" / "marts"
PAGE = (ROOT / "docs" / "concepts.md").read_text()
EXAMPLES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
DATABASES = ("duckdb", "postgres")
SELECTED = (
    "accounting_periods",
    "accounts",
    "annual_accounts",
    "balance_sheet",
    "close_groups",
    "customers",
    "departments",
    "employees",
    "invoice_order_lines",
    "invoices",
    "open_postings",
    "payslip_specifications",
    "payslips",
    "postings",
    "products",
    "projects",
    "salary_types",
    "supplier_invoices",
    "suppliers",
    "sync_windows",
    "timesheet_entries",
    "vat_term_size_settings",
    "vat_types",
    "vouchers",
)
"""Not all that the models read, so that they are made without tables that are missing."""
QUERIES = {
    "general_ledger": """
        SELECT company_id, account_number, account_name, date, voucher_number, description, amount,
            running_balance
        FROM general_ledger ORDER BY company_id, account_number, date, posting_id
    """,
    "trial_balance": """
        SELECT company_id, month, account_number, account_name, net, closing, difference
        FROM trial_balance
        WHERE account_number IS NOT NULL AND (net <> 0 OR closing <> 0) AND month <= '{last}'
        ORDER BY company_id, month, account_number
    """,
    "ar_ap_items": """
        SELECT company_id, ledger, party_number, party_name, item_date, invoice_number,
            description, open_amount
        FROM ar_ap_items WHERE is_open = 1
        ORDER BY company_id, ledger, party_number, item_date, posting_id
    """,
    "aged_receivables": """
        SELECT company_id, customer_number, customer_name, not_due, days_1_30, days_31_60,
            days_61_90, days_over_90, total
        FROM aged_receivables WHERE as_of_day = '{today}'
        ORDER BY company_id, customer_number, customer_id
    """,
    "vat_return": """
        SELECT company_id, year, vat_term, vat_code, vat_name, base, output_vat, input_vat
        FROM vat_return WHERE vat_code IS NOT NULL
        ORDER BY company_id, year, vat_term, vat_type_id
    """,
    "profit_and_loss": """
        SELECT company_id, month, account_number, account_name, result
        FROM profit_and_loss WHERE dimension = 'company' AND result <> 0
        ORDER BY company_id, month, account_number
    """,
    "balance_sheet": """
        SELECT company_id, month, account_number, coalesce(name, 'Result'), sum(closing)
        FROM (
            SELECT *, CASE WHEN account_number IS NOT NULL THEN account_name END AS name
            FROM balance_sheet WHERE month BETWEEN '2024-01-01' AND '{last}'
        ) AS lines
        WHERE closing <> 0 OR account_number IS NULL
        GROUP BY company_id, month, account_number, name
        ORDER BY company_id, month, account_number NULLS LAST
    """,
    "project_economy": """
        SELECT company_id, project_number, project_name, hours, chargeable_hours, invoiced, costs
        FROM project_economy ORDER BY company_id, project_id
    """,
    "hours": """
        SELECT company_id, month, employee_name, project_number, project_name, sum(hours),
            sum(chargeable_hours)
        FROM hours
        GROUP BY company_id, month, employee_id, employee_name, project_id, project_number,
            project_name
        ORDER BY company_id, month, employee_id, project_id NULLS LAST
    """,
    "payroll": """
        SELECT company_id, month, salary_type_number, salary_type_name,
            count(DISTINCT employee_id), sum(amount)
        FROM payroll
        GROUP BY company_id, month, salary_type_id, salary_type_number, salary_type_name
        ORDER BY company_id, month, salary_type_number
    """,
    "sales": """
        SELECT company_id, month, customer_number, sum(net)
        FROM sales
        GROUP BY company_id, month, customer_id, customer_number
        ORDER BY company_id, month, customer_id
    """,
}


@dataclass
class Loaded:
    """One world in both databases."""

    project: Project
    run: dict[str, Callable[[str], list[Row]]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Loaded:
    folder = tmp_path_factory.mktemp("marts")
    sandbox = Sandbox(rate_limit=None, companies=2, fiscal_year_starts=(1, 7))
    add_what_the_usual_days_lack(sandbox.company(), sandbox.today)
    with serve(sandbox) as server:
        project = Project(
            folder,
            sandbox,
            {
                "TAP_TRIPLETEX_API_URL": server.url,
                "TAP_TRIPLETEX_CONSUMER_TOKEN": CONSUMER_TOKEN,
                "TAP_TRIPLETEX_EMPLOYEE_TOKEN": ACCOUNTANT_TOKEN,
                "TAP_TRIPLETEX_COMPANY_IDS": "all",
                "TAP_TRIPLETEX_INCLUDE": "pay",
                "TAP_TRIPLETEX__SELECT": json.dumps([f"{stream}.*" for stream in SELECTED]),
                **apart(folder),
                "TARGET_DUCKDB_FILEPATH": str(folder / "books.duckdb"),
                "DBT_POSTGRES_SCHEMA": "accounting_marts",
                **postgres.environment("marts"),
            },
        )
        for database in DATABASES:
            project.build(f"target-{database}", f"dbt-{database}:build")
    return Loaded(
        project,
        {
            "duckdb": in_duckdb(folder / "books.duckdb"),
            "postgres": in_postgres(postgres.port, "accounting_marts"),
        },
    )


def in_duckdb(path: Path) -> Callable[[str], list[Row]]:
    def rows(query: str) -> list[Row]:
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("SET search_path = 'accounting'")
            return connection.execute(query).fetchall()

    return rows


def in_postgres(port: int, schema: str) -> Callable[[str], list[Row]]:
    address = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"

    def rows(query: str) -> list[Row]:
        with psycopg.connect(address, options=f"-c search_path={schema}") as connection:
            return connection.execute(query.encode()).fetchall()

    return rows


def rows_of(loaded: Loaded, database: str, name: str) -> list[Row]:
    today = loaded.project.sandbox.today
    last = month_of((today + timedelta(days=400)).isoformat())
    return loaded.run[database](QUERIES[name].format(today=today, last=last))


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("database", DATABASES)
def test_a_model_says_what_the_company_knows(loaded: Loaded, database: str, name: str) -> None:
    sandbox = loaded.project.sandbox
    companies = sorted(sandbox.companies, key=lambda company: company.id)
    rows = rows_of(loaded, database, name)
    assert rows == [
        (company.id, *row) for company in companies for row in TRUTHS[name](company, sandbox.today)
    ]
    assert {row[0] for row in rows} == {company.id for company in companies}


@pytest.mark.parametrize("name", sorted(path.stem for path in MARTS.glob("*.sql")))
def test_both_databases_have_the_same_rows(loaded: Loaded, name: str) -> None:
    models = {
        model["name"]: model
        for model in yaml.safe_load((MARTS / "_marts.yml").read_text())["models"]
    }
    columns = [column["name"] for column in models[name]["columns"]]
    query = f"SELECT * FROM {name} LIMIT 0"
    found = loaded.run["duckdb"](f"SELECT column_name FROM (DESCRIBE {query})")
    assert [column for (column,) in found] == columns
    duckdb_rows, postgres_rows = (
        loaded.run[database](f"SELECT {', '.join(columns)} FROM {name}") for database in DATABASES
    )
    assert sorted(map(repr, plain(duckdb_rows))) == sorted(map(repr, plain(postgres_rows)))
    if name not in EMPTY:
        assert duckdb_rows


EMPTY = {"budget_vs_actual"}
"""What no table was read for."""


def plain(rows: list[Row]) -> list[list[Any]]:
    """Return rows whose numbers look alike, whatever kind of decimal they are."""
    return [
        [value.normalize() if isinstance(value, Decimal) else value for value in row]
        for row in rows
    ]


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("database", DATABASES)
def test_an_example_of_the_page_runs(loaded: Loaded, database: str, example: str) -> None:
    assert loaded.run[database](example)


def test_the_page_explains_every_model() -> None:
    for path in MARTS.glob("*.sql"):
        assert f"`{path.stem}`" in PAGE, path.stem


def test_liquidity_begins_with_the_bank_and_adds_up(loaded: Loaded) -> None:
    today = loaded.project.sandbox.today
    for company in loaded.project.sandbox.companies:
        sums = company.trial_balance(None, (today + timedelta(days=1)).isoformat())
        numbers = {row["id"]: row["number"] for row in company.rows("Account")}
        bank = sum(cents for account, cents in sums.items() if numbers[account] // 100 == 19)
        days = loaded.run["duckdb"](
            "SELECT opening, receipts + payments + vat + tax + wages, closing "
            f"FROM liquidity_30_days WHERE company_id = {company.id} ORDER BY day"
        )
        assert len(days) == 31
        assert days[0][0] == Decimal(bank) / 100
        assert all(opening + moved == closing for opening, moved, closing in days)


def test_both_databases_give_the_same_report(loaded: Loaded) -> None:
    made: dict[str, str] = {}
    for database in DATABASES:
        folder = loaded.project.folder / f"report-of-{database}"
        result = loaded.project.meltano(
            "run",
            "--no-install",
            f"report:{database}",
            REPORT_OUTPUT=str(folder),
            REPORT_POSTGRES_SCHEMA="accounting_marts",
        )
        assert result.code == 0, result.output[-6000:]
        made[database] = (folder / "report.html").read_text()
    assert made["postgres"] == made["duckdb"]
    with duckdb_file(loaded.project.folder / "books.duckdb", "accounting") as books:
        companies = companies_of(books, "nb")
    assert len(companies) == len(loaded.project.sandbox.companies)
    assert all(company.tables["projects"] for company in companies)
    assert all(company.name in made["duckdb"] for company in companies)


@pytest.fixture
def copy(loaded: Loaded, tmp_path: Path) -> Path:
    """A database like the loaded one, to be changed."""
    shutil.copy(loaded.project.folder / "books.duckdb", tmp_path)
    return tmp_path / "books.duckdb"


def change(path: Path, *statements: str) -> None:
    """Write with the DuckDB that the loader and dbt have: a newer one would shut them out."""
    python = ROOT / ".meltano" / "utilities" / "dbt-duckdb" / "venv" / "bin" / "python"
    code = "import sys, duckdb; [duckdb.connect(sys.argv[1]).execute(s) for s in sys.argv[2:]]"
    subprocess.run([python, "-c", code, path, *statements], check=True)


def make_models(loaded: Loaded, path: Path) -> tuple[int, str]:
    result = loaded.project.meltano(
        "run",
        "--no-install",
        "dbt-duckdb:marts",
        "dbt-duckdb:test-marts",
        TARGET_DUCKDB_FILEPATH=str(path),
        timeout=900,
    )
    return result.code, result.output


def test_one_wrong_amount_makes_named_tests_fail(loaded: Loaded, copy: Path) -> None:
    first = "(SELECT min(id) FROM postings)"
    change(copy, f"UPDATE postings SET amount = amount + 0.01 WHERE id = {first}")
    code, output = make_models(loaded, copy)
    assert code
    failed = set(re.findall(r"Failure in test (\w+)", output))
    assert {"debit_equals_credit", "trial_balance_equals_tripletex"} <= failed


def test_companies_that_share_every_id_do_not_mix(loaded: Loaded, copy: Path) -> None:
    twin = "INSERT INTO {0} SELECT * REPLACE (-company_id AS company_id) FROM {0}"
    change(copy, *map(twin.format, SELECTED))
    code, output = make_models(loaded, copy)
    assert code == 0, output[-6000:]
    both = in_duckdb(copy)
    for path in MARTS.glob("*.sql"):
        query = f"SELECT * FROM {path.stem}"
        alone, found = loaded.run["duckdb"](query), both(query)
        assert Counter(row for row in found if row[0] > 0) == Counter(alone), path.stem
        twins = Counter((-row[0], *row[1:]) for row in found if row[0] < 0)
        assert twins == Counter(alone), path.stem
