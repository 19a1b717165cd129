from __future__ import annotations

from tap_tripletex.sandbox import Sandbox
from tests.sandbox.conftest import TODAY, Api


def test_a_window_of_ten_seconds_aligned_to_the_clock() -> None:
    now = [1_780_000_003.5]
    sandbox = Sandbox(today=TODAY, rate_limit=3, clock=lambda: now[0])
    api = Api(sandbox)
    left = [api.send("/currency").headers["X-Rate-Limit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = api.send("/currency")
    assert refused.status == 429
    assert refused.headers["X-Rate-Limit-Limit"] == "3"
    assert refused.headers["X-Rate-Limit-Reset"] == "6"
    now[0] += 6
    assert api.send("/currency").status == 429
    now[0] += 0.5
    assert api.send("/currency").status == 200


def test_tokens_have_their_own_budget() -> None:
    sandbox = Sandbox(today=TODAY, rate_limit=1, clock=lambda: 1_780_000_000.0)
    first, second = Api(sandbox), Api(sandbox, sandbox.add_employee_token())
    assert first.send("/currency").status == 200
    assert first.send("/currency").status == 429
    assert second.send("/currency").status == 200


def test_other_forms_of_the_headers() -> None:
    sandbox = Sandbox(today=TODAY, clock=lambda: 1_780_000_000.0)
    api = Api(sandbox)
    sandbox.rate_limit.path_limits["/currency"] = 30
    sandbox.rate_limit.with_reset = False
    headers = api.send("/currency").headers
    assert headers["X-Rate-Limit-Limit"] == "100, 30"
    assert headers["X-Rate-Limit-Remaining"] == "99, 29"
    assert "X-Rate-Limit-Reset" not in headers
    sandbox.rate_limit.limit = None
    assert "X-Rate-Limit-Limit" not in api.send("/currency").headers


def test_a_path_with_a_second_limit_is_refused_by_itself() -> None:
    sandbox = Sandbox(today=TODAY, clock=lambda: 1_780_000_000.0)
    sandbox.rate_limit.path_limits["/currency"] = 2
    api = Api(sandbox)
    assert [api.send("/currency").status for _ in range(3)] == [200, 200, 429]
    answer = api.send("/country")
    assert answer.status == 200
    assert answer.headers["X-Rate-Limit-Remaining"] == "96"
    refused = api.send("/currency")
    assert refused.headers["X-Rate-Limit-Remaining"] == "95, 0"
    assert refused.headers["X-Rate-Limit-Reset"] == "10, 10"
