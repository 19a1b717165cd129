"""The tables of the report as an Excel workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xlsxwriter

from report import tables

if TYPE_CHECKING:
    from pathlib import Path

    from report.tables import Company
    from report.wording import Language

FORMATS = {
    tables.AMOUNT: "#,##0.00",
    tables.HOURS: "#,##0.0",
    tables.DAY: "yyyy-mm-dd",
    tables.MONTH: "mmm yyyy",
}
NAMES_WIDTH, WIDTH = 34, 18


def write(companies: list[Company], language: Language, path: Path) -> None:
    """Write a workbook: a sheet for each table, with all companies."""
    # A name that looks like a formula or an address is a name.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        head = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        formats = {
            kind: workbook.add_format({"num_format": code}) for kind, code in FORMATS.items()
        }
        good = workbook.add_format({"font_color": "#0b6b3a", "bg_color": "#d5f2e0"})
        bad = workbook.add_format({"font_color": "#9b1c1c", "bg_color": "#fbdcdc"})
        for table in tables.TABLES:
            sheet = workbook.add_worksheet(language.word(table.name)[:31].replace("?", ""))
            sheet.freeze_panes(1, 1)
            names = ["company", *table.columns]
            sheet.write_row(0, 0, [language.word(name) for name in names], head)
            rows = [(company, row) for company in companies for row in company.tables[table.name]]
            for place, (company, row) in enumerate(rows, start=1):
                sheet.write_string(place, 0, company.name)
                for column, (name, kind) in enumerate(table.columns.items(), start=1):
                    style = formats.get(kind)
                    sheet.write(place, column, _cell(row[name], kind, language), style)
            for column, kind in enumerate((tables.TEXT, *table.columns.values())):
                named = kind in (tables.TEXT, tables.TERM)
                sheet.set_column(column, column, NAMES_WIDTH if named else WIDTH)
            if rows:
                sheet.autofilter(0, 0, len(rows), len(names) - 1)
            if table.name == "checks" and rows:
                place = len(names) - 1
                blank = {"type": "blanks", "stop_if_true": True}
                sheet.conditional_format(1, place, len(rows), place, blank)
                for criterion, colours in (("!=", bad), ("==", good)):
                    rule = {"type": "cell", "criteria": criterion, "value": 0, "format": colours}
                    sheet.conditional_format(1, place, len(rows), place, rule)


def _cell(value: Any, kind: str, language: Language) -> Any:  # noqa: ANN401 - of many types
    """Return what a cell holds: a number or a day as such, all else as text."""
    if value is None or kind in {*FORMATS, tables.NUMBER}:
        return value
    return language.write(value, kind)
