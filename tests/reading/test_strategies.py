from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.reading.guarding import Guarding
from tap_tripletex.reading.periods import AsOf, Ever, Named, Period, Snapshot, Years
from tap_tripletex.reading.slices import Ask, Calendar, Cut, Numbers, Parents, Slice
from tap_tripletex.reading.strategies import List, Nested, Single, Window
from tap_tripletex.rows.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CALENDAR = Calendar(date(2026, 9, 15), date(2026, 11, 23), future_days=40, open_start=False)


def params(part: Slice) -> dict[str, str]:
    (ask,) = part.asks
    return dict(ask.params)


def columns(part: Slice) -> dict[str, Any]:
    (ask,) = part.asks
    return dict(ask.columns)


POSTED = Guarding("/ledger/posting")


class Said:
    """What other lists of a company say, made up."""

    def __init__(
        self,
        parents: Mapping[Parents, Sequence[int]] | Sequence[int] | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> None:
        """Have parents, or none and nobody may ask for them; and rows from a day to another."""
        self.parents = parents
        self.first = first
        self.last = last
        self.asked: list[date] = []

    def ids(self, parents: Parents) -> Sequence[int]:
        assert self.parents is not None
        return self.parents.get(parents, ()) if isinstance(self.parents, dict) else self.parents

    def has_rows(self, rows: Guarding, before: date) -> bool:
        assert rows.path
        self.asked.append(before)
        return self.first is not None and self.first < before

    def last_day(self, rows: Guarding, first: date, after: date) -> date | None:
        assert rows.path
        self.asked.append(after)
        return self.last if self.last and first <= self.last < after else None


NOTHING = Said()


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
    (part,) = List().slices(CALENDAR, NOTHING)
    assert [ask.params for ask in part.asks] == [{}]
    (part,) = List({"isInactive": ("false", "true")}).slices(CALENDAR, NOTHING)
    assert [ask.params for ask in part.asks] == [{"isInactive": "false"}, {"isInactive": "true"}]
    assert part.asks[0].parts() is None


def test_weeks_and_months_that_have_begun_are_named() -> None:
    (part,) = Named("monthYear").slices(CALENDAR, NOTHING)
    assert [ask.params["monthYear"] for ask in part.asks] == ["2026-09", "2026-10", "2026-11"]
    (part,) = Named("weekYear", week=True).slices(CALENDAR, NOTHING)
    assert [ask.params["weekYear"] for ask in part.asks][::10] == ["2026-38", "2026-48"]


def test_years_are_asked_for_by_number_or_by_their_days() -> None:
    (part,) = Years().slices(CALENDAR, NOTHING)
    assert [ask.params for ask in part.asks] == [{"year": "2026"}, {"year": "2027"}]
    (part,) = Years(year=None, start="a", end="b").slices(CALENDAR, NOTHING)
    assert part.asks[0].params == {"a": "2026-01-01", "b": "2026-12-31"}


def test_all_days_are_one_question_and_years_where_that_is_too_large() -> None:
    calendar = Calendar(date(2024, 3, 1), date(2026, 11, 23), future_days=30, open_start=False)
    (part,) = Ever("a", "b", since_first=True).slices(calendar, NOTHING)
    (ask,) = part.asks
    assert ask.params == {"a": "2024-01-01", "b": "2027-01-01"}
    years = ask.parts()
    assert years is not None
    assert [year.params["a"] for year in years] == ["2024-01-01", "2025-01-01", "2026-01-01"]
    months = years[1].parts()
    assert months is not None
    assert [month.params["a"][5:] for month in months[::11]] == ["01-01", "12-01"]


def test_days_are_asked_for_at_month_ends_and_today() -> None:
    (part,) = AsOf("date").slices(CALENDAR, NOTHING)
    assert [ask.params["date"] for ask in part.asks] == ["2026-09-30", "2026-10-31", "2026-11-23"]


def test_periods_are_months_marked_with_their_first_day() -> None:
    first, second, *_ = Period().slices(CALENDAR, NOTHING)
    assert columns(first) == {"start_date": "2026-09-15"}
    assert params(second) == {"dateFrom": "2026-10-01", "dateTo": "2026-11-01"}
    assert second.asks[0].parts() is None
    assert second.window == (date(2026, 10, 1), date(2026, 11, 1))


def test_snapshots_are_month_ends_and_today_asked_for_by_the_day_after() -> None:
    slices = list(Snapshot().slices(CALENDAR, NOTHING))
    assert [columns(part)["as_of_date"] for part in slices] == [
        "2026-09-30",
        "2026-10-31",
        "2026-11-23",
    ]
    assert [params(part)["date"] for part in slices] == ["2026-10-01", "2026-11-01", "2026-11-24"]


LONG = Calendar(date(2015, 1, 1), date(2026, 11, 23), future_days=400, open_start=False)


@pytest.mark.parametrize("year", range(2015, 2028))
def test_nothing_is_asked_of_months_and_days_before_the_first_year_with_rows(year: int) -> None:
    for strategy in (Period(of=POSTED), Snapshot(of=POSTED)):
        others = Said(first=date(year, 6, 6))
        slices = list(strategy.slices(LONG, others))
        asked = [part.key for part in slices if part.asks]
        recent = [part.key for part in slices if "2026-10" <= part.key[:7] <= "2026-11"]
        assert set(recent) <= set(asked)
        others.asked.clear()
        expected = [p.key for p in slices if f"{year}" <= p.key[:7] <= "2026-11"]
        assert asked == (expected if year < 2027 else recent)


def test_few_questions_tell_that_there_is_nothing_or_something_in_the_first_year() -> None:
    for first, most in ((None, 2), (date(2015, 12, 31), 1), (date(2021, 1, 1), 6)):
        others = Said(first=first)
        slices = list(Period(of=POSTED).slices(LONG, others))
        assert [len(part.asks) for part in slices]
        assert len(set(others.asked)) <= most


def test_months_to_come_are_asked_as_far_as_something_is_booked() -> None:
    for last, expected in (
        (None, []),
        (date(2026, 12, 1), ["2026-12"]),
        (date(2027, 2, 28), ["2026-12", "2027-01", "2027-02"]),
        (date(2027, 12, 31), ["2026-12", *(f"2027-{month:02}" for month in range(1, 13))]),
    ):
        others = Said(first=date(2015, 1, 1), last=last)
        slices = Period(of=POSTED, ahead=True).slices(LONG, others)
        assert [part.key for part in slices if part.key > "2026-11" and part.asks] == expected
    months = Period(of=POSTED).slices(LONG, Said(first=date(2015, 1, 1)))
    assert not [part.key for part in months if part.key > "2026-11" and part.asks]


def test_on_the_last_day_of_a_month_there_is_one_snapshot_of_it() -> None:
    calendar = Calendar(date(2026, 10, 1), date(2026, 10, 31), future_days=400, open_start=False)
    assert [part.key for part in Snapshot().slices(calendar, NOTHING)] == ["2026-10-31"]


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
