"""Whether a token sees everything: only then does absence prove that something is gone."""

from __future__ import annotations

import logging
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.errors import RefusedError

if TYPE_CHECKING:
    from datetime import date

    from tap_tripletex.access import Access
    from tap_tripletex.auth import Company, Identity
    from tap_tripletex.client import Client

logger = logging.getLogger(__name__)

PROBE = "/ledger/postingByDate"
"""Refuses a token that may not see all vouchers (document), where other lists only filter."""


class Completeness:
    """Asks once a company; remembers which rights the token has ever had there."""

    def __init__(self, client: Client, access: Access, user: Identity, today: date) -> None:
        """Begin without any."""
        self._client = client
        self._access = access
        self._user = user
        self._today = today
        self._whole: dict[int, bool] = {}
        self._vouchers: dict[int, bool] = {}

    def rights(self, company: Company) -> str:
        """Return the token's rights and the company's modules as a text that changes with them."""
        return " ".join(self._short(company) or ["unknown"])

    def of_lists(self, company: Company, memory: dict[str, Any]) -> bool:
        """Return whether the token has every right that it has ever had.

        Lists are filtered by the rights of the token's user without a word (document), so a right
        that was lost looks like rows that were deleted.

        Args:
            company: the company.
            memory: kept from run to run.
        """
        if company.id not in self._whole:
            held = self._short(company)
            ever = set(memory.get("rights", ()))
            self._whole[company.id] = held is not None and ever <= set(held)
            memory["rights"] = sorted(ever | set(held or ()))
            if held is None:
                logger.info(
                    "The token may not list its rights in company %s: deletions cannot be told.",
                    company.id,
                )
        return self._whole[company.id]

    def of_vouchers(self, company: Company) -> bool:
        """Return whether the token may see all vouchers and their postings."""
        if company.id not in self._vouchers:
            tomorrow = self._today + timedelta(days=1)
            params = {"dateFrom": self._today.isoformat(), "dateTo": tomorrow.isoformat()}
            try:
                self._client.get(company, PROBE, {**params, "from": "0", "count": "1"})
            except RefusedError as error:
                logger.info("The token may not see all vouchers: %s", error)
                self._vouchers[company.id] = False
            else:
                self._vouchers[company.id] = True
        return self._vouchers[company.id]

    def _short(self, company: Company) -> list[str] | None:
        names = self._access.held(company, self._user)
        return None if names is None else sorted(f"{zlib.crc32(n.encode()):x}" for n in names)
