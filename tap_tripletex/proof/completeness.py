"""Whether a token sees everything: only then does absence prove that something is gone."""

from __future__ import annotations

import logging
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_tripletex.api.errors import RefusedError
from tap_tripletex.api.once import Once

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from tap_tripletex.api.auth import Company, Identity
    from tap_tripletex.api.client import Client
    from tap_tripletex.proof.access import Access

logger = logging.getLogger(__name__)

PROBE = "/ledger/postingByDate"
"""Refuses a token that may not see all vouchers (document), where other lists only filter."""

ALL_VOUCHERS = "AUTH_ALL_VOUCHERS"
"""Entitlement to see all vouchers."""

UNTOLD = (
    "The token may not list the entitlements of its own user, so that nobody knows whether it sees "
    "everything: let the user see them in Tripletex."
)


@dataclass(frozen=True)
class Lack:
    """Why what is not among the rows may be there all the same.

    Attributes:
        reason: in words, with what to do.
        fatal: an earlier run saw more, and nobody has said that this is for good.
    """

    reason: str
    fatal: bool


class Rights(NamedTuple):
    """How many entitlements and modules a list was read with, None where they are secret.

    Attributes:
        held: that the token's user and the company have.
        given_up: that they lack, and that are no longer waited for.
    """

    held: int | None = None
    given_up: int | None = None


class Completeness:
    """Asks once a company; remembers which rights the token has ever had there."""

    def __init__(
        self,
        client: Client,
        access: Access,
        user: Identity,
        today: date,
        given_up: Collection[str] = (),
    ) -> None:
        """Begin without any.

        Args:
            client: carries the requests.
            access: lists rights and modules.
            user: whom the token belongs to.
            today: in Norway.
            given_up: names of rights and modules that are no longer waited for.
        """
        self._given_up = set(given_up)
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

    def counted(self, company: Company) -> Rights:
        """Return how many rights there are: what a run without its state can compare."""
        held = self._access.held(company, self._user)
        return Rights() if held is None else Rights(len(held), len(self._given_up - held))

    def lacks(
        self,
        company: Company,
        memory: Mapping[str, Any],
        names: Mapping[str, str],
        *,
        all_vouchers: bool,
    ) -> list[Lack]:
        """Return why a list may not have everything.

        Lists are filtered by the rights of the token's user without a word (document), so a right
        that was lost looks like rows that were deleted.

        Args:
            company: the company.
            memory: what it was like in earlier runs, kept by ``remember``.
            names: of the rights in it, kept by ``remember``.
            all_vouchers: the list is filtered by the vouchers that the user may see.

        Raises:
            TripletexError: when there is no answer.
        """
        found = []
        before, held = set(memory.get("rights", ())), self._short(company)
        if held is None:
            found.append(Lack(UNTOLD, fatal=bool(before)))
        else:
            lost = before - set(held) - set(map(_short, self._given_up))
            if lost:
                told = ", ".join(sorted(names.get(short, f"a right ({short})") for short in lost))
                reason = (
                    f"The token's user or the company had {told} in an earlier run and lacks it "
                    "now: grant it or switch it on again, or name it in rights_given_up if it is "
                    "gone for good."
                )
                found.append(Lack(reason, fatal=True))
        if all_vouchers and not self.of_vouchers(company):
            had = bool(memory.get("vouchers")) and ALL_VOUCHERS not in self._given_up
            before_now = " any more, as it could in an earlier run" if had else ""
            reason = (
                f"The token may not see all vouchers{before_now}: grant its user {ALL_VOUCHERS}."
            )
            found.append(Lack(reason, fatal=had))
        return found

    def remember(self, company: Company, memory: dict[str, Any], names: dict[str, str]) -> None:
        """Keep what the token may see now with what it could ever see.

        Args:
            company: the company.
            memory: of the company: short forms of its rights.
            names: of all companies: the rights by their short forms.
        """
        held = self._access.held(company, self._user) or ()
        names |= {_short(name): name for name in sorted(held)}
        memory["rights"] = sorted({*memory.get("rights", ()), *map(_short, held)})
        if self.of_vouchers(company):
            memory["vouchers"] = True

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

        return self._vouchers((company.id,), ask)

    def _short(self, company: Company) -> list[str] | None:
        names = self._access.held(company, self._user)
        return None if names is None else sorted(map(_short, names))


def _short(name: str) -> str:
    """Return a short form: the state has the rights of each company."""
    return f"{zlib.crc32(name.encode()):x}"
