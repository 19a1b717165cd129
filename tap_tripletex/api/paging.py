"""Lists that come in pages: where they end, and whether rows have moved while they were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_tripletex.api.client import ANY_DIGEST, MOST_ROWS
from tap_tripletex.api.errors import UnavailableError
from tap_tripletex.api.pages import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_tripletex.api.auth import Company
    from tap_tripletex.api.client import Client
    from tap_tripletex.api.transport import Traffic

TRIES = 3
"""Readings of a short list before it is given up because its rows go on moving."""


class Course:
    """Follows a list from its first page to its last.

    The pages of a list with a checksum all carry it: as long as it stays, nothing has moved. Where
    there is none, each page begins with the last row of the one before. Rows come in the order of
    their ids, so two pages that meet in the same row have every row between them, whenever they
    were read. Pages that do not meet may have lost one.

    Attributes:
        stride: rows from the beginning of one page to that of the next.
        more: whether there may be another page.
        stable: nothing has moved so far.
    """

    def __init__(self, first: Page, step: int) -> None:
        """Begin with the first page, of which so many rows were asked for."""
        self.overlap = 1 if first.facts.digest is None and step > 1 else 0
        self.stride = step - self.overlap
        # More rows than asked for: the path ignores paging, and this is all there is.
        self.more = first.facts.count == step
        self.stable = True
        self._first = self._last = first

    def begins_again(self, page: Page) -> bool:
        """Return whether a page is the first one once more: then the path ignores paging.

        Without a checksum it may be that as many rows came in before them as a page has.
        """
        return page.facts.count > 0 and page.head == self._first.head

    def take(self, page: Page) -> Page:
        """Return what is new in the next page."""
        last, self._last = self._last, page
        if page.facts.digest != self._first.facts.digest:
            self.stable = False
        if not self.overlap:
            self.stable = self.stable and page.facts.digest is not None
            return page
        if page.facts.count and page.head == last.tail:
            return page.without_first()
        self.stable = False
        return page


def whole_list(  # noqa: PLR0913
    client: Client,
    company: Company,
    path: str,
    params: Mapping[str, str],
    *,
    size: int = MOST_ROWS,
    tally: Traffic | None = None,
) -> Page:
    """Read a list that is kept in memory, to its end.

    Args:
        client: carries the requests.
        company: to read from.
        path: of the list.
        params: of the list, besides those of paging.
        size: rows asked for in one request.
        tally: counts the requests.

    Raises:
        UnavailableError: when its rows move each time that it is read; as the other errors of
            ``Client.get``.
    """

    def page(offset: int) -> Page:
        paging = {"from": str(offset), "count": str(size)}
        return client.get(company, path, {**params, **paging}, digest=ANY_DIGEST, tally=tally)

    for _ in range(TRIES):
        first = page(0)
        course = Course(first, size)
        pages, offset = [first], 0
        while course.more and course.stable:
            offset += course.stride
            found = page(offset)
            if course.begins_again(found):
                break
            course.more = found.facts.count == size
            pages.append(course.take(found))
        if course.stable:
            return Page.joined(pages)
    message = (
        f"The list {path} of company {company.id} changed each of {TRIES} times while its pages "
        "were read. The next run tries again."
    )
    raise UnavailableError(message)
