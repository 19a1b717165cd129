"""What the report says in a few lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from report.tables import Company
    from report.wording import Language

COMPANIES = 15
"""Companies that are named one by one."""


def summary(companies: list[Company], language: Language) -> Iterator[str]:
    """Yield lines: of one company its figures, of several which of them do not tie out."""
    if len(companies) == 1:
        yield from _figures(companies[0], language)
        return
    for company in sorted(companies, key=lambda company: company.ties_out)[:COMPANIES]:
        yield f"{_verdict(company, language):<32} {company.company_id:>12}  {company.name}"
    if len(companies) > COMPANIES:
        yield f"… {len(companies) - COMPANIES}"


def _figures(company: Company, language: Language) -> Iterator[str]:
    word, number = language.word, language.number

    def line(*cells: str) -> str:
        return "{:<44.44} {:>18} {:>18} {:>14}".format(*cells, *[""] * (4 - len(cells))).rstrip()

    yield f"{company.name}, {word('as_of')} {language.day(company.today)}"
    heads = ("result_of_month", "result_year_to_date", "result_last_year_to_date")
    yield line(word("profit_and_loss"), language.month(company.month), *map(word, heads[1:]))
    for row in company.tables["profit_and_loss"]:
        yield line(row["line"], *(number(row[name] or 0) for name in heads))
    yield line(word("balance"), word("closing"), word("opening"))
    for name, closing, opening in _sections(company):
        yield line(word(name), number(closing), number(opening))
    yield line(word("checks"), word("here"), word("against"), word("difference"))
    for row in company.tables["checks"]:
        known = row["difference"] is not None
        difference = number(row["difference"]) if known else word("unknown")
        yield line(word(row["name"]), number(row["here"]), number(row["against"]), difference)
    yield _verdict(company, language)


def _sections(company: Company) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Yield the sections of the balance, each with what it was at the end and at the beginning."""
    rows = company.tables["balance"]
    for section in dict.fromkeys(row["section"] for row in rows if not row["is_total"]):
        lines = [row for row in rows if row["section"] == section]
        closing, opening = (sum(row[name] for row in lines) for name in ("closing", "opening"))
        yield section, closing, opening


def _verdict(company: Company, language: Language) -> str:
    return language.word("ties_out" if company.ties_out else "does_not_tie_out")
