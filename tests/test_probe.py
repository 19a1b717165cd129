from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from tap_tripletex.connection import SANDBOX_ADDRESS
from tap_tripletex.probe import Finding, Probe, findings, main
from tap_tripletex.sandbox import (
    ACCOUNTANT_TOKEN,
    CONSUMER_TOKEN,
    EMPLOYEE_TOKEN,
    Fault,
    Sandbox,
    SandboxAdapter,
    serve,
)
from tap_tripletex.tap import TapTripletex

if TYPE_CHECKING:
    from pathlib import Path


def ask(sandbox: Sandbox, **config: Any) -> dict[tuple[str, str], Finding]:
    tap = TapTripletex(config={"api_url": "sandbox://", **config})
    adapter = SandboxAdapter(sandbox)
    tap.connection.transport._session.mount(SANDBOX_ADDRESS, adapter)
    tap.connection.transport._pause = 0.0
    found = {(f.question, f.subject): f for f in findings(Probe(tap.connection))}
    tap.close()
    return found


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(rate_limit=None)


def test_a_company_as_assumed(sandbox: Sandbox) -> None:
    found = ask(sandbox)
    assert found["how sessions are made", "token/session"].found == "POST"
    assert found["changedSince", "/customer"].found == "filters"
    assert found["changes", "/ledger/posting"].found == "filled"
    assert found["all days in one request", "/ledger/posting"].found == "answered, one row"
    assert found["all days in one request", "/ledger/postingByDate"].found.startswith("answered")
    assert found["sorting=id", "/ledger/posting"].found == "ascending"
    assert found["checksum", "/ledger/posting"].found == "holds; with all fields the same"
    assert found["checksum", "/employee"].found == "none"
    assert found["plain list", "/customer"].found == "a part"
    assert found["endDate", "/balanceSheet"].found == "inclusive"
    assert found["address of 8000", "/ledger/account"].found == "answered, no row"
    assert ("office's own company", "0") not in found
    assert len(sandbox.requests) < 450


def test_a_company_that_answers_otherwise(sandbox: Sandbox) -> None:
    sandbox.changed_since_works = False
    sandbox.row_caps |= {"/ledger/posting": 100, "/ledger/voucher": 100}
    sandbox.forbid("/salary")
    token = sandbox.add_employee_token(all_vouchers=False)
    found = ask(sandbox, consumer_token=CONSUMER_TOKEN, employee_token=token)
    assert found["changedSince", "/customer"].found == "is ignored"
    capped = found["all days in one request", "/ledger/posting"]
    assert capped.found == "refused, code 23000"
    assert capped.consequence == "cuts windows in halves"
    assert found["all days in one request", "/ledger/postingByDate"].found.startswith("refused")
    assert found["payslips", "/salary/payslip"].found == "refused, code 9000"
    assert found["list", "/salary/type"].consequence == "skips the stream"


@pytest.mark.parametrize(
    ("doubled", "reset", "form"),
    [
        (False, True, "100, single, with reset"),
        (True, True, "doubled, with reset"),
        (False, False, "100, single, without reset"),
    ],
)
def test_the_form_of_rate_limit_headers(doubled: bool, reset: bool, form: str) -> None:  # noqa: FBT001
    sandbox = Sandbox(rate_limit=100)
    sandbox.rate_limit.doubled, sandbox.rate_limit.with_reset = doubled, reset
    sandbox.rate_limit.limit = 10_000
    found = ask(sandbox)["rate limit", "headers"].found
    assert found.replace("10000", "100").endswith(form)


def test_an_accounting_office(sandbox: Sandbox) -> None:
    tokens = {"consumer_token": CONSUMER_TOKEN, "employee_token": ACCOUNTANT_TOKEN}
    found = ask(sandbox, **tokens, company_ids="all")
    assert found["office's own company", "0"].found == "refused, code 9000"


def test_one_question_that_fails_stops_no_other(sandbox: Sandbox) -> None:
    sandbox.faults.append(Fault("server_error_html", "/supplier", times=None))
    found = ask(sandbox)
    assert found["changed since", ""].found == "UnavailableError"
    assert found["list", "/supplier"].found == "refused, code UnavailableError"
    assert found["endDate", "/balanceSheet"].found == "inclusive"


def test_the_file_has_no_business_data_and_no_token(tmp_path: Path, sandbox: Sandbox) -> None:
    output = tmp_path / "probe.json"
    config = tmp_path / "config.json"
    tokens = {"consumer_token": CONSUMER_TOKEN, "employee_token": EMPLOYEE_TOKEN}
    with serve(sandbox) as server:
        config.write_text(json.dumps({"api_url": server.url, **tokens}))
        result = CliRunner().invoke(main, [f"--config={config}", f"--output={output}"])
    assert result.exit_code == 0, result.output
    text = output.read_text() + result.stdout
    company = sandbox.company()
    names = {str(row["name"]) for entity in ("Customer", "Product") for row in company.rows(entity)}
    numbers = set(re.findall(r"\d{5,}", text))
    assert not {name for name in names if name in text}
    assert company.name not in text
    assert numbers <= {"23000", "15000", "18000", "10000", "12000"}
    assert CONSUMER_TOKEN not in text
    assert EMPLOYEE_TOKEN not in text
    assert json.loads(output.read_text())["api"] == "another"


def test_a_wrong_token_ends_it_with_a_sentence(tmp_path: Path, sandbox: Sandbox) -> None:
    config = tmp_path / "config.json"
    with serve(sandbox) as server:
        tokens = {"consumer_token": CONSUMER_TOKEN, "employee_token": "wrong-token"}
        config.write_text(json.dumps({"api_url": server.url, **tokens}))
        result = CliRunner().invoke(main, [f"--config={config}"])
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
