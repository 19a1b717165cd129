"""Customers, suppliers and the people there."""

from __future__ import annotations

from tap_tripletex.reading.strategies import ChangedSince, List
from tap_tripletex.stream import TripletexStream

ACTIVE_OR_NOT = {"isInactive": ("false", "true")}
"""The document gives isInactive the default false, which would hide the inactive ones."""


class Contacts(TripletexStream):
    """Contact persons of customers."""

    name = "contacts"
    path = "/contact"
    entity = "Contact"
    strategy = List()
    reference = True


class Prospects(TripletexStream):
    """Sales that may come."""

    name = "prospects"
    path = "/crm/prospect"
    entity = "Prospect"
    strategy = List()
    reference = True


class Customers(TripletexStream):
    """Customers, inactive ones too."""

    name = "customers"
    path = "/customer"
    entity = "Customer"
    strategy = ChangedSince(ACTIVE_OR_NOT)


class CustomerCategories(TripletexStream):
    """Categories of customers and suppliers."""

    name = "customer_categories"
    path = "/customer/category"
    entity = "CustomerCategory"
    strategy = List()
    reference = True


class DeliveryAddresses(TripletexStream):
    """Addresses that goods are sent to."""

    name = "delivery_addresses"
    path = "/deliveryAddress"
    entity = "DeliveryAddress"
    strategy = List()
    reference = True


class Suppliers(TripletexStream):
    """Suppliers, inactive ones too."""

    name = "suppliers"
    path = "/supplier"
    entity = "Supplier"
    strategy = ChangedSince(ACTIVE_OR_NOT)
