"""Which slices may have changed, told by few requests.

The digest of a whole range settles all its slices; where it differs, its years are asked. Other
slices follow lists that change whenever they do, or have their turn on certain days only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from tap_tripletex.api.digests import TOO_LARGE
from tap_tripletex.api.short_digests import agrees
from tap_tripletex.reading.slices import last_month
from tap_tripletex.reading.state import ROOT, YEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from concurrent.futures import Executor

    from typing_extensions import Self

    from tap_tripletex.reading.slices import Slice

PLAIN = re.compile(r"[^#~@+\s()][^\s()]*")
"""A digest of the API's own, of one list."""

BEFORE = re.compile(rf"\.\.\d{{4}}-\d\d-\d\d{YEAR}")
"""Name of the digest of all rows before a day."""


class Watch(Protocol):
    """Tells which slices may have changed, and remembers that when they were read."""

    keeps: bool
    """Whether it has digests of its own, of several slices."""

    def stale(self) -> set[str]:
        """Return the keys of the slices that may have changed; nothing is remembered yet."""

    def forget(self) -> None:
        """Forget what has changed, before anything is read.

        Should the data change back while its rows are being read, the old digest would hide that.
        """

    def proves(self, part: Slice | None, digest: str) -> bool | None:
        """Return whether a probe of a slice has the digest of the slice's rows.

        That the fields that are asked for do not matter is documented nowhere.

        Args:
            part: a slice that was just read; None where none was.
            digest: of its rows.

        Returns:
            None where that is not known.
        """

    def settle(self, unread: Collection[str]) -> None:
        """Remember what was seen, but for what has a slice in it that could not be settled.

        What was seen before the reading says nothing about the rows that were read, unless it is
        the same when asked again: a voucher may have come in between, be read, and be gone in the
        next run, which would then take the old digest for that of the rows.
        """


class Memory(Protocol):
    """Where digests are kept from run to run."""

    @property
    def known(self) -> Sequence[str]:
        """Return the keys that a digest is known of."""

    def digest(self, key: str) -> str | None:
        """Return the digest that a key had."""

    def finish(self, key: str, digest: str | None) -> None:
        """Keep a key's digest, or forget it."""


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


class Tree:
    """The whole range, its years, and their slices."""

    keeps = True

    def __init__(
        self,
        parts: Sequence[Slice],
        probe: Callable[[date, date, str | None], str | None],
        memory: Memory,
        pool: Executor,
        again: Callable[[date, date, str | None], str | None] | None = None,
    ) -> None:
        """Build the tree.

        Args:
            parts: the slices, with windows, oldest first.
            probe: asks for the digest of the days from the first to before the second, as
                ``Probes.digest`` does, given the one that it had.
            memory: the digests of earlier runs.
            pool: probes years at the same time.
            again: as ``probe``, but never answered by what was asked before in this run.
        """
        windows = {part.key: part.window for part in parts if part.window}
        last = max(after for _, after in windows.values())
        self._probe = probe
        self._again = again or probe
        self._memory = memory
        self._pool = pool
        # Ends on a calendar boundary, so that the question is the same from day to day.
        after = last if (last.month, last.day) == (1, 1) else date(last.year + 1, 1, 1)
        self._root = Node(ROOT, min(windows.values())[0], after, frozenset(windows))
        self._years = []
        for year in sorted({first.year for first, _ in windows.values()}):
            after = date(year + 1, 1, 1)
            # One that goes on into the next year is not told by this one's digest.
            inside = {
                key: window
                for key, window in windows.items()
                if window[0].year == year and window[1] <= after
            }
            if len(inside) > 1:
                first = min(inside.values())[0]
                self._years.append(Node(f"{year}{YEAR}", first, after, frozenset(inside)))
        self._seen: dict[Node, str | None] = {}

    def stale(self) -> set[str]:
        """Return the keys of the slices that may have changed."""
        nodes = self._years
        if self._memory.digest(self._root.key) is None:
            # Nothing is known that could settle all of them: the years are asked with the range.
            nodes = [self._root, *nodes]
        elif self._unchanged(self._root):
            return set()
        unchanged = dict(zip(nodes, self._pool.map(self._unchanged, nodes), strict=True))
        if self._seen[self._root] is None:
            return set(self._root.leaves)
        settled = [year.leaves for year in self._years if unchanged[year]]
        return set(self._root.leaves.difference(*settled))

    def forget(self) -> None:
        """Forget the digests of the ranges that have changed."""
        for node in self._seen:
            self._memory.finish(node.key, None)

    def proves(self, part: Slice | None, digest: str) -> bool | None:
        """Return whether a probe of a slice has the digest of its rows, None without a slice."""
        if part is None or part.window is None:
            return None
        return self._again(*part.window, digest) == digest

    def settle(self, unread: Collection[str]) -> None:
        """Keep the digests that are the same before and after the slices were read."""
        read = [
            node for node, found in self._seen.items() if found and node.leaves.isdisjoint(unread)
        ]
        if self._root in read and self._is_still(self._root):
            still = [True] * len(read)  # the whole range is the same, and so are its years
        else:
            years = [node for node in read if node is not self._root]
            read, still = years, list(self._pool.map(self._is_still, years))
        for node, same in zip(read, still, strict=True):
            if same:
                self._memory.finish(node.key, self._seen[node])

    def _is_still(self, node: Node) -> bool:
        seen = self._seen[node]
        return self._again(node.first, node.after, seen) == seen

    def _unchanged(self, node: Node) -> bool:
        known = self._memory.digest(node.key)
        digest = self._probe(node.first, node.after, known)
        if digest != TOO_LARGE and agrees(known, digest):
            return True
        self._seen[node] = digest
        return False


