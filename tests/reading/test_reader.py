from __future__ import annotations

import gzip
import json
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest
import requests

from tap_tripletex.api.client import PAST_THE_END
from tap_tripletex.api.digests import Probes
from tap_tripletex.api.errors import (
    IllegalFieldError,
    RefusedError,
    StateError,
    UnavailableError,
    UnreadError,
)
from tap_tripletex.api.pages import Page
from tap_tripletex.proof.control_totals import Control
from tap_tripletex.reading.list_summary import ListSummary
from tap_tripletex.reading.paging import Lists, Source
from tap_tripletex.reading.reader import Reading
from tap_tripletex.reading.slices import Calendar, Cut, Numbers
from tap_tripletex.reading.state import VERSION, SliceState, fingerprint
from tap_tripletex.reading.strategies import List, Nested, Single, Window
from tap_tripletex.reading.terms import Terms
from tap_tripletex.reading.tree import Tree
from tap_tripletex.rows.forms import LineForm, RecordForm
from tap_tripletex.rows.shapes import shape
from tests.conftest import API, COMPANY, error, listed
from tests.reading.test_strategies import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests_mock import Mocker

    from tap_tripletex.api.client import Client
    from tap_tripletex.reading.emission import Emission
    from tap_tripletex.reading.slices import Slice
    from tap_tripletex.reading.strategies import Strategy
    from tap_tripletex.rows.forms import Form

CALENDAR = Calendar(date(2026, 10, 1), date(2026, 11, 23), future_days=0, open_start=False)

COLUMNS: dict[str, Any] = {
    "id": {"source": "id", "type": "integer"},
    "date": {"source": "date", "type": "string", "format": "date", "none": ""},
    "name": {"source": "name", "type": "string"},
}


TODAY = date(2026, 11, 23)

CENSUS = {
    "rows": 2,
    "highest": 9,
    "checksum": "0123456789abcdef",
    "newest": "2026-11-24T10:00:00Z",
    "proven": True,
}


class Reader:
    """Runs readings over the same state, as runs of the tap would."""

    def __init__(self, client: Client, pool: ThreadPoolExecutor, form: str = "lines") -> None:
        self.client = client
        self.pool = pool
        self.form = form
        self.written: list[dict[str, Any]] = []
        self.bookmark: dict[str, Any] = {}
        self.reads: list[tuple[Slice, Emission]] = []

    def begin(self, strategy: Strategy, **options: Any) -> Iterator[dict[str, Any]]:
        path = options.pop("path", "/department")
        keys = options.pop("keys", ("id",))
        columns = shape(options.pop("columns", COLUMNS))
        source = Source("departments", path, {}, "id", keys, strategy)
        where = "departments of company 107896302"
        state = SliceState(self.bookmark, where)
        state.begin(fingerprint(path, strategy.fields(columns), options.pop("owner", 5)))
        today = options.pop("today", TODAY)
        lacking = state.lacking(today, options.get("full_refresh_days", 0))
        asked = shape(columns.columns, lacking)
        lists = Lists(source, COMPANY, self.client, asked, options.pop("page_size", 2))
        tree = options.pop("tree", False)
        control = options.pop("control", None)
        parents = options.pop("parents", [3, 4])
        # Months, as in a company whose rows are more than a page.
        state.outgrow(options.pop("large", ["..", "2026"]))
        rows = options.pop("rows", None)
        calendar = options.pop("calendar", CALENDAR)

        probes = Probes(self.client)

        def probe(first: date, after: date, digest: str | None) -> str | None:
            params = Cut("dateFrom", first, "dateTo", after).params()
            return probes.digest(COMPANY, path, params, digest)

        added = {"company_id": COMPANY.id}
        form: Form = RecordForm(strategy, keys, added)
        if self.form == "lines" and strategy.inside:
            form = LineForm("departments", strategy, keys, added, write=self.write)
        self.oddities = form.oddities
        reading = Reading(
            lambda: strategy.slices(calendar, Said(parents)),
            lists,
            state,
            Terms(where, today, strategy.replication_key, **options),
            form,
            pool=self.pool,
            width=4,
            watch=lambda parts: Tree(parts, probe, state, self.pool) if tree else None,
            control=lambda: control,
            count=lambda _: rows,
            on_read=lambda part, emission: self.reads.append((part, emission)),
        )
        reading.look()
        return reading.records()

    def write(self, lines: bytes, count: int) -> None:
        messages = [json.loads(line, parse_float=Decimal) for line in lines.splitlines()]
        assert len(messages) == count
        assert {(m["type"], m["stream"]) for m in messages} == {("RECORD", "departments")}
        self.written += [message["record"] for message in messages]

    def run(self, strategy: Strategy, **options: Any) -> list[dict[str, Any]]:
        self.written = []
        return list(self.begin(strategy, **options)) or self.written


