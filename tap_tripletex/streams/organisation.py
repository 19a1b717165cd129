"""Departments and the people who work there."""

from __future__ import annotations

from tap_tripletex.strategies import List
from tap_tripletex.stream import TripletexStream


class Departments(TripletexStream):
    """Departments, inactive ones too."""

    name = "departments"
    path = "/department"
    entity = "Department"
    strategy = List()


class Employees(TripletexStream):
    """Employees; what is private about them is off until selected."""

    name = "employees"
    path = "/employee"
    entity = "Employee"
    strategy = List()
    # The document's default, asked for explicitly: contact persons are the stream contacts.
    parameters = {"includeContacts": "false"}
