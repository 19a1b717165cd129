"""The archive."""

from __future__ import annotations

from tap_tripletex.reading.children import ForEach
from tap_tripletex.stream import TripletexStream
from tap_tripletex.streams.crm import Customers, Suppliers
from tap_tripletex.streams.ledger import Accounts
from tap_tripletex.streams.organisation import Employees
from tap_tripletex.streams.product import Products
from tap_tripletex.streams.project import Projects

ARCHIVES = {
    "account": Accounts.as_parents(),
    "customer": Customers.as_parents(),
    "employee": Employees.as_parents(),
    "product": Products.as_parents(),
    "project": Projects.as_parents(),
    "supplier": Suppliers.as_parents(),
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
