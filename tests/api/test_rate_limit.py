from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tap_tripletex.api.auth import Company, EmployeeGrant, TokenSession
from tap_tripletex.api.client import Client
from tap_tripletex.api.rate_limit import RateLimiter
from tap_tripletex.api.transport import Transport
from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN, Sandbox, SandboxAdapter
from tests.conftest import API


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
    return RateLimiter(reserve, clock=clock, wall=clock, sleep=clock.sleep)


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


def test_a_second_number_binds_its_own_path_only() -> None:
    clock = Clock()
    budget = limiter(clock)
    budget.release(budget.acquire("GET /a"), headers("100, 30", "99, 1", "4, 4"))
    budget.acquire("GET /a")
    for _ in range(90):
        budget.acquire("GET /b")
    assert clock.slept == []
    budget.acquire("GET /a")
    assert 4 <= sum(clock.slept) <= 6


def test_a_second_number_binds_all_ids_of_a_path_but_not_its_other_methods() -> None:
    clock = Clock()
    budget = limiter(clock)
    path = "/project/{}/period/monthlyStatus"
    first = budget.acquire("GET " + path.format(1))
    budget.release(first, headers("100, 30", "99, 0", "4, 4"))
    budget.acquire("PUT " + path.format(1))
    budget.acquire("GET /project/1")
    assert clock.slept == []
    budget.acquire("GET " + path.format(2))
    assert len(clock.slept) == 1


def test_a_path_has_its_own_limit_in_the_next_window_as_well() -> None:
    clock = Clock()
    budget = limiter(clock, reserve=10)
    budget.release(budget.acquire("GET /a"), headers("100, 30", "99, 3", "4, 4"))
    budget.acquire("GET /a")
    assert len(clock.slept) == 1
    for _ in range(26):  # a tenth is left to others, as of the token's budget
        budget.acquire("GET /a")
    assert len(clock.slept) == 1
    budget.acquire("GET /a")
    assert len(clock.slept) == 2


def test_a_path_whose_answers_no_longer_have_a_second_number_is_free_again() -> None:
    clock = Clock()
    budget = limiter(clock)
    budget.release(budget.acquire("GET /a"), headers("100, 30", "99, 5", "4, 4"))
    budget.release(budget.acquire("GET /a"), headers("100", "90", "4"))
    for _ in range(80):
        budget.acquire("GET /a")
    assert clock.slept == []


@pytest.mark.parametrize(
    ("left", "other_path_waits"), [("60, 0", False), ("0, 12", True), ("60", True), ("", True)]
)
def test_a_429_ends_the_window_of_the_budget_that_is_used_up(
    left: str,
    other_path_waits: bool,  # noqa: FBT001
) -> None:
    clock = Clock()
    budget = limiter(clock)
    budget.exhausted(budget.acquire("GET /a"), headers("100, 30", left, "4, 4"))
    budget.acquire("GET /b")
    assert bool(clock.slept) is other_path_waits
    budget.acquire("GET /a")
    assert sum(clock.slept) >= 4


def test_what_is_under_way_on_a_path_counts_before_it_is_answered() -> None:
    clock = Clock()
    budget = limiter(clock)
    first = budget.acquire("GET /a")
    for _ in range(5):
        budget.acquire("GET /a")
    budget.release(first, headers("100, 30", "99, 6", "4, 4"))
    budget.acquire("GET /a")
    assert clock.slept == []
    budget.acquire("GET /a")
    assert len(clock.slept) == 1


class Server:
    """Counts as Tripletex does, in windows of the clock; one path has a budget of its own."""

    def __init__(self, clock: Clock, bound: str) -> None:
        self._clock = clock
        self._bound = bound
        self.sent: Counter[float] = Counter()
        self._of_path: Counter[float] = Counter()

    def headers(self, path: str) -> dict[str, str]:
        window = self._clock.now // 10
        self.sent[window] += 1
        limit, left = "100", f"{100 - self.sent[window]}"
        reset = str(int(10 - self._clock.now % 10))
        if path != self._bound:
            return headers(limit, left, reset)
        self._of_path[window] += 1
        own = 30 - self._of_path[window]
        assert own >= 0
        return headers(f"{limit}, 30", f"{left}, {own}", f"{reset}, {reset}")