@pytest.fixture(params=["records", "lines"])
def reader(client: Client, request: pytest.FixtureRequest) -> Iterator[Reader]:
    with ThreadPoolExecutor(4) as pool:
        yield Reader(client, pool, request.param)


def queries(mock: Mocker) -> list[dict[str, list[str]]]:
    return [request.qs for request in mock.request_history if request.method == "GET"]


def ids(records: list[dict[str, Any]]) -> list[int]:
    return [record["id"] for record in records]


def paged(
    rows: Callable[[], list[dict[str, Any]]], digest: str | None = None
) -> Callable[[Any, Any], Any]:
    """Return what answers with pages of rows, as they are at the time."""

    def answer(request: Any, _: Any) -> Any:
        start, count = (int(request.qs[name][0]) for name in ("from", "count"))
        found = rows()
        values = found[start : start + count]
        size = min(len(found), start + len(values) + 1)
        return {"values": values, "fullResultSize": size, "versionDigest": digest}

    return answer


@pytest.mark.parametrize("digest", ["abc", None])
def test_pages_are_asked_for_in_a_fixed_order_until_one_is_short(
    reader: Reader, logged_in: Mocker, digest: str | None
) -> None:
    answer = paged(lambda: [{"id": n} for n in (1, 2, 3, 4, 5)], digest)
    logged_in.get(f"{API}/department", json=answer)
    assert ids(reader.run(List(), page_size=3)) == [1, 2, 3, 4, 5]
    # Without a checksum each page begins with the last row of the one before.
    offsets = ("0", "3") if digest else ("0", "2", "4")
    assert [query for query in queries(logged_in) if query["count"] == ["3"]] == [
        {"from": [offset], "count": ["3"], "sorting": ["id"], "fields": ["id,date,name"]}
        for offset in offsets
    ]
    ((_, emission),) = reader.reads
    assert emission.whole


@pytest.mark.parametrize("rows", [19, 20])
@pytest.mark.parametrize("digest", ["abc", None])
def test_a_long_list_tells_its_length_and_its_pages_are_asked_for_together(
    reader: Reader, logged_in: Mocker, rows: int, digest: str | None
) -> None:
    logged_in.get(f"{API}/department", json=paged(lambda: [{"id": n} for n in range(rows)], digest))
    assert ids(reader.run(List())) == list(range(rows))
    asked = sorted(int(query["from"][0]) for query in queries(logged_in))
    offsets = range(0, 20, 2) if digest else range(rows - 1)
    assert asked == [*offsets, PAST_THE_END]


@pytest.mark.parametrize("page_size", [2, 3, 4])
@pytest.mark.parametrize("shift", ["gone", "new", "both"])
def test_rows_that_move_while_a_list_without_checksum_is_paged_prove_nothing(
    reader: Reader, logged_in: Mocker, page_size: int, shift: str
) -> None:
    rows = [{"id": n, "name": "Salg"} for n in range(10, 20)]

    def answer(request: Any, context: Any) -> Any:
        found = paged(lambda: rows)(request, context)
        if int(request.qs["from"][0]) == 0 and len(rows) >= 10:
            if shift != "new":
                rows.pop(0)
            if shift == "new":
                rows.insert(0, {"id": 3, "name": "Ny"})
            if shift == "both":
                rows.append({"id": 99, "name": "Ny"})
        return found

    logged_in.get(f"{API}/department", json=answer)
    reader.run(List(), page_size=page_size)
    ((_, emission),) = reader.reads
    assert not emission.whole
    assert reader.bookmark["digests"] == {}
    rows[:] = rows[:9]  # nothing moves any more
    assert len(reader.run(List(), page_size=page_size)) == 9
    assert reader.reads[-1][1].whole


