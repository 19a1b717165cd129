"""An accounting office: many small companies under one token, under a clock that is fast.

python -m tests.benchmarks.companies [--companies 300] [--speed 20] [--without-faults]
python -m tests.benchmarks.companies --companies 30 --speed 75 --long

A first load, a run without changes, one with three companies revoked, one slow and one that sends
garbage, and the run after that. Tells of each: requests, minutes at the rate limit, the share of
the limit that was used, memory, the state, and whether the rows of twenty companies are those of
their books. Where the computer is too slow for the speed, the share says so, not the tap.

With ``--long`` a first load in which each answer takes 15 seconds, so that 30 companies take eight
hours, and each session ends after an hour or so.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any

import psutil
import requests

from tap_tripletex.sandbox import Sandbox
from tap_tripletex.sandbox.world import build_company
from tap_tripletex.sandbox.world.identity import company_id
from tap_tripletex.sandbox.world.simulation import START
from tests.benchmarks.bounds import WINDOW_SECONDS
from tests.benchmarks.contenders import write
from tests.benchmarks.measuring import ROOT, SESSION, table
from tests.truth import STREAMS, TOTALS, Truth
from tests.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from tap_tripletex.sandbox.world.living_company import LivingCompany

LIMIT = 100
RESERVE = 10
VOUCHERS_PER_DAY = 0.02
LATENCY_MS, LONG_LATENCY_MS = 150, 15_000
SESSIONS = 7
REQUESTS_OF_A_SESSION = 1_900
"""As many as the long run makes in an hour."""
SAMPLE = 20
MEGABYTE = 1e6
COMPANY = re.compile(rb'"company_id":(\d+)')
REVOKED, SLOW, GARBAGE = (0.1, 0.4, 0.8), 0.2, 0.6
"""Where among the companies those are that something happens to."""
SLOW_MS = 5_000


@dataclass
class Office:
    """The sandbox in its process, and the time that both it and the tap go by."""

    url: str
    tokens: dict[str, str]
    speed: float
    origin: float
    request_log: Path

    def command(self, module: str, *arguments: str | Path) -> list[str]:
        return [*_fast(self.speed, self.origin), module, *map(str, arguments)]

    @property
    def config(self) -> dict[str, Any]:
        return {
            "api_url": self.url,
            "consumer_token": self.tokens["consumer token"],
            "employee_token": self.tokens["accountant token"],
            "company_ids": "all",
            "rate_limit_reserve": RESERVE,
        }

    def fail(self, *faults: dict[str, Any]) -> None:
        """Let things go wrong, and nothing else."""
        requests.delete(f"{self.url}/sandbox/faults", timeout=60).raise_for_status()
        if faults:
            answer = requests.post(f"{self.url}/sandbox/faults", json=faults, timeout=60)
            answer.raise_for_status()

    def logged(self) -> int:
        """Return the size of the request log, when all is in it."""
        time.sleep(1.5)
        return self.request_log.stat().st_size


def _fast(speed: float, origin: float) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.fast_clock", str(speed), str(origin)]


@contextmanager
def office(companies: int, speed: float, folder: Path, latency_ms: int) -> Iterator[Office]:
    """Start the sandbox; a small company takes a second to make."""
    origin = time.time()
    log = folder / "requests.jsonl"
    options = {
        "port": 0,
        "companies": companies,
        "vouchers-per-day": VOUCHERS_PER_DAY,
        "latency-ms": latency_ms,
        "rate-limit": LIMIT,
        "request-log": log,
    }
    command = [*_fast(speed, origin), "tap_tripletex.sandbox"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(5)]
            said = {name: value.strip() for name, _, value in (x.partition(":") for x in lines)}
            yield Office(said.pop("url"), said, speed, origin, log)
        finally:
            process.terminate()


@dataclass
class Run:
    """What a run wrote, and what it took.

    Attributes:
        lines: of the sampled companies.
        state: the last one.
        states: how many were written, and their bytes.
        rows: of all companies.
        code: its exit code.
        log: what it told.
        memory: of the tap's process, each second.
        requests: as the sandbox has them, without sessions.
        sessions: that were made.
    """

    lines: dict[int, list[bytes]] = field(default_factory=dict)
    state: bytes = b""
    states: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    code: int = 0
    log: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    sessions: int = 0
    seconds: float = 0

    def read(self, output: IO[bytes], sample: Sequence[int]) -> None:
        self.lines = {id_: [] for id_ in sample}
        for line in output:
            kind = line[:40]
            if b'"STATE"' in kind:
                self.state = line
                self.states["lines"] += 1
                self.states["bytes"] += len(line)
            elif b'"SCHEMA"' in kind:
                for lines in self.lines.values():
                    lines.append(line)
            else:
                self.rows += 1
                found = COMPANY.search(line)
                if found and (lines := self.lines.get(int(found[1]))) is not None:
                    lines.append(line)


def run(place: Office, folder: Path, sample: Sequence[int], state: bytes) -> Run:
    """Run the tap once."""
    config = write(folder / "config.json", place.config)
    arguments: list[str | Path] = ["--config", config]
    if state:
        (folder / "state.json").write_bytes(state)
        arguments += ["--state", folder / "state.json"]
    before = place.logged()
    found = Run()
    began = time.time()
    with (folder / "log.txt").open("w+b") as log:
        process = subprocess.Popen(
            place.command("tap_tripletex", *arguments),
            cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
            stdout=subprocess.PIPE,
            stderr=log,
        )
        watch = threading.Thread(target=_watch, args=(process.pid, found.memory))
        watch.start()
        assert process.stdout
        with process.stdout:
            found.read(process.stdout, sample)
        found.code = process.wait()
        watch.join()
        log.seek(0)
        found.log = log.read().decode(errors="replace").splitlines()
    found.seconds = (time.time() - began) * place.speed
    place.logged()
    with place.request_log.open("rb") as file:
        file.seek(before)
        entries = list(map(json.loads, file))
    found.sessions = sum(entry["path"].endswith(":create") for entry in entries)
    found.requests = [entry for entry in entries if not SESSION.match(entry["path"])]
    return found


def _watch(pid: int, memory: list[float]) -> None:
    try:
        process = psutil.Process(pid)
        while process.status() != psutil.STATUS_ZOMBIE:
            memory.append(process.memory_info().rss / MEGABYTE)
            time.sleep(0.5)
    except psutil.NoSuchProcess:
        return


def told(name: str, found: Run, companies: int) -> str:
    """Return what there is to say about a run."""
    windows = Counter(int(entry["time"] // WINDOW_SECONDS) for entry in found.requests)
    first, last = min(windows), max(windows)
    whole = [windows[number] for number in range(first + 1, last)]
    share = sum(whole) / (len(whole) * (LIMIT - RESERVE)) if whole else 1.0
    count = len(found.requests)
    refused = sum(entry["status"] == 429 for entry in found.requests)
    size = len(found.state) / 1000
    quarter = max(len(found.memory) // 4, 1)
    lines = {
        "exit code": f"{found.code}; sessions made: {found.sessions}",
        "requests": f"{count:,}, {count / companies:.0f} a company, {refused} refused with 429",
        "minutes": f"{found.seconds / 60:.1f}; at the rate limit "
        f"{count / (LIMIT - RESERVE) * WINDOW_SECONDS / 60:.1f}",
        "share of what the reserve leaves, whole windows": f"{share:.1%}",
        "memory": f"peak {max(found.memory):.0f} MB; after a quarter "
        f"{found.memory[quarter]:.0f}, at the end {found.memory[-2]:.0f}",
        "state": f"{size:,.0f} kB, {size / companies:.1f} kB a company; written "
        f"{found.states['lines']} times, {found.states['bytes'] / MEGABYTE:,.0f} MB in all",
        "rows": f"{found.rows:,}",
    }
    return f"\n{name}\n" + table(("", ""), list(lines.items()))


class Sample:
    """Some of the companies, each with a warehouse of its own, held against their books."""

    def __init__(self, companies: int, today: date) -> None:
        chosen = sorted({n * companies // SAMPLE for n in range(SAMPLE)})
        settings = Sandbox(today=today, vouchers_per_day=VOUCHERS_PER_DAY)
        self._truths: dict[int, Truth] = {}
        for index in chosen:
            company = build_company(settings, index)
            books: Any = SimpleNamespace(company=partial(_same, company), today=today)
            warehouse = Warehouse(books, (*STREAMS, *TOTALS))
            self._truths[company.id] = Truth(books, warehouse, START)

    @property
    def ids(self) -> list[int]:
        return list(self._truths)

    def load(self, found: Run) -> None:
        for id_, lines in found.lines.items():
            self._truths[id_].warehouse.load(b"".join(lines).decode())

    def wrong(self) -> list[str]:
        """Return what differs, in a line for each company that is not as its books are."""
        found = []
        for id_, truth in self._truths.items():
            try:
                truth.check()
            except Exception as error:  # noqa: BLE001 - all companies are told
                found.append(f"{id_}: {type(error).__name__}: {str(error)[:200]}")
        return found


def _same(company: LivingCompany) -> LivingCompany:
    return company


def faults(companies: int) -> tuple[list[dict[str, Any]], set[int]]:
    """Return what goes wrong, and the ids of the companies that it happens to."""
    revoked = [company_id(int(place * companies)) for place in REVOKED]
    slow, garbage = company_id(int(SLOW * companies)), company_id(int(GARBAGE * companies))
    wrong: list[dict[str, Any]] = [
        {"kind": "unauthorized", "path": "/", "company": id_, "times": None} for id_ in revoked
    ]
    wrong.append({"kind": "truncated", "path": "/", "company": garbage, "times": None})
    delay = {"kind": "slow", "delay_ms": SLOW_MS}
    wrong.append({**delay, "path": "/", "company": slow, "times": None})
    return wrong, {*revoked, slow, garbage}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--companies", type=int, default=300)
    parser.add_argument("--speed", type=float, default=20)
    parser.add_argument("--without-faults", action="store_true")
    parser.add_argument("--long", action="store_true", help="eight hours instead")
    options = parser.parse_args()
    count = options.companies
    with tempfile.TemporaryDirectory(prefix="tap-benchmark-") as name:
        folder = Path(name)
        latency = LONG_LATENCY_MS if options.long else LATENCY_MS
        with office(count, options.speed, folder, latency) as place:
            today = datetime.fromtimestamp(place.origin, timezone.utc).date()
            sample = Sample(count, today)
            state, good = b"", True

            def do(title: str) -> Run:
                nonlocal state, good
                found = run(place, folder, sample.ids, state)
                state = b"".join(json.dumps(json.loads(found.state)["value"]).encode().splitlines())
                sample.load(found)
                wrong = sample.wrong()
                print(told(title, found, count))
                print(f"equal to their books: {len(sample.ids) - len(wrong)} of {len(sample.ids)}")
                print(*wrong, *_troubles(found), sep="\n", flush=True)
                good = good and not wrong
                return found

            if options.long:
                ends = (REQUESTS_OF_A_SESSION * (n + 1) for n in range(SESSIONS))
                place.fail(*({"kind": "expire_session", "path": "/", "after": n} for n in ends))
            do("First load")
            if not options.long:
                do("Nothing changed")
            if not (options.without_faults or options.long):
                wrong, named = faults(count)
                place.fail(*wrong)
                found = do("Three revoked, one slow, one that sends garbage")
                told_of = {id_ for id_ in named if any(f"company {id_}" in x for x in found.log)}
                print(f"named: {len(told_of)} of {len(named)}")
                place.fail()
                do("The run after that")
    return 0 if good else 1


def _troubles(found: Run) -> list[str]:
    """Return what the run named at its end, the first of each kind."""
    lines = [line.partition("Failed: ")[2][:220] for line in found.log if "Failed: " in line]
    return lines[:8] + ([f"… {len(lines)} lines of failures"] if len(lines) > 8 else [])


if __name__ == "__main__":
    sys.exit(main())
