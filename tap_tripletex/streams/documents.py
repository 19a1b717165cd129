"""The archive."""

from __future__ import annotations

from tap_tripletex.reading.children import ForEach
from tap_tripletex.reading.slices import Parents
from tap_tripletex.stream import TripletexStream
from tap_tripletex.streams.organisation import EMPLOYEES

ARCHIVES = {
    "account": Parents("/ledger/account"),
    "customer": Parents("/customer"),
    "employee": EMPLOYEES,
    "product": Parents("/product"),
    "project": Parents("/project"),
    "supplier": Parents("/supplier"),
}


class ArchivedDocuments(TripletexStream):
    """Documents filed under customers, projects and the like: their names, not their content."""

    name = "archived_documents"
    path = "/documentArchive/{entity}/{id}"
    entity = "DocumentArchive"
    key = ("entity", "entity_id", "id")
    strategy = ForEach(kinds=ARCHIVES)
    needs = "AUTH_ARCHIVE_READ"
    include = "heavy"
