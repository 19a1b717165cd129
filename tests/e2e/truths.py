"""What a company of the sandbox knows, as the accounting models should show it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox.world.books import VAT_ACCOUNTS, Line, with_vat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_tripletex.sandbox.world.living_company import LivingCompany as Company

    Row = tuple[Any, ...]
    Truth = Callable[[Company, date], Iterable[Row]]

SETTLEMENT = "Mva-melding"
REVERSE_CHARGE = 34
DIRECT_OUTPUT = 4
OUTPUT_CODES = {3, 5, 6, 7, 31, 32, 51, 52}


def add_what_the_usual_days_lack(company: Company, today: date) -> None:
    """Book what is rare, and what lies on either side of a limit."""

    def book(days: int, *lines: Line) -> None:
        date_ = (today + timedelta(days=days)).isoformat()
        company.post_voucher(date_, [*lines, Line(1920, -sum(line.amount for line in lines))])

    project = company.rows("Project")[0]["id"]
    book(0, *with_vat(Line(4500, 80_001, 1, project=project)))
    book(45, Line(6790, 7_77, project=project))
    for days in (-400, 0):
        book(days, Line(3000, -50_00, project=project), Line(2990, -60_00))

    book(0, Line(2700, -123_45, DIRECT_OUTPUT))
    for amount in (2, 123_46):  # VAT of half an øre more than a whole one
        book(0, *with_vat(Line(6553, amount, REVERSE_CHARGE)))

    one, other, *_ = (row["id"] for row in company.rows("Customer"))
    for days in (0, 1, 30, 31, 60, 61, 90, 91):
        book(-days, Line(1500, -100_00 - days, customer=one))
    book(45, Line(1500, -70_000, customer=other))
    unpaid = [row for row in company.rows("Invoice") if row["amountOutstanding"]]
    company.edit_posting(unpaid[-1]["postings"][0], invoiceNumber="")
    first = {"customer": unpaid[0]["customer"], "invoice_number": str(unpaid[0]["invoiceNumber"])}
    book(0, Line(1500, -1_00, **first))

    payslip = company.rows("Payslip")[0]
    line = company.get("SalarySpecification", payslip["specifications"][0])
    extra = company.add("SalarySpecification", **{**line, "id": None, "amount": 100_00})
    lines = (*payslip["specifications"], extra)
    company.edit("Payslip", payslip["id"], specifications=lines)


def kroner(cents: int) -> Decimal:
    return Decimal(cents) / 100


def day_of(text: str) -> date:
    return date.fromisoformat(text)


def month_of(text: str) -> date:
    return day_of(text).replace(day=1)


def by_id(company: Company, entity: str) -> dict[int | None, dict[str, Any]]:
    return {row["id"]: row for row in company.rows(entity)}


def by_day(company: Company) -> list[dict[str, Any]]:
    return sorted(company.rows("Posting"), key=lambda row: (row["date"], row["id"]))


def last_if_none(*values: Any) -> list[tuple[bool, Any]]:
    return [(value is None, value or 0) for value in values]


def general_ledger(company: Company, _: date) -> Iterable[Row]:
    accounts, vouchers = by_id(company, "Account"), by_id(company, "Voucher")
    balances: Counter[Any] = Counter()
    for row in sorted(by_day(company), key=lambda row: accounts[row["account"]]["number"]):
        account = accounts[row["account"]]
        result = account["number"] >= 3000
        key = account["number"], company.fiscal_year(row["date"]) if result else None
        balances[key] += row["amount"]
        yield (
            account["number"],
            account["name"],
            day_of(row["date"]),
            vouchers[row["voucher"]]["number"],
            row["description"] or None,
            kroner(row["amount"]),
            kroner(balances[key]),
        )


def open_today(company: Company, today: date) -> list[dict[str, Any]]:
    postings = by_id(company, "Posting")
    tomorrow = (today + timedelta(days=1)).isoformat()
    return [postings[identity] for identity in company.open_postings(tomorrow)]


def open_items(company: Company, today: date) -> Iterable[Row]:
    customers, suppliers = by_id(company, "Customer"), by_id(company, "Supplier")
    rows = []
    for row in open_today(company, today):
        if row["account"] == company.account_id(1500):
            party = customers[row["customer"]]
            head = ("customer", party["customerNumber"], party["name"])
        else:
            assert row["account"] == company.account_id(2400)
            party = suppliers[row["supplier"]]
            head = ("supplier", party["supplierNumber"], party["name"])
        rest = (row["invoiceNumber"] or None, row["description"] or None, kroner(row["amount"]))
        rows.append(((*head[:2], row["date"], row["id"]), (*head, day_of(row["date"]), *rest)))
    return [row for _, row in sorted(rows)]


def aged_receivables(company: Company, today: date) -> Iterable[Row]:
    customers = by_id(company, "Customer")
    invoices = company.rows("Invoice")
    due = {(row["customer"], str(row["invoiceNumber"])): row["invoiceDueDate"] for row in invoices}
    voucher_due = {row["voucher"]: row["invoiceDueDate"] for row in invoices}
    buckets: dict[int, list[int]] = defaultdict(lambda: [0] * 5)
    for row in open_today(company, today):
        if row["account"] == company.account_id(1500):
            day = due.get((row["customer"], row["invoiceNumber"]))
            day = day or voucher_due.get(row["voucher"]) or row["date"]
            late = (today - day_of(day)).days
            bucket = sum(late > limit for limit in (0, 30, 60, 90))
            buckets[row["customer"]][bucket] += row["amount"]
    for customer in sorted(buckets, key=lambda key: (customers[key]["customerNumber"], key)):
        head = customers[customer]["customerNumber"], customers[customer]["name"]
        cents = buckets[customer]
        yield (*head, *map(kroner, cents), kroner(sum(cents)))


def vat(company: Company, _: date) -> Iterable[Row]:
    """Return bases from the postings with the code, and VAT from the VAT accounts' postings."""
    kinds, vouchers = by_id(company, "VatType"), by_id(company, "Voucher")
    numbers = {row["id"]: row["number"] for row in company.rows("Account")}
    settlement = {row["id"]: row["name"] == SETTLEMENT for row in company.rows("VoucherType")}
    codes = {account: code for code, account in VAT_ACCOUNTS.items()}
    codes |= {2704: REVERSE_CHARGE, 2714: REVERSE_CHARGE}
    found: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in company.rows("Posting"):
        number, code = numbers[row["account"]], row["vatType"]
        term = int(row["date"][:4]), (int(row["date"][5:7]) + 1) // 2
        key = *term, code or codes.get(number)
        if code and code != DIRECT_OUTPUT:
            found[key][0] += -row["amount"] if code in OUTPUT_CODES else row["amount"]
        elif number in codes and not settlement.get(vouchers[row["voucher"]]["voucherType"]):
            found[key][1] -= row["amount"] * (number < 2710)
            found[key][2] += row["amount"] * (number >= 2710)
    for (year, term, code), sums in sorted(found.items()):
        yield year, term, kinds[code]["number"], kinds[code]["name"], *map(kroner, sums)


