"""Random histories of a company's books: whatever happens, the warehouse has the truth."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN, Fault, Sandbox
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox.world.living_company import LivingCompany

STREAMS = {
    "postings": ("Posting", "date"),  # windows
    "vouchers": ("Voucher", "date"),
    "order_lines": ("OrderLine", "order_date"),  # lines inside windows
    "customers": ("Customer", None),  # a list asked for twice, and by what has changed
    "suppliers": ("Supplier", None),
    "non_posted_vouchers": ("Voucher", None),  # such a list without pages
    "departments": ("Department", None),  # a plain list
    "employees": ("Employee", None),  # a list without checksum
    "supplier_invoices": ("SupplierInvoice", "invoice_date"),  # windows without checksum
    "project_participants": ("ProjectParticipant", None),  # lines inside a list
    "bank_transactions": ("BankTransaction", None),  # lines inside a list that is followed
    "project_subcontracts": ("ProjectSubContract", None),  # children
    "companies": ("Company", None),  # a single object
}
"""Streams by name, one at least of each strategy that keeps rows: entity and window."""

TOTALS = ("balance_sheet", "open_postings")
"""Streams of a period and of a snapshot, compared in their own way."""

FAULTS: tuple[Callable[[random.Random], Fault], ...] = (
    lambda r: Fault("expire_session", after=r.randrange(60)),
    lambda r: Fault("rate_limited", after=r.randrange(60), reset=True),
    lambda r: Fault("bad_gateway_html", after=r.randrange(60), times=r.randrange(1, 4)),
    lambda r: Fault("server_error_html", after=r.randrange(60), times=2),
    lambda r: Fault("cut", after=r.randrange(60), times=2),
    lambda r: Fault("truncated", after=r.randrange(60)),
    # Until the tap gives up: the stream fails, the next run reads it.
    lambda r: Fault("server_error_json", path=r.choice(PATHS), times=None),
    lambda r: Fault("forbidden", path=r.choice(PATHS), times=None),
)

PATHS = ("/ledger/posting", "/ledger/voucher", "/customer", "/order", "/bank/statement")


REGISTERS = {"Customer": "customers", "Supplier": "suppliers"}
"""Entities whose changes alone are read, and their streams."""

LONG = (1, 10, 1000)
"""Rows up to which a list is short: all lists are long, some are, none is."""

OVERLAPS = (timedelta(seconds=1), timedelta(minutes=10), timedelta(hours=6))
"""How far back changes are looked for: nothing but the last of them, some, many."""


class History:
    """One company, what happens to it, and a warehouse that follows.

    Attributes:
        ahead: seconds by which the company's time is later than the tap's.
        partial: how often customers or suppliers were read by what has changed alone.
        changed: registers with a change that their change logs tell, since the last check.
        touched: registers and ids with a change that no change log tells.
        excused: those of them that came together with one that was told: then the next whole
            reading shows them.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.ahead = 0.0
        self.short_rows = self.random.choice(LONG)
        self.overlap = self.random.choice(OVERLAPS)
        self.partial = 0
        self.changed: set[str] = set()
        self.touched: set[tuple[str, int]] = set()
        self.excused: set[tuple[str, int]] = set()
        self.sandbox = Sandbox(
            seed=self.random.randrange(1, 4),
            vouchers_per_day=0.02,
            rate_limit=None,
            clock=lambda: time.time() + self.ahead,
        )
        self.sandbox.sessions.now = time.time
        self.start = self.some_start()
        self.warehouse = Warehouse(
            self.sandbox,
            (*STREAMS, *TOTALS),
            start_date=self.start.isoformat(),
            future_days=400,
            full_refresh_days=self.random.choice([1, 3, 7, 0]),
            page_size=self.random.choice([7, 40, 100, 5000]),
            max_concurrency=self.random.choice([1, 4, 8]),
        )
        self.log: list[str] = []

    def some_start(self) -> date:
        day = self.sandbox.today - timedelta(days=self.random.randrange(100, 500))
        return day.replace(day=self.random.randrange(1, 28))

    @property
    def company(self) -> LivingCompany:
        return self.sandbox.company()

    def live(self, steps: int) -> None:
        """Let things happen, with a run after some of them, and check each run that succeeds."""
        module = "tap_tripletex.reading.changed_since"
        with (
            patch(f"{module}.SHORT_ROWS", self.short_rows),
            patch(f"{module}.OVERLAP", self.overlap),
        ):
            self._live(steps)

    def _live(self, steps: int) -> None:
        self.warehouse.run()
        self.check()
        for _ in range(steps):
            for _ in range(self.random.randrange(4)):
                self.happen()
            self.run_with_faults()
        self.sandbox.faults.clear()
        self.run()
        assert not self.warehouse.failed, self.log
        self.check()
        self.run()
        assert not self.excused, self.log  # nothing was late for longer than one quiet run
        self.check()

    def run_with_faults(self) -> None:
        self.sandbox.faults.clear()
        if self.random.random() < 0.4:
            self.sandbox.faults.append(self.random.choice(FAULTS)(self.random))
            self.log.append(f"fault {self.sandbox.faults[0].kind} {self.sandbox.faults[0].path}")
        self.random.choices(
            [
                self.run_with_fewer_rights,
                self.run_while_it_changes,
                self.run_without_windows,
                self.run,
            ],
            [15, 20, 15, 50],
        )[0]()
        if not self.warehouse.failed:
            self.sandbox.faults.clear()
            self.check()

    def run(self) -> None:
        self.log.append("run")
        self.sandbox.changed_since_works = self.random.random() > 0.2
        before = self.readings()
        self.warehouse.run()
        for entity, readings in self.readings().items():
            if readings > before[entity]:
                for ids in (self.touched, self.excused):
                    ids.difference_update([found for found in ids if found[0] == entity])
            elif not self.warehouse.failed and REGISTERS[entity] in self.warehouse.emitted:
                self.partial += 1

    def readings(self) -> dict[str, int]:
        """Return how often each register has been read whole."""
        table = "sync_windows WHERE stream = "
        return {e: self.count(f"{table}'{stream}'") for e, stream in REGISTERS.items()}

    def run_with_fewer_rights(self) -> None:
        """Run once with a token that does not see all vouchers: nothing may be called deleted."""
        self.sandbox.faults.clear()
        self.run()
        if self.warehouse.failed:
            return
        deleted = {name: self.count(f"{name}_deleted") for name in STREAMS}
        self.log.append("run with fewer rights")
        token = self.sandbox.add_employee_token(all_vouchers=False)
        self.warehouse.config |= {"consumer_token": CONSUMER_TOKEN, "employee_token": token}
        self.warehouse.run()
        assert {name: self.count(f"{name}_deleted") for name in STREAMS} == deleted, self.log
        self.warehouse.config |= {"employee_token": EMPLOYEE_TOKEN}
        self.run()

    def run_while_it_changes(self) -> None:
        """Book a voucher before one of the run's requests; it may be gone before the next run."""
        self.sandbox.faults.clear()
        handle, requests = self.sandbox.handle, count()
        last, vouchers = self.random.randrange(3, 80), []
        day = self.start + timedelta(
            days=self.random.randrange((self.sandbox.today - self.start).days)
        )

        def change_and_handle(*request: Any) -> Any:
            if next(requests) == last:
                vouchers.append(self.company.back_date(day.isoformat()))
            return handle(*request)

        self.sandbox.handle = change_and_handle  # type: ignore[method-assign]
        self.log.append(f"changed at request {last}")
        self.run()
        self.sandbox.handle = handle  # type: ignore[method-assign]
        if vouchers and self.random.random() < 0.7:
            self.log.append("changed back")
            self.company.delete_voucher(vouchers[0])
        self.run()

    def run_without_windows(self) -> None:
        """Run once without sync_windows: what is deleted is told by the next run."""
        self.log.append("run without windows")
        self.warehouse.windows = False
        self.warehouse.run()
        self.warehouse.windows = True
        self.run()

    def happen(self) -> None:
        """Let one thing happen."""
        event = self.random.choice(
            [
                self.edit,
                self.back_date,
                self.move,
                self.delete,
                self.post_ahead,
                self.rename,
                self.register,
                self.unregister,
                self.touch,
                self.take_from_inbox,
                self.day,
                self.move_start,
                self.outgrow,
            ]
        )
        self.ahead += self.random.choice([0, 1, 300, 4000])
        event()
        self.log.append(event.__name__)

    def edit(self) -> None:
        posting = self.random.choice(self.company.rows("Posting"))
        if self.random.random() < 0.5:
            self.company.edit_posting(posting["id"], description=f"Rettet {self.random.random()}")
        else:
            amount = posting["amount"] + self.random.randrange(1, 99)
            self.company.edit_posting(posting["id"], amount=amount)

    def back_date(self) -> None:
        days = self.random.randrange((self.sandbox.today - self.start).days)
        self.company.back_date((self.start + timedelta(days=days)).isoformat())

    def post_ahead(self) -> None:
        day = self.sandbox.today + timedelta(days=self.random.randrange(1, 390))
        self.company.post_voucher(day.isoformat(), [(6300, 50_000), (1920, -50_000)], "Leie")

    def move(self) -> None:
        voucher = self.voucher()
        days = self.random.randrange(-40, 300)
        day = max(self.start, self.sandbox.today - timedelta(days=days))
        self.company.move_voucher(voucher, day.isoformat())

    def delete(self) -> None:
        self.company.delete_voucher(self.voucher())

    def voucher(self) -> int:
        """Return a voucher within the dates that are read."""
        days = [self.start.isoformat(), self.horizon().isoformat()]
        vouchers = [v["id"] for v in self.company.rows("Voucher") if days[0] <= v["date"] < days[1]]
        return int(self.random.choice(vouchers))

    def rename(self) -> None:
        entity = self.random.choice([*REGISTERS, "Department", "Project"])
        self.changed |= {entity, "Customer"}
        row = self.random.choice(self.company.rows(entity))
        self.company.edit(entity, row["id"], name=f"Navn {self.random.random()}")
        employee = self.random.choice(self.company.rows("Employee"))
        self.company.edit("Employee", employee["id"], email=f"{self.random.random()}@example.no")
        customer = self.random.choice(self.company.rows("Customer"))
        self.company.edit("Customer", customer["id"], isInactive=self.random.random() < 0.5)

    def register(self) -> None:
        entity = self.random.choice([*REGISTERS])
        self.changed.add(entity)
        self.company.add(entity, name=f"Ny {self.random.random()}")

    def unregister(self) -> None:
        entity = self.random.choice([*REGISTERS])
        self.company.delete(entity, self.random.choice(self.company.rows(entity))["id"])

    def touch(self) -> None:
        """Change a row in a way that its change log does not tell."""
        entity = self.random.choice([*REGISTERS])
        row = self.random.choice(list(self.company.table(entity)))
        row["name"] = f"Uten spor {self.random.random()}"
        self.company.table(entity).touch(row["id"])
        self.touched.add((entity, row["id"]))
        self.company.version += 1

    def take_from_inbox(self) -> None:
        if self.company.inbox.rows:
            self.company.delete_voucher(self.random.choice(list(self.company.inbox.rows)))

    def day(self) -> None:
        """Let the company live on; the tap's clock stays, what is new is dated ahead of it."""
        self.changed |= {*REGISTERS}
        self.ahead += timedelta(days=1).total_seconds()
        self.sandbox.advance(self.sandbox.today + timedelta(days=1))

    def move_start(self) -> None:
        """Read from another day on."""
        self.start = self.some_start()
        self.warehouse.config["start_date"] = self.start.isoformat()

    def outgrow(self) -> None:
        """Book more vouchers than a page holds, in a month or in all of them."""
        day = self.start + timedelta(
            days=self.random.randrange((self.sandbox.today - self.start).days)
        )
        in_one_month = self.random.random() < 0.5
        for _ in range(min(self.warehouse.config["page_size"], 100)):
            if in_one_month:
                self.company.back_date(day.isoformat())
            else:
                self.back_date()

    def horizon(self) -> date:
        """Return a day before which everything is read."""
        return self.sandbox.today + timedelta(days=380)

    def check(self) -> None:
        """Compare the current rows with the truth, row by row."""
        start, end = self.start.isoformat(), self.horizon().isoformat()
        for name, (entity, window) in STREAMS.items():
            where = f" WHERE {window} >= '{start}' AND {window} < '{end}'" if window else ""
            found = self.warehouse.rows(f"SELECT id FROM {name}_current{where} ORDER BY 1")
            assert [id_ for (id_,) in found] == self.expected(name, entity, start, end), (
                name,
                self.log,
            )
        self.check_values(start, end)
        self.check_totals()

    def expected(self, name: str, entity: str, start: str, end: str) -> list[int]:
        company = self.company
        if name == "non_posted_vouchers":
            return sorted(company.inbox.rows)
        if name == "order_lines":
            orders = [o for o in company.rows("Order") if start <= o["orderDate"] < end]
            return sorted(line for order in orders for line in order["orderLines"])
        if name == "companies":
            return [company.id]
        if name == "project_participants":
            return sorted(p for project in company.rows("Project") for p in project["participants"])
        dates = {"Posting": "date", "Voucher": "date", "SupplierInvoice": "invoiceDate"}
        rows = self.employees() if entity == "Employee" else company.rows(entity)
        if entity in dates:
            rows = [row for row in rows if start <= row[dates[entity]] < end]
        return sorted(row["id"] for row in rows)

    def employees(self) -> list[dict[str, Any]]:
        """Return the employees that are not contact persons of customers."""
        return [row for row in self.company.rows("Employee") if not row["isContact"]]

    def check_values(self, start: str, end: str) -> None:
        found = self.warehouse.rows(
            "SELECT id, CAST(date AS VARCHAR), CAST(round(amount * 100) AS BIGINT), description "
            f"FROM postings_current WHERE date >= '{start}' AND date < '{end}' ORDER BY 1"
        )
        assert found == [
            (row["id"], row["date"], row["amount"], row["description"])
            for row in self.company.rows("Posting")
            if start <= row["date"] < end
        ], self.log
        self.check_registers()
        mails = self.warehouse.rows("SELECT id, email FROM employees_current ORDER BY 1")
        assert mails == [(row["id"], row["email"]) for row in self.employees()]

    def check_registers(self) -> None:
        """Compare customers and suppliers, but for changes that could not be told."""
        self.excused |= {found for found in self.touched if found[0] in self.changed}
        self.touched.clear()
        self.changed.clear()
        for entity, stream in REGISTERS.items():
            found = self.warehouse.rows(
                f"SELECT id, name, is_inactive FROM {stream}_current ORDER BY 1"
            )
            excused = {id_ for of, id_ in self.excused if of == entity}
            rows = [row for row in self.company.rows(entity) if row["id"] not in excused]
            assert [row for row in found if row[0] not in excused] == [
                (row["id"], row["name"], row["isInactive"]) for row in rows
            ], self.log

    def check_totals(self) -> None:
        after = date(self.start.year + (self.start.month == 12), self.start.month % 12 + 1, 1)
        truth = self.company.trial_balance(self.start.isoformat(), after.isoformat())
        found: dict[Any, Any] = dict(
            self.warehouse.rows(
                "SELECT account_id, CAST(round(balance_change * 100) AS BIGINT) "
                f"FROM balance_sheet_current WHERE start_date = '{self.start}'"
            )
        )
        assert {k: v for k, v in found.items() if v} == {k: v for k, v in truth.items() if v}
        today = max(self.warehouse.rows("SELECT as_of_date FROM open_postings_current"))[0]
        still_open = self.warehouse.rows(
            f"SELECT id FROM open_postings_current WHERE as_of_date = '{today}' ORDER BY 1"
        )
        day_after = (today + timedelta(days=1)).isoformat()
        assert [id_ for (id_,) in still_open] == sorted(self.company.open_postings(day_after))

    def count(self, table: str) -> int:
        return int(self.warehouse.rows(f"SELECT count(*) FROM {table}")[0][0])