@pytest.mark.parametrize("digest", ["abc", None])
@pytest.mark.parametrize("order", [(1, 2, 3, 4), (3, 4, 1, 2)])
def test_pages_in_no_certain_order_must_have_each_row_once(
    reader: Reader, logged_in: Mocker, digest: str | None, order: tuple[int, ...]
) -> None:
    def answer(request: Any, context: Any) -> Any:
        if "sorting" in request.qs:
            context.status_code = 422
            return error(422, 17000, "Field specified for use in sorting does not exist")["json"]
        start = int(request.qs["from"][0])
        rows = [{"id": n} for n in (order if start else (1, 2, 3, 4))]
        return paged(lambda: rows, digest)(request, context)

    logged_in.get(f"{API}/department", json=answer)
    reader.run(List())
    ((_, emission),) = reader.reads
    assert emission.whole is (order == (1, 2, 3, 4))


def test_a_path_that_has_rows_past_its_end_ignores_paging(
    reader: Reader, logged_in: Mocker
) -> None:
    orders = [(1, 2), (2, 1)]

    def answer(_: Any, __: Any) -> Any:
        orders.reverse()
        return listed(*({"id": n} for n in orders[0]), digest="abc")

    logged_in.get(f"{API}/department", json=answer)
    assert sorted(ids(reader.run(List()))) == [1, 2]
    assert len(queries(logged_in)) < 9


@pytest.mark.parametrize(
    "nothing",
    [
        {"status_code": 204},
        {"json": {"values": None}},
        {"json": {"fullResultSize": 0, "values": None, "versionDigest": "abc"}},
        {"json": {"value": None}},
        {"json": {"count": 3, "values": []}},
    ],
)
def test_a_list_that_is_not_there_is_not_an_empty_one(
    reader: Reader, logged_in: Mocker, nothing: dict[str, Any]
) -> None:
    logged_in.get(f"{API}/department", json=listed({"id": 1}))
    reader.run(List())
    logged_in.get(f"{API}/department", **nothing)
    with pytest.raises(UnavailableError):
        reader.run(List())
    assert len(reader.reads) == 1


def too_large_day(request: Any, context: Any) -> Any:
    """Answer a day of one account with a refusal, whatever it is cut into."""
    first, after = (date.fromisoformat(request.qs[n][0]) for n in ("datefrom", "dateto"))
    low, high = (int(request.qs.get(n, [d])[0]) for n, d in (("low", "0"), ("high", "1000000")))
    if first <= date(2026, 10, 9) < after and low <= 1920 < high:
        context.status_code = 422
        return error(422, 23000, "Result set too large. Limit of 10000 reached.")["json"]
    return listed({"id": first.toordinal() * 10**7 + low}, digest=f"d{first}{low}")


def test_a_day_of_one_account_that_is_too_large_is_named_and_the_rest_is_read(
    reader: Reader, logged_in: Mocker
) -> None:
    logged_in.get(f"{API}/department", json=too_large_day)
    window = Window("date", numbers=Numbers("low", "high"))
    with pytest.raises(UnreadError, match=r"2026-10: too many rows.*2026-10-09, account 1920"):
        reader.run(window)
    days = {id_ // 10**7 for id_ in ids(reader.written)}
    if reader.form == "lines":
        assert {date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 10)} <= set(
            map(date.fromordinal, days)
        )
    assert set(reader.bookmark["digests"]) == {"2026-11", "2026-12"}
    assert [part.key for part, _ in reader.reads] == ["2026-11", "2026-12"]


def test_a_slice_without_an_answer_does_not_keep_the_next_from_being_read(
    reader: Reader, logged_in: Mocker
) -> None:
    def answer(request: Any, context: Any) -> Any:
        if request.qs["datefrom"] == ["2026-10-01"]:
            context.status_code = 500
            return error(500, 1000, None)["json"]
        return listed({"id": 1}, digest="later")

    logged_in.get(f"{API}/department", json=answer)
    with pytest.raises(UnavailableError, match="500/1000"):
        reader.run(Window("date"))
    assert reader.bookmark["digests"] == {"2026-11": "later", "2026-12": "later"}
    logged_in.get(f"{API}/department", json=listed({"id": 1}, digest="october"))
    reader.run(Window("date"))
    assert reader.bookmark["digests"]["2026-10"] == "october"


def test_a_server_that_never_answers_is_not_asked_for_all_slices(
    reader: Reader, logged_in: Mocker
) -> None:
    logged_in.get(f"{API}/department", **error(500, 1000, None))
    calendar = Calendar(date(2024, 1, 1), TODAY, future_days=0, open_start=False)
    with pytest.raises(UnreadError, match="3 slices could not be read"):
        reader.run(Window("date"), calendar=calendar)
    asked = {query["datefrom"][0] for query in queries(logged_in)}
    assert len(asked) < 16


