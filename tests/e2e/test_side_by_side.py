from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tap_tripletex.sandbox import CONSUMER_TOKEN, Sandbox, serve
from tap_tripletex.sandbox.server.sessions import credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_tripletex.sandbox.answers.wire import Response
    from tests.postgres import Postgres

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 40  # less than the tap waits for an answer


class MeetingPlace(Sandbox):
    """Answers nobody's postings before both companies have been asked for theirs."""

    def meet(self, *companies: int) -> None:
        self.arrived = {str(company): threading.Event() for company in companies}
        self.met: list[bool] = []

    def handle(
        self,
        method: str,
        path_and_query: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        if path_and_query.startswith("/v2/ledger/posting?"):
            user, _ = credentials((headers or {})["Authorization"])
            if user in self.arrived:
                self.arrived[user].set()
                self.met += [event.wait(WAIT_SECONDS) for event in self.arrived.values()]
        return super().handle(method, path_and_query, headers, body)


def test_two_tokens_are_read_at_once_into_one_schema(postgres: Postgres, tmp_path: Path) -> None:
    sandbox = MeetingPlace(companies=3, vouchers_per_day=0.1, rate_limit=None)
    north, south, west = (company.id for company in sandbox.companies)
    sandbox.meet(north, south)
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

    assert len(sandbox.met) >= len(sandbox.arrived)
    assert all(sandbox.met), "not at once"

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
