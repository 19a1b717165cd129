from __future__ import annotations

from datetime import date
from typing import Any

from tap_tripletex.reading.periods import AsOf, Named, Period, Snapshot, Years
from tap_tripletex.reading.slices import Ask, Calendar, Cut, Numbers, Parents, Slice
from tap_tripletex.reading.strategies import List, Nested, Single, Window
from tap_tripletex.rows.shapes import shape

CALENDAR = Calendar(date(2026, 9, 15), date(2026, 11, 23), future_days=40, open_start=False)


def params(part: Slice) -> dict[str, str]:
    (ask,) = part.asks
    return dict(ask.params)


def columns(part: Slice) -> dict[str, Any]:
    (ask,) = part.asks
    return dict(ask.columns)


def no_ids(_: Parents) -> list[int]:
    raise AssertionError


def leaves(ask: Ask) -> list[Ask]:
    parts = ask.parts()
    return [ask] if parts is None else [leaf for part in parts for leaf in leaves(part)]


def test_a_window_is_halved_down_to_a_day() -> None:
    cut = Cut("dateFrom", date(2026, 11, 1), "dateTo", date(2026, 12, 1))
    single = [tuple(ask.params.values()) for ask in leaves(Ask(cut.params(), cut=cut))]
    assert len(single) == 30
    assert single[0] == ("2026-11-01", "2026-11-02")
    assert [end for _, end in single[:-1]] == [start for start, _ in single[1:]]


def test_a_day_of_postings_is_halved_by_account_number() -> None:
    cut = Cut(
        "dateFrom",
        date(2026, 11, 1),
        "dateTo",
        date(2026, 11, 2),
        Numbers("from", "to"),
        1920,
        1924,
    )
    numbers = [(ask.params["from"], ask.params["to"]) for ask in leaves(Ask(cut.params(), cut=cut))]
    assert numbers == [("1920", "1921"), ("1921", "1922"), ("1922", "1923"), ("1923", "1924")]
    whole = Cut("dateFrom", date(2026, 11, 1), "dateTo", date(2026, 11, 2), Numbers("from", "to"))
    assert set(whole.params()) == {"dateFrom", "dateTo"}


def test_lists_are_asked_for_every_value_of_a_filter_that_hides_rows() -> None:
    (part,) = List().slices(CALENDAR, no_ids)
    assert [ask.params for ask in part.asks] == [{}]
    (part,) = List({"isInactive": ("false", "true")}).slices(CALENDAR, no_ids)
    assert [ask.params for ask in part.asks] == [{"isInactive": "false"}, {"isInactive": "true"}]
    assert part.asks[0].parts() is None


def test_weeks_and_months_that_have_begun_are_named() -> None:
    (part,) = Named("monthYear").slices(CALENDAR, no_ids)
    assert [ask.params["monthYear"] for ask in part.asks] == ["2026-09", "2026-10", "2026-11"]
    (part,) = Named("weekYear", week=True).slices(CALENDAR, no_ids)
    assert [ask.params["weekYear"] for ask in part.asks][::10] == ["2026-38", "2026-48"]


def test_years_are_asked_for_by_number_or_by_their_days() -> None:
    (part,) = Years().slices(CALENDAR, no_ids)
    assert [ask.params for ask in part.asks] == [{"year": "2026"}, {"year": "2027"}]
    (part,) = Years(year=None, start="a", end="b", inclusive=True).slices(CALENDAR, no_ids)
    assert part.asks[0].params == {"a": "2026-01-01", "b": "2026-12-31"}
    (part,) = Years(year=None, start="a", end="b").slices(CALENDAR, no_ids)
    assert part.asks[0].params == {"a": "2026-01-01", "b": "2027-01-01"}


def test_days_are_asked_for_at_month_ends_and_today() -> None:
    (part,) = AsOf("date").slices(CALENDAR, no_ids)
    assert [ask.params["date"] for ask in part.asks] == ["2026-09-30", "2026-10-31", "2026-11-23"]


def test_periods_are_months_marked_with_their_first_day() -> None:
    first, second, *_ = Period().slices(CALENDAR, no_ids)
    assert columns(first) == {"start_date": "2026-09-15"}
    assert params(second) == {"dateFrom": "2026-10-01", "dateTo": "2026-11-01"}
    assert second.asks[0].parts() is None
    assert second.window == (date(2026, 10, 1), date(2026, 11, 1))


def test_snapshots_are_month_ends_and_today_asked_for_by_the_day_after() -> None:
    slices = list(Snapshot().slices(CALENDAR, no_ids))
    assert [columns(part)["as_of_date"] for part in slices] == [
        "2026-09-30",
        "2026-10-31",
        "2026-11-23",
    ]
    assert [params(part)["date"] for part in slices] == ["2026-10-01", "2026-11-01", "2026-11-24"]


def test_on_the_last_day_of_a_month_there_is_one_snapshot_of_it() -> None:
    calendar = Calendar(date(2026, 10, 1), date(2026, 10, 31), future_days=400, open_start=False)
    assert [part.key for part in Snapshot().slices(calendar, no_ids)] == ["2026-10-31"]


def test_nested_lines_become_records_with_their_parents_id_and_date() -> None:
    nested = Nested(Window("order_date"), "orderLines", "order_id", date="orderDate")
    line = shape({"id": {"source": "id", "type": "integer"}})
    assert nested.fields(line) == "id,orderDate,orderLines(id)"
    assert nested.replication_key == "order_date"
    order = {"id": 7, "orderDate": "2026-11-01", "orderLines": [{"id": 1}, {"id": 2}]}
    assert list(nested.records(line, order, Ask())) == [
        {"id": 1, "order_id": 7, "order_date": "2026-11-01"},
        {"id": 2, "order_id": 7, "order_date": "2026-11-01"},
    ]
    assert list(nested.records(line, {"id": 8, "orderLines": None}, Ask())) == []


def test_a_nested_list_without_dates_is_marked_by_the_time_of_reading() -> None:
    nested = Nested(List(), "participants", "project_id")
    assert nested.replication_key == "synced_at"
    assert set(nested.columns) == {"project_id"}


def test_only_single_objects_do_not_come_in_pages() -> None:
    assert not Single().pages
    assert all(strategy.pages for strategy in (List(), Window("date"), Period(), Snapshot()))
