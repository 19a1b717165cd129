"""Say how fast this tap reads the ledger, beside other programs that read the same.

python -m tests.benchmarks.speed [--sizes 20000 200000 1000000] [--runs 3]
                                 [--scenarios cold latency unchanged] [--only WORD ...]

Every program reads all postings of a sandbox that runs beside it: first once to warm the sandbox
up, when its rows and requests are counted, then so many times in turn with the others, of which
the medians are told. Processor seconds and memory are those of the program, not the sandbox's.

cold: the server does not make anybody wait.
latency: each request takes 150 ms and each 1,000 rows 400 ms; 100 requests in ten seconds. Who
    would have to wait longer than --patience is left out: its bound says how long.
unchanged: all streams a second time, when nothing has changed.

The bound is the least time that the waits allow, computed as `bounds.py` tells: for the requests
that the rows need, and for those that the program makes of its own.

dlt and Airbyte's CDK are installed into `.benchmarks`, or left out. dlt writes its rows to files,
the others to /dev/null.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import contenders, unchanged
from tests.benchmarks.bounds import Waits
from tests.benchmarks.measuring import (
    NO_WAITS,
    VOUCHERS_PER_DAY,
    Usage,
    measured,
    median,
    sandbox,
    table,
    wait_for_window,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.benchmarks.contenders import Contender
    from tests.benchmarks.measuring import Server

    Make = Callable[[Server, Path], Contender]

SLOW = Waits(latency_ms=150, latency_per_1000_rows_ms=400, rate_limit=100)

MAKERS: dict[str, Make] = {
    "this": contenders.this_tap,
    "this 4": partial(contenders.this_tap, concurrency=4),
    "ordinary": contenders.ordinary_tap,
    "dlt": partial(contenders.dlt, parts=1),
    "dlt 4": partial(contenders.dlt, parts=4),
    "airbyte": partial(contenders.airbyte, concurrency=4),
}
SCENARIOS = {
    "cold": (NO_WAITS, ("this", "ordinary", "dlt", "airbyte")),
    "latency": (SLOW, ("this", "this 4", "ordinary", "dlt", "dlt 4", "airbyte")),
}
HEAD = (
    "",
    "rows",
    "requests",
    "seconds",
    "bound",
    "of its own",
    "rows/s",
    "times ordinary",
    "processor s/100,000",
    "of ordinary",
    "peak MB",
)


@dataclass
class Outcome:
    """What is known of a contender.

    Attributes:
        contender: Who.
        rows: How many it has read.
        requests: How many it needed for them.
        bound: The least seconds that the server lets it take.
        own_bound: The least seconds for the requests that it makes, needed or not.
        usages: What each run has used.
    """

    contender: Contender
    rows: int
    requests: int
    bound: float
    own_bound: float
    usages: list[Usage] = field(default_factory=list)

    @property
    def usage(self) -> Usage:
        """The medians of the runs."""
        return median(self.usages)

    @property
    def speed(self) -> float:
        """Rows a second."""
        return self.rows / self.usage.seconds

    @property
    def processor(self) -> float:
        """Processor seconds for 100,000 rows."""
        return self.usage.processor / self.rows * 100_000


def compete(
    makers: Sequence[Make],
    size: int,
    waits: Waits = NO_WAITS,
    runs: int = 3,
    patience: float = float("inf"),
) -> list[Outcome]:
    """Measure contenders in turn on one sandbox; say who is left out."""
    with (
        sandbox(size, waits) as server,
        tempfile.TemporaryDirectory(prefix="tap-benchmark-") as name,
    ):
        outcomes = []
        for make in makers:
            try:
                contender = make(server, Path(name))
            except contenders.MissingError as missing:
                print(missing)
                continue
            least = waits.reading(size, contender.page_size, contender.concurrency)
            if least > patience:
                print(f"{contender.name} is left out: it takes {least:.0f} s or more.")
            elif contender.largest is None or size <= contender.largest:
                outcomes.append(_warm_up(contender, server, waits))
        for _ in range(runs):
            for outcome in outcomes:
                contender = outcome.contender
                if waits.rate_limit:
                    wait_for_window()
                outcome.usages.append(measured(contender.command, contender.environment))
        return outcomes


def _warm_up(contender: Contender, server: Server, waits: Waits) -> Outcome:
    counts: list[int] = []
    before = len(server.requests())
    if waits.rate_limit:
        wait_for_window()
    measured(
        contender.command,
        contender.environment,
        lambda output: counts.append(contender.count(output)),
    )
    made = server.requests()[before:]
    bound = waits.reading(counts[0], contender.page_size, contender.concurrency)
    served = waits.served(len(made), sum(entry["rows"] for entry in made))
    return Outcome(contender, counts[0], len(made), bound, served / contender.concurrency)


def told(outcomes: Sequence[Outcome]) -> str:
    """Return a table of outcomes, with ratios to the ordinary tap if it is among them."""
    ordinary = next((o for o in outcomes if o.contender.name == contenders.ORDINARY), None)
    return table(HEAD, [_row(outcome, ordinary) for outcome in outcomes])


def _row(outcome: Outcome, ordinary: Outcome | None) -> list[str]:
    usage = outcome.usage
    return [
        outcome.contender.name,
        f"{outcome.rows:,}",
        f"{outcome.requests}",
        f"{usage.seconds:.2f}",
        f"{outcome.bound:.2f}" if outcome.bound else "-",
        f"{outcome.own_bound:.2f}" if outcome.own_bound else "-",
        f"{outcome.speed:,.0f}",
        f"{outcome.speed / ordinary.speed:.2f}" if ordinary else "-",
        f"{outcome.processor:.2f}",
        f"{outcome.processor / ordinary.processor:.2f}" if ordinary else "-",
        f"{usage.peak_mb:.0f}",
    ]


def memory(peaks: dict[int, float]) -> str:
    """Return how this tap's peak memory grows from the smallest to the largest size."""
    small, large = min(peaks), max(peaks)
    return (
        f"this tap's peak memory at {large:,} rows is {peaks[large] / peaks[small]:.2f} times "
        f"that at {small:,}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes, scenarios = list(VOUCHERS_PER_DAY), [*SCENARIOS, "unchanged"]
    parser.add_argument("--sizes", nargs="+", type=int, choices=sizes, default=sizes[1:])
    parser.add_argument("--scenarios", nargs="+", choices=scenarios, default=scenarios)
    parser.add_argument("--only", nargs="+", choices=list(MAKERS), default=list(MAKERS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--patience", type=float, default=60, help="seconds")
    return parser.parse_args()


def main() -> int:
    """Print what is asked for."""
    given = _arguments()
    for scenario, (waits, names) in SCENARIOS.items():
        if scenario not in given.scenarios:
            continue
        makers = [MAKERS[name] for name in names if name in given.only]
        peaks = {}
        for size in sorted(given.sizes):
            print(f"\n{scenario}, about {size:,} postings, medians of {given.runs}", flush=True)
            outcomes = compete(makers, size, waits, given.runs, given.patience)
            print(told(outcomes), flush=True)
            if outcomes and "this" in given.only:
                peaks[size] = outcomes[0].usage.peak_mb
        if len(peaks) > 1:
            print(f"\n{memory(peaks)}", flush=True)
    if "unchanged" in given.scenarios:
        print(f"\nunchanged, all streams, about {min(given.sizes):,} postings", flush=True)
        waits = Waits(latency_ms=SLOW.latency_ms, rate_limit=SLOW.rate_limit)
        print(unchanged.told(min(given.sizes), waits))
    return 0


if __name__ == "__main__":
    sys.exit(main())
