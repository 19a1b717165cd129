"""Whether a token sees everything: only then does absence prove that something is gone."""

from __future__ import annotations

import logging
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.api.errors import RefusedError
from tap_tripletex.api.once import Once

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tap_tripletex.api.auth import Company, Identity
    from tap_tripletex.api.client import Client
    from tap_tripletex.proof.access import Access

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
        self._vouchers: Once[bool] = Once()

    def rights(self, company: Company) -> str | None:
        """Return the token's rights and the company's modules as a text that changes with them.

        None where the token may not list them.
        """
        held = self._short(company)
        return None if held is None else " ".join(held)

    def of_lists(self, company: Company, memory: Mapping[str, Any]) -> bool:
        """Return whether the token has every right that it has ever had.

        Lists are filtered by the rights of the token's user without a word (document), so a right
        that was lost looks like rows that were deleted.

        Args:
            company: the company.
            memory: kept from run to run, by ``remember``.
        """
        held = self._short(company)
        return held is not None and set(memory.get("rights", ())) <= set(held)

    def remember(self, company: Company, memory: dict[str, Any]) -> None:
        """Keep the rights that the token has now among those that it has ever had."""
        held = self._short(company)
        memory["rights"] = sorted({*memory.get("rights", ()), *(held or ())})

    def of_vouchers(self, company: Company) -> bool:
        """Return whether the token may see all vouchers and their postings."""

        def ask() -> bool:
            tomorrow = self._today + timedelta(days=1)
            params = {"dateFrom": self._today.isoformat(), "dateTo": tomorrow.isoformat()}
            try:
                self._client.get(company, PROBE, {**params, "from": "0", "count": "1"})
            except RefusedError as error:
                logger.info("The token may not see all vouchers: %s", error)
                return False
            return True

        return self._vouchers(company.id, ask)

    def _short(self, company: Company) -> list[str] | None:
        names = self._access.held(company, self._user)
        return None if names is None else sorted(f"{zlib.crc32(n.encode()):x}" for n in names)
