"""Say how long the ledger takes into PostgreSQL, with which settings, and what the tap's share is.

python -m tests.benchmarks.loaders [--size 200000] [--runs 1] [--only WORD ...]

Each variant is one `meltano run` into a new schema of a real server, all on this machine: with
the settings of `meltano.yml`, changed as its name says. The tap's and the loader's processor
seconds are looked up ten times a second while they run; the tap's have its discovery in them,
which Meltano runs first. The tap alone, to /dev/null, is measured beside.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks import contenders
from tests.benchmarks.measuring import (
    ROOT,
    VOUCHERS_PER_DAY,
    Server,
    Usage,
    measured,
    median,
    sandbox,
    table,
)
from tests.postgres import Postgres, postgres_server

MELTANO = Path(sys.executable).parent / "meltano"
SELECT = '["postings.*", "!postings.created_at", "!postings.updated_at"]'
LOOK_SECONDS = 0.1
TAP, LOADER = "tap-tripletex", "target-postgres"

VARIANTS: dict[str, dict[str, str]] = {
    "as shipped": {},
    "validated": {"VALIDATE_RECORDS": "true"},
    "no-copy": {"USE_COPY": "false"},
    "1,000": {"BATCH_SIZE_ROWS": "1000"},
    "50,000": {"BATCH_SIZE_ROWS": "50000"},
    "100,000": {"BATCH_SIZE_ROWS": "100000"},
}


@dataclass
class Load:
    """What a run through Meltano has used.

    Attributes:
        usage: Of everything but the server of the database.
        tap: Processor seconds of the tap.
        loader: Processor seconds of the loader.
        loader_mb: Most memory that the loader was seen with.
    """

    usage: Usage
    tap: float
    loader: float
    loader_mb: float


class Watch:
    """Looks at the processes below another one, again and again."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._processor: dict[str, dict[int, float]] = {TAP: {}, LOADER: {}}
        self.peak_mb: dict[str, float] = {TAP: 0, LOADER: 0}

    def look(self, parent: psutil.Process) -> None:
        """Note what those that are alive have used so far."""
        for process in parent.children(recursive=True):
            try:
                names = {Path(part).name for part in process.cmdline()[:2]}
                times, memory = process.cpu_times(), process.memory_info().rss
            except psutil.Error:
                continue
            for name in (TAP, LOADER):
                if name in names:
                    self._processor[name][process.pid] = times.user + times.system
                    self.peak_mb[name] = max(self.peak_mb[name], memory / 1024**2)

    def processor(self, name: str) -> float:
        """Return the processor seconds of all processes of a name."""
        return sum(self._processor[name].values())


def load(server: Server, postgres: Postgres, schema: str, settings: dict[str, str]) -> Load:
    """Load the postings into a schema.

    Raises:
        RuntimeError: It failed; the end of what it logged is the message.
    """
    with tempfile.TemporaryDirectory(prefix="tap-benchmark-") as folder:
        environment = {
            **{f"TAP_TRIPLETEX_{name.upper()}": value for name, value in server.config.items()},
            **postgres.environment(schema),
            **{f"TARGET_POSTGRES_{name}": value for name, value in settings.items()},
            "TAP_TRIPLETEX__SELECT": SELECT,
            "MELTANO_DATABASE_URI": f"sqlite:///{folder}/meltano.db",
        }
        watch = Watch()
        began = time.perf_counter()
        with (
            tempfile.TemporaryFile() as log,
            subprocess.Popen(
                [MELTANO, "run", TAP, LOADER],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            parent = psutil.Process(process.pid)
            while process.poll() is None:
                watch.look(parent)
                time.sleep(LOOK_SECONDS)
            seconds = time.perf_counter() - began
            if process.returncode:
                log.seek(0)
                raise RuntimeError(log.read().decode(errors="replace")[-4000:])
    tap, loader = watch.processor(TAP), watch.processor(LOADER)
    usage = Usage(seconds, tap + loader, max(watch.peak_mb.values()))
    return Load(usage, tap, loader, watch.peak_mb[LOADER])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, choices=list(VOUCHERS_PER_DAY), default=200_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    return parser.parse_args()


def main() -> int:
    """Print what is asked for."""
    given = _arguments()
    subprocess.run(
        [MELTANO, "install", "loader", LOADER], cwd=ROOT, check=True, capture_output=True
    )
    with (
        sandbox(given.size) as server,
        postgres_server() as postgres,
        tempfile.TemporaryDirectory(prefix="tap-benchmark-") as name,
    ):
        command = contenders.this_tap(server, Path(name)).command
        measured(command)
        alone = median([measured(command) for _ in range(given.runs)])
        loads: dict[str, list[Load]] = {variant: [] for variant in given.only}
        for run in range(given.runs):
            for number, variant in enumerate(given.only):
                schema = f"run_{run}_{number}"
                loads[variant].append(load(server, postgres, schema, VARIANTS[variant]))
                [(rows,)] = postgres.rows(f"SELECT count(*) FROM {schema}.postings")
    print(f"{rows:,} postings")
    print(f"the tap alone: {alone.seconds:.1f} s, processor {alone.processor:.1f} s")
    print(told(loads, rows, alone))
    return 0


def told(loads: dict[str, list[Load]], rows: int, alone: Usage) -> str:
    """Return a table of variants."""
    head = (
        "",
        "seconds",
        "rows/s",
        "tap alone, of that",
        "tap's processor s",
        "loader's",
        "tap's share",
        "loader's MB",
    )
    lines = []
    for variant, runs in loads.items():
        seconds = median(run.usage for run in runs).seconds
        tap = sum(run.tap for run in runs) / len(runs)
        loader = sum(run.loader for run in runs) / len(runs)
        lines.append(
            (
                variant,
                f"{seconds:.1f}",
                f"{rows / seconds:,.0f}",
                f"{alone.seconds / seconds:.0%}",
                f"{tap:.1f}",
                f"{loader:.1f}",
                f"{tap / (tap + loader):.0%}",
                f"{max(run.loader_mb for run in runs):.0f}",
            )
        )
    return table(head, lines)


if __name__ == "__main__":
    sys.exit(main())