def months(last: date) -> list[date]:
    found = [date(2024, 1, 1)]
    while found[-1] <= last:
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return found


def last_booked(company: Company, today: date) -> date:
    """Return the last day that Tripletex has a figure for: today, or the last that is booked on."""
    return max(today, *(date.fromisoformat(row["date"]) for row in company.rows("Posting")))


def told_months(company: Company, today: date) -> Iterable[tuple[date, date]]:
    """Return the months of a company up to the last one booked in, or its last period."""
    periods = (date.fromisoformat(row["start"]) for row in company.rows("AccountingPeriod"))
    return pairwise(months(max(last_booked(company, today), *periods)))


def trial_balance(company: Company, today: date) -> Iterable[Row]:
    accounts = sorted(company.rows("Account"), key=lambda row: row["number"])
    told = last_booked(company, today)
    for start, end in told_months(company, today):
        moved = company.trial_balance(start.isoformat(), end.isoformat())
        this_year = company.trial_balance(company.fiscal_year(start.isoformat()), end.isoformat())
        ever = company.trial_balance(None, end.isoformat())
        for row in accounts:
            net = moved.get(row["id"], 0)
            closing = (ever if row["number"] < 3000 else this_year).get(row["id"], 0)
            if net or closing:
                difference = Decimal(0) if start <= told else None
                yield start, row["number"], row["name"], kroner(net), kroner(closing), difference


