from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from tap_tripletex.commands.plan import main, plan_of
from tap_tripletex.sandbox import ACCOUNTANT_TOKEN, CONSUMER_TOKEN, Fault, Sandbox, serve
from tap_tripletex.tap import TapTripletex
from tests.conftest import mounted
from tests.reading.test_economy import Runs
from tests.test_tap import catalog

if TYPE_CHECKING:
    from pathlib import Path

TOKENS = {"consumer_token": CONSUMER_TOKEN, "employee_token": ACCOUNTANT_TOKEN}


def expected(runs: Runs, **config: Any) -> int:
    tap = TapTripletex(config={"api_url": "sandbox://", **config}, state=runs.state)
    plan = plan_of(mounted(tap, runs.sandbox))
    tap.close()
    assert runs.sandbox.sessions._live == {}
    return plan.requests


def test_a_first_load_and_a_run_without_changes_take_what_was_expected() -> None:
    runs = Runs(Sandbox(vouchers_per_day=0.1, rate_limit=None))
    plans = []
    for _ in range(2):
        plans.append(expected(runs))
        runs.run()
        assert plans[-1] == pytest.approx(len(runs.sandbox.requests), rel=0.25)
    assert expected(runs, reference_days=7) < plans[1]


def test_the_plan_of_an_office(tmp_path: Path) -> None:
    sandbox = Sandbox(companies=4, vouchers_per_day=0.01, rate_limit=None)
    config, state = tmp_path / "config.json", tmp_path / "state.json"
    selected = tmp_path / "catalog.json"
    known, revoked, *new = (company.id for company in sandbox.companies)
    sandbox.faults.append(Fault("unauthorized", "/", company=revoked, times=None))
    selected.write_text(json.dumps(catalog("departments", "customers", "postings")))
    read = {"context": {"company_id": known}, "digests": {"all": "x"}, "since": "2024-01-01"}
    bookmarks = {"departments": {"partitions": [read]}, "customers": {"partitions": [read]}}
    state.write_text(json.dumps({"bookmarks": bookmarks}))
    with serve(sandbox) as server:
        config.write_text(json.dumps({"api_url": server.url, "company_ids": "all", **TOKENS}))
        options = [f"--config={config}", f"--state={state}", f"--catalog={selected}"]
        result = CliRunner().invoke(main, [*options, "--json"])
        asked = [(entry["method"], entry["path"]) for entry in sandbox.requests]
        words = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    assert plan["streams"] == 3
    assert {c["id"]: c["first_load"] for c in plan["companies"]} == {
        known: False,
        **dict.fromkeys(new, True),
    }
    # Four questions of the company, and one of each list; a new one is asked for its postings too.
    assert plan["requests"] == 3 + sum(company["requests"] for company in plan["companies"])
    assert plan["minutes"] == round(plan["requests"] / 540, 1)
    assert f"{revoked}" in result.stderr
    # The login, the companies, and the days of those that nothing is known of.
    asked = [path for method, path in asked if method == "GET"]
    assert sorted(set(asked)) == [
        "/company/>withLoginAccess",
        "/ledger/annualAccount",
        "/token/session/>whoAmI",
    ]
    of = {e["company"] for e in sandbox.requests if e["path"] == "/ledger/annualAccount"}
    assert known not in of
    for text in (result.output, words.output):
        assert not any(secret in text for secret in TOKENS.values())
    assert "Companies: 3, 2 of them for the first time" in words.stdout
