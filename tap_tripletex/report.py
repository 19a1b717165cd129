"""What a run does, stream by stream: told while it runs, and as a table at its end."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from singer_sdk import metrics
from typing_extensions import override

from tap_tripletex.api.errors import FinalError
from tap_tripletex.api.transport import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from tap_tripletex.api.errors import CompanyLostError
    from tap_tripletex.proof.completeness import Lack
    from tap_tripletex.proof.control_totals import Verdict
    from tap_tripletex.rows.oddities import Oddities

logger = logging.getLogger("tap-tripletex")

SECONDS = 10.0
"""Time between two lines about a stream that is being read."""


MOST_NAMED = 12
"""Streams, or companies, that are named in one line."""


@dataclass(frozen=True)
class Trouble:
    """A stream of a company that could not be read.

    Attributes:
        stream: its name; None when the whole company could not be read.
        company_id: the company; None when it is not known.
        reason: what happened and what to do, in words.
        fatal: the run has failed by it; otherwise the stream was only skipped.
    """

    stream: str | None
    company_id: int | None
    reason: str
    fatal: bool


@dataclass
class Tally:
    """The numbers of a stream in all companies.

    Attributes:
        rows: emitted.
        read: slices that were read.
        slices: all slices, those included that had not changed.
        seconds: between the first and the last row, other streams' requests included.
        traffic: its own requests.
        counted: how many of these were told as a metric.
        controls: slices whose postings add up to the trial balance (True), and others.
    """

    rows: int = 0
    read: int = 0
    slices: int = 0
    seconds: float = 0.0
    traffic: Traffic = field(default_factory=Traffic)
    counted: int = 0
    controls: Counter[bool] = field(default_factory=Counter)


class Progress:
    """A stream in one company while it is read."""

    def __init__(self, name: str, company_id: int, tally: Tally) -> None:
        """Begin."""
        self._stream = name
        self._name = f"{name} of company {company_id}"
        self._tally = tally
        self._rows = tally.rows
        self._began = self._told = time.monotonic()

    def slice(self, done: int, total: int) -> None:
        """Tell how far the stream has come, if it was not told just now."""
        if time.monotonic() - self._told > SECONDS:
            self._told = time.monotonic()
            self._count()
            logger.info(
                "%s: %d of %d slices, %d rows, %d requests so far.",
                self._name,
                done,
                total,
                self._tally.rows - self._rows,
                self._tally.traffic.requests,
            )

    def end(self) -> None:
        """Add the time that it took."""
        self._tally.seconds += time.monotonic() - self._began
        self._count()

    def _count(self) -> None:
        """Tell what was asked for since it was last told, as the Singer SDK tells of rows."""
        requests = self._tally.traffic.requests
        asked, self._tally.counted = requests - self._tally.counted, requests
        if asked:
            tags = {"stream": self._stream}
            point = metrics.Point("counter", metrics.Metric.HTTP_REQUEST_COUNT, asked, tags)
            metrics.log(metrics.get_metrics_logger(), point)


class Rows(metrics.Counter):
    """The SDK's counter, silent about companies without rows: an office has hundreds of them."""

    def __init__(self, counter: metrics.Counter, *, told: bool) -> None:
        """Take the place of a counter; one that was told before may be silent."""
        super().__init__(counter.metric, counter.tags, counter.log_interval)
        self._told = told

    @property
    def silent(self) -> bool:
        """Return whether there is nothing to tell."""
        return self._told and not self.value

    @override
    def exit(self) -> None:
        if not self.silent:
            super().exit()


class Seconds(metrics.Timer):
    """The SDK's timer, silent where the counter is."""

    def __init__(self, timer: metrics.Timer, rows: Rows | None) -> None:
        """Take the place of a timer."""
        super().__init__(timer.metric, timer.tags)
        self._rows = rows

    @override
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if self._rows is None or not self._rows.silent:
            super().__exit__(exc_type, exc_val, exc_tb)


