"""The report as one page that needs nothing but itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from report import tables
from report.charts import charts

if TYPE_CHECKING:
    from report.tables import Company, Table
    from report.wording import Language

HERE = Path(__file__).parent

SHOWN = 40
"""Rows of a table on the page; the workbook has all."""

PARTS = {
    "months": ("revenue_by_month", "result_by_month"),
    "profit_and_loss": (),
    "balance": ("balance",),
    "receivables": ("receivables",),
    "payables": ("payables",),
    "liquidity": ("liquidity",),
    "customers": ("customers",),
    "projects": ("projects",),
    "trial_balance": (),
}
"""Tables below the checks, each with its charts."""
WIDE = {"months", "liquidity", "trial_balance"}
FOLDED = {"trial_balance"}
"""Tables that are folded although they have no chart."""


def page(companies: list[Company], language: Language) -> str:
    """Return the page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    named = {table.name: table for table in tables.TABLES}
    return environment.get_template("page.html").render(
        companies=companies,
        parts=[(named[name], drawn) for name, drawn in PARTS.items()],
        wide=WIDE,
        folded=FOLDED,
        charts={company.company_id: charts(company, language) for company in companies},
        language=language,
        word=language.word,
        shown=SHOWN,
        lines=lambda company, table: _lines(company, table, language),
        numeric=tables.NUMERIC,
        script=_script,
        plotly=Markup(get_plotlyjs().replace("</script", "<\\/script")),  # noqa: S704 - Plotly's own text
    )


def _lines(company: Company, table: Table, language: Language) -> list[tuple[str, list[str]]]:
    """Return the lines of a table as text, each with its kind: row or total."""
    rows = company.tables[table.name]
    lines = [
        (
            "total" if row.get("is_total") else "row",
            [language.write(row[name], kind) for name, kind in table.columns.items()],
        )
        for row in rows[:SHOWN]
    ]
    if rows and table.summed:
        sums = tables.totals(table, rows)
        cells = [language.write(sums.get(name), kind) for name, kind in table.columns.items()]
        cells[0] = language.word("sum")
        lines.append(("total", cells))
    return lines


def _script(value: Any) -> Markup:  # noqa: ANN401 - any JSON
    """Return JSON that may stand in a script element, whatever names are in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))  # noqa: S704 - escaped
