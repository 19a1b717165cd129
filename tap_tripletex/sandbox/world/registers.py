"""Registers: departments, people, customers, suppliers, products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.world import chart, names
from tap_tripletex.sandbox.world.identity import organization_number, profile

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context

FIRST_CUSTOMERS = 22
EMPLOYEES = 8


class Registers:
    """Makes the rows that documents refer to."""

    def __init__(self, context: Context) -> None:
        """Fill the catalogues and the first rows of the registers."""
        self.context = context
        self.company = context.company
        self._serial = 1_000_003 * context.seed + 97_813 * (context.company.index + 1)
        self._customer_number = 10_000
        self._supplier_number = 20_000
        self.active_customers: list[int] = []
        self.units: dict[str, int] = {}
        self.product_accounts: dict[int, int] = {}
        self._catalogues()
        self._company_row()
        self.departments = [
            self.add("Department", name=name, displayName=name, departmentNumber=number)
            for number, name in (("1", "Administrasjon"), ("2", "Rådgivning"), ("3", "Butikk"))
        ]
        self.add(
            "Department",
            name="Nedlagt filial",
            displayName="Nedlagt filial",
            departmentNumber="9",
            isInactive=True,
        )
        self.employees = [self._employee(number) for number in range(EMPLOYEES)]
        self.company.api_user = self.employees[0]
        # Official document: /employee hides such rows unless includeContacts is true.
        self.add(
            "Employee",
            firstName="Kari",
            lastName="Kontakt",
            displayName="Kari Kontakt",
            email="kari@example.org",
            isContact=True,
            companyId=self.company.id,
        )
        self.categories = [
            self.add("CustomerCategory", name=n, number=str(i), displayName=n, type=1)
            for i, n in enumerate(("Fast kunde", "Kampanje", "Utland"), 1)
        ]
        self.products = [self._product(product) for product in names.PRODUCTS]
        self.suppliers = [self._supplier(item) for item in names.SUPPLIERS]
        for _ in range(FIRST_CUSTOMERS):
            self.new_customer()
        for name, country in names.FOREIGN_FIRMS:
            self.new_customer(name, country)

    def add(self, entity: str, **values: Any) -> int:  # noqa: ANN401 - any JSON value
        """Add a row made now and return its id."""
        identity = values.pop("id", None)
        if identity is None:
            identity = self.context.ids.next(entity)
        self.company.table(entity).add(
            {"id": identity, "version": 0, "_created": self.context.stamp(), **values},
        )
        return int(identity)

    def _catalogues(self) -> None:
        for account in chart.accounts():
            self.add("Account", **account)
        for identity, number, percentage, name in chart.VAT_TYPES:
            rate = f"({abs(percentage):g}%) " if percentage else ""
            self.add(
                "VatType",
                id=identity,
                name=name,
                number=number,
                displayName=f"{number}: {rate}{name}",
                percentage=percentage,
                deductionPercentage=100.0,
                parentType=0,
            )
        for name in chart.VOUCHER_TYPES:
            self.add("VoucherType", name=name, displayName=name)
        for identity, code, country, factor in chart.CURRENCIES:
            self.add(
                "Currency",
                id=identity,
                code=code,
                description=country,
                factor=factor,
                displayName=code,
            )
        for identity, alpha2, alpha3, numeric, name in chart.COUNTRIES:
            self.add(
                "Country",
                id=identity,
                name=name,
                displayName=name,
                isoAlpha2Code=alpha2,
                isoAlpha3Code=alpha3,
                isoNumericCode=numeric,
            )
        for short, name, english, short_english, code in names.UNITS:
            self.units[short] = self.add(
                "ProductUnit",
                name=name,
                displayName=name,
                nameShort=short,
                displayNameShort=short,
                nameEN=english,
                nameShortEN=short_english,
                commonCode=code,
                isDeletable=True,
            )
        for module in chart.SALES_MODULES:
            self.company.table("SalesModule").add({"name": module})

    def _company_row(self) -> None:
        place = profile(self.company.index)
        self.company.name = place.name
        self.add(
            "Company",
            id=self.company.id,
            version=5,
            name=place.name,
            displayName=place.name,
            organizationNumber=self._org_number(),
            email="post@example.org",
            phoneNumber="00000000",
            address=self.address(place.name, place.street, place.postal_code, place.city),
        )

    def _org_number(self) -> str:
        self._serial += 7
        return organization_number(self._serial)

    def address(
        self,
        owner: str,
        street: str,
        postal_code: str,
        city: str,
        country: int = chart.NORWAY,
    ) -> int:
        """Add an address and return its id."""
        land = next(row[4] for row in chart.COUNTRIES if row[0] == country)
        text = f"{street}, {postal_code} {city}, {land}"
        return self.add(
            "Address",
            addressLine1=street,
            postalCode=postal_code,
            city=city,
            country=country,
            displayName=f"{owner}, {text}",
            addressAsString=text,
            displayNameInklMatrikkel=f"{owner}, {text}",
        )

    def _somewhere(self, owner: str, country: int = chart.NORWAY) -> int:
        random = self.context.random
        street = f"{random.choice(names.STREETS)} {random.randrange(1, 90)}"
        return self.address(owner, street, *random.choice(names.PLACES), country)

    def _employee(self, number: int) -> int:
        random = self.context.random
        first, last = names.FIRST_NAMES[number], names.LAST_NAMES[number]
        year, month, day = random.randrange(1962, 2001), random.randrange(1, 13), 1 + number
        name = f"{first} {last}"
        return self.add(
            "Employee",
            version=1,
            firstName=first,
            lastName=last,
            displayName=name,
            employeeNumber=str(number + 1) if number else "",
            dateOfBirth=f"{year}-{month:02}-{day:02}" if number else None,
            email=f"{first.lower()}@example.org",
            phoneNumberMobileCountry=chart.NORWAY,
            phoneNumberMobile=f"000000{number:02}",
            # Synthetic, as the test population's are: eighty is added to the month.
            nationalIdentityNumber=f"{day:02}{month + 80}{year % 100:02}99999" if number else "",
            bankAccountNumber=f"0000000000{number}" if number else "",
            address=self._somewhere(name) if number else None,
            department=self.departments[number % 3],
            userType="STANDARD" if number else None,
            companyId=self.company.id,
        )

    def _product(self, item: tuple[str, str, float, int, int, str]) -> int:
        name, number, price, account, vat, unit = item
        percentage = next(row[2] for row in chart.VAT_TYPES if row[0] == vat)
        accounts = {row["number"]: row["id"] for row in self.company.table("Account")}
        identity = self.add(
            "Product",
            name=name,
            number=number,
            displayNumber=number,
            displayName=f"{number} {name}",
            priceExcludingVatCurrency=price,
            priceIncludingVatCurrency=price * (1 + percentage / 100),
            vatType=vat,
            productUnit=self.units[unit],
            account=accounts[account],
            isInactive=number == "900",
            stockOfGoods=0,
            availableStock=0,
        )
        self.product_accounts[identity] = account
        return identity

    def _supplier(self, item: tuple[str, int, int, int, int]) -> int:
        name = item[0]
        self._supplier_number += 1
        country = 201 if name.endswith("Ltd") else chart.NORWAY
        return self.add(
            "Supplier",
            version=1,
            name=name,
            displayName=f"{name} ({self._supplier_number})",
            organizationNumber=self._org_number() if country == chart.NORWAY else "",
            supplierNumber=self._supplier_number,
            email="faktura@example.org",
            postalAddress=self._somewhere(name, country),
            physicalAddress=self._somewhere(name, country),
            ledgerAccount=self._account(2400),
            isInactive="Frakt" in name,
        )

    def _account(self, number: int) -> int:
        return self.company.account_id(number)

    def new_customer(self, name: str | None = None, country: int = chart.NORWAY) -> int:
        """Add a customer with its contacts and return its id."""
        random = self.context.random
        private = name is None and self.context.chance(0.2)
        if private:
            name = f"{random.choice(names.FIRST_NAMES)} {random.choice(names.LAST_NAMES)}"
        elif name is None:
            words = random.choice(names.FIRM_WORDS), random.choice(names.FIRM_TRADES)
            name = f"{' '.join(words)} {random.choice(names.FIRM_FORMS)}"
        self._customer_number += 1
        foreign = country != chart.NORWAY
        identity = self.add(
            "Customer",
            version=1,
            name=name,
            displayName=f"{name} ({self._customer_number})",
            organizationNumber="" if private or foreign else self._org_number(),
            customerNumber=self._customer_number,
            isPrivateIndividual=private,
            accountManager=random.choice(self.employees) if self.context.chance(0.4) else None,
            email="" if self.context.chance(0.3) else "kunde@example.org",
            postalAddress=self._somewhere(name, country),
            physicalAddress=self._somewhere(name, country),
            category1=self.categories[2] if foreign else None,
            currency=5 if foreign else 1,
            language="EN" if foreign else "NO",
            invoicesDueIn=random.choice((14, 14, 14, 10, 30)),
            ledgerAccount=self._account(1500),
        )
        self.active_customers.append(identity)
        for _ in range(0 if private else random.randrange(3)):
            self._contact(identity)
        return identity

    def _contact(self, customer: int) -> None:
        random = self.context.random
        first, last = random.choice(names.FIRST_NAMES), random.choice(names.LAST_NAMES)
        self.add(
            "Contact",
            version=1,
            firstName=first,
            lastName=last,
            displayName=f"{first} {last}",
            email="kontakt@example.org",
            phoneNumberMobileCountry=chart.NORWAY,
            customer=customer,
        )

    def daily(self) -> None:
        """Let customers come, move and go."""
        context = self.context
        customers = self.company.table("Customer")
        if context.chance(0.05):
            self.new_customer()
        if context.chance(0.03):
            identity = context.random.choice(self.active_customers)
            phone = f"000{context.random.randrange(10_000, 99_999)}"
            customers.change(identity, {"phoneNumber": phone}, context.stamp())
        if len(self.active_customers) > FIRST_CUSTOMERS and context.chance(0.012):
            leaving = self.active_customers.pop(context.random.randrange(FIRST_CUSTOMERS))
            if customers.rows[leaving].get("currency") == 1:
                customers.change(leaving, {"isInactive": True}, context.stamp())
            else:
                self.active_customers.append(leaving)
