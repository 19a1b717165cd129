"""Why a path is forbidden: what the token's user and the company have, and what they lack."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from tap_tripletex.api.errors import RefusedError, TripletexError
from tap_tripletex.api.once import Once
from tap_tripletex.api.paging import whole_list

if TYPE_CHECKING:
    from tap_tripletex.api.auth import Company, Identity
    from tap_tripletex.api.client import Client

GENERAL = "Grant the token's user the right or switch the module on, or deselect the stream."

ENTITLEMENT = "AUTH_"
"""Prefix of the names of entitlements; other names in capitals are modules. Both recorded."""


class Named(msgspec.Struct):
    """An entitlement or a module."""

    name: str | None = None


class Access:
    """Asks for entitlements and modules when the first stream is refused, once a company."""

    def __init__(self, client: Client) -> None:
        """Begin without any."""
        self._client = client
        self._once: Once[frozenset[str] | None] = Once()

    def held(self, company: Company, user: Identity) -> frozenset[str] | None:
        """Return the user's entitlements and the company's modules, None where they are secret.

        Raises:
            TripletexError: when there is no answer: an outage tells nothing of rights.
        """
        entitlements = self.entitlements(company, user)
        modules = self.modules(company)
        return None if entitlements is None else entitlements | (modules or frozenset())

    def advice(self, company: Company, user: Identity, needs: str | None) -> str:
        """Return in words what to do about a stream that is refused.

        Args:
            company: the company that was read.
            user: whom the token belongs to.
            needs: what the stream is known to need.
        """
        if needs is None:
            return GENERAL
        with suppress(TripletexError):  # advice is given as far as it is known
            if needs.startswith(ENTITLEMENT):
                held = self.entitlements(company, user)
                if held is not None and needs not in held:
                    return f"The token's user lacks the entitlement {needs}: grant it, or deselect."
            elif needs.isupper():
                held = self.modules(company)
                if held is not None and needs not in held:
                    has = ", ".join(sorted(held)) or "none"
                    return f"The company lacks the module {needs} (it has {has}): switch it on."
        return f"It needs {needs}. {GENERAL}"

    def entitlements(self, company: Company, user: Identity) -> frozenset[str] | None:
        """Return the user's entitlements, None where they are secret."""
        params: dict[str, str] = {}
        if user.employee_id is not None:  # without it the token's owner is meant (document)
            params["employeeId"] = str(user.employee_id)
        return self._names(company, "/employee/entitlement", params)

    def modules(self, company: Company) -> frozenset[str] | None:
        """Return the company's modules, None where they are secret."""
        return self._names(company, "/company/salesmodules", {})

    def _names(self, company: Company, path: str, params: dict[str, str]) -> frozenset[str] | None:
        """Return the names in a list, None where it is refused as well."""

        def ask() -> frozenset[str] | None:
            try:
                found = whole_list(self._client, company, path, {**params, "fields": "name"})
                rows, odd = found.of_type(Named)
            except RefusedError:
                return None
            return None if odd else frozenset(row.name for row in rows if row.name)

        return self._once((company.id, path), ask)
