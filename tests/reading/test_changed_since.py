"""Long lists, of which only what has changed is read."""

from __future__ import annotations

import time
from copy import deepcopy
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.connection import SANDBOX_ADDRESS
from tap_tripletex.sandbox import Fault, Sandbox, SandboxAdapter
from tap_tripletex.tap import TapTripletex
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.living_company import LivingCompany

STREAMS = ("customers", "suppliers", "non_posted_vouchers")

HOUR = 3600

SHORT = "tap_tripletex.reading.changed_since.SHORT_ROWS"

UNCHANGED = [("false", "ids", 304), ("true", "ids", 304)]
"""Requests by value of isInactive, what was asked for, and status of the answer."""

FORGOTTEN = [("false", "whole", 200), ("true", "whole", 200)]
"""Both parts read whole, without their earlier checksums."""

EDITED = [("false", "ids", 200), ("true", "ids", 200), ("true", "ids", 304)]
"""A change in the active ones: the ids of the others are asked for once more."""


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sandbox's lists be long."""
    monkeypatch.setattr(SHORT, 5)


class Clock:
    """The sandbox's time; each edit is some seconds later than the one before."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> float:
        return time.time() + self.ahead


CLOCK = Clock()


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox whose inbox is long as well, which it is not on every day of the year."""
    sandbox = Sandbox(vouchers_per_day=0.1, rate_limit=None, clock=CLOCK)
    while len(sandbox.company().inbox) < 8:
        deliver(sandbox.company())
    return sandbox


@pytest.fixture
def company(sandbox: Sandbox) -> LivingCompany:
    return sandbox.company()


def deliver(company: LivingCompany) -> None:
    """Put one more voucher into the inbox."""
    last = max(company.inbox, key=lambda row: row.id)
    now = int(company.now())
    company.inbox.add(type(last)(last.id + 1, None, 0, 999, 0, "Ny", last.voucherType, (), now, 0))
    company.version += 1


@pytest.fixture
def warehouse(sandbox: Sandbox) -> Warehouse:
    warehouse = Warehouse(sandbox, STREAMS)
    run(warehouse)
    return warehouse


def run(warehouse: Warehouse, path: str = "/customer") -> list[tuple[str, str, int]]:
    """Run the tap and return the requests for a list, in a fixed order."""
    warehouse.sandbox.requests.clear()
    warehouse.run()
    found = []
    for entry in warehouse.sandbox.requests:
        if entry["path"] == path:
            params = entry["params"]
            what = "ids" if params["fields"] == "id" else "whole"
            if "changedSince" in params:
                what = f"since {params['changedSince']}"
                what += " (test)" if params["fields"] == "id,changes" else ""
            found.append((params.get("isInactive", ""), what, entry["status"]))
    return sorted(found)


