"""The command as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tap_tripletex.sandbox import ACCOUNTANT_TOKEN, CONSUMER_TOKEN, Sandbox, serve
from tap_tripletex.streams import STREAMS
from tap_tripletex.tap import TapTripletex

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def tap(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tap_tripletex", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_about_and_discover_need_no_settings() -> None:
    about = json.loads(tap("--about", "--format=json").stdout)
    assert about["settings"]["properties"]["employee_token"]["secret"] is True
    streams = json.loads(tap("--discover").stdout)["streams"]
    names = {stream["tap_stream_id"] for stream in streams}
    usual = {stream.name for stream in STREAMS if stream.include is None}
    assert names == usual | {"sync_windows"}


def test_test_says_which_company_the_tokens_open() -> None:
    result = tap("--config=ENV", "--test", TAP_TRIPLETEX_API_URL="sandbox://")
    assert result.returncode == 0
    assert result.stdout.startswith("The tokens work. They open company 107896302 ")
    assert result.stdout.count("\n") == 1


def test_test_lists_the_clients_of_an_accounting_office() -> None:
    with serve(Sandbox(companies=2)) as server:
        result = tap(
            "--config=ENV",
            "--test",
            TAP_TRIPLETEX_API_URL=server.url,
            TAP_TRIPLETEX_CONSUMER_TOKEN=CONSUMER_TOKEN,
            TAP_TRIPLETEX_EMPLOYEE_TOKEN=ACCOUNTANT_TOKEN,
        )
    assert result.returncode == 0
    assert "They open 2 client companies (company_ids: all):" in result.stdout


def test_test_with_a_wrong_token_is_one_sentence_and_exit_code_1() -> None:
    with serve(Sandbox()) as server:
        result = tap(
            "--config=ENV",
            "--test",
            TAP_TRIPLETEX_API_URL=server.url,
            TAP_TRIPLETEX_CONSUMER_TOKEN=CONSUMER_TOKEN,
            TAP_TRIPLETEX_EMPLOYEE_TOKEN="wrong-token",
        )
    assert result.returncode == 1
    assert result.stdout == ""
    errors = [line for line in result.stderr.splitlines() if "ERROR" in line]
    assert len(errors) == 1
    assert "does not accept the tokens" in errors[0]
    assert "wrong-token" not in result.stderr


def test_an_unknown_company_fails_the_run_and_the_known_ones_are_read(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    ids = [107896302, 404]
    config.write_text(json.dumps({"api_url": "sandbox://", "company_ids": ids}))
    result = tap(f"--config={config}")
    assert result.returncode == 1
    assert "The token does not open company 404" in result.stderr
    assert '"type":"RECORD"' in result.stdout


def test_missing_tokens_and_bad_dates_are_one_sentence(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    for settings, said in (
        ({}, "consumer_token and employee_token must be set"),
        ({"api_url": "sandbox://", "start_date": "yesterday"}, "start_date 'yesterday' is no date"),
    ):
        config.write_text(json.dumps(settings))
        result = tap(f"--config={config}")
        assert result.returncode == 1
        assert said in result.stderr
        assert "Traceback" not in result.stderr


def test_an_unreachable_address_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tap_tripletex.api.transport.TRIES", 2)
    tokens = {"consumer_token": "c-token", "employee_token": "e-token"}
    unreachable = TapTripletex(config={"api_url": "http://127.0.0.1:9", **tokens})
    assert not unreachable.finish(unreachable.run)
    (entry,) = [entry for entry in caplog.records if entry.levelname == "ERROR"]
    assert "POST /token/session/:create got no complete answer" in entry.message
    assert "c-token" not in caplog.text
