"""Objects that other streams are asked by: their ids, and whether anything in them has changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_tripletex.api.digests import FEWEST, TOO_LARGE
from tap_tripletex.api.errors import IllegalFieldError
from tap_tripletex.api.once import Once
from tap_tripletex.api.paging import whole_list
from tap_tripletex.api.short_digests import HASH
from tap_tripletex.rows.shapes import INT64

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_tripletex.api.auth import Company
    from tap_tripletex.api.client import Client
    from tap_tripletex.api.digests import Probes
    from tap_tripletex.api.transport import Traffic
    from tap_tripletex.reading.slices import Parents
    from tap_tripletex.rows.oddities import Oddities

Json = dict[str, Any]

BETWEEN = ","
"""Separates the digests of lists that are asked for by the values of a filter."""


class Listed(NamedTuple):
    """A list of parents.

    Attributes:
        rows: the ids, and what else was asked for.
        digest: of the API's own; None where it has none.
    """

    rows: list[Json]
    digest: str | None


class ParentIds:
    """Lists parents when the first stream needs them, once a run and company for all."""

    def __init__(self, client: Client, probes: Probes) -> None:
        """Begin without any."""
        self._client = client
        self._probes = probes
        self._once: Once[Listed] = Once()

    def __call__(
        self,
        company: Company,
        parents: Parents,
        oddities: Oddities | None = None,
        tally: Traffic | None = None,
    ) -> Sequence[int]:
        """Return the ids, in order and each once.

        Args:
            company: to ask in.
            parents: the list.
            oddities: told of parents whose id cannot be used.
            tally: counts the requests, for the first who asks.

        Raises:
            TripletexError: whatever the list was answered with, to every stream that asks.
        """
        name, _, leaf = parents.id.partition(".")
        ids: set[int] = set()
        for row in self._listed(company, parents, tally).rows:
            value = row.get(name)
            if leaf and isinstance(value, dict):
                value = value.get(leaf)
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= INT64:
                ids.add(value)
            elif (value or name not in row) and oddities is not None:
                oddities.unasked += 1
        return sorted(ids)

    def forget(self, company_id: int) -> None:
        """Let go of the parents of a company."""
        self._once.forget(company_id)

    def digest(  # noqa: PLR0913 - what shapes a question
        self,
        company: Company,
        parents: Parents,
        known: str | None,
        *,
        anew: bool = False,
        fields: str = FEWEST,
        tally: Traffic | None = None,
    ) -> str:
        """Return a text that changes when a parent comes, goes or is edited.

        It is the API's own digest of the list, or else made of ids and versions. Where nothing is
        known, whatever is asked by the parents will be read, and the list itself is asked for.

        Args:
            company: to ask in.
            parents: the list.
            known: the digest as it was last time.
            anew: ask whatever was asked before.
            fields: asked for, where the list has a digest of the API's own.
            tally: counts the requests, for the first who asks.

        Raises:
            TripletexError: whatever the list was answered with.
        """
        if known is None or known.startswith(HASH):
            listed = (self._list if anew else self._listed)(company, parents, tally)
            return listed.digest or _made_of(listed.rows)
        lists = parents.lists()
        each = known.split(BETWEEN)
        if len(each) != len(lists):
            each = [""] * len(lists)
        found = [
            self._probes.digest(
                company, parents.path, params, one or None, tally, anew=anew, fields=fields
            )
            for params, one in zip(lists, each, strict=True)
        ]
        if not {None, TOO_LARGE} & set(found):
            return BETWEEN.join(map(str, found))
        return _made_of((self._list if anew else self._listed)(company, parents, tally).rows)

    def _listed(self, company: Company, parents: Parents, tally: Traffic | None = None) -> Listed:
        return self._once((company.id, parents), lambda: self._list(company, parents, tally))

    def _list(self, company: Company, parents: Parents, tally: Traffic | None = None) -> Listed:
        name, _, leaf = parents.id.partition(".")
        fields = f"{name}({leaf})" if leaf else name
        try:
            return self._rows(company, parents, f"{fields},version", tally)
        except IllegalFieldError:
            return self._rows(company, parents, fields, tally)

    def _rows(
        self, company: Company, parents: Parents, fields: str, tally: Traffic | None
    ) -> Listed:
        rows: list[Json] = []
        digests: list[str | None] = []
        for params in parents.lists():
            asked = {**params, "sorting": "id", "fields": fields}
            page = whole_list(self._client, company, parents.path, asked, tally=tally)
            found, odd = page.of_type(dict[str, Any])
            rows += found + [{} for _ in odd]
            digests.append(page.facts.digest)
            self._probes.note(company, parents.path, params, page.facts.digest)
        return Listed(rows, None if None in digests else BETWEEN.join(map(str, digests)))


def _made_of(rows: Sequence[Json]) -> str:
    """Return a digest of our own of a list of parents."""
    texts = sorted(repr(sorted(row.items())) for row in rows)
    return HASH + hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
