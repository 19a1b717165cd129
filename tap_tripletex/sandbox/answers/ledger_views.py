"""Figures computed from postings: trial balance, ledger, open posts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.tables.company import RESULT_ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.tables.rows import Posting, Row

DIMENSIONS = ("customer", "supplier", "employee", "department", "project", "product")


def _matching(postings: Iterable[Posting], params: dict[str, Any]) -> list[Posting]:
    """Return postings that carry the asked dimensions."""
    wanted = {name: params[f"{name}Id"] for name in DIMENSIONS if f"{name}Id" in params}
    if "accountId" in params:
        wanted["account"] = params["accountId"]
    if not wanted:
        return list(postings)
    return [p for p in postings if all(getattr(p, k) == v for k, v in wanted.items())]


def _sums(postings: Iterable[Posting]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for posting in postings:
        sums[posting.account] = sums.get(posting.account, 0) + posting.amount
    return sums


def _brought_in(company: Company, start: str, params: dict[str, Any]) -> dict[int, int]:
    """Return balances before a day: result accounts count from the new year only (inferred)."""
    numbers = {row["id"]: row["number"] for row in company.table("Account")}
    new_year = company.fiscal_year(start)
    before = _matching(company.postings(None, start), params)
    sums: dict[int, int] = {}
    for posting in before:
        if numbers[posting.account] not in RESULT_ACCOUNTS or posting.date >= new_year:
            sums[posting.account] = sums.get(posting.account, 0) + posting.amount
    return sums


def balance_sheet(company: Company, params: dict[str, Any]) -> list[Row]:
    """Return the rows of `/balanceSheet`: one per account with a balance or movement.

    Recorded: `endDate` is the last day of the window, although `dateTo` is exclusive.
    """
    start, end = params["dateFrom"], params["dateTo"]
    moved = _sums(_matching(company.postings(start, end), params))
    brought = _brought_in(company, start, params)
    last_day = (date.fromisoformat(end) - timedelta(days=1)).isoformat()
    low, high = params.get("accountNumberFrom"), params.get("accountNumberTo")
    everything = params.get("includeActiveAccountsWithoutMovements", False)
    rows: list[Row] = []
    for account in sorted(company.table("Account"), key=lambda row: row["number"]):
        number, identity = account["number"], account["id"]
        if (low is not None and number < low) or (high is not None and number >= high):
            continue
        idle = identity not in moved and not brought.get(identity)
        if idle and (not everything or account.get("isInactive")):
            continue
        change, opening = moved.get(identity, 0), brought.get(identity, 0)
        rows.append(
            {
                "account": identity,
                "balanceIn": opening,
                "balanceChange": change,
                "balanceOut": opening + change,
                "startDate": start,
                "endDate": last_day,
            },
        )
    return rows


def ledger(company: Company, params: dict[str, Any]) -> list[Row]:
    """Return the rows of `/ledger`: accounts with their postings in a window."""
    start, end = params["dateFrom"], params["dateTo"]
    by_account: dict[int, list[Posting]] = {}
    for posting in _matching(company.postings(start, end), params):
        by_account.setdefault(posting.account, []).append(posting)
    brought = _brought_in(company, start, params)
    rows: list[Row] = []
    for account in sorted(company.table("Account"), key=lambda row: row["number"]):
        identity = account["id"]
        postings = by_account.get(identity, [])
        opening = brought.get(identity, 0)
        if not postings and not opening:
            continue
        change = sum(p.amount for p in postings)
        rows.append(
            {
                "account": identity,
                "sumAmount": change,
                "sumAmountCurrency": sum(p.amountCurrency for p in postings),
                "openingBalance": opening,
                "openingBalanceCurrency": opening,
                "closingBalance": opening + change,
                "closingBalanceCurrency": opening + change,
                "balanceOutInAccountCurrency": opening + change,
                "postings": tuple(p.id for p in postings),
            },
        )
    return rows


def open_posts(company: Company, params: dict[str, Any]) -> list[Row]:
    """Return the postings that were open before a day, ordered by voucher.

    Ordered so unless `sorted=false` (changelog of the API, 2.75.06).
    """
    postings = company.table("Posting").rows
    rows = _matching((postings[i] for i in company.open_postings(params["date"])), params)
    low, high = params.get("accountNumberFrom"), params.get("accountNumberTo")
    numbers = {row["id"]: row["number"] for row in company.table("Account")}
    return [
        row
        for row in sorted(rows, key=lambda p: (p.voucher, p.id))
        if (low is None or numbers[row.account] >= low)
        and (high is None or numbers[row.account] < high)
    ]
