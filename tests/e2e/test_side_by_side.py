from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tap_tripletex.sandbox import CONSUMER_TOKEN, Sandbox, serve

if TYPE_CHECKING:
    from tests.postgres import Postgres

ROOT = Path(__file__).parents[2]


def test_two_tokens_are_read_at_once_into_one_schema(postgres: Postgres, tmp_path: Path) -> None:
    sandbox = Sandbox(companies=3, vouchers_per_day=0.1, rate_limit=None)
    north, south, west = (company.id for company in sandbox.companies)
    opened = {"NORTH": [north, west], "SOUTH": [south]}
    companies = tmp_path / "companies.json"
    companies.write_text(json.dumps(opened))

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "orchestration" / "read.py"), *arguments],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(*started: subprocess.Popen[str]) -> None:
        outputs = [process.communicate(timeout=200)[0] for process in started]
        for process, output in zip(started, outputs, strict=True):
            assert process.returncode == 0, output[-6000:]

    with serve(sandbox) as server:
        environment = {
            **os.environ,
            **postgres.environment("clients_at_once"),
            "NORTH": sandbox.add_accountant_token([0, 2]),
            "SOUTH": sandbox.add_accountant_token([1]),
            "TAP_TRIPLETEX_CONSUMER_TOKEN": CONSUMER_TOKEN,
            "TAP_TRIPLETEX_API_URL": server.url,
            "TAP_TRIPLETEX__SELECT": json.dumps([f"{name}.*" for name in TABLES]),
            "TRIPLETEX_COMPANIES": str(companies),
            "MELTANO_DATABASE_URI": postgres.database("meltano_at_once"),
        }
        end(start("tables"))
        assert sandbox.requests == []
        end(start("NORTH"), start("SOUTH", str(south)))

    times = {
        company: [entry["time"] for entry in sandbox.requests if entry["company"] == company]
        for company in (north, south)
    }
    assert max(map(min, times.values())) < min(map(max, times.values())), "not at once"

    for company in sandbox.companies:
        rows = "SELECT account_id, sum(amount) FROM clients_at_once.postings WHERE company_id = %s"
        sums = dict(postgres.rows(f"{rows} GROUP BY 1", company.id))
        truth = company.trial_balance()
        assert sums == {account: Decimal(cents) / 100 for account, cents in truth.items()}
        for table, entity in TABLES.items():
            count = f"SELECT count(*) FROM clients_at_once.{table} WHERE company_id = %s"
            assert postgres.rows(count, company.id) == [(len(company.rows(entity)),)], table
    states = postgres.rows("SELECT state_id FROM state ORDER BY 1", dbname="meltano_at_once")
    assert [state.rpartition(":")[2] for (state,) in states] == [str(south), "NORTH"]


TABLES = {
    "accounts": "Account",
    "customers": "Customer",
    "invoices": "Invoice",
    "order_lines": "OrderLine",
    "postings": "Posting",
    "products": "Product",
    "suppliers": "Supplier",
    "timesheet_entries": "TimesheetEntry",
    "vouchers": "Voucher",
}
