"""The SDK's standard tests over the sandbox, and what they do not look at."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_tripletex.sandbox import ACCOUNTANT_TOKEN, CONSUMER_TOKEN, Sandbox
from tap_tripletex.states import read_state
from tap_tripletex.streams import STREAMS
from tap_tripletex.tap import TapTripletex
from tests.conftest import mounted

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIG = {"api_url": "sandbox://", "start_date": "2026-01-01"}

ALL_GROUPS = "identity,bank_accounts,pay,heavy"

OFFICE = {
    **CONFIG,
    "consumer_token": CONSUMER_TOKEN,
    "employee_token": ACCOUNTANT_TOKEN,
    "company_ids": "all",
    "include": ALL_GROUPS,
}
"""An accounting office's: only its token opens client companies."""


TestStandard = get_tap_test_class(
    TapTripletex,
    config=OFFICE,
    suite_config=SuiteConfig(
        max_records_limit=20,
        ignore_no_records_for_streams=["sync_windows"],  # written beside the others
    ),
)


WITHOUT_PARENTS: set[str] = set()


class Run:
    """One run of the tap in this process, with the messages that it wrote."""

    def __init__(self, output: str) -> None:
        self.messages: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [m["record"] for m in self.of_type("RECORD") if m["stream"] == stream]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = read_state(self.of_type("STATE")[-1]["value"])
        return state


