from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from tap_tripletex.commands.probe import main
from tap_tripletex.commands.questions import Finding, Probe, findings
from tap_tripletex.connection import SANDBOX_ADDRESS
from tap_tripletex.sandbox import (
    ACCOUNTANT_TOKEN,
    CONSUMER_TOKEN,
    EMPLOYEE_TOKEN,
    REFRESH_TOKEN,
    Fault,
    Sandbox,
    SandboxAdapter,
    serve,
)
from tap_tripletex.tap import TapTripletex

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def answer_otherwise(sandbox: Sandbox, target: str, change: Callable[[Any], Any]) -> None:
    """Let the sandbox answer some requests with 200 and a body that is changed.

    Args:
        sandbox: the sandbox.
        target: regular expression of what is asked, decoded.
        change: takes and returns the body.
    """
    handle = sandbox.handle

    def handle_and_change(method: str, path: str, *rest: Any) -> Any:
        response = handle(method, path, *rest)
        if re.search(target, unquote(path)) and response.body:
            body = change(json.loads(response.body))
            response.status = 200
            response.headers.pop("Content-Encoding", None)
            response.body = json.dumps(body).encode()
        return response

    sandbox.handle = handle_and_change  # type: ignore[method-assign]


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
    assert found["a company's own key", ":createFromRefreshToken"].found == "there"
    for path in ("/customer", "/supplier", "/ledger/voucher/>nonPosted"):
        assert found["changedSince", path].found == "filters"
        assert found["changedSince", path].consequence.startswith("long lists: changes alone")
        assert found["changedSince that second", path].found == "part of the answer"
    assert found["rate limit", "headers"].found.startswith("none")
    assert found["payslips", "/salary/payslip"].found.startswith("answered")
    assert found["fields nested 3 deep", "/invoice"].found == "answered, one row"
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
    sandbox.sessions.takes_refresh_tokens = False
    sandbox.sessions.takes_json = False
    sandbox.row_caps |= {"/ledger/posting": 100, "/ledger/voucher": 100}
    sandbox.forbid("/salary")
    token = sandbox.add_employee_token(all_vouchers=False)
    found = ask(sandbox, consumer_token=CONSUMER_TOKEN, employee_token=token)
    made = found["how sessions are made", "token/session"]
    assert (made.found, made.consequence) == ("PUT", "sessions are made with the older PUT")
    key = found["a company's own key", ":createFromRefreshToken"]
    assert (key.found, key.consequence) == ("not there", "refresh_token cannot be used")
    for path in ("/customer", "/supplier", "/ledger/voucher/>nonPosted"):
        assert found["changedSince", path].found == "is ignored"
        assert found["changedSince", path].consequence == "reads changed lists whole"
        assert found["changedSince that second", path].found == "is ignored"
    capped = found["all days in one request", "/ledger/posting"]
    assert capped.found == "refused, code 23000"
    assert capped.consequence == "cuts windows in halves"
    assert found["all days in one request", "/ledger/postingByDate"].found.startswith("refused")
    assert found["payslips", "/salary/payslip"].found == "refused, code 9000"
    assert found["list", "/salary/type"].consequence == "skips the stream"


def test_a_company_whose_own_key_is_used(sandbox: Sandbox) -> None:
    found = ask(sandbox, refresh_token=REFRESH_TOKEN)
    key = found["a company's own key", ":createFromRefreshToken"]
    assert (key.found, key.consequence) == ("made this session", "takes refresh_token")


def test_a_second_that_is_not_part_of_what_changed_since(sandbox: Sandbox) -> None:
    sandbox.changed_since_inclusive = False
    for entry in sandbox.company().rows("Supplier"):
        sandbox.company().delete("Supplier", entry["id"])
    found = ask(sandbox)
    assert found["changedSince that second", "/customer"].found == "not part of the answer"
    assert found["changedSince that second", "/supplier"].found == "cannot be told"
    assert found["changedSince", "/supplier"].found == "cannot be told"
    assert found["changedSince", "/customer"].found == "filters"


