"""Who is measured: how each is told to read the postings of a sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.benchmarks.measuring import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.measuring import Server

SLOW_COLUMNS = {"created_at", "updated_at"}


@dataclass(frozen=True)
class Contender:
    """A program that reads the postings and writes them to standard output.

    Attributes:
        name: As the tables show it.
        command: Reads everything once.
        environment: Variables that it needs.
        page_size: Rows that it asks for in one request.
        concurrency: Requests that it has under way at once.
        largest: Most postings that it is given, for time's sake.
        mark: What each line of a posting has in it.
    """

    name: str
    command: list[str | Path]
    page_size: int
    concurrency: int
    environment: dict[str, str] = field(default_factory=dict)
    largest: int = 200_000
    mark: bytes = b'"RECORD"'


def this_tap(server: Server, folder: Path, concurrency: int | None = None) -> Contender:
    """Return this tap, with its own settings or so many requests at once."""
    settings = {} if concurrency is None else {"max_concurrency": concurrency}
    config = _write(folder / f"this-{concurrency}.json", server.config | settings)
    catalog = folder / "postings.json"
    if not catalog.exists():
        _write(catalog, postings_only())
    command: list[str | Path] = [sys.executable, "-m", "tap_tripletex"]
    command += ["--config", config, "--catalog", catalog]
    name = "this tap" + (f", {concurrency} at once" if concurrency else "")
    return Contender(name, command, 5000, concurrency or 8, largest=1_000_000)


def ordinary_tap(server: Server, folder: Path) -> Contender:
    """Return a tap as the SDK's template gives it."""
    config = _write(folder / "ordinary.json", server.config)
    command = [sys.executable, "-m", "tests.benchmarks.ordinary_tap", "--config", config]
    return Contender("ordinary SDK tap", command, 1000, 1)


def postings_only() -> dict[str, Any]:
    """Return the tap's catalog with the postings selected, without the columns that are slow."""
    command = [sys.executable, "-m", "tap_tripletex", "--discover"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    catalog: dict[str, Any] = json.loads(done.stdout)
    for stream in catalog["streams"]:
        wanted = stream["tap_stream_id"] == "postings"
        for entry in stream["metadata"]:
            slow = entry["breadcrumb"][-1:] and entry["breadcrumb"][-1] in SLOW_COLUMNS
            entry["metadata"]["selected"] = wanted and not slow
    return catalog


def _write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
