"""A few random histories; the benchmark folder has a command that lives many more."""

from __future__ import annotations

import pytest

from tests.histories import History


@pytest.mark.parametrize("seed", range(6))
def test_after_each_run_the_warehouse_has_the_truth(seed: int) -> None:
    History(seed).live(steps=4)
