"""Random histories of a company's books: whatever happens, the warehouse has the truth."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN, Fault, Sandbox
from tests.interruptions import failing, signalled, signalled_while_writing, to_the_end
from tests.mishaps import FAULTS
from tests.truth import REGISTERS, STREAMS, TOTALS, Truth
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tap_tripletex.sandbox.world.living_company import LivingCompany
    from tests.interruptions import Way

LONG = (1, 10, 1000)
"""Rows up to which a list is short: all lists are long, some are, none is."""

OVERLAPS = (timedelta(seconds=1), timedelta(minutes=10), timedelta(hours=6))
"""How far back changes are looked for: nothing but the last of them, some, many."""

HOUR = timedelta(hours=1).total_seconds()

OPENS_PROJECTS = "AUTH_PROJECT_MANAGER_COMPANY"
"""Entitlement to see all projects."""

ASSETS = "FIXED_ASSETS_REGISTER"
"""Module that opens `asset_postings`."""


class History:
    """One company, what happens to it, and a warehouse that follows.

    Attributes:
        ahead: seconds by which the company's time is later than the tap's.
        partial: how often customers or suppliers were read by what has changed alone.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.ahead = 0.0
        self.short_rows = self.random.choice(LONG)
        self.overlap = self.random.choice(OVERLAPS)
        self.partial = 0
        self.sandbox = Sandbox(
            seed=self.random.randrange(1, 4),
            vouchers_per_day=0.02,
            rate_limit=None,
            clock=lambda: time.time() + self.ahead,
        )
        self.sandbox.sessions.now = time.time
        start = self.some_start()
        self.warehouse = Warehouse(
            self.sandbox,
            (*STREAMS, *TOTALS),
            start_date=start.isoformat(),
            consumer_token=CONSUMER_TOKEN,
            employee_token=EMPLOYEE_TOKEN,
            future_days=400,
            full_refresh_days=self.random.choice([1, 3, 7, 0]),
            page_size=self.random.choice([7, 40, 100, 5000]),
            max_concurrency=self.random.choice([1, 4, 8]),
        )
        self.truth = Truth(self.sandbox, self.warehouse, start)
        self.log: list[str] = []

    def some_start(self) -> date:
        day = self.sandbox.today - timedelta(days=self.random.randrange(100, 500))
        return day.replace(day=self.random.randrange(1, 28))

    @property
    def company(self) -> LivingCompany:
        return self.sandbox.company()

    def live(self, steps: int) -> None:
        """Let things happen, with a run after some of them, and check each run."""
        module = "tap_tripletex.reading.changed_since"
        with (
            patch(f"{module}.SHORT_ROWS", self.short_rows),
            patch(f"{module}.OVERLAP", self.overlap),
        ):
            self._live(steps)

    def _live(self, steps: int) -> None:
        if self.random.random() < 0.2:
            self.run_that_ends_early()
        self.run_quietly()
        lost = self.random.randrange(steps * 4)
        for step in range(steps):
            for _ in range(self.random.randrange(4)):
                self.happen()
            if step == lost:
                self.random.choice([self.lose_vouchers, self.lose_assets])()
            self.run_with_faults()
        self.run_quietly()
        self.run_quietly()
        assert not self.truth.excused  # nothing was late for longer than one quiet run

    def run_quietly(self) -> None:
        """Run when nothing is wrong any more."""
        self.sandbox.faults.clear()
        self.run()
        assert not self.warehouse.failed, self.warehouse.reasons
        self.truth.check()

    def run_with_faults(self) -> None:
        faults = [self.random.choice(FAULTS)(self.random)] if self.random.random() < 0.4 else []
        runs = [
            self.run_with_fewer_rights,
            self.run_while_it_changes,
            self.run_without_windows,
            self.run_without_state_and_right,
            self.run_on_a_wrong_clock,
            self.run_that_ends_early,
            self.run,
        ]
        self.run_with(faults, self.random.choices(runs, [10, 15, 10, 5, 10, 15, 35])[0])

    def run_with(self, faults: list[Fault], run: Callable[[], None]) -> None:
        """Run in a way while things go wrong, and compare if it succeeded nevertheless."""
        self.log += [f"fault {fault}" for fault in faults]
        self.sandbox.faults[:] = faults
        run()
        self.sandbox.faults.clear()
        lacking = any(fault.kind == "missing_row" and fault.fired for fault in faults)
        self.truth.unproven = {"postings"} if lacking else set()
        if not self.warehouse.failed:
            self.truth.check()
        self.truth.unproven.clear()

    def run(self, way: Way = to_the_end, lines: int | None = None) -> None:
        self.sandbox.changed_since_works = self.random.random() > 0.2
        before = self.readings()
        self.warehouse.run(way, lines)
        self.log.append(f"run, failed {self.warehouse.reasons}" * self.warehouse.failed or "run")
        for entity, readings in self.readings().items():
            if readings > before[entity]:
                self.truth.whole(entity)
            elif not self.warehouse.failed and REGISTERS[entity] in self.warehouse.emitted:
                self.partial += 1
        self.truth.check_nothing_lost()

    def run_that_ends_early(self) -> None:
        """Run until a signal, an exception, or a kill that the loader does not outlive."""
        for _ in range(self.random.choice([1, 1, 2])):
            after = self.random.randrange(90)
            name, way, lines = self.random.choice(
                [
                    ("signals", signalled(self.sandbox, after, self.random.choice([1, 3])), None),
                    ("signals with lines", signalled_while_writing(after // 3), None),
                    ("ValueError", failing(after, ValueError), None),
                    ("MemoryError", failing(after, MemoryError), None),
                    ("kill", to_the_end, int(1.1**after)),
                ]
            )
            self.log.append(f"{name} after {lines or after}")
            self.run(way, lines)

    def run_on_a_wrong_clock(self) -> None:
        """Run once with this computer's clock, or Tripletex's, or both, an hour off."""
        ahead = self.random.choice([HOUR, HOUR, -HOUR])
        here, there = self.random.choice([(ahead, 0.0), (ahead, ahead), (0.0, ahead)])
        self.log.append(f"clocks {here:+.0f} s here, {there:+.0f} s there")
        self.sandbox.date_ahead = there
        wrong = (lambda now=time.time: now() + here,)
        with patch("tap_tripletex.api.clock.Clock.__init__.__defaults__", wrong):
            self.run()
        self.sandbox.date_ahead = 0.0

    def readings(self) -> dict[str, int]:
        """Return how often each register has been read whole."""
        if not self.warehouse.tables:
            return dict.fromkeys(REGISTERS, 0)
        table = "sync_windows WHERE stream = "
        return {e: self.count(f"{table}'{stream}'") for e, stream in REGISTERS.items()}

    def run_with_fewer_rights(self) -> None:
        """Run once with a token that does not see all vouchers: nothing may be called deleted."""
        self.sandbox.faults.clear()
        self.run()
        if self.truth.unseen:
            return
        deleted = {name: self.count(f"{name}_deleted") for name in STREAMS}
        self.log.append("run with fewer rights")
        token = self.sandbox.add_employee_token(all_vouchers=False)
        self.warehouse.config |= {"employee_token": token}
        self.warehouse.run(to_the_end)
        assert self.warehouse.failed
        assert {name: self.count(f"{name}_deleted") for name in STREAMS} == deleted
        self.warehouse.config |= {"employee_token": EMPLOYEE_TOKEN}
        self.run()

    def run_while_it_changes(self) -> None:
        """Book a voucher before one of the run's requests; it may be gone before the next run."""
        self.sandbox.faults.clear()
        handle, requests = self.sandbox.handle, count()
        last, vouchers = self.random.randrange(3, 80), []
        day = self.truth.start + timedelta(
            days=self.random.randrange((self.sandbox.today - self.truth.start).days)
        )

        def change_and_handle(*request: Any) -> Any:
            if next(requests) == last:
                vouchers.append(self.company.back_date(day.isoformat()))
            return handle(*request)

        self.log.append(f"changed at request {last}")
        with patch.object(self.sandbox, "handle", change_and_handle):
            self.run()
        if vouchers and self.random.random() < 0.7:
            self.log.append("changed back")
            self.company.delete_voucher(vouchers[0])
        self.run()

    def run_without_windows(self) -> None:
        """Run once without sync_windows: what is deleted is told by the next run."""
        self.log.append("run without windows")
        self.warehouse.windows = False
        self.warehouse.run(to_the_end)
        self.warehouse.windows = True
        self.run()

    def run_without_state_and_right(self) -> None:
        """Run once with a right less, and without the state that knows it.

        The latest time stays: without it a clock that was ahead, or a run in the same second, would
        make rows look older than the readings before.
        """
        self.sandbox.faults.clear()
        self.run()
        self.log.append("run without state and right")
        before = self.warehouse.config["employee_token"]
        all_vouchers = before == EMPLOYEE_TOKEN
        token = self.sandbox.add_employee_token(all_vouchers=all_vouchers, lacks=[OPENS_PROJECTS])
        self.warehouse.config |= {"employee_token": token}
        memories = self.warehouse.state["bookmarks"]["sync_windows"]["partitions"]
        times = [{name: memory[name] for name in ("context", "synced_at")} for memory in memories]
        self.warehouse.state = {"bookmarks": {"sync_windows": {"partitions": times}}}
        self.run()
        self.warehouse.config |= {"employee_token": before}
        self.run()

    def lose_vouchers(self) -> None:
        """Take the right to see all vouchers away for good."""
        self.log.append("all vouchers lost for good")
        token = self.sandbox.add_employee_token(all_vouchers=False)
        self.warehouse.config |= {"employee_token": token}
        self.truth.lose_vouchers()
        self.give_up("AUTH_ALL_VOUCHERS")

    def lose_assets(self) -> None:
        """Switch a module off for good."""
        self.log.append(f"{ASSETS} lost for good")
        self.sandbox.forbid("/asset")
        self.truth.unseen.add("asset_postings")
        self.give_up(ASSETS)
        self.warehouse.streams = tuple({*self.warehouse.streams} - {"asset_postings"})

    def give_up(self, right: str) -> None:
        """Run, which fails and calls nothing deleted; then say that the right is gone for good."""
        self.sandbox.faults.clear()
        self.run()
        assert self.warehouse.failed
        self.warehouse.config |= {"rights_given_up": [right]}

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
        days = self.random.randrange((self.sandbox.today - self.truth.start).days)
        self.company.back_date((self.truth.start + timedelta(days=days)).isoformat())

    def post_ahead(self) -> None:
        day = self.sandbox.today + timedelta(days=self.random.randrange(1, 390))
        self.company.post_voucher(day.isoformat(), [(6300, 50_000), (1920, -50_000)], "Leie")

    def move(self) -> None:
        voucher = self.voucher()
        days = self.random.randrange(-40, 300)
        day = max(self.truth.start, self.sandbox.today - timedelta(days=days))
        self.truth.move(voucher)
        self.company.move_voucher(voucher, day.isoformat())

    def delete(self) -> None:
        self.company.delete_voucher(self.voucher())

    def voucher(self) -> int:
        """Return a voucher within the dates that are read."""
        days = [self.truth.start.isoformat(), self.truth.end.isoformat()]
        vouchers = [v["id"] for v in self.company.rows("Voucher") if days[0] <= v["date"] < days[1]]
        return int(self.random.choice(vouchers))

    def rename(self) -> None:
        entity = self.random.choice([*REGISTERS, "Department", "Project"])
        self.truth.changed |= {entity, "Customer"}
        row = self.random.choice(self.company.rows(entity))
        self.company.edit(entity, row["id"], name=f"Navn {self.random.random()}")
        employee = self.random.choice(self.company.rows("Employee"))
        self.company.edit("Employee", employee["id"], email=f"{self.random.random()}@example.no")
        customer = self.random.choice(self.company.rows("Customer"))
        self.company.edit("Customer", customer["id"], isInactive=self.random.random() < 0.5)

    def register(self) -> None:
        entity = self.random.choice([*REGISTERS])
        self.truth.changed.add(entity)
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
        self.truth.touched.add((entity, row["id"]))
        self.company.version += 1

    def take_from_inbox(self) -> None:
        if self.company.inbox.rows:
            self.company.delete_voucher(self.random.choice(list(self.company.inbox.rows)))

    def day(self) -> None:
        """Let the company live on; the tap's clock stays, what is new is dated ahead of it."""
        self.truth.changed |= {*REGISTERS}
        self.ahead += timedelta(days=1).total_seconds()
        self.sandbox.advance(self.sandbox.today + timedelta(days=1))

    def move_start(self) -> None:
        """Read from another day on."""
        self.truth.start = self.some_start()
        self.warehouse.config["start_date"] = self.truth.start.isoformat()

    def outgrow(self) -> None:
        """Book more vouchers than a page holds, in a month or in all of them."""
        day = self.truth.start + timedelta(
            days=self.random.randrange((self.sandbox.today - self.truth.start).days)
        )
        in_one_month = self.random.random() < 0.5
        for _ in range(min(self.warehouse.config["page_size"], 100)):
            if in_one_month:
                self.company.back_date(day.isoformat())
            else:
                self.back_date()

    def count(self, table: str) -> int:
        return int(self.warehouse.rows(f"SELECT count(*) FROM {table}")[0][0])
