from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tap_tripletex.rows.lines import Inside, compile_lines
from tap_tripletex.rows.shapes import columns_of, json_schema, shape, to_utc
from tap_tripletex.streams import STREAMS

ENTITIES = sorted({stream.entity for stream in STREAMS})

RAW: dict[str, Any] = {
    "id": {"source": "id", "type": "integer"},
    "amount": {"source": "amount", "type": "number"},
    "account_id": {"source": "account.id", "type": "integer", "none": 0},
    "vat_type_id": {"source": "vatType.id", "type": "integer"},
    "document_id": {"source": "documentId", "type": "integer", "none": 0},
    "date": {"source": "date", "type": "string", "format": "date", "none": ""},
    "posting_ids": {"source": "postings[].id", "type": "array", "items": {"type": "integer"}},
    "tags": {"source": "tags", "type": "array", "items": {"type": "string"}},
    "address": {
        "source": "address",
        "type": "object",
        "properties": {
            "city": {"source": "city", "type": "string"},
            "country_id": {"source": "country.id", "type": "integer", "none": 0},
        },
    },
    "accounts": {
        "source": "accounts",
        "type": "array",
        "items": {"type": "object", "properties": {"iban": {"source": "IBAN", "type": "string"}}},
    },
    "created_at": {"source": "changes[0]", "type": "string", "format": "date-time"},
    "updated_at": {"source": "changes[-1]", "type": "string", "format": "date-time"},
}


def test_only_what_the_columns_need_is_asked_for() -> None:
    assert shape(RAW).fields == (
        "id,amount,account(id),vatType(id),documentId,date,postings(id),tags,"
        "address(city,country(id)),accounts(IBAN),changes"
    )
    assert shape({name: RAW[name] for name in ("id", "account_id")}).fields == "id,account(id)"


def test_an_object_becomes_a_record() -> None:
    amount = Decimal("24.466666666666665")
    assert shape(RAW).convert(
        {
            "id": 3_846_042_362,
            "url": "tripletex.no/v2/ledger/posting/1",
            "amount": amount,
            "account": {"id": 7, "url": "tripletex.no/v2/ledger/account/7"},
            "vatType": {"id": 0},
            "documentId": 0,
            "date": "2026-03-01",
            "postings": [{"id": 1}, {"id": 2}],
            "tags": ["a"],
            "address": {"city": "Oslo", "country": {"id": 161}, "knr": 0},
            "accounts": [{"IBAN": "NO93"}],
            "unheardOf": {"of": "it"},
            "changes": [
                {"timestamp": "2025-03-12T15:09:57+01:00", "changeType": "CREATE"},
                {"timestamp": "2025-07-01T08:00:00", "changeType": "UPDATE"},
            ],
        }
    ) == {
        "id": 3_846_042_362,
        "amount": amount,
        "account_id": 7,
        "vat_type_id": 0,
        "document_id": None,
        "date": "2026-03-01",
        "posting_ids": [1, 2],
        "tags": ["a"],
        "address": {"city": "Oslo", "country_id": 161},
        "accounts": [{"iban": "NO93"}],
        "created_at": "2025-03-12T14:09:57Z",
        "updated_at": "2025-07-01T06:00:00Z",
    }


def test_what_is_missing_null_or_a_sentinel_is_null() -> None:
    nothing = dict.fromkeys(RAW)
    assert shape(RAW).convert({}) == nothing
    names = ("id", "amount", "account", "vatType", "documentId", "date", "postings", "tags")
    names += ("address", "accounts", "changes")
    assert shape(RAW).convert(dict.fromkeys(names)) == nothing
    sentinels = {"account": {"id": 0}, "documentId": 0, "date": "", "changes": []}
    assert shape(RAW).convert(sentinels) == nothing
    assert shape(RAW).convert({"postings": [], "tags": []}) == nothing | {
        "posting_ids": [],
        "tags": [],
    }


def test_a_refused_name_is_no_longer_asked_for_and_its_columns_are_null() -> None:
    smaller = shape(RAW).without({"Illegal", "field", "documentId"})
    assert smaller is not None
    assert "documentId" not in smaller.fields
    assert smaller.convert({"documentId": 5, "id": 1})["document_id"] is None
    assert set(smaller.convert({})) == set(RAW)
    changes = smaller.without({"changes"})
    assert changes is not None
    assert changes.fields.endswith("accounts(IBAN)")


