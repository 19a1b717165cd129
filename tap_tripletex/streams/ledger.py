"""General ledger: accounts, vouchers, postings, VAT, periods, and the totals over them."""

from __future__ import annotations

from tap_tripletex.reading.guarding import POSTINGS
from tap_tripletex.reading.periods import Period, Snapshot, Years
from tap_tripletex.reading.slices import ANY_NUMBERS, Holders, Numbers
from tap_tripletex.reading.strategies import ChangedSince, Keyless, List, Single, Window
from tap_tripletex.stream import TripletexStream

ALL_BUDGETS = {
    "includeAllDepartmentResultBudgets": "true",
    "includeAllProjectResultBudgets": "true",
    "includeAllProductResultBudgets": "true",
    "includeAllEmployeeResultBudgets": "true",
}


class Accounts(TripletexStream):
    """The chart of accounts."""

    name = "accounts"
    path = "/ledger/account"
    entity = "Account"
    strategy = List()


class Postings(TripletexStream):
    """The general ledger: a row for each line of a voucher, debit positive, credit negative."""

    name = "postings"
    path = "/ledger/posting"
    entity = "Posting"
    strategy = Window(
        "date",
        numbers=Numbers("accountNumberFrom", "accountNumberTo"),
        holders=Holders(
            "/ledger/voucher",
            "postings",
            "date",
            Numbers("numberFrom", "numberTo", ANY_NUMBERS, "voucher"),
        ),
    )
    controlled = True
    all_vouchers = True


class Vouchers(TripletexStream):
    """The vouchers that the postings belong to."""

    name = "vouchers"
    path = "/ledger/voucher"
    entity = "Voucher"
    strategy = Window("date")
    all_vouchers = True


class NonPostedVouchers(TripletexStream):
    """Vouchers that are not in the ledger yet; they leave this list when they are posted."""

    name = "non_posted_vouchers"
    path = "/ledger/voucher/>nonPosted"
    entity = "Voucher"
    strategy = ChangedSince()
    parameters = {"includeNonApproved": "true"}
    all_vouchers = True


class VoucherReception(TripletexStream):
    """Vouchers that have arrived and wait for someone to deal with them."""

    name = "voucher_reception"
    path = "/ledger/voucher/>voucherReception"
    entity = "Voucher"
    strategy = List()
    all_vouchers = True


class VoucherTypes(TripletexStream):
    """Kinds of vouchers."""

    name = "voucher_types"
    path = "/ledger/voucherType"
    entity = "VoucherType"
    strategy = List()
    reference = True


class VoucherStatuses(TripletexStream):
    """How far vouchers sent to other systems have come."""

    name = "voucher_statuses"
    path = "/voucherStatus"
    entity = "VoucherStatus"
    strategy = List()
    reference = True
    needs = "to be set up by Tripletex"


class VoucherMessages(TripletexStream):
    """Messages about vouchers."""

    name = "voucher_messages"
    path = "/voucherMessage"
    entity = "VoucherMessage"
    strategy = List()
    reference = True


class CloseGroups(TripletexStream):
    """Postings that settle each other, such as an invoice and its payment."""

    name = "close_groups"
    path = "/ledger/closeGroup"
    entity = "CloseGroup"
    strategy = Window("date")
    all_vouchers = True


class OpenPostings(TripletexStream):
    """Receivables and payables still open at the end of each past month, and today."""

    name = "open_postings"
    path = "/ledger/posting/openPost"
    entity = "Posting"
    key = ("id", "as_of_date")
    strategy = Snapshot(of=POSTINGS)
    # Newer than the document (2.75.06): same rows, much faster; sorting by id still orders them.
    parameters = {"sorted": "false"}
    guards = (POSTINGS,)
    all_vouchers = True