class Answering:
    """Stands for the client where requests have to wait for each other: requests-mock lets none."""

    def __init__(self, answer: Callable[[str, dict[str, str]], Any]) -> None:
        self.answer = answer

    def get(self, _: object, path: str, params: dict[str, str], **__: object) -> Page:
        return Page.read(json.dumps(self.answer(path, params)).encode())


def test_a_trial_balance_is_asked_for_together_with_the_rows(reader: Reader) -> None:
    balance = threading.Event()
    waited: list[bool] = []

    def answer(path: str, _: dict[str, str]) -> Any:
        if path == "/balanceSheet":
            balance.set()
        else:
            waited.append(balance.wait(5))
        return listed()

    reader.client = cast("Client", Answering(answer))
    columns = {**COLUMNS, "account_id": COLUMNS["id"], "amount": {"source": "a", "type": "number"}}
    control = Control(reader.client, COMPANY)
    assert reader.run(Window("date"), control=control, columns=columns) == []
    assert waited == [True, True, True]


def test_records_say_which_company_and_when(reader: Reader, logged_in: Mocker) -> None:
    pages = [listed({"id": 1}, {"id": 2}), listed({"id": 3})]
    logged_in.get(f"{API}/department", [{"json": page} for page in pages])
    records = reader.run(List())
    assert {record["company_id"] for record in records} == {107896302}
    (synced_at,) = {record["synced_at"] for record in records}
    assert synced_at.endswith("Z")


def test_a_row_that_moved_to_the_next_page_is_emitted_once(
    reader: Reader, logged_in: Mocker
) -> None:
    pages = [listed({"id": 1}, {"id": 2}), listed({"id": 2}, {"id": 3}), listed()]
    logged_in.get(f"{API}/department", [{"json": page} for page in pages])
    assert ids(reader.run(List())) == [1, 2, 3]


def test_a_path_that_ignores_paging_is_asked_once(reader: Reader, logged_in: Mocker) -> None:
    logged_in.get(f"{API}/department", json=listed({"id": 1}, {"id": 2}, {"id": 3}))
    assert ids(reader.run(List())) == [1, 2, 3]
    assert len(queries(logged_in)) == 1


def test_a_path_that_repeats_its_first_page_does_not_loop(
    reader: Reader, logged_in: Mocker
) -> None:
    logged_in.get(f"{API}/department", json=listed({"id": 1}, {"id": 2}))
    assert ids(reader.run(List())) == [1, 2]
    assert len(queries(logged_in)) == 3
    assert reader.reads[0][1].whole


def test_a_single_object_is_asked_for_without_paging(reader: Reader, logged_in: Mocker) -> None:
    logged_in.get(f"{API}/company/107896302", json={"value": {"id": 107896302}})
    assert ids(reader.run(Single(), path="/company/{id}")) == [107896302]
    assert queries(logged_in) == [{"fields": ["id,date,name"]}]


@pytest.mark.parametrize("nothing", [{"json": {"value": None}}, {"status_code": 204}])
def test_no_object_is_no_record(reader: Reader, logged_in: Mocker, nothing: dict[str, Any]) -> None:
    logged_in.get(f"{API}/company/107896302", **nothing)
    assert reader.run(Single(), path="/company/{id}") == []


def test_slices_come_in_order_whatever_answers_first(reader: Reader, logged_in: Mocker) -> None:
    def answer(request: Any, _: Any) -> Any:
        (day,) = request.qs["datefrom"]
        return listed({"id": int(day[5:7]), "date": day})

    logged_in.get(f"{API}/department", json=answer)
    records = reader.run(Window("date"))
    assert [record["date"] for record in records] == ["2026-10-01", "2026-11-01", "2026-12-01"]
    assert reader.bookmark["replication_key"] == "date"
    assert reader.bookmark["replication_key_value"] == "2026-12-31"


def test_an_unchanged_slice_costs_a_304_and_no_record(reader: Reader, logged_in: Mocker) -> None:
    logged_in.get(f"{API}/department", json=listed({"id": 1}, digest="abc"))
    assert ids(reader.run(List())) == [1]
    assert logged_in.request_history[-1].headers["If-None-Match"] == "none"
    logged_in.get(f"{API}/department", status_code=304)
    assert reader.run(List()) == []
    assert logged_in.request_history[-1].headers["If-None-Match"] == "abc"
    assert reader.bookmark["digests"] == {"all": "abc"}


