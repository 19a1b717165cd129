"""General ledger: accounts, vouchers, postings, VAT, periods, and the totals over them."""

from __future__ import annotations

from tap_tripletex.strategies import List, Period, Snapshot, Window
from tap_tripletex.stream import TripletexStream


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
    strategy = Window("date")


class Vouchers(TripletexStream):
    """The vouchers that the postings belong to."""

    name = "vouchers"
    path = "/ledger/voucher"
    entity = "Voucher"
    strategy = Window("date")


class VoucherTypes(TripletexStream):
    """Kinds of vouchers."""

    name = "voucher_types"
    path = "/ledger/voucherType"
    entity = "VoucherType"
    strategy = List()


class CloseGroups(TripletexStream):
    """Postings that settle each other, such as an invoice and its payment."""

    name = "close_groups"
    path = "/ledger/closeGroup"
    entity = "CloseGroup"
    strategy = Window("date")


class OpenPostings(TripletexStream):
    """Receivables and payables still open at the end of each month, and today."""

    name = "open_postings"
    path = "/ledger/posting/openPost"
    entity = "Posting"
    key = ("id", "as_of_date")
    strategy = Snapshot()
    # Newer than the document (2.75.06): same rows, much faster; sorting by id still orders them.
    parameters = {"sorted": "false"}


class BalanceSheet(TripletexStream):
    """Opening balance, change and closing balance of each account in each month."""

    name = "balance_sheet"
    path = "/balanceSheet"
    entity = "BalanceSheetAccount"
    key = ("account_id", "start_date")
    strategy = Period()
    sorting = "account.id"  # rows have no id; seen in one client's code
    parameters = {"includeActiveAccountsWithoutMovements": "true"}


class AccountingPeriods(TripletexStream):
    """The months of the fiscal years, open or closed."""

    name = "accounting_periods"
    path = "/ledger/accountingPeriod"
    entity = "AccountingPeriod"
    strategy = List()


class AnnualAccounts(TripletexStream):
    """The fiscal years."""

    name = "annual_accounts"
    path = "/ledger/annualAccount"
    entity = "AnnualAccount"
    strategy = List()


class VatTypes(TripletexStream):
    """VAT codes and their rates; id 0 is a code like any other."""

    name = "vat_types"
    path = "/ledger/vatType"
    entity = "VatType"
    strategy = List()
