"""Travel expenses and allowances."""

from __future__ import annotations

from tap_tripletex.reading.children import Child
from tap_tripletex.reading.guarding import Guarding
from tap_tripletex.reading.periods import Ever
from tap_tripletex.reading.strategies import List, Single
from tap_tripletex.stream import TripletexStream

REPORTS = (Guarding("/travelExpense", end=None, others=(("state", "ALL"),)),)
"""The digest of the reports covers their direct children (document)."""

RATES = Ever("dateFrom", "dateTo", since_first=True)
"""All of them at once have been too many (recorded); then a rate comes in each year of its own."""


class TravelExpenses(TripletexStream):
    """Travel expense reports in every state."""

    name = "travel_expenses"
    path = "/travelExpense"
    entity = "TravelExpense"
    strategy = List()
    parameters = {"state": "ALL"}
    shared = True
    needs = "AUTH_TRAVELREPORTS_COMPANY"


class TravelExpenseCosts(TripletexStream):
    """Expenses on each report."""

    name = "travel_expense_costs"
    path = "/travelExpense/cost"
    entity = "Cost"
    strategy = List()
    guards = REPORTS
    needs = "AUTH_TRAVELREPORTS_COMPANY"


COSTS = TravelExpenseCosts.as_parents()


class TravelExpenseMileageAllowances(TripletexStream):
    """Mileage allowances on each report."""

    name = "travel_expense_mileage_allowances"
    path = "/travelExpense/mileageAllowance"
    entity = "MileageAllowance"
    strategy = List()
    guards = REPORTS
    needs = "AUTH_TRAVELREPORTS_COMPANY"


class TravelExpensePerDiemCompensations(TripletexStream):
    """Per diem compensations on each report."""

    name = "travel_expense_per_diem_compensations"
    path = "/travelExpense/perDiemCompensation"
    entity = "PerDiemCompensation"
    strategy = List()
    guards = REPORTS
    needs = "AUTH_TRAVELREPORTS_COMPANY"


class TravelExpenseAccommodationAllowances(TripletexStream):
    """Accommodation allowances on each report."""

    name = "travel_expense_accommodation_allowances"
    path = "/travelExpense/accommodationAllowance"
    entity = "AccommodationAllowance"
    strategy = List()
    guards = REPORTS
    needs = "AUTH_TRAVELREPORTS_COMPANY"


class TravelExpensePassengers(TripletexStream):
    """Passengers that a mileage allowance is paid for."""

    name = "travel_expense_passengers"
    path = "/travelExpense/passenger"
    entity = "Passenger"
    strategy = List()
    reference = True
    needs = "AUTH_TRAVELREPORTS_COMPANY"


class TravelExpenseCostParticipants(TripletexStream):
    """Who took part in each expense."""

    name = "travel_expense_cost_participants"
    path = "/travelExpense/costParticipant/{costId}/costParticipants"
    entity = "CostParticipant"
    strategy = Child(COSTS, "{costId}", "cost_id")
    needs = "AUTH_TRAVELREPORTS_COMPANY"
    include = "heavy"


class TravelExpenseCostCategories(TripletexStream):
    """Categories of expenses."""

    name = "travel_expense_cost_categories"
    path = "/travelExpense/costCategory"
    entity = "TravelCostCategory"
    strategy = List()
    reference = True


class TravelExpensePaymentTypes(TripletexStream):
    """Ways in which expenses were paid."""

    name = "travel_expense_payment_types"
    path = "/travelExpense/paymentType"
    entity = "TravelPaymentType"
    strategy = List()
    reference = True


class TravelExpenseRates(TripletexStream):
    """Rates of allowances, in every year that is read."""

    name = "travel_expense_rates"
    path = "/travelExpense/rate"
    entity = "TravelExpenseRate"
    strategy = RATES
    seldom = True


class TravelExpenseRateCategories(TripletexStream):
    """Categories of rates."""

    name = "travel_expense_rate_categories"
    path = "/travelExpense/rateCategory"
    entity = "TravelExpenseRateCategory"
    strategy = List()
    seldom = True


class TravelExpenseRateCategoryGroups(TripletexStream):
    """Groups of the categories of rates."""

    name = "travel_expense_rate_category_groups"
    path = "/travelExpense/rateCategoryGroup"
    entity = "TravelExpenseRateCategoryGroup"
    strategy = List()
    seldom = True


class TravelExpenseZones(TripletexStream):
    """Zones that rates differ by."""

    name = "travel_expense_zones"
    path = "/travelExpense/zone"
    entity = "TravelExpenseZone"
    strategy = List()
    seldom = True


class TravelExpenseSettings(TripletexStream):
    """How the company treats travel expenses."""

    name = "travel_expense_settings"
    path = "/travelExpense/settings"
    entity = "TravelExpenseSettings"
    strategy = Single()
    reference = True