def test_a_changed_slice_is_read_and_remembered(reader: Reader, logged_in: Mocker) -> None:
    logged_in.get(f"{API}/department", json=listed({"id": 1}, digest="abc"))
    reader.run(List())
    logged_in.get(f"{API}/department", json=listed({"id": 1}, {"id": 9}, digest="def"))
    logged_in.get(f"{API}/department?from=2", json=listed(digest="def"))
    assert ids(reader.run(List())) == [1, 9]
    assert reader.bookmark["digests"] == {"all": "def"}


def test_what_changes_while_it_is_read_is_read_again_by_the_next_run(
    reader: Reader, logged_in: Mocker
) -> None:
    pages = [listed({"id": 1}, {"id": 2}, digest="abc"), listed({"id": 3}, digest="def")]
    logged_in.get(f"{API}/department", [{"json": page} for page in pages])
    assert ids(reader.run(List())) == [1, 2, 3]
    assert reader.bookmark["digests"] == {}


@pytest.mark.parametrize("sentence", ["Checksum not yet supported for this endpoint", None])
def test_without_a_checksum_rows_that_did_not_change_are_not_emitted(
    reader: Reader, logged_in: Mocker, sentence: str | None
) -> None:
    logged_in.get(f"{API}/department", json=listed({"id": 1, "name": "Salg"}, digest=sentence))
    assert ids(reader.run(List())) == [1]
    assert reader.run(List()) == []
    assert logged_in.request_history[-1].headers["If-None-Match"] == "none"
    logged_in.get(f"{API}/department", json=listed({"id": 1, "name": "Drift"}, digest=sentence))
    assert reader.run(List())[0]["name"] == "Drift"
    logged_in.get(f"{API}/department", json=listed(digest=sentence))
    assert reader.run(List()) == []


