"""What the sandbox adds to the model of an entity: which properties are money, what is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tap_tripletex.sandbox.tables.model import Property


class Spec(NamedTuple):
    """How rows of an entity are kept.

    Attributes:
        window: The date property that rows are grouped by, where there are many.
        money: Properties held as whole øre and sent as kroner.
        usual: Values that a row has unless it says otherwise.
    """

    window: str | None = None
    money: frozenset[str] = frozenset()
    usual: dict[str, Any] = {}  # noqa: RUF012 - never changed


NOTHING = Spec()

SPECS: dict[str, Spec] = {
    "Posting": Spec(
        window="date",
        money=frozenset({"amount", "amountCurrency", "amountGross", "amountGrossCurrency"}),
        usual={
            "taxTransactionType": "(Ikke valgt)",
            "isVatReadonly": True,
            "type": None,
            "termOfPayment": None,
        },
    ),
    "Voucher": Spec(
        window="date",
        usual={"supplierVoucherType": None, "vendorInvoiceNumber": None},
    ),
    "CloseGroup": Spec(window="date"),
    "Invoice": Spec(
        window="invoiceDate",
        money=frozenset(
            {
                "amount",
                "amountCurrency",
                "amountExcludingVat",
                "amountExcludingVatCurrency",
                "amountOutstanding",
                "amountCurrencyOutstanding",
                "amountOutstandingTotal",
                "amountCurrencyOutstandingTotal",
            },
        ),
        usual={"isCharged": True, "isPeriodizationPossible": True, "currency": 1},
    ),
    "SupplierInvoice": Spec(
        window="invoiceDate",
        money=frozenset(
            {
                "amount",
                "amountCurrency",
                "amountExcludingVat",
                "amountExcludingVatCurrency",
                "outstandingAmount",
            },
        ),
        usual={"currency": 1},
    ),
    "Order": Spec(
        window="orderDate",
        usual={
            "currency": 1,
            "invoicesDueIn": 14,
            "invoicesDueInType": "DAYS",
            "orderLineSorting": "PRODUCT",
            "subscriptionDurationType": "MONTHS",
            "subscriptionPeriodsOnInvoiceType": "MONTHS",
            "subscriptionInvoicingTimeInAdvanceOrArrears": "ADVANCE",
            "subscriptionInvoicingTimeType": "MONTHS",
            "sendMethodDescription": "Faktura sendes på e-post.",
            "discountPercentage": 0.0,
        },
    ),
    "OrderLine": Spec(
        money=frozenset({"amountExcludingVatCurrency", "amountIncludingVatCurrency"}),
        usual={
            "currency": 1,
            "subscriptionPeriodStart": None,
            "subscriptionPeriodEnd": None,
            "isCharged": True,
            "discount": 0.0,
            "markup": 0.0,
        },
    ),
    "TimesheetEntry": Spec(window="date"),
    "BalanceSheetAccount": Spec(money=frozenset({"balanceIn", "balanceChange", "balanceOut"})),
    "LedgerAccount": Spec(
        money=frozenset(
            {
                "sumAmount",
                "sumAmountCurrency",
                "openingBalance",
                "openingBalanceCurrency",
                "closingBalance",
                "closingBalanceCurrency",
                "balanceOutInAccountCurrency",
            },
        ),
        usual={"currency": 1},
    ),
    "Account": Spec(usual={"currency": 1, "bankAccountCountry": None}),
    "Customer": Spec(
        usual={
            "isCustomer": True,
            "language": "NO",
            "invoiceSendMethod": "EMAIL",
            "emailAttachmentType": "ATTACHMENT",
            "invoicesDueIn": 14,
            "invoicesDueInType": "DAYS",
            "currency": 1,
            "discountPercentage": 0.0,
        },
    ),
    "Supplier": Spec(
        usual={"isSupplier": True, "currency": 1, "language": "NO", "locale": "no_NO"},
    ),
    "Employee": Spec(
        usual={
            "userType": None,
            "allowInformationRegistration": True,
            "isAuthProjectOverviewURL": True,
            "internationalId": {"intAmeldingType": None, "country": None, "number": ""},
            "holidayAllowanceEarned": {
                "year": 0,
                "amount": 0.0,
                "basis": 0.0,
                "amountExtraHolidayWeek": 0.0,
            },
        },
    ),
    "Project": Spec(
        usual={
            "displayNameFormat": "NAME_STANDARD",
            "currency": 1,
            "invoiceDueDate": 14,
            "invoiceDueDateType": "DAYS",
            "accessType": "WRITE",
            "discountPercentage": 0.0,
            "markUpOrderLines": 0.0,
        },
    ),
    "Product": Spec(usual={"currency": 1}),
    "SalesModule": Spec(usual={"costStartDate": None}),
    "AccountingPeriod": Spec(usual={"checkLedgerLogTime": None, "checkWageLogTime": None}),
    "Company": Spec(
        usual={
            "type": "AS",
            "currency": 1,
            "companyMigration": "NONE",
            "invoiceShowDeliveryDate": True,
        },
    ),
    "Employment": Spec(usual={"isMainEmployer": True}),
    "EmploymentDetails": Spec(money=frozenset({"annualSalary", "hourlyWage", "monthlySalary"})),
    "Payslip": Spec(money=frozenset({"amount", "grossAmount", "vacationAllowanceAmount"})),
    "SalarySpecification": Spec(money=frozenset({"amount", "rate"})),
    "SalaryCompilation": Spec(money=frozenset({"vacationPayBasis"})),
    "SalaryCompilationLine": Spec(money=frozenset({"amount"})),
    "TravelExpense": Spec(
        money=frozenset(
            {
                "amount",
                "chargeableAmount",
                "chargeableAmountCurrency",
                "fixedInvoicedAmount",
                "highRateVAT",
                "lowRateVAT",
                "mediumRateVAT",
                "paymentAmount",
                "paymentAmountCurrency",
                "travelAdvance",
            },
        ),
        usual={"vatType": 0, "paymentCurrency": 1, "state": "OPEN", "stateName": "Åpent"},
    ),
    "Cost": Spec(
        money=frozenset(
            {
                "amountCurrencyIncVat",
                "amountNOKInclVAT",
                "amountNOKInclVATHigh",
                "amountNOKInclVATLow",
                "amountNOKInclVATMedium",
            },
        ),
    ),
    "AccommodationAllowance": Spec(money=frozenset({"amount", "rate"})),
    "MileageAllowance": Spec(money=frozenset({"amount", "rate"})),
    "PerDiemCompensation": Spec(money=frozenset({"amount", "rate"})),
    "TravelExpenseRate": Spec(
        money=frozenset(
            {"rate", "breakfastDeductionRate", "lunchDeductionRate", "dinnerDeductionRate"},
        ),
    ),
    "Client": Spec(usual={"type": "AS", "currency": 1, "companyMigration": "NONE"}),
}

_MONEY: dict[str, str] = {
    "Asset": (
        "acquisitionCost incomingBalance depreciationRemainingValue externalLastAccountedValue "
        "externalAccumulatedDepreciation accumulatedDepreciation startingBalance balanceIn "
        "balanceOut balanceChange depreciationBasis annualDepreciation depreciationDiscrepancy "
        "depreciationAmount totalDepreciationAmount improvements newHires "
        "salesAndOtherRealizations accountingRelatedProfitOrLoss"
    ),
    "BankReconciliation": "bankAccountClosingBalanceCurrency",
    "BankStatement": "openingBalanceCurrency closingBalanceCurrency",
    "BankTransaction": "amountCurrency bankReconciliationMatchSum",
    "BankTransactionPosting": "amount amountCurrency",
    "IncomingInvoiceHeaderExternalRead": "invoiceAmount",
    "IncomingOrderLineExternalRead": "amountInclVat amountExclVat amountVat",
    "ProductLine": "unitCostCurrency costCurrency",
    "ProjectBudgetStatus": (
        "totalTotalIncomeCurrency budgetTotalIncomeCurrency budgetTotalCostCurrency"
    ),
    "ProjectInvoiceDetails": (
        "feeAmount feeAmountCurrency markupAmount markupAmountCurrency "
        "amountOrderLinesAndReinvoicing amountOrderLinesAndReinvoicingCurrency "
        "amountTravelReportsAndExpenses amountTravelReportsAndExpensesCurrency "
        "onAccountBalanceAmount onAccountBalanceAmountCurrency"
    ),
    "ProjectOrderLine": "amountExcludingVatCurrency amountIncludingVatCurrency",
    "ProjectPeriodInvoicingReserve": (
        "invoiceFeeReserveCurrency periodOrderLinesIncomeCurrency "
        "invoiceExtracostsReserveCurrency invoiceAkontoReserveAmountCurrency "
        "invoiceReserveTotalAmountCurrency"
    ),
    "ProjectPeriodMonthlyStatus": "income costs",
    "ProjectSubContract": (
        "budgetFeeCurrency budgetExpensesCurrency budgetIncomeCurrency budgetNetAmountCurrency"
    ),
    "Prospect": ("finalInitialValue finalMonthlyValue finalAdditionalServicesValue totalValue"),
    "PurchaseOrderline": "amountExcludingVatCurrency amountIncludingVatCurrency",
    "Reminder": (
        "charge chargeCurrency totalCharge totalChargeCurrency totalAmountCurrency interests"
    ),
    "ResultBudget": "amount",
    "Stocktaking": "warehouseValue discrepancySum",
}
SPECS.update({name: Spec(money=frozenset(text.split())) for name, text in _MONEY.items()})


def spec_of(entity: str) -> Spec:
    """Return what is known of an entity beyond the model."""
    return SPECS.get(entity, NOTHING)


_EMPTY: dict[str, Any] = {"int": 0, "num": 0, "str": "", "bool": False, "any": None}


def usual_value(entity: str, prop: Property) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a row holds that does not say: recorded rows have `""`, 0, [] or null."""
    usual = spec_of(entity).usual
    if prop.name in usual:
        return usual[prop.name]
    if prop.many:
        return ()
    if prop.entity:
        return None
    dated = prop.name == "date" or prop.name.endswith(("Date", "DateTime", "dateOfBirth"))
    return None if dated else _EMPTY[prop.kind]
