from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.api.auth import Company
from tap_tripletex.api.digests import Probes
from tap_tripletex.api.errors import ForbiddenError, MalformedRowError
from tap_tripletex.reading.children import URL_LENGTH, Batch, Child, ForEach
from tap_tripletex.reading.parents import ParentIds
from tap_tripletex.reading.periods import Period, Years
from tap_tripletex.reading.slices import Parents
from tap_tripletex.reading.strategies import Single
from tests.conftest import API, COMPANY, error, listed
from tests.reading.test_reader import COLUMNS, Reader, ids
from tests.reading.test_strategies import CALENDAR, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_mock import Mocker

    from tap_tripletex.api.client import Client

PROJECTS = Parents("/project")


@pytest.fixture
def reader(client: Client) -> Iterator[Reader]:
    with ThreadPoolExecutor(4) as pool:
        yield Reader(client, pool)


def gets(mock: Mocker) -> list[Any]:
    return [request for request in mock.request_history if request.method == "GET"]


def test_each_parent_is_asked_by_a_parameter(reader: Reader, logged_in: Mocker) -> None:
    def answer(request: Any, _: Any) -> Any:
        (project,) = request.qs["projectid"]
        return listed({"id": int(project) * 10})

    logged_in.get(f"{API}/project/task", json=answer)
    records = reader.run(Child(PROJECTS, "projectId", "project_id"), path="/project/task")
    assert [(record["project_id"], record["id"]) for record in records] == [(3, 30), (4, 40)]
    assert len({record["synced_at"] for record in records}) == 1
    assert list(reader.bookmark["digests"]) == ["all"]


def test_children_that_did_not_change_are_not_emitted_again(
    reader: Reader, logged_in: Mocker
) -> None:
    logged_in.get(f"{API}/project/task", json=listed({"id": 1, "name": "Tegne"}))
    tasks = Child(PROJECTS, "projectId", "project_id")
    assert reader.run(tasks, path="/project/task")
    assert reader.run(tasks, path="/project/task") == []
    logged_in.get(f"{API}/project/task", json=listed({"id": 1, "name": "Bygge"}))
    assert reader.run(tasks, path="/project/task")


def test_each_parent_is_asked_by_the_path_and_one_that_is_gone_has_no_rows(
    reader: Reader, logged_in: Mocker
) -> None:
    logged_in.get(f"{API}/salary/transaction/3", **error(404, 6000, "Object not found"))
    logged_in.get(f"{API}/salary/transaction/4", json={"value": {"id": 4}})
    child = Child(PROJECTS, "{id}", within=Single())
    assert ids(reader.run(child, path="/salary/transaction/{id}")) == [4]
    assert gets(logged_in)[0].qs == {"fields": ["id,date,name"]}


def test_each_year_is_asked_of_each_parent(reader: Reader, logged_in: Mocker) -> None:
    logged_in.get(f"{API}/compilation", json=listed({"id": 1}))
    child = Child(PROJECTS, "employeeId", "employee_id", Years())
    reader.run(child, path="/compilation")
    assert set(reader.bookmark["digests"]) == {"all"}
    assert [request.qs["year"] for request in gets(logged_in)] == [["2026"], ["2026"]]


def test_many_parents_share_a_request(reader: Reader, logged_in: Mocker) -> None:
    logged_in.get(f"{API}/reserves", json=listed({"id": 1}, {"id": 2}))
    batch = Batch(PROJECTS, "ids", within=Period("date_from", last="date_to"))
    records = reader.run(batch, path="/reserves", page_size=9)
    assert [request.qs["ids"] for request in gets(logged_in)] == [["3,4"], ["3,4"]]
    assert [record["date_from"] for record in records] == ["2026-10-01"] * 2 + ["2026-11-01"] * 2
    assert records[0]["date_to"] == "2026-10-31"


def test_a_batch_is_no_longer_than_a_url_carries() -> None:
    parents = list(range(10_000_000, 10_003_000))
    (part,) = Batch(PROJECTS, "ids").slices(CALENDAR, Said(parents))
    batches = [ask.params["ids"] for ask in part.asks]
    assert max(map(len, batches)) <= URL_LENGTH
    assert len(batches) == 5
    assert ",".join(batches) == ",".join(map(str, parents))


@pytest.mark.parametrize("strategy", [Child(PROJECTS, "projectId"), Batch(PROJECTS, "ids")])
def test_without_parents_nothing_is_asked(strategy: Child) -> None:
    (part,) = strategy.slices(CALENDAR, Said([]))
    assert list(part.asks) == []


def test_when_the_last_parent_is_gone_its_rows_are_too(reader: Reader, logged_in: Mocker) -> None:
    logged_in.get(f"{API}/project/task", json=listed({"id": 1}))
    tasks = Child(PROJECTS, "projectId", "project_id")
    reader.run(tasks, path="/project/task")
    for _ in range(2):
        reader.run(tasks, path="/project/task", parents=[])
    assert [len(emission.seen) for _, emission in reader.reads] == [1, 0]


