"""What a run did, stream by stream, said at its end."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_tripletex.control import Verdict

logger = logging.getLogger("tap-tripletex")


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


class Report:
    """Collects what happened during a run; used by one thread."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.records: Counter[str] = Counter()
        self.controls: Counter[bool] = Counter()
        self.troubles: list[Trouble] = []

    def control(self, verdict: Verdict) -> None:
        """Count a slice whose postings were compared with the trial balance."""
        self.controls[not verdict.differences] += 1

    @property
    def failed(self) -> bool:
        """Return whether anything that should have been read was not."""
        return any(trouble.fatal for trouble in self.troubles)

    def log(self, requests: int, waits: int) -> None:
        """Log the numbers, then everything that was skipped or has failed.

        Args:
            requests: number of requests of the run.
            waits: how many of them had to wait for the rate limit.
        """
        logger.info(
            "Read %d records of %d streams with %d requests (%d waits for the rate limit).",
            self.records.total(),
            len(self.records),
            requests,
            waits,
        )
        if self.controls:
            logger.info(
                "Postings of %d slices add up to Tripletex's trial balance, of %d they do not.",
                self.controls[True],
                self.controls[False],
            )
        for trouble in sorted(self.troubles, key=lambda t: t.fatal):
            level = logging.ERROR if trouble.fatal else logging.WARNING
            kind = "Failed" if trouble.fatal else "Skipped"
            what = trouble.stream or "company"
            logger.log(
                level, "%s: %s (company %s). %s", kind, what, trouble.company_id, trouble.reason
            )
