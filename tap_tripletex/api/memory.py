"""How the C library hands out memory to threads."""

from __future__ import annotations

import contextlib
import ctypes

ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h."""


def share_one_heap() -> None:
    """Let all threads use one heap, where the C library is glibc.

    By default each has a heap of its own, which keeps the largest answer that it ever held:
    a quarter more memory for a million rows (measured).
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, 1)
