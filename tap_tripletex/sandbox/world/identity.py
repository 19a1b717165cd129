"""Ids, names and numbers by which the sandbox's companies are told apart."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

COMPANY_BASE = 107_896_302
ACCOUNTANT_OFFICE = 107_001_911
"""Id of the office that an accountant's token belongs to. It is not a readable company."""

POSTING_BLOCK = 50_000_000
BLOCK = 5_000_000

BASES: dict[str, int] = {
    "Account": 475_583_000,
    "AccountingPeriod": 24_223_000,
    "Activity": 5_907_000,
    "Address": 405_470_000,
    "AnnualAccount": 2_015_000,
    "CloseGroup": 282_700_000,
    "Contact": 9_004_000,
    "Customer": 108_313_000,
    "CustomerCategory": 1_204_000,
    "Department": 707_000,
    "Employee": 18_610_000,
    "Invoice": 2_147_500_000,  # Recorded: invoices and postings have passed 2^31.
    "Order": 401_986_000,
    "OrderLine": 1_607_531_000,
    "Posting": 3_845_000_000,
    "Product": 84_400_000,
    "ProductUnit": 3_635_000,
    "Project": 402_500_000,
    "ProjectActivity": 19_803_000,
    "ProjectCategory": 1_310_000,
    "ProjectParticipant": 15_631_000,
    "Supplier": 108_370_000,
    "SupplierInvoice": 2_149_616_000,
    "TimesheetEntry": 175_912_000,
    "Voucher": 609_000_000,
    "VoucherType": 7_662_000,
}


class Ids:
    """Counts up ids, by entity; an id is never used twice."""

    def __init__(self, index: int) -> None:
        """Start the counters of the company with this index."""
        self._index = index
        self._next = {
            name: base + index * (POSTING_BLOCK if name == "Posting" else BLOCK)
            for name, base in BASES.items()
        }

    def next(self, entity: str) -> int:
        """Return an unused id. Entities without a recorded base start somewhere of their own."""
        if entity not in self._next:
            base = 1_000_000 + crc32(entity.encode()) % 90_000 * 1_000
            self._next[entity] = base + self._index * BLOCK
        self._next[entity] += 1
        return self._next[entity]


class Profile(NamedTuple):
    """What makes a company that company.

    Attributes:
        name: Its name.
        size: Documents a working day, as a share of what is asked for.
        city: Where it is.
        street: Its address.
        postal_code: The postal code.
    """

    name: str
    size: float
    city: str
    street: str
    postal_code: str


PROFILES = (
    Profile("Trollheimen Kaffe & Kode AS", 1.0, "Trondheim", "Nissestien 7", "7010"),
    Profile("Bakvendtland Rådgivning AS", 0.5, "Bergen", "Motstrømsgata 12", "5003"),
    Profile("Soria Moria Elektro AS", 1.5, "Oslo", "Eventyrveien 3", "0151"),
    Profile("Tyttebærtua Regnskap AS", 0.3, "Hamar", "Skogsstien 1", "2317"),
    Profile("Halvdans Svarte Maling AS", 0.8, "Tønsberg", "Penselbakken 22", "3110"),
    Profile("Nordavinden Transport AS", 1.2, "Bodø", "Kulingkaia 4", "8006"),
)


def profile(index: int) -> Profile:
    """Return the profile of the company with this index; later ones are numbered branches."""
    found = PROFILES[index % len(PROFILES)]
    round_ = index // len(PROFILES)
    return found._replace(name=f"{found.name[:-3]} {round_ + 1} AS") if round_ else found


def company_id(index: int) -> int:
    """Return the id of the company with this index."""
    return COMPANY_BASE + 7_919 * index


def organization_number(serial: int) -> str:
    """Return an organisation number with a valid check digit that no real entity has.

    Real ones begin with 8 or 9; these begin with 3.
    """
    weights = (3, 2, 7, 6, 5, 4, 3, 2)
    while True:
        digits = f"3{serial % 10_000_000:07}"
        check = 11 - sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
        if check != 10:  # noqa: PLR2004 - no check digit exists for this remainder
            return digits + str(check % 11)
        serial += 1


def kid(number: int) -> str:
    """Return a payment reference: the number and its check digit (modulus 10)."""
    digits = f"{number:07}"
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004
    return f"{digits}{-total % 10}"
