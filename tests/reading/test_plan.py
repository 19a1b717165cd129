"""Which days of a list make a slice."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.reading.plan import EVERYTHING, Range, plan
from tap_tripletex.reading.slices import Calendar, Cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TODAY = date(2026, 11, 23)


def calendar(first: date = date(2024, 1, 1), today: date = TODAY, **options: Any) -> Calendar:
    return Calendar(first, today, **{"future_days": 400, "open_start": True, **options})


def whole(days: Calendar) -> Range:
    found = Range.of(lambda first, after: Cut("dateFrom", first, "dateTo", after), days)
    assert found is not None
    return found


def keys(
    days: Calendar,
    known: Iterable[str] = (),
    large: Iterable[str] = (),
    is_due: Callable[[str], bool] = lambda _: False,
) -> list[str]:
    parts = plan(whole(days), known, set(large), is_due)
    assert parts[0].cut.first == whole(days).cut.first
    assert parts[-1].cut.after == whole(days).cut.after
    assert all(a.cut.after == b.cut.first for a, b in pairwise(parts))  # each day is in one
    return [part.key for part in parts]


MONTHS = [f"2026-{month:02}" for month in range(1, 13)]
OF_TODAY = ["..2024-01-01", "2024", *(m.replace("2026", "2025") for m in MONTHS), *MONTHS, "2027"]


def test_all_days_are_one_slice_where_nothing_is_known() -> None:
    assert keys(calendar()) == ["..2028-01-01"]
    assert keys(calendar(date(2026, 3, 15), open_start=False)) == ["2026-03-15..2028-01-01"]
    assert keys(calendar(date(2026, 3, 15), open_start=False, future_days=0)) == ["2026"]


def test_what_is_large_is_cut_into_years_and_those_into_months() -> None:
    assert keys(calendar(), large=[EVERYTHING]) == ["..2024-01-01", "2024", "2025", "2026", "2027"]
    assert keys(calendar(), large=[EVERYTHING, "2025", "2026"]) == OF_TODAY
    late = calendar(date(2026, 3, 15), open_start=False)
    found = keys(late, large=[EVERYTHING, "2026"])
    assert found == [*MONTHS[2:], "2027"]
    assert plan(whole(late), (), {EVERYTHING, "2026"})[0].cut.first == date(2026, 3, 15)


def test_the_slices_of_an_earlier_version_stay_until_it_is_their_turn() -> None:
    assert keys(calendar(), OF_TODAY) == OF_TODAY
    due = {"..2028-01-01"}
    assert keys(calendar(), OF_TODAY, is_due=due.__contains__) == ["..2028-01-01"]
    assert keys(calendar(), OF_TODAY, [EVERYTHING], due.__contains__) == OF_TODAY
    due = {"2026"}
    assert keys(calendar(), OF_TODAY, is_due=due.__contains__) == OF_TODAY
    merged = [*OF_TODAY[:14], "2026", "2027"]
    assert keys(calendar(), OF_TODAY, [EVERYTHING], due.__contains__) == merged
    assert keys(calendar(), OF_TODAY, [EVERYTHING, "2026"], due.__contains__) == OF_TODAY


def test_on_new_years_day_only_the_new_year_is_read() -> None:
    later = calendar(today=date(2027, 1, 1))
    assert keys(later, ["..2028-01-01"]) == ["..2028-01-01", "2028"]
    assert keys(later, OF_TODAY, [EVERYTHING, "2025", "2026"]) == [*OF_TODAY, "2028"]
    much_later = calendar(today=date(2028, 1, 1))
    assert keys(much_later, ["..2028-01-01"]) == ["..2028-01-01", "2028-01-01..2030-01-01"]


def test_what_was_not_read_is_read_as_far_as_it_is_not() -> None:
    known = [key for key in OF_TODAY if key not in {"2026-03", "2026-04", "2026-09"}]
    found = keys(calendar(), known)
    assert [key for key in found if key not in known] == ["2026-03-01..2026-05-01", "2026-09"]
    found = keys(calendar(), known, [EVERYTHING, "2026"])
    assert [key for key in found if key not in known] == ["2026-03", "2026-04", "2026-09"]


def test_a_first_day_that_moves_leaves_what_lies_after_it() -> None:
    known = ["2026-03-15..2028-01-01"]
    earlier = calendar(date(2026, 2, 1), open_start=False)
    assert keys(earlier, known) == ["2026-02-01..2026-03-15", *known]
    later = calendar(date(2026, 6, 1), open_start=False)
    assert keys(later, known) == ["2026-06-01..2028-01-01"]


@pytest.mark.parametrize(
    "name", ["all", "*", "2026/", "2026-13", "", "..", "2026-02-30..2026-03-01"]
)
def test_other_names_in_the_state_are_no_days(name: str) -> None:
    assert keys(calendar(), [name]) == ["..2028-01-01"]


def test_slices_that_overlap_are_not_both_kept() -> None:
    assert keys(calendar(), ["2026", "2026-03", "..2027-01-01"]) == ["..2027-01-01", "2027"]


@pytest.mark.parametrize("today", [date(2024, 1, 31), date(2024, 2, 29), date(2025, 12, 31)])
@pytest.mark.parametrize("large", [[], [EVERYTHING], [EVERYTHING, "2023", "2024", "2025"]])
def test_every_day_is_in_exactly_one_slice(today: date, large: list[str]) -> None:
    days = calendar(date(2023, 12, 31), today, future_days=31)
    found = keys(days, large=large)
    assert keys(days, found, large) == found  # and the names tell the days
    assert whole(days).cut.first == date(1900, 1, 1)
    assert whole(days).cut.after > days.horizon
