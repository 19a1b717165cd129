"""Work done ahead: order, bounds, and what happens to errors."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tap_tripletex.api.once import Once
from tap_tripletex.reading import prefetch
from tap_tripletex.reading.lookahead import Lookahead
from tap_tripletex.reading.prefetch import Ahead, pace
from tap_tripletex.reading.row_keys import RowKeys
from tap_tripletex.reading.slice_digests import SliceDigests

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def taken(ahead: Ahead[int, int]) -> list[int]:
    return [result() for _, result in ahead]


def test_results_come_in_order_whatever_is_done_first(pool: ThreadPoolExecutor) -> None:
    def fetch(item: int) -> int:
        time.sleep(0.02 if item % 3 == 0 else 0)
        return item * 10

    assert taken(Ahead(pool, range(20), fetch, 4)) == [item * 10 for item in range(20)]


def test_no_more_are_under_way_than_the_width(pool: ThreadPoolExecutor) -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def fetch(item: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.11)
        with lock:
            under_way -= 1
        return item

    assert taken(Ahead(pool, range(12), fetch, 4)) == list(range(12))
    assert most == 4


def test_nothing_more_is_begun_while_too_much_waits(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetch, "MOST_HELD", 25)
    begun: list[int] = []

    def fetch(item: int) -> int:
        begun.append(item)
        return item

    results = iter(Ahead(pool, range(100), fetch, 3, weigh=lambda _: 10))
    _, first = next(results)
    assert first() == 0
    time.sleep(0.1)
    assert len(begun) <= 3 + 3
    assert [result() for _, result in results] == list(range(1, 100))


def test_what_belongs_to_an_item_in_hand_goes_before_the_next_items(
    pool: ThreadPoolExecutor,
) -> None:
    begun: list[object] = []
    release = threading.Event()

    def fetch(item: int) -> int:
        begun.append(item)
        return item

    def work(name: str) -> str:
        begun.append(name)
        release.wait(5)
        return name

    ahead = Ahead(pool, range(9), fetch, 3)
    results = iter(ahead)
    _, first = next(results)
    assert first() == 0
    futures = [ahead.submit(work, name) for name in "abc"]
    time.sleep(0.05)
    seen = len(begun)
    for _, result in results:
        result()
        break
    time.sleep(0.05)
    assert len(begun) <= seen + 1, "as many as the width are under way"
    release.set()
    assert [future.result() for future in futures] == ["a", "b", "c"]
    assert [result() for _, result in results] == list(range(2, 9))
    assert sorted(item for item in begun if isinstance(item, int)) == list(range(9))


def test_an_item_that_is_passed_over_blocks_nothing(pool: ThreadPoolExecutor) -> None:
    def fetch(item: int) -> int:
        time.sleep(0.02)
        return item

    ahead = Ahead(pool, range(6), fetch, 2, weigh=lambda _: 1)
    assert [item for item, _ in ahead] == list(range(6))


def test_of_a_fast_server_few_are_asked_for_ahead() -> None:
    assert pace(8, 0.01) == 3
    assert pace(2, 0.01) == 2
    assert pace(8, 0.4) == 8


def test_only_the_first_is_begun_before_any_is_taken(pool: ThreadPoolExecutor) -> None:
    begun: list[int] = []

    def fetch(item: int) -> int:
        begun.append(item)
        return item

    ahead = Ahead(pool, range(5), fetch, 4)
    ahead.begin()
    time.sleep(0.05)
    assert begun == [0]
    assert taken(ahead) == list(range(5))
    assert sorted(begun) == list(range(5))


def test_an_error_comes_when_its_turn_comes(pool: ThreadPoolExecutor) -> None:
    def fetch(item: int) -> int:
        return 10 // (item - 2)

    results = iter(Ahead(pool, range(4), fetch, 4))
    assert [next(results)[1]() for _ in range(2)] == [-5, -10]
    with pytest.raises(ZeroDivisionError):
        next(results)[1]()


def test_an_error_among_the_items_comes_after_those_that_were_found(
    pool: ThreadPoolExecutor,
) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError

    results = iter(Ahead(pool, items(), lambda item: item, 4))
    assert next(results)[1]() == 1
    with pytest.raises(LookupError):
        next(results)


def test_what_nobody_takes_is_cancelled() -> None:
    release = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        begun: list[int] = []

        def fetch(item: int) -> int:
            begun.append(item)
            release.wait(5)
            return item

        results = iter(Ahead(pool, range(9), fetch, 4))
        next(results)
        results.close()  # type: ignore[attr-defined]
        release.set()
    assert begun == [0]


def test_turns_are_begun_ahead_in_their_order() -> None:
    begun: list[tuple[str, int]] = []

    def begin(turn: tuple[str, int]) -> Future[str]:
        begun.append(turn)
        future: Future[str] = Future()
        future.set_result(turn[0])
        return future

    lookahead = Lookahead([("a", 1), ("b", 1), ("c", 1), ("d", 1)], begin, 2)
    assert begun == []
    assert lookahead.take(("a", 1)).result() == "a"
    assert begun == [("a", 1), ("b", 1), ("c", 1)]
    assert lookahead.take(("z", 9)).result() == "z"
    assert lookahead.take(("c", 1)).result() == "c"
    assert begun[-1] == ("d", 1)


def test_what_many_need_is_worked_out_once(pool: ThreadPoolExecutor) -> None:
    once: Once[int] = Once()
    calls: list[int] = []

    def work() -> int:
        calls.append(1)
        time.sleep(0.05)
        return 7

    assert list(pool.map(lambda _: once(("key",), work), range(8))) == [7] * 8
    assert len(calls) == 1
    failing: Once[int] = Once()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            failing(("key",), lambda: 1 // 0)


def test_keys_are_told_apart_whether_they_rise_or_not() -> None:
    seen = RowKeys()
    assert seen.fresh([1, 2, 5]) is None
    assert seen.fresh([6, 9]) is None
    assert seen.fresh([9, 10]) == [1]
    assert seen.fresh([3, 3, 1]) == [0]
    assert sorted(seen) == [1, 2, 3, 5, 6, 9, 10]  # type: ignore[type-var]
    assert len(seen) == 7
    texts = RowKeys()
    assert texts.fresh([("a", b"1"), ("b", b"1")]) is None
    assert texts.fresh([("b", b"1"), ("b", b"2")]) == [1]


def test_digests_of_parts_are_one_text() -> None:
    told = SliceDigests(
        parts=[
            SliceDigests("a"),
            SliceDigests(
                parts=[
                    SliceDigests("b"),
                    SliceDigests(parts=[SliceDigests("c"), SliceDigests("d")]),
                ]
            ),
        ]
    )
    assert told.text() == "a (b (c d))"
    assert SliceDigests.read("a (b (c d))") == told
    assert SliceDigests(parts=[SliceDigests("a"), SliceDigests(None)]).text() is None
    assert SliceDigests(parts=[SliceDigests(parts=[SliceDigests(None)])]).text() is None
    assert SliceDigests().text() is None
