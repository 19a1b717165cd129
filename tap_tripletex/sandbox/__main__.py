"""Serve the sandbox until interrupted: `python -m tap_tripletex.sandbox`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections import deque
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tap_tripletex.sandbox import (
    ACCOUNTANT_TOKEN,
    CONSUMER_TOKEN,
    EMPLOYEE_TOKEN,
    REFRESH_TOKEN,
    Sandbox,
    serve,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tap_tripletex.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="0 chooses a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--companies", type=int, default=1)
    parser.add_argument("--today", type=date.fromisoformat, help="default: today in Norway")
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--latency-per-1000-rows-ms", type=float, default=0)
    parser.add_argument("--vouchers-per-day", type=float, default=0.5)
    parser.add_argument("--rate-limit", type=int, default=100, help="per 10 seconds; 0 for none")
    parser.add_argument(
        "--path-limit",
        nargs=2,
        action="append",
        default=[],
        metavar=("PREFIX", "LIMIT"),
        help="a second limit for paths that begin so",
    )
    parser.add_argument("--cache-mb", type=int, default=128, help="of rendered pages")
    parser.add_argument("--request-log", type=Path, help="append requests as JSON lines")
    return parser.parse_args(argv)


def _write_log(queue: deque[dict[str, Any]], path: Path, stop: threading.Event) -> None:
    """Move the request log to a file twice a second, until told to stop."""
    with path.open("ab") as file:
        while True:
            ended = stop.wait(0.5)
            while queue:
                file.write(msgspec.json.encode(queue.popleft()) + b"\n")
            file.flush()
            if ended:
                return


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted."""
    given = _arguments(argv)
    sandbox = Sandbox(
        seed=given.seed,
        today=given.today,
        companies=given.companies,
        vouchers_per_day=given.vouchers_per_day,
        rate_limit=given.rate_limit or None,
        latency_ms=given.latency_ms,
        latency_per_1000_rows_ms=given.latency_per_1000_rows_ms,
        cache_mb=given.cache_mb,
    )
    sandbox.rate_limit.path_limits = {prefix: int(limit) for prefix, limit in given.path_limit}
    stop = threading.Event()
    writer = None
    if given.request_log:
        sandbox.log_queue = deque()
        arguments = (sandbox.log_queue, given.request_log, stop)
        writer = threading.Thread(target=_write_log, args=arguments, daemon=True)
        writer.start()
    with serve(sandbox, given.port) as server:
        lines = {
            "url": server.url,
            "consumer token": CONSUMER_TOKEN,
            "employee token": EMPLOYEE_TOKEN,
            "accountant token": ACCOUNTANT_TOKEN,
            "refresh token": REFRESH_TOKEN,
        }
        text = "".join(f"{name + ':':18}{value}\n" for name, value in lines.items())
        sys.stdout.write(text)
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        with suppress(KeyboardInterrupt):
            stop.wait()
    stop.set()
    if writer:
        writer.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