def profit_and_loss(company: Company, today: date) -> Iterable[Row]:
    accounts = sorted(company.rows("Account"), key=lambda row: row["number"])
    ends = months(today + timedelta(days=800))
    for start, end in pairwise(ends):
        sums = company.trial_balance(start.isoformat(), end.isoformat())
        for row in accounts:
            result = kroner(-sums.get(row["id"], 0))
            if result and 3000 <= row["number"] < 9000:
                yield start, row["number"], row["name"], result


def balance_sheet(company: Company, today: date) -> Iterable[Row]:
    accounts = sorted(company.rows("Account"), key=lambda row: row["number"])
    for start, end in told_months(company, today):
        sums = company.trial_balance(None, end.isoformat())
        for row in accounts:
            if row["number"] < 3000 and sums.get(row["id"]):
                yield start, row["number"], row["name"], kroner(sums[row["id"]])
        result = sum(sums.get(row["id"], 0) for row in accounts if row["number"] >= 3000)
        yield start, None, "Result", kroner(result)


def project_economy(company: Company, _: date) -> Iterable[Row]:
    """Return what was invoiced from the invoices of the projects' orders, not from the ledger."""
    numbers = {row["id"]: row["number"] for row in company.rows("Account")}
    orders, invoices = by_id(company, "Order"), by_id(company, "Invoice")
    hours: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for row in company.rows("TimesheetEntry"):
        sums = hours[row["project"]]
        hours[row["project"]] = [
            sums[0] + Decimal(str(row["hours"])),
            sums[1] + Decimal(str(row["chargeableHours"])),
        ]
    invoiced: Counter[Any] = Counter()
    for row in invoices.values():
        credited = invoices.get(row["creditedInvoice"], row)
        for order in credited["orders"]:
            invoiced[orders[order]["project"]] += row["amountExcludingVat"]
    costs: Counter[Any] = Counter()
    for row in company.rows("Posting"):
        if 4000 <= numbers[row["account"]] < 9000:
            costs[row["project"]] += row["amount"]
    for row in company.rows("Project"):
        key = row["id"]
        yield row["number"], row["name"], *hours[key], kroner(invoiced[key]), kroner(costs[key])


def hours(company: Company, _: date) -> Iterable[Row]:
    employees, projects = by_id(company, "Employee"), by_id(company, "Project")
    found: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for row in company.rows("TimesheetEntry"):
        key = month_of(row["date"]), row["employee"], row["project"]
        added = Decimal(str(row["hours"])), Decimal(str(row["chargeableHours"]))
        found[key] = [found[key][0] + added[0], found[key][1] + added[1]]
    for key in sorted(found, key=lambda key: (*key[:2], *last_if_none(key[2]))):
        month, employee, project = key
        of = projects.get(project, {"number": None, "name": None})
        name = employees[employee]["displayName"]
        yield month, name, of["number"], of["name"], *found[key]


def payroll(company: Company, _: date) -> Iterable[Row]:
    kinds = by_id(company, "SalaryType")
    sums: Counter[Any] = Counter()
    employees: dict[Any, set[int]] = defaultdict(set)
    for row in company.rows("SalarySpecification"):
        kind = kinds[row["salaryType"]]
        key = date(row["year"], row["month"], 1), kind["number"], kind["name"]
        sums[key] += row["amount"]
        employees[key].add(row["employee"])
    for key in sorted(sums):
        yield *key, len(employees[key]), kroner(sums[key])


def sales(company: Company, _: date) -> Iterable[Row]:
    customers = by_id(company, "Customer")
    sums: Counter[Any] = Counter()
    for row in company.rows("Invoice"):
        sums[month_of(row["invoiceDate"]), row["customer"]] += row["amountExcludingVat"]
    for month, customer in sorted(sums):
        yield month, customers[customer]["customerNumber"], kroner(sums[month, customer])


TRUTHS: dict[str, Truth] = {
    "general_ledger": general_ledger,
    "trial_balance": trial_balance,
    "ar_ap_items": open_items,
    "aged_receivables": aged_receivables,
    "vat_return": vat,
    "profit_and_loss": profit_and_loss,
    "balance_sheet": balance_sheet,
    "project_economy": project_economy,
    "hours": hours,
    "payroll": payroll,
    "sales": sales,
}
"""What each model must say of a company, without the first column."""
