from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.api.auth import Company
from tap_tripletex.api.companies import chosen_companies, client_companies
from tap_tripletex.api.errors import SettingsError
from tap_tripletex.connection import Connection
from tap_tripletex.settings import read_settings
from tests.conftest import API, listed
from tests.test_settings import DEFAULTS

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.client import Client

OWN = Company(1, "0")
CLIENTS = f"{API}/company/%3EwithLoginAccess"


def test_nothing_is_asked_for_the_tokens_own_company(client: Client, logged_in: Mocker) -> None:
    assert chosen_companies(None, OWN, client) == ([OWN], [])
    assert chosen_companies((1,), OWN, client) == ([OWN], [])
    assert logged_in.call_count == 0


def test_all_is_every_client_but_not_the_office(client: Client, logged_in: Mocker) -> None:
    logged_in.get(CLIENTS, json=listed({"id": 5, "name": "A"}, {"id": 6, "name": "B"}))
    companies, unknown = chosen_companies("all", OWN, client)
    assert companies == [Company(5, "5"), Company(6, "6")]
    assert unknown == []


def test_all_without_clients_is_the_own_company(client: Client, logged_in: Mocker) -> None:
    logged_in.get(CLIENTS, json=listed())
    assert chosen_companies("all", OWN, client) == ([OWN], [])


def test_an_unknown_company_is_named_and_the_others_are_read(
    client: Client, logged_in: Mocker
) -> None:
    logged_in.get(CLIENTS, json=listed({"id": 5, "name": "A"}))
    companies, (unknown,) = chosen_companies((9, 5), OWN, client)
    assert companies == [Company(5, "5")]
    assert str(unknown) == (
        "The token does not open company 9, which company_ids names; it opens 1, 5."
    )


def test_hundreds_of_clients_come_in_pages(client: Client, logged_in: Mocker) -> None:
    def answer(request: Any, _: Any) -> Any:
        start = int(request.qs["from"][0])
        return listed(*({"id": n, "name": str(n)} for n in range(start, min(start + 1000, 1500))))

    logged_in.get(CLIENTS, json=answer)
    assert len(client_companies(client, OWN)) == 1500


def test_a_sandbox_address_that_is_not_understood_is_said() -> None:
    with pytest.raises(SettingsError, match="is not understood"):
        Connection(read_settings(DEFAULTS | {"api_url": "sandbox://?planets=3"}, "x"))


def test_months_start_with_the_first_fiscal_year() -> None:
    connection = Connection(read_settings(DEFAULTS | {"api_url": "sandbox://"}, "x"))
    calendar = connection.calendar(connection.companies[0])
    assert calendar.first.isoformat() == "2024-01-01"
    assert calendar.open_start
    connection.close()