class Shared:
    """One slice, whose digests are asked for without its rows: other streams have the same lists.

    It is the digests of the rows that the answers are compared with. So nothing is taken on trust:
    where they are the same, the fields that are asked for do not matter.
    """

    keeps = False

    def __init__(
        self,
        part: Slice,
        probes: Sequence[Callable[[str | None], str | None]],
        memory: Memory,
    ) -> None:
        """Watch a slice.

        Args:
            part: the slice.
            probes: for each of its lists, asks for the digest, given the one that it had.
            memory: the digests of earlier runs.
        """
        self._key = part.key
        self._probes = probes
        self._known = (memory.digest(part.key) or "").split(" ")
        self._same: bool | None = None

    def stale(self) -> set[str]:
        """Return the slice's key unless its digests are what they were."""
        if len(self._known) == len(self._probes) and all(map(PLAIN.fullmatch, self._known)):
            pairs = zip(self._probes, self._known, strict=True)
            self._same = all(agrees(known, probe(known)) for probe, known in pairs)
        return set() if self._same else {self._key}

    def forget(self) -> None:
        """Do nothing: the digests are the slice's own."""

    def proves(self, part: Slice | None, digest: str) -> bool | None:  # noqa: ARG002
        """Return whether the questions have the digests that the rows have, as far as was seen."""
        found = digest.split(" ")
        if self._same is False and len(found) == len(self._known):
            # Where the rows are what they were, the fields that are asked for matter.
            return False if all(map(agrees, self._known, found)) else None
        return self._same or None

    def settle(self, unread: Collection[str]) -> None:
        """Do nothing: the digests are kept with the slice."""


@dataclass(frozen=True)
class Past:
    """What the past is told by, of slices that depend on no row after their end.

    Attributes:
        day: before which hardly anything changes any more.
        ask: asks for the digest of all rows before a day, given the one that it had.
    """

    day: date
    ask: Callable[[date, str | None], str | None]


