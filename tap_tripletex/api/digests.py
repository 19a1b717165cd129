"""Checksums of lists, asked for without any rows: has anything in there changed?

A digest covers the whole filtered set, not the page (seen by one client on every page of a list),
so a question for one row tells. Streams that depend on the same list share the question.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from tap_tripletex.api.client import ANY_DIGEST, PAST_THE_END
from tap_tripletex.api.errors import RefusedError, ResultTooLargeError, TripletexError
from tap_tripletex.api.once import Once
from tap_tripletex.api.paging import whole_list
from tap_tripletex.api.short_digests import sendable

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from tap_tripletex.api.auth import Company
    from tap_tripletex.api.client import Client
    from tap_tripletex.api.transport import Traffic

FEWEST = "id"
ALL = "*"
"""Fields of a question."""

TOO_LARGE = ""
"""Stands for the digest of a list that is too large to be asked."""


class Dated(msgspec.Struct):
    """A row's day."""

    date: date


class Probes:
    """Asks each question once a run, unless it is to be asked anew."""

    def __init__(self, client: Client) -> None:
        """Begin without any."""
        self._client = client
        self._once: Once[str | None] = Once()
        self._counts: Once[int | None] = Once()
        self._days: Once[date | None] = Once()
        self._filled: dict[tuple[Hashable, ...], bool] = {}

    def digest(  # noqa: PLR0913 - what shapes a question
        self,
        company: Company,
        path: str,
        params: Mapping[str, str],
        known: str | None,
        tally: Traffic | None = None,
        *,
        anew: bool = False,
        fields: str = FEWEST,
    ) -> str | None:
        """Return a list's digest, None where the path has none, TOO_LARGE where it is refused.

        Args:
            company: to ask in.
            path: of the list.
            params: of the list.
            known: the digest as it was last time.
            tally: counts the request.
            anew: ask whatever was asked before.
            fields: asked for; that they do not matter is documented nowhere.

        Raises:
            RefusedError: and the other errors of ``Client.get``.
        """
        paging = {"from": "0", "count": "1", "fields": fields}
        key = (company.id, path, *sorted(params.items()))

        def ask() -> str | None:
            try:
                page = self._client.get(
                    company,
                    path,
                    {**params, **paging},
                    digest=sendable(known) or ANY_DIGEST,
                    tally=tally,
                )
            except ResultTooLargeError:
                return TOO_LARGE
            if not page.unchanged:
                self._filled[key] = page.facts.count > 0
            return page.facts.digest

        return ask() if anew else self._once(key, ask)

    def forget(self, company_id: int) -> None:
        """Let go of the answers of a company."""
        for answers in (self._once, self._counts, self._days):
            answers.forget(company_id)
        for key in [key for key in self._filled if key[0] == company_id]:
            del self._filled[key]

    def note(
        self, company: Company, path: str, params: Mapping[str, str], digest: str | None
    ) -> None:
        """Take a digest that came with the rows: the question is answered for this run."""
        self._once((company.id, path, *sorted(params.items())), lambda: digest)

    def has_rows(
        self,
        company: Company,
        path: str,
        params: Mapping[str, str],
        tally: Traffic | None = None,
        *,
        fields: str = FEWEST,
    ) -> bool:
        """Return whether a list has any row, True where that cannot be told; asks once a run."""
        key = (company.id, path, *sorted(params.items()))
        ask = partial(self.digest, company, path, params, None, tally, fields=fields)
        try:
            ask()
            if key not in self._filled:  # only that it is what it was
                ask(anew=True)
        except RefusedError:
            return True
        return self._filled.get(key, True)

    def last_day(
        self, company: Company, path: str, params: Mapping[str, str], tally: Traffic | None = None
    ) -> date | None:
        """Return the latest ``date`` in a list, None where it has no row; asks once a run.

        Where one of the rows has no date, or the list is refused, it is the last day of all.
        """

        def ask() -> date | None:
            try:
                page = whole_list(
                    self._client, company, path, {**params, "fields": "date"}, tally=tally
                )
            except RefusedError:
                return date.max
            rows, odd = page.of_type(Dated)
            return date.max if odd else max((row.date for row in rows), default=None)

        return self._days((company.id, path, *sorted(params.items())), ask)

    def count(
        self, company: Company, path: str, params: Mapping[str, str], tally: Traffic | None = None
    ) -> int | None:
        """Return the number of rows in a list, None where it cannot be told; asks once a run."""
        paging = {"from": str(PAST_THE_END), "count": "1", "fields": FEWEST}

        def ask() -> int | None:
            try:
                page = self._client.get(
                    company, path, {**params, **paging}, digest=ANY_DIGEST, tally=tally
                )
            except TripletexError:
                return None
            return None if page.facts.count else page.facts.size

        return self._counts((company.id, path, *sorted(params.items())), ask)
