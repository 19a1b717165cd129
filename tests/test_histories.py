"""A few random histories; the benchmark folder has a command that lives many more."""

from __future__ import annotations

import pytest

from tap_tripletex.sandbox import Fault
from tests.histories import History


@pytest.mark.parametrize("seed", range(6))
def test_after_each_run_the_warehouse_has_the_truth(seed: int) -> None:
    History(seed).live(steps=4)


@pytest.mark.parametrize(
    "mishap",
    [
        "run_on_a_wrong_clock",
        "run_that_ends_early",
        "run_without_state_and_right",
        "lose_vouchers",
        "lose_assets",
    ],
)
def test_whatever_happens_to_a_run_nothing_that_exists_is_called_deleted(mishap: str) -> None:
    history = History(7)
    history.run_quietly()
    for event in (history.rename, history.register, history.delete, history.move):
        event()
    history.run_with([], getattr(history, mishap))
    history.rename()
    history.run_quietly()


def test_whatever_goes_wrong_with_an_answer_the_next_run_tells_the_truth() -> None:
    history = History(7)
    history.run_quietly()
    postings = "^/ledger/posting$"
    for fault in (
        Fault("not_found", postings, times=None),
        Fault("not_found_html", postings, times=None),
        Fault("null_list", postings, times=None),
        Fault("empty_204", postings, times=None),
        Fault("missing_row", postings, "sorting", row=1),
    ):
        for event in (history.edit, history.back_date, history.delete):
            event()
        history.run_with([fault], history.run)
        assert fault.fired
        assert history.warehouse.failed is (fault.kind != "missing_row")
        history.run_quietly()
