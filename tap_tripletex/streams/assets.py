"""Fixed assets."""

from __future__ import annotations

from tap_tripletex.reading.children import Child
from tap_tripletex.reading.guarding import POSTINGS
from tap_tripletex.reading.periods import Ever
from tap_tripletex.reading.strategies import List
from tap_tripletex.stream import TripletexStream


class Assets(TripletexStream):
    """The register of fixed assets."""

    name = "assets"
    path = "/asset"
    entity = "Asset"
    strategy = List()
    reference = True
    shared = True
    needs = "FIXED_ASSETS_REGISTER"


ASSETS = Assets.as_parents()


class AssetPostings(TripletexStream):
    """Postings on each asset: acquisition, depreciation, sale."""

    name = "asset_postings"
    path = "/asset/{id}/postings"
    entity = "Posting"
    key = ("asset_id", "id")
    strategy = Child(ASSETS, "{id}", "asset_id", Ever("dateFrom", "dateToExclusive"))
    reference = True
    guards = (POSTINGS,)
    needs = "FIXED_ASSETS_REGISTER"
    all_vouchers = True
