from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.e2e.conftest import Project


def read(project: Project, stream: str) -> list[dict[str, Any]]:
    text = (project.folder / "output" / f"{stream}.jsonl").read_text()
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()]


def test_every_number_is_the_one_that_was_sent(project: Project) -> None:
    project.run("target-jsonl")
    company = project.sandbox.company()
    postings = {row["id"]: row for row in read(project, "postings")}
    truth = company.rows("Posting")
    assert len(postings) == len(truth)
    assert {id_: row["amount"] * 100 for id_, row in postings.items()} == {
        row["id"]: row["amount"] for row in truth
    }
    noisy = [row for row in read(project, "order_lines") if len(str(row["count"])) > 12]
    prices = {str(row["unit_price_excluding_vat_currency"]) for row in read(project, "order_lines")}
    assert noisy or any(len(price) > 12 for price in prices)


def test_a_second_run_writes_no_row_again(project: Project) -> None:
    project.run("target-jsonl")
    output = project.folder / "output"
    sizes = {path.name: path.stat().st_size for path in output.iterdir()}
    assert len(sizes) > 100
    project.run("target-jsonl")
    assert {path.name: path.stat().st_size for path in output.iterdir()} == sizes
