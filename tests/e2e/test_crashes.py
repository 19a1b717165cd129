"""Killed at any moment, the next run ends with the right data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN
from tests.e2e.conftest import MELTANO, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tap_tripletex.sandbox import Sandbox
    from tests.e2e.conftest import DuckDB, Project

STREAMS = ["postings.*", "vouchers.*", "timesheet_entries.*", "sync_windows.*"]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def processes(run: int, name: str) -> list[psutil.Process]:
    """Return the processes under a run whose command is this program."""
    found = psutil.Process(run).children(recursive=True)
    return [process for process in found if any(name in part for part in process.cmdline()[:2])]


def slow(sandbox: Sandbox) -> None:
    sandbox.latency_ms = 40


@pytest.mark.parametrize("victim", ["tap-tripletex", "target-duckdb", "meltano"])
def test_after_a_kill_the_next_run_ends_with_the_right_data(
    project: Project, books: DuckDB, victim: str
) -> None:
    project.environment["TAP_TRIPLETEX__SELECT"] = json.dumps(STREAMS)
    project.environment["TAP_TRIPLETEX_PAGE_SIZE"] = "50"
    slow(project.sandbox)
    run = subprocess.Popen(
        [str(MELTANO), "run", "tap-tripletex", "target-duckdb"],
        cwd=ROOT,
        env={**os.environ, **project.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: len(project.requests) > 40)
    targets = processes(run.pid, "target-duckdb")
    victims = [run] if victim == "meltano" else processes(run.pid, victim)
    assert victims
    for process in victims:
        process.kill()
    run.wait(60)
    assert run.returncode != 0
    psutil.wait_procs(targets, 60)
    project.sandbox.latency_ms = 0
    project.meltano("run", "--force", "tap-tripletex", "target-duckdb")
    company = project.sandbox.company()
    found = books.rows("SELECT id, CAST(amount AS DECIMAL(18, 2)) FROM postings ORDER BY id")
    assert found == [(row["id"], Decimal(row["amount"]) / 100) for row in company.rows("Posting")]
    assert books.count("vouchers") == len(company.rows("Voucher"))
    assert books.count("timesheet_entries") == len(company.rows("TimesheetEntry"))


def config(project: Project) -> Path:
    file = project.folder / "config.json"
    settings = {"api_url": project.environment["TAP_TRIPLETEX_API_URL"], "page_size": 100}
    tokens = {"consumer_token": CONSUMER_TOKEN, "employee_token": EMPLOYEE_TOKEN}
    file.write_text(json.dumps(settings | tokens))
    return file


def messages(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def postings(found: list[dict[str, Any]]) -> list[int]:
    records = (m for m in found if m["type"] == "RECORD" and m["stream"] == "postings")
    return [message["record"]["id"] for message in records]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_cleanly_with_a_state_to_go_on_from(
    project: Project, tmp_path: Path, how: signal.Signals
) -> None:
    slow(project.sandbox)
    command = [sys.executable, "-m", "tap_tripletex", f"--config={config(project)}"]
    interrupted = tmp_path / "interrupted.jsonl"
    with interrupted.open("w") as output:
        run = subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: interrupted.read_text().count('"stream":"postings"') > 2500)
        run.send_signal(how)
        run.communicate(timeout=60)
    assert run.returncode != 0
    first = messages(interrupted.read_text())
    assert first[-1]["type"] == "STATE"
    state = tmp_path / "state.json"
    state.write_text(json.dumps(first[-1]["value"]))
    project.sandbox.latency_ms = 0
    again = subprocess.run(
        [*command, f"--state={state}"], capture_output=True, text=True, check=True, timeout=120
    )
    before, after = postings(first), postings(messages(again.stdout))
    truth = [row["id"] for row in project.sandbox.company().rows("Posting")]
    assert set(before) | set(after) == set(truth)
    assert 0 < len(after) < len(truth)


SIGNALLED_AGAIN = """
import os, pathlib, signal, sys
from tap_tripletex.rows.output import Output
from tap_tripletex.tap import TapTripletex

make = Output.format_message

def signalled(self, message):
    line = make(self, message)
    if type(message).__name__ == "StateMessage" and pathlib.Path(sys.argv[-1]).exists():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
    return line

Output.format_message = signalled
TapTripletex.cli(sys.argv[1:-1])
"""


def test_signals_while_the_last_state_is_written_do_not_lose_it(
    project: Project, tmp_path: Path
) -> None:
    slow(project.sandbox)
    flag, output = tmp_path / "signalled", tmp_path / "interrupted.jsonl"
    command = [sys.executable, "-c", SIGNALLED_AGAIN, f"--config={config(project)}", str(flag)]
    with output.open("w") as file:
        run = subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: output.read_text().count('"type":"RECORD"') > 1000)
        flag.touch()
        run.terminate()
        _, log = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "Stopped before the end" in log
    assert messages(output.read_text())[-1]["type"] == "STATE"


STATES_OFTEN = """
import sys
from tap_tripletex.rows import output
from tap_tripletex.tap import TapTripletex

output.LEAST, output.SHARE, output.SECONDS_TO_STOP = 20_000, 0, 3.0
TapTripletex.cli(sys.argv[1:])
"""


def test_a_target_that_does_not_read_does_not_hold_up_the_end(
    project: Project, tmp_path: Path
) -> None:
    settings = config(project)
    command = [sys.executable, "-c", STATES_OFTEN, f"--config={settings}"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    read = b""
    while b'"type":"STATE"' not in read or read.count(b'"stream":"postings"') < 500:
        read += os.read(run.stdout.fileno(), 65_536)
    asked = -1
    while asked != len(project.requests):  # from here on the pipe is full
        asked = len(project.requests)
        time.sleep(2)
    assert run.poll() is None
    began = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        run.send_signal(number)
    assert run.wait(20) == 1
    assert time.monotonic() - began < 10
    rest, log = run.communicate()
    assert b"the target did not read" in log
    whole = (read + rest).decode().rpartition("\n")[0]  # what ends in the middle is no line
    first = messages(whole)
    last = max(n for n, message in enumerate(first) if message["type"] == "STATE")
    state = tmp_path / "state.json"
    state.write_text(json.dumps(first[last]["value"]))
    command = [sys.executable, "-m", "tap_tripletex", f"--config={settings}", f"--state={state}"]
    again = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    truth = {row["id"] for row in project.sandbox.company().rows("Posting")}
    assert set(postings(first[:last])) | set(postings(messages(again.stdout))) == truth
