"""Banks, statements and their reconciliation with the ledger."""

from __future__ import annotations

from tap_tripletex.reading.strategies import List, Nested
from tap_tripletex.stream import TripletexStream


class Banks(TripletexStream):
    """Banks that Tripletex knows."""

    name = "banks"
    path = "/bank"
    entity = "Bank"
    strategy = List()
    seldom = True


class BankReconciliations(TripletexStream):
    """Reconciliations of a bank account with the ledger, by period."""

    name = "bank_reconciliations"
    path = "/bank/reconciliation"
    entity = "BankReconciliation"
    strategy = List()
    reference = True
    needs = "AUTH_BANK_RECONCILIATION"


class BankReconciliationMatches(TripletexStream):
    """Which bank transactions match which postings."""

    name = "bank_reconciliation_matches"
    path = "/bank/reconciliation/match"
    entity = "BankReconciliationMatch"
    strategy = List()
    reference = True
    needs = "AUTH_BANK_RECONCILIATION"


class BankReconciliationPaymentTypes(TripletexStream):
    """Kinds of payments found in a reconciliation."""

    name = "bank_reconciliation_payment_types"
    path = "/bank/reconciliation/paymentType"
    entity = "BankReconciliationPaymentType"
    strategy = List()
    reference = True


class BankStatements(TripletexStream):
    """Bank statements that were imported."""

    name = "bank_statements"
    path = "/bank/statement"
    entity = "BankStatement"
    strategy = List()
    shared = True
    needs = "AUTH_BANK_RECONCILIATION"


class BankTransactions(TripletexStream):
    """The transactions on each bank statement."""

    name = "bank_transactions"
    path = "/bank/statement"
    entity = "BankTransaction"
    strategy = Nested(List(), "transactions", "bank_statement_id")
    shared = True
    needs = "AUTH_BANK_RECONCILIATION"