class BalanceSheet(TripletexStream):
    """Trial balance: opening balance, change and closing balance of each account in each month."""

    name = "balance_sheet"
    path = "/balanceSheet"
    entity = "BalanceSheetAccount"
    key = ("account_id", "start_date")
    strategy = Period(of=POSTINGS, ahead=True)
    sorting = "account.id"  # rows have no id; seen in one client's code
    parameters = {"includeActiveAccountsWithoutMovements": "true"}
    guards = (POSTINGS,)
    all_vouchers = True


class LedgerAccounts(TripletexStream):
    """Opening and closing balance of each account with postings in a month, in currency too."""

    name = "ledger_accounts"
    path = "/ledger"
    entity = "LedgerAccount"
    key = ("account_id", "date_from", "date_to")
    strategy = Period("date_from", last="date_to", of=POSTINGS, ahead=True)
    sorting = "account.id"
    guards = (POSTINGS,)
    all_vouchers = True


class AccountingPeriods(TripletexStream):
    """The months of the fiscal years, open or closed; ``end`` is the day after the last."""

    name = "accounting_periods"
    path = "/ledger/accountingPeriod"
    entity = "AccountingPeriod"
    strategy = List()
    reference = True


class AnnualAccounts(TripletexStream):
    """The fiscal years; ``end`` is the day after the last."""

    name = "annual_accounts"
    path = "/ledger/annualAccount"
    entity = "AnnualAccount"
    strategy = List()
    shared = True
    reference = True


class AccountingDimensionNames(TripletexStream):
    """The company's own dimensions, at most three."""

    name = "accounting_dimension_names"
    path = "/ledger/accountingDimensionName"
    entity = "AccountingDimensionName"
    strategy = List()
    reference = True
    needs = "PRO"


class AccountingDimensionValues(TripletexStream):
    """Values of the company's own dimensions."""

    name = "accounting_dimension_values"
    path = "/ledger/accountingDimensionValue/search"
    entity = "AccountingDimensionValue"
    strategy = List()
    reference = True
    needs = "PRO"


class VatTypes(TripletexStream):
    """VAT codes and their rates; id 0 is a code like any other."""

    name = "vat_types"
    path = "/ledger/vatType"
    entity = "VatType"
    strategy = List()
    reference = True


class VatTermSizeSettings(TripletexStream):
    """How long the company's VAT terms are, and from when."""

    name = "vat_term_size_settings"
    path = "/vatTermSizeSettings"
    entity = "VatTermSizeSettings"
    strategy = List()
    seldom = True


class VatReturnComments(TripletexStream):
    """Remarks that a VAT return may carry."""

    name = "vat_return_comments"
    path = "/vatReturns/comment/>all"
    entity = "VatReturnsComment"
    key = ("row_key",)
    strategy = Keyless()
    reference = True
    sorting = None


class OutgoingPaymentTypes(TripletexStream):
    """Ways of paying suppliers and employees."""

    name = "outgoing_payment_types"
    path = "/ledger/paymentTypeOut"
    entity = "PaymentTypeOut"
    strategy = List()
    reference = True


class PostingRules(TripletexStream):
    """Accounts that the company posts to by default."""

    name = "posting_rules"
    path = "/ledger/postingRules"
    entity = "PostingRules"
    strategy = Single()
    reference = True


class VatSettings(TripletexStream):
    """Whether the company is registered for VAT."""

    name = "vat_settings"
    path = "/ledger/vatSettings"
    entity = "VatSettings"
    strategy = Single()
    reference = True


class OpeningBalance(TripletexStream):
    """The voucher of the opening balance, where there is one."""

    name = "opening_balance"
    path = "/ledger/voucher/openingBalance"
    entity = "Voucher"
    strategy = Single()
    reference = True


class ResultBudgets(TripletexStream):
    """Budgeted amounts by account and month, of the company and its departments and projects."""

    name = "result_budgets"
    path = "/resultbudget"
    entity = "ResultBudget"
    strategy = Years()
    reference = True
    parameters = ALL_BUDGETS
