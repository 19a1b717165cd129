"""One company: its tables, and the truth about them for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.sandbox.tables.table import Table, getter

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import date

    from tap_tripletex.sandbox.tables.model import Model
    from tap_tripletex.sandbox.tables.rows import Posting, Row

RESULT_ACCOUNTS = range(3000, 9000)
"""Accounts of the profit and loss statement: they start every year from zero."""


class Company:
    """The books and registers of one company.

    All money in the Python interface is whole øre; references are ids; dates are ISO text.

    Attributes:
        id: The company's id, as used for the user name of Basic auth.
        name: Its name.
        version: Raised by every change; digests and cached pages depend on it.
        inbox: Vouchers that are not posted yet; only `/ledger/voucher/>nonPosted` has them.
        fiscal_year_start: The month that its fiscal years begin with.
        forbidden: Path prefixes that the sandbox refuses here: modules that are missing.
        last_day: The last day that it has lived; None before the first.
        computed: The rows of entities that no table holds, made when they are asked for.
    """

    def __init__(
        self,
        identity: int,
        index: int,
        model: Model,
        now: Callable[[], int],
        lock: threading.RLock,
    ) -> None:
        """Make an empty company. The world's simulation fills it."""
        self.id = identity
        self.lock = lock
        self.index = index
        self.model = model
        self.name = ""
        self.version = 0
        self.api_user = 0
        self.last_day: date | None = None
        self.fiscal_year_start = 1
        self.now = now
        self.forbidden: frozenset[str] = frozenset()
        self._tables: dict[str, Table] = {}
        self.computed: dict[str, Callable[[], list[Row]]] = {}
        self.inbox = Table(model.entity("Voucher"))
        self.unapproved: set[int] = set()

    def table(self, entity: str) -> Table:
        """Return all rows of an entity; empty for one that the company does not use.

        Raises:
            KeyError: The API has no such entity.
        """
        found = self._tables.get(entity)
        if found is None:
            found = self._tables[entity] = Table(self.model.entity(entity))
        return found

    def client_row(self) -> dict[str, Any]:
        """Return the company as an accountant's list of clients shows it."""
        # Official document: clients also carry this second id, which selects nothing.
        return {
            **self.table("Company").rows[self.id],
            "customerCompanyId": 60_000_000 + self.index,
        }

    def rows(self, entity: str) -> list[dict[str, Any]]:
        """Return the truth about an entity: one dict a row, in order of id.

        References are ids, lists are lists of ids, money is whole øre; `url` and `changes`
        are left out. Properties that answers never carry are included.

        Raises:
            KeyError: The API has no such entity.
        """
        table = self.table(entity)
        names = [n for n in table.entity.properties if n not in {"url", "changes"}]
        readers = [(name, getter(table.entity, name)) for name in names]
        source = self.computed[entity]() if entity in self.computed else table
        found = [{name: _plain(read(row)) for name, read in readers} for row in source]
        return sorted(found, key=lambda row: row["id"]) if "id" in names else found

    def get(self, entity: str, identity: int) -> dict[str, Any]:
        """Return the truth about one row, as `rows` does.

        Raises:
            KeyError: There is no such row.
        """
        table = self.table(entity)
        row = table.rows[identity]
        names = [n for n in table.entity.properties if n not in {"url", "changes"}]
        return {name: _plain(getter(table.entity, name)(row)) for name in names}

    def postings(self, date_from: str | None = None, date_to: str | None = None) -> list[Posting]:
        """Return the postings of a window, end exclusive, in order of id."""
        return self.table("Posting").between(date_from, date_to)

    def trial_balance(
        self,
        date_from: str | None = None,
        date_to: str | None = None,
    ) -> dict[int, int]:
        """Return the sum of each account's postings in a window, in øre, by account id.

        The end is exclusive; without dates, everything. Accounts without postings are absent.
        """
        sums: dict[int, int] = {}
        for posting in self.postings(date_from, date_to):
            sums[posting.account] = sums.get(posting.account, 0) + posting.amount
        return sums

    def fiscal_year(self, day: str) -> str:
        """Return the first day of the fiscal year that a day lies in."""
        month = f"{self.fiscal_year_start:02}"
        year = int(day[:4]) - (day[5:7] < month)
        return f"{year}-{month}-01"

    def open_postings(self, date: str) -> list[int]:
        """Return ids of postings dated before a day whose close group was not yet complete."""
        closed = {row["id"]: row["date"] for row in self.table("CloseGroup")}
        accounts = {row["id"] for row in self.table("Account") if row.get("isCloseable")}
        return [
            posting.id
            for posting in self.postings(None, date)
            if posting.account in accounts
            and (posting.closeGroup is None or closed.get(posting.closeGroup, date) >= date)
        ]

    def account_id(self, number: int) -> int:
        """Return the id of the account with a number.

        Raises:
            KeyError: The chart has no such account.
        """
        for row in self.table("Account"):
            if row["number"] == number:
                return int(row["id"])
        raise KeyError(number)


def _plain(value: Row) -> Any:  # noqa: ANN401 - any JSON value
    return list(value) if isinstance(value, tuple) else msgspec.to_builtins(value)