def test_a_refused_name_inside_an_object_costs_only_that_name() -> None:
    smaller = shape(RAW).without({"city"})
    assert smaller is not None
    assert "address(country(id))" in smaller.fields
    assert smaller.convert({"address": {"city": "Oslo"}})["address"] == {
        "city": None,
        "country_id": None,
    }


def test_words_that_were_not_asked_for_refuse_nothing() -> None:
    assert shape(RAW).without({"Illegal", "field", "in", "the", "model"}) is None


def test_columns_without_their_source_are_told() -> None:
    smaller = shape(RAW).without({"account"})
    assert smaller is not None
    assert not smaller.gives(["id", "account_id"])
    assert smaller.gives(["id", "as_of_date"])


def test_everything_but_keys_may_be_null() -> None:
    properties = json_schema(RAW, {"id"})["properties"]
    assert properties["id"] == {"type": "integer", "maximum": 2**63 - 1}
    assert properties["date"] == {"type": ["string", "null"], "format": "date"}
    assert properties["address"]["properties"]["city"] == {"type": ["string", "null"]}
    assert properties["posting_ids"] == {
        "type": ["array", "null"],
        "items": {"type": ["integer", "null"], "maximum": 2**63 - 1},
    }


def test_times_without_zone_are_those_of_norway() -> None:
    assert to_utc("2025-03-12T15:09:57+01:00") == "2025-03-12T14:09:57Z"
    assert to_utc("2025-07-12T15:09:57") == "2025-07-12T13:09:57Z"
    assert to_utc("2025-07-12T15:09:57Z") == "2025-07-12T15:09:57Z"


@pytest.mark.parametrize("entity", ENTITIES)
def test_packaged_columns_are_snake_case_typed_and_without_noise(entity: str) -> None:
    columns = columns_of(entity)
    for name, column in columns.items():
        assert name == name.lower()
        assert "url" not in column["source"].split(".")
        assert column["type"] in {"integer", "number", "string", "boolean", "array", "object"}
        assert column["type"] != "array" or "items" in column
    assert not {"url", "changes", "company_id"} & set(columns)


def test_personal_columns_are_in_a_group() -> None:
    groups = {name: column.get("include") for name, column in columns_of("Employee").items()}
    assert groups["national_identity_number"] == groups["date_of_birth"] == "identity"
    assert groups["bank_account_number"] == groups["iban"] == "bank_accounts"
    for name in ("id", "first_name", "last_name", "employee_number", "department_id"):
        assert groups[name] is None


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ([{"id": 1, "url": "x/1"}, {"a": [1.5, None]}], '[{"id":1,"url":"x/1"},{"a":[1.5,null]}]'),
        ([7, "Å\u0000", True], '[7,"Å\\u0000",true]'),
        ([], "[]"),
        ({"id": 1}, '{"id":1}'),
        ("text", '"text"'),
        (0, "0"),
        (None, None),
    ],
)
def test_a_list_of_unseen_elements_is_kept_as_text_in_both_forms(
    came: object, expected: str | None
) -> None:
    column = columns_of("Order")["attachment_relation"]
    columns = {"id": RAW["id"], "attachment_relation": column}
    found = shape(columns)
    assert found.fields == "id,attachmentRelation"
    source = {"id": 1, "attachmentRelation": came}
    record = {"id": 1, "attachment_relation": expected}
    assert found.convert(source) == record
    lines = compile_lines(found, Inside())
    row = lines.decode(msgspec.Raw(json.dumps(source, indent=1, ensure_ascii=False).encode()))
    assert msgspec.json.decode(msgspec.json.encode(lines.records([row])[0])) == record
    assert found.convert({"id": 1})["attachment_relation"] is None
    assert lines.columns["attachment_relation"]([lines.decode(msgspec.Raw(b'{"id":1}'))]) == [None]
    assert json_schema(columns)["properties"]["attachment_relation"] == {"type": ["string", "null"]}
