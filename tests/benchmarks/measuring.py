"""What the benchmarks share: a sandbox in its own process, processes measured, medians, tables."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
KILOBYTES_IN_MEGABYTE = 1024
CACHE_MB = 4096
"""Enough for all pages of the largest company: what was read once is not rendered again."""
VOUCHERS_PER_DAY = {20_000: 5.4, 200_000: 71.5, 1_000_000: 364.5}
"""How busy the company has to be to have so many postings, about, at the end of 2026."""


@dataclass(frozen=True)
class Server:
    """A sandbox in a process of its own.

    Attributes:
        url: Base address of its API.
        consumer_token: Opens it, with the next one.
        employee_token: Opens it, with the previous one.
        log: File that its requests are appended to, up to half a second late.
    """

    url: str
    consumer_token: str
    employee_token: str
    log: Path

    @property
    def config(self) -> dict[str, Any]:
        """The settings that a tap needs to read it."""
        return {
            "api_url": self.url,
            "consumer_token": self.consumer_token,
            "employee_token": self.employee_token,
        }

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests that reads needed; sessions come on top and are not limited."""
        lines = self.log.read_bytes().splitlines()
        entries = [json.loads(line) for line in lines]
        return [entry for entry in entries if not entry["path"].startswith("/token/session/:")]


@contextmanager
def sandbox(
    *,
    vouchers_per_day: float,
    latency_ms: float = 0,
    latency_per_1000_rows_ms: float = 0,
    rate_limit: int = 0,
    today: str = "",
) -> Iterator[Server]:
    """Start a sandbox and wait until it answers."""
    options = {
        "port": 0,
        "vouchers-per-day": vouchers_per_day,
        "latency-ms": latency_ms,
        "latency-per-1000-rows-ms": latency_per_1000_rows_ms,
        "rate-limit": rate_limit,
        "cache-mb": CACHE_MB,
        **({"today": today} if today else {}),
    }
    with tempfile.TemporaryDirectory(prefix="tap-benchmark-") as folder:
        log = Path(folder, "requests.jsonl")
        log.touch()
        command = [sys.executable, "-m", "tap_tripletex.sandbox", f"--request-log={log}"]
        command += [f"--{name}={value}" for name, value in options.items()]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            said = dict(_line(process) for _ in range(3))
            yield Server(said["url"], said["consumer token"], said["employee token"], log)
        finally:
            process.terminate()
            process.wait()


def _line(process: subprocess.Popen[str]) -> tuple[str, str]:
    assert process.stdout
    name, found, value = process.stdout.readline().partition(":")
    if not found:
        sys.exit("The sandbox did not start.")
    return name, value.strip()


@dataclass(frozen=True)
class Usage:
    """What a process, with the processes that it waited for, has used.

    Attributes:
        seconds: From start to end, as a clock on the wall shows.
        processor: Seconds of processor, its own and the system's for it.
        peak_mb: Most memory at once, of the largest process.
    """

    seconds: float
    processor: float
    peak_mb: float


def measured(
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
    stdout: BinaryIO | int = subprocess.DEVNULL,
) -> Usage:
    """Run a command to its end and say what it used.

    Raises:
        RuntimeError: It failed; the end of what it logged is the message.
    """
    with tempfile.TemporaryFile() as logged:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=stdout,
            stderr=logged,
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            logged.seek(0)
            message = f"{command} failed:\n{logged.read().decode(errors='replace')[-4000:]}"
            raise RuntimeError(message)
    peak = used.ru_maxrss / KILOBYTES_IN_MEGABYTE
    return Usage(seconds, used.ru_utime + used.ru_stime, peak)


def median(usages: Iterable[Usage]) -> Usage:
    """Return the medians of what several runs used."""
    usages = list(usages)
    return Usage(
        *(
            statistics.median(getattr(usage, name) for usage in usages)
            for name in ("seconds", "processor", "peak_mb")
        )
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows of text in columns, the first to the left and the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    texts = []
    for first, *rest in lines:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        texts.append("  ".join(cells).rstrip())
    return "\n".join(texts)