def test_doubled_headers_on_one_request_in_thirteen_slow_nothing_down() -> None:
    clock = Clock()
    budget = limiter(clock, reserve=10)
    server = Server(clock, "GET /list12")
    for number in range(900):
        path = f"GET /list{number % 13}"
        taken = budget.acquire(path)
        clock.now += 0.05
        budget.release(taken, server.headers(path))
    whole = sorted(server.sent)[:-1]
    assert len(whole) >= 8
    assert all(85 <= server.sent[window] <= 90 for window in whole)


def test_a_path_that_is_asked_for_most_keeps_within_its_own_budget() -> None:
    clock = Clock()
    budget = limiter(clock)
    server = Server(clock, "GET /a")
    for _ in range(200):
        taken = budget.acquire("GET /a")
        clock.now += 0.05
        budget.release(taken, server.headers("GET /a"))
    assert all(count <= 30 for count in server.sent.values())
    assert len(server.sent) <= 8


def test_a_429_without_reset_waits_for_the_wall_clocks_next_ten_seconds() -> None:
    clock = Clock(now=1003.0)
    budget = limiter(clock)
    budget.exhausted(budget.acquire(), {})
    budget.acquire()
    assert 7 <= sum(clock.slept) < 8


def test_a_429_with_reset_waits_that_long() -> None:
    clock = Clock(now=1003.0)
    budget = limiter(clock)
    budget.exhausted(budget.acquire(), {"X-Rate-Limit-Reset": "2"})
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


def test_requests_of_a_run_are_counted_by_their_path() -> None:
    clock = Clock(1_780_000_000.0)
    sandbox = Sandbox(today=date(2026, 6, 1), vouchers_per_day=0.05, clock=clock)
    sandbox.rate_limit.path_limits["/currency"] = 30
    transport = Transport(
        API,
        limiter(clock, reserve=10),
        user_agent="test",
        connections=1,
        adapter=SandboxAdapter(sandbox),
    )
    client = Client(
        transport, TokenSession(transport, EmployeeGrant(CONSUMER_TOKEN, EMPLOYEE_TOKEN))
    )
    company = Company(sandbox.company().id, "0")
    for number in range(400):
        client.get(company, "/country" if number % 13 else f"/currency/{number % 2 + 1}")
        clock.now += 0.05
    sent = Counter(entry["time"] // 10 for entry in sandbox.requests)
    assert {entry["status"] for entry in sandbox.requests} == {200, 201}
    assert all(count >= 85 for _, count in sorted(sent.items())[:-1])
    clock.slept.clear()
    for _ in range(60):
        client.get(company, "/currency/1")
    assert sum(clock.slept) > 10
    assert {entry["status"] for entry in sandbox.requests} == {200, 201}


def test_a_clock_that_is_set_back_makes_nothing_wait_for_it() -> None:
    clock, wall = Clock(), Clock(1_700_000_003.0)
    budget = RateLimiter(clock=clock, wall=wall, sleep=clock.sleep)
    budget.release(budget.acquire(), headers("100", "0", "5"))
    wall.now -= 3600
    budget.acquire()
    assert 5 <= sum(clock.slept) < 10.1


@pytest.mark.parametrize("reset", ["3600", "11"])
def test_nothing_waits_longer_than_a_window(reset: str) -> None:
    clock = Clock()
    budget = limiter(clock)
    budget.release(budget.acquire(), headers("100", "0", reset))
    budget.acquire()
    assert sum(clock.slept) < 10.1


def test_a_late_429_of_an_earlier_window_does_not_empty_this_one() -> None:
    clock = Clock()
    budget = limiter(clock)
    late = budget.acquire()
    budget.release(budget.acquire(), headers("100", "1", "5"))
    for _ in range(2):
        budget.acquire()
    assert len(clock.slept) == 1
    budget.exhausted(late, {"X-Rate-Limit-Reset": "9"})
    budget.acquire()
    assert len(clock.slept) == 1
