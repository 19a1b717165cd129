"""What the warehouse says, held against the books of the company."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.streams import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_tripletex.sandbox import Sandbox
    from tap_tripletex.sandbox.world.living_company import LivingCompany
    from tests.warehouse import Warehouse

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
    "project_order_lines": ("ProjectOrderLine", None),  # children
    "asset_postings": ("Posting", None),  # children by a path with their parent in it
    "companies": ("Company", None),  # a single object
}
"""Streams by name, one at least of each strategy that keeps rows: entity and window."""

TOTALS = ("balance_sheet", "open_postings")
"""Streams of a period and of a snapshot, compared in their own way."""

REGISTERS = {"Customer": "customers", "Supplier": "suppliers"}
"""Entities whose changes alone are read, and their streams."""

DATES = {"Posting": "date", "Voucher": "date", "SupplierInvoice": "invoiceDate"}


class Truth:
    """Compares the warehouse with the company, row by row.

    Attributes:
        start: the day from which on rows are read.
        changed: registers with a change that their change logs tell, since the last check.
        touched: registers and ids with a change that no change log tells.
        excused: those of them that came together with one that was told: then the next whole
            reading shows them.
        moved: vouchers that were moved since the last check: when only one of the two months
            could be read, they may be missing.
        ever_moved: those that were moved at any time.
        unproven: streams of which something may still be there that is gone.
        unseen: streams that the token does not see whole, or not at all, for good.
    """

    def __init__(self, sandbox: Sandbox, warehouse: Warehouse, start: date) -> None:
        self.sandbox = sandbox
        self.warehouse = warehouse
        self.start = start
        self.changed: set[str] = set()
        self.touched: set[tuple[str, int]] = set()
        self.excused: set[tuple[str, int]] = set()
        self.moved: set[int] = set()
        self.ever_moved: set[int] = set()
        self.unproven: set[str] = set()
        self.unseen: set[str] = set()

    @property
    def company(self) -> LivingCompany:
        return self.sandbox.company()

    @property
    def moved_out(self) -> set[int]:
        """Return the vouchers that were moved to before the first day that is read."""
        vouchers = self.company.table("Voucher").rows
        there = self.ever_moved & vouchers.keys()
        return {id_ for id_ in there if str(vouchers[id_].date) < self.start.isoformat()}

    def move(self, voucher: int) -> None:
        """Note that a voucher was moved."""
        self.moved.add(voucher)
        self.ever_moved.add(voucher)

    @property
    def end(self) -> date:
        """Return a day before which everything is read."""
        return self.sandbox.today + timedelta(days=380)

    def lose_vouchers(self) -> None:
        """Expect no more of what is filtered by the vouchers that the token may see."""
        self.unseen |= {name for name in (*STREAMS, *TOTALS) if BY_NAME[name].all_vouchers}

    def whole(self, entity: str) -> None:
        """Note that a register has been read whole."""
        for ids in (self.touched, self.excused):
            ids.difference_update([found for found in ids if found[0] == entity])

    def check_nothing_lost(self) -> None:
        """Make sure that nothing that exists is called deleted, whether the run failed or not."""
        company = self.company
        for name in {*STREAMS} & self.warehouse.tables:
            gone = {id_ for (id_,) in self.warehouse.rows(f"SELECT id FROM {name}_deleted")}
            there = gone.intersection(self.existing(name)) if gone else gone
            excused = self.moved if self.warehouse.failed else self.moved_out
            postings = company.table("Posting").rows
            there = {
                id_
                for id_ in there
                if not excused & {id_, getattr(postings.get(id_), "voucher", id_)}
            }
            assert not there, f"{len(there)} of {name} are called deleted: {sorted(there)[:9]}"

    def check(self) -> None:
        """Compare what the views show with the truth, after a run that succeeded."""
        start, end = self.start.isoformat(), self.end.isoformat()
        self.check_nothing_lost()
        for name in {*STREAMS} - self.unseen:
            window = STREAMS[name][1]
            where = f" WHERE {window} >= '{start}' AND {window} < '{end}'" if window else ""
            rows = self.warehouse.rows(f"SELECT id FROM {name}_current{where} ORDER BY 1")
            found, expected = [id_ for (id_,) in rows], self.existing(name, start, end)
            if name in self.unproven:
                found = sorted({*found} & {*expected})
            assert found == expected, name
        self.check_values(start, end)
        if "postings" not in self.unseen:
            self.check_totals()
        self.moved.clear()

    def existing(self, name: str, start: str = "", end: str = "~") -> list[int]:
        """Return the ids of the rows of a stream that exist, in order."""
        company, (entity, window) = self.company, STREAMS[name]
        special: dict[str, Callable[[], Iterable[int]]] = {
            "asset_postings": lambda: (
                posting.id
                for posting in company.postings("", "~")
                if (posting.extra or {}).get("asset")
            ),
            "companies": lambda: [company.id],
            "employees": lambda: (row["id"] for row in self.employees()),
            "non_posted_vouchers": lambda: company.inbox.rows,
            "order_lines": lambda: (
                line
                for order in company.rows("Order")
                if start <= order["orderDate"] < end
                for line in order["orderLines"]
            ),
            "project_participants": lambda: (
                participant
                for project in company.rows("Project")
                for participant in project["participants"]
            ),
        }
        if name in special:
            return sorted(special[name]())
        if not window:
            return sorted(company.table(entity).rows)
        rows = company.rows(entity)
        return sorted(row["id"] for row in rows if start <= row[DATES[entity]] < end)

    def employees(self) -> list[dict[str, Any]]:
        """Return the employees that are not contact persons of customers."""
        return [row for row in self.company.rows("Employee") if not row["isContact"]]

    def check_values(self, start: str, end: str) -> None:
        found = self.warehouse.rows(
            "SELECT id, CAST(date AS VARCHAR), CAST(round(amount * 100) AS BIGINT), description "
            f"FROM postings_current WHERE date >= '{start}' AND date < '{end}' ORDER BY 1"
        )
        expected = [
            (row["id"], row["date"], row["amount"], row["description"])
            for row in self.company.rows("Posting")
            if start <= row["date"] < end
        ]
        if "postings" in self.unproven:
            found = sorted({*found} & {*expected})
        assert found == expected or "postings" in self.unseen
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
            ]

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
