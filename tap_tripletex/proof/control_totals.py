"""Control totals: what the postings of a slice add up to, beside Tripletex's own trial balance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.api.errors import MalformedRowError
from tap_tripletex.api.paging import whole_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from tap_tripletex.api.auth import Company
    from tap_tripletex.api.client import Client
    from tap_tripletex.api.transport import Traffic

Json = dict[str, Any]

BALANCE_SHEET = "/balanceSheet"

COLUMNS = ("account_id", "amount")
"""Columns of postings that must be read for a control."""

MOST_NAMED = 5

ZERO = Decimal(0)

MOST = 10**18
"""More than any amount in any currency."""

NO_ACCOUNT = 0
"""Stands for the id of the account where a posting has none."""


class Account(msgspec.Struct):
    """An account in a trial balance."""

    id: int
    number: int | None = None


class BalanceRow(msgspec.Struct):
    """A row of a trial balance."""

    account: Account | None = None
    change: Any = msgspec.field(name="balanceChange", default=None)

    @property
    def amount(self) -> Decimal:
        """Return the change.

        Raises:
            MalformedRowError: when it is no amount.
        """
        change = 0 if self.change is None else self.change
        is_number = isinstance(change, int | Decimal) and not isinstance(change, bool)
        if not is_number or abs(change) > MOST:
            message = f"{BALANCE_SHEET}: an account's change is no amount."
            raise MalformedRowError(message)
        return Decimal(change)


class Totals:
    """Adds up postings by account, in hundredths."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._sums: defaultdict[int, Decimal] = defaultdict(Decimal)

    def add(self, amounts: Iterable[tuple[int | None, Decimal | None]]) -> None:
        """Add postings, each with its account's id."""
        sums = self._sums
        for account, amount in amounts:
            sums[account or NO_ACCOUNT] += amount or ZERO

    def result(self) -> dict[int, int]:
        """Return the accounts that do not come to nothing, with their hundredths."""
        return _hundredths(self._sums)


@dataclass(frozen=True)
class Verdict:
    """The comparison of a slice.

    Attributes:
        found: ``expected``, and what differs of each account added to it: the same only if every
            account is. (A sum of the postings may be right although two accounts are wrong.)
        expected: sum of the debit balances of Tripletex's trial balance, in the company's currency.
        differences: what differs, in words: account, read, expected; empty when all is equal.
    """

    found: Decimal
    expected: Decimal | None
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Balance:
    """A trial balance.

    Attributes:
        changes: hundredths by account id, of the accounts that do not come to nothing.
        numbers: account numbers by account id.
        fault: why it cannot be compared, in words: it is not as documented.
    """

    changes: Mapping[int, int]
    numbers: Mapping[int, int | None]
    fault: str | None = None


class Control:
    """Asks Tripletex for trial balances of one company."""

    def __init__(self, client: Client, company: Company, tally: Traffic | None = None) -> None:
        """Prepare; nothing is sent yet."""
        self._client = client
        self._company = company
        self._tally = tally

    def balance(self, window: tuple[date, date]) -> Balance:
        """Ask for the trial balance of a window.

        Args:
            window: first day, and day after the last.

        Raises:
            TripletexError: when it cannot be read.
        """
        params = {
            "dateFrom": window[0].isoformat(),
            "dateTo": window[1].isoformat(),
            "includeActiveAccountsWithoutMovements": "false",
            "sorting": "account.id",
            "fields": "account(id,number),balanceChange",
        }
        page = whole_list(self._client, self._company, BALANCE_SHEET, params, tally=self._tally)
        rows, odd = page.of_type(BalanceRow)
        if odd:
            return Balance({}, {}, odd[0])
        changes: defaultdict[int, Decimal] = defaultdict(Decimal)
        for row in rows:
            try:
                changes[row.account.id if row.account else NO_ACCOUNT] += row.amount
            except MalformedRowError as error:  # noqa: PERF203 - to name the one
                return Balance({}, {}, str(error))
        numbers = {row.account.id: row.account.number for row in rows if row.account}
        return Balance(_hundredths(changes), numbers)


def compare(totals: Totals, balance: Balance) -> Verdict:
    """Compare the postings of a window with the trial balance of the same window."""
    found, expected = totals.result(), balance.changes
    if balance.fault:
        return Verdict(_debit(found), None, (balance.fault,))
    pairs = {
        id_: (found.get(id_, 0), expected.get(id_, 0)) for id_ in found.keys() | expected.keys()
    }
    wrong = {id_: pair for id_, pair in sorted(pairs.items()) if pair[0] != pair[1]}
    differences = tuple(
        f"account {balance.numbers.get(id_) or id_}: postings {_kroner(read)}, "
        f"trial balance {_kroner(booked)}"
        for id_, (read, booked) in wrong.items()
    )
    off = Decimal(sum(abs(read - booked) for read, booked in wrong.values())) / 100
    return Verdict(_debit(expected) + off, _debit(expected), differences)


def in_words(differences: tuple[str, ...]) -> str:
    """Return differences as one text, the first few of them."""
    more = len(differences) - MOST_NAMED
    return "; ".join(differences[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _hundredths(sums: Mapping[int, Decimal]) -> dict[int, int]:
    return {id_: cents for id_, total in sums.items() if (cents := round(total * 100))}


def _debit(sums: Mapping[int, int]) -> Decimal:
    return Decimal(sum(cents for cents in sums.values() if cents > 0)) / 100


def _kroner(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"
