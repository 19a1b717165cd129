"""Objects that other streams are asked by: their ids, and whether anything in them has changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

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


class ParentIds:
    """Lists parents when the first stream needs them, once a run and company for all."""

    def __init__(self, client: Client, probes: Probes) -> None:
        """Begin without any."""
        self._client = client
        self._probes = probes
        self._once: Once[list[Json]] = Once()

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
        for row in self._listed(company, parents, tally):
            value = row.get(name)
            if leaf and isinstance(value, dict):
                value = value.get(leaf)
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= INT64:
                ids.add(value)
            elif (value or name not in row) and oddities is not None:
                oddities.unasked += 1
        return sorted(ids)

    def digest(
        self,
        company: Company,
        parents: Parents,
        known: str | None,
        *,
        anew: bool = False,
        fields: str = FEWEST,
    ) -> str:
        """Return a text that changes when a parent comes, goes or is edited.

        It is the API's own digest of the list, or else made of ids and versions.

        Args:
            company: to ask in.
            parents: the list.
            known: the digest as it was last time.
            anew: ask whatever was asked before.
            fields: asked for, where the list has a digest of the API's own.

        Raises:
            TripletexError: whatever the list was answered with.
        """
        if known is None or not known.startswith(HASH):
            lists = parents.lists()
            each: list[str | None] = [*(known or "").split(BETWEEN)]
            if len(each) != len(lists):
                each = [None] * len(lists)
            found = [
                self._probes.digest(
                    company, parents.path, params, one or None, anew=anew, fields=fields
                )
                for params, one in zip(lists, each, strict=True)
            ]
            if not {None, TOO_LARGE} & set(found):
                return BETWEEN.join(map(str, found))
        listed = self._list(company, parents) if anew else self._listed(company, parents)
        rows = sorted(repr(sorted(row.items())) for row in listed)
        return HASH + hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]

    def _listed(
        self, company: Company, parents: Parents, tally: Traffic | None = None
    ) -> list[Json]:
        return self._once((company.id, parents), lambda: self._list(company, parents, tally))

    def _list(self, company: Company, parents: Parents, tally: Traffic | None = None) -> list[Json]:
        name, _, leaf = parents.id.partition(".")
        fields = f"{name}({leaf})" if leaf else name
        try:
            return self._rows(company, parents, f"{fields},version", tally)
        except IllegalFieldError:
            return self._rows(company, parents, fields, tally)

    def _rows(
        self, company: Company, parents: Parents, fields: str, tally: Traffic | None
    ) -> list[Json]:
        rows: list[Json] = []
        for params in parents.lists():
            asked = {**params, "sorting": "id", "fields": fields}
            page = whole_list(self._client, company, parents.path, asked, tally=tally)
            found, odd = page.of_type(dict[str, Any])
            rows += found + [{} for _ in odd]
        return rows