class Guard:
    """The digests of other lists, on which all slices depend."""

    keeps = True

    def __init__(  # noqa: PLR0913 - what slices are followed by
        self,
        parts: Iterable[Slice],
        probes: Sequence[Callable[[str | None], str | None]],
        memory: Memory,
        again: Sequence[Callable[[str | None], str | None]] | None = None,
        *,
        anyway: bool = False,
        past: Past | None = None,
    ) -> None:
        """Watch slices by lists that change whenever they do.

        Args:
            parts: the slices.
            probes: each asks for the digest of a list, given the one that it had; None where it
                has none.
            memory: the digests of earlier runs.
            again: as ``probes``, but never answered by what was asked before in this run.
            anyway: all slices may have changed, whatever the lists say.
            past: tells that the slices before a day have not; None where that cannot be.
        """
        ends = {part.key: part.window and part.window[1] for part in parts}
        self._keys = set(ends)
        self._ends = {key: after for key, after in ends.items() if after}
        self._past = past
        self._before: str | None = None
        self._outdated = set(filter(BEFORE.fullmatch, memory.known))
        self._probes = probes
        self._again = probes if again is None else again
        self._memory = memory
        self._seen: str | None = None
        self._anyway = anyway
        self._changed = True

    def stale(self) -> set[str]:
        """Return the keys of all slices, of those that are not settled by the past, or of none."""
        known = self._memory.digest(ROOT)
        each = (known or "").split(" ")
        if len(each) != len(self._probes):
            each = [""] * len(self._probes)
        digests = [probe(one or None) for probe, one in zip(self._probes, each, strict=True)]
        self._seen = " ".join(filter(None, digests)) if all(digests) else None
        same = self._seen is not None and all(map(agrees, each, digests))
        self._changed = self._anyway or not same
        if not self._changed:
            return set()
        # In a first run everything is read: what nobody has asked for costs no question.
        return self._keys - self._settled() if known else self._keys

    def _settled(self) -> set[str]:
        """Return the keys of the slices before which nothing has changed."""
        past, memory = self._past, self._memory
        if past is None or min(self._ends.values(), default=date.max) > past.day:
            return set()
        settled: set[str] = set()
        for key in sorted(self._outdated):
            day, known = date.fromisoformat(key[2:-1]), memory.digest(key)
            if not self._anyway and agrees(known, past.ask(day, known) or None):
                settled |= {one for one, after in self._ends.items() if after <= day}
                self._outdated.discard(key)
        self._before = past.ask(past.day, None)
        return settled

    def forget(self) -> None:
        """Forget the digests that have changed, and those that nobody has asked for."""
        if self._changed:
            for key in (ROOT, *self._outdated):
                self._memory.finish(key, None)

    def proves(self, part: Slice | None, digest: str) -> bool | None:  # noqa: ARG002
        """Return True: the lists are other ones than the slices."""
        return True

    def settle(self, unread: Collection[str]) -> None:
        """Keep the digests that are the same before and after the slices were read."""
        if self._changed and self._seen and not unread:
            each = self._seen.split(" ")
            if all(ask(one) == one for ask, one in zip(self._again, each, strict=True)):
                self._memory.finish(ROOT, self._seen)
                self._settle_past()

    def _settle_past(self) -> None:
        """Keep the digest of the past, which is the same if that of everything is."""
        if self._past and self._before:
            for key in filter(BEFORE.fullmatch, self._memory.known):
                self._memory.finish(key, None)
            self._memory.finish(f"..{self._past.day}{YEAR}", self._before)


class Turns:
    """No digest but the calendar: some slices are asked in each run, others when they are due."""

    keeps = False

    def __init__(self, each_run: Iterable[str]) -> None:
        """Watch slices by their turns.

        Args:
            each_run: keys of the slices that are asked in each run.
        """
        self._each_run = set(each_run)

    @classmethod
    def recent(cls, parts: Iterable[Slice], today: date, is_turn: Callable[[str], bool]) -> Self:
        """Watch slices of which those of this month are asked in each run.

        Args:
            parts: the slices.
            today: in Norway.
            is_turn: tells whether that of last month is asked too.
        """
        this_month, month_before = today.replace(day=1), last_month(today)
        windows = ((part.key, *part.window) for part in parts if part.window)
        return cls(
            key
            for key, first, after in windows
            if first <= today and (after > this_month or (after > month_before and is_turn(key)))
        )

    def stale(self) -> set[str]:
        """Return the keys of the slices that are asked in each run."""
        return self._each_run

    def forget(self) -> None:
        """Do nothing: there is nothing to forget."""

    def proves(self, part: Slice | None, digest: str) -> bool | None:  # noqa: ARG002
        """Return True: nothing is probed."""
        return True

    def settle(self, unread: Collection[str]) -> None:
        """Do nothing: there is nothing to remember."""
