"""A digest is remembered only for rows that were emitted."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.api.digests import Probes
from tap_tripletex.api.errors import StateError
from tap_tripletex.api.short_digests import short
from tap_tripletex.reading.children import Child
from tap_tripletex.reading.slices import Ask, Parents, Slice
from tap_tripletex.reading.state import ROOT, SliceState
from tap_tripletex.reading.strategies import Window
from tap_tripletex.reading.tree import Guard, Shared
from tap_tripletex.rows.mapping import mapping
from tap_tripletex.sandbox import Fault, Sandbox
from tests.conftest import API, COMPANY, listed
from tests.reading.test_reader import Reader
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_mock import Mocker

    from tap_tripletex.api.client import Client
    from tap_tripletex.sandbox.world.living_company import LivingCompany

PARENTS = Parents("/customer")

PAGE = 200
"""Rows of a page, so that postings and vouchers are read by month."""

IN_MARCH = [(6300, 50_000), (1920, -50_000)]


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(vouchers_per_day=0.1, rate_limit=None)


def before(sandbox: Sandbox, target: str, act: Callable[[], object]) -> None:
    """Let something happen once, just before the next request that matches is answered."""
    handle = sandbox.handle

    def act_and_handle(method: str, asked: str, *rest: Any) -> Any:
        if re.search(target, asked):
            sandbox.handle = handle  # type: ignore[method-assign]
            act()
        return handle(method, asked, *rest)

    sandbox.handle = act_and_handle  # type: ignore[method-assign]


def asked(sandbox: Sandbox, path: str) -> list[dict[str, Any]]:
    return [entry for entry in sandbox.requests if entry["path"] == path]


def postings(warehouse: Warehouse) -> list[int]:
    return [id_ for (id_,) in warehouse.rows("SELECT id FROM postings_current ORDER BY 1")]


def test_what_came_between_the_question_and_the_rows_is_seen_to_go(sandbox: Sandbox) -> None:
    company = sandbox.company()
    warehouse = Warehouse(sandbox, ("postings",), full_refresh_days=0, page_size=PAGE)
    warehouse.run()
    march = next(row for row in company.rows("Posting") if row["date"][:7] == "2026-03")
    company.edit_posting(march["id"], description="Rettet")
    vouchers = []
    before(
        sandbox,
        "/ledger/posting.*2026-03-01.*sorting",
        lambda: vouchers.append(company.post_voucher("2026-03-15", IN_MARCH)),
    )
    warehouse.run()
    (voucher,) = vouchers
    assert postings(warehouse) == [row["id"] for row in company.rows("Posting")]
    company.delete_voucher(voucher)
    warehouse.run()
    assert postings(warehouse) == [row["id"] for row in company.rows("Posting")]
    sandbox.requests.clear()
    warehouse.run()
    assert len(asked(sandbox, "/ledger/posting")) == 1


def test_a_change_is_confirmed_by_one_request(sandbox: Sandbox) -> None:
    company = sandbox.company()
    warehouse = Warehouse(sandbox, ("vouchers",), page_size=PAGE)
    warehouse.run()
    company.back_date("2026-03-15")
    sandbox.requests.clear()
    warehouse.run()
    ranges = [
        (entry["params"]["dateFrom"], entry["params"]["dateTo"])
        for entry in asked(sandbox, "/ledger/voucher")
        if entry["params"]["fields"] == "id"
    ]
    whole = ranges[0]
    assert [found for found in ranges if found == whole] == [whole, whole]
    assert ranges[-1] == whole
    assert len(ranges) == 1 + len(set(ranges))


def test_lists_that_follow_others_are_read_again_when_those_changed_meanwhile(
    sandbox: Sandbox,
) -> None:
    company = sandbox.company()
    warehouse = Warehouse(sandbox, ("balance_sheet",), full_refresh_days=0)
    warehouse.run()
    company.back_date("2026-03-10")
    vouchers = []
    before(
        sandbox,
        "/balanceSheet.*2026-03-01",
        lambda: vouchers.append(company.post_voucher("2026-03-15", IN_MARCH)),
    )
    warehouse.run()
    assert balances(warehouse) == moved(company)
    company.delete_voucher(vouchers[0])
    warehouse.run()
    assert balances(warehouse) == moved(company)


def moved(company: LivingCompany, start: str = "2026-03-01") -> dict[int, int]:
    totals = company.trial_balance(start, "2026-04-01")
    return {account: cents for account, cents in totals.items() if cents}


def balances(warehouse: Warehouse, start: str = "2026-03-01") -> dict[int, int]:
    return dict(
        warehouse.rows(
            "SELECT account_id, CAST(round(balance_change * 100) AS BIGINT) FROM "
            f"balance_sheet_current WHERE start_date = '{start}' AND balance_change <> 0"
        )
    )


def test_all_lists_that_are_followed_are_asked_again() -> None:
    state = SliceState({}, "rows")
    now = ["a", "b"]
    probes = [lambda _, n=n: now[n] for n in range(2)]
    guard = Guard([Slice("all")], probes, state)
    assert guard.stale() == {"all"}
    guard.forget()
    now[1] = "c"
    guard.settle(())
    assert state.digest(ROOT) is None
    guard = Guard([Slice("all")], probes, state)
    guard.stale()
    guard.settle(())
    assert state.digest(ROOT) == "a c"


def test_a_list_of_several_streams_is_held_against_the_digests_of_its_rows() -> None:
    part, asked = Slice("all", (Ask(), Ask())), []

    def watched(known: str | None, *found: str) -> Shared:
        def ask(known: str | None, digest: str) -> str:
            asked.append(known)
            return digest

        state = SliceState({"digests": {"all": known} if known else {}}, "rows")
        return Shared(part, [partial(ask, digest=digest) for digest in found], state)

    new = watched(None, "a", "b")
    assert new.stale() == {"all"}
    assert new.proves(None, "") is None
    assert asked == []  # it will be read anyway
    for known in ("a b", f"{short('a')} {short('b')}"):
        same = watched(known, "a", "b")
        assert same.stale() == set()
        assert same.proves(None, "") is True
        other = watched(known, "a", "c")
        assert other.stale() == {"all"}
        assert other.proves(part, "a c") is None
        # The rows are what they were, though the question has another digest: fields matter.
        assert other.proves(part, "a b") is False
    assert watched("a", "a", "b").stale() == {"all"}


@pytest.mark.parametrize("digest", [None, "d1"])
def test_rows_that_move_from_one_parent_to_the_next_are_emitted(
    client: Client, logged_in: Mocker, digest: str | None
) -> None:
    def list_of(parent: int) -> None:
        for id_ in (3, 4):
            rows = [{"id": 7}] if id_ == parent else []
            own = digest if rows else digest and "none"
            logged_in.get(f"{API}/archive/{id_}", json=listed(*rows, digest=own))

    strategy = Child(PARENTS, "{id}", "customer_id")
    with ThreadPoolExecutor(4) as pool:
        reader = Reader(client, pool)
        emitted = []
        for parent in (3, 3, 4):
            list_of(parent)
            rows = reader.run(strategy, path="/archive/{id}")
            emitted.append([row["customer_id"] for row in rows])
    # With a checksum of its own, the unchanged list is asked for again: the first answers with 200.
    assert emitted == [[3], [3] if digest else [], [4]]


def test_the_same_rows_under_another_parent_are_emitted(client: Client, logged_in: Mocker) -> None:
    def answer(request: Any, context: Any) -> Any:
        if request.headers.get("If-None-Match") == "d1":
            context.status_code = 304
            return None
        return listed({"id": 7}, digest="d1")

    logged_in.get(re.compile(f"{API}/archive/"), json=answer)
    strategy = Child(PARENTS, "{id}", "customer_id")
    with ThreadPoolExecutor(4) as pool:
        reader = Reader(client, pool)
        emitted = []
        for parent in (3, 3, 4):
            rows = reader.run(strategy, path="/archive/{id}", parents=[parent])
            emitted.append([row["customer_id"] for row in rows])
    assert emitted == [[3], [], [4]]


def test_a_list_without_checksum_is_emitted_when_its_turn_comes(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(sandbox, ("employees",))
    warehouse.run()
    emitted = []
    for days in range(1, 8):
        day = sandbox.today.fromordinal(sandbox.today.toordinal() + days)
        monkeypatch.setattr("tap_tripletex.connection.Connection.today", day)
        warehouse.run()
        emitted.append(warehouse.emitted.get("employees", 0))
    (count,) = warehouse.rows("SELECT count(*) FROM employees_current")
    assert sorted(emitted) == [0, 0, 0, 0, 0, 0, *count]


class Interrupted(BaseException):
    """A signal."""


class Bookmark(dict[str, Any]):
    """A bookmark that is written to so many times before a signal comes."""

    left = 1000

    def _count(self) -> None:
        if not self.left:
            raise Interrupted
        self.left -= 1

    def __setitem__(self, name: str, value: object) -> None:
        self._count()
        super().__setitem__(name, value)

    def pop(self, *args: Any) -> Any:
        self._count()
        return super().pop(*args)


@pytest.mark.parametrize("left", range(9))
def test_a_signal_leaves_no_digest_under_another_fingerprint(left: int) -> None:
    bookmark = Bookmark(fingerprint="old", digests={"all": "d1"})
    state = SliceState(bookmark, "rows")
    state.begin("new")
    bookmark.left = left
    try:
        state.commit()
    except Interrupted:
        assert left < 7
    later = SliceState(dict(bookmark), "rows")
    later.begin("new")
    assert later.digest("all") is None
    assert bookmark["digests"] == ({} if left else {"all": "d1"})


def wrong(row: int, value: int) -> Fault:
    return Fault(
        "wrong_amount",
        "/ledger/posting",
        "dateFrom=2026-03-01.*sorting",
        times=None,
        field="amount",
        value=value,
        row=row,
    )


@pytest.mark.parametrize("setting", ["warn", "error"])
@pytest.mark.parametrize("sign", [1, -1])
def test_control_totals_differ_whichever_account_does(
    sandbox: Sandbox, sign: int, setting: str
) -> None:
    company = sandbox.company()
    march = [row for row in company.rows("Posting") if row["date"][:7] == "2026-03"]
    totals = company.trial_balance("2026-03-01", "2026-04-01")
    row = next(n for n, row in enumerate(march) if totals[row["account"]] * sign > 10_000)
    sandbox.faults.append(wrong(row, -50))
    warehouse = Warehouse(
        sandbox,
        ("postings",),
        start_date="2026-03-01",
        control_totals=setting,
        page_size=PAGE,
    )
    warehouse.run()
    assert warehouse.failed is (setting == "error")
    ((found, expected),) = warehouse.rows(
        "SELECT control_total, control_total_expected FROM sync_windows WHERE slice = '2026-03'"
    )
    assert found - expected == 50
    debit = sum(cents for cents in totals.values() if cents > 0)
    assert round(expected * 100) == debit


def test_control_totals_differ_when_two_accounts_do(sandbox: Sandbox) -> None:
    company = sandbox.company()
    march = [row for row in company.rows("Posting") if row["date"][:7] == "2026-03"]
    totals = company.trial_balance("2026-03-01", "2026-04-01")
    debit = {row["account"]: n for n, row in enumerate(march) if totals[row["account"]] > 10_000}
    first, second, *_ = debit.values()
    sandbox.faults += [wrong(first, 50), wrong(second, -50)]
    warehouse = Warehouse(sandbox, ("postings",), start_date="2026-03-01", page_size=PAGE)
    warehouse.run()
    assert warehouse.rows(
        "SELECT control_total - control_total_expected FROM sync_windows WHERE slice = '2026-03'"
    ) == [(100,)]


@pytest.mark.parametrize("stream", ["customers", "departments"])
def test_a_column_that_is_asked_for_by_the_same_field_is_filled(
    sandbox: Sandbox, stream: str
) -> None:
    warehouse = Warehouse(sandbox, (stream,), include=["heavy"])
    warehouse.without = {(stream, "created_at")}
    warehouse.run()
    warehouse.without = set()
    warehouse.run()
    ((count,),) = warehouse.rows(f"SELECT count(*) FROM {stream}")
    assert warehouse.emitted[stream] == count
    warehouse.run()
    assert warehouse.emitted == {}


MASKS: list[dict[str, Any]] = [
    {"stream_maps": {"departments": {"name": "'hidden'"}}},
    {"stream_maps": {"dep*": {"name": "'hidden'"}}},
    {"stream_maps": {"departments": {"name": "config['mask']"}}, "stream_map_config": {"mask": 1}},
]


@pytest.mark.parametrize("config", MASKS)
def test_a_mask_that_comes_later_is_put_on_all_rows(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    warehouse = Warehouse(sandbox, ("departments", "products"))
    warehouse.run()
    warehouse.config |= config
    warehouse.run()
    assert warehouse.rows("SELECT count(DISTINCT name) FROM departments") == [(1,)]
    assert "products" not in warehouse.emitted
    warehouse.run()
    assert warehouse.emitted == {}


@pytest.mark.parametrize("config", [{}, {"stream_maps": {"companies": {"id": "id"}}}])
def test_numbers_that_become_texts_are_read_again_and_add_up(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    plain = Warehouse(sandbox, ("postings", "departments"))
    plain.run()
    texts = Warehouse(sandbox, ("postings", "departments"), use_singer_decimal=True, **config)
    texts.state = plain.state
    texts.run()
    assert not texts.failed
    assert texts.emitted["postings"] == plain.emitted["postings"]
    assert "departments" not in texts.emitted  # without numbers
    sums = "SELECT account_id, sum(CAST(amount AS DECIMAL(18, 2))) FROM postings GROUP BY 1"
    assert texts.rows("SELECT DISTINCT typeof(amount) FROM postings") == [("VARCHAR",)]
    found = {account: round(total * 100) for account, total in texts.rows(sums)}
    assert found == sandbox.company().trial_balance()
    assert texts.rows(
        "SELECT count(*) > 0, bool_and(control_total = control_total_expected), "
        "bool_and(typeof(control_total) = 'VARCHAR') FROM sync_windows "
        "WHERE stream = 'postings'"
    ) == [(True, True, True)]
    texts.run()
    assert texts.emitted == {}


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ({"stream_maps": {"a": {"x": None}}}, {"stream_maps": {"b": {"x": None}}}, False),
        ({"stream_maps": {"b": {"x": None}}}, {"stream_maps": {"c": {"x": None}}}, True),
        ({}, {"stream_maps": {"__else__": None}}, False),
        ({}, {"stream_maps": {"b": {"__source__": "a"}}}, False),
        ({"flattening_enabled": False, "flattening_max_depth": 1}, {}, True),
        ({}, {"flattening_enabled": True, "flattening_max_depth": 1}, False),
        (
            {"flattening_enabled": True, "flattening_max_depth": 1},
            {"flattening_enabled": True, "flattening_max_depth": 2},
            False,
        ),
        ({"stream_map_config": {"seed": 1}}, {"stream_map_config": {"seed": 2}}, True),
    ],
)
def test_settings_that_shape_rows_are_told_from_others(
    before: dict[str, Any], after: dict[str, Any], *, same: bool
) -> None:
    assert (mapping(before, "a") == mapping(after, "a")) is same


def test_a_state_without_a_note_of_the_shape_is_taken_over(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    begin = SliceState.begin

    def noted(state: SliceState, answers: str, **more: Any) -> None:
        asked.append(answers)
        begin(state, answers, **more)

    monkeypatch.setattr(SliceState, "begin", noted)
    warehouse = Warehouse(sandbox, ("departments",))
    warehouse.run()
    bookmark = warehouse.state["bookmarks"]["departments"]["partitions"][0]
    del bookmark["mark"], bookmark["since"]
    bookmark["fingerprint"] = asked[0]
    warehouse.run()
    assert warehouse.emitted == {}
    warehouse.config["stream_maps"] = {"departments": {"name": "'hidden'"}}
    warehouse.run()
    assert warehouse.emitted["departments"]


def test_rows_that_another_version_of_the_tap_makes_otherwise_are_read_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(sandbox, ("departments", "products"))
    warehouse.run()
    monkeypatch.setattr("tap_tripletex.streams.organisation.Departments.row_version", 2)
    warehouse.run()
    assert warehouse.emitted.keys() == {"departments", "sync_windows"}


def test_a_run_without_sync_windows_loses_no_deletion(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    company = sandbox.company()
    warehouse = Warehouse(sandbox, ("customers", "departments"))
    warehouse.run()
    gone = company.rows("Customer")[0]["id"]
    company.delete("Customer", gone)
    warehouse.windows, warehouse.streams = False, ("customers",)
    warehouse.run()
    assert "sync_windows is not selected" in caplog.text
    assert "sync_windows" not in warehouse.emitted
    assert warehouse.rows("SELECT id FROM customers_deleted") == []
    caplog.clear()
    warehouse.windows, warehouse.streams = True, ("departments",)
    warehouse.run()
    assert warehouse.rows("SELECT id FROM customers_deleted") == [(gone,)]
    assert warehouse.emitted == {"sync_windows": 1}
    rights = warehouse.rows("SELECT DISTINCT rights_held, rights_given_up FROM sync_windows")
    assert rights == [(len(sandbox.company().table("SalesModule")) + entitlements(sandbox), 0)]
    warehouse.run()
    assert warehouse.emitted == {}
    assert "sync_windows is not selected" not in caplog.text


def entitlements(sandbox: Sandbox) -> int:
    company = sandbox.company()
    return sum(row["employee"] == company.api_user for row in company.table("Entitlement"))


def test_what_an_earlier_version_owes_is_written_without_rights(sandbox: Sandbox) -> None:
    warehouse = Warehouse(sandbox, ("departments",))
    warehouse.run()
    (memory,) = warehouse.state["bookmarks"]["sync_windows"]["partitions"]
    memory["owed"] = {"departments": {"all": [None, None, "2027-01-01T00:00:00.000Z", 3]}}
    warehouse.run()
    owed = "SELECT row_count, complete, rights_held, rights_given_up FROM sync_windows"
    assert warehouse.rows(f"{owed} WHERE synced_at > '2026-12-31'") == [(3, True, None, None)]


def test_a_run_without_sync_windows_in_which_nothing_changed_owes_nothing(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = Warehouse(sandbox, ("departments",))
    warehouse.run()
    warehouse.windows = False
    warehouse.run()
    assert "sync_windows is not selected" not in caplog.text


def test_what_is_owed_but_cannot_be_read_is_an_error(sandbox: Sandbox) -> None:
    warehouse = Warehouse(sandbox, ("departments",))
    warehouse.run()
    (memory,) = warehouse.state["bookmarks"]["sync_windows"]["partitions"]
    memory["owed"] = {"departments": {"all": "yes"}}
    with pytest.raises(StateError, match="damaged"):
        warehouse.run()


class Months:
    """A list by months whose checksum may depend on the fields that are asked for.

    Attributes:
        name: of the row of October.
    """

    def __init__(self, *, depends: bool) -> None:
        self.name = "Gammelt"
        self.depends = depends
        self.asked: list[tuple[str, str]] = []

    def __call__(self, request: Any, context: Any) -> Any:
        start, end = request.qs["datefrom"][0], request.qs["dateto"][0]
        october = start <= "2026-10-05" < end
        fields = request.qs["fields"][0]
        self.asked.append((start, fields))
        told = self.name if october and (fields != "id" or not self.depends) else ""
        digest = f"{told}-{fields if self.depends else ''}-{start}-{end}".lower()
        if request.headers.get("If-None-Match", "").lower() == digest:
            context.status_code = 304
            return None
        rows = [{"id": 7, "date": "2026-10-05", "name": self.name}] if october else []
        return listed(*rows, digest=digest)


@pytest.mark.parametrize("depends", [True, False])
def test_where_checksums_depend_on_the_fields_no_edit_is_missed(
    client: Client, logged_in: Mocker, *, depends: bool
) -> None:
    months = Months(depends=depends)
    logged_in.get(f"{API}/department", json=months)
    with ThreadPoolExecutor(4) as pool:
        reader = Reader(client, pool)
        emitted, asked = [], []
        for name in ("Gammelt", "Gammelt", "Nytt", "Nytt"):
            months.name = name
            months.asked.clear()
            emitted.append([row["name"] for row in reader.run(Window("date"), tree=True)])
            asked.append([fields for _, fields in months.asked])
    assert emitted == [["Gammelt"], [], ["Nytt"], []]
    assert reader.bookmark["probes"] is not depends
    if not depends:
        assert asked[1] == asked[3] == ["id"]


@pytest.mark.parametrize("depends", [True, False])
def test_a_list_whose_checksum_depends_on_the_fields_is_not_followed(
    client: Client, logged_in: Mocker, *, depends: bool
) -> None:
    def answer(request: Any, _: Any) -> Any:
        return listed({"id": 1}, digest=request.qs["fields"][0] if depends else "same")

    logged_in.get(f"{API}/project", json=answer)
    state = SliceState({}, "rows")
    ask = partial(Probes(client).digest, COMPANY, "/project", {})
    guard = Guard([Slice("all")], [ask], state, [partial(ask, anew=True, fields="*")])
    guard.stale()
    guard.settle(())
    assert state.digest(ROOT) == (None if depends else "same")


def test_a_list_that_is_followed_is_asked_again_with_all_fields(sandbox: Sandbox) -> None:
    warehouse = Warehouse(sandbox, ("balance_sheet",))
    warehouse.run()
    found = [
        (r["params"]["fields"], r["status"])
        for r in asked(sandbox, "/ledger/posting")
        if (r["params"]["dateFrom"], r["params"]["dateTo"]) == ("1900-01-01", "2028-01-01")
    ]
    assert found == [("id", 200), ("*", 304)]
