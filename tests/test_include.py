"""What is private or costly is there only where the setting include names it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tap_tripletex.api.errors import SettingsError
from tap_tripletex.rows.groups import GROUPS, included
from tap_tripletex.rows.shapes import columns_of
from tap_tripletex.sandbox import Sandbox
from tap_tripletex.settings import read_include
from tap_tripletex.streams import STREAMS
from tap_tripletex.tap import TapTripletex
from tests.conftest import mounted

if TYPE_CHECKING:
    from collections.abc import Collection

CONFIG = {"api_url": "sandbox://"}

PRIVATE_FIELDS = {
    "/customer": {"bankAccounts", "bankAccountPresentation"},
    "/supplier": {"bankAccounts", "bankAccountPresentation"},
    "/employee": {"nationalIdentityNumber", "dateOfBirth", "bankAccountNumber", "iban", "address"},
    "/employee/employment": {"latestSalary", "taxDeductionCode"},
    "/employee/employment/details": {"monthlySalary", "annualSalary", "hourlyWage"},
    "/timesheet/entry": {"hourlyCost", "hourlyCostPercentage"},
    "/ledger/posting": {"changes"},
}
PRIVATE_PATHS = (
    "/salary/payslip",
    "/salary/transaction",
    "/salary/compilation",
    "/employee/nextOfKin",
    "/employee/hourlyCostAndRate",
    "/employee/employment/leaveOfAbsence",
)


def catalog(include: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = TapTripletex(config={**CONFIG, "include": include}).catalog_dict
    return found


def columns(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (stream["tap_stream_id"], name)
        for stream in found["streams"]
        for name in stream["schema"]["properties"]
    }


def declared(groups: Collection[str | None]) -> set[tuple[str, str]]:
    """Return the streams and columns that some groups have, by the declarations alone."""
    return {
        (stream.name, name)
        for stream in STREAMS
        for name, column in columns_of(stream.entity).items()
        if stream.include in groups
        and (column.get("include") in groups or name in stream.strategy.columns)
    }


@pytest.mark.parametrize(
    ("setting", "groups"),
    [
        (None, []),
        ("", []),
        ([], []),
        ("pay", ["pay"]),
        ("pay, identity", ["pay", "identity"]),
        (["bank_accounts", "heavy"], ["bank_accounts", "heavy"]),
        ('["pay", "heavy"]', ["pay", "heavy"]),
        ("['pay']", ["pay"]),
        (list(GROUPS), list(GROUPS)),
    ],
)
def test_the_catalog_has_what_is_included_and_nothing_else(setting: Any, groups: list[str]) -> None:
    found = columns(catalog(setting))
    every = {(stream.name, name) for stream in STREAMS for name in columns_of(stream.entity)}
    assert found & every == declared([None, *groups])
    assert catalog(setting)["streams"][0]["metadata"]


def test_every_group_has_something() -> None:
    for group in GROUPS:
        assert columns(catalog(group)) > columns(catalog())


def test_nothing_in_the_catalog_is_off_by_itself() -> None:
    """Meltano selects it all the same, so it would only seem to be off."""
    for stream in catalog()["streams"]:
        for entry in stream["metadata"]:
            assert entry["metadata"].get("selected-by-default", True)


@pytest.mark.parametrize("wrong", ["payroll", ["pay", "iban"], "pay;heavy"])
def test_a_group_that_does_not_exist_is_named(wrong: Any) -> None:
    with pytest.raises(SettingsError, match="it may name identity, bank_accounts, pay, heavy"):
        read_include(wrong)


def test_columns_inside_others_are_left_out_too() -> None:
    inner = {"name": {"type": "string"}, "wage": {"type": "number", "include": "pay"}}
    packaged = {
        "one": {"type": "object", "properties": inner},
        "many": {"type": "array", "items": {"type": "object", "properties": inner}},
    }
    found = included(packaged, ())
    assert list(found["one"]["properties"]) == ["name"]
    assert list(found["many"]["items"]["properties"]) == ["name"]
    assert included(packaged, ("pay",)) == packaged


def everything_selected() -> dict[str, Any]:
    """Return a catalog of a tap that had everything, with all of it selected."""
    found = catalog(list(GROUPS))
    for stream in found["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    return found


def test_what_is_not_included_is_not_asked_for_whatever_is_selected(
    capfd: pytest.CaptureFixture[str],
) -> None:
    sandbox = Sandbox(rate_limit=None)
    config = {**CONFIG, "start_date": "2026-09-01"}
    tap = mounted(TapTripletex(config=config, catalog=everything_selected()), sandbox)
    tap.run()
    tap.close()
    messages = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    schemas = {m["stream"]: set(m["schema"]["properties"]) for m in messages if "schema" in m}
    records = [m for m in messages if m["type"] == "RECORD"]
    assert len(records) > 1000
    usual = columns(catalog())
    assert {(stream, name) for stream, names in schemas.items() for name in names} == usual
    for message in records:
        assert set(message["record"]) == schemas[message["stream"]]
    asked: dict[str, set[str]] = {}
    for request in sandbox.requests:
        words = re.findall(r"\w+", str(request["params"].get("fields", "")))
        asked.setdefault(request["path"], set()).update(words)
    assert not asked.keys() & set(PRIVATE_PATHS)
    assert not [path for path in asked if path.startswith("/salary/transaction")]
    for path, fields in PRIVATE_FIELDS.items():
        assert "id" in asked[path]
        assert not asked[path] & fields, path
