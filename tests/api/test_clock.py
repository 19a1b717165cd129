from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from tap_tripletex.api.clock import Clock

NOW = datetime(2026, 11, 25, 12, 0, 0, 500_000, tzinfo=timezone.utc)


def told(moment: datetime) -> dict[str, str]:
    return {"Date": format_datetime(moment.replace(microsecond=0), usegmt=True)}


def test_times_rise_though_the_clock_stands_still() -> None:
    clock = Clock(NOW.timestamp)
    times = [clock.tick() for _ in range(2000)]
    assert times == sorted(set(times))
    assert all(time.microsecond for time in times)
    assert clock.last == times[-1]


def test_times_are_later_than_those_of_earlier_runs() -> None:
    clock = Clock(NOW.timestamp)
    clock.rise_above(NOW + timedelta(hours=1))
    clock.rise_above(NOW)
    assert clock.tick() == NOW + timedelta(hours=1, milliseconds=1)


@pytest.mark.parametrize(("hours", "word"), [(1, "behind"), (-1, "ahead of")])
def test_another_clock_than_tripletexs_is_not_followed_and_said_once(
    caplog: pytest.LogCaptureFixture, hours: int, word: str
) -> None:
    clock = Clock(NOW.timestamp)
    for _ in range(3):
        clock.hear(told(NOW + timedelta(hours=hours)), NOW.timestamp())
    assert abs(clock.tick() - NOW - timedelta(hours=hours)) < timedelta(seconds=2)
    (warning,) = caplog.records
    assert f"s {word} Tripletex's" in warning.message


@pytest.mark.parametrize("seconds", [-100, 0, 3])
def test_an_answer_that_took_long_is_no_difference(
    caplog: pytest.LogCaptureFixture, seconds: int
) -> None:
    clock = Clock(NOW.timestamp)
    clock.hear(told(NOW + timedelta(seconds=seconds)), NOW.timestamp() - 120)
    assert clock.tick() - NOW < timedelta(seconds=1)
    assert not caplog.records


@pytest.mark.parametrize("headers", [{}, {"Date": "soon"}, {"Date": ""}])
def test_an_answer_without_a_time_tells_nothing(headers: dict[str, str]) -> None:
    clock = Clock(NOW.timestamp)
    clock.hear(headers, NOW.timestamp())
    assert clock.tick() - NOW < timedelta(seconds=1)
