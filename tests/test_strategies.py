from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from tap_tripletex.records import shape
from tap_tripletex.strategies import (
    Ask,
    Calendar,
    List,
    Nested,
    Parents,
    Period,
    Single,
    Slice,
    Snapshot,
    Window,
)

CALENDAR = Calendar(date(2026, 9, 15), date(2026, 11, 23), future_days=40, open_start=False)
OPEN = Calendar(date(2026, 10, 1), date(2026, 11, 23), future_days=0, open_start=True)


def params(part: Slice) -> dict[str, str]:
    (ask,) = part.asks
    return dict(ask.params)


def days(part: Slice) -> tuple[str, ...]:
    return tuple(params(part).values())


def columns(part: Slice) -> dict[str, Any]:
    (ask,) = part.asks
    return dict(ask.columns)


def no_ids(_: Parents) -> list[int]:
    raise AssertionError


def test_windows_are_months_that_meet_from_the_first_day_to_past_the_horizon() -> None:
    slices = list(Window("date").slices(CALENDAR, no_ids))
    assert [part.key for part in slices] == ["2026-09", "2026-10", "2026-11", "2026-12", "2027-01"]
    assert days(slices[0]) == ("2026-09-15", "2026-10-01")
    assert days(slices[-1]) == ("2027-01-01", "2027-02-01")
    for earlier, later in pairwise(slices):
        assert params(earlier)["dateTo"] == params(later)["dateFrom"]
    assert slices[0].bookmark == "2026-09-30"


def test_without_a_start_date_what_lies_before_is_read_too() -> None:
    first, second, *_ = Window("date").slices(OPEN, no_ids)
    assert params(first) == {"dateFrom": "1900-01-01", "dateTo": "2026-10-01"}
    assert params(second) == {"dateFrom": "2026-10-01", "dateTo": "2026-11-01"}


@pytest.mark.parametrize("today", [date(2024, 1, 31), date(2024, 2, 29), date(2025, 12, 31)])
def test_every_day_is_in_exactly_one_window(today: date) -> None:
    calendar = Calendar(date(2023, 12, 31), today, future_days=31, open_start=True)
    edges = [days(part) for part in Window("date").slices(calendar, no_ids)]
    assert edges[0][0] == "1900-01-01"
    assert edges[-1][1] > calendar.horizon.isoformat()
    assert [end for _, end in edges[:-1]] == [start for start, _ in edges[1:]]
    assert all(start < end for start, end in edges)


def test_a_window_is_halved_down_to_a_day() -> None:
    (part,) = Window("date").slices(
        Calendar(date(2026, 11, 1), date(2026, 11, 2), future_days=0, open_start=False), no_ids
    )
    singles, queue = [], [part]
    while queue:
        halves = (taken := queue.pop(0)).halves()
        if halves is None:
            singles.append(days(taken))
        else:
            queue += halves
    assert len(singles) == 30
    assert min(singles) == ("2026-11-01", "2026-11-02")
    assert [end for _, end in sorted(singles)[:-1]] == [start for start, _ in sorted(singles)[1:]]


def test_lists_are_asked_for_every_value_of_a_filter_that_hides_rows() -> None:
    assert [params(part) for part in List().slices(CALENDAR, no_ids)] == [{}]
    slices = list(List({"isInactive": ("false", "true")}).slices(CALENDAR, no_ids))
    assert [params(part) for part in slices] == [{"isInactive": "false"}, {"isInactive": "true"}]
    assert len({part.key for part in slices}) == 2
    assert slices[0].halves() is None


def test_periods_are_months_marked_with_their_first_day() -> None:
    first, second, *_ = Period().slices(CALENDAR, no_ids)
    assert columns(first) == {"start_date": "2026-09-15"}
    assert params(second) == {"dateFrom": "2026-10-01", "dateTo": "2026-11-01"}
    assert second.halves() is None


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
