"""Every stream of the tap, declared in one module per area of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_tripletex.streams import (
    assets,
    bank,
    company,
    crm,
    documents,
    inventory,
    ledger,
    organisation,
    product,
    project,
    purchase,
    reference,
    salary,
    sales,
    timesheet,
    travel,
)

if TYPE_CHECKING:
    from types import ModuleType

    from tap_tripletex.stream import TripletexStream

AREAS: tuple[ModuleType, ...] = (
    ledger,
    assets,
    bank,
    company,
    crm,
    sales,
    purchase,
    product,
    inventory,
    project,
    organisation,
    salary,
    timesheet,
    travel,
    reference,
    documents,
)

STREAMS: tuple[type[TripletexStream], ...] = tuple(
    declared
    for area in AREAS
    for declared in vars(area).values()
    if isinstance(declared, type) and declared.__module__ == area.__name__
)
"""In the order of declaration."""

BY_NAME: dict[str, type[TripletexStream]] = {vars(stream)["name"]: stream for stream in STREAMS}
"""In the same order."""
