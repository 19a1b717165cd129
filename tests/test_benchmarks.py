"""The benchmarks still work: not how fast anything is."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from tests.benchmarks import contenders, speed, trial
from tests.benchmarks.bounds import Waits
from tests.benchmarks.measuring import NO_WAITS, Usage, measured, median, sandbox

if TYPE_CHECKING:
    from tests.benchmarks.contenders import Contender

SMALLEST = 4_500


def ids(contender: Contender) -> list[int]:
    found: list[int] = []

    def read(output: IO[bytes]) -> None:
        messages = map(json.loads, output)
        found.extend(m["record"]["id"] for m in messages if m["type"] == "RECORD")

    measured(contender.command, contender.environment, read)
    return sorted(found)


def test_this_tap_and_an_ordinary_one_read_the_same_postings() -> None:
    with sandbox(SMALLEST) as server, tempfile.TemporaryDirectory() as folder:
        ours = ids(contenders.this_tap(server, Path(folder)))
        theirs = ids(contenders.ordinary_tap(server, Path(folder)))
        requests = server.requests()
    assert len(ours) > 1000
    assert ours == theirs
    assert {entry["path"] for entry in requests} >= {"/ledger/posting"}


def test_a_competition_is_told_as_a_table() -> None:
    makers = [contenders.this_tap, contenders.ordinary_tap]
    outcomes = speed.compete(makers, SMALLEST, NO_WAITS, runs=1)
    ours, theirs = outcomes
    assert ours.rows == theirs.rows
    assert ours.usage.processor > 0
    lines = speed.told(outcomes).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["this", "ordinary"]


def test_a_contender_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="no such"):
        measured(["sh", "-c", "echo no such >&2; exit 3"])


def test_bounds() -> None:
    waits = Waits(latency_ms=150, latency_per_1000_rows_ms=400, rate_limit=100)
    assert waits.reading(10_000, 1000, 1) == 10 * 0.15 + 10 * 0.4
    assert waits.reading(10_000, 1000, 5) == pytest.approx(1.1)
    assert waits.reading(201_000, 1000, 1000) == 20 + 0.15
    assert waits.requesting(90, reserve=10) == 0.15
    assert waits.requesting(91, reserve=10) == 10.15
    assert NO_WAITS.requesting(1000) == 0


def test_medians() -> None:
    runs = [Usage(3, 1, 5), Usage(1, 2, 5), Usage(2, 9, 6)]
    assert median(runs) == Usage(2, 2, 5)


def test_memory_is_told_as_a_ratio() -> None:
    assert "1.50 times" in speed.memory({20_000: 100, 1_000_000: 150})


def test_a_trial_tells_who_has_the_truth_after_changes() -> None:
    ours = trial.tried(trial.ThisTap)
    theirs = trial.tried(lambda place: trial.OrdinaryTap(place, incremental=True))
    assert (ours.missing, ours.stale, ours.ghosts) == (0, 0, 0)
    assert min(theirs.missing, theirs.stale, theirs.ghosts) > 0
    assert min(ours.later, theirs.later) > 0
    assert trial.table([ours]).splitlines()[2].startswith("| **this tap** | 0 | 0 | 0 |")