def test_parents_of_several_kinds_are_told_apart() -> None:
    archive = ForEach(kinds={"customer": PROJECTS, "product": Parents("/product")})
    slices = list(archive.slices(CALENDAR, Said({PROJECTS: [7]})))
    (part,) = slices
    (ask,) = part.asks
    assert ask.path == {"entity": "customer", "id": "7"}
    assert ask.columns == {"entity": "customer", "entity_id": 7}


def test_parents_are_listed_once_for_all_children_of_a_company(
    client: Client, logged_in: Mocker
) -> None:
    logged_in.get(f"{API}/project", json=listed({"id": 8}, {"id": 5}))
    parent_ids = ParentIds(client, Probes(client))
    assert parent_ids(COMPANY, PROJECTS) == [5, 8]
    assert parent_ids(COMPANY, Parents("/project")) == [5, 8]
    assert gets(logged_in)[0].qs["fields"] == ["id,version"]
    assert len(gets(logged_in)) == 1
    parent_ids(Company(9, "9"), PROJECTS)
    assert len(gets(logged_in)) == 2


def test_parents_may_be_references_of_rows(client: Client, logged_in: Mocker) -> None:
    rows = [{"transaction": {"id": 2}}, {"transaction": None}, {"transaction": {"id": 2}}]
    logged_in.get(f"{API}/salary/payslip", json=listed(*rows))
    assert ParentIds(client, Probes(client))(
        COMPANY, Parents("/salary/payslip", "transaction.id")
    ) == [2]
    assert gets(logged_in)[0].qs["fields"] == ["transaction(id),version"]


def test_parents_that_are_forbidden_are_asked_for_once(client: Client, logged_in: Mocker) -> None:
    logged_in.get(f"{API}/project", **error(403, 9000, "You do not have permission."))
    parent_ids = ParentIds(client, Probes(client))
    for _ in range(3):
        with pytest.raises(ForbiddenError, match="GET /project"):
            parent_ids(COMPANY, PROJECTS)
    assert len(gets(logged_in)) == 1


def test_a_row_of_another_parent_than_was_asked_for_is_an_error(
    reader: Reader, logged_in: Mocker
) -> None:
    columns = {**COLUMNS, "employee_id": {"source": "employee.id", "type": "integer", "none": 0}}
    child = Child(PROJECTS, "employeeId", "employee_id")
    rows = [{"id": 1, "employee": {"id": 3}}, {"id": 2, "employee": None}, {"id": 5}]
    logged_in.get(f"{API}/employment", json=listed(*rows))
    assert len(reader.run(child, path="/employment", columns=columns, parents=[3])) == 3
    for form in ("lines", "records"):
        reader.form, reader.bookmark = form, {}
        with pytest.raises(MalformedRowError, match="not of employee_id 4"):
            reader.run(child, path="/employment", columns=columns, parents=[4])


def test_parents_come_in_pages_that_end(client: Client, logged_in: Mocker) -> None:
    rows = [{"id": number} for number in range(1, 10_001)]
    logged_in.get(f"{API}/project", json=listed(*rows))  # ignores paging
    assert len(ParentIds(client, Probes(client))(COMPANY, PROJECTS)) == 10_000
    assert len(gets(logged_in)) == 2


def test_parents_that_move_while_they_are_listed_are_listed_again(
    client: Client, logged_in: Mocker
) -> None:
    rows = [{"id": number} for number in range(1, 10_100)]

    def answer(request: Any, _: Any) -> Any:
        start, count = (int(request.qs[name][0]) for name in ("from", "count"))
        found = listed(*rows[start : start + count])
        if len(rows) == 10_099:
            del rows[0]
        return found

    logged_in.get(f"{API}/project", json=answer)
    assert ParentIds(client, Probes(client))(COMPANY, PROJECTS) == list(range(2, 10_100))


def test_parents_are_listed_by_every_value_of_a_filter(client: Client, logged_in: Mocker) -> None:
    def answer(request: Any, _: Any) -> Any:
        inactive = request.qs["isinactive"] == ["true"]
        return listed({"id": 9 if inactive else 2}, digest="d9" if inactive else "d2")

    logged_in.get(f"{API}/customer", json=answer)
    customers = Parents("/customer", every=(("isInactive", ("false", "true")),))
    parent_ids = ParentIds(client, Probes(client))
    assert parent_ids(COMPANY, customers) == [2, 9]
    assert parent_ids.digest(COMPANY, customers, None) == "d2,d9"
    assert len(gets(logged_in)) == 2  # where nothing is known the list itself has its digest
    ParentIds(client, Probes(client)).digest(COMPANY, customers, "d2,d9")
    assert [r.headers["If-None-Match"] for r in gets(logged_in)[2:]] == ["d2", "d9"]
