"""Whose books the tokens open, and whose are read, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_tripletex.api.companies import client_companies, name_of
from tap_tripletex.api.errors import RefusedError, SettingsError, TripletexError
from tap_tripletex.api.redaction import printable

if TYPE_CHECKING:
    from tap_tripletex.connection import Connection
    from tap_tripletex.settings import Settings

NAME = "name"
"""Name of the company's name, where it is remembered."""

NAMED = 5
"""Companies of a run that are named; there may be hundreds."""


def opened(connection: Connection, settings: Settings) -> str:
    """Return which company and which client companies the tokens open.

    Raises:
        TripletexError: when they open none.
    """
    own = connection.own
    clients = client_companies(connection.client, own)
    try:
        name = name_of(connection.client, own)
    except RefusedError:
        name = ""  # an accounting office's token may not read its own company
    if settings.uses_sandbox:
        first = "Nothing of Tripletex is read: the sandbox, built into the tap, has"
    else:
        first = f"The tokens work at {settings.api_url}. They open"
    lines = [f"{first} company {own.id} {name}".rstrip() + "."]
    if clients:
        lines.append(f"They open {len(clients)} client companies (company_ids: all):")
        lines += [f"  {id_} {clients[id_]}" for id_ in sorted(clients)]
    lines += [str(error) for error in connection.unknown_companies]
    return "\n".join(map(printable, lines))


def read(connection: Connection, settings: Settings) -> str:
    """Return which companies are read, and where.

    Raises:
        SettingsError: when none can be.
    """
    companies = connection.companies
    if not companies:
        message = "Nothing is read: " + " ".join(map(str, connection.unknown_companies))
        raise SettingsError(message)
    names = [f"{company.id} {company.name}".rstrip() for company in companies[:NAMED]]
    if companies == [connection.own]:
        names = [f"{connection.own.id} {_own_name(connection)}".rstrip()]
    more = f" and {len(companies) - NAMED} more" if len(companies) > NAMED else ""
    kind = "company" if len(companies) == 1 else f"{len(companies)} companies:"
    where = f"{settings.api_url} (made up, built into the tap)"
    where = where if settings.uses_sandbox else settings.api_url
    return f"Reading {kind} {', '.join(names)}{more} at {where}."


def _own_name(connection: Connection) -> str:
    """Return the name of the token's own company, if it is one that can be read.

    Raises:
        SettingsError: when it is an accounting office, whose token opens its clients only.
    """
    own, facts = connection.own, connection.facts
    if known := facts.known(own.id, NAME):
        return known
    try:
        name = name_of(connection.client, own)
    except RefusedError:
        clients = client_companies(connection.client, own)
        if not clients:
            return ""
        message = (
            f"The employee token is an accounting office's ({connection.own.id}): it opens "
            f"{len(clients)} client companies, but not the office's own books. Set company_ids to "
            "all, or to the ids of some of them."
        )
        raise SettingsError(message) from None
    except TripletexError:
        return ""  # whatever it is, the streams will say it
    facts.note(own.id, NAME, name)
    return name