def test_a_large_slice_without_checksum_is_not_held_in_memory(
    reader: Reader, logged_in: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_tripletex.reading.emission.HELD_BYTES", 2)
    rows = [{"id": number} for number in range(5)]
    logged_in.get(f"{API}/department", json=listed(*rows))
    assert len(reader.run(List(), page_size=9)) == 5
    assert len(reader.run(List(), page_size=9)) == 5


def test_full_table_reads_and_emits_everything(reader: Reader, logged_in: Mocker) -> None:
    for digest in ("abc", None):
        logged_in.get(f"{API}/department", json=listed({"id": 1}, digest=digest))
        reader.run(List())
        assert ids(reader.run(List(), unconditional=True)) == [1]
        assert logged_in.request_history[-1].headers["If-None-Match"] == "none"


@pytest.mark.parametrize(
    "change",
    [{"owner": 6}, {"columns": {name: COLUMNS[name] for name in ("id", "date")}}],
)
def test_digests_hold_only_for_the_same_question_by_the_same_user(
    reader: Reader, logged_in: Mocker, change: dict[str, Any]
) -> None:
    logged_in.get(f"{API}/department", json=listed({"id": 1}, digest="abc"))
    reader.run(List())
    reader.run(List(), **change)
    assert logged_in.request_history[-1].headers["If-None-Match"] == "none"


def test_a_refused_field_costs_one_column_and_one_warning(
    reader: Reader, logged_in: Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    message = "Illegal field in fields filter: name. name does not match a field in the model: XDTO"

    def answer(request: Any, context: Any) -> Any:
        if "name" in request.qs["fields"][0]:
            context.status_code = 400
            return error(400, 11000, message)["json"]
        return listed({"id": int(request.qs["datefrom"][0][5:7]), "date": "2026-10-01"})

    logged_in.get(f"{API}/department", json=answer)
    records = reader.run(Window("date"))
    assert [(record["id"], record["name"]) for record in records] == [
        (10, None),
        (11, None),
        (12, None),
    ]
    (warning,) = [entry for entry in caplog.records if entry.levelname == "WARNING"]
    assert "departments: the API has no field name in company 107896302" in warning.message


def refuse_name(mock: Mocker) -> None:
    """Answer as a company whose departments have no name, another version each time."""
    message = "Illegal field in fields filter: name. name does not match a field in the model: XDTO"

    def answer(request: Any, context: Any) -> Any:
        if "name" in request.qs["fields"][0]:
            context.status_code = 400
            return error(400, 11000, message)["json"]
        return listed({"id": 1, "date": "2026-10-01"}, digest=f"d{mock.call_count}")

    mock.get(f"{API}/department", json=answer)


def refusals(mock: Mocker) -> int:
    return sum("name" in query["fields"][0] for query in queries(mock))


def test_a_refused_field_is_not_asked_for_again_until_the_full_refresh(
    reader: Reader, logged_in: Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    refuse_name(logged_in)

    def asked(days: int) -> tuple[int, int]:
        """Return the refused requests and the warnings of a run so many days later."""
        before = refusals(logged_in)
        caplog.clear()
        today = TODAY + timedelta(days=days)
        records = reader.run(List(), today=today, full_refresh_days=7)
        assert [(record["id"], record["name"]) for record in records] == [(1, None)]
        reader.bookmark = json.loads(json.dumps(reader.bookmark))
        warnings = sum(entry.levelname == "WARNING" for entry in caplog.records)
        return refusals(logged_in) - before, warnings

    assert [asked(days) for days in (0, 1, 6)] == [(1, 1), (0, 0), (0, 0)]
    assert [asked(days) for days in (7, 8, 13)] == [(1, 1), (0, 0), (0, 0)]
    assert asked(14) == (1, 1)


def test_a_refused_field_that_is_there_after_all_is_read_at_the_full_refresh(
    reader: Reader, logged_in: Mocker
) -> None:
    refuse_name(logged_in)
    reader.run(List(), full_refresh_days=7)
    assert reader.bookmark["refused_fields"] == {"on": str(TODAY), "names": ["name"]}
    row = {"id": 1, "name": "Salg", "date": "2026-10-01"}
    logged_in.get(f"{API}/department", json=listed(row, digest="new"))
    later = TODAY + timedelta(days=7)
    (record,) = reader.run(List(), today=later, full_refresh_days=7)
    assert record["name"] == "Salg"
    assert "refused_fields" not in reader.bookmark


def test_a_refused_field_is_asked_for_again_by_another_user_and_where_nothing_is_remembered(
    reader: Reader, logged_in: Mocker
) -> None:
    refuse_name(logged_in)
    for options in ({}, {"owner": 6}, {"owner": 6}):
        reader.run(List(), full_refresh_days=7, **options)
    assert refusals(logged_in) == 2
    for _ in range(2):
        reader.run(List(), full_refresh_days=0, owner=6)
    assert refusals(logged_in) == 4


@pytest.mark.parametrize(
    "stored", [7, [], {"on": "soon"}, {"on": "2026-11-24", "names": 7}, {"names": ["name"]}]
)
def test_a_damaged_note_of_refused_fields_costs_a_question(
    reader: Reader, logged_in: Mocker, stored: Any
) -> None:
    refuse_name(logged_in)
    reader.run(List(), full_refresh_days=7)
    reader.bookmark["refused_fields"] = stored
    reader.run(List(), full_refresh_days=7)
    assert refusals(logged_in) == 2


def test_a_refused_key_ends_the_stream(reader: Reader, logged_in: Mocker) -> None:
    message = "Illegal field in fields filter: id. id does not match a field in the model: XDTO"
    logged_in.get(f"{API}/department", **error(400, 11000, message))
    with pytest.raises(IllegalFieldError):
        reader.run(List())
    assert len(queries(logged_in)) == 1


def test_a_result_that_is_too_large_is_halved_and_asked_in_halves_from_then_on(
    reader: Reader, logged_in: Mocker
) -> None:
    def answer(request: Any, context: Any) -> Any:
        first, after = (date.fromisoformat(request.qs[n][0]) for n in ("datefrom", "dateto"))
        if request.headers["If-None-Match"] == f"d{first}":
            context.status_code = 304
            return None
        if (after - first).days > 8:
            context.status_code = 422
            return error(422, 23000, "Result set too large. Limit of 10000 reached.")["json"]
        return listed({"id": first.toordinal()}, digest=f"d{first}")

    logged_in.get(f"{API}/department", json=answer)
    records = reader.run(Window("date"))
    assert ids(records) == sorted(ids(records))
    assert len(records) == 12
    assert records[0]["id"] == date(2026, 10, 1).toordinal()
    assert set(reader.bookmark["digests"]) == {"2026-10", "2026-11", "2026-12"}
    october = "((d2026-10-01 d2026-10-08) (d2026-10-16 d2026-10-24))"
    assert reader.bookmark["digests"]["2026-10"] == october
    before = len(queries(logged_in))
    assert reader.run(Window("date")) == []
    assert len(queries(logged_in)) == before + 12


def test_a_day_that_is_too_large_fails_with_the_apis_words(
    reader: Reader, logged_in: Mocker
) -> None:
    logged_in.get(f"{API}/department", **error(422, 23000, "Result set too large."))
    with pytest.raises(UnreadError, match=r"2026-10-01 \(.*422/23000: Result set too large"):
        reader.run(Window("date"))
    assert reader.bookmark["digests"] == {}


def test_truncated_json_and_cut_connections_are_read_again(
    reader: Reader, logged_in: Mocker
) -> None:
    logged_in.get(
        f"{API}/department", [{"text": '{"values":[{"id":1},{"i'}, {"json": listed({"id": 1})}]
    )
    assert ids(reader.run(List())) == [1]
    logged_in.get(f"{API}/department", json={"error": "Invalid or expired token"})
    with pytest.raises(UnavailableError, match=r"The answer to /department cannot be read"):
        reader.run(List())


@pytest.mark.parametrize(
    "spoil", [lambda text: gzip.compress(text[:-9]), lambda text: gzip.compress(text)[:-9]]
)
@pytest.mark.parametrize("comma", [", ", ","])
def test_a_large_answer_that_turns_out_to_be_garbled_is_asked_for_again(
    reader: Reader, logged_in: Mocker, caplog: pytest.LogCaptureFixture, spoil: Any, comma: str
) -> None:
    rows = [{"id": n, "name": random.Random(n).randbytes(60).hex()} for n in range(3000)]  # noqa: S311
    text = json.dumps(listed(*rows), separators=(comma, ":")).encode()
    zipped = {"Content-Encoding": "gzip"}
    logged_in.get(
        f"{API}/department",
        [
            {"content": spoil(text), "headers": zipped},
            {"content": gzip.compress(text), "headers": zipped},
        ],
    )
    assert ids(reader.run(List(), page_size=9999)) == list(range(3000))
    assert len(queries(logged_in)) == 2
    assert "Asking for it again" in caplog.text


def test_fewer_rows_are_asked_for_when_answers_are_late(
    reader: Reader, logged_in: Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(request: Any, _: Any) -> Any:
        start, count = (int(request.qs[name][0]) for name in ("from", "count"))
        if count > 250:
            raise requests.ReadTimeout
        return listed(*[{"id": n} for n in range(1100)][start : start + count])

    logged_in.get(f"{API}/department", json=answer)
    assert ids(reader.run(List(), page_size=1000)) == list(range(1100))
    counts = [int(query["count"][0]) for query in queries(logged_in)]
    assert counts[:3] == [1000, 500, 250]
    assert set(counts[3:]) <= {250, 1}
    assert "Asking for 250 rows at a time" in caplog.text


def test_state_never_runs_ahead_of_the_records(reader: Reader, logged_in: Mocker) -> None:
    def answer(request: Any, context: Any) -> Any:
        if request.qs["datefrom"] == ["2026-11-01"]:
            context.status_code = 422
            return error(422, 15000, "Validation failed")["json"]
        return listed({"id": 1}, digest="october")

    logged_in.get(f"{API}/department", json=answer)
    records = reader.begin(Window("date"))
    if reader.form == "records":
        next(records)
        assert reader.bookmark["digests"] == {}
    with pytest.raises(RefusedError):
        next(records)
    assert len(reader.written) == (reader.form == "lines")
    assert reader.bookmark["digests"] == {"2026-10": "october"}
    assert reader.bookmark["replication_key_value"] == "2026-10-31"
    assert "refreshed" not in reader.bookmark


def test_slices_that_are_no_longer_read_are_forgotten(reader: Reader, logged_in: Mocker) -> None:
    logged_in.get(f"{API}/department", json=listed(digest="abc"))
    reader.run(Window("date"))
    reader.bookmark["digests"]["2019-01"] = "old"
    reader.run(Window("date"))
    assert set(reader.bookmark["digests"]) == {"2026-10", "2026-11", "2026-12"}


def test_nested_lines_are_asked_for_by_expansion(reader: Reader, logged_in: Mocker) -> None:
    order = {"id": 7, "orderDate": "2026-10-02", "orderLines": [{"id": 1}, {"id": 2}]}
    logged_in.get(f"{API}/department", [{"json": listed(order)}, {"json": listed()}])
    nested = Nested(Window("order_date"), "orderLines", "order_id", date="orderDate")
    records = reader.run(nested)
    assert [(record["order_id"], record["id"]) for record in records] == [(7, 1), (7, 2)]
    assert queries(logged_in)[0]["fields"] == ["id,orderdate,orderlines(id,date,name)"]


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"name": "Salg"}, "id came as null, which cannot be mended without guessing: id null"),
        ({"id": "x"}, 'id came as text like "a", .*: id "x"'),
        (None, "the row came as null"),
        (7, "the row came as the number 9"),
    ],
)
def test_a_row_without_its_key_is_left_out_named_and_the_slice_not_remembered(
    reader: Reader, logged_in: Mocker, odd: Any, reason: str
) -> None:
    rows: list[Any] = [{"id": 1}, odd, {"id": 2}]
    logged_in.get(f"{API}/department", json=listed(*rows, digest="d"))
    assert [row["id"] for row in reader.run(List(), page_size=100)] == [1, 2]
    (failure,) = reader.oddities.failures()
    assert re.search(reason, failure)
    assert [emission.stable for _, emission in reader.reads] == [False]
    assert reader.bookmark["digests"] == {}
    logged_in.get(f"{API}/department", json=listed({"id": 1}, {"id": 2}, digest="e"))
    assert len(reader.run(List(), page_size=100)) == 2
    assert reader.reads[-1][1].stable
    assert reader.bookmark["digests"] == {"all": "e"}