def test_lists_that_answer_otherwise(sandbox: Sandbox) -> None:
    digests = count()

    def other_digest(body: Any) -> Any:
        return body | {"versionDigest": f"digest{next(digests)}"}

    def backwards(body: Any) -> Any:
        return body | {"values": body["values"][::-1]}

    def without_changes(body: Any) -> Any:
        return body | {"values": [row | {"changes": []} for row in body["values"]]}

    def first_of_next(body: Any) -> Any:
        return body | {"values": [row | {"endDate": "2026-02-01"} for row in body["values"]]}

    def nothing(_: Any) -> Any:
        return {"values": []}

    answer_otherwise(sandbox, r"/department\?", other_digest)
    answer_otherwise(sandbox, r"/ledger/account\?.*sorting", backwards)
    answer_otherwise(sandbox, r"fields=id,changes", without_changes)
    answer_otherwise(sandbox, r"/balanceSheet\?.*endDate", first_of_next)
    answer_otherwise(sandbox, r"/customer\?.*isInactive=true", nothing)
    answer_otherwise(sandbox, r"/salary/payslip\?", nothing)
    found = ask(sandbox)
    digest = found["checksum", "/department"]
    assert digest.found == "does not hold; with all fields another"
    assert digest.consequence == "reads the list in every run"
    assert found["sorting=id", "/ledger/account"].found == "not in order"
    assert found["changes", "/ledger/posting"].found == "empty"
    assert found["changedSince that second", "/customer"].found == "cannot be told"
    assert found["endDate", "/balanceSheet"].found == "exclusive"
    assert found["plain list", "/customer"].found == "all"
    assert found["payslips", "/salary/payslip"].found == "answered, no row"


def test_requests_that_are_too_long_or_too_deep(sandbox: Sandbox) -> None:
    sandbox.faults += [
        Fault("forbidden", "/ledger/account", "id=.{7000}", times=None),
        Fault("refuse_field", "/invoice", r"productUnit", times=None, field="orderLines"),
        Fault("forbidden", "/customer", "changedSince|fields=id.changes", times=None),
    ]
    found = ask(sandbox)
    assert found["address of 6000", "/ledger/account"].found == "answered, no row"
    assert found["address of 8000", "/ledger/account"].found == "refused, code 9000"
    assert found["fields nested 2 deep", "/invoice"].found == "answered, one row"
    assert found["fields nested 3 deep", "/invoice"].found == "refused, code 11000"
    for question in ("changedSince", "changedSince that second", "changes"):
        assert found[question, "/customer"].found == "refused, code 9000"
    assert found["changedSince", "/customer"].consequence == "reads changed lists whole"


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
    sandbox.rate_limit.path_limits = {"/": 30} if doubled else {}
    sandbox.rate_limit.with_reset = reset
    sandbox.rate_limit.limit = 10_000
    found = ask(sandbox)["rate limit", "headers"].found
    assert found.replace("10000", "100").endswith(form)


def test_an_accounting_office(sandbox: Sandbox) -> None:
    tokens = {"consumer_token": CONSUMER_TOKEN, "employee_token": ACCOUNTANT_TOKEN}
    found = ask(sandbox, **tokens, company_ids="all")
    assert found["office's own company", "0"].found == "refused, code 9000"
    answer_otherwise(sandbox, r"/department\?count=1$", lambda _: {"values": []})
    found = ask(sandbox, **tokens, company_ids="all")
    assert found["office's own company", "0"].found == "answered"


def test_one_question_that_fails_stops_no_other(sandbox: Sandbox) -> None:
    sandbox.faults.append(Fault("server_error_html", "/supplier", times=None))
    found = ask(sandbox)
    assert found["changed since", ""].found == "UnavailableError"
    assert found["second of changed since", ""].found == "UnavailableError"
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
