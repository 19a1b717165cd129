"""Reads a company's books into a database, or runs the tests: needs only Python and pip.

    python3 run.py         fill books.duckdb and print the trial balance
    python3 run.py test    run the tests

Reads the company built into the tap, unless TAP_TRIPLETEX_CONSUMER_TOKEN and
TAP_TRIPLETEX_EMPLOYEE_TOKEN are set: then your own.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parent.resolve()
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
CONSTRAINTS = ROOT / "constraints.txt"
DATABASE = ROOT / "books.duckdb"
TOKENS = ("TAP_TRIPLETEX_CONSUMER_TOKEN", "TAP_TRIPLETEX_EMPLOYEE_TOKEN")

PRINT = """
import sys
from decimal import Decimal
import duckdb

database, query = sys.argv[1:]
with duckdb.connect(database, read_only=True) as connection:
    rows = connection.execute(query).fetchall()
total = [sum((row[n] for row in rows), Decimal(0)) for n in (2, 3, 4)]
line = "{:>8}  {:<40.40}  {:>16}  {:>16}  {:>12}".format
money = "{:,.2f}".format
print(line("account", "name", "postings", "Tripletex says", "difference"))
for number, name, *amounts in rows:
    print(line(number, name, *map(money, amounts)))
print(line("", "sum", *map(money, total)))
sys.exit(any(row[4] for row in rows) or any(total))
"""


def main(arguments: list[str]) -> int:
    """Run the command named on the command line and return its exit code."""
    os.chdir(ROOT)
    match arguments:
        case [] | ["books"]:
            prepare()
            return books()
        case ["test", *options]:
            prepare()
            return call(BIN / "python", "-m", "pytest", *options)
        case _:
            print(__doc__)
            return 2


def prepare() -> None:
    """Make the virtual environment, once for each set of pinned packages."""
    pins = CONSTRAINTS.read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    stamp = VENV / f"ready-{hashlib.sha256(pins).hexdigest()[:16]}"
    if stamp.exists():
        return
    print("Installing (a minute or two, once) …", flush=True)
    venv.create(VENV, with_pip=True, clear=True)
    pip = (BIN / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install")
    steps = (
        (*pip, "--require-hashes", "--requirement", CONSTRAINTS),
        (*pip, "--no-deps", "--no-build-isolation", "--editable", "."),
        (BIN / "meltano", "install", "extractor", "tap-tripletex"),
        (BIN / "meltano", "install", "loader", "target-duckdb"),
    )
    for step in steps:
        if call(*step):
            sys.exit(f"This step failed: {' '.join(map(str, step))}")
    stamp.touch()


def books() -> int:
    """Fill the database and print the trial balance; the exit code is 1 if it does not tie out."""
    tokens = [name for name in TOKENS if os.environ.get(name)]
    if len(tokens) == 1:
        sys.exit(f"{tokens[0]} is set, but not the other: {' and '.join(TOKENS)} belong together.")
    environment = "production" if tokens else "sandbox"
    meltano = (BIN / "meltano", f"--environment={environment}")
    failed = call(*meltano, "run", "tap-tripletex", "target-duckdb")
    if failed or not DATABASE.exists():
        return failed
    query = (ROOT / "sql" / "trial_balance.sql").read_text(encoding="utf-8")
    untied = call(BIN / "python", "-c", PRINT, DATABASE, query)
    print(f"\nThe books are in {DATABASE.name}; the query is sql/trial_balance.sql.")
    return untied


def call(*command: str | Path) -> int:
    """Run a command to its end and return its exit code."""
    return subprocess.run([str(part) for part in command], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
