"""What is not in an answer has only been deleted where that is proven."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.rows.output import States
from tap_tripletex.sandbox import Fault, Sandbox
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    from tap_tripletex.sandbox.server.faults import Kind

CHILDREN = {
    "asset_postings": r"^/asset/\d+/postings",
    "project_monthly_status": r"^/project/\d+/period",
    "archived_documents": "/documentArchive/",
}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(vouchers_per_day=0.1, rate_limit=None)


def count(warehouse: Warehouse, table: str) -> int:
    return int(warehouse.rows(f"SELECT count(*) FROM {table}")[0][0])


def forget(warehouse: Warehouse) -> None:
    """Let the next run read everything again."""
    for bookmark in warehouse.state["bookmarks"].values():
        for part in bookmark["partitions"]:
            part.pop("digests", None)


@pytest.mark.parametrize("kind", ["not_found_html", "not_found"])
@pytest.mark.parametrize(("stream", "path"), CHILDREN.items())
def test_a_path_that_is_not_found_deletes_no_children(
    sandbox: Sandbox, stream: str, path: str, kind: Kind
) -> None:
    warehouse = Warehouse(sandbox, (stream,), start_date="2026-01-01", include=["heavy"])
    warehouse.run()
    rows = count(warehouse, f"{stream}_current")
    assert rows > 0
    forget(warehouse)
    sandbox.faults.append(Fault(kind, path, times=None))
    warehouse.run()
    assert warehouse.failed
    assert count(warehouse, f"{stream}_current") == rows
    sandbox.faults.clear()
    warehouse.run()
    assert not warehouse.failed
    assert count(warehouse, f"{stream}_current") == rows


def test_a_parent_that_was_deleted_since_it_was_listed_takes_its_children_along(
    sandbox: Sandbox,
) -> None:
    warehouse = Warehouse(sandbox, ("asset_postings",), start_date="2026-01-01")
    warehouse.run()
    gone = warehouse.rows("SELECT min(asset_id) FROM asset_postings")[0][0]
    forget(warehouse)
    sandbox.faults.append(Fault("not_found", f"/asset/{gone}/postings", times=None))
    warehouse.run()
    assert not warehouse.failed
    deleted = warehouse.rows("SELECT DISTINCT asset_id FROM asset_postings_deleted")
    assert deleted == [(gone,)]


@pytest.mark.parametrize("kind", ["empty_204", "null_list"])
@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("postings", "/ledger/posting"),
        ("employees", "/employee"),
        ("bank_transactions", "/bank/statement"),
        ("employments", "/employee/employment"),
    ],
)
def test_a_list_without_a_list_is_no_empty_one(
    sandbox: Sandbox, stream: str, path: str, kind: Kind
) -> None:
    warehouse = Warehouse(sandbox, (stream,), start_date="2026-06-01")
    warehouse.run()
    rows = count(warehouse, f"{stream}_current")
    forget(warehouse)
    sandbox.faults.append(Fault(kind, f"^{path}$", times=None))
    warehouse.run()
    assert warehouse.failed
    assert count(warehouse, f"{stream}_current") == rows > 0


def test_documents_of_those_that_are_inactive_are_there_and_stay(sandbox: Sandbox) -> None:
    company = sandbox.company()
    warehouse = Warehouse(
        sandbox, ("archived_documents",), start_date="2026-01-01", include=["heavy"]
    )
    owners = {
        kind: {row["id"] for row in company.rows(entity)}
        for kind, entity in (("customer", "Customer"), ("supplier", "Supplier"))
    }
    warehouse.run()
    held = {
        (kind, id_)
        for kind, id_ in warehouse.rows("SELECT entity, entity_id FROM archived_documents")
        if kind in owners
    }
    for kind, id_ in sorted(held)[:1]:
        company.edit(kind.title(), id_, isInactive=True)
    rows = count(warehouse, "archived_documents")
    fresh = Warehouse(sandbox, ("archived_documents",), start_date="2026-01-01", include=["heavy"])
    for each in (warehouse, fresh):
        each.run()
        assert count(each, "archived_documents_current") == rows


def test_every_list_of_parents_asks_what_the_stream_of_its_path_asks() -> None:
    from tap_tripletex.reading.children import Child, ForEach  # noqa: PLC0415
    from tap_tripletex.streams import STREAMS  # noqa: PLC0415

    own: dict[str, list[Any]] = {}
    for stream in STREAMS:
        own.setdefault(stream.path, []).append(stream)
    asked = []
    for stream in STREAMS:
        strategy = stream.strategy
        strategy = (
            getattr(strategy, "of", strategy) if not isinstance(strategy, Child) else strategy
        )
        if isinstance(strategy, Child):
            asked.append(strategy.of)
        if isinstance(strategy, ForEach):
            asked += strategy.kinds.values()
    assert len(asked) > 20
    for parents in asked:
        every = [getattr(s.strategy, "every", {}) for s in own[parents.path]]
        assert dict(parents.every) in every, parents
        assert dict(parents.params) in [dict(s.parameters) for s in own[parents.path]], parents


def test_a_slice_that_does_not_tie_out_tells_of_no_deletion(sandbox: Sandbox) -> None:
    warehouse = Warehouse(sandbox, ("postings",), start_date="2026-03-01", page_size=200)
    warehouse.run()
    rows = count(warehouse, "postings_current")
    for times in (1, 2):
        forget(warehouse)
        lacking = Fault("missing_row", "/ledger/posting", "2026-03-01.*sorting", times=times, row=2)
        sandbox.faults[:] = [lacking]
        warehouse.run()
        assert lacking.fired == times
        assert count(warehouse, "postings_current") == rows
        ((complete,),) = warehouse.rows(
            "SELECT complete FROM sync_windows WHERE slice = '2026-03' "
            "QUALIFY synced_at = max(synced_at) OVER ()"
        )
        assert not complete
    sandbox.faults.clear()
    warehouse.run()
    assert count(warehouse, "postings_current") == rows
    assert not warehouse.failed


@pytest.mark.parametrize("told", [True, False])
def test_a_clock_that_was_ahead_makes_nothing_that_exists_look_deleted(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    told: bool,  # noqa: FBT001
) -> None:
    ahead = timedelta(hours=1).total_seconds()
    warehouse = Warehouse(sandbox, ("departments", "postings"), start_date="2026-06-01")
    with monkeypatch.context() as patched:
        import time  # noqa: PLC0415

        wrong = lambda real=time.time: real() + ahead  # noqa: E731
        patched.setattr("tap_tripletex.api.clock.Clock.__init__.__defaults__", (wrong,))
        sandbox.date_ahead = 0.0 if told else ahead
        warehouse.run()
    assert ("ahead of Tripletex's" in caplog.text) is told
    sandbox.date_ahead = 0.0
    latest = warehouse.rows("SELECT max(synced_at) FROM departments")[0][0]
    expected = datetime.now(timezone.utc).replace(tzinfo=None)
    assert (latest > expected + timedelta(minutes=30)) is not told
    rows = {name: count(warehouse, name) for name in ("departments", "postings")}
    department = sandbox.company().rows("Department")[0]
    sandbox.company().edit("Department", department["id"], name="Ny")
    warehouse.run()
    for name, expected_rows in rows.items():
        assert count(warehouse, f"{name}_current") == expected_rows
    forget(warehouse)
    sandbox.company().delete("Department", sandbox.company().rows("Department")[-1]["id"])
    warehouse.run()
    assert count(warehouse, "departments_current") == rows["departments"] - 1


def test_a_state_without_a_latest_time_tells_it_by_its_bookmarks(sandbox: Sandbox) -> None:
    warehouse = Warehouse(sandbox, ("departments",))
    warehouse.run()
    (part,) = warehouse.state["bookmarks"]["departments"]["partitions"]
    # As earlier versions wrote it, which kept no latest time.
    part |= {"replication_key": "synced_at", "replication_key_value": "2031-01-01T00:00:00Z"}
    for memory in warehouse.state["bookmarks"]["sync_windows"]["partitions"]:
        memory.pop("synced_at")
    forget(warehouse)
    warehouse.run()
    assert str(warehouse.rows("SELECT min(synced_at) FROM departments")[0][0]) > "2031"


def refused(warehouse: Warehouse, sandbox: Sandbox, path: str) -> list[int]:
    """Run, and return how often a path was answered and how."""
    sandbox.requests.clear()
    warehouse.run()
    return [entry["status"] for entry in sandbox.requests if entry["path"] == path]


def test_a_refused_stream_is_asked_for_once_a_day(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault("forbidden", "/department", times=None)
    sandbox.faults.append(fault)
    warehouse = Warehouse(sandbox, ("departments",))
    assert refused(warehouse, sandbox, "/department") == [403]
    assert refused(warehouse, sandbox, "/department") == []
    for day in (1, 2):
        tomorrow = sandbox.today + timedelta(days=day)
        monkeypatch.setattr("tap_tripletex.connection.Connection.today", tomorrow)
        assert refused(warehouse, sandbox, "/department") == [403]
        assert refused(warehouse, sandbox, "/department") == []
        assert not warehouse.failed
    sandbox.faults.clear()
    monkeypatch.setattr("tap_tripletex.connection.Connection.today", tomorrow + timedelta(days=1))
    warehouse.run()
    assert count(warehouse, "departments_current") > 0
    sandbox.faults.append(fault)
    for _ in range(2):
        assert refused(warehouse, sandbox, "/department") == [403]
        assert warehouse.failed


@pytest.mark.parametrize("heavy", [0, 2])
def test_a_stream_of_a_run_that_was_killed_early_is_known_to_be_readable(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, heavy: int
) -> None:
    """The state is written with its first slice, or with the next where it would weigh."""
    weighs, mark = iter([True] * heavy), States.mark
    monkeypatch.setattr("tap_tripletex.rows.output.SHARE", 0)
    monkeypatch.setattr(States, "mark", lambda *one: not next(weighs, False) and mark(*one))
    warehouse = Warehouse(sandbox, ("departments", "vouchers"), page_size=50)
    whole: list[str] = []
    monkeypatch.setattr(warehouse, "load", lambda text: whole.extend(text.splitlines()))
    warehouse.run()
    windows = [
        n for n, line in enumerate(whole) if '"sync_windows"' in line and '"row_count"' in line
    ]
    killed = Warehouse(sandbox, ("departments", "vouchers"), page_size=50)
    weighs = iter([True] * heavy)
    killed.run(lines=windows[4])
    sandbox.forbid("/ledger/voucher")
    killed.run()
    assert killed.failed
    assert "It was readable in an earlier run" in killed.reasons[0]
    assert count(killed, "vouchers_deleted") == 0


def test_a_right_that_was_lost_is_said_with_tables_and_fails_the_run(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN  # noqa: PLC0415

    warehouse = Warehouse(
        sandbox, ("vouchers", "departments"), start_date="2026-06-01", consumer_token=CONSUMER_TOKEN
    )
    warehouse.config["employee_token"] = EMPLOYEE_TOKEN
    warehouse.run()
    assert not warehouse.failed
    vouchers = count(warehouse, "vouchers_current")
    warehouse.config["employee_token"] = sandbox.add_employee_token(all_vouchers=False)
    caplog.clear()
    warehouse.run()
    assert warehouse.failed
    (said,) = [entry.message for entry in caplog.records if "Incomplete" in entry.message]
    assert "nothing is called deleted in vouchers (company" in said
    assert "AUTH_ALL_VOUCHERS" in said
    assert count(warehouse, "vouchers_current") == vouchers
    warehouse.config["rights_given_up"] = ["AUTH_ALL_VOUCHERS"]
    warehouse.run()
    assert not warehouse.failed
    assert count(warehouse, "vouchers_current") == vouchers


def test_a_module_given_up_for_good_lets_deletions_be_told_again(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = Warehouse(sandbox, ("departments", "inventories"))
    warehouse.run()
    sandbox.forbid("/inventory")
    gone = sandbox.company().rows("Department")[-1]["id"]
    sandbox.company().delete("Department", gone)
    caplog.clear()
    warehouse.run()
    assert warehouse.failed
    assert count(warehouse, "departments_deleted") == 0
    (said,) = [entry.message for entry in caplog.records if "Incomplete" in entry.message]
    assert "LOGISTICS" in said
    warehouse.config["rights_given_up"] = "[LOGISTICS]"
    warehouse.run()
    assert warehouse.rows("SELECT id FROM departments_deleted") == [(gone,)]
    assert count(warehouse, "inventories_deleted") == 0


def test_a_client_that_has_left_the_office_is_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tap_tripletex.sandbox import ACCOUNTANT_TOKEN, CONSUMER_TOKEN  # noqa: PLC0415

    sandbox = Sandbox(vouchers_per_day=0.1, companies=3, rate_limit=None)
    warehouse = Warehouse(
        sandbox,
        ("departments",),
        consumer_token=CONSUMER_TOKEN,
        employee_token=ACCOUNTANT_TOKEN,
        company_ids="all",
    )
    warehouse.run()
    assert not warehouse.failed
    rows = count(warehouse, "departments_current")
    before = sandbox.sessions.owners[ACCOUNTANT_TOKEN]
    left = sandbox.companies[1].id
    fewer = tuple(id_ for id_ in before.clients or () if id_ != left)
    for fails in (True, False):
        caplog.clear()
        monkeypatch.setitem(
            sandbox.sessions.owners, ACCOUNTANT_TOKEN, replace(before, clients=fewer)
        )
        warehouse.run()
        assert warehouse.failed is fails
        assert any(f"(company {left})" in entry.message for entry in caplog.records)
        assert count(warehouse, "departments_current") == rows
    monkeypatch.setitem(sandbox.sessions.owners, ACCOUNTANT_TOKEN, before)
    caplog.clear()
    warehouse.run()
    assert not warehouse.failed
    assert warehouse.emitted.get("departments") is None
    assert not any(f"(company {left})" in entry.message for entry in caplog.records)


def test_a_right_lost_together_with_the_state_deletes_nothing(sandbox: Sandbox) -> None:
    from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN  # noqa: PLC0415

    right = "AUTH_PROJECT_MANAGER_COMPANY"
    warehouse = Warehouse(sandbox, ("projects", "departments"), consumer_token=CONSUMER_TOKEN)
    warehouse.config["employee_token"] = EMPLOYEE_TOKEN
    warehouse.run()
    projects = count(warehouse, "projects_current")
    gone = sandbox.company().rows("Department")[-1]["id"]
    sandbox.company().delete("Department", gone)

    def deleted(token: str, **config: Any) -> tuple[int, list[tuple[Any, ...]]]:
        """Run without a state, and return how many projects and which departments are gone."""
        warehouse.config |= {"employee_token": token, **config}
        warehouse.state = {}
        warehouse.run()
        assert not warehouse.failed
        found = warehouse.rows("SELECT id FROM departments_deleted")
        return count(warehouse, "projects_deleted"), found

    fewer = sandbox.add_employee_token(lacks=[right])
    assert deleted(fewer) == (0, [])
    unseen = projects - warehouse.emitted["projects"]
    assert unseen > 0
    assert deleted(EMPLOYEE_TOKEN) == (0, [(gone,)])
    assert deleted(fewer) == (0, [(gone,)])
    assert deleted(fewer, rights_given_up=[right]) == (unseen, [(gone,)])
