"""Live many random histories and say how many ended with the truth.

python -m tests.benchmarks.histories [--first 0] [--count 200] [--steps 5]
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
import traceback
from unittest.mock import patch

from tests.histories import History


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin none after")
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    began, wrong, partial = time.monotonic(), [], 0
    lived = 0
    for seed in range(options.first, options.first + options.count):
        if time.monotonic() - began > options.seconds:
            break
        lived += 1
        history = History(seed)
        try:
            with patch("gc.freeze"):  # or nothing of all these companies would ever be let go of
                history.live(options.steps)
        except Exception:  # noqa: BLE001 - all histories are lived, then all failures told
            wrong.append(seed)
            print(f"seed {seed}\n{history.log}\n{traceback.format_exc(limit=-2)}", flush=True)
        partial += history.partial
        print(f"{lived - len(wrong)} of {lived}", flush=True)
    seconds = time.monotonic() - began
    print(f"{lived - len(wrong)} of {lived} histories ended with the truth, {seconds:.0f} s")
    print(f"{partial} runs read customers or suppliers by what had changed alone")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
