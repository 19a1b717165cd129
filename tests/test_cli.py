"""The command as a user runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tap_tripletex.sandbox import ACCOUNTANT_TOKEN, CONSUMER_TOKEN, EMPLOYEE_TOKEN, Sandbox, serve
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


def test_test_without_a_token_says_nothing_of_tokens() -> None:
    result = tap("--config=ENV", "--test", TAP_TRIPLETEX_API_URL="sandbox://")
    assert result.returncode == 0
    said = "Nothing of Tripletex is read: the sandbox, built into the tap, has company 107896302 "
    assert result.stdout.startswith(said)
    assert result.stdout.count("\n") == 1
    assert "tokens" not in result.stdout


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
    assert result.stdout.startswith(f"The tokens work at {server.url}. They open company ")
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


def test_settings_in_the_environment_that_cannot_be_understood_are_one_sentence() -> None:
    wrong = {
        "TAP_TRIPLETEX_API_URL": "sandbox://",
        "TAP_TRIPLETEX_PAGE_SIZE": "many",
        "TAP_TRIPLETEX_FLATTENING_ENABLED": "maybe",
        "TAP_TRIPLETEX_STREAM_MAPS": "{x",
    }
    for command in ((), ("--discover",), ("--test",)):
        result = tap("--config=ENV", *command, **wrong)
        assert result.returncode == 1, command
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        (said,) = [line for line in result.stderr.splitlines() if "ERROR" in line]
        assert "page_size must be a whole number, not 'many'." in said
        assert "flattening_enabled must be true or false, not 'maybe'." in said
        assert "stream_maps must be an object as JSON, not '{x'." in said


def test_a_stream_map_that_cannot_be_used_is_one_sentence() -> None:
    result = tap(
        "--config=ENV",
        TAP_TRIPLETEX_API_URL="sandbox://",
        TAP_TRIPLETEX_STREAM_MAPS='{"departments": {"label": "name.upper("}}',
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr


def test_empty_settings_in_the_environment_are_none_and_companies_are_text() -> None:
    """Of several companies one is named that the tokens do not open."""
    result = tap(
        "--config=ENV",
        TAP_TRIPLETEX_API_URL="sandbox://",
        TAP_TRIPLETEX_PAGE_SIZE="",
        TAP_TRIPLETEX_FLATTENING_ENABLED="",
        TAP_TRIPLETEX_STREAM_MAPS="",
        TAP_TRIPLETEX_COMPANY_IDS="1,2",
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    errors = [line for line in result.stderr.splitlines() if "ERROR" in line]
    assert len(errors) == 1
    assert "Nothing is read: The token does not open company 1, " in errors[0]
    assert "The token does not open company 2, " in errors[0]
    assert '"type":"RECORD"' not in result.stdout


def test_an_offices_token_without_companies_is_one_sentence() -> None:
    result = tap(
        "--config=ENV",
        TAP_TRIPLETEX_API_URL="sandbox://?companies=2",
        TAP_TRIPLETEX_CONSUMER_TOKEN=CONSUMER_TOKEN,
        TAP_TRIPLETEX_EMPLOYEE_TOKEN=ACCOUNTANT_TOKEN,
    )
    assert result.returncode == 1
    (error,) = [line for line in result.stderr.splitlines() if "ERROR" in line]
    assert "is an accounting office's" in error
    assert "opens 2 client companies" in error
    assert "Set company_ids to all" in error
    assert "WARNING" not in result.stderr
    assert '"type":"RECORD"' not in result.stdout


def test_a_loader_that_ends_is_not_blamed_on_a_stream() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tap_tripletex", "--config=ENV"],
        env={**os.environ, "TAP_TRIPLETEX_API_URL": "sandbox://"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["type"]
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 1
    (error,) = [line for line in said.splitlines() if "ERROR" in line]
    assert "The loader has ended and takes nothing more" in error
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


DEPARTMENTS = '{"streams": [{"tap_stream_id": "departments"}]}'


def test_every_run_says_which_company_and_where(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.json"
    catalog.write_text(DEPARTMENTS)
    with serve(Sandbox(companies=2, rate_limit=None)) as server:
        tokens = {
            "TAP_TRIPLETEX_API_URL": server.url,
            "TAP_TRIPLETEX_CONSUMER_TOKEN": CONSUMER_TOKEN,
        }
        own = tap(
            "--config=ENV",
            f"--catalog={catalog}",
            TAP_TRIPLETEX_EMPLOYEE_TOKEN=EMPLOYEE_TOKEN,
            **tokens,
        )
        clients = tap(
            "--config=ENV",
            f"--catalog={catalog}",
            TAP_TRIPLETEX_EMPLOYEE_TOKEN=ACCOUNTANT_TOKEN,
            TAP_TRIPLETEX_COMPANY_IDS="all",
            **tokens,
        )
    assert own.returncode == clients.returncode == 0
    (said,) = [line for line in own.stderr.splitlines() if "| Reading " in line]
    assert re.search(rf"Reading company 107896302 \w.* at {server.url}\.$", said)
    (said,) = [line for line in clients.stderr.splitlines() if "| Reading " in line]
    assert re.search(rf"Reading 2 companies: 107896302 \w.*, \d+ \w.* at {server.url}\.$", said)


def test_states_are_unwrapped_and_what_is_none_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    catalog = tmp_path / "catalog.json"
    catalog.write_text(DEPARTMENTS)
    for text, code, said in (
        ("", 0, "The state is empty: everything is read."),
        ("null", 0, "The state is empty: everything is read."),
        ("[]", 1, "The state is no Singer state"),
        ("{", 1, "The state is no JSON"),
        ('{"customers": {}}', 1, "it has customers, but no bookmarks"),
    ):
        state.write_text(text)
        result = tap(
            "--config=ENV",
            f"--state={state}",
            f"--catalog={catalog}",
            TAP_TRIPLETEX_API_URL="sandbox://",
        )
        assert result.returncode == code, text
        assert said in result.stderr
        assert "Traceback" not in result.stderr
        assert ('"type":"RECORD"' in result.stdout) is (code == 0)


def test_a_token_of_the_wrong_type_is_not_shown(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    for token in (987654321, {"value": "wrong-type"}):
        config.write_text(json.dumps({"employee_token": token, "consumer_token": "c-token"}))
        for option in ((), ("--test",)):
            result = tap(f"--config={config}", *option, LOGLEVEL="DEBUG")
            shown = result.stdout + result.stderr
            assert "987654321" not in shown
            assert "wrong-type" not in shown
            assert "employee_token must be text" in shown
            assert "Traceback" not in shown
            assert result.returncode == 1
