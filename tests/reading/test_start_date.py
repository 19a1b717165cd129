"""Another first day: what is read then, and what is refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from tap_tripletex.api.auth import OSLO
from tap_tripletex.api.errors import SettingsError
from tap_tripletex.sandbox import Sandbox
from tap_tripletex.settings import SCHEMA, read_settings
from tests.warehouse import Warehouse

STREAMS = (
    "balance_sheet",  # months, after another list
    "vouchers",  # months with checksums
    "supplier_invoices",  # years without
    "travel_expense_rates",  # years in one slice, once in full_refresh_days
    "inventory_movements",  # months, once in full_refresh_days
)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(vouchers_per_day=0.1, rate_limit=None)


def everything(warehouse: Warehouse) -> dict[str, list[str]]:
    """Return all current rows, without the time of their reading."""
    query = "SELECT * EXCLUDE synced_at FROM {}_current"
    return {s: sorted(map(str, warehouse.rows(query.format(s)))) for s in warehouse.streams}


@pytest.mark.parametrize(
    ("first", "then"),
    [("2026-03-15", "2026-03-01"), ("2026-03-15", "2025-02-10"), ("2025-11-01", "1900-01-01")],
)
def test_a_start_date_that_moves_back_is_as_if_it_had_always_been_so(
    sandbox: Sandbox, first: str, then: str
) -> None:
    warehouse = Warehouse(sandbox, STREAMS, start_date=first)
    warehouse.run()
    warehouse.config["start_date"] = then
    warehouse.run()
    other = Warehouse(sandbox, STREAMS, start_date=then)
    other.run()
    found, expected = everything(warehouse), everything(other)
    assert {s for s in STREAMS if found[s] != expected[s]} == set()
    sandbox.requests.clear()
    warehouse.run()
    assert warehouse.emitted == {}
    assert not [r for r in sandbox.requests if r["path"] == "/balanceSheet"]


def test_what_came_and_went_while_another_first_day_was_set_is_gone() -> None:
    sandbox = Sandbox(vouchers_per_day=0.1, rate_limit=None, today=date(2026, 11, 20))
    company = sandbox.company()
    days = {"start_date": "2025-10-01", "full_refresh_days": 0, "page_size": 5}
    warehouse = Warehouse(sandbox, ("vouchers",), **days)
    warehouse.run()
    voucher = company.back_date("2025-12-20")
    warehouse.config["start_date"] = "2025-12-10"  # of that year only one month is left
    warehouse.run()
    company.delete_voucher(voucher)
    warehouse.config["start_date"] = "2025-10-01"
    warehouse.run()
    assert warehouse.rows(f"SELECT id FROM vouchers_current WHERE id = {voucher}") == []


def test_a_slice_that_goes_on_into_the_next_year_is_not_told_by_its_first(sandbox: Sandbox) -> None:
    company, today = sandbox.company(), sandbox.today
    warehouse = Warehouse(sandbox, ("vouchers",), start_date=f"{today.year}-05-24", future_days=400)
    warehouse.run()
    warehouse.config["start_date"] = f"{today.year}-01-17"
    warehouse.run()
    ahead = f"{today.year + 1}-03-30"
    company.post_voucher(ahead, [(6300, 50_000), (1920, -50_000)], "Leie")
    warehouse.run()
    assert (1,) in warehouse.rows(f"SELECT count(*) FROM vouchers_current WHERE date = '{ahead}'")


def test_a_total_of_a_part_of_a_month_does_not_stay_beside_that_of_another_part(
    sandbox: Sandbox,
) -> None:
    warehouse = Warehouse(sandbox, ("balance_sheet",), start_date="2026-03-01")
    for first in ("2026-03-01", "2026-03-15", "2026-03-10"):
        warehouse.config["start_date"] = first
        warehouse.run()
        found = warehouse.rows(
            "SELECT DISTINCT CAST(start_date AS VARCHAR) FROM balance_sheet_current "
            "WHERE start_date < '2026-04-01'"
        )
        assert found == [(first,)]


def test_a_start_date_long_before_the_company_costs_no_more_than_none(sandbox: Sandbox) -> None:
    asked = []
    found = []
    for config in ({"start_date": "1900-01-01"}, {}):
        sandbox.requests.clear()
        warehouse = Warehouse(sandbox, STREAMS, **config)
        warehouse.run()
        asked.append(len(sandbox.requests))
        found.append(everything(warehouse))
    assert found[0] == found[1]
    assert asked[0] <= asked[1]


def test_what_lies_before_the_start_date_is_not_read(sandbox: Sandbox) -> None:
    company = sandbox.company()
    late, early = (company.back_date(day) for day in ("2019-06-30", "2019-02-01"))
    warehouse = Warehouse(sandbox, ("vouchers",), start_date="2019-06-15")
    warehouse.run()
    ids = [id_ for (id_,) in warehouse.rows("SELECT id FROM vouchers_current ORDER BY 1")]
    assert late in ids
    assert early not in ids
    windows = warehouse.rows("SELECT min(window_start) FROM sync_windows")
    assert windows == [(date(2019, 6, 15),)]
    for voucher in (late, early):
        company.delete_voucher(voucher)


def settings_of(day: date) -> Any:
    defaults = {n: p["default"] for n, p in SCHEMA["properties"].items() if "default" in p}
    config = {**defaults, "api_url": "sandbox://", "start_date": day.isoformat()}
    return read_settings(config, "test")


def test_a_start_date_that_is_still_to_come_is_refused() -> None:
    today = datetime.now(timezone.utc).astimezone(OSLO).date()
    assert settings_of(today).start_date == today
    with pytest.raises(SettingsError, match="still to come"):
        settings_of(today + timedelta(days=2))
