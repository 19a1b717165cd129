"""Fields that a company does not have, from run to run."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tap_tripletex.sandbox import Fault, Sandbox
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    import pytest


def test_a_refused_field_costs_one_request_and_one_warning_not_one_a_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox = Sandbox(today=date(2026, 6, 1), vouchers_per_day=0.05, rate_limit=None)
    sandbox.faults += [
        Fault("refuse_field", "/department", times=None, field="isInactive"),
        Fault("refuse_field", "/project/subcontract", times=None, field="description"),
    ]
    warehouse = Warehouse(sandbox, ("departments", "project_subcontracts"), include="heavy")
    company = sandbox.company()

    def run() -> tuple[int, int]:
        """Change both lists, read them, and return the refused requests and the warnings."""
        caplog.clear()
        sandbox.requests.clear()
        for entity in ("Department", "ProjectSubContract", "Project"):
            row = next(iter(company.rows(entity)))
            company.edit(entity, row["id"], name=f"{row['name']}'")
        warehouse.run()
        assert not warehouse.failed
        assert warehouse.emitted["departments"] == len(company.rows("Department"))
        refused = sum(entry["status"] == 400 for entry in sandbox.requests)
        return refused, sum("has no field" in entry.getMessage() for entry in caplog.records)

    assert run()[1] == 2
    assert run() == (0, 0)
    assert run() == (0, 0)
    assert warehouse.rows("SELECT count(is_inactive), count(name) > 0 FROM departments") == [
        (0, True)
    ]


def test_no_column_of_a_whole_run_is_refused() -> None:
    """The schemas are up to date with what the sandbox, made from the same sources, answers."""
    sandbox = Sandbox(today=date(2026, 6, 1), vouchers_per_day=0.05, rate_limit=None)
    streams = ("accounts", "orders", "products", "projects", "project_subcontracts")
    warehouse = Warehouse(sandbox, (*streams, "purchase_orders"), include="heavy")
    warehouse.run()
    assert all(entry["status"] < 400 for entry in sandbox.requests)
    suppliers = {row["id"] for row in sandbox.company().rows("Supplier")}
    found = {id_ for (id_,) in warehouse.rows("SELECT supplier_id FROM project_subcontracts")}
    assert found
    assert found <= suppliers
    assert warehouse.rows(
        "SELECT DISTINCT attachment_relation, backorder_parent_id FROM orders"
    ) == [("[]", None)]
