"""The company itself, its units and what it has switched on."""

from __future__ import annotations

from tap_tripletex.reading.strategies import List, Single
from tap_tripletex.stream import TripletexStream


class Companies(TripletexStream):
    """The companies that are read, a row each."""

    name = "companies"
    path = "/company/{id}"
    entity = "Company"
    strategy = Single()
    reference = True


class ClientCompanies(TripletexStream):
    """Companies that the token opens besides its own: the clients of an accounting office."""

    name = "client_companies"
    path = "/company/>withLoginAccess"
    entity = "Client"
    of_token = True
    strategy = List()
    reference = True


class SalesModules(TripletexStream):
    """Modules that the company has switched on."""

    name = "sales_modules"
    path = "/company/salesmodules"
    entity = "SalesModule"
    key = ("name",)
    strategy = List()
    reference = True
    sorting = None


class Divisions(TripletexStream):
    """Units of the company with an organisation number of their own."""

    name = "divisions"
    path = "/division"
    entity = "Division"
    strategy = List()
    reference = True


class EventSubscriptions(TripletexStream):
    """Webhooks of the integration, without their secrets and their address, which may hold one."""

    name = "event_subscriptions"
    path = "/event/subscription"
    entity = "Subscription"
    strategy = List()
    reference = True
