"""The README's way to one's own company, with a key of the company alone."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tap_tripletex.sandbox import REFRESH_TOKEN, Fault
from tests.e2e.conftest import ROOT

if TYPE_CHECKING:
    from tests.e2e.conftest import DuckDB, Project

TOKENS = ("TAP_TRIPLETEX_CONSUMER_TOKEN", "TAP_TRIPLETEX_EMPLOYEE_TOKEN")
BEGINNING = "export TAP_TRIPLETEX_REFRESH_TOKEN=tlxr_…"


def command() -> str:
    """Return the README's commands for a company key."""
    lines = [line.strip() for line in (ROOT / "README.md").read_text().splitlines()]
    first = lines.index(BEGINNING)
    return "\n".join(lines[first : lines.index("```", first)])


def test_the_readmes_command_reads_the_company_of_the_key(project: Project, books: DuckDB) -> None:
    environment = {**os.environ, **project.environment}
    for name in TOKENS:
        environment.pop(name, None)
    said = command()
    assert said.endswith("python3 run.py")
    said = said.replace("tlxr_…", REFRESH_TOKEN).replace("python3", sys.executable)
    done = subprocess.run(
        ["sh", "-ec", said],  # noqa: S607
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert REFRESH_TOKEN not in done.stdout
    assert "The books are in books.duckdb" in done.stdout
    check(project, books)


def test_a_key_of_whose_owner_little_is_said_reads_its_company(
    project: Project, books: DuckDB
) -> None:
    project.sandbox.faults += [
        Fault("null_field", "/token/session/>whoAmI", field=name, times=None)
        for name in ("companyId", "employeeId", "actualEmployeeId", "employee")
    ]
    project.environment |= dict.fromkeys(TOKENS, "")
    project.environment["TAP_TRIPLETEX_REFRESH_TOKEN"] = REFRESH_TOKEN
    result = project.run("target-duckdb", "--environment=production")
    assert REFRESH_TOKEN not in result.output
    check(project, books)


def check(project: Project, books: DuckDB) -> None:
    """See that the company of the key was read, with one session of the key and no refusal."""
    company = project.sandbox.company()
    assert books.rows("SELECT DISTINCT company_id FROM postings") == [(company.id,)]
    assert books.count("postings") == len(company.rows("Posting"))
    made = [entry for entry in project.requests if entry["method"] in {"POST", "PUT"}]
    assert [entry["path"] for entry in made] == ["/token/session/:createFromRefreshToken"]
    refused = {entry["path"] for entry in project.requests if entry["status"] >= 400}
    assert refused == set()


def test_a_key_that_is_refused_is_one_sentence(project: Project) -> None:
    project.environment |= dict.fromkeys(TOKENS, "")
    project.environment["TAP_TRIPLETEX_REFRESH_TOKEN"] = "tlxr_of-another-company"
    result = project.run("target-jsonl", "--environment=production", code=1)
    said = "Tripletex does not accept the company key in refresh_token"
    assert result.output.count(said) == 1
    assert "Selskap > API-tokens" in result.output
    assert "Traceback" not in result.output
    assert "of-another-company" not in result.output
