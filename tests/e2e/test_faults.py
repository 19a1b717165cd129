"""What goes wrong on the way changes nothing about what arrives."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tap_tripletex.sandbox import ACCOUNTANT_TOKEN, Fault, Sandbox, serve
from tests.e2e.test_deletions import views
from tests.e2e.test_jsonl import read

if TYPE_CHECKING:
    from tap_tripletex.sandbox.server.faults import Kind
    from tap_tripletex.sandbox.world.living_company import LivingCompany
    from tests.e2e.conftest import DuckDB, Project

STREAMS = ("accounts", "postings", "vouchers", "customers", "invoice_order_lines", "employees")

FAULTS = {
    "a session that expires, 429 with reset, 500 as JSON, a slow answer": [
        # Twice, but not within the same milliseconds: a session that ends as it begins is refused.
        Fault("expire_session", "/ledger/posting", after=5, times=1),
        Fault("expire_session", "/ledger/posting", after=40, times=1),
        Fault("rate_limited", "/customer", times=1),
        Fault("server_error_json", "/employee", times=1),
        Fault("slow", "^/ledger/account$", times=1, delay_ms=1500),
    ],
    "429 without reset, 500 as HTML, truncated JSON, rights that cannot be listed, a late 401": [
        Fault("rate_limited", "/ledger", after=3, times=2, reset=False),
        Fault("server_error_html", "/ledger/posting", after=4, times=2),
        Fault("truncated", "/invoice", after=1, times=2),
        Fault("server_error_json", "/employee/entitlement", times=1),
        Fault("unauthorized", "^/customer$", times=1),
    ],
    "502 and 404 as HTML, a connection cut in a page, an unknown field, no list": [
        Fault("bad_gateway_html", "/ledger/voucher", after=2, times=3),
        Fault("cut", "/ledger/posting", after=2, times=3),
        Fault("unknown_field", "/customer", field="brandNew", value={"a": 1}),
        Fault("not_found_html", "/invoice", times=1),
        Fault("null_list", "^/employee$", times=1),
        Fault("empty_204", "^/ledger/account$", times=1),
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


REGISTERS = {
    "customers": "Customer",
    "departments": "Department",
    "products": "Product",
    "suppliers": "Supplier",
    "employees": "Employee",
}


def for_good(kind: Kind, path: str, company: int, query: str = "", **more: Any) -> Fault:
    return Fault(kind, path, query, company=company, times=None, **more)


def live_on(company: LivingCompany) -> None:
    """Change a row of each register, and let a customer and a voucher go."""
    for entity in REGISTERS.values():
        name = "firstName" if entity == "Employee" else "name"
        company.edit(entity, company.rows(entity)[0]["id"], **{name: "Ny"})
    company.delete("Customer", company.rows("Customer")[-1]["id"])
    company.delete_voucher(company.rows("Voucher")[-9]["id"])


def shift(sandbox: Sandbox, company: LivingCompany, path: str, entity: str) -> None:
    """Take the first row of a list away when its first page has been answered."""
    sandbox.requests.clear()
    handle = sandbox.handle

    def is_first_page(entry: dict[str, Any]) -> bool:
        at = (entry["path"], entry["company"], entry["params"].get("from"), entry["status"])
        return at == (path, company.id, "0", 200)

    def handle_and_shift(*request: Any) -> Any:
        answer = handle(*request)
        if any(map(is_first_page, list(sandbox.requests)[-20:])):
            sandbox.handle = handle  # type: ignore[method-assign]
            company.delete(entity, company.rows(entity)[0]["id"])
        return answer

    sandbox.handle = handle_and_shift  # type: ignore[method-assign]


def test_what_cannot_be_read_is_named_nothing_is_called_deleted_and_the_next_run_heals(
    project: Project, books: DuckDB
) -> None:
    sandbox = Sandbox(companies=4, vouchers_per_day=0.1, rate_limit=None)
    unlisted, broken, refused, good = (company.id for company in sandbox.companies)
    faults = {
        "customers": for_good("not_found_html", "^/customer$", broken),
        "departments": for_good("null_list", "^/department$", broken),
        "products": for_good("empty_204", "^/product$", broken),
        "suppliers": for_good("server_error_html", "^/supplier$", broken),
        "employees": for_good("null_field", "^/employee$", broken, field="id"),
        "vouchers": for_good("forbidden", "^/ledger/voucher$", broken),
        "asset_postings": for_good("not_found", r"^/asset/\d+/postings", broken),
    }
    lacking = for_good("missing_row", "^/ledger/posting$", broken, "sorting", row=1)
    of_companies = [
        for_good("server_error_json", "/employee/entitlement", unlisted),
        for_good("unauthorized", "/", refused),
    ]
    streams = (*faults, "postings", "sync_windows")

    def complete() -> Counter[tuple[str, int]]:
        query = "SELECT stream, company_id, count(*) FROM sync_windows WHERE complete GROUP BY ALL"
        return Counter({(name, company): many for name, company, many in books.rows(query)})

    def deleted() -> set[tuple[str, int]]:
        return {
            (stream, company)
            for stream in (*faults, "postings")
            for (company,) in books.rows(f"SELECT DISTINCT company_id FROM {stream}_deleted")
        }

    with serve(sandbox) as server:
        project.environment |= {
            "TAP_TRIPLETEX_API_URL": server.url,
            "TAP_TRIPLETEX_EMPLOYEE_TOKEN": ACCOUNTANT_TOKEN,
            "TAP_TRIPLETEX_COMPANY_IDS": "all",
            "TAP_TRIPLETEX_PAGE_SIZE": "7",
            "TAP_TRIPLETEX_START_DATE": f"{sandbox.today.replace(day=1) - timedelta(days=60)}",
            "TAP_TRIPLETEX__SELECT": json.dumps([f"{name}.*" for name in streams]),
        }
        project.run("target-duckdb")
        first = complete()
        for company in sandbox.companies:
            live_on(company)
        sandbox.faults += [*faults.values(), lacking, *of_companies]
        shift(sandbox, sandbox.companies[-1], "/employee", "Employee")
        said = project.run("target-duckdb", code=1).output
        assert all(fault.fired for fault in sandbox.faults)
        for stream in faults:
            assert f"Failed: {stream} (company {broken})" in said
        assert "It was readable in an earlier run" in said
        assert f"postings of company {broken}: the postings of " in said
        for company_id in (unlisted, refused):
            assert f"Failed: company (company {company_id})" in said
        seen = {place for place, many in complete().items() if many > first[place]}
        assert {company for _, company in seen} == {good}
        assert {stream for stream, _ in seen} == {*faults, "postings"} - {
            "employees",
            "asset_postings",
        }
        with duckdb.connect(str(books.path)) as connection:
            connection.execute(views("duckdb"))
        assert deleted() == {(stream, good) for stream in ("customers", "vouchers", "postings")}
        sandbox.faults.clear()
        read = f"SELECT max(synced_at) FROM departments WHERE company_id = {good}"
        before = books.rows(read)
        project.run("target-duckdb")
        assert books.rows(read) == before
    gone = {(s, c.id) for s in ("customers", "vouchers", "postings") for c in sandbox.companies}
    assert deleted() == {*gone, ("employees", good)}
    for stream, entity in REGISTERS.items():
        found = books.rows(f"SELECT company_id, id FROM {stream}_current ORDER BY ALL")
        assert found == [
            (company.id, row["id"])
            for company in sandbox.companies
            for row in company.rows(entity)
            if not row.get("isContact")  # of a customer: includeContacts=false
        ]
        column = "first_name" if stream == "employees" else "name"
        new = books.rows(f"SELECT count(*) FROM {stream}_current WHERE {column} = 'Ny'")
        assert new == [(len(sandbox.companies) - (stream == "employees"),)]
