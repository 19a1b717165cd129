"""The company itself."""

from __future__ import annotations

from tap_tripletex.strategies import Single
from tap_tripletex.stream import TripletexStream


class Companies(TripletexStream):
    """The companies that are read, a row each."""

    name = "companies"
    path = "/company/{id}"
    entity = "Company"
    strategy = Single()
