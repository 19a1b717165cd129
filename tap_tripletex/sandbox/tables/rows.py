"""The two kinds of row that come in large numbers; all other rows are plain dicts.

A row holds a reference as the id it refers to and money as whole øre. What most rows of its
kind lack sits in `extra`, so that a million postings fit in memory. `gc=False` keeps them
out of the garbage collector's rounds.
"""
# ruff: noqa: N815 - attributes are spelled as the API spells the properties they hold.

from __future__ import annotations

from typing import Any

import msgspec


class Posting(msgspec.Struct, gc=False):
    """One line of a voucher. Amounts in øre; `created` in seconds since 1970."""

    id: int
    voucher: int
    date: str
    description: str
    account: int
    amount: int
    amountCurrency: int
    amountGross: int
    amountGrossCurrency: int
    row: int
    created: int
    vatType: int = 0
    currency: int = 1
    customer: int | None = None
    supplier: int | None = None
    employee: int | None = None
    project: int | None = None
    product: int | None = None
    department: int | None = None
    closeGroup: int | None = None
    invoiceNumber: str = ""
    termOfPayment: str | None = None
    type: str | None = None
    systemGenerated: bool = False
    version: int = 0
    extra: dict[str, Any] | None = None


class Voucher(msgspec.Struct, gc=False):
    """One booked document and its postings. `created` in seconds since 1970."""

    id: int
    date: str | None
    number: int
    tempNumber: int
    year: int
    description: str
    voucherType: int | None
    postings: tuple[int, ...]
    created: int
    version: int = 5
    extra: dict[str, Any] | None = None


Row = Any
"""A `Posting`, a `Voucher` or a dict of property to value."""

STRUCTS: dict[str, type[msgspec.Struct]] = {"Posting": Posting, "Voucher": Voucher}
