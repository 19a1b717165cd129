"""What the report says of companies whose books are known."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from report.__main__ import main
from report.database import UnreadableError, duckdb_file
from report.tables import Company, companies_of
from report.terminal import summary
from report.wording import WORDS, Language
from tests.report import books

ROOT = Path(__file__).parents[2]


def read(path: Path, language: str = "nb") -> list[Company]:
    with duckdb_file(path, "accounting") as database:
        return companies_of(database, language)


def test_the_fiscal_year_is_the_companys_own(tmp_path: Path) -> None:
    calendar, july = read(books.write(tmp_path / "b.duckdb", {1: "A", 2: "B"}))
    months = [row["month"] for row in calendar.tables["months"]]
    assert months == [dt.date(2026, month, 1) for month in range(1, 13)]
    assert july.tables["months"][0]["month"] == dt.date(2026, 7, 1)
    assert calendar.tables["months"][0]["revenue"] == Decimal(1234567)
    assert calendar.tables["months"][0]["revenue_last_year"] == Decimal(1000000)
    assert calendar.tables["months"][0]["result"] == Decimal(-65433)
    december = calendar.tables["months"][11]
    assert (december["revenue"], december["revenue_last_year"]) == (None, 1000000)


def test_everything_ties_out(tmp_path: Path) -> None:
    (company,) = read(books.write(tmp_path / "b.duckdb", {1: "A"}))
    checks = {row["name"]: row for row in company.tables["checks"]}
    assert company.ties_out
    assert len(checks) == 6
    assert all(check["difference"] == 0 for check in checks.values())
    assert checks["receivables_equal_accounts"]["here"] == Decimal("1250.50")
    assert checks["balance_adds_up"]["against"] == Decimal("1250.50")


@pytest.mark.parametrize(
    ("change", "name", "difference"),
    [
        ("UPDATE general_ledger SET amount = -1250.49 WHERE amount = -1250.5",
         "debit_equals_credit", "0.01"),
        ("UPDATE trial_balance SET difference = -7 WHERE account_number = 1500",
         "accounts_equal_tripletex", "7"),
        ("UPDATE balance_sheet SET closing = 1200 WHERE line_order = 150",
         "balance_adds_up", "-50.50"),
        ("DELETE FROM aged_receivables", "receivables_equal_accounts", "-1250.50"),
        ("UPDATE aged_payables SET total = -400", "payables_equal_accounts", "-100"),
        ("UPDATE vat_reconciliation SET difference = -2", "vat_equals_accounts", "2"),
    ],
)  # fmt: skip
def test_what_does_not_tie_out_is_told(
    tmp_path: Path, change: str, name: str, difference: str
) -> None:
    path = books.write(tmp_path / "b.duckdb", {1: "A"})
    with duckdb.connect(str(path)) as connection:
        connection.execute("USE accounting")
        connection.execute(change)
    (company,) = read(path)
    assert not company.ties_out
    found = {row["name"]: row["difference"] for row in company.tables["checks"]}
    assert {n: d for n, d in found.items() if d} == {name: Decimal(difference)}


def test_what_a_start_date_left_out_cannot_be_compared(tmp_path: Path) -> None:
    path = books.write(tmp_path / "b.duckdb", {1: "A"})
    with duckdb.connect(str(path)) as connection:
        connection.execute("USE accounting")
        connection.execute("UPDATE general_ledger_by_period SET opening = 99")
        connection.execute("UPDATE aged_receivables SET total = 1349.50")
    (company,) = read(path)
    checks = {row["name"]: row["difference"] for row in company.tables["checks"]}
    assert checks["receivables_equal_accounts"] is None
    assert company.ties_out
    assert any("Kan ikke sammenlignes" in line for line in summary([company], Language("nb")))


def test_nothing_to_compare_is_no_proof(tmp_path: Path) -> None:
    path = books.write(tmp_path / "b.duckdb", {1: "A"})
    with duckdb.connect(str(path)) as connection:
        connection.execute("USE accounting")
        for mart in books.marts("A", 1, Decimal(0)):
            if mart not in {"dim_period", "liquidity_30_days"}:
                connection.execute(f"DELETE FROM {mart}")
    (company,) = read(path)
    assert company.name == "1"
    assert not company.ties_out


def test_customers_are_ranked_by_the_fiscal_year(tmp_path: Path) -> None:
    (company,) = read(books.write(tmp_path / "b.duckdb", {1: "A"}))
    assert [(row["net"], row["net_last_year"]) for row in company.tables["customers"]] == [
        (Decimal("1250.50"), 0),
        (Decimal("900.00"), 0),
        (0, Decimal("500.00")),
    ]


def test_each_language_has_its_words() -> None:
    assert all(nb.strip() and en.strip() for nb, en in WORDS.values())


@pytest.mark.parametrize(
    ("value", "nb", "en"),
    [
        ("1234567.5", "1\u202f234\u202f567,50", "1,234,567.50"),
        ("-0.004", "0,00", "0.00"),
        ("-12", "\u221212,00", "\u221212.00"),
        ("0", "0,00", "0.00"),
        ("9999999999.99", "9\u202f999\u202f999\u202f999,99", "9,999,999,999.99"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_the_language_does(value: str, nb: str, en: str) -> None:
    assert Language("nb").number(Decimal(value)) == nb
    assert Language("en").number(Decimal(value)) == en


def test_days_are_written_as_the_language_does() -> None:
    assert Language("nb").day(books.TODAY) == "26.11.2026"
    assert Language("en").day(books.TODAY) == "26 Nov 2026"


@pytest.mark.parametrize("count", [1, 40])
def test_the_summary_fits_on_a_screen(tmp_path: Path, count: int) -> None:
    companies = read(
        books.write(tmp_path / "b.duckdb", {n: f"AS {n}" for n in range(1, count + 1)})
    )
    lines = list(summary(companies, Language("nb")))
    assert len(lines) <= 33
    assert all(len(line) <= 100 for line in lines)


def test_the_summary_adds_up_the_sections(tmp_path: Path) -> None:
    (company,) = read(books.write(tmp_path / "b.duckdb", {1: "A"}))
    lines = [line.split("  ")[0] for line in summary([company], Language("nb"))]
    at = lines.index("Balanse")
    assert lines[at + 1 : at + 4] == ["Omløpsmidler", "Egenkapital", "Kortsiktig gjeld"]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["report", *arguments])
    return main()


def test_the_exit_code_says_whether_all_ties_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = books.write(tmp_path / "good.duckdb", {1: "A"})
    bad = books.write(tmp_path / "bad.duckdb", {1: "A"}, off=Decimal("0.01"))
    output = ("--output", str(tmp_path))
    assert run(monkeypatch, "duckdb", str(good), *output) == 0
    assert "Alt stemmer" in capsys.readouterr().out
    assert run(monkeypatch, "duckdb", str(bad), *output, "--language", "en") == 1
    assert "Something does not tie out" in capsys.readouterr().out
    assert (tmp_path / "report.html").exists()
    assert (tmp_path / "report.xlsx").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_every_terminal_shows_the_summary(tmp_path: Path, encoding: str) -> None:
    path = books.write(tmp_path / "b.duckdb", {1: "Łódź"}, off=Decimal("-0.01"))
    done = subprocess.run(
        [sys.executable, "-m", "report", "duckdb", path, "--output", tmp_path],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    shown = done.stdout.decode(encoding)
    assert done.returncode == 1
    assert "Noe stemmer ikke" in shown
    if encoding != "ascii":
        assert "1\xa0250,50" in shown
        assert "-65\xa0433,00" in shown


def test_settings_of_meltano_are_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TARGET_DUCKDB_FILEPATH", raising=False)
    path = books.write(tmp_path / "b.duckdb", {1: "A"})
    for name, value in {"DUCKDB_PATH": path, "OUTPUT": tmp_path / "o", "LANGUAGE": "en"}.items():
        monkeypatch.setenv(f"REPORT_{name}", str(value))
    assert run(monkeypatch, "duckdb") == 0
    assert "Everything ties out" in capsys.readouterr().out
    assert (tmp_path / "o" / "report.html").exists()


def test_a_database_without_models_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    assert run(monkeypatch, "duckdb", str(empty)) == 2
    assert "run dbt-duckdb:build first" in capsys.readouterr().err
    with duckdb.connect(str(empty)) as connection:
        connection.execute("CREATE SCHEMA accounting")
    assert run(monkeypatch, "duckdb", str(empty)) == 2
    assert "run dbt-duckdb:build first" in capsys.readouterr().err
    assert run(monkeypatch, "duckdb", str(tmp_path / "none.duckdb")) == 2
    assert "There is no database" in capsys.readouterr().err
    (tmp_path / "text.duckdb").write_text("no database")
    with pytest.raises(UnreadableError), duckdb_file(tmp_path / "text.duckdb", "accounting"):
        pass
