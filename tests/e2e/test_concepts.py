from __future__ import annotations

import json
import re
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest

from tap_tripletex.sandbox import ACCOUNTANT_TOKEN, CONSUMER_TOKEN, Sandbox, serve
from tap_tripletex.sandbox.world.books import VAT_ACCOUNTS, Line, with_vat
from tests.e2e.conftest import ROOT, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tap_tripletex.sandbox.world.living_company import LivingCompany
    from tests.postgres import Postgres

    Row = tuple[Any, ...]
    Truth = Callable[[LivingCompany, date], Iterable[Row]]

PAGE = (ROOT / "docs" / "concepts.md").read_text()
QUERIES = {path.stem: path.read_text() for path in sorted((ROOT / "sql").glob("*.sql"))}
DATABASES = ("duckdb", "postgres")
SELECTED = (
    "accounts",
    "balance_sheet",
    "customers",
    "employees",
    "invoices",
    "open_postings",
    "payslip_specifications",
    "payslips",
    "postings",
    "projects",
    "salary_types",
    "suppliers",
    "timesheet_entries",
    "vat_types",
    "vouchers",
)
SETTLEMENT = "Mva-melding"
REVERSE_CHARGE = 34
DIRECT_OUTPUT = 4
OUTPUT_CODES = {3, 5, 6, 7, 31, 32, 51, 52}


@dataclass
class Loaded:
    """One world in both databases."""

    sandbox: Sandbox
    folder: Path
    run: dict[str, Callable[[str], list[Row]]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Loaded:
    folder = tmp_path_factory.mktemp("concepts")
    sandbox = Sandbox(rate_limit=None, companies=2)
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
                "MELTANO_DATABASE_URI": f"sqlite:///{folder}/meltano.db",
                "TARGET_DUCKDB_FILEPATH": str(folder / "books.duckdb"),
            },
        )
        project.run("target-duckdb")
        project.environment |= postgres.environment("concepts")
        project.run("target-postgres")
    return Loaded(
        sandbox, folder, {"duckdb": in_duckdb(folder), "postgres": in_postgres(postgres.port)}
    )


