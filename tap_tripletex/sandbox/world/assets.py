"""Fixed assets: what the opening balance holds of them, written down month by month."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_tripletex.sandbox.tables.days import month_end

if TYPE_CHECKING:
    from datetime import date

    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

MONTHS = 60

# Name, account, cost and monthly depreciation in øre: as the opening balance and
# `Periodic` book them. The last one is never written down.
ITEMS = (
    ("Produksjonslinje for kaffe", 1200, 42_000_000, 700_000),
    ("Innredning av kaffebar", 1250, 18_500_000, 308_056),
    ("Servere og kasser", 1280, 9_600_000, 160_000),
    ("Maleri i resepsjonen", 1290, 0, 0),
)


class Assets:
    """Keeps the register of assets in step with the ledger."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """Register what the opening balance brought in."""
        self.context = context
        self.company = context.company
        self._by_account: dict[int, tuple[int, int]] = {}
        for name, number, cost, share in ITEMS:
            account = self.company.account_id(number)
            identity = registers.add(
                "Asset",
                name=name,
                displayName=name,
                dateOfAcquisition="2024-01-01",
                acquisitionCost=cost,
                account=account,
                depreciationAccount=self.company.account_id(6010),
                lifetime=MONTHS if share else 0,
                numberOfMonths=MONTHS if share else 0,
                status="READY_TO_DEPRECIATE" if share else "NO_DEPRECIATION",
                depreciationMethod="STRAIGHT_LINE" if share else "NO_DEPRECIATION",
                depreciationFrom="2024-01-01" if share else None,
                depreciationBasis=cost,
                depreciationRemainingValue=cost,
                depreciationRate=20.0 if share else 0,
                depreciationAmount=share,
                annualDepreciation=12 * share,
                balanceIn=cost,
                balanceOut=cost,
                department=registers.departments[0],
            )
            self._by_account[account] = (identity, cost)
        self._book(context.day)

    def daily(self) -> None:
        """Take over the depreciation on the last day of a month."""
        if self.context.day == month_end(self.context.day):
            self._book(self.context.day)

    def _book(self, day: date) -> None:
        """Tie the day's postings on the assets' accounts to them."""
        assets = self.company.table("Asset")
        tomorrow = (day + timedelta(days=1)).isoformat()
        for posting in self.company.postings(day.isoformat(), tomorrow):
            identity, cost = self._by_account.get(posting.account, (0, 0))
            asset = assets.rows.get(identity)
            if asset is None:
                continue
            posting.extra = {**(posting.extra or {}), "asset": identity}
            if posting.amount < 0:
                left = asset["balanceOut"] + posting.amount
                values = {
                    "accumulatedDepreciation": cost - left,
                    "depreciationRemainingValue": left,
                    "balanceOut": left,
                    "balanceChange": left - cost,
                }
                assets.change(identity, values, self.context.stamp())
