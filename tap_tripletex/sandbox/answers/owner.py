"""Whom a request comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    """Who an employee token belongs to.

    Attributes:
        token_id: The token's number.
        company: Id of the company the user works in; for an accountant, of the office.
        employee: Id of the user.
        clients: Ids of the companies that an accountant may open; None for other users.
        all_vouchers: Whether the user may see every voucher.
        lacks: Names of entitlements that this user has not, though others in the same place have.
    """

    token_id: int
    company: int
    employee: int
    clients: tuple[int, ...] | None = None
    all_vouchers: bool = True
    lacks: frozenset[str] = frozenset()