def test_an_odd_value_costs_that_value(reader: Reader, logged_in: Mocker) -> None:
    columns = {**COLUMNS, "account_id": {"source": "account.id", "type": "integer", "none": 0}}
    odd = {"id": 4, "account": "1920", "name": "Salg"}
    logged_in.get(f"{API}/department", json=listed(odd, odd | {"id": 5}, digest="d"))
    rows = reader.run(List(), columns=columns, page_size=100)
    assert [(row["id"], row["name"], row["account_id"]) for row in rows] == [
        (4, "Salg", None),
        (5, "Salg", None),
    ]
    (warning,) = reader.oddities.warnings()
    assert warning == (
        'account_id came 2 times as something else than documented, first as text like "9999" in '
        "id 4; what cannot be kept is null."
    )
    assert list(reader.oddities.failures()) == []
    assert reader.bookmark["digests"] == {"all": "d"}


def test_a_state_of_a_later_version_is_refused() -> None:
    with pytest.raises(StateError, match=r"postings of company 1 has version 4.*Update the tap"):
        SliceState({"version": 4}, "postings of company 1")


@pytest.mark.parametrize(
    "damage",
    [
        {"digests": []},
        {"digests": {"2026-01": 5}},
        {"refreshed": "yesterday"},
        {"version": "one"},
        {"census": []},
        {"census": {}},
        {"census": CENSUS | {"rows": -1}},
        {"census": CENSUS | {"highest": "9"}},
        {"census": CENSUS | {"checksum": "other"}},
        {"census": CENSUS | {"newest": "yesterday"}},
        {"census": CENSUS | {"newest": "2026-11-24"}},
        {"census": CENSUS | {"proven": None}},
    ],
)
def test_a_damaged_state_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(StateError, match="start over"):
        SliceState({"version": 1} | damage, "postings of company 1")


