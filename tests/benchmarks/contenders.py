"""Who is measured: how each is told to read the postings of a sandbox."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.benchmarks.measuring import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.measuring import Server

HERE = Path(__file__).parent
CACHE = ROOT / ".benchmarks"
BIN = "Scripts" if os.name == "nt" else "bin"
SLOW_COLUMNS = {"created_at", "updated_at"}
ORDINARY = "ordinary SDK tap"
OTHERS_LARGEST = 200_000
FUTURE_DAYS = 400


class MissingError(Exception):
    """A contender cannot be installed here."""


def _records(output: IO[bytes]) -> int:
    return sum(b'"RECORD"' in line for line in output)


def _printed_number(output: IO[bytes]) -> int:
    return int(output.read().split()[-1])


@dataclass(frozen=True)
class Contender:
    """A program that reads the postings.

    Attributes:
        name: As the tables show it.
        command: Reads everything once.
        page_size: Rows that it asks for in one request.
        concurrency: Requests that it has under way at once.
        environment: Variables that it needs.
        largest: Most postings that it is given, for time's sake; None for any number.
        count: Finds in what it prints how many it has read.
    """

    name: str
    command: list[str | Path]
    page_size: int
    concurrency: int
    environment: dict[str, str] = field(default_factory=dict)
    largest: int | None = OTHERS_LARGEST
    count: Callable[[IO[bytes]], int] = _records


def this_tap(server: Server, folder: Path, concurrency: int | None = None) -> Contender:
    """Return this tap, with its own settings or so many requests at once."""
    settings = {} if concurrency is None else {"max_concurrency": concurrency}
    config = write(folder / f"this-{concurrency}.json", server.config | settings)
    catalog = folder / "postings.json"
    if not catalog.exists():
        write(catalog, postings_only())
    command: list[str | Path] = [sys.executable, "-m", "tap_tripletex"]
    command += ["--config", config, "--catalog", catalog]
    at_once = concurrency or 8
    return Contender(f"this tap, {at_once} at once", command, 10_000, at_once, largest=None)


def ordinary_tap(server: Server, folder: Path) -> Contender:
    """Return a tap as the SDK's template gives it."""
    config = write(folder / "ordinary.json", server.config)
    command = [sys.executable, "-m", "tests.benchmarks.ordinary_tap", "--config", config]
    return Contender(ORDINARY, command, 1000, 1)


def dlt(server: Server, folder: Path, parts: int) -> Contender:
    """Return dlt, with the list cut into parts that are read at once.

    Raises:
        MissingError: It cannot be installed.
    """
    command = [installed("dlt") / "python", HERE / "dlt_pipeline.py"]
    command += [server.url, server.session(), folder / f"dlt-{parts}", str(parts)]
    quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    name = "dlt" if parts == 1 else f"dlt, {parts} parts at once"
    return Contender(name, command, 1000, parts, quiet, count=_printed_number)


def airbyte(server: Server, folder: Path, concurrency: int) -> Contender:
    """Return Airbyte's declarative source, with so many months at once.

    Raises:
        MissingError: It cannot be installed.
    """
    end = date.today() + timedelta(days=FUTURE_DAYS)  # noqa: DTZ011
    settings = {
        "api_url": server.url,
        "session_token": server.session(),
        "concurrency": concurrency,
        "end": end.isoformat(),
    }
    stream = {"name": "postings", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    modes = {"sync_mode": "full_refresh", "destination_sync_mode": "append"}
    catalog = {"streams": [{"stream": stream, **modes}]}
    command = [
        installed("airbyte") / "source-declarative-manifest",
        "read",
        *("--manifest-path", HERE / "airbyte_manifest.yaml"),
        *("--config", write(folder / "airbyte.json", settings)),
        *("--catalog", write(folder / "airbyte-catalog.json", catalog)),
    ]
    return Contender(f"Airbyte CDK, {concurrency} at once", command, 1000, concurrency)


def installed(name: str) -> Path:
    """Return the commands of an environment with a contender's pinned packages.

    Raises:
        MissingError: It cannot be made.
    """
    requirements = HERE / f"requirements-{name}.txt"
    pins = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    folder = CACHE / f"{name}-{pins}"
    stamp = folder / "ready"
    if not stamp.exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [folder / BIN / "python", "-m", "pip", "--quiet", "install"]
        done = subprocess.run(
            [*pip, "--requirement", requirements], capture_output=True, text=True, check=False
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            message = f"{name} cannot be installed here and is left out: {reason}"
            raise MissingError(message)
        stamp.touch()
    return folder / BIN


def postings_only() -> dict[str, Any]:
    """Return the tap's catalog with the postings selected, without the columns that are slow."""
    command = [sys.executable, "-m", "tap_tripletex", "--discover"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    catalog: dict[str, Any] = json.loads(done.stdout)
    for stream in catalog["streams"]:
        wanted = stream["tap_stream_id"] == "postings"
        for entry in stream["metadata"]:
            slow = bool(SLOW_COLUMNS.intersection(entry["breadcrumb"]))
            entry["metadata"]["selected"] = wanted and not slow
    return catalog


def write(path: Path, content: object) -> Path:
    """Write JSON to a file and return its path."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
