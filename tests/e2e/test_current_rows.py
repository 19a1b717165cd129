"""After whatever happens in Tripletex, the staging models are its truth and the books tie out.

The tap runs here, once for both databases; the loaders and dbt are processes, set up as in
``meltano.yml``. Staging models are views: dbt makes them once, and they are compared after each
happening. The accounting models, which are tables, are made and tested after some.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import yaml

from tap_tripletex.commands.current_rows import table_of
from tap_tripletex.rows.decimals import AMOUNT, QUANTITY
from tap_tripletex.sandbox import CONSUMER_TOKEN, Sandbox
from tap_tripletex.streams import BY_NAME
from tap_tripletex.tap import TapTripletex
from tests.conftest import mounted
from tests.e2e.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tap_tripletex.commands.current_rows import Table
    from tap_tripletex.sandbox.world.living_company import LivingCompany
    from tests.postgres import Postgres

    Row = dict[str, Any]
    Rows = dict[tuple[Any, ...], Row]

PLUGINS = ROOT / ".meltano"
PROJECT = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]
SCHEMA = "current"
MODELS = "accounting_current"
ACCOUNTING = ("path:models/marts", "path:models/intermediate")
WITHOUT = ("--exclude-resource-types",)
TABLES = {name: table_of(stream) for name, stream in BY_NAME.items() if not stream.include}


def settings(loader: str) -> dict[str, Any]:
    """Return the settings of a loader in meltano.yml."""
    (found,) = (entry for entry in PROJECT["loaders"] if entry["name"] == loader)
    return {entry["name"]: entry["value"] for entry in found["settings"] if "value" in entry}


@dataclass
class Books:
    """A database of a loader's, and the models in it."""

    name: str
    folder: Path
    config: dict[str, Any]
    environment: dict[str, str]
    connect: Callable[[], Any]
    models: str

    def load(self, messages: bytes) -> None:
        config = self.folder / f"{self.name}.json"
        config.write_text(json.dumps(settings(f"target-{self.name}") | self.config))
        target = (
            PLUGINS / "loaders" / f"target-{self.name}" / "venv" / "bin" / f"target-{self.name}"
        )
        self._run(messages, target, "--config", config)

    def make(self, *selected: str) -> None:
        """Make and test models with dbt."""
        dbt = PLUGINS / "utilities" / f"dbt-{self.name}" / "venv" / "bin" / "dbt"
        profiles = ROOT / "transform" / "profiles" / self.name
        self._run(b"", dbt, "--quiet", "build", "--profiles-dir", profiles, *selected)

    def tie_out(self) -> None:
        """Make the accounting models and run their tests."""
        self.make("--select", *ACCOUNTING, "test_type:singular", *WITHOUT, "unit_test")

    def _run(self, input_: bytes, *command: str | Path) -> None:
        done = subprocess.run(
            command,
            cwd=ROOT / "transform",
            env={**os.environ, **self.environment},
            input=input_,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout.decode()[-6000:]

    def add_up(self, expected: dict[int, int]) -> None:
        """Hold the sum of each account's postings against hundredths: decimals, all of them."""
        postings = f"{self.models}_staging.stg_tripletex__postings"
        types = (
            "SELECT numeric_precision, numeric_scale FROM information_schema.columns WHERE "
            f"table_schema = '{self.models}_staging' AND column_name = 'amount' "
            "AND table_name = 'stg_tripletex__postings'"
        )
        sums = f"SELECT account_id, sum(amount) FROM {postings} GROUP BY account_id"
        with contextlib.closing(self.connect()) as connection:
            assert connection.execute(types).fetchall() == [AMOUNT]
            found = dict(connection.execute(sums).fetchall())
        assert {type(total) for total in found.values()} == {Decimal}
        assert found == {account: Decimal(cents) / 100 for account, cents in expected.items()}

    def compare(self, expected: dict[str, Rows]) -> None:
        """Hold each staging model against the rows that there are."""
        connection = self.connect()
        with contextlib.closing(connection):
            for name, rows in expected.items():
                model = f"{self.models}_staging.stg_tripletex__{name}"
                result = connection.execute(f"SELECT * FROM {model}")
                columns = [column[0] for column in result.description]
                found = (dict(zip(columns, row, strict=True)) for row in result.fetchall())
                assert keyed(TABLES[name], map(plain_row, found)) == rows, (self.name, name)


@dataclass
class Tap:
    """The tap, run here, with the state that it goes on from."""

    sandbox: Sandbox
    config: dict[str, Any] = field(default_factory=lambda: {"api_url": "sandbox://"})
    state: Any = None

    def run(self) -> bytes:
        """Return the messages of a run."""
        tap = mounted(TapTripletex(config=self.config, state=self.state), self.sandbox)
        output = io.BytesIO()
        text = io.TextIOWrapper(output, "utf-8", write_through=True)
        with contextlib.redirect_stdout(text):
            tap.run()
            tap.close()
        messages = output.getvalue()
        last = messages[messages.rindex(b'{"type":"STATE"') :]
        self.state = json.loads(last)["value"]
        return messages


def truth(sandbox: Sandbox) -> dict[str, Rows]:
    """Return the rows of every stream as a tap without any state reads them now."""
    records: dict[str, list[Row]] = {name: [] for name in TABLES}
    for line in Tap(sandbox).run().splitlines():
        if line.startswith(b'{"type":"RECORD"'):
            message = json.loads(line, parse_float=Decimal)
            if table := TABLES.get(message["stream"]):
                records[table.name].append(typed(table, message["record"]))
    return {name: keyed(TABLES[name], rows) for name, rows in records.items() if rows}


def keyed(table: Table, rows: Any) -> Rows:
    return {tuple(row[column] for column in table.key): row for row in rows}


def typed(table: Table, record: Row) -> Row:
    """Return a record with the values that its columns have in a staging model."""
    made = {name: TYPED[kind](record.get(name)) for name, kind in table.columns.items()}
    return plain_row({name: made[name] for name in table.columns})


def rounded(decimals: tuple[int, int]) -> Callable[[Any], Any]:
    unit = Decimal(1).scaleb(-decimals[1])
    return lambda value: None if value is None else Decimal(value).quantize(unit, ROUND_HALF_UP)


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", ""))


TYPED: dict[str, Callable[[Any], Any]] = {
    "integer": lambda value: value,
    "boolean": lambda value: value,
    "text": lambda value: value,
    "json": lambda value: value,
    "amount": rounded(AMOUNT),
    "quantity": rounded(QUANTITY),
    "date": lambda text: None if text is None else date.fromisoformat(text),
    "timestamp": moment,
}


def plain_row(row: Row) -> Row:
    """Return a row without when it was read, its values in one form whatever the database."""
    return {name: plain(value) for name, value in row.items() if name != "synced_at"}


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


def delete_a_voucher(company: LivingCompany) -> None:
    booked = (row for row in company.rows("Posting") if row["account"] == company.account_id(1500))
    company.delete_voucher(list(booked)[40]["voucher"])


def move_a_voucher_to_another_month(company: LivingCompany) -> None:
    company.move_voucher(company.rows("Voucher")[31]["id"], "2026-10-05")


def edit_a_voucher(company: LivingCompany) -> None:
    """Book two postings of a voucher with another amount and another text."""
    by_voucher: dict[int, list[Row]] = {}
    for row in company.rows("Posting"):
        by_voucher.setdefault(row["voucher"], []).append(row)
    cost = company.account_id(7770)
    lines = next(rows for rows in by_voucher.values() if cost in [row["account"] for row in rows])
    for sign, row in zip((1, -1), (lines[0], lines[-1]), strict=True):
        company.edit_posting(row["id"], amount=row["amount"] + sign * 12_34, description="Rettet")


def back_date_a_voucher_three_years(company: LivingCompany) -> None:
    company.back_date("2023-11-15")


def delete_a_customer(company: LivingCompany) -> None:
    used = {
        row["customer"] for name in ("Invoice", "Order", "Project") for row in company.rows(name)
    }
    unused = [row["id"] for row in company.rows("Customer") if row["id"] not in used]
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
TIED_OUT_AFTER = (credit_an_invoice,)  # all that has happened by then is in the books


def books_of(folder: Path, postgres: Postgres) -> list[Books]:
    address = f"host=127.0.0.1 port={postgres.port} user=postgres dbname=postgres"
    server = {"host": "127.0.0.1", "port": postgres.port, "user": "postgres"}
    path = str(folder / "books.duckdb")

    def places(name: str) -> dict[str, str]:
        return {"DBT_TARGET_PATH": f"{folder}/{name}/target", "DBT_LOG_PATH": f"{folder}/{name}"}

    return [
        Books(
            "duckdb",
            folder,
            {"filepath": path},
            {**places("duckdb"), "TARGET_DUCKDB_FILEPATH": path},
            lambda: duckdb.connect(path, read_only=True),
            "accounting",
        ),
        Books(
            "postgres",
            folder,
            {**server, "password": "postgres", "database": "postgres"}
            | {"default_target_schema": SCHEMA},
            {
                **places("postgres"),
                **postgres.environment(SCHEMA),
                "DBT_POSTGRES_SCHEMA": MODELS,
            },
            lambda: psycopg.connect(address),
            MODELS,
        ),
    ]


def test_the_models_follow_whatever_happens(tmp_path: Path, postgres: Postgres) -> None:
    sandbox = Sandbox(rate_limit=None)
    company, tap = sandbox.company(), Tap(sandbox)
    both = books_of(tmp_path, postgres)

    def follow(expected: dict[str, Rows], *steps: Callable[[Books], None]) -> None:
        messages = tap.run()

        def one(books: Books) -> None:
            books.load(messages)
            for step in steps:
                step(books)
            books.compare(expected)
            books.add_up(company.trial_balance())

        with ThreadPoolExecutor() as pool:
            list(pool.map(one, both))

    def make_views(books: Books) -> None:
        books.make("--exclude", *ACCOUNTING, *WITHOUT, "test", "unit_test")

    follow(truth(sandbox), make_views)
    for happen in HAPPENINGS:
        happen(company)
        expected = truth(sandbox)
        follow(expected, *([Books.tie_out] if happen in TIED_OUT_AFTER else []))

    # Rights and the state that knows of them are lost at the same time.
    rights = ["AUTH_PROJECT_MANAGER_COMPANY"]
    fewer = sandbox.add_employee_token(all_vouchers=False, lacks=rights)
    whole, tap.state = tap.config, None
    tap.config = {**whole, "consumer_token": CONSUMER_TOKEN, "employee_token": fewer}
    sandbox.forbid("/customer")
    follow(expected)
    sandbox.allow("/customer")
    tap.config = whole
    delete_a_voucher(company)
    follow(truth(sandbox), Books.tie_out)
