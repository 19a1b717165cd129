"""Catalogs that are older or newer than the tap, or made by hand."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tap_tripletex.api.errors import CatalogError
from tap_tripletex.rows.groups import GROUPS
from tap_tripletex.sandbox import Sandbox
from tap_tripletex.tap import TapTripletex
from tests.conftest import mounted

if TYPE_CHECKING:
    from collections.abc import Iterator

BOTH_FORMS = pytest.mark.parametrize("form", [{}, {"stream_maps": {"departments": {"x": "id"}}}])
"""Rows as text, and rows that the SDK works on."""

CONFIG = {"api_url": "sandbox://", "start_date": "2026-10-01"}


def discovered(*names: str, **config: Any) -> dict[str, Any]:
    """Return the entries of some streams, of a catalog with nothing else in it."""
    found = TapTripletex(config={**CONFIG, **config}).catalog_dict
    return {"streams": [e for e in found["streams"] if e["tap_stream_id"] in names]}


def metadata(entry: dict[str, Any], *path: str) -> dict[str, Any]:
    crumb = [part for name in path for part in ("properties", name)]
    (found,) = [m["metadata"] for m in entry["metadata"] if list(m["breadcrumb"]) == crumb]
    assert isinstance(found, dict)
    return found


class Result:
    """What a run on a catalog wrote and asked."""

    def __init__(self, catalog: Any, capfd: pytest.CaptureFixture[str], **config: Any) -> None:
        self.sandbox = Sandbox(rate_limit=None)
        tap = mounted(TapTripletex(config={**CONFIG, **config}, catalog=catalog), self.sandbox)
        capfd.readouterr()
        tap.run()
        tap.close()
        assert not tap.report.failed
        messages = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
        self.schemas = {m["stream"]: m["schema"] for m in messages if m["type"] == "SCHEMA"}
        self.records: dict[str, list[dict[str, Any]]] = {}
        for message in messages:
            if message["type"] == "RECORD":
                self.records.setdefault(message["stream"], []).append(message["record"])

    def agrees(self, stream: str) -> None:
        schema = self.schemas[stream]
        validator = Draft202012Validator(schema)
        assert self.records[stream]
        for record in self.records[stream]:
            assert set(record) == set(schema["properties"])
            validator.validate(record)

    def fields(self, path: str) -> str:
        asked = [r["params"].get("fields", "") for r in self.sandbox.requests if r["path"] == path]
        return str(max(asked, key=len))


@BOTH_FORMS
def test_a_column_that_the_tap_does_not_have_is_named_and_left_out(
    form: dict[str, Any], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    catalog = discovered("departments")
    (entry,) = catalog["streams"]
    entry["schema"]["properties"]["of_tomorrow"] = {"type": ["string", "null"]}
    entry["metadata"].append(
        {"breadcrumb": ["properties", "of_tomorrow"], "metadata": {"selected": True}}
    )
    result = Result(catalog, capfd, **form)
    result.agrees("departments")
    assert "of_tomorrow" not in result.schemas["departments"]["properties"]
    assert (
        "departments that are not there, or that the setting include leaves out: of_tomorrow"
        in (caplog.text)
    )


@BOTH_FORMS
def test_a_column_that_the_catalog_does_not_have_is_not_read(
    form: dict[str, Any], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    catalog = discovered("customers")
    (entry,) = catalog["streams"]
    del entry["schema"]["properties"]["email"]
    del entry["schema"]["properties"]["postal_address"]["properties"]["city"]
    del entry["schema"]["properties"]["updated_at"]  # cannot be left out
    gone = [["properties", "email"], ["properties", "updated_at"]]
    entry["metadata"] = [m for m in entry["metadata"] if list(m["breadcrumb"]) not in gone]
    result = Result(catalog, capfd, **form)
    result.agrees("customers")
    properties = result.schemas["customers"]["properties"]
    assert "email" not in properties
    assert "updated_at" in properties
    assert "city" not in properties["postal_address"]["properties"]
    assert "customers has columns that the catalog does not have: email, postal_address.city." in (
        caplog.text
    )


@BOTH_FORMS
def test_other_types_and_keys_of_a_catalog_change_nothing(
    form: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    catalog = discovered("departments")
    (entry,) = catalog["streams"]
    entry["schema"]["properties"]["id"] = {"type": "string"}
    entry["schema"]["properties"]["name"] = {"type": "integer"}
    entry["key_properties"] = ["name"]
    entry["replication_key"] = "name"
    Result(catalog, capfd, **form).agrees("departments")


@BOTH_FORMS
def test_schema_record_and_request_agree_about_what_is_inside_a_column(
    form: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    catalog = discovered("customers")
    (entry,) = catalog["streams"]
    metadata(entry, "postal_address", "city")["selected"] = False
    for name in entry["schema"]["properties"]["physical_address"]["properties"]:
        metadata(entry, "physical_address", name)["selected"] = False
    result = Result(catalog, capfd, **form)
    result.agrees("customers")
    schema = result.schemas["customers"]["properties"]
    assert "city" not in schema["postal_address"]["properties"]
    assert "postal_code" in schema["postal_address"]["properties"]
    inside = [r["postal_address"] for r in result.records["customers"] if r["postal_address"]]
    assert inside
    assert all(set(address) == set(schema["postal_address"]["properties"]) for address in inside)
    fields = result.fields("/customer")
    postal = fields[fields.index("postalAddress(") :].split(")")[0]
    assert "postalCode" in postal
    assert "city" not in postal


def test_streams_that_are_not_there_are_named(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    catalog = discovered("departments", "payslips", include=list(GROUPS))
    gone = {"tap_stream_id": "of_yesterday", "schema": {}, "metadata": []}
    off = {"tap_stream_id": "of_no_interest", "schema": {"selected": False}}
    catalog["streams"] += [gone, off]
    result = Result(catalog, capfd)
    assert set(result.records) == {"departments"}
    assert "The catalog selects of_yesterday: there is no such stream." in caplog.text
    assert "selects payslips, which is not read: the setting include must name pay." in caplog.text
    assert "of_no_interest" not in caplog.text


def silent() -> Iterator[Any]:
    """Yield catalogs that say nothing of selection."""
    yield {}
    whole = TapTripletex(config={**CONFIG, "include": list(GROUPS)}).catalog_dict
    yield {"streams": [{"tap_stream_id": e["tap_stream_id"]} for e in whole["streams"]]}
    yield {"streams": [{**entry, "metadata": []} for entry in whole["streams"]]}
    yield {"streams": [{n: v for n, v in e.items() if n != "metadata"} for e in whole["streams"]]}


@pytest.mark.parametrize("number", range(4))
def test_a_catalog_that_says_nothing_reads_nothing_private(number: int) -> None:
    usual = TapTripletex(config=CONFIG)
    silently = TapTripletex(config=CONFIG, catalog=list(silent())[number])
    assert silently.streams.keys() == usual.streams.keys()
    for name, stream in silently.streams.items():
        assert stream.selected
        assert stream.schema == usual.streams[name].schema


@pytest.mark.parametrize(
    "catalog",
    [
        [],
        "x",
        {"streams": {}},
        {"stream": []},
        {"streams": [7]},
        {"streams": [{"schema": {}}]},
        {"streams": [{"tap_stream_id": "departments", "metadata": [7]}]},
        {"streams": [{"tap_stream_id": "departments", "schema": []}]},
        {"streams": [{"tap_stream_id": "departments", "metadata": {"selected": True}}]},
    ],
)
def test_what_is_no_catalog_is_said(catalog: Any) -> None:
    with pytest.raises(CatalogError, match="Make one with --discover"):
        TapTripletex(config=CONFIG, catalog=catalog)


def test_a_catalog_may_select_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert Result({"streams": []}, capfd).records == {}


def test_selection_of_the_older_kind_is_understood(capfd: pytest.CaptureFixture[str]) -> None:
    properties = {"id": {"type": "integer"}, "name": {"type": "string", "selected": False}}
    schema = {"selected": True, "properties": properties}
    result = Result({"streams": [{"tap_stream_id": "departments", "schema": schema}]}, capfd)
    result.agrees("departments")
    assert set(result.schemas["departments"]["properties"]) == {"company_id", "id", "synced_at"}
