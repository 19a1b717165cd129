"""Marts with a few made-up rows, as dbt would leave them, in a DuckDB file."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, Any]]

TODAY = dt.date(2026, 11, 26)
TYPES = {Decimal: "DECIMAL(18, 2)", dt.date: "DATE", int: "BIGINT", str: "VARCHAR"}
ODD_NAME = "=1+1 </script><b>Bø & Sønn</b>"


def write(path: Path, companies: dict[int, str], off: Decimal = Decimal(0), times: int = 1) -> Path:
    """Write the marts of companies.

    Args:
        path: of the file.
        companies: names by id.
        off: what one account differs from Tripletex by.
        times: what all amounts are multiplied with.
    """
    made: dict[str, Rows] = {}
    for company_id, name in companies.items():
        # The second company's fiscal year begins in July.
        first_month = 1 if company_id == min(companies) else 7
        for mart, rows in marts(name, first_month, off).items():
            made.setdefault(mart, []).extend({"company_id": company_id, **row} for row in rows)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA accounting")
        connection.execute("USE accounting")
        for mart, rows in made.items():
            columns = {
                column: TYPES[next(type(r[column]) for r in rows if r[column] is not None)]
                for column in rows[0]
            }
            definitions = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"CREATE TABLE {mart} ({definitions})")
            places = ", ".join("?" for _ in columns)
            values = [
                [cell * times if isinstance(cell, Decimal) else cell for cell in row.values()]
                for row in rows
            ]
            connection.executemany(f"INSERT INTO {mart} VALUES ({places})", values)
    return path


def marts(name: str, first_month: int, off: Decimal) -> dict[str, Rows]:
    """Return the marts that the report reads, of one company."""
    months = [dt.date(year, month, 1) for year in (2025, 2026) for month in range(1, 13)]
    return {
        "dim_period": [period(month, first_month) for month in months],
        "group_consolidated": [{"company_name": name}],
        "dim_account": [
            {"account_id": 1500, "ledger_type": "CUSTOMER"},
            {"account_id": 2400, "ledger_type": "VENDOR"},
            {"account_id": 3000, "ledger_type": "GENERAL"},
        ],
        "general_ledger": [
            posting(1, "2026-10-05", 1500, "1250.50"),
            posting(1, "2026-10-05", 3000, "-1250.50"),
            posting(2, "2026-11-06", 2400, "-300"),
            posting(2, "2026-11-06", 3000, "300"),
        ],
        "general_ledger_by_period": [
            {"month": months[0], "account_id": 1500, "opening": Decimal(0)},
        ],
        "trial_balance": [
            account(1500, "Kundefordringer", "1250.50", "0", "0", Decimal(0)),
            account(2400, "Leverandørgjeld", "-300", "-300", "-300", off),
            account(3000, "Salgsinntekt", "-950.50", "300", "300", Decimal(0)),
        ],
        "profit_and_loss": [
            line
            for month in months[12:]
            for line in (
                result(month, "operating_income", "Salgsinntekt", 310, 1234567, 1000000),
                result(month, "operating_expenses", "Varekostnad", 410, -1300000, -400000),
            )
        ],
        "balance_sheet": [
            balance("current_assets", "Kundefordringer", 150, "1250.50"),
            balance("equity", "Udisponert resultat i år", 229, "-950.50"),
            balance("short_term_debt", "Leverandørgjeld", 260, "-300"),
        ],
        "aged_receivables": [aged("customer", 1, ODD_NAME, "1000.00", "250.50")],
        "aged_payables": [aged("supplier", 2, "Strøm AS", "-300.00", "0")],
        "vat_reconciliation": [
            {"payable": Decimal(60), "booked": Decimal(60), "difference": Decimal(0)}
        ],
        "liquidity_30_days": [cash(number) for number in range(31)],
        "sales": [
            sale(ODD_NAME, 1, dt.date(2026, 10, 1), "1250.50"),
            sale(ODD_NAME, 2, dt.date(2026, 9, 1), "900"),
            sale("Gammel kunde AS", 3, dt.date(2025, 10, 1), "500"),
        ],
        "hours": [
            work(None, None, "7.5", "0"),
            work(7, ODD_NAME, "20", "12.5"),
        ],
    }


def period(month: dt.date, first_month: int) -> dict[str, Any]:
    year = month.year if month.month >= first_month else month.year - 1
    return {
        "month": month,
        "fiscal_year": year,
        "fiscal_year_start": dt.date(year, first_month, 1),
    }


def posting(voucher: int, date: str, account_id: int, amount: str) -> dict[str, Any]:
    return {
        "voucher_id": voucher,
        "date": dt.date.fromisoformat(date),
        "account_id": account_id,
        "amount": Decimal(amount),
    }


def account(  # noqa: PLR0913, PLR0917 - columns
    number: int, name: str, closing: str, net: str, tripletex_net: str, difference: Decimal
) -> dict[str, Any]:
    return {
        "month": TODAY.replace(day=1),
        "account_number": number,
        "account_name": name,
        "closing": Decimal(closing),
        "net": Decimal(net),
        "tripletex_net": Decimal(tripletex_net),
        "difference": difference,
    }


def result(  # noqa: PLR0913, PLR0917 - columns
    month: dt.date, section: str, name: str, order: int, now: int, before: int
) -> dict[str, Any]:
    return {
        "month": month,
        "dimension": "company",
        "section": section,
        "line_order": order,
        "line_name_nb": name,
        "line_name_en": f"{name} (en)",
        "result": Decimal(now),
        "result_last_year": Decimal(before),
        "result_year_to_date": Decimal(now * month.month),
        "result_last_year_to_date": Decimal(before * month.month),
        "budget_year_to_date": Decimal(0),
    }


def balance(section: str, name: str, order: int, closing: str) -> dict[str, Any]:
    return {
        "month": TODAY.replace(day=1),
        "section": section,
        "line_order": order,
        "line_name_nb": name,
        "line_name_en": f"{name} (en)",
        "opening": Decimal(0),
        "closing": Decimal(closing),
    }


def aged(party: str, number: int, name: str, not_due: str, late: str) -> dict[str, Any]:
    return {
        "as_of_day": TODAY,
        f"{party}_id": number,
        f"{party}_name": name,
        "not_due": Decimal(not_due),
        "days_1_30": Decimal(late),
        "days_31_60": Decimal(0),
        "days_61_90": Decimal(0),
        "days_over_90": Decimal(0),
        "total": Decimal(not_due) + Decimal(late),
    }


def cash(number: int) -> dict[str, Any]:
    none = Decimal(0)
    return {
        "day": TODAY + dt.timedelta(days=number),
        "opening": Decimal(5000 - 100 * number),
        "receipts": none,
        "payments": Decimal(-100),
        "vat": none,
        "tax": none,
        "wages": none,
        "closing": Decimal(4900 - 100 * number),
    }


def sale(name: str, number: int, month: dt.date, net: str) -> dict[str, Any]:
    return {"customer_id": number, "customer_name": name, "month": month, "net": Decimal(net)}


def work(number: int | None, name: str | None, hours: str, chargeable: str) -> dict[str, Any]:
    return {
        "project_id": number,
        "project_name": name,
        "date": dt.date(2026, 10, 12),
        "hours": Decimal(hours),
        "chargeable_hours": Decimal(chargeable),
    }
