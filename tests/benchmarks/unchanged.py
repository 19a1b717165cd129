"""A run in which nothing has changed: what it asks for, and how it uses the limit."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.benchmarks import contenders
from tests.benchmarks.bounds import WINDOW_SECONDS
from tests.benchmarks.measuring import (
    NO_WAITS,
    Usage,
    measured,
    sandbox,
    table,
    wait_for_window,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.bounds import Waits
    from tests.benchmarks.measuring import Server

RESERVE = 10
"""Requests of each window that the tap leaves to others unless told otherwise."""

LONGEST = 15
"""Paths that are told one by one."""


class Output:
    """What a run has printed: the last state, and the rows of each stream."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.state: Any = {}
        self.rows: Counter[str] = Counter()

    def __call__(self, output: IO[bytes]) -> None:
        """Read it."""
        for line in output:
            if b'"STATE"' in line[:40]:
                self.state = json.loads(line)["value"]
            elif b'"RECORD"' in line[:40]:
                self.rows[json.loads(line)["stream"]] += 1


def told(size: int, waits: Waits) -> str:
    """Read everything, then once more from a server that makes clients wait, and tell of that.

    Both servers have the same books: those of a seed do not differ.
    """
    with tempfile.TemporaryDirectory(prefix="tap-benchmark-") as name:
        folder = Path(name)
        with sandbox(size, NO_WAITS) as server:
            first, _ = _run(server, folder)
        state = contenders.write(folder / "state.json", first.state)
        with sandbox(size, waits) as server:
            wait_for_window()
            second, usage = _run(server, folder, "--state", state)
            requests = server.requests()
    return _text(first, second, usage, requests, waits)


def _run(server: Server, folder: Path, *options: str | Path) -> tuple[Output, Usage]:
    config = contenders.write(folder / "config.json", server.config)
    output = Output()
    command = [sys.executable, "-m", "tap_tripletex", "--config", config, *options]
    return output, measured(command, output=output)


def _text(
    first: Output,
    second: Output,
    usage: Usage,
    requests: Sequence[dict[str, Any]],
    waits: Waits,
) -> str:
    times = [entry["time"] for entry in requests]
    begun = int(min(times) // WINDOW_SECONDS)
    windows = Counter(int(time // WINDOW_SECONDS) - begun for time in times)
    used = [windows[number] for number in range(max(windows) + 1)]
    took = max(times) - begun * WINDOW_SECONDS + waits.latency_ms / 1000
    refused = sum(entry["status"] == 429 for entry in requests)
    least = waits.requesting(len(requests), RESERVE)
    whole = ", ".join(f"{count / waits.rate_limit:.0%}" for count in used[1:-1]) or "none"
    unread = sum(entry["status"] == 304 for entry in requests)
    streams = ", ".join(f"{stream} {count}" for stream, count in second.rows.most_common(6))
    lines = {
        "requests": f"{len(requests)}, {refused} of them refused with 429, {unread} told 304",
        "from the first window's start": f"{took:.1f} s, bound {least:.1f} s",
        "in all": f"{usage.seconds:.1f} s, processor {usage.processor:.1f} s, "
        f"peak {usage.peak_mb:.0f} MB",
        f"requests in each {WINDOW_SECONDS} s": ", ".join(map(str, used)),
        "share of the limit in whole windows": whole,
        "rows": f"{second.rows.total():,} after {first.rows.total():,} in the first run",
        "most rows": streams or "-",
    }
    summary = "".join(f"{name}: {text}\n" for name, text in lines.items())
    return f"{summary}\n{_paths(requests)}"


def _paths(requests: Sequence[dict[str, Any]]) -> str:
    counts = Counter(entry["path"] for entry in requests)
    rows = Counter[str]()
    for entry in requests:
        rows[entry["path"]] += entry["rows"]
    longest = counts.most_common(LONGEST)
    others = len(counts) - len(longest)
    rest = counts.total() - sum(count for _, count in longest)
    lines = [(path, str(count), f"{rows[path]:,}") for path, count in longest]
    lines.append((f"{others} others", str(rest), ""))
    return table(("path", "requests", "rows"), lines)
