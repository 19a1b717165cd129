"""Run a module with a clock that is so many times as fast.

python -m tests.benchmarks.fast_clock SPEED ORIGIN MODULE [ARGUMENTS]

All processes with the same speed and origin have the same time: at the origin, in real seconds
since 1970, the day (UTC) begins. What sleeps wakes earlier; what only waits for another thread or
for the network does not.
"""

from __future__ import annotations

import datetime as dt
import runpy
import sys
import time
from typing import Any

from typing_extensions import override

DAY = 86_400
REAL_TIME, REAL_SLEEP, REAL_DATETIME = time.time, time.sleep, dt.datetime


class _Kind(type):
    """Of a class whose instances are all those of the real one."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, REAL_DATETIME)


def fast_time(speed: float, origin: float) -> float:
    """Return the time of the fast clock, in seconds since 1970."""
    return origin - origin % DAY + (REAL_TIME() - origin) * speed


def hurry(speed: float, origin: float) -> None:
    """Replace this process's clocks; modules that are imported later have the fast ones."""

    def now() -> float:
        return fast_time(speed, origin)

    class Datetime(REAL_DATETIME, metaclass=_Kind):
        @classmethod
        @override
        def now(cls, tz: Any = None) -> Any:
            return REAL_DATETIME.fromtimestamp(now(), tz)

    time.time = now
    time.monotonic = now
    time.sleep = lambda seconds: REAL_SLEEP(seconds / speed)
    dt.datetime = Datetime  # type: ignore[misc]


def main() -> None:
    speed, origin, module, *arguments = sys.argv[1:]
    hurry(float(speed), float(origin))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
