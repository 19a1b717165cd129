"""Lists that are the same for every company, and rates of exchange."""

from __future__ import annotations

from tap_tripletex.reading.children import Child
from tap_tripletex.reading.periods import Snapshot
from tap_tripletex.reading.strategies import List
from tap_tripletex.stream import TripletexStream


class Countries(TripletexStream):
    """Countries."""

    name = "countries"
    path = "/country"
    entity = "Country"
    strategy = List()
    seldom = True


class Currencies(TripletexStream):
    """Currencies."""

    name = "currencies"
    path = "/currency"
    entity = "Currency"
    strategy = List()
    seldom = True


CURRENCIES = Currencies.as_parents()
DAYS = Snapshot("date", exclusive=False, pages=False)
RATES = Child(CURRENCIES, "{id}", "currency_id", DAYS, told=False)


class CurrencyRates(TripletexStream):
    """Rate of each currency at the end of each past month, and today."""

    name = "currency_rates"
    path = "/currency/{id}/rate"
    entity = "CurrencyExchangeRate"
    key = ("currency_id", "date")
    strategy = RATES
    seldom = True
    include = "heavy"


class Municipalities(TripletexStream):
    """Municipalities, with their zones of payroll tax."""

    name = "municipalities"
    path = "/municipality"
    entity = "Municipality"
    strategy = List()
    seldom = True
    parameters = {"includePayrollTaxZones": "true"}


class BusinessActivityTypes(TripletexStream):
    """Kinds of business that results are reported by."""

    name = "business_activity_types"
    path = "/yearEnd/enumType/businessActivityTypes"
    entity = "BusinessActivityType"
    strategy = List()
    seldom = True
