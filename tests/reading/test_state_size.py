"""What the state of a company takes after ten years, with all streams on."""

from __future__ import annotations

import random
from base64 import b64encode
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tap_tripletex.reading.opening import MOST_DIGESTS, whose_rows
from tap_tripletex.reading.packing import Packing, unpacked
from tap_tripletex.reading.plan import EVERYTHING, plan
from tap_tripletex.reading.slices import Calendar
from tap_tripletex.reading.state import ROOT, YEAR, SliceState, fingerprint
from tap_tripletex.streams import STREAMS
from tests.reading.test_strategies import Said

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_tripletex.reading.slices import Slice
    from tap_tripletex.stream import TripletexStream

BYTES = 12_000

COMPANY = 107896302

TODAY = date(2033, 12, 15)

CALENDAR = Calendar(date(2024, 1, 1), TODAY, future_days=400, open_start=True)

LARGE = frozenset([EVERYTHING, *map(str, range(2024, 2034))])

MONTHLY = (
    "vouchers", "postings", "invoices", "invoice_order_lines", "orders", "order_lines",
    "timesheet_entries", "supplier_invoices",
)  # fmt: skip

WITHOUT_CHECKSUM = ("balance_sheet", "employees", "supplier_invoices", "banks", "currency_rates")
"""Some of the streams whose lists the API has none of."""


class MadeUp:
    """Digests, and what a run remembers with them; no two are alike, which is the worst case."""

    def __init__(self) -> None:
        self._random = random.Random(1)  # noqa: S311

    def digest(self) -> str:
        return b64encode(self._random.randbytes(16)).decode()

    def bookmark(self, stream: type[TripletexStream], *, large: Collection[str]) -> dict[str, Any]:
        """Return what ten years leave of a stream, as a run writes it."""
        bookmark: dict[str, Any] = {"context": {"company_id": COMPANY}}
        state = SliceState(bookmark, stream.name)
        shape = fingerprint(stream.name, "columns")
        turns = stream.seldom
        state.begin(fingerprint(stream.name), CALENDAR.first, shape, turns=turns)
        state.commit()
        state.outgrow(large)
        parts = [part for whole in self._slices(stream) for part in _planned(whole, large)]
        for part in parts:
            state.finish(part.key, self._of(stream, part))
        years = defaultdict(list)
        for part in parts:
            if part.window:
                years[part.window[0].year].append(part)
        if stream.strategy.tree:
            state.prove(works=True)
            for year in years:
                state.finish(f"{year}{YEAR}", self.digest())
        if stream.guards or stream.strategy.parents or stream.strategy.tree:
            count = max(1, len(stream.guards) + bool(stream.strategy.parents))
            state.finish(ROOT, " ".join(self.digest() for _ in range(count)))
        state.advance(stream.strategy.replication_key, f"{TODAY}T01:02:03.{len(bookmark)}45Z")
        state.refresh(TODAY)
        return bookmark

    def _slices(self, stream: type[TripletexStream]) -> list[Slice]:
        return list(stream.strategy.slices(CALENDAR, Said(range(1, 13), date.min, date.max)))

    def _of(self, stream: type[TripletexStream], part: Slice) -> str:
        if stream.name in WITHOUT_CHECKSUM or len(part.asks) > MOST_DIGESTS:
            return f"#{self._random.randbytes(8).hex()}"
        return whose_rows(part) + " ".join(self.digest() for _ in part.asks)

    def state(self, monthly: Collection[str]) -> dict[str, Any]:
        """Return the state of a company all of whose streams are on.

        Args:
            monthly: streams with more rows a year than a page has.
        """
        bookmarks: dict[str, Any] = {
            stream.name: {
                "partitions": [self.bookmark(stream, large=LARGE if stream.name in monthly else ())]
            }
            for stream in STREAMS
        }
        names = [fingerprint(n)[:8] for n in range(40)]
        bookmarks["sync_windows"] = {
            "schemas": {stream.name: fingerprint(stream.name)[:8] for stream in STREAMS},
            "rights": {name: f"AUTH_{name}_{n}" for n, name in enumerate(names)},
            "partitions": [
                {
                    "context": {"company_id": COMPANY},
                    "rights": names,
                    "vouchers": True,
                    "synced_at": "2033-12-15T03:08:32.908000+00:00",
                }
            ],
        }
        return {"bookmarks": bookmarks}


def _planned(whole: Slice, large: Collection[str]) -> list[Slice]:
    return [part.slice() for part in plan(whole.days, (), large)] if whole.days else [whole]


@pytest.mark.parametrize("monthly", [(), MONTHLY], ids=["a page", "several pages a year"])
def test_a_company_takes_12_kb_after_ten_years(monthly: tuple[str, ...]) -> None:
    state = MadeUp().state(monthly)
    assert len(state["bookmarks"]) == len(STREAMS) + 1
    written = Packing().packed(state)
    (company,) = written["bookmarks"]["sync_windows"]["companies"].values()
    assert len(company) <= BYTES
    # What all companies have in common, once: the columns that the loader knows, names of rights.
    assert len(msgspec.json.encode(written)) <= BYTES + 4_000
    assert Packing().packed(unpacked(written)) == written
