"""Ids of the objects that other streams are asked by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_tripletex.errors import TripletexError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_tripletex.auth import Company
    from tap_tripletex.client import Client
    from tap_tripletex.slices import Parents

PAGE = 10_000


class ParentIds:
    """Lists parents when the first stream asks for them, once a run and company for all."""

    def __init__(self, client: Client) -> None:
        """Begin without any."""
        self._client = client
        self._known: dict[tuple[int, Parents], Sequence[int] | TripletexError] = {}

    def __call__(self, company: Company, parents: Parents) -> Sequence[int]:
        """Return the ids, in order and each once.

        Raises:
            TripletexError: whatever the list was answered with, to every stream that asks.
        """
        key = (company.id, parents)
        if key not in self._known:
            try:
                self._known[key] = self._listed(company, parents)
            except TripletexError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, TripletexError):
            raise found
        return found

    def _listed(self, company: Company, parents: Parents) -> Sequence[int]:
        name, _, leaf = parents.id.partition(".")
        fields = f"{name}({leaf})" if leaf else name
        rows: list[dict[str, Any]] = []
        while True:
            paging = {"from": str(len(rows)), "count": str(PAGE), "sorting": "id", "fields": fields}
            page = self._client.get(company, parents.path, {**dict(parents.params), **paging})
            rows += page.values
            if len(page.values) != PAGE:
                break
        values = (row.get(name) for row in rows)
        ids = (value.get(leaf) if leaf and value else value for value in values)
        return sorted({id_ for id_ in ids if id_})
