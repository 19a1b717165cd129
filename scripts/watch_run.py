"""Runs a command of Meltano and shows how far it is; the whole log goes to a file.

    python scripts/watch_run.py FOLDER meltano --log-format=json run …

What the tap, the loader and dbt warn of is shown as it is said. On a terminal a line at the bottom
tells how far the run is; elsewhere a line now and then, so that there are few, however long it
takes.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LOGS_KEPT = 20
SHOWN = {"warning": 5, "error": 10}
"""How many are shown; all are in the log."""
LAST_WORDS = 8
"""Lines that are shown of a plugin that failed without saying why."""
FIRST_WAIT, LONGER = 10.0, 2.0
"""Seconds before the first line, and what each wait is longer than the one before."""

LEVELS = {"warning": "warning", "error": "error", "critical": "error"}
# Loaders and dbt write plain text, in which a level stands in capitals; ERROR=0 is a count.
IN_TEXT = re.compile(r"\b(WARN|WARNING|ERROR|FAIL|CRITICAL|FATAL)\b(?!=)|^\S+ +\S+ Error")
MODEL = re.compile(r"\b(\d+) of (\d+) (?!START)")
CLOSING = ("Read ", "Postings of ")
EXPECTED = ("No state was found",)
"""What Meltano warns of in every first run."""

Record = dict[str, Any]


@dataclass
class Progress:
    """How far a run is, by what was logged.

    Attributes:
        streams: that were read to the end.
        stream: that was read last.
        rows: that the tap has written.
        requests: that the tap has made.
        models: that dbt has made or tested, and how many there are; None before it began.
        closing: what the tap has said at its end.
        last: what plugins have said last.
    """

    streams: set[str] = field(default_factory=set)
    stream: str = ""
    rows: int = 0
    requests: int = 0
    models: tuple[int, int] | None = None
    closing: list[str] = field(default_factory=list)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_WORDS))

    def note(self, record: Record) -> None:
        """Take in a line of the log."""
        event = str(record.get("event", ""))
        if measured := record.get("metric_info"):
            self._measure(measured["metric"], measured["value"], measured["tags"])
        elif str(record.get("name", "")).startswith("tap-") and event.startswith(CLOSING):
            self.closing.append(event)
        elif record.get("cmd_type") == "command":
            found = MODEL.search(event)
            self.models = (int(found[1]), int(found[2])) if found else self.models or (0, 0)
        if "stdio" in record and "metric_info" not in record:
            self.last.append(event)

    def _measure(self, metric: str, value: float, tags: dict[str, Any]) -> None:
        self.stream = tags.get("stream", self.stream)
        match metric:
            case "record_count":
                self.rows += int(value)
            case "http_request_count":
                self.requests += int(value)
            case "sync_duration":
                self.streams.add(self.stream)

    def __str__(self) -> str:
        """Say how far the run is, in a line."""
        if self.models is not None:
            done, models = self.models
            return "making and testing the models" + (f": {done} of {models}" if models else "")
        if not self.stream:
            return "starting"
        rows, requests = (f"{number:_}".replace("_", " ") for number in (self.rows, self.requests))
        streams = len(self.streams)
        return f"reading {self.stream}: {streams} streams done, {rows} rows, {requests} requests"


def severity(record: Record) -> str | None:
    """Return whether a line of the log is a warning or an error that is to be seen."""
    event = str(record.get("event", ""))
    if event.startswith(EXPECTED):
        return None
    if "stdio" in record and "plugin_logger" not in record and (found := IN_TEXT.search(event)):
        return "warning" if str(found[1]).startswith("WARN") else "error"
    return LEVELS.get(str(record.get("level")))


def records(lines: Iterable[str]) -> Iterator[Record]:
    """Yield what is logged; a line that is no JSON is one that says itself."""
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        yield record if isinstance(record, dict) else {"event": line.rstrip(), "level": "error"}


def written(record: Record) -> str:
    """Return a line of the log for the file."""
    event = json.dumps(record["metric_info"]) if "metric_info" in record else record.get("event")
    words = (record.get("timestamp", ""), record.get("level", ""), record.get("name", "meltano"))
    rest = record.get("exception")
    return f"{' '.join(map(str, words))}: {event}\n" + (f"{rest}\n" if rest else "")


def watch(command: list[str], log: Path, console: Console) -> int:
    """Run a command and return its exit code."""
    progress = Progress()
    began = told = time.monotonic()
    wait, seen = FIRST_WAIT, Counter[str]()
    live = sys.stdout.isatty() and not console.is_dumb_terminal
    status: Status | nullcontext[None] = (
        Status("starting", console=console) if live else nullcontext()
    )
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    )
    # Whoever ends the run ends Meltano, which tells how that went.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    assert process.stderr is not None  # noqa: S101 - it is a pipe
    with log.open("w", encoding="utf-8") as file, status:
        for record in records(process.stderr):
            file.write(written(record))
            progress.note(record)
            if kind := severity(record):
                seen[kind] += 1
                if seen[kind] <= SHOWN[kind]:
                    _say(console, str(record.get("event")))
            now = time.monotonic()
            line = f"{now - began:4.0f} s  {progress}"
            if isinstance(status, Status):
                status.update(line)
            elif now - told > wait:
                told, wait = now, wait * LONGER
                _say(console, line)
    code = process.wait()
    _tell_the_end(console, progress, seen, code)
    took = time.monotonic() - began
    _say(console, f"{'Failed' if code else 'Done'} in {took:.0f} s. The whole log: {log}")
    return code


def _tell_the_end(console: Console, progress: Progress, seen: Counter[str], code: int) -> None:
    """Tell what was not shown, and the result."""
    for kind, number in seen.items():
        if number > SHOWN[kind]:
            _say(console, f"… and {number - SHOWN[kind]} more of kind {kind}, in the log.")
    if code and not seen["error"]:
        for line in progress.last:
            _say(console, line)
    for line in progress.closing:
        _say(console, line)


def _say(console: Console, text: str) -> None:
    """Print text as it is, but for what would control a terminal."""
    clean = "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)
    console.print(clean, markup=False, highlight=False, soft_wrap=True)


def new_log(folder: Path) -> Path:
    """Return where the log of this run goes, and remove the oldest of others."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("run-*.log"))[: -(LOGS_KEPT - 1)]:
        old.unlink(missing_ok=True)
    return folder / f"run-{datetime.now(timezone.utc):%Y%m%dT%H%M%S}Z.log"


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(watch(sys.argv[2:], new_log(Path(sys.argv[1])), Console()))
