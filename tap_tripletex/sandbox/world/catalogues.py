"""What a company sets up once: payment types, rules, dimensions, units, groups; and budgets.

Properties and enums are those of the official document; the looks of payment types,
dimensions and divisions are recorded; names and figures are invented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.world.identity import organization_number

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

NOVEMBER = 11

Rows = tuple[tuple[Any, ...], ...]

TABLES: tuple[tuple[str, str, Rows], ...] = (
    (
        "PaymentType",
        "description debitAccount sequence vatType currencyId currencyCode",
        (
            ("Kontant", 1900, 1, 0, 1, "NOK"),
            ("Betalt til bank", 1920, 2, 0, 1, "NOK"),
            ("Betalt med kort", 1910, 3, 0, 1, "NOK"),
        ),
    ),
    (
        "PaymentTypeOut",
        (
            "description creditAccount sequence isInactive showIncomingInvoice showWagePayment "
            "requiresSeparateVoucher currencyId currencyCode"
        ),
        (
            ("1920 Manuelt betalt nettbank", 1920, 1, False, True, True, False, 1, "NOK"),
            ("Betalingsbilag (på papir)", 1920, 2, True, False, False, True, 1, "NOK"),
            ("Bankkort", 1920, 3, False, True, False, False, 1, "NOK"),
            ("Kontanter", 1900, 4, False, True, False, False, 1, "NOK"),
        ),
    ),
    (
        "BankReconciliationPaymentType",
        "description debitAccount creditAccount sequence isInactive",
        (
            ("Bankgebyr", 7770, None, 1, False),
            ("Renteinntekt", None, 8050, 2, False),
            ("Rentekostnad", 8150, None, 3, False),
            ("Veksling", 8160, None, 4, True),
        ),
    ),
    (
        "PostingRules",
        (
            "accountReceivableCustomersId accountDebtVendorsId accountDebtEmployeesAndOwnersId "
            "accountRoundDiffId accountSubscriptionAccrual accountProductSaleNoVat"
        ),
        ((1500, 2400, 2990, 7740, 2900, 3100),),
    ),
    ("VatSettings", "vatRegistrationStatus", (("VAT_REGISTERED",),)),
    (
        "VatTermSizeSettings",
        "reportType fromDate termSize",
        (
            ("GENERAL_INDUSTRY", "2023-01-01", "YEAR"),
            ("GENERAL_INDUSTRY", "2024-01-01", "TWO_MONTHS"),
        ),
    ),
    (
        "VatReturnsComment",
        "title technicalName description vatSpecificationType expectedSign deliveredSign",
        (
            ("Tap på krav", "tap", "Krav er tapt.", "LOSS_OF_CLAIM", "POSITIVE", "NEGATIVE"),
            ("Uttak", "uttak", "Varer til eget bruk.", "WITHDRAWAL", "NEGATIVE", "POSITIVE"),
            ("Justering", "justering", "Endret bruk.", "ADJUSTMENT", "POSITIVE", "NEGATIVE"),
            ("Stor kreditnota", "kreditnota", "Salg er kreditert.", "DEFAULT", "NEGATIVE", "ZERO"),
        ),
    ),
    (
        "AccountingDimensionName",
        "dimensionName description dimensionIndex active",
        (
            ("Kampanje", "Hva salget kom av", 1, True),
            ("Region", "Hvor i landet", 2, True),
            ("Sesong", "Ikke lenger i bruk", 3, False),
        ),
    ),
    (
        "AccountingDimensionValue",
        "number displayName nameAndNumber dimensionIndex active showInVoucherRegistration position",
        (
            ("SOM", "Sommer", "SOM Sommer", 1, True, True, 1),
            ("JUL", "Jul", "JUL Jul", 1, True, True, 2),
            ("NORD", "Nord", "NORD Nord", 2, True, True, 1),
            ("SØR", "Sør", "SØR Sør", 2, True, False, 2),
            ("GML", "Gammel", "GML Gammel", 3, False, False, 1),
        ),
    ),
    (
        "Bank",
        "name bankStatementFileFormatSupport registerNumbers autoPaySupport platform",
        (
            ("Gullberget Sparebank", ("EIKA_TELEPAY",), (1234, 1235), 8, "SDC"),
            ("Nissebanken", ("DNB_CSV",), (9910,), 7, "TIETO_EVRY"),
            ("Trollkisten Bank", (), (), 0, "UNKNOWN"),
            ("Regnbuebanken", (), (9977,), 0, None),
        ),
    ),
    (
        "ProductUnitMaster",
        "name nameShort commonCode peppolName peppolSymbol isInactive",
        (
            ("Stykk", "stk", "EA", "each", "", False),
            ("Time", "t", "HUR", "hour", "h", False),
            ("Kilogram", "kg", "KGM", "kilogram", "kg", False),
            ("Liter", "l", "LTR", "litre", "l", False),
            ("Meter", "m", "MTR", "metre", "m", False),
            ("Favn", "fvn", "AK", "fathom", "", True),
        ),
    ),
    ("DiscountGroup", "number name nameAndNumber", (("10", "Kaffe", "10 Kaffe"),)),
    ("ProjectControlFormType", "name", (("HMS",), ("Kvalitet",))),
    (
        "ProjectSettings",
        (
            "sortOrderProjects fixedPriceProjectsFeeCalcMethod autoGenerateProjectNumber "
            "autoGenerateStartingNumber projectNameScheme projectTypeOfContract "
            "projectOrderLinesSortOrder projectHourlyRateModel resourcePlanPeriod "
            "projectCategories budgetOnSubcontracts emailOnProjectBudget "
            "dynamicControlFormIdsRequiredForInvoicing"
        ),
        (
            (
                "SORT_ORDER_NAME_AND_NUMBER",
                "FIXED_PRICE_PROJECTS_CALC_METHOD_INVOICED_FEE",
                True,
                1,
                "NAME_STANDARD",
                "PROJECT_HOUR_RATES",
                "SORT_ORDER_ID",
                "TYPE_FIXED_HOURLY_RATE",
                "PERIOD_WEEK",
                True,
                True,
                "prosjekt@example.org",
                (1,),
            ),
        ),
    ),
)

# Type, yearly amount in kroner, account; what the budget is of is found by type.
BUDGETS = (
    ("COMPANY", 2_400_000, 3020),
    ("COMPANY", 780_000, 3010),
    ("COMPANY", 288_000, 6300),
    ("DEPARTMENT", 360_000, 3020),
    ("PROJECT", 96_000, 3020),
    ("PRODUCT", 120_000, 3010),
    ("EMPLOYEE", 48_000, 7140),
)
BUDGETED_EACH = 2
"""Of how many departments, projects, products and employees there is a budget."""

WHOLESALERS = [
    "DEFAULT_SUPPLIER",
    "AHLSELL",
    "SONEPAR",
    "ONNINEN",
    "SOLAR",
    "ELEKTROSKANDIA",
    "BERGAARD_AMUNDSEN",
    "BROEDRENE_DAHL",
    "HEIDENREICH",
    "ELEKTROIMPORTOEREN",
]
"""Every value of `supplier` at `/transportType` (official document)."""

EXTERNAL_PRODUCTS = (
    ("AHLSELL", "1210045", "Kabel 3G1,5", 14.9),
    ("AHLSELL", "1410771", "Stikkontakt dobbel", 89.0),
    ("ONNINEN", "1619012", "Sikring 16 A", 134.5),
    ("SOLAR", "3201188", "Taklampe", 459.0),
)


def fill(registers: Registers, entity: str, columns: str, rows: Rows) -> list[int]:
    """Add rows of a small table; accounts are given by number, names stand for display names."""
    company = registers.company
    properties = company.model.entity(entity).properties
    made = []
    for row in rows:
        values = dict(zip(columns.split(), row, strict=True))
        for name, value in values.items():
            prop = properties.get(name)
            if prop and prop.entity == "Account" and value is not None:
                values[name] = company.account_id(value)
        if "displayName" in properties:
            values.setdefault("displayName", values.get("name") or values.get("description"))
        if "id" in properties:
            made.append(registers.add(entity, **values))
        else:
            company.table(entity).add(values)
    return made


class Catalogues:
    """Fills small tables at the founding, and budgets every November."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Set the company up."""
        self.context = context
        self.registers = registers
        self.company = context.company
        for entity, columns, rows in TABLES:
            fill(registers, entity, columns, rows)
        for bank in self.company.table("Bank"):
            # Recorded: an object inside its bank, with an id but without a url.
            bank["autoPaySupport"] = {"id": bank["autoPaySupport"], "uploadNeeded": True}
        forms = tuple(self.company.table("ProjectControlFormType").rows)
        for settings in self.company.table("ProjectSettings"):
            settings["controlFormsRequiredForInvoicing"] = forms[:1]
        self._divisions()
        self._wholesale()
        self._budget(context.day.year)

    def daily(self) -> None:
        """Budget the next year when its periods are there."""
        if (self.context.day.month, self.context.day.day) == (NOVEMBER, 1):
            self._budget(self.context.day.year + 1)

    def _divisions(self) -> None:
        municipality = next(iter(self.company.table("Municipality").rows), None)
        for serial, name in enumerate(("Hovedvirksomhet", "Kaffebaren")):
            number = organization_number(700_000 + 10 * serial + 100 * self.company.index)
            self.registers.add(
                "Division",
                name=name,
                displayName=f"({number}) {name}",
                organizationNumber=number,
                startDate="2024-01-01",
                municipalityDate="2024-01-01",
                municipality=municipality,
            )

    def _wholesale(self) -> None:
        for wholesaler in WHOLESALERS:
            columns = "_supplier nameKey code name isPickUp"
            rows = tuple(
                (wholesaler, f"transport_{code.lower()}", code, name, code == "HENT")
                for code, name in (("BIL", "Med bil"), ("HENT", "Hentes"))
            )
            # `name` is what `displayName` is taken from; the type itself has none.
            for identity in fill(self.registers, "TransportType", columns, rows):
                del self.company.table("TransportType").rows[identity]["name"]
        unit = self.registers.units["stk"]
        for wholesaler, number, name, price in EXTERNAL_PRODUCTS:
            self.registers.add(
                "ExternalProduct",
                _wholesaler=wholesaler,
                name=name,
                displayName=f"{number} {name}",
                elNumber=number,
                costExcludingVatCurrency=price * 0.7,
                priceExcludingVatCurrency=price,
                priceIncludingVatCurrency=price * 1.25,
                productUnit=unit,
                vatType=3,
                currency=1,
                isStockItem=True,
            )

    def _budget(self, year: int) -> None:
        registers = self.registers
        referred: dict[str, list[int | None]] = {
            "COMPANY": [None],
            "DEPARTMENT": [*registers.departments],
            "PROJECT": [r["id"] for r in self.company.table("Project") if not r["isClosed"]],
            "PRODUCT": [*registers.products],
            "EMPLOYEE": [*registers.employees[1:]],
        }
        periods = [
            row["id"]
            for row in self.company.table("AccountingPeriod")
            if row["start"].startswith(str(year))
        ]
        for kind, amount, number in BUDGETS:
            account = self.company.account_id(number)
            for identity in referred[kind][:BUDGETED_EACH]:
                for period in periods:
                    registers.add(
                        "ResultBudget",
                        account=account,
                        accountingPeriod=period,
                        amount=amount * 100 // len(periods),
                        resultBudgetType=kind,
                        **({} if identity is None else {kind.lower(): identity}),
                    )
