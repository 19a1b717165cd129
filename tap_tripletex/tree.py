"""Digests of whole ranges, so that what has not changed is settled by few requests.

A digest covers the whole filtered set, not the page (seen by one client on every page of a list),
so a probe of one row tells whether anything in a range has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from tap_tripletex.client import ANY_DIGEST
from tap_tripletex.state import ROOT, YEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from concurrent.futures import Executor

    from tap_tripletex.client import Page
    from tap_tripletex.slices import Slice


class Watch(Protocol):
    """Tells which slices may have changed, and remembers that when they were read."""

    def stale(self) -> set[str]:
        """Return the keys of the slices that may have changed."""

    def settle(self, unread: Collection[str]) -> None:
        """Remember what was seen, but for what has a slice in it that could not be settled."""


@dataclass(frozen=True)
class Node:
    """A range of slices.

    Attributes:
        key: its name in the state.
        first: first day.
        after: day after the last.
        leaves: keys of the slices in it.
    """

    key: str
    first: date
    after: date
    leaves: frozenset[str]


class Memory(Protocol):
    """Where digests are kept from run to run."""

    def digest(self, key: str) -> str | None:
        """Return the digest that a key had."""

    def finish(self, key: str, digest: str | None) -> None:
        """Keep a key's digest, or forget it."""


class Tree:
    """The whole range, its years, and their slices."""

    def __init__(
        self,
        parts: Sequence[Slice],
        probe: Callable[[date, date, str], Page | None],
        memory: Memory,
        pool: Executor,
    ) -> None:
        """Build the tree.

        Args:
            parts: the slices, with windows, oldest first.
            probe: asks for the digest of the days from the first to before the second.
            memory: the digests of earlier runs.
            pool: probes years at the same time.
        """
        windows = {part.key: part.window for part in parts if part.window}
        last = max(after for _, after in windows.values())
        self._probe = probe
        self._memory = memory
        self._pool = pool
        # Ends on a calendar boundary, so that the question is the same from day to day.
        after = last if (last.month, last.day) == (1, 1) else date(last.year + 1, 1, 1)
        self._root = Node(ROOT, min(windows.values())[0], after, frozenset(windows))
        self._years = []
        for year in sorted({first.year for first, _ in windows.values()}):
            inside = {key: window for key, window in windows.items() if window[0].year == year}
            if len(inside) > 1:
                first, after = min(inside.values())[0], date(year + 1, 1, 1)
                self._years.append(Node(f"{year}{YEAR}", first, after, frozenset(inside)))
        self._seen: dict[Node, str | None] = {}

    def stale(self) -> set[str]:
        """Return the keys of the slices that may have changed."""
        if self._unchanged(self._root):
            return set()
        if self._seen.get(self._root) is None and self._root in self._seen:
            return set(self._root.leaves)
        same = self._pool.map(self._unchanged, self._years)
        settled = [
            node.leaves for node, unchanged in zip(self._years, same, strict=True) if unchanged
        ]
        return set(self._root.leaves.difference(*settled))

    def settle(self, unread: Collection[str]) -> None:
        """Keep the digests that were seen before the slices were read."""
        for node, digest in self._seen.items():
            if digest and node.leaves.isdisjoint(unread):
                self._memory.finish(node.key, digest)

    def _unchanged(self, node: Node) -> bool:
        page = self._probe(node.first, node.after, self._memory.digest(node.key) or ANY_DIGEST)
        if page is not None and page.unchanged:
            return True
        # Forgotten before anything is read: should the data change back while its rows are being
        # read, the old digest would hide that.
        self._memory.finish(node.key, None)
        if page is not None:
            self._seen[node] = page.digest
        return False


class Guard:
    """The digest of another list, on which all slices depend."""

    def __init__(
        self, parts: Sequence[Slice], probe: Callable[[str], Page | None], memory: Memory
    ) -> None:
        """Watch slices by a list that changes whenever they do.

        Args:
            parts: the slices.
            probe: asks for the digest of the list.
            memory: the digests of earlier runs.
        """
        self._keys = {part.key for part in parts}
        self._probe = probe
        self._memory = memory
        self._seen: str | None = None

    def stale(self) -> set[str]:
        """Return the keys of all slices, or of none."""
        page = self._probe(self._memory.digest(ROOT) or ANY_DIGEST)
        if page is not None and page.unchanged:
            return set()
        self._memory.finish(ROOT, None)
        self._seen = page.digest if page is not None else None
        return self._keys

    def settle(self, unread: Collection[str]) -> None:
        """Keep the digest that was seen before the slices were read."""
        if self._seen and not unread:
            self._memory.finish(ROOT, self._seen)
