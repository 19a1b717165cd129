"""After whatever happens in Tripletex, the staging models are its truth and the books tie out."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest

from tap_tripletex.commands.current_rows import table_of
from tap_tripletex.streams import BY_NAME
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox import Sandbox
    from tap_tripletex.sandbox.world.living_company import LivingCompany
    from tests.e2e.conftest import Project
    from tests.postgres import Postgres

    Rows = dict[tuple[Any, ...], dict[str, Any]]

SCHEMA = "accounting_current"


def delete_a_voucher(company: LivingCompany) -> None:
    booked = (row for row in company.rows("Posting") if row["account"] == company.account_id(1500))
    company.delete_voucher(list(booked)[40]["voucher"])


def move_a_voucher_to_another_month(company: LivingCompany) -> None:
    company.move_voucher(company.rows("Voucher")[31]["id"], "2026-10-05")


def edit_a_voucher(company: LivingCompany) -> None:
    posting = next(row for row in company.rows("Posting") if row["account"] == account(company))
    company.edit_posting(posting["id"], amount=posting["amount"] + 12_34, description="Rettet")


def account(company: LivingCompany) -> int:
    return company.account_id(7770)


def back_date_a_voucher_three_years(company: LivingCompany) -> None:
    company.back_date("2024-01-15")
    company.back_date("2023-11-15")


def delete_a_customer(company: LivingCompany) -> None:
    invoiced = {row["customer"] for row in company.rows("Invoice")}
    invoiced |= {row["customer"] for row in company.rows("Order")}
    invoiced |= {row["customer"] for row in company.rows("Project")}
    unused = [row["id"] for row in company.rows("Customer") if row["id"] not in invoiced]
    company.delete("Customer", unused[0])


def credit_an_invoice(company: LivingCompany) -> None:
    credited = {row["creditedInvoice"] for row in company.rows("Invoice")}
    open_ones = (row for row in company.rows("Invoice") if row["amountOutstanding"])
    invoice = next(row["id"] for row in open_ones if row["id"] not in credited)
    assert company.simulation
    company.simulation.sales.credit(invoice)
    company.version += 1
    assert invoice in {row["creditedInvoice"] for row in company.rows("Invoice")}


HAPPENINGS: tuple[Callable[[LivingCompany], None], ...] = (
    delete_a_voucher,
    move_a_voucher_to_another_month,
    edit_a_voucher,
    back_date_a_voucher_three_years,
    delete_a_customer,
    credit_an_invoice,
)


def truth(sandbox: Sandbox) -> dict[str, Rows]:
    """Return the rows of every stream as a tap without any state reads them now."""
    names = tuple(name for name, stream in BY_NAME.items() if stream.selected_by_default)
    warehouse = Warehouse(sandbox, names)
    warehouse.run()
    return {
        name: keyed(name, warehouse.connection.execute(f'SELECT * FROM "{name}_current"'))
        for name in names
        if name in warehouse.emitted
    }


def keyed(name: str, result: Any) -> Rows:
    """Return rows by their keys, their values in one form whatever the database."""
    columns = [column[0] for column in result.description]
    rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    for row in rows:
        del row["synced_at"]
        row.update({column: plain(value) for column, value in row.items()})
    key = table_of(BY_NAME[name]).key
    return {tuple(row[column] for column in key): row for row in rows}


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    if isinstance(value, str) and value[:1] in {"{", "["}:
        value = json.loads(value)
    if isinstance(value, dict | list):
        return nested(value)
    return None if value == "" else value  # target-duckdb makes it null


def nested(value: Any) -> Any:
    """Return a value inside an object, where a number may have become text."""
    if isinstance(value, dict):
        return {name: nested(inner) for name, inner in value.items() if inner not in (None, "")}
    if isinstance(value, list):
        return [nested(inner) for inner in value]
    try:
        return value if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return value


def staged(
    project: Project, postgres: Postgres, database: str, names: list[str]
) -> dict[str, Rows]:
    """Return the rows of the staging models."""
    if database == "duckdb":
        with duckdb.connect(str(project.folder / "books.duckdb"), read_only=True) as books:
            return {
                name: keyed(
                    name,
                    books.execute(f"FROM accounting_staging.stg_tripletex__{name}"),
                )
                for name in names
            }
    address = f"host=127.0.0.1 port={postgres.port} user=postgres dbname=postgres"
    with psycopg.connect(address) as books:
        return {
            name: keyed(
                name, books.execute(f"SELECT * FROM {SCHEMA}_staging.stg_tripletex__{name}")
            )
            for name in names
        }


def compare(found: dict[str, Rows], expected: dict[str, Rows]) -> None:
    for name, rows in expected.items():
        assert set(found[name]) == set(rows), name
        for key, row in rows.items():
            assert found[name][key] == row, (name, key)


@pytest.mark.parametrize("database", ["duckdb", "postgres"])
def test_the_models_follow_whatever_happens(
    project: Project, postgres: Postgres, database: str
) -> None:
    project.environment |= {**postgres.environment("current"), "DBT_POSTGRES_SCHEMA": SCHEMA}
    target, models = f"target-{database}", f"dbt-{database}"
    project.build(target, f"{models}:build")
    company = project.sandbox.company()
    for happen in HAPPENINGS:
        happen(company)
        project.build(target, f"{models}:marts", f"{models}:test-marts")
        expected = truth(project.sandbox)
        compare(staged(project, postgres, database, list(expected)), expected)

    project.sandbox.forbid("/ledger/voucher")
    project.run(target, code=1)
    project.sandbox.allow("/ledger/voucher")
    delete_a_voucher(company)
    project.build(target, f"{models}:marts", f"{models}:test-marts")
    expected = truth(project.sandbox)
    compare(staged(project, postgres, database, list(expected)), expected)
