from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tap_tripletex.api.auth import Company
from tap_tripletex.api.digests import Probes
from tests.conftest import API, COMPANY, listed

if TYPE_CHECKING:
    from requests_mock import Mocker

    from tap_tripletex.api.client import Client

OTHER = Company(COMPANY.id + 1, "1")
LIST = ("/ledger/posting", {"dateFrom": "2026-01-01", "dateTo": "2027-01-01"})


def test_what_is_known_of_a_company_is_asked_once_until_it_is_let_go(
    client: Client, logged_in: Mocker
) -> None:
    row = {"id": 1, "date": "2026-03-03"}
    asked = logged_in.get(f"{API}/ledger/posting", json=listed(row, digest="whole"))
    probes = Probes(client)

    def ask(company: Company) -> int:
        before = asked.call_count
        assert probes.digest(company, *LIST, None) == "whole"
        assert probes.has_rows(company, *LIST)
        assert probes.last_day(company, *LIST) == date(2026, 3, 3)
        return asked.call_count - before

    assert (ask(COMPANY), ask(OTHER)) == (2, 2)  # a row tells the digest, and that there is one
    assert (ask(COMPANY), ask(OTHER)) == (0, 0)
    probes.forget(COMPANY.id)
    assert not any(key[0] == COMPANY.id for key in probes._filled)
    assert (ask(COMPANY), ask(OTHER)) == (2, 0)