class Report:
    """Collects what happens during a run; used by one thread, but for the traffic."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._tallies: dict[str, Tally] = {}
        self._began = time.monotonic()
        self.troubles: list[Trouble] = []
        self._odd: list[str] = []
        self._ended: set[int | None] = set()
        self._lacks: defaultdict[Lack, tuple[set[str], set[int]]] = defaultdict(
            lambda: (set(), set())
        )

    def tally(self, stream: str) -> Tally:
        """Return the numbers of a stream."""
        return self._tallies.setdefault(stream, Tally())

    def start(self, stream: str, company_id: int) -> Progress:
        """Return what tells of a stream in a company while it is read."""
        return Progress(stream, company_id, self.tally(stream))

    def end(self, company_id: int, error: FinalError | CompanyLostError) -> None:
        """Note that nothing more can be read, of one company or at all; said once."""
        of = None if isinstance(error, FinalError) else company_id
        if not self.ended(of):
            self._ended.add(of)
            self.troubles.append(Trouble(None, of, str(error), fatal=True))

    def ended(self, company_id: int | None) -> bool:
        """Return whether nothing more can be read of a company."""
        return None in self._ended or company_id in self._ended

    def control(self, stream: str, verdict: Verdict) -> None:
        """Count a slice whose postings were compared with the trial balance."""
        self.tally(stream).controls[not verdict.differences] += 1

    def odd(self, stream: str, company_id: int, oddities: Oddities) -> None:
        """Warn of what came that is not as documented; a row that was left out is a failure."""
        for sentence in oddities.warnings():
            self._odd.append(f"{stream} (company {company_id}): {sentence}")
            logger.warning("%s", self._odd[-1])
        for reason in oddities.failures():
            self.troubles.append(Trouble(stream, company_id, reason, fatal=True))
            logger.warning("%s (company %s): %s", stream, company_id, reason)

    @property
    def failed(self) -> bool:
        """Return whether anything that should have been read was not."""
        fatal = [*(t.fatal for t in self.troubles), *(lack.fatal for lack in self._lacks)]
        return any(fatal)

    def incomplete(self, lack: Lack, stream: str, company_id: int) -> None:
        """Note that nothing is called deleted in a stream of a company, and why."""
        streams, companies = self._lacks[lack]
        streams.add(stream)
        companies.add(company_id)

    def log(self, traffic: Traffic, waits: int, waited: float) -> None:
        """Log a table, then everything that was skipped or has failed.

        Args:
            traffic: all requests of the run.
            waits: how many of them had to wait for the rate limit.
            waited: for how many seconds, added up over all threads.
        """
        for line in self._table(traffic):
            logger.info("%s", line)
        logger.info(
            "Read %d records of %d streams with %d requests (%d waits for the rate limit, "
            "%.0f s in all threads).",
            sum(tally.rows for tally in self._tallies.values()),
            sum(tally.rows > 0 for tally in self._tallies.values()),
            traffic.requests,
            waits,
            waited,
        )
        controls = sum((tally.controls for tally in self._tallies.values()), Counter[bool]())
        if controls:
            logger.info(
                "Postings of %d slices add up to Tripletex's trial balance, of %d they do not.",
                controls[True],
                controls[False],
            )
        for sentence in self._odd:
            logger.warning("Odd: %s", sentence)
        for lack, (streams, companies) in self._lacks.items():
            logger.log(
                logging.ERROR if lack.fatal else logging.WARNING,
                "Incomplete: nothing is called deleted in %s (company %s). %s",
                _some(sorted(streams)),
                _some(sorted(companies)),
                lack.reason,
            )
        for trouble in sorted(self.troubles, key=lambda t: t.fatal):
            level = logging.ERROR if trouble.fatal else logging.WARNING
            kind = "Failed" if trouble.fatal else "Skipped"
            where = f"{trouble.stream or 'company'} (company {trouble.company_id}). "
            about = where if trouble.stream or trouble.company_id else ""
            logger.log(level, "%s: %s%s", kind, about, trouble.reason)

    def _table(self, traffic: Traffic) -> Iterator[str]:
        """Yield a line for each stream of which anything was read or that has trouble."""
        row = "{:<34} {:>10} {:>11} {:>8} {:>8} {:>7}  {}".format
        troubled = Counter(t.stream for t in self.troubles)
        told = {n: t for n, t in self._tallies.items() if t.rows or t.read or troubled[n]}
        if not told:
            return
        yield row("stream", "rows", "slices read", "requests", "kB", "seconds", "remarks")
        for name, tally in sorted(told.items()):
            yield row(
                name,
                tally.rows,
                f"{tally.read} of {tally.slices}",
                tally.traffic.requests,
                tally.traffic.bytes // 1000,
                f"{tally.seconds:.1f}",
                ", ".join(self._remarks(name, tally)),
            )
        rest = len(self._tallies) - len(told)
        yield row(
            f"all, and {rest} without a change",
            sum(tally.rows for tally in told.values()),
            "",
            traffic.requests,
            traffic.bytes // 1000,
            f"{time.monotonic() - self._began:.1f}",
            "",
        )

    def _remarks(self, name: str, tally: Tally) -> Iterator[str]:
        if tally.controls:
            yield f"{tally.controls[True]} of {tally.controls.total()} control totals agree"
        failed = sum(t.fatal for t in self.troubles if t.stream == name)
        skipped = sum(not t.fatal for t in self.troubles if t.stream == name)
        if failed:
            yield f"failed in {failed}"
        if skipped:
            yield f"skipped in {skipped}"


def _some(things: Sequence[object]) -> str:
    """Return the first few things in words."""
    more = len(things) - MOST_NAMED
    return ", ".join(map(str, things[:MOST_NAMED])) + (f" and {more} more" if more > 0 else "")
