from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.conftest import Api

if TYPE_CHECKING:
    from tap_tripletex.sandbox import Sandbox

Y2025 = {"dateFrom": "2025-01-01", "dateTo": "2026-01-01"}
Y2026 = {"dateFrom": "2026-01-01", "dateTo": "2027-01-01"}


def digest(api: Api, path: str, **params: Any) -> str:
    found = api.get(path, headers={"If-None-Match": "x"}, **params)["versionDigest"]
    assert isinstance(found, str)
    return found


def status(api: Api, known: str, path: str, **params: Any) -> int:
    return api.send(path, headers={"If-None-Match": known}, **params).status


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/customer", "'If-None-Match' header not specified"),
        ("/employee", "Checksum not yet supported for this endpoint"),
        ("/company/salesmodules", None),
    ],
)
def test_what_a_list_says_without_the_header(api: Api, path: str, expected: str | None) -> None:
    assert api.get(path)["versionDigest"] == expected


def test_unsupported_paths_never_answer_304(api: Api) -> None:
    for path in ("/employee", "/company/salesmodules"):
        found = api.get(path)["versionDigest"]
        assert status(api, str(found), path) == 200
        assert api.get(path, headers={"If-None-Match": "x"})["versionDigest"] == found


def test_an_unchanged_set_answers_304_without_a_body(fresh: Sandbox) -> None:
    api = Api(fresh)
    known = digest(api, "/ledger/posting", **Y2026)
    response = api.send("/ledger/posting", headers={"If-None-Match": known}, **Y2026)
    assert (response.status, response.body) == (304, b"")
    assert status(api, f'"{known}"', "/ledger/posting", **Y2026) == 304
    assert fresh.requests[-1]["if_none_match"] is True


def test_paging_and_fields_do_not_count_and_parameters_do(api: Api) -> None:
    known = digest(api, "/ledger/posting", **Y2026)
    probe = {"count": 1, "from": 3, "fields": "id", "sorting": "id"}
    assert status(api, known, "/ledger/posting", **probe, **Y2026) == 304
    assert status(api, known, "/ledger/posting", accountNumberFrom=3000, **Y2026) == 200
    assert digest(api, "/ledger/posting", **Y2025) != known


def test_a_change_moves_only_the_windows_it_is_in(fresh: Sandbox) -> None:
    api = Api(fresh)
    paths = ("/ledger/posting", "/ledger/voucher", "/ledger/postingByDate", "/ledger")
    before = {(path, y): digest(api, path, **y_) for path in paths for y, y_ in _years()}
    fresh.company().back_date("2025-11-20")
    for path in paths:
        assert status(api, before[path, 2025], path, **Y2025) == 200
    for path in paths[:3]:
        assert status(api, before[path, 2026], path, **Y2026) == 304


def _years() -> list[tuple[int, dict[str, str]]]:
    return [(2025, Y2025), (2026, Y2026)]


def test_direct_children_count_and_expanded_objects_do_not(fresh: Sandbox) -> None:
    api = Api(fresh)
    company = fresh.company()
    window = {"orderDateFrom": "2024-01-01", "orderDateTo": "2027-01-01"}
    orders = digest(api, "/order", **window)
    version = company.rows("Order")[0]["version"]
    company.edit("OrderLine", company.rows("Order")[0]["orderLines"][0], description="ny")
    assert digest(api, "/order", **window) != orders
    assert company.rows("Order")[0]["version"] == version
    projects = digest(api, "/project")
    manager = company.rows("Project")[0]["projectManager"]
    company.edit("Employee", manager, email="ny@example.org")
    assert digest(api, "/project") == projects
    vouchers = digest(api, "/ledger/voucher", **Y2026)
    posting = company.postings("2026-02-01", "2026-03-01")[0]
    company.edit_posting(posting.id, description="rettet")
    assert digest(api, "/ledger/voucher", **Y2026) != vouchers


def test_digests_are_the_same_in_another_process(api: Api, fresh: Sandbox) -> None:
    path = "/ledger/posting"
    assert digest(api, path, **Y2026) == digest(Api(fresh), path, **Y2026)
