"""Says before a run what it will take: companies, streams, requests, minutes at the rate limit.

    tap-tripletex-plan --config=ENV --state state.json

It logs in and asks for the list of companies, and of those that are new for their fiscal years.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date
from typing import IO, TYPE_CHECKING, Any

import click

from tap_tripletex.api.errors import CompanyLostError
from tap_tripletex.api.rate_limit import WINDOW
from tap_tripletex.api.redaction import printable, redact
from tap_tripletex.commands.expectation import OF_RUN, Expectation
from tap_tripletex.proof.sync_windows import SyncWindows
from tap_tripletex.reading.slices import Calendar
from tap_tripletex.tap import TapTripletex, in_one_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT = 100
"""Requests of a token in each window. Documented, and recorded in each answer."""

NAMED = 12
"""Companies that are told one by one; there may be hundreds."""


@dataclass(frozen=True)
class Expected:
    """A company in a run.

    Attributes:
        id: of the company.
        name: where it was told.
        first_load: nothing of it has been read yet.
        requests: that are expected.
    """

    id: int
    name: str
    first_load: bool
    requests: int


@dataclass(frozen=True)
class Plan:
    """What a run is expected to take.

    Attributes:
        companies: those that will be read.
        streams: how many.
        requests: of all companies.
        minutes: at the rate limit, less what the settings leave to others.
    """

    companies: list[Expected]
    streams: int
    requests: int
    minutes: float

    def lines(self, reserve: int) -> list[str]:
        """Return the plan in words, given what is left of the rate limit to others."""
        new = sum(company.first_load for company in self.companies)
        lines = [
            f"Companies: {len(self.companies)}, {new} of them for the first time",
            f"Streams:   {self.streams} of each",
            f"Requests:  about {self.requests:,}",
            f"Minutes:   about {self.minutes:,} at {LIMIT - reserve} requests in {WINDOW:.0f} s",
        ]
        told = sorted(self.companies, key=lambda company: -company.requests)[:NAMED]
        for company in told:
            first = ", first load" if company.first_load else ""
            lines.append(f"  {company.id} {company.name}".rstrip() + f": {company.requests}{first}")
        if len(told) < len(self.companies):
            lines.append(f"  and {len(self.companies) - len(told)} more")
        lines.append(
            "A company with much data takes a request more for each 10,000 rows of a list."
        )
        return lines


def plan_of(tap: TapTripletex) -> Plan:
    """Return what a run of a tap will take; a company that does not open is left out and named.

    Raises:
        TripletexError: when the tokens do not open Tripletex.
    """
    connection, settings = tap.connection, tap.settings
    streams = [stream for stream in tap.tables if stream.selected]
    bookmarks = _bookmarks(tap.state)
    asked = {
        company: connection.pool.submit(connection.calendar, company)
        for company in connection.companies
        if _since(bookmarks[company.id]) is None
    }
    companies, requests = [], OF_RUN
    for company in dict.fromkeys((*connection.companies, connection.own)):
        known = bookmarks[company.id]
        since = _since(known)
        try:
            if since is not None or company not in asked:
                today = connection.today
                calendar = Calendar(since or today, today, settings.future_days, open_start=True)
            else:
                calendar = asked[company].result()
        except CompanyLostError as error:
            click.echo(printable(redact(f"{company.id} {company.name}: {error}")), err=True)
            continue
        expectation = Expectation(calendar, settings)
        read = [stream for stream in streams if stream.reads(company)]
        for stream in read:
            expectation.add(stream, known.get(stream.name, {}))
        if read:
            requests += expectation.requests
        if company in connection.chosen:
            companies.append(Expected(company.id, company.name, not known, expectation.requests))
    windows = requests / (LIMIT - settings.rate_limit_reserve)
    return Plan(companies, len(streams), requests, round(windows * WINDOW / 60, 1))


def _bookmarks(state: Mapping[str, Any]) -> defaultdict[int, dict[str, dict[str, Any]]]:
    """Return what the state has of each company, by stream."""
    found: defaultdict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for name, bookmark in state.get("bookmarks", {}).items():
        for partition in bookmark.get("partitions", ()):
            if name != SyncWindows.name:
                found[partition["context"]["company_id"]][name] = partition
    return found


def _since(known: Mapping[str, Mapping[str, Any]]) -> date | None:
    """Return the day that a company was read from in the last run, None where nobody knows."""
    return max(
        (date.fromisoformat(found["since"]) for found in known.values() if found.get("since")),
        default=None,
    )


@click.command()
@click.option("--config", multiple=True, required=True, help="File of settings, or ENV.")
@click.option("--state", type=click.File(), help="State of the last run.")
@click.option("--catalog", type=click.File(), help="What is selected.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(
    config: tuple[str, ...], state: IO[str] | None, catalog: IO[str] | None, *, as_json: bool
) -> None:
    """Say what a run will take: companies, requests, minutes at the rate limit."""
    context = click.get_current_context()
    with in_one_sentence():
        parameter = next(p for p in context.command.params if p.name == "config")
        given = TapTripletex.cb_config(context, parameter, config)  # type: ignore[arg-type]
        tap = TapTripletex.given(given, state, catalog)

    def say() -> None:
        plan = plan_of(tap)
        for error in tap.connection.unknown_companies:
            click.echo(printable(str(error)), err=True)
        lines = plan.lines(tap.settings.rate_limit_reserve)
        if as_json:
            lines = [json.dumps(asdict(plan))]
        click.echo("\n".join(printable(redact(line)) for line in lines))

    sys.exit(0 if tap.finish(say) else 1)


if __name__ == "__main__":
    main()
