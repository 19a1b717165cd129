"""Bookkeeping: vouchers that balance, VAT, close groups. All amounts are whole øre."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.sandbox.tables.rows import Posting, Voucher

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_tripletex.sandbox.tables.company import Company
    from tap_tripletex.sandbox.world.identity import Ids

VAT_RATES = {1: 25, 3: 25, 11: 15, 12: 12, 31: 15, 32: 12}
VAT_ACCOUNTS = {1: 2710, 3: 2700, 11: 2711, 12: 2712, 31: 2701, 32: 2702}
REVERSE_CHARGE = 34
NOK = 1


class Line(msgspec.Struct, gc=False):
    """A posting to be made. Amounts in øre; in another currency, in its hundredths.

    Attributes:
        number: Account number.
        amount: Net amount in kroner's øre.
        gross: Amount with VAT; None where it is the same.
        amount_currency: Net amount in the currency; None where that is kroner.
        system: Made by the system, as VAT postings are: they have row 0 (recorded).
    """

    number: int
    amount: int
    vat: int = 0
    gross: int | None = None
    currency: int = NOK
    amount_currency: int | None = None
    gross_currency: int | None = None
    customer: int | None = None
    supplier: int | None = None
    employee: int | None = None
    project: int | None = None
    product: int | None = None
    department: int | None = None
    invoice_number: str = ""
    term: str | None = None
    type: str | None = None
    system: bool = False
    extra: dict[str, Any] | None = None


def vat_of(net: int, code: int) -> int:
    """Return the VAT on a net amount, rounded half away from zero."""
    rate = VAT_RATES.get(code, 0)
    vat = (abs(net) * rate + 50) // 100
    return vat if net >= 0 else -vat


def with_vat(line: Line) -> list[Line]:
    """Return a net line with its gross amount set, and the VAT postings that go with it."""
    vat = vat_of(line.amount, line.vat)
    line.gross = line.amount + vat
    if line.vat == REVERSE_CHARGE:
        owed = (abs(line.amount) * 25 + 50) // 100
        return [line, Line(2714, owed, system=True), Line(2704, -owed, system=True)]
    if not vat:
        return [line]
    return [line, Line(VAT_ACCOUNTS[line.vat], vat, system=True)]


class Books:
    """The ledger of one company."""

    def __init__(self, company: Company, ids: Ids) -> None:
        """Write into this company's tables."""
        self.ids = ids
        self.accounts: dict[int, int] = {
            row["number"]: row["id"] for row in company.table("Account")
        }
        self._postings = company.table("Posting")
        self._vouchers = company.table("Voucher")
        self._groups = company.table("CloseGroup")
        self._numbers: dict[int, int] = {}
        self.voucher_types: dict[str, int] = {
            row["name"]: row["id"] for row in company.table("VoucherType")
        }

    def next_number(self, year: int) -> int:
        """Return the next voucher number of a year; they restart every year."""
        number = self._numbers[year] = self._numbers.get(year, 0) + 1
        return number

    def line(self, given: tuple[int, int] | Line | Sequence[int]) -> Line:
        """Return a line for an account number and an amount.

        Raises:
            KeyError: The chart has no such account.
        """
        found = given if isinstance(given, Line) else Line(given[0], given[1])
        if found.number not in self.accounts:
            raise KeyError(found.number)
        return found

    def post(  # noqa: PLR0913 - a voucher's head; the rest is named
        self,
        date: str,
        lines: Sequence[Line],
        description: str,
        created: int,
        kind: str | None = None,
        *,
        extra: dict[str, Any] | None = None,
        identity: int | None = None,
    ) -> Voucher:
        """Book a voucher.

        Args:
            date: Its date.
            lines: Its postings, in order.
            description: Its text, which the postings carry too.
            created: When it is made, in seconds since 1970.
            kind: Name of its voucher type.
            extra: Further properties.
            identity: Id of the temporary voucher that is posted by this; a new one if None.

        Raises:
            ValueError: The amounts do not sum to zero.
        """
        if sum([line.amount for line in lines]) != 0:
            message = f"voucher of {date} is off by {sum(line.amount for line in lines)} øre"
            raise ValueError(message)
        voucher_id = identity or self.ids.next("Voucher")
        postings = [self._posting(line, voucher_id, date, description, created) for line in lines]
        row = 0
        for posting in postings:
            if not posting.systemGenerated:
                row += 1
                posting.row = row
            self._postings.add(posting)
        year = int(date[:4])
        number = self.next_number(year)
        voucher = Voucher(
            voucher_id,
            date,
            number,
            0,
            year,
            description,
            self.voucher_types[kind] if kind else None,
            tuple([posting.id for posting in postings]),
            created,
            extra={"numberAsString": f"{number}-{year}", **(extra or {})},
        )
        self._vouchers.add(voucher)
        return voucher

    def _posting(
        self,
        line: Line,
        voucher: int,
        date: str,
        description: str,
        created: int,
    ) -> Posting:
        amount = line.amount
        gross = amount if line.gross is None else line.gross
        in_currency = amount if line.amount_currency is None else line.amount_currency
        gross_currency = line.gross_currency
        if gross_currency is None:
            gross_currency = gross if line.amount_currency is None else in_currency
        return Posting(
            self.ids.next("Posting"),
            voucher,
            date,
            description,
            self.accounts[line.number],
            amount,
            in_currency,
            gross,
            gross_currency,
            0,
            created,
            line.vat,
            line.currency,
            line.customer,
            line.supplier,
            line.employee,
            line.project,
            line.product,
            line.department,
            None,
            line.invoice_number,
            line.term,
            line.type,
            line.system,
            0 if line.system else 1,
            line.extra,
        )

    def close(self, postings: Iterable[int], date: str, created: int) -> None:
        """Close postings against each other: an invoice and its payments."""
        found = [i for i in postings if i in self._postings.rows]
        group = self.ids.next("CloseGroup")
        for identity in found:
            self._postings.change(identity, {"closeGroup": group}, created)
            self._vouchers.touch(self._postings.rows[identity].voucher)
        self._groups.add(
            {
                "id": group,
                "version": 0,
                "date": date,
                "postings": tuple(found),
                "_created": created,
            },
        )
