"""The tables of the report: what the queries give of each company."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from report.database import Database, Row

QUERIES = Path(__file__).parent / "queries"

TEXT, TERM, NUMBER, AMOUNT, HOURS = "text", "term", "number", "amount", "hours"
DAY, MONTH = "day", "month"
NUMERIC = (AMOUNT, HOURS)


@dataclass(frozen=True)
class Table:
    """A table of the report, made by the query of its name.

    Attributes:
        name: of the query.
        columns: by name, in order, and of which kind each is.
        summed: whether a last line adds up the amounts and hours.
    """

    name: str
    columns: dict[str, str]
    summed: bool = False


AGED = {
    "party": TEXT,
    "not_due": AMOUNT,
    "days_1_30": AMOUNT,
    "days_31_60": AMOUNT,
    "days_61_90": AMOUNT,
    "days_over_90": AMOUNT,
    "total": AMOUNT,
}

TABLES = (
    Table("checks", {"name": TERM, "here": AMOUNT, "against": AMOUNT, "difference": AMOUNT}),
    Table(
        "months",
        {
            "month": MONTH,
            "revenue": AMOUNT,
            "revenue_last_year": AMOUNT,
            "result": AMOUNT,
            "result_last_year": AMOUNT,
        },
        summed=True,
    ),
    Table(
        "profit_and_loss",
        {
            "line": TEXT,
            "result_of_month": AMOUNT,
            "result_year_to_date": AMOUNT,
            "result_last_year_to_date": AMOUNT,
            "budget_year_to_date": AMOUNT,
        },
    ),
    Table("balance", {"line": TEXT, "opening": AMOUNT, "closing": AMOUNT}),
    Table("receivables", AGED, summed=True),
    Table("payables", AGED, summed=True),
    Table(
        "liquidity",
        {
            "day": DAY,
            "opening": AMOUNT,
            "receipts": AMOUNT,
            "payments": AMOUNT,
            "vat": AMOUNT,
            "tax": AMOUNT,
            "wages": AMOUNT,
            "closing": AMOUNT,
        },
    ),
    Table("customers", {"customer": TEXT, "net": AMOUNT, "net_last_year": AMOUNT}, summed=True),
    Table(
        "projects",
        {"project": TEXT, "chargeable_hours": HOURS, "other_hours": HOURS, "hours": HOURS},
        summed=True,
    ),
    Table(
        "trial_balance",
        {
            "account_number": NUMBER,
            "account_name": TEXT,
            "account_balance": AMOUNT,
            "net_of_month": AMOUNT,
            "tripletex_net": AMOUNT,
            "difference": AMOUNT,
        },
        summed=True,
    ),
)


@dataclass(frozen=True)
class Company:
    """A company's books on a day.

    Attributes:
        company_id: Tripletex's number of it.
        name: its name; the number where the name is not known.
        today: the day that the books are looked at.
        month: first day of the month of that day.
        fiscal_year: as Tripletex numbers it.
        tables: rows by table.
    """

    company_id: int
    name: str
    today: dt.date
    month: dt.date
    fiscal_year: int
    tables: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def ties_out(self) -> bool:
        """Return whether something was compared, and nothing differs."""
        checks = self.tables["checks"]
        return bool(checks) and not any(check["difference"] for check in checks)


def companies_of(database: Database, language: str) -> list[Company]:
    """Read every table of every company, by name."""
    common = query("companies", language)
    companies = {
        row["company_id"]: Company(
            row["company_id"],
            row["company_name"] or str(row["company_id"]),
            row["today"],
            row["month"],
            row["fiscal_year"],
            {table.name: [] for table in TABLES},
        )
        for row in database.rows(common)
    }
    for table in TABLES:
        for row in database.rows(with_companies(query(table.name, language), common)):
            companies[row["company_id"]].tables[table.name].append(row)
    return sorted(companies.values(), key=lambda company: (company.name, company.company_id))


def query(name: str, language: str) -> str:
    """Return a query with the columns of a language."""
    text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    return text.replace("{language}", language)


def with_companies(text: str, common: str) -> str:
    """Return a query that may read from `companies`."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    rest = body.removeprefix("with ")
    return f"with companies as (\n{common})" + (f",\n{rest}" if rest != body else f"\n{body}")


def totals(table: Table, rows: list[Row]) -> Row:
    """Return the sums of the amounts and hours of rows, None where there is nothing to add."""
    return {
        name: sum(found)
        for name, kind in table.columns.items()
        if kind in NUMERIC and (found := [row[name] for row in rows if row[name] is not None])
    }
