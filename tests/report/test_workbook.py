"""The workbook, read back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import openpyxl
import pytest

from report import workbook
from report.database import duckdb_file
from report.tables import TABLES, companies_of
from report.wording import Language
from tests.report import books

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def book(tmp_path: Path) -> openpyxl.Workbook:
    path = books.write(tmp_path / "b.duckdb", {1: "Alfa AS", 2: "Beta AS"})
    with duckdb_file(path, "accounting") as database:
        companies = companies_of(database, "nb")
    workbook.write(companies, Language("nb"), tmp_path / "report.xlsx")
    return openpyxl.load_workbook(tmp_path / "report.xlsx")


def test_every_table_has_a_sheet_with_all_companies(book: openpyxl.Workbook) -> None:
    assert len(book.sheetnames) == len(TABLES)
    for sheet in book.worksheets:
        assert {row[0] for row in sheet.iter_rows(min_row=2, values_only=True)} == {
            "Alfa AS",
            "Beta AS",
        }, sheet.title


def test_amounts_are_numbers_and_days_are_days(book: openpyxl.Workbook) -> None:
    rows = list(book["Likviditet neste 30 dager"].iter_rows(values_only=True))
    assert rows[0][:3] == ("Selskap", "Dag", "Inngående")
    assert rows[1][1:3] == (dt.datetime(2026, 11, 26), 5000)  # noqa: DTZ001 - as Excel has it
    assert book["Saldobalanse"]["D2"].value == 1250.5
    assert book["Saldobalanse"]["D2"].number_format == "#,##0.00"


def test_what_looks_like_a_formula_is_a_name(book: openpyxl.Workbook) -> None:
    cell = book["Største kunder"]["B2"]
    assert cell.value == books.ODD_NAME
    assert cell.data_type == "s"
    assert not any(
        cell.data_type == "f" for sheet in book.worksheets for row in sheet.rows for cell in row
    )