def test_a_census_is_kept_with_its_digest_and_its_fingerprint() -> None:
    bookmark: dict[str, Any] = {"fingerprint": "same", "digests": {"all": "abc"}, "census": CENSUS}
    state = SliceState(bookmark, "customers of company 1")
    state.begin("same")
    assert state.census is not None
    assert state.census.stored() == CENSUS
    state.finish("all", None)
    assert state.census is None
    bookmark = {"fingerprint": "same", "digests": {"all": "abc"}, "census": CENSUS}
    state = SliceState(bookmark, "customers of company 1")
    state.begin("another")
    assert state.census is None


def test_a_census_tells_what_is_gone_from_what_is_new() -> None:
    census = ListSummary.of([3, 5, 9], None, proven=False)
    assert census == ListSummary.of({9, 3, 5}, None, proven=False)
    assert census.still_in([9, 3, 5])
    assert census.still_in([3, 5, 9, 10, 11])
    assert not census.still_in([3, 9, 10])
    assert not census.still_in([3, 5, 6, 9])
    assert not census.still_in([3, 6, 9])
    assert ListSummary.of([], None, proven=False).still_in([1])


def test_a_state_of_the_first_version_is_read(reader: Reader, logged_in: Mocker) -> None:
    mark = fingerprint("/department", "id,date,name", 5)
    reader.bookmark = {"version": 1, "fingerprint": mark, "digests": {"all": "abc"}}
    logged_in.get(f"{API}/department", status_code=304)
    assert reader.run(List()) == []
    assert logged_in.request_history[-1].headers["If-None-Match"] == "abc"
    assert reader.bookmark["version"] == VERSION
