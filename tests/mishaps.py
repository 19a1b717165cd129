"""What goes wrong between the tap and Tripletex in random histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_tripletex.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

PATHS = (
    "/ledger/posting",
    "/ledger/voucher",
    "/customer",
    "/order",
    "/bank/statement",
    "^/bank/statement/transaction$",
    "^/asset$",
    "/project/orderline",
    r"^/asset/\d+/postings",
    "/employee/entitlement",
    "/company/salesmodules",
    "/ledger/postingByDate",
)
"""Lists, children of a parent in the path, and what tells whether the token sees everything."""

FAULTS: tuple[Callable[[Random], Fault], ...] = (
    lambda r: Fault("expire_session", after=r.randrange(60)),
    lambda r: Fault("rate_limited", after=r.randrange(60), reset=True),
    lambda r: Fault("bad_gateway_html", after=r.randrange(60), times=r.randrange(1, 4)),
    lambda r: Fault("server_error_html", after=r.randrange(60), times=2),
    lambda r: Fault("cut", after=r.randrange(60), times=2),
    lambda r: Fault("truncated", after=r.randrange(60)),
    # Until the tap gives up: the stream fails, the next run reads it.
    lambda r: Fault("server_error_json", path=r.choice(PATHS), times=None),
    lambda r: Fault("forbidden", path=r.choice(PATHS), times=None),
    lambda r: Fault("not_found", path=r.choice(PATHS), times=None),
    lambda r: Fault("not_found_html", path=r.choice(PATHS), times=None),
    # Somewhere in the middle, on any path.
    lambda r: Fault("not_found_html", after=r.randrange(60), times=r.randrange(1, 30)),
    lambda r: Fault("not_found", "^/asset/", after=r.randrange(2), times=None),
    lambda r: Fault("null_list", path=r.choice(PATHS), times=r.choice([1, None])),
    lambda r: Fault("empty_204", path=r.choice(PATHS), times=r.choice([1, None])),
    lambda r: Fault(
        "missing_row",
        "^/ledger/posting$",
        "sorting",
        after=r.randrange(3),
        row=r.randrange(4),
    ),
)