def again(asked: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Return requests without that for the unchanged part, which may or may not be under way."""
    return [entry for entry in asked if entry != ("true", "whole", 304)]


def since(seconds: float) -> list[tuple[str, str, int]]:
    return [(inactive, f"since {text(seconds)}", 200) for inactive in ("false", "true")]


def tried(seconds: float) -> list[tuple[str, str, int]]:
    what = f"since {text(seconds - 1)} (test)"
    return [(inactive, what, 200) for inactive in ("false", "true")]


def text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def newest(company: LivingCompany, entity: str = "Customer") -> int:
    table = company.table(entity)
    return max(table.updated(row) for row in table)


def changed(company: LivingCompany, seconds: float, entity: str = "Customer") -> list[int]:
    table = company.table(entity)
    return sorted(table.identity(row) for row in table if table.updated(row) >= seconds)


def bookmark(warehouse: Warehouse, stream: str = "customers") -> dict[str, Any]:
    (partition,) = warehouse.state["bookmarks"][stream]["partitions"]
    found: dict[str, Any] = partition
    return found


def readings(warehouse: Warehouse, stream: str = "customers") -> int:
    """Return how often a stream has been read whole."""
    query = f"SELECT count(*) FROM sync_windows WHERE stream = '{stream}'"
    return int(warehouse.rows(query)[0][0])


def names(warehouse: Warehouse, view: str = "customers_current") -> dict[int, str]:
    return dict(warehouse.rows(f"SELECT id, name FROM {view}"))


def truth(company: LivingCompany, entity: str = "Customer") -> dict[int, str]:
    return {row["id"]: row["name"] for row in company.rows(entity)}


def active(company: LivingCompany) -> list[int]:
    return [row["id"] for row in company.rows("Customer") if not row["isInactive"]]


def edit(company: LivingCompany, text: str = "Nytt navn AS") -> int:
    CLOCK.ahead += 2
    customer = active(company)[0]
    company.edit("Customer", customer, name=text)
    return customer


def test_the_first_run_reads_the_list_and_tries_the_parameter(
    sandbox: Sandbox, company: LivingCompany
) -> None:
    warehouse = Warehouse(sandbox, STREAMS)
    asked = run(warehouse)
    assert asked == sorted([*FORGOTTEN, *tried(newest(company)), *UNCHANGED])
    ids = list(truth(company))
    remembered = bookmark(warehouse)
    assert remembered["census"] == {
        "rows": len(ids),
        "highest": max(ids),
        "checksum": remembered["census"]["checksum"],
        "newest": text(newest(company)),
        "proven": True,
    }
    assert remembered["replication_key"] == "updated_at"
    assert remembered["replication_key_value"] == text(newest(company))


def test_an_unchanged_list_is_one_request_a_part(warehouse: Warehouse) -> None:
    before = bookmark(warehouse)
    assert run(warehouse) == UNCHANGED
    assert warehouse.emitted == {}
    assert bookmark(warehouse) == before
    assert run(warehouse, "/supplier") == UNCHANGED
    assert run(warehouse, "/ledger/voucher/>nonPosted") == [("", "ids", 304)]


def test_an_edit_and_a_new_row_of_a_long_list_are_read_alone(
    warehouse: Warehouse, company: LivingCompany
) -> None:
    start = newest(company) - 6 * HOUR
    edit(company)
    added = company.add("Customer", name="Ny AS")
    recent = changed(company, start)
    assert added in recent
    assert len(recent) < 5
    assert run(warehouse) == sorted([*EDITED, *since(start)])
    assert warehouse.emitted == {"customers": len(recent)}
    assert names(warehouse) == truth(company)
    assert readings(warehouse) == 1
    query = "SELECT id FROM customers WHERE synced_at > (SELECT min(synced_at) FROM customers)"
    assert warehouse.rows(f"{query} ORDER BY 1") == [(id_,) for id_ in recent]
    remembered = bookmark(warehouse)
    assert remembered["census"]["newest"] == text(newest(company))
    assert remembered["census"]["rows"] == len(truth(company))
    assert remembered["census"]["highest"] == added
    assert remembered["replication_key_value"] == text(newest(company))
    # What came with them and was not told is looked for once nothing more changes.
    assert run(warehouse) == sorted([*UNCHANGED, *FORGOTTEN])
    assert run(warehouse) == UNCHANGED
    assert warehouse.emitted == {}


@pytest.mark.parametrize("days", [0, 1])
def test_an_edit_without_a_trace_beside_an_ordinary_one_is_not_lost(
    warehouse: Warehouse, company: LivingCompany, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    warehouse.config["full_refresh_days"] = 0
    edit(company)
    late = active(company)[1]
    company.table("Customer").rows[late]["name"] = "Endret uten spor AS"
    company.table("Customer").touch(late)
    company.version += 1
    run(warehouse)
    assert readings(warehouse) == 1
    if days:  # the next run finds another change, but it is another day
        edit(company, "Enda et navn AS")
        today = company.simulation.context.day if company.simulation else None
        assert today
        day = type(today).fromordinal(today.toordinal() + 2)
        monkeypatch.setattr("tap_tripletex.connection.Connection.today", day)
    run(warehouse)
    assert readings(warehouse) == 2
    assert names(warehouse) == truth(company)
    assert run(warehouse) == UNCHANGED


def test_a_row_that_moves_to_the_other_part_is_an_edit(
    warehouse: Warehouse, company: LivingCompany
) -> None:
    start = newest(company) - 6 * HOUR
    company.edit("Customer", active(company)[0], isInactive=True)
    both = [("false", "ids", 200), ("true", "ids", 200)]
    assert run(warehouse) == sorted([*both, *since(start)])
    assert readings(warehouse) == 1
    inactive = warehouse.rows("SELECT id FROM customers_current WHERE is_inactive ORDER BY 1")
    assert inactive == [(r["id"],) for r in company.rows("Customer") if r["isInactive"]]


def test_pages_of_changes_are_read_to_the_end(warehouse: Warehouse, company: LivingCompany) -> None:
    warehouse.config |= {"page_size": 2}
    start = newest(company) - 6 * HOUR
    edited = active(company)[:5]
    for customer in edited:
        company.edit("Customer", customer, name=f"Nytt navn {customer}")
    run(warehouse)
    assert warehouse.emitted == {"customers": len(changed(company, start))}
    assert names(warehouse) == truth(company)
    assert readings(warehouse) == 1


@pytest.mark.parametrize("with_edit", [True, False])
def test_a_deletion_is_seen_at_once(
    warehouse: Warehouse, company: LivingCompany, *, with_edit: bool
) -> None:
    gone = active(company)[3]
    company.delete("Customer", gone)
    if with_edit:
        edit(company)
    assert run(warehouse) == sorted([*EDITED, *FORGOTTEN])
    assert names(warehouse) == truth(company)
    assert set(names(warehouse, "customers_deleted")) == {gone}
    assert readings(warehouse) == 2
    assert warehouse.emitted["customers"] == len(truth(company))
    assert bookmark(warehouse)["census"]["proven"] is True
    start = newest(company) - 6 * HOUR
    edit(company, "Enda et navn AS")
    assert run(warehouse) == sorted([*EDITED, *since(start)])


def test_one_deleted_and_another_come_in_its_place_are_seen(
    warehouse: Warehouse, company: LivingCompany
) -> None:
    """The number of ids is the same, their checksum is not."""
    gone = active(company)[3]
    company.delete("Customer", gone)
    company.add("Customer", id=min(truth(company)) - 1, name="Gammel AS")
    assert run(warehouse) == sorted([*EDITED, *FORGOTTEN])
    assert names(warehouse) == truth(company)
    assert set(names(warehouse, "customers_deleted")) == {gone}


def test_a_new_id_that_the_parameter_does_not_show_is_read(
    warehouse: Warehouse, company: LivingCompany
) -> None:
    start = newest(company) - 6 * HOUR
    added = company.add("Customer", name="Flyttet AS")
    company.table("Customer").rows[added]["_created"] = start - 1
    edit(company)
    assert run(warehouse) == sorted([*EDITED, *since(start), *FORGOTTEN])
    assert names(warehouse) == truth(company)


def test_what_the_parameter_cannot_see_is_read_whole(
    warehouse: Warehouse, company: LivingCompany
) -> None:
    start = newest(company) - 6 * HOUR
    customer = active(company)[0]
    company.table("Customer").rows[customer]["name"] = "Endret uten spor AS"
    company.table("Customer").touch(customer)
    company.version += 1
    assert run(warehouse) == sorted([*EDITED, *since(start), *FORGOTTEN])
    assert names(warehouse) == truth(company)
    assert readings(warehouse) == 2
    assert run(warehouse) == UNCHANGED


def test_a_parameter_that_never_works_is_tried_and_not_used(
    sandbox: Sandbox, company: LivingCompany
) -> None:
    sandbox.changed_since_works = False
    warehouse = Warehouse(sandbox, STREAMS)
    assert run(warehouse) == sorted([*FORGOTTEN, *tried(newest(company))])
    assert bookmark(warehouse)["census"]["proven"] is False
    assert run(warehouse) == [("false", "whole", 304), ("true", "whole", 304)]
    edit(company)
    assert again(run(warehouse)) == sorted([*FORGOTTEN, *tried(newest(company))])
    assert warehouse.emitted["customers"] == len(truth(company))
    assert names(warehouse) == truth(company)


def test_a_parameter_that_stops_working_is_given_up_until_it_works_again(
    warehouse: Warehouse, sandbox: Sandbox, company: LivingCompany
) -> None:
    sandbox.changed_since_works = False
    start = newest(company) - 6 * HOUR
    edit(company)
    asked = [*EDITED, *since(start), *FORGOTTEN, *tried(newest(company))]
    assert run(warehouse) == sorted(asked)
    assert names(warehouse) == truth(company)
    assert bookmark(warehouse)["census"]["proven"] is False
    sandbox.changed_since_works = True
    edit(company, "Et annet navn AS")
    run(warehouse)
    assert bookmark(warehouse)["census"]["proven"] is True
    start = newest(company) - 6 * HOUR
    edit(company, "Et tredje navn AS")
    assert run(warehouse) == sorted([*EDITED, *since(start)])


def test_a_parameter_that_is_refused_ends_no_stream(
    warehouse: Warehouse, sandbox: Sandbox, company: LivingCompany
) -> None:
    sandbox.faults.append(Fault("forbidden", "/customer", "changedSince", times=None))
    edit(company)
    run(warehouse)
    assert not warehouse.failed
    assert names(warehouse) == truth(company)
    assert bookmark(warehouse)["census"]["proven"] is False


def test_answers_that_could_come_of_something_else_prove_nothing(
    sandbox: Sandbox, company: LivingCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full page may go on; and rows that are all of one age would come in any case."""
    monkeypatch.setattr("tap_tripletex.reading.changed_since.TEST_ROWS", 1)
    warehouse = Warehouse(sandbox, STREAMS)
    assert run(warehouse) == sorted([*FORGOTTEN, *tried(newest(company))])
    assert bookmark(warehouse)["census"]["proven"] is False
    table = company.table("Customer")
    for row in table:
        row["_created"] = 1_700_000_000
    table.updates.clear()
    company.version += 1
    warehouse = Warehouse(sandbox, STREAMS)
    assert run(warehouse) == FORGOTTEN
    assert bookmark(warehouse)["census"]["proven"] is False


def test_a_list_whose_ids_have_another_checksum_is_not_guarded_by_them(
    sandbox: Sandbox, company: LivingCompany
) -> None:
    """As when it changes between the reading and the test."""
    handle = sandbox.handle

    def handle_and_change(method: str, target: str, *rest: Any) -> Any:
        if "changedSince" in target:
            edit(company, f"Navn {len(sandbox.requests)}")
        return handle(method, target, *rest)

    sandbox.handle = handle_and_change  # type: ignore[method-assign]
    warehouse = Warehouse(sandbox, ("customers",))
    asked = run(warehouse)
    assert ("false", "ids", 200) in asked
    assert bookmark(warehouse)["census"]["proven"] is False


def test_an_answer_without_the_newest_row_proves_nothing(sandbox: Sandbox) -> None:
    handle = sandbox.handle

    def handle_without_rows(method: str, target: str, *rest: Any) -> Any:
        response = handle(method, target, *rest)
        if "changedSince" in target:
            response.headers.pop("Content-Encoding", None)
            response.body = b'{"values":[]}'
        return response

    sandbox.handle = handle_without_rows  # type: ignore[method-assign]
    warehouse = Warehouse(sandbox, ("customers",))
    run(warehouse)
    assert bookmark(warehouse)["census"]["proven"] is False


def test_a_row_that_moves_to_the_other_part_meanwhile_is_emitted_once(
    warehouse: Warehouse, sandbox: Sandbox, company: LivingCompany
) -> None:
    warehouse.config |= {"max_concurrency": 1}
    start = newest(company) - 6 * HOUR
    customer = edit(company)
    handle = sandbox.handle

    def move_and_handle(method: str, target: str, *rest: Any) -> Any:
        if "changedSince" in target and "isInactive=true" in target:
            company.edit("Customer", customer, isInactive=True)
        return handle(method, target, *rest)

    sandbox.handle = move_and_handle  # type: ignore[method-assign]
    run(warehouse)
    assert readings(warehouse) == 1
    assert warehouse.emitted["customers"] == len(changed(company, start))


def test_changes_that_move_while_their_pages_are_read_are_read_whole(
    warehouse: Warehouse, sandbox: Sandbox, company: LivingCompany
) -> None:
    warehouse.config |= {"page_size": 2}
    handle = sandbox.handle
    late = active(company)[-1]

    def handle_and_change(method: str, target: str, *rest: Any) -> Any:
        response = handle(method, target, *rest)
        if "changedSince" in target and "from=0" in target:
            company.edit("Customer", late, name="Midt i lesingen AS")
        return response

    for customer in active(company)[:5]:
        company.edit("Customer", customer, name=f"Nytt navn {customer}")
    sandbox.handle = handle_and_change  # type: ignore[method-assign]
    run(warehouse)
    assert readings(warehouse) == 2
    assert names(warehouse) == truth(company)


def test_the_state_is_not_ahead_of_the_changes(
    warehouse: Warehouse, sandbox: Sandbox, company: LivingCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(company)
    tap = TapTripletex(config=warehouse.config, state=warehouse.state)
    tap.connection.transport._session.mount(SANDBOX_ADDRESS, SandboxAdapter(sandbox))
    stream = tap.streams["customers"]
    partition: dict[str, Any] = {}

    def write(lines: bytes) -> None:
        if b'"RECORD"' not in lines:
            return
        (found,) = tap.state["bookmarks"]["customers"]["partitions"]
        partition.update(deepcopy(found))

    monkeypatch.setattr(tap.output, "write", write)
    list(stream.get_records({"company_id": company.id}))
    assert "census" not in partition
    assert partition["digests"] == {}
    assert partition["replication_key_value"] < text(newest(company))
    (partition,) = tap.state["bookmarks"]["customers"]["partitions"]
    assert partition["census"]["newest"] == text(newest(company))
    assert partition["digests"]["all"]
    tap.close()


def test_after_a_failure_among_the_changes_the_list_is_read_whole(
    warehouse: Warehouse, sandbox: Sandbox, company: LivingCompany
) -> None:
    edit(company)
    sandbox.faults.append(Fault("server_error_html", "/customer", "changedSince", times=None))
    run(warehouse)
    assert warehouse.failed
    sandbox.faults.clear()
    run(warehouse)
    assert not warehouse.failed
    assert names(warehouse) == truth(company)
    assert bookmark(warehouse)["census"]["proven"] is True


def test_a_short_list_is_read_whole(
    sandbox: Sandbox, company: LivingCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SHORT, len(truth(company)))
    warehouse = Warehouse(sandbox, STREAMS)
    assert run(warehouse) == FORGOTTEN
    edit(company)
    assert again(run(warehouse)) == FORGOTTEN
    assert warehouse.emitted["customers"] == len(truth(company))
    company.add("Customer", name="Ny AS")
    run(warehouse)
    assert bookmark(warehouse)["census"]["proven"] is True


def test_a_list_that_became_long_unnoticed_has_been_tried_when_it_is_read(
    warehouse: Warehouse, company: LivingCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SHORT, len(truth(company)))
    edit(company)
    assert again(run(warehouse)) == FORGOTTEN
    assert bookmark(warehouse)["census"]["proven"] is True


def test_full_table_ignores_all_of_this(warehouse: Warehouse, company: LivingCompany) -> None:
    catalog = warehouse._catalog()
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    warehouse._catalog = lambda: catalog  # type: ignore[method-assign]
    for _ in range(2):
        assert run(warehouse) == FORGOTTEN
        assert warehouse.emitted["customers"] == len(truth(company))
    new = Warehouse(warehouse.sandbox, STREAMS)
    new._catalog = lambda: catalog  # type: ignore[method-assign]
    assert run(new) == FORGOTTEN
    assert bookmark(new)["census"]["proven"] is False


def test_the_full_pass_reads_the_list_whole(
    warehouse: Warehouse, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date.fromordinal(sandbox.today.toordinal() + 7)
    monkeypatch.setattr("tap_tripletex.connection.Connection.today", day)
    assert run(warehouse) == FORGOTTEN
    assert readings(warehouse) == 2
    assert bookmark(warehouse)["census"]["proven"] is True
    assert run(warehouse) == UNCHANGED


def test_a_state_from_before_is_read_and_the_list_read_whole_once(
    warehouse: Warehouse, company: LivingCompany
) -> None:
    old = bookmark(warehouse)
    digests = old["digests"]
    assert "census" in old
    for name in ("census", "replication_key", "replication_key_value", "digests", "mark"):
        del old[name]
    old |= {
        "fingerprint": "0123456789abcdef",
        "digests": digests,
        "replication_key": "synced_at",
        "replication_key_value": "2026-11-24T10:00:00.123Z",
    }
    assert run(warehouse) == sorted([*FORGOTTEN, *tried(newest(company)), *UNCHANGED])
    assert bookmark(warehouse)["replication_key_value"] == text(newest(company))
    assert run(warehouse) == UNCHANGED


def test_the_time_of_the_last_change_is_always_there(warehouse: Warehouse) -> None:
    catalog = warehouse._catalog()
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if stream["stream"] in STREAMS and entry["breadcrumb"] == ["properties", "updated_at"]:
                assert entry["metadata"]["inclusion"] == "automatic"
                entry["metadata"] |= {"inclusion": "available", "selected": False}
    fresh = Warehouse(warehouse.sandbox, STREAMS)
    fresh._catalog = lambda: catalog  # type: ignore[method-assign]
    run(fresh)
    for stream in STREAMS:
        ((rows, times),) = fresh.rows(f"SELECT count(*), count(updated_at) FROM {stream}")
        assert rows == times > 0


def test_without_times_the_list_is_read_as_before(sandbox: Sandbox, company: LivingCompany) -> None:
    sandbox.faults.append(Fault("refuse_field", "/customer", times=None, field="changes"))
    warehouse = Warehouse(sandbox, ("customers",))
    run(warehouse)
    assert not warehouse.failed
    assert bookmark(warehouse)["census"]["newest"] is None
    edit(company)
    run(warehouse)
    assert names(warehouse) == truth(company)


def test_vouchers_that_leave_the_inbox_are_gone_at_once(
    warehouse: Warehouse, company: LivingCompany
) -> None:
    path = "/ledger/voucher/>nonPosted"
    start = max(company.inbox.updated(row) for row in company.inbox) - 6 * HOUR
    gone = next(iter(company.inbox.rows))
    company.delete_voucher(gone)
    assert run(warehouse, path) == [("", "ids", 200), ("", "whole", 200)]
    assert warehouse.rows("SELECT id FROM non_posted_vouchers_deleted") == [(gone,)]
    assert warehouse.sandbox.requests[-1]["params"].get("includeNonApproved", "true") == "true"
    CLOCK.ahead += 10
    deliver(company)
    assert run(warehouse, path) == [("", "ids", 200), ("", f"since {text(start)}", 200)]
    assert readings(warehouse, "non_posted_vouchers") == 2
    found = warehouse.rows("SELECT id FROM non_posted_vouchers_current ORDER BY 1")
    assert found == [(id_,) for id_ in sorted(company.inbox.rows)]
