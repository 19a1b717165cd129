"""What each stream sees when, and what never: in words, from what the stream declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_tripletex.stream import TripletexStream

NEXT = "A row that is new, edited or deleted is seen by the next run."
DATED = (
    "A row that is new, edited, moved to another date, back-dated or deleted is seen by the next "
    "run, however old it is."
)
CHILD = (
    "Read for each object of the list it belongs to, when that list has changed: Tripletex counts "
    "what directly belongs to an object as part of it."
)

SEEN = {
    "AsOf": "Month ends and today; each row belongs to the first day that has it.",
    "Batch": CHILD,
    "ChangedSince": (
        f"{NEXT} Of more than 1,000 rows only what has changed is read; an edit inside a row (a "
        "supplier's bank account) that comes together with an edit of another row is seen within "
        "`full_refresh_days`."
    ),
    "Child": CHILD,
    "Ever": f"{NEXT} All days are asked for at once.",
    "ForEach": CHILD,
    "Keyless": f"{NEXT} A row has no id: an edited one is a new row, and the old one is gone.",
    "List": NEXT,
    "Named": f"{NEXT} Every month or week that has begun is asked for.",
    "Nested": "Seen with the object that it stands in, by the next run.",
    "Period": "Totals of each month; a month whose vouchers have changed is read by the next run.",
    "Single": "A change is seen by the next run.",
    "Snapshot": "Month ends and today. A past month end is read again when its vouchers change.",
    "Window": DATED,
    "Years": f"{NEXT} Each year is asked for.",
}

SELDOM = (
    "Hardly ever changes, or is worked out from other lists: what lies before last month (all of "
    "it, where there are no dates) is asked for once in `full_refresh_days`."
)
REFERENCE = "Where `reference_days` is set, a change is seen within so many days."
VOUCHERS = "Deletions are told only where the token's user may see all vouchers."
HORIZON = "Rows before `start_date`, or more than `future_days` ahead, are not read."


def sync_note(stream: type[TripletexStream]) -> str:
    """Return what is seen of a stream when, in a few sentences."""
    return " ".join(_sentences(stream))


def _sentences(stream: type[TripletexStream]) -> Iterator[str]:
    yield SEEN[type(stream.strategy).__name__]
    if stream.seldom:
        yield SELDOM
    elif stream.guards:
        yield "It is asked for only when a list has changed that changes whenever it does."
    if stream.reference:
        yield REFERENCE
    if stream.strategy.windowed:
        yield HORIZON
    if stream.all_vouchers:
        yield VOUCHERS
