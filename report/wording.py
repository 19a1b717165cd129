"""The words of the report in Bokmål and English, and how numbers and dates are written in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from report import tables

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from decimal import Decimal

NARROW_SPACE = "\u202f"
MINUS = "\u2212"

WORDS = {
    "report": ("Regnskapsrapport", "Accounting report"),
    "as_of": ("per", "as of"),
    "fiscal_year": ("Regnskapsår", "Fiscal year"),
    "companies": ("Selskaper", "Companies"),
    "company": ("Selskap", "Company"),
    "ties_out": ("Alt stemmer", "Everything ties out"),
    "does_not_tie_out": ("Noe stemmer ikke", "Something does not tie out"),
    "equal": ("Stemmer", "Equal"),
    "differs": ("Avvik", "Differs"),
    "unknown": ("Kan ikke sammenlignes", "Cannot be compared"),
    "status": ("Status", "Status"),
    "figures": ("Tallene", "The figures"),
    "more_rows": ("til i arbeidsboken", "more in the workbook"),
    "sum": ("Sum", "Sum"),
    "nothing": ("Ingenting å vise.", "Nothing to show."),
    "in_thousands": ("i tusen kroner", "in thousands of NOK"),
    "in_millions": ("i millioner kroner", "in millions of NOK"),
    "kroner": ("Beløp i kroner", "Amounts in NOK"),
    # Tables and charts
    "checks": ("Stemmer regnskapet?", "Does everything tie out?"),
    "months": ("Inntekter og resultat per måned", "Revenue and result by month"),
    "revenue_by_month": ("Driftsinntekter per måned", "Revenue by month"),
    "result_by_month": ("Resultat per måned", "Result by month"),
    "profit_and_loss": ("Resultatregnskap", "Profit and loss"),
    "balance": ("Balanse", "Balance sheet"),
    "receivables": ("Kundefordringer etter alder", "Receivables by age"),
    "payables": ("Leverandørgjeld etter alder", "Payables by age"),
    "liquidity": ("Likviditet neste 30 dager", "Liquidity, next 30 days"),
    "customers": ("Største kunder", "Top customers"),
    "projects": ("Timer per prosjekt", "Hours by project"),
    "trial_balance": ("Saldobalanse", "Trial balance"),
    # What is compared
    "debit_equals_credit": ("Debet mot kredit, bilag for bilag", "Debit and credit, by voucher"),
    "accounts_equal_tripletex": (
        "Bevegelser mot Tripletex, konto for konto",
        "Movements and Tripletex's, by account",
    ),
    "balance_adds_up": ("Eiendeler mot egenkapital og gjeld", "Assets and equity with debt"),
    "receivables_equal_accounts": (
        "Åpne kundeposter mot reskontrokontoene",
        "Open receivables and their accounts",
    ),
    "payables_equal_accounts": (
        "Åpne leverandørposter mot reskontrokontoene",
        "Open payables and their accounts",
    ),
    "vat_equals_accounts": ("Mva-melding mot mva-kontoene", "VAT returns and VAT accounts"),
    # Columns
    "name": ("Kontroll", "Check"),
    "here": ("Her", "Here"),
    "against": ("Mot", "Against"),
    "difference": ("Avvik", "Difference"),
    "month": ("Måned", "Month"),
    "day": ("Dag", "Day"),
    "revenue": ("Driftsinntekter", "Revenue"),
    "revenue_last_year": ("Driftsinntekter i fjor", "Revenue last year"),
    "result": ("Resultat", "Result"),
    "result_last_year": ("Resultat i fjor", "Result last year"),
    "line": ("Linje", "Line"),
    "result_year_to_date": ("Hittil i år", "Year to date"),
    "result_last_year_to_date": ("Samme tid i fjor", "Last year to date"),
    "budget_year_to_date": ("Budsjett hittil", "Budget to date"),
    "opening": ("Inngående", "Opening"),
    "closing": ("Utgående", "Closing"),
    "party": ("Navn", "Name"),
    "not_due": ("Ikke forfalt", "Not due"),
    "days_1_30": ("1–30 dager", "1–30 days"),
    "days_31_60": ("31–60 dager", "31–60 days"),
    "days_61_90": ("61–90 dager", "61–90 days"),
    "days_over_90": ("Over 90 dager", "Over 90 days"),
    "days": ("dager", "days"),
    "days_overdue": ("Dager over forfall", "Days overdue"),
    "total": ("Sum", "Total"),
    "receipts": ("Innbetalinger", "Receipts"),
    "payments": ("Utbetalinger", "Payments"),
    "vat": ("Mva", "VAT"),
    "tax": ("Skattetrekk og avgift", "Withheld tax and duty"),
    "wages": ("Lønn", "Wages"),
    "customer": ("Kunde", "Customer"),
    "net": ("I år", "This year"),
    "net_last_year": ("I fjor", "Last year"),
    "project": ("Prosjekt", "Project"),
    "chargeable_hours": ("Fakturerbare timer", "Chargeable hours"),
    "other_hours": ("Andre timer", "Other hours"),
    "hours": ("Timer", "Hours"),
    "account_number": ("Konto", "Account"),
    "account_name": ("Kontonavn", "Account name"),
    "tripletex_net": ("Tripletex sier", "Tripletex says"),
    "bank_and_cash": ("Bank og kontanter", "Bank and cash"),
    "this_year": ("I år", "This year"),
    "last_year": ("I fjor", "Last year"),
    "net_of_month": ("I måneden", "In the month"),
    "account_balance": ("Saldo", "Balance"),
    "result_of_month": ("I måneden", "In the month"),
    # Sections of the balance
    "equity": ("Egenkapital", "Equity"),
    "debt": ("Gjeld", "Debt"),
    "fixed_assets": ("Anleggsmidler", "Fixed assets"),
    "current_assets": ("Omløpsmidler", "Current assets"),
    "long_term_debt": ("Langsiktig gjeld", "Long-term debt"),
    "short_term_debt": ("Kortsiktig gjeld", "Short-term debt"),
    "all_assets": ("Eiendeler", "Assets"),
}

MONTHS = {
    "nb": ("jan", "feb", "mars", "apr", "mai", "juni", "juli", "aug", "sep", "okt", "nov", "des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


@dataclass(frozen=True)
class Language:
    """Bokmål (nb) or English (en)."""

    code: str

    def word(self, name: str) -> str:
        """Return what something is called; a name that is no word of ours stays as it is."""
        nb, en = WORDS.get(name, (name, name))
        return en if self.code == "en" else nb

    @property
    def separators(self) -> tuple[str, str]:
        """Return the decimal mark and what stands between thousands."""
        return (".", ",") if self.code == "en" else (",", NARROW_SPACE)

    def number(self, value: Decimal | float, decimals: int = 2) -> str:
        """Return a number as it is written, with a real minus."""
        mark, thousands = self.separators
        digits = f"{abs(value):,.{decimals}f}".replace(",", "T").replace(".", mark)
        negative = value < 0 and any(digit in "123456789" for digit in digits)
        return (MINUS if negative else "") + digits.replace("T", thousands)

    def day(self, value: dt.date) -> str:
        """Return a day, such as 26.11.2026 or 26 Nov 2026."""
        if self.code == "en":
            return f"{value.day} {MONTHS['en'][value.month - 1]} {value.year}"
        return f"{value:%d.%m.%Y}"

    def month(self, value: dt.date) -> str:
        """Return a month, such as nov 2026."""
        return f"{MONTHS[self.code][value.month - 1]} {value.year}"

    def write(self, value: Any, kind: str) -> str:  # noqa: ANN401 - whatever a database gives
        """Return a value of a table as text; nothing for what is not known."""
        writers: dict[str, Callable[[Any], str]] = {
            tables.AMOUNT: self.number,
            tables.HOURS: lambda hours: self.number(hours, 1),
            tables.DAY: self.day,
            tables.MONTH: self.month,
            tables.TERM: self.word,
        }
        return "" if value is None else writers.get(kind, str)(value)
