"""The charts of the report, as Plotly draws them."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from plotly import graph_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from report.database import Row
    from report.tables import Company
    from report.wording import Language

NOW, BEFORE, SECOND, THIRD = "#3b82c4", "#98a2ae", "#d08a2e", "#9a6bc2"
"""Colours that can be told apart on white and on black."""

BUCKETS = ("not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90")
UNITS = ((1e10, "in_millions", 1e6), (1e7, "in_thousands", 1e3), (0, None, 1))
"""From which amount on a chart has which unit."""

TOP = 10
LONGEST = 22


def charts(company: Company, language: Language) -> dict[str, dict[str, Any]]:
    """Return the charts of a company that have anything to show, by name."""
    made = _Charts(company, language)
    drawn = {
        "revenue_by_month": made.by_month("revenue", "revenue_last_year"),
        "result_by_month": made.by_month("result", "result_last_year"),
        "balance": made.balance(),
        "receivables": made.aged("receivables", NOW),
        "payables": made.aged("payables", SECOND),
        "liquidity": made.liquidity(),
        "customers": made.customers(),
        "projects": made.projects(),
    }
    plain = {name: json.loads(figure.to_json()) for name, figure in drawn.items()}
    return {name: figure for name, figure in plain.items() if _scaled(figure)}


def _scaled(figure: dict[str, Any]) -> bool:
    """Write large amounts in thousands or millions, and return whether there are any."""
    traces = figure["data"]
    axis = "x" if traces[0].get("orientation") == "h" else "y"
    largest = max((abs(value) for trace in traces for value in trace[axis] if value), default=0)
    unit, divisor = next((u, d) for above, u, d in UNITS if largest >= above)
    for trace in traces:
        # What is pointed at is told in full.
        trace["customdata"] = trace[axis]
        trace[axis] = [None if value is None else value / divisor for value in trace[axis]]
    figure["layout"]["meta"] = unit
    return bool(largest)


class _Charts:
    def __init__(self, company: Company, language: Language) -> None:
        self._rows = company.tables
        self._language = language

    def by_month(self, now: str, before: str) -> graph_objects.Figure:
        rows = self._rows["months"]
        months = [self._language.month(row["month"]).split()[0] for row in rows]
        return self._figure(
            graph_objects.Bar(
                x=months, y=_numbers(rows, before), **self._named("last_year", BEFORE)
            ),
            graph_objects.Bar(x=months, y=_numbers(rows, now), **self._named("this_year", NOW)),
        )

    def balance(self) -> graph_objects.Figure:
        lines = [row for row in self._rows["balance"] if not row["is_total"]]
        sides = {
            "all_assets": (("fixed_assets", "current_assets"), NOW),
            "equity": (("equity",), THIRD),
            "debt": (("long_term_debt", "short_term_debt"), SECOND),
        }
        bars = (
            (
                name,
                colour,
                [row["closing"] if row["section"] in sections else None for row in lines],
            )
            for name, (sections, colour) in sides.items()
        )
        figure = self._lying([row["line"] for row in lines], bars)
        return figure.update_layout(barmode="overlay")

    def aged(self, table: str, colour: str) -> graph_objects.Figure:
        rows = self._rows[table]
        days = self._language.word("days")
        sums = [float(sum(row[bucket] for row in rows)) for bucket in BUCKETS]
        words = [self._language.word(bucket).removesuffix(f" {days}") for bucket in BUCKETS]
        figure = self._figure(graph_objects.Bar(x=words, y=sums, **self._named("total", colour)))
        return figure.update_xaxes(type="category", title=self._language.word("days_overdue"))

    def liquidity(self) -> graph_objects.Figure:
        rows = self._rows["liquidity"]
        line = graph_objects.Scatter(
            x=[row["day"] for row in rows],
            y=_numbers(rows, "closing"),
            mode="lines+markers",
            line={"shape": "hv", "color": NOW, "width": 2},
            marker={"size": 4},
            fill="tozeroy",
            name=self._language.word("bank_and_cash"),
            hovertemplate="%{x|%d.%m.}: %{customdata:,.2f}<extra></extra>",
        )
        figure = self._figure(line)
        figure.update_xaxes(tickformat="%d.%m.", type="date")
        return figure

    def customers(self) -> graph_objects.Figure:
        rows = self._rows["customers"][:TOP]
        bars = (
            (word, colour, [row[column] for row in rows])
            for word, colour, column in (
                ("last_year", BEFORE, "net_last_year"),
                ("this_year", NOW, "net"),
            )
        )
        return self._lying([row["customer"] for row in rows], bars, thick=34)

    def projects(self) -> graph_objects.Figure:
        rows = self._rows["projects"][:TOP]
        bars = (
            (column, colour, [row[column] for row in rows])
            for column, colour in (("chargeable_hours", NOW), ("other_hours", BEFORE))
        )
        figure = self._lying([row["project"] for row in rows], bars)
        return figure.update_layout(barmode="stack")

    def _lying(
        self, names: list[str | None], bars: Iterator[tuple[str, str, list[Any]]], thick: int = 26
    ) -> graph_objects.Figure:
        """Return bars that lie, the first on top; names may be the same twice."""
        places = list(range(len(names)))
        figure = self._figure(
            *(
                graph_objects.Bar(
                    x=[None if value is None else float(value) for value in values],
                    y=places,
                    orientation="h",
                    **self._named(word, colour),
                )
                for word, colour, values in bars
            )
        )
        figure.update_yaxes(
            tickvals=places,
            ticktext=[_label(name) for name in names],
            autorange="reversed",
            zeroline=False,
        )
        figure.update_xaxes(nticks=3, tickangle=0)
        figure.update_layout(height=50 + thick * max(len(names), 2), hovermode="closest")
        return figure

    def _named(self, word: str, colour: str) -> dict[str, Any]:
        name = self._language.word(word)
        return {
            "name": name,
            "marker": {"color": colour},
            "hovertemplate": f"{name}: %{{customdata:,.2f}}<extra></extra>",
        }

    def _figure(self, *traces: Any) -> graph_objects.Figure:  # noqa: ANN401 - Plotly's traces
        axis = {"automargin": True, "fixedrange": True, "tickformat": ",", "zeroline": True}
        return graph_objects.Figure(
            traces,
            {
                "template": "none",
                "paper_bgcolor": "rgba(0,0,0,0)",
                "plot_bgcolor": "rgba(0,0,0,0)",
                "font": {"family": "system-ui, sans-serif", "size": 12},
                "separators": "".join(self._language.separators),
                "height": 320,
                "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
                "showlegend": False,  # the page has its own, which takes no room from the bars
                "hovermode": "x unified" if len(traces) > 1 else "closest",
                "xaxis": axis,
                "yaxis": axis,
            },
        )


def _numbers(rows: list[Row], column: str) -> list[float | None]:
    return [None if row[column] is None else float(row[column]) for row in rows]


def _label(name: str | None) -> str:
    """Return a name for an axis: short, and with nothing that Plotly takes for markup."""
    text = name or "?"
    return html.escape(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…", quote=False)
