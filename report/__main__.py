"""Makes report.html and report.xlsx out of the models, and prints what they say in short.

The exit code is 1 if something does not tie out, 2 if the models cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from report import workbook
from report.database import UnreadableError, duckdb_file, postgres
from report.page import page
from report.tables import companies_of
from report.terminal import summary
from report.wording import MINUS, NARROW_SPACE, Language

NO_BREAK_SPACE = "\xa0"
"""Every terminal has it, which cannot be said of the narrow one."""


def main() -> int:
    """Run the command line."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    options = _options()
    opened = (
        postgres(options.schema)
        if options.database == "postgres"
        else duckdb_file(options.path, options.schema)
    )
    language = Language(options.language)
    try:
        with opened as database:
            companies = companies_of(database, language.code)
    except UnreadableError as error:
        print(error, file=sys.stderr)
        return 2
    options.output.mkdir(parents=True, exist_ok=True)
    target = options.output / "report.html"
    target.write_text(page(companies, language), encoding="utf-8")
    workbook.write(companies, language, options.output / "report.xlsx")
    made = f"{target} ({target.stat().st_size / 1e6:.1f} MB), {target.with_suffix('.xlsx')}"
    plain = str.maketrans({NARROW_SPACE: NO_BREAK_SPACE, MINUS: "-"})
    for line in (*summary(companies, language), "", made):
        print(line.translate(plain))
    return int(not all(company.ties_out for company in companies))


def _options() -> argparse.Namespace:
    """Return what the command line says, and where it is silent the settings of Meltano."""

    def setting(name: str, default: str) -> str:
        return os.environ.get(f"REPORT_{name}") or default

    parser = argparse.ArgumentParser(prog="report", description=__doc__)
    commands = parser.add_subparsers(dest="database", required=True)
    file = commands.add_parser("duckdb", help="from a DuckDB file")
    path = os.environ.get("TARGET_DUCKDB_FILEPATH") or setting("DUCKDB_PATH", "books.duckdb")
    file.add_argument("path", nargs="?", type=Path, default=Path(path))
    file.add_argument("--schema", default=setting("DUCKDB_SCHEMA", "accounting"))
    server = commands.add_parser("postgres", help="from the server of target-postgres")
    server.add_argument("--schema", default=setting("POSTGRES_SCHEMA", "accounting"))
    for command in (file, server):
        command.add_argument("--output", type=Path, default=Path(setting("OUTPUT", "output")))
        choices = ("nb", "en")
        command.add_argument("--language", choices=choices, default=setting("LANGUAGE", "nb"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
