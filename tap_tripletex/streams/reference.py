"""Lists that are the same for every company."""

from __future__ import annotations

from tap_tripletex.strategies import List
from tap_tripletex.stream import TripletexStream


class Currencies(TripletexStream):
    """Currencies."""

    name = "currencies"
    path = "/currency"
    entity = "Currency"
    strategy = List()


class Countries(TripletexStream):
    """Countries."""

    name = "countries"
    path = "/country"
    entity = "Country"
    strategy = List()
