"""Which numbers are amounts of money, and how many decimals a column needs."""

from __future__ import annotations

import re

AMOUNT = (18, 2)
"""Precision and scale of an amount: Tripletex books whole øre."""

QUANTITY = (28, 9)
"""Precision and scale of all other numbers: rates, prices of a unit, percentages, hours."""

_AMOUNT_WORDS = re.compile(r"(?:^|_)(?:amount|balance|outstanding|paid|sum|total)(?:_|$)")
_OTHER_WORDS = re.compile(r"(?:^|_)(?:percent|percentage|quantity)(?:_|$)")


def decimals(column: str) -> tuple[int, int]:
    """Return precision and scale of a column of numbers, by its name.

    What the name does not call an amount may have any number of decimals, as prices of a unit have.
    """
    amount = _AMOUNT_WORDS.search(column) and not _OTHER_WORDS.search(column)
    return AMOUNT if amount else QUANTITY
