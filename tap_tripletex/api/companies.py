"""Which companies a run reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tap_tripletex.api.auth import OWN_COMPANY, Company
from tap_tripletex.api.errors import MalformedRowError, UnknownCompanyError
from tap_tripletex.api.paging import whole_list

if TYPE_CHECKING:
    from tap_tripletex.api.auth import Identity
    from tap_tripletex.api.client import Client

CLIENTS = "/company/>withLoginAccess"

PAGE = 1000

ALL = "all"
"""Setting: every client company that the token opens."""


class ClientCompany(msgspec.Struct):
    """A company in the list."""

    id: int
    name: str | None = None


def own_company(identity: Identity) -> Company:
    """Return the company that the token was made in."""
    return Company(identity.company_id, OWN_COMPANY)


def client_companies(client: Client, own: Company) -> dict[int, str]:
    """Return the names of the companies that the token opens besides its own, by id.

    Only an accounting office's token has any.

    Raises:
        MalformedRowError: when one of them has no id.
    """
    rows, odd = whole_list(client, own, CLIENTS, {"fields": "id,name"}, size=PAGE).of_type(
        ClientCompany
    )
    if odd:
        message = f"{CLIENTS}: {odd[0]} The companies that it opens cannot be told."
        raise MalformedRowError(message)
    return {row.id: row.name or "" for row in rows}


def name_of(client: Client, company: Company) -> str:
    """Return the name of a company, empty where it has none.

    Raises:
        RefusedError: when the token does not open its books.
    """
    values = client.get(company, f"/company/{company.id}", {"fields": "name"}).values
    return str(values[0].get("name") or "") if values else ""


def chosen_companies(
    setting: tuple[int, ...] | str | None, own: Company, client: Client
) -> tuple[list[Company], list[UnknownCompanyError]]:
    """Return the companies to read, and an error for each that the token does not open.

    Args:
        setting: ``company_ids`` as in Settings.
        own: the company of the token.
        client: asks for the client companies, where the setting needs them.
    """
    if setting is None or setting == (own.id,):
        return [own], []
    opened = {own.id: own}
    clients = client_companies(client, own)
    opened |= {id_: Company(id_, str(id_), name) for id_, name in clients.items()}
    if setting == ALL:
        return [c for c in opened.values() if c is not own] or [own], []
    unknown = [
        UnknownCompanyError(
            f"The token does not open company {id_}, which company_ids names; it opens "
            f"{', '.join(map(str, sorted(opened)))}."
        )
        for id_ in setting
        if id_ not in opened
    ]
    return [opened[int(id_)] for id_ in setting if id_ in opened], unknown
