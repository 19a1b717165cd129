from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_tripletex.api.auth import Identity
from tap_tripletex.proof.access import GENERAL, Access
from tests.conftest import API, COMPANY, error, listed

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.client import Client

USER = Identity(company_id=COMPANY.id, employee_id=5)
ENTITLEMENTS = f"{API}/employee/entitlement"
MODULES = f"{API}/company/salesmodules"


def test_a_missing_entitlement_is_named(client: Client, logged_in: Mocker) -> None:
    logged_in.get(ENTITLEMENTS, json=listed({"name": "AUTH_ALL_VOUCHERS"}))
    access = Access(client)
    said = access.advice(COMPANY, USER, "AUTH_BANK_RECONCILIATION")
    assert said.startswith("The token's user lacks the entitlement AUTH_BANK_RECONCILIATION")
    access.advice(COMPANY, USER, "AUTH_BUDGET")
    assert [r.qs["employeeid"] for r in logged_in.request_history if r.method == "GET"] == [["5"]]


def test_a_missing_module_is_named_beside_those_that_are_on(
    client: Client, logged_in: Mocker
) -> None:
    logged_in.get(MODULES, json=listed({"name": "WAGE"}, {"name": "KOMPLETT"}))
    said = Access(client).advice(COMPANY, USER, "LOGISTICS")
    assert said.startswith("The company lacks the module LOGISTICS (it has KOMPLETT, WAGE)")


@pytest.mark.parametrize("needs", ["AUTH_BUDGET", "LOGISTICS"])
def test_what_cannot_be_asked_or_is_there_gives_general_advice(
    client: Client, logged_in: Mocker, needs: str
) -> None:
    assert Access(client).advice(COMPANY, USER, None) == GENERAL
    refusal = error(403, 9000, "You do not have permission to access this feature.")
    logged_in.get(ENTITLEMENTS, **refusal)
    logged_in.get(MODULES, **refusal)
    assert Access(client).advice(COMPANY, USER, needs) == f"It needs {needs}. {GENERAL}"
    logged_in.get(ENTITLEMENTS, json=listed({"name": needs}))
    logged_in.get(MODULES, json=listed({"name": needs}))
    assert Access(client).advice(COMPANY, USER, needs) == f"It needs {needs}. {GENERAL}"
