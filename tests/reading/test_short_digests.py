"""Lists whose digest is known in short: one row tells whether they have changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.api.client import ANY_DIGEST
from tap_tripletex.reading.periods import Period
from tap_tripletex.reading.short_state import shorter
from tap_tripletex.reading.slice_digests import shortened
from tap_tripletex.reading.slices import Calendar
from tap_tripletex.reading.strategies import List, Window
from tests.conftest import API, listed
from tests.reading.test_reader import TODAY, Reader, ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_mock import Mocker

    from tap_tripletex.api.client import Client

MONTHS = ["2026-08", "2026-09", "2026-10", "2026-11", "2026-12"]

CALENDAR = Calendar(TODAY.replace(month=8, day=1), TODAY, future_days=0, open_start=False)


@pytest.fixture(params=["records", "lines"])
def reader(client: Client, request: pytest.FixtureRequest) -> Iterator[Reader]:
    with ThreadPoolExecutor(4) as pool:
        yield Reader(client, pool, request.param)


class Books:
    """Months of three rows each, and what was asked of them."""

    def __init__(self) -> None:
        self.digests = {month: f"digest of {month}".replace(" ", "-") for month in MONTHS}
        self.of_one_row = ""
        self.asked: list[tuple[str, str, bool]] = []

    def __call__(self, request: Any, context: Any) -> Any:
        month, count = request.qs["datefrom"][0][:7], request.qs["count"][0]
        known = request.headers.get("If-None-Match")
        self.asked.append((month, count, known != ANY_DIGEST))
        digest = self.digests[month]
        if known == digest:
            context.status_code = 304
            return None
        rows = [{"id": MONTHS.index(month) * 10 + n} for n in range(min(int(count), 3))]
        return listed(*rows, digest=digest + (self.of_one_row if count == "1" else ""))


@pytest.fixture
def books(logged_in: Mocker) -> Books:
    books = Books()
    logged_in.get(f"{API}/department", json=books)
    return books


def run(reader: Reader, books: Books, strategy: Any = None) -> list[int]:
    """Run as after the state was written and read; return the ids that were emitted."""
    reader.bookmark = shorter(reader.bookmark)
    books.asked.clear()
    return ids(reader.run(strategy or Window("date"), calendar=CALENDAR, page_size=10))


def test_one_row_tells_that_a_month_is_the_same(reader: Reader, books: Books) -> None:
    assert len(run(reader, books)) == 15
    assert run(reader, books) == []
    digests = reader.bookmark["digests"]
    assert [month for month in MONTHS if digests[month].startswith("^")] == [
        "2026-08", "2026-09", "2026-12",
    ]  # fmt: skip
    assert sorted(books.asked) == [
        ("2026-08", "1", False),
        ("2026-09", "1", False),
        ("2026-10", "10", True),
        ("2026-11", "10", True),
        ("2026-12", "1", False),
    ]


def test_a_month_whose_digest_is_another_is_read(reader: Reader, books: Books) -> None:
    run(reader, books)
    books.digests["2026-09"] = "another"
    assert run(reader, books) == [10, 11, 12]
    assert [(month, count) for month, count, _ in books.asked if month == "2026-09"] == [
        ("2026-09", "1"),
        ("2026-09", "10"),
    ]
    assert reader.bookmark["digests"]["2026-09"] == "another"
    assert run(reader, books) == []


def test_what_rows_get_from_the_question_belongs_to_a_short_digest(
    reader: Reader, books: Books
) -> None:
    assert len(run(reader, books, Period("date", last="last"))) == 12
    assert run(reader, books, Period("date", last="last")) == []
    assert run(reader, books, Period("date", last="end"))[:6] == [0, 1, 2, 10, 11, 12]


def test_where_one_row_has_another_digest_than_its_list_digests_stay_whole(
    reader: Reader, books: Books
) -> None:
    run(reader, books)
    books.of_one_row = "-of-one"
    assert run(reader, books) == [0, 1, 2, 10, 11, 12, 40, 41, 42]
    assert reader.bookmark["whole"] is True
    assert run(reader, books) == []
    assert {known for _, _, known in books.asked} == {True}


def test_a_slice_that_is_due_says_nothing_about_one_row(reader: Reader, books: Books) -> None:
    run(reader, books)
    reader.bookmark = shorter(reader.bookmark)
    options: dict[str, Any] = {"calendar": CALENDAR, "page_size": 10, "full_refresh_days": 7}
    assert len(reader.run(Window("date"), today=TODAY.replace(day=30), **options)) == 15
    assert "whole" not in reader.bookmark


def test_a_list_with_rows_but_no_digest_is_compared_in_short(
    reader: Reader, logged_in: Mocker
) -> None:
    logged_in.get(f"{API}/department", json=listed({"id": 1}))
    assert ids(reader.run(List())) == [1]
    (whole,) = reader.bookmark["digests"].values()
    reader.bookmark = shorter(reader.bookmark)
    assert reader.bookmark["digests"] == {"all": shortened(whole)}
    assert len(shortened(whole)) < len(whole)
    assert reader.run(List()) == []
    logged_in.get(f"{API}/department", json=listed({"id": 2}))
    assert ids(reader.run(List())) == [2]
