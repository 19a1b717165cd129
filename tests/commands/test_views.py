"""The views that show what exists, in a database that a loader has filled in part."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tap_tripletex.commands.current_rows import TYPES, table_of
from tap_tripletex.commands.views import statements
from tap_tripletex.streams import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    Rights = tuple[int | None, int | None]

COMPANY = 1


class Database:
    """As target-duckdb fills it: dates are text, amounts are doubles.

    Attributes:
        rights: that are held, and that are given up, in readings from now on.
    """

    def __init__(self) -> None:
        self.rights: Rights = (None, None)
        self.connection = duckdb.connect()
        self.run("""
            CREATE TABLE postings (
                company_id BIGINT, id BIGINT, date VARCHAR, amount DOUBLE, "row" BIGINT,
                synced_at TIMESTAMP, PRIMARY KEY (company_id, id)
            );
            CREATE TABLE customers (
                company_id BIGINT, id BIGINT, name VARCHAR, synced_at TIMESTAMP,
                PRIMARY KEY (company_id, id)
            );
            CREATE TABLE sync_windows (
                company_id HUGEINT, stream VARCHAR, slice VARCHAR, window_start VARCHAR,
                window_end VARCHAR, synced_at TIMESTAMP, complete BOOLEAN,
                rights_held BIGINT, rights_given_up BIGINT
            );
        """)

    def run(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def posting(self, identity: int, day: str | None, hour: int) -> None:
        self.connection.execute(
            "INSERT INTO postings VALUES (?, ?, ?, 0.1, 1, ?)", [COMPANY, identity, day, at(hour)]
        )

    def customer(self, identity: int, hour: int) -> None:
        self.connection.execute(
            "INSERT INTO customers VALUES (?, ?, 'A', ?)", [COMPANY, identity, at(hour)]
        )

    def read(
        self,
        hour: int,
        start: str | None = None,
        end: str | None = None,
        *,
        stream: str = "postings",
        complete: bool = True,
    ) -> None:
        held = self.rights
        values = [COMPANY, stream, f"{start}..{end}", start, end, at(hour), complete, *held]
        self.connection.execute(
            "INSERT INTO sync_windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values
        )

    def make_views(self, names: Iterable[str] = ("customers", "postings")) -> None:
        for statement in statements("duckdb", None, names):
            self.run(statement)

    def ids(self, view: str) -> list[int]:
        return [row[0] for row in self.run(f"SELECT id FROM {view} ORDER BY id")]


def at(hour: int) -> datetime:
    return datetime(2026, 1, 1, hour)  # noqa: DTZ001 - UTC, as loaders write it


@pytest.fixture
def database() -> Database:
    made = Database()
    made.make_views()
    return made


def test_every_view_is_made_also_of_tables_that_have_not_arrived(database: Database) -> None:
    database.make_views(BY_NAME)
    for name in BY_NAME:
        for kind in ("current", "deleted"):
            assert database.run(f"SELECT * FROM {name}_{kind}") == []


def test_what_was_not_read_again_is_gone(database: Database) -> None:
    database.posting(1, "2026-03-05", 1)
    database.posting(2, "2026-03-06", 2)
    database.posting(3, "2026-04-01", 1)
    database.read(2, "2026-03-01", "2026-04-01")
    database.run("UPDATE sync_windows SET company_id = 2")
    assert database.ids("postings_current") == [1, 2, 3]
    database.read(2, "2026-03-01", "2026-04-01")
    assert database.ids("postings_current") == [2, 3]
    assert database.run("SELECT id, deleted_at FROM postings_deleted") == [(1, at(2))]


def test_windows_of_several_sizes_count_together(database: Database) -> None:
    for identity, day, hour in (
        (1, "2026-03-05", 1),
        (2, "2026-03-05", 3),
        (3, "2026-04-05", 1),
        (4, "2026-04-05", 2),
        (5, "2027-01-01", 1),
        (6, None, 1),
    ):
        database.posting(identity, day, hour)
    database.read(2, "2026-01-01", "2027-01-01")
    database.read(3, "2026-03-01", "2026-04-01")
    assert database.ids("postings_current") == [2, 4, 5, 6]
    database.read(5, None, "2026-04-01")
    assert database.ids("postings_current") == [4, 5, 6]
    assert database.run("SELECT id, deleted_at FROM postings_deleted ORDER BY id") == [
        (1, at(2)),
        (2, at(5)),
        (3, at(2)),
    ]


def test_a_reading_that_may_have_missed_rows_proves_nothing(database: Database) -> None:
    database.posting(1, "2026-03-05", 1)
    database.read(2, "2026-03-01", "2026-04-01", complete=False)
    database.customer(1, 1)
    database.read(2, stream="customers", complete=False)
    assert database.ids("postings_current") == database.ids("customers_current") == [1]
    database.read(3, stream="customers")
    assert database.ids("customers_current") == []
    assert database.run("SELECT deleted_at FROM customers_deleted") == [(at(3),)]


FEWER_RIGHTS = [
    ((9, 0), (9, 0), True),  # a full refresh
    ((9, 0), (8, 0), False),  # a right was lost, and with it the state that had it
    ((9, 0), (8, 1), True),  # it is given up
    ((9, 0), (7, 1), False),  # one more is lost
    ((8, 1), (8, 0), True),  # what it never had is given up no longer
    ((8, 1), (7, 1), False),
    ((8, 0), (9, 0), True),
    ((None, None), (8, 0), True),  # read by an earlier version of the tap
    ((9, 0), (None, None), True),
]


@pytest.mark.parametrize(("before", "after", "proves"), FEWER_RIGHTS)
def test_a_reading_with_fewer_rights_than_an_earlier_one_proves_nothing(
    database: Database,
    before: Rights,
    after: Rights,
    proves: bool,  # noqa: FBT001
) -> None:
    database.posting(1, "2026-01-05", 1)
    database.customer(1, 1)
    database.rights = (12, 0)
    database.read(1, stream="departments")  # of another job, with another token
    for hour, rights, end in ((1, before, "02-01"), (2, after, "03-01"), (3, before, "02-01")):
        database.rights = rights
        database.read(hour, "2026-01-01", f"2026-{end}")
        database.read(hour, stream="customers")
        there = [1][: hour == 1 or (hour == 2 and not proves)]
        for name in ("postings", "customers"):
            assert database.ids(f"{name}_current") == there
            gone = [] if there else [(at(2 if proves else 3),)]
            assert database.run(f"SELECT deleted_at FROM {name}_deleted") == gone


def test_a_table_that_an_earlier_version_has_made_knows_no_rights(database: Database) -> None:
    for name in ("rights_held", "rights_given_up"):
        database.run(f"ALTER TABLE sync_windows DROP COLUMN {name}")
    database.make_views()
    database.customer(1, 1)
    database.run(
        f"INSERT INTO sync_windows BY NAME SELECT {COMPANY} AS company_id, "
        "'customers' AS stream, TRUE AS complete, TIMESTAMP '2026-01-01 02:00' AS synced_at"
    )
    assert database.run("SELECT deleted_at FROM customers_deleted") == [(at(2),)]


def test_columns_have_their_types_and_those_that_were_not_loaded_are_null(
    database: Database,
) -> None:
    database.posting(1, "2026-03-05", 1)
    database.posting(2, "no day", 1)
    query = 'SELECT amount, date, "row", amount_gross, matched FROM postings_current ORDER BY id'
    rows = database.run(query)
    assert rows == [
        (Decimal("0.10"), date(2026, 3, 5), 1, None, None),
        (Decimal("0.10"), None, 1, None, None),
    ]
    found = dict(
        database.run("SELECT column_name, column_type FROM (DESCRIBE FROM postings_current)")
    )
    expected = {
        name: TYPES["duckdb"][kind].upper().replace(", ", ",")
        for name, kind in table_of(BY_NAME["postings"]).columns.items()
    }
    assert found == expected


def test_a_column_that_is_selected_later_shows_at_once(database: Database) -> None:
    database.posting(1, "2026-03-05", 1)
    database.run("ALTER TABLE postings ADD COLUMN amount_gross DOUBLE DEFAULT 12.5")
    assert database.run("SELECT amount_gross FROM postings_current") == [(Decimal("12.50"),)]


def test_views_are_made_again_under_a_view_that_stands_on_them(database: Database) -> None:
    database.run("CREATE VIEW report AS SELECT * FROM postings_current")
    database.make_views()
    database.posting(1, "2026-03-05", 1)
    assert len(database.run("SELECT * FROM report")) == 1