def catalog(*selected: str, off: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return the discovered catalog with only some streams selected, and some columns not."""
    found = TapTripletex(config=CONFIG).catalog_dict
    for stream in found["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["stream"] in selected
            elif (stream["stream"], entry["breadcrumb"][-1]) in off:
                entry["metadata"]["selected"] = False
    return found


def sync(capfd: pytest.CaptureFixture[str], **arguments: Any) -> Run:
    tap = TapTripletex(**{"config": CONFIG, **arguments})
    capfd.readouterr()
    tap.run()
    tap.close()
    assert not tap.report.failed
    return Run(capfd.readouterr().out)


@pytest.fixture(scope="module")
def whole(request: pytest.FixtureRequest) -> Run:
    """A first run with everything included, private columns too."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        buffer = io.BytesIO()
        text = io.TextIOWrapper(buffer, encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(text):
            tap = TapTripletex(config=OFFICE)
            tap.run()
            tap.close()
    return Run(buffer.getvalue().decode())


def test_whole_numbers_are_wide_and_what_is_a_day_is_a_date(whole: Run) -> None:
    for message in whole.of_type("SCHEMA"):
        stream, columns = message["stream"], message["schema"]["properties"]
        wide = {name for name, column in columns.items() if column.get("maximum") == 2**63 - 1}
        assert {name for name, column in columns.items() if "integer" in column["type"]} == wide
        texts = {n for n, c in columns.items() if "string" in c["type"] and "format" not in c}
        for name in texts:
            values = {record[name] for record in whole.records(stream)} - {None}
            days = {value for value in values if re.fullmatch(r"\d{4}-\d\d-\d\d", value)}
            assert not values or days != values, (stream, name)


@pytest.mark.parametrize("stream", [stream.name for stream in STREAMS])
def test_every_record_is_valid_and_unique(whole: Run, stream: str) -> None:
    (schema,) = [m for m in whole.of_type("SCHEMA") if m["stream"] == stream]
    validator = Draft202012Validator(
        schema["schema"], format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    records = whole.records(stream)
    assert records
    for record in records:
        validator.validate(record)
    keys = Counter(tuple(record[name] for name in schema["key_properties"]) for record in records)
    assert max(keys.values()) == 1
    assert schema["key_properties"][0] == "company_id"
    assert set(schema["schema"]["properties"]) == set(records[0])


def test_every_selected_column_is_filled_somewhere(whole: Run) -> None:
    """A misspelt source would give a column that is always null."""
    filled = {name for record in whole.records("postings") for name in record if record[name]}
    assert {"voucher_id", "account_id", "customer_id", "vat_type_id", "updated_at"} <= filled
    filled = {name for record in whole.records("customers") for name in record if record[name]}
    assert {"postal_address", "created_at", "account_manager_id", "organization_number"} <= filled


def test_secrets_of_webhooks_are_never_asked_for(whole: Run) -> None:
    assert whole.records("event_subscriptions")
    text = json.dumps(whole.messages)
    assert "authHeaderValue" not in text
    assert "auth_header_value" not in text
    assert "target_url" not in text
    company = Sandbox(rate_limit=None).company()
    for row in company.rows("Subscription"):
        for secret in (row["authHeaderValue"], row["hmacSharedSecret"], row["targetUrl"]):
            assert secret
            assert secret not in text


def test_children_belong_to_parents_that_are_there(whole: Run) -> None:
    for child, column, parent in (
        ("bank_transactions", "bank_statement_id", "bank_statements"),
        ("asset_postings", "asset_id", "assets"),
        ("order_lines", "order_id", "orders"),
        ("project_tasks", "project_id", "projects"),
        ("payslip_specifications", "payslip_id", "payslips"),
        ("salary_compilations", "employee_id", "employees"),
        ("currency_rates", "currency_id", "currencies"),
    ):
        parents = {record["id"] for record in whole.records(parent)}
        assert {record[column] for record in whole.records(child)} <= parents, child


def test_streams_that_are_not_included_are_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    run = sync(capfd, config={**CONFIG, "start_date": "2026-10-01"})
    schemas = {message["stream"] for message in run.of_type("SCHEMA")}
    expected = {stream.name for stream in STREAMS if stream.include is None}
    assert schemas == expected | {"sync_windows"}


def test_a_schema_goes_only_before_rows_or_when_it_is_another(
    capfd: pytest.CaptureFixture[str],
) -> None:
    sandbox = Sandbox(rate_limit=None)

    def messages(state: dict[str, Any] | None, catalog: Any = None) -> list[tuple[str, str]]:
        tap = mounted(
            TapTripletex(config={"api_url": "sandbox://"}, state=state, catalog=catalog), sandbox
        )
        tap.run()
        tap.close()
        run = Run(capfd.readouterr().out)
        states.append(run.state)
        return [(m["type"], m["stream"]) for m in run.messages if m["type"] != "STATE"]

    states: list[dict[str, Any]] = []
    streams = {stream for kind, stream in messages(None) if kind == "SCHEMA"}
    assert {"customers", "departments", "sync_windows"} <= streams
    assert messages(states[-1]) == []
    sandbox.company().edit("Department", next(iter(sandbox.company().table("Department").rows)))
    assert list(dict.fromkeys(messages(states[-1]))) == [
        ("SCHEMA", "departments"),
        ("RECORD", "departments"),
        ("SCHEMA", "sync_windows"),
        ("RECORD", "sync_windows"),
    ]
    catalog = TapTripletex(config={"api_url": "sandbox://"}).catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if (stream["stream"], *entry["breadcrumb"]) == ("currencies", "properties", "code"):
                entry["metadata"]["selected"] = False
    changed = messages(states[-1], catalog)
    assert next(m for m in changed if m[0] == "SCHEMA") == ("SCHEMA", "currencies")
    assert {stream for _, stream in changed} == {"currencies", "sync_windows"}


def test_a_second_run_emits_no_record_and_keeps_the_state(
    capfd: pytest.CaptureFixture[str],
) -> None:
    first = sync(capfd)
    again = sync(capfd, state=first.state)
    assert again.of_type("RECORD") == []
    digests = {
        stream: bookmark["partitions"][0]["digests"]
        for stream, bookmark in first.state["bookmarks"].items()
        if stream != "sync_windows"
    }
    assert digests == {
        stream: bookmark["partitions"][0]["digests"]
        for stream, bookmark in again.state["bookmarks"].items()
        if stream != "sync_windows"
    }
    empty = {stream for stream, found in digests.items() if not found}
    assert empty <= WITHOUT_PARENTS


def test_full_table_emits_everything_every_time(capfd: pytest.CaptureFixture[str]) -> None:
    chosen = catalog("departments", "employees", "postings")
    for stream in chosen["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    first = sync(capfd, catalog=chosen)
    again = sync(capfd, catalog=chosen, state=first.state)
    for stream in ("departments", "employees", "postings"):
        assert len(again.records(stream)) == len(first.records(stream)) > 0


def test_start_date_limits_what_is_dated(capfd: pytest.CaptureFixture[str]) -> None:
    chosen = catalog("postings", "customers")
    late = sync(capfd, catalog=chosen, config={**CONFIG, "start_date": "2026-06-15"})
    early = sync(capfd, catalog=chosen, config={**CONFIG, "start_date": "2026-06-01"})
    first_day = min(record["date"] for record in late.records("postings"))
    assert "2026-06-15" <= first_day < "2026-07-01"
    assert len(early.records("postings")) > len(late.records("postings"))
    assert early.records("customers")


def test_deselected_columns_do_not_travel(capfd: pytest.CaptureFixture[str]) -> None:
    chosen = catalog("departments", off=[("departments", "name")])
    tap = TapTripletex(config=CONFIG, catalog=chosen)
    capfd.readouterr()
    tap.run()
    adapter = tap.connection.transport._session.get_adapter("https://sandbox.invalid/v2/x")
    asked = [
        entry["params"]["fields"]
        for entry in adapter.sandbox.requests  # type: ignore[attr-defined]
        if entry["path"] == "/department"
    ]
    tap.close()
    assert asked == [
        "id,version,departmentNumber,departmentManager(id),displayName,isInactive,businessActivityTypeId"
    ]
    (record, *_) = Run(capfd.readouterr().out).records("departments")
    assert "name" not in record
    assert {"company_id", "id", "synced_at"} <= set(record)


def test_state_is_written_after_the_records_that_it_stands_for(
    capfd: pytest.CaptureFixture[str],
) -> None:
    run = sync(capfd, catalog=catalog("postings", "vouchers"))
    last = max(n for n, m in enumerate(run.messages) if m["type"] == "RECORD")
    assert run.messages[-1]["type"] == "STATE"
    assert len(run.messages) - 1 > last


def test_unknown_streams_in_the_state_are_kept_and_named(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    old = {"bookmarks": {"gone": {"partitions": [{"context": {"company_id": 1}}]}}}
    run = sync(capfd, catalog=catalog("departments"), state=old)
    assert "does not have: gone" in caplog.text
    assert run.state["bookmarks"]["gone"] == old["bookmarks"]["gone"]
    assert run.records("departments")


def test_stream_maps_see_the_records(capfd: pytest.CaptureFixture[str]) -> None:
    maps = {"departments": {"label": "name.upper()"}}
    run = sync(capfd, catalog=catalog("departments"), config={**CONFIG, "stream_maps": maps})
    assert all(r["label"] == r["name"].upper() for r in run.records("departments"))