def in_duckdb(folder: Path) -> Callable[[str], list[Row]]:
    def rows(query: str) -> list[Row]:
        with duckdb.connect(str(folder / "books.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    return rows


def in_postgres(port: int) -> Callable[[str], list[Row]]:
    address = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"

    def rows(query: str) -> list[Row]:
        with psycopg.connect(address, options="-c search_path=concepts") as connection:
            return connection.execute(query.encode()).fetchall()

    return rows


def add_what_the_usual_days_lack(company: LivingCompany, today: date) -> None:
    """Book what is rare, and what lies on either side of a limit."""

    def book(days: int, *lines: Line) -> None:
        date_ = (today + timedelta(days=days)).isoformat()
        company.post_voucher(date_, [*lines, Line(1920, -sum(line.amount for line in lines))])

    project = company.rows("Project")[0]["id"]
    book(0, *with_vat(Line(4500, 80_001, 1, project=project)))
    book(45, Line(6790, 7_77, project=project))
    for days in (-400, 0):
        book(days, Line(3000, -50_00, project=project), Line(2990, -60_00))

    book(0, Line(2700, -123_45, DIRECT_OUTPUT))
    for amount in (2, 123_46):  # VAT of half an øre more than a whole one
        book(0, *with_vat(Line(6553, amount, REVERSE_CHARGE)))

    one, other, *_ = (row["id"] for row in company.rows("Customer"))
    for days in (0, 1, 30, 31, 60, 61, 90, 91):
        book(-days, Line(1500, -100_00 - days, customer=one))
    book(45, Line(1500, -70_000, customer=other))
    unpaid = [row for row in company.rows("Invoice") if row["amountOutstanding"]]
    company.edit_posting(unpaid[-1]["postings"][0], invoiceNumber="")
    first = {"customer": unpaid[0]["customer"], "invoice_number": str(unpaid[0]["invoiceNumber"])}
    book(0, Line(1500, -1_00, **first))

    payslip = company.rows("Payslip")[0]
    line = company.get("SalarySpecification", payslip["specifications"][0])
    extra = company.add("SalarySpecification", **{**line, "id": None, "amount": 100_00})
    lines = (*payslip["specifications"], extra)
    company.edit("Payslip", payslip["id"], specifications=lines)


def kroner(cents: int) -> Decimal:
    return Decimal(cents) / 100


def day_of(text: str) -> date:
    return date.fromisoformat(text)


def month_of(text: str) -> date:
    return day_of(text).replace(day=1)


def by_id(company: LivingCompany, entity: str) -> dict[int | None, dict[str, Any]]:
    return {row["id"]: row for row in company.rows(entity)}


def by_day(company: LivingCompany) -> list[dict[str, Any]]:
    return sorted(company.rows("Posting"), key=lambda row: (row["date"], row["id"]))


def last_if_none(*values: Any) -> list[tuple[bool, Any]]:
    return [(value is None, value or 0) for value in values]


def general_ledger(company: LivingCompany, _: date) -> Iterable[Row]:
    accounts, vouchers = by_id(company, "Account"), by_id(company, "Voucher")
    balances: Counter[Any] = Counter()
    for row in sorted(by_day(company), key=lambda row: accounts[row["account"]]["number"]):
        account = accounts[row["account"]]
        key = account["number"], row["date"][:4] if account["number"] >= 3000 else None
        balances[key] += row["amount"]
        yield (
            account["number"],
            account["name"],
            day_of(row["date"]),
            vouchers[row["voucher"]]["number"],
            row["description"] or None,
            kroner(row["amount"]),
            kroner(balances[key]),
        )


def ledger_of(party: str, account: int) -> Truth:
    def truth(company: LivingCompany, _: date) -> Iterable[Row]:
        parties, vouchers = by_id(company, party.capitalize()), by_id(company, "Voucher")
        found = [row for row in by_day(company) if row["account"] == company.account_id(account)]
        number = f"{party}Number"
        found.sort(key=lambda row: last_if_none(parties[row[party]][number], row[party]))
        balances: Counter[int] = Counter()
        for row in found:
            balances[row[party]] += row["amount"]
            yield (
                parties[row[party]][number],
                parties[row[party]]["name"],
                day_of(row["date"]),
                vouchers[row["voucher"]]["number"],
                row["invoiceNumber"] or None,
                row["description"] or None,
                kroner(row["amount"]),
                kroner(balances[row[party]]),
            )

    return truth


def open_today(company: LivingCompany, today: date) -> list[dict[str, Any]]:
    postings = by_id(company, "Posting")
    tomorrow = (today + timedelta(days=1)).isoformat()
    return [postings[identity] for identity in company.open_postings(tomorrow)]


def open_items(company: LivingCompany, today: date) -> Iterable[Row]:
    customers, suppliers = by_id(company, "Customer"), by_id(company, "Supplier")
    rows = []
    for row in open_today(company, today):
        if row["account"] == company.account_id(1500):
            party = customers[row["customer"]]
            head = ("customer", party["customerNumber"], party["name"])
        else:
            assert row["account"] == company.account_id(2400)
            party = suppliers[row["supplier"]]
            head = ("supplier", party["supplierNumber"], party["name"])
        rest = (row["invoiceNumber"] or None, row["description"] or None, kroner(row["amount"]))
        rows.append(((*head[:2], row["date"], row["id"]), (*head, day_of(row["date"]), *rest)))
    return [row for _, row in sorted(rows)]


def aged_receivables(company: LivingCompany, today: date) -> Iterable[Row]:
    customers = by_id(company, "Customer")
    invoices = company.rows("Invoice")
    due = {(row["customer"], str(row["invoiceNumber"])): row["invoiceDueDate"] for row in invoices}
    voucher_due = {row["voucher"]: row["invoiceDueDate"] for row in invoices}
    buckets: dict[int, list[int]] = defaultdict(lambda: [0] * 5)
    for row in open_today(company, today):
        if row["account"] == company.account_id(1500):
            day = due.get((row["customer"], row["invoiceNumber"]))
            day = day or voucher_due.get(row["voucher"]) or row["date"]
            late = (today - day_of(day)).days
            bucket = sum(late > limit for limit in (0, 30, 60, 90))
            buckets[row["customer"]][bucket] += row["amount"]
    for customer in sorted(buckets, key=lambda key: (customers[key]["customerNumber"], key)):
        head = customers[customer]["customerNumber"], customers[customer]["name"]
        cents = buckets[customer]
        yield (*head, *map(kroner, cents), kroner(sum(cents)))


def vat(company: LivingCompany, _: date) -> Iterable[Row]:
    """Return bases from the postings with the code, and VAT from the VAT accounts' postings."""
    kinds, vouchers = by_id(company, "VatType"), by_id(company, "Voucher")
    numbers = {row["id"]: row["number"] for row in company.rows("Account")}
    settlement = {row["id"]: row["name"] == SETTLEMENT for row in company.rows("VoucherType")}
    codes = {account: code for code, account in VAT_ACCOUNTS.items()}
    codes |= {2704: REVERSE_CHARGE, 2714: REVERSE_CHARGE}
    found: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in company.rows("Posting"):
        number, code = numbers[row["account"]], row["vatType"]
        term = int(row["date"][:4]), (int(row["date"][5:7]) + 1) // 2
        key = *term, code or codes.get(number)
        if code and code != DIRECT_OUTPUT:
            found[key][0] += -row["amount"] if code in OUTPUT_CODES else row["amount"]
        elif number in codes and not settlement.get(vouchers[row["voucher"]]["voucherType"]):
            found[key][1] -= row["amount"] * (number < 2710)
            found[key][2] += row["amount"] * (number >= 2710)
    for (year, term, code), sums in sorted(found.items()):
        yield year, term, kinds[code]["number"], kinds[code]["name"], *map(kroner, sums)


def months(last: date) -> list[date]:
    found = [date(2024, 1, 1)]
    while found[-1] <= last:
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return found


def profit_and_loss(company: LivingCompany, today: date) -> Iterable[Row]:
    accounts = sorted(company.rows("Account"), key=lambda row: row["number"])
    used = {(month_of(row["date"]), row["account"]) for row in company.rows("Posting")}
    ends = months(today + timedelta(days=800))
    for start, end in pairwise(ends):
        sums = company.trial_balance(start.isoformat(), end.isoformat())
        for row in accounts:
            if (start, row["id"]) in used and 3000 <= row["number"] < 9000:
                result = kroner(-sums[row["id"]])
                yield start, row["number"], row["name"], row["type"], result


def balance_sheet(company: LivingCompany, today: date) -> Iterable[Row]:
    accounts = sorted(company.rows("Account"), key=lambda row: row["number"])
    ends = months(today + timedelta(days=400))
    for start, end in pairwise(ends):
        sums = company.trial_balance(None, end.isoformat())
        for row in accounts:
            if row["number"] < 3000 and sums.get(row["id"]):
                yield start, row["number"], row["name"], kroner(sums[row["id"]])
        result = sum(sums.get(row["id"], 0) for row in accounts if row["number"] >= 3000)
        yield start, None, "Result, not yet allocated", kroner(result)


def project_economy(company: LivingCompany, _: date) -> Iterable[Row]:
    """Return what was invoiced from the invoices of the projects' orders, not from the ledger."""
    numbers = {row["id"]: row["number"] for row in company.rows("Account")}
    orders, invoices = by_id(company, "Order"), by_id(company, "Invoice")
    hours: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for row in company.rows("TimesheetEntry"):
        sums = hours[row["project"]]
        hours[row["project"]] = [
            sums[0] + Decimal(str(row["hours"])),
            sums[1] + Decimal(str(row["chargeableHours"])),
        ]
    invoiced: Counter[Any] = Counter()
    for row in invoices.values():
        credited = invoices.get(row["creditedInvoice"], row)
        for order in credited["orders"]:
            invoiced[orders[order]["project"]] += row["amountExcludingVat"]
    costs: Counter[Any] = Counter()
    for row in company.rows("Posting"):
        if 4000 <= numbers[row["account"]] < 9000:
            costs[row["project"]] += row["amount"]
    for row in company.rows("Project"):
        key = row["id"]
        yield row["number"], row["name"], *hours[key], kroner(invoiced[key]), kroner(costs[key])


def hours(company: LivingCompany, _: date) -> Iterable[Row]:
    employees, projects = by_id(company, "Employee"), by_id(company, "Project")
    found: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for row in company.rows("TimesheetEntry"):
        key = month_of(row["date"]), row["employee"], row["project"]
        added = Decimal(str(row["hours"])), Decimal(str(row["chargeableHours"]))
        found[key] = [found[key][0] + added[0], found[key][1] + added[1]]
    for key in sorted(found, key=lambda key: (*key[:2], *last_if_none(key[2]))):
        month, employee, project = key
        of = projects.get(project, {"number": None, "name": None})
        name = employees[employee]["displayName"]
        yield month, name, of["number"], of["name"], *found[key]


def payroll(company: LivingCompany, _: date) -> Iterable[Row]:
    kinds = by_id(company, "SalaryType")
    sums: Counter[Any] = Counter()
    employees: dict[Any, set[int]] = defaultdict(set)
    for row in company.rows("SalarySpecification"):
        kind = kinds[row["salaryType"]]
        key = date(row["year"], row["month"], 1), kind["number"], kind["name"]
        sums[key] += row["amount"]
        employees[key].add(row["employee"])
    for key in sorted(sums):
        yield *key, len(employees[key]), kroner(sums[key])


TRUTHS: dict[str, Truth] = {
    "general_ledger": general_ledger,
    "customer_ledger": ledger_of("customer", 1500),
    "supplier_ledger": ledger_of("supplier", 2400),
    "open_items": open_items,
    "aged_receivables": aged_receivables,
    "vat": vat,
    "profit_and_loss": profit_and_loss,
    "balance_sheet": balance_sheet,
    "project_economy": project_economy,
    "hours": hours,
    "payroll": payroll,
}


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("database", DATABASES)
def test_a_query_gives_what_the_company_knows(loaded: Loaded, database: str, name: str) -> None:
    rows = loaded.run[database](QUERIES[name])
    companies = sorted(loaded.sandbox.companies, key=lambda company: company.id)
    assert rows == [
        (company.id, *row)
        for company in companies
        for row in TRUTHS[name](company, loaded.sandbox.today)
    ]
    assert {row[0] for row in rows} == {company.id for company in companies}


@pytest.mark.parametrize("name", TRUTHS)
def test_both_databases_give_the_same_rows(loaded: Loaded, name: str) -> None:
    duckdb_rows, postgres_rows = (loaded.run[database](QUERIES[name]) for database in DATABASES)
    assert duckdb_rows == postgres_rows
    types = [{tuple(map(type, row)) for row in rows} for rows in (duckdb_rows, postgres_rows)]
    assert types[0] == types[1]


@pytest.mark.parametrize("database", DATABASES)
def test_the_concepts_agree_with_each_other(loaded: Loaded, database: str) -> None:
    def total(name: str, column: str, where: str = "true") -> Decimal:
        query = QUERIES[name].rstrip(";\n")
        text = f"SELECT sum({column}) FROM ({query}) AS concept WHERE {where}"
        found: Decimal = loaded.run[database](text)[0][0]
        return found

    assert total("general_ledger", "amount") == 0
    assert total("balance_sheet", "balance") == 0
    for ledger, account in (("customer_ledger", 1500), ("supplier_ledger", 2400)):
        assert total(ledger, "amount") == total("general_ledger", "amount", f"account = {account}")
    open_to_customers = total("open_items", "amount", "ledger = 'customer'")
    assert open_to_customers == total("aged_receivables", "total") != 0


@pytest.mark.parametrize("name", ["open_items", "aged_receivables"])
def test_what_was_open_earlier_today_is_not_open_now(
    loaded: Loaded, tmp_path: Path, name: str
) -> None:
    now = loaded.run["duckdb"](QUERIES[name])
    shutil.copy(loaded.folder / "books.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "books.duckdb")) as connection:
        connection.execute("""
            INSERT INTO open_postings
            SELECT * REPLACE (-id AS id, '2024-01-01T00:00:00' AS synced_at) FROM open_postings
        """)
    assert in_duckdb(tmp_path)(QUERIES[name]) == now


def test_companies_that_share_every_id_do_not_mix(loaded: Loaded, tmp_path: Path) -> None:
    shutil.copy(loaded.folder / "books.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "books.duckdb")) as connection:
        for table in SELECTED:
            twin = f"SELECT * REPLACE (-company_id AS company_id) FROM {table}"
            connection.execute(f"INSERT INTO {table} {twin}")
    both = in_duckdb(tmp_path)
    for name in TRUTHS:
        alone, found = loaded.run["duckdb"](QUERIES[name]), both(QUERIES[name])
        assert [row for row in found if row[0] > 0] == alone, name
        twins = sorted((row[0], tuple(map(str, row))) for row in found if row[0] < 0)
        assert twins == sorted((-row[0], (str(-row[0]), *map(str, row[1:]))) for row in alone), name


def test_every_concept_is_tested_and_explained() -> None:
    assert set(QUERIES) == {*TRUTHS, "trial_balance"}
    for name in TRUTHS:
        assert f"```sql\n{QUERIES[name]}```" in PAGE, name
        assert f"(../sql/{name}.sql)" in PAGE, name


@pytest.mark.parametrize("name", TRUTHS)
def test_a_concept_names_the_tables_that_it_reads(name: str) -> None:
    query = QUERIES[name]
    own = set(re.findall(r"(\w+) AS \(\n", query))
    read = set(re.findall(r"(?:FROM|JOIN) ([a-z]\w*)", query)) - own
    comment = " ".join(line for line in query.splitlines() if line.startswith("-- "))
    line = next(line for line in PAGE.splitlines() if f"(../sql/{name}.sql)" in line)
    assert read <= set(SELECTED)
    assert read <= set(re.findall(r"\w+", comment))
    assert set(re.findall(r"`(\w+)`", line)) == read
