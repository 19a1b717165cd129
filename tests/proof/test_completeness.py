from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.api.auth import Identity
from tap_tripletex.api.errors import UnavailableError
from tap_tripletex.proof.access import Access
from tap_tripletex.proof.completeness import ALL_VOUCHERS, PROBE, Completeness
from tests.conftest import API, COMPANY, error, listed

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.client import Client

USER = Identity(company_id=COMPANY.id, employee_id=5)
ENTITLEMENTS = f"{API}/employee/entitlement"
MODULES = f"{API}/company/salesmodules"
REFUSAL = error(403, 9000, "You do not have permission to access this feature.")


class Runs:
    """Runs that share what is remembered."""

    def __init__(self, client: Client, mock: Mocker) -> None:
        self.client = client
        self.mock = mock
        self.memory: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.holds("AUTH_BUDGET", "AUTH_INVOICING", modules=("LOGISTICS", "WAGE"))
        self.mock.get(f"{API}{PROBE}", json=listed())

    def holds(self, *entitlements: str, modules: tuple[str, ...]) -> None:
        self.mock.get(ENTITLEMENTS, json=listed(*({"name": name} for name in entitlements)))
        self.mock.get(MODULES, json=listed(*({"name": name} for name in modules)))

    def counted(self, *given_up: str) -> tuple[int | None, int | None]:
        """Return how many rights are held, and how many are lacking and given up."""
        access = Access(self.client)
        return Completeness(self.client, access, USER, date(2026, 11, 25), given_up).counted(
            COMPANY
        )

    def lacks(self, *given_up: str, all_vouchers: bool = True) -> list[tuple[str, bool]]:
        access = Access(self.client)
        found = Completeness(self.client, access, USER, date(2026, 11, 25), given_up)
        found.remember(COMPANY, self.memory, self.names)
        lacks = found.lacks(COMPANY, self.memory, self.names, all_vouchers=all_vouchers)
        return [(lack.reason, lack.fatal) for lack in lacks]


@pytest.fixture
def runs(client: Client, logged_in: Mocker) -> Runs:
    return Runs(client, logged_in)


def test_what_was_lost_is_named_until_it_is_back_or_given_up(runs: Runs) -> None:
    assert runs.lacks() == []
    runs.holds("AUTH_BUDGET", modules=("WAGE",))
    for _ in range(2):
        ((reason, fatal),) = runs.lacks()
        assert "had AUTH_INVOICING, LOGISTICS in an earlier run" in reason
        assert fatal
    ((reason, _),) = runs.lacks("LOGISTICS")
    assert "had AUTH_INVOICING in an earlier run" in reason
    assert runs.lacks("LOGISTICS", "AUTH_INVOICING") == []
    runs.holds("AUTH_BUDGET", "AUTH_INVOICING", "AUTH_NEW", modules=("LOGISTICS", "WAGE"))
    assert runs.lacks() == []


def test_rights_of_an_older_state_have_no_names(runs: Runs) -> None:
    runs.memory["rights"] = ["5f0e77"]
    ((reason, _),) = runs.lacks()
    assert "a right (5f0e77)" in reason


def test_a_token_that_does_not_see_all_vouchers_is_said_and_an_error_when_it_did(
    runs: Runs,
) -> None:
    runs.mock.get(f"{API}{PROBE}", **error(422, 15000, "Validation failed"))
    ((reason, fatal),) = runs.lacks()
    assert f"grant its user {ALL_VOUCHERS}" in reason
    assert not fatal
    assert runs.lacks(all_vouchers=False) == []
    runs.mock.get(f"{API}{PROBE}", json=listed())
    assert runs.lacks() == []
    runs.mock.get(f"{API}{PROBE}", **REFUSAL)
    ((reason, fatal),) = runs.lacks()
    assert "any more, as it could in an earlier run" in reason
    assert fatal
    ((_, fatal),) = runs.lacks(ALL_VOUCHERS)
    assert not fatal


def test_rights_that_may_not_be_listed_are_said_and_an_error_when_they_could(runs: Runs) -> None:
    runs.mock.get(ENTITLEMENTS, **REFUSAL)
    ((reason, fatal),) = runs.lacks()
    assert "may not list the entitlements of its own user" in reason
    assert not fatal
    runs.holds("AUTH_BUDGET", modules=())
    assert runs.lacks() == []
    runs.mock.get(ENTITLEMENTS, **REFUSAL)
    ((_, fatal),) = runs.lacks()
    assert fatal


@pytest.mark.parametrize("address", [ENTITLEMENTS, MODULES, f"{API}{PROBE}"])
@pytest.mark.parametrize("outage", [{"status_code": 502}, {"status_code": 404, "text": "<html>"}])
def test_an_outage_tells_nothing_of_rights(
    runs: Runs, address: str, outage: dict[str, Any]
) -> None:
    runs.lacks()
    runs.mock.get(address, **outage)
    with pytest.raises(UnavailableError):
        runs.lacks()


def test_hundreds_of_rights_are_all_read(runs: Runs) -> None:
    rows = [{"name": f"AUTH_{number}"} for number in range(10_500)]

    def answer(request: Any, _: Any) -> Any:
        start, count = (int(request.qs[name][0]) for name in ("from", "count"))
        return listed(*rows[start : start + count])

    runs.mock.get(ENTITLEMENTS, json=answer)
    runs.lacks()
    assert len(runs.names) >= 10_500


def test_rights_are_counted_with_those_that_are_lacking_and_given_up(runs: Runs) -> None:
    assert runs.counted() == (4, 0)
    assert runs.counted("WAGE") == (4, 0)
    runs.holds("AUTH_BUDGET", modules=("LOGISTICS",))
    assert runs.counted() == (2, 0)
    assert runs.counted("WAGE", "AUTH_NEVER") == (2, 2)
    runs.mock.get(MODULES, **REFUSAL)
    assert runs.counted() == (1, 0)
    runs.mock.get(ENTITLEMENTS, **REFUSAL)
    assert runs.counted("WAGE") == (None, None)
