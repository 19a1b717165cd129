"""What the benchmarks share: a sandbox in its own process, processes measured, medians, tables."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import requests

from tests.benchmarks.bounds import WINDOW_SECONDS, Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
KILOBYTES_IN_MEGABYTE = 1024
CACHE_MB = 4096
"""Enough for all pages of the largest company: what was read once is not rendered again."""
VOUCHERS_PER_DAY = {4_500: 0.5, 20_000: 5.4, 200_000: 71.5, 1_000_000: 364.5}
"""How busy the company has to be to have so many postings, about, at the end of 2026."""


NO_WAITS = Waits()
SESSION = re.compile("/token/session/(?!>)")


@dataclass(frozen=True)
class Server:
    """A sandbox in a process of its own.

    Attributes:
        url: Base address of its API.
        consumer_token: Opens it, with the next one.
        employee_token: Opens it, with the previous one.
    """

    url: str
    consumer_token: str
    employee_token: str

    @property
    def config(self) -> dict[str, Any]:
        """The settings that a tap needs to read it."""
        return {
            "api_url": self.url,
            "consumer_token": self.consumer_token,
            "employee_token": self.employee_token,
        }

    def session(self) -> str:
        """Return the token of a new session, for programs that cannot log in themselves."""
        tokens = {
            "consumerToken": self.consumer_token,
            "employeeToken": self.employee_token,
            "expirationDate": (date.today() + timedelta(days=2)).isoformat(),  # noqa: DTZ011
        }
        answer = requests.put(f"{self.url}/token/session/:create", params=tokens, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["value"]["token"])

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests so far, oldest first; sessions are left out, as limits do."""
        answer = requests.get(f"{self.url}/sandbox/requests", timeout=60)
        entries: list[dict[str, Any]] = answer.json()
        return [entry for entry in entries if not SESSION.match(entry["path"])]


@contextmanager
def sandbox(size: int, waits: Waits = NO_WAITS) -> Iterator[Server]:
    """Start a sandbox with about so many postings and wait until it answers."""
    options = {
        "port": 0,
        "vouchers-per-day": VOUCHERS_PER_DAY[size],
        "latency-ms": waits.latency_ms,
        "latency-per-1000-rows-ms": waits.latency_per_1000_rows_ms,
        "rate-limit": waits.rate_limit,
        "cache-mb": CACHE_MB,
    }
    command = [sys.executable, "-m", "tap_tripletex.sandbox"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = dict(_line(process) for _ in range(3))
            yield Server(said["url"], said["consumer token"], said["employee token"])
        finally:
            process.terminate()


def _line(process: subprocess.Popen[str]) -> tuple[str, str]:
    assert process.stdout
    name, found, value = process.stdout.readline().partition(":")
    if not found:
        sys.exit("The sandbox did not start.")
    return name, value.strip()


def wait_for_window() -> None:
    """Wait until a window of the rate limit begins, so that nobody has used any of it."""
    time.sleep(WINDOW_SECONDS - time.time() % WINDOW_SECONDS)


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
    output: Callable[[IO[bytes]], object] | None = None,
) -> Usage:
    """Run a command to its end and say what it used.

    Args:
        command: Program and arguments.
        environment: Variables besides those of this process.
        output: Reads what the command prints, which otherwise goes to /dev/null.

    Raises:
        RuntimeError: It failed; the end of what it logged is the message.
    """
    with tempfile.TemporaryFile() as logged:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            # Compiled once, as an installed program is.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(environment or {})},
            stdout=subprocess.PIPE if output else subprocess.DEVNULL,
            stderr=logged,
        )
        if output and process.stdout:
            with process.stdout:
                output(process.stdout)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            logged.seek(0)
            end = logged.read().decode(errors="replace")[-4000:]
            message = f"{command[:3]} ended with exit code {process.returncode}:\n{end}"
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
