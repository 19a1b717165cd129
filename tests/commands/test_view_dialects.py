"""Views for warehouses that cannot be run here: what is printed for them."""

from __future__ import annotations

import pytest
import sqlglot

from tap_tripletex.commands.views import statements
from tap_tripletex.rows.shapes import columns_of
from tap_tripletex.streams import BY_NAME

DATED, WHOLE = "postings", "customers"


def printed(dialect: str, *names: str) -> list[str]:
    return list(statements(dialect, "books", names))


def test_sql_server_takes_each_view_in_a_batch_of_its_own() -> None:
    made = printed("sqlserver", DATED, WHOLE)
    heads = [statement.splitlines()[0] for statement in made]
    assert heads == [
        f"create or alter view [books].[{name}_{kind}] as"
        for name in (DATED, WHOLE)
        for kind in ("current", "deleted")
    ]
    assert all(statement.endswith(";\ngo") for statement in made)
    assert all("and complete = 1" in statement for statement in made)
    assert "cast(loaded.[amount] as decimal(18, 2)) as [amount]" in made[0]


def test_bigquery_replaces_its_views() -> None:
    made = printed("bigquery", DATED)
    assert made[0].startswith("create or replace view `books`.`postings_current` as\n")
    assert "cast(loaded.`date` as date) as `date`" in made[0]
    assert "and complete\n" in made[0]


@pytest.mark.parametrize(
    ("dialect", "grammar"),
    [("bigquery", "bigquery"), ("snowflake", "snowflake"), ("sqlserver", "tsql")],
)
def test_a_parser_of_the_dialect_takes_what_is_printed(dialect: str, grammar: str) -> None:
    made = printed(dialect, *list(BY_NAME)[::6])
    assert len(made) > len(BY_NAME) / 6
    for statement in made:
        (tree,) = sqlglot.parse(statement.removesuffix("\ngo"), read=grammar)
        assert isinstance(tree, sqlglot.exp.Create), statement


@pytest.mark.parametrize("dialect", ["bigquery", "sqlserver"])
def test_a_column_that_may_not_be_there_is_not_asked_for(dialect: str) -> None:
    for name, stream in BY_NAME.items():
        text = "".join(printed(dialect, name))
        for column, definition in columns_of(stream.entity).items():
            there = "include" not in definition or column in stream.strategy.columns
            quoted = f"`{column}`" if dialect == "bigquery" else f"[{column}]"
            assert (f" as {quoted}" in text) is there, (name, column)
