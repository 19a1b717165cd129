from __future__ import annotations

from tap_tripletex.api.rate_limit import RateLimiter


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def limiter(clock: Clock, reserve: int = 0) -> RateLimiter:
    return RateLimiter(reserve, clock=clock, sleep=clock.sleep)


def headers(limit: str, remaining: str, reset: str | None = "5") -> dict[str, str]:
    found = {"X-Rate-Limit-Limit": limit, "X-Rate-Limit-Remaining": remaining}
    return found if reset is None else found | {"X-Rate-Limit-Reset": reset}


def test_requests_run_freely_until_the_limit_is_known() -> None:
    clock = Clock()
    budget = limiter(clock)
    for _ in range(500):
        budget.release(budget.acquire())
    assert clock.slept == []


def test_a_window_ends_on_a_multiple_of_ten_seconds_where_the_clocks_agree() -> None:
    for now, reset, slept in ((1003.4, "6", 6.7), (1003.4, "3", 4.0)):
        clock = Clock(now)
        budget = limiter(clock)
        budget.release(budget.acquire(), headers("100", "0", reset))
        budget.acquire()
        assert slept <= sum(clock.slept) < slept + 0.06


def test_an_exhausted_window_is_slept_out_before_a_429() -> None:
    clock = Clock()
    budget = limiter(clock)
    budget.release(budget.acquire(), headers("100", "1", "5"))
    budget.acquire()
    assert clock.slept == []
    budget.acquire()
    assert sum(clock.slept) >= 5
    assert budget.waits == 1


def test_the_next_window_has_the_whole_limit_less_the_reserve() -> None:
    clock = Clock()
    budget = limiter(clock, reserve=90)
    budget.release(budget.acquire(), headers("100", "90", "5"))
    budget.acquire()
    assert len(clock.slept) == 1
    for _ in range(9):
        budget.acquire()
    assert len(clock.slept) == 1
    budget.acquire()
    assert len(clock.slept) == 2


def test_a_reserve_as_large_as_the_limit_still_lets_one_request_through() -> None:
    clock = Clock()
    budget = limiter(clock, reserve=500)
    for _ in range(3):
        budget.release(budget.acquire(), headers("100", "99", "9"))
    assert clock.now < 1000 + 3 * 11


def test_requests_under_way_count_before_they_are_answered() -> None:
    clock = Clock()
    budget = limiter(clock)
    first = budget.acquire()
    for _ in range(7):
        budget.acquire()
    budget.release(first, headers("100", "10", "5"))
    for _ in range(3):
        budget.acquire()
    assert clock.slept == []
    budget.acquire()
    assert len(clock.slept) == 1


def test_doubled_headers_count_by_the_tightest() -> None:
    clock = Clock()
    budget = limiter(clock)
    budget.release(budget.acquire(), headers("100, 30", "99, 1", "4, 4"))
    budget.acquire()
    budget.acquire()
    assert sum(clock.slept) >= 4


def test_a_429_without_reset_waits_for_the_wall_clocks_next_ten_seconds() -> None:
    clock = Clock(now=1003.0)
    budget = limiter(clock)
    budget.acquire()
    budget.exhausted({})
    budget.acquire()
    assert 7 <= sum(clock.slept) < 8


def test_a_429_with_reset_waits_that_long() -> None:
    clock = Clock(now=1003.0)
    budget = limiter(clock)
    budget.acquire()
    budget.exhausted({"X-Rate-Limit-Reset": "2"})
    budget.acquire()
    assert 2 <= sum(clock.slept) < 4


def test_a_late_answer_of_an_earlier_window_says_nothing_about_this_one() -> None:
    clock = Clock()
    budget = limiter(clock)
    late = budget.acquire()
    budget.release(budget.acquire(), headers("100", "1", "5"))
    for _ in range(2):
        budget.acquire()
    assert len(clock.slept) == 1
    budget.release(late, headers("100", "0", "0"))
    budget.acquire()
    assert len(clock.slept) == 1


def test_headers_that_are_no_numbers_are_ignored() -> None:
    clock = Clock()
    budget = limiter(clock)
    budget.release(budget.acquire(), headers("many", "", "soon"))
    budget.acquire()
    assert clock.slept == []
