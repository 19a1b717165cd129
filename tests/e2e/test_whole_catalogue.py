"""Everything that is declared, private and costly streams too, into real databases, twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_tripletex.sandbox import ACCOUNTANT_TOKEN
from tap_tripletex.streams import STREAMS

if TYPE_CHECKING:
    from tests.e2e.conftest import DuckDB, Project
    from tests.postgres import Postgres

NAMES = sorted(stream.name for stream in STREAMS)


@pytest.fixture
def everything(project: Project) -> Project:
    project.environment["TAP_TRIPLETEX_INCLUDE"] = "identity,bank_accounts,pay,heavy"
    project.environment["TAP_TRIPLETEX_EMPLOYEE_TOKEN"] = ACCOUNTANT_TOKEN
    project.environment["TAP_TRIPLETEX_COMPANY_IDS"] = "all"
    return project


def test_into_postgres(everything: Project, postgres: Postgres) -> None:
    target = postgres.environment("whole")

    def counts() -> dict[str, int]:
        query = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM whole.{name}" for name in NAMES)
        return {str(name): int(count) for name, count in postgres.rows(query)}

    everything.run("target-postgres", **target)
    first = counts()
    assert [name for name, count in first.items() if count == 0] == []
    columns = postgres.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'whole'"
    )
    assert not {name for (name,) in columns} & {
        "auth_header_value",
        "hmac_shared_secret",
        "target_url",
        "url",
    }
    assert ("national_identity_number",) in columns
    requests = len(everything.requests)
    result = everything.run("target-postgres", **target)
    assert counts() == first
    assert "Read 0 records" in result.output
    assert len(everything.requests) - requests <= requests


def test_into_duckdb(everything: Project, books: DuckDB) -> None:
    everything.run("target-duckdb")
    first = {name: books.count(name) for name in NAMES}
    assert [name for name, count in first.items() if count == 0] == []
    everything.run("target-duckdb")
    assert {name: books.count(name) for name in NAMES} == first
