"""What goes wrong on the way changes nothing about what arrives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.sandbox import Fault, Sandbox, serve
from tests.e2e.test_jsonl import read

if TYPE_CHECKING:
    from tests.e2e.conftest import Project

STREAMS = ("accounts", "postings", "vouchers", "customers", "invoice_order_lines", "employees")

FAULTS = {
    "a session that expires, 429 with reset, 500 as JSON": [
        # Twice, but not within the same milliseconds: a session that ends as it begins is refused.
        Fault("expire_session", "/ledger/posting", after=5, times=1),
        Fault("expire_session", "/ledger/posting", after=40, times=1),
        Fault("rate_limited", "/customer", times=1),
        Fault("server_error_json", "/employee", times=1),
    ],
    "429 without reset, 500 as HTML, truncated JSON": [
        Fault("rate_limited", "/ledger", after=3, times=2, reset=False),
        Fault("server_error_html", "/ledger/posting", after=4, times=2),
        Fault("truncated", "/invoice", after=1, times=2),
    ],
    "502 as HTML, a connection cut in a page, an unknown field": [
        Fault("bad_gateway_html", "/ledger/voucher", after=2, times=3),
        Fault("cut", "/ledger/posting", after=2, times=3),
        Fault("unknown_field", "/customer", field="brandNew", value={"a": 1}),
    ],
}
"""What goes wrong in each run, each kind on a path of its own."""


def rows(project: Project, stream: str) -> list[dict[str, Any]]:
    found = read(project, stream)
    for row in found:
        del row["synced_at"]
    return found


@pytest.fixture
def calm(project: Project) -> dict[str, list[dict[str, Any]]]:
    """What arrives when nothing goes wrong."""
    project.environment["TAP_TRIPLETEX__SELECT"] = json.dumps([f"{name}.*" for name in STREAMS])
    project.environment["TAP_TRIPLETEX_PAGE_SIZE"] = "100"
    project.run("target-jsonl")
    return {stream: rows(project, stream) for stream in STREAMS}


def test_the_same_rows_arrive_whatever_goes_wrong(
    project: Project, calm: dict[str, list[dict[str, Any]]]
) -> None:
    for name, faults in FAULTS.items():
        project.sandbox.faults[:] = [Fault(**vars(fault)) for fault in faults]
        output = project.folder / "".join(filter(str.isalnum, name))
        result = project.run(
            "target-jsonl",
            MELTANO_DATABASE_URI=f"sqlite:///{output}.db",
            TARGET_JSONL_DESTINATION_PATH=str(output),
        )
        assert all(fault.fired for fault in project.sandbox.faults), name
        assert "Failed" not in result.output
        project_of_run = type(project)(output.parent, project.sandbox)
        (project.folder / "output").rename(project.folder / f"calm_{output.name}")
        output.rename(project.folder / "output")
        assert {stream: rows(project_of_run, stream) for stream in STREAMS} == calm, name


def test_a_refused_field_costs_one_column_and_one_warning(
    project: Project, calm: dict[str, list[dict[str, Any]]]
) -> None:
    project.sandbox.faults[:] = [
        Fault("refuse_field", "/ledger/posting", field="externalRef", times=None)
    ]
    (project.folder / "output" / "postings.jsonl").unlink()
    result = project.run(
        "target-jsonl", MELTANO_DATABASE_URI=f"sqlite:///{project.folder}/other.db"
    )
    assert result.output.count("has no field externalRef") == 1
    found = rows(project, "postings")
    assert found == [row | {"external_ref": None} for row in calm["postings"]]


def test_a_forbidden_stream_is_skipped_named_and_no_failure(project: Project) -> None:
    project.sandbox.forbid("/supplierInvoice")
    result = project.run("target-jsonl")
    assert "Skipped: supplier_invoices (company 107896302)" in result.output
    assert "403/9000" in result.output
    assert not (project.folder / "output" / "supplier_invoices.jsonl").exists()
    assert len(read(project, "timesheet_entries")) > 0


def test_a_stream_that_was_readable_and_is_forbidden_now_fails_the_run(project: Project) -> None:
    project.run("target-jsonl")
    project.sandbox.forbid("/ledger/voucher")
    result = project.run("target-jsonl", code=1)
    assert "Failed: vouchers (company 107896302)" in result.output
    assert "It was readable in an earlier run" in result.output


def test_one_broken_stream_does_not_stop_the_others(project: Project) -> None:
    project.sandbox.faults.append(Fault("server_error_html", "/customer", times=None))
    environment = {"TAP_TRIPLETEX__SELECT": json.dumps(["customers.*", "suppliers.*"])}
    result = project.run("target-jsonl", code=1, **environment)
    assert "Failed: customers (company 107896302)" in result.output
    assert len(read(project, "suppliers")) > 0
    project.sandbox.faults.clear()
    project.run("target-jsonl", **environment)
    assert len(read(project, "customers")) == len(project.sandbox.company().rows("Customer"))


def test_one_failing_company_does_not_stop_the_others(project: Project) -> None:
    from tap_tripletex.sandbox import ACCOUNTANT_TOKEN  # noqa: PLC0415

    sandbox = Sandbox(companies=3, rate_limit=None)
    broken = sandbox.companies[1].id
    sandbox.faults.append(Fault("server_error_json", "/", company=broken, times=None))
    with serve(sandbox) as server:
        result = project.run(
            "target-jsonl",
            code=1,
            TAP_TRIPLETEX_API_URL=server.url,
            TAP_TRIPLETEX_EMPLOYEE_TOKEN=ACCOUNTANT_TOKEN,
            TAP_TRIPLETEX_COMPANY_IDS="all",
            TAP_TRIPLETEX__SELECT=json.dumps(["departments.*"]),
        )
    assert f"Failed: company (company {broken})" in result.output
    read_companies = {row["company_id"] for row in read(project, "departments")}
    assert read_companies == {company.id for company in sandbox.companies} - {broken}
