"""What is shown of a run, and what is left to its log."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[1] / "scripts" / "watch_run.py"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

TAP = {"name": "tap-tripletex", "stdio": "stderr", "plugin_logger": "tap-tripletex"}
LOADER = {"name": "target-duckdb", "stdio": "stderr", "level": "info"}
DBT = {"name": "dbt-duckdb", "stdio": "stderr", "cmd_type": "command", "level": "info"}


def metric(name: str, value: float, stream: str) -> dict[str, Any]:
    info = {"metric": name, "value": value, "tags": {"stream": stream}}
    return {**TAP, "level": "info", "event": "METRIC", "metric_info": info}


USUAL = [
    {"event": "No state was found, complete import.", "level": "warning"},
    {**TAP, "level": "info", "event": "Beginning sync of 'postings'"},
    metric("http_request_count", 12, "postings"),
    metric("sync_duration", 0.1, "postings"),
    metric("record_count", 3456, "postings"),
    {**TAP, "level": "info", "event": "Read 3456 records of 1 streams with 12 requests."},
    {**LOADER, "event": "Table does not exist. Creating…"},
    {**DBT, "event": "00:42:13  33 of 135 OK created sql view model stg [OK in 0.13s]"},
    {**DBT, "event": "00:42:14  Done. PASS=135 WARN=0 ERROR=0 SKIP=0"},
]


def program(records: list[Any], code: int = 0, wait: float = 0) -> list[str]:
    """Return a command that logs as Meltano does."""
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    text = (
        "import sys, time\n"
        f"for line in {lines!r}:\n"
        "    print(line, file=sys.stderr, flush=True)\n"
        f"    time.sleep({wait})\n"
        f"sys.exit({code})"
    )
    return [sys.executable, "-c", text]


def watch(
    folder: Path, records: list[Any], code: int = 0, **environment: str
) -> tuple[list[str], str]:
    """Return the lines that are shown where there is no terminal, and the log."""
    done = subprocess.run(
        [sys.executable, SCRIPT, folder, *program(records, code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )
    assert done.returncode == code, done.stdout
    assert not CONTROL.search(done.stdout.replace("\n", ""))
    (log,) = folder.glob("run-*.log")
    lines = done.stdout.splitlines()
    assert lines[-1].endswith(f"The whole log: {log}")
    return lines, log.read_text(encoding="utf-8")


def test_of_a_good_run_its_result_is_shown(tmp_path: Path) -> None:
    lines, log = watch(tmp_path, USUAL)
    assert lines[0] == "Read 3456 records of 1 streams with 12 requests."
    assert re.fullmatch(r"Done in \d+ s\. The whole log: .*", lines[1])
    assert len(lines) == 2
    assert all(record["event"] in log for record in USUAL if "metric_info" not in record)
    assert '"value": 3456' in log


def test_warnings_and_errors_are_shown_as_they_are(tmp_path: Path) -> None:
    serious = [
        {**TAP, "level": "warning", "event": "Skipped: products (company 7). [bold]No[/] right."},
        {**TAP, "level": "error", "event": "Failed: postings (company 7). Try again."},
        {**LOADER, "event": "2026-11-26 | ERROR | target-duckdb | disk full"},
        {**DBT, "event": "00:42:14  12 of 135 FAIL 3 debit_equals_credit [FAIL 3 in 0.05s]"},
        {**DBT, "event": "00:42:14  Database Error in model sales"},
        {"event": "Block run completed", "level": "error"},
    ]
    lines, _ = watch(tmp_path, [*USUAL, *serious], code=1)
    assert lines[:-2] == [record["event"] for record in serious]
    assert lines[-1].startswith("Failed in ")


def test_what_is_no_json_is_shown(tmp_path: Path) -> None:
    lines, log = watch(tmp_path, ["Traceback (most recent call last):", "[1]", *USUAL])
    assert lines[:2] == ["Traceback (most recent call last):", "[1]"]
    assert "Traceback" in log


def test_however_much_goes_wrong_few_lines_are_shown(tmp_path: Path) -> None:
    many = [{**TAP, "level": "warning", "event": f"Odd: {n}"} for n in range(500)]
    failed = {**TAP, "level": "error", "event": "Failed: postings"}
    lines, log = watch(tmp_path, [*many, *USUAL, failed])
    assert len(lines) < 20
    assert "… and 495 more of kind warning, in the log." in lines
    assert "Failed: postings" in lines
    assert "Odd: 499" in log


def test_a_failure_without_an_error_shows_what_was_said_last(tmp_path: Path) -> None:
    said = [{**LOADER, "event": "ModuleNotFoundError: no module named duckdb"}]
    lines, _ = watch(tmp_path, said, code=1)
    assert lines[0] == said[0]["event"]


def test_what_would_control_a_terminal_is_not_passed_on(tmp_path: Path) -> None:
    odd = {**TAP, "level": "error", "event": "Name \x1b[31mred\x07\x9b"}
    lines, _ = watch(tmp_path, [odd])
    assert lines[0] == "Name ?[31mred??"


def test_colours_that_are_forced_do_not_make_it_a_terminal(tmp_path: Path) -> None:
    watch(tmp_path, USUAL, TERM="xterm", FORCE_COLOR="1", TTY_INTERACTIVE="1")


def on_a_terminal(folder: Path, **environment: str) -> str:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, SCRIPT, folder, *program(USUAL, wait=0.2)],
        stdout=child,
        stderr=child,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120", **environment},
    )
    os.close(child)
    shown = b""
    while True:
        try:
            part = os.read(parent, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(parent)
    assert process.wait(timeout=60) == 0
    return shown.decode()


def test_a_terminal_shows_how_far_it_is(tmp_path: Path) -> None:
    shown = on_a_terminal(tmp_path)
    assert "reading postings: 1 streams done, 3 456 rows, 12 requests" in shown
    assert "making and testing the models: 33 of 135" in shown
    last = shown.replace("\r", "").splitlines()[-1]
    assert last.startswith("Done in ")


def test_a_terminal_that_knows_no_controls_gets_none(tmp_path: Path) -> None:
    assert not CONTROL.search(on_a_terminal(tmp_path, TERM="dumb").replace("\r\n", ""))


def test_who_ends_the_run_ends_what_runs(tmp_path: Path) -> None:
    text = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        'print(\'{"event": "begun", "level": "error"}\', file=sys.stderr, flush=True)\n'
        "time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, SCRIPT, tmp_path, sys.executable, "-c", text],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 7
    assert rest.startswith("Failed in ")


def test_old_logs_are_removed(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"run-20260101T0000{number:02}Z.log").touch()
    other = tmp_path / "of-meltano.log"
    other.touch()
    subprocess.run([sys.executable, SCRIPT, tmp_path, *program(USUAL)], check=True, timeout=60)
    logs = sorted(path.name for path in tmp_path.glob("run-*.log"))
    assert len(logs) == 20
    assert logs[0] == "run-20260101T000011Z.log"
    assert other.exists()
