"""Goods: warehouses, purchase orders, receipts, stocktaking, supplier products, prices.

Stock is never held anywhere: it follows from stocktaking, receipts and invoiced order lines
(`tables.stock.movements`), so that every figure agrees with the rows it comes from.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.tables import stock as goods
from tap_tripletex.sandbox.tables.days import (
    ONE_DAY,
    month_end,
    oslo_timestamp,
    working_day_from,
    working_day_until,
)
from tap_tripletex.sandbox.world.books import vat_of
from tap_tripletex.sandbox.world.catalogues import fill

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

# Product number, product group, supplier, stock at the founding.
GOODS = (
    ("200", "Maskiner", "Nonsens Engros AS", 12),
    ("201", "Maskiner", "Nonsens Engros AS", 20),
    ("210", "Kaffe", "Tullball Matvarer AS", 160),
    ("211", "Kaffe", "Tullball Matvarer AS", 120),
    ("212", "Kaffe", "Tullball Matvarer AS", 90),
    ("220", "Tilbehør", "Nonsens Engros AS", 200),
    ("231", "Tilbehør", "Nonsens Engros AS", 45),
)
COST = 0.6
"""What goods cost, as a share of their price."""

FOOD_VAT, GOODS_VAT = 11, 1
ORDERING_DAY, DELIVERY_DAYS = 5, 9
SHORT_EACH = 3
"""Every third delivery lacks something."""

DECEMBER = 12


class Logistics:
    """Orders every month what was sold, receives it, counts it at the end of the year."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Furnish the warehouses and count what is there."""
        self.context = context
        self.registers = registers
        self.company = context.company
        rows = self.company.table("Product").rows
        numbers = {rows[identity]["number"]: identity for identity in registers.products}
        suppliers = {row["name"]: row["id"] for row in self.company.table("Supplier")}
        self._goods = {numbers[item[0]]: suppliers[item[2]] for item in GOODS}
        self._sold = dict.fromkeys(self._goods, 0.0)
        self._unbilled: dict[int, list[int]] = {}
        self._orders = 0
        self._warehouses()
        self._groups(numbers)
        for product in registers.products:
            self._prices(product)
        for product, supplier in self._goods.items():
            self._supplier_product(product, supplier)
        self._count({numbers[item[0]]: item[3] for item in GOODS}, "Første telling")
        self._receive_gift()

    def daily(self) -> None:
        """Note what was sold and billed; order and count when it is time."""
        day = self.context.day
        self._note_sales()
        self._note_bills()
        if day == working_day_from(day.replace(day=ORDERING_DAY)):
            for supplier in dict.fromkeys(self._goods.values()):
                self._order(supplier)
        if day.month == DECEMBER and day == working_day_until(month_end(day)):
            stock = goods.stock_at(self.company, (day + ONE_DAY).isoformat())
            here = [p for p in self._goods if p in self.company.table("Product").rows]
            counted = {p: max(stock.get((p, self._main), 0) - p % 2, 0) for p in here}
            self._count(counted, f"Årsavslutning {day.year}")
            self._receive_gift()

    def _warehouses(self) -> None:
        address = self.company.table("Company").rows[self.company.id]["address"]
        self._main, self._bar, _ = fill(
            self.registers,
            "Inventory",
            "number name isMainInventory isInactive hasLocations address status",
            (
                ("1", "Hovedlager", True, False, True, address, "ACTIVE"),
                ("2", "Kaffebar", False, False, True, address, "ACTIVE"),
                ("9", "Nedlagt lager", False, True, False, None, "INACTIVE"),
            ),
        )
        self._shelf, *_ = fill(
            self.registers,
            "InventoryLocation",
            "inventory number name isInactive isDeletable canDeactivate",
            (
                (self._main, 1, "Hylle A", False, False, False),
                (self._main, 2, "Hylle B", False, True, True),
                (self._bar, 1, "Disk", False, True, True),
                (self._bar, 2, "Kjeller", True, True, False),
            ),
        )

    def _groups(self, numbers: dict[str, int]) -> None:
        top, *_ = fill(self.registers, "ProductGroup", "name isDeletable", (("Varer", False),))
        groups: dict[str, int] = {}
        for number, name, _, _ in GOODS:
            if name not in groups:
                row = (name, top, False)
                columns = "name parentGroup isDeletable"
                groups[name], *_ = fill(self.registers, "ProductGroup", columns, (row,))
            self.registers.add(
                "ProductGroupRelation",
                product=numbers[number],
                productGroup=groups[name],
            )
            self.registers.add(
                "ProductInventoryLocation",
                product=numbers[number],
                inventory=self._main,
                inventoryLocation=self._shelf,
                isMainLocation=True,
            )
        customer = self.registers.active_customers[0]
        fill(
            self.registers,
            "DiscountPolicy",
            "discountType percentage isPercentage product productGroup customer",
            (
                ("CUSTOMER_DISCOUNT", 10.0, 1, None, None, customer),
                ("PRODUCT_GROUP_DISCOUNT", 5.0, 1, None, groups["Kaffe"], None),
                ("PRODUCT_DISCOUNT", 12.5, 1, numbers["220"], None, customer),
            ),
        )

    def _prices(self, product: int) -> None:
        row = self.company.table("Product").rows[product]
        net, gross = row["priceExcludingVatCurrency"], row["priceIncludingVatCurrency"]
        for start, end, share in (("2022-01-01", "2024-01-01", 0.95), ("2024-01-01", None, 1.0)):
            self.registers.add(
                "ProductPrice",
                product=product,
                fromDate=start,
                toDate=end,
                salesPriceExcludingVat=net * share,
                salesPriceIncludingVat=gross * share,
                purchasePrice=net * share * COST,
                purchasePriceCurrency=net * share * COST,
                costPrice=net * share * COST,
                vatType=row["vatType"],
            )

    def _supplier_product(self, product: int, supplier: int) -> None:
        row = self.company.table("Product").rows[product]
        cost = row["priceExcludingVatCurrency"] * COST
        vendor = self.company.table("Supplier").rows[supplier]["name"]
        self.registers.add(
            "SupplierProduct",
            name=row["name"],
            displayName=row["displayName"],
            number=f"L-{row['number']}",
            costExcludingVatCurrency=cost,
            cost=cost,
            priceExcludingVatCurrency=cost,
            priceIncludingVatCurrency=cost * 1.25,
            priceInTargetCurrency=cost,
            productUnit=row["productUnit"],
            isStockItem=True,
            vatType=FOOD_VAT if row["vatType"] == 31 else GOODS_VAT,  # noqa: PLR2004
            currency=1,
            supplier=supplier,
            vendorName=vendor,
            resaleProduct=product,
            isMainSupplierProduct=True,
        )

    def _count(self, counted: dict[int, Any], comment: str) -> None:
        """Add a stocktaking: what was counted, and what the books expected."""
        day = self.context.day
        expected = goods.stock_at(self.company, (day + ONE_DAY).isoformat())
        products = self.company.table("Product").rows
        stocktaking = self.context.ids.next("Stocktaking")
        value = discrepancy = 0
        for product, count in counted.items():
            unit = round(products[product]["priceExcludingVatCurrency"] * COST * 100)
            before = expected.get((product, self._main), 0)
            value += round(count * unit)
            discrepancy += round((count - before) * unit)
            self.registers.add(
                "ProductLine",
                stocktaking=stocktaking,
                product=product,
                count=count,
                expectedStock=before,
                unitCostCurrency=unit,
                costCurrency=round(count * unit),
                counted=True,
                counter=self.registers.employees[1],
                dateCounted=day.isoformat(),
                location=self._shelf,
            )
        self.registers.add(
            "Stocktaking",
            id=stocktaking,
            number=len(self.company.table("Stocktaking")) + 1,
            date=day.isoformat(),
            comment=comment,
            typeOfStocktaking="ALL_PRODUCTS_WITH_INVENTORIES",
            inventory=self._main,
            isCompleted=True,
            warehouseValue=value,
            discrepancySum=discrepancy,
        )

    def _note_sales(self) -> None:
        tomorrow = (self.context.day + ONE_DAY).isoformat()
        for _, product, _, quantity in goods.sales(
            self.company,
            self.context.day.isoformat(),
            tomorrow,
        ):
            if product in self._sold:
                self._sold[product] -= quantity

    def _note_bills(self) -> None:
        """Tie the day's supplier invoices to the oldest received orders, and close those."""
        day = self.context.day
        table = self.company.table("SupplierInvoice")
        for invoice in table.between(day.isoformat(), (day + ONE_DAY).isoformat()):
            for order in self._unbilled.pop(invoice["supplier"], ()):
                self.registers.add(
                    "PurchaseOrderIncomingInvoiceRelation",
                    orderOut=order,
                    voucher=invoice["voucher"],
                )
                self._change("PurchaseOrder", order, isClosed=True, status="STATUS_CLOSED")

    def _change(self, entity: str, identity: int, **values: Any) -> None:  # noqa: ANN401
        """Change a row unless a test has removed it meanwhile."""
        table = self.company.table(entity)
        if identity in table.rows:
            table.change(identity, values, self.context.stamp())

    def _order(self, supplier: int) -> None:
        """Order what was sold of a supplier's goods since the last order."""
        products = self.company.table("Product").rows
        wanted = {
            product: count
            for product, count in self._sold.items()
            if count and self._goods[product] == supplier and product in products
        }
        if not wanted:
            return
        self._orders += 1
        day, add = self.context.day, self.registers.add
        delivery = working_day_from(day + timedelta(days=DELIVERY_DAYS))
        order = self.context.ids.next("PurchaseOrder")
        articles = {
            row["resaleProduct"]: row["id"] for row in self.company.table("SupplierProduct")
        }
        lines = []
        for position, (product, count) in enumerate(wanted.items()):
            self._sold[product] = 0.0
            row = products[product]
            cost = row["priceExcludingVatCurrency"] * COST
            net = round(cost * count * 100)
            gross = net + vat_of(net, row["vatType"])
            line = add(
                "PurchaseOrderline",
                purchaseOrder=order,
                product=product,
                supplierProduct=articles.get(product),
                resaleProduct=product,
                description=row["name"],
                count=count,
                unitCostCurrency=cost,
                unitPriceExcludingVatCurrency=cost,
                unitListPriceCurrency=cost,
                unitPriceIncVatCurrency=gross / count / 100,
                currency=1,
                amountExcludingVatCurrency=net,
                amountIncludingVatCurrency=gross,
                customSortIndex=position,
            )
            lines.append(line)
        add(
            "PurchaseOrder",
            id=order,
            number=str(self._orders),
            supplier=supplier,
            receiverEmail="ordre@example.org",
            creationDate=day.isoformat(),
            deliveryDate=delivery.isoformat(),
            orderLines=tuple(lines),
            department=self.registers.departments[2],
            deliveryAddress=self.company.table("Company").rows[self.company.id]["address"],
            isClosed=False,
            ourContact=self.registers.employees[1],
            status="STATUS_SENT",
            currency=1,
            orderLineSorting="ID",
            lastSentTimestamp=oslo_timestamp(self.context.stamp()),
        )
        short = self._orders % SHORT_EACH == 0
        self.context.later(delivery, lambda: self._receive(order, short=short))

    def _receive(self, order_id: int, *, short: bool) -> None:
        """Receive a delivery; of its first line one may be missing."""
        order = self.company.table("PurchaseOrder").rows.get(order_id)
        if order is None:
            return
        day, add = self.context.day.isoformat(), self.registers.add
        lines = self.company.table("PurchaseOrderline").rows
        received = []
        for position, line_id in enumerate(order["orderLines"]):
            line = lines.get(line_id)
            if line is None:
                continue
            count = line["count"] - (1 if short and not position else 0)
            received.append(self._receipt_line(line["product"], line["count"], count, order_id))
            self._change("PurchaseOrderline", line_id, quantityReceived=count)
            if count != line["count"]:
                add(
                    "Deviation",
                    purchaseOrderLine=line_id,
                    date=day,
                    cause="CAUSE_TOO_FEW",
                    action="ACTION_IGNORE",
                    comment="En manglet",
                    receivedBy="Lageret",
                    quantityOrdered=line["count"],
                    quantityReceived=count,
                    deviation=count - line["count"],
                )
        self._receipt(tuple(received), order_id)
        status = "STATUS_DEVIATION_CONFIRMED" if short else "STATUS_CONFIRMED"
        self._change("PurchaseOrder", order_id, status=status, receivedDate=day)
        self._unbilled.setdefault(order["supplier"], []).append(order_id)

    def _receipt(self, lines: tuple[int, ...], order: int | None) -> None:
        self.registers.add(
            "GoodsReceipt",
            purchaseOrder=order,
            registrationDate=self.context.day.isoformat(),
            receivedBy=self.registers.employees[1],
            status="STATUS_CONFIRMED",
            comment="" if order else "Vareprøve uten bestilling",
            goodsReceiptLines=lines,
        )

    def _receipt_line(self, product: int, ordered: float, count: float, order: int | None) -> int:
        return self.registers.add(
            "GoodsReceiptLine",
            purchaseOrder=order,
            product=product,
            resaleProduct=product,
            inventory=self._main,
            inventoryLocation=self._shelf,
            quantityOrdered=ordered,
            quantityReceived=count,
            deviation=count - ordered,
        )

    def _receive_gift(self) -> None:
        """Receive a sample that nobody ordered."""
        product = next(iter(self._goods))
        self._receipt((self._receipt_line(product, 0, 1, None),), None)
