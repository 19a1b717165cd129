"""The one command, and the report of both databases."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tap_tripletex.sandbox import Fault
from tests.browser import browser
from tests.e2e.conftest import ROOT, Project, Result
from tests.report.test_page import CHARTS, MARKS, OUTSIDE

MOST_LINES = 60


def first_run(project: Project, **environment: str) -> Result:
    """Run what the README says first, with the keys of the sandbox."""
    done = subprocess.run(
        [sys.executable, ROOT / "run.py"],
        env={
            **os.environ,
            **project.environment,
            "REPORT_OUTPUT": str(project.folder),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )
    lines = done.stdout.splitlines()
    assert len(lines) <= MOST_LINES
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "".join(lines))
    return Result(done.returncode, done.stdout)


def log_of(result: Result) -> str:
    found = re.search(r"The whole log: (.*)", result.output)
    assert found is not None, result.output
    with open(found[1], encoding="utf-8") as file:  # noqa: PTH123 - a path out of a text
        return file.read()


@pytest.mark.usefixtures("books")
def test_the_first_run_is_quiet_and_leaves_a_report(project: Project) -> None:
    result = first_run(project)
    assert result.code == 0, result.output
    assert "Alt stemmer" in result.output
    assert re.search(r"Read \d{5} records of \d+ streams with \d+ requests", result.output)
    assert "Postings of" in result.output
    assert "http_request_count" in log_of(result)
    assert (project.folder / "report.xlsx").stat().st_size > 10_000
    with browser() as tab:
        page = project.folder / "report.html"
        tab.open(page, 400)
        assert tab.requests == [page.as_uri()]
        assert tab.complaints == []
        marks = tab.evaluate(MARKS)
        assert set(marks) == set(CHARTS)
        assert all(marks.values()), marks
        assert tab.evaluate(OUTSIDE) == []

    company = project.sandbox.company()
    company.delete_voucher(company.rows("Voucher")[30]["id"])
    again = first_run(project, REPORT_LANGUAGE="en")
    assert again.code == 0, again.output
    assert "Everything ties out" in again.output
    by_meltano = project.folder / "by-meltano"
    environment = {"REPORT_OUTPUT": str(by_meltano), "REPORT_LANGUAGE": "en"}
    made = project.meltano("run", "--no-install", "report:duckdb", **environment)
    assert made.code == 0, made.output
    assert (by_meltano / "report.html").read_bytes() == page.read_bytes()


def test_of_a_run_that_failed_the_reason_is_shown(project: Project) -> None:
    project.sandbox.faults.append(Fault("refuse_field", "/product", field="id", times=None))
    result = first_run(project)
    assert result.code == 1
    assert "Failed: products" in result.output
    assert "Failed: products" in log_of(result)
    assert not (project.folder / "report.html").exists()


def test_errors_are_seen_whatever_the_level(project: Project) -> None:
    project.sandbox.faults.append(Fault("refuse_field", "/product", field="id", times=None))
    result = project.run("target-jsonl", "--log-level=warning", code=1)
    assert "Failed: products" in result.output
    assert "Beginning" not in result.output
