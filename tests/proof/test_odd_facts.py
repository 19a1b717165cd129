"""The answers that the tap itself goes by: on any JSON it copes, or says what is wrong."""

from __future__ import annotations

import contextlib
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.api.auth import Company, Identity
from tap_tripletex.api.companies import client_companies
from tap_tripletex.api.digests import Probes
from tap_tripletex.api.errors import TripletexError
from tap_tripletex.connection import Connection
from tap_tripletex.proof.access import Access
from tap_tripletex.proof.completeness import Completeness
from tap_tripletex.proof.control_totals import Control, Totals, compare
from tap_tripletex.reading.parents import ParentIds
from tap_tripletex.reading.slices import Parents
from tap_tripletex.rows.oddities import Oddities
from tap_tripletex.tap import TapTripletex
from tests.conftest import API, COMPANY, session_answer

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.auth import TokenSession
    from tap_tripletex.api.client import Client

WINDOW = (date(2026, 1, 1), date(2026, 2, 1))
ANYTHING: list[Any] = [
    *(None, True, 5, -1, 1.5, 10**30, "x", "", "2026-1-5", [], [None], [[]], {}, {"id": None}),
    *({"id": "x"}, {"id": {}}, {"name": 5}, {"start": 5}, {"start": None}, {"isClosed": "x"}),
    *({"account": None}, {"account": 5}, {"account": {"id": "x"}}, {"balanceChange": "1.10"}),
    *({"account": {"id": 1}, "balanceChange": True}, {"companyId": "1", "employeeId": None}),
]

SETTINGS = TapTripletex(config={"api_url": "sandbox://"}).settings


def bodies() -> list[Any]:
    return [
        *ANYTHING,
        *({"values": one} for one in ANYTHING),
        *({"values": [one]} for one in ANYTHING),
        *({"value": one} for one in ANYTHING),
    ]


@pytest.mark.parametrize("body", bodies(), ids=str)
def test_any_answer_is_coped_with_or_told(client: Client, logged_in: Mocker, body: Any) -> None:
    logged_in.get(f"{API}/balanceSheet", json=body)
    logged_in.get(f"{API}/employee/entitlement", json=body)
    logged_in.get(f"{API}/company/salesmodules", json=body)
    logged_in.get(f"{API}/company/>withLoginAccess", json=body)
    logged_in.get(f"{API}/ledger/postingByDate", json=body)
    logged_in.get(f"{API}/ledger/annualAccount", json=body)
    logged_in.get(f"{API}/ledger/accountingPeriod", json=body)
    logged_in.get(f"{API}/asset", json=body)
    client._transport._patiently = lambda attempt, **_: attempt()  # type: ignore[method-assign]
    access = Access(client)
    connection = Connection(SETTINGS)
    connection.client = client
    parents = ParentIds(client, Probes(client))
    works = (
        lambda: compare(Totals(), Control(client, COMPANY).balance(WINDOW)),
        lambda: access.held(COMPANY, Identity(1, 2)),
        lambda: Completeness(client, access, Identity(1, 2), WINDOW[0]).of_vouchers(COMPANY),
        lambda: client_companies(client, Company(1, "0")),
        lambda: connection.calendar(COMPANY),
        lambda: parents(COMPANY, Parents("/asset"), Oddities()),
        lambda: parents(COMPANY, Parents("/asset", "account.id")),
        lambda: parents.digest(COMPANY, Parents("/asset"), None),
    )
    for work in works:
        with contextlib.suppress(TripletexError):
            work()


@pytest.mark.parametrize("body", [*ANYTHING, *({"value": one} for one in ANYTHING)], ids=str)
def test_any_answer_about_the_session_is_told(
    session: TokenSession, requests_mock: Mocker, body: Any
) -> None:
    session._transport._patiently = lambda attempt, **_: attempt()  # type: ignore[method-assign]
    requests_mock.post(f"{API}/token/session/:create", json=body)
    with pytest.raises(TripletexError, match=r"session"):
        session.token()
    requests_mock.post(f"{API}/token/session/:create", **session_answer())
    requests_mock.get(f"{API}/token/session/>whoAmI", json=body)
    with contextlib.suppress(TripletexError):
        session.identity()


@pytest.mark.parametrize("body", ANYTHING, ids=str)
@pytest.mark.parametrize("status", [400, 404, 422])
def test_any_error_is_a_sentence(client: Client, logged_in: Mocker, body: Any, status: int) -> None:
    errors = [{"code": body, "message": body, "validationMessages": body}, body]
    for error in errors:
        logged_in.get(f"{API}/x", json=error, status_code=status)
        with pytest.raises(TripletexError, match=str(status)):
            client.get(COMPANY, "/x")


def test_a_balance_without_an_account_counts_as_postings_without_one(
    client: Client, logged_in: Mocker
) -> None:
    rows = [{"account": None, "balanceChange": 1.1}, {"account": {"id": 7}, "balanceChange": -1.1}]
    logged_in.get(f"{API}/balanceSheet", json={"values": rows})
    balance = Control(client, COMPANY).balance(WINDOW)
    assert balance.changes == {0: 110, 7: -110}
    logged_in.get(f"{API}/balanceSheet", json={"values": [{"balanceChange": "1.1"}]})
    verdict = compare(Totals(), Control(client, COMPANY).balance(WINDOW))
    assert verdict.expected is None
    assert verdict.differences == ("/balanceSheet: an account's change is no amount.",)


def test_a_parent_without_an_id_is_counted(client: Client, logged_in: Mocker) -> None:
    rows = [{"id": 3}, {"id": "x"}, None, {}, {"id": 2}]
    logged_in.get(f"{API}/asset", json={"values": rows})
    oddities = Oddities()
    parents = ParentIds(client, Probes(client))
    assert parents(COMPANY, Parents("/asset"), oddities) == [2, 3]
    assert oddities.unasked == 3
    (failure,) = oddities.failures()
    assert failure.startswith("3 objects that this stream is asked for by")
